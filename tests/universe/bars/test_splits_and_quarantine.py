"""Splits applied when reading, doubts raised when storing, both as they were known at a moment."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from django.db import connection

from sentiment_site.market import calendar, clock
from universe import bars
from universe.models import DataSource, Quarantine, Split

from .conftest import LONG_AGO, Storing, days, midnight, moment, row

pytestmark = pytest.mark.django_db

WEEK = ["2024-05-13", "2024-05-14", "2024-05-15", "2024-05-16", "2024-05-17"]


def split(
    instrument_id: int, date: str, old: float, new: float, source: DataSource, known: dt.datetime = LONG_AGO
) -> None:
    Split.objects.create(
        instrument_id=instrument_id,
        execution_date=date,
        split_from=old,
        split_to=new,
        source=source,
        recorded_at=known,
    )


def doubts() -> list[tuple[str, str, bool]]:
    return [
        (row.reason, row.session.isoformat(), row.released_at is None)
        for row in Quarantine.objects.order_by("instrument_id", "session", "reason")
    ]


# --- splits


def test_prices_stand_on_the_last_sessions_share_basis(
    ids: list[int], source: DataSource, store_closes: Storing
) -> None:
    # 1:10 as NVDA on 2024-06-10: earlier closes times 0.1, earlier volume times 10
    split(ids[0], "2024-05-15", 1, 10, source)
    store_closes(ids[0], WEEK, [1200.0, 1210.0, 121.5, 122.0, 123.0], volume=[10.0, 10.0, 100.0, 100.0, 100.0])
    panel = bars.load_daily(ids, days(*WEEK))
    assert row(panel.close) == [120.0, 121.0, 121.5, 122.0, 123.0]
    assert row(panel.volume) == [100.0] * 5
    assert doubts() == []


def test_a_split_after_the_last_session_changes_nothing(
    ids: list[int], source: DataSource, store_closes: Storing
) -> None:
    split(ids[0], "2024-05-15", 1, 10, source)
    store_closes(ids[0], WEEK, [1200.0, 1210.0, 121.5, 122.0, 123.0])
    assert row(bars.load_daily(ids, days(*WEEK[:2])).close) == [1200.0, 1210.0]
    assert row(bars.load_daily(ids, days(*WEEK), adjust=False).close) == [1200.0, 1210.0, 121.5, 122.0, 123.0]


def test_a_split_counts_from_the_moment_it_was_known(ids: list[int], source: DataSource, store_closes: Storing) -> None:
    split(ids[0], "2024-05-15", 1, 2, source, known=moment("2024-05-16T12:00"))
    store_closes(ids[0], WEEK[:3], [10.0, 10.0, 5.0])
    assert row(bars.load_daily(ids, days(*WEEK[:3]), known_at=moment("2024-05-16T11:00")).close) == [10.0, 10.0, 5.0]
    assert row(bars.load_daily(ids, days(*WEEK[:3]), known_at=moment("2024-05-16T12:00")).close) == [5.0, 5.0, 5.0]


def test_several_splits_of_one_stock_accumulate(ids: list[int], source: DataSource, store_closes: Storing) -> None:
    split(ids[1], "2024-05-14", 1, 2, source)
    split(ids[1], "2024-05-16", 3, 1, source)
    store_closes(ids[1], WEEK, [8.0, 4.0, 4.0, 12.0, 12.0], volume=[6.0] * 5)
    panel = bars.load_daily(ids, days(*WEEK))
    assert row(panel.close, 1) == [12.0] * 5
    assert row(panel.volume, 1) == [4.0, 2.0, 2.0, 6.0, 6.0]


def test_half_hours_of_different_days_stand_on_one_basis(ids: list[int], source: DataSource) -> None:
    split(ids[0], "2024-05-15", 1, 4, source)
    starts = [
        moment("2024-05-14T19:30"),
        moment("2024-05-15T13:30"),
        moment("2024-05-16T00:00") - dt.timedelta(hours=1),
    ]
    ts = [int(start.timestamp() * 1000) for start in starts]
    columns = {"close": [40.0, 10.0, 10.5], "volume": [5_000.0, 20_000.0, 20_000.0]}
    bars.store_bars("30m", ids[:1] * 3, ts, columns, source, moment("2024-05-16T00:15"))
    panel = bars.load_intraday(ids, starts)
    assert row(panel.close) == [10.0, 10.0, 10.5]
    assert row(panel.volume) == [20_000.0] * 3
    assert doubts() == []


# --- bars that cannot be true


def test_an_impossible_bar_is_kept_as_evidence_and_hidden(ids: list[int], store_closes: Storing) -> None:
    result = store_closes(ids[0], WEEK[:3], [10.0, 10.0, 10.0], high=[10.5, 9.0, 10.5], low=[9.5, 9.5, 9.5])
    assert result == bars.StoreResult(inserted=3, quarantined=1)
    found = Quarantine.objects.get()
    assert found.reason == "impossible_1d"
    assert found.detail == "high is below low: open nan, high 9, low 9.5, close 10, volume 1000"
    assert row(bars.load_daily(ids, days(*WEEK[:3])).close) == [10.0, None, 10.0]


@pytest.mark.parametrize("price", [np.inf, 1e39])
def test_a_price_beyond_the_column_is_stored_and_hidden(ids: list[int], store_closes: Storing, price: float) -> None:
    assert store_closes(ids[0], WEEK[:1], [price]) == bars.StoreResult(inserted=1, quarantined=1)
    assert row(bars.load_daily(ids, days(WEEK[0])).close) == [None]


def test_an_impossible_half_hour_hides_its_session_from_half_hour_readers_only(
    ids: list[int], source: DataSource, store_closes: Storing
) -> None:
    starts = [moment("2024-05-14T14:00"), moment("2024-05-14T14:30"), moment("2024-05-15T14:00")]
    ts = [int(start.timestamp() * 1000) for start in starts]
    bars.store_bars(
        "30m",
        ids[:1] * 3,
        ts,
        {"close": [10.0, -1.0, 10.0], "volume": [1.0] * 3},
        source,
        moment("2024-05-15T15:00"),
    )
    store_closes(ids[0], WEEK[:3], [10.0, 10.0, 10.0])
    assert row(bars.load_intraday(ids, starts).close) == [None, None, 10.0]
    assert row(bars.load_daily(ids, days(*WEEK[:3])).close) == [10.0, 10.0, 10.0]
    # a sound half-hour of the same session does not clear the other one
    bars.store_bars("30m", ids[:1], [ts[0] + 3_600_000], {"close": [10.0]}, source, moment("2024-05-15T15:00"))
    assert doubts() == [("impossible_30m", "2024-05-14", True)]


def test_a_corrected_bar_is_released_and_the_past_still_doubts_it(ids: list[int], store_closes: Storing) -> None:
    with clock.frozen(moment("2024-05-14T21:00")) as now:
        store_closes(ids[0], WEEK[:2], [10.0, -3.0], known="2024-05-14T20:15")
        now.move_to(moment("2024-05-16T12:00"))
        store_closes(ids[0], WEEK[:2], [10.0, 10.2], known="2024-05-14T20:15")
    assert doubts() == [("impossible_1d", "2024-05-14", False)]
    assert Quarantine.objects.get().released_at == moment("2024-05-16T12:00")
    assert row(bars.load_daily(ids, days(*WEEK[:2]), known_at=moment("2024-05-16T11:00")).close) == [10.0, None]
    assert row(bars.load_daily(ids, days(*WEEK[:2]), known_at=moment("2024-05-16T12:00")).close) == [10.0, 10.2]


def test_a_correction_that_is_wrong_does_not_hide_what_was_seen_before_it(
    ids: list[int], store_closes: Storing
) -> None:
    with clock.frozen(moment("2024-05-16T12:00")):
        store_closes(ids[0], WEEK[:1], [10.0], known="2024-05-13T20:15")
        store_closes(ids[0], WEEK[:1], [-10.0], known="2024-05-13T20:15")
    assert row(bars.load_daily(ids, days(WEEK[0]), known_at=moment("2024-05-14T00:00")).close) == [10.0]
    assert row(bars.load_daily(ids, days(WEEK[0]), known_at=moment("2024-05-17T00:00")).close) == [None]


# --- splits nobody registered


def test_a_jump_hides_its_session_and_everything_before(ids: list[int], store_closes: Storing) -> None:
    result = store_closes(ids[0], WEEK, [10.0, 10.1, 1.01, 1.02, 1.03])
    assert result.quarantined == 1
    found = Quarantine.objects.get()
    assert (found.reason, found.session.isoformat()) == ("discontinuity", "2024-05-15")
    assert found.detail == "10.1 on 2024-05-14 to 1.01, no split registered"
    assert found.recorded_at == moment("2024-05-16T00:00")
    assert row(bars.load_daily(ids, days(*WEEK)).close) == [None, None, None, 1.02, 1.03]
    # on the evening before it arrived nobody could doubt
    assert row(bars.load_daily(ids, days(*WEEK[:2]), known_at=moment("2024-05-15T12:00")).close) == [10.0, 10.1]


@pytest.mark.parametrize("arrival", ["one by one", "one stock late"])
def test_a_jump_is_seen_against_what_is_stored(
    ids: list[int], source: DataSource, store_closes: Storing, arrival: str
) -> None:
    store_closes(ids[0], WEEK[:1], [10.0])
    store_closes(ids[1], WEEK[:1] if arrival == "one by one" else ["2024-05-03"], [10.0])
    store_closes(ids[2], ["2024-04-15"], [10.0])  # silent for too long to be compared
    ts = [midnight("2024-05-14")] * 3
    result = bars.store_bars("1d", ids, ts, {"close": [10.1, 30.0, 30.0]}, source, moment("2024-05-14T20:15"))
    assert result == bars.StoreResult(inserted=3, quarantined=1)
    assert Quarantine.objects.get().instrument_id == ids[1]


def test_impossible_bars_are_not_what_a_jump_is_measured_from(ids: list[int], store_closes: Storing) -> None:
    store_closes(ids[0], WEEK[:3], [10.0, -1.0, 10.0])
    assert doubts() == [("impossible_1d", "2024-05-14", True)]


@pytest.mark.parametrize("doubted", [(0, 1), (1, 0)])
def test_a_split_registered_late_explains_the_jump(
    ids: list[int], source: DataSource, store_closes: Storing, doubted: tuple[int, int]
) -> None:
    for place in doubted:
        store_closes(ids[place], WEEK, [10.0, 10.1, 1.01, 1.02, 1.03])
    split(ids[0], "2024-05-15", 1, 10, source, known=moment("2024-05-17T11:00"))
    split(ids[1], "2024-05-14", 1, 3, source)  # another one, which explains nothing
    with connection.cursor() as cursor:  # rows come as they lie in the table
        for way in ("indexscan", "bitmapscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    assert bars.recheck(ids) == 1
    assert Quarantine.objects.get(instrument_id=ids[0]).release_note == "explained by a registered split"
    assert row(bars.load_daily(ids, days(*WEEK)).close) == [1.0, 1.01, 1.01, 1.02, 1.03]
    assert row(bars.load_daily(ids, days(*WEEK)).close, 1) == [None, None, None, 1.02, 1.03]
    known = moment("2024-05-17T10:00")
    assert row(bars.load_daily(ids, days(*WEEK[:4]), known_at=known).close) == [None, None, None, 1.02]
    assert bars.recheck(ids) == 0


def test_a_jump_of_half_hours_counts_across_sessions_and_with_volume(ids: list[int], source: DataSource) -> None:
    starts = [moment("2024-05-14T19:30"), moment("2024-05-15T08:00"), moment("2024-05-15T13:30")]
    ts = [int(start.timestamp() * 1000) for start in starts]
    thin = {"close": [10.0, 20.0, 10.0], "volume": [5_000.0, 100.0, 5_000.0]}
    assert bars.store_bars("30m", ids[:1] * 3, ts, thin, source, moment("2024-05-15T15:00")).quarantined == 0
    real = {"close": [10.0, 20.0, 10.0], "volume": [5_000.0, 5_000.0, 5_000.0]}
    assert bars.store_bars("30m", ids[1:2] * 3, ts, real, source, moment("2024-05-15T15:00")).quarantined == 1
    found = Quarantine.objects.get()
    assert (found.instrument_id, found.session.isoformat()) == (ids[1], "2024-05-15")
    assert np.isnan(bars.load_intraday(ids[1:2], starts).close).all()
    # the split of that very day explains it before there is a daily bar
    split(ids[1], "2024-05-15", 2, 1, source)
    assert bars.recheck(ids) == 1


def test_recheck_without_doubts_or_splits_releases_nothing(ids: list[int], store_closes: Storing) -> None:
    assert bars.recheck(ids) == 0
    store_closes(ids[0], WEEK[:3], [10.0, 10.1, 1.01])
    assert bars.recheck(ids) == 0
    assert doubts() == [("discontinuity", "2024-05-15", True)]


def test_a_correction_takes_back_the_jump_it_removes(ids: list[int], store_closes: Storing) -> None:
    store_closes(ids[0], WEEK[:3], [10.0, 10.1, 1.01])
    store_closes(ids[0], WEEK[2:3], [10.2])
    assert doubts() == [("discontinuity", "2024-05-15", False)]


def test_what_an_operator_released_stays_released(ids: list[int], store_closes: Storing) -> None:
    store_closes(ids[0], WEEK[:3], [10.0, 10.1, 1.01])
    Quarantine.objects.update(released_at=moment("2024-05-18T00:00"), release_note="a real crash")
    assert store_closes(ids[0], WEEK[2:4], [1.01, 1.02]).quarantined == 0
    assert row(bars.load_daily(ids, days(*WEEK[:4])).close) == [10.0, 10.1, 1.01, 1.02]


def test_the_first_days_of_the_calendar_are_no_obstacle(ids: list[int], store_closes: Storing) -> None:
    first = calendar.sessions_between(dt.date(clock.wall().year - 20, 1, 5), dt.date(clock.wall().year - 20, 1, 12))[
        0
    ].date
    assert store_closes(ids[0], [first.isoformat()], [1.0]).inserted == 1
