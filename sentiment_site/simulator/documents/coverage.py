"""Which story is written about how, and for how long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from sentiment_site.simulator.documents.brief import Brief
from sentiment_site.simulator.documents.campaigns import plan_pump, plan_squeeze
from sentiment_site.simulator.documents.corporate import (
    plan_catalyst,
    plan_earnings,
    plan_offering,
    plan_reverse_split,
    plan_storm,
)
from sentiment_site.simulator.documents.spreading import plan_macro, plan_theme
from sentiment_site.simulator.stories.story import Kind


class Coverage(NamedTuple):
    """plan: adds a story's items to its brief; within: how long after its beginning the last of them appears; after:
    or after its end; press: whether what the press says about its members' moves is the story's alone."""

    plan: Callable[[Brief], None]
    within: dt.timedelta
    after: dt.timedelta = dt.timedelta(0)
    press: bool = True


_DAY = dt.timedelta(days=1)
COVERAGE: dict[Kind, Coverage] = {
    Kind.THEME: Coverage(plan_theme, 8 * _DAY, _DAY),
    Kind.PUMP: Coverage(plan_pump, 60 * _DAY),
    Kind.SQUEEZE: Coverage(plan_squeeze, _DAY, _DAY),
    Kind.CATALYST: Coverage(plan_catalyst, 45 * _DAY),
    Kind.EARNINGS: Coverage(plan_earnings, 5 * _DAY),
    Kind.OFFERING: Coverage(plan_offering, 45 * _DAY),
    Kind.REVERSE_SPLIT: Coverage(plan_reverse_split, 8 * _DAY),
    Kind.STORM: Coverage(plan_storm, 5 * _DAY, 2 * _DAY),
    Kind.MACRO: Coverage(plan_macro, 3 * _DAY, press=False),
}
