"""The methods of tensors: each the function of its name, and the few that have a form of their own."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

import edgewise as ew
from edgewise.tensor.methods import Methods

UNARY = {
    "abs": np.abs,
    "absolute": np.abs,
    "neg": np.negative,
    "sign": np.sign,
    "square": np.square,
    "exp": np.exp,
    "exp2": np.exp2,
    "deg2rad": np.deg2rad,
    "rad2deg": np.rad2deg,
    "expm1": np.expm1,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "atan": np.arctan,
    "arctan": np.arctan,
    "asinh": np.arcsinh,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "fix": np.trunc,
    "round": np.round,
    "reciprocal": np.reciprocal,
    "isnan": np.isnan,
    "isfinite": np.isfinite,
}
POSITIVE = {
    "sqrt": np.sqrt,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "asin": np.arcsin,
    "acos": np.arccos,
    "arccos": np.arccos,
    "atanh": np.arctanh,
}
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "subtract": np.subtract,
    "mul": np.multiply,
    "multiply": np.multiply,
    "div": np.divide,
    "true_divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "atan2": np.arctan2,
    "remainder": np.remainder,
    "fmod": np.fmod,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "floor_divide": np.floor_divide,
    "copysign": np.copysign,
}
A = np.array([[-1.5, 0.25, 2.0], [0.5, -0.75, 3.0]])
B = np.array([2.0, 0.25, -1.0])


@pytest.mark.parametrize("name", UNARY)
def test_unary_methods_agree_with_numpy(name):
    assert np.allclose(getattr(ew.tensor(A), name)().numpy(), UNARY[name](A))


@pytest.mark.parametrize("name", POSITIVE)
def test_unary_methods_on_numbers_between_0_and_1_agree_with_numpy(name):
    values = np.array([0.1, 0.5, 0.9])
    assert np.allclose(getattr(ew.tensor(values), name)().numpy(), POSITIVE[name](values))


@pytest.mark.parametrize("name", BINARY)
def test_binary_methods_and_functions_agree_with_numpy(name):
    expected = BINARY[name](A, B)
    assert np.allclose(getattr(ew.tensor(A), name)(ew.tensor(B)).numpy(), expected)
    assert np.allclose(getattr(ew, name)(ew.tensor(A), ew.tensor(B)).numpy(), expected)


def test_every_method_is_documented_in_a_line():
    for name, method in vars(Methods).items():
        if not name.startswith("_"):
            text = inspect.getdoc(method)
            assert text, name
            assert len(text.splitlines()[0]) < 120, name


def test_methods_that_are_functions_have_a_function_beside_them():
    own_form = (
        "view",
        "reshape_as",
        "view_as",
        "unfold",
        "sum_to_size",
        "stride",
        "contiguous",
        "is_contiguous",
        "size",
        "dim",
        "ndimension",
        "numel",
        "nelement",
    )
    own_form += ("element_size", "is_floating_point", "expand", "expand_as", "repeat")
    own_form += ("new", "new_tensor", "new_full", "new_empty", "new_zeros", "new_ones")
    missing = [
        name
        for name, method in vars(Methods).items()
        if not name.startswith("_") and name not in own_form and inspect.isfunction(method) and not hasattr(ew, name)
    ]
    assert missing == []


def test_alpha_scales_the_second_argument():
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    y = x.add(x, alpha=3).sub(ew.tensor(1.0), alpha=2)
    assert y.tolist() == [2, 6]
    y.sum().backward()
    assert x.grad.tolist() == [4, 4]


def test_division_can_be_rounded():
    a, b = ew.tensor([-7, 7, 6, -6]), ew.tensor(2)
    assert a.div(b, rounding_mode="trunc").tolist() == [-3, 3, 3, -3]
    assert a.div(b, rounding_mode="trunc").dtype == np.int64
    assert a.div(b, rounding_mode="floor").tolist() == [-4, 3, 3, -3]
    assert a.div(b).tolist() == [-3.5, 3.5, 3, -3]
    assert ew.div(ew.tensor([-7.0]), 2, rounding_mode="trunc").tolist() == [-3]
    large = ew.tensor([2**60 + 1])
    assert large.div(1, rounding_mode="trunc").tolist() == [2**60 + 1]
    with pytest.raises(ew.ArgumentError, match="rounding_mode is 'up'"):
        a.div(b, rounding_mode="up")


def test_where_puts_the_condition_second():
    x = ew.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x.where(x > 1.5, -1.0)
    assert y.tolist() == [-1, 2, 3]
    y.sum().backward()
    assert x.grad.tolist() == [0, 1, 1]


def test_clamping():
    x = ew.tensor([-2.0, 0.5, 2.0])
    assert x.clamp(-1, 1).tolist() == x.clip(min=-1, max=1).tolist() == [-1, 0.5, 1]
    assert x.clamp_min(0).tolist() == [0, 0.5, 2]
    assert x.clamp_max(0).tolist() == [-2, 0, 0]


def test_whole_tensors_are_compared_by_equal_and_allclose():
    x = ew.tensor([1.0, 2.0])
    assert x.equal(ew.tensor([1.0, 2.0])) is True
    assert ew.equal(x, ew.tensor([1.0, 2.5])) is False
    assert x.equal(ew.tensor([[1.0, 2.0]])) is False
    assert ew.equal(ew.tensor([]), ew.tensor([]))
    assert x.allclose(x + 1e-7)
    assert not x.allclose(x + 1e-3)
    nan, inf = ew.tensor([math.nan]), ew.tensor([math.inf])
    assert not ew.allclose(nan, nan)
    assert ew.allclose(nan, nan, equal_nan=True)
    assert ew.allclose(inf, inf)
    assert ew.isclose(inf, ew.tensor([-math.inf, 1.0])).tolist() == [False, False]


def test_nan_to_num_replaces_what_is_not_finite():
    x = ew.tensor([math.nan, math.inf, -math.inf, 1.0], requires_grad=True)
    y = x.nan_to_num(nan=5.0, posinf=2.0)
    assert y.tolist() == [5, 2, float(np.finfo("float32").min), 1]
    y.sum().backward()
    assert x.grad.tolist() == [0, 0, 0, 1]


def test_interpolation_and_fused_forms():
    a, b = ew.tensor([0.0, 1.0]), ew.tensor([10.0, 3.0])
    assert a.lerp(b, 0.5).tolist() == [5, 2]
    assert a.addcmul(b, b, value=2).tolist() == [200, 19]
    assert a.addcdiv(b, b, value=0.5).tolist() == [0.5, 1.5]
    assert ew.frac(ew.tensor([1.25, -1.25])).tolist() == [0.25, -0.25]


def test_sizes():
    x = ew.tensor(np.zeros((2, 3, 4)))
    assert x.size() == (2, 3, 4)
    assert x.size(-1) == x.size(dim=2) == 4
    assert x.dim() == x.ndimension() == 3
    assert x.numel() == x.nelement() == 24
    assert ew.tensor(1.0).numel() == 1
    assert [ew.tensor([1], dtype=dtype).element_size() for dtype in ("bool", "int32", "float64")] == [1, 4, 8]
    assert x.is_floating_point()
    assert not ew.tensor([1]).is_floating_point()
    with pytest.raises(ew.IndexingError, match=r"size: axis 3 is out of range for shape \(2, 3, 4\)"):
        x.size(3)


def test_forms_of_reshaping():
    x = ew.tensor(np.zeros((2, 3)))
    assert x.reshape_as(ew.tensor(np.zeros(6))).shape == x.ravel().shape == x.view(6).shape == (6,)
    assert x.contiguous() is x


def test_activations_are_methods():
    x = ew.tensor([-1.0, 0.0, 2.0])
    assert x.relu().tolist() == [0, 0, 2]
    assert x.sigmoid()[1].item() == 0.5
    assert x.softmax(0).sum().item() == pytest.approx(1)
    assert np.allclose(x.log_softmax(dim=0).exp().numpy(), x.softmax(-1).numpy())


def test_new_tensors_take_this_ones_dtype():
    x = ew.tensor([1.0], dtype="float64")
    assert x.new_zeros(2, 3).shape == x.new_zeros((2, 3)).shape == (2, 3)
    assert x.new_ones(2).tolist() == [1, 1]
    assert x.new_full((2,), 7).dtype == np.float64
    assert x.new_tensor([1, 2]).dtype == np.float64
    assert x.new_ones(1, dtype="int64", requires_grad=False).dtype == np.int64
    assert x.new_tensor([1.0], requires_grad=True).requires_grad


def test_matrix_methods():
    a, b = ew.tensor([[1.0, 2.0], [3.0, 4.0]]), ew.tensor([5.0, 6.0])
    assert a.matmul(a).tolist() == a.mm(a).tolist() == [[7, 10], [15, 22]]
    assert a.mv(b).tolist() == [17, 39]
    assert b.dot(b).item() == 61
    assert b.outer(b).shape == (2, 2)
    assert a.trace().item() == 5
    assert a.diagonal().tolist() == [1, 4]
    assert a.tril().tolist() == [[1, 0], [3, 4]]
    assert b.diag().tolist() == [[5, 0], [0, 6]]
    assert a.unsqueeze(0).bmm(a.unsqueeze(0)).shape == (1, 2, 2)


def test_methods_by_index_and_mask():
    x = ew.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.gather(1, ew.tensor([[1], [0]])).tolist() == [[2], [3]]
    assert x.index_select(0, ew.tensor([1])).tolist() == [[3, 4]]
    assert x.masked_fill(x > 2, 0.0).tolist() == [[1, 2], [0, 0]]
    assert x.masked_select(x > 2).tolist() == [3, 4]
    assert x.scatter_add(0, ew.tensor([[0, 0]]), ew.tensor([[10.0, 20.0]])).tolist() == [[11, 22], [3, 4]]
    assert x.take(ew.tensor([3, 0])).tolist() == [4, 1]
    assert ew.tensor([0, 2]).nonzero().tolist() == [[1]]


@pytest.mark.parametrize("power", [lambda x: x**-1, lambda x: x ** ew.tensor([-1, 2]), lambda x: 2 ** (-x)])
def test_an_integer_to_a_negative_power_says_to_use_floats(power):
    with pytest.raises(ew.ArgumentError, match=r"no integer: use floats, as in x\.float\(\) \*\* -1"):
        power(ew.tensor([2, 3]))
    assert (ew.tensor([2, 4]).float() ** -1).tolist() == [0.5, 0.25]
    with pytest.raises(ew.ShapeError, match="pow: shapes"):
        ew.tensor([2, 3]) ** ew.tensor([1, 2, 3])


def test_new_makes_a_tensor_of_sizes_or_of_data_as_in_pytorch():
    x = ew.zeros(2, dtype=ew.float64)
    assert [x.new().shape, x.new(3).shape, x.new(2, 3).shape] == [(0,), (3,), (2, 3)]
    assert x.new(2, 3).dtype == ew.float64
    assert x.new(2, 3).zero_().tolist() == [[0, 0, 0], [0, 0, 0]]
    data = np.array([1, 2])
    for values in ([1, 2], data):
        assert x.new(values).tolist() == [1, 2]
        assert x.new(values).dtype == ew.float64
    x.new(data)[0] = 5
    assert data.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((2, 3), r"new: a tuple is ambiguous: use new_empty\(shape\).*, new_tensor\(data\)"),
        (ew.ones(2), "new: a tensor is ambiguous"),
        (1.5, r"new: sizes must be integers, not 1\.5"),
    ],
)
def test_new_of_what_is_neither_is_refused(given, message):
    with pytest.raises((ew.ArgumentError, TypeError), match=message):
        ew.zeros(2).new(given)
