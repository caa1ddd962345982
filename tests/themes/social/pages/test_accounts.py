"""Accounts: standing, record with its interval, tracking by operators only, and what was known of them then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client
from scipy import stats

from portfolios.models import User
from tests.themes.documents.conftest import NOON
from tests.themes.social.pages.world import LATER, add_account, add_call, add_post, add_stock, ask, text_of
from themes.models import Document, Influencer
from themes.social.accounts import shrink_rate, track_account
from universe.models import Instrument

pytestmark = pytest.mark.django_db
PAGE = "/social/influencers/"
THEN = {"as_of": (NOON - dt.timedelta(days=20)).isoformat()}


@pytest.fixture
def accounts(acme: Instrument) -> list[Influencer]:
    """A large one with a record, a bot, one on Reddit of whom little is known."""
    large = add_account("large", followers=250_000, calls=20, hits=15, credibility=0.8, weight=1.7)
    bot = add_account("bot", followers=10, is_bot=True, bot_reason="144 posts a day", credibility=0.1)
    quiet = add_account("quiet", "reddit", followers=None, created_on=None, display_name="Quiet One")
    add_post(acme, account=large, minutes=60)
    add_post(acme, account=large, minutes=50)
    return [large, bot, quiet]


@pytest.fixture
def operator(db: None) -> Client:
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_influencer"))
    browser = Client()
    browser.force_login(user)
    return browser


def names_of(answer: Any) -> list[str]:
    return [row.username for row in answer.context["rows"]]


def test_an_empty_house_says_what_will_fill_it(reader: Client) -> None:
    assert "No account is known yet" in text_of(ask(reader, PAGE))


def test_the_list_shows_standing_record_and_bots(reader: Client, accounts: list[Influencer]) -> None:
    page = text_of(ask(reader, PAGE))
    assert "250.0k" in page and "0.80" in page and "1.70" in page
    assert "67%" in page and "49%–82%" in page  # (15 + 5) / (20 + 10)
    assert "144 posts a day" in page and 'title="The platform does not say">–' in page
    assert 'title="No call of it is settled">–' in page and "☆ track" not in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["large", "bot", "quiet"]),
        ({"sort": "followers"}, ["bot", "large", "quiet"]),
        ({"sort": "username"}, ["bot", "large", "quiet"]),
        ({"sort": "-rate"}, ["large", "bot", "quiet"]),
        ({"bots": "hide"}, ["large", "quiet"]),
        ({"bots": "only"}, ["bot"]),
        ({"platform": "reddit"}, ["quiet"]),
        ({"q": "one"}, ["quiet"]),
        ({"least_followers": "100"}, ["large"]),
        ({"least_calls": "1"}, ["large"]),
        ({"tracked": "yes"}, []),
    ],
)
def test_filters_and_order(reader: Client, accounts: list[Influencer], asked: dict[str, str], found: list[str]) -> None:
    assert names_of(ask(reader, PAGE, data=asked)) == found


@pytest.mark.parametrize(
    "asked", [{"bots": "maybe"}, {"sort": "luck"}, {"page": "2"}, {"least_calls": "x"}, {"bot": "1"}]
)
def test_what_cannot_be_read_is_refused(reader: Client, accounts: list[Influencer], asked: dict[str, str]) -> None:
    assert ask(reader, PAGE, data=asked).status_code == 400


def test_the_rate_is_drawn_to_one_half_and_its_interval_holds_it() -> None:
    for hits, calls in ((0, 0), (1, 1), (0, 30), (23, 40)):
        rate, low, high = shrink_rate(hits, calls)
        assert rate == pytest.approx((hits + 5) / (calls + 10)) and low < rate < high
        oracle = stats.beta(hits + 5, calls - hits + 5)
        assert (low, high) == (pytest.approx(oracle.ppf(0.025)), pytest.approx(oracle.ppf(0.975)))


def test_what_was_known_of_them_then(reader: Client, acme: Instrument) -> None:
    account = add_account("grown", followers=900_000, credibility=0.9, calls=2, hits=2)
    late = add_account("late")
    add_post(acme, account=account, minutes=60 * 24 * 22)
    add_post(acme, account=account, minutes=30)
    add_post(acme, account=late, minutes=30)
    add_call(account, acme, day=2, hit=True)
    add_call(account, acme, day=9, hit=True)  # settled later than ten days after
    add_call(account, acme, day=29, hit=None)
    answer = ask(reader, PAGE, data=THEN)
    (row,) = answer.context["rows"]
    assert (row.username, row.calls, row.hits, row.posts) == ("grown", 1, 1, 1)
    assert (row.followers, row.credibility, row.is_bot) == (None, 0.6, False)  # the standing of its text then
    assert "900.0k" not in text_of(answer) and "Not kept over time" in text_of(answer)
    assert names_of(ask(reader, PAGE, data=THEN | {"sort": "-followers"})) == ["grown"]
    page = ask(reader, f"{PAGE}{account.pk}/", data=THEN)
    assert [(call.state, call.is_hit) for call in page.context["calls"]] == [("open", None), ("settled", True)]
    assert len(page.context["posts"]) == 1
    assert ask(reader, f"{PAGE}{late.pk}/", data=THEN).status_code == 404


def test_the_page_of_one_account(reader: Client, accounts: list[Influencer], django_assert_num_queries: Any) -> None:
    large, acme = accounts[0], Instrument.objects.get(symbol="ACME")
    add_call(large, acme, day=3, hit=True)
    add_call(large, acme, day=5, hit=False)
    gone = add_post(acme, "SECRET", account=large, minutes=5)
    Document.objects.filter(pk=gone.pk).update(removed_at=NOON, text="", author="")
    page = text_of(ask(reader, f"{PAGE}{large.pk}/"))
    assert "✓ yes" in page and "✗ no" in page and "+3.0%" in page and "drawn to 50%" in page
    assert "Deleted by its author" in page and "SECRET" not in page and "12 reactions" in page
    assert 'href="/social/ACME/"' in page and 'bullish <b class="num">+0.50</b>' in page
    assert ask(reader, f"{PAGE}0/").status_code == 404
    assert ask(reader, f"{PAGE}{large.pk}/", data={"page": "2"}).status_code == 400
    with django_assert_num_queries(8):  # account, row, posts of two platforms, calls, posts, what they say twice
        ask(reader, f"{PAGE}{large.pk}/")


def test_what_the_list_costs(reader: Client, accounts: list[Influencer], django_assert_num_queries: Any) -> None:
    for rows in (3, 30):
        for number in range(rows):
            add_account(f"{rows}-{number}")
        with django_assert_num_queries(5):  # account, count, rows, posts of two platforms
            ask(reader, PAGE)
        with django_assert_num_queries(7):  # and what the newest texts of either platform say of them
            ask(reader, PAGE, data={"as_of": LATER.isoformat()})


def test_operators_track_and_nobody_else(reader: Client, operator: Client, accounts: list[Influencer]) -> None:
    address = f"{PAGE}{accounts[0].pk}/track/"
    assert reader.post(address, {"tracked": "yes"}).status_code == 403
    assert reader.post(address, {"tracked": "yes"}, headers={"HX-Request": "true"}).status_code == 403
    assert not Influencer.objects.get(pk=accounts[0].pk).is_tracked
    assert "☆ track" in text_of(ask(operator, PAGE))
    answer = operator.post(address, {"tracked": "yes"}, headers={"HX-Request": "true"})
    assert "★ tracked" in answer.content.decode() and 'value="no"' in answer.content.decode()
    assert Influencer.objects.get(pk=accounts[0].pk).is_tracked
    assert names_of(ask(reader, PAGE, data={"tracked": "yes"})) == ["large"]
    assert operator.post(address, {"tracked": "no"}).status_code == 302
    assert list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True)) == [
        "Tracked",
        "No longer tracked",
    ]
    assert operator.post(address, {"tracked": "perhaps"}).status_code == 400
    assert operator.post(f"{PAGE}0/track/", {"tracked": "yes"}).status_code == 404
    assert operator.get(address).status_code == 405
    assert "☆ track" not in text_of(ask(operator, PAGE, data={"as_of": LATER.isoformat()}))  # the past is read-only


def test_tracking_twice_is_written_once(accounts: list[Influencer]) -> None:
    boss = User.objects.create_superuser("boss")
    for _ in range(2):
        track_account(accounts[1].pk, tracked=True, author=boss)
    assert LogEntry.objects.count() == 1
    with pytest.raises(ValidationError):
        track_account(0, tracked=True, author=boss)


def test_the_desk_shows_and_tracks(accounts: list[Influencer], acme: Instrument) -> None:
    add_call(accounts[0], acme, day=3, hit=True)
    browser = Client()
    browser.force_login(User.objects.create_superuser("boss"))
    desk = "/admin/themes/influencer/"
    sentiments = (f"{kind}sentiment" for kind in ("tweet", "reddit", "news", "aggregated", "symbol"))
    tables = ("influencercall", "divergenceoutcome", "sentimentpass", "tweet", "redditpost", *sentiments)
    evidence = [f"/admin/themes/{table}/" for table in tables]
    for address in (desk, f"{desk}?which=bots", f"{desk}{accounts[0].pk}/change/", *evidence):
        assert browser.get(address).status_code == 200, address
    data = {"action": "track_selected", "_selected_action": [row.pk for row in accounts]}
    assert browser.post(desk, data).status_code == 302
    assert Influencer.objects.filter(is_tracked=True).count() == 3
    browser.post(desk, data | {"action": "untrack_selected"})
    assert Influencer.objects.filter(is_tracked=True).count() == 0 and LogEntry.objects.count() == 6
    assert browser.post(f"{desk}{accounts[0].pk}/change/", {"username": "renamed"}).status_code == 403


def test_a_stock_of_an_account_is_linked_by_its_symbol(reader: Client) -> None:
    account, stock = add_account("odd"), add_stock("BRK.B")
    add_post(stock, account=account)
    assert 'href="/social/BRK.B/"' in text_of(ask(reader, f"{PAGE}{account.pk}/"))
