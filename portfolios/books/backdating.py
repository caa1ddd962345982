"""Stamps of a past that was made up at once: the demo's books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from portfolios.models import CashFlow, Portfolio, PortfolioSnapshot, Position, Tag
from sentiment_site.market.calendar import Session


@transaction.atomic
def date_back(
    books: Sequence[Portfolio], sessions: Sequence[Session], *, final_after: dt.timedelta, kept_sessions: int
) -> None:
    """Stamp what was made just now as if it had been entered on its days.

    A demo's past is simulated, and without stamps of its own the time machine would find it empty.

    final_after: when after the close a daily row became known. Rows of the last `kept_sessions` keep their stamps:
    corrections of closes, which came to this store only now, are looked for there.
    """
    Portfolio.objects.filter(pk__in=[book.pk for book in books]).update(created_at=sessions[0].open)
    Tag.objects.filter(user__in=[book.user_id for book in books]).update(created_at=sessions[0].open)
    for session in sessions:
        CashFlow.objects.filter(portfolio__in=books, flowed_on=session.date).update(created_at=session.close)
        Position.objects.filter(portfolio__in=books, entry_date=session.date).update(created_at=session.close)
        if session in sessions[:-kept_sessions]:
            made = session.close + final_after
            rows = PortfolioSnapshot.objects.filter(portfolio__in=books, snapshot_date=session.date)
            rows.update(created_at=made, recorded_at=made)
