"""Training: what it reads, what it refuses, what it writes, and that nothing else is read back."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tests.themes.social.conftest import labelled, write_csv
from themes.social.model import ArtefactRefused, load_model
from themes.social.training import (
    Examples,
    TrainingFileRefused,
    fit_model,
    measure_quality,
    read_examples,
    read_texts,
    split_examples,
    train_sentiment,
)

UNSEEN = ["$ZZZ beats estimates and raises guidance", "$ZZZ misses estimates, will crash", "$ZZZ names an auditor"]


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artefact")
    train_sentiment(write_csv(folder / "texts.csv", labelled()), folder / "model", note="our own, free")
    return folder / "model"


@pytest.fixture
def copy(artefact: Path, tmp_path: Path) -> Path:
    for name in ("model.npz", "manifest.json"):
        (tmp_path / name).write_bytes((artefact / name).read_bytes())
    return tmp_path


def manifest_of(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rewrite(folder: Path, **arrays: Any) -> None:
    """An artefact with other arrays whose hash fits its manifest."""
    with np.load(folder / "model.npz") as found:
        held = {name: found[name] for name in found.files} | arrays
    np.savez(folder / "model.npz", **{name: value for name, value in held.items() if value is not None})
    manifest_of(folder, sha256=hashlib.sha256((folder / "model.npz").read_bytes()).hexdigest())


def test_what_is_trained_is_what_is_read_back(artefact: Path) -> None:
    train, _ = split_examples(read_examples(artefact.parent / "texts.csv"))
    texts, readings = read_texts(UNSEEN)
    read = load_model(artefact).score_polarity(texts, readings)
    np.testing.assert_allclose(read, fit_model(train).score_polarity(texts, readings), atol=1e-9)
    assert read[0] > 0.3
    assert read[1] < -0.3
    assert abs(read[2]) < 0.3
    assert load_model(artefact).score_polarity([], []).shape == (0,)


def test_the_manifest_tells_where_it_is_from(artefact: Path) -> None:
    manifest = json.loads((artefact / "manifest.json").read_text())
    content = (artefact.parent / "texts.csv").read_bytes()
    assert manifest["data"] == {
        "file": "texts.csv", "note": "our own, free", "rows": 90, "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    assert manifest["sha256"] == hashlib.sha256((artefact / "model.npz").read_bytes()).hexdigest()
    assert sum(manifest["labels_of_training"].values()) + manifest["validation"]["n"] == 90
    assert manifest["validation"]["lexicon_and_model"]["accuracy"] > manifest["validation"]["majority_accuracy"]
    assert set(manifest["versions"]) == {"python", "numpy", "sklearn"}


def test_two_labels_are_enough() -> None:
    pairs = [pair for pair in labelled() if pair[1] != "neutral"]
    model = fit_model(Examples(tuple(text for text, _ in pairs), tuple(label for _, label in pairs)))
    texts, readings = read_texts(UNSEEN[:2])
    assert model.labels == ("bearish", "bullish")
    shares = model.score_labels(texts, readings)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares[:, 1] - shares[:, 0], model.score_polarity(texts, readings))
    assert shares[0, 1] > 0.5 > shares[1, 1]


def test_the_same_text_is_never_on_both_sides() -> None:
    texts = tuple(f"$ACME text {n % 50} https://x.com/{n}" for n in range(200))
    train, held_out = split_examples(Examples(texts, ("bullish",) * 200))
    plain = [{text.split(" https")[0] for text in side.texts} for side in (train, held_out)]
    assert plain[0] and plain[1] and not plain[0] & plain[1]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "line 1: the header must name text and label, it names -"),
        (b"words,label\nx,bullish\n", "line 1: the header must name text and label, it names words, label"),
        (b"text,label\nfine,bullish\n,bearish\n", "line 3: the text is empty"),
        (b"text,label\nfine,great\n", "line 2: label 'great' is none of bearish, neutral, bullish"),
        (b"text,label\nfine\n", "line 2: label '' is none of"),
        (b"text,label\nfine,bullish,extra\n", "line 2: more fields than the header has"),
        (b'text,label\n"two\nlines",bullish\nx,y\n', "line 4: label 'y' is none of"),
        (b"text,label\n" + b"x" * 20_001 + b",bullish\n", "line 2: the text is longer than 20,000 characters"),
        (b"text,label\n\xff\xfe,bullish\n", "can't decode"),
        (b'text,label\n"open,bullish\n', "not a CSV file"),
        (b"text,label\na,bullish\nb,bearish\n", "at least 5 texts of a label are needed"),
        (b"text,label\n" + b"a,bullish\n" * 9, "bearish: 0 texts"),
    ],
)
def test_a_bad_file_is_refused_by_its_row(content: bytes, error: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(TrainingFileRefused, match=error):
        train_sentiment(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_first_twenty_bad_rows_are_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingFileRefused) as refused:
        read_examples(write_csv(tmp_path / "bad.csv", [("text", "wrong")] * 50))
    assert len(refused.value.errors) == 20
    assert refused.value.errors[-1].startswith("line 21:")


def test_nothing_held_out_is_refused(tmp_path: Path) -> None:
    rows = [("up up", "bullish")] * 5 + [("down down", "bearish")] * 5
    sides = split_examples(read_examples(write_csv(tmp_path / "few.csv", rows)))
    assert len(sides[1].texts) == 0
    with pytest.raises(TrainingFileRefused, match="no text is held out"):
        train_sentiment(tmp_path / "few.csv", tmp_path / "out")


def test_labels_and_columns_are_read_kindly(tmp_path: Path) -> None:
    path = tmp_path / "kind.csv"
    path.write_bytes(b"\xef\xbb\xbfid,label,text\n1, Bullish , up we go\x0bnow \n")
    examples = read_examples(path)
    assert (examples.texts, examples.labels) == (("up we go\x0bnow",), ("bullish",))


def test_a_damaged_artefact_is_refused(copy: Path) -> None:
    content = bytearray((copy / "model.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "model.npz").write_bytes(bytes(content))
    with pytest.raises(ArtefactRefused, match="not the file that its manifest describes"):
        load_model(copy)


def test_a_pickle_is_never_opened(copy: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (copy / "exploded",))

    rewrite(copy, coef=np.array([Bomb()], dtype=object))
    with pytest.raises(ArtefactRefused, match="allow_pickle=False"):
        load_model(copy)
    (copy / "model.npz").write_bytes(pickle.dumps(Bomb()))
    manifest_of(copy, sha256=hashlib.sha256((copy / "model.npz").read_bytes()).hexdigest())
    with pytest.raises(ArtefactRefused):
        load_model(copy)
    assert not (copy / "exploded").exists()


@pytest.mark.parametrize(
    ("arrays", "error"),
    [
        ({"coef": np.zeros((3, 2))}, "do not fit together"),
        ({"intercept": np.zeros(2)}, "do not fit together"),
        ({"word_idf": np.zeros(3)}, "a vocabulary does not fit"),
        ({"labels": np.array(["bearish", "neutral", "great"])}, "not those of a model"),
        ({"scale": np.zeros(7)}, "its scale"),
        ({"scale": None}, "its arrays are not those of a model"),
        ({"more": np.zeros(7)}, "its arrays are not those of a model"),
    ],
)
def test_arrays_that_are_no_model_are_refused(copy: Path, arrays: dict[str, Any], error: str) -> None:
    rewrite(copy, **arrays)
    with pytest.raises(ArtefactRefused, match=error):
        load_model(copy)


def test_numbers_that_are_none_are_refused(copy: Path) -> None:
    with np.load(copy / "model.npz") as found:
        coef = found["coef"]
    coef[0, 0] = np.nan
    rewrite(copy, coef=coef)
    with pytest.raises(ArtefactRefused, match="labels or numbers"):
        load_model(copy)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"format": 2}, "no manifest of format 1"),
        ({"engine": "lex0"}, "trained with engine lex0"),
        ({"features": []}, "train again"),
        ({"sha256": None}, "not the file"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(copy: Path, changes: dict[str, Any], error: str) -> None:
    manifest_of(copy, **changes)
    with pytest.raises(ArtefactRefused, match=error):
        load_model(copy)


def test_missing_and_broken_files_are_refused(copy: Path) -> None:
    (copy / "model.npz").unlink()
    with pytest.raises(ArtefactRefused, match="missing"):
        load_model(copy)
    for content in ("[]", "{", ""):
        (copy / "manifest.json").write_text(content)
        with pytest.raises(ArtefactRefused, match="manifest"):
            load_model(copy)
    (copy / "manifest.json").unlink()
    with pytest.raises(ArtefactRefused, match="manifest"):
        load_model(copy)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("words.npy", b"nothing")
    assert buffer.getvalue()


def test_quality_of_known_scores() -> None:
    quality = measure_quality([0.9, -0.9, 0.1, -0.9], ["bullish", "bearish", "neutral", "bullish"])
    assert (quality.n, quality.accuracy, quality.auc) == (4, 0.75, 0.75)
    assert quality.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    two = measure_quality([0.1, -0.1], ["bullish", "bearish"])
    assert (two.accuracy, two.macro_f1, two.auc) == (1, 1, 1)
    assert np.isnan(measure_quality([0.5], ["bullish"]).auc)


def test_the_command(training_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "trained"
    validation = write_csv(tmp_path / "unseen.csv", [(UNSEEN[0], "bullish"), (UNSEEN[2], "neutral")])
    call_command("train_sentiment", str(training_file), "--out", str(out), "--validation", str(validation))
    said = capsys.readouterr().out
    assert "measured on 2 held-out texts" in said
    assert "AUC –" in said
    assert f"written to {out}" in said
    assert load_model(out).labels == ("bearish", "bullish", "neutral")
    with pytest.raises(CommandError, match="line 2: the text is empty"):
        call_command("train_sentiment", str(write_csv(tmp_path / "bad.csv", [("", "bullish")])))
    with pytest.raises(CommandError, match="nothing was trained"):
        call_command("train_sentiment", str(tmp_path / "absent.csv"))
    with pytest.raises(CommandError, match="the artefact was not written"):
        call_command("train_sentiment", str(training_file), "--out", str(training_file))
