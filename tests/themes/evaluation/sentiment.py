"""Accuracy, macro F1 and AUC of text scoring: `python -m tests.themes.evaluation.sentiment DATA`.

DATA is a folder of labelled finance texts that are no part of this repository (docs/methods/social-sentiment.md names
them). Nothing trained on them is kept. Intervals: 95 %, 400 resamples of texts.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import django
import numpy as np
from scipy.stats import spearmanr
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

# Scoring reads one setting and asks no server.
for name, value in (
    ("DJANGO_SETTINGS_MODULE", "sentiment_site.settings"),
    ("SECRET_KEY", "an evaluation has no secrets"),
    ("DATABASE_URL", "postgres://nobody@localhost/nothing"),
    ("REDIS_URL", "redis://localhost:1/0"),
    ("ALLOWED_HOSTS", "localhost"),
    ("LOG_LEVEL", "WARNING"),
):
    os.environ.setdefault(name, value)
django.setup()

from sentiment_site.quant.calibration import Interval  # noqa: E402
from tests.themes.evaluation.figures import FloatArray, auc, span, table  # noqa: E402
from themes.kernels.attribution import attribute_tokens  # noqa: E402
from themes.kernels.lexicon import BAND, score_tokens, tokenise  # noqa: E402
from themes.social.model import LABELS, SentimentModel  # noqa: E402
from themes.social.scoring import combine_scores, load_lexicon  # noqa: E402
from themes.social.training import Examples, fit_model, read_texts, split_examples  # noqa: E402

VADER_BAND = 0.05
DRAWS = 400


def main() -> None:
    """Prints Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the labelled sets")
    data = parser.parse_args().data
    sets = {
        "Twitter financial news (3 labels)": split_examples(load_twitter(data)),
        "StockEmotions (2 labels)": (load_emotions(data, "train"), load_emotions(data, "val")),
        "FiQA posts (direction)": split_examples(load_fiqa(data, "post")),
        "FiQA headlines (direction)": split_examples(load_fiqa(data, "headline")),
        "SemEval 2017 headlines (direction)": split_examples(load_semeval(data)),
    }
    models = {name: fit_model(train) for name, (train, _) in sets.items()}
    for name, (train, held_out) in sets.items():
        print_set(name, train, held_out, models[name])
    print_transfer(sets, models)
    print_vader(data)
    print_speed(sets, models)


def load_twitter(data: Path) -> Examples:
    """0 bearish, 1 bullish, 2 neutral."""
    rows = _csv(data / "twitter_financial_news_train.csv.gz")
    names = {"0": "bearish", "1": "bullish", "2": "neutral"}
    return Examples(tuple(row["text"] for row in rows), tuple(names[row["label"]] for row in rows))


def load_emotions(data: Path, part: str) -> Examples:
    """StockTwits messages, bullish or bearish."""
    rows = _csv(data / f"stockemotions_{part}.csv.gz")
    return Examples(tuple(row["original"] for row in rows), tuple(row["senti_label"] for row in rows))


def load_fiqa(data: Path, part: str) -> Examples:
    """One example per sentence: the direction of its only target; several targets or 0 are left out."""
    with gzip.open(data / f"fiqa_task1_{part}_ABSA_train.json.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in json.load(file).values() if len(row["info"]) == 1]
    return _directed([(row["sentence"], float(row["info"][0]["sentiment_score"])) for row in rows])


def load_semeval(data: Path) -> Examples:
    """Headlines with the direction for one company; one example per headline."""
    with gzip.open(data / "semeval2017_task5_headlines.json.gz", "rt", encoding="utf-8") as file:
        rows = json.load(file)
    times = Counter(row["title"] for row in rows)
    return _directed([(row["title"], float(row["sentiment"])) for row in rows if times[row["title"]] == 1])


def print_set(name: str, train: Examples, held_out: Examples, model: SentimentModel) -> None:
    """One table: every way of scoring on the texts that were held out."""
    vader = SentimentIntensityAnalyzer()
    texts, readings = read_texts(held_out.texts)
    lexical = np.array([one.score for one in readings])
    modelled = model.score_polarity(texts, readings)
    most = Counter(train.labels).most_common(1)[0][0]
    constant = {"bearish": -1.0, "neutral": 0.0, "bullish": 1.0}[most]
    ways = (
        (f"majority ({most})", np.full(len(texts), constant), BAND),
        ("VADER plain, band .05", np.array([vader.polarity_scores(one)["compound"] for one in held_out.texts]),
         VADER_BAND),
        ("lexicon, band .30", lexical, BAND),
        ("model alone, band .30", modelled, BAND),
        (".35 lexicon + .65 model, band .30", combine_scores(lexical, modelled), BAND),
    )  # fmt: skip
    shares = Counter(held_out.labels)
    print(f"\n### {name}\n\nTrained on {len(train.texts):,}, measured on {len(texts):,} ", end="")
    print(f"({', '.join(f'{shares[label]:,} {label}' for label in LABELS if shares[label])}).\n")
    print(table(["", "accuracy", "macro F1", "AUC"], [[way, *_figures(s, held_out.labels, band)]
                                                     for way, s, band in ways]))  # fmt: skip


def print_transfer(sets: dict[str, tuple[Examples, Examples]], models: dict[str, SentimentModel]) -> None:
    """AUC of the model alone and of the full score: trained on the row's set, measured on the column's rest."""
    print("\n### From one domain to another: AUC of the model alone / of the full score\n")
    rows = []
    read = {name: read_texts(held_out.texts) for name, (_, held_out) in sets.items()}
    for trained, model in [("lexicon alone", None), *models.items()]:
        row: list[object] = [trained]
        for name, (_, held_out) in sets.items():
            texts, readings = read[name]
            lexical, truth = np.array([one.score for one in readings]), np.asarray(held_out.labels)
            if model is None:
                row.append(f"{_auc(lexical, truth):.3f}")
                continue
            alone = model.score_polarity(texts, readings)
            row.append(f"{_auc(alone, truth):.3f} / {_auc(combine_scores(lexical, alone), truth):.3f}")
        rows.append(row)
    print(table(["trained on", *(name.split(" (")[0] for name in sets)], rows))


def print_vader(data: Path) -> None:
    """How near the rules are to VADER's own, without finance terms, and both to people."""
    with gzip.open(data / "vader_tweets_groundtruth.tsv.gz", "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    vader, general = SentimentIntensityAnalyzer(), load_lexicon(with_finance=False)
    people = np.array([float(row[1]) for row in rows])
    theirs = np.array([vader.polarity_scores(row[2])["compound"] for row in rows])
    ours = np.array([score_tokens(tokenise(row[2]), general).score for row in rows])
    print(f"\n### The rules beside VADER's own, {len(rows):,} tweets rated by people, general words only\n")
    print(
        f"rank correlation with people: VADER {spearmanr(theirs, people)[0]:.3f}, ours {spearmanr(ours, people)[0]:.3f}"
    )
    print(f"of each other {spearmanr(ours, theirs)[0]:.3f}; equal to .005 in {np.mean(abs(ours - theirs) < 0.005):.3f}")


def print_speed(sets: dict[str, tuple[Examples, Examples]], models: dict[str, SentimentModel]) -> None:
    """Texts a second of processor time, on one core."""
    name = next(iter(sets))
    texts, model, lexicon = sets[name][0].texts[:4000], models[name], load_lexicon()
    begun = time.process_time()
    parts = [attribute_tokens(tokenise(text), ["AAPL"])["AAPL"].tokens for text in texts]
    readings = [score_tokens(part, lexicon) for part in parts]
    between = time.process_time()
    model.score_polarity(parts, readings)
    done = time.process_time()
    print(f"\n{len(texts):,} texts of {name}: lexicon {len(texts) / (between - begun):,.0f} texts/s,", end=" ")
    print(f"lexicon and model {len(texts) / (done - begun):,.0f} texts/s (processor time, one core)")


def _figures(scores: FloatArray, labels: Sequence[str], band: float) -> list[str]:
    truth = np.asarray(labels)
    if "neutral" in labels:
        said = np.where(scores >= band, "bullish", np.where(scores <= -band, "bearish", "neutral"))
    else:
        said = np.where(scores >= 0, "bullish", "bearish")
    measures: list[Callable[[np.ndarray], float]] = [
        lambda rows: float(np.mean(said[rows] == truth[rows])),
        lambda rows: _macro_f1(said[rows], truth[rows]),
        lambda rows: _auc(scores[rows], truth[rows]),
    ]
    rng = np.random.default_rng(20240514)
    draws = [rng.integers(0, len(truth), len(truth)) for _ in range(DRAWS)]
    everything = np.arange(len(truth))
    shown = []
    for measure in measures:
        low, high = np.nanquantile([measure(rows) for rows in draws], [0.025, 0.975])
        shown.append(span(Interval(measure(everything), float(low), float(high))))
    return shown


def _macro_f1(said: np.ndarray, truth: np.ndarray) -> float:
    parts = []
    for label in np.unique(truth):
        right = float(np.sum((said == label) & (truth == label)))
        parts.append(2 * right / float(np.sum(said == label) + np.sum(truth == label)))
    return float(np.mean(parts))


def _auc(scores: FloatArray, truth: np.ndarray) -> float:
    directed = truth != "neutral"
    return auc(scores[directed], (truth[directed] == "bullish").astype(float))


def _directed(pairs: Sequence[tuple[str, float]]) -> Examples:
    kept = [(text, "bullish" if score > 0 else "bearish") for text, score in pairs if score]
    return Examples(tuple(text for text, _ in kept), tuple(label for _, label in kept))


def _csv(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
