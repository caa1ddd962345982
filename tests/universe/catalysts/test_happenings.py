"""Many documents, few events."""

from __future__ import annotations

import datetime as dt

from universe.kernels.happenings import Telling, merge_tellings

NOON = dt.datetime(2026, 11, 20, 17, tzinfo=dt.UTC)


def told(hours: float, kind: str = "contract", direction: int | None = 1, stock: int = 1, document: int = 0) -> Telling:
    return Telling(document or round(1000 + hours * 10), stock, kind, direction, NOON + dt.timedelta(hours=hours))


def events(*tellings: Telling) -> list[tuple[str, int, float, int]]:
    return [
        (each.kind, each.direction, (each.event_at - NOON).total_seconds() / 3600, len(each.documents))
        for each in merge_tellings(tellings)
    ]


def test_nothing_makes_nothing() -> None:
    assert events() == []


def test_several_publishers_within_twelve_hours_are_one_event_dated_at_the_earliest() -> None:
    assert events(told(3), told(0), told(12)) == [("contract", 1, 0, 3)]
    assert events(told(0), told(12.1)) == [("contract", 1, 0, 1), ("contract", 1, 12.1, 1)]


def test_the_window_begins_with_the_event_and_does_not_creep() -> None:
    assert [each[2] for each in events(told(0), told(8), told(16), told(24))] == [0, 16]


def test_kinds_directions_and_stocks_are_apart() -> None:
    assert len(events(told(0), told(1, "analyst"), told(2, direction=-1), told(3, stock=2))) == 4


def test_a_filing_and_a_release_of_the_same_sale_count_once() -> None:
    assert events(told(0, "dilution", -1), told(2, "offering", -1)) == [("dilution", -1, 0, 2)]
    assert events(told(0, "partnership"), told(2, "contract")) == [("partnership", 1, 0, 2)]


def test_an_event_without_direction_waits() -> None:
    assert events(told(0, "earnings", None)) == []


def test_the_filing_dates_what_the_article_explains() -> None:
    assert events(told(0, "earnings", None), told(0.2, "earnings", -1)) == [("earnings", -1, 0, 2)]
    assert events(told(0, "earnings", 1), told(5, "earnings", None)) == [("earnings", 1, 0, 2)]
    assert events(told(0, "earnings", None), told(13, "earnings", 1)) == [("earnings", 1, 13, 1)]


def test_generic_news_beside_a_named_event_is_that_event_told_again() -> None:
    assert events(told(0, "fda_decision"), told(1, "news")) == [("fda_decision", 1, 0, 2)]
    assert events(told(0, "news"), told(1, "fda_decision")) == [("fda_decision", 1, 1, 2)]
    assert len(events(told(0, "fda_decision"), told(1, "news", -1))) == 2
    assert len(events(told(0, "fda_decision"), told(13, "news"))) == 2


def test_order_and_input_do_not_matter() -> None:
    tellings = [
        told(hours, kind, way) for hours in (0, 5, 13) for kind in ("news", "earnings") for way in (1, -1, None)
    ]
    before = list(tellings)
    assert events(*tellings) == events(*reversed(tellings))
    assert tellings == before


def test_stocks_do_not_meet() -> None:
    tellings = [told(n % 72, "news", 1 if n % 3 else -1, stock=n % 500, document=n + 1) for n in range(5_000)]
    alone = [merge_tellings([each for each in tellings if each.instrument_id == stock]) for stock in range(500)]
    assert merge_tellings(tellings) == [each for events in alone for each in events]
    assert sum(len(each.documents) for events in alone for each in events) == len(tellings)
