"""Movers and mentions: nobody quotes what has not printed, and what moves is talked about. Authors and attention."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter

import numpy as np
import pytest

from sentiment_site.simulator.documents.attention import draw_attention, gathered
from sentiment_site.simulator.documents.authors import Crowd, make_crew
from sentiment_site.simulator.documents.dice import Dice
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.tape.bars import compute_bars, source_of_session

HALF_HOUR = dt.timedelta(minutes=30)
BORN = dt.datetime(2025, 10, 1, tzinfo=dt.UTC)


def test_articles_quote_what_the_tape_has_printed(documents: list[Document], market: Market) -> None:
    """Of an article about a move, the price is the close of a bar that is over, the newest or an earlier one."""
    checked = 0
    for document in documents:
        match = re.search(r"to \$([\d,.]+\d) (in|on|as|before|while|with)|at \$([\d,.]+\d) in", document.body)
        if document.channel is not Channel.NEWS or document.wrong or document.story or not match:
            continue
        if "apparent news" not in document.title and "The move followed" not in document.body:
            continue
        day = market.day_on(document.at.date())
        if day is None or document.at < day.session.pre_open:
            continue
        bars = compute_bars(source_of_session(market, day))
        row = market.listing.row_of[document.symbols[0]]
        over = int((document.at - day.session.pre_open) / HALF_HOUR)
        price = float((match[1] or match[3]).replace(",", ""))
        assert np.isclose(bars.close[row][:over], price, atol=0.006).any()
        checked += 1
        if checked > 25:
            break
    assert checked > 8


def test_mentions_follow_the_move(documents: list[Document], market: Market) -> None:
    """Posts about a security on a day of a large move against its other days, and large companies against small."""
    days = {day.session.date: day for day in market.days}
    mentions: Counter[tuple[dt.date, str]] = Counter()
    for document in documents:
        if document.channel in (Channel.X, Channel.REDDIT) and document.at.date() in days:
            mentions.update((document.at.date(), symbol) for symbol in document.symbols)
    company = np.array([one.kind in ("CS", "ADRC") for one in market.listing.securities]) & (market.listing.parent < 0)
    large, small = [], []
    for date, day in days.items():
        move = np.abs(day.moves.sum(axis=1))
        for row in np.flatnonzero(company & market.tradable(day.index)).tolist():
            count = mentions[date, market.listing.securities[row].symbol]
            if move[row] > 0.2:
                large.append(count)
            elif move[row] < 0.03:
                small.append(count)
    assert len(large) > 30
    assert np.mean(large) > 5 * np.mean(small)
    totals = Counter(symbol for _, symbol in mentions.elements())
    cap = market.listing.cap
    rows = np.flatnonzero(company)
    counts = np.array([totals[market.listing.securities[row].symbol] for row in rows])
    order = np.argsort(cap[rows])
    assert counts[order[-60:]].mean() > 1.4 * counts[order[:60]].mean()


def test_most_jumps_have_a_reason_and_some_have_none(documents: list[Document], market: Market) -> None:
    told: set[tuple[dt.date, str]] = set()
    for document in documents:
        if document.channel in (Channel.NEWS, Channel.RELEASE) and not document.wrong:
            told.update((document.at.date(), symbol) for symbol in document.symbols)
    noticed = []
    for day in market.days:
        for row, size in zip(day.jumps.rows.tolist(), day.jumps.sizes.tolist(), strict=True):
            security = market.listing.securities[row]
            if abs(size) > 0.2 and market.listing.parent[row] < 0 and security.kind in ("CS", "ADRC"):
                noticed.append((day.session.date, security.symbol) in told)
    assert len(noticed) > 15
    assert 0.4 < np.mean(noticed) < 0.97


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return Crowd(Channel.X, 5, 3000, BORN)


def test_a_crowd_is_old_and_unequal(crowd: Crowd) -> None:
    followers = np.array([author.followers for author in crowd.authors])
    assert all(author.created < BORN - dt.timedelta(days=10) for author in crowd.authors)
    assert len({author.id for author in crowd.authors}) == 3000
    assert np.median(followers) < 60
    assert followers.max() >= 40_000
    tail = np.sort(followers[15:])
    slope = np.log(tail[-30] / tail[-300]) / np.log(10)
    assert 0.6 < slope < 1.4  # a power law with an exponent near one
    dice = Dice(1)
    at = (BORN + dt.timedelta(days=20)).timestamp()
    writers = Counter(crowd.pick(dice, at).id for _ in range(6000))
    top = sum(count for _, count in writers.most_common(30)) / 6000
    assert 0.05 < top < 0.6


def test_newcomers_are_older_than_their_posts(documents: list[Document]) -> None:
    assert all(document.author.created < document.at for document in documents if document.author)


def test_crews_are_young() -> None:
    crew = make_crew(Channel.X, 8, 400, BORN.timestamp())
    age = np.array([(BORN - author.created).days for author in crew])
    assert (age >= 0).all()
    assert 0.8 < (age < 30).mean() < 0.97
    assert np.median([author.followers for author in crew]) < 10
    assert 0.5 < np.mean([author.bot for author in crew]) < 0.9
    assert make_crew(Channel.X, 8, 400, BORN.timestamp()) == crew


def test_attention_is_heavy_tailed(crowd: Crowd) -> None:
    dice = Dice(6)
    likes = np.array(
        [draw_attention(Channel.X, dice, crowd.pick(dice, BORN.timestamp()), 1.0)["likes"] for _ in range(5000)]
    )
    assert (likes >= 0).all()
    assert np.median(likes) < 20
    assert likes.max() > 50 * max(likes.mean(), 1)
    famous = draw_attention(Channel.X, dice, crowd.authors[0], 1.0)
    assert famous["impressions"] > 10_000
    assert draw_attention(Channel.NEWS, dice, None, 1.0) == {}


def test_attention_comes_by_and_by(documents: list[Document]) -> None:
    posts = sorted((one for one in documents if one.channel is Channel.X), key=lambda one: -one.attention["likes"])
    for document in posts[:20]:
        total = document.attention["likes"]
        seen = [
            gathered(document, "likes", document.at + dt.timedelta(hours=hours)) for hours in (-1, 0, 1, 3, 24, 240)
        ]
        assert seen == sorted(seen)
        assert seen[0] == seen[1] == 0
        assert 0.3 * total < seen[3] < 0.8 * total
        assert seen[-1] > 0.97 * total
        assert gathered(document, "nothing", document.at) == 0
    reddit = next(one for one in documents if one.channel is Channel.REDDIT)
    assert gathered(reddit, "ratio", reddit.at) == reddit.attention["ratio"] > 50
