"""Bools and integers of every size: sums, products, counts and places don't overflow, and come in PyTorch's dtypes."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import array_api
from edgewise.nn import functional as F

SMALL = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "int64"]
NUMBERS = np.array([[3, 1, 1], [0, 2, 120]])
INTO_INT64 = {
    "sum": (lambda x: x.sum(), np.sum),
    "sum over an axis": (lambda x: x.sum(0), lambda x: np.sum(x, 0)),
    "prod": (lambda x: x.prod(1), lambda x: np.prod(x, 1)),
    "cumsum": (lambda x: x.cumsum(1), lambda x: np.cumsum(x, 1)),
    "cumprod": (lambda x: x.cumprod(1), lambda x: np.cumprod(x, 1)),
    "nansum": (ew.nansum, np.sum),
    "trace": (ew.trace, np.trace),
    "sum_to_size": (lambda x: x.sum_to_size(1, 3), lambda x: x.sum(0, keepdims=True)),
    "sum_to_size of the same": (lambda x: x.sum_to_size(2, 3), lambda x: x),
}


@pytest.mark.parametrize("dtype", SMALL)
@pytest.mark.parametrize("name", INTO_INT64)
def test_sums_and_products_are_int64(name, dtype):
    function, reference = INTO_INT64[name]
    if name == "sum_to_size of the same" and dtype in ("int8", "int16", "int32"):
        pytest.skip("nothing is summed")
    numbers = NUMBERS.astype(dtype)
    result = function(ew.tensor(numbers))
    assert result.dtype == np.int64
    np.testing.assert_array_equal(result.numpy(), reference(numbers.astype(np.int64)))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float64"])
@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod", "nansum"])
def test_a_dtype_that_is_asked_for_is_given(name, dtype):
    x = ew.tensor([3, 1, 2], dtype="uint8")
    arguments = (0,) if name.startswith("cum") else ()
    result = getattr(ew, name)(x, *arguments, dtype=dtype)
    assert result.dtype == dtype


def test_the_standard_s_sums_of_unsigned_integers_are_unsigned():
    x = ew.tensor([200, 100], dtype="uint8")
    assert array_api.sum(x).dtype == np.uint64
    assert array_api.prod(x).dtype == np.uint64
    assert array_api.cumulative_sum(x).dtype == np.uint64
    assert int(array_api.sum(x)) == 300


@pytest.mark.parametrize("dtype", SMALL[1:])
def test_places_and_counts_take_integers_of_any_size(dtype):
    x = ew.tensor([1, 5, 1, 0], dtype=dtype)
    assert ew.bincount(x).tolist() == [1, 2, 0, 0, 0, 1]
    assert ew.bincount(x, minlength=8).tolist() == [1, 2, 0, 0, 0, 1, 0, 0]
    rows, columns = ew.unravel_index(x, (1000, 3))
    assert (rows.tolist(), columns.tolist()) == ([0, 1, 0, 0], [1, 2, 1, 0])
    assert rows.dtype == np.int64


def test_products_of_uint8_matrices_stay_uint8():
    a, b = ew.ones(1, 2, 3).to("uint8"), ew.ones(1, 3, 4).to("uint8")
    assert ew.addbmm(ew.ones(2, 4).to("uint8"), a, b).dtype == np.uint8
    assert ew.tensordot(ew.ones(1, 2).to("uint8"), ew.ones(3, 2).to("uint8"), dims=([0, 1], [0, 1])).dtype == np.uint8


def test_bools_have_signs_and_are_close():
    x = ew.tensor([True, False])
    assert ew.sign(x).tolist() == [True, False]
    assert ew.sign(x).dtype == np.bool_
    assert ew.isclose(x, ew.tensor([True, True])).tolist() == [True, False]
    assert ew.allclose(x, x)


def test_integers_from_fractions_are_rounded_towards_zero_before_counting():
    assert ew.arange(0.1, -7.9, -4.0, dtype="int64").tolist() == [0, -4]
    assert ew.arange(3.1, dtype="int64").tolist() == [0, 1, 2]
    assert ew.linspace(4.3, -3, 8, dtype="int64").tolist() == [4, 3, 2, 1, 0, -1, -2, -3]
    assert ew.arange(0, 1, 0.25).tolist() == [0, 0.25, 0.5, 0.75]


def test_weights_of_classes_have_gradients_for_soft_targets():
    rng = np.random.default_rng(0)
    x, goal, weight = rng.standard_normal((4, 3)), rng.uniform(0, 1, (4, 3)), np.array([0.5, 1.0, 2.0])
    w = ew.tensor(weight, requires_grad=True)
    F.cross_entropy(ew.tensor(x), ew.tensor(goal), weight=w).backward()
    logs = x - np.log(np.exp(x).sum(1, keepdims=True))
    np.testing.assert_allclose(w.grad.numpy(), -(logs * goal).sum(0) / 4)


@pytest.mark.parametrize("dtype", SMALL)
def test_running_extremes_keep_the_dtype(dtype):
    numbers = NUMBERS.astype(dtype)
    for function, reference in ((ew.cummax, np.maximum), (ew.cummin, np.minimum)):
        values = function(ew.tensor(numbers), 1)[0]
        assert values.dtype == numbers.dtype
        np.testing.assert_array_equal(values.numpy(), reference.accumulate(numbers, 1))


def test_squares_of_bools_are_numbers():
    y = ew.square(ew.tensor([True, False]))
    assert y.dtype == np.int64
    assert y.tolist() == [1, 0]


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64"])
def test_bounded_integers_stay_integers(dtype):
    x = ew.tensor(np.array([-7, -1, 0, 2, 7], dtype))
    for y, right in (
        (F.relu6(x), [0, 0, 0, 2, 6]),
        (F.hardtanh(x), [-1, -1, 0, 1, 1]),
        (F.hardtanh(x, -1.5, 2.9), [-1, -1, 0, 2, 2]),
        (F.relu6(x.clone(), inplace=True), [0, 0, 0, 2, 6]),
    ):
        assert y.dtype == x.dtype
        assert y.tolist() == right


def test_unsigned_integers_have_no_negative_bound_and_bools_none():
    assert F.relu6(ew.tensor([0, 9]).to("uint8")).tolist() == [0, 6]
    with pytest.raises(ew.DTypeError, match="does not fit into uint8"):
        F.hardtanh(ew.tensor([0, 9]).to("uint8"))
    with pytest.raises(ew.DTypeError, match="hardtanh: input has dtype bool"):
        F.relu6(ew.tensor([True]))


def test_all_and_any_of_uint8_are_bools():
    x = ew.tensor([0, 3]).to("uint8")
    assert ew.all(x).dtype == ew.any(x).dtype == np.bool_
