"""The dtype of a result, by PyTorch's rules, a row each."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew


def _of(dtype, *shape):
    return ew.ones(*shape or (2,), dtype=dtype)


ROWS = [
    # operation, left, right, the result's dtype
    ("add", _of("float32"), _of("float32"), "float32"),
    ("add", _of("float32"), _of("float64"), "float64"),
    ("add", _of("float16"), _of("float32"), "float32"),
    ("add", _of("int64"), _of("float32"), "float32"),
    ("add", _of("int64"), _of("float16"), "float16"),
    ("add", _of("int32"), _of("int64"), "int64"),
    ("add", _of("uint8"), _of("int8"), "int16"),
    ("add", _of("bool"), _of("int32"), "int32"),
    ("add", _of("bool"), _of("float32"), "float32"),
    ("add", _of("bool"), _of("bool"), "bool"),
    # Tensors without axes change the dtype only by being of a higher kind.
    ("mul", _of("float32"), ew.tensor(2.0, dtype="float64"), "float32"),
    ("mul", ew.tensor(2.0, dtype="float64"), _of("float32"), "float32"),
    ("mul", _of("int64"), ew.tensor(2.0), "float32"),
    ("mul", _of("int8"), ew.tensor(2), "int8"),
    ("mul", _of("float32"), ew.tensor(2), "float32"),
    ("mul", ew.tensor(2.0, dtype="float64"), ew.tensor(2.0), "float64"),
    # Python's and NumPy's numbers, too.
    ("mul", _of("float32"), 2.5, "float32"),
    ("mul", _of("float16"), 2.5, "float16"),
    ("mul", _of("int64"), 2.5, "float32"),
    ("mul", _of("int8"), 2, "int8"),
    ("mul", _of("bool"), 2, "int64"),
    ("mul", _of("bool"), 2.5, "float32"),
    ("mul", _of("float32"), np.float64(2.5), "float32"),
    ("mul", _of("float32"), np.int64(2), "float32"),
    # Quotients are floating-point numbers.
    ("div", _of("int64"), _of("int64"), "float32"),
    ("div", _of("bool"), 2, "float32"),
    ("div", _of("float64"), _of("int64"), "float64"),
    ("pow", _of("int64"), 2, "int64"),
    ("pow", _of("int64"), 2.0, "float32"),
    ("maximum", _of("float32"), _of("int64"), "float32"),
    ("where", _of("float32"), _of("float64"), "float64"),
    ("eq", _of("float32"), _of("int64"), "bool"),
    ("lt", _of("float32"), 1, "bool"),
]


@pytest.mark.parametrize(("name", "left", "right", "dtype"), ROWS)
def test_the_dtype_of_a_result(name, left, right, dtype):
    result = ew.where(left > 0, left, right) if name == "where" else getattr(ew, name)(left, right)
    assert result.dtype == dtype


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "tanh", "sigmoid", "erf"])
@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_functions_of_the_reals_take_integers_as_the_default_dtype(name, dtype):
    assert getattr(ew, name)(_of(dtype)).dtype == "float32"


def test_the_default_dtype_can_be_set():
    ew.set_default_dtype("float64")
    try:
        assert ew.ones(2).dtype == "float64"
        assert ew.tensor([1.5]).dtype == "float64"
        assert (_of("int64") / 2).dtype == "float64"
    finally:
        ew.set_default_dtype("float32")
    assert ew.get_default_dtype() == "float32"


def test_gradients_come_back_in_each_input_s_own_dtype():
    a = ew.ones(2, dtype="float32", requires_grad=True)
    b = ew.ones(2, dtype="float64", requires_grad=True)
    (a * b).sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == ("float32", "float64")


BINARY = ["add", "sub", "mul", "div", "pow", "atan2", "hypot", "logaddexp", "logaddexp2", "maximum", "minimum"]
BINARY += ["fmax", "fmin", "remainder", "fmod", "floor_divide", "copysign", "xlogy", "nextafter"]


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("name", BINARY)
def test_float32_stays_beside_a_plain_number(name, flipped):
    x = ew.tensor([0.5, 2.0], requires_grad=True)
    function = getattr(ew, name)
    result = function(2.5, x) if flipped else function(x, 2.5)
    assert result.dtype == "float32"
    if result.requires_grad:
        assert ew.autograd.grad(result.sum(), [x])[0].dtype == "float32"
