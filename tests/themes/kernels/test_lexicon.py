"""The lexicon: VADER as oracle for its rules, worked examples of the finance part, the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from themes.kernels.lexicon import (
    FEATURES,
    Reading,
    Token,
    build_lexicon,
    classify_score,
    collect_features,
    score_tokens,
    tokenise,
)
from themes.kernels.sentiment_terms import EMOJI, ENTRIES, FINANCE, MATTER_OF_FACT
from themes.social.scoring import load_lexicon

LEXICON = load_lexicon()


def score(text: str) -> float:
    return score_tokens(tokenise(text), LEXICON).score


def words(text: str) -> list[str]:
    return [token.word for token in tokenise(text)]


@pytest.mark.parametrize(
    "text",
    [
        "VADER is smart, handsome, and funny.",
        "VADER is smart, handsome, and funny!",
        "VADER is very smart, handsome, and funny.",
        "VADER is VERY SMART, handsome, and FUNNY!!!",
        "VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!",
        "VADER is not smart, handsome, nor funny.",
        "At least it isn't a horrible book.",
        "The book was only kind of good.",
        "The plot was good, but the characters are uncompelling and the dialog is not great.",
        "Today SUX!",
        "Not bad at all",
        "without doubt excellent",
        "without a doubt excellent",
        "the least good idea",
        "least good idea",
        "a barely helpful and extremely slow service",
        "never so good",
    ],
)
def test_the_rules_are_those_of_vader(text: str) -> None:
    general = load_lexicon(with_finance=False)
    oracle = SentimentIntensityAnalyzer().polarity_scores(text)["compound"]
    assert score_tokens(tokenise(text), general).score == pytest.approx(oracle, abs=6e-5)


def test_a_worked_example() -> None:
    # gained 1.9, very +.293 on great 3.1, two exclamation marks of .292, twelve tokens
    total = 1.9 + (3.1 + 0.293) + 2 * 0.292
    assert score("$ACME +7 % after a very great start to the day today!!") == pytest.approx(
        total / math.sqrt(total**2 + 15)
    )


def test_a_negation_of_a_worked_example() -> None:
    total = -0.74 * 2.6
    assert score("We are not bullish") == pytest.approx(total / math.sqrt(total**2 + 15))


@pytest.mark.parametrize(
    ("said", "denied"),
    [
        ("I am bullish on $ACME", "I am not bullish on $ACME"),
        ("this is a scam", "this is not a scam"),
        ("it will crash", "it won't crash"),
        ("they beat estimates", "they didn't beat estimates"),
        ("there is dilution here", "there is no dilution here"),
        ("expect a rally", "do not expect a rally"),
        ("shares plunged", "shares never plunged"),
        ("a great quarter", "hardly not a great quarter"),
    ],
)
def test_a_negation_turns_the_sign(said: str, denied: str) -> None:
    assert score(said) * score(denied) < 0
    assert abs(score(denied)) <= abs(score(said))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Acme beats estimates and raises guidance", "bullish"),
        ("Acme misses estimates, cuts outlook", "bearish"),
        ("Acme cuts dividend", "bearish"),
        ("Acme raises dividend", "bullish"),
        ("Net loss narrows", "bullish"),
        ("FDA approves the drug of $ACME", "bullish"),
        ("FDA issues a complete response letter to $ACME", "bearish"),
        ("Acme announces pricing of a $12 million public offering", "bearish"),
        ("$ACME 🚀🚀🚀", "bullish"),
        ("📉📉 so done with this", "bearish"),
        ("loading up the dip, diamond hands", "bullish"),
        ("bagholders everywhere, rug pull incoming", "bearish"),
        ("#bullish", "bullish"),
        ("The annual meeting takes place on Tuesday", "neutral"),
        ("Shares of the energy trust pay interest on gross assets", "neutral"),
    ],
)
def test_the_language_of_the_market(text: str, label: str) -> None:
    assert classify_score(score(text)) == label


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$ACME +7 %", ["TICKER", "gained"]),
        ("$ACME -7%", ["TICKER", "dropped"]),
        ("ACME −7.25 %", ["ACME", "dropped"]),
        ("up 12% today", ["gained", "today"]),
        ("Down by 3,5 %", ["dropped"]),
        ("UP nearly 40%", ["gained"]),
        ("margins of 5-7 %", ["margins", "of", "5", "7"]),
        ("+/-7 %", ["7"]),
        ("+0.0 %", []),
        ("brk $BRK.B $brk-b", ["brk", "TICKER", "TICKER"]),
        ("Acme (NASDAQ: ACME) wins", ["Acme", "TICKER", "wins"]),
        ("see https://x.com/a?b=1 @someone", ["see"]),
        ("$5 or $ACMEXYZ", ["5", "or", "ACMEXYZ"]),
        ("don’t U.S. S&P 1,200.50", ["don't", "U.S", "S&P", "1,200.50"]),
        ("Sell-off — now :-( </3", ["Sell", "off", "now", ":-(", "</3"]),
        ("👍🏽 ok /s", ["👍", "ok", "/s"]),
        ("... !", []),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_symbols_and_ends() -> None:
    assert tokenise("$brk-b, up?! (NYSE: ABC)\nOk") == [
        Token("TICKER", "BRK.B", ","),
        Token("up", "", "?!"),
        Token("TICKER", "ABC", "\n"),
        Token("Ok"),
    ]


def test_a_question_halves() -> None:
    assert score("Is it going to crash?") == pytest.approx(score("Is it going to crash") / 2)
    mixed = score_tokens(tokenise("Is it a scam? It is great."), LEXICON)
    assert mixed.question == pytest.approx(2.8 / (2.8 + 3.1))


def test_sarcasm_turns_praise_and_leaves_blame() -> None:
    assert score("great company /s") == pytest.approx(-score("great company") / 2)
    assert score("awful company /s") == pytest.approx(score("awful company"))


def test_what_stays_in_its_sentence() -> None:
    assert score("Not now. Great company.") > 0.5
    assert score("All gone but. Great company") == pytest.approx(score("Great company"))
    assert score("We sold all. Time high") == pytest.approx(score("We sold all."))  # no phrase over a full stop


def test_phrases_go_before_words() -> None:
    assert score("reverse split") < -0.3
    assert score("stock split") > 0
    assert score("death cross") < 0 < score("golden cross")


def test_capitals_count_where_not_everything_shouts() -> None:
    assert score("this is a SCAM") < score("this is a scam")
    assert score("THIS IS A SCAM") == pytest.approx(score("this is a scam"))
    assert score("a VERY good result") > score("a very good result")
    assert score("a BARELY good result") != score("a barely good result")


def test_the_same_emoji_counts_twice_at_most() -> None:
    assert score("🚀🚀") > score("🚀")
    assert score("🚀" * 20) == pytest.approx(score("🚀🚀"))


def test_long_texts_do_not_saturate() -> None:
    sentence = "The results were good and the outlook is great for everyone in this market today. "
    assert 0.5 < score(sentence * 20) < 1
    single = score_tokens(tokenise(sentence * 4), LEXICON)
    total = single.positive / math.sqrt(60 / 40)
    assert single.score == pytest.approx(total / math.sqrt(total**2 + 15))


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.3, "bullish"), (-0.3, "bearish"), (0.2999, "neutral"), (-0.2999, "neutral"), (0, "neutral"), (1, "bullish")],
)
def test_the_ends_of_the_band_are_directions(value: float, label: str) -> None:
    assert classify_score(value) == label


def test_nothing_and_features() -> None:
    assert score_tokens([], LEXICON) == Reading(0.0)
    assert collect_features([]).shape == (0, len(FEATURES))
    features = collect_features([score_tokens(tokenise("great! awful scam"), LEXICON)])
    assert features.shape == (1, len(FEATURES))
    np.testing.assert_allclose(features[0, 3:], [math.log(2), math.log(3), 0, 0.25])


def test_the_terms() -> None:
    assert ENTRIES >= 220
    assert all(-4 <= valence <= 4 and valence for valence in FINANCE.values())
    assert all(term == term.lower() and "/" not in term and "_" not in term for terms in FINANCE for term in terms)
    assert max(map(len, FINANCE)) <= 5
    assert all(-4 <= valence <= 4 for valence in EMOJI.values())
    # every word and phrase is one the tokeniser can make
    assert all(words(" ".join(terms)) == list(terms) for terms in FINANCE)
    assert all(words(emoji) == [emoji] for emoji in EMOJI)
    assert not MATTER_OF_FACT & {terms[0] for terms in FINANCE if len(terms) == 1}


def test_a_lexicon_of_its_own() -> None:
    general = {"fine": 1.0, "no": -1.0, "so": 2.0}
    lexicon = build_lexicon(general, {"so": 0.3}, frozenset({"not"}), {"so so": -1.0}, with_finance=False)
    assert general == {"fine": 1.0, "no": -1.0, "so": 2.0}
    assert score_tokens(tokenise("no fine"), lexicon).score < 0
    assert score_tokens(tokenise("so so"), lexicon).negative == 1


@given(st.text(max_size=300))
def test_any_text_stays_on_the_scale(text: str) -> None:
    tokens = tokenise(text)
    before = list(tokens)
    reading = score_tokens(tokens, LEXICON)
    assert -1 <= reading.score <= 1
    assert 0 <= reading.question <= 1
    assert min(reading.positive, reading.negative) >= 0
    assert np.isfinite(reading.features).all()
    assert tokens == before
    assert score_tokens(tokenise(text), LEXICON) == reading


_TALK = "not very bullish scam but great ? . ! 🚀 $ACME +7% -3% kind of never so at least LOSS cut pt /s doubt"
_SOME = st.sampled_from(_TALK.split())


@given(st.lists(_SOME, max_size=40))
def test_any_talk_stays_on_the_scale(pieces: list[str]) -> None:
    assert -1 <= score(" ".join(pieces)) <= 1


def test_extremes() -> None:
    assert -1 <= score("scam " * 20_000) < -0.9
    assert score("\x00 \ud83d ٣٤ שלום") == 0
    assert score("a" * 100_000) == 0
