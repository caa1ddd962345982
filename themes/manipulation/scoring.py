"""From evidence to rows: the kernels' answers with their reasons, in the form that is stored."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np

from sentiment_site.quant.calibration import Isotonic
from themes.kernels.behaviour import CARD, CARD_PROBABILITIES, BehaviourReading, score_behaviour
from themes.kernels.manipulation import CARD_GROUP, RiskBand, RiskReading, score_manipulation
from themes.kernels.phases import Phase
from themes.kernels.red_flags import FLAGS, is_spike, score_flags
from themes.models import ManipulationReading

from .inputs import Evidence, known_or_none

VERSION = "flags1 card1"
MOST_REASONS = 5
# The input whose value tells most of a flag, by name in RedFlagInputs.
_VALUE = {
    "move": "largest_move", "volume": "rvol", "float": "float_shares", "cap": "cap", "accumulation": "prior_rvol_5",
    "fade": "fade", "serial": "spikes_250", "halts": "volatility_halts", "anomaly": "anomaly",
    "takedown": "days_since_takedown", "shelf": "days_since_shelf", "toxic": "toxic",
    "reverse_split": "days_since_reverse_split", "small_ipo": "days_since_ipo", "reporting": "reporting",
    "no_news": "change", "only_wire": "releases_48h", "burst": "mention_z", "duplicates": "duplicates",
    "young": "young", "promotion": "promotion",
}  # fmt: skip
_FACTS = ("change", "largest_move", "rvol", "fade", "float_shares", "cap", "prior_rvol_5", "prior_change_5",
          "spikes_250", "volatility_halts", "filings_48h", "articles_48h", "releases_48h", "posts_24h", "mention_z",
          "top_authors", "duplicates", "young", "promotion")  # fmt: skip
TITLES = {flag.key: flag.titles[0] for flag in FLAGS} | {f"card:{item.name}": item.title for item in CARD}


def score_rows(
    evidence: Evidence,
    *,
    recorded_at: dt.datetime,
    is_simulated: bool,
    calibration: Isotonic | None = None,
    probabilities: tuple[float, ...] = CARD_PROBABILITIES,
    version: str = VERSION,
) -> list[ManipulationReading]:
    """A row for each stock of the evidence, unsaved."""
    flags = score_flags(evidence.flags)
    behaviour = score_behaviour(evidence.behaviour, probabilities)
    risk = score_manipulation(flags, behaviour, evidence.mitigators, calibration, probabilities)
    return [
        _row(evidence, risk, behaviour, row, recorded_at, is_simulated, version)
        for row in range(len(evidence.screened.rows))
    ]


def spikes(evidence: Evidence) -> list[bool]:
    """Which of the stocks spike: +25 % since the last close on four times the usual volume."""
    return [bool(one) for one in is_spike(evidence.quote.change, evidence.quote.rvol)]


def _row(
    evidence: Evidence, risk: RiskReading, behaviour: BehaviourReading, row: int, recorded_at: dt.datetime,
    is_simulated: bool, version: str,
) -> ManipulationReading:  # fmt: skip
    screened, shape = evidence.screened, evidence.shape
    likeliest = shape.probability[row]
    known = bool(np.isfinite(likeliest).all())
    return ManipulationReading(
        as_of=evidence.at,
        instrument_id=int(screened.ids[row]),
        risk=_share(risk.risk[row]),
        raw=_share(risk.raw[row]),
        band=RiskBand(int(risk.band[row])).name,
        cause=screened.causes[row],
        flags_part=_share(risk.flag_score[row]),
        behaviour_part=_share(risk.behaviour_score[row]),
        evidence_coverage=_share(risk.coverage[row]),
        flags=_raised(evidence, risk, row),
        card=_card(evidence, risk, row),
        missing=_missing(risk, behaviour, row),
        mitigators=list(evidence.mitigating[row]),
        reasons=[each._asdict() | {"effect": round(each.effect, 4)} for each in risk.reasons(row, MOST_REASONS)],
        facts=_facts(evidence, row),
        phase=Phase(int(likeliest.argmax())).name if known else "",
        phase_probability={each.name: round(float(likeliest[each]), 4) for each in Phase} if known else {},
        timeline=[
            {
                "phase": each.phase.name,
                "begin": (shape.ends[each.first] - dt.timedelta(minutes=30)).isoformat(),
                "end": shape.ends[each.last].isoformat(),
                "bars": each.last - each.first + 1,
                "probability": round(each.probability, 3),
            }
            for each in shape.timelines[row]
        ],
        version=version,
        is_simulated=is_simulated,
        data_at=evidence.data_at[row],
        recorded_at=recorded_at,
    )


def _raised(evidence: Evidence, risk: RiskReading, row: int) -> list[dict[str, Any]]:
    reading, one = risk.flags, int(evidence.screened.ids[row])
    found = []
    for place, flag in enumerate(reading.flags):
        step = int(reading.steps[row, place])
        if not step:
            continue
        value = getattr(evidence.flags, _VALUE[flag.key])
        found.append(
            {
                "key": flag.key,
                "group": flag.group,
                "title": flag.titles[step - 1],
                "value": known_or_none(value, row),
                "weight": flag.weights[step - 1],
                "effect": round(float(risk.effects[row, place]), 4),
                "source": evidence.words.evidence.get(one, {}).get(flag.key),
            }
        )
    return sorted(found, key=lambda each: -each["effect"])


def _card(evidence: Evidence, risk: RiskReading, row: int) -> list[dict[str, Any]]:
    """Items of the card with a point."""
    found = []
    for place, item in enumerate(CARD):
        points = int(risk.points[row, place])
        if points:
            value = known_or_none(getattr(evidence.behaviour, item.name), row)
            effect = round(float(risk.effects[row, len(risk.flags.flags) + place]), 4)
            found.append({"key": item.name, "group": CARD_GROUP, "title": item.title, "value": value,
                          "points": points, "most": item.points[-1], "effect": effect})  # fmt: skip
    return found


def _missing(risk: RiskReading, behaviour: BehaviourReading, row: int) -> list[str]:
    unknown = [flag.key for place, flag in enumerate(risk.flags.flags) if not risk.flags.known[row, place]]
    return unknown + [f"card:{item.name}" for place, item in enumerate(CARD) if not behaviour.known[row, place]]


def _facts(evidence: Evidence, row: int) -> dict[str, Any]:
    facts: dict[str, Any] = {name: known_or_none(getattr(evidence.flags, name), row) for name in _FACTS}
    facts["price"] = known_or_none(evidence.quote.price, row)
    facts["volatility"] = known_or_none(evidence.behaviour.volatility, row)
    ties = evidence.screened.ties.get(int(evidence.screened.ids[row]), ())
    facts["themes"] = [{"id": tie.theme_id, "name": tie.name, "members": tie.members} for tie in ties]
    return facts


def _share(value: float) -> Decimal:
    return Decimal(str(round(float(value), 3)))
