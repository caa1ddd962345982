"""The verdicts of a pass: judged for every stored reading, written where they differ from the stock's last one."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from themes.kernels.verdict import Verdict, compute_theme_term, judge
from themes.models import StockVerdict, TemperaturePass

from .inputs import Cast, missing_inputs
from .reading import Reading, known
from .theme_heat import Pulls

Signature = tuple[Any, ...]
BATCH = 500


def save_verdicts(
    reading: Reading, rows: np.ndarray, casts: list[Cast], pulls: Pulls, done: TemperaturePass
) -> list[StockVerdict]:
    """A row for every stock whose answer, or a rule behind it, is another than in its last verdict of the session."""
    ids = [int(reading.tape.ids[row]) for row in rows]
    before = _load_last(ids, reading.slot.session.pre_open, done.as_of)
    strongest = _strongest(casts, pulls)
    new = []
    for one, row in zip(ids, rows, strict=True):
        theme_id, theme_score = strongest.get(one, (None, math.nan))
        sector_score = float(reading.around.sector_score[row])
        term = compute_theme_term(sector_score, theme_score)
        verdict = judge(reading.verdict_inputs(int(row), term))
        if _signature(verdict.can, verdict.should, theme_id, verdict.trace) != before.get(one):
            missing = missing_inputs(reading.around.threshold_listed[[row]])
            new.append(_row(one, verdict, sector_score, term, theme_id, missing, done))
    return StockVerdict.objects.bulk_create(new, batch_size=BATCH)


def _row(
    instrument_id: int, verdict: Verdict, sector_score: float, term: float, theme_id: uuid.UUID | None,
    missing: list[str], done: TemperaturePass,
) -> StockVerdict:  # fmt: skip
    return StockVerdict(
        instrument_id=instrument_id,
        as_of=done.as_of,
        can_short=str(verdict.can),
        should_short=str(verdict.should),
        sector_score=_decimal(sector_score),
        theme_id=theme_id,
        theme_term=_decimal(term),
        score=_decimal(verdict.score),
        trace=[_plain(line) for line in verdict.trace] + [{"part": "missing", "inputs": missing}],
        recorded_at=done.recorded_at,
    )


def _load_last(ids: list[int], since: dt.datetime, until: dt.datetime) -> dict[int, Signature]:
    rows = StockVerdict.objects.filter(instrument__in=ids, as_of__gte=since, as_of__lt=until)
    newest = rows.order_by("instrument_id", "-as_of").distinct("instrument_id")
    fields = ("instrument_id", "can_short", "should_short", "theme_id", "trace")
    return {one: _signature(*verdict) for one, *verdict in newest.values_list(*fields)}


def _signature(can: str, should: str, theme_id: uuid.UUID | None, trace: Any) -> Signature:
    """What makes a verdict another one: the answers, the theme, and the rules that hold."""
    rules = tuple((line["rule"], line["effect"]) for line in trace if line.get("holds"))
    return str(can), str(should), theme_id, rules


def _strongest(casts: list[Cast], pulls: Pulls) -> Mapping[int, tuple[uuid.UUID, float]]:
    """The theme that pulls a stock most, with its score; the older one of two alike."""
    found: dict[int, tuple[uuid.UUID, float]] = {}
    for cast in casts:
        score = pulls.get(cast.theme.pk, math.nan)
        for one in cast.weights:
            if score > found.get(one, (cast.theme.pk, 0.0))[1]:
                found[one] = cast.theme.pk, score
    return found


def _plain(line: dict[str, Any]) -> dict[str, Any]:
    """Numbers as they are shown."""
    rounded = [
        one | {"value": None if one["value"] is None else known(one["value"], 4)} for one in line["inputs"]
    ]  # fmt: skip
    return line | {"inputs": rounded}


def _decimal(value: float) -> Decimal | None:
    rounded = known(value, 3)
    return None if rounded is None else Decimal(f"{rounded:.3f}")
