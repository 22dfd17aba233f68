"""Reductions, statistics and norms: meaning, dtypes, edge cases, errors and the choice of gradients at kinks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cases import at_once
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import edgewise as ew
from edgewise.ops.norms import vector_norm

ARRAY = np.random.default_rng(0).normal(size=(2, 3, 4))
AXES = [None, 0, -1, (0, 2), (1, -3), ()]


def leaf(values: object) -> ew.Tensor:
    return ew.tensor(values, dtype="float64", requires_grad=True)


def gradient(function, values: object) -> np.ndarray:
    x = leaf(values)
    function(x).sum().backward()
    return x.grad.numpy()


@at_once
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "amax", "amin", "var", "std"])
def test_reductions_agree_with_numpy(name, axis, keep):
    options = {"correction": 0} if name in ("var", "std") else {}
    ours = getattr(ew, name)(ew.tensor(ARRAY), axis=axis, keepdims=keep, **options).numpy()
    numpy_axis = tuple(range(3)) if axis is None else axis
    theirs = getattr(np, name)(ARRAY, axis=numpy_axis, keepdims=keep)
    assert ours.shape == theirs.shape
    assert ours.dtype == np.float64
    assert np.allclose(ours, theirs)


@at_once
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "amax", "amin", "logsumexp", "norm"])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_a_0d_tensor_may_name_the_axis_it_would_have(name, axis):
    value = getattr(ew, name)(ew.tensor(3.0), axis=axis)
    assert value.shape == ()
    assert value.item() == pytest.approx(3.0)
    x = ew.tensor(3.0, requires_grad=True)
    getattr(ew, name)(x, axis=axis).backward()
    assert x.grad.item() == 1


def test_both_spellings_of_an_argument_are_refused():
    x = ew.tensor(ARRAY)
    with pytest.raises(TypeError, match="sum: dim=0 and axis=1 are two spellings"):
        x.sum(0, axis=1)
    with pytest.raises(TypeError, match="mean: keepdim and keepdims are two spellings"):
        x.mean(0, keepdim=True, keepdims=False)
    assert x.sum(0, True).shape == x.sum(dim=0, keepdim=True).shape == x.sum(axis=0, keepdims=True).shape


def test_bad_axes_are_named():
    x = ew.tensor(ARRAY)
    with pytest.raises(ew.IndexingError, match=r"sum: axis 3 is out of range for shape \(2, 3, 4\).*-3 to 2"):
        x.sum(3)
    with pytest.raises(ew.ShapeError, match=r"amax: the axes \(0, -3\) name one of shape \(2, 3, 4\) twice"):
        x.amax((0, -3))
    with pytest.raises(TypeError, match="an axis must be an integer, not 'x'"):
        x.sum("x")


def test_dtypes_of_results():
    assert ew.tensor([True, True]).sum().dtype == np.int64
    assert ew.tensor([1, 2], dtype="int32").sum().dtype == np.int64
    assert ew.tensor([1.0]).sum().dtype == np.float32
    assert ew.tensor([1, 2]).sum(dtype="float64").dtype == np.float64
    assert ew.tensor([1, 2]).mean(dtype=ew.tensor(1.0).dtype).item() == 1.5
    assert ew.tensor([True, False]).prod().dtype == np.int64
    assert ew.tensor([1, 2]).logsumexp(0).dtype == np.float32
    assert ew.tensor([0, 3]).any().dtype == np.bool_


@pytest.mark.parametrize("name", ["mean", "var", "std", "norm"])
def test_integers_have_no_mean_until_cast(name):
    with pytest.raises(ew.DTypeError, match=rf"{name}: .*int64 \(2,\).*x\.float\(\)"):
        getattr(ew, name)(ew.tensor([1, 2]))


def test_empty_reductions():
    empty = leaf(np.zeros((2, 0)))
    assert empty.sum(1).tolist() == [0, 0]
    assert empty.prod(1).tolist() == [1, 1]
    assert empty.logsumexp(1).tolist() == [-math.inf, -math.inf]
    assert all(math.isnan(value) for value in empty.mean(1).tolist())
    assert empty.all().item() is True
    assert empty.any().item() is False
    assert empty.amax(0).shape == (0,)
    for name in ("amax", "amin", "argmax", "max", "min"):
        with pytest.raises(ew.ShapeError, match=r"no element to take of shape \(2, 0\)"):
            getattr(empty, name)(1)
    (empty.sum() + empty.logsumexp(0).sum() + empty.prod()).backward()
    assert empty.grad.shape == (2, 0)


def test_ties_share_the_gradient_evenly():
    row = [[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0]]
    assert gradient(lambda x: x.amax(1), row).tolist() == [[0, 0.5, 0.5, 0], [0.25] * 4]
    assert gradient(lambda x: x.max(), row).tolist() == [[0, 0, 0, 0], [0.25] * 4]
    assert gradient(lambda x: x.max(1).values, row).tolist() == [[0, 0.5, 0.5, 0], [0.25] * 4]
    assert gradient(lambda x: x.amin(1), row).tolist() == [[1, 0, 0, 0], [0.25] * 4]


def test_max_and_min_have_three_forms():
    x = ew.tensor([[1.0, 4.0], [3.0, 2.0]])
    assert x.max().item() == 4
    values, indices = x.max(dim=1)
    assert values.tolist() == [4, 3]
    assert indices.tolist() == [1, 0]
    assert x.min(0, keepdim=True).indices.tolist() == [[0, 1]]
    assert x.max(ew.tensor([2.0, 2.0])).tolist() == [[2, 4], [3, 2]]
    assert ew.min(x, axis=-1).values.tolist() == [1, 2]
    with pytest.raises(TypeError, match="amax takes several axes"):
        x.max((0, 1))
    smallest, largest = ew.aminmax(x, dim=0)
    assert (smallest.tolist(), largest.tolist()) == ([1, 2], [3, 4])


def test_argmax_finds_the_first_of_equals():
    x = ew.tensor([[1, 3, 3], [0, 0, -1]])
    assert x.argmax().item() == 1
    assert x.argmax(1).tolist() == [1, 0]
    assert x.argmin(-1, keepdim=True).tolist() == [[0], [2]]
    assert ew.tensor(5.0).argmax(0).item() == 0
    with pytest.raises(ew.IndexingError, match="argmax: axis 2"):
        x.argmax(2)


def test_truth_and_counting():
    x = ew.tensor([[0.0, 1.0], [2.0, 3.0]])
    assert x.all(1).tolist() == [False, True]
    assert x.any(0, keepdim=True).tolist() == [[True, True]]
    assert x.count_nonzero().item() == 3
    assert x.count_nonzero(0).tolist() == [1, 2]


@given(
    hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4),
        elements=st.sampled_from([0.0, 0.0, 1.0, -2.0, 3.0]),
    )
)
@settings(max_examples=40, deadline=None)
def test_the_gradient_of_a_product_is_the_product_of_the_others_whatever_is_zero(array):
    expected = np.zeros(array.shape)
    for index in np.ndindex(array.shape):
        others = array.copy()
        others[index] = 1
        expected[index] = others.prod()
    assert np.allclose(gradient(lambda x: x.prod(), array), expected)
    axes = tuple(range(0, array.ndim, 2))
    along = np.zeros(array.shape)
    for index in np.ndindex(array.shape):
        others = array.copy()
        others[index] = 1
        along[index] = others.prod(axis=axes, keepdims=True)[tuple(0 if i in axes else k for i, k in enumerate(index))]
    assert np.allclose(gradient(lambda x: x.prod(axes), array), along)


def test_logsumexp_neither_overflows_nor_trips_over_rows_of_nothing():
    inf = math.inf
    x = leaf([[1000.0, 1000.0], [-1000.0, -inf], [-inf, -inf], [inf, 0.0]])
    y = x.logsumexp(1)
    assert y.tolist() == [1000 + math.log(2), -1000, -inf, inf]
    y[:3].sum().backward()
    assert np.allclose(x.grad[:3].numpy(), [[0.5, 0.5], [1, 0], [0, 0]])


def test_variance_does_not_cancel_far_from_zero():
    x = ew.tensor(np.array([0.0, 1.0, 2.0, 3.0]) + 1e8, dtype="float64")
    assert x.var().item() == pytest.approx(5 / 3, rel=1e-12)
    assert x.var(unbiased=False).item() == pytest.approx(1.25, rel=1e-12)


def test_variance_takes_pytorchs_arguments():
    x = ew.tensor(ARRAY)
    assert np.allclose(x.var(0).numpy(), ARRAY.var(0, ddof=1))
    assert np.allclose(x.var(0, False).numpy(), ARRAY.var(0))
    assert np.allclose(x.std(False).numpy(), ARRAY.std())
    assert np.allclose(x.std(1, correction=2).numpy(), ARRAY.std(1, ddof=2))
    variance, mean = ew.var_mean(x, dim=1, keepdim=True)
    assert variance.shape == mean.shape == (2, 1, 4)
    deviation, mean = ew.std_mean(x)
    assert np.allclose(deviation.item(), ARRAY.std(ddof=1))
    assert np.allclose(mean.item(), ARRAY.mean())
    with pytest.raises(TypeError, match="unbiased=True and correction=1"):
        x.var(unbiased=True, correction=1)


def test_variance_of_one_element_is_nan_and_warns_of_nothing():
    x = leaf([2.0])
    assert math.isnan(x.var().item())
    assert x.var(correction=0).item() == 0


def test_kinks_of_lengths_have_the_gradient_zero():
    assert gradient(lambda x: x.std(), [2.0, 2.0, 2.0]).tolist() == [0, 0, 0]
    for p in (1, 2, 3, 0.5, math.inf, -math.inf):
        assert gradient(lambda x, p=p: x.norm(p), [0.0, 0.0]).tolist() == [0, 0]
    assert gradient(lambda x: x.norm(3), [0.0, 2.0]).tolist() == [0, 1]


def test_second_derivatives_at_the_kinks_are_finite():
    for function in (lambda x: x.std(), lambda x: x.norm(), lambda x: x.norm(3), lambda x: x.norm(1)):
        x = leaf([0.0, 0.0])
        (slope,) = ew.autograd.grad(function(x), [x], create_graph=True)
        (curvature,) = ew.autograd.grad(slope.sum(), [x])
        assert curvature.tolist() == [0, 0]


@at_once
@pytest.mark.parametrize("p", [0, 0.5, 1, 2, 3, math.inf, -math.inf, -1])
@pytest.mark.parametrize("axis", [None, 1, (0, 2)])
def test_norms_agree_with_their_definition(p, axis):
    size = np.abs(ARRAY)
    over = tuple(range(3)) if axis is None else axis
    if p == 0:
        expected = (size != 0).sum(over)
    elif math.isinf(p):
        expected = size.max(over) if p > 0 else size.min(over)
    else:
        expected = (size**p).sum(over) ** (1 / p)
    assert np.allclose(vector_norm(ew.tensor(ARRAY), p, axis).numpy(), expected)
    assert np.allclose(ew.norm(ew.tensor(ARRAY), p, axis).numpy(), expected)


def test_norm_knows_two_names():
    assert ew.norm(ew.tensor([3.0, 4.0]), "fro").item() == 5
    assert ew.norm(ew.tensor([3, 4]), dtype="float32").item() == 5
    with pytest.raises(TypeError, match="norm: p must be a number, 'fro' or 'nuc', not 'nuk'"):
        ew.norm(ew.tensor([1.0]), "nuk")


def test_median_is_the_lower_middle_element():
    x = leaf([[4.0, 1.0, 3.0, 2.0], [1.0, math.nan, 0.0, 5.0]])
    values, indices = x.median(1)
    assert values.tolist()[0] == 2
    assert math.isnan(values.tolist()[1])
    assert indices.tolist() == [3, 1]
    values[0].backward()
    assert x.grad.tolist() == [[0, 0, 0, 1], [0, 0, 0, 0]]
    assert ew.tensor([3, 1, 2]).median().item() == 2
    assert ew.tensor(7.0).median(0).values.item() == 7
    assert x.median(-1, keepdim=True).values.shape == (2, 1)
    with pytest.raises(ew.ShapeError, match="median: no element"):
        ew.tensor([]).median()


@at_once
@pytest.mark.parametrize("how", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_quantiles_agree_with_numpy(how, axis):
    parts = [0.0, 0.3, 0.5, 1.0]
    ours = ew.quantile(ew.tensor(ARRAY), parts, axis, interpolation=how)
    assert np.allclose(ours.numpy(), np.quantile(ARRAY, parts, axis=axis, method=how))
    assert ew.quantile(ew.tensor(ARRAY), ew.tensor(0.5), axis, keepdim=True).ndim == 3


def test_quantile_refuses_what_has_no_answer():
    x = ew.tensor([1.0, 2.0])
    with pytest.raises(ew.ArgumentError, match=r"q=1\.5"):
        x.quantile(1.5)
    with pytest.raises(ew.ArgumentError, match="interpolation is 'middle'"):
        x.quantile(0.5, interpolation="middle")
    with pytest.raises(ew.DTypeError, match="quantile"):
        ew.tensor([1]).quantile(0.5)
    assert math.isnan(ew.tensor([1.0, math.nan]).quantile(0.0).item())


def test_nan_can_be_left_out():
    x = leaf([[1.0, math.nan, 3.0], [math.nan, math.nan, math.nan]])
    assert x.nansum(1).tolist() == [4, 0]
    mean = x.nanmean(1)
    assert mean.tolist()[0] == 2
    assert math.isnan(mean.tolist()[1])
    mean[0].backward()
    assert x.grad.tolist() == [[0.5, 0, 0.5], [0, 0, 0]]


def test_std_of_numbers_whose_squares_overflow():
    x = ew.tensor([1e20, -1e20], requires_grad=True)
    y = x.std()
    y.backward()
    assert y.item() == pytest.approx(2**0.5 * 1e20, rel=1e-6)
    assert x.grad.tolist() == pytest.approx([0.5**0.5, -(0.5**0.5)], rel=1e-6)
    assert ew.isnan(ew.tensor([1.0, float("nan")]).std())
    assert ew.isnan(ew.tensor([1.0, float("inf")]).std())


X = [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("sum", 15.0),
        ("mean", 2.5),
        ("amax", 5.0),
        ("amin", 0.0),
        ("nansum", 15.0),
        ("nanmean", 2.5),
        ("prod", 0.0),
        ("count_nonzero", 5),
        ("var", 3.5),
        ("std", 3.5**0.5),
        ("logsumexp", 5.456193),
        ("norm", 55**0.5),
    ],
)
def test_an_empty_dim_means_all_axes(name, right):
    x = ew.tensor(X)
    for none in ((), []):
        assert getattr(x, name)(dim=none).item() == pytest.approx(right)
    if name != "norm":
        assert getattr(ew, name)(x, ()).item() == pytest.approx(right)
        assert getattr(ew, name)(x, (), keepdim=True).shape == (1, 1)
        assert getattr(ew, name)(x, (), keepdims=True).shape == (1, 1)


def test_an_empty_axis_reduces_nothing_as_in_the_standard():
    x = ew.tensor(X)
    for name in ("sum", "mean", "amax", "prod"):
        assert getattr(ew, name)(x, axis=()).tolist() == X
    assert ew.array_api.sum(x, axis=()).tolist() == X
    assert x.all(dim=()).shape == x.any(dim=()).shape == (2, 3)


@pytest.mark.parametrize("count", [100, 127, 128, 300, 1000])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_products_whose_parts_are_out_of_range_are_right(count, dtype):
    x = ew.tensor([2.0] * count + [0.5] * count, dtype=dtype, requires_grad=True)
    y = x.prod()
    y.backward()
    assert y.item() == 1.0
    assert x.grad.tolist() == [0.5] * count + [2.0] * count
