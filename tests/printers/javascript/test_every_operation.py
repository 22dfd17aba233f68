"""The JavaScript of every operation in the registry gives what its Program gives, forward and backward, in Node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cases import together
from registry.uses import NAMES, USES, forward_and_backward

from edgewise.printers.javascript import JavaScriptError, javascript
from edgewise.program import Program, Step, Value, record
from edgewise.program.primitives import LINALG, PRIMITIVES

_NOT_PRINTED = {"det", "cofactors", "pinv"}
"""Operations that need singular values, forward or backward, which have no form in JavaScript."""

_CASES = [
    (dtype, i)
    for dtype in ("float64", "float32")
    for i, (operation, _) in enumerate(USES)
    if operation.name not in _NOT_PRINTED
]

_ROUNDED = {"hypot", "pow", "remainder", "floor_divide", "tan", "sinh", "cosh", "tanh", "atan2"} | {
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "sin", "exp", "expm1", "log", "log10", "log1p", "log2"
}  # fmt: skip
"""What libraries of mathematics round differently."""

_SUMMED = {"sum", "prod", "matmul", "cumulative_sum", "cumulative_prod", "logaddexp"}
"""What is rounded in several steps, of numbers that may cancel out."""

_AT_ONCE = 50
"""So many programs are run by one process of Node, so that each worker runs hardly more than those that it checks."""

Made = tuple[Program, list[Any]]


def _made(number: int) -> Made:
    """A use, in float64 or float32, and its arguments."""
    dtype, i = _CASES[number]
    operation, case = USES[i]
    if dtype == "float32":
        inputs = [x.astype(dtype) if getattr(x, "dtype", None) == "float64" else x for x in case.inputs]
        case = replace(case, inputs=tuple(inputs))
    function, arguments = forward_and_backward(operation, case)
    return record(function, *arguments), [x.detach().numpy() for x in arguments]


@pytest.fixture(scope="module")
def found(in_node) -> Callable[[int], tuple[Made, Any]]:
    """Gives a use with its arguments, and what JavaScript makes of it."""
    known: dict[int, tuple[Made, Any]] = {}

    def find(number: int) -> tuple[Made, Any]:
        if number not in known:
            first = number - number % _AT_ONCE
            several = range(first, min(first + _AT_ONCE, len(_CASES)))
            made = [_made(one) for one in several]
            known.update(zip(several, zip(made, in_node(made), strict=True), strict=True))
        return known[number]

    return find


@together(
    "number",
    [pytest.param(number, id=f"{dtype}-{NAMES[i]}") for number, (dtype, i) in enumerate(_CASES)],
    by=lambda number: f"{_CASES[number][0]}-{USES[_CASES[number][1]][0].name}",
)
def test_javascript_gives_what_the_program_gives(number, found):
    (program, arguments), values = found(number)
    assert isinstance(values, dict), values
    for value, array in [*zip(program.inputs, arguments, strict=True), *program.constants.items()]:
        np.testing.assert_array_equal(values[value], array)
    for step in program.steps:
        _check_step(step, values)
    if _CASES[number][0] == "float64":
        results = program.run(*arguments)
        for value, wanted in zip(program.outputs, results, strict=True):
            np.testing.assert_allclose(values[value], wanted, rtol=1e-9, atol=1e-11 * _size(wanted))


@pytest.mark.parametrize("name", sorted(_NOT_PRINTED))
def test_operations_that_need_singular_values_are_refused(name):
    operation, case = next(use for use in USES if use[0].name == name)
    function, arguments = forward_and_backward(operation, case)
    with pytest.raises(JavaScriptError, match="has no form in JavaScript"):
        javascript(record(function, *arguments))


def _check_step(step: Step, values: dict[Value, Any]) -> None:
    """One step, on the operands that JavaScript had."""
    operands = [values[x] if isinstance(x, Value) else x for x in step.operands]
    with np.errstate(all="ignore"):
        wanted = np.asarray(PRIMITIVES[step.primitive](np, *operands, **step.params))
    got = values[step.output]
    assert got.shape == wanted.shape
    if wanted.dtype.kind != "f":
        np.testing.assert_array_equal(got, wanted, err_msg=str(step))
        return
    unit = float(np.finfo(wanted.dtype).eps)
    if step.primitive in LINALG:
        np.testing.assert_allclose(got, wanted, rtol=1e4 * unit, atol=1e3 * unit * _size(wanted), err_msg=str(step))
    elif step.primitive in _SUMMED:
        sizes = [np.abs(x) for x in operands]
        with np.errstate(all="ignore"):
            most = _size(PRIMITIVES[step.primitive](np, *sizes, **step.params))
        np.testing.assert_allclose(got, wanted, rtol=0, atol=4 * unit * most, err_msg=str(step))
    else:
        np.testing.assert_allclose(got, wanted, rtol=4 * unit if step.primitive in _ROUNDED else 0, err_msg=str(step))


def _size(array: Any) -> float:
    finite = np.abs(array[np.isfinite(array)]) if np.ndim(array) else np.abs(np.nan_to_num(array))
    return float(np.max(finite, initial=0))
