"""The selection matrix of S1 applied to the whole market at once: a decision and a reason for every symbol.

Everything is an array over symbols; NaN means "not known". Pure: no clock, no database. The funnel's order is that of
`reasons.STAGES`; a symbol keeps the first reason that applies. Bounds: `rules.Rules`. Sources: requirement S1,
"Stock Universe Engine"; methods.md 11.13 (relaxing the volume floor) and 1.9 (conditions on data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.windows import trailing_mean

from . import names
from .reasons import ALL, FINAL, NOT_OVERRIDABLE, STAGES, Reason
from .rules import Rules

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
CodeArray = npt.NDArray[np.int8]

MICRO, SMALL = "micro", "small"
_CODES: tuple[Reason, ...] = tuple(Reason)
_CODE: dict[Reason, int] = {reason: code for code, reason in enumerate(_CODES)}
_ELIGIBLE = _CODE[Reason.ELIGIBLE]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is known of n symbols on the screened session; every field has n entries.

    name, kind, exchange, sic_code, industry, sector: "" where unknown; sector is one of the eight keys.
    price: the session's close, dollars, NaN without a trade; vendor_cap: the source's market cap, dollars, and
    close_at_cap: the close of the session that cap belongs to, on today's share basis; shares: outstanding, company
    level first; volume: (n, sessions) shares per session, oldest first, on today's share basis; free_float: shares.
    include, exclude: the operators' overrides in force.
    """

    listed: BoolArray
    name: Sequence[str]
    kind: Sequence[str]
    exchange: Sequence[str]
    sic_code: Sequence[str]
    industry: Sequence[str]
    sector: Sequence[str]
    price: FloatArray
    vendor_cap: FloatArray
    close_at_cap: FloatArray
    shares: FloatArray
    volume: npt.NDArray[np.float32] | FloatArray
    free_float: FloatArray
    quarantined: BoolArray
    include: BoolArray
    exclude: BoolArray


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the funnel: how many names were left after it, and how many left for which reason (and joined)."""

    name: str
    left: int
    out: dict[str, int]
    joined: int = 0


@dataclass(frozen=True, slots=True)
class Screening:
    """The decision about n symbols: n reasons and tiers, figures as used (NaN unknown), flags that mark estimates."""

    eligible: BoolArray
    reasons: tuple[Reason, ...]
    tiers: tuple[str, ...]
    market_cap: FloatArray
    cap_estimated: BoolArray
    average_volume: FloatArray
    free_float: FloatArray
    float_estimated: BoolArray
    stages: tuple[Stage, ...]
    volume_floor: float
    floor_note: str


def screen(candidates: Candidates, rules: Rules) -> Screening:
    """Apply a profile to all candidates. n = 0 gives a funnel of zeros. Inputs are not changed."""
    cap, cap_estimated = compute_market_cap(
        candidates.vendor_cap, candidates.close_at_cap, candidates.price, candidates.shares
    )
    average = compute_average_volume(candidates.volume, rules.volume_sessions, rules.volume_min_observations)
    shares, float_estimated = compute_float(candidates.free_float, candidates.shares, estimate=rules.estimate_float)
    before, after = _codes_but_volume(candidates, rules, cap, average, shares)
    floor, note = _choose_floor(candidates, rules, before, after, average)
    codes = _with_volume(before, after, average, floor)
    decided = _with_overrides(codes, candidates)
    return Screening(
        eligible=(decided == _ELIGIBLE) | (decided == _CODE[Reason.OVERRIDE_INCLUDE]),
        reasons=tuple(_CODES[code] for code in decided),
        tiers=_tiers(cap, rules),
        market_cap=cap,
        cap_estimated=cap_estimated,
        average_volume=average,
        free_float=shares,
        float_estimated=float_estimated,
        stages=_stages(codes, decided),
        volume_floor=floor,
        floor_note=note,
    )


def compute_market_cap(
    vendor_cap: FloatArray, close_at_cap: FloatArray, price: FloatArray, shares: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Cap at the session's close, dollars (n,), and which of them are estimates.

    The source's cap moved by price / close_at_cap (both on one share basis), so that a cap of three days ago is not
    held against today's price; without that close price x shares, flagged; without shares the source's cap as it is.
    0 counts as missing (upstreams.md 1.8). NaN when nothing is known.
    """
    known, then, now, outstanding = (_positive(values) for values in (vendor_cap, close_at_cap, price, shares))
    moved = known * (now / then)
    product = now * outstanding
    cap = np.where(np.isfinite(moved), moved, np.where(np.isfinite(product), product, known))
    return cap, ~np.isfinite(moved) & np.isfinite(product)


def compute_average_volume(
    volume: npt.NDArray[np.float32] | FloatArray, sessions: int, min_observations: int
) -> FloatArray:
    """Mean volume of the last `sessions` sessions, shares (n,); NaN with fewer than `min_observations` known days."""
    return trailing_mean(volume, sessions, min_observations)


def compute_float(free_float: FloatArray, shares: FloatArray, *, estimate: bool) -> tuple[FloatArray, BoolArray]:
    """Tradable shares (n,) and which are estimates: with `estimate`, all shares stand in as an upper bound."""
    known, outstanding = _positive(free_float), _positive(shares)
    estimated = np.isnan(known) & np.isfinite(outstanding) & estimate
    return np.where(estimated, outstanding, known), estimated


def _positive(values: FloatArray) -> FloatArray:
    x = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(x) & (x > 0), x, np.nan)


def _codes_but_volume(
    c: Candidates, rules: Rules, cap: FloatArray, average: FloatArray, shares: FloatArray
) -> tuple[CodeArray, CodeArray]:
    """Reason codes of the stages before the volume floor (with too_new) and of those after it, each on its own.

    The floor is chosen in between, and depends on how many names the other stages would leave.
    """
    price = _positive(c.price)
    common = [kind in rules.types for kind in c.kind]
    seen = ~c.quarantined  # hidden bars leave figures unknown; the doubt is the reason then, not the gap it leaves
    identities = zip(c.name, c.sic_code, c.industry, strict=True)
    before = _first_of(
        len(c.name),
        (Reason.DELISTED, ~c.listed),
        (Reason.TYPE, ~np.array(common, dtype=bool)),
        (Reason.BLANK_CHECK, np.array([names.is_blank_check(*identity) for identity in identities], dtype=bool)),
        (Reason.FUND_LIKE, np.array([names.is_fund_like(name) for name in c.name], dtype=bool)),
        (Reason.EXCHANGE, np.array([code not in rules.exchanges for code in c.exchange], dtype=bool)),
        (Reason.NO_RECENT_TRADE, np.isnan(price) & seen),
        (Reason.PRICE_LOW, price < rules.price_min),
        (Reason.PRICE_HIGH, price > rules.price_max),
        (Reason.CAP_UNKNOWN, np.isnan(cap) & seen),
        (Reason.CAP_LOW, cap < rules.cap_min),
        (Reason.CAP_HIGH, cap > rules.cap_max),
        (Reason.TOO_NEW, np.isnan(average) & seen),
    )
    bound = np.where(cap < rules.micro_below, rules.float_micro_above, rules.float_small_above)
    after = _first_of(
        len(c.name),
        (Reason.FLOAT_UNKNOWN, np.isnan(shares)),
        (Reason.FLOAT_LOW, shares <= bound),
        (Reason.QUARANTINED, c.quarantined),
        (Reason.SECTOR_UNKNOWN, np.array([not sector for sector in c.sector], dtype=bool)),
    )
    return before, after


def _first_of(size: int, *tests: tuple[Reason, BoolArray]) -> CodeArray:
    codes = np.full(size, _ELIGIBLE, dtype=np.int8)
    for reason, failed in tests:
        codes[(codes == _ELIGIBLE) & failed] = _CODE[reason]
    return codes


def _with_volume(before: CodeArray, after: CodeArray, average: FloatArray, floor: float) -> CodeArray:
    codes = before.copy()
    codes[(codes == _ELIGIBLE) & (average < floor)] = _CODE[Reason.VOLUME_LOW]
    return np.where(codes == _ELIGIBLE, after, codes)


def _with_overrides(codes: CodeArray, c: Candidates) -> CodeArray:
    fixed = np.isin(codes, [_CODE[reason] for reason in NOT_OVERRIDABLE])
    included = np.where(c.include & ~fixed & (codes != _ELIGIBLE), _CODE[Reason.OVERRIDE_INCLUDE], codes)
    return np.where(c.exclude & (codes == _ELIGIBLE), _CODE[Reason.OVERRIDE_EXCLUDE], included).astype(np.int8)


def _choose_floor(
    c: Candidates, rules: Rules, before: CodeArray, after: CodeArray, average: FloatArray
) -> tuple[float, str]:
    """The first floor that leaves the names wanted, and the sentence that says so ("" when nothing was relaxed)."""
    counts: list[int] = []
    for floor in rules.volume_floors:
        decided = _with_overrides(_with_volume(before, after, average, floor), c)
        counts.append(int(np.isin(decided, [_ELIGIBLE, _CODE[Reason.OVERRIDE_INCLUDE]]).sum()))
        if counts[-1] >= rules.names_wanted:
            break
    floor = rules.volume_floors[len(counts) - 1]
    if counts[-1] < rules.names_wanted:
        return floor, (
            f"Even {floor:,.0f} shares a day leave only {counts[-1]:,} names; {rules.names_wanted:,} are wanted."
        )
    if len(counts) == 1:
        return floor, ""
    first, last_tried = rules.volume_floors[0], rules.volume_floors[len(counts) - 2]
    return floor, (
        f"{first:,.0f} shares a day left {counts[0]:,} names, {last_tried:,.0f} left {counts[-2]:,}; "
        f"{floor:,.0f} is the first floor with at least {rules.names_wanted:,} ({counts[-1]:,})."
    )


def _tiers(cap: FloatArray, rules: Rules) -> tuple[str, ...]:
    inside = (cap >= rules.cap_min) & (cap <= rules.cap_max)
    micro = cap < rules.micro_below
    return tuple((MICRO if m else SMALL) if i else "" for i, m in zip(inside, micro, strict=True))


def _stages(codes: CodeArray, decided: CodeArray) -> tuple[Stage, ...]:
    """Names left after each stage. The overrides stage also takes names back that an earlier one had turned away."""
    left = len(codes)
    stages = [Stage(ALL, left, {})]
    for name, reasons in STAGES[:-1]:
        out = {reason.value: int((codes == _CODE[reason]).sum()) for reason in reasons}
        left -= sum(out.values())
        stages.append(Stage(name, left, {reason: count for reason, count in out.items() if count}))
    name, (excluded,) = STAGES[-1]
    gone = int((decided == _CODE[excluded]).sum())
    joined = int((decided == _CODE[Reason.OVERRIDE_INCLUDE]).sum())
    left += joined - gone
    stages.append(Stage(name, left, {excluded.value: gone} if gone else {}, joined))
    return (*stages, Stage(FINAL, left, {}))
