"""Computes the value of a local derivative: from gradients before and after it, or from its formula."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ..capture.snapshot import EdgeRecord, Snapshot
from ..printers.formula.expression import Expression
from .equations import formula_name

_LARGEST = math.log(sys.float_info.max)

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": lambda x: math.inf if x > _LARGEST else math.exp(x),
    "log": math.log,
    "sgn": lambda x: float((x > 0) - (x < 0)),
    "abs": abs,
    "max": max,
    "min": min,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "sqrt": math.sqrt,
    "σ": lambda x: 1 / (1 + math.exp(-x)),
}
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "=": lambda a, b: a == b,
    "≥": lambda a, b: a >= b,
    "≤": lambda a, b: a <= b,
}


def local_factor(snapshot: Snapshot, edge: EdgeRecord) -> float | None:
    """Returns the value of a local derivative between single numbers; None if it is unknown."""
    upstream = snapshot.tensors[snapshot.nodes[edge.node].output].gradient
    if upstream is None or edge.contribution is None or upstream.size != 1 or edge.contribution.size != 1:
        return None
    incoming, outgoing = float(upstream.item()), float(edge.contribution.item())
    if incoming != 0 and math.isfinite(incoming) and math.isfinite(outgoing):
        return outgoing / incoming
    derivative = edge.derivative
    if derivative is None or not derivative[0]:
        return None
    values = {
        formula_name(tensor.symbol): float(tensor.value.item()) for tensor in snapshot.tensors if tensor.value.size == 1
    }
    try:
        return evaluate(derivative[1], values)
    except (KeyError, ValueError, ZeroDivisionError, OverflowError):
        return None


def evaluate(formula: Expression, values: Mapping[str, float]) -> float:
    """Evaluates a formula of single numbers. Raises KeyError for unknown symbols and pieces."""
    head, args = formula.head, formula.args
    if head == "number":
        return float(args[0])
    if head == "symbol":
        return values[args[0]]
    if head == "compare":
        return float(_SIGNS[args[0]](evaluate(args[1], values), evaluate(args[2], values)))
    if head == "call":
        return _FUNCTIONS[args[0]](*(evaluate(arg, values) for arg in args[1:]))
    numbers = [evaluate(arg, values) for arg in formula.children]
    return float(_RULES[head](numbers))


def _quotient(a: float, b: float) -> float:
    """Divides as NumPy does, also by zero."""
    if b:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)


_RULES: dict[str, Callable[[list[float]], Any]] = {
    "add": sum,
    "neg": lambda x: -x[0],
    "mul": math.prod,
    "hadamard": math.prod,
    "matmul": math.prod,
    "div": lambda x: _quotient(x[0], x[1]),
    "pow": lambda x: math.inf if x[0] == 0 and x[1] < 0 else x[0] ** x[1],
    "indicator": lambda x: x[0],
}
