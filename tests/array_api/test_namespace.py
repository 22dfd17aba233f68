from __future__ import annotations

import inspect
import subprocess
import sys

import array_api_strict as strict
import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise import array_api

# Complex numbers are not served, nor what is made of them; what is newer than 2024.12; what is strict's own.
NOT_SERVED = {"__version__", "complex64", "complex128", "fft", "isin", "Device"}
NAMES = [name for name in strict.__all__ if "strict" not in name.lower() and name not in NOT_SERVED]
FUNCTIONS = [(strict, array_api, name) for name in NAMES if inspect.isfunction(getattr(strict, name))]
FUNCTIONS += [(strict.linalg, array_api.linalg, name) for name in strict.linalg.__all__]


@at_once
@pytest.mark.parametrize("name", NAMES)
def test_the_standards_names_are_there(name):
    assert hasattr(array_api, name)


@at_once
@pytest.mark.parametrize("name", strict.linalg.__all__)
def test_the_standards_names_of_linear_algebra_are_there(name):
    assert hasattr(array_api.linalg, name)


@at_once
@pytest.mark.parametrize(("theirs", "ours", "name"), FUNCTIONS, ids=[name for _, _, name in FUNCTIONS])
def test_arguments_have_the_standards_names_and_defaults(theirs, ours, name):
    want = inspect.signature(getattr(theirs, name)).parameters
    have = inspect.signature(getattr(ours, name)).parameters
    positional = [p for p in have.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    for number, parameter in enumerate(want.values()):
        if parameter.kind is parameter.POSITIONAL_ONLY:
            assert len(positional) > number or any(p.kind is p.VAR_POSITIONAL for p in have.values())
        elif parameter.kind is parameter.KEYWORD_ONLY or parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            if name in ("tril", "triu"):
                continue  # k is there, beside PyTorch's diagonal: tested below
            assert parameter.name in have
            if parameter.default is not parameter.empty and "UNDEF" not in repr(parameter.default):
                assert have[parameter.name].default == parameter.default


AGREEING = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "broadcast_shapes",
    "ceil",
    "copysign",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "floor",
    "greater",
    "greater_equal",
    "hypot",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "matmul",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "tril",
    "triu",
    "trunc",
    "float32",
    "float64",
    "int8",
    "int64",
    "uint8",
    "bool",
]


@at_once
@pytest.mark.parametrize("name", AGREEING)
def test_where_both_namespaces_agree_it_is_one_object(name):
    assert getattr(array_api, name) is getattr(ew, name)


def test_where_the_meanings_differ_it_is_the_standards():
    x = ew.tensor([[3.0, 1.0], [2.0, 2.0]])
    assert array_api.sort(x).tolist() == [[1.0, 3.0], [2.0, 2.0]]
    assert array_api.max(x, axis=1).tolist() == [3.0, 2.0]
    assert array_api.min(x, axis=0).tolist() == [2.0, 1.0]
    assert array_api.var(x).item() == pytest.approx(np.var(x.numpy()))
    assert array_api.std(x, axis=0, correction=1).tolist() == pytest.approx(np.std(x.numpy(), axis=0, ddof=1).tolist())
    assert array_api.equal(x, x).tolist() == [[True, True], [True, True]]
    assert array_api.take(x, ew.tensor([1]), axis=1).tolist() == [[1.0], [2.0]]
    assert array_api.repeat(x, 2, axis=0).shape == (4, 2)
    assert [t.tolist() for t in array_api.nonzero(x > 2)] == [[0], [0]]
    a, b = array_api.meshgrid(ew.arange(2), ew.arange(3))
    assert a.shape == b.shape == (3, 2)
    assert array_api.expand_dims(x, axis=1).shape == (2, 1, 2)
    assert array_api.concat([x, x], axis=None).shape == (8,)
    assert array_api.flip(x).tolist() == [[2.0, 2.0], [1.0, 3.0]]
    assert array_api.cumulative_sum(x, axis=1, include_initial=True).tolist() == [[0.0, 3.0, 4.0], [0.0, 2.0, 4.0]]
    assert array_api.tril(x, k=-1).tolist() == [[0.0, 0.0], [2.0, 0.0]]
    assert array_api.triu(x, k=1).tolist() == [[0.0, 1.0], [0.0, 0.0]]
    assert array_api.linalg.trace(ew.ones(3, 2, 2)).tolist() == [2.0, 2.0, 2.0]
    assert array_api.linalg.diagonal(ew.ones(3, 2, 2)).shape == (3, 2)
    with pytest.raises(ew.ShapeError, match="squeeze: axis 0"):
        array_api.squeeze(x, 0)
    with pytest.raises(ew.DTypeError, match="mean is for floating-point numbers"):
        array_api.mean(ew.arange(3))


X = np.array([[0.25, -0.5, 0.75], [0.5, 0.125, -0.25]])
Y = np.array([[0.5, 0.5, -0.75], [0.25, 1.0, -2.0]])
UNARY = [
    "abs",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "ceil",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "floor",
    "isfinite",
    "isinf",
    "isnan",
    "log1p",
    "negative",
    "positive",
    "reciprocal",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "square",
    "tan",
    "tanh",
    "trunc",
    "conj",
    "real",
    "imag",
]
BINARY = [
    "add",
    "atan2",
    "copysign",
    "divide",
    "equal",
    "greater",
    "greater_equal",
    "hypot",
    "less",
    "less_equal",
    "logaddexp",
    "maximum",
    "minimum",
    "multiply",
    "nextafter",
    "not_equal",
    "remainder",
    "subtract",
]
REDUCTIONS = ["sum", "prod", "max", "min", "mean", "var", "std", "all", "any", "argmax", "argmin", "count_nonzero"]
ARRANGING = ["flip", "matrix_transpose", "sort", "argsort", "cumulative_sum", "cumulative_prod", "diff", "tril", "triu"]


def from_strict(tensor):
    assert type(tensor.array).__module__.startswith("array_api_strict")
    return np.from_dlpack(tensor.detach().array)


def on_strict(array):
    return ew.as_tensor(strict.asarray(array))


@at_once
@pytest.mark.parametrize("name", [*UNARY, "sqrt", "log", "log2", "log10", "acosh", "acos"])
def test_elementwise_functions_of_one_argument(name):
    x = np.abs(X) + 1 if name == "acosh" else np.abs(X) if name not in UNARY else X
    want = getattr(np, name)(x)
    got = getattr(array_api, name)(ew.tensor(x))
    np.testing.assert_allclose(got.numpy(), want)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(from_strict(getattr(array_api, name)(on_strict(x))), want)


@at_once
@pytest.mark.parametrize("name", BINARY)
def test_elementwise_functions_of_two_arguments(name):
    want = getattr(np, name)(X, Y)
    np.testing.assert_allclose(getattr(array_api, name)(ew.tensor(X), ew.tensor(Y)).numpy(), want)
    np.testing.assert_allclose(from_strict(getattr(array_api, name)(on_strict(X), on_strict(Y))), want)


@at_once
@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name, axis, keepdims):
    want = getattr(np, name)(X, axis=axis, keepdims=keepdims)
    got = getattr(array_api, name)(ew.tensor(X), axis=axis, keepdims=keepdims)
    assert got.shape == want.shape
    np.testing.assert_allclose(got.numpy(), want)
    np.testing.assert_allclose(from_strict(getattr(array_api, name)(on_strict(X), axis=axis, keepdims=keepdims)), want)


@at_once
@pytest.mark.parametrize("name", ARRANGING)
def test_arranging_functions(name):
    options = {"axis": 1} if name.startswith("cumulative") else {}
    want = getattr(np, name)(X, **options)
    np.testing.assert_allclose(getattr(array_api, name)(ew.tensor(X), **options).numpy(), want)
    np.testing.assert_allclose(from_strict(getattr(array_api, name)(on_strict(X), **options)), want)


@pytest.mark.parametrize("name", ["unique_all", "unique_counts", "unique_inverse"])
def test_sets(name):
    x = np.array([[2, 1, 2], [5, 1, 2]])
    want = getattr(np, name)(x)
    got = getattr(array_api, name)(ew.tensor(x))
    assert got._fields == want._fields
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a.numpy(), b)
    np.testing.assert_array_equal(array_api.unique_values(ew.tensor(x)).numpy(), [1, 2, 5])


@pytest.mark.parametrize(
    "function",
    [
        lambda xp: xp.arange(5),
        lambda xp: xp.arange(1, 2, 0.25, dtype=xp.float64),
        lambda xp: xp.arange(5, 1),
        lambda xp: xp.zeros((2, 3), dtype=xp.int8),
        lambda xp: xp.ones(3, dtype=xp.float64),
        lambda xp: xp.full((2,), 7),
        lambda xp: xp.full((2,), True),
        lambda xp: xp.eye(3, 4, k=1, dtype=xp.float64),
        lambda xp: xp.linspace(0, 1, 5, dtype=xp.float64),
        lambda xp: xp.linspace(0, 1, 4, endpoint=False, dtype=xp.float64),
        lambda xp: xp.asarray([[1, 2], [3, 4]], dtype=xp.float64),
        lambda xp: xp.full_like(xp.zeros(2, dtype=xp.float64), 3),
        lambda xp: xp.astype(xp.arange(3), xp.float64),
        lambda xp: xp.roll(xp.arange(6), 2),
        lambda xp: xp.tile(xp.arange(3), (2, 2)),
        lambda xp: xp.moveaxis(xp.zeros((2, 3, 4)), 0, -1),
        lambda xp: xp.permute_dims(xp.zeros((2, 3, 4)), (2, 0, 1)),
        lambda xp: xp.stack([xp.arange(2), xp.arange(2)], axis=1),
        lambda xp: xp.unstack(xp.reshape(xp.arange(6), (2, 3)), axis=1)[2],
        lambda xp: xp.searchsorted(xp.arange(5), xp.asarray([2, 7]), side="right"),
        lambda xp: xp.take_along_axis(xp.reshape(xp.arange(6), (2, 3)), xp.asarray([[2], [0]]), axis=1),
        lambda xp: xp.linalg.vecdot(xp.ones((2, 3)), xp.ones((3,))),
        lambda xp: xp.linalg.tensordot(xp.ones((2, 3)), xp.ones((3, 2)), axes=1),
        lambda xp: xp.linalg.vector_norm(xp.ones((2, 8)), axis=1, ord=3),
        lambda xp: xp.linalg.matrix_norm(xp.ones((2, 2)), ord="nuc"),
    ],
)
def test_other_functions_agree_with_numpy(function):
    got, want = function(array_api), function(np)
    assert got.shape == want.shape
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-6)


def test_asarray_keeps_gradients_and_copies_only_when_asked():
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    assert array_api.asarray(x) is x
    array_api.asarray(x, dtype=array_api.float64, copy=True).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="without a copy"):
        array_api.asarray(x, dtype=array_api.float64, copy=False)
    with pytest.raises(ValueError, match="without a copy"):
        array_api.asarray([1.0], copy=False)
    with pytest.raises(ValueError, match="device must be None or 'cpu'"):
        array_api.zeros(2, device="gpu")


def test_dtypes_can_be_asked_about():
    assert array_api.isdtype(array_api.float32, "real floating")
    assert array_api.isdtype(array_api.int8, ("bool", "integral"))
    assert array_api.result_type(ew.tensor([1.0]), array_api.float64) == array_api.float64
    assert array_api.can_cast(array_api.int8, array_api.int64)
    assert array_api.finfo(ew.tensor([1.0])).bits == 32
    assert array_api.iinfo(array_api.int8).max == 127


def test_the_namespace_says_what_it_can_do():
    info = array_api.__array_namespace_info__()
    assert info.capabilities() == {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}
    assert info.devices() == [info.default_device()] == ["cpu"]
    assert info.default_dtypes()["real floating"] == ew.float32
    assert set(info.dtypes(kind="integral")) == {f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)}
    assert info.dtypes(kind=("bool", "real floating")) == {
        "bool": ew.bool,
        "float32": ew.float32,
        "float64": ew.float64,
    }


def test_a_tensor_leads_to_the_namespace():
    x = ew.ones(2)
    assert x.__array_namespace__() is array_api
    assert x.__array_namespace__(api_version="2023.12") is array_api
    with pytest.raises(ValueError, match=r"2024\.12 .* not 2031\.12"):
        x.__array_namespace__(api_version="2031.12")


def test_dlpack_goes_both_ways_in_the_same_memory():
    source = np.arange(4.0)
    x = array_api.from_dlpack(source)
    x[0] = 7.0
    assert source[0] == 7.0
    y = np.from_dlpack(x)
    assert np.shares_memory(y, source)
    assert not np.shares_memory(array_api.from_dlpack(source, copy=True).numpy(), source)
    np.testing.assert_array_equal(np.from_dlpack(ew.from_dlpack(strict.asarray(source)).numpy()), source)
    with pytest.raises(ew.GradientError, match="DLPack would drop the gradient"):
        np.from_dlpack(ew.ones(2, requires_grad=True))


def test_importing_edgewise_does_not_load_the_namespace():
    code = (
        "import sys, edgewise; assert 'edgewise.array_api' not in sys.modules; edgewise.ones(2).__array_namespace__()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ew.diagonal(x, 1),
        ew.diag_embed,
        ew.trace,
        lambda x: ew.einsum("ii->i", x),
        lambda x: ew.einsum("ij,jk->ik", x, x),
        lambda x: ew.kron(x, x),
        lambda x: ew.masked_fill(x, x > 0, 0.0),
        lambda x: x[[0, 0], [1, 2]],
        lambda x: ew.gather(x, 0, x.argsort(0)),
        lambda x: array_api.linalg.svd(x).U ** 2,
        lambda x: array_api.linalg.qr(x).Q,
        lambda x: array_api.linalg.det(x),
        lambda x: array_api.linalg.matrix_norm(x, ord="nuc"),
        lambda x: array_api.sort(x) * array_api.max(x, axis=0) / array_api.std(x),
    ],
)
def test_second_derivatives_stay_in_the_library_of_the_arrays(function):
    values = np.random.default_rng(0).standard_normal((3, 3))
    found = []
    for x in (on_strict(values).requires_grad_(), ew.tensor(values, requires_grad=True)):
        (gradient,) = ew.autograd.grad((function(x) ** 3).sum(), x, create_graph=True)
        (second,) = ew.autograd.grad((gradient * gradient).sum(), x)
        assert type(second.array) is type(x.array)
        found.append(np.from_dlpack(second.array))
    np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-9)
