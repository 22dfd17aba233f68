"""Formulas of operations: the issue's examples, users' own operations, and what it costs."""

# ruff: noqa: ARG005 - kernels take (xp, g, y, *inputs), and need few of them
from __future__ import annotations

import math

import numpy as np
import pytest
from work import lines_run

import edgewise as ew
from edgewise.ops import activations, arithmetic, exponential, indexing, joining, linear, linear_algebra, reductions
from edgewise.printers.formula.expression import partial
from edgewise.printers.formula.operations import formulas_of, general_formulas
from edgewise.printers.formula.renaming import rename
from edgewise.program.recorder import Recorder

X, W, S = ((64, 784), "float32"), ((784, 10), "float32"), ((), "float32")


def test_the_formulas_of_the_article():
    mul, add, absolute = arithmetic._multiply, arithmetic._add, arithmetic._abs
    assert formulas_of(mul, [S, S]).derivatives[0].rename({"b": "x2"}).expression.unicode() == "x₂"
    assert formulas_of(add, [S, S]).derivatives[1].expression.unicode() == "1"
    difference = rename(formulas_of(arithmetic._subtract, [S, S]).forward, {"a": "y2", "b": "t"})
    assert rename(formulas_of(absolute, [S]).derivatives[0].expression, {"x": difference}).unicode() == "sgn(y₂ − t)"


def test_outputs_are_written_where_derivatives_use_them():
    sigmoid = formulas_of(activations._sigmoid, [X]).derivatives[0]
    assert sigmoid.local
    assert sigmoid.rename({"x": "z"}).expression.unicode() == "σ(z)(1 − σ(z))"
    assert sigmoid.rename({"y": "p"}).by_output.unicode() == "p · (1 − p)"
    relu = formulas_of(activations._relu, [X]).derivatives[0]
    assert relu.rename({"x": "z"}).expression.unicode() == "1[z > 0]"


def test_other_derivatives_are_maps_of_the_gradient():
    formulas = formulas_of(linear_algebra._matmul, [X, W])
    assert not formulas.derivatives[1].local
    gradient = {"a": "x", "b": "W", "g": partial("L", "z")}
    assert formulas.rename(gradient).derivatives[1].expression.unicode() == "xᵀ · ∂L/∂z"
    assert formulas.rename(gradient).derivatives[0].expression.unicode() == "∂L/∂z · Wᵀ"
    assert formulas.rename(gradient).forward.unicode() == "x · W"
    three = formulas_of(linear._linear, [((2, 5, 4), "float32"), ((3, 4), "float32"), ((3,), "float32")])
    assert [d.expression.unicode() for d in three.derivatives] == ["g · w", "Σ[axis 0] (gᵀ · x)", "Σ[axes 0, 1] g"]


def test_numbers_and_missing_inputs_are_no_symbols():
    assert formulas_of(arithmetic._multiply, [X, 0.5]).forward.unicode() == "a/2"
    assert formulas_of(arithmetic._multiply, [X, 3]).derivatives[0].expression.unicode() == "3"
    assert formulas_of(linear._linear, [X, ((10, 784), "float32"), None]).forward.unicode() == "x · wᵀ"


def test_sizes_are_real_where_they_are_shown_and_n_where_they_count():
    concat = formulas_of(joining._concat, [((70, 3), "float32"), ((5, 3), "float32")], {"axis": 0})
    assert [d.expression.unicode() for d in concat.derivatives] == ["g[:70]", "g[70:]"]
    mean = formulas_of(reductions._mean, [((500, 3), "float32")], {"axis": 0, "keepdims": False})
    assert mean.forward.unicode() == "1/n Σ[axis 0] x"
    assert mean.derivatives[0].expression.unicode() == "g/n"


def test_masks_and_indices_are_written_as_keys():
    form, _ = indexing.parse_key(np.array([True, False, True]))
    masked = formulas_of(indexing._getitem, [((3, 4), "float32"), ((3,), "bool")], {"form": form})
    assert masked.forward.unicode() == "x[i]"
    assert masked.derivatives[1] is None


def test_a_users_own_operation_has_formulas():
    cube = ew.Operation("cube", lambda xp, x: x * x * x, lambda xp, g, y, x: 3 * g * x * x, elementwise=True)
    formulas = formulas_of(cube, [X])
    assert formulas.forward.unicode() == "x³"
    assert formulas.derivatives[0].expression.unicode() == "3x²"
    assert formulas.complete


def test_what_can_not_be_recorded_is_written_by_name():
    def forward(xp, x):
        return xp.asarray(np.sort(np.asarray(x)))

    odd = ew.Operation("odd", forward, lambda xp, g, y, x: g * np.asarray(x))
    formulas = formulas_of(odd, [X])
    assert formulas.forward.unicode() == "odd(x)"
    assert formulas.derivatives[0].expression.unicode() == "g · ∂odd/∂x"
    assert not formulas.complete


def test_formulas_are_incomplete_where_only_the_forward_could_not_be_recorded():
    ranks = ew.Operation("ranks", lambda xp, x: xp.asarray(np.argsort(np.asarray(x))), None)
    formulas = formulas_of(ranks, [X])
    assert formulas.forward.unicode() == "ranks(x)"
    assert not formulas.complete


def test_a_long_forward_is_written_as_a_call_and_complete():
    formulas = formulas_of(exponential._erf, [X])
    assert formulas.forward.unicode() == "erf(x)"
    assert formulas.complete


@pytest.mark.parametrize("name", ["y", "g"])
def test_inputs_may_be_called_like_results_and_gradients(name):
    forward = {"y": lambda xp, y: y * 2, "g": lambda xp, g: g * 2}[name]
    derivative = {"y": lambda xp, g, z, y: g * 2, "g": lambda xp, h, y, g: h * 2}[name]
    formulas = formulas_of(ew.Operation("twice", forward, derivative), [X])
    assert name in formulas.inputs
    assert name not in (formulas.output, formulas.gradient)
    assert formulas.derivatives[0].expression.unicode() == f"2{formulas.gradient}"


def test_formulas_are_kept():
    first = formulas_of(linear_algebra._matmul, [X, W])
    assert formulas_of(linear_algebra._matmul, [X, W]) is first
    assert formulas_of(linear_algebra._matmul, [((32, 100), "float32"), ((100, 7), "float32")]) is first
    assert lines_run(lambda: formulas_of(linear_algebra._matmul, (X, W))) < 30


def test_what_formulas_of_a_stack_cost_grows_with_its_inputs(monkeypatch):
    made = []
    new = Recorder.new
    monkeypatch.setattr(Recorder, "new", lambda self, *given: made.append(self) or new(self, *given))
    for number in (100, 200):
        made.append(None)
        formulas = formulas_of(joining._stack, [((3,), "float32")] * number, {"axis": 0})
        assert formulas.derivatives[77].expression.unicode() == "g[77]"
    once = made.index(None, 1)
    assert len(made) - once < 2.1 * once


def test_many_arguments_that_a_derivative_reads_are_in_its_formula():
    cycle = ew.Operation("cycle", lambda xp, *xs: math.prod(xs), lambda xp, g, y, *xs, i: g * xs[(i + 1) % len(xs)])
    assert formulas_of(cycle, [S] * 12).derivatives[11].expression.unicode() == "g · x₁"


def test_a_symbol_stands_for_a_number_that_is_usually_zero_too():
    shifted = ew.Operation("shifted", lambda xp, x, *, by: x * (x - by), lambda xp, g, y, x, *, by: g * (2 * x - by))
    found = general_formulas(shifted, [((), "float32")], {"by": 0.0}, {"by": "c"})
    assert found.forward.unicode() == "x · (x − c)"
    assert found.derivatives[0].expression.unicode().count("c") == 1


def test_symbols_stand_apart_for_numbers_that_are_usually_the_same():
    between = ew.Operation(
        "between",
        lambda xp, x, *, low, high, by: by * (x - low) * (x - high),
        lambda xp, g, y, x, *, low, high, by: g * by * (2 * x - low - high),
    )
    for usual in (0.0, 1.0, -1.0):
        params = {"low": usual, "high": usual, "by": 1.0}
        found = general_formulas(between, [((), "float32")], params, {"low": "a", "high": "b", "by": "k"})
        assert found.forward.unicode() == "k · (x − a)(x − b)"
