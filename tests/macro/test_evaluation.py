"""The evaluation's own arithmetic, on small tables written here; and the report on the real history."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from sklearn.metrics import balanced_accuracy_score

from macro.evaluation.history import load_history
from macro.evaluation.labels import PERIODS, classify_naive, label_days
from macro.evaluation.report import render_report
from macro.evaluation.scoreboard import (
    Aftermath,
    Agreement,
    PeriodScore,
    Persistence,
    Scoreboard,
    _forward,
    balanced_accuracy,
    mean_by_blocks,
)
from macro.kernels.parameters import ALT, BEAR, BTC, NEITHER
from sentiment_site.quant.calibration import Interval, block_counts

DAYS = pd.date_range("2020-01-01", periods=60)


def write_files(folder: Path, total: list[float] | None = None, dominance: list[float] | None = None) -> None:
    """A market of 60 days: bitcoin 100, ether 20, everything 200; the total ends after 40 days."""
    tables = {
        "btc_coingecko_daily_price_mcap_to_x": {"price": [10.0] * 40, "market_cap": [100.0] * 40},
        "eth_coingecko_daily_price_mcap_to_x": {"price": [1.0] * 40, "market_cap": [20.0] * 40},
        "total_crypto_market_cap_coingecko_x": {"total_market_cap": total or [200.0] * 40},
        "btc_dominance_daily_x": {"btc_dominance": dominance or [40.0] * 60},
        "btc_coinmarketcap_daily_x": {"close": [11.0] * 60, "marketCap": [110.0] * 60},
    }
    for name, columns in tables.items():
        frame = pd.DataFrame(columns)
        frame.insert(0, "date", DAYS[: len(frame)].strftime("%Y-%m-%d"))
        with gzip.open(folder / f"{name}.csv.gz", "wt") as file:
            frame.to_csv(file, index=False)


def test_files_become_one_history(tmp_path: Path) -> None:
    write_files(tmp_path)
    history = load_history(tmp_path)
    bars = history.bars
    assert len(bars.at) == 60 and history.doubts == ()
    assert bars.at[0] == dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp()
    assert history.linked_from == dt.date(2020, 2, 10) and bars.estimated.tolist() == [False] * 40 + [True] * 20
    # the other vendor's dominance of 40 % means 250 where this one said 200: scaled by .8, then bitcoin is 110
    np.testing.assert_allclose(bars.total_cap[40:], 110 / 0.4 * 0.8)
    np.testing.assert_allclose(bars.eth_cap[40:], (220 - 110) * 20 / 100)
    np.testing.assert_allclose(bars.btc_price, [10.0] * 40 + [11.0] * 20)


def test_dirt_is_quarantined_with_its_reason(tmp_path: Path) -> None:
    total = [200.0] * 40
    total[5], total[10], total[20:24] = 90.0, 900.0, [900.0, 890.0, 900.0, 910.0]
    dominance = [40.0] * 60
    dominance[50] = 104.78
    write_files(tmp_path, total, dominance)
    history = load_history(tmp_path)
    found = [(doubt.day.day, doubt.series, doubt.reason[:6]) for doubt in history.doubts]
    assert found == [
        (20, "dominance", "bitcoi"), (6, "total", "the wh"), (11, "total", "a jump"),
        (21, "total", "a jump"), (22, "total", "a jump"), (23, "total", "a jump"),
        (25, "total", "a jump"), (26, "total", "a jump"), (27, "total", "a jump"),
    ]  # fmt: skip
    # a day that is not believed is stood for by the day before; a new level is believed on its fourth day
    assert history.bars.total_cap[[5, 10, 20, 23]].tolist() == [200.0, 200.0, 200.0, 910.0]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no btc_coingecko"):
        call_command("evaluate_regime", folder=tmp_path)


def test_balanced_accuracy_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    labels = rng.choice(np.array(["a", "b", "c", ""], dtype=object), 200)
    said = rng.choice(np.array(["a", "b", "c", "d"], dtype=object), 200)
    known = labels != ""
    with pytest.warns(UserWarning, match="y_pred contains classes"):
        oracle = balanced_accuracy_score(labels[known], said[known])
    assert balanced_accuracy(labels, said) == pytest.approx(oracle)
    assert np.isnan(balanced_accuracy(np.array([""], dtype=object), said[:1]))


def test_the_labels_do_not_overlap() -> None:
    ordered = sorted(PERIODS, key=lambda period: period.first)
    assert all(one.last < other.first for one, other in itertools.pairwise(ordered))
    days = pd.date_range("2018-01-19", "2018-02-16")
    assert label_days(days).tolist() == ["ALT_SEASON"] * 2 + [""] * 25 + ["BEAR_MARKET"] * 2


def test_the_rule_of_thumb() -> None:
    price = np.r_[np.full(230, 10.0), 11.0, 9.0, 11.0, 11.0]
    dominance = np.r_[np.full(230, 0.50), 0.50, 0.50, 0.53, 0.47]
    assert classify_naive(price, dominance)[-4:].tolist() == [NEITHER, BEAR, BTC, ALT]


def test_forward_returns_and_falls() -> None:
    returns, falls = _forward(np.array([0.0, -0.2, 0.1, 0.3]), 2)
    np.testing.assert_allclose(returns, [0.1, 0.5, np.nan, np.nan])
    np.testing.assert_allclose(falls, [-0.2, 0.0, np.nan, np.nan])
    assert np.isnan(_forward(np.zeros(2), 2)[0]).all()


def test_the_interval_is_wider_than_that_of_independent_days() -> None:
    rng = np.random.default_rng(2)
    values = np.repeat(rng.normal(0, 1, 40), 30)  # 1,200 days, only 40 of them independent
    chosen = np.ones(1200, dtype=np.bool_)
    counts = block_counts(1200, 60, 500, 1)
    found = mean_by_blocks(values, chosen, counts)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low > 3 * 2 * 1.96 * values.std() / np.sqrt(1200)
    assert np.isnan(mean_by_blocks(values, np.zeros(1200, dtype=np.bool_), counts).value)


def test_a_history_that_needs_no_continuation(tmp_path: Path) -> None:
    write_files(tmp_path, dominance=[40.0] * 40)
    history = load_history(tmp_path)
    assert history.linked_from is None and not history.bars.estimated.any() and len(history.bars.at) == 40


def test_what_is_unknown_is_a_dash_in_the_report(tmp_path: Path) -> None:
    write_files(tmp_path, dominance=[40.0] * 40)
    nothing = Interval(np.nan, np.nan, np.nan)
    board = Scoreboard(
        DAYS, (Agreement("the engine", np.nan, 0.5, 0.5, 1.0),), (PeriodScore(PERIODS[0], 0.0, 0.5, None),), 1,
        (0.1, 0.2), 0.0, {"BTC_SEASON": 1.0}, (Aftermath("ACTIVE", 0.0, 0, (nothing,) * 2, (nothing,) * 2),),
        (Persistence(0.0, 0.1, 0, np.nan),), (), (0,) * 10,
    )  # fmt: skip
    report = render_report(board, load_history(tmp_path))
    assert "| the engine | – | 0.50 | 0.50 | 1.0 |" in report
    assert "| never |" in report and "| ACTIVE | 0.00 | 0 | – | – | – | – |" in report
    assert "Quarantined: 0 values." in report and "another vendor" not in report


@pytest.mark.real_data
@pytest.mark.timeout(120)
def test_the_real_history(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of docs/methods/crypto-regime.md hold: well above the rule of thumb, dirt of 2013 out."""
    from macro.evaluation import scoreboard

    folder = shared_data / "crypto"
    if not folder.is_dir():
        pytest.skip(f"no crypto history at {folder}")
    few = scoreboard.list_settings()[::48]
    monkeypatch.setattr(scoreboard, "list_settings", lambda _: few)
    out = StringIO()
    call_command("evaluate_regime", folder=folder, stdout=out)
    report = out.getvalue()
    assert "* dominance: 13 (bitcoin's share is 100 % or more), 2013-05-03 to 2013-11-26" in report
    rows = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:] for line in report.splitlines() if " | " in line}
    engine, naive = rows["the engine"], rows["rule of thumb (dominance 30 d, 200-day average)"]
    assert float(engine[0]) >= 0.90 and float(engine[1]) >= 0.84
    assert float(engine[2]) > float(naive[2]) + 0.08
    assert float(engine[3].strip(" |")) < 10 < float(naive[3].strip(" |"))
