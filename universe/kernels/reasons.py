"""Why a symbol is in or out: one code per rule, grouped by the stage of the funnel that applies it."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What a run decided about a symbol: the first rule that failed, or why it is in."""

    ELIGIBLE = "eligible"
    OVERRIDE_INCLUDE = "override_include"
    DELISTED = "delisted"
    TYPE = "type_not_screened"
    BLANK_CHECK = "blank_check"
    FUND_LIKE = "fund_like"
    EXCHANGE = "exchange_not_screened"
    NO_RECENT_TRADE = "no_recent_trade"
    PRICE_LOW = "price_low"
    PRICE_HIGH = "price_high"
    CAP_UNKNOWN = "cap_unknown"
    CAP_LOW = "cap_low"
    CAP_HIGH = "cap_high"
    TOO_NEW = "too_new"
    VOLUME_LOW = "volume_low"
    FLOAT_UNKNOWN = "float_unknown"
    FLOAT_LOW = "float_low"
    QUARANTINED = "quarantined"
    SECTOR_UNKNOWN = "sector_unknown"
    OVERRIDE_EXCLUDE = "override_exclude"


TITLES: dict[Reason, str] = {
    Reason.ELIGIBLE: "meets every rule",
    Reason.OVERRIDE_INCLUDE: "included by an operator",
    Reason.DELISTED: "delisted",
    Reason.TYPE: "not a common share or ADR",
    Reason.BLANK_CHECK: "blank-check company",
    Reason.FUND_LIKE: "fund, partnership or trust",
    Reason.EXCHANGE: "exchange not screened",
    Reason.NO_RECENT_TRADE: "no trade in the session",
    Reason.PRICE_LOW: "price too low",
    Reason.PRICE_HIGH: "price too high",
    Reason.CAP_UNKNOWN: "market cap unknown",
    Reason.CAP_LOW: "market cap too small",
    Reason.CAP_HIGH: "market cap too large",
    Reason.TOO_NEW: "too few days of volume",
    Reason.VOLUME_LOW: "volume too low",
    Reason.FLOAT_UNKNOWN: "float unknown",
    Reason.FLOAT_LOW: "float too small",
    Reason.QUARANTINED: "bars in quarantine",
    Reason.SECTOR_UNKNOWN: "sector unknown",
    Reason.OVERRIDE_EXCLUDE: "excluded by an operator",
}

ALL, FINAL = "all", "final"

# The order of the rules is the order of the funnel; a symbol carries the first reason that applies to it.
STAGES: tuple[tuple[str, tuple[Reason, ...]], ...] = (
    ("listed", (Reason.DELISTED,)),
    ("type", (Reason.TYPE, Reason.BLANK_CHECK, Reason.FUND_LIKE)),
    ("exchange", (Reason.EXCHANGE,)),
    ("price", (Reason.NO_RECENT_TRADE, Reason.PRICE_LOW, Reason.PRICE_HIGH)),
    ("cap", (Reason.CAP_UNKNOWN, Reason.CAP_LOW, Reason.CAP_HIGH)),
    ("volume", (Reason.TOO_NEW, Reason.VOLUME_LOW)),
    ("float", (Reason.FLOAT_UNKNOWN, Reason.FLOAT_LOW)),
    ("quality", (Reason.QUARANTINED,)),
    ("sector", (Reason.SECTOR_UNKNOWN,)),
    ("overrides", (Reason.OVERRIDE_EXCLUDE,)),
)

# An include override cannot make data out of nothing: these stand.
NOT_OVERRIDABLE = frozenset({Reason.DELISTED, Reason.NO_RECENT_TRADE, Reason.QUARANTINED, Reason.SECTOR_UNKNOWN})
