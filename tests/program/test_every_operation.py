"""Programs of every operation in the registry give what running it gives, forward and backward."""

from __future__ import annotations

import warnings

import array_api_strict
import numpy as np
import pytest
from registry.uses import every_use, forward_and_backward

import edgewise as ew
from edgewise.program import RecordingError, record


@every_use
def test_a_program_gives_what_running_gives(operation, case):
    function, arguments = forward_and_backward(operation, case)
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
    function, arguments = forward_and_backward(operation, case)
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
