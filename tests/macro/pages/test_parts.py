"""Chip, freshness, series, table, linked stocks, pictures: the parts that the page asks for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from macro import links, publish
from macro.analysis import run_analysis
from macro.models import CryptoLink, Permission
from portfolios.models import User
from sentiment_site.live import topics
from sentiment_site.market import calendar, clock
from tests.factories import make_market
from tests.macro.world import NOON, SLOT, add_analysis, add_reading

pytestmark = pytest.mark.django_db

LATER = NOON + dt.timedelta(minutes=90)
DAY = dt.timedelta(days=1)


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(User.objects.create_user("reader"))
    return client


def ask(reader: Client, address: str, at: dt.datetime = LATER, **headers: str) -> Any:
    with clock.frozen(at):
        return reader.get(address, headers=headers)


def add_days(count: int, *, until: dt.datetime = NOON, wave: float = 0.004) -> None:
    """Daily estimated readings before the last midnight, prices rising by `wave` a day."""
    midnight = until.replace(hour=0)
    for n in range(count):
        price = 62_500.0 * (1 + wave) ** -n
        add_reading(midnight - n * DAY, btc_price=price, is_estimated=True, recorded_at=until)


def test_the_chip_is_on_every_page_without_a_statement(reader: Client, django_assert_num_queries: Any) -> None:
    add_analysis(NOON, trade_permission=Permission.NO_TRADE)
    page = ask(reader, "/settings/").content.decode()
    assert 'hx-trigger="load, every 300s"' in page  # nothing cached: the chip asks for itself
    assert "NO TRADE" in ask(reader, "/macro/chip/").content.decode()
    with django_assert_num_queries(1):  # the account
        page = ask(reader, "/settings/").content.decode()
    assert 'hx-trigger="every 300s"' in page and "NO TRADE" in page and "1 h 30 min" in page


def test_a_new_analysis_replaces_the_chip_and_is_announced(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = add_analysis(NOON - SLOT, trade_permission=Permission.NO_TRADE)
    sent: list[Any] = []
    monkeypatch.setattr(publish, "send_event", lambda event, html=None: sent.append((event, html)))
    with clock.frozen(LATER):
        publish._publish(first.pk)
        second = add_analysis(NOON)
        publish._publish(second.pk)
        publish._publish(first.pk)  # a late worker cannot put the older regime back
    assert [event.seq for event, _ in sent] == [first.pk, second.pk]
    assert "ACTIVE" in sent[1][1] and sent[1][0].topic == "macro"
    assert "ACTIVE" in ask(reader, "/settings/").content.decode()


def test_a_joining_socket_gets_the_chip(reader: Client) -> None:
    topic = topics.get("macro")
    assert topic is not None and topic.snapshot is not None
    assert topic.snapshot("macro") is None
    row = add_analysis(NOON)
    with clock.frozen(LATER):
        seq, _, html = topic.snapshot("macro") or (0, None, "")
    assert seq == row.pk and "ACTIVE" in html


def test_the_chip_honours_the_time_machine(reader: Client) -> None:
    add_analysis(NOON - 6 * SLOT, trade_permission=Permission.NO_TRADE)
    add_analysis(NOON)
    moment = (NOON - 3 * SLOT).strftime("%Y-%m-%dT%H:%MZ")
    assert "NO TRADE" in ask(reader, f"/macro/chip/?as_of={moment}").content.decode()
    page = ask(reader, f"/settings/?as_of={moment}").content.decode()
    assert 'id="regime-chip"' in page and 'hx-trigger="load"' in page and "data-live-topic" not in page


def test_the_chip_answers_a_poll_with_204(reader: Client) -> None:
    row = add_analysis(NOON)
    assert ask(reader, f"/macro/chip/?seq={row.pk}").status_code == 204
    assert ask(reader, f"/macro/chip/?seq={row.pk - 1}").status_code == 200


def test_without_valkey_the_chip_comes_from_the_database(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    add_analysis(NOON)
    import redis

    class Dead:
        def __getattr__(self, name: str) -> Any:
            raise redis.ConnectionError("down")

    monkeypatch.setattr(publish, "client", Dead)
    assert "ACTIVE" in ask(reader, "/macro/chip/").content.decode()
    assert ask(reader, "/macro/").status_code == 200


def test_the_freshness_strip_moves_without_the_page(reader: Client) -> None:
    add_analysis(NOON)
    assert "1 h 30 min" in ask(reader, "/macro/freshness/").content.decode()
    assert "STALE" in ask(reader, "/macro/freshness/", NOON + 3 * SLOT).content.decode()


def test_series_are_aligned_and_gaps_stay_gaps(reader: Client) -> None:
    add_days(3)
    for n in (0, 3):  # 12:00, then nothing until midnight
        add_reading(NOON + n * SLOT)
    data = ask(reader, "/macro/series.json?span=30d", NOON + 4 * SLOT).json()
    assert len({len(data[name]) for name in ("t", "price", "dominance", "strength", "estimated")}) == 1
    assert data["t"] == sorted(data["t"])
    assert data["price"][-2] is None and data["price"][-1] == 62_500.0  # the eight hours between the scans
    assert data["dominance"][-1] == 54.348 and data["strength"][-1] == 12_000_000
    assert data["estimated"][:3] == [True, True, True] and data["estimated"][-1] is False
    assert data["simulated"] is False


def test_a_correction_changes_the_series_only_from_then_on(reader: Client) -> None:
    wrong = add_reading(NOON, btc_price=50_000.0)
    corrected_at = NOON + SLOT
    wrong.superseded_at = corrected_at
    wrong.save()
    add_reading(NOON, recorded_at=corrected_at, quality="CORRECTED", reason="typo of the vendor")
    then = (NOON + dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%MZ")
    now = NOON + 2 * SLOT
    assert ask(reader, f"/macro/series.json?span=30d&as_of={then}", now).json()["price"] == [50_000.0]
    assert ask(reader, "/macro/series.json?span=30d", now).json()["price"] == [62_500.0]


def test_days_before_the_first_analysis_are_computed_and_marked(reader: Client) -> None:
    add_days(150)
    add_reading(NOON)
    with clock.frozen(LATER):
        row = run_analysis(LATER, trigger="manual")
    data = ask(reader, "/macro/series.json?span=1y").json()
    assert data["computed"][-1] is False and all(data["computed"][:-1])
    assert len(data["at"]) > 60 and data["regime"][-1] == row.market_regime
    assert data["confidence"][-1] == row.overall_confidence
    page = ask(reader, "/macro/").content.decode()
    assert "computed afterwards</li>" in page and "the engine was run over their readings afterwards" in page
    table = ask(reader, "/macro/table/?span=90d").content.decode()
    assert table.count("<tr>") == 91 and "computed afterwards" in table and "<td>analysed</td>" in table


def test_statements_of_series_and_table(reader: Client, django_assert_num_queries: Any) -> None:
    add_days(5)
    add_analysis(NOON)
    for address in ("/macro/series.json?span=all", "/macro/table/?span=all"):
        ask(reader, address)
        with django_assert_num_queries(3):  # account, days, readings
            ask(reader, address)


def test_a_picture_is_named_by_its_content(reader: Client, django_assert_num_queries: Any) -> None:
    add_days(40)
    add_reading(NOON)
    with clock.frozen(LATER):
        row = run_analysis(LATER, trigger="manual")
    answer = ask(reader, "/macro/charts/price.png")
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")
    assert row.chart_data_hash[:32] in answer["ETag"]
    with django_assert_num_queries(2):  # account, analysis
        again = ask(reader, "/macro/charts/price.png", **{"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    with django_assert_num_queries(2):
        assert ask(reader, "/macro/charts/dominance.png").status_code == 200  # all three were drawn
    assert ask(reader, "/macro/charts/unknown.png").status_code == 404


def test_linked_stocks_show_their_moves(reader: Client, django_assert_num_queries: Any) -> None:
    CryptoLink.objects.all().delete()
    newest = dt.date(2026, 8, 20)
    before = calendar.shift(newest, -1).date
    market = make_market(before, sessions=25, simulated=True)
    market.store_daily(newest, {"TEC0": 110.0}, recorded_at=calendar.shift(newest, 0).close)
    since = dt.date(2025, 1, 2)
    link = {"link_type": "miner", "since": since, "source": "10-K", "is_simulated": True}
    CryptoLink.objects.create(**link | {"symbol": "TEC0"})
    CryptoLink.objects.create(**link | {"symbol": "GONE"})
    CryptoLink.objects.create(**link | {"symbol": "TEC1", "until": before})
    CryptoLink.objects.create(**link | {"symbol": "TEC2", "since": newest + DAY})
    CryptoLink.objects.create(**link | {"symbol": "TEC3", "is_simulated": False})  # a real company's symbol
    evening = calendar.shift(newest, 0).close + dt.timedelta(minutes=30)
    with clock.frozen(evening):
        found = links.list_linked(evening)
    (stock,) = found.stocks
    assert stock.symbol == "TEC0" and stock.session == newest
    assert stock.close == pytest.approx(110.0) and found.elsewhere == 2 and found.is_simulated
    assert {label: round(move or 0.0, 6) for label, move in stock.moves} == {"1D": 10.0, "1W": 10.0, "1M": 10.0}
    ask(reader, "/macro/stocks/", evening)
    with django_assert_num_queries(8):
        page = ask(reader, "/macro/stocks/", evening).content.decode()
    assert "+10.0" in page and 'data-symbol="TEC0"' in page and "simulated" in page
    then = (evening - 2 * DAY).strftime("%Y-%m-%dT%H:%MZ")
    assert "TEC1" in ask(reader, f"/macro/stocks/?as_of={then}", evening).content.decode()


def test_a_linked_stock_without_prices_has_dashes_and_reasons(reader: Client) -> None:
    CryptoLink.objects.all().delete()
    market = make_market(dt.date(2026, 8, 20), sessions=3)
    CryptoLink.objects.create(symbol="TEC0", link_type="miner", since=dt.date(2025, 1, 2), source="10-K")
    evening = market.sessions[-1].close + dt.timedelta(minutes=30)
    with clock.frozen(evening):
        (stock,) = links.list_linked(evening).stocks
        (later,) = links.list_linked(evening + 20 * DAY).stocks
    assert dict(stock.moves)["1D"] == 0.0 and dict(stock.moves)["1M"] is None
    assert later.close is None and later.reason == "no close in the last two sessions"


def test_the_shipped_list_is_there_and_dated() -> None:
    assert CryptoLink.objects.filter(symbol="MSTR", link_type="treasury", since=dt.date(2020, 8, 11)).exists()
    assert CryptoLink.objects.filter(until__isnull=False).count() == 0
