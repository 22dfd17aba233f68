"""Numerals, names, definitions and the arrays on which kernels are recorded, each by itself."""

# ruff: noqa: ARG005 - kernels take (xp, g, y, *inputs), and need few of them
from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise.ops import activations
from edgewise.printers.formula.examples import element_counts, example, example_shapes
from edgewise.printers.formula.expression import (
    Expression,
    call,
    from_data,
    minus,
    number,
    plus,
    product,
    quotient,
    symbol,
)
from edgewise.printers.formula.names import parts_of, printable
from edgewise.printers.formula.numerals import numeral
from edgewise.printers.formula.operations import formulas_of, general_formulas
from edgewise.printers.formula.reading import with_definitions
from edgewise.printers.formula.tidy import is_whole

X, W, A = symbol("x"), symbol("w"), symbol("a")
THREE = ((3,), "float32")


@at_once
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.5, "-0.5"),
        (True, "1"),
        (False, "0"),
        (3.0, "3"),
        (12345.678, "12346"),
        (123.45, "123.45"),
        (0.123456, "0.12346"),
        (1.23456, "1.23456"),
        (1.234567, "1.2346"),
        (1e14, "100000000000000"),
        (1e15, "1e15"),
        (-1e15, "-1e15"),
        (2.5e-7, "2.5e−7"),
        (1.23456789e-10, "1.2346e−10"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
    ],
)
def test_numerals(value: float, text: str) -> None:
    assert numeral(value) == text


@at_once
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.pi, "π"),
        (math.log(2), "log(2)"),
        (math.log(10), "log(10)"),
        (math.sqrt(2), "√2"),
        (math.sqrt(0.5), "1/√2"),
        (2 / math.sqrt(math.pi), "2/√π"),
        (math.sqrt(2 / math.pi), "√(2/π)"),
        (1 / math.sqrt(2 * math.pi), "1/√(2π)"),
        (1 / 3, "1/3"),
        (2 / 3, "2/3"),
        (5 / 6, "5/6"),
        (7 / 9, "7/9"),
        (1 / 997, "1/997"),
        (1 / 1001, "0.000999"),
        (0.25, "0.25"),
        (1 / 8, "0.125"),
        (8 / 9, "8/9"),
        (1, "1"),
    ],
)
def test_numbers_that_a_textbook_writes_by_their_meaning(value: float, text: str) -> None:
    assert number(value).unicode() == text


@at_once
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("W2", ("W", "2")),
        ("W", ("W", "")),
        ("2", ("2", "")),
        ("W_2", ("W_2", "")),
        ("x1234", ("x", "1234")),
        ("x12345", ("x12345", "")),
        ("h1.2", ("h", "1.2")),
        ("layer12", ("layer", "12")),
        ("a2b", ("a2b", "")),
        ("", ("", "")),
    ],
)
def test_digits_after_letters_are_a_subscript(name: str, parts: tuple[str, str]) -> None:
    assert parts_of(name) == parts


def test_very_long_names_are_shortened_in_the_middle() -> None:
    assert printable("x" * 40) == "x" * 40
    name = "".join(map(chr, range(0x100, 0x100 + 41)))
    assert printable(name) == f"{name[:20]}…{name[-19:]}"
    assert len(printable(name)) == 40
    assert printable("a b\n\u202ec") == "a b��c"


LONG, OTHER = call("exp", plus(X, W, number(1))), call("sin", product(X, W, W))


def substituted(formula: Expression) -> Expression:
    """A formula with all its definitions in place of their names."""
    if formula.head != "where":
        return formula
    body, *definitions = formula.args
    for name, definition in zip(definitions[::2], definitions[1::2], strict=True):
        body = body.with_children(lambda part, name=name, new=definition: _with(part, name, new))
    return body


def _with(formula: Expression, name: str, new: Expression) -> Expression:
    return new if formula == symbol(name) else formula.with_children(lambda part: _with(part, name, new))


@at_once
@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (plus(LONG, W), "exp(x + w + 1) + w"),
        (product(LONG, plus(LONG, W)), "a · (a + w), where a = exp(x + w + 1)"),
        (product(LONG, plus(LONG, A)), "b · (b + a), where b = exp(x + w + 1)"),
        (product(LONG, OTHER, LONG, OTHER), "a · b · a · b, where a = exp(x + w + 1) and b = sin(x · w · w)"),
        (product(call("exp", plus(X, W)), call("exp", plus(X, W))), "exp(x + w) · exp(x + w)"),
        (product(call("exp", plus(X, W, X)), call("exp", plus(X, W, X))), "a · a, where a = exp(x + w + x)"),
        (product(call("sin", LONG), call("cos", LONG)), "sin(a) · cos(a), where a = exp(x + w + 1)"),
        (
            product(call("sin", LONG), call("sin", LONG), LONG),
            "a · a · b, where a = sin(b) and b = exp(x + w + 1)",
        ),
        (
            quotient(plus(*[X] * 13), plus(*[W] * 13)),
            "(" + " + ".join("x" * 13) + ")/a, where a = " + " + ".join("w" * 13),
        ),
        (quotient(plus(*[X] * 12), plus(*[W] * 13)), "(" + " + ".join("x" * 12) + ")/(" + " + ".join("w" * 13) + ")"),
        (quotient(plus(*[X] * 13), plus(*[W] * 12)), "(" + " + ".join("x" * 13) + ")/(" + " + ".join("w" * 12) + ")"),
        (
            plus(plus(*[X] * 13), plus(*[W] * 13)),
            "(" + " + ".join("x" * 13) + ") + (" + " + ".join("w" * 13) + ")",
        ),
    ],
)
def test_long_pieces_that_occur_more_than_once_are_defined(formula: Expression, text: str) -> None:
    found = with_definitions(formula)
    assert found.unicode() == text
    assert substituted(found) == formula


def test_examples_are_what_any_operation_can_take() -> None:
    assert np.array_equal(example((2, 3), "bool"), np.ones((2, 3), bool))
    for dtype in ("int32", "uint8"):
        assert np.array_equal(example((4,), dtype), np.zeros(4, dtype))
        assert example((4,), dtype).dtype == dtype
    values = example((3, 5), "float32")
    assert values.dtype == np.float32
    assert np.all((values >= 0.2) & (values <= 0.8))
    assert len(np.unique(values)) == 15
    matrix = example((2, 4, 4), "float64")
    np.testing.assert_array_equal(matrix, np.swapaxes(matrix, -1, -2))
    assert np.all(np.linalg.eigvalsh(matrix) > 0.4)
    large = example((1000, 51), "float32")
    assert large.shape == (1000, 51)
    assert large.strides == (0, 0)
    assert np.all(large == 0.5)
    assert example((1000, 50), "float32").strides != (0, 0)


def test_formulas_are_recorded_at_sizes_of_which_each_is_a_prime_number() -> None:
    first, second, last = example_shapes(
        [(64, 10), (10, 3), (1, 64)], {"axis": 0, "size": 10, "shape": (64, 2), "pad": 10}
    )
    for group, at in ((first, 0), (first, 1)):
        ((batch, wide), inner, (one, again)) = group[at].shapes
        assert inner[0] == wide
        assert (one, again) == (1, batch)
        assert len({batch, wide, inner[1]}) == 3
        assert all(size > 7 and all(size % k for k in range(2, size)) for size in (batch, wide, inner[1]))
        assert group[at].params == {"axis": 0, "size": wide, "shape": (batch, 2), "pad": 10}
        assert group[at].has_distinct_sizes
    assert first[0].shapes != first[1].shapes
    for scaling in second:
        ((batch, wide), inner, _) = scaling.shapes
        assert inner[1] == 3
        assert batch != 64
        assert wide != 10
        assert not scaling.has_distinct_sizes
    assert [scaling.shapes for scaling in last] == [((64, 10), (10, 3), (1, 64))]
    assert last[0].params["size"] == 10
    # Of small sizes only all can be replaced; and what is too large is not recorded as it is.
    assert [len(group) for group in example_shapes([(3, 2)], {})] == [2, 1]
    assert [len(group) for group in example_shapes([(3000, 1000)], {})] == [2, 2]
    assert [len(group) for group in example_shapes([(2000, 1000)], {})] == [2, 2, 1]
    # Arrays of many axes are small in each.
    (deep, *_) = example_shapes([(64, 32, 28, 28)], {})
    assert max(deep[0].shapes[0]) < 8
    # Of more different sizes than there are primes for only the large ones are replaced.
    (only,) = example_shapes([tuple(range(2, 12))], {})
    assert [scaling.shapes[0][:6] for scaling in only] == [(2, 3, 4, 5, 6, 7)] * 2
    assert not any(scaling.has_distinct_sizes for scaling in only)


def test_numbers_of_elements_are_known_by_the_sizes() -> None:
    found = element_counts([("x", (5, 1, 7)), ("w", (7,))], {"axis": 0})
    assert {value: formula.unicode() for value, formula in found.items()} == {
        5.0: "n", 1 / 5: "1/n", 7.0: "n", 1 / 7: "1/n", 35.0: "n", 1 / 35: "1/n",
    }  # fmt: skip
    assert found[5.0].args == ((0,), X)
    assert found[7.0].args == ((2,), X)
    assert found[35.0].args == ((0, 2), X) or found[35.0].args == (None, X)
    for name in ("correction", "unbiased", "ddof"):
        found = element_counts([("x", (5,))], {name: 1})
        assert {value: formula.unicode() for value, formula in found.items()} == {5.0: "n", 0.2: "1/n", 4.0: "n − 1"}
        assert found[5.0].args == (None, X)


def test_one_is_no_number_of_elements() -> None:
    more = ew.Operation("more", lambda xp, x: x + 1, None)
    assert formulas_of(more, [((3, 1), "float32")]).forward.unicode() == "x + 1"


def test_a_result_that_a_derivative_reads_is_written_by_element() -> None:
    both = ew.Operation("both", lambda xp, x, w: x * w, lambda xp, g, y, x, w: g * xp.sin(y), None, elementwise=True)
    found = formulas_of(both, [THREE, THREE])
    assert found.forward.unicode() == "x ⊙ w"
    (derivative, _) = found.derivatives
    assert derivative is not None
    assert derivative.expression.unicode() == "sin(x · w)"
    assert derivative.by_output.unicode() == "sin(y)"
    assert derivative.local


@at_once
@pytest.mark.parametrize(
    ("kernel", "text"),
    [
        (lambda xp, x: activations._sigmoid.on(xp, x) * x, "σ(x) ⊙ x"),
        (lambda xp, x: activations._sigmoid.on(xp, 2 * x + 1), "σ(2x + 1)"),
        (lambda xp, x: activations._relu.on(xp, x), "max(x, 0)"),
    ],
)
def test_operations_that_a_kernel_applies_are_written_by_their_names(kernel: Any, text: str) -> None:
    assert formulas_of(ew.Operation("kernel", kernel, None), [THREE]).forward.unicode() == text


def test_a_formula_that_is_too_long_is_written_by_name() -> None:
    def chain(count: int) -> ew.Operation:
        def forward(xp: Any, x: Any) -> Any:
            for k in range(count):
                x = xp.sin(x + k + 2)
            return x

        return ew.Operation("chain", forward, None)

    # Each sine has three pieces: itself, the sum and the number.
    assert formulas_of(chain(24), [THREE]).forward.size == 73
    assert formulas_of(chain(25), [THREE]).forward.unicode() == "chain(x)"

    def cut(count: int) -> ew.Operation:
        return ew.Operation("cut", lambda xp, x: sum(xp.sin(x[k : k + 9]) for k in range(1, count + 1)), None)

    assert formulas_of(cut(4), [((64,), "float32")]).forward.unicode().count("[") == 4
    assert formulas_of(cut(5), [((64,), "float32")]).forward.unicode() == "cut(x)"


def test_a_letter_stands_for_a_keyword_argument_wherever_code_has_it() -> None:
    def forward(xp: Any, x: Any, *, c: float) -> Any:
        return c * x + xp.where(x > -c, x / c, (c - 1) * x) ** 2 * (1 - c)

    bent = ew.Operation("bent", forward, None)
    found = general_formulas(bent, [THREE], {"c": 0.5}, {"c": "c"})
    assert found is not None
    assert found.forward.unicode() == "c · x + {x/c if x > −c; (c − 1) · x otherwise}² · (1 − c)"
    # A number that is made of it in another way remains, and the formula with it would be wrong.
    squared = ew.Operation("squared", lambda xp, x, *, c: x * (c * c), None)
    assert general_formulas(squared, [THREE], {"c": 0.5}, {"c": "c"}) is None


def test_what_is_no_formula_is_refused() -> None:
    for data in ([], None, "x", {}, ["other", 1], [["number", 1]]):
        with pytest.raises(ValueError, match="no formula"):
            from_data(data)  # type: ignore[arg-type]
    assert from_data(["index", ["symbol", "x"], ["all"]]) == Expression("index", (X, Expression("all", ())))
    assert from_data(["over", "sum", [0, 1], ["symbol", "x"]]) == Expression("over", ("sum", (0, 1), X))


def test_sums_over_rows_are_plain_data_too() -> None:
    total = ew.Operation("total", lambda xp, x: xp.sum(xp.reshape(x, (6, 5)), axis=0), None)
    written = formulas_of(total, [((2, 3, 5), "float32")]).forward
    assert written.unicode() == "Σ[axes 0, 1] x"
    assert written.to_data() == ["over", "sum", [0, 1], ["symbol", "x"]]
    assert from_data(written.to_data()) == written


def test_numbers_are_whole_as_far_as_floating_point_holds_them() -> None:
    assert is_whole(2.0**53)
    assert is_whole(-(2.0**53))
    assert is_whole(0)
    for value in (2.0**53 + 2, -(2.0**53) - 2, 0.5, math.inf, -math.inf, math.nan):
        assert not is_whole(value)


def test_differences_are_sums_of_a_negative_in_their_order() -> None:
    assert minus(X, W) == Expression("add", (X, Expression("neg", (W,))))
    assert list(itertools.chain(minus(X, W).walk())) == [minus(X, W), X, Expression("neg", (W,)), W]
    assert minus(X, W).names == {"x", "w"}
