"""Detection in a small market: a planted story is found, named, measured, dated; noise is not; nothing is rewritten."""

from __future__ import annotations

import datetime as dt

import pytest

from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, symbols_of
from tests.themes.stories.conftest import FRIDAY, HOUR, NOON, Write
from themes.models import Theme, ThemeChange, ThemeMembership, ThemeReading
from themes.models.documents import DocumentKind
from themes.models.stories import Standing
from themes.stories.tick import merge_into, run_tick
from themes.tape import NoTape

pytestmark = pytest.mark.django_db
STORY = "plans a graphene battery venture with a large partner, number"
TECH, ENERGY = symbols_of("technology"), symbols_of("energy")


def tell(write: Write, symbols: list[str], hours: float = 3, words: str = STORY) -> None:
    """The story from two kinds of source and several people."""
    write(symbols, words, hours, author="wire")
    write(symbols, f"what do you think, {words}", hours - 1, kind=DocumentKind.REDDIT, author="fan")


def lift(market: Market, symbols: list[str], percent: float, bars: int = 5) -> None:
    """These stocks rise together on Friday morning, on five times their volume; the others stand still."""
    for place in range(bars):
        start = FRIDAY.open + place * dt.timedelta(minutes=30)
        price = 100 * (1 + percent / 100 * (place + 1) / bars)
        closes = {symbol: (price + 0.05 * n, 600_000.0) for n, symbol in enumerate(symbols)}
        market.store_half_hours(start, closes, recorded_at=start + dt.timedelta(minutes=31))


def test_a_new_story_is_found_named_and_dated(background: None, market: Market, write: Write) -> None:
    lift(market, [*TECH, ENERGY[0]], 12)
    tell(write, TECH)
    tell(write, ENERGY[:1], hours=2)
    report = run_tick(NOON)
    theme = Theme.objects.get()
    assert report.created == [theme]
    assert "graphene" in theme.theme_name or "battery" in theme.theme_name
    assert theme.emergence_timestamp == NOON - 3 * HOUR
    assert theme.detected_at == NOON
    assert theme.primary_sector == "technology"
    assert set(theme.memberships.values_list("instrument__symbol", flat=True)) == {*TECH, ENERGY[0]}
    assert theme.narrative_sources == {"news": 6, "reddit": 6}
    assert theme.is_simulated
    reading = ThemeReading.objects.get()
    assert reading.factors["issuers"] == 6
    assert reading.factors["log10_p"] < -6
    assert reading.documents == 12
    assert theme.evidence.count() == 12


def test_ordinary_news_and_one_companys_storm_are_no_themes(background: None, market: Market, write: Write) -> None:
    for n in range(30):
        write(["TEC0"], f"{STORY} again and again {n}", 5 - n / 10, author=f"person{n}")
    assert run_tick(NOON).created == []


def test_what_everybody_is_written_about_with_is_the_weather(background: None, market: Market, write: Write) -> None:
    tell(write, ALL_SYMBOLS)
    report = run_tick(NOON)
    assert report.created == []
    assert report.macro >= 1


def test_curated_themes_need_less(background: None, market: Market, write: Write) -> None:
    lift(market, TECH[:4], 12)
    tell(write, TECH[:4], words="adopts a bitcoin treasury strategy, part")
    write(TECH[:4], "bitcoin treasury again, so says the street", 1, kind=DocumentKind.X, author="bull")
    with clock.frozen(NOON):  # the dictionaries are entered at the first tick
        run_tick(NOON)
    theme = Theme.objects.get(dictionary_key="bitcoin_treasury")
    assert theme.theme_name == "bitcoin_treasury"
    run_tick(NOON + HOUR)
    assert Theme.objects.filter(dictionary_key="bitcoin_treasury").count() == 1
    assert theme.readings.count() == 2


def test_text_alone_is_watched_and_price_publishes_it(background: None, market: Market, write: Write) -> None:
    tell(write, [*TECH, *ENERGY[:3]])
    run_tick(NOON)
    theme = Theme.objects.get()
    assert theme.standing == Standing.WATCH
    assert 0.5 <= theme.detection_confidence < 0.7
    for place in range(5, 9):
        start = FRIDAY.open + place * dt.timedelta(minutes=30)
        closes = {
            symbol: (100 + 3.0 * (place - 4) + 0.1 * n, 400_000.0) for n, symbol in enumerate([*TECH, *ENERGY[:3]])
        }
        rest = {
            symbol: (100.0 + 0.01 * ((n + place) % 3), 30_000.0)
            for n, symbol in enumerate(ALL_SYMBOLS)
            if symbol not in closes
        }
        market.store_half_hours(start, closes | rest)
    report = run_tick(NOON + 2 * HOUR)
    theme.refresh_from_db()
    assert theme.standing == Standing.ACTIVE
    assert report.published == [theme]
    assert [one.what for one in theme.changes.order_by("pk")][:2] == ["detected", "published"]


def test_the_same_tick_again_changes_nothing(background: None, market: Market, write: Write) -> None:
    lift(market, TECH, 12)
    tell(write, TECH)
    run_tick(NOON)
    before = (Theme.objects.values().get(), list(ThemeMembership.objects.values()), ThemeChange.objects.count())
    report = run_tick(NOON, whole=False)
    after = (Theme.objects.values().get(), list(ThemeMembership.objects.values()), ThemeChange.objects.count())
    assert report.created == []
    assert after == before


def test_what_is_not_known_yet_is_not_seen(background: None, market: Market, write: Write) -> None:
    tell(write, TECH)
    assert run_tick(NOON - 4 * HOUR).created == []
    assert run_tick(NOON - 2.5 * HOUR).created == []  # only one kind of source so far


def test_a_theme_cools_and_sleeps_and_its_members_leave(background: None, market: Market, write: Write) -> None:
    lift(market, TECH, 12)
    tell(write, TECH)
    run_tick(NOON)
    for hour in (30, 80, 81):
        with clock.frozen(NOON + hour * HOUR):
            run_tick(NOON + hour * HOUR)
    theme = Theme.objects.get()
    assert not theme.memberships.filter(until__isnull=True).exists()
    assert theme.memberships.exclude(until__isnull=True).count() == len(TECH)
    assert theme.intensity < theme.peak_intensity


def test_alike_themes_are_merged_with_their_history(background: None, market: Market, write: Write) -> None:
    lift(market, TECH, 12)
    tell(write, TECH)
    run_tick(NOON)
    older = Theme.objects.get()
    younger = Theme.objects.create(
        theme_name="twin", standing="watch", emergence_timestamp=NOON, detected_at=NOON, detection_confidence=0.6,
        is_simulated=True, as_of=NOON,
    )  # fmt: skip
    merge_into(younger, older, at=NOON, reason="the same")
    younger.refresh_from_db()
    assert (younger.standing, younger.merged_into) == (Standing.MERGED, older)
    assert older.changes.filter(what="absorbed").exists()


def test_without_a_universe_there_is_no_tape(db: None) -> None:
    with pytest.raises(NoTape, match="no universe"):
        run_tick(NOON)


def test_a_night_and_a_weekend_do_no_harm(background: None, market: Market, write: Write) -> None:
    tell(write, TECH)
    saturday = calendar.shift(FRIDAY.date, 0).close + 20 * HOUR
    assert isinstance(run_tick(saturday).updated, int)
