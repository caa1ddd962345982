"""Temperature as the pages show it: the heat room's stand of a stock, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from themes.heat.selectors import temperatures_at
from themes.models import TemperatureReading
from themes.models.stories import Level


@dataclass(frozen=True, slots=True)
class Heat:
    """A stock's temperature. as_of: of its reading, or of the whole pass that found it COLD and kept no row of it."""

    level: str
    as_of: dt.datetime
    reading: TemperatureReading | None

    @property
    def title(self) -> str:
        """In words."""
        return str(Level(self.level).label)


def load_heat(instrument_ids: Collection[int], as_of: dt.datetime | None = None) -> dict[int, Heat]:
    """Temperature by instrument id; stocks without a level are left out. Two statements."""
    found = temperatures_at(instrument_ids, as_of)
    return {
        one: Heat(stand.level, stand.reading.as_of if stand.reading else stand.as_of, stand.reading)
        for one, stand in found.items()
        if stand.level
    }
