"""Forms and items, and what the words of a current report say."""

from __future__ import annotations

import pytest

from universe.kernels.catalysts import classify_filing, wants_text

UP, DOWN, UNKNOWN = 1, -1, None
COVER = (
    "FORM 8-K CURRENT REPORT Check the appropriate box: Written communications pursuant to Rule 425. "
    "Soliciting material. Pre-commencement communications: tender offer. Item 1.01 is listed in the table of contents. "
)
TAIL = " SIGNATURE Pursuant to the requirements the registrant wins a contract award."


@pytest.mark.parametrize(
    ("form", "items", "expected"),
    [
        ("8-K", ("2.02", "9.01"), [("earnings", UNKNOWN)]),
        ("8-K", ("1.03",), [("filing", DOWN)]),
        ("8-K", ("3.01",), [("filing", DOWN)]),
        ("8-K", ("3.02",), [("offering", DOWN)]),
        ("8-K", ("4.02", "2.02"), [("filing", DOWN), ("earnings", UNKNOWN)]),
        ("8-K", ("2.06",), [("filing", DOWN)]),
        ("8-K", ("1.01", "9.01"), [("filing", UNKNOWN)]),
        ("8-K", ("2.01",), [("filing", UNKNOWN)]),
        ("8-K", ("2.01", "3.01", "5.01"), [("filing", UNKNOWN)]),
        ("8-K", ("5.02",), [("filing", UNKNOWN)]),
        ("6-K", (), [("filing", UNKNOWN)]),
        ("424B5", (), [("offering", DOWN)]),
        ("424B4", (), [("offering", DOWN)]),
        ("424B2", (), []),
        ("424B3", (), []),
        ("S-1", (), [("offering", DOWN)]),
        ("S-3", (), [("dilution", DOWN)]),
        ("S-3ASR", (), [("dilution", DOWN)]),
        ("S-8", (), []),
        ("NT 10-Q", (), [("filing", DOWN)]),
        ("SC TO-T", (), [("merger", UP)]),
        ("SC 14D9", (), [("merger", UP)]),
        ("DEFM14A", (), [("merger", UP)]),
        ("S-4", (), []),
        ("SCHEDULE 13D", (), [("filing", UP)]),
        ("SCHEDULE 13G", (), []),
        ("4", (), []),
        ("10-Q", (), []),
    ],
)
def test_what_forms_and_items_say(form: str, items: tuple[str, ...], expected: list[tuple[str, int | None]]) -> None:
    assert [(each.kind, each.direction) for each in classify_filing(form, items)] == expected


def test_amendments_repeat_and_registrations_of_others_need_a_subject() -> None:
    assert classify_filing("S-1", (), is_amendment=True) == ()
    assert classify_filing("8-K", ("3.02",), is_amendment=True) == ()
    (found,) = classify_filing("S-4", (), has_subject=True)
    assert (found.kind, found.direction) == ("merger", UP)


@pytest.mark.parametrize(
    ("item", "words", "kind", "direction"),
    [
        ("1.01", "the Company entered into a placement agency agreement for the sale of shares", "offering", DOWN),
        ("1.01", "entered into a securities purchase agreement with institutional investors", "offering", DOWN),
        ("1.01", "entered into an Agreement and Plan of Merger. At the effective time each share of common stock will "
                 "be converted into the right to receive $12.00 in cash", "merger", UP),
        ("1.01", "entered into an Agreement and Plan of Merger with Target Inc.", "merger", UNKNOWN),
        ("1.01", "entered into a credit agreement providing for a facility of $50 million", "filing", UNKNOWN),
        ("1.01", "entered into a supply agreement valued at up to $40 million", "contract", UP),
        ("1.01", "entered into a collaboration agreement with Beta", "partnership", UP),
        ("1.02", "Beta delivered notice terminating the supply agreement", "contract", DOWN),
        ("3.01", "received a notice that the bid price had closed below $1.00", "filing", DOWN),
        ("3.01", "determined to transfer its listing to NYSE American", "filing", UNKNOWN),
        ("8.01", "announced that the U.S. Food and Drug Administration has approved Velorin", "fda_decision", UP),
        ("8.01", "its Phase 3 study of Velorin did not meet its primary endpoint", "trial_readout", DOWN),
        ("8.01", "The Company regained compliance with the minimum bid price rule", "filing", UP),
        ("3.03", "will effect a 1-for-20 reverse stock split of its common stock", "reverse_split", DOWN),
        ("7.01", "will use an updated investor presentation in meetings", "filing", UNKNOWN),
    ],
)  # fmt: skip
def test_the_words_of_an_item_decide(item: str, words: str, kind: str, direction: int | None) -> None:
    text = f"{COVER} Item {item}. Other Events. {words}. {TAIL}"
    assert wants_text("8-K", (item,))
    (found,) = classify_filing("8-K", (item,), text=text)
    assert (found.kind, found.direction) == (kind, direction)


def test_the_title_of_item_3_01_is_not_its_content() -> None:
    title = "Notice of Delisting or Failure to Satisfy a Continued Listing Rule or Standard; Transfer of Listing."
    (found,) = classify_filing("8-K", ("3.01",), text=f"Item 3.01 {title} The bid price closed below $1.00.")
    assert (found.kind, found.direction) == ("filing", DOWN)


def test_cover_page_and_signature_say_nothing() -> None:
    (found,) = classify_filing("8-K", ("8.01",), text=f"{COVER} Item 8.01 Other Events. Nothing happened. {TAIL}")
    assert (found.kind, found.direction) == ("filing", UNKNOWN)


def test_two_items_of_one_event_are_one_finding_and_a_sale_is_no_contract() -> None:
    text = "Item 1.01 entered into a securities purchase agreement. Item 3.02 The warrants were sold privately."
    findings = classify_filing("8-K", ("1.01", "3.02"), text=text)
    assert [(each.kind, each.direction) for each in findings] == [("offering", DOWN)]


def test_a_report_of_a_foreign_issuer_is_read_whole() -> None:
    assert wants_text("6-K", ())
    (found,) = classify_filing(
        "6-K", (), text="furnishes a press release announcing a supply contract worth $4 million"
    )
    assert (found.kind, found.direction) == ("contract", UP)


def test_items_without_open_questions_need_no_reading() -> None:
    assert not wants_text("8-K", ("2.02", "9.01"))
    assert not wants_text("10-K", ("1.01",))
