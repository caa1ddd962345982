"""Simulated bars look like real ones, measured by the same functions on both; those functions on known numbers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from sentiment_site.market import calendar
from sentiment_site.simulator import moments
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.panel import Panel, PanelError, real_panels, simulated_panels

REAL = Path(__file__).resolve().parents[3].parent / "shared" / "data"
SMALL_CAPS = REAL / "bars" / "smallcap_daily_ohlcv_yahoo_20221201_20240308_plus_memes_2018.parquet"
BAND = {  # between the two real panels and methods.md, with a quarter more on either side
    "daily sigma, median": [(0.030, 0.061)],
    "P(abs r > 5/10/15 %)": [(0.13, 0.30), (0.028, 0.075), (0.011, 0.028)],
    "P(abs r > 30/50 %)": [(0.0025, 0.0062), (0.0008, 0.0023)],
    "P(abs gap > 10/15/30 %)": [(0.0065, 0.0175), (0.0034, 0.0090), (0.0011, 0.0027)],
    "ln RV, mean/sd": [(-0.21, -0.10), (0.48, 0.75)],
    "ln RV, lag-1 autocorrelation": [(0.42, 0.56)],
    "corr(ln RV, ln(1 + abs z))": [(0.33, 0.44)],
}


def market_of(seed: int, names: int = 8000, sessions: int = 120) -> Market:
    market = Market(Parameters(dt.date(2026, 8, 21), seed, names, sessions))
    market.generate_until(dt.datetime(2026, 8, 21, 21, tzinfo=dt.UTC))
    return market


def test_moments_lie_among_the_real_ones() -> None:
    panels = [panel for seed in (3, 4, 5) for panel in simulated_panels(market_of(seed))]
    table = moments.compute_moments(panels)
    for name, bands in BAND.items():
        for value, (low, high) in zip(table[name], bands, strict=True):
            assert low < value < high, (name, value)


@pytest.mark.real_data
@pytest.mark.skipif(not SMALL_CAPS.exists(), reason="the real bars are not beside the repository")
def test_the_bands_hold_the_real_small_caps() -> None:
    table = moments.compute_moments(real_panels(SMALL_CAPS))
    for name, bands in BAND.items():
        for value, (low, high) in zip(table[name], bands, strict=True):
            assert low < value < high, (name, value)
    assert table["R2 on the market, added by the sector"] == ()  # no sectors given


def test_on_known_numbers() -> None:
    rng = np.random.default_rng(1)
    overall, sector = rng.normal(0, 0.02, (240, 1)), rng.normal(0, 0.01, (240, 2))
    moves = overall + np.repeat(sector, 40, axis=1) + rng.normal(0, 0.02, (240, 80))
    moves[0, 0] = 0.6
    volume = np.full((240, 80), 1e6)
    volume[100:] = 2e6
    table = moments.compute_moments([Panel(moves, None, volume, np.repeat([0, 1], 40))])
    assert table["P(abs r > 30/50 %)"] == pytest.approx((1 / moves.size, 1 / moves.size))
    assert table["P(abs gap > 10/15/30 %)"] == ()
    assert table["daily sigma, median"][0] == pytest.approx(0.03, abs=0.002)
    alone, added = table["R2 on the market, added by the sector"]
    # the mean of two sectors of equal weight holds half of the variance that each of them has of its own
    assert alone == pytest.approx((0.0004 + 0.00005) / 0.0009, abs=0.06)
    assert added == pytest.approx(0.00005 / 0.0009, abs=0.02)
    first = np.log(2.0) + sum(np.log(2.0 / (1 + back / 20)) for back in range(1, 20))
    assert table["ln RV, mean/sd"][0] == pytest.approx(first / 220)
    assert table["equal-weight market sigma"][0] == pytest.approx(0.0212, abs=0.002)


def write_bars(path: Path, **columns: object) -> None:
    """40 securities over 121 sessions; `columns` overwrite."""
    dates = [session.date for session in calendar.recent_sessions(dt.datetime(2025, 12, 2, tzinfo=dt.UTC), 121)]
    rng = np.random.default_rng(2)
    rows = len(dates) * 40
    close = 10.0 * np.exp(np.cumsum(rng.normal(0, 0.03, (40, len(dates))), axis=1)).ravel()
    frame = pd.DataFrame({"symbol": np.repeat([f"S{index:02}" for index in range(40)], len(dates)), "date": dates * 40})
    frame["close"], frame["volume"] = close, np.round(1.5e6 * np.exp(rng.normal(0, 0.2, rows)))
    duckdb.from_df(frame.assign(**columns)).write_parquet(str(path))


def test_a_split_is_no_move(tmp_path: Path) -> None:
    """S00 splits ten for one on the 61st session: its closes fall to a tenth, its shares rise tenfold."""
    path, splits = tmp_path / "bars.parquet", tmp_path / "splits.csv"
    write_bars(path, shares=1e7)
    bars = duckdb.read_parquet(str(path)).order("symbol, date").df()
    before = bars["volume"].to_numpy(copy=True)[1:121]
    bars.loc[60:120, ["close", "volume"]] *= [0.1, 10.0]
    duckdb.from_df(bars).write_parquet(str(path))
    (blind,) = real_panels(path)
    assert blind.moves.min() < -0.85 and blind.gaps is None
    splits.write_text(f"symbol,date,ratio\nS00,{bars['date'][60].date()},0.1\nNONE,2025-01-02,2\n")
    (panel,) = real_panels(path, splits=splits)
    assert panel.moves.shape == (120, 40) and np.abs(panel.moves).max() < 0.2
    assert panel.volume[:, 0] == pytest.approx(10.0 * before)


def test_what_is_no_panel_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bars.parquet"
    write_bars(path)
    with pytest.raises(PanelError, match="open, shares"):
        real_panels(path)
    write_bars(path, open=5.0, close=1.0)
    with pytest.raises(PanelError, match="no window of 120 sessions"):
        real_panels(path)
    assert moments.main(["--real", str(path), "--names", "40"]) == 2
    assert "no window" in capsys.readouterr().err


def test_units_of_issuers_are_left_out_and_sectors_are_numbered(tmp_path: Path) -> None:
    path, symbols = tmp_path / "bars.parquet", tmp_path / "symbols.csv"
    write_bars(path, open=10.0)
    symbols.write_text("symbol,name,sector\nS00,Some Warrants,Energy\nS01,A Corp. Common Stock,Energy\nS02,B,Finance\n")
    (panel,) = real_panels(path, symbols)
    assert panel.moves.shape == (120, 39) and panel.gaps is not None
    assert panel.sector[:3].tolist() == [0, 1, -1]


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    write_bars(path, open=10.0)
    asked = ["--names", "600", "--sessions", "30", "--anchor", "2025-12-01", "--seed", "6", "--seeds", "2"]
    assert moments.main([*asked, "--real", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "real 1: bars.parquet, 1 windows, 40 to 40 securities, 4800 daily moves" in printed
    assert "simulated: 600 names to 2025-12-01, seeds from 6, 2 windows" in printed
    assert "| moment | methods 10.4 | real 1 | simulated |" in printed
    assert "| daily sigma, median | .049 | .0" in printed
    assert printed.count("\n| ") == 15
