"""The palettes can be told apart by every kind of eye, and the words on them can be read."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

CSS = (Path(__file__).parents[2] / "static" / "css" / "palettes.css").read_text()
COLOURS = ("dark_red", "light_red", "blue_neutral", "light_green", "dark_green")
PALETTES = ("safe", "classic", "mono")
CLOSEST_ALLOWED, READABLE = 20.0, 4.5

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
VISION = {
    "normal": np.eye(3),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])

Vector = npt.NDArray[np.float64]


def linear(code: str) -> Vector:
    value = np.array([int(code[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: Vector) -> Vector:
    """CIE L*a*b* (D65) of linear RGB."""
    ratio, step = TO_XYZ @ rgb / WHITE, 6 / 29
    f = np.where(ratio > step**3, np.cbrt(ratio), ratio / (3 * step**2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2."""
    dim, bright = sorted(float(linear(code) @ [0.2126, 0.7152, 0.0722]) for code in (one, other))
    return (bright + 0.05) / (dim + 0.05)


def tokens(palette: str) -> dict[str, str]:
    block = re.search(rf'\[data-palette="{palette}"\] \{{(.*?)\}}', CSS, re.S)
    assert block is not None
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block.group(1)))


def test_the_measure_knows_black_from_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert np.linalg.norm(lab(linear("#ffffff")) - lab(linear("#000000"))) == pytest.approx(100.0, abs=0.1)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("palette", PALETTES)
def test_every_two_colours_are_far_apart(palette: str, vision: str) -> None:
    found = tokens(palette)
    seen = {name: lab(np.clip(VISION[vision] @ linear(found[name]), 0, 1)) for name in COLOURS}
    apart = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in itertools.combinations(COLOURS, 2)}
    closest = min(apart, key=lambda pair: apart[pair])
    assert apart[closest] >= CLOSEST_ALLOWED, (closest, apart[closest])


@pytest.mark.parametrize("palette", PALETTES)
def test_the_words_on_every_colour_can_be_read(palette: str) -> None:
    found = tokens(palette)
    ratios = {name: contrast(found[name], found[f"{name}-ink"]) for name in COLOURS}
    assert min(ratios.values()) >= READABLE, ratios
