"""`manage.py replay`: real sessions through the same pipeline as if live, one moment after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sectors.models import SectorRun
from sectors.pipeline import Skipped, run_analysis
from sectors.selectors import Grid, current_run, get_grid
from sentiment_site.market import calendar, clock
from sentiment_site.market.calendar import NEW_YORK, Session
from universe import selectors as universe_selectors
from universe.bars import holds_simulated_bars
from universe.models import UniverseRun
from universe.pipeline import NotEnoughBars, refresh_universe

AFTER_THE_CLOSE = timedelta(minutes=20)
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment that is played: of which session, and when."""

    session: Session
    at: datetime


@dataclass(frozen=True, slots=True)
class Played:
    """What a moment brought: the universe and the grid known then, or why there is none."""

    moment: Moment
    universe: UniverseRun | None
    grid: Grid | None
    skipped: str


class Command(BaseCommand):
    """Plays sessions of stored bars."""

    help = (
        "Play sessions that lie in the database (see import_bars) through the universe and the sector light as if "
        "live: the market clock stands at each moment, only what was known by then enters, each run is published."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Span or list of sessions, moments of the day, speed, output."""
        parser.add_argument("--from", dest="start", type=date.fromisoformat, help="first date, YYYY-MM-DD")
        parser.add_argument("--to", dest="end", type=date.fromisoformat, help="last date, included")
        parser.add_argument("--sessions", help="instead of a span: dates separated by commas")
        parser.add_argument("--profile", default=settings.UNIVERSE_PROFILE, help="screening profile")
        parser.add_argument(
            "--at",
            default="",
            help="New York times separated by commas (default: 20 minutes after each regular close, 16:20)",
        )
        parser.add_argument(
            "--speed", type=float, default=0.0, help="market time against real time; 0: as fast as possible"
        )
        parser.add_argument("--markdown", type=Path, help="write the outcome to this file")
        parser.add_argument("--simulated", action="store_true", help="allow a database of simulated prices")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check everything that can be wrong first, then play."""
        if options["speed"] < 0:
            raise CommandError("--speed must not be negative.")
        moments = list_moments(list_sessions(options["start"], options["end"], options["sessions"]), options["at"])
        refuse_simulated(allowed=options["simulated"])
        refuse_going_back(moments[0].at)
        played = []
        with clock.frozen(moments[0].at) as frozen:
            screened: set[date] = set()
            for moment in moments:
                if options["speed"]:
                    sleep(calendar.session_seconds(clock.now(), moment.at) / options["speed"])
                frozen.move_to(moment.at)
                outcome = play(moment, options["profile"], screened)
                played.append(outcome)
                self.stdout.write(render_outcome(outcome))
                self.stdout.flush()
        if options["markdown"]:
            options["markdown"].write_text(render_markdown(played), encoding="utf-8")
            self.stdout.write(f"written: {options['markdown']}")


def list_sessions(start: date | None, end: date | None, listed: str | None) -> list[Session]:
    """The sessions of a span, or of a list of dates, oldest first. CommandError for anything that is none."""
    try:
        if listed:
            days = sorted({date.fromisoformat(text.strip()) for text in listed.split(",")})
            found = [(day, calendar.session_on(day)) for day in days]
            if closed := [str(day) for day, session in found if session is None]:
                raise CommandError(f"The exchange was closed on {', '.join(closed)}.")
            return [session for _, session in found if session is not None]
        if start is None or end is None:
            raise CommandError("Give --from and --to, or --sessions.")
        sessions = list(calendar.sessions_between(start, end))
    except ValueError as error:
        raise CommandError(str(error)) from error
    if not sessions:
        raise CommandError(f"There is no session from {start} to {end}.")
    return sessions


def list_moments(sessions: list[Session], times: str) -> list[Moment]:
    """Every session's moments, oldest first: the given New York times, or 20 minutes after its regular close."""
    wanted = [text.strip() for text in times.split(",") if text.strip()]
    for text in wanted:
        if not TIME.fullmatch(text):
            raise CommandError(f"--at: {text!r} is no time of day such as 16:20.")
    return [moment for session in sessions for moment in _moments(session, sorted(wanted))]


def _moments(session: Session, times: list[str]) -> Iterator[Moment]:
    if not times:
        yield Moment(session, session.close + AFTER_THE_CLOSE)
    for text in times:
        at = datetime.fromisoformat(f"{session.date}T{text}").replace(tzinfo=NEW_YORK)
        yield Moment(session, at.astimezone(session.close.tzinfo))


def refuse_simulated(*, allowed: bool) -> None:
    """A replay of real sessions must not mix with a simulated market. CommandError unless it is allowed."""
    if holds_simulated_bars() and not allowed:
        raise CommandError("This database holds simulated prices. Use another DATABASE_URL, or --simulated.")


def refuse_going_back(first: datetime) -> None:
    """Published runs are append-only in time. CommandError if the replay would begin before one that was live."""
    newest = current_run()
    if newest is not None and newest.trigger != SectorRun.Trigger.REPLAY and newest.recorded_at >= first:
        raise CommandError(
            f"Run {newest.pk} was published at {newest.recorded_at.isoformat()}, after the first moment of this replay "
            f"({first.isoformat()}). What was published is never followed by something older: use another database."
        )


def play(moment: Moment, profile: str, screened: set[date]) -> Played:
    """One moment: the universe of the newest closed session, once, then the sector light from what is stored.

    screened: the sessions whose universe this replay has made; added to.
    """
    closed = calendar.last_closed_session(moment.at).date
    skipped = ""
    if closed not in screened:
        try:
            refresh_universe(closed, profile)
            screened.add(closed)
        except NotEnoughBars as error:
            skipped = str(error)
        except LookupError as error:
            raise CommandError(str(error)) from error
    if not skipped:
        outcome = run_analysis(trigger=SectorRun.Trigger.REPLAY, fetch=False)
        skipped = outcome.reason if isinstance(outcome, Skipped) else ""
    grid = None if skipped else get_grid(moment.at)
    return Played(moment, universe_selectors.current_run(moment.at), grid, skipped)


def render_outcome(played: Played) -> str:
    """What a moment brought, in lines for the terminal."""
    lines = [f"{_local(played.moment.at)}"]
    if played.universe is not None:
        lines.append(f"  universe of {played.universe.session}: {_stages(played.universe)}")
    if played.grid is None:
        return "\n".join([*lines, f"  skipped: {played.skipped}"])
    for card in played.grid.cards:
        cells = "  ".join(f"{cell.label} {_percent(cell.value)}" for cell in card.cells)
        lines.append(
            f"  {card.title:<12} {_score(card.score):>7}  {card.verb:<13} {card.colour:<13} "
            f"confidence {_share(card.confidence)}  {cells}  {card.fresh}/{card.n}"
        )
    return "\n".join(lines)


def render_markdown(played: list[Played]) -> str:
    """The whole replay as Markdown tables: counts per stage, and eight lights per moment."""
    parts = []
    for each in played:
        parts.append(f"## {_local(each.moment.at)}\n")
        if each.universe is not None:
            parts += ["| stage | names left |", "|---|---:|"]
            parts += [f"| {stage['name']} | {stage['left']:,} |" for stage in each.universe.stages]
            parts += ["", each.universe.floor_note, ""]
        if each.grid is None:
            parts.append(f"Skipped: {each.skipped}\n")
            continue
        parts += ["| sector | score | verb | 30M | 1D | 3D | 1W | confidence | fresh |", "|---|---:|---|" + "---:|" * 6]
        for card in each.grid.cards:
            cells = " | ".join(_percent(cell.value) for cell in card.cells)
            parts.append(
                f"| {card.title} | {_score(card.score)} | {card.verb} | {cells} | {_share(card.confidence)} "
                f"| {card.fresh} of {card.n} |"
            )
        parts += ["", *(f"Grey: {reason}." for reason in _grey_reasons(each.grid)), ""]
    return "\n".join(parts)


def _stages(run: UniverseRun) -> str:
    return " > ".join(f"{stage['name']} {stage['left']:,}" for stage in run.stages)


def _grey_reasons(grid: Grid) -> list[str]:
    """Why cells and whole cards are grey, each reason once."""
    cells = {f"{cell.label}: {cell.reason}" for card in grid.cards for cell in card.cells if cell.reason}
    cards = {f"{card.title}: {card.reason}" for card in grid.cards if card.reason}
    return sorted(cells | cards)


def _local(at: datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%a %Y-%m-%d %H:%M} ET"


def _percent(value: Any) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _score(value: Any) -> str:
    return "–" if value is None else f"{value:+.3f}"


def _share(value: Any) -> str:
    return "–" if value is None else f"{value * 100:.0f}%"
