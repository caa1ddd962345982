"""The crypto market's process over seeds: regimes, moments, bounds, determinism, no look-ahead (methods.md 10.4)."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from sentiment_site.simulator.crypto import moments
from sentiment_site.simulator.crypto.coins import ALTS, BITCOIN, ETHEREUM, Kind
from sentiment_site.simulator.crypto.market import DAY, HOUR, Crypto
from sentiment_site.simulator.crypto.path import REGIMES
from sentiment_site.simulator.market.parameters import Parameters

ANCHOR = dt.date(2025, 12, 1)
NOW = dt.datetime(2025, 12, 2, 17, 7, 30, tzinfo=dt.UTC)
SEEDS = range(1, 9)


def crypto_of(seed: int, anchor: dt.date = ANCHOR) -> Crypto:
    return Crypto(Parameters(anchor, seed))


@dataclass(frozen=True)
class History:
    """What a seed's three years were, by day: caps and prices; hourly prices of bitcoin; the truth."""

    daily: dict[str, np.ndarray]
    hourly: np.ndarray
    truth: list[tuple[dt.datetime, dt.datetime, str]]


def history_of(seed: int) -> History:
    crypto = crypto_of(seed)
    end = crypto.moment(NOW)
    at = np.arange(crypto.start, end, DAY)
    bitcoin, ether = crypto.series(BITCOIN, at), crypto.series(ETHEREUM, at)
    stable = sum(crypto.series(int(row), at).cap for row in crypto.roster.rows(Kind.STABLE))
    total, volume, dominance = crypto.totals(at)
    daily = {
        "total": total, "volume": volume, "dominance": dominance, "bitcoin": bitcoin.cap, "ether": ether.cap,
        "stable": stable, "alts": total - bitcoin.cap - ether.cap - stable,
        "bitcoin_price": bitcoin.price, "ether_price": ether.price,
    }  # fmt: skip
    hourly = crypto.series(BITCOIN, np.arange(crypto.start, end, HOUR)).price
    return History(daily, hourly, crypto.truth(NOW))


@pytest.fixture(scope="module")
def histories() -> list[History]:
    return [history_of(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def caps(histories: list[History]) -> list[dict[str, np.ndarray]]:
    return [history.daily for history in histories]


@pytest.fixture(scope="module")
def market() -> Crypto:
    crypto = crypto_of(1)
    crypto.moment(NOW)
    return crypto


def test_daily_sigmas_and_correlation_are_those_of_the_calibration(caps: list[dict[str, np.ndarray]]) -> None:
    sigmas, correlations = [], []
    for market in caps:
        moves = np.diff(np.log([market["bitcoin_price"], market["ether_price"], market["alts"]]), axis=1)
        sigmas.append(moves.std(axis=1))
        correlations.append(np.corrcoef(moves)[0, 1:])
        beta = np.cov(moves)[0, 2] / moves[0].var()
        assert 1.0 < beta < 1.4
        assert (((moves - moves.mean(axis=1, keepdims=True)) ** 4).mean(axis=1) / moves.var(axis=1) ** 2 > 3.8).all()
    assert np.mean(sigmas, axis=0) == pytest.approx([0.035, 0.05, 0.05], rel=0.07)
    assert np.mean(correlations, axis=0) == pytest.approx([0.8, 0.8], abs=0.04)
    assert np.min(correlations) > 0.70 and np.max(correlations) < 0.92


def test_dominance_and_stable_share_stay_within_what_has_been_seen(caps: list[dict[str, np.ndarray]]) -> None:
    for market in caps:
        assert market["dominance"].min() > 0.25 and market["dominance"].max() < 0.78
        stable = market["stable"] / (market["total"] - market["bitcoin"] - market["ether"])
        assert stable.min() >= 0.05 - 1e-9 and stable.max() <= 0.35 + 1e-9
        assert 0.02 < np.median(market["volume"] / market["total"]) < 0.12
    everything = np.concatenate([market["dominance"] for market in caps])
    assert 0.45 < everything.mean() < 0.60 and everything.std() > 0.05


def test_regimes_take_their_shares_and_last(histories: list[History]) -> None:
    days = dict.fromkeys(REGIMES, 0.0)
    changes, dwells = 0, []
    for history in histories:
        truth = history.truth
        assert truth[0][0] == dt.datetime(2022, 12, 1, tzinfo=dt.UTC)
        assert truth[-1][1] == NOW.replace(second=0)
        for (_, ends, regime), (begins, _, following) in itertools.pairwise(truth):
            assert ends == begins and regime != following
        for begin, end, regime in truth:
            days[regime] += (end - begin).total_seconds() / DAY
        dwells += [(end - begin).days for begin, end, _ in truth[1:-1]]
        changes += len(truth) - 1
    total = sum(days.values())
    shares = [days[regime] / total for regime in ("BTC_SEASON", "ALT_SEASON", "TRANSITION", "BEAR")]
    assert shares == pytest.approx([0.36, 0.26, 0.10, 0.28], abs=0.11)
    assert changes / (total / 365) == pytest.approx(5.3, abs=1.2)
    assert min(dwells) >= 6 and 45 < np.mean(dwells) < 90


def test_regimes_are_what_their_names_say(histories: list[History]) -> None:
    bitcoin: dict[str, list[float]] = {regime: [] for regime in REGIMES}
    ratio: dict[str, list[float]] = {regime: [] for regime in REGIMES}
    for history in histories:
        market = history.daily
        of_day = [regime for begin, end, regime in history.truth for _ in range((end - begin).days)]
        price = np.diff(np.log(market["bitcoin_price"]))
        relative = np.diff(np.log(market["alts"] / market["bitcoin"]))
        for regime, move, against in zip(of_day, price, relative, strict=False):
            bitcoin[regime].append(move)
            ratio[regime].append(against)
    price_drift = {regime: np.mean(moves) for regime, moves in bitcoin.items()}
    ratio_drift = {regime: np.mean(moves) for regime, moves in ratio.items()}
    assert price_drift["BTC_SEASON"] > 0.002 and price_drift["BEAR"] < -0.003
    assert ratio_drift["ALT_SEASON"] > 0.003 > -0.001 > ratio_drift["BTC_SEASON"]
    assert price_drift["BEAR"] < price_drift["TRANSITION"] < price_drift["BTC_SEASON"]


def test_hours_are_drawn_and_added_up_not_bridged(histories: list[History]) -> None:
    correlations = []
    for history in histories:
        moves = np.diff(np.log(history.hourly))
        correlations.append(np.corrcoef(moves[1:], moves[:-1])[0, 1])
        hourly = moves[: len(moves) // 24 * 24].reshape(-1, 24)
        assert hourly.var(axis=0).sum() ** 0.5 == pytest.approx(hourly.sum(axis=1).std(), rel=0.1)
    assert abs(np.mean(correlations)) < 0.02


def test_the_same_parameters_make_the_same_market_whatever_was_asked_before() -> None:
    once, again = crypto_of(3), crypto_of(3)
    early = NOW - dt.timedelta(days=400)
    first = once.reading(once.moment(early))
    kept = (first.price.copy(), first.cap.copy(), first.volume.copy(), first.total_cap)
    once.moment(NOW + dt.timedelta(days=30))
    again.moment(NOW)
    for crypto in (once, again):
        then = crypto.reading(crypto.moment(early))
        for column, expected in zip((then.price, then.cap, then.volume), kept, strict=False):
            np.testing.assert_array_equal(column, expected)
        assert then.total_cap == kept[3]
    assert again.truth(early) == once.truth(early)
    assert again.truth(NOW)[: len(once.truth(early)) - 1] == once.truth(early)[:-1]
    assert not np.array_equal(crypto_of(4).reading(crypto_of(4).start).price, again.reading(again.start).price)


def test_minutes_lie_between_their_hours_and_the_hours_themselves_are_kept() -> None:
    crypto = crypto_of(5)
    at = crypto.moment(NOW)
    moments, prices = crypto.minutes(BITCOIN, at - DAY, at)
    assert len(moments) == 1441 and moments[-1] == at
    hourly = crypto.series(BITCOIN, moments[moments % HOUR == 0])
    np.testing.assert_allclose(prices[moments % HOUR == 0], hourly.price, rtol=1e-12)
    low, high = crypto.range_24h(at)
    assert (low[BITCOIN], high[BITCOIN]) == pytest.approx((prices.min(), prices.max()), rel=1e-12)
    assert prices[-1] == pytest.approx(crypto.reading(at).price[BITCOIN], rel=1e-12)
    # a bridge with the hour's own variance: minutes are as lively as hours
    minute, hour = np.diff(np.log(prices)).std(), np.diff(np.log(hourly.price)).std()
    assert minute * np.sqrt(60) == pytest.approx(hour, rel=0.45)
    ether = crypto.minutes(ETHEREUM, at - DAY, at)[1]
    assert np.corrcoef(np.diff(np.log(prices)), np.diff(np.log(ether)))[0, 1] > 0.5


def test_coins_are_of_every_kind(market: Crypto) -> None:
    crypto = market
    now = crypto.reading(crypto.moment(NOW))
    ids, symbols = [coin.id for coin in crypto.coins], [coin.symbol for coin in crypto.coins]
    assert len(ids) == len(set(ids)) == len(set(symbols)) and 115 <= len(ids) <= 125
    assert ids[:4] == ["bitcoin", "ethereum", "tether", "usd-coin"]
    stable = crypto.roster.rows(Kind.STABLE)
    assert np.abs(now.price[stable] - 1.0).max() < 0.005
    copies = crypto.roster.rows(Kind.COPY)
    for row in copies:
        parent = crypto.coins[row].parent
        assert 0.995 < now.price[row] / now.price[parent] < 1.12
        assert now.cap[row] < 0.1 * now.cap[parent]
    counted = np.setdiff1d(np.arange(len(ids)), copies)
    assert now.cap[counted].sum() < now.total_cap < 1.05 * now.cap[counted].sum()
    assert 19.2e6 < now.supply[BITCOIN] < 21e6
    assert len(crypto.roster.rows(Kind.ALT)) == ALTS
    assert (now.cap == 0).sum() >= 4


def test_a_newcomer_has_no_price_before_and_no_cap_at_first(market: Crypto) -> None:
    crypto = market
    row = next(row for row, coin in enumerate(crypto.coins) if 100 < coin.listed_day < 900)
    listed = crypto.listed_at(row)
    before = crypto.reading(listed - HOUR)
    assert np.isnan(before.price[row]) and np.isnan(before.cap[row]) and before.total_cap > 0
    series = crypto.series(row, np.arange(listed - 5 * DAY, listed + 6 * DAY, DAY))
    assert series.at[0] == listed and np.isnan(series.cap[0])
    assert series.cap[1:3].tolist() == [0.0, 0.0] and (series.cap[3:] > 0).all()
    assert series.volume[0] == 0.0 and (series.volume[1:] > 0).all()


def test_a_moment_before_the_beginning_is_the_beginning() -> None:
    crypto = crypto_of(6)
    assert crypto.moment(dt.datetime(2001, 1, 1, tzinfo=dt.UTC)) == crypto.start
    assert crypto.reading(0).at == crypto.start and crypto.truth(dt.datetime(2001, 1, 1, tzinfo=dt.UTC)) == []


def test_the_moments_command_prints_what_the_tests_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert moments.main(["--seeds", "2", "--anchor", ANCHOR.isoformat()]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 seeds, three years each to 2025-12-01."
    mean = {cells[1].strip(): float(cells[2]) for cells in (line.split("|") for line in lines[4:])}
    assert mean["daily sigma, bitcoin"] == pytest.approx(0.035, abs=0.005)
    assert mean["correlation bitcoin-alts"] == pytest.approx(0.8, abs=0.1)
