"""The shorter ways of graph/fast.py lead where the general ones do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from registry.uses import every_use

import edgewise as ew
from edgewise.graph import apply
from edgewise.graph.arrays import namespace
from edgewise.graph.backward import Record, propagate


def forward_and_backward(function: Callable[..., Any], operation: Any, case: Any, record: Record | None) -> list[Any]:
    """The arrays of the result and of all gradients."""
    inputs = [ew.tensor(x) if isinstance(x, np.ndarray) else x for x in case.inputs]
    leaves = []
    for i, x in enumerate(inputs):
        if isinstance(x, ew.Tensor) and x.dtype.kind == "f" and operation.flows_to(i):
            leaves.append(x.requires_grad_())
    result = function(*inputs, **case.params)
    if not result.requires_grad:
        return [result.array]
    seed = np.random.default_rng(0).normal(size=result.shape).astype(result.dtype)
    arrived = propagate({result: seed}, record=record)
    return [result.array, *(arrived.get(leaf) for leaf in leaves)]


@every_use
def test_both_ways_give_the_same(operation: Any, case: Any) -> None:
    short = forward_and_backward(operation, operation, case, None)
    general = forward_and_backward(apply.application_of(operation), operation, case, Record())
    assert len(short) == len(general)
    for a, b in zip(short, general, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a is None) == (b is None)
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None)


@every_use
def test_what_is_computed_in_one_go_is_what_forward_and_derivatives_give(operation: Any, case: Any) -> None:
    arrays = [x for x in case.inputs if isinstance(x, np.ndarray)]
    if operation.fused is None or len(arrays) != len(case.inputs) or arrays[0].dtype.kind != "f":
        return
    xp = namespace(arrays[0])
    with np.errstate(all="ignore"):
        made = operation.fused(xp, *arrays, **case.params)
        if made is None:
            return
        result = operation.unwidened_forward(xp, *arrays, **case.params)
        np.testing.assert_allclose(made[0], result, rtol=1e-5, atol=1e-6)
        g = np.random.default_rng(0).normal(size=result.shape).astype(result.dtype)
        for i, derivative in enumerate(operation.unwidened_derivatives):
            if derivative is not None:
                expected = derivative(xp, g, result, *arrays, **case.params)
                np.testing.assert_allclose(made[1](g)(i), expected, rtol=1e-4, atol=1e-5)


def test_uses_in_several_places_add_up_both_ways() -> None:
    def gradient(record: Record | None) -> Any:
        x = ew.tensor([0.5, -2.0, 3.0], requires_grad=True)
        y = x * x + x.exp()
        loss = (y * x - y / 3 + x[1:].sum() * y[0]).sum()
        return propagate({loss: np.float32(1)}, record=record)[x]

    np.testing.assert_allclose(gradient(None), gradient(Record()), rtol=1e-6)
