"""How positions are written on pages: an option in words instead of its 21 characters, numbers as exact as they are."""

from __future__ import annotations

from decimal import Decimal

from django import template

from portfolios.kernels.occ import OptionSymbolError, parse_option_symbol

register = template.Library()


@register.filter
def contract(symbol: str) -> str:
    """AAPL261218C00250000 as "AAPL 18 Dec 26 250 C"; anything else as it is."""
    if len(symbol) < 16:
        return symbol
    try:
        option = parse_option_symbol(symbol)
    except OptionSymbolError:
        return symbol
    day = option.expiration
    return f"{option.root} {day.day} {day:%b %y} {option.strike.normalize():f} {option.option_type.value[:1]}"


@register.filter
def exact(number: str, least: int = 0) -> str:
    """A decimal number, given as text, without superfluous zeros but with `least` places: 1,250; 0.5; 12.40 with 2."""
    value = Decimal(number).normalize()
    exponent = value.as_tuple().exponent
    places = max(int(least), -exponent if isinstance(exponent, int) else 0)
    return f"{value:,.{places}f}"
