"""What a card says: words, colours, cells, what changed, how fresh it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sectors.cards import GridHead, build_card, build_grid, freshness_of
from sectors.models import SectorReading, SectorRun
from sentiment_site.market import calendar
from sentiment_site.market.sectors import SECTORS
from universe.models import UniverseRun

FRIDAY = calendar.shift(date(2026, 8, 21), 0)
TECH = SECTORS[0]


def run(pk: int = 7, **values: Any) -> SectorRun:
    facts = {"as_of": FRIDAY.open, "recorded_at": FRIDAY.open, "trigger": "scheduled", "formula": "v1", "members": 40}
    facts |= {"weights_source": "static", "sources": ["polygon"], "delay_s": 0, "is_simulated": False}
    return SectorRun(pk=pk, universe_run=UniverseRun(session=date(2026, 8, 20)), **(facts | values))


def reading(run_id: int = 7, sector: str = "technology", **values: Any) -> SectorReading:
    cells = {h: {"dot": "red", "reason": ""} for h in ("30min", "1day", "3day", "1week")}
    facts: dict[str, Any] = {"status": "ok", "colour": "light_red", "label": "BEARISH", "score": Decimal("-0.430")}
    facts |= {"confidence": Decimal("0.80"), "stocks_count": 200, "fresh_count": 150}
    facts |= {f"performance_{h}": Decimal("-1.5") for h in cells}
    facts |= {"factors": {"m": 1.3, "horizons": cells}, "alpha_raw": Decimal("-0.70")}
    return SectorReading(run_id=run_id, sector=sector, **(facts | values))


def head_of(whole: SectorRun) -> GridHead:
    """The facts of a grid without readings."""
    return build_grid(whole, whole, []).head


@pytest.mark.parametrize(
    ("colour", "verb", "glyph"),
    [
        ("dark_red", "PRIME SHORT", "▼▼"),
        ("light_red", "GOOD SHORT", "▼"),
        ("blue_neutral", "NEUTRAL", "▬"),
        ("light_green", "AVOID SHORTS", "▲"),
        ("dark_green", "DO NOT SHORT", "▲▲"),
    ],
)
def test_colour_verb_and_glyph_say_the_same(colour: str, verb: str, glyph: str) -> None:
    card = build_card(TECH, 1, reading(colour=colour), None)
    assert (card.colour, card.verb, card.glyph) == (colour, verb, glyph)


@pytest.mark.parametrize(("status", "verb"), [("stale", "STALE"), ("no_read", "NO READ"), ("no_data", "NO DATA")])
def test_what_is_not_ok_is_grey_and_gives_no_advice(status: str, verb: str) -> None:
    card = build_card(TECH, 1, reading(status=status, reason="why"), None)
    assert (card.colour, card.verb, card.reason) == ("grey", verb, "why")
    assert card.score == Decimal("-0.430")  # a stale card keeps its score


def test_the_figures_of_a_card() -> None:
    card = build_card(TECH, 1, reading(), None)
    assert (card.title, card.etf, card.position) == ("Technology", "XLK", 1)
    assert (card.n, card.fresh, card.coverage, card.multiplier) == (200, 150, 0.75, 1.3)
    assert [(cell.label, cell.value, cell.dot, cell.dot_title) for cell in card.cells] == [
        (label, Decimal("-1.5"), "red", "bearish") for label in ("30M", "1D", "3D", "1W")
    ]


def test_a_missing_value_is_a_grey_cell_with_its_reason() -> None:
    factors = {"horizons": {"30min": {"dot": "grey", "reason": "no 30-minute bars in the source"}}}
    card = build_card(TECH, 1, reading(performance_30min=None, factors=factors), None)
    assert (card.cells[0].value, card.cells[0].dot, card.cells[0].reason) == (
        None,
        "grey",
        "no 30-minute bars in the source",
    )
    assert (card.cells[1].dot, card.cells[1].reason) == ("grey", "")
    assert build_card(TECH, 1, reading(performance_1day=None, factors={}), None).cells[1].reason == "no bars"


@pytest.mark.parametrize(
    ("alpha", "word"),
    [("2", "STRONG"), ("1.9999", "OUT"), ("0.5", "OUT"), ("0.4999", "INLINE"), ("-0.5", "UNDER"), ("-2", "WEAK")],
)
def test_strength_against_the_benchmark(alpha: str, word: str) -> None:
    assert build_card(TECH, 1, reading(alpha_raw=Decimal(alpha)), None).strength == word
    assert build_card(TECH, 1, reading(alpha_raw=None), None).strength == ""


def test_the_previous_colour_is_shown_only_when_it_differs() -> None:
    same = build_card(TECH, 1, reading(), reading(6, score=Decimal("-0.3")))
    assert (same.moved, same.previous_colour, same.previous_score) == (False, "", Decimal("-0.3"))
    other = build_card(TECH, 1, reading(), reading(6, colour="dark_red"))
    assert (other.moved, other.previous_colour, other.previous_verb) == (True, "dark_red", "PRIME SHORT")
    recovered = build_card(TECH, 1, reading(), reading(6, status="stale"))
    assert (recovered.previous_colour, recovered.previous_verb) == ("grey", "STALE")
    assert build_card(TECH, 1, reading(), None).previous_colour == ""


def test_the_grid_has_eight_cards_in_the_fixed_order_whatever_the_rows() -> None:
    rows = [reading(7, sector.key) for sector in reversed(SECTORS[1:])] + [reading(6, "energy", colour="dark_red")]
    grid = build_grid(run(7), run(7), rows, [run(6, as_of=FRIDAY.pre_open)])
    assert [card.sector for card in grid.cards] == [sector.key for sector in SECTORS]
    assert grid.cards[0].status == "no_data" and grid.cards[0].verb == "NO DATA"
    assert grid.cards[0].coverage is None
    assert (grid.fresh, grid.changed, grid.previous_as_of) == (7 * 150, 1, FRIDAY.pre_open)
    assert grid.head.seq == 7
    assert not hasattr(grid.head, "cards")


def test_freshness_counts_down_in_session_time() -> None:
    head = head_of(run(as_of=FRIDAY.close))
    states = [freshness_of(head, FRIDAY.close + timedelta(minutes=minutes)).state for minutes in (0, 34, 35, 119, 120)]
    assert states == ["LIVE", "LIVE", "AGEING", "AGEING", "STALE"]


def test_a_delayed_source_is_delayed_and_gets_its_delay_on_top() -> None:
    head = head_of(run(as_of=FRIDAY.open, delay_s=900))
    at = freshness_of(head, FRIDAY.open + timedelta(minutes=49))
    assert (at.state, at.text, at.age_s) == ("DELAYED", "the source is 15 min late", 49 * 60)
    assert freshness_of(head, FRIDAY.open + timedelta(minutes=50)).state == "AGEING"


def test_a_weekend_ages_nothing() -> None:
    head = head_of(run(as_of=FRIDAY.post_close))
    sunday = freshness_of(head, FRIDAY.post_close + timedelta(hours=40))
    assert (sunday.state, sunday.age_s) == ("LIVE", 0)
    monday = calendar.shift(FRIDAY.date, 1)
    assert head.ageing_from == monday.pre_open + timedelta(minutes=35)


def test_nothing_and_the_future_are_never_current() -> None:
    assert freshness_of(None, FRIDAY.open).state == "NO DATA"
    head = head_of(run(as_of=FRIDAY.close))
    assert freshness_of(head, FRIDAY.open).state == "STALE"


def test_at_the_end_of_the_calendar_a_light_is_stale() -> None:
    last = calendar._table().sessions[-1]
    head = head_of(run(as_of=last.post_close - timedelta(minutes=1)))
    assert (head.ageing_from, head.stale_from) == (None, None)
    assert freshness_of(head, last.post_close).state == "STALE"
    early = head_of(run(as_of=last.post_close - timedelta(minutes=100)))
    assert freshness_of(early, datetime(last.date.year, 12, 31, 23, tzinfo=UTC) + timedelta(hours=1)).state == "STALE"
