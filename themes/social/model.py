"""The trained text model: word and character TF-IDF with the lexicon's features, multinomial logistic regression.

An artefact is a folder of two files. model.npz holds arrays and vocabularies and nothing that could be executed: it is
read with allow_pickle=False, which joblib could not offer. manifest.json says what it was trained on and how well it
did, and the hash that model.npz must have.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from themes.kernels.lexicon import ENGINE, FEATURES, Reading, Token, collect_features

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

ARRAYS, MANIFEST = "model.npz", "manifest.json"
FORMAT: Final = 1
LABELS: Final = ("bearish", "neutral", "bullish")
_LARGEST: Final = 200_000_000  # bytes
_NAMES: Final = frozenset({"words", "word_idf", "chars", "char_idf", "scale", "coef", "intercept", "labels"})

FloatArray = npt.NDArray[np.float64]


class ArtefactRefused(ValueError):
    """An artefact that is missing, damaged, not the one its manifest describes, or of another engine."""


@dataclass(frozen=True, slots=True)
class SentimentModel:
    """A fitted model. coef: labels by features (words, characters, lexicon); scale: of the lexicon's features."""

    words: TfidfVectorizer
    chars: TfidfVectorizer
    scale: FloatArray
    coef: FloatArray
    intercept: FloatArray
    labels: tuple[str, ...]
    digest: str = ""

    def score_polarity(self, texts: Sequence[Sequence[Token]], readings: Sequence[Reading]) -> FloatArray:
        """P(bullish) - P(bearish) of each text, -1 to 1. readings: the lexicon's, of the same texts."""
        if not texts:
            return np.empty(0)
        shares = self.score_labels(texts, readings)
        columns = {label: place for place, label in enumerate(self.labels)}
        return np.asarray(shares[:, columns["bullish"]] - shares[:, columns["bearish"]], dtype=np.float64)

    def score_labels(self, texts: Sequence[Sequence[Token]], readings: Sequence[Reading]) -> FloatArray:
        """Probability of each of `labels` per text; rows sum to 1."""
        features = build_features(self.words, self.chars, self.scale, texts, readings)
        logits = features @ self.coef.T + self.intercept
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)


def build_vectorisers(rows: int) -> tuple[TfidfVectorizer, TfidfVectorizer]:
    """Unfitted: words alone and in pairs; character runs of three to five inside words."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second to import, which only a scorer should pay

    rare = 2 if rows >= 1000 else 1
    words = TfidfVectorizer(
        tokenizer=str.split, token_pattern=None, ngram_range=(1, 2), min_df=rare, max_features=60_000, sublinear_tf=True
    )
    chars = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), min_df=rare, max_features=120_000, sublinear_tf=True
    )
    return words, chars


def build_features(
    words: TfidfVectorizer,
    chars: TfidfVectorizer,
    scale: FloatArray,
    texts: Sequence[Sequence[Token]],
    readings: Sequence[Reading],
) -> sparse.csr_matrix:
    """One row per text: words, characters, lexicon features divided by their scale."""
    plain = [write_plain(tokens) for tokens in texts]
    lexical = sparse.csr_matrix(collect_features(readings) / scale)
    return sparse.csr_matrix(sparse.hstack([words.transform(plain), chars.transform(plain), lexical]))


def write_plain(tokens: Sequence[Token]) -> str:
    """A text as the model reads it: words in their order, with the marks of questions and exclamations."""
    return " ".join(
        token.word + (" ?" if "?" in token.ends else "") + (" !" if "!" in token.ends else "") for token in tokens
    )


def save_model(model: SentimentModel, folder: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write both files; the manifest, with facts and the hash of the arrays, is returned. OSError."""
    arrays = {
        "words": _pack(model.words), "word_idf": model.words.idf_, "chars": _pack(model.chars),
        "char_idf": model.chars.idf_, "scale": model.scale, "coef": model.coef, "intercept": model.intercept,
        "labels": np.array(model.labels),
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    content = buffer.getvalue()
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "format": FORMAT, "engine": ENGINE, "features": list(FEATURES), "labels": list(model.labels),
        "sha256": hashlib.sha256(content).hexdigest(), **facts,
    }  # fmt: skip
    (folder / ARRAYS).write_bytes(content)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return manifest


def load_model(folder: Path) -> SentimentModel:
    """The model of an artefact. ArtefactRefused says why it is not read.

    The hash finds damage and mix-ups. Who can write the folder can write both files: keep it to those who deploy.
    """
    manifest = _read_manifest(folder / MANIFEST)
    path = folder / ARRAYS
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise ArtefactRefused(f"{path.name} is missing or larger than {_LARGEST:,} bytes")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != manifest.get("sha256"):
        raise ArtefactRefused(f"{path.name} is not the file that its manifest describes")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _assemble({name: arrays[name] for name in arrays.files}, digest)
    except (ValueError, zipfile.BadZipFile, KeyError) as error:
        raise ArtefactRefused(f"{path.name}: {error}") from None


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ArtefactRefused(f"{path.name}: {error}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArtefactRefused(f"{path.name} is no manifest of format {FORMAT}")
    if manifest.get("engine") != ENGINE or manifest.get("features") != list(FEATURES):
        raise ArtefactRefused(f"trained with engine {manifest.get('engine')}, this is {ENGINE}: train again")
    return manifest


def _assemble(arrays: Mapping[str, npt.NDArray[Any]], digest: str) -> SentimentModel:
    if set(arrays) != _NAMES:
        raise ValueError("its arrays are not those of a model")
    words, chars = build_vectorisers(1)
    _unpack(words, arrays["words"], arrays["word_idf"])
    _unpack(chars, arrays["chars"], arrays["char_idf"])
    labels = tuple(str(label) for label in arrays["labels"])
    coef = np.asarray(arrays["coef"], dtype=np.float64)
    width = len(arrays["word_idf"]) + len(arrays["char_idf"]) + len(FEATURES)
    if coef.shape != (len(labels), width) or arrays["intercept"].shape != (len(labels),):
        raise ValueError("its arrays do not fit together")
    if not {"bearish", "bullish"} <= set(labels) <= set(LABELS) or not np.isfinite(coef).all():
        raise ValueError("its labels or numbers are not those of a model")
    scale = np.asarray(arrays["scale"], dtype=np.float64)
    if scale.shape != (len(FEATURES),) or not (scale > 0).all():
        raise ValueError("its scale is not that of a model")
    return SentimentModel(words, chars, scale, coef, arrays["intercept"], labels, digest)


def _pack(vectoriser: TfidfVectorizer) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(vectoriser.get_feature_names_out()).encode(), dtype=np.uint8)


def _unpack(vectoriser: TfidfVectorizer, packed: npt.NDArray[np.uint8], idf: FloatArray) -> None:
    terms = packed.tobytes().decode().split("\n")
    if len(terms) != len(idf):
        raise ValueError("a vocabulary does not fit its weights")
    vectoriser.vocabulary_ = {term: place for place, term in enumerate(terms)}
    vectoriser.idf_ = np.asarray(idf, dtype=np.float64)
