"""JavaScript of single primitives on the values and dtypes where languages differ."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from edgewise.printers.javascript import JavaScriptError, javascript
from edgewise.printers.javascript.printer import FORMS
from edgewise.program import Program, Step, Value
from edgewise.program.primitives import BINARY, INDEX, PRIMITIVES, REDUCTIONS, SCANS, UNARY

NOT_PRINTED = {"pinv", "qr_q", "qr_r", "eigenvalues", "eigenvectors"}
NOT_PRINTED |= {"singular_left", "singular_right", "singular_values"}
"""Decompositions that JavaScript lacks: pages of networks with them show a recording."""

_FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 3.0, -7.25, 0.1, 1e-3, 40.0, 1e30, np.inf, -np.inf, np.nan]
_INTEGERS = [0, 1, -1, 2, 3, -7, 5, 100, 17]
_BITS = ["bitwise_and", "bitwise_or", "bitwise_xor"]
_SHIFTS = ["bitwise_left_shift", "bitwise_right_shift"]


def _program(primitive: str, *operands: Any, **params: Any) -> tuple[Program, list[Any]]:
    """A Program of one step, and its arguments; Python numbers stay what they are."""
    with np.errstate(all="ignore"):
        result = np.asarray(PRIMITIVES[primitive](np, *operands, **params))
    arrays = [x for x in operands if isinstance(x, np.ndarray)]
    inputs = [Value(x.shape, x.dtype.name) for x in arrays]
    rest = iter(inputs)
    taken = tuple(next(rest) if isinstance(x, np.ndarray) else x for x in operands)
    output = Value(result.shape, result.dtype.name)
    return Program(inputs, {}, [Step(primitive, taken, params, output)], [output], [...]), arrays


def _agree(in_node: Any, cases: list[tuple[Program, list[Any]]], units: float = 0, size: float = 0) -> None:
    """Whether JavaScript gives what the Programs give, within so many units in the last place, or of `size`."""
    for (program, arguments), values in zip(cases, in_node(cases), strict=True):
        assert isinstance(values, dict), values
        with np.errstate(all="ignore"):
            (wanted,) = program.run(*arguments)
        got = values[program.outputs[0]]
        unit = float(np.finfo(wanted.dtype).eps) if wanted.dtype.kind == "f" else 0
        np.testing.assert_allclose(
            got, wanted, rtol=units * unit, atol=size * unit, err_msg=f"{program} of {arguments}"
        )


def _pairs(values: list[Any], dtype: str) -> tuple[Any, Any]:
    first, second = zip(*itertools.product(values, values), strict=True)
    return np.array(first, dtype), np.array(second, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_one_number_agree_at_special_values(in_node, dtype):
    x = np.array(_FLOATS, dtype)
    names = [name for name in UNARY if name != "bitwise_invert"]
    _agree(in_node, [_program(name, x) for name in names], units=4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_two_numbers_agree_at_special_values(in_node, dtype):
    pairs = _pairs(_FLOATS, dtype)
    names = [name for name in BINARY if not name.startswith("bitwise")]
    _agree(in_node, [_program(name, *pairs) for name in names], units=4)


def test_zeros_have_the_signs_that_programs_give(in_node):
    pairs = _pairs([0.0, -0.0, 2.0, -2.0, np.inf, -np.inf], "float32")
    cases = [_program(name, *pairs) for name in ("multiply", "divide", "copysign", "atan2", "remainder", "pow")]
    for (program, arguments), values in zip(cases, in_node(cases), strict=True):
        with np.errstate(all="ignore"):
            (wanted,) = program.run(*arguments)
        got = values[program.outputs[0]]
        np.testing.assert_array_equal(
            np.signbit(got)[~np.isnan(got)], np.signbit(wanted)[~np.isnan(wanted)], str(program)
        )


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint32"])
def test_integers_agree(in_node, dtype):
    values = [x for x in _INTEGERS if dtype[0] == "i" or x >= 0]
    first, second = _pairs(values, dtype)
    names = ["add", "subtract", "multiply", "maximum", "minimum", "floor_divide", "remainder", "equal", "less", *_BITS]
    if dtype == "int32":
        first = first * 10**7 + 3  # products go beyond 2**53, and wrap
    if dtype == "uint8":
        first = first + 150
    cases = [_program(name, first, second) for name in names]
    cases += [_program(name, first, np.abs(second) % 7) for name in _SHIFTS]
    cases += [_program(name, first) for name in ("abs", "sign", "square", "bitwise_invert", "logical_not")]
    rows = second.reshape(-1, len(values))
    cases += [_program(name, rows, axis=axis) for name in (*SCANS, "sum", "max", "argmin") for axis in (0, 1)]
    _agree(in_node, cases)


def test_large_integers_keep_their_bits(in_node):
    x = np.array([2**40 + 5, -(2**45) - 3, 2**52 + 1])
    y = np.array([2**33 + 4, 2**45 + 1, 2**50 + 7])
    cases = [_program(name, x, y) for name in (*_BITS, "add", "subtract", "less", "remainder")]
    cases += [_program("bitwise_right_shift", x, np.array([35, 2, 40])), _program("bitwise_invert", x)]
    _agree(in_node, cases)


def test_truth_values_agree(in_node):
    x, y = _pairs([True, False], "bool")
    names = ["logical_and", "logical_or", "logical_xor", "add", "multiply", "equal", "maximum", *_BITS]
    cases = [_program(name, x, y) for name in names]
    cases += [_program(name, x) for name in ("logical_not", "bitwise_invert", "all", "any", "sum")]
    cases += [_program("all", np.array([1.0, np.nan])), _program("any", np.array([0.0, -0.0]))]
    cases += [_program("logical_not", np.array([np.nan, 0.0, 2.0]))]
    _agree(in_node, cases)


def test_python_numbers_take_the_dtype_of_the_array(in_node):
    x = np.array([0.1, 0.7, -3.0], "float32")
    cases = [_program(name, x, 0.1) for name in ("add", "multiply", "equal", "greater", "less_equal", "pow")]
    cases += [_program("subtract", -1, x), _program("multiply", 1e300, x), _program("add", np.array([1, 2]), 0.1)]
    cases += [_program("where", x > 0, x, -0.3), _program("add", np.array([True, False]), 2)]
    cases += [_program("pow", x, exponent) for exponent in (0, 1, 2, 3, -1, 0.5, np.inf, np.nan)]
    cases += [_program("pow", base, x) for base in (1, 2.0, -1)]
    _agree(in_node, cases, units=2)


@pytest.mark.parametrize("old", ["bool", "int8", "uint8", "int32", "int64", "float32", "float64"])
def test_casts_agree(in_node, old):
    x = np.array([0, 1, 3, 100] if old != "bool" else [0, 1, 1, 0], old)
    if old.startswith("float"):
        x = x + np.array([0, 0.75, 0.1, 0.9], old)
    _agree(
        in_node, [_program("cast", x, dtype=new) for new in ("bool", "int8", "int64", "uint32", "float32", "float64")]
    )


@pytest.mark.parametrize("primitive", REDUCTIONS)
def test_reductions_over_every_axis_agree(in_node, primitive):
    cases = []
    for shape in [(), (1,), (7,), (3, 4), (2, 1, 9), (2, 3, 4, 5)]:
        x = np.random.default_rng(0).integers(-2, 3, shape).astype("float32")
        if x.size > 6:
            x.reshape(-1)[5] = np.nan
        axes: list[Any] = [None, *range(-1, len(shape))] if shape else [None]
        if not primitive.startswith("arg"):
            axes += itertools.combinations(range(len(shape)), 2)
        cases += [_program(primitive, x, axis=axis, keepdims=keepdims) for axis in axes for keepdims in (False, True)]
    _agree(in_node, cases, units=8)


def test_reductions_of_nothing_agree(in_node):
    x = np.zeros((3, 0, 2), "float32")
    cases = [_program(name, x, axis=axis, keepdims=False) for name in ("sum", "prod", "all", "any") for axis in (0, 1)]
    _agree(in_node, cases)


_KEYS: list[tuple[Any, ...]] = [
    (INDEX,),
    (slice(None), INDEX),
    (INDEX, slice(None), INDEX),
    (INDEX, INDEX, slice(1, None)),
    (Ellipsis, INDEX),
    (Ellipsis, INDEX, slice(None, None, -1)),
    (1, INDEX),
    (INDEX, None, 2),
    (INDEX, None, INDEX, slice(None, None, 2)),
    (slice(0, 2), INDEX, -1),
    (None, INDEX, slice(1, 3), 0),
]


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((2, 1), (3,)), ((), (2,)), ((1,), (2, 2))])
def test_keys_pick_what_numpy_picks(in_node, shapes):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, 4, 5))
    cases = []
    for form in _KEYS:
        indices = [np.asarray(rng.integers(-3, 3, shape)) for shape in shapes][: form.count(INDEX)]
        got, arguments = _program("gather", x, *indices, form=form)
        picked = got.outputs[0].shape
        cases += [(got, arguments), _program("put", x, 2.5, *indices, form=form)]
        cases += [_program("put", x, rng.normal(size=picked[-1:]), *indices, form=form)]
        cases += [_program("scatter_add", rng.normal(size=picked), *indices, form=form, shape=x.shape)]
    _agree(in_node, cases, units=8, size=8)


@pytest.mark.parametrize(
    "key",
    [
        (Ellipsis, -1),
        (slice(None, None, -2), slice(4, 0, -1)),
        (None, 1, None, slice(5, 2)),
        (slice(-2, None), Ellipsis, None),
        (2, 3, 4),
        (),
    ],
)
def test_slices_pick_what_numpy_picks(in_node, key):
    x = np.arange(60.0).reshape(3, 4, 5)
    picked = x[key].shape
    cases = [_program("slice", x, key=key), _program("put", x, np.random.default_rng(0).normal(size=picked), form=key)]
    cases += [_program("put", x, np.array([[9.0]]), form=key)] if len(picked) > 1 else []
    _agree(in_node, [*cases, _program("scatter_add", np.ones(picked), form=key, shape=x.shape)])


def test_an_index_out_of_range_stops_the_run(in_node):
    program, _ = _program("gather", np.arange(3.0), np.array([0]), form=(INDEX,))
    (error,) = in_node([(program, [np.arange(3.0), np.array([3])])])
    assert error == "RangeError: index 3 is outside of an axis of size 3"


def test_orders_agree(in_node):
    rng = np.random.default_rng(2)
    x = rng.integers(0, 4, (3, 5, 2)).astype("float64")
    x[0, 2, 0] = x[1, 1, 1] = np.nan
    cases = [_program(name, x, axis=axis, stable=True) for name in ("sort", "argsort") for axis in (0, 1, -1)]
    row = np.array([0.0, 1, 1, 2, np.inf, np.nan])
    wanted = np.array([[-1.0, 0, 1], [1.5, np.inf, np.nan]])
    cases += [_program("searchsorted", row, wanted, side=side) for side in ("left", "right")]
    cases += [_program("take_along_axis", x, rng.integers(-2, 2, (3, 4, 2)), axis=1)]
    cases += [_program("argsort", np.array(3.0), axis=-1, stable=True)]
    _agree(in_node, cases)


def test_arrangements_agree(in_node):
    x = np.arange(24.0).reshape(2, 3, 4)
    cases = [_program("permute", x, axes=axes) for axes in itertools.permutations(range(3))]
    cases += [_program("permute", x[:, :1], axes=axes) for axes in itertools.permutations(range(3))]
    cases += [_program("broadcast_to", x[:, :1], shape=(5, 2, 3, 4)), _program("broadcast_to", x, shape=(1, 2, 3, 4))]
    cases += [_program("concat", x, x[:, :2], x[:, :0], axis=axis) for axis in (1, -2)]
    cases += [_program("concat", x, x + 100, x[:, :2], axis=1), _program("concat", x[:, :2], x, x, axis=-2)]
    cases += [_program("concat", x, x + 100, x > 3, x * 2, axis=axis) for axis in (0, 1, 2)]
    cases += [_program("concat", *(np.array([float(i)]) for i in range(4)), axis=0)]
    cases += [_program("concat", *(np.full((3, 1, 2), float(i)) for i in range(4)), axis=axis) for axis in (0, 1, 2)]
    cases += [_program("concat", x[:0], x[:0], x[:0], axis=1)]
    cases += [_program("concat", x, x > 3, axis=0), _program("flip", x, axis=(0, -1)), _program("flip", x, axis=1)]
    cases += [
        _program("roll", x, shift=shift, axis=axis)
        for shift, axis in ((1, 0), (2, (0, 2)), ((-1, 9), (1, 2)), ((1, 1), (1, 1)))
    ]
    cases += [_program("repeat", x, repeats=2, axis=axis) for axis in (0, 1, 2)]
    cases += [_program(name, x, k=k) for name in ("tril", "triu") for k in (-5, -1, 0, 2, 5)]
    cases += [_program("reshape", x, shape=(4, 6))]
    deep = np.arange(256.0).reshape((2,) * 8)
    cases += [_program("permute", deep, axes=(7, 5, 3, 1, 6, 4, 2, 0)), _program("argmax", deep[::-1].copy(), axis=3)]
    cases += [_program("argmax", deep.transpose(7, 5, 3, 1, 6, 4, 2, 0).copy(), axis=axis) for axis in range(8)]
    cases += [_program("sum", deep, axis=(0, 2, 4, 6)), _program("sum", deep, axis=(1, 3, 5, 7))]
    cases += [_program("cumulative_sum", deep, axis=axis) for axis in range(-8, 8)]
    cases += [_program("cumulative_prod", x / 9, axis=axis) for axis in (-1, -3)]
    _agree(in_node, cases)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_products_of_matrices_agree(in_node, dtype):
    rng = np.random.default_rng(3)
    shapes: list[Any] = [((5,), (5,)), ((3, 5), (5,)), ((5,), (5, 2)), ((9, 7), (7, 13)), ((4, 4), (4, 4))]
    shapes += [((1, 1), (1, 1)), ((3, 0), (0, 2)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 3, 4), (4,))]
    shapes += [((2, 1, 3, 4), (5, 4, 6)), ((4,), (2, 4, 3)), ((0, 3), (3, 2)), ((6, 2), (2, 3))]
    pairs = [[(9 * rng.normal(size=shape)).astype(dtype) for shape in pair] for pair in shapes]
    _agree(in_node, [_program("matmul", *pair) for pair in pairs], 8, 1000)


@pytest.mark.parametrize("outer", [(), (2,), (2, 3)])
def test_decompositions_agree(in_node, outer):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(*outer, 4, 4))
    positive = x @ x.swapaxes(-1, -2) + np.eye(4)
    cases = [_program(name, x) for name in ("det", "inv", "log_of_abs_det", "sign_of_det")]
    cases += [_program("cholesky", positive)]
    cases += [_program("solve", x, rng.normal(size=shape)) for shape in ((4,), (*outer, 4, 3))]
    cases += [_program("det", x[..., :1, :1]), _program("inv", x[..., :1, :1])]
    _agree(in_node, cases, 1e4, 1e4)


def test_what_is_added_at_places_is_broadcast_to_them(in_node):
    rng = np.random.default_rng(6)
    rows = np.array([2, 0, 2, 1])
    cases = [
        _program("scatter_add", rng.normal(size=shape), rows, form=(INDEX,), shape=(3, 5))
        for shape in ((4, 5), (4, 1), (5,), (1, 5), ())
    ]
    # An assignment to places that do not repeat takes leading axes of size 1.
    cases += [
        _program("scatter_add", rng.normal(size=shape), form=(slice(1, 3),), shape=(3, 5))
        for shape in ((2, 5), (1, 2, 5), (1, 1, 1, 5))
    ]
    _agree(in_node, cases)


@pytest.mark.parametrize("primitive", ["gather", "slice"])
def test_what_is_picked_has_the_shape_that_was_recorded(primitive):
    x, at, output = Value((3, 5), "float64"), Value((4,), "int64"), Value((4, 4), "float64")
    key = {"key": (slice(0, 2),)} if primitive == "slice" else {"form": (INDEX,)}
    operands = (x,) if primitive == "slice" else (x, at)
    program = Program([x, at], {}, [Step(primitive, operands, key, output)], [output])
    with pytest.raises(JavaScriptError, match=r"picks \[[24], 5\] where \[4, 4\] was recorded"):
        javascript(program)


def test_an_operand_that_must_be_an_array_is_named():
    x, output = Value((2, 3), "float64"), Value((3, 2), "float64")
    program = Program([x], {}, [Step("permute", (2.0,), {"axes": (1, 0)}, output)], [output])
    with pytest.raises(JavaScriptError, match=r"permute, .*, takes an array where it is given a number"):
        javascript(program)


def test_rows_to_search_in_are_one_row():
    row, wanted = np.array([[1.0, 2.0]]), np.array([1.5])
    inputs = [Value(x.shape, "float64") for x in (row, wanted)]
    output = Value((1,), "int64")
    program = Program(inputs, {}, [Step("searchsorted", tuple(inputs), {}, output)], [output])
    with pytest.raises(JavaScriptError, match="has a JavaScript form for one row of sorted numbers only"):
        javascript(program)


def test_every_primitive_but_the_iterative_decompositions_has_a_form():
    assert set(PRIMITIVES) == {*FORMS, "reshape", *NOT_PRINTED}


@pytest.mark.parametrize("name", sorted(NOT_PRINTED))
def test_decompositions_without_a_form_are_named(name):
    program, _ = _program(name, np.eye(3), **({"rtol": 1e-10} if name == "pinv" else {}))
    with pytest.raises(JavaScriptError, match=f"{name}, which gives v2, has no form in JavaScript") as caught:
        javascript(program)
    assert caught.value.primitive == name


def test_numbers_that_javascript_lacks_are_named():
    program, _ = _program("add", np.zeros(2, "float16"), np.zeros(2, "float16"))
    with pytest.raises(JavaScriptError, match=r"v1 is float16\[2\]; JavaScript has no such numbers"):
        javascript(program)


def test_a_primitive_without_a_form_is_named(monkeypatch):
    monkeypatch.delitem(FORMS, "cos")
    program, _ = _program("cos", np.zeros(2, "float32"))
    with pytest.raises(JavaScriptError, match="cos, which gives v2, has no form in JavaScript") as caught:
        javascript(program)
    assert caught.value.primitive == "cos"
    assert caught.value.value is program.outputs[0]
