"""All inputs of the full reading of some stocks: market, card, corporate, news, posts, and what speaks for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from themes.kernels.behaviour import BehaviourInputs
from themes.kernels.manipulation import (
    CATALYST_FACTOR,
    LARGE_CAP,
    LARGE_FACTOR,
    THEME_FACTOR,
    THEME_MEMBERS,
    Mitigators,
)
from themes.kernels.red_flags import RedFlagInputs
from universe import bars
from universe.models import FeedCursor, Split
from universe.selectors import list_catalysts

from .market import (
    HALF_HOUR,
    Floats,
    Ids,
    Quote,
    Shape,
    count_halts,
    load_history,
    read_phases,
    scale_cap,
    session_of,
)
from .screen import Screened
from .words import Words, load_words

# What changes a company's worth and can be looked up in a filing (methods.md 5.2).
HARD_KINDS = frozenset({"fda_decision", "merger", "contract"})
CATALYST_HOURS = 48.0
SPLIT_DAYS = 730
HALTS_FEED = "halts"


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything that one pass knows of the stocks it reads in full, row by row as in `screened`."""

    at: dt.datetime
    screened: Screened
    quote: Quote
    words: Words
    flags: RedFlagInputs
    behaviour: BehaviourInputs
    mitigators: Mitigators
    shape: Shape
    mitigating: tuple[tuple[dict[str, Any], ...], ...]
    data_at: tuple[dt.datetime, ...]


def load_evidence(screened: Screened, at: dt.datetime, known_at: dt.datetime) -> Evidence:
    """Load and join; about fifteen statements whatever the number of stocks."""
    ids = screened.ids
    quote = screened.quote.rows(screened.rows, load_history(ids, at, known_at))
    words = load_words(ids, at, known_at, screened.feeds, screened.mentions)
    cap = scale_cap(screened.members, screened.rows, quote)
    verified = _verified(ids, at, words)
    largest = np.array([max((tie.members for tie in screened.ties.get(int(one), ())), default=0) for one in ids])
    mitigators = Mitigators(
        hard_catalyst=np.array([float(int(one) in verified) for one in ids]),
        theme_members=largest.astype(np.float64),
        cap=cap,
    )
    return Evidence(
        at=at,
        screened=screened,
        quote=quote,
        words=words,
        flags=_flags(screened, quote, words, cap, at, known_at),
        behaviour=_behaviour(screened, quote, cap),
        mitigators=mitigators,
        shape=read_phases(ids, at, known_at),
        mitigating=tuple(_mitigating(screened, int(one), verified, float(cap[row])) for row, one in enumerate(ids)),
        data_at=_data_at(ids, at, known_at, words),
    )


def _flags(
    screened: Screened, quote: Quote, words: Words, cap: Floats, at: dt.datetime, known_at: dt.datetime
) -> RedFlagInputs:
    ids, rows = screened.ids, screened.rows
    halts = count_halts(ids, at, known_at) if _reads_halts(at) else np.full(len(ids), np.nan)
    return RedFlagInputs.known(
        len(ids),
        change=quote.change, largest_move=quote.largest_move, rvol=quote.rvol, fade=quote.fade, anomaly=quote.anomaly,
        float_shares=screened.members.free_float[rows], cap=cap, volatility_halts=halts,
        prior_rvol_5=quote.before("prior_rvol_5"), prior_change_5=quote.before("prior_change_5"),
        spikes_250=quote.before("spikes_250"), **_splits(ids, at, known_at), **_listing(screened, at), **words.values,
    )  # fmt: skip


def _behaviour(screened: Screened, quote: Quote, cap: Floats) -> BehaviourInputs:
    unknown = np.full(len(screened.rows), np.nan)
    tied = np.array([float(int(one) in screened.ties) for one in screened.ids], dtype=np.float64)
    return BehaviourInputs(
        change=quote.change, volatility=quote.before("volatility"), prior_change_5=quote.before("prior_change_5"),
        prior_change_20=quote.before("prior_change_20"), prior_rvol_5=quote.before("prior_rvol_5"), price=quote.price,
        cap=cap, rvol=quote.rvol, fade=quote.fade, close_location=unknown, spikes_250=quote.before("spikes_250"),
        in_theme=tied,
    )  # fmt: skip


def _splits(ids: Ids, at: dt.datetime, known_at: dt.datetime) -> dict[str, Floats]:
    """Reverse splits executed in 24 months. Unknown while no split of anybody has been heard of."""
    today = session_of(at).date
    rows = Split.objects.filter(
        execution_date__gt=today - dt.timedelta(days=SPLIT_DAYS), execution_date__lte=today, recorded_at__lte=known_at
    )
    told = list(rows.values_list("instrument_id", "execution_date", "split_from", "split_to"))
    if not told and not Split.objects.filter(recorded_at__lte=known_at).exists():
        unknown = np.full(len(ids), np.nan)
        return {"days_since_reverse_split": unknown, "reverse_splits_24m": unknown}
    dates: dict[int, list[dt.date]] = {}
    for one, executed, old, new in told:
        if new < old:
            dates.setdefault(one, []).append(executed)
    days = [(today - max(dates[one])).days if one in dates else np.inf for one in ids.tolist()]
    return {
        "days_since_reverse_split": np.array(days, dtype=np.float64),
        "reverse_splits_24m": np.array([len(dates.get(one, ())) for one in ids.tolist()], dtype=np.float64),
    }


def _listing(screened: Screened, at: dt.datetime) -> dict[str, Floats]:
    """Days since the initial offering. What it raised nobody tells, so only its age can rule the flag out."""
    listed = [screened.members.listed_on[row] for row in screened.rows]
    today = session_of(at).date
    days = [float("nan") if one is None else float((today - one).days) for one in listed]
    return {"days_since_ipo": np.array(days, dtype=np.float64)}


def _reads_halts(at: dt.datetime) -> bool:
    return FeedCursor.objects.filter(feed=HALTS_FEED, began_at__lte=at).exists()


def _verified(ids: Ids, at: dt.datetime, words: Words) -> dict[int, dict[str, Any]]:
    """Hard catalysts that a filing of the company bears out, by instrument: what and where."""
    found: dict[int, dict[str, Any]] = {}
    for event in list_catalysts(ids, at, hours=CATALYST_HOURS):
        filing = words.catalyst_filing.get(event.instrument_id)
        if event.kind in HARD_KINDS and event.direction > 0 and filing is not None:
            safe = event.url if event.url.startswith(("https://", "http://")) else ""
            found[event.instrument_id] = {"words": f"{event.kind.replace('_', ' ')}: {event.title[:160]}", "url": safe}
    return found


def _mitigating(
    screened: Screened, one: int, verified: Mapping[int, Mapping[str, Any]], cap: float
) -> tuple[dict[str, Any], ...]:
    found: list[dict[str, Any]] = []
    if one in verified:
        found.append({"key": "catalyst", "factor": CATALYST_FACTOR, **verified[one]})
    tie = next(iter(screened.ties.get(one, ())), None)
    if tie is not None and tie.members >= THEME_MEMBERS:
        told = f"theme of {tie.members} stocks: {tie.name}"
        found.append({"key": "theme", "factor": THEME_FACTOR, "words": told, "theme": tie.theme_id, "url": ""})
    if cap > LARGE_CAP:
        found.append({"key": "cap", "factor": LARGE_FACTOR, "words": "market cap above $1 billion", "url": ""})
    return tuple(found)


def _data_at(ids: Ids, at: dt.datetime, known_at: dt.datetime, words: Words) -> tuple[dt.datetime, ...]:
    """When the newest input of each stock was here: the bar, or a document that was read after it."""
    bar = bars.arrived_at("30m", ids, at - HALF_HOUR, at, known_at)
    stamps = ([bar.get(one), words.newest.get(one)] for one in ids.tolist())
    return tuple(max([one for one in each if one is not None], default=at) for each in stamps)


def known_or_none(values: npt.NDArray[np.float64], row: int, digits: int = 4) -> float | None:
    """A number for storage: None where it is unknown or infinite."""
    value = float(values[row])
    return round(value, digits) if np.isfinite(value) else None
