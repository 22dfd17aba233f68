"""Why does backpropagation compute each gradient once, and why does it go backward?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from ..autograd import grad
from ..capture.watch import capture_of
from ..graph.chain_rule import contributions
from ..printers.figures import figure
from ..tensor import tensor
from .modes import gradient_in_each_mode
from .registry import experiment
from .report import Claim, Prediction, Report, Side, Table

UNITS = (4, 16, 64)
START = 0.75


def ladder(x: Any, steps: int) -> Any:
    """Returns h after so many steps h ← h + h: each h is made once, and used twice."""
    h = x
    for _ in range(steps):
        h = h + h
    return h


def tree(x: Any, steps: int) -> Any:
    """Returns the same, where each use computes its own h."""
    return x if steps == 0 else tree(x, steps - 1) + tree(x, steps - 1)


def along_paths(edge: Any, gradient: Any, leaf: Any) -> tuple[Any, int]:
    """Returns the gradient of a leaf as a sum over all paths, and how many products that took: nothing is kept."""
    total, products = np.zeros_like(leaf.array), 0
    for _, source, part in contributions(edge, gradient, edge.array, edge.node.arrays, np):
        if source is leaf:
            below, count = part, 0
        else:
            below, count = along_paths(source, part, leaf)
        total, products = total + below, products + 1 + count
    return total, products


@experiment("Why does backpropagation compute each gradient once, and why does it go backward?")
def compute_once(steps: int = 4, *, longest: int = 10, seed: int = 0) -> Report:
    """Counts the products of a ladder of shared nodes with and without keeping gradients, and the passes of each mode.

    Parameters
    ----------
    steps:
        How many shared nodes the ladder of the page has.
    longest:
        How many the longest ladder of the table has; each of them doubles the number of paths.
    seed:
        Of the network whose gradient is taken in reverse mode, in forward mode and by finite differences.

    Raises
    ------
    ValueError
        If `steps` is not from 1 to 6, or `longest` not from 2 to 14.
    """
    for name, value, least, most in (("steps", steps, 1, 6), ("longest", longest, 2, 14)):
        if not least <= value <= most:
            raise ValueError(f"{name} must be from {least} to {most}, not {value}")
    rows, counts = [], []
    for k in range(1, longest + 1):
        x = tensor(START, requires_grad=True)
        y = ladder(x, k)
        once = sum(edge.contribution is not None for edge in capture_of((y,)).snapshot.edges)
        (kept,) = grad(y, [x])
        by_paths, products = along_paths(y, np.ones_like(y.array), x)
        counts.append((once, products, float(kept), float(by_paths)))
        rows.append((str(k), [str(once), str(products), figure(float(kept))]))
    once, products, kept, by_paths = counts[-1]
    modes = [gradient_in_each_mode(units, seed) for units in UNITS]
    return Report(
        [
            Claim(
                f"With gradients kept, {longest} shared nodes take {once} products. Along each path by itself they "
                f"take {products}. Both give {figure(kept)}.",
                products > once and all(a == b for *_, a, b in counts),
            ),
            Claim(
                "Each further node adds 2 products if gradients are kept. Otherwise it doubles them, and adds 2.",
                all(b[0] == a[0] + 2 and b[1] == 2 * a[1] + 2 for a, b in pairwise(counts)),
            ),
            *_mode_claims(modes),
        ],
        [
            _side("kept", "Each node is made once, and its gradient is computed once.", ladder, steps),
            _side("not kept", "The same function, where each use makes its own node.", tree, steps),
        ],
        [
            Table("Products on the way back through k shared nodes", ["kept", "by paths", "gradient"], rows),
            Table(
                "The gradient of a loss by n parameters",
                ["forward", "backward", "time", "off by"],
                [row for one in modes for row in one["rows"]],
            ),
        ],
        _prediction(longest, once, products),
        code="ew.lab.compute_once(steps=3, longest=12).print()",
        trains=False,
    )


def _side(name: str, about: str, function: Callable[[Any, int], Any], steps: int) -> Side:
    x = tensor(START, requires_grad=True)
    y = function(x, steps)
    x.name, y.name = "x", "y"
    return Side(name, about, y)


def _mode_claims(modes: list[dict[str, Any]]) -> list[Claim]:
    n, passes = modes[-1]["n"], modes[-1]["passes"]
    off = [max(one["off"][i] for one in modes) for i in (1, 2)]
    return [
        Claim(
            f"For {n} parameters reverse mode takes {passes[0][0]} pass forward and {passes[0][1]} backward, forward "
            f"mode takes {passes[1][0]} passes, and finite differences take {passes[2][0]}.",
            all(one["passes"] == [(1, 1), (one["n"], 0), (2 * one["n"], 0)] for one in modes),
        ),
        Claim(
            f"The gradients agree: forward mode is off by {figure(off[0], 1)} of the largest at most, and finite "
            f"differences by {figure(off[1], 1)}.",
            off[0] < 1e-12 and off[1] < 1e-6,
        ),
    ]


def _prediction(longest: int, once: int, products: int) -> Prediction:
    choices = [once // 2, once, once**2, products]
    return Prediction(
        f"y = h + h, {longest} times over: how many products does it take to follow each path by itself?",
        [str(one) for one in choices],
        3,
        f"The graph has {once} edges on the way back, but 2 to the power of {longest} paths. Backpropagation takes "
        f"{once}: it adds up what arrives at a node, and goes on once.",
    )
