"""The stress page: the standing scenarios, and one's own, whose every shock stands in the address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portfolios.kernels.stress import Scenario, ThemeShock
from portfolios.models import Portfolio
from portfolios.risk import selectors
from portfolios.risk.records import StressOutcome
from sentiment_site.live.time_machine import shown_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY, SECTORS

from .asking import is_fragment, own_book, short_query
from .bars import draw_sides, largest
from .navigation import render_page
from .parameters import refuse_unknown
from .risk import list_missing

CONTRIBUTORS, OWN_CONTRIBUTORS = 3, 10
SYMBOLS_MAX = 50
SECTOR = "sector_"
_SHOCK = re.compile(r"([A-Za-z][A-Za-z.\-]{0,9})[ :=]+([+\-−]?\d{1,4}(?:\.\d{1,4})?) ?%?", re.ASCII)


def _percent(label: str, low: float, high: float, step: str = "any") -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": step, "inputmode": "text"})
    return forms.FloatField(label=label, required=False, min_value=low, max_value=high, widget=widget)


class StressForm(forms.Form):
    """Shocks as people say them: percent, points of volatility, basis points, and symbols with percent."""

    use_required_attribute = False

    market = _percent("Market, %", -100, 100)
    volatility = _percent("Volatility, points", -300, 300)
    rates = _percent("Rates, basis points", -2000, 2000)
    symbols = forms.CharField(
        label="Single stocks, %",
        required=False,
        max_length=800,
        widget=forms.TextInput(
            attrs={"placeholder": "SOUN -20, TSLA +8", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for sector in SECTORS:
            self.fields[f"{SECTOR}{sector.key}"] = _percent(sector.title, -100, 300)

    def clean_symbols(self) -> dict[str, float]:
        """Symbol -> move as a fraction. Refused for what is no symbol with a percentage."""
        text = self.cleaned_data["symbols"].replace("−", "-")
        shocks: dict[str, float] = {}
        for part in filter(None, (each.strip() for each in re.split(r"[,;]", text))):
            found = _SHOCK.fullmatch(part)
            if not found or not -100 <= float(found[2]) <= 1000:
                raise forms.ValidationError(f"Write a symbol and a move of -100 to 1000 %, as SOUN -20: {part[:40]!r}")
            shocks[found[1].upper()] = float(found[2]) / 100
        if len(shocks) > SYMBOLS_MAX:
            raise forms.ValidationError(f"At most {SYMBOLS_MAX} symbols.")
        return shocks

    def sector_fields(self) -> list[forms.BoundField]:
        """The sectors' fields."""
        return [self[name] for name in self.fields if name.startswith(SECTOR)]

    def scenario(self) -> Scenario | None:
        """What was asked for; None if nothing moves."""
        asked = self.cleaned_data
        sectors = {key: (asked[f"{SECTOR}{key}"] or 0.0) / 100 for key in SECTOR_BY_KEY}
        shocks = asked["symbols"]
        scenario = Scenario(
            "Own scenario",
            market=(asked["market"] or 0.0) / 100,
            sectors={key: move for key, move in sectors.items() if move},
            volatility=(asked["volatility"] or 0.0) / 100,
            rates=(asked["rates"] or 0.0) / 10_000,
            # each symbol's own move is its weight in a story that moves by 1
            theme=ThemeShock("single stocks", 1.0, shocks) if shocks else None,
        )
        return None if scenario == Scenario(scenario.name) else scenario


@require_safe
@own_book
def stress(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The page, or for HTMX the own scenario's answer. A shock that cannot be is named beside its field."""
    form = StressForm(request.GET)
    refuse_unknown(request, *form.fields)
    as_of = shown_moment(request)
    asked = form.scenario() if form.is_valid() else None
    part = is_fragment(request)
    if part and asked is None:
        return _own(request, {"form": form, "own": None, "as_of": as_of})
    loaded = selectors.load_book(portfolio, as_of)
    context: dict[str, Any] = {"form": form, "own": None, "as_of": as_of}
    if asked is not None:
        own = selectors.get_stress(portfolio, [asked], as_of, loaded=loaded)
        strangers = sorted(
            set(asked.theme.members if asked.theme else ()) - {row.held.underlying for row in loaded.lines}
        )
        context |= {"own": _shown(own.outcomes[0], OWN_CONTRIBUTORS), "strangers": strangers}
    if part:
        return _own(request, context)
    view = selectors.get_stress(portfolio, None, as_of, loaded=loaded)
    context |= {
        "basis": view.basis,
        "benchmark": view.benchmark,
        "outcomes": [_shown(outcome, CONTRIBUTORS) for outcome in view.outcomes],
        "missing": list_missing([one for outcome in view.outcomes for one in outcome.missing]),
    }
    status = 200 if form.is_valid() else 400
    return render_page(
        request, "portfolios/stress.html", context, portfolio=portfolio, current="stress", as_of=as_of, status=status
    )


def _own(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The form with its answer; the address gets the shocks and nothing else."""
    response = render(request, "portfolios/_stress_own.html", context)
    query = short_query(request.GET)
    response["HX-Push-Url"] = reverse("portfolios:stress") + (f"?{query}" if query else "")
    return response


def _shown(outcome: StressOutcome, count: int) -> dict[str, Any]:
    """One scenario with its largest contributors on either side, and by sector."""
    ordered = sorted(outcome.lines, key=lambda line: (-abs(line.pnl), line.symbol))
    losses, gains = ([line for line in ordered if sign * line.pnl > 0][:count] for sign in (-1, 1))
    sectors = sorted(outcome.by_sector.items(), key=lambda item: (-abs(item[1]), item[0]))
    titled = [(SECTOR_BY_KEY[key].title if key in SECTOR_BY_KEY else "Sector not known", pnl) for key, pnl in sectors]
    return {
        "outcome": outcome,
        "losses": losses,
        "gains": gains,
        "tables": [
            ("Loses most", _bars([(line.symbol, line.pnl) for line in losses])),
            ("Gains most", _bars([(line.symbol, line.pnl) for line in gains])),
            ("By sector", _bars(titled)),
        ],
        "shocks": _words(outcome.scenario),
        "missing": list_missing(outcome.missing),
    }


def _bars(amounts: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    scale = largest(pnl for _, pnl in amounts)
    return [
        {"title": title, "pnl": pnl, "bar": draw_sides(max(pnl, 0.0), max(-pnl, 0.0), scale)} for title, pnl in amounts
    ]


def _words(scenario: Scenario) -> str:
    """What moves, in words."""
    parts = [f"market {_signed(scenario.market * 100)} %"] if scenario.market else []
    parts += [f"{SECTOR_BY_KEY[key].title} {_signed(move * 100)} %" for key, move in scenario.sectors.items()]
    parts += [f"volatility {_signed(scenario.volatility * 100)} points"] if scenario.volatility else []
    parts += [f"rates {_signed(scenario.rates * 10_000)} basis points"] if scenario.rates else []
    if scenario.theme is not None:
        moves = sorted(scenario.theme.moves.items())
        parts += [f"{symbol} {_signed(move * 100)} %" for symbol, move in moves]
    return ", ".join(parts)


def _signed(value: float) -> str:
    return f"{round(value, 4):+g}".replace("-", "−")
