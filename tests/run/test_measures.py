"""What is measured of an array."""

from __future__ import annotations

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from edgewise.run.measures import BINS, FIELDS, SAMPLED, as_numpy, measure, relative_update, sample_of


def measured(array, **options):
    row, counts = measure(np.asarray(array), **options)
    return dict(zip(FIELDS, row.tolist(), strict=True)), counts


@given(arrays(np.float32, array_shapes(max_dims=3, max_side=7), elements=st.floats(-1e3, 1e3, width=32)))
def test_a_row_is_what_numpy_says(array):
    row, counts = measured(array)
    exact = array.astype(np.float64)
    size = float(np.abs(exact).max()) + 1e-30
    assert row["size"] == array.size
    assert row["norm"] == pytest.approx(np.linalg.norm(exact), rel=1e-5, abs=1e-30)
    assert row["mean"] == pytest.approx(exact.mean(), rel=1e-5, abs=1e-6 * size)
    assert row["deviation"] == pytest.approx(exact.std(), rel=1e-2, abs=1e-4 * size)
    assert (row["low"], row["high"]) == (array.min(), array.max())
    assert row["zeros"] == pytest.approx((array == 0).mean())
    assert row["nan"] == row["infinite"] == 0
    assert counts.max() == 255


def test_the_deviation_of_numbers_far_from_zero_is_exact():
    array = (1000 + np.linspace(-1e-2, 1e-2, 5001)).astype(np.float32)
    row, _ = measured(array)
    assert row["deviation"] == pytest.approx(array.astype(np.float64).std(), rel=1e-4)


def test_nan_and_infinity_are_counted_and_the_rest_is_measured():
    row, counts = measured(np.array([1.0, np.nan, -np.inf, np.inf, 3.0], np.float32))
    assert (row["size"], row["nan"], row["infinite"]) == (5, 1, 2)
    assert (row["mean"], row["low"], row["high"]) == (2, 1, 3)
    assert counts[0] == counts[-1] == 255
    row, counts = measured(np.full(3, np.nan))
    assert (row["size"], row["nan"]) == (3, 3)
    assert np.isnan(row["norm"])
    assert not counts.any()


def test_large_numbers_whose_squares_overflow_are_not_infinite():
    row, _ = measured(np.array([3e30, 4e30], np.float32))
    assert (row["nan"], row["infinite"]) == (0, 0)
    assert row["norm"] == pytest.approx(5e30)


def test_a_histogram_is_numpys_up_to_its_scale():
    array = np.random.default_rng(0).normal(size=(60, 50)).astype(np.float32)
    row, counts = measured(array)
    expected, edges = np.histogram(array, BINS)
    assert (row["from"], row["to"]) == pytest.approx((edges[0], edges[-1]))
    assert np.abs(counts * expected.max() / 255 - expected).max() <= max(2, expected.max() / 255)


def test_gradients_have_the_histogram_of_their_orders_of_magnitude():
    row, counts = measured(np.array([1e-5, -1e-5, 0.0, 1e-1]), of_magnitudes=True)
    assert (row["from"], row["to"]) == pytest.approx((-5, -1))
    assert (counts[0], counts[-1]) == (255, 128)
    _, counts = measured(np.zeros(5), of_magnitudes=True)
    assert not counts.any()


def test_an_empty_array_has_no_size_and_so_nothing_was_measured():
    row, _ = measured(np.zeros((0, 3)))
    assert row["size"] == 0


@pytest.mark.parametrize("columns", [1, 3, 10, 64, 128, 1000])
def test_a_sample_is_small_and_of_all_columns(columns):
    array = np.arange(200_000 // columns * columns).reshape(-1, columns)
    sample = sample_of(array.reshape(-1), array.shape)
    assert SAMPLED // 2 < len(sample) <= SAMPLED
    assert len(set((sample % columns).tolist())) == columns


def test_the_size_of_an_update_is_relative():
    assert relative_update(np.array([3.0, 4.0]), np.array([3.0, 4.5])) == pytest.approx(0.1)
    assert np.isnan(relative_update(np.zeros(2), np.ones(2)))


def test_arrays_of_other_libraries_are_measured():
    array = as_numpy(array_api_strict.asarray([1.0, 2.0]))
    assert isinstance(array, np.ndarray)
    assert array.tolist() == [1, 2]
