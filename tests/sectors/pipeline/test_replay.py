"""Past sessions through the whole pipeline: the same light as live, in order, never behind what was published."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from sectors import publish
from sectors.models import SectorRun
from sentiment_site.management.commands import replay
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, HALF_HOUR, Market, add_reference, make_market
from tests.sectors.conftest import FRIDAY, THURSDAY, analyse
from universe.models import UniverseRun

pytestmark = pytest.mark.django_db

SHOWN = ("sector", "score", "colour", "confidence")
AFTER_CLOSE = timedelta(minutes=20)


@pytest.fixture
def history() -> Market:
    """Sixty-three sessions at 100, the two last at 99 and 98; half-hours only on Friday from 15:00 to 16:30."""
    market = make_market(calendar.shift(FRIDAY.date, -2).date)
    add_reference(market)
    UniverseRun.objects.all().delete()
    market.store_daily(THURSDAY.date, dict.fromkeys([*ALL_SYMBOLS, "IWM"], 99))
    market.store_daily(FRIDAY.date, dict.fromkeys([*ALL_SYMBOLS, "IWM"], 98))
    return market


def play(*arguments: str) -> str:
    output = StringIO()
    call_command("replay", *arguments, stdout=output)
    return output.getvalue()


def test_a_span_of_sessions_is_played_after_each_close(history: Market) -> None:
    text = play("--from", str(THURSDAY.date), "--to", str(FRIDAY.date))
    first, second = SectorRun.objects.order_by("id")
    assert [run.recorded_at for run in (first, second)] == [THURSDAY.close + AFTER_CLOSE, FRIDAY.close + AFTER_CLOSE]
    assert [run.as_of for run in (first, second)] == [THURSDAY.close, FRIDAY.close]
    assert {first.trigger, second.trigger} == {"replay"}
    assert [run.session for run in UniverseRun.objects.order_by("id")] == [THURSDAY.date, FRIDAY.date]
    reading = first.readings.get(formula="v1", sector="energy")
    assert float(reading.performance_1day or 0) == pytest.approx(-1.0, abs=1e-3)
    assert reading.performance_30min is None
    assert "Thu 2026-08-20 16:20 ET" in text and "Fri 2026-08-21 16:20 ET" in text
    assert "universe of 2026-08-20: all " in text
    assert "1D -1.00" in text and "30M –" in text


def test_a_replay_gives_what_a_live_analysis_gave(history: Market) -> None:
    play("--from", str(FRIDAY.date), "--to", str(FRIDAY.date))
    replayed = SectorRun.objects.get()
    with clock.frozen(FRIDAY.close + AFTER_CLOSE):
        live = analyse()
    for old, new in zip(
        replayed.readings.order_by("sector", "formula"), live.readings.order_by("sector", "formula"), strict=True
    ):
        assert [getattr(old, name) for name in SHOWN] == [getattr(new, name) for name in SHOWN]
        assert old.factors == new.factors


def test_moments_of_the_day_and_a_list_of_sessions(history: Market) -> None:
    history.store_half_hours(FRIDAY.open, dict.fromkeys(ALL_SYMBOLS, 97))
    text = play("--sessions", f"{FRIDAY.date}, {THURSDAY.date}", "--at", "16:20,10:05")
    moments = list(SectorRun.objects.order_by("id").values_list("recorded_at", "as_of"))
    friday_morning = FRIDAY.open + timedelta(minutes=35)
    assert [at for at, _ in moments] == [
        THURSDAY.open + timedelta(minutes=35),
        THURSDAY.close + AFTER_CLOSE,
        friday_morning,
        FRIDAY.close + AFTER_CLOSE,
    ]
    assert moments[2] == (friday_morning, FRIDAY.open + HALF_HOUR)
    assert moments[0][1] == calendar.shift(THURSDAY.date, -1).close
    assert [run.session for run in UniverseRun.objects.order_by("id")] == [
        calendar.shift(THURSDAY.date, -1).date,
        THURSDAY.date,
        FRIDAY.date,
    ]
    assert text.index("Thu 2026-08-20 10:05") < text.index("Thu 2026-08-20 16:20") < text.index("Fri 2026-08-21 10:05")


def test_the_outcome_as_markdown(history: Market, tmp_path: Path) -> None:
    target = tmp_path / "outcome.md"
    text = play("--sessions", str(FRIDAY.date), "--markdown", str(target))
    written = target.read_text()
    assert f"written: {target}" in text
    assert "## Fri 2026-08-21 16:20 ET" in written
    assert "| final | 40 |" in written
    assert "| Energy | " in written and "| 5 of 5 |" in written
    assert "Grey: 30M: no 30-minute bars in the source." in written


def test_a_session_without_bars_is_skipped_and_said(history: Market, tmp_path: Path) -> None:
    monday = calendar.shift(FRIDAY.date, 1).date
    target = tmp_path / "outcome.md"
    text = play("--sessions", f"{FRIDAY.date},{monday}", "--markdown", str(target))
    assert f"skipped: {monday}: bars of 0 stocks, of 41 on the sessions before" in text or "skipped: " in text
    assert "Skipped: " in target.read_text()
    assert SectorRun.objects.count() == 1


def test_what_was_published_live_is_never_followed_by_something_older(history: Market) -> None:
    play("--sessions", str(THURSDAY.date))
    with clock.frozen(FRIDAY.close + AFTER_CLOSE):
        live = analyse()
    with pytest.raises(CommandError, match=f"Run {live.pk} was published at .* never followed by something older"):
        play("--sessions", str(FRIDAY.date))
    assert SectorRun.objects.count() == 2


def test_a_replay_may_follow_a_later_replay(history: Market, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        play("--sessions", str(FRIDAY.date))
    with django_capture_on_commit_callbacks(execute=True):
        play("--sessions", str(THURSDAY.date))
    newest = SectorRun.objects.latest()
    assert newest.as_of == THURSDAY.close
    assert publish.get_live_grid().seq == newest.pk


def test_simulated_prices_only_when_asked_for() -> None:
    market = make_market(THURSDAY.date, simulated=True)
    add_reference(market)
    with pytest.raises(CommandError, match="simulated prices"):
        play("--sessions", str(THURSDAY.date))
    play("--sessions", str(THURSDAY.date), "--simulated")
    assert SectorRun.objects.get().is_simulated


def test_speed_lets_session_time_pass(history: Market, monkeypatch: Any) -> None:
    slept: list[float] = []
    monkeypatch.setattr(replay, "sleep", slept.append)
    play("--sessions", str(FRIDAY.date), "--at", "10:00,11:00", "--speed", "3600")
    assert slept == [0.0, 1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give --from and --to"),
        (["--from", "2026-08-22", "--to", "2026-08-23"], "There is no session from 2026-08-22 to 2026-08-23"),
        (["--sessions", "2026-08-22"], "The exchange was closed on 2026-08-22"),
        (["--sessions", "soon"], "soon"),
        (["--from", "1890-01-01", "--to", "1890-01-05"], "beyond the NYSE calendar"),
        (["--sessions", "2026-08-21", "--at", "25:00"], "'25:00' is no time of day"),
        (["--sessions", "2026-08-21", "--speed", "-1"], "--speed must not be negative"),
    ],
)
def test_a_wrong_argument_is_named_before_anything_is_played(db: None, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        play(*arguments)


def test_an_unknown_profile_is_named(history: Market) -> None:
    with pytest.raises(CommandError, match="no screening profile is called 'lax'"):
        play("--sessions", str(FRIDAY.date), "--profile", "lax")


def test_a_moment_without_a_grid_shows_why() -> None:
    moment = replay.Moment(FRIDAY, FRIDAY.close)
    played = replay.Played(moment, None, None, "no universe has been published yet")
    assert replay.render_outcome(played) == "Fri 2026-08-21 16:00 ET\n  skipped: no universe has been published yet"
    assert "Skipped: no universe" in replay.render_markdown([played])
    assert date(2026, 8, 21) == FRIDAY.date
