"""Printed Programs as pages use them: their interface, names, constants, and whole training steps."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.printers.javascript import JavaScriptError, Script, helper_text, javascript, literals, printer
from edgewise.printers.javascript.helpers import helpers
from edgewise.program import Program, Step, Value, record


@pytest.fixture
def in_page(node, tmp_path):
    """Runs lines after ``const program = makeProgram()``, and gives the JSON that they pass to ``show``."""

    def run(script: Script, lines: str) -> Any:
        (tmp_path / "module.mjs").write_text(script.text, encoding="utf-8")
        opening = f'import {{ makeProgram }} from "{(tmp_path / "module.mjs").as_uri()}";\n'
        opening += "const program = makeProgram();\nconst show = (x) => console.log(JSON.stringify(x));\n"
        return json.loads(node(opening + lines))

    return run


def _sum_of_squares(x):
    total = (x * x).sum()
    total.backward()
    return total, x.grad


def _training(model: Any, optimiser: Any, shape: tuple[int, ...]) -> tuple[Program, list[Any]]:
    """A Program of a training step, and a batch for it."""

    def step(x, t):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimiser.step()
        return loss

    rng = np.random.default_rng(0)
    batch = [rng.normal(size=shape).astype("float32"), rng.integers(0, 10, shape[0])]
    return record(step, *map(ew.tensor, batch), parameters=model, state=optimiser), batch


def test_a_run_takes_arrays_and_returns_outputs(in_page):
    script = javascript(record(_sum_of_squares, ew.tensor([1.0, 2.0, 3.0], requires_grad=True)))
    assert in_page(script, "show(program.run([[1, 2, 3]]).map((x) => [...x]));") == [[14], [2, 4, 6]]


def test_inputs_stay_where_nothing_is_given_and_may_be_written(in_page):
    program = record(lambda x, y: x * 10 + y, ew.tensor([0.0]), ew.tensor([0.0]))
    lines = """
        program.run([[1], [2]]);
        const found = [program.run([undefined, [5]])[0][0]];
        program.values[program.inputs[0]].data[0] = 3;
        found.push(program.run()[0][0]);
        show(found);
    """
    assert in_page(javascript(program), lines) == [15, 35]


def test_results_can_be_given_as_inputs_again(in_page):
    program = record(lambda x, y: (y * 1, x * 1, x + y), ew.tensor([0.0]), ew.tensor([0.0]))
    assert program.outputs[0] is program.inputs[1]  # the results are the inputs, exchanged
    lines = """
        let results = program.run([[1], [2]]);
        for (let i = 0; i < 3; i++) results = program.run(results.slice(0, 2));
        show(results.map((x) => x[0]));
    """
    assert in_page(javascript(program), lines) == [1, 2, 3]


def test_an_array_of_another_size_is_refused(in_page):
    script = javascript(record(lambda x: x + 1, ew.zeros(2, 3)))
    lines = "try { program.run([[1, 2]]); } catch (error) { show(String(error)); }"
    assert in_page(script, lines) == "RangeError: x has 6 elements, of shape [2,3]; 2 given"


def test_each_value_and_step_is_there_by_number(in_page):
    program = record(lambda x: ew.relu(x).exp().reshape(1, 2), ew.tensor([1.0, 2.0]))
    script = javascript(program)
    assert list(script.index) == [*program.inputs, *program.constants, *(step.output for step in program.steps)]
    lines = """
        program.values[0].data.set([-1, 0]);
        program.steps[0]();
        program.steps[1]();
        show(program.values.map(({ name, dtype, shape, data }) => [name, dtype, shape, [...data]]));
    """
    assert in_page(script, lines) == [
        ["x", "float32", [2], [-1, 0]],
        ["v2", "float32", [2], [0, 0]],
        ["v3", "float32", [2], [1, 1]],
        ["v4", "float32", [1, 2], [1, 1]],
    ]
    assert in_page(script, "show(String(program.steps[1]));").splitlines() == [
        "function step_v3() {",
        "    // v3 = exp(v2): float32[2]",
        "    for (let i = 0; i < 2; i++) v3[i] = Math.exp(v2[i]);",
        "  }",
    ]


def test_loops_are_as_few_as_strides_allow():
    program = record(lambda x, b: (x + b).sum(0).sum(0), ew.zeros(2, 3, 4, 5), ew.zeros(4, 5))
    text = javascript(program).body
    assert "for (let j = 0; j < 20; j++) v3[o + j] = x[o + j] + b[j];" in text
    assert text.count("for (") == 2 + 2 + 2


_HOSTILE = [
    "</script><script>alert(1)</script>",
    'x"; throw 1; "',
    "x\u2028throw 1;\u2029",
    "*/ throw 1; /*",
    "${alert(1)}`",
    "line\nthrow 1; //",
    "constructor",
    "__proto__",
    "await",
    "i",
    "o1",
    "matmul",
    "Math",
    "makeProgram",
    "",
    "3rd",
    "W₁",
    "θ",
    "変",
    "a b",
    "a-b",
    "a_b",
]


def _of_inputs(names: list[str]) -> Program:
    """A Program with inputs of these names; it returns each plus the matrix product of itself with itself."""
    inputs = [Value((1,), "float32", name) for name in names]
    steps = []
    for x in inputs:
        square, total = Value((), "float32", x.name), Value((1,), "float32", x.name)
        steps += [Step("matmul", (x, x), {}, square), Step("add", (x, square), {}, total)]
    return Program(inputs, {}, steps, [step.output for step in steps[1::2]])


def test_names_are_text_whatever_they_hold(in_page):
    program = _of_inputs(_HOSTILE)
    script = javascript(program)
    code = re.sub(r'name: ".*?", dtype', "", script.body)
    assert not re.search(r"alert\(|throw\b", code)
    assert not re.search("</|<!|[\u2028\u2029]", script.text)
    lines = f"""
        const results = program.run({[[i] for i in range(len(_HOSTILE))]});
        show([program.values.slice(0, {len(_HOSTILE)}).map((value) => value.name), results.map((x) => x[0])]);
    """
    names, results = in_page(script, lines)
    assert names == [program.names()[value] for value in program.inputs]
    assert names[:14] == _HOSTILE[:14]
    assert results == [i + i * i for i in range(len(_HOSTILE))]


def test_parameters_are_text_whatever_they_hold(in_page):
    x, out = Value((1,), "float32"), Value((1,), "float32")
    step = Step("flip", (x,), {"axis": 0, "note": "\n throw 1; </script>\u2028"}, out)
    assert in_page(javascript(Program([x], {}, [step], [out])), "show([...program.run([[2]])[0]]);") == [2]
    assert "</" not in javascript(Program([x], {}, [step], [out])).text


def test_names_give_readable_identifiers():
    text = javascript(_of_inputs(["0.weight", "W₁", "θ", "i", "x", "a-b", "a_b"])).body
    declared = re.findall(r"const (\S+) = new", text)
    assert declared[:7] == ["_0_weight", "W1", "θ", "i_2", "x", "a_b", "a_b_2"]


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "int64", "uint64", "float32", "float64"])
def test_constants_arrive_to_the_bit(node, dtype):
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 2 if dtype == "bool" else 100, count).astype(dtype) for count in (0, 1, 5, 100)]
    arrays += [np.zeros(50, dtype), np.ones(50, dtype)]
    if dtype == "int64":
        arrays += [np.arange(100) * scale for scale in (-1, 300, 10**6, 10**12)] + [np.array([2**53, -(2**53)])]
    if dtype.startswith("float"):
        arrays += [
            np.append(rng.normal(size=count), [np.nan, np.inf, -np.inf, -0.0]).astype(dtype) for count in (3, 99)
        ]
        arrays += [np.full(20, -0.0, dtype), np.full(20, np.nan, dtype), np.full(20, 0.1, dtype)]
        arrays += [np.append(np.zeros(20), -0.0).astype(dtype), np.array([1e-45, 3.4e38, 1e-10, 123456789], dtype)]
    texts = [literals.array(array)[0] for array in arrays]
    lines = f"{helper_text(['unpack'])}\nconst arrays = [{', '.join(texts)}];\n"
    lines += "console.log(JSON.stringify(arrays.map((x) => [...new Uint8Array(Float64Array.from(x).buffer)])));"
    for found, array in zip(json.loads(node(lines)), arrays, strict=True):
        numbers = np.array(found, "uint8").view("float64")
        np.testing.assert_array_equal(numbers, array.astype("float64"))
        np.testing.assert_array_equal(np.signbit(numbers), np.signbit(array.astype("float64")))


def test_errors_have_the_sizes():
    large = ew.tensor(np.random.default_rng(0).normal(size=(50, 40)).astype("float32"))
    script = javascript(record(lambda x: x @ large, ew.zeros(2, 50)))
    assert script.constant_bytes == 50 * 40 * 4
    assert script.buffer_bytes == (2 * 50 + 50 * 40 + 2 * 40) * 4
    assert len(script.text) > script.constant_bytes * 4 / 3


def test_integers_that_are_not_exact_are_refused():
    with pytest.raises(JavaScriptError, match=r"integers above 2\*\*53"):
        javascript(record(lambda x: x + ew.tensor([2**53 + 1, 0]), ew.tensor([1, 2])))


def test_only_the_helpers_that_are_called_are_brought_along():
    script = javascript(record(lambda x: ew.linalg.inv(x @ x), ew.eye(3)))
    assert script.helpers == ("runnable", "matmul", "luDecomposition", "solve", "inverse")
    assert all(f"function {name}(" in script.text for name in script.helpers)
    assert len(helpers()) > 30


def test_random_numbers_are_drawn_again_in_each_run(node, tmp_path):
    kinds = {"uniform": {}, "normal": {}, "exponential": {}, "integers": {"low": -2, "high": 3}, "permutation": {}}
    steps = []
    for dtype in ("float32", "float64"):
        for kind, bounds in kinds.items():
            params = {"distribution": kind, "shape": (20000,), "dtype": dtype, **bounds}
            steps.append(Step("random", (), params, Value((20000,), dtype)))
    program = Program([], {}, steps, [step.output for step in steps])
    (tmp_path / "module.mjs").write_text(javascript(program).text, encoding="utf-8")
    lines = f"""
        import {{ makeProgram }} from "{(tmp_path / "module.mjs").as_uri()}";
        const copy = (arrays) => arrays.map((x) => [...x]);
        const [first, again, other] = [makeProgram(1), makeProgram(1), makeProgram(2)];
        console.log(JSON.stringify([copy(first.run()), copy(first.run()), copy(again.run()), copy(other.run())]));
    """
    one, two, same, other = (np.array(run) for run in json.loads(node(lines)))
    np.testing.assert_array_equal(one, same)
    for run in (two, other):
        assert (np.mean(run == one, axis=1) < 0.3).all()
    for uniform, normal, exponential, integers, permutation in (one[:5], one[5:]):
        assert 0 <= uniform.min() < 0.001 < 0.999 < uniform.max() < 1
        assert abs(uniform.mean() - 1 / 2) < 0.01
        assert abs(normal.mean()) < 0.03
        assert abs(normal.std() - 1) < 0.02
        assert exponential.min() >= 0
        assert abs(exponential.mean() - 1) < 0.03
        assert set(integers) == {-2, -1, 0, 1, 2}
        assert abs(integers.mean()) < 0.05
        assert sorted(permutation) == list(range(20000))


def _trained(in_page: Any, program: Program, batch: list[Any], steps: int) -> list[float]:
    """The losses of some training steps in Node, each from what the last one left."""
    given = ", ".join(literals.array(array)[0] for array in [*batch, *program.start])
    lines = f"""
        {helper_text(["unpack"])}
        let results = program.run([{given}]);
        const losses = [results[0][0]];
        for (let i = 1; i < {steps}; i++) {{
          results = program.run([undefined, undefined, ...results.slice(1)]);
          losses.push(results[0][0]);
        }}
        show(losses);
    """
    return in_page(javascript(program), lines)


def _expected(program: Program, batch: list[Any], steps: int) -> list[float]:
    state, losses = program.start, []
    for _ in range(steps):
        loss, state = program.run(*batch, *state)
        losses.append(float(loss))
    return losses


def test_a_perceptron_trains_as_in_python(in_page):
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    program, batch = _training(model, optim.SGD(model.parameters(), lr=0.1), (32, 784))
    np.testing.assert_allclose(_trained(in_page, program, batch, 20), _expected(program, batch, 20), rtol=1e-5)


def test_a_convolutional_network_trains_as_in_python(in_page):
    ew.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 16, 10)
    )
    optimiser = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    program, batch = _training(model, optimiser, (6, 1, 8, 8))
    np.testing.assert_allclose(_trained(in_page, program, batch, 10), _expected(program, batch, 10), rtol=1e-4)


def _deep(kind: str) -> Program:
    """A training step of a network with many operations of several kinds."""
    ew.manual_seed(0)
    layers: dict[str, Any] = {
        "transformer": lambda: nn.Sequential(
            nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1), nn.Flatten(), nn.Linear(40, 10)
        ),
        "convolutions": lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 10)
        ),
    }
    model = layers[kind]()
    shape = (4, 5, 8) if kind == "transformer" else (4, 1, 6, 6)
    return _training(model, optim.Adam(model.parameters(), lr=0.01), shape)[0]


@pytest.mark.parametrize("kind", ["transformer", "convolutions"])
def test_programs_of_tables_give_the_same_as_those_written_out(in_page, monkeypatch, kind):
    program = _deep(kind)
    lines = """
    const first = program.inputs.map((place, i) => program.values[place].data.map((_, j) => Math.sin(i + j)));
    const isWhole = (i) => program.values[program.inputs[i]].dtype === "int64";
    program.run(first.map((data, i) => (isWhole(i) ? data.map((_, j) => j % 10) : data)));
    show(program.values.map(({ data }) => Array.from(data)));"""
    monkeypatch.setattr("edgewise.printers.javascript.printer.MOST_WRITTEN_OUT", len(program.steps))
    written_out = javascript(program)
    monkeypatch.setattr("edgewise.printers.javascript.printer.MOST_WRITTEN_OUT", 0)
    tabled = javascript(program)
    assert len(tabled.body) < len(written_out.body)
    assert tabled.index == written_out.index
    assert tabled.buffer_bytes == written_out.buffer_bytes
    found = in_page(tabled, lines)
    assert found == in_page(written_out, lines)
    assert any(number for values in found[-5:] for number in values)


def test_memory_is_of_the_kind_that_literals_have(node):
    table = "\n".join(f"x {dtype} 2 3" for dtype in literals.ARRAYS)
    text = helper_text(["valuesOf"]) + f"const values = valuesOf(`{table}`, {{}}, {{ x: 'my name' }}, 2);\n"
    text += "console.log(JSON.stringify(values.map(({ name, shape, data }) => [name, shape, data.constructor.name])));"
    assert json.loads(node(text)) == [["my name", [2, 3], kind] for kind in literals.ARRAYS.values()]


@pytest.mark.parametrize(
    ("param", "shown"),
    [
        (slice(1, 4, 1), "1:4"),
        (slice(1, 4, None), "1:4"),
        (slice(None, None, None), ":"),
        (slice(None, 4, 2), ":4:2"),
        ((slice(0, 2), ..., None), "[0:2, ..., None]"),
    ],
)
def test_keys_are_remarked_on_as_they_are_written_in_brackets(param, shown):
    assert printer._param_text(param) == shown
