"""What the sectors ask of the themes: how hard which theme pulls at which light, at a moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Subquery

from sectors.theme_terms import ThemeTerm
from sentiment_site.market import calendar, clock
from themes.kernels.verdict import compute_theme_term
from themes.models import TemperaturePass, ThemeHeat
from themes.models.stories import Standing


def load_theme_terms(scores: Mapping[str, Decimal], as_of: dt.datetime | None = None) -> dict[str, ThemeTerm]:
    """The strongest theme's term of each sector's light, as the newest pass known at a moment had it. One statement.

    scores: each sector's own score. Sectors that no theme reaches, or whose light is careful already, are left out.
    Nothing when the newest pass is older than the session before: heat does not keep.
    """
    at = as_of or clock.now()
    since = calendar.shift(calendar.last_session(at).date, -1).pre_open
    known = TemperaturePass.objects.filter(as_of__lte=at, as_of__gte=since, recorded_at__lte=at)
    rows = ThemeHeat.objects.filter(
        as_of=Subquery(known.order_by("-as_of").values("as_of")[:1]), score__isnull=False, recorded_at__lte=at
    )
    if as_of is None:  # an operator may have ended one since
        rows = rows.filter(theme__standing=Standing.ACTIVE)
    found: dict[str, ThemeTerm] = {}
    for row in rows.select_related("theme").order_by("theme__detected_at", "theme_id"):
        for sector, share in row.reach.items():
            if sector not in scores or row.score is None:
                continue
            term = Decimal(f"{compute_theme_term(float(scores[sector]), float(row.score), share):.3f}")
            if term > 0 and (sector not in found or term > found[sector].term):
                found[sector] = ThemeTerm(
                    theme=str(row.theme),
                    theme_id=str(row.theme_id),
                    level=row.level,
                    theme_score=row.score,
                    share=share,
                    term=term,
                    score=scores[sector] + term,
                    as_of=row.as_of,
                )
    return found
