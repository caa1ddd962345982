"""The charts as PNG files, for a reader that cannot open a page. Kept in the cache by the digest of what they show."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import numpy.typing as npt
from django.core.cache import cache

from macro.charts.series import VERSION, Charts

WIDTH, HEIGHT, DPI = 1200, 600, 100  # below the 1568 pixels from which a model would shrink them
KEEP_S: Final = 7 * 86_400
NAMES: Final = ("price", "dominance", "strength")
TITLES: Final = {
    "price": ("BTC price", "US dollars"),
    "dominance": ("BTC dominance", "percent of the cap without stablecoins, where known"),
    "strength": ("Alt strength", "cap of the alts in bitcoins, without stablecoins where known"),
}
_INK, _GRID, _LINE, _SHADE = "#1d2733", "#d5dbe3", "#1f5fbf", "#eef1f5"


def picture_key(digest: str, name: str) -> str:
    """Where the cache holds one picture."""
    return f"macro:chart:{VERSION}:{digest}:{name}"


def load_pictures(charts: Charts) -> tuple[bytes, ...]:
    """The three PNG files, in the order of NAMES; drawn only if the cache does not have them."""
    keys = [picture_key(charts.digest, name) for name in NAMES]
    held = cache.get_many(keys)
    if len(held) == len(keys):
        return tuple(held[key] for key in keys)
    drawn = draw_charts(charts)
    cache.set_many(dict(zip(keys, drawn, strict=True)), KEEP_S)
    return drawn


def draw_charts(charts: Charts) -> tuple[bytes, ...]:
    """Draw all three on the same axis of time. A gap is a gap; estimated stretches are shaded."""
    columns = (charts.price, charts.dominance, charts.strength)
    return tuple(_draw(charts, name, column) for name, column in zip(NAMES, columns, strict=True))


def _draw(charts: Charts, name: str, values: npt.NDArray[np.float64]) -> bytes:
    # imported here: it takes a second, and only the worker that asks a model needs it
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0.08, 0.09, 0.9, 0.8))
    when = charts.at.astype("datetime64[s]")
    title, unit = TITLES[name]
    axes.set_title(f"{title}, {unit}", loc="left", color=_INK, fontsize=13)
    axes.plot(when, values, color=_LINE, linewidth=1.6)
    if charts.estimated.any():
        axes.fill_between(
            when,
            0,
            1,
            where=charts.estimated,
            transform=axes.get_xaxis_transform(),
            color=_SHADE,
            zorder=0,
            linewidth=0,
        )
        axes.text(0.005, 0.02, "shaded: total cap estimated", transform=axes.transAxes, color=_INK, fontsize=9)
    known = np.flatnonzero(~np.isnan(values))
    if known.size:
        last = values[known[-1]]
        axes.annotate(
            f"{last:,.2f}", (when[known[-1]], last), xytext=(-4, 8), textcoords="offset points", ha="right", color=_INK
        )
    axes.set_xlim(when[0] - np.timedelta64(int(when.size == 1), "D"), when[-1])  # one moment alone gets a day of room
    locator = AutoDateLocator(minticks=5, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    axes.grid(color=_GRID, linewidth=0.8)
    axes.tick_params(colors=_INK)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})  # the same figures make the same bytes
    return file.getvalue()
