"""Numbers are written by the page as they are by Python."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable

import numpy as np

from edgewise.printers.figures import figure, figures

InNode = Callable[..., str]


def numbers() -> list[float]:
    """Numbers of all sizes, and those that lie between two ways to write them."""
    rng = random.Random(0)
    found = [0.0, -0.0, 0.5, 0.12345, 0.00099995, 0.001, 99999.5, 99995.0, 99994.9, 1e5, 1e-3, 12345.5, 2.5, 0.125, 1.0]
    found += [0.03125, 0.00390625, 1000.5, 100.25, 10.125, 1e15, 1e22, 5e-324, 1.7976931348623157e308, 123456.0]
    for _ in range(1500):
        found.append(rng.choice([-1, 1]) * rng.uniform(1, 10) * 10 ** rng.randint(-12, 12))
        found.append(float(np.float32(rng.gauss(0, 1))))
        found.append(rng.randint(-(10**6), 10**6) / 2 ** rng.randint(0, 12))
    return found


def test_single_numbers(in_node: InNode) -> None:
    given = numbers()
    written = json.loads(
        in_node("figures.js", "console.log(JSON.stringify(given.map((x) => figure(x))));", json.dumps(given))
    )
    assert written == [figure(x) for x in given]


def test_three_digits_integers_and_what_is_not_finite(in_node: InNode) -> None:
    script = """console.log(JSON.stringify([
        [NaN, Infinity, -Infinity].map((x) => figure(x)),
        given.map((x) => figure(x, 3)),
        [0, -12, 9999999, 10000000].map((x) => figure(x, 4, true)),
    ]));"""
    given = numbers()[:300]
    bad, three, whole = json.loads(in_node("figures.js", script, json.dumps(given)))
    assert bad == [figure(x) for x in (math.nan, math.inf, -math.inf)]
    assert three == [figure(x, 3) for x in given]
    assert whole == [figure(x) for x in (0, -12, 9999999, 10000000)]


def test_columns(in_node: InNode) -> None:
    rng = random.Random(1)
    all_numbers = numbers()
    columns = [[rng.choice(all_numbers) for _ in range(rng.randint(1, 9))] for _ in range(300)]
    columns += [[rng.gauss(0, 10 ** rng.randint(-4, 4)) for _ in range(4)] for _ in range(300)]
    columns += [[1.0, 2.0], [0.5, -1.25, 10.0], [0.0, 0.0], [99999.0, 0.25], [-0.00001, 3.0]]
    script = "console.log(JSON.stringify(given.map((column) => figures(column))));"
    assert json.loads(in_node("figures.js", script, json.dumps(columns))) == [figures(column) for column in columns]
    integers = [[1, 2, 30], [-5, 0, 123456], [7]]
    script = "console.log(JSON.stringify(given.map((column) => figures(column, true))));"
    assert json.loads(in_node("figures.js", script, json.dumps(integers))) == [figures(column) for column in integers]


def test_what_is_edited_comes_back_as_it_was(in_node: InNode) -> None:
    given = [float(np.float32(x)) for x in numbers() if abs(x) < 1e38]
    script = "console.log(JSON.stringify(given.map((x) => Object.is(Math.fround(parseNumber(exact(x))), x))));"
    assert all(json.loads(in_node("figures.js", script, json.dumps(given))))


def test_numbers_are_read_as_people_write_them(in_node: InNode) -> None:
    script = """const texts = ["−0,5", " 1e-3 ", "∞", "-inf", "x", "", "0x", "1.2.3"];
        console.log(texts.map((x) => String(parseNumber(x))).join(" "));"""
    assert in_node("figures.js", script).split() == [
        "-0.5", "0.001", "Infinity", "-Infinity", "undefined", "undefined", "undefined", "undefined"
    ]  # fmt: skip
