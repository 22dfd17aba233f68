"""Names of the standard whose meaning or signature is checked here by its text."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

import edgewise as ew
from edgewise import array_api as xp


@pytest.mark.parametrize("limits", [ew.finfo(ew.float32), xp.finfo(ew.float32), xp.finfo(ew.ones(1))])
def test_limits_of_floats_are_python_s_numbers(limits):
    assert limits.bits == 32
    assert limits.eps == 2.0**-23
    assert limits.max == -limits.min == (2 - 2.0**-23) * 2.0**127
    assert limits.smallest_normal == limits.tiny == 2.0**-126
    assert limits.dtype == ew.float32
    assert {type(getattr(limits, name)) for name in ("eps", "max", "min", "smallest_normal", "resolution")} == {float}
    assert type(limits.bits) is int
    assert repr(limits).startswith("finfo(dtype=float32, min=-3.4028")


@pytest.mark.parametrize("limits", [ew.iinfo("int8"), xp.iinfo(ew.int8), xp.iinfo(ew.ones(1, dtype="int8"))])
def test_limits_of_integers_are_python_s_numbers(limits):
    assert (limits.bits, limits.min, limits.max) == (8, -128, 127)
    assert {type(limits.bits), type(limits.min), type(limits.max)} == {int}
    assert repr(limits) == "iinfo(dtype=int8, min=-128, max=127)"


def test_limits_are_asked_of_the_right_kind():
    assert ew.finfo().dtype == ew.float32
    with pytest.raises(ew.DTypeError, match="finfo is for floating-point dtypes, not for int64: see iinfo"):
        ew.finfo(ew.int64)
    with pytest.raises(ew.DTypeError, match="iinfo is for integer dtypes, not for float32: see finfo"):
        ew.iinfo(ew.float32)


def test_arguments_go_by_the_names_and_places_of_the_standard():
    assert xp.isdtype(dtype=ew.float32, kind="real floating")
    assert xp.expand_dims(ew.ones(2, 3), 1).shape == (2, 1, 3)
    names = list(inspect.signature(ew.Tensor.__dlpack__).parameters)
    assert names == ["self", "stream", "max_version", "dl_device", "copy"]
    assert np.from_dlpack(ew.ones(2)).tolist() == [1.0, 1.0]
    assert ew.ones(2).__dlpack__(stream=None, max_version=(1, 0)) is not None


INF = math.inf


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [
        (INF, 2.0, INF),
        (INF, -2.0, -INF),
        (-INF, 2.0, -INF),
        (-INF, -2.0, INF),
        (2.0, INF, 0.0),
        (2.0, -INF, -0.0),
        (-2.0, INF, -0.0),
        (-2.0, -INF, 0.0),
        (INF, INF, math.nan),
        (0.0, 0.0, math.nan),
        (7.0, -2.0, -4.0),
    ],
)
def test_floor_divide_has_the_standard_s_special_cases(a, b, quotient):
    x = ew.tensor(a, requires_grad=True)
    y = xp.floor_divide(x, ew.tensor(b))
    np.testing.assert_equal(y.item(), quotient)
    assert math.copysign(1, y.item()) == math.copysign(1, quotient) or math.isnan(quotient)
    y.backward()
    assert x.grad.item() == 0.0
    assert xp.floor_divide(ew.tensor([7]), 2).tolist() == [3]


def test_clip_may_be_without_bounds():
    x = ew.tensor([1.0, -2.0])
    assert xp.clip(x).tolist() == [1.0, -2.0]
    assert xp.clip(x, max=0.0).tolist() == [0.0, -2.0]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "uint64", "float32"])
def test_vecdot_has_the_dtype_of_its_operands(dtype):
    a = ew.ones(2, 3, dtype=dtype)
    y = xp.vecdot(a, a)
    assert y.dtype == dtype
    assert y.tolist() == [3, 3]
    assert xp.linalg.vecdot(a, ew.ones(3, dtype="float64")).dtype == "float64"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("x //= 2", [3, 2]),
        ("x %= 4", [3, 1]),
        ("x &= 6", [6, 4]),
        ("x |= 8", [15, 13]),
        ("x ^= 1", [6, 4]),
        ("x <<= 1", [14, 10]),
        ("x >>= 1", [3, 2]),
    ],
)
def test_augmented_assignments_write_in_place(change, expected):
    x = ew.tensor([7, 5])
    names = {"x": x}
    exec(change, names)
    assert names["x"] is x
    assert x.tolist() == expected
