"""The palette can be told apart with any kind of colour vision, and texts in it can be read."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from edgewise.page.assemble import bundle
from edgewise.picture.heat import INFINITE, NAN, NEGATIVE, POSITIVE
from edgewise.picture.style import DARK, DERIVATIVE_TINT, LIGHT

Colour = Sequence[float]
Floats = npt.NDArray[np.float64]

# What linear RGB becomes where one of the three kinds of cones is missing (Machado, Oliveira and Fernandes 2009).
VISIONS = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# From sRGB to CIE XYZ under D65, and the white there.
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def parts(colour: str) -> Colour:
    """Returns red, green and blue of #rrggbb."""
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def linear(colour: Colour) -> Floats:
    """Returns a colour in linear RGB (IEC 61966-2-1)."""
    share = np.asarray(colour, np.float64) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(colour: Colour, vision: str) -> Floats:
    """Returns how a colour is seen, in CIE L*a*b*."""
    seen = np.clip(VISIONS[vision] @ linear(colour), 0, 1)
    x, y, z = np.where(
        (t := TO_XYZ @ seen / WHITE) > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29
    ).tolist()
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one: Colour, other: Colour, vision: str) -> float:
    """Returns how far two colours are apart (ΔE of 1976; about 2 can just be seen)."""
    return float(np.linalg.norm(lab(one, vision) - lab(other, vision)))


def contrast(one: Colour, other: Colour) -> float:
    """Returns the contrast of two colours (WCAG 2)."""
    low, high = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


THEMES = pytest.mark.parametrize("theme", [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")])
EACH_VISION = pytest.mark.parametrize("vision", list(VISIONS))


@THEMES
@EACH_VISION
def test_signs_are_apart_and_neither_is_taken_for_a_value_or_a_gradient(theme: dict[str, str], vision: str) -> None:
    plus, minus, value, gradient = (parts(theme[name]) for name in ("plus", "minus", "value", "gradient"))
    assert distance(plus, minus, vision) >= 40
    for sign, other in itertools.product((plus, minus), (value, gradient)):
        assert distance(sign, other, vision) >= 19


@EACH_VISION
def test_heat_maps_keep_signs_nan_and_infinity_apart(vision: str) -> None:
    assert distance(POSITIVE, NEGATIVE, vision) >= 55
    for special, number in itertools.product((NAN, INFINITE), (POSITIVE, NEGATIVE)):
        assert distance(special, number, vision) >= 19
    assert distance(NAN, INFINITE, vision) >= 40


@THEMES
def test_texts_can_be_read_on_their_grounds(theme: dict[str, str]) -> None:
    grounds = [theme[name] for name in ("paper", "chip", "leaf", "parameter")]
    for name in ("ink", "soft", "value", "gradient", "after", "plus", "minus"):
        for ground in grounds:
            assert contrast(parts(theme[name]), parts(ground)) >= 4.5, f"{name} on {ground}"
    assert contrast(parts(theme["gradient"]), parts(theme["back"])) >= 4.5


@THEMES
@EACH_VISION
def test_the_orders_of_derivatives_are_told_apart_from_each_other_and_from_modules(
    theme: dict[str, str], vision: str
) -> None:
    colours = [parts(theme[name]) for name in ("module", "backward", "second", "higher")]
    for one, other in itertools.combinations(colours, 2):
        assert distance(one, other, vision) >= 19
    lightness = [lab(colour, vision)[0] for colour in colours[1:]]
    assert np.all(np.diff(lightness) * (1 if theme is DARK else -1) >= 15)


@THEMES
def test_titles_can_be_read_on_the_frames_of_derivatives(theme: dict[str, str]) -> None:
    for name in ("backward", "second", "higher"):
        within = _tinted(parts(theme["paper"]), parts(theme["module"]), 0.07)
        for around in (parts(theme["paper"]), within):
            ground = _tinted(around, parts(theme[name]), DERIVATIVE_TINT)
            assert contrast(parts(theme["module"]), ground) >= 4.5, name


def _tinted(ground: Colour, tint: Colour, opacity: float) -> Colour:
    return [(1 - opacity) * one + opacity * other for one, other in zip(ground, tint, strict=True)]


@EACH_VISION
@pytest.mark.parametrize("dark", [False, True])
def test_the_scale_of_sizes_goes_one_way_in_lightness(node: Callable[..., str], vision: str, dark: bool) -> None:
    script = f"console.log(JSON.stringify(colourScale({str(dark).lower()}).map(({{ fill }}) => fill)))"
    fills = json.loads(node(f"{bundle('page/js/colour_scale.js')}\n{script}"))
    shades = [[float(part) for part in fill[4:-1].split()] for fill in fills]
    lightness = np.array([lab(shade, vision)[0] for shade in shades])
    steps = np.diff(lightness) * (1 if dark else -1)
    assert steps.min() > 0
    assert abs(lightness[-1] - lightness[0]) > 50
