"""CoinGecko's series of one coin: market_chart, its range form, candles (upstreams.md 3.1)."""

from __future__ import annotations

import numpy as np

from sentiment_site.simulator.crypto.coins import Ints
from sentiment_site.simulator.crypto.market import DAY, HOUR, MINUTE, Crypto
from sentiment_site.simulator.vendors.coingecko.money import (
    MOST_DAYS,
    RefusedError,
    currency_of,
    days_of,
    moment_of,
    number,
    priced,
    rates,
    refuse,
    too_long,
)
from sentiment_site.simulator.vendors.vendor import Reason
from sentiment_site.simulator.wire import Answer, BadParameter, NotFoundError, Request, answer, number_of

_DAILY_READY_S = 35 * MINUTE  # after midnight, when the last day's point is complete
_OHLC_CANDLES = ((2, HOUR // 2), (30, 4 * HOUR), (MOST_DAYS, 4 * DAY))  # up to so many days: seconds of a candle
_OHLC_DAYS = (1, 7, 14, 30, 90, 180, 365)


class Charts:
    """The chart endpoints over one crypto market."""

    def __init__(self, crypto: Crypto) -> None:
        self._crypto = crypto

    def chart(self, request: Request) -> Answer:
        """GET /coins/{id}/market_chart: 5 minutes for a day, hours up to 90 days, then days; the last point is now."""
        row, currency = self._row(request), currency_of(request)
        days, now = days_of(request), int(request.now.timestamp())
        interval = request.text("interval")
        if interval not in ("", "daily"):
            raise RefusedError(refuse(Reason.NOT_ENTITLED, "", request))
        step = DAY if interval == "daily" or days > 90 else HOUR if days > 1 else 5 * MINUTE
        points = self._points(row, now - round(days * DAY), now, step, now)
        return answer(self._chart(row, currency, np.r_[points, [self._crypto.moment(request.now)]], now, request))

    def chart_range(self, request: Request) -> Answer:
        """GET /coins/{id}/market_chart/range: from and to in seconds; the length decides how fine."""
        row, currency = self._row(request), currency_of(request)
        begin, end, now = moment_of(request, "from"), moment_of(request, "to"), int(request.now.timestamp())
        if begin < now - MOST_DAYS * DAY - HOUR:
            raise RefusedError(too_long(request))
        span = end - begin
        step = DAY if request.text("interval") == "daily" or span > 90 * DAY else HOUR if span > DAY else 5 * MINUTE
        points = self._points(row, begin, min(end, now), step, now)
        if end >= now:
            points = np.r_[points, [self._crypto.moment(request.now)]]
        return answer(self._chart(row, currency, points, now if end >= now else None, request))

    def ohlc(self, request: Request) -> Answer:
        """GET /coins/{id}/ohlc: half hours for a day or two, four hours up to 30 days, then four days; stamped at
        their end. The last candle is still open."""
        row, currency, days = self._row(request), currency_of(request), days_of(request)
        if days not in _OHLC_DAYS:
            raise BadParameter("Invalid days parameter")
        now = self._crypto.moment(request.now)
        size = next(size for most, size in _OHLC_CANDLES if days <= most)
        begin = max((now - round(days) * DAY) // size * size, self._crypto.start)
        if size < HOUR:
            at, price = self._crypto.minutes(row, begin, now)
        else:
            series = self._crypto.series(row, np.r_[np.arange(begin, now, HOUR), [now]])
            at, price = series.at, series.price
        price = price * rates(self._crypto, currency, at)
        candle = at // size
        edges = np.flatnonzero(np.diff(candle, prepend=-1))
        rows = []
        for first, last in zip(edges, np.r_[edges[1:], len(at)], strict=True):
            part = price[first : min(last + 1, len(at))]  # the price at the end of a candle opens the next one
            four = (part[0], part.max(), part.min(), part[-1])
            rows.append([int((candle[first] + 1) * size * 1000), *(priced(value, request) for value in four)])
        return answer(rows)

    def _points(self, row: int, begin: int, end: int, step: int, now: int) -> Ints:
        """Whole steps from begin to end that the vendor has published by now."""
        first = max(begin, self._crypto.listed_at(row), self._crypto.start)
        points = np.arange(-(-first // step) * step, end + 1, step)
        if step == DAY:
            return points[points <= now - _DAILY_READY_S]
        late = np.array([_lateness(row, int(point)) for point in points], dtype=np.int64)
        return points[points * 1000 + late <= now * 1000]

    def _chart(
        self, row: int, currency: str, at: Ints, now: int | None, request: Request
    ) -> dict[str, list[list[float | None]]]:
        """The three arrays. Hours and minutes are stamped some seconds late, midnights exactly, the last point now."""
        series = self._crypto.series(row, at)
        stamps = [int(point) * 1000 + (0 if point % DAY == 0 else _lateness(row, int(point))) for point in series.at]
        if now is not None and stamps:
            stamps[-1] = now * 1000
        units = rates(self._crypto, currency, series.at)
        prices = [priced(value, request, "full") for value in series.price * units]
        return {
            "prices": [[stamp, value] for stamp, value in zip(stamps, prices, strict=True)],
            "market_caps": [[stamp, number(value)] for stamp, value in zip(stamps, series.cap * units, strict=True)],
            "total_volumes": [[stamp, float(value)] for stamp, value in
                              zip(stamps, series.volume * units, strict=True)],
        }  # fmt: skip

    def _row(self, request: Request) -> int:
        row = self._crypto.row(request.extras["id"])
        if row is None or self._crypto.listed_at(row) > self._crypto.moment(request.now):
            raise NotFoundError({"error": "coin not found"})
        return row


def _lateness(row: int, at: int) -> int:
    """Milliseconds by which a point is stamped after its full hour or five minutes."""
    return number_of(f"{row}/{at}") % 59_000
