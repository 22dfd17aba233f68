"""What tests of operations share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import edgewise as ew


def _with_gradients(function: Any, arrays: list[Any], weights: Any, *, create_graph: bool = False) -> list[Any]:
    tensors = [ew.tensor(array, requires_grad=True) for array in arrays]
    (function(*tensors) * weights).sum().backward(create_graph=create_graph)
    return tensors


def _numeric(scalar: Callable[[list[Any]], float], arrays: list[Any], step: float) -> list[Any]:
    result = []
    for array in arrays:
        slopes = np.zeros_like(array)
        for place in np.ndindex(*array.shape):
            ends = []
            for sign in (1, -1):
                moved = [a.copy() if a is array else a for a in arrays]
                next(m for m, a in zip(moved, arrays, strict=True) if a is array)[place] += sign * step
                ends.append(scalar(moved))
            slopes[place] = (ends[0] - ends[1]) / (2 * step)
        result.append(slopes)
    return result


def _check(function: Any, *arrays: Any, second: bool = True, tolerance: float = 1e-6) -> None:
    """First and second derivatives of `function` at float64 arrays, against central differences."""
    rng = np.random.default_rng(7)
    inputs = [np.asarray(array, dtype=np.float64) for array in arrays]
    y = function(*[ew.tensor(array) for array in inputs])
    weights = ew.tensor(rng.standard_normal(y.shape))

    def value(moved: list[Any]) -> float:
        return float((function(*[ew.tensor(array) for array in moved]) * weights).sum().item())

    tensors = _with_gradients(function, inputs, weights)
    for tensor, slopes in zip(tensors, _numeric(value, inputs, 1e-6), strict=True):
        assert tensor.grad is not None
        assert tensor.grad.dtype == np.float64
        np.testing.assert_allclose(tensor.grad.numpy(), slopes, rtol=1e-5, atol=tolerance)
    if not second:
        return
    directions = [rng.standard_normal(array.shape) for array in inputs]

    def along(moved: list[Any]) -> float:
        at = _with_gradients(function, moved, weights)
        return float(sum((t.grad.numpy() * d).sum() for t, d in zip(at, directions, strict=True)))

    tensors = _with_gradients(function, inputs, weights, create_graph=True)
    firsts = [tensor.grad for tensor in tensors]
    for tensor in tensors:
        tensor.grad = None
    total = None
    for first, direction in zip(firsts, directions, strict=True):
        part = (first * ew.tensor(direction)).sum()
        total = part if total is None else total + part
    if total.requires_grad:
        total.backward()
    for tensor, slopes in zip(tensors, _numeric(along, inputs, 1e-5), strict=True):
        found = np.zeros_like(slopes) if tensor.grad is None else tensor.grad.numpy()
        np.testing.assert_allclose(found, slopes, rtol=1e-4, atol=10 * tolerance)


@pytest.fixture
def check_derivatives() -> Callable[..., None]:
    """Compares first and second derivatives with central differences, in float64."""
    return _check
