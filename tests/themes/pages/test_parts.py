"""Parts of the pages by themselves: addresses that are safe, pictures, words, moves, patterns, the gate's parts."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from django.core.exceptions import ValidationError

from tests.factories import Market
from themes.kernels.membership import INTERCEPT, list_confidence_parts, score_confidence
from themes.models import Document, ThemeChange, ThemeReading
from themes.pages.evidence import safe_link
from themes.pages.moves import load_moves
from themes.pages.pictures import SPARK_WIDTH, build_spark, build_timeline
from themes.pages.words import read_trace, say_comparisons
from themes.stories.dictionaries import check_patterns, try_patterns

from .world import HOUR, NOON, add_document, add_theme

DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://www.sec.gov/a?b=c#d", True),
        ("http://example.com", True),
        ("HTTPS://EXAMPLE.COM/a", True),
        ("", False),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("https://a.example/\u202egnp.exe", False),
        ("https://", False),
        ("//example.com", False),
        ("/stocks/SOUN/", False),
        ("ftp://example.com/a", False),
        ("data:text/html,<b>", False),
        ("https://bank.example@evil.example/", False),
        ("https://[::1", False),
        ('https://a.example/" onclick="x', False),
    ],
)
def test_only_web_addresses_are_linked(url: str, is_safe: bool) -> None:
    assert safe_link(url) == (url if is_safe else "")


def test_the_sparkline_is_of_two_days_and_breaks_at_silences() -> None:
    assert build_spark([], NOON) is None
    assert build_spark([(NOON - 3 * DAY, 0.5)], NOON) is None
    spark = build_spark([(NOON - 2 * DAY, 0.0), (NOON - 24 * HOUR, 0.5), (NOON - 23 * HOUR, 1.5), (NOON, 1.0)], NOON)
    assert spark is not None
    # 20 of the 24 units are between 0 and 1; more than 1 is drawn as 1
    assert spark.path == "M0.0 22.0 M48.0 12.0 L50.0 2.0 M96.0 2.0"
    assert spark.dot == (SPARK_WIDTH, 2.0)
    assert spark.words == "intensity over 48 h: 0.00 to 1.00, highest 1.50"


def reading(hours: float, intensity: float, phase: str) -> ThemeReading:
    return ThemeReading(as_of=NOON + hours * HOUR, intensity=intensity, phase=phase)


def test_the_timeline_has_bands_marks_and_gaps() -> None:
    rows = [reading(0, 0.2, "emerging"), reading(1, 0.4, "emerging"), reading(6, 0.6, "spreading")]
    changes = [
        ThemeChange(what="confirmed", at=NOON + 5 * HOUR),
        ThemeChange(what="peak", at=NOON + 5 * HOUR),
        ThemeChange(what="detected", at=NOON - HOUR),
    ]
    line = build_timeline(rows, changes, NOON + 10 * HOUR)
    assert line is not None
    assert [(band.phase, band.x, band.width) for band in line.bands] == [
        ("emerging", 0.0, 600.0), ("spreading", 600.0, 400.0)
    ]  # fmt: skip
    assert [(mark.words, mark.x) for mark in line.marks] == [("confirmed", 500.0)]
    assert line.path.count("M") == 2 and line.dots == ((600.0, 60.8),)
    assert len(line.ticks) == 5 and line.ticks[0].words == "Fri 12:00"
    assert "intensity from 0.20 to 0.60, highest 0.60 on 21 Aug; phases: Emerging, Spreading" in line.words


def test_the_timeline_at_its_edges() -> None:
    assert build_timeline([], [], NOON) is None
    alone = build_timeline([reading(0, 0.3, "emerging")], [], NOON)
    assert alone is not None and alone.bands[0].width == 1000.0 and len(alone.dots) == 1
    long = build_timeline([reading(0, 0.3, "emerging"), reading(240, 0.3, "cooling")], [], NOON + 240 * HOUR)
    assert long is not None and [tick.words for tick in long.ticks][::4] == ["21 Aug", "31 Aug"]
    assert long.bands[-1].width == 1.0 and not long.bands[-1].is_wide


def test_comparisons_in_words() -> None:
    assert say_comparisons([]) == ""
    said = say_comparisons([
        {"input": "squeeze", "value": 0.62, "sign": ">=", "threshold": [0.6]},
        {"input": "momentum", "value": 1, "sign": "=", "threshold": [0, 9]},
        {"input": "halted", "value": 1.0, "sign": ">=", "threshold": [1]},
        {"input": "manipulation", "value": None, "sign": ">=", "threshold": [0.7]},
        {"input": "squeeze", "value": None, "sign": "unknown", "threshold": []},
        {"input": "score", "value": 0.3, "sign": "in", "threshold": [-0.6, 0.2]},
        {"input": "never_heard_of", "value": 12345.6, "sign": "<", "threshold": [2e6]},
    ])  # fmt: skip
    assert said.startswith("squeeze risk 0.62 ≥ 0.6; momentum ")
    assert "or 9; halt: yes; manipulation risk unknown; squeeze risk unknown; score 0.3 among -0.6, 0.2" in said
    assert said.endswith("never heard of 12,346 < 2,000,000")


def test_a_trace_of_another_version_is_read_as_far_as_it_goes() -> None:
    (line,) = read_trace([{"rule": "light", "effect": "no_read"}])
    assert (line.title, line.holds, line.effect, line.compared) == ("light", False, "no read", "")


def test_the_parts_make_the_confidence() -> None:
    parts = list_confidence_parts(-6.0, 6, 2, 2.0, 0.5)
    assert [part.name for part in parts] == ["burst", "breadth", "sources", "coherence", "volume"]
    assert [part.points for part in parts] == pytest.approx([1.1, 0.8, 0.8, 0.8, 0.5])
    total = INTERCEPT + sum(part.points for part in parts)
    assert score_confidence(-6.0, 6, 2, 2.0, 0.5) == pytest.approx(1 / (1 + math.exp(-total)))
    unknown = {part.name: part for part in list_confidence_parts(0.0, 0, 0, math.nan, math.nan)}
    assert math.isnan(unknown["coherence"].share) and unknown["coherence"].points == 0.0
    assert math.isnan(unknown["volume"].share) and unknown["volume"].points == 0.0
    most = list_confidence_parts(-99.0, 99, 9, 99.0, 1.0)
    assert [part.share for part in most] == [1.0] * 5


@pytest.mark.django_db
def test_moves_are_against_the_close_before(market: Market) -> None:
    assert load_moves([], NOON) == {}
    moves = load_moves([market.ids["TEC0"], market.ids["TEC1"], 10**6], NOON)
    assert set(moves) == {market.ids["TEC0"], market.ids["TEC1"]}
    assert moves[market.ids["TEC0"]].percent == pytest.approx(10.0)
    assert (moves[market.ids["TEC0"]].last, moves[market.ids["TEC0"]].as_of) == (110.0, NOON)
    early = load_moves([market.ids["TEC0"]], NOON - 4 * HOUR)
    assert early[market.ids["TEC0"]].percent == 0.0  # Thursday's close against Wednesday's


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        ([], "At least one pattern"),
        (["fine", " "], "At least one pattern"),
        (["fine", "("], "'(' is no regular expression"),
        (["(a+)+"], "'(a+)+' repeats a repeat"),
        (["(?:x*y)*z"], "repeats a repeat"),
        (["(a+){2,}"], "repeats a repeat"),
    ],
)
def test_a_wrong_pattern_is_named(patterns: list[str], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check_patterns(patterns)
    assert said in " ".join(caught.value.messages)


@pytest.mark.parametrize(
    "pattern", [r"\bqubits?\b", r"(crypto(currency)?|bitcoin) (treasury|reserves?)", r"(\w+ )?x", r"\(a+\)+"]
)
def test_ordinary_patterns_pass(pattern: str) -> None:
    check_patterns([pattern])


@pytest.mark.django_db
def test_a_trial_reads_what_detection_reads(market: Market) -> None:
    theme = add_theme("quantum")
    add_document(theme, "QUBITS at last", [], hours=1)
    add_document(theme, "Oil", [], hours=2, text="nothing of the kind, then a qubit")
    add_document(theme, "Late", [], hours=3, text="x" * 1500 + " qubits")
    Document.objects.filter(title="Oil").update(removed_at=NOON, text="")
    trial = try_patterns([r"\bqubits?\b", "oil"])
    assert (trial.looked_at, trial.matched) == (2, 1)
    assert trial.hits == ((r"\bqubits?\b", 1), ("oil", 0))
    assert (trial.found[0].match, trial.found[0].after.strip()) == ("QUBITS", "at last")
