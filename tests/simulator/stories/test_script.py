"""The script: how many stories begin, that they depend on the past only, and that they are all that differs."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import cache

import numpy as np
import pytest

from sentiment_site.market import calendar
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.stories.grid import DAY, Grid, news_moment, slots_of
from sentiment_site.simulator.stories.story import Kind
from sentiment_site.simulator.tape.bars import compute_bars, source_of_session
from tests.simulator.stories.conftest import ANCHOR, END, generated

SEEDS = range(1, 7)
PER_60_SESSIONS = {
    Kind.THEME: 8, Kind.PUMP: 25, Kind.SQUEEZE: 6, Kind.CATALYST: 14, Kind.STORM: 40, Kind.OFFERING: 120,
}  # fmt: skip


@cache
def counts(names: int, stories: float, sessions: int = 59) -> Counter[Kind]:
    """Stories by kind over all seeds, of 60 sessions each."""
    total: Counter[Kind] = Counter()
    for seed in SEEDS:
        total.update(story.kind for story in generated(seed, names, sessions, stories).script.stories)
    return total


def near(expected: float) -> object:
    """Within four standard deviations of a Poisson number, and a tenth for those without a candidate."""
    return pytest.approx(expected, abs=4.0 * expected**0.5 + 0.1 * expected)


def test_counts_are_near_the_rates() -> None:
    found = counts(2000, 1.0)
    for kind, rate in PER_60_SESSIONS.items():
        share = 0.25 if kind is Kind.OFFERING else 0.5  # of 8,000: linear, and its square root
        assert found[kind] == near(len(SEEDS) * rate * share), kind


def test_a_small_market_has_a_few() -> None:
    found = counts(400, 1.0)
    assert found[Kind.PUMP] >= 12 and found[Kind.STORM] >= 24 and found[Kind.THEME] >= 3
    assert min(found[kind] for kind in PER_60_SESSIONS) >= 1


def test_the_multiplier_multiplies_and_the_calendars_stay() -> None:
    few, many = counts(2000, 1.0), counts(2000, 4.0)
    for kind in (Kind.PUMP, Kind.CATALYST, Kind.STORM, Kind.OFFERING):
        assert many[kind] == near(4.0 * few[kind]), kind
    assert abs(many[Kind.EARNINGS] - few[Kind.EARNINGS]) <= 2
    assert many[Kind.MACRO] == near(few[Kind.MACRO])


def test_five_hundred_pumps_are_within_reach() -> None:
    market = generated(1, 8000, 90, 16.0)
    assert sum(story.kind is Kind.PUMP for story in market.script.stories) > 500


def test_ids_are_unique_and_beginnings_in_order(told: Market) -> None:
    stories = told.script.stories
    assert len({story.id for story in stories}) == len(stories)
    assert [story.begins for story in stories] == sorted(story.begins for story in stories)
    for story in stories:
        assert story.begins.tzinfo is not None and story.begins < story.ends
        assert all(story.begins <= member.begins <= story.ends for member in story.members)
        assert all(story.begins <= phase.begins <= phase.ends <= story.ends for phase in story.phases), story


def test_nobody_is_in_two_priced_stories_at_once(told: Market) -> None:
    """Earnings and reverse splits come when they come; without a move, if another story has the price."""
    until: dict[int, dt.datetime] = {}
    for story in told.script.stories:
        if story.kind in PER_60_SESSIONS:
            for member in story.members:
                assert until.get(member.row, story.begins) <= story.begins
                until[member.row] = story.ends


def test_more_sessions_change_nothing_earlier(told: Market) -> None:
    shorter = Market(told.parameters)
    for day in told.days[:-5]:
        shorter.generate_until(day.session.pre_open)
    assert len(shorter.days) == len(told.days) - 5
    for one, other in zip(shorter.days, told.days, strict=False):
        assert np.array_equal(one.moves, other.moves) and np.array_equal(one.volume, other.volume)
        assert np.array_equal(one.effects.moves, other.effects.moves)
    cut = told.days[-5].session.pre_open
    assert shorter.script.stories == [story for story in told.script.stories if story.begins < cut]


def test_asking_on_the_way_changes_nothing(told: Market) -> None:
    asked = Market(told.parameters)
    for day in told.days:
        asked.generate_until(day.session.pre_open)
        asked.script.active(day.session.open, day.session.close)
    assert asked.script.stories == told.script.stories


def test_without_stories_there_are_none(plain: Market) -> None:
    assert plain.script.stories == []
    for day in plain.days:
        assert not len(day.effects.rows) and not len(day.effects.calm_rows) and not day.effects.shocks


def test_stories_and_the_jumps_they_stand_for_are_all_that_differs(told: Market, plain: Market) -> None:
    """Slot by slot: the told market is the plain one, plus the planted moves, minus the jumps left out."""
    listing = told.listing
    pinned: set[int] = set()
    for day, bare in zip(told.days, plain.days, strict=True):
        expected = bare.moves.astype(float)
        expected[day.effects.rows] += day.effects.moves
        np.add.at(expected, (bare.jumps.rows, bare.jumps.slots), -bare.jumps.sizes)
        np.add.at(expected, (day.jumps.rows, day.jumps.slots), day.jumps.sizes)
        for shock in day.effects.shocks:
            expected[:, shock.slot] += listing.loads[:, 0] * shock.size
        pinned |= set(day.effects.calm_rows.tolist())
        apart = pinned | set(day.effects.rows[day.effects.halted.any(axis=1)].tolist())
        alone = (listing.parent < 0) & ~np.isin(np.arange(len(expected)), list(apart))
        assert np.abs(day.moves[alone] - expected[alone]).max() < 2e-6
        assert len(day.jumps.rows) <= len(bare.jumps.rows)
    kept = sum(len(day.jumps.rows) for day in told.days) / sum(len(day.jumps.rows) for day in plain.days)
    assert 0.70 < kept < 0.80


def test_derived_securities_follow_their_issuer(told: Market, plain: Market) -> None:
    """A pumped company's warrant rises with it."""
    child = np.flatnonzero(told.listing.parent >= 0)
    parent = told.listing.parent[child]
    ratios = []
    for day, bare in zip(told.days, plain.days, strict=True):
        added = (day.moves - bare.moves).sum(axis=1)
        big = np.abs(added[parent]) > 0.15
        ratios += (added[child][big] / added[parent][big] / told.listing.leverage[child][big]).tolist()
    assert len(ratios) > 5
    assert np.median(ratios) == pytest.approx(1.0, abs=0.05)


def test_a_halt_moves_the_price_where_trading_resumes(told: Market) -> None:
    seen = 0
    for day in told.days:
        for index, slot in np.argwhere(day.effects.halted):
            seen += 1
            assert 0 < slot < day.moves.shape[1] - 2
            assert day.moves[day.effects.rows[index], slot] == 0.0
            assert day.moves[day.effects.rows[index], slot + 1] != 0.0
    assert seen > 5


def test_active_stories_overlap_what_is_asked_for(told: Market) -> None:
    begin, end = told.days[30].session.open, told.days[31].session.close
    expected = [story for story in told.script.stories if story.begins < end and story.ends > begin]
    assert told.script.active(begin, end) == expected != []
    assert told.script.active(END + dt.timedelta(days=400), END + dt.timedelta(days=401)) == []


def test_news_comes_out_where_the_tape_shows_the_jump(told: Market) -> None:
    """The half-hour in which a report's jump prints is the one its story begins with."""
    seen = 0
    for story in told.script.stories:
        member = story.members[0] if story.members else None
        if story.kind is not Kind.EARNINGS or member is None or abs(np.log1p(member.amplitude)) < 0.25:
            continue
        day = told.day_on(story.begins.astimezone(calendar.NEW_YORK).date())
        assert day is not None
        bars = compute_bars(source_of_session(told, day))
        ends = np.r_[day.start[member.row], np.log(bars.close[member.row])]
        jumped = int(np.abs(np.diff(ends)).argmax())
        printed = day.session.pre_open + jumped * dt.timedelta(minutes=30)
        opening = printed == day.session.open and story.begins == printed - dt.timedelta(minutes=30)
        assert printed == story.begins or opening or bars.volume[member.row, jumped] == 0
        seen += 1
    assert seen > 5


def test_positions_run_through_half_days() -> None:
    sessions = [calendar.shift(dt.date(2025, 11, 26), ahead) for ahead in range(3)]
    grid = Grid(sessions)
    assert [slots_of(session) for session in sessions] == [15, 9, 15] and grid.starts[-1] == 39
    assert grid.begins(0) == sessions[0].pre_open and grid.ends(0) == sessions[0].open
    assert grid.begins(14) == sessions[0].close and grid.ends(14) == sessions[0].post_close
    assert grid.begins(15 + 8) == sessions[1].close and grid.ends(15 + 7) == sessions[1].close
    assert grid.begins(DAY + 9 + 1) == sessions[2].open
    assert grid.begins(39) == grid.ends(1000) == sessions[2].post_close
    regular = news_moment(1, sessions[0], 5, 4)
    assert regular == sessions[0].open + dt.timedelta(minutes=90)


@pytest.mark.parametrize("wrong", [{"stories": -1.0}, {"stories": float("nan")}, {"texts": "both"}])
def test_bad_parameters_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Parameters(ANCHOR, **wrong)  # type: ignore[arg-type]
