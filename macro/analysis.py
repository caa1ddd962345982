"""From stored readings to a stored verdict: load as known at one moment, compute, save once, publish after commit.

Deterministic and complete without any key: the same readings known at the same moment give the same analysis. What was
saved is never changed; asked again for a moment that has its analysis, that one is returned.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from typing import Any, NamedTuple

import numpy as np
import structlog
from django.db import IntegrityError, transaction

from macro import publish, selectors
from macro.charts.series import make_charts
from macro.kernels.altseason import DAYS, AltSeason, compute_altseason
from macro.kernels.bars import DAY_S, Bars, lay_on_grid
from macro.kernels.engine import NotEnoughHistory, Path, Reading, Trend, compute_path, read_last, read_trend
from macro.kernels.parameters import ALT, BEAR, BTC, DEFAULT
from macro.kernels.reasons import SHOWN, Facts, list_distances, read_facts, write_reasons
from macro.kernels.trend import compute_trend, slope_t
from macro.models import MacroSentimentAnalysis
from macro.selectors import CoinPanel, MarketSeries
from sentiment_site.market import clock

__all__ = ["NotEnoughHistory", "Verdict", "compute_verdict", "load_bars", "run_analysis"]

logger = structlog.get_logger(__name__)

SCANS_A_DAY = 6
DAILY_COVERS = SCANS_A_DAY - 1  # a bootstrap's daily row stands for its day
NEAREST_DAYS = 3  # how far from 90 days ago a coin's earlier price may lie
SLOPE_DAYS = 30
COPIES = ("wrapped", "staked", "bridged", "restaked", "weth", "steth", "wbtc")  # words in the ids of coins of coins


class Verdict(NamedTuple):
    """Everything an analysis says, before it is a row. eth: None where its trend is unknown."""

    path: Path
    reading: Reading
    eth: Trend | None
    facts: Facts
    reasons: list[dict[str, Any]]
    words: str
    season: AltSeason


def run_analysis(as_of: dt.datetime, *, trigger: str, job_run_id: int | None = None) -> MacroSentimentAnalysis:
    """Analyse what was known at `as_of` (aware), save it under that moment and publish it after commit.

    trigger: a MacroSentimentAnalysis.Trigger value. NotEnoughHistory with fewer than 30 days of readings; then nothing
    is saved. The analysis of a moment that has one is returned as it is.
    """
    known = MacroSentimentAnalysis.objects.filter(analysis_timestamp=as_of).first()
    if known is not None:
        return known
    began = time.perf_counter()
    market = selectors.load_market(as_of)
    coins = selectors.load_coin_days(as_of, since=as_of.date() - dt.timedelta(days=DAYS + NEAREST_DAYS))
    verdict = compute_verdict(market, coins, as_of)
    row = build_analysis(verdict, market, as_of)
    row.trigger, row.job_run_id = trigger, job_run_id
    row.processing_time_ms = round((time.perf_counter() - began) * 1000)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            publish.publish_analysis(row.pk)
    except IntegrityError:
        # another worker was quicker; its row is as good, because it had the same readings
        return MacroSentimentAnalysis.objects.get(analysis_timestamp=as_of)
    logger.info(
        "regime analysed", seq=row.pk, regime=row.market_regime, permission=row.trade_permission,
        confidence=row.overall_confidence, ms=row.processing_time_ms,
    )  # fmt: skip
    return row


def load_bars(market: MarketSeries, until: dt.datetime) -> Bars:
    """Readings on the 4-hour grid up to the slot of `until`; bars that no reading covers are NaN."""
    columns = np.column_stack(
        [market.btc_price, market.btc_cap, market.eth_cap, market.total, market.stablecoins, market.is_estimated]
    )
    daily = market.is_estimated & (market.at % DAY_S == 0)
    covers = np.where(daily, DAILY_COVERS, 3)
    at, laid = lay_on_grid(market.at, columns, int(until.timestamp()), SCANS_A_DAY, covers)
    price, bitcoin, ether, total, stablecoins, estimated = laid.T
    return Bars(at, SCANS_A_DAY, price, bitcoin, ether, total, stablecoins, np.nan_to_num(estimated) > 0)


def compute_verdict(market: MarketSeries, coins: CoinPanel, as_of: dt.datetime) -> Verdict:
    """The engine's verdict on these readings as of a moment. Pure. NotEnoughHistory."""
    if not len(market):
        raise NotEnoughHistory("no readings at all")
    bars = load_bars(market, as_of)
    path = compute_path(bars)
    reading = read_last(path, _age_hours(market, as_of))
    facts, distances = read_facts(path, reading), list_distances(path, reading)
    reasons: list[dict[str, Any]] = [
        each._asdict() | {"typical_days": _rounded(each.typical_days)} for each in distances[:SHOWN]
    ]
    reasons += [{"text": note} for note in reading.confidence.notes]
    return Verdict(
        path, reading, _eth_trend(market, as_of), facts, reasons, write_reasons(reading, facts, distances),
        read_season(coins, market, as_of),
    )  # fmt: skip


def read_season(coins: CoinPanel, market: MarketSeries, as_of: dt.datetime) -> AltSeason:
    """The alt-season index of the newest day with coins; NaN where the histories do not reach 90 days back."""
    nothing = AltSeason(math.nan, "", 0)
    days = coins.days[coins.days <= np.datetime64(as_of.date())]
    if not days.size:
        return nothing
    aim = days[-1] - np.timedelta64(DAYS, "D")
    back = int(np.abs(coins.days - aim).argmin())
    if abs((coins.days[back] - aim).astype(int)) > NEAREST_DAYS:
        return nothing
    wanted = ~coins.is_stable & np.array(
        [coin != "bitcoin" and not any(word in coin for word in COPIES) for coin in coins.coin_ids], dtype=np.bool_
    )
    last = days.size - 1
    bitcoin = [_price_on(market, coins.days[place]) for place in (last, back)]
    return compute_altseason(
        coins.price[last, wanted], coins.price[back, wanted], coins.market_cap[last, wanted], *bitcoin
    )


def build_analysis(verdict: Verdict, market: MarketSeries, as_of: dt.datetime) -> MacroSentimentAnalysis:
    """The row of a verdict, unsaved."""
    reading, season = verdict.reading, verdict.season
    charts = make_charts(verdict.path)
    newest = dt.datetime.fromtimestamp(int(market.at[-1]), dt.UTC)
    return MacroSentimentAnalysis(
        analysis_timestamp=as_of,
        as_of=newest,
        data_period_start=dt.datetime.fromtimestamp(int(market.at[0]), dt.UTC),
        data_period_end=newest,
        overall_confidence=reading.confidence.value,
        raw_probability=reading.probability,
        margin=reading.margin,
        btc_trend_direction=reading.btc.direction,
        btc_trend_strength=reading.btc.strength,
        eth_trend_direction=None if verdict.eth is None else verdict.eth.direction,
        eth_trend_strength=None if verdict.eth is None else verdict.eth.strength,
        alt_trend_direction=reading.alt.direction,
        alt_trend_strength=reading.alt.strength,
        trade_permission=reading.permission,
        market_regime=reading.regime,
        scores={"alt": reading.scores[ALT], "btc": reading.scores[BTC], "bear": reading.scores[BEAR]},
        macro_score=reading.macro,
        reasons=verdict.reasons,
        alt_season_index=_known(season.percent),
        engine_state={
            "target": reading.target,
            "target_stands_for": reading.waited,
            "target_needs": round(DEFAULT.dwell * SCANS_A_DAY),
            "permission_before_age": reading.at_once,
        },
        inputs=_inputs(verdict, market, as_of),
        engine_version=DEFAULT.version,
        ai_reasoning=verdict.words,
        model_used=DEFAULT.version,
        chart_data_hash=charts.digest,
        is_simulated=bool(market.is_simulated.any()),
        recorded_at=clock.now(),
    )


def _inputs(verdict: Verdict, market: MarketSeries, as_of: dt.datetime) -> dict[str, Any]:
    """What entered: counts and ages, and the figures a reader may hold the words against."""
    facts, reading, path = verdict.facts, verdict.reading, verdict.path
    slope = slope_t(path.variables.price, SLOPE_DAYS * SCANS_A_DAY)
    return {
        "rows": len(market),
        "estimated_share": round(float(market.is_estimated.mean()), 4),
        "history_days": round(reading.history_days, 2),
        "age_hours": round(_age_hours(market, as_of), 2),
        "confidence_before_deductions": reading.confidence.raw,
        "btc_trend": reading.btc.value,
        "alt_trend": reading.alt.value,
        "ratio_trend": reading.ratio.value,
        "btc_slope_t_30d": _known(slope),
        "btc_over_200d_average": _known(facts.above_average),
        "btc_under_year_high": _known(facts.drawdown),
        "dominance": _known(facts.dominance),
        "dominance_change_30d_points": _known(facts.dominance_change),
        "alt_season_coins": verdict.season.counted,
        "alt_season_says": verdict.season.says,
    }


def _eth_trend(market: MarketSeries, as_of: dt.datetime) -> Trend | None:
    daily = market.is_estimated & (market.at % DAY_S == 0)
    covers = np.where(daily, DAILY_COVERS, 3)
    _, laid = lay_on_grid(market.at, market.eth_price[:, None], int(as_of.timestamp()), SCANS_A_DAY, covers)
    trend = compute_trend(laid[:, 0], SCANS_A_DAY)
    usable = np.flatnonzero(~np.isnan(trend))
    return read_trend(trend[: usable[-1] + 1], SCANS_A_DAY) if usable.size else None


def _age_hours(market: MarketSeries, as_of: dt.datetime) -> float:
    return max(0.0, (as_of.timestamp() - float(market.event_at[-1])) / 3600.0)


def _price_on(market: MarketSeries, day: np.datetime64) -> float:
    """Bitcoin's price at the last reading of up to a day after midnight, NaN without one."""
    midnight = int(day.astype("datetime64[s]").astype(np.int64))
    place = int(np.searchsorted(market.at, midnight + DAY_S - 1, side="right")) - 1
    return float(market.btc_price[place]) if place >= 0 and market.at[place] >= midnight else math.nan


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _rounded(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
