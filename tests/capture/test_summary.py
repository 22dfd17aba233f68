"""What a snapshot keeps of an array."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edgewise.capture.summary import SAMPLE, WHOLE, Numbers, numpy_copy, statistics_of

FLOATS = arrays.arrays(
    st.sampled_from([np.float32, np.float64]),
    arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
    elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
)


def test_a_small_array_is_kept_whole():
    array = np.arange(6.0).reshape(2, 3)
    numbers = Numbers(array)
    assert numbers.shape == (2, 3)
    assert numbers.dtype == "float64"
    assert np.array_equal(numbers.whole, array)
    assert np.array_equal(numbers.sample, array)


def test_of_a_large_array_a_sample_and_statistics_are_kept():
    array = np.linspace(-1, 1, 10 * WHOLE, dtype=np.float32).reshape(-1, 64)
    numbers = Numbers(array)
    assert numbers.whole is None
    assert numbers.sample.shape == (SAMPLE, SAMPLE)
    assert (numbers.sample[0, 0], numbers.sample[-1, -1]) == (-1, 1)
    assert numbers.statistics.size == array.size
    assert numbers.statistics.mean == pytest.approx(0, abs=1e-6)
    assert sum(numbers.statistics.counts) == array.size


@given(FLOATS)
def test_statistics_are_of_the_finite_elements_and_count_the_others(array):
    statistics = statistics_of(array)
    finite = array[np.isfinite(array)].astype(np.float64)
    assert statistics.size == array.size
    assert (
        statistics.finite + statistics.nan + statistics.positive_infinity + statistics.negative_infinity == array.size
    )
    assert statistics.finite == finite.size == sum(statistics.counts)
    assert statistics.zeros == (finite == 0).sum()
    if finite.size:
        assert (statistics.smallest, statistics.largest) == (finite.min(), finite.max())
        assert statistics.norm == pytest.approx(math.hypot(*finite), rel=1e-6)
    else:
        assert math.isnan(statistics.mean)


@pytest.mark.parametrize("kind", [np.bool_, np.int64])
def test_truth_values_and_integers_have_statistics_too(kind):
    statistics = statistics_of(np.array([0, 1, 1], kind))
    assert (statistics.smallest, statistics.largest, statistics.zeros) == (0, 1, 1)


@given(FLOATS)
def test_numbers_are_equal_if_their_arrays_are_even_with_nan(array):
    assert Numbers(array) == Numbers(array.copy())
    if array.size:
        other = np.where(np.isnan(array), 0, np.nan).astype(array.dtype)
        assert Numbers(array) != Numbers(other)


def test_numbers_of_other_dtypes_and_shapes_differ():
    assert Numbers(np.zeros(3)) != Numbers(np.zeros(3, np.float32))
    assert Numbers(np.zeros((1, 3))) != Numbers(np.zeros(3))
    assert Numbers(np.zeros(3)) != np.zeros(3).tolist()


def test_item_is_the_only_element():
    assert Numbers(np.array([[2.5]])).item() == 2.5
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        Numbers(np.zeros(2)).item()


def test_a_copy_shares_nothing():
    array = np.zeros(3)
    copy = numpy_copy(array)
    array[:] = 1
    assert not copy.any()


def test_what_is_repeated_by_broadcasting_is_copied_once():
    column = np.arange(3.0)[:, None]
    repeated = np.broadcast_to(column, (3, 1_000_000_000))
    copy = numpy_copy(repeated)
    column[:] = 7
    assert copy.shape == repeated.shape
    assert copy[:, -1].tolist() == [0, 1, 2]


def test_arrays_of_another_library_become_numpy_arrays():
    strict = pytest.importorskip("array_api_strict")
    copy = numpy_copy(strict.asarray([1.0, 2.0]))
    assert type(copy) is np.ndarray
    assert copy.tolist() == [1, 2]


def test_what_is_not_finite_is_in_the_sample_at_its_place():
    array = np.zeros((300, 200), np.float32)
    array[3, 4], array[299, 199], array[150, 100], array[150, 101] = math.nan, math.inf, -math.inf, math.nan
    sample = Numbers(array).sample
    assert np.isnan(sample[0, 1])
    assert sample[-1, -1] == math.inf
    assert np.isnan(sample[16, 16])
    assert np.isfinite(sample).sum() == sample.size - 3
