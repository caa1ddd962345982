"""The formulas that exist, by the name a stored reading carries: one champion, the rest challengers beside it.

All run through `sector.analyse_sector`; they differ in parameters only, so that a difference of two scores is one of
the choices named here and of nothing else. Source: docs/methods/sector-sentiment.md, section 17.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sectors.kernels.inputs import SectorInputs
from sectors.kernels.parameters import V1, ScoreParameters
from sectors.kernels.sector import Analysis, analyse_sector


@dataclass(frozen=True, slots=True)
class Formula:
    """One version. `reasons`: what it does differently from v1 and why, one line each; () for v1."""

    name: str
    title: str
    parameters: ScoreParameters
    reasons: tuple[str, ...] = ()

    def analyse(self, inputs: SectorInputs) -> Analysis:
        """A sector's light and its constituents by this formula."""
        return analyse_sector(inputs, self.parameters)


V2 = replace(V1, version="v2", scale_source="dynamic", volatility_observations=60, confirmation="aligned")

FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        formula.name: formula
        for formula in (
            Formula("v1", "the requirement's chain", V1),
            Formula(
                "v2",
                "normalised scale, volume by side",
                V2,
                (
                    "Scales of twice the sector's own volatility: the same percentage means less in a restless sector, "
                    "before the requirement's table rewards it (methods.md 1.3, 11.41).",
                    "Only with 60 sessions of history, below which the volatility itself is too uncertain.",
                    "Volume confirms by side: relative volume of stocks moving with the sector less that of those "
                    "against it, so that heavy selling no longer confirms a rise (methods.md 1.4).",
                ),
            ),
        )
    }
)


def get_formula(name: str) -> Formula:
    """The formula of that name. ValueError, naming those that exist, for an unknown one."""
    if name not in FORMULAS:
        raise ValueError(f"unknown formula {name!r}; known are {', '.join(FORMULAS)}")
    return FORMULAS[name]


def analyse_all(inputs: SectorInputs, champion: str) -> dict[str, Analysis]:
    """Every formula on the same inputs, the champion first. ValueError for an unknown champion."""
    first = get_formula(champion)
    others = [formula for name, formula in FORMULAS.items() if name != champion]
    return {formula.name: formula.analyse(inputs) for formula in (first, *others)}
