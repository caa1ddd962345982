"""How figures are written on every page: sign always, fixed decimals, a dash for what is missing, New York time."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template

from sentiment_site.market import calendar, clock

register = template.Library()

MISSING = "–"
MINUS = "−"
SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))

Number = int | float | Decimal


@register.filter
def signed(value: Number | None, decimals: int = 2) -> str:
    """A number with its sign: +1.20, −0.40; 0.00 without one when it rounds to zero; a dash when it is missing."""
    if value is None:
        return MISSING
    text = f"{float(value):+.{int(decimals)}f}"
    return text.replace("-", MINUS) if float(text) else text[1:]


@register.filter
def fixed(value: Number | None, decimals: int = 2) -> str:
    """A number with fixed decimals and thousands separators; a dash when it is missing."""
    if value is None:
        return MISSING
    return f"{float(value):,.{int(decimals)}f}".replace("-", MINUS)


@register.filter
def change(value: Number | None, decimals: int = 2) -> str:
    """A change of money with its sign and thousands separators: +1,204.50; a dash when it is missing."""
    text = fixed(value, decimals)
    return f"+{text}" if value is not None and float(f"{float(value):.{int(decimals)}f}") > 0 else text


@register.filter
def compact(value: Number | None) -> str:
    """A large count in three or four characters: 950, 1.2M, 2.0B; a dash when it is missing."""
    if value is None:
        return MISSING
    amount = float(value)
    for scale, letter in SCALES:
        if abs(amount) >= scale:
            return f"{amount / scale:.1f}{letter}".replace("-", MINUS)
    return f"{amount:.0f}".replace("-", MINUS)


@register.filter
def money(value: Number | None) -> str:
    """Dollars in compact form: $1.2M; a dash when it is missing."""
    return MISSING if value is None else f"${compact(value)}"


@register.filter
def dollars(value: Number | None, decimals: int = 0) -> str:
    """Dollars in full: $1,234, −$5,678; a dash when it is missing."""
    if value is None:
        return MISSING
    text = fixed(value, decimals).removeprefix(MINUS)
    return f"{MINUS if value < 0 and float(text.replace(',', '')) else ''}${text}"


@register.filter
def gained(value: Number | None, decimals: int = 0) -> str:
    """Dollars with their sign: +$1,234, −$5,678; $0 without one; a dash when it is missing."""
    text = dollars(value, decimals)
    return text if value is None or text.startswith(MINUS) or not text.strip("$0.,") else f"+{text}"


@register.filter
def share(value: Number | None, decimals: int = 0) -> str:
    """A fraction as percent: 0.4231 is 42 %; a dash when it is missing."""
    return MISSING if value is None else f"{float(value) * 100:.{int(decimals)}f}%"


@register.filter
def percent(value: Number | None, decimals: int = 1) -> str:
    """A fraction as percent with its sign, for changes and returns: +4.2%, −0.8%; a dash when it is missing."""
    return MISSING if value is None else f"{signed(float(value) * 100, decimals)}%"


@register.filter
def sureness(value: Number | None) -> str:
    """A confidence as percent, never rounded up to certainty: 0.996 is ">99%"."""
    if value is None:
        return MISSING
    return ">99%" if float(value) > 0.99 else f"{float(value) * 100:.0f}%"


@register.filter
def et(value: datetime | None, style: str = "short") -> str:
    """A moment in New York time: 10:05 ET; with the date when that is not the market's today, or style is "full".

    "date" and "time" give the two halves of that.
    """
    if value is None:
        return MISSING
    local = value.astimezone(calendar.NEW_YORK)
    if style == "date":
        return f"{local:%a} {local.day} {local:%b %Y}"
    if style == "time":
        return f"{local:%H:%M} ET"
    today = clock.now().astimezone(calendar.NEW_YORK).date()
    if style == "full" or local.date() != today:
        return f"{local:%a} {local.day} {local:%b %Y %H:%M} ET"
    return f"{local:%H:%M} ET"


@register.filter
def in_zone(value: datetime | None, zone: str) -> str:
    """A moment on the reader's own clock, for the title beside a New York time: "Fri 16:05 CEST"; "" in New York."""
    if value is None or not zone or zone == calendar.NEW_YORK.key:
        return ""
    return f"{value.astimezone(ZoneInfo(zone)):%a %H:%M %Z}"


@register.filter
def age(value: datetime | None) -> str:
    """How old a reading is, counted in session time only: "4 min", "2 h 10 min"; a closed market does not age it."""
    if value is None:
        return MISSING
    return duration(calendar.session_seconds(value, clock.now()))


@register.filter
def duration(seconds: float | timedelta | None) -> str:
    """A length of time in words a trader reads at a glance."""
    if seconds is None:
        return MISSING
    total = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    if total < 60:
        return f"{total} s"
    hours, minutes = divmod(total // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"
