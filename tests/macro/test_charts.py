"""The three pictures: one axis, gaps, the digest as name, and no second drawing."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.image import imread

from macro.charts import render
from macro.charts.render import HEIGHT, NAMES, WIDTH, draw_charts, load_pictures
from macro.charts.series import SHOWN_DAYS, Charts, make_charts
from macro.kernels.engine import compute_path
from tests.macro.kernels.market import make_bars


def charts_of(n: int = 400, **columns: object) -> Charts:
    return make_charts(compute_path(make_bars(n, **columns)))


def test_the_last_180_days_on_one_axis() -> None:
    bars = make_bars(400)
    charts = make_charts(compute_path(bars))
    assert len(charts.at) == SHOWN_DAYS + 1 and charts.at[-1] == bars.at[-1]
    np.testing.assert_array_equal(charts.price, bars.btc_price[-181:])
    share = 100 * bars.btc_cap / (bars.total_cap - bars.stable_cap)
    np.testing.assert_allclose(charts.dominance, share[-181:])
    assert charts.strength[-1] == pytest.approx(
        (bars.total_cap - bars.btc_cap - bars.eth_cap - bars.stable_cap)[-1] / bars.btc_price[-1]
    )
    assert len(make_charts(compute_path(make_bars(600, 6))).at) == 600


def test_the_digest_names_the_figures() -> None:
    one = charts_of()
    assert one.digest == charts_of().digest
    bars = make_bars(400)
    other = bars.btc_price.copy()
    other[-1] *= 1.0001
    assert charts_of(btc_price=other).digest != one.digest
    assert charts_of(estimated=np.arange(400) > 300).digest != one.digest
    early = bars.btc_price.copy()
    early[0] *= 2  # before what is shown, and old enough to have left every average of it
    assert charts_of(btc_price=early).digest == one.digest


def test_three_pngs_of_the_size_a_model_reads_whole() -> None:
    drawn = draw_charts(charts_of(estimated=np.arange(400) < 300))
    assert len(drawn) == len(NAMES) == 3 and len(set(drawn)) == 3
    for picture in drawn:
        pixels = imread(io.BytesIO(picture))
        assert pixels.shape[:2] == (HEIGHT, WIDTH)
        assert len(picture) < 200_000
        assert (pixels[..., :3] < 0.5).any()  # something dark is drawn


def test_the_same_figures_are_the_same_bytes() -> None:
    assert draw_charts(charts_of()) == draw_charts(charts_of())


def test_a_gap_is_not_bridged() -> None:
    """The columns of pixels inside a gap have no line."""
    bars = make_bars(400)
    price = bars.btc_price.copy()
    price[-120:-60] = np.nan
    (picture, *_) = draw_charts(charts_of(btc_price=price))
    pixels = imread(io.BytesIO(picture))[..., :3]
    blue = (pixels[..., 2] > 0.6) & (pixels[..., 0] < 0.3)
    left, width = round(0.08 * WIDTH), round(0.9 * WIDTH)
    inside = slice(left + round(width * 70 / 180), left + round(width * 110 / 180))
    assert blue.any() and not blue[:, inside].any()


def test_nothing_known_and_one_bar_are_drawn_too() -> None:
    empty = np.full(3, np.nan)
    at = np.arange(3) * 86_400
    blank = Charts(at, empty, empty, empty, np.zeros(3, dtype=np.bool_), "x")
    assert all(picture.startswith(b"\x89PNG") for picture in draw_charts(blank))
    one = Charts(at[:1], np.ones(1), np.ones(1), np.ones(1), np.zeros(1, dtype=np.bool_), "y")
    assert all(picture.startswith(b"\x89PNG") for picture in draw_charts(one))


@pytest.mark.django_db
def test_they_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    charts = charts_of()
    drawn = load_pictures(charts)
    monkeypatch.setattr(render, "draw_charts", lambda _: pytest.fail("drawn twice"))
    assert load_pictures(charts) == drawn
