"""The past, once: what it says, what stays a gap, killed and resumed, refused a second time."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection

from macro.collect.bootstrap import AlreadyDone, run_bootstrap
from macro.models import MacroBootstrap, MacroBootstrapCoin, MacroCoinDay, MacroMarketData, MacroSystemState
from macro.selectors import current_bootstrap, get_state, load_coin_days, load_market
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from sentiment_site.providers.errors import ProviderError
from tests.macro.collect.conftest import DAY, NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
DAY_S = 86_400
ROOT = Path(__file__).resolve().parents[3]


def test_a_year_of_days_near_the_truth(world: World, settings: Any) -> None:
    settings.MACRO_BOOTSTRAP_COINS = 30
    report = run_bootstrap(world.vendors)
    series = load_market()
    assert report.rows == len(series) == report.days == 365
    assert series.is_estimated.all() and series.is_simulated.all()
    assert (series.at % DAY_S == 0).all() and series.at[-1] == int(NOW.replace(hour=0, minute=0, second=0).timestamp())
    assert (series.event_at == series.at).all()
    crypto = world.application.world.crypto
    total, _, dominance = crypto.totals(series.at)
    # The total is estimated from the largest coins; bitcoin's own figures are the vendor's.
    assert np.abs(np.log(series.total / total)).max() < 0.05
    assert np.abs(np.log(series.total[-30:] / total[-30:])).max() < 0.02
    assert np.abs(series.btc_cap / series.total - dominance).max() < 0.04
    assert series.btc_price == pytest.approx(crypto.series(0, series.at).price, rel=1e-6)
    assert (series.stablecoins > 0).all() and (
        series.stablecoins < series.total - series.btc_cap - series.eth_cap
    ).all()
    assert world.count("/global") == 1 and world.count("market_chart") == 30 and world.count("/coins/markets") == 2


def test_rows_carry_what_is_derived(world: World) -> None:
    run_bootstrap(world.vendors)
    row = MacroMarketData.objects.order_by("timestamp").first()
    assert row is not None and row.quality == "OK" and row.data_source == "coingecko"
    assert row.alt_market_cap == pytest.approx(row.total_market_cap - row.btc_market_cap - row.eth_market_cap)
    assert row.alt_strength_ratio == pytest.approx(row.alt_market_cap / row.btc_price)
    assert row.btc_dominance == pytest.approx(row.btc_market_cap / row.total_market_cap) and row.btc_dominance < 1
    stable = row.stablecoin_market_cap
    assert row.alt_ex_stable == pytest.approx(row.alt_market_cap - stable)
    assert row.ratio_ex_stable == pytest.approx(row.alt_ex_stable / row.btc_price)
    assert row.dominance_ex_stable == pytest.approx(row.btc_market_cap / (row.total_market_cap - stable))
    assert row.btc_dominance_percent == 100 * row.btc_dominance


def test_an_earlier_moment_knows_nothing_of_it(world: World) -> None:
    run_bootstrap(world.vendors)
    assert len(load_market(NOW)) == 365
    assert len(load_market(NOW - dt.timedelta(minutes=1))) == 0
    assert load_coin_days(NOW - dt.timedelta(minutes=1)).coin_ids == ()
    panel = load_coin_days(NOW)
    assert panel.price.shape == (365, 14) and {"bitcoin", "ethereum", "tether"} <= set(panel.coin_ids)
    assert panel.is_stable[panel.coin_ids.index("tether")] and not panel.is_stable[panel.coin_ids.index("bitcoin")]


def test_the_job_shows_progress_and_is_refused_a_second_time(world: World) -> None:
    run = run_now("macro.bootstrap")
    assert (run.status, run.percent) == ("done", 100)
    assert run.reason == "365 daily rows of 365 days from 14 coins, 0 days stay gaps"
    state = get_state()
    assert state.bootstrap_completed and state.bootstrap_completed_at == NOW and state.system_status == "ACTIVE"
    world.asked.clear()
    again = run_now("macro.bootstrap")
    assert (again.status, again.reason) == ("skipped", "the bootstrap is done; only staff may force another one")
    assert world.asked == [] and MacroBootstrap.objects.count() == 1
    with pytest.raises(AlreadyDone):
        run_bootstrap(world.vendors)


def test_a_forced_one_replaces_estimates_and_keeps_what_was_known(world: World, now: clock.Frozen) -> None:
    run_bootstrap(world.vendors)
    now.move_to(NOW + DAY)
    run = run_now("macro.bootstrap", params={"force": True})
    assert run.status == "done" and current_bootstrap().is_forced
    assert MacroMarketData.objects.count() == 365 + 365
    assert MacroMarketData.objects.filter(superseded_at=NOW + DAY).count() == 364
    assert len(load_market()) == 366 and len(load_market(NOW)) == 365
    assert get_state().bootstrap_completed_at == NOW


def test_a_vendor_that_fails_half_way_costs_nothing_twice(world: World) -> None:
    world.fail("500", "coingecko", "/coins/ethereum/market_chart")
    with pytest.raises(ProviderError, match="coingecko: 500"):
        run_bootstrap(world.vendors)
    done = MacroBootstrapCoin.objects.filter(is_done=True).count()
    assert 0 < done < 14 and not MacroMarketData.objects.exists() and not get_state().bootstrap_completed
    world.recover()
    world.asked.clear()
    assert run_bootstrap(world.vendors).rows == 365
    assert world.count("market_chart") == 14 - done and world.count("/global") == 0
    assert MacroBootstrap.objects.count() == 1


def test_days_that_a_large_coin_lacks_stay_gaps(world: World) -> None:
    run_bootstrap(world.vendors)
    hole = NOW.date() - dt.timedelta(days=40)
    MacroBootstrap.objects.update(state="running", finished_at=None)
    MacroSystemState.objects.all().delete()
    MacroMarketData.objects.all().delete()
    MacroCoinDay.objects.filter(coin_id="ethereum", day=hole).delete()
    MacroCoinDay.objects.filter(coin_id="tether", day=hole - dt.timedelta(days=1)).delete()
    report = run_bootstrap(world.vendors)
    assert (report.rows, report.gaps) == (363, 2)
    missing = {gap["day"]: gap["reason"] for gap in current_bootstrap().days_missing}
    assert missing[hole.isoformat()] == "bitcoin or ether missing"
    assert missing[(hole - dt.timedelta(days=1)).isoformat()].endswith("of the basket missing")
    assert not MacroMarketData.objects.filter(timestamp__date=hole).exists()


def test_an_old_unfinished_one_is_begun_anew(world: World, now: clock.Frozen) -> None:
    world.fail("500", "coingecko", "/coins/ethereum/market_chart")
    with pytest.raises(ProviderError):
        run_bootstrap(world.vendors)
    first = current_bootstrap()
    world.recover()
    now.move_to(NOW + 8 * DAY)
    run_bootstrap(world.vendors)
    assert MacroBootstrap.objects.count() == 1 and current_bootstrap().pk != first.pk


KILLED = """
import os, signal, sys
import django
django.setup()
from macro.collect.bootstrap import run_bootstrap
from sentiment_site.market import clock
from tests.macro.collect.vendors import NOW, quick_vendors
def progress(percent, phase):
    if phase.endswith("(8 of 14)"):
        os.kill(os.getpid(), signal.SIGKILL)
with clock.frozen(NOW):
    run_bootstrap(quick_vendors(sys.argv[1]), progress=progress)
"""


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_goes_on(world: World) -> None:
    values = connection.settings_dict
    address = f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    child = subprocess.run(
        [sys.executable, "-c", KILLED, world.address],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address, "MACRO_BOOTSTRAP_COINS": "14"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    assert MacroBootstrapCoin.objects.filter(is_done=True).count() == 7 and not MacroMarketData.objects.exists()
    world.asked.clear()
    report = run_bootstrap(world.vendors)
    assert report.rows == 365 and world.count("market_chart") == 7
    assert MacroCoinDay.objects.count() == 14 * 365 and get_state().bootstrap_completed
