"""The two screening profiles the product ships, version 1. See docs/universe.md."""

import copy
import datetime as dt
from typing import Any, ClassVar

from django.db import migrations

CREATED_AT = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)

# Written out, not imported: a version never changes, whatever the code's constants become.
STRICT: dict[str, Any] = {
    "market_cap": {"min": 10_000_000, "max": 2_000_000_000, "micro_below": 300_000_000},
    "price": {"min": 2, "max": 100},
    "average_volume": {"floors": [1_000_000], "names_wanted": 0, "sessions": 20, "min_observations": 15},
    "free_float": {"micro_above": 5_000_000, "small_above": 10_000_000, "when_missing": "exclude"},
    "exchanges": ["XNAS", "XNYS", "XASE"],
    "types": ["CS", "ADRC"],
}
COVERAGE = copy.deepcopy(STRICT)
COVERAGE["average_volume"]["floors"] = [1_000_000, 750_000, 500_000, 350_000, 250_000, 200_000, 150_000, 100_000]
COVERAGE["average_volume"]["names_wanted"] = 1_500
COVERAGE["free_float"]["when_missing"] = "estimate"

PROFILES = (
    ("strict", STRICT, "The requirement's selection matrix to the letter."),
    ("coverage", COVERAGE, "The same, with the volume floor relaxed step by step until 1,500 names are left."),
)


def create(apps: Any, schema_editor: Any) -> None:
    """Add version 1 of both."""
    profile = apps.get_model("universe", "ScreeningProfile")
    for name, rules, note in PROFILES:
        profile.objects.get_or_create(
            name=name, version=1, defaults={"rules": rules, "note": note, "created_at": CREATED_AT}
        )


class Migration(migrations.Migration):
    """Backwards nothing is removed: runs may point at the profiles."""

    dependencies: ClassVar = [("universe", "0002_bars")]

    operations: ClassVar = [migrations.RunPython(create, migrations.RunPython.noop)]
