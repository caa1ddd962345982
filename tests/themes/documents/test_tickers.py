"""Stocks in texts, rule by rule, and the traps."""

from __future__ import annotations

import pytest

from themes.documents.tickers import Listed, Rule, TickerBook
from themes.models.documents import MentionRule

BOOK = TickerBook(
    [
        Listed(1, "SOUN", "SoundHound AI, Inc. Class A", "0001840856"),
        Listed(2, "BBAI", "BigBear.ai Holdings, Inc.", "0001836981"),
        Listed(3, "IT", "Gartner, Inc. Common Stock", "0000749251"),
        Listed(4, "BRK.B", "Berkshire Hathaway Inc. Class B", "0001067983"),
        Listed(5, "BRK.A", "Berkshire Hathaway Inc. Class A", "0001067983"),
        Listed(6, "TGT", "Target Corporation", "0000027419"),
        Listed(7, "GME", "GameStop Corp.", "0001326380"),
    ]
)


def found(text: str, **options: object) -> dict[int, str]:
    return {one.instrument_id: one.rule for one in BOOK.find(text, **options)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$SOUN to the moon", {1: MentionRule.CASHTAG}),
        ("$soun and $BBAI!", {1: MentionRule.CASHTAG, 2: MentionRule.CASHTAG}),
        ("SoundHound AI (NASDAQ: SOUN) wins", {1: MentionRule.EXCHANGE}),
        ("Big deal (NYSE American: BRK.B)", {4: MentionRule.EXCHANGE}),
        ("SoundHound wins an order", {1: MentionRule.NAME}),
        ("soundhound wins an order", {}),
        ("BigBear.ai Holdings wins", {2: MentionRule.NAME}),
        ("Analysts raise the target on everything", {}),
        ("IT spending grows", {}),
        ("US$5 and A$BC", {}),
        ("price is $5", {}),
        ("\u0130stanbul: SoundHound opens an office", {1: MentionRule.NAME}),
        ("", {}),
    ],
)
def test_rules(text: str, expected: dict[int, str]) -> None:
    assert found(text) == expected


def test_a_name_of_two_share_classes_names_nobody() -> None:
    assert found("Berkshire Hathaway buys") == {}


def test_plain_symbols_count_only_where_people_write_them_so() -> None:
    assert found("GME squeeze, SEC and CEO aside, IT too") == {}
    assert found("GME squeeze, SEC and CEO aside, IT too", allow_bare=True) == {7: MentionRule.BARE}


def test_a_list_of_cashtags_is_about_nothing() -> None:
    assert found("$SOUN $BBAI $GME $TGT $IT $AAAA $BBBB $CCCC $DDDD") == {}


def test_the_surest_rule_wins_and_tags_are_the_vendors() -> None:
    assert found("SoundHound and $SOUN", tags=["SOUN", "NOPE", "BRK-B"]) == {1: MentionRule.CASHTAG, 4: MentionRule.TAG}


def test_a_filer_is_all_its_share_classes() -> None:
    assert [one.instrument_id for one in BOOK.by_cik("0001067983")] == [4, 5]
    assert BOOK.by_cik("0000000001") == []


def test_a_market_without_stocks() -> None:
    assert TickerBook([]).find("$SOUN SoundHound", allow_bare=True) == []


def test_rules_are_those_of_the_table() -> None:
    assert [rule.value for rule in Rule] == MentionRule.values
