"""Tensors laid out, combined and taken apart; elements counted; what dtypes meet in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgewise as ew

A = np.arange(12.0).reshape(3, 4)


@given(st.integers(0, 9), st.integers(1, 5))
def test_tensor_split_cuts_as_numpy_does(size, parts):
    expected = np.array_split(np.arange(size), parts)
    found = ew.tensor_split(ew.arange(size), parts)
    assert [part.tolist() for part in found] == [part.tolist() for part in expected]


def test_splits_cut_along_their_axes():
    x = ew.tensor(A)
    assert [p.shape for p in ew.hsplit(x, 2)] == [(3, 2), (3, 2)]
    assert [p.shape for p in ew.vsplit(x, [1])] == [(1, 4), (2, 4)]
    assert [p.shape for p in ew.dsplit(x.unsqueeze(0), [1, 3])] == [(1, 3, 1), (1, 3, 2), (1, 3, 1)]
    assert [p.shape for p in x.split_with_sizes([1, 3], 1)] == [(3, 1), (3, 3)]


def test_stacks_and_blocks_are_numpy_s():
    x = ew.tensor(A)
    np.testing.assert_array_equal(ew.dstack([x, x]).numpy(), np.dstack([A, A]))
    for shape in ((), (2,), (2, 3), (2, 3, 4)):
        assert ew.atleast_3d(ew.zeros(shape)).shape == np.atleast_3d(np.zeros(shape)).shape
    assert ew.block_diag(ew.ones(1, 2), ew.tensor(5.0), ew.ones(2)).tolist() == [
        [1, 1, 0, 0, 0],
        [0, 0, 5, 0, 0],
        [0, 0, 0, 1, 1],
    ]
    assert ew.diagflat(ew.tensor([[1, 2]]), 1).tolist() == [[0, 1, 0], [0, 0, 2], [0, 0, 0]]


def test_products_and_combinations():
    assert ew.cartesian_prod(ew.tensor([1, 2]), ew.tensor([3, 4])).tolist() == [[1, 3], [1, 4], [2, 3], [2, 4]]
    assert ew.combinations(ew.tensor([1, 2, 3])).tolist() == [[1, 2], [1, 3], [2, 3]]
    assert ew.combinations(ew.tensor([1, 2]), with_replacement=True).tolist() == [[1, 1], [1, 2], [2, 2]]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_unravel_index_gives_every_element_its_place(shape):
    numbers = ew.arange(int(np.prod(shape)))
    places = ew.unravel_index(numbers, shape)
    expected = np.unravel_index(numbers.numpy(), shape)
    assert [p.tolist() for p in places] == [p.tolist() for p in expected]


def test_windows_of_a_tensor(check_derivatives):
    x = ew.arange(7)
    assert x.unfold(0, 3, 2).tolist() == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    check_derivatives(lambda t: t.unfold(1, 2, 1), A)


def test_sum_to_size_undoes_expanding():
    x = ew.ones(2, 3, 4, requires_grad=True)
    y = x.sum_to_size(3, 1)
    assert y.tolist() == [[8], [8], [8]]
    y.sum().backward()
    assert x.grad.sum() == 24


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=4))
def test_isin_finds_what_is_there(elements, among):
    found = ew.isin(ew.tensor(np.array(elements, dtype=np.int64)), ew.tensor(np.array(among, dtype=np.int64)))
    assert found.tolist() == [element in among for element in elements]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_the_mode_is_the_smallest_of_the_most_frequent(elements):
    values, places = ew.mode(ew.tensor(elements))
    most = max(elements.count(e) for e in elements)
    assert values.item() == min(e for e in elements if elements.count(e) == most)
    assert elements[places.item()] == values.item()


@given(st.lists(st.integers(0, 2), max_size=12))
def test_unique_consecutive_can_be_undone(elements):
    x = ew.tensor(np.array(elements, dtype=np.int64))
    values, inverse, counts = ew.unique_consecutive(x, return_inverse=True, return_counts=True)
    assert values[inverse].tolist() == elements
    assert [v for v, n in zip(values.tolist(), counts.tolist(), strict=True) for _ in range(n)] == elements
    assert all(a != b for a, b in zip(values.tolist(), values.tolist()[1:], strict=False))


def test_histc_counts_within_its_range():
    x = ew.tensor([0.0, 0.1, 0.5, 1.0, 2.0, float("nan")])
    assert ew.histc(x, 2, 0, 1).tolist() == [2, 2]
    assert ew.histc(ew.tensor([3.0, 3.0]), 2).tolist() == [0, 2]


def test_nanmedian_and_its_gradient():
    nan = float("nan")
    x = ew.tensor([[nan, 3.0, 1.0, 2.0], [nan, nan, nan, nan]], requires_grad=True)
    y = ew.nanmedian(x, 1).values
    y[0].backward()
    assert y[0] == 2
    assert y[1].isnan()
    assert x.grad.tolist()[0] == [0, 0, 0, 1]


def test_covariance_and_correlation_are_numpy_s(check_derivatives):
    x = np.random.default_rng(0).standard_normal((3, 6))
    counts, weights = np.array([1, 2, 1, 1, 3, 1]), np.random.default_rng(1).random(6)
    np.testing.assert_allclose(ew.cov(ew.tensor(x)).numpy(), np.cov(x))
    found = ew.cov(ew.tensor(x), fweights=ew.tensor(counts), aweights=ew.tensor(weights)).numpy()
    np.testing.assert_allclose(found, np.cov(x, fweights=counts, aweights=weights))
    np.testing.assert_allclose(ew.corrcoef(ew.tensor(x)).numpy(), np.corrcoef(x))
    check_derivatives(ew.cov, x)


def test_distances_of_equal_rows_have_no_slope(check_derivatives):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 3, 2)), rng.standard_normal((2, 4, 2))
    assert ew.cdist(ew.tensor(a), ew.tensor(b)).shape == (2, 3, 4)
    check_derivatives(ew.cdist, a, b)
    x = ew.tensor(a, requires_grad=True)
    ew.cdist(x, x).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_areas_under_a_line(check_derivatives):
    y, x = np.random.default_rng(0).standard_normal((2, 5)), np.array([0.0, 1.0, 1.5, 4.0, 5.0])
    np.testing.assert_allclose(ew.trapezoid(ew.tensor(y), ew.tensor(x)).numpy(), np.trapezoid(y, x))
    np.testing.assert_allclose(ew.trapz(ew.tensor(y), dx=0.5, axis=0).numpy(), np.trapezoid(y, dx=0.5, axis=0))
    assert ew.cumulative_trapezoid(ew.tensor([1.0, 3.0, 5.0])).tolist() == [2, 6]
    check_derivatives(ew.trapezoid, y, x)


def test_sums_with_products():
    m, v = ew.ones(2, 3), ew.ones(3)
    assert ew.addmv(ew.ones(2), m, v, beta=2, alpha=3).tolist() == [11, 11]
    assert ew.addr(ew.ones(2, 3), ew.ones(2), v, alpha=2).tolist() == [[3, 3, 3], [3, 3, 3]]
    batch = ew.ones(4, 2, 3)
    assert ew.baddbmm(ew.full((1,), float("nan")), batch, batch.mT, beta=0).tolist() == [[[3, 3], [3, 3]]] * 4
    assert ew.addbmm(ew.ones(2, 2), batch, batch.mT).tolist() == [[13, 13], [13, 13]]


def test_dtypes_meet_as_operations_let_them():
    assert ew.promote_types(ew.int64, ew.float16) == ew.float16
    assert ew.promote_types(ew.uint8, ew.int8) == ew.int16
    assert ew.result_type(ew.ones(2, dtype=ew.int32), 1.5) == ew.float32
    assert ew.result_type(ew.ones(2), ew.tensor(1.0, dtype=ew.float64)) == ew.float32
    assert ew.can_cast(ew.int64, ew.float32)
    assert not ew.can_cast(ew.float32, ew.int64)
    assert not ew.can_cast(ew.int8, ew.bool)


def test_what_a_tensor_is():
    x = ew.ones(2, 3)
    assert ew.is_tensor(x)
    assert not ew.is_tensor(x.numpy())
    assert ew.numel(x) == 6
    assert ew.is_floating_point(x)
    assert not ew.is_floating_point(ew.tensor([1]))
    assert not ew.detach(x.requires_grad_()).requires_grad
    assert x.stride() == (3, 1)
    assert x.stride(0) == 3
    assert x.type() == "float32"
    assert x.type(ew.float64).dtype == ew.float64
    assert x.cpu() is x
    assert (ew.inf, ew.nan != ew.nan, ew.newaxis) == (float("inf"), True, None)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ew.tensor_split(ew.tensor(1), 2), ew.ShapeError, "0-d tensor"),
        (lambda: ew.tensor_split(ew.ones(2), 0), ew.ArgumentError, "must be positive"),
        (lambda: ew.hsplit(ew.ones(2, 3), 2), ew.ShapeError, "has no 2 equal pieces"),
        (lambda: ew.vsplit(ew.ones(3), 3), ew.ShapeError, "at least 2 axes"),
        (lambda: ew.block_diag(ew.ones(1, 2, 3)), ew.ShapeError, "takes matrices"),
        (lambda: ew.combinations(ew.ones(2, 2)), ew.ShapeError, "of a row"),
        (lambda: ew.unravel_index(ew.tensor([6]), (2, 3)), ew.IndexingError, "out of range"),
        (lambda: ew.unravel_index(ew.tensor([0.5]), (2, 3)), ew.DTypeError, "must hold integers"),
        (lambda: ew.ones(3).unfold(0, 4, 1), ew.ShapeError, "don't fit"),
        (lambda: ew.ones(3).sum_to_size(2), ew.ShapeError, "don't fit together|does not expand"),
        (lambda: ew.mode(ew.ones(0)), ew.ShapeError, "no element"),
        (lambda: ew.histc(ew.ones(2), 0), ew.ArgumentError, "must be positive"),
        (lambda: ew.histc(ew.tensor([ew.inf])), ew.ArgumentError, "not finite"),
        (lambda: ew.cov(ew.ones(1, 2, 3)), ew.ShapeError, "takes a matrix"),
        (lambda: ew.cov(ew.ones(2, 3), aweights=ew.ones(2)), ew.ShapeError, "one for each"),
        (lambda: ew.cdist(ew.ones(2, 3), ew.ones(2, 4)), ew.ShapeError, "same M"),
        (lambda: ew.trapezoid(ew.ones(3), ew.ones(4)), ew.ShapeError, "x has 4 points"),
        (lambda: ew.trapezoid(ew.ones(3), ew.ones(3), dx=1.0), TypeError, "give one of them"),
        (lambda: ew.ones(3).fill_diagonal_(1), ew.ShapeError, "needs a matrix"),
        (lambda: ew.ones(3).masked_scatter(ew.ones(3).bool(), ew.ones(2)), ew.ShapeError, "true at 3 places"),
    ],
)
def test_wrong_arguments_are_explained(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_tall_matrix_s_diagonal_can_start_over():
    x = ew.zeros(5, 2).fill_diagonal_(1, True)
    expected = np.zeros((5, 2))
    np.fill_diagonal(expected, 1, wrap=True)
    assert x.tolist() == expected.tolist()
    assert ew.zeros(2, 2, 2).fill_diagonal_(1).sum() == 2
