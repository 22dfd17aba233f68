"""Operations at special points: the value, the first and the second derivatives are the closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from cases import together
from registry.edges import EDGES, At, Number

import edgewise as ew

POINTS = [
    pytest.param(operation, at, id=f"{operation.name}{at.inputs}") for operation, ats in EDGES.items() for at in ats
]
every_point = together("operation, at", POINTS, by=lambda operation, _: operation.name)


def _inputs(at: At) -> list[Any]:
    return [
        float(x) if isinstance(x, Number) else x if x is None else ew.tensor(x, dtype="float64", requires_grad=True)
        for x in at.inputs
    ]


def _slope(result: Any, x: Any) -> Any:
    """The derivative of a result for an input, itself with a derivative; None if there is none."""
    if not result.requires_grad:
        return None
    return ew.autograd.grad([result], [x], [ew.ones_like(result)], create_graph=True, allow_unused=True)[0]


def _number(x: Any) -> float:
    return 0.0 if x is None else float(x.item())


def _is(found: float, expected: float) -> bool:
    both_nan = math.isnan(found) and math.isnan(expected)
    return both_nan or found == expected or bool(np.isclose(found, expected, rtol=1e-12, atol=1e-14))


@every_point
def test_value(operation: Any, at: At) -> None:
    assert _is(_number(operation(*_inputs(at), **at.params)), at.value)


@every_point
def test_first_derivatives(operation: Any, at: At) -> None:
    inputs = _inputs(at)
    result = operation(*inputs, **at.params)
    for i, expected in enumerate(at.first):
        if expected is not None:
            assert _is(_number(_slope(result, inputs[i])), expected), f"for input {i}"


@every_point
def test_second_derivatives(operation: Any, at: At) -> None:
    for (i, j), expected in at.second.items():
        inputs = _inputs(at)
        first = _slope(operation(*inputs, **at.params), inputs[i])
        assert _is(_number(_slope(first, inputs[j])), expected), f"for inputs {i} and {j}"


@every_point
def test_points_in_an_array_are_as_points_alone(operation: Any, at: At) -> None:
    # Special values must not depend on what stands beside them.
    inputs = [
        x if not isinstance(x, ew.Tensor) else ew.tensor([0.3, x.item()], dtype="float64", requires_grad=True)
        for x in _inputs(at)
    ]
    result = operation(*inputs, **at.params)
    assert _is(float(result.detach()[1].item()), at.value)
    tensors = [x for x in inputs if isinstance(x, ew.Tensor)]
    slopes = dict(zip(map(id, tensors), ew.autograd.grad([result], tensors, [ew.ones_like(result)]), strict=True))
    for i, expected in enumerate(at.first):
        if expected is not None:
            assert _is(float(slopes[id(inputs[i])][1].item()), expected), f"for input {i}"
