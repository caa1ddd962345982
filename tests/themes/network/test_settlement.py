"""What became of tickets: by bars after the writing only, once; what was said can no longer be changed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS
from tests.themes.network.conftest import FRIDAY, OPEN_BAR, ShowBar, World
from tests.themes.network.test_moves import HALF_HOUR, LEADER, MINUTE, look
from themes.kernels import sympathy
from themes.models import SympathyNetwork, SympathyTicket
from themes.models.network import PredictionIsFixed
from themes.network import settlement
from themes.network.figures import unpack_figures
from themes.network.settlement import SettleReport, list_due, settle_due
from themes.network.tickets import hash_ticket

LAST_BAR = FRIDAY.close


def settle(at: dt.datetime = LAST_BAR + MINUTE, bars_until: dt.datetime = LAST_BAR) -> SettleReport:
    with clock.frozen(at):
        return settle_due(bars_until)


def ticket_of(world: World, symbol: str) -> SympathyTicket:
    return SympathyTicket.objects.get(leader_id=world.id_of("TEC0"), follower_id=world.id_of(symbol))


@pytest.fixture
def written(world: World, network: SympathyNetwork, show_bar: ShowBar) -> World:
    """TEC0 up by 18 % at 10:00, TEC1 by 4 % already, nobody else."""
    show_bar(OPEN_BAR, LEADER | {"TEC1": 4.0})
    assert look().tickets == 20
    return world


def residual(world: World, network: SympathyNetwork, symbol: str, moves: dict[str, float]) -> float:
    """z of a stock when these have moved (fractions) and the others have not."""
    figures = unpack_figures(network.figures)
    returns = [moves.get(name, 0.0) for name in ALL_SYMBOLS]
    place = {world.id_of(name): value for name, value in zip(ALL_SYMBOLS, returns, strict=True)}
    z = sympathy.standardise(figures.scale, [place[int(one)] for one in figures.ids])
    return float(z[figures.row_of[world.id_of(symbol)]])


def test_worked_example(written: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    """At the close TEC0 stands at +18, TEC1 fell back from 4 to 1 %, TEC2 rose by 5, HEA0 is nobody's."""
    show_bar(LAST_BAR, LEADER | {"TEC1": 1.0, "TEC2": 5.0})
    report = settle()
    assert report.hits + report.misses == 20 and report.void == 0
    one, two = ticket_of(written, "TEC1"), ticket_of(written, "TEC2")
    since = {"TEC1": 1.01 / 1.04 - 1, "TEC2": 0.05}
    assert one.outcome is False and one.outcome_move == pytest.approx(
        residual(written, network, "TEC1", since), abs=1e-4
    )
    assert two.outcome is True and two.outcome_move == pytest.approx(
        residual(written, network, "TEC2", since), abs=1e-4
    )
    whole = {"TEC0": 0.18, "TEC1": 0.01, "TEC2": 0.05}
    assert two.session_move == pytest.approx(residual(written, network, "TEC2", whole), abs=1e-4)
    assert two.session_outcome is True
    assert one.session_outcome is (one.session_move is not None and one.session_move > 0)
    # technology without its leader: TEC2 of four after the writing
    others = [residual(written, network, name, since) > 0 for name in ("TEC1", "TEC2", "TEC3", "TEC4")]
    assert one.peer_share == two.peer_share == sum(others) / 4
    assert {each.settled_at for each in SympathyTicket.objects.all()} == {LAST_BAR + MINUTE}


def test_only_bars_of_the_window_count(written: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    """Everything before the writing, after the window and after Friday may change: no outcome does."""
    middle = OPEN_BAR + 4 * HALF_HOUR
    show_bar(middle, LEADER | {"TEC2": 3.0, "TEC3": -2.0})
    show_bar(LAST_BAR + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS[3:], 60.0))
    with transaction.atomic():
        settle(LAST_BAR + 2 * HALF_HOUR)
        plain = _outcomes()
        transaction.set_rollback(True)
    assert len(plain) == 20
    with clock.frozen(LAST_BAR + MINUTE):  # the morning's bars are corrected after the tickets were written
        show_bar(OPEN_BAR - HALF_HOUR, {"TEC2": 33.0, "TEC3": 33.0})
        show_bar(LAST_BAR + 2 * HALF_HOUR, dict.fromkeys(ALL_SYMBOLS[3:], -60.0))
    settle(LAST_BAR + 3 * HALF_HOUR)
    assert _outcomes() == plain


def _outcomes() -> dict[int, tuple[object, ...]]:
    rows = SympathyTicket.objects.filter(settled_at__isnull=False)
    return {row[0]: row[1:] for row in rows.values_list("follower_id", "outcome", "outcome_move", "session_move")}


def test_nothing_is_settled_before_its_time(written: World, show_bar: ShowBar) -> None:
    show_bar(OPEN_BAR + HALF_HOUR, LEADER)
    assert str(settle(LAST_BAR - MINUTE)) == "0 hits, 0 misses, 0 not to be settled"
    assert str(settle(LAST_BAR + MINUTE, bars_until=LAST_BAR - HALF_HOUR)) == "0 hits, 0 misses, 0 not to be settled"
    with clock.frozen(LAST_BAR + dt.timedelta(hours=25)):
        assert len(list_due(clock.now(), LAST_BAR - HALF_HOUR)) == 20  # bars a day late do not come any more


def test_without_a_bar_in_the_window_it_is_void_and_says_so(written: World, show_bar: ShowBar) -> None:
    show_bar(LAST_BAR, {"TEC0": 18.0, "TEC1": 5.0}, rest=False)
    report = settle()
    assert (report.hits + report.misses, report.void) == (1, 19)
    ticket = ticket_of(written, "TEC2")
    assert ticket.outcome is None and ticket.settled_at is not None
    assert ticket.settlement_note == settlement.NO_BAR


def test_without_a_price_at_the_writing_it_is_void(world: World, network: SympathyNetwork, show_bar: ShowBar) -> None:
    with connection.cursor() as cursor:  # its last close is gone, and it has not traded
        cursor.execute(
            "DELETE FROM bar_1d WHERE instrument_id = %s AND ts > %s",
            [world.id_of("TEC2"), FRIDAY.open - dt.timedelta(days=2)],
        )
    show_bar(OPEN_BAR, {symbol: LEADER.get(symbol, 0.0) for symbol in ALL_SYMBOLS if symbol != "TEC2"}, rest=False)
    look()
    show_bar(LAST_BAR, LEADER)
    settle()
    ticket = ticket_of(world, "TEC2")
    assert ticket.price_at is None and ticket.settlement_note == settlement.NO_PRICE


def test_a_ticket_is_settled_once(written: World, show_bar: ShowBar) -> None:
    show_bar(LAST_BAR, LEADER)
    settle()
    first = _outcomes()
    assert str(settle(LAST_BAR + HALF_HOUR)) == "0 hits, 0 misses, 0 not to be settled"
    assert _outcomes() == first


def test_a_settlement_that_dies_leaves_all_open(
    written: World, show_bar: ShowBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_bar(LAST_BAR, LEADER)
    calls = []

    def die_at_the_tenth(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 10:
            raise KeyboardInterrupt
        real(*arguments)  # type: ignore[arg-type]

    real = settlement._settle
    monkeypatch.setattr(settlement, "_settle", die_at_the_tenth)
    with pytest.raises(KeyboardInterrupt):
        settle()
    assert not _outcomes()
    monkeypatch.undo()
    settle()
    assert len(_outcomes()) == 20


def test_what_a_ticket_said_is_never_changed(written: World, show_bar: ShowBar) -> None:
    ticket = ticket_of(written, "TEC1")
    ticket.probability = 0.99
    assert ticket.features_hash != hash_ticket(ticket)
    for change in (
        ticket.save,
        lambda: ticket.save(update_fields=["probability"]),
        lambda: SympathyTicket.objects.filter(pk=ticket.pk).update(tier="high"),
        lambda: SympathyTicket.objects.update(probability=1.0, outcome=True),
        lambda: SympathyTicket.objects.bulk_update([ticket], ["probability"]),
    ):
        with pytest.raises(PredictionIsFixed), transaction.atomic():
            change()
    show_bar(LAST_BAR, LEADER)
    settle()
    stored = ticket_of(written, "TEC1")
    assert stored.features_hash == hash_ticket(stored)
    stored.outcome = not stored.outcome
    with pytest.raises(PredictionIsFixed, match="known"):
        stored.save(update_fields=["outcome"])
    assert SympathyTicket.objects.filter(pk=stored.pk).update(outcome=stored.outcome) == 0


def test_the_database_refuses_outcomes_before_their_time(written: World) -> None:
    pk = ticket_of(written, "TEC1").pk
    for columns, name in (
        ("outcome = true", "sympathyticket_settled_with_outcome"),
        ("settled_at = made_at, outcome = true", "sympathyticket_settled_after_window"),
        ("made_at = window_ends_at", "sympathyticket_written_before_outcome"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE themes_sympathyticket SET {columns} WHERE id = %s", [pk])
