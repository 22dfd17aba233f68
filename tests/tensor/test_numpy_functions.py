"""NumPy's functions on tensors: a tensor with its gradient, an array, or an error that says what to do."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise.tensor.numpy_functions import _FUNCTIONS

POINTS = np.array([0.3, 0.6, 0.9])
WHOLE = np.array([1, 2, 5])
_INTEGERS = {"bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"}


def _inputs(function):
    if function.__name__ in _INTEGERS:
        return [WHOLE, WHOLE[::-1].copy()][: function.nin]
    points = POINTS + (1 if function.__name__ == "arccosh" else 0)
    return [points, points[::-1].copy()][: function.nin]


@at_once
@pytest.mark.parametrize("name", sorted(_FUNCTIONS))
def test_an_elementwise_function_of_numpy_gives_a_tensor_of_its_values(name):
    function = getattr(np, name)
    inputs = _inputs(function)
    result = function(*[ew.tensor(x) for x in inputs])
    assert isinstance(result, ew.Tensor)
    expected = function(*inputs)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)
    assert result.shape == np.shape(expected)
    if function.nin == 2:  # with an array on either side
        for mixed in (function(ew.tensor(inputs[0]), inputs[1]), function(inputs[0], ew.tensor(inputs[1]))):
            assert isinstance(mixed, ew.Tensor)
            np.testing.assert_allclose(mixed.numpy(), expected, rtol=1e-6)


def test_gradients_flow_through_functions_of_numpy():
    x = ew.tensor(POINTS, requires_grad=True)
    (np.exp(x) * np.sin(x) + np.maximum(x, 0.5)).sum().backward()
    slopes = np.exp(POINTS) * (np.sin(POINTS) + np.cos(POINTS)) + (POINTS > 0.5)
    np.testing.assert_allclose(x.grad.numpy(), slopes)


SYMBOLS = [
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow),
    *(operator.matmul, operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
]


@pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda symbol: symbol.__name__)
def test_operators_between_arrays_and_tensors_give_tensors(symbol):
    a, b = POINTS, POINTS[::-1].copy()
    for result in (symbol(a, ew.tensor(b)), symbol(ew.tensor(a), b)):
        assert isinstance(result, ew.Tensor)
        np.testing.assert_allclose(result.numpy(), symbol(a, b))


@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.float16(2), np.int64(2), np.uint8(2)], ids=repr)
@pytest.mark.parametrize("symbol", [s for s in SYMBOLS if s is not operator.matmul], ids=lambda symbol: symbol.__name__)
def test_a_number_of_numpy_is_a_number(scalar, symbol):
    x = ew.tensor([1.0, 2.0, 3.0])
    for result, expected in ((symbol(scalar, x), symbol(2.0, x)), (symbol(x, scalar), symbol(x, 2.0))):
        assert isinstance(result, ew.Tensor)
        assert result.tolist() == expected.tolist()
        assert result.dtype == expected.dtype


def test_writing_into_an_array_takes_the_values():
    a = np.ones(3)
    a += ew.tensor(POINTS)
    np.testing.assert_allclose(a, 1 + POINTS)
    with pytest.raises(ew.GradientError, match=r"x\.detach\(\)\.numpy\(\)"):
        a += ew.tensor(POINTS, requires_grad=True)
    assert type(np.add(a, ew.tensor(POINTS), out=np.zeros(3))) is np.ndarray


def test_other_functions_take_the_array():
    x = ew.tensor(POINTS)
    np.testing.assert_allclose(np.add.reduce(x), POINTS.sum())
    np.testing.assert_allclose(np.minimum.outer(x, x), np.minimum.outer(POINTS, POINTS))
    np.testing.assert_allclose(np.cbrt(x), np.cbrt(POINTS))
    assert np.size(ew.ones(2, 3, requires_grad=True)) == 6


@pytest.mark.parametrize(
    "call",
    [
        np.cbrt,
        np.add.reduce,
        lambda x: np.add.outer(x, x),
        lambda x: np.exp(x, where=np.array([True, False, True])),
        np.array,
        np.asarray,
        lambda x: np.concatenate([x, x]),
        lambda x: np.stack([x, x]),
        lambda x: np.array_equal(x, x),
        np.cumsum,
    ],
)
def test_what_would_lose_a_gradient_is_refused(call):
    with pytest.raises(ew.GradientError, match=r"NumPy would drop the gradient .* use x\.detach\(\)\.numpy\(\)"):
        call(ew.tensor(POINTS, requires_grad=True))


def test_no_function_of_numpy_writes_into_a_tensor():
    x = ew.tensor(POINTS)
    with pytest.raises(ew.DTypeError, match=r"np\.add can't write into a tensor: use x\.copy_\(\.\.\.\)"):
        np.add(POINTS, POINTS, out=x)
    assert x.tolist() == POINTS.tolist()
