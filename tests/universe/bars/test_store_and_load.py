"""Bars in and out: round trips, revisions, what was known when, refusals."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_site.market import calendar, clock
from universe import bars
from universe.models import DataSource

from .conftest import Storing, days, midnight, moment, row

pytestmark = pytest.mark.django_db

WEEK = ["2024-05-13", "2024-05-14", "2024-05-15", "2024-05-16", "2024-05-17"]


def test_daily_bars_come_back_as_they_went_in(ids: list[int], source: DataSource) -> None:
    columns = {
        "open": [10.5, 20.25],
        "high": [11.0, 21.0],
        "low": [10.0, 20.0],
        "close": [10.75, 20.5],
        "vwap": [10.6, 20.4],
        "volume": [123_456.0, 7.0],
        "trades": [99.0, 3.0],
    }
    ts = [midnight("2024-05-14")] * 2
    result = bars.store_bars("1d", ids[:2], ts, columns, source, moment("2024-05-14T20:15"))
    assert result == bars.StoreResult(inserted=2)
    panel = bars.load_daily([ids[1], ids[0], ids[2]], days("2024-05-13", "2024-05-14"))
    assert panel.instrument_ids.tolist() == [ids[1], ids[0], ids[2]]
    assert panel.sessions == tuple(days("2024-05-13", "2024-05-14"))
    assert panel.close.dtype == np.float32
    assert row(panel.open, 0) == [None, 20.25]
    assert row(panel.high, 1) == [None, 11.0]
    assert row(panel.low, 1) == [None, 10.0]
    assert row(panel.close, 1) == [None, 10.75]
    assert row(panel.volume, 1) == [None, 123_456.0]
    assert row(panel.close, 2) == [None, None]


def test_what_is_missing_is_null_in_the_table(ids: list[int], store_closes: Storing) -> None:
    store_closes(ids[0], ["2024-05-14"], [5.0], volume=[np.nan])
    with connection.cursor() as cursor:
        cursor.execute("SELECT open, high, low, close, vwap, volume, trades, revision FROM bar_1d")
        assert cursor.fetchall() == [(None, None, None, 5.0, None, None, None, 0)]


def test_half_hours_come_back_by_their_start(ids: list[int], source: DataSource) -> None:
    session = calendar.session_on(dt.date(2024, 5, 14))
    assert session is not None
    starts = calendar.bar_starts(session)
    ts = [int(start.timestamp() * 1000) for start in starts[11:13]]
    bars.store_bars("30m", [ids[0]] * 2, ts, {"close": [3.0, 3.5], "volume": [10.0, 20.0]}, source, session.post_close)
    panel = bars.load_intraday(ids[:2], starts[10:14])
    assert panel.starts == starts[10:14]
    assert row(panel.close) == [None, 3.0, 3.5, None]
    assert row(panel.volume) == [None, 10.0, 20.0, None]
    assert np.isnan(panel.close[1]).all()


def test_storing_twice_changes_nothing(ids: list[int], store_closes: Storing) -> None:
    first = store_closes(ids[0], WEEK, [10.0, 10.1, 10.2, 10.3, 10.4])
    again = store_closes(ids[0], WEEK, [10.0, 10.1, 10.2, 10.3, 10.4])
    assert (first, again) == (bars.StoreResult(inserted=5), bars.StoreResult(unchanged=5))


def test_a_correction_is_a_new_revision_and_the_past_keeps_the_old_one(ids: list[int], store_closes: Storing) -> None:
    with clock.frozen(moment("2024-05-14T21:00")) as now:
        store_closes(ids[0], ["2024-05-14"], [10.0], known="2024-05-14T20:15")
        now.move_to(moment("2024-05-16T12:00"))
        # the file says that it was known at the close; it became known here only now
        result = store_closes(ids[0], ["2024-05-14", "2024-05-15"], [10.5, 11.0], known="2024-05-15T20:15")
        assert result == bars.StoreResult(inserted=1, revised=1)
        sessions = days("2024-05-14", "2024-05-15")
        assert row(bars.load_daily(ids[:1], sessions, known_at=moment("2024-05-14T20:14")).close) == [None, None]
        assert row(bars.load_daily(ids[:1], sessions, known_at=moment("2024-05-14T20:15")).close) == [10.0, None]
        assert row(bars.load_daily(ids[:1], sessions, known_at=moment("2024-05-16T11:59")).close) == [10.0, 11.0]
        assert row(bars.load_daily(ids[:1], sessions).close) == [10.5, 11.0]


def test_a_correction_taken_back_is_a_third_revision(ids: list[int], store_closes: Storing) -> None:
    for hour, close in ((12, 10.0), (13, 10.5), (14, 10.0)):
        with clock.frozen(moment(f"2024-05-16T{hour}:00")):
            store_closes(ids[0], ["2024-05-14"], [close], known="2024-05-14T20:15")
    seen = [
        row(bars.load_daily(ids[:1], days("2024-05-14"), known_at=moment(f"2024-05-16T{hour}:30")).close)
        for hour in (12, 13, 14)
    ]
    assert seen == [[10.0], [10.5], [10.0]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT revision, close FROM bar_1d ORDER BY revision")
        assert cursor.fetchall() == [(0, 10.0), (1, 10.5), (2, 10.0)]


def test_a_revision_is_never_known_before_the_one_it_replaces(ids: list[int], store_closes: Storing) -> None:
    with clock.frozen(moment("2024-05-15T12:00")):
        store_closes(ids[0], ["2024-05-14"], [10.0], known="2024-05-20T00:00")
        store_closes(ids[0], ["2024-05-14"], [11.0], known="2024-05-14T20:15")
    with connection.cursor() as cursor:
        cursor.execute("SELECT revision FROM bar_1d WHERE recorded_at >= '2024-05-20T00:00Z' ORDER BY 1")
        assert cursor.fetchall() == [(0,), (1,)]


def test_a_missing_value_that_arrives_later_is_a_revision(ids: list[int], store_closes: Storing) -> None:
    store_closes(ids[0], ["2024-05-14"], [10.0], volume=[np.nan])
    assert store_closes(ids[0], ["2024-05-14"], [10.0], volume=[5.0]).revised == 1
    assert store_closes(ids[0], ["2024-05-14"], [10.0], volume=[5.0]).unchanged == 1


def test_partitions_are_made_as_old_bars_need_them(ids: list[int], store_closes: Storing) -> None:
    store_closes(ids[0], ["2017-01-03", "2019-06-03"], [1.0, 2.0])
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM bar_1d ORDER BY 1")
        assert cursor.fetchall() == [("bar_1d_2017",), ("bar_1d_2019",)]


def test_newest_key_time_of_each(ids: list[int], store_closes: Storing) -> None:
    store_closes(ids[0], ["2023-12-29", "2024-05-14"], [1.0, 1.1])
    store_closes(ids[2], ["2023-12-29"], [2.0])
    assert bars.newest("1d", [ids[2], ids[1], ids[0]]).tolist() == [midnight("2023-12-29"), 0, midnight("2024-05-14")]
    assert bars.newest("30m", ids).tolist() == [0, 0, 0]


def test_nothing_in_nothing_out(ids: list[int], source: DataSource) -> None:
    nothing = np.array([], dtype=np.int64)
    assert bars.store_bars("1d", [], nothing, {"close": []}, source, nothing) == bars.StoreResult()
    assert bars.load_daily([], days("2024-05-14")).close.shape == (0, 1)
    assert bars.load_daily(ids, []).close.shape == (3, 0)
    assert bars.load_intraday(ids, []).volume.shape == (3, 0)
    assert bars.newest("1d", []).shape == (0,)


def test_load_does_not_change_its_inputs(ids: list[int], store_closes: Storing) -> None:
    store_closes(ids[0], WEEK, [1.0] * 5)
    wanted, sessions = np.array(ids), days(*WEEK)
    bars.load_daily(wanted, sessions)
    assert wanted.tolist() == ids
    assert sessions == days(*WEEK)


@pytest.mark.parametrize(
    ("kind", "ts", "columns", "words"),
    [
        ("1w", [0, 0], {"close": [1.0, 1.0]}, "bars are 1d or 30m"),
        ("1d", [0, 1], {"close": [1.0, 1.0]}, "full day"),
        ("30m", [0, 60_000], {"close": [1.0, 1.0]}, "full half-hour"),
        ("1d", [0, 0], {"close": [1.0]}, "differ in length"),
        ("1d", [0, 0], {"open": [1.0, 1.0]}, "need a close"),
        ("1d", [0, 0], {"close": [1.0, 1.0], "price": [1.0, 1.0]}, "no price"),
    ],
)
def test_store_refuses_what_does_not_fit(
    ids: list[int], source: DataSource, *, kind: str, ts: list[int], columns: dict, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        bars.store_bars(kind, ids[:2], ts, columns, source, moment("2024-05-14T20:15"))  # type: ignore[arg-type]


def test_store_refuses_a_bar_given_twice_and_a_naive_moment(ids: list[int], source: DataSource) -> None:
    twice = [midnight("2024-05-14")] * 2
    with pytest.raises(ValueError, match="given twice"):
        bars.store_bars("1d", [ids[0]] * 2, twice, {"close": [1.0, 1.0]}, source, moment("2024-05-14T20:15"))
    with pytest.raises(ValueError, match="offset is needed"):
        bars.store_bars("1d", ids[:1], twice[:1], {"close": [1.0]}, source, dt.datetime(2024, 5, 14))


def test_load_refuses_disorder(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        bars.load_daily(ids, days("2024-05-14", "2024-05-13"))
    with pytest.raises(ValueError, match="named twice"):
        bars.load_daily([ids[0], ids[0]], days("2024-05-14"))
    with pytest.raises(ValueError, match="not an array"):
        bars.newest("1d", np.array([[1]]))


def test_real_and_simulated_bars_never_meet(ids: list[int], source: DataSource, simulated: DataSource) -> None:
    one = ([ids[0]], [midnight("2024-05-14")], {"close": [1.0]})
    assert bars.holds_simulated_bars() is None
    bars.store_bars("1d", *one, simulated, moment("2024-05-14T20:15"))
    assert bars.holds_simulated_bars() is True
    with pytest.raises(bars.MixedSources, match="holds simulated bars and 'a file' brings real ones"):
        bars.store_bars("30m", *one, source, moment("2024-05-14T20:15"))


def test_a_real_database_refuses_the_simulator(ids: list[int], source: DataSource, simulated: DataSource) -> None:
    one = ([ids[0]], [midnight("2024-05-14")], {"close": [1.0]})
    bars.store_bars("30m", *one, source, moment("2024-05-14T20:15"))
    assert bars.holds_simulated_bars() is False
    with pytest.raises(bars.MixedSources, match="holds real bars"):
        bars.store_bars("1d", *one, simulated, moment("2024-05-14T20:15"))


def test_a_source_keeps_its_kind_and_takes_a_new_delay(db: None) -> None:
    made = bars.vendor_source("polygon", simulated=False, delay_s=900)
    assert (made.name, made.kind, made.delay_s, made.is_simulated) == ("polygon", "vendor", 900, False)
    again = bars.vendor_source("polygon", simulated=False, delay_s=0)
    assert (again.pk, DataSource.objects.get(pk=made.pk).delay_s) == (made.pk, 0)
    assert bars.vendor_source("polygon", simulated=True, delay_s=0).name == "polygon (simulated)"
    with pytest.raises(bars.MixedSources, match="known as vendor"):
        bars.get_source("polygon", DataSource.Kind.SIMULATED)


OBSERVATION = st.tuples(
    st.integers(0, 4),  # the session
    st.integers(0, 6 * 24),  # the hour, counted from the first session, at which it became known
    st.floats(1.0, 1.25, width=32),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(observations=st.lists(OBSERVATION, max_size=12), asked=st.integers(0, 6 * 24))
def test_never_more_than_was_known(
    ids: list[int], source: DataSource, observations: list[tuple[int, int, float]], asked: int
) -> None:
    """Whatever arrives later, a reader of a past moment sees the newest value recorded by then, and nothing else."""
    start = moment("2024-05-13T00:00")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bar_1d, universe_quarantine")
    history: list[list[tuple[int, float]]] = [[] for _ in WEEK]
    for session, hour, close in sorted(observations, key=lambda each: each[1]):
        with clock.frozen(start + dt.timedelta(hours=hour)) as now:
            bars.store_bars("1d", ids[:1], [midnight(WEEK[session])], {"close": [close]}, source, now.now())
        history[session].append((hour, close))
    expected = [
        next((np.float32(close) for hour, close in reversed(known) if hour <= asked), None) for known in history
    ]
    panel = bars.load_daily(ids[:1], days(*WEEK), known_at=start + dt.timedelta(hours=asked))
    assert [None if np.isnan(value) else value for value in panel.close[0]] == expected
