"""One pass: screen everybody, read the suspicious in full, write all rows of the bar or none, tell who must hear of it.

screen  ->  load (as known at one moment)  ->  compute (pure)  ->  save (one transaction)  ->  alerts, announcement
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import structlog
from django.db import connection, transaction
from django.db.models import Max

from sentiment_site.market import calendar, clock
from themes.alerts.services import raise_alert
from themes.kernels.manipulation import RiskBand
from themes.models import ManipulationPass, ManipulationReading, Theme, ThemeAlert
from themes.publish import announce_change
from universe import bars

from .inputs import Evidence, load_evidence
from .market import session_of
from .outcomes import Calibration, load_calibration, save_outcomes, settle_outcomes
from .scoring import VERSION, score_rows, spikes
from .screen import Screened, screen

log = structlog.get_logger(__name__)

SEVERITY = {RiskBand.HIGH.name: 2, RiskBand.SEVERE.name: 3}
REARM_SESSIONS = 10  # one alarm per stock and severity in ten sessions: as it was measured
QUANTILE = 0.75


@dataclass(frozen=True, slots=True)
class PassReport:
    """What a pass wrote; written: None when the bar had been read before."""

    written: ManipulationPass | None
    alerts: int = 0
    settled: int = 0

    def __str__(self) -> str:
        one = self.written
        if one is None:
            return "read before"
        return (
            f"{one.as_of:%H:%M} UTC: {one.screened:,} screened, {one.readings} read, {one.elevated} elevated, "
            f"{one.high} high, {one.severe} severe, {self.alerts} alerts, {self.settled} outcomes settled"
        )


def run_pass(at: dt.datetime, known_at: dt.datetime | None = None) -> PassReport:
    """Read the bar that ends at `at` with what was recorded by `known_at` (default: then). NoUniverse.

    Nothing is written when the bar has been read before, by whomever.
    """
    known = known_at or at
    began = time.perf_counter()
    if ManipulationPass.objects.filter(as_of=at).exists():
        return PassReport(None)
    screened = screen(at, known)
    evidence = load_evidence(screened, at, known)
    calibration = load_calibration(known)
    now = clock.now()
    simulated = screened.run.is_simulated or bool(bars.holds_simulated_bars())
    version = f"{VERSION} i{calibration.outcomes}" if calibration.is_used else VERSION
    rows = score_rows(
        evidence, recorded_at=now, is_simulated=simulated, calibration=calibration.curve,
        probabilities=calibration.probabilities, version=version,
    )  # fmt: skip
    report = _save(at, known, rows, evidence, calibration, simulated, began)
    log.info("manipulation read", at=at.isoformat(), result=str(report))
    return report


def _save(
    at: dt.datetime, known: dt.datetime, rows: Sequence[ManipulationReading], evidence: Evidence,
    calibration: Calibration, simulated: bool, began: float,
) -> PassReport:  # fmt: skip
    bands = [row.band for row in rows]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('themes.manipulation'))")
        if ManipulationPass.objects.filter(as_of=at).exists():
            return PassReport(None)
        ManipulationReading.objects.bulk_create(rows, batch_size=200)
        settled = settle_outcomes(known)
        if at == session_of(at).close:
            save_outcomes(rows, spikes(evidence), session_of(at).date)
        _save_theme_risk(rows, evidence.screened)
        alerts = _raise_alerts(at, rows, evidence.screened)
        written = ManipulationPass.objects.create(
            as_of=at,
            screened=len(evidence.screened.members),
            readings=len(rows),
            elevated=bands.count(RiskBand.ELEVATED.name),
            high=bands.count(RiskBand.HIGH.name),
            severe=bands.count(RiskBand.SEVERE.name),
            outcomes=calibration.outcomes,
            is_calibrated=calibration.is_used,
            missing=evidence.screened.feeds.silent,
            is_simulated=simulated,
            duration_ms=round(1000 * (time.perf_counter() - began)),
        )
        announce_change("manipulation")
    return PassReport(written, alerts, settled)


def _raise_alerts(at: dt.datetime, rows: Sequence[ManipulationReading], screened: Screened) -> int:
    """HIGH and SEVERE, where the stock had no alert as severe in ten sessions."""
    loud = [row for row in rows if row.band in SEVERITY]
    if not loud:
        return 0
    since = calendar.shift(session_of(at).date, -REARM_SESSIONS).pre_open
    told = ThemeAlert.objects.filter(
        kind="manipulation", instrument_id__in=[row.instrument_id for row in loud], as_of__gte=since, as_of__lte=at
    )
    worst = dict(told.values_list("instrument_id").annotate(worst=Max("severity")))
    symbols = dict(zip(screened.members.instrument_ids.tolist(), screened.members.symbols, strict=True))
    raised = 0
    for row in sorted(loud, key=lambda one: one.risk):
        severity = SEVERITY[row.band]
        if worst.get(row.instrument_id, 0) >= severity:
            continue
        symbol = symbols[row.instrument_id]
        because = "; ".join(one["title"] for one in row.reasons[:3])
        alert = raise_alert(
            "manipulation", symbol, instrument_id=row.instrument_id, severity=severity,
            text=f"{symbol}: manipulation risk {row.risk:.2f} {row.band}: {because}",
            facts={"risk": row.risk, "band": row.band, "phase": row.phase, "coverage": row.evidence_coverage,
                   "reasons": row.reasons},
            data_at=row.data_at, as_of=at, key=f"manipulation:{row.instrument_id}:{row.band}:{at:%Y%m%dT%H%M}",
        )  # fmt: skip
        raised += alert is not None
    return raised


def _save_theme_risk(rows: Sequence[ManipulationReading], screened: Screened) -> None:
    """Each ongoing theme's risk; its own hourly reading takes it from there, so the past stays what was known then."""
    risk = {row.instrument_id: float(row.risk) for row in rows}
    members: dict[str, list[tuple[float, float]]] = {}
    for one, ties in screened.ties.items():
        for tie in ties:
            if one in risk:
                members.setdefault(tie.theme_id, []).append((risk[one], tie.score))
    themes = {str(theme.pk): theme for theme in Theme.objects.filter(pk__in=members)}
    for theme_id, theme in themes.items():
        values, weights = zip(*members[theme_id], strict=True)
        theme.manipulation_risk_score = Decimal(str(round(compute_theme_risk(values, weights), 3)))
    Theme.objects.bulk_update(themes.values(), ["manipulation_risk_score"])


def compute_theme_risk(risk: Sequence[float], membership: Sequence[float]) -> float:
    """75th percentile of the members' risks, weighted by membership: the lowest that 75 % of the weight do not exceed.

    Weights of zero count for nothing; all of them zero: each alike. ValueError without members."""
    values, weights = np.asarray(risk, dtype=np.float64), np.asarray(membership, dtype=np.float64)
    if not values.size or values.shape != weights.shape:
        raise ValueError(f"risks {values.shape} and memberships {weights.shape} must match and not be empty")
    weights = np.maximum(np.nan_to_num(weights), 0.0)
    weights = weights if weights.sum() > 0 else np.ones_like(values)
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, QUANTILE - 1e-12)])
