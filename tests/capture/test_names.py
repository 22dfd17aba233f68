"""Tensors are called what the user calls them, without being asked."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.capture.spelling import formula_symbol, with_subscripts
from edgewise.nn import functional

from .reading import named, run

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
