"""A pass of confluence over 1,500 stocks with all three parts: loaded, scored, written; beside its bars aggregated."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
from django.db import connection, transaction

from sentiment_site.market import clock
from themes.models import AggregatedSentiment, ConfluencePass, ConfluenceScore, SentimentPass, SymbolSentiment
from themes.options.passes import run_pass
from universe.models import Instrument

from .harness import in_turns, judge, time_ms
from .world import MEMBERS, MORNING, World

SLOT = MORNING.replace(minute=0, second=0, microsecond=0)
_AGGREGATE = """
SELECT instrument_id, count(*), sum(close), sum(volume), max(high), min(low) FROM bar_1d
WHERE instrument_id = ANY(%s) AND ts > %s GROUP BY instrument_id
"""


def test_a_pass_over_1500_stocks(world: World) -> None:
    """The yardstick reads the daily bars that a pass reads, aggregated in the server."""
    ids = [int(one) for one in world.members]
    symbols = dict(Instrument.objects.filter(pk__in=ids).values_list("pk", "symbol"))
    slots = itertools.count()

    def score() -> None:
        at = SLOT - dt.timedelta(seconds=next(slots))  # a slot of its own each time
        with clock.frozen(MORNING):
            found = run_pass(at, known_at=MORNING)
        assert found is not None and found.scored == MEMBERS and found.missing["options_flow"] == 0

    def aggregate() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_AGGREGATE, [ids, SLOT - dt.timedelta(days=93)])
            assert len(cursor.fetchall()) == MEMBERS

    with transaction.atomic():
        _write_parts(symbols)
        judge("O1", lambda: in_turns(lambda: time_ms(score), lambda: time_ms(aggregate), repeats=2))
        assert ConfluenceScore.objects.count() == MEMBERS * ConfluencePass.objects.count()
        transaction.set_rollback(True)


def _write_parts(symbols: dict[int, str]) -> None:
    """Sentiment and options of everybody an hour before the slot."""
    at, known = SLOT - dt.timedelta(hours=1), SLOT - dt.timedelta(minutes=59)
    SentimentPass.objects.create(
        as_of=at, known_at=known, recorded_at=known, stocks=len(symbols), silent=0, divergent=0, texts=1,
        is_simulated=True,
    )  # fmt: skip
    scores = np.random.default_rng(7).uniform(-1, 1, (len(symbols), 2))
    AggregatedSentiment.objects.bulk_create(
        AggregatedSentiment(
            instrument_id=one, symbol=symbol, timestamp=at, unified_sentiment=score, news_sentiment=score,
            confidence=0.7, sentiment_level="neutral", source_breakdown={"news": 1.0}, is_simulated=True,
            aggregated_at=known,
        )
        for (one, symbol), score in zip(symbols.items(), scores[:, 0], strict=True)
    )  # fmt: skip
    SymbolSentiment.objects.bulk_create(
        SymbolSentiment(
            instrument_id=one, source="options", timestamp=at, score=score, quality=0.4, facts={}, recorded_at=known
        )
        for one, score in zip(symbols, scores[:, 1], strict=True)
    )
