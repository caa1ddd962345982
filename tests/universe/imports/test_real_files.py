"""The real market beside the repository, slices of it: what the files promise is what is stored."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from django.db import connection

from universe import bars
from universe.models import Instrument, Split

from .conftest import Running

pytestmark = [pytest.mark.django_db, pytest.mark.real_data]

DAILY = "market/us_daily_close_volume_shares_20240102_20260821.parquet"


def real(shared_data: Path, name: str) -> Path:
    path = shared_data / name
    if not path.is_file():
        pytest.skip(f"no real data at {path}")
    return path


def test_a_slice_of_the_whole_market(shared_data: Path, run: Running) -> None:
    out = run(
        "import_bars", real(shared_data, DAILY), "--start", "2024-05-06", "--end", "2024-05-14", "--delay-s", "900"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT ts), count(DISTINCT instrument_id) FROM bar_1d")
        sessions, instruments = cursor.fetchone()
    assert sessions == 7
    assert 4_500 < instruments < 6_000
    assert "0 rows without a price" in out
    gme = Instrument.objects.get(symbol="GME").pk
    panel = bars.load_daily([gme], [dt.date(2024, 5, 10), dt.date(2024, 5, 13), dt.date(2024, 5, 14)])
    # the second squeeze: 17.46, 30.45, 48.75
    assert np.allclose(panel.close, [[17.46, 30.45, 48.75]])


def test_a_real_split_adjusts_real_closes(shared_data: Path, run: Running) -> None:
    run("import_reference", real(shared_data, "market/price_discontinuities_splits.csv.gz"), "--kind", "splits")
    run("import_bars", real(shared_data, DAILY), "--symbols", "NVDA", "--start", "2024-06-06", "--end", "2024-06-11")
    nvda = Instrument.objects.get(symbol="NVDA").pk
    assert Split.objects.get(instrument=nvda, execution_date="2024-06-10").split_to == 10
    sessions = [dt.date(2024, 6, 7), dt.date(2024, 6, 10)]
    raw, adjusted = (bars.load_daily([nvda], sessions, adjust=adjust).close[0] for adjust in (False, True))
    assert raw[0] == pytest.approx(10 * adjusted[0], rel=1e-5)
    assert raw[1] == adjusted[1]
    assert abs(adjusted[1] / adjusted[0] - 1) < 0.05


def test_symbols_ever_listed_and_their_floats(shared_data: Path, run: Running) -> None:
    symbols = real(shared_data, "market/us_symbols_reference_2021_2026.csv.gz")
    assert "14,225 instruments" in run("import_reference", symbols, "--kind", "symbols")
    kinds = dict(Instrument.objects.filter(symbol__in=["GME", "BRK.B", "PHUNW", "IBIT"]).values_list("symbol", "kind"))
    assert kinds == {"GME": "CS", "BRK.B": "CS", "PHUNW": "WARRANT", "IBIT": "ETF"}
    floats = real(shared_data, "market/finviz_float_short_2023-08.csv.gz")
    out = run("import_reference", floats, "--kind", "float", "--effective-on", "2023-08-31")
    assert "8,550 rows, 1 repeated" in out


def test_minutes_through_halts_become_half_hours(shared_data: Path, run: Running) -> None:
    path = real(shared_data, "bars/intraday_1min_GME_20201218_20210212.parquet")
    out = run("import_bars", path, "--aggregate", "--start", "2021-01-25", "--end", "2021-01-28")
    assert "33 outside trading hours" not in out
    gme = Instrument.objects.get(symbol="GME").pk
    starts = [dt.datetime(2021, 1, 28, hour, minute, tzinfo=dt.UTC) for hour in range(14, 21) for minute in (0, 30)][1:]
    panel = bars.load_intraday([gme], starts)
    assert np.isfinite(panel.close).all()
    assert 100 < float(panel.close.min()) < float(panel.close.max()) < 500


def test_five_minutes_of_stocks_without_the_coins(shared_data: Path, run: Running, refused: Running) -> None:
    path = real(shared_data, "bars/intraday_5min_20251223_20260320_43stocks_etfs_btc_eth.parquet")
    assert "is not a session" in refused("import_bars", path, "--aggregate")
    out = run("import_bars", path, "--aggregate", "--without", "BTC-USD,ETH-USD", "--end", "2025-12-26")
    with connection.cursor() as cursor:
        cursor.execute("SELECT ts::date, count(*) FROM bar_30m GROUP BY 1 ORDER BY 1")
        counts = cursor.fetchall()
    # 13 half-hours of 43 names; on Christmas Eve the market closed at 13:00
    assert counts == [(dt.date(2025, 12, 23), 559), (dt.date(2025, 12, 24), 301), (dt.date(2025, 12, 26), 559)]
    assert "43 instruments" in out
