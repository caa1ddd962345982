"""Each kind of story does what it says, to who may be in it, in prices, volume and facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from sentiment_site.market import calendar
from sentiment_site.simulator.market.parameters import SECTORS
from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.stories.grid import slot_begins, slots_of
from sentiment_site.simulator.stories.story import Kind, Member, Role, Story
from sentiment_site.simulator.stories.topics import CATALYSTS, MACRO, THEMES, scheduled
from tests.simulator.stories.conftest import generated


def stories_of(market: Market, kind: Kind) -> list[Story]:
    return [story for story in market.script.stories if story.kind is kind]


def day_of(market: Market, at: dt.datetime) -> Day:
    day = market.day_on(calendar.last_session(at).date)
    assert day is not None
    return day


def planted(market: Market, row: int, begins: dt.datetime, ends: dt.datetime, field: str = "moves") -> np.ndarray:
    """Planted slots of a security that begin in [begins, ends), in order."""
    found = []
    for day in market.days:
        at = int(np.searchsorted(day.effects.rows, row))
        there = at < len(day.effects.rows) and day.effects.rows[at] == row
        inside = [slot for slot in range(slots_of(day.session)) if begins <= slot_begins(day.session, slot) < ends]
        found += getattr(day.effects, field)[at, inside].tolist() if there else [0.0] * len(inside)
    return np.array(found)


def whole(market: Market, kind: Kind) -> Iterator[tuple[Story, Member]]:
    """Stories of one security that were over before the market's end."""
    for story in stories_of(market, kind):
        if story.ends < market.days[-1].session.pre_open:
            yield story, story.members[0]


def state(market: Market, story: Story, row: int) -> tuple[float, float, float]:
    """Price, cap and float at 04:00 of the session in which a story was drawn."""
    day, security = day_of(market, story.begins), market.listing.securities[row]
    price = float(np.exp(day.start[row]))
    floating = (security.free_float or 0.7 * security.shares) * float(day.units[row])
    return price, security.shares * float(day.units[row]) * price, floating


def test_members_are_listed_company_stock(told: Market) -> None:
    listing = told.listing
    for story in told.script.stories:
        index = day_of(told, story.begins).index
        for member in story.members:
            assert listing.jumps[member.row] and listing.parent[member.row] < 0
            assert listing.first[member.row] <= index <= listing.last[member.row]
            assert listing.securities[member.row].symbol == member.symbol
            assert SECTORS[listing.sector[member.row]] == member.sector


def test_pumps_are_small_and_go_up_and_down_as_planted(told: Market) -> None:
    seen = 0
    for story in stories_of(told, Kind.PUMP):
        member = story.members[0]
        price, cap, floating = state(told, story, member.row)
        assert 1.0 <= price <= 15.0 and cap < 3e8 and floating < 2.5e7
        quiet, run, dump = story.phases
        assert (quiet.name, run.name, dump.name) == ("accumulation", "run", "dump")
        assert quiet.begins == story.begins < quiet.ends <= run.begins == member.begins and dump.ends == story.ends
        if story.ends >= told.days[-1].session.pre_open:
            continue
        seen += 1
        rise = planted(told, member.row, run.begins, run.ends)
        fall = planted(told, member.row, dump.begins, dump.ends)
        assert 3 <= len(rise) <= 39 and 4 <= len(fall) <= 30
        assert rise.sum() == pytest.approx(np.log1p(member.amplitude), abs=2e-5)
        assert fall.sum() == pytest.approx(-story.facts["dumped_share"] * np.log1p(member.amplitude), abs=2e-4)
        assert 0.6 <= story.facts["dumped_share"] <= 0.95
        assert 0 <= planted(told, member.row, quiet.begins, quiet.ends).sum() < 0.15
        assert planted(told, member.row, run.begins, run.ends, "volume").min() >= 2.2
    assert seen > 30


def test_facts_of_pumps_follow_the_table(told: Market) -> None:
    pumps = stories_of(told, Kind.PUMP)
    runs = {story.id: story.phases[1].begins for story in pumps}
    assert np.mean([story.facts["dilution"] for story in pumps]) == pytest.approx(0.60, abs=0.17)
    assert np.mean([story.facts["fake_release"] for story in pumps]) == pytest.approx(0.15, abs=0.13)
    assert np.median([story.members[0].amplitude for story in pumps]) == pytest.approx(1.0, abs=0.25)
    for story in pumps:
        assert 0.3 <= story.facts["duplicates"] <= 0.7 and 20 <= story.facts["posts_factor"] <= 100
        assert story.begins <= story.facts["promotion_at"] <= runs[story.id]
        assert story.facts["dilution"] == ("dilution_at" in story.facts)
        if story.facts["dilution"]:
            assert story.begins <= story.facts["dilution_at"] <= runs[story.id] + dt.timedelta(days=30)


def test_themes_spread_from_their_leaders(told: Market) -> None:
    natural = {topic.key: topic.sectors for topic in THEMES}
    latest: dict[str, dt.datetime] = {}
    at_home, lags = [], []
    for story in stories_of(told, Kind.THEME):
        sectors = story.facts["sectors"]
        assert sectors[0] == natural[story.topic][0] and 1 <= len(sectors) <= 3 and len(set(sectors)) == len(sectors)
        at_home += [name in natural[story.topic] for name in sectors]
        leaders = [member for member in story.members if member.role is Role.LEADER]
        followers = [member for member in story.members if member.role is Role.FOLLOWER]
        assert len(leaders) == 2 and len({member.begins for member in leaders}) == 1
        assert all(member.sector == sectors[0] for member in leaders)
        assert all(member.begins > leaders[0].begins for member in followers)
        entered = [story.facts["entered"][name] for name in sectors]
        assert entered == sorted(entered) and entered[0] == leaders[0].begins
        assert all(
            count <= 10 for count in np.unique([member.sector for member in story.members], return_counts=True)[1]
        )
        lags += [(member.begins - leaders[0].begins).total_seconds() / 1800 for member in followers
                 if member.sector == sectors[0] and member.begins.date() == leaders[0].begins.date()]  # fmt: skip
        assert story.begins - latest.get(story.topic, story.begins - dt.timedelta(days=99)) >= dt.timedelta(days=27)
        latest[story.topic] = story.begins
        for member in story.members:
            price, cap, _ = state(told, story, member.row)
            assert 2.0 < price < 100.0 and 1e7 < cap < 2e9
    assert len(latest) >= 10 and np.mean(at_home) > 0.85
    assert 2.0 < np.mean(lags) < 8.0


def test_a_theme_rises_for_three_days_and_gives_half_back(told: Market) -> None:
    seen = 0
    for story in stories_of(told, Kind.THEME):
        for member in story.members:
            path = planted(told, member.row, member.begins, member.begins + dt.timedelta(days=40))
            reports = {one.members[0].row for one in stories_of(told, Kind.EARNINGS)
                       if story.begins - dt.timedelta(days=5) < one.begins < story.ends}  # fmt: skip
            if story.ends > told.days[-1].session.pre_open or member.row in reports:
                continue
            seen += 1
            total = np.log1p(member.amplitude)
            assert path[:45].sum() == pytest.approx(total, abs=2e-5)
            assert path[:10].sum() > 0.4 * total
            assert path[60:150].sum() == pytest.approx(-0.55 * total, rel=1e-3)
    assert seen > 20


def test_leaders_move_more(told: Market) -> None:
    by_role: dict[Role, list[float]] = {Role.LEADER: [], Role.FOLLOWER: []}
    for story in stories_of(told, Kind.THEME):
        for member in story.members:
            by_role[member.role].append(np.log(member.amplitude))
    leaders, followers = by_role[Role.LEADER], by_role[Role.FOLLOWER]
    assert np.mean(leaders) - np.mean(followers) == pytest.approx(np.log(1.6), abs=0.3)
    assert np.mean(followers) == pytest.approx(np.log(0.22), abs=0.15)


def test_squeezes_need_short_sellers_and_multiply_the_price(told: Market) -> None:
    volumes, seen = [], 0
    for story, member in whole(told, Kind.SQUEEZE):
        seen += 1
        short = told.listing.securities[member.row].short_fraction
        assert short is not None and short >= 0.20 and story.facts["short_of_float"] == pytest.approx(short, abs=1e-4)
        rise, retreat = story.phases
        up = planted(told, member.row, rise.begins, rise.ends).sum()
        assert up == pytest.approx(np.log1p(member.amplitude), abs=2e-5) and member.amplitude >= 0.4
        down = planted(told, member.row, retreat.begins, retreat.ends).sum()
        assert -0.71 * up <= down <= -0.29 * up
        days = [day for day in told.days if rise.begins < day.session.close and day.session.open < rise.ends]
        assert 2 <= len(days) <= 7
        usual = told.listing.volume[member.row] * days[0].units[member.row]
        volumes.append(max(day.volume[member.row] for day in days) / usual)
    assert seen > 5 and np.median(volumes) > 10.0


def test_catalysts_are_of_their_sector_and_stay(told: Market) -> None:
    home = {topic.key: topic for topic in CATALYSTS}
    topics = set()
    for story, member in whole(told, Kind.CATALYST):
        topic = home[story.topic]
        topics.add(story.topic)
        assert member.sector in topic.sectors
        assert (member.amplitude < 0) == topic.down and topic.low <= abs(member.amplitude) <= topic.high
        day = day_of(told, story.begins)
        first = planted(told, member.row, day.session.pre_open, day.session.post_close + dt.timedelta(seconds=1))
        assert np.log1p(member.amplitude) == pytest.approx(first[np.abs(first).argmax()], abs=0.02)
        after = planted(told, member.row, day.session.post_close, story.ends)
        assert abs(after.sum()) < 0.12
    assert topics == set(home)


def test_after_a_takeover_the_price_is_pinned(told: Market, plain: Market) -> None:
    seen = 0
    for story, member in whole(told, Kind.CATALYST):
        if story.topic != "takeover":
            continue
        seen += 1
        later = [index for index, day in enumerate(told.days) if day.session.open > story.ends]
        assert story.facts["premium"] == pytest.approx(member.amplitude, abs=1e-4)
        quiet = [index for index in later if member.row not in told.days[index].effects.rows]
        after = np.concatenate([told.days[index].moves[member.row] for index in quiet])
        usual = np.concatenate([plain.days[index].moves[member.row] for index in quiet])
        assert after.std() < 0.3 * usual.std()
        assert not any(member.row in told.days[index].jumps.rows for index in later)
    assert seen >= 3


def test_companies_report_once_a_quarter_in_seasons(told: Market) -> None:
    listing = told.listing
    company = listing.jumps & (listing.parent < 0) & (listing.first <= 0) & (listing.last > 200)
    reports = [(story.members[0].row, story.begins) for story in stories_of(told, Kind.EARNINGS)]
    rows = np.bincount([row for row, _ in reports], minlength=len(company))[company]
    assert 0.85 < (rows >= 1).mean() < 1.0 and rows.max() <= 2
    by_week = np.bincount([(at - reports[0][1]).days // 7 for _, at in reports])
    assert by_week.max() > 4 * np.median(by_week)
    previous: dict[int, dt.datetime] = {}
    for row, at in reports:
        assert at - previous.get(row, at - dt.timedelta(days=99)) > dt.timedelta(days=40)
        previous[row] = at


def test_reports_come_outside_regular_hours_and_most_change_little(told: Market) -> None:
    sizes, surprises = [], []
    for story in stories_of(told, Kind.EARNINGS):
        member = story.members[0]
        when = {calendar.Phase.PRE: "before the open", calendar.Phase.AFTER: "after the close"}
        assert story.facts["when"] == when[calendar.phase_at(story.begins)]
        sizes.append(np.log1p(member.amplitude) / told.listing.volatility[member.row])
        surprises.append(story.facts["eps"] - story.facts["eps_estimate"])
    sizes = np.array(sizes)
    assert (np.abs(sizes) < 1.0).mean() > 0.65 and (np.abs(sizes) > 3.0).mean() > 0.02
    moved = sizes != 0
    rank = stats.spearmanr(sizes[moved], np.array(surprises)[moved]).statistic
    assert rank > 0.3


def test_reports_are_known_ahead(told: Market) -> None:
    """Who reports in a session can be asked before it comes, and they do."""
    script = Market(told.parameters).script
    session = told.days[40].session
    expected = set(script.reporting(session))
    came = {story.members[0].row for story in stories_of(told, Kind.EARNINGS)
            if session.pre_open <= story.begins < session.post_close}  # fmt: skip
    assert came <= expected and len(came) > 0.9 * len(expected) > 0


def test_offerings_cost_their_discount_and_follow_run_ups(told: Market) -> None:
    run_ups, market_wide, after_close = [], [], []
    for story, member in whole(told, Kind.OFFERING):
        day = day_of(told, story.begins)
        late = story.begins >= day.session.close
        after_close.append(late)
        slot = planted(told, member.row, day.session.pre_open, day.session.post_close)[-1 if late else 0]
        assert slot == pytest.approx(np.log1p(-story.facts["discount"]), abs=0.002)
        if not late:
            price = float(np.exp(day.start[member.row]))
            assert story.facts["offering_price"] == pytest.approx(
                price * (1 - story.facts["discount"]), abs=0.011, rel=2e-4
            )
        assert story.facts["shares"] >= 10_000 and story.begins <= story.facts["priced_at"] < story.ends
        if day.index > 10:
            then = told.days[day.index - 10]
            rise = day.start + np.log(day.units) - then.start - np.log(then.units)
            run_ups.append(rise[member.row])
            market_wide.append(np.median(rise[told.listing.jumps]))
    assert 0.5 < np.mean(after_close) < 0.7
    assert np.mean(run_ups) - np.mean(market_wide) > 0.03


def test_every_reverse_split_is_a_story() -> None:
    market = generated(5, 8000, 60)
    reverse = [split for split in market.splits if split.split_from > split.split_to]
    found = {(story.members[0].row, story.facts["execution_date"]): story
             for story in stories_of(market, Kind.REVERSE_SPLIT)}  # fmt: skip
    assert len(reverse) == len(found) > 5
    for split in reverse:
        story = found[split.row, split.session.date]
        assert story.begins == split.announced.close
        assert (story.facts["split_from"], story.facts["split_to"]) == (split.split_from, split.split_to)


def test_storms_move_the_price_once_or_not(told: Market) -> None:
    moved = []
    for story, member in whole(told, Kind.STORM):
        price, cap, _ = state(told, story, member.row)
        assert cap > 2e8 and price > 0 and 10 <= story.facts["articles"] <= 40
        moved.append(member.amplitude != 0.0)
        assert planted(told, member.row, story.begins, story.ends, "volume").max() > 0.2
    assert 0.25 < np.mean(moved) < 0.55


def test_macro_days_have_no_members_and_may_shake_the_market(told: Market, plain: Market) -> None:
    macro = stories_of(told, Kind.MACRO)
    assert {story.topic for story in macro} >= {"fomc", "cpi", "jobs"}
    assert {story.topic for story in macro} <= {topic.key for topic in MACRO}
    for story in macro:
        day = day_of(told, story.begins)
        bare = plain.days[day.index]
        assert story.members == ()
        assert story.facts["scheduled"] == (story.topic in {topic.key for topic in scheduled(day.session)})
        shocks = sum(shock.size for shock in day.effects.shocks)
        added = day.factors.slots()[0].sum() - bare.factors.slots()[0].sum()
        assert added == pytest.approx(shocks, abs=1e-9)
    surprised = [story for story in macro if story.facts["market_move"]]
    assert 0 < len(surprised) < len(macro)


def test_the_calendar_of_macro_days() -> None:
    days = calendar.sessions_between(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    found = [(topic.key, session.date) for session in days for topic in scheduled(session)]
    assert ("jobs", dt.date(2026, 3, 6)) in found and ("fomc", dt.date(2026, 3, 18)) in found
    assert sum(key == "fomc" for key, _ in found) == 8
    assert 10 <= sum(key == "cpi" for key, _ in found) <= 12
