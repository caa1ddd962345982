"""Trains the text model on a labelled CSV, and says how well it does on texts it has not seen.

The file: UTF-8, a header that names `text` and `label`, labels bearish, neutral and bullish (neutral may be absent).
Other columns are ignored. Whoever brings the file answers for its licence; nothing trained is shipped.
"""

from __future__ import annotations

import csv
import hashlib
import io
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from sentiment_site.market import clock
from themes.kernels.lexicon import Reading, Token, classify_score, collect_features, score_tokens, tokenise

from .model import LABELS, SentimentModel, build_features, build_vectorisers, save_model, write_plain
from .scoring import combine_scores, load_lexicon

FEWEST_PER_LABEL: Final = 5
HELD_OUT_PERCENT: Final = 20
_LONGEST_TEXT, _MOST_ROWS, _MOST_ERRORS = 20_000, 1_000_000, 20


class TrainingFileRefused(ValueError):
    """A file that cannot be trained on. errors: one line per bad row, the first 20."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts with their labels; sha256 of the file they are from."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Quality:
    """Of scores against labels. auc: bullish over bearish texts, NaN without both."""

    n: int
    accuracy: float
    macro_f1: float
    auc: float


def read_examples(path: Path) -> Examples:
    """The labelled texts of a file. TrainingFileRefused names each bad row by its line number."""
    try:
        content = path.read_bytes()
        lines = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingFileRefused([f"{path.name}: {error}"]) from None
    errors: list[str] = []
    texts: list[str] = []
    labels: list[str] = []
    try:
        for line, row in _rows(lines):
            text, label = row.get("text", "").strip(), row.get("label", "").strip().lower()
            problem = _find_problem(text, label, row)
            if problem:
                errors.append(f"line {line}: {problem}")
            else:
                texts.append(text)
                labels.append(label)
            if len(errors) >= _MOST_ERRORS or len(texts) > _MOST_ROWS:
                break
    except csv.Error as error:
        errors.append(f"not a CSV file: {error}")
    if len(texts) > _MOST_ROWS:
        errors.append(f"more than {_MOST_ROWS:,} rows")
    if errors:
        raise TrainingFileRefused(errors)
    return Examples(tuple(texts), tuple(labels), hashlib.sha256(content).hexdigest())


def split_examples(examples: Examples) -> tuple[Examples, Examples]:
    """Four fifths to train, one fifth held out, by the hash of the text: the same text is never on both sides."""
    sides: tuple[list[int], list[int]] = ([], [])
    for place, text in enumerate(examples.texts):
        plain = write_plain(tokenise(text)).lower()
        sides[int(hashlib.sha256(plain.encode()).hexdigest(), 16) % 100 < HELD_OUT_PERCENT].append(place)
    train, held_out = (
        Examples(tuple(examples.texts[at] for at in side), tuple(examples.labels[at] for at in side), examples.sha256)
        for side in sides
    )
    return train, held_out


def fit_model(examples: Examples) -> SentimentModel:
    """Balanced logistic regression, C = 2, chosen beforehand. TrainingFileRefused where a label has too few texts."""
    counts = Counter(examples.labels)
    needed = {"bearish", "bullish"} | set(counts)
    few = [f"{label}: {counts[label]} texts" for label in sorted(needed) if counts[label] < FEWEST_PER_LABEL]
    if few:
        raise TrainingFileRefused([f"at least {FEWEST_PER_LABEL} texts of a label are needed to train", *few])
    texts, readings = read_texts(examples.texts)
    words, chars = build_vectorisers(len(texts))
    plain = [write_plain(tokens) for tokens in texts]
    words.fit(plain)
    chars.fit(plain)
    scale = np.maximum(collect_features(readings).std(axis=0), 1e-3)
    features = build_features(words, chars, scale, texts, readings)
    fitted = LogisticRegression(C=2.0, class_weight="balanced", max_iter=2000).fit(features, examples.labels)
    coef, intercept = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # two labels share one row of coefficients
        coef, intercept = np.vstack([np.zeros_like(coef), coef]), np.append(0.0, intercept)
    return SentimentModel(words, chars, scale, coef, intercept, tuple(str(one) for one in fitted.classes_))


def read_texts(texts: Sequence[str]) -> tuple[list[list[Token]], list[Reading]]:
    """Texts as tokens, with the lexicon's opinion of each."""
    lexicon = load_lexicon()
    tokens = [tokenise(text) for text in texts]
    return tokens, [score_tokens(one, lexicon) for one in tokens]


def measure_quality(scores: npt.ArrayLike, labels: Sequence[str]) -> Quality:
    """Scores in -1 to 1 against labels. Without neutral labels, 0 divides the two directions instead of the band."""
    values, truth = np.asarray(scores, dtype=np.float64), np.asarray(labels)
    if "neutral" in labels:
        said = np.array([classify_score(float(one)) for one in values])
    else:
        said = np.where(values >= 0, "bullish", "bearish")
    directed = truth != "neutral"
    both = len(set(truth[directed])) == 2
    return Quality(
        len(truth),
        float(accuracy_score(truth, said)),
        float(f1_score(truth, said, average="macro", labels=[one for one in LABELS if one in labels])),
        float(roc_auc_score(truth[directed] == "bullish", values[directed])) if both else float("nan"),
    )


def train_sentiment(path: Path, out: Path, validation: Path | None = None, note: str = "") -> dict[str, Any]:
    """Read, train, measure on held-out texts, write the artefact; its manifest. TrainingFileRefused, OSError."""
    examples = read_examples(path)
    train, held_out = (examples, read_examples(validation)) if validation else split_examples(examples)
    model = fit_model(train)
    if not held_out.texts:
        raise TrainingFileRefused(["no text is held out to measure on: bring more texts or --validation"])
    texts, readings = read_texts(held_out.texts)
    lexical = np.array([reading.score for reading in readings])
    both = combine_scores(lexical, model.score_polarity(texts, readings))
    most = Counter(train.labels).most_common(1)[0][0]
    facts = {
        "data": {"file": path.name, "sha256": examples.sha256, "rows": len(examples.texts), "note": note},
        "labels_of_training": dict(Counter(train.labels)),
        "validation": {
            "split": validation.name if validation else f"{HELD_OUT_PERCENT} of 100 by hash of the text",
            "sha256": held_out.sha256,
            "n": len(held_out.texts),
            "majority_accuracy": sum(label == most for label in held_out.labels) / len(held_out.labels),
            "lexicon": _as_facts(measure_quality(lexical, held_out.labels)),
            "lexicon_and_model": _as_facts(measure_quality(both, held_out.labels)),
        },
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "sklearn": sklearn.__version__},
        "trained_at": clock.wall().isoformat(timespec="seconds"),
    }
    return save_model(model, out, facts)


def _rows(lines: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(lines, newline=""), restkey="", restval="", strict=True)
    names = reader.fieldnames or []
    if not {"text", "label"} <= set(names):
        raise TrainingFileRefused([f"line 1: the header must name text and label, it names {', '.join(names) or '-'}"])
    for row in reader:
        yield reader.line_num, row


def _find_problem(text: str, label: str, row: dict[str, str]) -> str:
    if "" in row:
        return "more fields than the header has"
    if not text:
        return "the text is empty"
    if len(text) > _LONGEST_TEXT:
        return f"the text is longer than {_LONGEST_TEXT:,} characters"
    return "" if label in LABELS else f"label {label[:20]!r} is none of {', '.join(LABELS)}"


def _as_facts(quality: Quality) -> dict[str, float | None]:
    return {
        "accuracy": round(quality.accuracy, 4),
        "macro_f1": round(quality.macro_f1, 4),
        "auc": None if np.isnan(quality.auc) else round(quality.auc, 4),
    }
