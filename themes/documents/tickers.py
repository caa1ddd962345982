"""Which stocks a text is about. Precision of each rule is measured: docs/methods/tickers.md.

A symbol that is a word (IT, ALL, GO) or a company called like one (Target, Match) is the trap: such symbols count
only behind $ or an exchange, and names only with their capital letter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import ahocorasick

from sentiment_site.market.company_names import short_names


class Rule(StrEnum):
    """How a stock was recognised; the values of themes.models.documents.MentionRule."""

    CIK = "cik"
    CASHTAG = "cashtag"
    TAG = "tag"
    EXCHANGE = "exchange"
    NAME = "name"
    BARE = "bare"


# The weaker of two families of simulated documents, rounded down: docs/methods/tickers.md. CIK: EDGAR's own word.
SURENESS: Final[Mapping[str, float]] = {
    Rule.CIK: 0.99,
    Rule.EXCHANGE: 0.98,
    Rule.CASHTAG: 0.98,
    Rule.TAG: 0.9,
    Rule.NAME: 0.85,
    Rule.BARE: 0.9,
}
# A post with more cashtags than this is a list, which is about nothing.
MOST_CASHTAGS: Final = 8
_CASHTAG: Final = re.compile(r"(?<![\w$])\$([A-Za-z]{1,5}(?:[.\-][A-Za-z])?)(?![\w])")
_EXCHANGE: Final = re.compile(
    r"\((?:NASDAQ(?:CM|GS|GM)?|NYSE(?: American| Arca)?|AMEX|XNAS|XNYS|XASE)\s*[:|]\s*([A-Z]{1,5}(?:\.[A-Z])?)\)",
    re.IGNORECASE,
)
_BARE: Final = re.compile(r"(?<![\w$.])([A-Z]{3,5})(?![\w])")
# Capitals that are no tickers where people write about markets.
_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """
    ADR AI ALL AND API ARE ATH ATM BTC BUY CAN CALL CALLS CASH CEO CFO COO CPI CTO DCF DD DIP DOJ DOW EBIT EDGAR
    EOD EPS ESG ETF ETH EUR EV FAQ FBI FCF FDA FED FOMC FOMO FOR FTC FUD FYI GAAP GDP GO HAS HIGH HODL HOLD HOT
    HUGE IMO IPO IRA IRS IS IT ITM IV KPI LFG LLC LMAO LOL LONG LOSS LOW MACD MOON MOU NASA NASDAQ NDA NEW NEWS
    NEXT NFA NOT NOW NYSE ONE OTC OTM OUT PCE PDT PE PM PR PSA PUMP PUT PUTS QE QOQ RISK RSI RUN SEC SELL SHORT
    SPAC SPO SPY TA THE THIS TLDR TOS UK US USA USD VIX VWAP WAY WHO WHY WSB YOLO YOY YTD YOU
        """,
    )
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A stock that can be recognised."""

    id: int
    symbol: str
    name: str
    cik: str


@dataclass(frozen=True, slots=True)
class Found:
    """A stock in a text and the rule that recognised it."""

    instrument_id: int
    rule: Rule

    @property
    def sureness(self) -> float:
        """Measured precision of the rule."""
        return SURENESS[self.rule]


class TickerBook:
    """All listed stocks, ready to be found in texts. Names are searched in one pass, whatever their number."""

    def __init__(self, stocks: Iterable[Listed]) -> None:
        self._by_symbol: dict[str, int] = {}
        self._by_cik: dict[str, list[int]] = {}
        owners: dict[str, list[int]] = {}
        for stock in stocks:
            self._by_symbol[stock.symbol] = stock.id
            if stock.cik:
                self._by_cik.setdefault(stock.cik, []).append(stock.id)
            for name in short_names(stock.name):
                owners.setdefault(name.lower(), []).append(stock.id)
        self._names = ahocorasick.Automaton()
        for name, ids in owners.items():
            if len(ids) == 1:  # a name that several have names nobody
                self._names.add_word(name, (len(name), ids[0]))
        if len(self._names):
            self._names.make_automaton()

    def by_cik(self, cik: str) -> list[Found]:
        """The share classes of a filer."""
        return [Found(one, Rule.CIK) for one in self._by_cik.get(cik, ())]

    def find(self, text: str, *, tags: Collection[str] = (), allow_bare: bool = False) -> list[Found]:
        """Stocks of a text, each once by its surest rule, in the order of their ids. tags: symbols the vendor gave.

        allow_bare: whether symbols without any mark count, for places where people write them so.
        """
        best: dict[int, Rule] = {}
        for rule, symbols in (
            (Rule.EXCHANGE, _EXCHANGE.findall(text)),
            (Rule.CASHTAG, self._cashtags(text)),
        ):
            self._take(best, rule, symbols)
        for one in self._named(text):
            best.setdefault(one, Rule.NAME)
        self._take(best, Rule.TAG, tags)
        if allow_bare:
            self._take(best, Rule.BARE, (word for word in _BARE.findall(text) if word not in _WORDS))
        return [Found(one, best[one]) for one in sorted(best)]

    def _cashtags(self, text: str) -> list[str]:
        found = list(dict.fromkeys(_CASHTAG.findall(text)))
        return found if len(found) <= MOST_CASHTAGS else []

    def _take(self, best: dict[int, Rule], rule: Rule, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            one = self._by_symbol.get(symbol.upper().replace("-", "."))
            if one is not None:
                best.setdefault(one, rule)

    def _named(self, text: str) -> Iterable[int]:
        if not len(self._names):
            return
        for end, (length, one) in self._names.iter(_lower(text)):
            begin = end - length + 1
            before, behind = text[begin - 1 : begin], text[end + 1 : end + 2]
            if text[begin].isupper() and not before.isalnum() and not behind.isalnum():
                yield one


def _lower(text: str) -> str:
    """In lower case and of the same length: some letters (capital I with a dot) grow when they are lowered."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else re.sub("[A-Z]+", lambda found: found[0].lower(), text)
