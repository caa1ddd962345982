"""Everything written about the simulated market, day by day.

A day of documents runs from 04:00 New York time to 04:00 of the next date, as sessions do, so that whatever it tells of
is generated when it begins. A day is planned as a whole out of (seed, streams 20-24, date), the session's tape and the
stories known by then, written channel by channel, kept, and cut where somebody stands. Nothing depends on the order in
which days are asked for.
"""

from __future__ import annotations

import datetime as dt
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.documents.authors import Crowd
from sentiment_site.simulator.documents.background import Sheet, plan_background
from sentiment_site.simulator.documents.brief import make_brief
from sentiment_site.simulator.documents.cast import Cast
from sentiment_site.simulator.documents.coverage import COVERAGE
from sentiment_site.simulator.documents.dirt import soil
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.documents.filings import write_filings
from sentiment_site.simulator.documents.identity import find_date
from sentiment_site.simulator.documents.item import Item
from sentiment_site.simulator.documents.listings import plan_listings
from sentiment_site.simulator.documents.movers import plan_movers
from sentiment_site.simulator.documents.phrasebook import phrasebook
from sentiment_site.simulator.documents.posts import write_post
from sentiment_site.simulator.documents.press import write_press
from sentiment_site.simulator.documents.writing import Desk
from sentiment_site.simulator.market.process import Day
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.stories.story import Story
from sentiment_site.simulator.tape.cut import Tape

BEGINS = dt.time(4, 0)  # a day of documents, New York time
# days of documents in memory: as far back as vendors look; news and filings are looked for in the whole history,
# 90 sessions by default, and a search that is longer than the memory would write every day anew each time
DAYS_KEPT = {Channel.NEWS: 150, Channel.RELEASE: 40, Channel.FILING: 150, Channel.REDDIT: 15, Channel.X: 15}
_STORIES_KEPT, _PLANS_KEPT = 4096, 10
_LONGEST = max(max(coverage.within, coverage.after) for coverage in COVERAGE.values()) + dt.timedelta(days=45)
_ANNOUNCED = 6  # sessions ahead that previews look
_CROWDS = {Channel.X: 0.75, Channel.REDDIT: 0.5}  # authors per name
_FEWEST_AUTHORS = 300

Plan = Mapping[Channel, list[Item]]


@dataclass(frozen=True, slots=True)
class _Written:
    """A channel's documents of a day, oldest first."""

    documents: tuple[Document, ...]
    moments: list[dt.datetime]


class DayArchive:
    """The archive of one market (see document.Archive). Thread safe. It begins with the first session."""

    def __init__(self, tape: Tape) -> None:
        market = tape.market
        parameters = market.parameters
        self._market = market
        self._seed = parameters.seed
        self._family = parameters.texts
        self._book = phrasebook(self._family)
        self._cast = Cast(market.listing, parameters.seed)
        self._first = market.first_session.date
        before = market.first_session.pre_open
        self._crowds = {
            channel: Crowd(channel, parameters.seed, max(_FEWEST_AUTHORS, int(share * parameters.names)), before)
            for channel, share in _CROWDS.items()
        }
        self._plans: Memo[dt.date, Plan] = Memo(_PLANS_KEPT)
        self._stories: Memo[str, tuple[Item, ...]] = Memo(_STORIES_KEPT)
        self._written: dict[Channel, Memo[dt.date, _Written]] = {
            channel: Memo(kept) for channel, kept in DAYS_KEPT.items()
        }
        self._writing = threading.Lock()

    def published(self, channel: Channel, after: dt.datetime, until: dt.datetime) -> Sequence[Document]:
        """Documents with after < at <= until, oldest first. Generates the sessions that have begun by `until`."""
        found: list[Document] = []
        date, last = max(_date_of(after), self._first), _date_of(until)
        while date <= last:
            day = self._day(date, channel)
            low, high = bisect_right(day.moments, after), bisect_right(day.moments, until)
            found += day.documents[low:high]
            date += dt.timedelta(days=1)
        return found

    def find(self, channel: Channel, id: str, until: dt.datetime) -> Document | None:
        """The document with this id if it is public by `until`. The id says the day."""
        moment = find_date(channel, id)
        if moment is None or moment > until + dt.timedelta(days=1):
            return None
        date = _date_of(moment)
        for other in (date, date - dt.timedelta(days=1), date + dt.timedelta(days=1)):
            if self._first <= other <= _date_of(until):
                for document in self._day(other, channel).documents:
                    if document.id == id:
                        return document if document.at <= until else None
        return None

    def _day(self, date: dt.date, channel: Channel) -> _Written:
        with self._writing:  # one thread writes, the others find it written
            return self._written[channel].get(date, lambda: self._write(date, channel))

    def _write(self, date: dt.date, channel: Channel) -> _Written:
        items = self._plans.get(date, lambda: self._plan(date))[channel]
        desk = self._desk(date)
        if channel is Channel.FILING:
            documents = write_filings(desk, items)
        else:
            write = write_press if channel in (Channel.NEWS, Channel.RELEASE) else write_post
            # identifiers are drawn, and once in years two are alike: the later one is not published
            documents = list({item.id: item for item in (write(desk, item) for item in items)}.values())
        documents.sort(key=lambda document: (document.at, document.id))
        return _Written(tuple(documents), [document.at for document in documents])

    def _plan(self, date: dt.date) -> Plan:
        begins, ends = _begin_of(date), _begin_of(date + dt.timedelta(days=1))
        newest, today = self._sessions(date)
        stories = self._told_about(begins, ends)
        sheet = self._sheet(date, newest, begins, ends)
        items = plan_background(self._cast, sheet)
        if today is not None:
            before = self._market.days[today.index - 1] if today.index else None
            busy = frozenset(
                member.row
                for story in stories
                if COVERAGE[story.kind].press and story.ends > begins
                for member in story.members
            )
            items += plan_movers(self._market, today, before, cast=self._cast, sheet=sheet, book=self._book, busy=busy)
            items += plan_listings(self._market, today, self._cast, sheet)
        first, last = begins.timestamp(), ends.timestamp()
        for story in stories:
            planned = self._stories.get(story.id, partial(self._items_of, story))
            items += [item for item in planned if first <= item.at < last]
        items = soil([item for item in items if item.at < last], self._cast, newest.index, last)
        plan: dict[Channel, list[Item]] = {channel: [] for channel in Channel}
        for item in items:
            plan[item.channel].append(item)
        return plan

    def _sessions(self, date: dt.date) -> tuple[Day, Day | None]:
        """The newest session that has begun when a day of documents begins, and the day's own."""
        begins = _begin_of(date)
        self._market.generate_until(begins)
        newest = self._market.day_on(calendar.last_session(begins).date)
        if newest is None:
            raise LookupError(f"no session on or before {date}")
        return newest, newest if newest.session.date == date else None

    def _sheet(self, date: dt.date, newest: Day, begins: dt.datetime, ends: dt.datetime) -> Sheet:
        before = newest.index - 1 if newest.session.date == date else newest.index
        stir = np.ones(len(newest.start))
        if before >= 0:  # yesterday's moves are still talked about
            move = self._market.days[before].moves.sum(axis=1)
            stir = 1.0 + 8.0 * np.minimum(np.abs(move), 0.5)
        listed = self._market.tradable(newest.index)
        reporting = [
            (row, session.date)
            for session in (calendar.shift(newest.session.date, ahead) for ahead in range(1, _ANNOUNCED + 1))
            for row in self._market.script.reporting(session)
            if listed[row]
        ]
        return Sheet(
            seed=self._seed,
            ordinal=date.toordinal(),
            begins=begins.timestamp(),
            hours=round((ends.timestamp() - begins.timestamp()) / 3600.0),
            business_day=calendar.session_on(date) is not None,
            weekday=date.weekday() < 5,
            listed=listed,
            stir=stir,
            reporting=reporting,
            words=self._cast.words(newest.index),
        )

    def _told_about(self, begins: dt.datetime, ends: dt.datetime) -> list[Story]:
        """Stories some document of the day may belong to."""
        stories = self._market.script.stories
        low = bisect_left(stories, begins - _LONGEST, key=lambda story: story.begins)
        high = bisect_left(stories, ends, key=lambda story: story.begins)
        return [story for story in stories[low:high] if _last_word(story) > begins]

    def _items_of(self, story: Story) -> tuple[Item, ...]:
        price = close = 20.0
        day = self._market.day_on(story.begins.astimezone(NEW_YORK).date())
        if story.members and day is not None:
            row = story.members[0].row
            price = float(np.exp(day.start[row]))
            close = float(np.exp(day.start[row] + day.moves[row, :-1].sum(dtype=np.float64)))
        brief = make_brief(story, self._seed, cast=self._cast, book=self._book, price=price, close=close)
        COVERAGE[story.kind].plan(brief)
        last = _last_word(story).timestamp()
        return tuple(item for item in brief.items if item.at < last)

    def _desk(self, date: dt.date) -> Desk:
        newest, today = self._sessions(date)
        start = newest.start if today is not None else newest.log_close() + newest.moves[:, -1]
        prices = np.exp(start).tolist()
        return Desk(self._book, self._family, self._cast, self._crowds, prices, date, newest.index)


def _begin_of(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, BEGINS, NEW_YORK).astimezone(dt.UTC)


def _date_of(at: dt.datetime) -> dt.date:
    """The date of the day of documents a moment falls into."""
    local = at.astimezone(NEW_YORK)
    return local.date() if local.time() >= BEGINS else local.date() - dt.timedelta(days=1)


def _last_word(story: Story) -> dt.datetime:
    coverage = COVERAGE[story.kind]
    return max(story.begins + coverage.within, story.ends + coverage.after)
