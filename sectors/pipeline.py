"""The one-way flow of the sector light: vendor -> bars -> arrays -> eight scores -> rows -> page, API and socket.

    fetch (network)  ->  load (as known at one moment)  ->  compute (pure)  ->  save (one transaction)  ->  publish

Nothing is saved unless everything before it succeeded, so a vendor's failure, a killed worker or a bug leaves the last
good light untouched, with its true age. A saved run and its readings are never changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction

from sectors import publish, selectors
from sectors.inputs import Inputs, NoInputs, load_inputs
from sectors.kernels.parameters import HORIZONS, V1
from sectors.kernels.sector import SectorScore, as_factors, score_sector
from sectors.models import SectorReading, SectorRun
from sentiment_site.market import clock
from sentiment_site.providers.errors import Upstream
from universe import bars
from universe import selectors as universe_selectors
from universe.models import UniverseRun

logger = structlog.get_logger(__name__)

Progress = Callable[[float, str], None]

FETCH_SHARE = 70.0  # percent of the progress bar: the vendor takes nearly all of the time
TOLERATED_FAILURES = 0.1
LONGEST_REASON = 255
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
) -> SectorRun | Skipped:
    """Fetch the newest bars, score the eight sectors, save the run and publish it.

    trigger: a SectorRun.Trigger value; a scheduled run is skipped when there is no newer bar than the last run's.
    as_of: the moment whose knowledge enters (default: the market clock's now); only rows recorded by then are read.
    fetch: False reads what is stored, for replays. progress(percent, phase) is called between steps and may raise to
    stop before anything is saved. Raises ProviderError when the vendor fails; then nothing was saved.
    """
    report = progress or _ignore
    began = time.perf_counter()
    if fetch and (universe_run := universe_selectors.current_run(as_of)) is not None:
        fetch_bars(universe_run, lambda percent, phase: report(percent * FETCH_SHARE / 100, phase))
    at = as_of or clock.now()
    report(FETCH_SHARE, "loading bars")
    try:
        with _step("inputs loaded") as facts:
            inputs = load_inputs(at)
            facts |= {"members": inputs.members, "as_of": inputs.as_of.isoformat()}
    except NoInputs as missing:
        return Skipped(str(missing))
    last = selectors.current_run(at)
    if trigger == SectorRun.Trigger.SCHEDULED and last is not None and inputs.as_of <= last.as_of:
        return Skipped(f"nothing new: the newest bar ends {inputs.as_of.isoformat()}, as in run {last.pk}")
    report(80.0, "scoring eight sectors")
    scores = compute_scores(inputs)
    report(90.0, "saving")
    run = save_run(inputs, scores, trigger=trigger, job_run_id=job_run_id, began=began)
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


def compute_scores(inputs: Inputs) -> list[SectorScore]:
    """The eight scores in their fixed order. Pure."""
    with _step("sectors scored") as facts:
        scores = [score_sector(sector) for sector in inputs.sectors]
        facts["lights"] = " ".join(f"{score.sector}={score.colour or score.status}" for score in scores)
    return scores


def save_run(
    inputs: Inputs, scores: list[SectorScore], *, trigger: str, job_run_id: int | None, began: float
) -> SectorRun:
    """Write the run with its eight readings in one transaction; it is published when that has committed."""
    with _step("run saved") as facts, transaction.atomic():
        run = SectorRun.objects.create(
            as_of=inputs.as_of,
            recorded_at=clock.now(),
            trigger=trigger,
            formula=V1.version,
            weights_source=inputs.weights_source,
            universe_run=inputs.universe_run,
            members=inputs.members,
            sources=[source.name for source in inputs.sources],
            delay_s=inputs.delay_s,
            is_simulated=inputs.is_simulated,
            job_run_id=job_run_id,
            duration_ms=round((time.perf_counter() - began) * 1000),
        )
        SectorReading.objects.bulk_create(build_reading(run, score, inputs) for score in scores)
        publish.publish_run(run)
        facts |= {"seq": run.pk, "readings": len(scores)}
    return run


def build_reading(run: SectorRun, score: SectorScore, inputs: Inputs) -> SectorReading:
    """The row of one sector; numbers are rounded to what the columns keep."""
    return SectorReading(
        run=run,
        as_of=inputs.as_of,
        sector=score.sector,
        formula=score.parameters_version,
        status=score.status,
        reason=score.reason[:LONGEST_REASON],
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
        factors=as_factors(score) | {"inputs": dict(inputs.evidence[score.sector])},
    )


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
