"""One pass of confluence: chart, sentiment, options of every member at a slot to rows, whole or not at all, once.

What enters had happened by the slot and was recorded by `known_at`. The rows, the pass and the alerts are one
transaction; a slot that has its pass is left alone.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import time
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import structlog
from django.conf import settings
from django.db import connection, transaction

from sentiment_site.market import calendar, clock
from themes.alerts.services import raise_alert
from themes.kernels.confluence import COMPONENTS, ConfluenceLevel, ConfluenceReading, Thresholds, score_confluence
from themes.models import ConfluencePass, ConfluenceScore
from themes.publish import announce_change
from universe import bars
from universe.selectors import MemberTable, current_run, list_members

from .chart import Chart, describe_chart, load_chart, why_no_chart
from .parts import Part, load_options, load_sentiment

log = structlog.get_logger(__name__)

WHAT: Final = "confluence"
# So long a pass may be older than the one it is held against for "newly high".
BEFORE: Final = dt.timedelta(days=5)
# An alert about an older slot would not be news.
NEWS_FOR: Final = dt.timedelta(minutes=45)
_COLUMNS: Final = (
    "instrument_id", "symbol", "timestamp", "confluence_score", "directional_bias", "confluence_level", "confidence",
    "technical_score", "sentiment_score", "options_flow_score", "technical_contribution", "sentiment_contribution",
    "options_flow_contribution", "technical_breakdown", "components_used", "agreement", "inputs", "missing",
    "meets_minimum_threshold", "meets_high_threshold", "volume_trend", "is_simulated", "calculated_at",
)  # fmt: skip


class NoInput(Exception):
    """There is nothing to score; the text says what is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything that enters a pass. parts: per component of COMPONENTS a Part per member, in their order."""

    at: dt.datetime
    known_at: dt.datetime
    members: MemberTable
    chart: Chart
    parts: tuple[tuple[Part, ...], ...]
    is_simulated: bool

    @property
    def values(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(n, 3), NaN unknown."""
        found = [[math.nan if one.value is None else one.value for one in column] for column in self.parts]
        return np.array(found, dtype=np.float64).T.reshape(len(self.members), len(COMPONENTS))

    @property
    def confidences(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(n, 3), 0 where a part is missing."""
        found = [[one.confidence for one in column] for column in self.parts]
        return np.array(found, dtype=np.float64).T.reshape(len(self.members), len(COMPONENTS))


def get_thresholds() -> Thresholds:
    """Minimum and high as configured."""
    return Thresholds(settings.CONFLUENCE_MINIMUM, settings.CONFLUENCE_HIGH)


def run_pass(at: dt.datetime, *, known_at: dt.datetime | None = None) -> ConfluencePass | None:
    """Score every member at a slot; None when the slot has its pass. NoInput without a universe or any bar."""
    began = time.monotonic()
    if ConfluencePass.objects.filter(as_of=at).exists():
        return None
    scene = load_scene(at, known_at or clock.now())
    reading = score_scene(scene)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('themes.confluence'))")
        if ConfluencePass.objects.filter(as_of=at).exists():
            return None
        made = _save(scene, reading, began)
        _alert(scene, reading)
        announce_change(WHAT)
    log.info("confluence scored", at=at.isoformat(), scored=made.scored, high=made.high, ms=made.duration_ms)
    return made


def load_scene(at: dt.datetime, known_at: dt.datetime) -> Scene:
    """What had happened by `at` and was recorded by `known_at`. NoInput."""
    run = current_run(known_at)
    if run is None:
        raise NoInput("no universe has been published yet")
    members = list_members(run)
    if not len(members):
        raise NoInput(f"the universe of {run.session} has no members")
    ids = members.instrument_ids.tolist()
    chart = load_chart(members.instrument_ids, at, known_at)
    sentiment, options = load_sentiment(ids, at, known_at), load_options(ids, at, known_at)
    parts = (
        tuple(_chart_part(chart, row) for row in range(len(members))),
        tuple(sentiment[one] for one in ids),
        tuple(options[one] for one in ids),
    )
    simulated = run.is_simulated or bool(bars.holds_simulated_bars())
    return Scene(at, known_at, members, chart, parts, simulated)


def score_scene(scene: Scene) -> ConfluenceReading:
    """The kernel over a scene."""
    gaps = np.array([one.divergence for one in scene.parts[1]], dtype=np.float64)
    return score_confluence(scene.values, scene.confidences, gaps, get_thresholds())


def _chart_part(chart: Chart, row: int) -> Part:
    score = float(chart.reading.score[row])
    if not math.isfinite(score):
        return Part(None, 0.0, missing=why_no_chart(chart, row))
    return Part(score, float(min(chart.reading.coverage[row], 1.0)), as_of=chart.as_of)


def _save(scene: Scene, reading: ConfluenceReading, began: float) -> ConfluencePass:
    now = clock.now()
    scored = np.flatnonzero(np.isfinite(reading.score))
    rows = [_row(scene, reading, int(place), now) for place in scored]
    if rows:
        table = ConfluenceScore._meta.db_table
        statement = f"COPY {table} ({', '.join(_COLUMNS)}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    limits = get_thresholds()
    return ConfluencePass.objects.create(
        as_of=scene.at,
        recorded_at=now,
        stocks=len(scene.members),
        scored=len(rows),
        minimum=int(reading.meets_minimum.sum()),
        high=int(reading.meets_high.sum()),
        missing={
            name: sum(1 for one in column if one.value is None)
            for name, column in zip(COMPONENTS, scene.parts, strict=True)
        },
        thresholds={"minimum": limits.minimum, "high": limits.high},
        is_simulated=scene.is_simulated,
        duration_ms=round((time.monotonic() - began) * 1000),
    )


def _row(scene: Scene, reading: ConfluenceReading, place: int, now: dt.datetime) -> tuple[Any, ...]:
    parts = [column[place] for column in scene.parts]
    known = [one.value is not None and one.confidence > 0 for one in parts]
    named = list(zip(COMPONENTS, parts, known, strict=True))
    return (
        int(scene.members.instrument_ids[place]),
        scene.members.symbols[place],
        scene.at,
        float(reading.score[place]),
        float(reading.bias[place]),
        ConfluenceLevel(int(reading.level[place])).name.lower(),
        float(reading.confidence[place]),
        *(one.value if there else None for _, one, there in named),
        *(float(one) for one in reading.contributions[place]),
        _json(describe_chart(scene.chart, place)) if known[0] else "{}",
        _json([name for name, _, there in named if there]),
        _finite(reading.agreement[place]),
        _json({name: _input(one) for name, one, there in named if there}),
        _json({name: one.missing or "its quality is 0" for name, one, there in named if not there}),
        bool(reading.meets_minimum[place]),
        bool(reading.meets_high[place]),
        parts[1].volume_trend,
        scene.is_simulated,
        now,
    )


def _alert(scene: Scene, reading: ConfluenceReading) -> None:
    """Say so where a stock is high and was not in the pass before: once a stock, session and side."""
    if scene.known_at - scene.at > NEWS_FOR:
        return
    high = [int(place) for place in np.flatnonzero(reading.meets_high)]
    before = ConfluencePass.objects.filter(as_of__lt=scene.at, as_of__gte=scene.at - BEFORE).order_by("-as_of").first()
    if not high or before is None:
        return
    ids = [int(scene.members.instrument_ids[place]) for place in high]
    held = ConfluenceScore.objects.filter(timestamp=before.as_of, instrument_id__in=ids, meets_high_threshold=True)
    already = set(held.values_list("instrument_id", flat=True))
    day = calendar.last_session(scene.at).date.isoformat()
    for place, one in zip(high, ids, strict=True):
        if one not in already:
            _raise(scene, reading, place, one, day)


def _raise(scene: Scene, reading: ConfluenceReading, place: int, instrument_id: int, day: str) -> None:
    symbol, bias, score = scene.members.symbols[place], float(reading.bias[place]), float(reading.score[place])
    side = "bullish" if bias > 0 else "bearish"
    parts = {name: column[place].value for name, column in zip(COMPONENTS, scene.parts, strict=True)}
    arrived = [one.known_at for one in (column[place] for column in scene.parts) if one.known_at is not None]
    raise_alert(
        WHAT,
        symbol,
        instrument_id=instrument_id,
        severity=2,
        text=f"{symbol}: high confluence {score:.2f}, {side} (bias {bias:+.2f})",
        facts={"score": score, "bias": bias, "confidence": float(reading.confidence[place]), "parts": parts,
               "simulated": scene.is_simulated},
        data_at=max(arrived, default=scene.known_at),
        as_of=scene.at,
        key=f"confluence:{instrument_id}:{day}:{side}",
    )  # fmt: skip


def _input(part: Part) -> dict[str, Any]:
    moment = None if part.as_of is None else part.as_of.isoformat().replace("+00:00", "Z")
    return {"as_of": moment, "confidence": round(part.confidence, 4)}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
