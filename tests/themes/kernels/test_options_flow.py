"""Options: worked numbers, sides that are not guessed, histories, edges."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from themes.kernels.options_flow import (
    Contracts,
    History,
    OptionsFlow,
    classify_side,
    compute_premiums,
    compute_skew,
    compute_surprise,
    is_unusual,
    list_unusual,
    score_options,
)

NAN = np.nan
USUAL: dict[str, Any] = {
    "stock": 0,
    "is_call": True,
    "strike": 10.0,
    "days": 30.0,
    "volume": 100.0,
    "open_interest": 1000.0,
    "price": 2.0,
    "shares": 100.0,
    "bought": NAN,
    "sold": NAN,
    "delta": 0.5,
    "volatility": 0.6,
}


def chain(*rows: dict[str, Any]) -> Contracts:
    columns = {name: np.array([{**USUAL, **row}[name] for row in rows]) for name in USUAL}
    columns = {name: column.astype(np.float64) for name, column in columns.items()}
    return Contracts(
        **{
            **columns,
            "stock": columns["stock"].astype(np.int64),
            "is_call": columns["is_call"].astype(np.bool_),
        }
    )


def history(put_call: npt.ArrayLike | None = None, skew: npt.ArrayLike | None = None, stocks: int = 1) -> History:
    nothing = np.zeros((stocks, 0))
    return History(
        nothing if put_call is None else np.array(put_call, dtype=np.float64),
        nothing if skew is None else np.array(skew, dtype=np.float64),
    )


def flow(*rows: dict[str, Any], before: History | None = None) -> OptionsFlow:
    return score_options(chain(*rows), before or history())


SMILE = [
    {"is_call": False, "delta": -0.20, "volatility": 0.80},
    {"is_call": False, "delta": -0.30, "volatility": 0.70},
    {"is_call": True, "delta": 0.20, "volatility": 0.50},
    {"is_call": True, "delta": 0.30, "volatility": 0.60},
]


def test_everything_known_is_the_formula_of_the_method() -> None:
    rows = [{**row, "bought": 80.0, "sold": 20.0} for row in SMILE]
    rows[2] |= {"volume": 4000.0, "bought": 4000.0, "sold": 0.0}  # an unusual call: $800,000, four times its interest
    past = np.tile([0.0, 0.2], 10)[None, :]
    skews = np.cumsum(np.tile([0.01, -0.01], 11))[None, :] + 0.1
    found = flow(*rows, before=history(past, skews))
    log_ratio = np.log(201 / 4101)
    x1 = -np.tanh((log_ratio - 0.1) / past.std(ddof=1) / 1.5)
    net = 20_000 * (4000 / 100 - 2 * 0.6 + 0.6)  # dollars: the calls less the puts
    x2 = net / 860_000
    change = (0.75 - 0.55) - skews[0, -1]
    steep = -np.tanh((change - np.diff(skews)[0, -20:].mean()) / np.diff(skews)[0, -20:].std(ddof=1))
    unusual = np.tanh(1 / 3)
    np.testing.assert_allclose(found.parts[0], [x1, x2, steep, unusual])
    assert found.score[0] == pytest.approx(0.35 * x1 + 0.45 * x2 + 0.20 * (0.5 * steep + 0.5 * unusual))
    assert found.coverage[0] == pytest.approx(1) and found.quality[0] == pytest.approx(1)
    assert found.premium[0] == 860_000 and found.known_side[0] == 1 and found.unusual[0] == 1
    assert found.put_call[0] == 200 / 4100 and found.log_put_call[0] == pytest.approx(log_ratio)
    assert found.skew[0] == pytest.approx(0.20)
    assert found.effective_count[0] == pytest.approx(860_000**2 / (800_000**2 + 3 * 20_000**2))


@pytest.mark.parametrize(
    ("row", "signed"),
    [
        ({"is_call": True, "bought": 100.0, "sold": 0.0}, 1.0),
        ({"is_call": True, "bought": 0.0, "sold": 100.0}, -1.0),
        ({"is_call": False, "bought": 100.0, "sold": 0.0}, -1.0),
        ({"is_call": False, "bought": 0.0, "sold": 100.0}, 1.0),
        ({"is_call": True, "bought": 75.0, "sold": 25.0}, 0.5),
    ],
)
def test_premium_has_the_sign_of_what_is_hoped_for(row: dict[str, Any], signed: float) -> None:
    assert flow(row).parts[0, 1] == pytest.approx(signed)


def test_an_unknown_side_is_not_guessed() -> None:
    found = flow({"volume": 5000.0, "open_interest": 10.0})
    assert np.isnan(found.parts[0, [1, 3]]).all() and np.isnan(found.score[0])
    assert found.coverage[0] == 0 and found.quality[0] == 0 and found.known_side[0] == 0
    assert found.premium[0] == 1_000_000 and found.unusual[0] == 1  # seen, but not believed to point anywhere


def test_a_side_known_in_part_counts_in_part() -> None:
    past = history(np.tile([-0.5, 0.5], 10)[None, :])
    whole = flow({"bought": 100.0, "sold": 0.0}, before=past)
    half = flow({"bought": 50.0, "sold": 0.0}, before=past)
    assert half.known_side[0] == 0.5 and half.parts[0, 1] == whole.parts[0, 1] == 1
    assert half.coverage[0] == pytest.approx(0.35 + 0.55 / 2) and whole.coverage[0] == pytest.approx(0.90)
    x1 = half.parts[0, 0]
    assert half.score[0] == pytest.approx((0.35 * x1 + 0.45 * 0.5) / (0.35 + 0.55 / 2))


def test_quality_grows_with_the_premium() -> None:
    past = history(np.tile([-0.5, 0.5], 10)[None, :])
    small, large = (flow({"volume": volume, "bought": volume}, before=past) for volume in (100.0, 1000.0))
    assert small.quality[0] == pytest.approx(0.2 * 0.9) and large.quality[0] == pytest.approx(0.9)


def test_no_trade_no_call_no_chain() -> None:
    idle = flow({"volume": 0.0}, before=history([[0.1] * 20]))
    assert np.isnan([idle.score[0], idle.put_call[0], idle.log_put_call[0]]).all()
    assert idle.effective_count[0] == 0 and idle.quality[0] == 0
    puts = flow({"is_call": False}, before=history([[0.1] * 20]))
    assert np.isnan(puts.put_call[0]) and puts.log_put_call[0] == pytest.approx(np.log(101)) and puts.score[0] < -0.9
    none = score_options(chain(*[{}][:0]), history(stocks=2))
    assert np.isnan(none.score).all() and none.score.shape == (2,) and np.isnan(none.skew).all()
    assert score_options(chain(*[{}][:0]), history(stocks=0)).score.shape == (0,)


def test_unknown_volume_and_price_add_nothing() -> None:
    found = flow({"volume": NAN}, {"price": NAN, "bought": 100.0}, {"shares": NAN}, {})
    assert found.premium[0] == 20_000 and found.known_side[0] == 0 and found.effective_count[0] == pytest.approx(1)
    np.testing.assert_array_equal(compute_premiums(chain({"price": NAN}, {"volume": 3.0})), [0, 600])


@pytest.mark.parametrize(
    ("row", "unusual"),
    [
        ({"volume": 3001.0}, True),
        ({"volume": 3000.0}, False),  # three times, not above
        ({"volume": 3001.0, "price": 0.05}, False),  # $15,005
        ({"volume": 125.0, "open_interest": 0.0}, False),  # $25,000, not above
        ({"volume": 126.0, "open_interest": 0.0}, True),
        ({"volume": 9000.0, "open_interest": NAN}, False),  # unknown is not none
        ({"volume": NAN}, False),
    ],
)
def test_unusual(row: dict[str, Any], unusual: bool) -> None:
    assert is_unusual(chain(row))[0] == unusual
    assert len(list_unusual(chain(row))) == unusual


def test_unusual_contracts_come_with_their_reasons() -> None:
    found = list_unusual(
        chain(
            {"stock": 1, "volume": 5200.0, "bought": 2600.0, "sold": 1300.0},
            {"stock": 0, "volume": 4000.0, "open_interest": 0.0, "is_call": False, "strike": 7.5, "days": 4.0},
            {"stock": 1, "volume": 9000.0, "sold": 9000.0},
            {"stock": 0},
        )
    )
    assert [(one.stock, one.premium) for one in found] == [(0, 800_000), (1, 1_800_000), (1, 1_040_000)]
    assert found[0].reasons == ("no open interest before", "$800,000 of premium", "side unknown")
    assert found[1].reasons == ("9.0 times the open interest", "$1,800,000 of premium", "0 % bought, 100 % sold")
    assert found[2].reasons[2] == "50 % bought, 25 % sold"
    assert (found[0].is_call, found[0].strike, found[0].days, found[0].volume, found[0].open_interest) == (
        False,
        7.5,
        4.0,
        4000.0,
        0.0,
    )
    assert not any("sweep" in reason for one in found for reason in one.reasons)


@pytest.mark.parametrize(
    ("price", "bid", "ask", "side"),
    [
        (1.2, 1.0, 1.2, 1),
        (1.3, 1.0, 1.2, 1),
        (1.0, 1.0, 1.2, -1),
        (0.9, 1.0, 1.2, -1),
        (1.19, 1.0, 1.2, 0),  # between: not known
        (1.0, 1.0, 1.0, 0),  # locked
        (1.0, 1.2, 1.0, 0),  # crossed
        (0.05, 0.0, 0.05, 1),  # no bid
        (1.0, NAN, 1.2, 0),
        (NAN, 1.0, 1.2, 0),
        (0.0, 0.0, 1.2, 0),
    ],
)
def test_sides(price: float, bid: float, ask: float, side: int) -> None:
    assert classify_side([price], [bid], [ask])[0] == side


def test_a_surprise_is_measured_in_the_deviations_of_twenty_days() -> None:
    rng = np.random.default_rng(3)
    past = rng.standard_normal((4, 30))
    past[1, 20:] = NAN  # ten of the last twenty are known
    past[2, 19:] = NAN  # nine
    past[3] = 1.0  # flat: the least deviation counts
    found = compute_surprise([1.0, 1.0, 1.0, 1.05], past, 0.1)
    expected = [
        (1 - past[0, 10:].mean()) / past[0, 10:].std(ddof=1),
        (1 - past[1, 10:20].mean()) / past[1, 10:20].std(ddof=1),
    ]
    np.testing.assert_allclose(found, [*expected, NAN, 0.5])
    assert np.isnan(compute_surprise([1.0], np.zeros((1, 0)), 0.1)[0])
    assert np.isnan(compute_surprise([NAN], np.ones((1, 20)), 0.1)[0])


def test_skew_lies_between_the_deltas_around_a_quarter() -> None:
    assert compute_skew(chain(*SMILE), 1)[0] == pytest.approx(0.75 - 0.55)
    exact = [{**row, "delta": np.sign(row["delta"]) * 0.25} for row in (SMILE[0], SMILE[2])]
    assert compute_skew(chain(*exact), 1)[0] == pytest.approx(0.30)


@pytest.mark.parametrize("missing", range(4))
def test_no_skew_without_both_neighbours(missing: int) -> None:
    rows = [row for number, row in enumerate(SMILE) if number != missing]
    assert np.isnan(compute_skew(chain(*rows), 1)[0])
    for unknown in ({"delta": NAN}, {"volatility": NAN}, {"volatility": 0.0}):
        assert np.isnan(compute_skew(chain(*rows, {**SMILE[missing], **unknown}), 1)[0])


def test_skew_is_of_the_expiry_nearest_to_thirty_days() -> None:
    def at(days: float, more: float, stock: int = 0) -> list[dict[str, Any]]:
        return [
            {**row, "days": days, "stock": stock, "volatility": row["volatility"] - more * row["is_call"]}
            for row in SMILE
        ]

    rows = [*at(5, 0.3), *at(20, 0.1), *at(40, 0.2), *at(6, 0.1, stock=1), *at(90, 0.05, stock=2)]
    found = compute_skew(chain(*rows), 4)
    np.testing.assert_allclose(found, [0.30, NAN, 0.25, NAN])


def test_a_steeper_skew_is_bearish_and_needs_a_yesterday() -> None:
    skews = 0.15 + np.cumsum(np.tile([0.002, -0.002], 11))[None, :]
    assert flow(*SMILE, before=history(np.zeros((1, 0)), skews)).parts[0, 2] < -0.9
    assert flow(*SMILE, before=history(np.zeros((1, 0)), skews + 0.2)).parts[0, 2] > 0.9
    skews[0, -1] = NAN
    assert np.isnan(flow(*SMILE, before=history(np.zeros((1, 0)), skews)).parts[0, 2])


def test_what_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="more was bought"):
        chain({"bought": 60.0, "sold": 50.0})
    with pytest.raises(ValueError, match="more was bought"):
        chain({"volume": NAN, "bought": 1.0})
    good = chain({}, {})
    with pytest.raises(ValueError, match="shape"):
        Contracts(**{**{f.name: getattr(good, f.name) for f in fields(good)}, "price": np.zeros(1)})
    with pytest.raises(ValueError, match="one row per stock"):
        score_options(good, History(np.zeros((2, 0)), np.zeros((1, 0))))


def random_chain(seed: int, stocks: int = 3, size: int = 60) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    volume = rng.integers(0, 3000, size).astype(np.float64)
    side = rng.random((2, size))
    is_call = rng.random(size) < 0.5
    return {
        "stock": rng.integers(0, stocks, size),
        "is_call": is_call,
        "strike": rng.uniform(5, 20, size),
        "days": rng.choice([3.0, 17.0, 31.0], size),
        "volume": volume,
        "open_interest": np.where(rng.random(size) < 0.1, NAN, rng.integers(0, 2000, size)),
        "price": np.where(rng.random(size) < 0.1, NAN, rng.uniform(0.05, 4, size)),
        "shares": np.full(size, 100.0),
        "bought": np.where(rng.random(size) < 0.3, NAN, np.floor(volume * side[0] / 2)),
        "sold": np.where(rng.random(size) < 0.3, NAN, np.floor(volume * side[1] / 2)),
        "delta": np.where(is_call, 1, -1) * rng.uniform(0.05, 0.95, size),
        "volatility": rng.uniform(0.2, 1.5, size),
    }


@given(st.integers(0, 9999))
def test_the_score_is_in_range_its_mirror_its_opposite_and_it_does_not_jump(seed: int) -> None:
    parts = random_chain(seed)
    copies = {name: part.copy() for name, part in parts.items()}
    rng = np.random.default_rng(seed)
    before = History(rng.normal(0, 0.4, (3, 20)), rng.normal(0, 0.1, (3, 22)))
    found = score_options(Contracts(**parts), before)
    known = np.isfinite(found.score)
    assert (np.abs(found.score[known]) <= 1).all()
    assert ((found.quality >= 0) & (found.quality <= 1) & (found.coverage <= 1 + 1e-12)).all()
    nudged = score_options(Contracts(**{**parts, "price": parts["price"] * (1 + 1e-9)}), before)
    np.testing.assert_allclose(nudged.score, found.score, atol=1e-6)
    mirror = {**parts, "is_call": ~parts["is_call"], "delta": -parts["delta"]}
    turned = score_options(Contracts(**mirror), History(-before.put_call, -before.skew))
    np.testing.assert_allclose(turned.score, -found.score, atol=1e-12)
    for name, part in parts.items():
        np.testing.assert_array_equal(part, copies[name])


def test_days_before_the_twenty_and_other_stocks_do_not_matter() -> None:
    parts = random_chain(5)
    rng = np.random.default_rng(8)
    before = History(rng.normal(0, 0.4, (3, 40)), rng.normal(0, 0.1, (3, 40)))
    found = score_options(Contracts(**parts), before)
    short = score_options(Contracts(**parts), History(before.put_call[:, -20:], before.skew[:, -21:]))
    np.testing.assert_array_equal(found.score, short.score)
    mine = parts["stock"] == 1
    alone = Contracts(
        **{name: part[mine] if name != "stock" else np.zeros(mine.sum(), np.int64) for name, part in parts.items()}
    )
    np.testing.assert_allclose(
        score_options(alone, History(before.put_call[1:2], before.skew[1:2])).score[0], found.score[1], rtol=1e-12
    )
