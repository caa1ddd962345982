"""Reading the list's parameters: every one from both sides, and words for those that cannot be read."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from universe.listing import PARAMETERS, BadParameters, Listing, parse_amount, parse_listing, reason_title


def test_nothing_asked_is_the_members_with_gap_prone_names_first() -> None:
    listing = parse_listing({})
    assert (listing.eligible, listing.sort, listing.page, listing.size) == ("yes", "-gap_frequency", 1, 50)
    assert listing.ranges == (
        ("market_cap", None, None),
        ("price", None, None),
        ("average_volume", None, None),
        ("free_float", None, None),
    )
    assert listing.query() == ""


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("300M", 3e8),
        ("2b", 2e9),
        ("750k", 750e3),
        ("1,500,000", 1.5e6),
        ("2.50", 2.5),
        (".5", 0.5),
        ("10_000", 1e4),
        ("5.", 5.0),
        ("", None),
        ("-1", None),
        ("1e6", None),
        ("nan", None),
        ("M", None),
        ("9" * 400, None),
        ("3 M", None),
    ],
)
def test_amounts(text: str, amount: float | None) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sector", "tech", "'tech' is not one of technology, healthcare"),
        ("tier", "large", "'large' is not one of micro, small"),
        ("eligible", "maybe", "'maybe' is not one of yes, no, all"),
        ("reason", "because", "'because' is not one of eligible"),
        ("cap_min", "lots", "'lots' is not an amount such as 12.5, 300M or 2B"),
        ("float_max", "-3", "'-3' is not an amount"),
        ("sort", "colour", "'colour' is not one of symbol"),
        ("sort", "--price", "'--price' is not one of"),
        ("page", "0", "'0' is not a whole number from 1 up"),
        ("page", "two", "'two' is not a whole number"),
        ("page", "9999999999", "'9999999999' is not a whole number"),
        ("page", "²", "'²' is not a whole number"),
        ("size", "7", "7 is not one of 50, 100, 250"),
        ("size", "x", "'x' is not a whole number"),
        ("as_of", "yesterday", "'yesterday' is not a moment the market calendar knows"),
        ("q", "x" * 101, "at most 100 plain characters"),
        ("q", "a\x00b", "at most 100 plain characters"),
    ],
)
def test_a_wrong_parameter_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(BadParameters) as caught:
        parse_listing({name: value, "q" if name != "q" else "tier": "micro"})
    assert list(caught.value.errors) == [name]
    assert caught.value.errors[name].startswith(message)


def test_all_wrong_parameters_are_named_at_once() -> None:
    with pytest.raises(BadParameters) as caught:
        parse_listing({"tier": "x", "price_min": "9", "price_max": "3", "sort": "y"})
    assert list(caught.value.errors) == ["tier", "price_max", "sort"]
    assert caught.value.errors["price_max"] == "price_max lies below price_min"


def test_a_reason_alone_looks_at_everyone() -> None:
    assert parse_listing({"reason": "price_low"}).eligible == "all"
    assert parse_listing({"reason": "price_low", "eligible": "no"}).eligible == "no"


def test_moments() -> None:
    assert parse_listing({"as_of": "2026-08-21T16:20"}).as_of == dt.datetime(2026, 8, 21, 20, 20, tzinfo=dt.UTC)
    end_of_day = dt.datetime(2026, 8, 22, 3, 59, 59, 999999, tzinfo=dt.UTC)
    assert parse_listing({"as_of": "2026-08-21"}).as_of == end_of_day
    assert parse_listing({"as_of": "2026-08-21T20:20:00 00:00"}).as_of == dt.datetime(
        2026, 8, 21, 20, 20, tzinfo=dt.UTC
    )


def test_the_address_keeps_what_was_given_and_forgets_the_page() -> None:
    listing = parse_listing({"q": " soun ", "cap_max": "300M", "page": "3", "sector": "", "utm": "x"})
    assert listing.query() == "q=soun&cap_max=300M"
    assert listing.query(page=4) == "q=soun&cap_max=300M&page=4"
    assert listing.query(sort="price") == "q=soun&cap_max=300M&sort=price"


@given(st.dictionaries(st.sampled_from([*PARAMETERS, "page", "size"]), st.text(max_size=12)))
def test_any_text_is_read_or_refused_in_words(params: dict[str, str]) -> None:
    try:
        listing = parse_listing(params)
    except BadParameters as error:
        assert set(error.errors) <= set(params)
        assert all(error.errors.values())
    else:
        assert isinstance(listing, Listing)
        assert parse_listing(dict(listing.given)).query() == listing.query()


def test_titles_of_reasons() -> None:
    assert reason_title("price_low") == "price too low"
    assert reason_title("of a former version") == "of a former version"
