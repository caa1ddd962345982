"""Scores texts towards stocks, and stored documents with what their words count. Source: methods.md 7.1 and 7.2.

Without a trained artefact the score is the lexicon's; with one it is .35 of the lexicon's and .65 of the model's.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import transaction
from django.db.models import Model
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer

from sentiment_site.market import clock
from themes.kernels.attribution import Part, attribute_tokens
from themes.kernels.lexicon import ENGINE, Lexicon, build_lexicon, classify_score, score_tokens, tokenise
from themes.models import Document, NewsSentiment, RedditSentiment, TweetSentiment
from themes.models.documents import DocumentKind

from .model import SentimentModel, load_model
from .weighing import get_post, get_words, judge_authors, weigh_documents

LEXICON_SHARE: Final = 0.35
BATCH: Final = 500
_Sentiment = TweetSentiment | RedditSentiment | NewsSentiment
_REWRITTEN: Final = [
    "event_at", "score", "lexicon_score", "model_score", "label", "weight", "weight_parts", "engine_version",
    "recorded_at",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """What a text says about one stock, -1 to 1. model_score: None without an artefact; is_whole: not a part of it."""

    score: float
    lexicon_score: float
    model_score: float | None
    label: str
    is_whole: bool


@functools.cache
def load_lexicon(*, with_finance: bool = True) -> Lexicon:
    """VADER's words, idioms, boosters and negations, with the finance terms before them."""
    analyser = SentimentIntensityAnalyzer()
    words: dict[str, float] = {word.lower(): valence for word, valence in analyser.lexicon.items()}
    for emoji, name in analyser.emojis.items():
        valence = sum(words.get(word, 0.0) for word in name.lower().split())
        if valence:
            words[emoji] = max(-4.0, min(4.0, valence))
    return build_lexicon(words, BOOSTER_DICT, frozenset(NEGATE), SPECIAL_CASES, with_finance=with_finance)


def load_current_model() -> SentimentModel | None:
    """The artefact at SENTIMENT_MODEL, None where none is set. ArtefactRefused: half a formula scores nothing."""
    if not settings.SENTIMENT_MODEL:
        return None
    folder = Path(settings.SENTIMENT_MODEL)
    manifest = folder / "manifest.json"
    return _load_once(folder, manifest.stat().st_mtime_ns if manifest.is_file() else 0)


@functools.lru_cache(maxsize=2)
def _load_once(folder: Path, changed: int) -> SentimentModel:  # changed: a new artefact is read again
    return load_model(folder)


def combine_scores(lexical: npt.ArrayLike, modelled: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """.35 of the lexicon's score and .65 of the model's."""
    return LEXICON_SHARE * np.asarray(lexical, dtype=np.float64) + (1 - LEXICON_SHARE) * np.asarray(
        modelled, dtype=np.float64
    )


def score_text(text: str, targets: Collection[str]) -> dict[str, Score]:
    """What one text says about each target symbol. ArtefactRefused."""
    return score_texts([(text, targets)])[0]


def score_texts(items: Sequence[tuple[str, Collection[str]]]) -> list[dict[str, Score]]:
    """What texts say about their target symbols, all in one pass over the model. ArtefactRefused."""
    parts: list[Part] = []
    places: list[dict[str, int]] = []
    for text, targets in items:
        known: dict[Part, int] = {}
        mine: dict[str, int] = {}
        for target, part in attribute_tokens(tokenise(text), targets).items():
            if part not in known:
                known[part] = len(parts)
                parts.append(part)
            mine[target] = known[part]
        places.append(mine)
    scores = _score_parts(parts)
    return [{target: scores[place] for target, place in mine.items()} for mine in places]


def _score_parts(parts: Sequence[Part]) -> list[Score]:
    lexicon, model = load_lexicon(), load_current_model()
    readings = [score_tokens(part.tokens, lexicon) for part in parts]
    lexical = [reading.score for reading in readings]
    if model is None:
        return [
            Score(one, one, None, classify_score(one), part.is_whole) for one, part in zip(lexical, parts, strict=True)
        ]
    modelled = model.score_polarity([part.tokens for part in parts], readings)
    final = combine_scores(lexical, modelled)
    return [
        Score(float(both), one, float(said), classify_score(float(both)), part.is_whole)
        for both, one, said, part in zip(final, lexical, modelled, parts, strict=True)
    ]


def get_engine_version() -> str:
    """Lexicon and, behind a plus, the first letters of the artefact's hash."""
    model = load_current_model()
    return f"{ENGINE}+{model.digest[:8]}" if model else ENGINE


def score_documents(document_ids: Iterable[int], *, again: bool = False) -> int:
    """Score stored documents towards the stocks they mention; how many rows were written. ArtefactRefused.

    What is scored already stays as it is, so that a moment can be told again; again=True writes it anew, with a new
    recorded_at. Nothing is scored without words (deleted, or a filing without its text) or in another language.
    """
    ids = sorted(set(document_ids))
    written = 0
    for begin in range(0, len(ids), BATCH):
        written += _score_batch(ids[begin : begin + BATCH], again=again)
    return written


def _score_batch(ids: Sequence[int], *, again: bool) -> int:
    rows = (
        Document.objects.filter(pk__in=ids, removed_at__isnull=True)
        .select_related("cluster", "tweet__influencer", "reddit_post__influencer")
        .prefetch_related("mentions__instrument")
        .order_by("pk")
    )
    documents = [row for row in rows if get_words(row) and row.language.lower()[:2] in ("", "en", "un")]
    targets = [{one.instrument.symbol: one.instrument_id for one in row.mentions.all()} for row in documents]
    scores = score_texts([(get_words(row), list(mine)) for row, mine in zip(documents, targets, strict=True)])
    with transaction.atomic():
        bots = judge_authors(documents)
        weights = weigh_documents(documents, bots)
        version, now = get_engine_version(), clock.now()
        fresh: dict[type[Model], list[_Sentiment]] = {TweetSentiment: [], RedditSentiment: [], NewsSentiment: []}
        for row, mine, found, weight in zip(documents, targets, scores, weights, strict=True):
            table, source = _table(row)
            for symbol, score in found.items():
                fresh[table].append(
                    table(
                        document_key=f"{row.kind}:{row.external_id}", instrument_id=mine[symbol],
                        event_at=row.event_at, score=score.score, lexicon_score=score.lexicon_score,
                        model_score=score.model_score, label=score.label, weight=weight.value,
                        weight_parts=weight.parts, engine_version=version, recorded_at=now, **source,
                    )
                )  # fmt: skip
        return sum(_insert(table, some, again=again) for table, some in fresh.items())


def _insert(table: Any, rows: Sequence[_Sentiment], *, again: bool) -> int:
    if again:
        table.objects.bulk_create(
            rows, batch_size=BATCH, update_conflicts=True, unique_fields=["document_key", "instrument"],
            update_fields=_REWRITTEN,
        )  # fmt: skip
        return len(rows)
    keys = {row.document_key for row in rows}
    known = set(table.objects.filter(document_key__in=keys).values_list("document_key", "instrument_id"))
    new = [row for row in rows if (row.document_key, row.instrument_id) not in known]
    table.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    return len(new)


def _table(row: Document) -> tuple[Any, dict[str, Any]]:
    if row.kind == DocumentKind.X:
        return TweetSentiment, {"tweet": get_post(row)}
    if row.kind == DocumentKind.REDDIT:
        return RedditSentiment, {"reddit_post": get_post(row)}
    return NewsSentiment, {"document": row}
