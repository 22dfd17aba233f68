"""A user's own operation: declared by the same lines as ours, and held to the same rules."""

from __future__ import annotations

import enum
import inspect
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise.graph.arrays import describe_key, is_view_of, namespace

# ruff: noqa: ARG001, ARG005


def x64(*values: float) -> ew.Tensor:
    return ew.tensor(list(values), dtype="float64", requires_grad=True)


cube = ew.Operation("cube", lambda xp, x: x * x * x, lambda xp, g, y, x: 3 * g * x * x, elementwise=True)

scaled = ew.Operation(
    "scaled",
    lambda xp, x, *, by=1.0: x * by,
    lambda xp, g, y, x, *, by=1.0: g * by,
    elementwise=True,
    linear="each",
)

glue = ew.Operation(
    "glue",
    lambda xp, *parts: xp.concat(parts),
    lambda xp, g, y, *parts, i: g[sum(p.shape[0] for p in parts[:i]) : sum(p.shape[0] for p in parts[: i + 1])],
    linear="jointly",
)

outer = ew.Operation(
    "outer",
    lambda xp, a, b: xp.expand_dims(a, axis=1) * b,
    lambda xp, g, y, a, b: xp.sum(g * b, axis=1),
    lambda xp, g, y, a, b: xp.sum(g * xp.expand_dims(a, axis=1), axis=0),
    linear="each",
)

# Neither elementwise nor linear: forward mode transposes its derivative.
normed = ew.Operation(
    "normed",
    lambda xp, x: x / xp.sqrt(xp.sum(x * x)),
    lambda xp, g, y, x: (g - y * xp.sum(g * y)) / xp.sqrt(xp.sum(x * x)),
)

picked = ew.Operation(
    "picked",
    lambda xp, x, where: xp.where(where, x, xp.zeros_like(x)),
    lambda xp, g, y, x, where: xp.where(where, g, xp.zeros_like(g)),
    None,
    linear="jointly",
)

rows = ew.Operation(
    "rows",
    lambda xp, scale, *xs: scale * xp.stack(xs),
    lambda xp, g, y, scale, *xs: xp.sum(g * xp.stack(xs)),
    lambda xp, g, y, scale, *, i: scale * g[i],  # of all inputs but the first it needs none
)

USES: dict[str, tuple[Any, tuple[ew.Tensor, ...]]] = {
    "elementwise": (cube, (x64(1.0, -2.0),)),
    "with a parameter": (lambda x: scaled(x, by=2.5), (x64(1.0, -2.0),)),
    "any number of inputs": (glue, (x64(1.0), x64(2.0, 3.0), x64(4.0))),
    "any number of inputs that are not looked at": (
        rows,
        (ew.tensor(2.0, dtype="float64"), x64(1.0, 2.0), x64(3.0, 4.0)),
    ),
    "linear in each": (outer, (x64(1.0, 2.0), x64(3.0, 4.0, 5.0))),
    "neither linear nor elementwise": (normed, (x64(1.0, 2.0, -2.0),)),
    "with an input that takes no gradient": (picked, (x64(1.0, 2.0), ew.tensor([True, False]))),
    "together": (
        lambda a, b: normed(cube(glue(a, b, a))) * scaled(glue(b, a, b), by=3.0),
        (x64(1.0, 2.0), x64(3.0, -1.0)),
    ),
}


@pytest.mark.parametrize("name", USES)
def test_first_and_second_derivatives_and_forward_mode_follow_from_the_declaration(name: str) -> None:
    f, inputs = USES[name]
    assert ew.autograd.gradcheck(f, inputs)
    assert ew.autograd.gradgradcheck(f, inputs)


def test_it_takes_tensors_arrays_lists_and_numbers() -> None:
    assert cube([1.0, 2.0]).tolist() == cube(np.array([1.0, 2.0])).tolist() == [1.0, 8.0]
    with pytest.raises(ew.DTypeError, match="cube: x is a str"):
        cube("two")


def test_it_is_named_in_the_picture_and_in_errors() -> None:
    y = cube(x64(1.0))
    assert repr(y.node) == "<cube>"
    with pytest.raises(TypeError, match=r"cube takes 1 inputs \(x\); 2 given"):
        cube(x64(1.0), x64(1.0))


def test_a_derivative_is_needed_for_every_input() -> None:
    with pytest.raises(TypeError, match=r"half: its forward has the inputs \(a, b\).*2 derivatives.*1 given"):
        ew.Operation("half", lambda xp, a, b: a / b, lambda xp, g, y, a, b: g / b)


def test_linear_is_each_or_jointly() -> None:
    with pytest.raises(ValueError, match="'each' or 'jointly'"):
        ew.Operation("f", lambda xp, x: x, lambda xp, g, y, x: g, linear="yes")


@pytest.mark.parametrize("elementwise", [True, False])
def test_a_derivative_of_the_wrong_shape_is_named_with_both_shapes_and_the_line(elementwise: bool) -> None:
    wrong = ew.Operation("wrong", lambda xp, x: x * 2, lambda xp, g, y, x: g[0], elementwise=elementwise)
    y = wrong(x64(1.0, 2.0)).sum()
    with pytest.raises(
        ew.GradientError, match=r"wrong: its derivative for x has shape \(\).*x has shape \(2,\)"
    ) as caught:
        y.backward()
    assert __file__ in str(caught.value)


def test_a_derivative_that_is_too_large_is_not_summed_silently() -> None:
    wrong = ew.Operation("wrong", lambda xp, x: xp.sum(x), lambda xp, g, y, x: xp.ones((3, *x.shape)) * g)
    with pytest.raises(ew.GradientError, match=r"wrong: its derivative for x has shape \(3, 2\)"):
        wrong(x64(1.0, 2.0)).backward()


def test_a_derivative_that_returns_no_array_is_named() -> None:
    wrong = ew.Operation("wrong", lambda xp, x: xp.sum(x), lambda xp, g, y, x: None)
    with pytest.raises(ew.GradientError, match="wrong: its derivative for x returned None"):
        wrong(x64(1.0, 2.0)).backward()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_error_inside_a_derivative_gets_a_note_with_operation_argument_and_line(count: int) -> None:
    def broken(xp: Any, g: Any, y: Any, *arrays: Any) -> Any:
        raise ZeroDivisionError("my own mistake")

    forwards = [lambda xp, a: a, lambda xp, a, b: a + b, lambda xp, a, b, c: a + b + c]
    broke = ew.Operation("broke", forwards[count - 1], *[None] * (count - 1), broken)
    y = broke(*[x64(1.0)] * count).sum()
    with pytest.raises(ZeroDivisionError, match="my own mistake") as caught:
        y.backward()
    (note,) = caught.value.__notes__
    assert note.startswith(f"broke: raised by its derivative for {'abc'[count - 1]}, recorded at {__file__}:")


@pytest.mark.parametrize("kind", [ValueError, TypeError, IndexError])
def test_an_error_inside_a_forward_names_the_arguments(kind: type[Exception]) -> None:
    def forward(xp: Any, x: Any, *, by: int) -> Any:
        raise kind("no")

    failing = ew.Operation("failing", forward, None)
    with pytest.raises(kind, match=r"failing: no \[x: float64 \(1,\), by=3\]") as caught:
        failing(x64(1.0), by=3)
    assert isinstance(caught.value, ew.EdgewiseError)


@pytest.mark.parametrize("half", [Fraction(1, 2), Decimal("0.5"), np.float64(0.5), np.float32(0.5)])
def test_numbers_of_every_kind_are_numbers(half: Any) -> None:
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    for y in (x * half, half * x) if not isinstance(half, Decimal) else (x * half,):
        assert y.dtype == np.float32
        (slope,) = ew.autograd.grad(y.sum(), x)
        assert slope.tolist() == [0.5, 0.5]
    with ew.no_grad():
        assert (ew.tensor([1, 2]) * Three.IT).dtype == np.int64


class Three(enum.IntEnum):
    IT = 3


class Readings:
    """An array that can't be written to, as JAX's can't."""

    def __init__(self, *values: float) -> None:
        self.values = np.array(values) if len(values) > 1 else np.array(values[0])
        self.shape = self.values.shape

    def item(self) -> float:
        return self.values.item()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.values


def test_an_immutable_array_of_one_number_is_a_number_and_of_several_an_array() -> None:
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    assert cube(x).dtype == (x * Readings(3.0)).dtype == np.float32
    assert (x * Readings(3.0)).tolist() == [3.0, 6.0]
    assert (x * Readings(3.0, 4.0)).tolist() == [3.0, 8.0]


def test_arrays_of_pytorch_and_of_another_library_do_not_mix() -> None:
    foreign = type("Tensor", (np.ndarray,), {"__module__": "torch"})
    there = ew.as_tensor(np.ones(2, "float32").view(foreign))
    assert type(there.array) is foreign
    with pytest.raises(ew.DTypeError, match=r"arrays of two libraries, numpy.ndarray and torch.Tensor"):
        ew.tensor([1.0, 2.0]) * there
    # An array of integers says where, or how often: it is computed with by either library.
    counts = ew.as_tensor(np.array([1, 0]).view(foreign))
    assert (ew.tensor([1.0, 2.0])[counts]).tolist() == [2.0, 1.0]


def test_what_is_no_array_of_the_standard_is_refused() -> None:
    with pytest.raises(ew.DTypeError, match=r"builtins.bytes is not an array that follows the Array API standard"):
        namespace(b"")


def test_a_forward_that_gives_a_number_for_half_precision_gives_an_array() -> None:
    total = ew.Operation("total", lambda xp, x: float(xp.sum(x)), lambda xp, g, y, x: g * xp.ones_like(x))
    x = ew.tensor([1.0, 2.0], dtype="float16", requires_grad=True)
    y = total(x)
    assert y.item() == 3.0
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_keys_are_written_as_they_are_in_brackets() -> None:
    key = (slice(1, None), None, ..., 3, slice(None, None, 2), slice(0, 2), object(), object())
    assert describe_key(key) == "[1:, None, ..., 3, ::2, 0:2, indices[0], indices[1]]"
    assert describe_key(()) == "[()]"


def test_the_axis_at_which_shapes_differ_is_named() -> None:
    with pytest.raises(ew.ShapeError, match="axis -1 is 3 and 5, where"):
        ew.ones(2, 1, 3) + ew.ones(2, 4, 5)
    with pytest.raises(ew.ShapeError, match="axis -2 is 2 and 4, where"):
        ew.where(ew.ones(1, 3) > 0, ew.ones(2, 3), ew.ones(4, 1))


def test_arrays_in_the_memory_of_others_are_views() -> None:
    a, other = np.arange(6.0), np.arange(6.0)
    assert is_view_of(a[1:], a)
    assert is_view_of(a[1:], a[:2])
    assert is_view_of(a.reshape(2, 3).T, a)
    assert not is_view_of(a, a)
    assert not is_view_of(a[1:], other)
    assert not is_view_of(a[1:], other[1:])


def test_nodes_are_equal_if_they_are_about_one_edge() -> None:
    x = x64(1.0)
    y = cube(cube(x))
    assert y.node == y.node
    assert y.node != y.node.inputs[0]
    assert y.node != "cube"
    assert y.node.inputs == (cube_before(y),)
    assert hash(y.node) == hash(y.node)


def cube_before(y: ew.Tensor) -> Any:
    return y.inputs[0].node


def test_another_error_of_a_forward_keeps_its_kind_and_gets_a_note() -> None:
    def forward(xp: Any, x: Any) -> Any:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk") as caught:
        ew.Operation("failing", forward, None)(x64(1.0))
    assert caught.value.__notes__ == ["failing: disk [x: float64 (1,)]"]


def test_what_diagnose_says_is_the_error() -> None:
    def forward(xp: Any, x: Any) -> Any:
        raise ValueError("obscure")

    failing = ew.Operation("failing", forward, None, diagnose=lambda x: "x must be square: use .T")
    with pytest.raises(ew.ShapeError, match=r"failing: x must be square: use \.T"):
        failing(x64(1.0))


def test_integers_become_floats_where_asked() -> None:
    root = ew.Operation(
        "root", lambda xp, x: xp.sqrt(x), lambda xp, g, y, x: g / (2 * y), elementwise=True, floats=True
    )
    assert root(ew.tensor([4, 9])).dtype == np.float32
    assert root(ew.tensor([4.0])).tolist() == [2.0]


def test_nothing_flows_to_an_input_whose_derivative_is_none() -> None:
    values, where = x64(1.0, 2.0), x64(0.0, 1.0)
    masked = ew.Operation(
        "masked", lambda xp, x, where: x * where, lambda xp, g, y, x, where: g * where, None, elementwise=True
    )
    masked(values, where).sum().backward()
    assert values.grad.tolist() == [0.0, 1.0]
    assert where.grad is None
    assert not masked(values.detach(), where).requires_grad


def test_the_line_of_a_use_is_the_users_whichever_way_the_operation_is_called():
    cube = ew.Operation("cube", lambda xp, x: x**3, lambda xp, g, y, x: 3 * g * x * x)
    x = ew.tensor([2.0], requires_grad=True)
    here = inspect.currentframe().f_lineno
    results = [
        -x,
        abs(x),
        ew.exp(x),
        x.exp(),
        cube(x),
        x * x,
        ew.mul(x, x),
        x.sum(),
        ew.nn.functional.relu(x),
        ew.nn.ReLU()(x),
    ]
    lines = [result.node.line for result in results]
    assert lines == [(__file__, here + 2 + i) for i in range(len(results))]


def test_what_a_fused_forward_prepared_is_sent_back_unless_a_graph_of_the_backward_is_wanted():
    asked = []

    def fused(xp, a, b):
        return a * b, lambda g: asked.append("back") or (lambda i: g * (b, a)[i])

    product = ew.Operation(
        "product", lambda xp, a, b: a * b, lambda xp, g, y, a, b: g * b, lambda xp, g, y, a, b: g * a, fused=fused
    )
    a, b = ew.tensor([2.0, 3.0], requires_grad=True), ew.tensor([5.0, 7.0], requires_grad=True)
    y = product(a, b)
    y.sum().backward()
    assert (a.grad.tolist(), b.grad.tolist(), asked) == ([5, 7], [2, 3], ["back"])
    (first,) = ew.autograd.grad(product(a, b).sum(), [a], create_graph=True)
    assert ew.autograd.grad(first.sum(), [b])[0].tolist() == [1, 1]
    assert asked == ["back"]
    with ew.no_grad():
        assert not hasattr(product(a, b), "back")


def test_a_result_written_in_place_sends_back_through_what_it_became():
    square = ew.Operation(
        "square_fused",
        lambda xp, x: x * x,
        lambda xp, g, y, x: 2 * g * x,
        fused=lambda xp, x: (x * x, lambda g: lambda _: 2 * g * x),
    )
    x = ew.tensor([3.0], requires_grad=True)
    y = square(x)
    y.mul_(10.0)
    y.sum().backward()
    assert x.grad.item() == 60
    z = (x * 1).mul_(1.0)
    z.copy_(square(x))
    z.sum().backward()
    assert x.grad.item() == 66
