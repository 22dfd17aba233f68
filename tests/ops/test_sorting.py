"""Order: sorting, ranking, searching, and gradients through them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import edgewise as ew

ARRAY = np.random.default_rng(2).permutation(24).reshape(2, 3, 4).astype("float32")


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_sorting_agrees_with_numpy(axis):
    x = ew.tensor(ARRAY)
    along = -1 if axis is None else axis
    values, places = x.sort(axis)
    assert np.array_equal(values.numpy(), np.sort(ARRAY, along))
    assert np.array_equal(places.numpy(), np.argsort(ARRAY, along))
    assert np.array_equal(x.argsort(axis).numpy(), places.numpy())
    assert np.array_equal(x.sort(axis=axis, descending=True).values.numpy(), np.flip(np.sort(ARRAY, along), along))
    assert places.dtype == np.int64


@given(hnp.arrays(np.int64, st.integers(0, 12), elements=st.integers(0, 3)))
@settings(max_examples=40, deadline=None)
def test_equal_elements_keep_their_order_both_ways(array):
    x = ew.tensor(array)
    down = sorted(range(len(array)), key=lambda i: (-array[i], i))
    assert x.argsort().tolist() == np.argsort(array, stable=True).tolist()
    assert x.argsort(descending=True).tolist() == down


def test_nan_is_larger_than_every_number():
    x = ew.tensor([1.0, math.nan, math.inf])
    assert x.argsort().tolist() == [0, 2, 1]
    assert x.argsort(descending=True).tolist() == [1, 2, 0]


def test_the_gradient_of_sorting_goes_to_where_elements_stood():
    x = ew.tensor([3.0, 1.0, 2.0], requires_grad=True)
    (x.sort().values * ew.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [100, 1, 10]


def test_sorting_runs_on_0d_and_empty_tensors():
    values, place = ew.tensor(3.0).sort()
    assert (values.item(), place.item()) == (3.0, 0)
    assert ew.tensor(np.zeros((0, 2))).sort(0).values.shape == (0, 2)
    assert ew.msort(ew.tensor([[2, 1], [1, 2]])).tolist() == [[1, 1], [2, 2]]
    with pytest.raises(ew.IndexingError, match="sort: axis 1"):
        ew.tensor([1.0]).sort(1)


def test_topk_takes_the_most_extreme():
    x = ew.tensor([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]], requires_grad=True)
    values, places = x.topk(2)
    assert values.tolist() == [[3, 2], [6, 5]]
    assert places.tolist() == [[0, 2], [1, 2]]
    values.sum().backward()
    assert x.grad.tolist() == [[1, 0, 1], [0, 1, 1]]
    assert x.topk(1, 0, largest=False).values.tolist() == [[3, 1, 2]]
    assert x.topk(0).values.shape == (2, 0)
    assert ew.tensor(2.0).topk(1).values.shape == ()
    with pytest.raises(ew.ShapeError, match=r"topk: k=4 is out of range for axis 1 of shape \(2, 3\)"):
        x.topk(4)


def test_kthvalue_counts_from_one():
    x = ew.tensor([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]])
    values, places = x.kthvalue(2)
    assert values.tolist() == [2, 5]
    assert places.tolist() == [2, 2]
    assert x.kthvalue(1, 0, keepdim=True).values.tolist() == [[3, 1, 2]]
    with pytest.raises(ew.ShapeError, match="kthvalue: k=0 is out of range"):
        x.kthvalue(0)


def test_unique_elements_come_in_order():
    x = ew.tensor([[3, 1], [3, 2]])
    assert ew.unique(x).tolist() == [1, 2, 3]
    values, inverse, counts = ew.unique(x, return_inverse=True, return_counts=True)
    assert values.tolist() == [1, 2, 3]
    assert inverse.tolist() == [[2, 0], [2, 1]]
    assert counts.tolist() == [1, 1, 2]
    assert len(ew.unique(x, return_counts=True)) == 2
    assert ew.unique(ew.tensor([])).shape == (0,)


@pytest.mark.parametrize("right", [False, True])
def test_searchsorted_agrees_with_numpy(right):
    row, wanted = np.array([1.0, 2.0, 2.0, 5.0]), np.array([[0.0, 2.0], [5.0, 9.0]])
    side = "right" if right else "left"
    expected = np.searchsorted(row, wanted, side)
    assert ew.searchsorted(ew.tensor(row), ew.tensor(wanted), right=right).tolist() == expected.tolist()
    assert ew.bucketize(ew.tensor(wanted), ew.tensor(row), right=right).tolist() == expected.tolist()
    rows = ew.tensor(np.stack([row, row + 1]))
    expected = [np.searchsorted(r, w, side).tolist() for r, w in zip(rows.numpy(), wanted, strict=True)]
    assert ew.searchsorted(rows, ew.tensor(wanted), side=side).tolist() == expected


def test_searchsorted_refuses_rows_that_do_not_match():
    with pytest.raises(ew.ShapeError, match=r"\(2, 3\) don't match values of shape \(3, 1\)"):
        ew.searchsorted(ew.tensor(np.zeros((2, 3))), ew.tensor(np.zeros((3, 1))))
    with pytest.raises(ew.ArgumentError, match="side is 'middle'"):
        ew.searchsorted(ew.tensor([1.0]), ew.tensor([1.0]), side="middle")
