"""The one-way flow of the sector light: vendor -> bars -> arrays -> eight scores -> rows -> page, API and socket.

    fetch (network)  ->  load (as known at one moment)  ->  compute (pure)  ->  save (one transaction)  ->  publish

Nothing is saved unless everything before it succeeded, so a vendor's failure, a killed worker or a bug leaves the last
good light untouched, with its true age. A saved run and its readings are never changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from sectors import publish, selectors
from sectors.constituents import pack_stocks
from sectors.inputs import Inputs, NoInputs, load_inputs
from sectors.kernels.constituents import rank_table
from sectors.kernels.parameters import HORIZONS
from sectors.kernels.ranking import Ranked
from sectors.kernels.registry import analyse_all
from sectors.kernels.result import as_factors
from sectors.kernels.sector import Analysis
from sectors.live_prices import LivePrices
from sectors.models import SectorReading, SectorRun
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTORS
from sentiment_site.providers.errors import Upstream
from universe import bars
from universe import selectors as universe_selectors
from universe.models import UniverseRun

logger = structlog.get_logger(__name__)

Progress = Callable[[float, str], None]

FETCH_SHARE = 70.0  # percent of the progress bar: the vendor takes nearly all of the time
TOLERATED_FAILURES = 0.1
LONGEST_REASON, LONGEST_OCCASION = 255, 20
DECIMALS = Decimal("0.0001")
LARGEST_PERFORMANCE = Decimal("9999.9999")


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing was analysed, and why."""

    reason: str


def run_analysis(
    *,
    trigger: str,
    as_of: datetime | None = None,
    fetch: bool = True,
    progress: Progress | None = None,
    job_run_id: int | None = None,
    only: Collection[str] | None = None,
    live: LivePrices | Callable[[], LivePrices | None] | None = None,
    occasion: str = "",
    repeats: bool = False,
) -> SectorRun | Skipped:
    """Fetch the newest bars, score the eight sectors, save the run and publish it.

    trigger: a SectorRun.Trigger value; a scheduled run is skipped when there is no newer bar than the last run's,
    unless it `repeats`.
    as_of: the moment whose knowledge enters (default: the market clock's now); only rows recorded by then are read.
    fetch: False reads what is stored, for replays. progress(percent, phase) is called between steps and may raise to
    stop before anything is saved. only: keys of the sectors to score, for a significant move; live: prices newer than
    the newest bar, or what fetches them once the bars are there.
    occasion: what of the day's schedule it is, or what moved. Raises ProviderError when the vendor fails; then nothing
    was saved.
    """
    report = progress or _ignore
    began = time.perf_counter()
    if fetch and (universe_run := universe_selectors.current_run(as_of)) is not None:
        fetch_bars(universe_run, lambda percent, phase: report(percent * FETCH_SHARE / 100, phase))
    prices = live() if callable(live) else live
    at = as_of or clock.now()
    report(FETCH_SHARE, "loading bars")
    try:
        with _step("inputs loaded") as facts:
            inputs = load_inputs(at, only, prices)
            facts |= {"members": inputs.members, "as_of": inputs.as_of.isoformat()}
    except NoInputs as missing:
        return Skipped(str(missing))
    last = selectors.current_whole_run(at)
    if trigger == SectorRun.Trigger.SCHEDULED and not repeats and last is not None and inputs.as_of <= last.as_of:
        return Skipped(f"nothing new: the newest bar ends {inputs.as_of.isoformat()}, as in run {last.pk}")
    report(80.0, f"scoring {len(inputs.sectors)} sectors")
    analyses = compute_analyses(inputs)
    report(90.0, "saving")
    run = save_run(inputs, analyses, trigger=trigger, job_run_id=job_run_id, began=began, occasion=occasion)
    report(97.0, "published")
    return run


def fetch_bars(universe_run: UniverseRun, progress: Progress) -> bars.RefreshReport:
    """The newest half-hour bars of a universe's members and the benchmarks, from the vendor into the bar table.

    ProviderError when the vendor refuses or fails, also when more than a tenth of the stocks could not be had: a light
    made of what happened to arrive would look like a market that moved.
    """
    members = universe_selectors.list_members(universe_run).instrument_ids.tolist()
    wanted = sorted({*members, *universe_selectors.benchmark_ids().values()})
    with _step("bars fetched") as facts:
        report = bars.refresh_intraday(wanted, progress=progress)
        failed = report.requested - report.fetched
        facts |= {"asked": report.requested, "failed": failed, "inserted": report.inserted, "revised": report.revised}
    for line in report.failures[:20]:
        logger.warning("bars not fetched", failure=line)
    if failed > TOLERATED_FAILURES * report.requested:
        first = report.failures[-1] if report.failures else "no reason given"
        raise Upstream("polygon", f"{failed} of {report.requested} stocks failed; the last one: {first}")
    return report


def compute_analyses(inputs: Inputs) -> list[dict[str, Analysis]]:
    """Every formula's light of each sector, in their fixed order, the champion's first. Pure but for the setting."""
    with _step("sectors scored") as facts:
        analyses = [analyse_all(sector, settings.SECTOR_FORMULA) for sector in inputs.sectors]
        shown = [next(iter(formulas.values())).reading for formulas in analyses]
        facts["lights"] = " ".join(f"{reading.sector}={reading.colour or reading.status}" for reading in shown)
    return analyses


def save_run(
    inputs: Inputs,
    analyses: list[dict[str, Analysis]],
    *,
    trigger: str,
    job_run_id: int | None,
    began: float,
    occasion: str = "",
) -> SectorRun:
    """Write the run with the readings of every formula in one transaction; it is published when that has committed."""
    before = selectors.latest_readings(inputs.at)
    with _step("run saved") as facts, transaction.atomic():
        run = SectorRun.objects.create(
            as_of=inputs.as_of,
            recorded_at=clock.now(),
            trigger=trigger,
            formula=settings.SECTOR_FORMULA,
            occasion=occasion[:LONGEST_OCCASION],
            is_whole=len(inputs.sectors) == len(SECTORS),
            weights_source=inputs.weights_source,
            universe_run=inputs.universe_run,
            members=inputs.members,
            sources=[source.name for source in inputs.sources],
            delay_s=inputs.delay_s,
            is_simulated=inputs.is_simulated,
            job_run_id=job_run_id,
            duration_ms=round((time.perf_counter() - began) * 1000),
        )
        readings = [
            build_reading(run, analysis, inputs, before.get(analysis.reading.sector))
            for formulas in analyses
            for analysis in formulas.values()
        ]
        SectorReading.objects.bulk_create(readings)
        publish.publish_run(run)
        facts |= {"seq": run.pk, "readings": len(readings)}
    return run


def build_reading(
    run: SectorRun, analysis: Analysis, inputs: Inputs, before: SectorReading | None = None
) -> SectorReading:
    """The row of one sector by one formula; numbers are rounded to what the columns keep.

    before: the sector's shown reading before this run, for the movers that are new. Constituents are kept for the
    champion only.
    """
    score, stocks = analysis.reading, analysis.stocks
    earlier = None if before is None else {mover["symbol"] for mover in before.top_bullish + before.top_bearish}
    ranking = rank_table(stocks, score.score, earlier)
    abstains = score.status == SectorReading.Status.OK and score.abstained
    is_champion = score.parameters_version == run.formula
    return SectorReading(
        run=run,
        as_of=inputs.as_of,
        sector=score.sector,
        formula=score.parameters_version,
        status=SectorReading.Status.ABSTAINED if abstains else score.status,
        reason="; ".join(score.abstentions if abstains else (score.reason,))[:LONGEST_REASON],
        score=score.score,
        colour=score.colour or "",
        label=score.label or "",
        signal=score.signal or "",
        confidence=None if score.confidence is None else Decimal(f"{score.confidence:.3f}"),
        stocks_count=score.n,
        fresh_count=score.n_fresh,
        **{f"performance_{horizon}": _percent(score.performance[k]) for k, horizon in enumerate(HORIZONS)},
        performance_multiplied=_percent(score.performance_multiplied),
        volume_weighted_change=_percent(score.volume_weighted_change),
        relative_strength_vs_iwm=_percent(score.relative_strength_vs_iwm),
        alpha_raw=_percent(score.alpha_raw),
        concentration_warning=score.concentration_warning,
        low_confidence=score.low_confidence,
        top_bullish=[as_mover(ranked) for ranked in ranking.bull],
        top_bearish=[as_mover(ranked) for ranked in ranking.bear],
        factors=as_factors(score)
        | {"inputs": dict(inputs.evidence[score.sector]), "hidden": ranking.hidden, "hidden_reason": ranking.reason},
        constituents=pack_stocks(inputs.rows[score.sector], stocks) if is_champion else None,
    )


def as_mover(ranked: Ranked) -> dict[str, Any]:
    """A place of a list as it is stored: percent points, RVOL, the rank with its four parts, badges."""
    stored = {name: value for name, value in asdict(ranked).items() if name not in {"row", "badges"}}
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in stored.items()}
    return rounded | {"badges": list(ranked.badges)}


def _percent(value: float | None) -> Decimal | None:
    """Percent points as the column keeps them: four decimals, at most 9,999.9999 either way."""
    if value is None:
        return None
    stored = Decimal(value).quantize(DECIMALS)
    return max(-LARGEST_PERFORMANCE, min(LARGEST_PERFORMANCE, stored))


@contextmanager
def _step(event: str) -> Iterator[dict[str, Any]]:
    """Log a step that succeeded, with its facts and milliseconds."""
    facts: dict[str, Any] = {}
    began = time.perf_counter()
    yield facts
    logger.info(event, **facts, ms=round((time.perf_counter() - began) * 1000))


def _ignore(percent: float, phase: str) -> None:
    """No one asked how far it is."""
