"""The pass that was the newest at a moment."""

from __future__ import annotations

import datetime as dt

from sentiment_site.market import clock
from themes.models import SentimentPass


def pass_at(as_of: dt.datetime | None = None) -> SentimentPass | None:
    """The newest pass known at a moment, None before the first. One statement."""
    at = as_of or clock.now()
    return SentimentPass.objects.filter(as_of__lte=at, recorded_at__lte=at).order_by("-as_of").first()
