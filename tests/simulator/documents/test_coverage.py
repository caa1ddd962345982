"""Stories as they are written about: after they begin, with the right lags, channels, words and authors."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest

from sentiment_site.simulator.documents.archive import DayArchive
from sentiment_site.simulator.documents.brief import make_brief
from sentiment_site.simulator.documents.cast import Cast
from sentiment_site.simulator.documents.coverage import COVERAGE
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.documents.item import Item
from sentiment_site.simulator.documents.phrasebook import phrasebook
from sentiment_site.simulator.documents.texts.topics import find_topic
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.stories.story import Kind, Member, Phase, Role, Story
from tests.simulator.documents.conftest import NOON, jaccard

BEGINS = dt.datetime(2025, 11, 4, 15, 0, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
Facts = Mapping[str, object]
NONE: Facts = {}


@pytest.fixture(scope="module")
def cast(market: Market) -> Cast:
    return Cast(market.listing, 11)


def _story(
    cast: Cast,
    kind: Kind,
    number: int,
    days: float = 3.0,
    topic: str = "",
    *,
    facts: Facts = NONE,
    members: int = 1,
    phases: tuple[Phase, ...] = (),
) -> Story:
    rows = [row for row in cast.well_known[5:] if cast.subject(row).cik][number : number + members]
    people = tuple(
        Member(row, cast.symbol(row), "technology", Role.LEADER if place < 2 and members > 1 else Role.FOLLOWER,
               BEGINS + place * 3 * HOUR, 0.3)
        for place, row in enumerate(rows)
    )  # fmt: skip
    return Story(f"{kind}-2025-11-04-{number}", kind, BEGINS, BEGINS + days * DAY, people, phases, topic, facts)


def _plan(cast: Cast, story: Story, price: float = 5.0) -> list[Item]:
    brief = make_brief(story, 11, cast=cast, book=phrasebook("tune"), price=price, close=price)
    COVERAGE[story.kind].plan(brief)
    assert all(item.at >= story.begins.timestamp() and item.story == story.id for item in brief.items)
    return brief.items


def test_themes_burst_and_fade(cast: Cast) -> None:
    lags, counts, leaders = [], [], 0
    for number in range(12):
        story = _story(cast, Kind.THEME, number, 14.0, "quantum_computing", facts={"documents": 40}, members=9)
        items = _plan(cast, story)
        counts.append(len(items))
        lags += sorted((item.at - BEGINS.timestamp()) / 3600 for item in items)[:40]
        rows = Counter(item.row for item in items)
        leaders += sum(rows[member.row] for member in story.members[:2])
        assert len(rows) >= 7
        assert {item.channel for item in items} == set(Channel)
        assert all(item.terms == "quantum_computing" for item in items)
    assert 55 < np.mean(counts) < 90  # forty, then a tail and what members say when they begin to move
    assert 9.0 < np.median(lags) < 16.0  # Gamma(2, 7 h) has its median at 11.7
    assert leaders / sum(counts) > 1.5 * 2 / 9


def test_theme_documents_carry_two_of_three_core_terms(documents: list[Document], market: Market) -> None:
    themes = {story.id: story.topic for story in market.script.stories if story.kind is Kind.THEME}
    found = [document for document in documents if document.story in themes]
    assert len(found) > 60
    carried = []
    for document in found:
        topic = find_topic(themes[document.story], "tune")
        assert topic is not None
        text = f"{document.title} {document.body}".lower()
        carried.append(sum(term.lower() in text for term in topic.core))
    assert np.mean(np.array(carried) >= 1) > 0.8  # a short post may say one, or only what is around it
    press = [count for count, one in zip(carried, found, strict=True) if one.channel in (Channel.NEWS, Channel.RELEASE)]
    assert np.mean(np.array(press) >= 2) > 0.8


def _pump(cast: Cast, number: int, facts: Facts) -> tuple[Story, list[Item]]:
    run, dump, over = BEGINS + 4 * DAY, BEGINS + 6 * DAY, BEGINS + 8 * DAY
    phases = (Phase("accumulation", BEGINS, run), Phase("run", run, dump), Phase("dump", dump, over))
    known = {"promotion_at": run - 5 * HOUR, "posts_factor": 60.0, "duplicates": 0.5, "young_accounts": 0.7}
    story = _story(cast, Kind.PUMP, number, 8.0, facts={**known, **facts}, phases=phases)
    return story, _plan(cast, story)


def test_pumps_are_silent_until_they_are_promoted(cast: Cast) -> None:
    for number in range(8):
        filed = BEGINS + 1 * DAY
        story, items = _pump(cast, number, {"dilution": True, "dilution_at": filed, "dilution_form": "S-3"})
        early = [item for item in items if item.at < (BEGINS + 4 * DAY - 5 * HOUR).timestamp()]
        assert {(item.channel, item.kind) for item in early} == {(Channel.FILING, "S-3")}
        posts = [item for item in items if item.channel in (Channel.X, Channel.REDDIT)]
        assert len(posts) > 20 * 2 * 0.5  # twenty times what a company has in two days
        copies = [item for item in posts if item.repeats]
        assert 0.35 < len(copies) / len(posts) < 0.62
        young = [item for item in posts if item.author and item.author.created > BEGINS - 30 * DAY]
        assert 0.5 < len(young) / len(posts) < 0.88
        authors = Counter(item.author.id for item in posts if item.author)
        assert sum(count for _, count in authors.most_common(10)) > 0.3 * len(posts)
        assert all(item.author.created < BEGINS + 4 * DAY for item in posts if item.author)
        assert any(item.kind == "promo" and item.channel is Channel.RELEASE for item in items)
        assert story.members[0].row == posts[0].row


def test_pumps_sell_stock_and_lie(cast: Cast) -> None:
    filed = BEGINS + 7 * DAY
    _, items = _pump(cast, 1, {"dilution": True, "dilution_at": filed, "dilution_form": "424B5"})
    kinds = [item.kind for item in items if item.channel is Channel.FILING]
    assert kinds[0] == "424B5"
    assert kinds[1] in ("3.02", "offering")
    assert not any(item.kind == "fake" for item in items)
    _, items = _pump(cast, 1, {"fake_release": True, "fake_release_at": BEGINS + 4 * DAY + HOUR})
    assert sum(item.kind == "fake" for item in items) == 1
    assert not any(item.channel is Channel.FILING for item in items)


def test_copies_of_crews_are_near(documents: list[Document]) -> None:
    by_id = {document.id: document for document in documents}
    copies = [one for one in documents if one.copy_of and one.story.startswith("pump") and one.copy_of in by_id]
    assert len(copies) > 60
    near = [
        jaccard(_whole(one), _whole(by_id[one.copy_of])) for one in copies if _whole(by_id[one.copy_of]).count(" ") > 11
    ]
    assert np.mean(np.array(near) > 0.6) > 0.9


def _whole(document: Document) -> str:
    return f"{document.title} {document.body}"


def test_squeezes_are_loud_and_honest(cast: Cast) -> None:
    phases = (Phase("rise", BEGINS, BEGINS + 3 * DAY), Phase("retreat", BEGINS + 3 * DAY, BEGINS + 7 * DAY))
    facts = {"short_of_float": 0.315, "days_to_cover": 6.2, "posts_factor": 50.0}
    items = _plan(cast, _story(cast, Kind.SQUEEZE, 3, 7.0, facts=facts, phases=phases))
    assert len(items) > 60
    assert not any(item.repeats or item.author for item in items)
    assert all(item.facts["si"] == "31.5%" and item.facts["cover"] == "6" for item in items)
    assert not any(item.channel is Channel.FILING for item in items)


@pytest.mark.parametrize(("topic", "kind"), [("drug_approval", "approval"), ("trial_failure", "failure"),
                                             ("contract_win", "contract"), ("takeover", "takeover")])  # fmt: skip
def test_catalysts_have_a_release_a_filing_and_heavy_talk(cast: Cast, topic: str, kind: str) -> None:
    facts: Facts = {"posts_factor": 40.0, "offer_price": 9.25}
    items = _plan(cast, _story(cast, Kind.CATALYST, 2, 4.0, topic, facts=facts))
    first = min(items, key=lambda item: item.at)
    assert (first.channel, first.kind) == (Channel.RELEASE, kind)
    assert any(item.channel is Channel.FILING and item.kind == kind for item in items)
    assert sum(item.channel is Channel.NEWS for item in items) >= 5
    assert sum(item.channel in (Channel.X, Channel.REDDIT) for item in items) > 20
    if topic == "takeover":
        papers = {item.kind for item in items if item.channel is Channel.FILING} - {"takeover"}
        assert papers & {"SC TO-T", "DEFM14A"}
        assert all(item.facts["price"] == "9.25" for item in items if item.kind == "takeover")


def test_reports_say_their_figures(cast: Cast) -> None:
    for eps, kind in ((0.31, "beat"), (-0.12, "miss")):
        facts: Facts = {"eps": eps, "eps_estimate": 0.2, "revenue": 42_500_000.0}
        items = _plan(cast, _story(cast, Kind.EARNINGS, 4, 2.0, facts=facts))
        told = [item for item in items if item.kind != "10-Q"]
        assert {item.kind for item in told} <= {kind, "2.02"}
        assert sum(item.kind == "2.02" for item in told) == 1
        assert all(item.facts["epsx"] == "$0.20" and item.facts["rev"] == "$42.5 million" for item in told)
        assert min(item.at for item in told) < BEGINS.timestamp() + 600


def test_offerings_are_priced_at_night(cast: Cast) -> None:
    priced = BEGINS + 9 * HOUR
    facts: Facts = {"discount": 0.1, "shares": 2_000_000, "priced_at": priced}
    items = _plan(cast, _story(cast, Kind.OFFERING, 6, 2.0, facts=facts), price=5.0)
    for item in items:
        if "price" in item.facts:
            assert item.at >= priced.timestamp()
            assert item.facts["price"] == "4.50"
            assert item.facts["gross"] == "$9.0 million"
    kinds = {item.kind for item in items if item.channel is Channel.FILING}
    assert kinds & {"424B5", "3.02"}
    assert [item.kind for item in items if item.at < priced.timestamp()] == ["proposed"]


def test_storms_are_about_one_company(cast: Cast) -> None:
    items = _plan(cast, _story(cast, Kind.STORM, 7, 1.5, "data_breach", facts={"articles": 35, "posts_factor": 3.0}))
    assert len({item.row for item in items}) == 1
    assert sum(item.channel is Channel.NEWS for item in items) == 35
    assert len({item.facts["affair"] for item in items}) == 1


def test_macro_days_are_about_everybody(cast: Cast) -> None:
    items = _plan(cast, _story(cast, Kind.MACRO, 8, 1.0, "cpi", facts={"market_move": -0.01}, members=0))
    assert len({item.row for item in items if item.kind == "macro.company"}) > 3
    assert sum(item.channel in (Channel.X, Channel.REDDIT) for item in items) > 8
    assert all(item.terms == "cpi" for item in items)


def test_documents_of_a_story_come_after_it_begins(documents: list[Document], market: Market) -> None:
    stories = {story.id: story for story in market.script.stories}
    told = [document for document in documents if document.story]
    assert len(told) > 1000
    for document in told:
        assert document.at >= stories[document.story].begins - dt.timedelta(seconds=1)
    kinds = Counter(stories[document.story].kind for document in told)
    assert set(kinds) >= {Kind.THEME, Kind.PUMP, Kind.SQUEEZE, Kind.CATALYST, Kind.EARNINGS, Kind.OFFERING, Kind.STORM,
                          Kind.MACRO}  # fmt: skip


def test_offerings_in_the_market_name_the_close(archive: DayArchive, documents: list[Document], market: Market) -> None:
    """Of one announced after a close, the price is that close less the discount."""
    checked = 0
    for story in market.script.stories:
        if story.kind is not Kind.OFFERING or "offering_price" in story.facts or story.begins > NOON - 2 * DAY:
            continue
        day = market.day_on(story.begins.date())
        assert day is not None
        row = story.members[0].row
        price = np.exp(day.log_close()[row]) * (1.0 - story.facts["discount"])
        named = [one for one in documents if one.story == story.id and one.filing and one.filing.form == "424B5"]
        for document in named:
            checked += 1
            assert f"${price:,.2f}" in document.body or f"${price:.4f}" in document.body
    assert checked
