"""Which instrument a symbol meant on a date: tickers are reused, instruments are not."""

from __future__ import annotations

import datetime as dt

from django.db.models import F, Q

from universe.models import Instrument


def ids_on(date: dt.date) -> dict[str, int]:
    """Symbol -> instrument id of everything that was listed on that date.

    A listing without dates counts as listed; of several for one symbol the one listed last wins.
    """
    listed = Instrument.objects.filter(
        Q(listed_on__isnull=True) | Q(listed_on__lte=date), Q(delisted_on__isnull=True) | Q(delisted_on__gte=date)
    )
    return dict(listed.order_by(F("listed_on").asc(nulls_first=True), "pk").values_list("symbol", "pk"))
