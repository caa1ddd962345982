"""What came of what was said: calls of accounts and contradictions of sources, settled once, after the sessions.

Every row is counted from the table, so that settling twice, or after a crash, gives the same record.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q

from sentiment_site.market import calendar, clock
from themes.kernels.spam import compute_credibility
from themes.models import DivergenceOutcome, Influencer, InfluencerCall, RedditSentiment, TweetSentiment
from themes.models.social import Settled

from .sessions import find_next_session, find_stretch, load_moves

# How far back directional posts are looked for: a standstill of that long loses no call.
LOOKBACK: Final = dt.timedelta(days=7)
# More likely spam than not makes no call.
SPAM: Final = 0.5
# Sessions after which a price that never came is not waited for any more.
GIVEN_UP_AFTER: Final = 5
BATCH: Final = 1000
NO_PRICE: Final = "no price of it was known for the beginning or the end"


@dataclass(frozen=True, slots=True)
class OutcomeReport:
    """calls: opened; settled, void: calls and divergences together; accounts: whose record changed."""

    calls: int
    settled: int
    void: int
    accounts: int

    def __str__(self) -> str:
        return f"{self.calls:,} calls opened, {self.settled:,} settled, {self.void:,} void, {self.accounts:,} accounts"


def settle_outcomes() -> OutcomeReport:
    """Open the calls of the last days, settle whatever is over, bring the accounts' records up to date."""
    calls = open_calls()
    called, lost, accounts = _settle(InfluencerCall)
    diverged, lost_too, _ = _settle(DivergenceOutcome)
    return OutcomeReport(calls, called + diverged, lost + lost_too, accounts)


def open_calls() -> int:
    """Remember the directional posts of the last week as calls: an account's first one about a stock before a session.

    Judged bots, probable spam and posts deleted by now make none. A post deleted later keeps its call: otherwise an
    account would mend its record by deleting. One row holds no words of it.
    """
    now = clock.now()
    rows: dict[tuple[int, int, dt.date], InfluencerCall] = {}
    for table, post in ((TweetSentiment, "tweet"), (RedditSentiment, "reddit_post")):
        found = (
            table.objects.filter(
                ~Q(label="neutral"),
                event_at__gt=now - LOOKBACK, event_at__lte=now, recorded_at__lte=now,
                **{
                    f"{post}__influencer__is_bot": False, f"{post}__spam_score__lt": SPAM,
                    f"{post}__document__removed_at": None,
                },
            )
            .order_by("event_at", "pk")
            .values_list(
                f"{post}__influencer_id", "instrument_id", "event_at", "document_key", "score",
                f"{post}__document__is_simulated",
            )
        )  # fmt: skip
        for influencer, instrument, at, key, score, is_simulated in found.iterator(chunk_size=5000):
            session = find_next_session(at).date
            rows.setdefault(
                (influencer, instrument, session),
                InfluencerCall(
                    influencer_id=influencer, instrument_id=instrument, session=session, ends_on=session,
                    document_key=key, called_at=at, direction=1 if score > 0 else -1, score=score,
                    is_simulated=is_simulated, recorded_at=now,
                ),
            )  # fmt: skip
    known = set(
        InfluencerCall.objects.filter(session__gte=(now - LOOKBACK - dt.timedelta(days=1)).date()).values_list(
            "influencer_id", "instrument_id", "session"
        )
    )
    fresh = [row for key, row in rows.items() if key not in known]
    InfluencerCall.objects.bulk_create(fresh, batch_size=BATCH, ignore_conflicts=True)
    return len(fresh)


def _settle(table: type[InfluencerCall] | type[DivergenceOutcome]) -> tuple[int, int, int]:
    """Settle the open rows whose last session is over; settled, void, accounts. One transaction."""
    now = clock.now()
    over = calendar.last_closed_session(now)
    with transaction.atomic():
        due: list[Any] = list(
            table.objects.select_for_update().filter(state=Settled.OPEN, ends_on__lte=over.date).order_by("pk")
        )
        moves = load_moves([(row.instrument_id, find_stretch(_said_at(row), row.horizon)) for row in due], now)
        given_up = calendar.shift(over.date, -GIVEN_UP_AFTER).date
        changed: list[Any] = []
        for row, move in zip(due, moves.tolist(), strict=True):
            if math.isfinite(move):
                row.state, row.excess_move, row.settled_at = Settled.SETTLED, move, now
                _judge(row, move)
            elif row.ends_on <= given_up:
                row.state, row.void_reason, row.settled_at = Settled.VOID, NO_PRICE, now
            else:
                continue
            changed.append(row)
        names = ["state", "excess_move", "settled_at", "void_reason"]
        names.append("is_hit" if table is InfluencerCall else "right_source")
        table._default_manager.bulk_update(changed, names, batch_size=BATCH)
        accounts = _record([row for row in changed if isinstance(row, InfluencerCall)])
    void = sum(row.state == Settled.VOID for row in changed)
    return len(changed) - void, void, accounts


def _said_at(row: InfluencerCall | DivergenceOutcome) -> dt.datetime:
    """From when on the market is watched: a post is public at once, a contradiction when it was found here."""
    return row.called_at if isinstance(row, InfluencerCall) else row.recorded_at


def _judge(row: InfluencerCall | DivergenceOutcome, move: float) -> None:
    """A hit moved to the called side; a stock that moved with its peers to the last digit made nobody right."""
    if isinstance(row, InfluencerCall):
        row.is_hit = move * row.direction > 0
    elif move:
        row.right_source = row.bullish_source if move > 0 else row.bearish_source


def _record(rows: Sequence[InfluencerCall]) -> int:
    """Count calls and hits of these accounts again and what follows for their standing; how many accounts."""
    ids = sorted({row.influencer_id for row in rows if row.state == Settled.SETTLED})
    if not ids:
        return 0
    today = clock.now().date()
    accounts = list(Influencer.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    counted = (
        InfluencerCall.objects.filter(influencer_id__in=ids, state=Settled.SETTLED)
        .order_by()
        .values_list("influencer_id")
        .annotate(calls=Count("pk"), hits=Count("pk", filter=Q(is_hit=True)))
    )
    record = {account: (calls, hits) for account, calls, hits in counted}
    for account in accounts:
        account.calls, account.hits = record[account.pk]
        age = (today - account.created_on).days if account.created_on else None
        account.credibility = compute_credibility(age, account.followers, account.calls, account.hits)
    Influencer.objects.bulk_update(accounts, ["calls", "hits", "credibility"], batch_size=BATCH)
    return len(accounts)
