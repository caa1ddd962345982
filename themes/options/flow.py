"""From chains to rows: contracts as arrays, the days before, the score, and the facts that a page shows."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.providers.records import OptionRecord
from themes.kernels.options_flow import (
    FEWEST_DAYS,
    SURPRISE_DAYS,
    Contracts,
    History,
    OptionsFlow,
    UnusualContract,
    list_unusual,
    score_options,
)
from themes.models import OptionsDay, SymbolSentiment

SOURCE: Final = "options"
PARTS: Final = ("put_call", "premium", "skew", "unusual")
STANDARD_SHARES: Final = 100.0
MOST_STRIKES: Final = 8
_SIDES: Final = "the chain does not say who bought"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chain:
    """What the vendor said of one stock's options."""

    instrument_id: int
    contracts: tuple[OptionRecord, ...]
    is_simulated: bool


def build_contracts(chains: Sequence[Chain], session: dt.date) -> Contracts:
    """The contracts of n chains as arrays. Volumes of another session than this one are 0: nothing traded yet.

    The chain has trades without quotes, so who bought is unknown. Contracts that deliver something else than 100
    shares keep their premium but no delta: their strike is not comparable.
    """
    rows = [(place, one) for place, chain in enumerate(chains) for one in chain.contracts]
    unknown = np.full(len(rows), np.nan)
    return Contracts(
        stock=np.array([place for place, _ in rows], dtype=np.int64),
        is_call=np.array([one.is_call for _, one in rows], dtype=bool),
        strike=_column([one.strike for _, one in rows]),
        days=_column([(one.expires - session).days for _, one in rows]),
        volume=_column([_volume(one, session) for _, one in rows]),
        open_interest=_column([one.open_interest for _, one in rows]),
        price=_column([one.vwap for _, one in rows]),
        shares=_column([one.shares for _, one in rows]),
        bought=unknown,
        sold=unknown.copy(),
        delta=_column([one.delta if one.shares == STANDARD_SHARES else None for _, one in rows]),
        volatility=_column([one.volatility for _, one in rows]),
    )


def load_history(instrument_ids: Sequence[int], session: dt.date, known_at: dt.datetime) -> History:
    """The 21 sessions before `session` as known at a moment, NaN where no chain was read. One statement."""
    days = [one.date for one in _sessions_before(session)]
    column, row = {day: at for at, day in enumerate(days)}, {one: at for at, one in enumerate(instrument_ids)}
    put_call, skew = (np.full((len(instrument_ids), len(days)), np.nan) for _ in range(2))
    stored = OptionsDay.objects.filter(
        instrument_id__in=list(instrument_ids), session__gte=days[0], session__lte=days[-1], recorded_at__lte=known_at
    )
    for one, day, ratio, slope in stored.values_list("instrument_id", "session", "log_put_call", "skew"):
        if day in column:
            put_call[row[one], column[day]] = math.nan if ratio is None else ratio
            skew[row[one], column[day]] = math.nan if slope is None else slope
    return History(put_call, skew)


def build_rows(
    chains: Sequence[Chain], session: dt.date, as_of: dt.datetime, now: dt.datetime, delay_s: int
) -> tuple[list[OptionsDay], list[SymbolSentiment]]:
    """The day's row and the reading of each chain, unsaved, scored against what was known at `now`."""
    contracts = build_contracts(chains, session)
    history = load_history([chain.instrument_id for chain in chains], session, now)
    flow = score_options(contracts, history)
    strikes: dict[int, list[UnusualContract]] = {}
    for one in list_unusual(contracts):
        strikes.setdefault(one.stock, []).append(one)
    days, readings = [], []
    for place, chain in enumerate(chains):
        day = _day(contracts, flow, place, chain, session, as_of, now)
        days.append(day)
        facts = _facts(day, flow, history, place, strikes.get(place, []), session) | {"delay_s": delay_s}
        readings.append(
            SymbolSentiment(
                instrument_id=chain.instrument_id,
                source=SOURCE,
                timestamp=as_of,
                score=_known(flow.score[place]),
                effective_count=float(flow.effective_count[place]),
                quality=float(flow.quality[place]) if math.isfinite(flow.score[place]) else 0.0,
                facts=facts,
                recorded_at=now,
            )
        )
    return days, readings


def _day(
    contracts: Contracts,
    flow: OptionsFlow,
    place: int,
    chain: Chain,
    session: dt.date,
    as_of: dt.datetime,
    now: dt.datetime,
) -> OptionsDay:
    mine = contracts.stock == place
    calls, puts = mine & contracts.is_call, mine & ~contracts.is_call
    return OptionsDay(
        instrument_id=chain.instrument_id,
        session=session,
        as_of=as_of,
        call_volume=_total(contracts.volume[calls]),
        put_volume=_total(contracts.volume[puts]),
        call_open_interest=_total(contracts.open_interest[calls]),
        put_open_interest=_total(contracts.open_interest[puts]),
        log_put_call=_known(flow.log_put_call[place]),
        skew=_known(flow.skew[place]),
        premium=float(flow.premium[place]),
        unusual=int(flow.unusual[place]),
        contracts=int(mine.sum()),
        is_simulated=chain.is_simulated,
        recorded_at=now,
    )


def _facts(
    day: OptionsDay,
    flow: OptionsFlow,
    history: History,
    place: int,
    strikes: Sequence[UnusualContract],
    session: dt.date,
) -> dict[str, Any]:
    parts = {name: _known(flow.parts[place, at], 4) for at, name in enumerate(PARTS)}
    return {
        "session": session.isoformat(),
        "put_call": _known(flow.put_call[place], 4),
        "premium": round(day.premium, 2),
        "known_side": round(float(flow.known_side[place]), 4),
        "skew": _known(flow.skew[place], 5),
        "call_volume": day.call_volume,
        "put_volume": day.put_volume,
        "call_open_interest": day.call_open_interest,
        "put_open_interest": day.put_open_interest,
        "contracts": day.contracts,
        "coverage": round(float(flow.coverage[place]), 4),
        "parts": parts,
        "missing": _missing(parts, day, history, place),
        "baseline_days": int(np.isfinite(history.put_call[place, -SURPRISE_DAYS:]).sum()),
        "unusual": day.unusual,
        "strikes": [_strike(one, session) for one in strikes[:MOST_STRIKES]],
        "is_simulated": day.is_simulated,
    }


def _missing(parts: dict[str, float | None], day: OptionsDay, history: History, place: int) -> dict[str, str]:
    """Why a part is not there, by part."""
    seen = int(np.isfinite(history.put_call[place, -SURPRISE_DAYS:]).sum())
    why = {
        "put_call": "nothing traded"
        if day.log_put_call is None
        else f"{seen} of the last {SURPRISE_DAYS} sessions are known, {FEWEST_DAYS} are needed",
        "premium": _SIDES,
        "skew": "no quoted contracts around 25 delta"
        if day.skew is None
        else "the skew of the session before is not known"
        if not math.isfinite(history.skew[place, -1])
        else f"fewer than {FEWEST_DAYS} known changes before",
        "unusual": _SIDES,
    }
    return {name: why[name] for name, value in parts.items() if value is None}


def _strike(one: UnusualContract, session: dt.date) -> dict[str, Any]:
    return {
        "kind": "call" if one.is_call else "put",
        "strike": one.strike,
        "expires": (session + dt.timedelta(days=round(one.days))).isoformat(),
        "volume": one.volume,
        "open_interest": one.open_interest,
        "premium": round(one.premium, 2),
        "reasons": list(one.reasons),
    }


def _sessions_before(session: dt.date) -> tuple[calendar.Session, ...]:
    return calendar.sessions_between(calendar.shift(session, -SURPRISE_DAYS - 1).date, calendar.shift(session, -1).date)


def _volume(one: OptionRecord, session: dt.date) -> float | None:
    if one.traded_at is not None and one.traded_at.astimezone(NEW_YORK).date() != session:
        return 0.0
    return one.volume


def _column(values: Sequence[float | int | None]) -> Floats:
    return np.array([math.nan if one is None else one for one in values], dtype=np.float64)


def _total(values: Floats) -> int:
    return round(float(np.nansum(values))) if values.size else 0


def _known(value: float, digits: int | None = None) -> float | None:
    if not math.isfinite(value):
        return None
    return float(value) if digits is None else round(float(value), digits)
