"""Programs: running, checking and printing them."""

from __future__ import annotations

from dataclasses import replace

import array_api_strict
import numpy as np
import pytest

import edgewise as ew
from edgewise.program import Step, Value


def _program():
    return ew.record(lambda x, y: ew.exp(x @ y).sum(0), ew.ones(2, 3), ew.ones(3, 4))


def test_it_runs_on_other_libraries():
    x, y = np.ones((2, 3), np.float32), np.full((3, 4), 0.5, np.float32)
    result = _program().run(array_api_strict.asarray(x), array_api_strict.asarray(y))
    assert type(result).__module__.startswith("array_api_strict")
    np.testing.assert_allclose(np.asarray(result), np.exp(x @ y).sum(0), rtol=1e-6)


def test_it_reads_as_text():
    text = str(ew.record(lambda x, w: ew.relu(x @ w + 2) * ew.tensor([1.0, 2.0]), ew.ones(3, 4), ew.ones(4, 2)))
    assert text.splitlines() == [
        "program(x: float32[3, 4], w: float32[4, 2])",
        "  v3: float32[2] = constant([1.0, 2.0])",
        "  v4: float32[3, 2] = matmul(x, w)",
        "  v5: float32[3, 2] = add(v4, 2)",
        "  v6: float32[3, 2] = maximum(v5, 0)",
        "  v7: float32[3, 2] = multiply(v6, v3)",
        "  return v7",
    ]


def test_names_of_parameters_are_kept_and_long_openings_broken():
    model = ew.nn.Sequential(ew.nn.Linear(2, 3), ew.nn.Linear(3, 1))
    lines = str(ew.record(lambda x: model(x), ew.ones(5, 2), parameters=model)).splitlines()
    assert lines[0] == "program("
    assert "    0.weight: float32[3, 2]," in lines
    assert any("add(" in line and "1.bias" in line for line in lines)


def test_arguments_are_named_as_the_function_names_them():
    program = ew.record(lambda x, pair: x + pair["a"] + pair["b"], ew.ones(1), {"a": ew.ones(1), "b": ew.ones(1)})
    assert [value.name for value in program.inputs] == ["x", "pair['a']", "pair['b']"]
    assert [value.name for value in ew.record(lambda *_: None, ew.ones(1)).inputs] == [""]


def test_keys_and_constants_are_shown_shortly():
    text = str(ew.record(lambda x: x[1:, None, ::2] * ew.full((9,), 3.0)[:2], ew.ones(3, 4)))
    assert "constant(all 3.0)" in text
    assert "key=(1:3:1, None, 0:4:2)" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((2, 3), np.float32),), "takes 2 arguments; 1 given"),
        ((np.ones((2, 2), np.float32), np.ones((3, 4), np.float32)), r"argument 0 .* is float32 \(2, 2\); the Program"),
        ((np.ones((2, 3)), np.ones((3, 4), np.float32)), "record it again"),
        ((ew.ones(2, 3), ew.ones(3, 4)), r"is a Tensor; a Program runs on arrays: pass x.numpy\(\)"),
        ((1.0, 2.0), "is a float; a Program runs on arrays"),
    ],
)
def test_arguments_must_fit(arguments, message):
    with pytest.raises(ew.ProgramError, match=message):
        _program().run(*arguments)


def test_a_program_without_inputs_runs_too():
    assert ew.record(lambda: ew.ones(2) * 3).run().tolist() == [3, 3]
    assert ew.record(lambda _: None, ew.ones(1)).run(np.ones(1, np.float32)) is None
    assert ew.record(lambda: ()).run() == ()


def test_arguments_are_not_changed():
    def function(x):
        y = x.clone()
        y[0] = 5
        return y, x

    x = np.ones(3, np.float32)
    x.flags.writeable = False
    ew.record(function, ew.ones(3)).run(x)


def _value(*shape, dtype="float32"):
    return Value(shape, dtype)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: replace(s, primitive="frobnicate"), "step 0: there is no primitive 'frobnicate'"),
        (lambda s: replace(s, operands=(_value(2, 3), s.operands[1])), "uses a value that no earlier step gives"),
        (lambda s: replace(s, output=s.operands[0]), "gives a value that is there already"),
        (lambda s: replace(s, output=_value(4, 2)), r"gives float32\[2, 4\], not float32\[4, 2\]"),
        (lambda s: replace(s, output=_value(2, 4, dtype="float64")), r"not float64\[2, 4\]"),
        (lambda s: replace(s, operands=(s.operands[0], s.operands[0])), "can't run on its operands"),
    ],
)
def test_check_names_the_step_that_is_wrong(change, message):
    program = _program().check()
    with pytest.raises(ew.ProgramError, match=message):
        replace(program, steps=[change(program.steps[0]), *program.steps[1:]]).check()


def test_check_wants_every_output():
    with pytest.raises(ew.ProgramError, match="output 0 is given by no step"):
        replace(_program(), outputs=[_value(1)]).check()


def test_check_takes_matrices_that_must_have_an_inverse():
    x = ew.eye(3) * 2
    program = ew.record(lambda x: (ew.linalg.inv(x), ew.linalg.cholesky(x), ew.linalg.solve(x, x)), x).check()
    inverse, factor, one = program.run(x.numpy())
    np.testing.assert_allclose(inverse, np.eye(3) / 2)
    np.testing.assert_allclose(factor, np.eye(3) * np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(one, np.eye(3))


def test_a_step_by_hand_is_a_program():
    x, y = _value(3), _value()
    program = ew.Program([x], {}, [Step("sum", (x,), {"axis": None, "keepdims": False}, y)], [y]).check()
    assert program.run(np.arange(3, dtype=np.float32)) == 3
