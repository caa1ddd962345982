"""The screening from stored rows to a stored run: reasons, funnel, causes, sectors, profiles, refusals."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest
from django.db import IntegrityError

from portfolios.models import User
from sentiment_site.market import clock
from tests.universe.market import (
    EARLY,
    SESSION,
    add_bars,
    add_funds,
    add_stock,
    known_at,
    session,
    sessions,
    source,
    walk,
)
from universe import runs, selectors, services
from universe.models import (
    Classification,
    FloatReading,
    Instrument,
    Membership,
    Quarantine,
    ReferenceReading,
    SectorProfile,
    Split,
    UniverseRun,
)
from universe.pipeline import NotEnoughBars, refresh_universe

pytestmark = pytest.mark.django_db
NAN = float("nan")


def refresh(profile: str = "strict", back: int = 0) -> UniverseRun:
    with clock.frozen(known_at(back)):
        return refresh_universe(profile=profile)


def membership(run: UniverseRun, symbol: str) -> Membership:
    return run.memberships.get(instrument__symbol=symbol)


def reasons(run: UniverseRun) -> dict[str, str]:
    return dict(run.memberships.values_list("instrument__symbol", "reason"))


def test_the_seed_examples_as_the_requirement_says() -> None:
    add_stock("SOUN", shares=34_615_385, price=5.20, volume=2.1e6, free_float=20e6)
    add_stock("BBAI", shares=31_578_947, price=3.80, volume=950e3, free_float=20e6)
    add_stock("PRPL", shares=109_756_098, price=4.10, volume=1.8e6, sector="Consumer Cyclical", sic="2510")
    add_stock("KOSS", shares=9_550_562, price=8.90, volume=3.2e6, free_float=6e6, sic="3651", sector="Technology")
    run = refresh()
    assert reasons(run) == {"SOUN": "eligible", "BBAI": "volume_low", "PRPL": "eligible", "KOSS": "eligible"}
    soun = membership(run, "SOUN")
    assert soun.market_cap == pytest.approx(180e6, rel=1e-6)
    assert (soun.tier, soun.price, soun.average_volume, soun.free_float) == ("micro", 5.2, 2.1e6, 20e6)
    assert (soun.sector, soun.sector_confidence, soun.cap_estimated) == ("technology", 1.0, True)
    assert membership(run, "PRPL").tier == "small"


def test_a_run_says_what_it_saw_and_how_many_were_left() -> None:
    add_stock("IN")
    add_stock("CHEAP", price=1.5)
    add_stock("PREF", kind="PFD")
    run = refresh()
    assert (run.session, run.as_of, run.recorded_at) == (SESSION, session().close, known_at())
    assert (run.members, run.volume_floor, run.floor_note, run.profile.name) == (1, 1_000_000, "", "strict")
    assert (run.is_simulated, run.sources) == (False, ["test file"])
    left = {stage["name"]: stage["left"] for stage in run.stages}
    assert left == {
        "all": 3,
        "listed": 3,
        "type": 2,
        "exchange": 2,
        "price": 1,
        "cap": 1,
        "volume": 1,
        "float": 1,
        "quality": 1,
        "sector": 1,
        "overrides": 1,
        "final": 1,
    }
    assert sum(sum(stage["out"].values()) for stage in run.stages) + run.members == run.memberships.count() == 3


def test_reasons_for_everyone() -> None:
    add_stock("SPAC", sic="6770", name="Ares Acquisition Corp.")
    add_stock("FUND", name="Nuveen Municipal Fund")
    add_stock("ARCA", exchange="ARCX")
    add_stock("HALTED", price=[10.0] * 59 + [NAN])
    add_stock("NOVOLUME", volume=[2e6] * 59 + [0])
    add_stock("DEAR", price=100.5)
    add_stock("TINY", shares=900_000)
    add_stock("HUGE", shares=300_000_000)
    add_stock("NOCAP", shares=None)
    add_stock("IPO", count=14)
    add_stock("THIN", volume=500e3)
    add_stock("LOCKED", free_float=9e6)
    add_stock("NOFLOAT", free_float=None)
    add_stock("NOSECTOR", sector="Miscellaneous", sic="")
    add_stock("GOOD")
    run = refresh()
    assert reasons(run) == {
        "SPAC": "blank_check",
        "FUND": "fund_like",
        "ARCA": "exchange_not_screened",
        "HALTED": "no_recent_trade",
        "NOVOLUME": "no_recent_trade",
        "DEAR": "price_high",
        "TINY": "cap_low",
        "HUGE": "cap_high",
        "NOCAP": "cap_unknown",
        "IPO": "too_new",
        "THIN": "volume_low",
        "LOCKED": "float_low",
        "NOFLOAT": "float_unknown",
        "NOSECTOR": "sector_unknown",
        "GOOD": "eligible",
    }


def test_coverage_estimates_a_missing_float_and_notes_a_relaxed_floor() -> None:
    add_stock("NOFLOAT", free_float=None)
    add_stock("THIN", volume=120e3)
    run = refresh("coverage")
    assert reasons(run) == {"NOFLOAT": "eligible", "THIN": "eligible"}
    assert run.floor_note == "Even 100,000 shares a day leave only 2 names; 1,500 are wanted."
    assert membership(run, "NOFLOAT").float_estimated
    assert membership(run, "NOFLOAT").free_float == 50e6


def test_a_vendor_cap_moves_with_the_price_since_its_day() -> None:
    price = [10.0] * 55 + [11.0] * 5
    stock = add_stock("MOVED", price=price)
    ReferenceReading.objects.create(
        instrument=stock,
        effective_on=sessions()[54],
        market_cap=600_000_000,
        source=source("fmp"),
        recorded_at=known_at(5),
    )
    row = membership(refresh(), "MOVED")
    assert row.market_cap == pytest.approx(660e6)
    assert not row.cap_estimated


def test_a_row_that_is_silent_about_something_erases_nothing() -> None:
    stock = add_stock("QUIET", cap=500_000_000)
    for back, values in ((9, {"shares_outstanding": 51_000_000}), (8, {"vendor_sector": "Energy"}), (7, {})):
        ReferenceReading.objects.create(
            instrument=stock,
            effective_on=session(back).date,
            source=source(),
            recorded_at=known_at(back),
            **values,
        )
    row = membership(refresh(), "QUIET")
    assert (row.market_cap, row.cap_estimated, row.sector, row.sector_confidence) == (510e6, True, "energy", 0.625)


def test_shares_floats_and_volumes_follow_a_split() -> None:
    price = [40.0] * 50 + [10.0] * 10
    volume = [500_000.0] * 50 + [2_000_000.0] * 10
    stock = add_stock("SPLIT", price=price, volume=volume, shares=12_500_000, free_float=7_500_000, short=750_000)
    Split.objects.create(
        instrument=stock,
        execution_date=sessions()[50],
        split_from=1,
        split_to=4,
        source=source(),
        recorded_at=known_at(12),
    )
    Quarantine.objects.all().delete()
    add_stock("OTHER")
    # counted after its split: not multiplied again
    FloatReading.objects.create(
        instrument=stock, effective_on=sessions()[52], free_float=31e6, source=source("fmp"), recorded_at=known_at(7)
    )
    row = membership(refresh(back=8), "SPLIT")
    assert (row.reason, row.market_cap, row.free_float) == ("eligible", 500e6, 30e6)
    assert row.average_volume == pytest.approx(2e6)
    assert row.short_percent == pytest.approx(10.0)
    assert membership(refresh(), "SPLIT").free_float == 31e6


def test_quarantine_excludes_until_released() -> None:
    stock = add_stock("DOUBT")
    Quarantine.objects.create(
        instrument=stock,
        reason="discontinuity",
        session=sessions()[57],
        recorded_at=known_at(2),
    )
    assert membership(refresh(), "DOUBT").reason == "quarantined"
    operator = User.objects.create_user("op", password="x")
    with clock.frozen(known_at()):
        services.release_quarantine(Quarantine.objects.get(), operator, "checked against the exchange")
    with clock.frozen(known_at() + dt.timedelta(minutes=1)):
        assert membership(refresh_universe(profile="strict"), "DOUBT").reason == "eligible"


def test_gap_frequency_and_short_interest_are_stored() -> None:
    opens = [10.0] * 60
    opens[30:36] = [10.6] * 6
    add_stock("GAPPY", opens=opens, short=3_000_000)
    row = membership(refresh(), "GAPPY")
    assert row.gap_frequency == pytest.approx(6 / 59)
    assert row.short_percent == pytest.approx(10.0)


def test_sector_profiles_measure_the_members() -> None:
    add_stock("UP", price=np.round(10 * 1.01 ** np.arange(60), 4))
    add_stock("OUT", price=1.0)
    run = refresh()
    profiles = selectors.sector_profiles(run)
    assert len(profiles) == 8
    assert profiles["technology"].members == 1
    assert profiles["technology"].daily_volatility == pytest.approx(1.0, abs=1e-3)
    assert profiles["technology"].gap_frequency == 0.0
    assert (profiles["energy"].members, profiles["energy"].daily_volatility) == (0, None)


def test_an_etf_that_is_clearly_followed_is_evidence() -> None:
    add_funds()
    add_stock("FOLLOW", price=walk("XLE", start=20.0), sector="Technology", sic="1311")
    add_stock("LONER", price=walk("LONER", start=20.0), sector="Energy", sic="1311")
    refresh()
    follow = Classification.objects.get(instrument__symbol="FOLLOW")
    assert [item["source"] for item in follow.evidence] == ["vendor sector", "SIC code", "ETF correlation"]
    assert follow.evidence[2]["sector"] == "energy"
    assert follow.evidence[2]["says"].startswith("XLE 1.00")
    assert (follow.sector, follow.confidence) == ("technology", Decimal("0.500"))
    loner = Classification.objects.get(instrument__symbol="LONER")
    assert (loner.sector, loner.confidence, len(loner.evidence)) == ("energy", Decimal("1.000"), 2)


def test_a_classification_is_a_row_per_change() -> None:
    stock = add_stock("MOVES")
    refresh(back=1)
    refresh()
    assert Classification.objects.count() == 1
    ReferenceReading.objects.create(
        instrument=stock,
        effective_on=SESSION,
        shares_outstanding=50_000_000,
        vendor_sector="Energy",
        sic_code="1311",
        source=source(),
        recorded_at=known_at(),
    )
    with clock.frozen(known_at() + dt.timedelta(hours=1)):
        refresh_universe(profile="strict")
    rows = Classification.objects.order_by("pk").values_list("sector", "effective_on", "recorded_at")
    assert list(rows) == [
        ("technology", session(1).date, known_at(1)),
        ("energy", SESSION, known_at() + dt.timedelta(hours=1)),
    ]


def test_a_classification_from_stored_rows_is_unknown_when_evidence_is_gone() -> None:
    add_stock("LOST", sector="", sic="")
    run = refresh()
    assert membership(run, "LOST").reason == "sector_unknown"
    assert membership(run, "LOST").sector_confidence is None
    assert not Classification.objects.exists()


def test_joined_and_left_with_cause() -> None:
    add_stock("RISES", price=[1.9] * 59 + [2.1], shares=100_000_000)
    add_stock("FALLS", price=[2.05] * 59 + [1.87], shares=100_000_000)
    add_stock("STAYS")
    gone = add_stock("GONE")
    first = refresh(back=1)
    assert set(first.memberships.values_list("change", flat=True)) == {""}
    Instrument.objects.filter(pk=gone.pk).update(delisted_on=SESSION)
    add_stock("NEW", known=known_at())
    run = refresh()
    changes = {row.instrument.symbol: (row.change, row.change_cause) for row in selectors.list_changes(run)}
    assert changes == {
        "RISES": ("joined", "price 2.1 >= 2"),
        "NEW": ("joined", "newly listed"),
        "FALLS": ("left", "price 1.87 < 2"),
        "GONE": ("left", "delisted"),
    }
    assert membership(run, "GONE").reason == "delisted"
    assert run.stages[1] == {"name": "listed", "left": 4, "out": {"delisted": 1}, "joined": 0}
    with clock.frozen(known_at() + dt.timedelta(minutes=5)):
        again = refresh_universe(profile="strict")
    assert not selectors.list_changes(again).exists()
    assert "GONE" not in reasons(again)


def test_a_change_of_profile_is_part_of_the_cause() -> None:
    add_stock("THIN", volume=500e3)
    refresh()
    with clock.frozen(known_at() + dt.timedelta(minutes=1)):
        run = refresh_universe(profile="coverage")
    row = membership(run, "THIN")
    assert (row.change, row.change_cause) == ("joined", "coverage v1: volume floor 1M -> 100k")


def test_overrides_include_exclude_sector_and_their_end() -> None:
    operator = User.objects.create_user("op", password="x")
    thin, good = add_stock("THIN", volume=500e3), add_stock("GOOD")
    refresh(back=1)
    with clock.frozen(known_at(1)):
        include = services.create_override("include", operator, "squeeze watch", instrument=thin)
        services.create_override(
            "exclude", operator, "reverse merger", instrument=good, expires_at=known_at() + dt.timedelta(hours=1)
        )
        services.create_override("sector", operator, "bitcoin miner", instrument=good, sector="energy")
    run = refresh()
    assert reasons(run) == {"THIN": "override_include", "GOOD": "override_exclude"}
    assert membership(run, "THIN").change_cause == "override"
    assert membership(run, "GOOD").change_cause == "override"
    assert (membership(run, "GOOD").sector, membership(run, "GOOD").sector_confidence) == ("energy", 1.0)
    later = known_at() + dt.timedelta(hours=2)
    with clock.frozen(later):
        services.withdraw_override(include, operator)
        after = refresh_universe(profile="strict")
    assert reasons(after) == {"THIN": "volume_low", "GOOD": "eligible"}
    assert membership(after, "THIN").change_cause == "override ended; volume 500k < 1M"
    assert membership(after, "GOOD").change_cause == "override ended"


def test_nothing_is_saved_when_saving_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    add_stock("GOOD")

    def broken(*args: object) -> list[SectorProfile]:
        raise IntegrityError("no room")

    monkeypatch.setattr(runs, "_sector_profiles", broken)
    with pytest.raises(IntegrityError):
        refresh()
    assert not UniverseRun.objects.exists()
    assert not Membership.objects.exists()
    assert not Classification.objects.exists()


def test_progress_is_told_and_the_job_is_remembered() -> None:
    add_stock("GOOD")
    seen: list[tuple[float, str]] = []
    with clock.frozen(known_at()):
        run = refresh_universe(
            profile="strict", progress=lambda percent, phase: seen.append((percent, phase)), job_run_id=7
        )
    assert seen == [(0, "loading"), (50, "screening"), (80, "saving"), (100, "done")]
    assert run.job_run_id == 7


def test_an_earlier_session_by_name() -> None:
    add_stock("GOOD")
    with clock.frozen(known_at()):
        run = refresh_universe(session=session(3).date, profile="strict")
    assert (run.session, run.as_of) == (session(3).date, session(3).close)


@pytest.mark.parametrize(
    ("date", "message"),
    [
        (dt.date(2026, 8, 22), "2026-08-22 is no trading day"),
        (dt.date(2026, 8, 24), "2026-08-24 has not closed yet"),
    ],
)
def test_days_that_cannot_be_screened(date: dt.date, message: str) -> None:
    with clock.frozen(known_at()), pytest.raises(ValueError, match=message):
        refresh_universe(session=date)


def test_sessions_without_their_bars_are_refused() -> None:
    with pytest.raises(NotEnoughBars, match="2026-08-21: bars of 0 stocks, of 0 on the sessions before"):
        refresh()
    for number in range(5):
        add_stock(f"S{number}", price=[10.0] * 59 + [10.0 if number < 2 else NAN])
    with pytest.raises(NotEnoughBars, match="bars of 2 stocks, of 5"):
        refresh()
    assert not UniverseRun.objects.exists()


def test_an_unknown_profile_is_named_with_those_that_exist() -> None:
    add_stock("GOOD")
    with pytest.raises(LookupError, match="no screening profile is called 'wild'; there are: coverage, strict"):
        refresh("wild")


def test_the_default_profile_is_the_setting(settings: object) -> None:
    add_stock("GOOD")
    with clock.frozen(known_at()):
        assert refresh_universe().profile.name == "coverage"


def test_simulated_input_marks_the_run() -> None:
    stock = add_stock("SIM")
    FloatReading.objects.create(
        instrument=stock,
        effective_on=SESSION,
        free_float=31_000_000,
        source=source("polygon (simulated)", "simulated"),
        recorded_at=known_at(),
    )
    run = refresh()
    assert run.is_simulated
    assert run.sources == ["test file", "polygon (simulated)"]


def test_readers_of_the_newest_run_and_of_the_past() -> None:
    add_stock("GOOD", short=3_000_000)
    assert selectors.current_run() is None
    older, newer = refresh(back=1), refresh()
    backfilled_at = known_at() + dt.timedelta(hours=1)
    with clock.frozen(backfilled_at):
        backfilled = refresh_universe(session=session(2).date, profile="strict")
        assert selectors.age_of(backfilled) == backfilled_at - session(2).close
    assert selectors.current_run() == newer
    assert selectors.current_run(known_at()) == newer
    assert selectors.current_run(known_at() - dt.timedelta(seconds=1)) == older
    assert selectors.current_run(EARLY) is None
    assert list(selectors.list_runs()) == [newer, older, backfilled]
    assert list(selectors.list_runs(known_at(1))) == [older]
    table = selectors.list_members(newer)
    assert (table.symbols, table.sectors, table.tiers, len(table)) == (("GOOD",), ("technology",), ("small",), 1)
    assert table.instrument_ids.dtype == np.int32
    assert table.market_cap.tolist() == [500e6]
    assert table.short_percent.tolist() == pytest.approx([10.0])


def test_an_empty_run_has_an_empty_table() -> None:
    add_stock("CHEAP", price=1.0)
    table = selectors.list_members(refresh())
    assert len(table) == 0
    assert table.market_cap.shape == (0,)


def test_weights_follow_the_overrides_in_force() -> None:
    operator = User.objects.create_user("op", password="x")
    with clock.frozen(known_at(1)):
        services.create_override("weight", operator, "calm", sector="energy", weight=Decimal("1.05"))
    assert selectors.get_sector_weights(known_at(2))["energy"] == 1.2
    weights = selectors.get_sector_weights(known_at())
    assert (weights["energy"], weights["healthcare"]) == (1.05, 1.5)


def test_benchmarks_and_sources_by_name() -> None:
    made = add_funds()
    assert selectors.benchmark_ids() == {symbol: row.pk for symbol, row in made.items()}
    assert {row.name for row in selectors.source_by_id().values()} == {"test file"}


def test_bars_of_a_day_that_was_quarantined_leave_the_doubt_as_the_reason() -> None:
    add_stock("GOOD")
    stock = add_stock("JUMP", price=[10.0] * 59 + [NAN])
    add_bars(stock, [SESSION], 30.0, 2e6)
    assert Quarantine.objects.get().reason == "discontinuity"
    row = membership(refresh(), "JUMP")
    assert (row.reason, row.price) == ("quarantined", None)
