"""The engine as a whole: what a bull and a bear are called, both grids, no look ahead, reasons with their distances."""

from __future__ import annotations

import math

import numpy as np
import pytest

from macro.kernels.bars import Bars
from macro.kernels.engine import NotEnoughHistory, compute_path, read_last, read_trend, regime_names
from macro.kernels.parameters import REGIMES
from macro.kernels.reasons import list_distances, read_facts, write_reasons

from .market import cut, frozen, make_bars


def test_a_rising_bitcoin_with_rising_alts_is_an_alt_season() -> None:
    reading = read_last(compute_path(make_bars(500, drift=0.004, alts=0.012)), 1.0)
    assert (reading.regime, reading.permission) == ("ALT_SEASON", "AGGRESSIVE")
    assert reading.btc.direction == reading.alt.direction == reading.ratio.direction == "UP"


def test_a_rising_bitcoin_alone_is_a_bitcoin_season() -> None:
    reading = read_last(compute_path(make_bars(500, drift=0.008, alts=-0.008)), 1.0)
    assert reading.regime == "BTC_SEASON" and reading.ratio.direction == "DOWN"


def test_a_falling_market_is_a_bear_market_and_closed() -> None:
    reading = read_last(compute_path(make_bars(500, drift=-0.012)), 1.0)
    assert (reading.regime, reading.permission, reading.btc.direction) == ("BEAR_MARKET", "NO_TRADE", "DOWN")
    assert reading.scores[2] > 0.4 and 0 <= reading.probability <= 1


@pytest.mark.parametrize("per_day", [1, 6])
def test_no_bar_depends_on_later_ones_and_inputs_stay(per_day: int) -> None:
    bars = frozen(make_bars(420 * per_day, per_day, drift=0.001))
    whole = compute_path(bars)
    for n in (100 * per_day, 300 * per_day, 420 * per_day - 1):
        part = compute_path(cut(bars, n))
        for name in (
            "trend_btc",
            "trend_ratio",
            "scores",
            "margin",
            "persistence",
            "confidence",
            "macro",
            "permission",
        ):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[..., :n], err_msg=name)
        np.testing.assert_array_equal(part.regimes.regime, whole.regimes.regime[:n])


def test_daily_bars_and_their_four_hourly_copies_agree() -> None:
    """A history that only a daily reading is known of says the same on the fine grid."""
    daily = make_bars(500, drift=0.004, alts=0.01, seed=3)
    repeated = [np.repeat(each, 6) if isinstance(each, np.ndarray) else 6 for each in daily]
    fine = Bars(*repeated)._replace(at=daily.at[0] + 14_400 * np.arange(3000))
    one, other = read_last(compute_path(daily), 1.0), read_last(compute_path(fine), 1.0)
    assert (one.regime, one.permission) == (other.regime, other.permission)
    assert one.btc.value == pytest.approx(other.btc.value, abs=0.02)


def test_too_little_history() -> None:
    with pytest.raises(NotEnoughHistory, match="30"):
        read_last(compute_path(make_bars(30)), 1.0)
    assert read_last(compute_path(make_bars(45)), 1.0).confidence.value <= 60
    nothing = make_bars(0)
    with pytest.raises(NotEnoughHistory):
        read_last(compute_path(nothing), 1.0)
    with pytest.raises(ValueError, match="unknown"):
        read_trend(np.array([np.nan]), 1)
    with pytest.raises(ValueError, match="unknown"):
        read_trend(np.array([]), 1)


def test_old_figures_permit_nothing() -> None:
    path = compute_path(make_bars(500, drift=0.004, alts=0.012))
    fresh, late, old = (read_last(path, hours) for hours in (1.0, 20.0, 25.0))
    assert fresh.permission == late.permission == "AGGRESSIVE"
    assert (old.permission, old.at_once) == ("NO_TRADE", "AGGRESSIVE")
    assert late.confidence.value == fresh.confidence.value - 15
    words = write_reasons(old, read_facts(path, old), list_distances(path, old))
    assert "The data is too old: aggressive was the last word on it." in words


def test_estimates_within_ninety_days_are_deducted() -> None:
    bars = make_bars(500)
    near, far = (np.arange(500) == place for place in (420, 300))
    plain = read_last(compute_path(bars), 1.0).confidence.value
    assert read_last(compute_path(bars._replace(estimated=near)), 1.0).confidence.value == plain - 10
    assert read_last(compute_path(bars._replace(estimated=far)), 1.0).confidence.value == plain


def test_the_last_known_bar_is_read() -> None:
    bars = make_bars(400)
    price = bars.btc_price.copy()
    price[398:] = np.nan
    path = compute_path(bars._replace(btc_price=price))
    assert read_last(path, 1.0).at == bars.at[397]
    assert regime_names(np.array([-1, 0, 3])) == ["", "ALT_SEASON", "TRANSITION"]


@pytest.mark.parametrize("seed", range(12))
def test_distances_name_rules_that_are_not_met_nearest_first(seed: int) -> None:
    path = compute_path(make_bars(420, drift=0.002 * (seed % 5 - 2), alts=0.003 * (seed % 3 - 1), seed=seed))
    reading = read_last(path, 1.0)
    found = list_distances(path, reading)
    days = [each.typical_days for each in found]
    assert days == sorted(days) and len(found) >= 7
    assert all(each.typical_days >= 0 for each in found)
    macro = [each for each in found if each.figure == "the macro score"]
    for each in macro:
        rises = each.threshold > reading.macro
        assert each.leads_to in (
            ("selective", "active", "aggressive") if rises else ("no trade", "selective", "active")
        )
    words = write_reasons(reading, read_facts(path, reading), found)
    assert f"the macro score is {reading.macro:.1f} of 100" in words
    assert words.count("typical days") == 3 and f"({reading.btc.value:+.2f}, strength" in words
    if reading.target != reading.regime:
        assert "The scores have pointed to" in words


def test_a_distance_by_hand() -> None:
    path = compute_path(make_bars(420, drift=0.001))
    reading = read_last(path, 1.0)
    (lead,) = [each for each in list_distances(path, reading) if each.figure.startswith("the lead of")]
    order = np.sort(path.scores[:, -1])
    assert lead.value == pytest.approx(order[2] - order[1])
    names = [REGIMES[place] for place in np.argsort(path.scores[:, -1])]
    first, second = path.scores[REGIMES.index(names[2])], path.scores[REGIMES.index(names[1])]
    moves = np.abs(np.diff((first - second)[-91:]))
    assert lead.typical_days == pytest.approx(lead.value / np.median(moves))


def test_a_market_that_stands_still_is_far_from_everything() -> None:
    flat = make_bars(400)
    still = flat._replace(
        btc_price=np.full(400, 10.0), btc_cap=np.full(400, 100.0), eth_cap=np.full(400, 20.0),
        total_cap=np.full(400, 250.0), stable_cap=np.full(400, np.nan),
    )  # fmt: skip
    path = compute_path(still)
    reading = read_last(path, 1.0)
    found = list_distances(path, reading)
    assert all(math.isinf(each.typical_days) for each in found)
    assert "Nearest" not in write_reasons(reading, read_facts(path, reading), found)


def test_words_for_what_is_unknown_and_what_is_waiting() -> None:
    bars = make_bars(40)
    path = compute_path(bars._replace(total_cap=np.r_[np.full(5, np.nan), bars.total_cap[5:]]))
    reading = read_last(path, 1.0)
    facts = read_facts(path, reading)
    assert not math.isnan(facts.dominance)
    assert "points in 30 days" not in write_reasons(reading, facts._replace(dominance_change=math.nan), ())
    assert "dominance" not in write_reasons(reading, facts._replace(dominance=math.nan), ())
    young = compute_path(make_bars(31))
    assert math.isnan(read_facts(young, read_last(young, 1.0)._replace(at=int(young.bars.at[29]))).dominance_change)
    waiting = write_reasons(reading._replace(target="ALT_SEASON", regime="BTC_SEASON", waited=7), facts, ())
    assert "The scores have pointed to alt season for 7 readings." in waiting
