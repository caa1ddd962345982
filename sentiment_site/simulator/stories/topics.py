"""What stories are about: keys of the vocabularies documents hold, and where each topic is at home.

No words here: they belong to the documents, in two template families.
"""

from __future__ import annotations

from dataclasses import dataclass

from sentiment_site.market.calendar import Session


@dataclass(frozen=True, slots=True)
class Theme:
    """A story many securities can be part of. sectors: names of parameters.SECTORS, the first is where it begins;
    industries: those of industries.INDUSTRIES whose companies are four times as likely to be drawn in."""

    key: str
    sectors: tuple[str, ...]
    industries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MacroTopic:
    """What everybody talks about on a day. sigma: of the market's jump; bar: of the extended hours in which it comes,
    counted from 04:00 or from the close; slot: of the session (0 pre-market, 1 the first half-hour, -1 after hours);
    per_60_sessions: how often it comes by chance, 0 if the calendar says when."""

    key: str
    sigma: float
    slot: int
    bar: int = 0
    per_60_sessions: float = 0.0


@dataclass(frozen=True, slots=True)
class CatalystTopic:
    """Genuine news about one company. sectors: where it happens; share: of all catalysts; median, spread: of the move,
    lognormal, as a return; low, high: its bounds; down: the news is bad; calm: the deal pins the price afterwards."""

    key: str
    sectors: tuple[str, ...]
    share: float
    median: float
    spread: float
    low: float
    high: float
    down: bool = False
    calm: bool = False


THEMES = (
    Theme("ai_infrastructure", ("technology", "utilities", "industrials"), ("Semiconductors", "Computer Hardware")),
    Theme("bitcoin_treasury", ("financial", "technology", "consumer_discretionary"),
          ("Capital Markets", "Software - Infrastructure")),
    Theme("quantum_computing", ("technology", "industrials"),
          ("Computer Hardware", "Scientific & Technical Instruments")),
    Theme("nuclear_smr", ("utilities", "energy", "industrials"),
          ("Utilities - Regulated Electric", "Thermal Coal", "Electrical Equipment & Parts")),
    Theme("weight_loss_drugs", ("healthcare", "consumer_discretionary"),
          ("Biotechnology", "Drug Manufacturers - Specialty & Generic", "Household & Personal Products")),
    Theme("drones_defense", ("industrials", "technology"), ("Aerospace & Defense", "Communication Equipment")),
    Theme("rare_earths", ("materials", "industrials", "technology"), ("Other Industrial Metals & Mining",)),
    Theme("psychedelics", ("healthcare", "consumer_discretionary"), ("Biotechnology",)),
    Theme("ev_charging", ("consumer_discretionary", "industrials", "utilities"),
          ("Auto Parts", "Electrical Equipment & Parts")),
    Theme("space", ("industrials", "technology", "utilities"), ("Aerospace & Defense", "Telecom Services")),
    Theme("uranium", ("energy", "materials", "utilities"), ("Thermal Coal", "Other Industrial Metals & Mining")),
    Theme("cannabis", ("healthcare", "consumer_discretionary", "financial"),
          ("Drug Manufacturers - Specialty & Generic", "REIT - Diversified")),
    Theme("tokenization", ("financial", "technology"), ("Credit Services", "Capital Markets")),
    Theme("robotics", ("industrials", "technology", "healthcare"),
          ("Specialty Industrial Machinery", "Scientific & Technical Instruments")),
    Theme("water_pfas", ("utilities", "industrials", "materials"),
          ("Utilities - Regulated Water", "Specialty Chemicals")),
    Theme("shipping_rates", ("industrials", "energy", "financial"), ("Marine Shipping", "Oil & Gas Midstream")),
)  # fmt: skip

_BAR_0830 = 9
MACRO = (
    MacroTopic("fomc", 0.011, slot=10),  # 14:00
    MacroTopic("cpi", 0.010, slot=0, bar=_BAR_0830),
    MacroTopic("jobs", 0.008, slot=0, bar=_BAR_0830),
    MacroTopic("tariff", 0.016, slot=5, per_60_sessions=1.5),
    MacroTopic("government_shutdown", 0.007, slot=-1, bar=2, per_60_sessions=1.0),
    MacroTopic("geopolitical", 0.014, slot=0, bar=0, per_60_sessions=1.5),
)

CATALYSTS = (
    CatalystTopic("drug_approval", ("healthcare",), 0.28, 0.45, 0.50, 0.15, 2.5),
    CatalystTopic("trial_failure", ("healthcare",), 0.20, 0.50, 0.25, 0.25, 0.75, down=True),
    CatalystTopic("takeover", ("technology", "healthcare", "financial", "industrials", "energy"), 0.22, 0.40, 0.40,
                  0.15, 1.20, calm=True),
    CatalystTopic("contract_win", ("industrials", "technology", "energy"), 0.30, 0.22, 0.45, 0.08, 1.20),
)  # fmt: skip

STORMS = ("lawsuit", "chief_executive_leaves", "product_recall", "activist_investor", "data_breach", "new_product")

_FOMC_MONTHS = (1, 3, 5, 6, 7, 9, 11, 12)
_WEDNESDAY, _FRIDAY = 2, 4


def scheduled(session: Session) -> list[MacroTopic]:
    """Macro topics the calendar puts on this session: the third Wednesday of eight months (FOMC), the second Wednesday
    (CPI), the first Friday (jobs). One that falls on a holiday is left out."""
    date, found = session.date, []
    if date.month in _FOMC_MONTHS and date.weekday() == _WEDNESDAY and 15 <= date.day <= 21 and not session.half_day:
        found.append(_BY_KEY["fomc"])
    if date.weekday() == _WEDNESDAY and 8 <= date.day <= 14:
        found.append(_BY_KEY["cpi"])
    if date.weekday() == _FRIDAY and date.day <= 7:
        found.append(_BY_KEY["jobs"])
    return found


_BY_KEY = {topic.key: topic for topic in MACRO}
