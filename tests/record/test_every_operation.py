"""Programs of every operation in the registry give what running it gives, forward and backward."""

from __future__ import annotations

import warnings
from typing import Any

import array_api_strict
import numpy as np
import pytest
from registry import arrangement, elementwise, networks, reductions

import edgewise as ew
from edgewise.record import RecordingError, record

_ENTRIES = {**elementwise.ENTRIES, **reductions.ENTRIES, **arrangement.ENTRIES, **networks.ENTRIES}

every_use = pytest.mark.parametrize(
    ("operation", "case"),
    [
        pytest.param(operation, case, id=f"{operation.name}-{i}")
        for operation, entry in _ENTRIES.items()
        for i, case in enumerate(entry.cases)
    ],
)


def _forward_and_backward(operation: Any, case: Any) -> tuple[Any, list[Any]]:
    """A function of the array inputs that gives the result and the gradients, and its arguments."""
    masks = ("getitem", "place", "setitem")
    places = [
        i
        for i, x in enumerate(case.inputs)
        if isinstance(x, np.ndarray) and not (operation.name in masks and x.dtype == bool)
    ]

    def function(*tensors: Any) -> Any:
        inputs = list(case.inputs)
        for i, tensor in zip(places, tensors, strict=True):
            inputs[i] = tensor
        result = operation(*inputs, **case.params)
        if not result.requires_grad:
            return (result,)
        seed = ew.tensor(np.random.default_rng(0).normal(size=result.shape))
        wanted = [x for i, x in zip(places, tensors, strict=True) if x.requires_grad and operation.flows_to(i)]
        return result, *ew.autograd.grad(result, wanted, [seed])

    arguments = []
    for i in places:
        tensor = ew.tensor(case.inputs[i])
        is_float = case.inputs[i].dtype.kind == "f"
        arguments.append(tensor.requires_grad_() if is_float and operation.flows_to(i) else tensor)
    return function, arguments


@every_use
def test_a_program_gives_what_running_gives(operation, case):
    function, arguments = _forward_and_backward(operation, case)
    expected = [np.asarray(x.detach().numpy()) for x in function(*arguments)]
    program = record(function, *arguments).check()
    arrays = [x.detach().numpy() for x in arguments]
    for found, wanted in zip(program.run(*arrays), expected, strict=True):
        assert type(found) is np.ndarray
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # array-api-strict warns of what NumPy computes, such as 0 / 0
        results = program.run(*map(array_api_strict.asarray, arrays))
    for found, wanted in zip(results, expected, strict=True):
        assert type(found).__module__.startswith("array_api_strict")
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-9, atol=1e-12)


@every_use
def test_a_program_holds_for_other_values(operation, case):
    """It computes with its arguments; nothing of the examples is left in it."""
    function, arguments = _forward_and_backward(operation, case)
    if not any(x.requires_grad for x in arguments):
        return
    program = record(function, *arguments)
    if program.looked_at:
        return
    others = [x.detach() * 0.97 if x.requires_grad else x for x in arguments]
    expected = function(*[x.requires_grad_(old.requires_grad) for x, old in zip(others, arguments, strict=True)])
    results = program.run(*[x.detach().numpy() for x in others])
    for found, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(found, wanted.detach().numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[x > 0],
        lambda x: ew.masked_select(x, x > 0),
        lambda x: ew.nonzero(x),
        lambda x: ew.argwhere(x),
        lambda x: ew.unique(x),
        lambda x: ew.unique_consecutive(x),
    ],
)
def test_shapes_that_depend_on_values_are_refused(function):
    with pytest.raises(RecordingError, match="depends on values"):
        record(function, ew.tensor([1.0, -2.0, 3.0]))
