"""Shapes, values and slopes of 0-d, empty and single-row inputs, and of arguments at the ends of what they may be.

The numbers are closed forms, or PyTorch's.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise.autograd import gradcheck, gradgradcheck
from edgewise.nn import functional as F

rng = np.random.default_rng(0)


def leaf(*shape):
    return ew.tensor(rng.standard_normal(shape), requires_grad=True)


def test_covariances_of_one_row_have_no_axes():
    row = ew.tensor([[1.0, 2.0, 6.0]])
    assert ew.cov(row).shape == ()
    assert ew.cov(row).item() == 7.0
    assert ew.cov(row, aweights=ew.tensor([1.0, 1.0, 2.0])).shape == ()
    assert ew.corrcoef(row).shape == ()
    assert ew.corrcoef(row).item() == 1.0


def test_covariances_have_the_gradient_of_their_weights():
    x, w = leaf(3, 5), ew.tensor(rng.uniform(0.5, 2, 5), requires_grad=True)
    times = ew.tensor([1, 2, 1, 3, 1])
    for more in ({}, {"fweights": times}, {"correction": 0}):
        assert gradcheck(lambda x, w, more=more: ew.cov(x, aweights=w, **more), (x, w))


def test_no_differences_leave_out_what_would_be_laid_around():
    x = leaf(5, 5)
    y = ew.diff(x, 0, 0, prepend=ew.ones(1, 5), append=ew.ones(2, 5))
    np.testing.assert_array_equal(y.detach().numpy(), x.detach().numpy())
    assert y.requires_grad
    assert ew.diff(ew.arange(3), 9, prepend=ew.zeros(1, dtype="int64")).shape == (0,)
    with pytest.raises(ew.ArgumentError, match="diff: n is -1; differences can't be taken less than 0 times"):
        ew.diff(x, -1)


def test_a_quantile_moves_with_its_place():
    x = ew.tensor([1.0, 2.0, 4.0, 8.0, 16.0], dtype="float64")
    q = ew.tensor([0.1, 0.55, 0.5], dtype="float64", requires_grad=True)
    y = ew.quantile(x, q)
    np.testing.assert_allclose(y.detach().numpy(), [1.4, 4.8, 4.0])
    y.backward(ew.tensor([1.0, 10.0, 100.0], dtype="float64"))
    # (5 - 1) times the step between the neighbours; at an element itself there is no step.
    np.testing.assert_allclose(q.grad.numpy(), [4.0, 160.0, 0.0])
    one = ew.tensor(0.1, dtype="float64", requires_grad=True)
    ew.quantile(x, one).backward()
    assert one.grad.item() == 4.0
    assert not ew.quantile(x, one, interpolation="lower").requires_grad
    with pytest.raises(ew.ShapeError, match=r"quantile: q must be a number or a vector of numbers, not .* \(1, 2\)"):
        ew.quantile(x, ew.tensor([[0.1, 0.2]]))


def test_the_next_number_moves_with_the_first():
    a, b = leaf(3), leaf(3)
    ew.nextafter(a, b).sum().backward()
    assert a.grad.tolist() == [1.0, 1.0, 1.0]
    assert b.grad.tolist() == [0.0, 0.0, 0.0]


def test_the_cosine_is_that_of_the_vectors_that_broadcasting_makes():
    a, b = leaf(1, 2, 3), leaf(2, 1, 3)
    y = F.cosine_similarity(a, b, dim=-2)
    wide_a, wide_b = (np.broadcast_to(x.detach().numpy(), (2, 2, 3)) for x in (a, b))
    lengths = np.linalg.norm(wide_a, axis=1) * np.linalg.norm(wide_b, axis=1)
    np.testing.assert_allclose(y.detach().numpy(), (wide_a * wide_b).sum(1) / lengths)
    assert gradcheck(lambda a, b: F.cosine_similarity(a, b, dim=-2), (a, b))


@pytest.mark.parametrize("eps", [1e-8, 1.0, 10.0])
def test_below_eps_the_cosine_has_the_slope_of_a_fixed_length(eps):
    a, b = leaf(2, 3), leaf(2, 3)
    assert gradcheck(lambda a, b: F.cosine_similarity(a * 0.1, b, eps=eps), (a, b))


@pytest.mark.parametrize(("stride", "extra", "dilation"), [(1, 1, 2), (2, 3, 4), ((3, 2), (2, 3), 4)])
def test_a_transposed_convolution_may_add_more_than_a_stride_where_the_kernel_is_dilated(stride, extra, dilation):
    x, w = leaf(1, 2, 3, 3), leaf(2, 2, 2, 2)

    def function(x, w):
        return F.conv_transpose2d(x, w, None, stride, 1, extra, 1, dilation)

    assert gradcheck(function, (x, w))
    assert gradgradcheck(function, (x, w))


def test_prelu_and_windows_of_a_0_d_tensor():
    x = ew.tensor(-2.0, requires_grad=True)
    y = F.prelu(x, ew.tensor([0.25]))
    assert y.shape == ()
    assert y.item() == -0.5
    assert F.prelu(x, ew.tensor(0.25)).shape == ()
    assert x.unfold(0, 1, 1).shape == (1,)
    assert x.unfold(0, 0, 1).shape == (0,)


def test_an_empty_vector_adds_nothing_to_any_tensors():
    x = leaf(2, 3)
    for parts in ([ew.tensor([]), x], [x, ew.tensor([]), x[:, :1]]):
        assert ew.cat(parts, dim=1).shape == (2, len(parts) * 2 - 1 if len(parts) == 2 else 4)
    assert ew.cat([ew.tensor([]), ew.tensor([])]).shape == (0,)
    ew.cat([ew.tensor([], dtype="float64"), x], dim=1).sum().backward()
    assert x.grad.tolist() == [[1.0] * 3] * 2


def test_a_vector_for_each_matrix_of_a_batch_is_solved_for():
    a, b = leaf(3, 3, 3), leaf(3, 3)
    expected = np.stack([np.linalg.solve(m, v) for m, v in zip(*(x.detach().numpy() for x in (a, b)), strict=True)])
    np.testing.assert_allclose(ew.linalg.solve(a, b).detach().numpy(), expected)
    assert ew.linalg.solve(leaf(2, 4, 3, 3), leaf(2, 4, 3)).shape == (2, 4, 3)
    assert ew.linalg.solve(leaf(2, 3, 3), leaf(3)).shape == (2, 3)
    assert ew.linalg.solve(leaf(2, 3, 3), leaf(3, 2)).shape == (2, 3, 2)
    assert ew.linalg.solve(ew.ones(0, 3, 3), ew.ones(0, 3)).shape == (0, 3)
    assert gradcheck(ew.linalg.solve, (a, b))
    assert gradgradcheck(ew.linalg.solve, (a, b))


def test_the_standard_s_solve_takes_a_matrix_for_all_of_a_batch():
    a, b = leaf(3, 3, 3), leaf(3, 3)
    expected = np.linalg.solve(a.detach().numpy(), b.detach().numpy())  # as the standard says, and NumPy 2 does
    result = ew.array_api.linalg.solve(a, b)
    assert result.shape == (3, 3, 3)
    np.testing.assert_allclose(result.detach().numpy(), expected)


def test_axes_of_size_1_meet_any_size_in_a_tensordot():
    a, b = leaf(2, 1), leaf(3, 4)
    np.testing.assert_allclose(
        ew.tensordot(a, b, dims=([1], [0])).detach().numpy(), a.detach().numpy() * b.detach().numpy().sum(0)
    )
    assert gradcheck(lambda a, b: ew.tensordot(a, b, dims=([1], [0])), (a, b))


def test_integer_weights_are_counted_in_float64():
    y = ew.bincount(ew.tensor([0, 1, 1]), ew.tensor([2, 3, 4]))
    assert y.dtype == ew.float64
    assert y.tolist() == [2.0, 7.0]


@pytest.mark.parametrize(
    ("mode", "widths", "expected"),
    [
        ("reflect", (-1, 2), [2.0, 3.0, 4.0, 3.0, 2.0]),
        ("replicate", (2, -1), [1.0, 1.0, 1.0, 2.0, 3.0]),
        ("circular", (-1, 1), [2.0, 3.0, 4.0, 2.0]),
        ("circular", (2, -1), [2.0, 3.0, 1.0, 2.0, 3.0]),
    ],
)
def test_padding_cuts_off_in_every_mode(mode, widths, expected):
    assert F.pad(ew.arange(1.0, 5.0).reshape(1, 1, 4), widths, mode=mode).flatten().tolist() == expected


def test_an_axis_that_is_not_padded_may_be_empty():
    assert F.pad(ew.ones(0, 3, 3), (1, 2), mode="reflect").shape == (0, 3, 6)


def test_hardtanh_between_equal_bounds_is_that_bound():
    assert F.hardtanh(ew.tensor([-1.0, 2.0]), 0.5, 0.5).tolist() == [0.5, 0.5]
    with pytest.raises(ew.ArgumentError, match=r"hardtanh: min_val 1.0 must not be above max_val 0.0"):
        F.hardtanh(ew.ones(1), 1.0, 0.0)


def test_margins_of_a_single_score():
    # The one class is the right one, so no other comes near.
    assert F.multi_margin_loss(ew.tensor(3.0), ew.tensor(0)).item() == 0.0
    expected = np.mean([0.0, max(0.0, 1 - 3 + 1), max(0.0, 1 - 3 + 2.5)])
    assert F.multi_margin_loss(ew.tensor([3.0, 1.0, 2.5]), ew.tensor([0])).item() == pytest.approx(expected)


def test_ranks_are_counted_above_absolute_and_relative_bounds():
    x = ew.tensor(np.diag([5.0, 0.5, 1e-3]))
    assert ew.linalg.matrix_rank(x).item() == 3
    assert ew.linalg.matrix_rank(x, atol=0.1).item() == 2
    assert ew.linalg.matrix_rank(x, atol=1e-4, rtol=0.2).item() == 1
    assert ew.linalg.matrix_rank(ew.stack([x, x]), rtol=ew.tensor([1e-2, 0.2])).tolist() == [2, 1]
    assert (
        ew.linalg.matrix_rank(ew.tensor([[1.0, 9.0], [1.0, 1.0]]), hermitian=True).item() == 1
    )  # reads [[1, 1], [1, 1]]
    assert ew.linalg.matrix_rank(ew.ones(2, 0, 0)).tolist() == [0, 0]


def test_eigenvalues_read_one_triangle_or_the_other():
    x = ew.tensor([[2.0, 1.0], [0.0, 2.0]])
    assert ew.linalg.eigvalsh(x).tolist() == [2.0, 2.0]
    np.testing.assert_allclose(ew.linalg.eigvalsh(x, UPLO="U").numpy(), [1.0, 3.0], rtol=1e-6)
    np.testing.assert_allclose(ew.linalg.eigh(x, "U").eigenvalues.numpy(), [1.0, 3.0], rtol=1e-6)
    with pytest.raises(ew.ArgumentError, match="eigvalsh: UPLO is 'X'; it must be 'L', for the lower triangle, or 'U'"):
        ew.linalg.eigvalsh(x, "X")


def test_the_nuclear_norm_is_the_sum_of_the_singular_values():
    x = leaf(3, 4)
    expected = np.linalg.svd(x.detach().numpy(), compute_uv=False).sum()
    assert ew.norm(x, "nuc").item() == pytest.approx(expected)
    assert ew.norm(ew.stack([x, 2 * x]), "nuc", dim=(1, 2)).tolist() == pytest.approx([expected, 2 * expected])
    with pytest.raises(ew.ShapeError, match=r"norm: 'nuc' is for a matrix or two axes, not for the axes 1"):
        ew.norm(x, "nuc", dim=1)


def test_rows_that_repeat_are_found():
    x = ew.tensor([[2, 1], [1, 3], [2, 1], [1, 2]])
    values, inverse, counts = ew.unique(x, return_inverse=True, return_counts=True, dim=0)
    expected = np.unique(x.numpy(), return_inverse=True, return_counts=True, axis=0)
    for got, want in zip((values, inverse, counts), expected, strict=True):
        np.testing.assert_array_equal(got.numpy(), want.reshape(got.shape))
    np.testing.assert_array_equal(ew.unique(x, dim=1).numpy(), np.unique(x.numpy(), axis=1))
    assert ew.unique(ew.ones(0, 2), dim=0).shape == (0, 2)


def test_places_in_a_row_that_an_index_sorts():
    row, order = ew.tensor([5.0, 1.0, 3.0]), ew.tensor([1, 2, 0])
    assert ew.searchsorted(row, ew.tensor([2.0, 5.0]), sorter=order).tolist() == [1, 2]
    places = ew.bucketize(ew.tensor([2.0]), ew.tensor([1.0, 3.0]), out_int32=True)
    assert places.dtype == ew.int32
    with pytest.raises(ew.ArgumentError, match="searchsorted: right=True and side='left' contradict each other"):
        ew.searchsorted(row, row, right=True, side="left")
    with pytest.raises(ew.ShapeError, match=r"searchsorted: sorter has shape \(2,\); it must have .*, \(3,\)"):
        ew.searchsorted(row, row, sorter=order[:2])


def test_small_keywords_of_pytorch_are_taken():
    x = ew.arange(4.0).reshape(2, 2)
    assert x.flip(dims=(0, 1)).tolist() == [[3.0, 2.0], [1.0, 0.0]]
    assert ew.tril_indices(2, 2, dtype=ew.int32).dtype == ew.int32
    assert ew.randint_like(x, 3, dtype=ew.int64).dtype == ew.int64
    assert ew.repeat_interleave(x, ew.tensor([1, 2]), dim=0, output_size=3).shape == (3, 2)
    assert ew.repeat_interleave(x, 3, dim=0, output_size=6).shape == (6, 2)
    with pytest.raises(ew.ShapeError, match="repeat_interleave: output_size is 4, but 3 elements come out"):
        ew.repeat_interleave(x, ew.tensor([1, 2]), dim=0, output_size=4)
    assert [y.shape for y in ew.atleast_2d(ew.tensor(1.0), x[0])] == [(1, 1), (1, 2)]
    assert [y.shape for y in ew.atleast_1d((ew.tensor(1.0), x))] == [(1,), (2, 2)]
    assert [y.shape for y in ew.atleast_3d(x, x[0])] == [(2, 2, 1), (1, 2, 1)]


FLAT = {
    "floor_divide": lambda x: x // 2.0,
    "div rounded down": lambda x: ew.div(x, 2.0, rounding_mode="floor"),
    "div cut off": lambda x: ew.div(x, 2.0, rounding_mode="trunc"),
    "matrix_power 0": lambda x: ew.linalg.matrix_power(x, 0),
    "norm 0": lambda x: ew.norm(x, 0),
    "linalg.norm 0": lambda x: ew.linalg.norm(x[0], 0),
    "vector_norm 0": lambda x: ew.linalg.vector_norm(x, 0, dim=1),
    "sign of the determinant": lambda x: ew.linalg.slogdet(x).sign,
}


@pytest.mark.parametrize("name", FLAT)
def test_what_is_flat_has_a_gradient_of_zeros(name):
    x = leaf(3, 3)
    y = FLAT[name](x)
    assert y.requires_grad
    (slope,) = ew.autograd.grad(y.sum() + (x**3).sum(), x, create_graph=True)
    np.testing.assert_allclose(slope.detach().numpy(), 3 * x.detach().numpy() ** 2)
    (second,) = ew.autograd.grad(slope.sum(), x)
    np.testing.assert_allclose(second.numpy(), 6 * x.detach().numpy())
    y.sum().backward()
    assert x.grad.tolist() == [[0.0] * 3] * 3


def test_the_count_of_what_is_not_zero_counts_nan():
    assert ew.linalg.vector_norm(ew.tensor([0.0, math.nan, 3.0]), 0).item() == 2.0
