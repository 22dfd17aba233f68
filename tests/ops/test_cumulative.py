"""Running sums, products and extremes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edgewise as ew

ARRAY = np.random.default_rng(1).normal(size=(2, 3, 5))


def leaf(values: object) -> ew.Tensor:
    return ew.tensor(values, dtype="float64", requires_grad=True)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_running_reductions_agree_with_numpy(axis):
    x = ew.tensor(ARRAY)
    assert np.allclose(x.cumsum(axis).numpy(), np.cumsum(ARRAY, axis))
    assert np.allclose(x.cumprod(dim=axis).numpy(), np.cumprod(ARRAY, axis))
    assert np.allclose(ew.logcumsumexp(x, axis=axis).numpy(), np.logaddexp.accumulate(ARRAY, axis))
    assert np.allclose(x.cummax(axis).values.numpy(), np.maximum.accumulate(ARRAY, axis))
    assert np.allclose(x.cummin(axis).values.numpy(), np.minimum.accumulate(ARRAY, axis))
    assert np.allclose(x.diff(dim=axis).numpy(), np.diff(ARRAY, axis=axis))


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"])
def test_an_axis_is_needed_and_checked(name):
    function = getattr(ew, name)
    with pytest.raises(TypeError, match=f"{name}: needs the axis"):
        function(ew.tensor(ARRAY))
    with pytest.raises(ew.IndexingError, match=f"{name}: axis 3"):
        function(ew.tensor(ARRAY), 3)


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "logcumsumexp"])
def test_0d_and_empty_tensors_run_too(name):
    x = ew.tensor(2.0, requires_grad=True)
    y = getattr(x, name)(0)
    y.backward()
    assert (y.shape, y.item(), x.grad.item()) == ((), 2.0, 1.0)
    empty = ew.tensor(np.zeros((0, 2)), requires_grad=True)
    getattr(empty, name)(0).sum().backward()
    assert empty.grad.shape == (0, 2)


def test_dtypes():
    assert ew.tensor([True, True]).cumsum(0).tolist() == [1, 2]
    assert ew.tensor([1, 2]).cumsum(0, dtype="float32").dtype == np.float32
    assert ew.tensor([1, 2]).logcumsumexp(0).dtype == np.float32


@given(st.lists(st.sampled_from([0.0, 0.0, 1.0, -2.0, 0.5]), min_size=1, max_size=9))
@settings(max_examples=60, deadline=None)
def test_the_gradient_of_a_running_product_is_right_whatever_is_zero(row):
    weight = np.arange(1.0, len(row) + 1)
    x = leaf(row)
    (x.cumprod(0) * ew.tensor(weight)).sum().backward()
    expected = []
    for j in range(len(row)):
        others = [1.0 if i == j else value for i, value in enumerate(row)]
        expected.append(sum(weight[k] * math.prod(others[: k + 1]) for k in range(j, len(row))))
    assert np.allclose(x.grad.numpy(), expected)


def test_a_running_product_through_zeros_can_be_differentiated_twice():
    x = leaf([2.0, 0.0, 3.0])
    (slope,) = ew.autograd.grad(x.cumprod(0)[2], [x], create_graph=True)
    assert slope.tolist() == [0, 6, 0]
    (curvature,) = ew.autograd.grad(slope[1], [x])
    assert curvature.tolist() == [3, 0, 2]


def test_logcumsumexp_neither_overflows_nor_trips_over_nothing():
    inf = math.inf
    x = leaf([-inf, -inf, -900.0, 1000.0, 999.0])
    y = x.logcumsumexp(0)
    assert y.tolist()[:4] == [-inf, -inf, -900, 1000]
    y[2:].sum().backward()
    last = 1 / (1 + math.exp(-1))
    assert np.allclose(x.grad.numpy(), [0, 0, 1, 1 + last, 1 - last])


def test_of_equal_extremes_the_last_is_the_place():
    x = ew.tensor([1.0, 3.0, 3.0, 2.0, math.nan, 5.0])
    values, places = x.cummax(0)
    assert places.tolist() == [0, 1, 2, 2, 4, 4]
    assert values.tolist()[:4] == [1, 3, 3, 3]
    assert math.isnan(values.tolist()[5])
    assert ew.tensor([2, 2, 1]).cummin(0).indices.tolist() == [0, 1, 2]
    assert ew.cummax(ew.tensor(3.0), 0).indices.item() == 0


def test_the_gradient_of_a_running_extreme_goes_to_where_it_stood():
    x = leaf([1.0, 3.0, 2.0])
    x.cummax(0).values.sum().backward()
    assert x.grad.tolist() == [1, 2, 0]


def test_differences():
    x = ew.tensor([1.0, 4.0, 9.0, 16.0])
    assert x.diff(2).tolist() == [2, 2]
    assert x.diff(0).tolist() == x.tolist()
    assert ew.diff(x, prepend=ew.tensor([0.0]), append=ew.tensor([0.0])).tolist() == [1, 3, 5, 7, -16]
    assert ew.tensor([True, False, False]).diff().tolist() == [True, False]
    assert ew.tensor([1.0]).diff(3).shape == (0,)
    with pytest.raises(ew.IndexingError, match="no neighbours"):
        ew.tensor(1.0).diff()
