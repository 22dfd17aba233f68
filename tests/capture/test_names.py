"""Tensors are called what the user calls them, without being asked."""

from __future__ import annotations

import gc
import linecache
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.capture.names import formula_symbol, with_subscripts
from edgewise.nn import functional


def named(taken):
    """The user's names, in the order of the tensors."""
    return [tensor.name for tensor in taken.tensors if tensor.named]


def run(source, /, file="<cell>", **variables):
    """Runs lines as a notebook does: their text is in `linecache`, and only there."""
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace = {"ew": ew, "nn": nn, "np": np, "snapshot": snapshot, **variables}
    exec(compile(source, file, "exec"), namespace)
    return namespace


# Variables -----------------------------------------------------------------------------------------------------------


def test_variables_of_the_caller_give_their_names():
    x = ew.ones(2, 3)
    W = ew.ones(3, 1, requires_grad=True)
    z = x @ W
    y = z.tanh()
    assert named(snapshot(y.sum())) == ["x", "W", "z", "y"]


def test_variables_of_callers_further_up_are_found():
    def look(result):
        return snapshot(result)

    weight = ew.tensor(2.0, requires_grad=True)
    assert named(look(weight * 3)) == ["weight", "result"]


def test_the_nearest_frame_wins():
    def look(inner):
        return snapshot(inner * 1)

    outer = ew.tensor(2.0, requires_grad=True)
    assert named(look(outer)) == ["inner"]


def test_names_without_an_underscore_are_preferred():
    _hidden = ew.tensor(2.0, requires_grad=True)
    seen = _hidden
    assert named(snapshot(seen * 1)) == ["seen"]
    del seen
    assert named(snapshot(_hidden * 1)) == ["_hidden"]


def test_a_notebooks_own_variables_give_no_names():
    taken = run(
        "x = ew.tensor(1.0, requires_grad=True)\nOut[3] = _3 = _ = x * 2\ntaken = snapshot(Out[3])",
        _oh={},
        Out={},
        In=[],
    )["taken"]
    assert named(taken) == ["x"]


def test_lists_dicts_and_objects_are_searched_one_level_deep():
    class Net:
        def __init__(self):
            self.scale = ew.tensor(3.0, requires_grad=True)

    weights = [ew.tensor(float(k), requires_grad=True) for k in range(2)]
    more = {"bias": ew.tensor(1.0, requires_grad=True), 7: ew.tensor(1.0, requires_grad=True)}
    net = Net()
    parts = [*weights, *more.values(), net.scale]
    total = ew.stack(parts).sum()
    del parts
    assert named(snapshot(total)) == ["weights[0]", "weights[1]", "bias", "more[7]", "scale", "total"]


def test_numpy_arrays_give_their_names_to_the_tensors_made_of_them():
    data = np.ones(3, np.float32)
    W = ew.ones(3, requires_grad=True)
    assert named(snapshot((W * data).sum())) == ["W", "data"]


def test_labels_keep_their_name_in_a_loss_of_classes():
    scores = ew.ones(2, 3, requires_grad=True)
    labels = ew.tensor([0, 2])
    assert named(snapshot(functional.cross_entropy(scores, labels))) == ["scores", "labels"]


def test_looking_at_variables_runs_no_code_of_theirs():
    class Proxy:
        @property
        def __class__(self):
            raise RuntimeError("asked for its class")

        def __getattr__(self, name):
            raise RuntimeError(f"asked for {name}")

    proxy = Proxy()
    x = ew.tensor(1.0, requires_grad=True)
    assert named(snapshot(x * 2)) == ["x"]
    assert type(proxy) is Proxy


# The source ----------------------------------------------------------------------------------------------------------


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


# Loops ---------------------------------------------------------------------------------------------------------------


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


# Modules -------------------------------------------------------------------------------------------------------------


def test_parameters_are_called_by_their_path():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    taken = snapshot(model(ew.ones(4, 2)).mean())
    assert named(taken) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert len(list(model.parameters())) == 4


def test_the_path_is_known_where_the_model_has_no_variable():
    def f():
        return nn.Sequential(nn.Linear(2, 1))(ew.ones(4, 2)).mean(), None

    loss, _ = f()
    # The model is gone; what is left are the calls, and the name under which each parameter was held.
    assert named(snapshot(loss)) == ["0.weight", "0.bias", "loss"]
    models = [[nn.Sequential(nn.Linear(2, 1))]]
    assert named(snapshot(models[0][0](ew.ones(4, 2)).mean())) == ["0.weight", "0.bias"]


def test_parameters_that_are_shared_have_one_name():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Linear(2, 2, bias=False)
            self.decoder = nn.Linear(2, 2, bias=False)
            self.decoder.weight = self.encoder.weight

        def forward(self, x):
            return self.decoder(self.encoder(x))

    model = Tied()
    taken = snapshot(model(ew.ones(1, 2)).sum())
    assert named(taken) == ["encoder.weight"]
    assert len(taken.tensors[1].edges) == 2


def test_models_are_distinguished_by_their_variables():
    generator, critic = nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False)
    loss = critic(generator(ew.ones(1, 2))).sum()
    assert named(snapshot(loss)) == ["generator.weight", "critic.weight", "loss"]


def test_a_part_of_a_model_keeps_the_path_from_the_whole():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2, bias=False)), nn.Tanh())
    part = model[0]
    assert named(snapshot(part(ew.ones(1, 2)).sum())) == ["0.0.weight"]
    assert part is model[0]


def test_buffers_are_inputs_with_paths():
    layer = nn.BatchNorm1d(2).eval()
    taken = snapshot(layer(ew.ones(3, 2)).sum())
    buffers = {tensor.name: tensor.kind for tensor in taken.tensors if "running" in tensor.name}
    assert buffers
    assert set(buffers.values()) == {"input"}


def test_a_name_that_was_given_comes_first():
    x = ew.tensor(1.0, requires_grad=True)
    x.name = "the input"
    y = x * 2
    y.name = "doubled"
    assert named(snapshot(y)) == ["the input", "doubled"]


# Labels and symbols --------------------------------------------------------------------------------------------------


def test_what_has_no_name_is_called_after_its_operation():
    taken = snapshot((ew.ones(2, requires_grad=True) * ew.ones(2) * ew.ones(2)).sum())
    assert [tensor.name for tensor in taken.tensors] == ["parameter", "constant₁", "mul₁", "constant₂", "mul₂", "sum"]
    assert [tensor.kind for tensor in taken.tensors][:2] == ["parameter", "constant"]


def test_a_constant_number_is_written_as_a_number():
    x = ew.tensor(2.0, requires_grad=True)
    taken = snapshot(x * ew.tensor(3.0))
    assert taken.nodes[0].formula.unicode() == "3x"


def test_the_loss_is_called_l_in_formulas_unless_that_is_taken():
    x = ew.tensor(2.0, requires_grad=True)
    loss = x * 2
    assert snapshot(loss).output.symbol == "L"
    error = x * 2
    assert snapshot(error).output.symbol == "error"
    L = x
    loss = L * 2
    del x
    assert snapshot(loss).output.symbol == "loss"


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("W2", "W₂"),
        ("eta", "η"),
        ("alpha1", "α₁"),
        ("h₃", "h₃"),
        ("mul₁₂", "mul₁₂"),
        ("log2₁", "log2₁"),
        ("pi", "pi"),
        ("layers.0.weight", "layers.0.weight"),
        ("x_1", "x_1"),
        ("₁", "₁"),
    ],
)
def test_symbols_are_written_as_in_a_textbook(name, symbol):
    assert with_subscripts(formula_symbol(name)) == symbol


def test_letters_and_their_spelt_names_stay_apart():
    eta, η = ew.tensor(1.0, requires_grad=True), ew.tensor(2.0, requires_grad=True)
    assert [tensor.symbol for tensor in snapshot(eta * η).tensors][:2] == ["eta", "η"]


@settings(deadline=None)
@given(st.text())
def test_any_name_is_safe_and_of_no_effect(name):
    x = ew.tensor(1.0, requires_grad=True)
    x.name = name
    taken = snapshot(x * 2)
    shown = taken.tensors[0].name
    assert len(shown) == len(name or "x")
    assert shown.isprintable() or not any(letter < " " for letter in shown)
    assert taken.nodes[0].formula is not None


# Nothing is kept alive -----------------------------------------------------------------------------------------------


def test_no_frame_is_kept_alive():
    class Local:
        pass

    def look():
        local = Local()
        x = ew.tensor(1.0, requires_grad=True)
        return weakref.ref(local), snapshot(x * 2)

    gc.disable()
    try:
        local, taken = look()
        assert local() is None
        assert named(taken) == ["x"]
    finally:
        gc.enable()


def test_a_functions_own_dict_of_variables_is_left_to_it():
    x = ew.tensor(1.0, requires_grad=True)
    mine = locals()
    snapshot(x * 2)
    assert mine["x"] is x


def test_paths_that_begin_with_a_number_are_a_subscript_in_formulas():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 1)))
    taken = snapshot(model(ew.ones(1, 2)).sum())
    written = {tensor.name: tensor.symbol for tensor in taken.tensors if tensor.kind == "parameter"}
    assert written == {"0.weight": "weight₀", "0.bias": "bias₀", "1.1.weight": "weight₁.₁", "1.1.bias": "bias₁.₁"}
    assert taken.nodes[0].formula.unicode() == "input · weight₀ᵀ + bias₀"
    assert r"\text{bias}_{1.1}" in taken.nodes[2].formula.latex()


def test_a_subscript_that_another_tensor_has_is_not_given_to_a_path():
    model, weight0 = nn.Sequential(nn.Linear(2, 2)), ew.tensor([1.0, 2.0])
    taken = snapshot((model(weight0) * weight0).sum())
    written = {tensor.name: tensor.symbol for tensor in taken.tensors}
    assert (written["weight0"], written["0.weight"]) == ("weight₀", "0.weight")
    # As everywhere else in the picture.
    assert "weight₀ · 0.weightᵀ" in taken.nodes[0].formula.unicode()


def test_what_pythons_own_start_calls_has_no_line():
    names = {"ew": ew}
    exec(compile("w = ew.tensor(2.0, requires_grad=True)\nloss = w * w", "<frozen runpy>", "exec"), names)
    assert snapshot(names["loss"]).nodes[0].line is None


# The names that people gave ------------------------------------------------------------------------------------------


def tensor_names(taken):
    return [tensor.name for tensor in taken.tensors]


def test_a_mask_is_not_called_what_is_masked():
    def attention(x, w):
        q, k, v = (x @ w).chunk(3, dim=-1)
        mask = ew.triu(ew.ones(3, 3), 1)
        scores = q @ k.mT
        scores = scores.masked_fill(mask == 1, -1e9)
        weights = scores.softmax(-1)
        return weights @ v

    x, w = ew.randn(3, 4), ew.randn(4, 12, requires_grad=True)
    names = tensor_names(snapshot(attention(x, w).sum()))
    assert [name for name in names if name.startswith("scores")] == ["scores₁", "scores₂"]
    assert {"q", "k", "v", "mask", "weights"} <= {*names}


def test_operands_in_another_order_than_the_call_has_them_get_no_wrong_names():
    def looked_up(tokens, table):
        return nn.functional.embedding(tokens, table)

    names = tensor_names(snapshot(looked_up(ew.tensor([1, 2]), ew.ones(4, 3, requires_grad=True)).sum()))
    assert names[:2] == ["parameter", "index"]


def test_a_helper_that_shows_a_tensor_does_not_rename_it():
    def show(t, x):
        return tensor_names(snapshot(t)), str(ew.explain(t, x))

    def outer(a, b):
        mine = b
        return show(a, mine)

    W, x = ew.ones(4, 2, requires_grad=True), ew.ones(3, 4)
    loss = ((x @ W) ** 2).mean()
    for shown in (show, outer):
        names, text = shown(loss, W)
        assert names == ["x", "W", "matmul", "pow", "loss"]
        assert "∂L/∂W: the gradient of loss with respect to W" in text

    def train(inputs):  # but the function in which a tensor is used gives it its name, also where it is a parameter
        h = inputs @ W
        total = h.sum()
        return show(total, W)[0]

    assert train(x) == ["inputs", "W", "h", "total"]


def test_several_models_are_called_by_their_variables():
    G = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
    D = nn.Sequential(nn.Linear(2, 1))
    taken = snapshot((D(G(ew.ones(1, 2))) + D(ew.zeros(1, 2))).sum())
    outermost = [(scope.name, scope.path, scope.kind) for scope in taken.scopes if scope.parent is None]
    assert outermost == [("G", "G", "Sequential"), ("D", "D", "Sequential"), ("D", "D", "Sequential")]
    assert [scope.path for scope in taken.scopes if scope.parent == 0] == ["G.0", "G.1", "G.2"]
    assert {"G.0.weight", "G.2.bias", "D.0.weight"} <= {*tensor_names(taken)}


def paths_of(taken):
    names = [tensor.name for tensor in taken.tensors if tensor.kind == "parameter"]
    return names, [scope.path for scope in taken.scopes]


def test_layers_in_lists_and_dicts_are_called_by_their_places():
    blocks = [nn.Linear(2, 2, bias=False) for _ in range(3)]
    h = ew.ones(1, 2)
    for block in blocks:
        h = block(h)
    names, scopes = paths_of(snapshot(h.sum()))
    assert scopes == ["blocks[0]", "blocks[1]", "blocks[2]"]
    assert names == ["blocks[0].weight", "blocks[1].weight", "blocks[2].weight"]
    parts = {"encoder": nn.Linear(2, 2, bias=False), "decoder": nn.Linear(2, 2, bias=False)}
    names, scopes = paths_of(snapshot(parts["decoder"](parts["encoder"](ew.ones(1, 2))).sum()))
    assert scopes == ["encoder", "decoder"]
    assert names == ["encoder.weight", "decoder.weight"]


def test_layers_in_a_list_that_a_model_does_not_know_are_called_by_their_places():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)]

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    net = Net()
    names, scopes = paths_of(snapshot(net(ew.ones(1, 2)).sum()))
    assert names == ["layers[0].weight", "layers[1].weight"]
    assert scopes[1:] == ["layers[0]", "layers[1]"]


def test_the_tensors_of_a_list_that_a_loop_goes_over_are_called_by_their_places():
    ws = [ew.tensor(float(i), requires_grad=True) for i in range(1, 4)]
    h = ew.tensor(1.0)
    for w in ws:
        h = h * w
    assert [tensor.name for tensor in snapshot(h).tensors if tensor.kind == "parameter"] == ["ws[0]", "ws[1]", "ws[2]"]


@pytest.mark.parametrize("rows", ["x.unbind(0)", "x", "list(x.unbind(0))"])
def test_what_a_loop_goes_over_has_the_loops_name(rows, tmp_path):
    source = f"""def total(x):
    result = 0
    for row in {rows}:
        result = result + (row * row).sum()
    return result
def paired(x):
    return sum((row * column).sum() for row, column in zip(x, x.unbind(1)))
"""
    file = tmp_path / "rows.py"
    file.write_text(source, "utf-8")
    space = {}
    exec(compile(source, str(file), "exec"), space)
    w = ew.ones(2, 2, requires_grad=True)
    names = tensor_names(snapshot(space["total"](w * 2)))
    if "list" not in rows:
        assert [name for name in names if "row" in name] == ["row₁", "row₂"]
    assert "result₁" in names
    names = tensor_names(snapshot(space["paired"](w * 2)))
    assert [name for name in names if name.startswith(("row", "column"))] == ["column₁", "column₂", "row₁", "row₂"]


def test_results_that_are_taken_apart_have_the_names_of_the_variables():
    def split(x):
        a, _, c = x.unbind(0)
        self.low, self.high = x.split(2)[0].aminmax()
        return (d := a * c) + d + self.low

    self = type("Holder", (), {})()
    names = tensor_names(snapshot(split(ew.ones(3, requires_grad=True) * 2)))
    assert {"a", "c", "d"} <= {*names}
    assert "_" not in names


def test_what_a_tensor_was_before_it_was_written_to_has_its_name():
    x = ew.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 2
    y[:, 1] *= 3
    y[0] += x[1]
    y.mul_(2.0)
    taken = snapshot(y.square().sum())
    named = {taken.tensors[node.output].symbol: node.operation for node in taken.nodes}
    assert {name: made for name, made in named.items() if name.startswith("y")} == {
        "y₁": "mul", "y₂": "setitem", "y₃": "setitem", "y₄": "mul",
    }  # fmt: skip


def test_masks_that_attention_adds_as_numbers_keep_their_names():
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, dropout=0.0)
    pad = ew.tensor([[False, False, True]])
    causal = ew.tensor([[False, True, True], [False, False, True], [False, False, False]])
    taken = snapshot(layer(ew.ones(1, 3, 4), src_mask=causal, src_key_padding_mask=pad).sum())
    assert {"pad", "causal"} <= set(named(taken))
    assert {tensor.kind for tensor in taken.tensors if tensor.dtype == "bool"} == {"input"}
