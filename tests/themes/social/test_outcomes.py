"""Calls and contradictions, settled once, after the sessions, against the stock's peers."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from sentiment_site.jobs.services import run_now
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, make_market, symbols_of
from tests.themes.documents.conftest import hours
from themes.documents.post_store import forget_posts
from themes.kernels.spam import compute_credibility
from themes.models import DivergenceOutcome, Influencer, InfluencerCall
from themes.models.documents import DocumentKind
from themes.social.divergence import Contradiction, open_divergences
from themes.social.due import OUTCOMES, find_outcome_session
from themes.social.outcomes import NO_PRICE, settle_outcomes
from themes.social.sessions import Stretch, find_stretch, load_moves
from universe.models import Instrument

from .talk import NOON, add_account, say

pytestmark = pytest.mark.django_db
# NOON of talk.py: Friday, 21 August 2026, 12:00 in New York.
FRIDAY, MONDAY = dt.date(2026, 8, 21), dt.date(2026, 8, 24)
STOCK, *PEERS = symbols_of("technology")


@pytest.fixture
def market(db: None) -> Market:
    """Every price 100 until and on Friday."""
    return make_market(FRIDAY, sessions=8, simulated=True)


def stock(market: Market, symbol: str = STOCK) -> Instrument:
    return Instrument.objects.get(pk=market.ids[symbol])


def close_on(market: Market, day: dt.date, **closes: float) -> dt.datetime:
    """Daily bars (open = close) of a session, 100 unless said otherwise; the evening after it."""
    market.store_daily(day, {symbol: closes.get(symbol, 100.0) for symbol in ALL_SYMBOLS})
    return evening(day)


def evening(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(20, 30), calendar.NEW_YORK)


def settle(at: dt.datetime) -> object:
    with clock.frozen(at):
        return settle_outcomes()


def test_what_is_measured_had_not_traded_yet() -> None:
    monday_open = calendar.shift(MONDAY, 0).open
    assert find_stretch(NOON) == Stretch(False, MONDAY, MONDAY)  # from Friday's close
    assert find_stretch(NOON + hours(4)) == Stretch(True, MONDAY, MONDAY)  # at the close: from Monday's open
    assert find_stretch(monday_open - hours(1), 5) == Stretch(True, MONDAY, dt.date(2026, 8, 28))
    assert find_stretch(monday_open) == Stretch(False, dt.date(2026, 8, 25), dt.date(2026, 8, 25))


def test_a_move_is_held_against_the_sector(market: Market) -> None:
    # too few peers in a sector of five: the other 39 stocks are the yardstick; one of them moves too
    known = close_on(market, MONDAY, **{STOCK: 110.0, PEERS[0]: 105.0})
    ids = [market.ids[STOCK], market.ids["HEA0"]]
    moves = load_moves([(one, Stretch(False, MONDAY, MONDAY)) for one in ids], known)
    others = 40 - 1  # and IWM is no member
    assert moves[0] == pytest.approx(math.log(1.1) - math.log(1.05) / others, abs=1e-6)
    assert moves[1] == pytest.approx(-(math.log(1.1) + math.log(1.05)) / others, abs=1e-6)
    assert load_moves([], known).size == 0
    gone = load_moves([(market.ids["IWM"], Stretch(False, MONDAY, MONDAY))], known)
    assert math.isnan(gone[0])


def test_a_call_is_counted_once_after_its_session(market: Market) -> None:
    fan, foe = add_account("fan", followers=1000), add_account("foe")
    say(stock(market), DocumentKind.X, 0.8, 2, account=fan)
    say(stock(market), DocumentKind.X, -0.9, 1, account=fan)  # his second word before that session
    say(stock(market), DocumentKind.REDDIT, -0.7, 1, account=add_account("redditor", "reddit"))
    say(stock(market), DocumentKind.X, -0.5, 1, account=foe)
    say(stock(market), DocumentKind.X, 0.1, 1, account=foe)  # no direction
    assert str(settle(evening(FRIDAY))) == "3 calls opened, 0 settled, 0 void, 0 accounts"
    fan.refresh_from_db()
    assert (fan.calls, fan.hits) == (0, 0)
    call = InfluencerCall.objects.get(influencer=fan)
    assert (call.direction, call.session, call.ends_on, call.state, call.is_hit) == (1, MONDAY, MONDAY, "open", None)
    assert call.is_simulated
    after = close_on(market, MONDAY, **{STOCK: 103.0})
    assert str(settle(after - hours(5))) == "0 calls opened, 0 settled, 0 void, 0 accounts"  # before the close
    assert str(settle(after)) == "0 calls opened, 3 settled, 0 void, 3 accounts"
    assert str(settle(after)) == "0 calls opened, 0 settled, 0 void, 0 accounts"
    fan.refresh_from_db()
    assert (fan.calls, fan.hits) == (1, 1)
    assert fan.credibility == pytest.approx(compute_credibility(None, 1000, 1, 1))
    call.refresh_from_db()
    assert call.excess_move == pytest.approx(math.log(1.03), abs=1e-6)
    assert (call.is_hit, call.settled_at) == (True, after)
    assert dict(Influencer.objects.values_list("username", "hits")) == {"fan": 1, "redditor": 0, "foe": 0}


def test_who_makes_no_call(market: Market) -> None:
    bot = add_account("bot", is_bot=True, bot_reason="500 posts a day")
    say(stock(market), DocumentKind.X, 0.9, 1, account=bot)
    say(stock(market), DocumentKind.X, 0.9, 1)  # nobody known
    spam = say(stock(market), DocumentKind.X, 0.9, 1, account=add_account("spammer"))
    spam.tweet.spam_score = 0.5
    spam.tweet.save()
    gone = say(stock(market), DocumentKind.X, 0.9, 1, account=add_account("shy"))
    forget_posts(DocumentKind.X, [gone.external_id])
    say(stock(market), DocumentKind.X, 0.9, 24 * 8, account=add_account("long ago"))
    say(stock(market), DocumentKind.X, 0.9, -24, account=add_account("tomorrow"))
    settle(evening(FRIDAY))
    assert not InfluencerCall.objects.exists()


def test_deleting_a_bad_call_does_not_mend_a_record(market: Market) -> None:
    account = add_account("sly")
    post = say(stock(market), DocumentKind.X, 0.9, 1, account=account)
    settle(evening(FRIDAY))
    forget_posts(DocumentKind.X, [post.external_id])
    settle(close_on(market, MONDAY, **{STOCK: 90.0}))
    account.refresh_from_db()
    assert (account.calls, account.hits) == (1, 0)


def test_a_price_that_never_comes_is_void(market: Market) -> None:
    account = add_account("fan")
    say(stock(market), DocumentKind.X, 0.9, 1, account=account)
    settle(evening(FRIDAY))
    settle(evening(MONDAY))
    assert InfluencerCall.objects.get().state == "open"
    settle(evening(calendar.shift(MONDAY, 5).date))
    row = InfluencerCall.objects.get()
    assert (row.state, row.void_reason, row.excess_move, row.is_hit) == ("void", NO_PRICE, None, None)
    account.refresh_from_db()
    assert account.calls == 0


def test_who_was_right_after_one_and_five_sessions(market: Market) -> None:
    found = Contradiction(market.ids[STOCK], "news", "twitter", -0.6, 0.5, True)
    assert open_divergences([found, found], NOON, NOON) == 2  # one row each: the second is the same
    assert open_divergences([found], NOON + hours(1), NOON + hours(1)) == 0
    assert open_divergences([], NOON, NOON) == 0
    assert DivergenceOutcome.objects.count() == 2
    for place, price in enumerate((104.0, 100.0, 99.0, 98.0, 96.0)):
        settle(close_on(market, calendar.shift(MONDAY, place).date, **{STOCK: price}))
    right = dict(DivergenceOutcome.objects.values_list("horizon", "right_source"))
    assert right == {1: "twitter", 5: "news"}
    moves = dict(DivergenceOutcome.objects.values_list("horizon", "excess_move"))
    assert moves[1] == pytest.approx(math.log(1.04), abs=1e-6)
    assert moves[5] == pytest.approx(math.log(0.96), abs=1e-6)
    # the same pair counts again in the sixth session
    later = calendar.shift(MONDAY, 4).open + hours(1)
    assert open_divergences([found], later, later) == 1


def test_a_stock_that_did_not_move_proves_nobody_right(market: Market) -> None:
    open_divergences([Contradiction(market.ids[STOCK], "news", "twitter", -0.6, 0.5, True)], NOON, NOON)
    settle(close_on(market, MONDAY))
    row = DivergenceOutcome.objects.get(horizon=1)
    assert (row.state, row.excess_move, row.right_source) == ("settled", 0.0, "")


def test_a_contradiction_found_late_is_watched_from_then_on(market: Market) -> None:
    tuesday = calendar.shift(MONDAY, 1)
    open_divergences([Contradiction(market.ids[STOCK], "news", "twitter", -0.6, 0.5, True)], NOON, tuesday.pre_open)
    assert set(DivergenceOutcome.objects.values_list("session", flat=True)) == {tuesday.date}


def test_the_job_is_due_in_the_evening_and_made_up_for(market: Market) -> None:
    assert find_outcome_session(NOON) == "2026-08-20"
    assert find_outcome_session(evening(FRIDAY)) == "2026-08-21"
    assert find_outcome_session(evening(FRIDAY) + hours(24)) == "2026-08-21"
    with clock.frozen(evening(FRIDAY)):
        run = run_now(OUTCOMES, key="2026-08-21")
        assert run.status == "done", run
        assert find_outcome_session(evening(FRIDAY)) is None
