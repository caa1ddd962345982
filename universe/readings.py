"""What was known of each instrument at a moment: the newest reading per instrument, never one from later.

Every function takes the instrument ids of the caller's arrays, the screened session and `known_at`: a row enters only
if its own date (`effective_on`, `settlement_date`, `execution_date`) is not after the session and it was recorded by
`known_at`. Shares and floats are brought to the share basis of the session by the splits executed since their date.
One index probe per instrument (LATERAL), never a scan of the history.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Q

from .bars.quality import DISCONTINUITY, IMPOSSIBLE
from .bars.splits import list_splits
from .models import Instrument, Override, Quarantine

Ids = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]

_NO_DATE = np.datetime64("NaT", "D")

_REFERENCE = """
SELECT i.place - 1, s.id, r.effective_on, r.shares_outstanding, r.market_cap, r.sic_code, r.vendor_sector, r.industry
FROM unnest(%(ids)s::integer[]) WITH ORDINALITY AS i(id, place)
CROSS JOIN (SELECT id FROM universe_datasource WHERE %(source)s::smallint IS NULL OR id = %(source)s) AS s
CROSS JOIN LATERAL (
    SELECT * FROM universe_referencereading r
    WHERE r.instrument_id = i.id AND r.source_id = s.id
      AND r.effective_on <= %(session)s AND r.recorded_at <= %(known_at)s
    ORDER BY r.effective_on DESC, r.recorded_at DESC LIMIT 1
) AS r
ORDER BY r.effective_on, r.recorded_at, s.id
"""

# The newest row that says anything about one attribute, for those whose newest row is silent about it.
_LAST_WORD = """
SELECT i.place, r.effective_on, r.{column}
FROM unnest(%(ids)s::integer[], %(places)s::integer[]) AS i(id, place)
CROSS JOIN LATERAL (
    SELECT * FROM universe_referencereading r
    WHERE r.instrument_id = i.id AND r.effective_on <= %(session)s AND r.recorded_at <= %(known_at)s
      AND r.{column} {is_known}
    ORDER BY r.effective_on DESC, r.recorded_at DESC LIMIT 1
) AS r
"""
_KNOWN_TEXT, _KNOWN_NUMBER = "<> ''", "IS NOT NULL"

_DATED = """
SELECT i.place - 1, r.{date}, r.{value}, r.source_id
FROM unnest(%(ids)s::integer[]) WITH ORDINALITY AS i(id, place)
CROSS JOIN LATERAL (
    SELECT * FROM {table} r
    WHERE r.instrument_id = i.id AND r.{date} <= %(session)s AND r.recorded_at <= %(known_at)s
    ORDER BY r.{date} DESC, r.recorded_at DESC, r.source_id LIMIT 1
) AS r
"""

_FLOATS = _DATED.format(table="universe_floatreading", date="effective_on", value="free_float")
_SHORT_INTEREST = _DATED.format(table="universe_shortinterestreading", date="settlement_date", value="short_interest")

_CLASSIFICATIONS = """
SELECT i.place - 1, r.sector, r.confidence
FROM unnest(%(ids)s::integer[]) WITH ORDINALITY AS i(id, place)
CROSS JOIN LATERAL (
    SELECT * FROM universe_classification r
    WHERE r.instrument_id = i.id AND r.effective_on <= %(session)s AND r.recorded_at <= %(known_at)s
    ORDER BY r.effective_on DESC, r.recorded_at DESC LIMIT 1
) AS r
"""


@dataclass(frozen=True, slots=True)
class Listing:
    """The instruments to screen, one entry each, by id. `listed` is False for a delisted one kept to be explained."""

    ids: Ids
    symbols: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    exchanges: tuple[str, ...]
    listed: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reference:
    """The newest of each attribute over all sources. NaN, "" and NaT where unknown; `cap_on`: the day of the cap."""

    shares: FloatArray
    market_cap: FloatArray
    cap_on: Dates
    sic_codes: list[str]
    vendor_sectors: list[str]
    industries: list[str]
    source_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Dated:
    """One figure per instrument on the session's share basis, NaN where unknown, and the sources it came from."""

    values: FloatArray
    source_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Overrides:
    """What operators have decided and not withdrawn, by instrument id; `weights` by sector."""

    include: frozenset[int]
    exclude: frozenset[int]
    sectors: dict[int, str]
    weights: dict[str, float]


def load_listing(session: dt.date, known_at: dt.datetime, also: Sequence[int] = ()) -> Listing:
    """Stocks listed on the session and known by then, and those of `also` that were delisted since."""
    rows = list(
        Instrument.objects.filter(role=Instrument.Role.STOCK, recorded_at__lte=known_at)
        .filter(Q(listed_on__isnull=True) | Q(listed_on__lte=session))
        .filter(Q(delisted_on__isnull=True) | Q(delisted_on__gt=session) | Q(pk__in=list(also)))
        .order_by("pk")
        .values_list("pk", "symbol", "name", "kind", "exchange", "delisted_on")
    )
    ids, symbols, names, kinds, exchanges, delisted = zip(*rows, strict=True) if rows else ((),) * 6
    listed = [day is None or day > session for day in delisted]
    return Listing(np.array(ids, dtype=np.int32), symbols, names, kinds, exchanges, np.array(listed, dtype=bool))


def load_reference(ids: Ids, session: dt.date, known_at: dt.datetime) -> Reference:
    """Shares, cap, codes and sectors over all sources; a row that is silent about an attribute erases nothing."""
    found, shares_on = _newest_rows(ids, session, known_at, None)
    moment = {"session": session, "known_at": known_at}
    with connection.cursor() as cursor:
        for column, is_known, missing, target, dates in (
            ("shares_outstanding", _KNOWN_NUMBER, np.isnan(found.shares), found.shares, shares_on),
            ("market_cap", _KNOWN_NUMBER, np.isnan(found.market_cap), found.market_cap, found.cap_on),
            ("sic_code", _KNOWN_TEXT, _blank(found.sic_codes), found.sic_codes, None),
            ("vendor_sector", _KNOWN_TEXT, _blank(found.vendor_sectors), found.vendor_sectors, None),
            ("industry", _KNOWN_TEXT, _blank(found.industries), found.industries, None),
        ):
            places = np.flatnonzero(missing)
            statement = _LAST_WORD.format(column=column, is_known=is_known)
            cursor.execute(statement, moment | {"ids": ids[places].tolist(), "places": places.tolist()})
            for place, on, value in cursor.fetchall():
                target[place] = value
                if dates is not None:
                    dates[place] = on
    return replace(found, shares=found.shares * _share_factors(ids, shares_on, session, known_at))


def load_last_rows(ids: Ids, session: dt.date, known_at: dt.datetime, source_id: int) -> Reference:
    """One source's newest row per instrument, as it stands: what a new answer of that source is compared with."""
    found, shares_on = _newest_rows(ids, session, known_at, source_id)
    return replace(found, shares=found.shares * _share_factors(ids, shares_on, session, known_at))


def _newest_rows(ids: Ids, session: dt.date, known_at: dt.datetime, source_id: int | None) -> tuple[Reference, Dates]:
    """The newest row of each source, merged attribute by attribute, the newer one winning; and the shares' days."""
    n = len(ids)
    nothing = (np.full(n, np.nan), np.full(n, np.nan), np.full(n, _NO_DATE), [""] * n, [""] * n, [""] * n)
    found, shares_on, sources = Reference(*nothing, frozenset()), np.full(n, _NO_DATE), set()
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCE, _moment(ids, session, known_at) | {"source": source_id})
        # oldest first: a newer source's value takes the place of an older one's, a blank does not
        for place, source, on, shares, cap, sic_code, sector, industry in cursor.fetchall():
            sources.add(source)
            if shares is not None:
                found.shares[place], shares_on[place] = shares, on
            if cap is not None:
                found.market_cap[place], found.cap_on[place] = float(cap), on
            found.sic_codes[place] = sic_code or found.sic_codes[place]
            found.vendor_sectors[place] = sector or found.vendor_sectors[place]
            found.industries[place] = industry or found.industries[place]
    return replace(found, source_ids=frozenset(sources)), shares_on


def _blank(texts: list[str]) -> npt.NDArray[np.bool_]:
    return np.array([not text for text in texts], dtype=bool)


def load_floats(ids: Ids, session: dt.date, known_at: dt.datetime) -> Dated:
    """Freely tradable shares."""
    return _load_dated(_FLOATS, ids, session, known_at)


def load_short_interest(ids: Ids, session: dt.date, known_at: dt.datetime) -> Dated:
    """Shares sold short at the newest settlement published by then."""
    return _load_dated(_SHORT_INTEREST, ids, session, known_at)


def load_classifications(ids: Ids, session: dt.date, known_at: dt.datetime) -> tuple[list[str], FloatArray]:
    """The sector ("" if never classified) and its confidence as last decided by then."""
    sectors, confidence = [""] * len(ids), np.full(len(ids), np.nan)
    with connection.cursor() as cursor:
        cursor.execute(_CLASSIFICATIONS, _moment(ids, session, known_at))
        for place, sector, sure in cursor.fetchall():
            sectors[place], confidence[place] = sector, float(sure)
    return sectors, confidence


def load_quarantined(session: dt.date, since: dt.date, known_at: dt.datetime) -> frozenset[int]:
    """Instruments whose figures of since..session rest on doubtful bars, as it was seen at that moment.

    A price discontinuity in those sessions (everything before it stands on an unknown share basis), or an impossible
    bar of the session itself. An older discontinuity has left the window, an impossible bar hides only its own day.
    """
    open_doubts = Quarantine.objects.filter(recorded_at__lte=known_at).filter(
        Q(released_at__isnull=True) | Q(released_at__gt=known_at)
    )
    rows = open_doubts.filter(
        Q(reason=DISCONTINUITY, session__gte=since, session__lte=session) | Q(reason=IMPOSSIBLE["1d"], session=session)
    )
    return frozenset(rows.values_list("instrument_id", flat=True))


def load_overrides(at: dt.datetime) -> Overrides:
    """The overrides in force at a moment; of two about the same thing the younger one counts."""
    rows = (
        Override.objects.filter(created_at__lte=at)
        .filter(Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at))
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
        .order_by("created_at", "pk")
        .values_list("kind", "instrument_id", "sector", "weight")
    )
    presence: dict[int, str] = {}
    sectors: dict[int, str] = {}
    weights: dict[str, float] = {}
    for kind, instrument_id, sector, weight in rows:
        if kind == Override.Kind.WEIGHT:
            weights[sector] = float(weight or 0)
        elif kind == Override.Kind.SECTOR:
            sectors[instrument_id or 0] = sector
        else:
            presence[instrument_id or 0] = kind
    return Overrides(
        include=frozenset(pk for pk, kind in presence.items() if kind == Override.Kind.INCLUDE),
        exclude=frozenset(pk for pk, kind in presence.items() if kind == Override.Kind.EXCLUDE),
        sectors=sectors,
        weights=weights,
    )


def _moment(ids: Ids, session: dt.date, known_at: dt.datetime) -> dict[str, Any]:
    return {"ids": ids.tolist(), "session": session, "known_at": known_at}


def _load_dated(statement: str, ids: Ids, session: dt.date, known_at: dt.datetime) -> Dated:
    values, dates, sources = np.full(len(ids), np.nan), np.full(len(ids), _NO_DATE), set()
    with connection.cursor() as cursor:
        cursor.execute(statement, _moment(ids, session, known_at))
        for place, on, figure, source in cursor.fetchall():
            values[place], dates[place] = figure, on
            sources.add(source)
    return Dated(values * _share_factors(ids, dates, session, known_at), frozenset(sources))


def _share_factors(ids: Ids, dates: Dates, session: dt.date, known_at: dt.datetime) -> FloatArray:
    """What a share count of each date is multiplied by to stand on the session's basis, (n,)."""
    factors = np.ones(len(ids))
    known = dates[~np.isnat(dates)]
    if known.size:
        for split in list_splits(ids, known.min().item(), session, known_at):
            if dates[split.row] < np.datetime64(split.execution_date):
                factors[split.row] *= split.split_to / split.split_from
    return factors
