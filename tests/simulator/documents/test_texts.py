"""Templates: every slot is filled, the families have the same occasions and other words."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter

import pytest

from sentiment_site.simulator.documents.background import ROUTINE
from sentiment_site.simulator.documents.dice import Dice
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.documents.figures import FIGURES, Facts, dollars, money, per_share
from sentiment_site.simulator.documents.filings import FORMS
from sentiment_site.simulator.documents.phrasebook import Phrasebook, compile_template, phrasebook, read_table
from sentiment_site.simulator.documents.texts.topics import find_topic
from sentiment_site.simulator.stories.topics import CATALYSTS, MACRO, STORMS, THEMES

FAMILIES = ("tune", "score")
GIVEN = ("company short legal symbol cashtag exchange industry names cashtags reason affair event t1 t2 extra extra2 "
         "business say more more2 close word")  # fmt: skip


def _facts() -> Facts:
    return Facts(3.5, dt.date(2025, 11, 3), {name: name for name in GIVEN.split()})


@pytest.mark.parametrize("family", FAMILIES)
def test_every_slot_of_every_line_is_filled(family: str) -> None:
    book = phrasebook(family)
    for key, lines in book.lines.items():
        for word in range(2 * len(lines) + 4):
            text = book.write(key, Dice(word), _facts())
            assert "{" not in text
            assert "  " not in text
        for line in lines:
            for _, slot, _ in compile_template(line):
                assert not slot or slot in book or slot in FIGURES or slot in GIVEN.split()


def test_both_families_know_the_same_occasions() -> None:
    occasions = [
        {
            key
            for key in phrasebook(family).lines
            if key.split(".")[0] in ("news", "release", "filing", "because", "affair")
        }
        | {key for key in phrasebook(family).lines if key.endswith((".say", ".more"))}
        for family in FAMILIES
    ]
    assert occasions[0] == occasions[1]
    for routines, prefix in ((ROUTINE[Channel.NEWS], "news"), (ROUTINE[Channel.RELEASE], "release")):
        assert all(f"{prefix}.{routine.kind}.body" in phrasebook("tune") for routine in routines)
    assert all(f"filing.{kind}" in phrasebook("score") for kind in FORMS)


def test_families_share_few_runs_of_words(documents: list[Document], scored: list[Document]) -> None:
    for channel in (Channel.NEWS, Channel.RELEASE, Channel.REDDIT, Channel.X):
        ours, theirs = (_runs(some, channel) for some in (documents, scored))
        common = sum(min(ours[run], theirs[run]) for run in ours)
        assert common / min(sum(ours.values()), sum(theirs.values())) < 0.05, channel


def _runs(documents: list[Document], channel: Channel) -> Counter[tuple[str, ...]]:
    """Runs of three words without figures and names."""
    runs: Counter[tuple[str, ...]] = Counter()
    for document in itertools.islice((one for one in documents if one.channel is channel), 1500):
        words = document.body.split()
        runs.update(
            tuple(word.lower() for word in words[start : start + 3])
            for start in range(len(words) - 2)
            if all(word.isalpha() and word.islower() for word in words[start : start + 3])
        )
    return runs


def test_every_topic_of_a_story_has_words_in_both_families() -> None:
    for family in FAMILIES:
        for topic in (*THEMES, *MACRO):
            vocabulary = find_topic(topic.key, family)
            assert vocabulary is not None, topic.key
            assert len(vocabulary.core) == 3
            assert len({*vocabulary.core, *vocabulary.more}) == 3 + len(vocabulary.more)
            assert len(vocabulary.more) >= (6 if topic in MACRO else 8)
        assert all(f"affair.{key}" in phrasebook(family) for key in STORMS)
        assert len(CATALYSTS) == 4
    for topic in THEMES:
        ours, theirs = find_topic(topic.key, "tune"), find_topic(topic.key, "score")
        assert ours is not None
        assert theirs is not None
        assert 0 < len({*ours.core, *ours.more} & {*theirs.core, *theirs.more}) < 7 or set(ours.core) != set(
            theirs.core
        )


def test_a_figure_once_stated_stays() -> None:
    book = Phrasebook(("[one]\n{amount} and {amount}, not {pct}\n",))
    facts = _facts()
    text = book.write("one", Dice(4), facts)
    first, _, second = text.partition(" and ")
    assert second.startswith(first)
    assert facts["pct"] in text


def test_tables() -> None:
    assert read_table("[a]\nx | y\nlong\n+ line\n[b]\nz") == {"a": ["x", "y", "long line"], "b": ["z"]}
    assert compile_template("A {^b} c ¶ d") == (("A ", "b", True), (" c\n\nd", "", False))
    with pytest.raises(ValueError, match="first heading"):
        read_table("x")
    with pytest.raises(ValueError, match="two tables"):
        Phrasebook(("[a]\nx", "[a]\ny"))
    with pytest.raises(KeyError):
        Phrasebook(("[a]\n{nobody}",)).write("a", Dice(1), _facts())


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (dollars(1234.5), "1,234.50"),
        (dollars(0.12345), "0.1235"),
        (money(14_230_000), "$14.2 million"),
        (money(2.55e9), "$2.5 billion"),
        (money(850_000), "$850 thousand"),
        (per_share(-0.123), "-$0.12"),
        (per_share(0.5), "$0.50"),
    ],
)
def test_figures(found: str, expected: str) -> None:
    assert found == expected


def test_dice_are_fair_enough() -> None:
    dice = Dice(99)
    drawn = [dice.unit() for _ in range(20_000)]
    assert abs(sum(drawn) / len(drawn) - 0.5) < 0.01
    faces = Counter(dice.pick("abcdef") for _ in range(12_000))
    assert max(faces.values()) < 2200
    assert min(faces.values()) > 1800
    for mean in (0.3, 4.0, 80.0):
        counts = [dice.count(mean) for _ in range(5000)]
        assert abs(sum(counts) / 5000 - mean) < 0.06 * mean + 0.02
        spread = sum((count - mean) ** 2 for count in counts) / 5000
        assert abs(spread - mean) < 0.15 * mean
    waits = [dice.wait(7.0) for _ in range(20_000)]
    assert abs(sum(waits) / 20_000 - 7.0) < 0.3
    assert sum(dice.tail(1.5) > 4.0 for _ in range(20_000)) / 20_000 == pytest.approx(4.0**-1.5, abs=0.01)
