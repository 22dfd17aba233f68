"""Names from the source: of variables that are gone, of loops, and of what is taken apart."""

from __future__ import annotations

import linecache

import pytest

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.nn import functional

from .reading import named, run


def test_the_source_names_what_frames_that_returned_held():
    def network(x):
        hidden = ew.relu(x @ W1 + b1)
        z: ew.Tensor = hidden @ W2
        return z

    W1, b1, W2 = (ew.ones(*shape, requires_grad=True) for shape in [(3, 2), (2,), (2, 1)])
    loss = network(ew.ones(4, 3)).sum()
    assert named(snapshot(loss)) == ["x", "W1", "b1", "hidden", "W2", "z", "loss"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("r = x * w", ["x", "w", "r"]),
        ("r = self.x * w", ["x", "w", "r"]),
        ("r = p['first'] * w", ["first", "w", "r"]),
        ("self.r = x.mul(w)", ["x", "w", "r"]),
        ("r = ew.mul(x, w)", ["x", "w", "r"]),
        ("r = (\n        x\n        .mul(w)\n    )", ["x", "w", "r"]),
        ("r = x\n    r = -w", ["w", "r"]),
        ("r = w * 1\n    r *= x", ["w", "r₁", "x", "r₂"]),
        ("r = s = w * 2", ["w", "r"]),
        ("r, s = w * 2, w * 3", ["w", "r"]),
        ("(r := x * w)", ["x", "w", "r"]),
        ("r = x * w if n else w", ["x", "w", "r"]),
        ("r = w ** 2", ["w", "r"]),
        ("r = ew.cat([x, w], 0)", ["x", "w", "r"]),
        ("r = w[1:]", ["w", "r"]),
        ("r = w.T", ["w", "r"]),
        ("r = x.T * w", ["x", "w", "r"]),
        ("r = x.clone() * w", ["w", "r"]),
        ("r = w.sum(0) * n", ["w", "r"]),
        ("r = w * w.data", ["w", "w.data", "r"]),
    ],
)
def test_what_the_source_says_about_names(line, names):
    result = "self.r" if line.startswith("self.r ") else "r"
    source = f"""
import edgewise as ew
class Object: pass
def f(x, w, n, self, p):
    self.x = p['first'] = x
    {line}
    return {result}
taken = snapshot(f(ew.ones(3), ew.ones(3, requires_grad=True), 2, Object(), {{}}).sum())
"""
    taken = run(source, file=f"<names of {line}>")["taken"]
    assert named(taken) == names


def test_a_call_that_makes_several_nodes_names_the_last_one():
    def f(scores, target):
        value = functional.mse_loss(scores, target)
        return value * 1

    taken = snapshot(f(ew.ones(3, requires_grad=True), ew.zeros(3)))
    assert [tensor.name for tensor in taken.tensors if tensor.named and tensor.node is not None] == ["value"]
    assert taken.nodes[-2].output == next(tensor.id for tensor in taken.tensors if tensor.name == "value")


def test_functions_of_unknown_modules_are_no_tensors():
    taken = run("def f(x, w): return F.relu(w)\nt = snapshot(f(1, ew.ones(2, requires_grad=True)).sum())", F=functional)
    assert named(taken["t"]) == []


def test_code_without_source_has_lines_without_text():
    namespace = {"ew": ew, "snapshot": snapshot}
    exec("def f(x):\n  y = x * 2\n  return y\ntaken = snapshot(f(ew.tensor(1.0, requires_grad=True)))", namespace)
    taken = namespace["taken"]
    assert (taken.nodes[0].line.number, taken.nodes[0].line.text) == (2, "")
    assert named(taken) == []


def test_source_that_is_no_python_is_harmless():
    source = "%matplotlib inline\nx = ew.tensor(1.0, requires_grad=True)\ntaken = snapshot(x * 2)\n"
    linecache.cache["<magic>"] = (len(source), None, source.splitlines(keepends=True), "<magic>")
    namespace = {"ew": ew, "snapshot": snapshot}
    exec(compile(source.replace("%", "#"), "<magic>", "exec"), namespace)
    assert named(namespace["taken"]) == ["x"]
    assert namespace["taken"].nodes[0].line.text == "taken = snapshot(x * 2)"


def test_each_node_knows_its_line():
    x = ew.tensor(2.0, requires_grad=True)
    taken = snapshot(x * 3)
    line = taken.nodes[0].line
    assert line.file == __file__
    assert line.text == "taken = snapshot(x * 3)"
    assert line.function == "test_each_node_knows_its_line"
    assert linecache.getline(line.file, line.number).strip() == line.text


def test_the_results_of_a_loop_are_numbered():
    w = ew.tensor(0.5, requires_grad=True)
    h = ew.tensor(1.0)
    for _ in range(3):
        h = ew.tanh(h * w)
    taken = snapshot(h)
    assert named(taken) == ["h₁", "w", "h₂", "h₃", "h₄"]
    assert [tensor.symbol for tensor in taken.tensors if tensor.named] == ["h₁", "w", "h₂", "h₃", "h₄"]
    assert taken.nodes[-1].formula.unicode() == "tanh(h₃ · w)"


def test_a_loop_of_one_operation_is_taken_apart():
    w = ew.tensor(0.5, requires_grad=True)
    h = w
    for _ in range(3):
        h = h * 2
    assert named(snapshot(h)) == ["w", "h₁", "h₂", "h₃"]


def test_a_module_called_in_a_loop_names_the_result_of_each_call():
    layer = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    h = ew.ones(1, 2)
    for _ in range(2):
        h = layer(h)
    assert named(snapshot(h.sum())) == ["0.weight", "1.weight", "h₁", "h₂"]


def test_modules_in_a_forward_name_what_they_return():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 2, bias=False), nn.ReLU())

        def forward(self, x):
            features = self.body(x)
            return features.sum()

    taken = snapshot(Net()(ew.ones(1, 2)))
    assert named(taken) == ["body.0.weight", "body.2.weight", "features"]


def test_numbers_do_not_clash_with_names_that_are_there():
    h1 = ew.tensor(1.0, requires_grad=True)
    h = h1 * 2
    h = h * 3
    assert named(snapshot(h)) == ["h1", "h(1)", "h(2)"]


def test_names_with_digits_are_numbered_in_brackets():
    W1 = ew.tensor(1.0, requires_grad=True)
    W1 = W1 * 2
    assert named(snapshot(W1)) == ["W1(1)", "W1(2)"]
