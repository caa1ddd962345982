"""What CoinGecko's answers have in common: currencies, prices as it writes them, parameters, refusals."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sentiment_site.simulator.crypto.coins import BITCOIN, ETHEREUM, Ints
from sentiment_site.simulator.crypto.market import Crypto
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.vendors.vendor import Reason
from sentiment_site.simulator.wire import Answer, BadParameter, Request, answer

FIAT = {"usd": 1.0, "eur": 0.92, "gbp": 0.79, "jpy": 150.0, "cad": 1.37, "aud": 1.52, "chf": 0.88, "cny": 7.2}
COINS = {"btc": BITCOIN, "eth": ETHEREUM}
CURRENCIES = (*COINS, *FIAT)
MOST_DAYS = 365
_FARTHEST_S = 1e15  # moments beyond are as good as it, and would not fit into arrays
_PRICING = "https://www.coingecko.com/en/api/pricing"
_REFUSALS: dict[Reason, tuple[int, int, str]] = {
    Reason.MISSING_KEY: (401, 10002, "API Key Missing. Please make sure you're using the right authentication method. "
                         "For Demo API, ensure you pass in a demo key."),
    Reason.UNKNOWN_KEY: (401, 10002, "Invalid API Key. Please check your key and try again."),
    Reason.NOT_ENTITLED: (401, 10005, "You may only access this endpoint with a paid plan. Please visit "
                          f"{_PRICING} to subscribe."),
    Reason.RATE_LIMITED: (429, 429, "You've exceeded the Rate Limit. Please visit "
                          f"{_PRICING} to subscribe to our API plans for higher rate limits."),
    Reason.BROKEN: (500, 500, "Internal Server Error"),
}  # fmt: skip
_TOO_LONG = ("Your request exceeds the allowed time range. Public API users are limited to querying historical data "
             "within the past 365 days. Upgrade to a paid plan to enjoy full historical data access: "
             f"{_PRICING}")  # fmt: skip
_WRONG_ROOT = ("If you are using Pro API key, please change your root URL from api.coingecko.com to "
               "pro-api.coingecko.com")  # fmt: skip


class RefusedError(Exception):
    """What the plan does not allow; carries the answer."""

    def __init__(self, reply: Answer) -> None:
        super().__init__(reply.status)
        self.reply = reply


def rates(crypto: Crypto, currency: str, at: Ints) -> Floats:
    """Units of the currency for a dollar at moments (m,). Fiat rates are fixed."""
    if currency in FIAT:
        return np.full(len(at), FIAT[currency])
    return np.asarray(1.0 / crypto.series(COINS[currency], at).price)


def rate(crypto: Crypto, currency: str, at: int) -> float:
    """Units of the currency for a dollar at one moment."""
    return float(rates(crypto, currency, np.array([at]))[0])


def currency_of(request: Request) -> str:
    """The parameter vs_currency. BadParameter if it is missing or unknown."""
    currency = needed(request, "vs_currency").lower()
    if currency not in CURRENCIES:
        raise BadParameter("invalid vs_currency")
    return currency


def needed(request: Request, name: str) -> str:
    """A parameter that must be there. BadParameter naming it."""
    given = request.text(name)
    if not given:
        raise BadParameter(f"Missing parameter {name}")
    return given


def listed(request: Request, name: str) -> list[str]:
    """A comma list, in lower case."""
    return [part.strip().lower() for part in request.text(name).split(",") if part.strip()]


def days_of(request: Request) -> float:
    """The parameter `days`. Refused when it is more than the plan's 365."""
    given = needed(request, "days")
    if given == "max":
        raise RefusedError(too_long(request))
    try:
        days = float(given)
    except ValueError:
        raise BadParameter("Invalid days parameter") from None
    if not 0 < days < float("inf"):
        raise BadParameter("Invalid days parameter")
    if days > MOST_DAYS:
        raise RefusedError(too_long(request))
    return days


def moment_of(request: Request, name: str) -> int:
    """Seconds since the epoch, or a date or moment in ISO form (UTC)."""
    given = needed(request, name)
    try:
        return int(min(max(float(given), -_FARTHEST_S), _FARTHEST_S))
    except ValueError:
        pass
    try:
        at = dt.datetime.fromisoformat(given)
    except ValueError:
        raise BadParameter(f"invalid {name}") from None
    return int((at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp())


def priced(value: float, request: Request, default: str = "") -> float | int | None:
    """A price with the asked precision; else as the vendor shows it: whole above 10,000, cents above 1, six digits."""
    if np.isnan(value):
        return None
    precision = request.text("precision", default)
    if precision == "full":
        return float(value)
    if precision:
        return round(float(value), request.whole("precision", 2, 18, 0))
    if value >= 10_000:
        return round(value)
    return round(float(value), 2) if value >= 1 else float(f"{value:.6g}")


def number(value: float, digits: int | None = None) -> float | None:
    """A figure for JSON, null for NaN."""
    if np.isnan(value):
        return None
    return float(value) if digits is None else round(float(value), digits)


def percent(value: float, before: float, digits: int | None = None) -> float | None:
    """Change in percent, null when there is nothing to compare with."""
    if np.isnan(before) or before <= 0:
        return None
    return number(100.0 * (value / before - 1.0), digits)


def stamp(at: int) -> str:
    """A moment as the vendor writes it."""
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def status_answer(http: int, code: int, text: str, request: Request) -> Answer:
    """The nested error shape."""
    stamp = request.now.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    return answer({"error": {"status": {"timestamp": stamp, "error_code": code, "error_message": text}}}, http)


def too_long(request: Request) -> Answer:
    """More than a year was asked for."""
    return status_answer(401, 10012, _TOO_LONG, request)


def refuse(reason: Reason, text: str, request: Request) -> Answer:
    """The vendor's answer to what it refuses: two error shapes, by reason."""
    if reason is Reason.BAD_PARAMETER:
        return answer({"error": text}, 422 if text.startswith("Missing") else 400)
    http, code, says = _REFUSALS[reason]
    if reason in (Reason.NOT_ENTITLED, Reason.MISSING_KEY):
        return status_answer(http, code, says, request)
    return answer({"status": {"error_code": code, "error_message": says}}, http)
