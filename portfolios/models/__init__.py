"""The people's tables: accounts, revoked tokens, preferences; the books and what is measured of them."""

from .books import (
    CashFlow,
    ClosingReason,
    Funding,
    ImportBatch,
    OptionRight,
    Portfolio,
    Position,
    PositionSplit,
    PositionTag,
    PositionType,
    Tag,
)
from .measures import BatchMark, Factor, FactorExposure, GreekKind, PortfolioSnapshot, PositionGreeks
from .preferences import Palette, Preference, ScheduledRun, Theme
from .tokens import RevokedToken
from .users import User, UserManager

__all__ = [
    "BatchMark",
    "CashFlow",
    "ClosingReason",
    "Factor",
    "FactorExposure",
    "Funding",
    "GreekKind",
    "ImportBatch",
    "OptionRight",
    "Palette",
    "Portfolio",
    "PortfolioSnapshot",
    "Position",
    "PositionGreeks",
    "PositionSplit",
    "PositionTag",
    "PositionType",
    "Preference",
    "RevokedToken",
    "ScheduledRun",
    "Tag",
    "Theme",
    "User",
    "UserManager",
]
