"""Saves a screening: run, memberships, changed classifications and sector profiles in one transaction, or nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction

from sentiment_site.market.sectors import SECTORS

from .copying import copy_rows
from .kernels.causes import Figures, explain_joined, explain_left
from .kernels.profiling import compute_sector_gap_frequency, compute_sector_volatility
from .kernels.reasons import Reason
from .models import Classification, Membership, SectorProfile, UniverseRun
from .readings import load_classifications
from .selectors import source_by_id

if TYPE_CHECKING:
    from .pipeline import Decision, Inputs

JOINED, LEFT = "joined", "left"
# A confidence that wavers less than this (an ETF correlation comes and goes) is no new classification.
CONFIDENCE_STEP = 0.05

_COLUMNS = (
    "run_id",
    "instrument_id",
    "eligible",
    "reason",
    "tier",
    "market_cap",
    "cap_estimated",
    "price",
    "average_volume",
    "free_float",
    "float_estimated",
    "short_percent",
    "gap_frequency",
    "sector",
    "sector_confidence",
    "change",
    "change_cause",
)


def save_run(inputs: Inputs, decision: Decision, job_run_id: int | None) -> UniverseRun:
    """Write a screening. `as_of` is the session's regular close, the market time of its newest bar."""
    screening = decision.screening
    sources = [source for pk, source in sorted(source_by_id().items()) if pk in inputs.source_ids]
    with transaction.atomic():
        run = UniverseRun.objects.create(
            session=inputs.session.date,
            profile=inputs.profile,
            as_of=inputs.session.close,
            recorded_at=inputs.known_at,
            stages=[asdict(stage) for stage in screening.stages],
            volume_floor=int(screening.volume_floor),
            floor_note=screening.floor_note[:255],
            members=int(screening.eligible.sum()),
            is_simulated=any(source.is_simulated for source in sources),
            sources=[source.name for source in sources],
            job_run_id=job_run_id,
        )
        copy_rows(Membership, _COLUMNS, _membership_rows(run, inputs, decision))
        Classification.objects.bulk_create(_changed_classifications(inputs, decision), batch_size=2_000)
        SectorProfile.objects.bulk_create(_sector_profiles(run, inputs, decision))
    return run


def _membership_rows(run: UniverseRun, inputs: Inputs, decision: Decision) -> Iterator[tuple[Any, ...]]:
    s = decision.screening
    price = np.round(inputs.panel.close[:, -1].astype(np.float64), 4)
    before = _previous_figures(inputs)
    for place, pk in enumerate(inputs.listing.ids.tolist()):
        figures = Figures(
            reason=s.reasons[place],
            price=_known(price[place]),
            market_cap=_known(s.market_cap[place]),
            average_volume=_known(s.average_volume[place]),
            free_float=_known(s.free_float[place]),
            tier=s.tiers[place],
            volume_floor=s.volume_floor,
        )
        eligible = bool(s.eligible[place])
        sector = decision.sectors[place]
        change, cause = _change(inputs, before, pk, eligible, figures)
        yield (
            run.pk,
            pk,
            eligible,
            figures.reason.value,
            figures.tier,
            figures.market_cap,
            bool(s.cap_estimated[place]),
            figures.price,
            figures.average_volume,
            figures.free_float,
            bool(s.float_estimated[place]),
            _known(decision.short_percent[place]),
            _known(decision.gap_frequency[place]),
            sector.sector,
            sector.confidence if sector.sector else None,
            change,
            cause,
        )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _previous_figures(inputs: Inputs) -> dict[int, tuple[bool, Figures]]:
    """Instrument id to (member, figures) of the run before; empty without one."""
    run = inputs.previous
    if run is None:
        return {}
    rows = run.memberships.values_list(
        "instrument_id", "eligible", "reason", "price", "market_cap", "average_volume", "free_float", "tier"
    )
    return {
        pk: (eligible, Figures(Reason(reason), price, cap, volume, free_float, tier, float(run.volume_floor)))
        for pk, eligible, reason, price, cap, volume, free_float, tier in rows
    }


def _change(
    inputs: Inputs, before: dict[int, tuple[bool, Figures]], pk: int, eligible: bool, now: Figures
) -> tuple[str, str]:
    """(joined, left or "", cause). The first run has nothing to be compared with: nobody joined."""
    if inputs.previous is None:
        return "", ""
    was_member, earlier = before.get(pk, (False, None))
    if eligible == was_member:
        return "", ""
    if eligible:
        change, cause = JOINED, explain_joined(earlier, now, inputs.rules)
    else:
        change, cause = LEFT, explain_left(earlier, now, inputs.rules)
    if inputs.previous.profile_id != inputs.profile.pk:
        cause = f"{inputs.profile}: {cause}"
    return change, cause[:80]


def _changed_classifications(inputs: Inputs, decision: Decision) -> list[Classification]:
    """A row for every stock whose sector, or confidence by .05 or more, is not what was stored last."""
    sectors, confidence = load_classifications(inputs.listing.ids, inputs.session.date, inputs.known_at)
    return [
        Classification(
            instrument_id=pk,
            effective_on=inputs.session.date,
            sector=now.sector,
            confidence=now.confidence,
            evidence=now.evidence_json(),
            recorded_at=inputs.known_at,
        )
        for pk, now, before, sure in zip(
            inputs.listing.ids.tolist(), decision.sectors, sectors, confidence, strict=True
        )
        if now.sector and (now.sector != before or abs(now.confidence - sure) >= CONFIDENCE_STEP)
    ]


def _sector_profiles(run: UniverseRun, inputs: Inputs, decision: Decision) -> list[SectorProfile]:
    names = np.array([sector.sector for sector in decision.sectors], dtype=object)
    profiles = []
    for sector in SECTORS:
        members = decision.screening.eligible & (names == sector.key)
        profiles.append(
            SectorProfile(
                run=run,
                sector=sector.key,
                members=int(members.sum()),
                gap_frequency=_known(compute_sector_gap_frequency(decision.gap_frequency[members])),
                daily_volatility=_known(
                    compute_sector_volatility(inputs.panel.close[members], inputs.panel.volume[members])
                ),
            )
        )
    return profiles
