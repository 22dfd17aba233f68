"""Formulas of modules mean what runs: read back line by line, they give the results and gradients of the modules."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from printers.formula.reader import computed

import edgewise as ew
import edgewise.nn.functional as F
from edgewise import nn
from edgewise.capture.capture import capture
from edgewise.capture.modules import module_formula, module_formulas


def _input(name, shape):
    numbers = np.sin(np.arange(math.prod(shape), dtype="float64") * 1.7 + ord(name[0])).reshape(shape)
    tensor = ew.tensor(numbers, requires_grad=True)
    tensor.name = name
    return tensor


def _captured(module, shapes, call):
    """A snapshot of a call in double precision, with other gradients for its results than 1."""
    module = module.double() if isinstance(module, nn.Module) else module
    returned = call(module, *(_input(name, shape) for name, shape in shapes.items()))
    results = returned if isinstance(returned, tuple) else (returned,)
    for result, name in zip(results, "yz", strict=False):
        result.name = name
    rng = np.random.default_rng(0)
    return capture(results, [ew.tensor(rng.normal(size=tuple(one.shape))) for one in results]).snapshot


def _plain(text):
    """A formula with names that the reader knows: no dots in paths, and gradients as names."""
    text = re.sub(r"(?<=[A-Za-z_])\.(?=[A-Za-z_])", "_", text.replace("…", "elsewhere"))
    return re.sub(r"∂\w+/∂([\w\u0302′]+)", r"gradient_\1", text)


def _known(snapshot, remarks):
    """The arrays of a snapshot, and those that remarks name, by their names."""
    known = {}
    for tensor in snapshot.tensors:
        known[_plain(tensor.symbol)] = tensor.value.array
        if tensor.gradient is not None:
            known[f"gradient_{_plain(tensor.symbol)}"] = tensor.gradient.array
    for remark in map(_plain, remarks):
        if holds := re.fullmatch(r"(.+) holds (.+), one below the other", remark):
            names = re.split(", | and ", holds[2])
            for start in ("", "gradient_"):
                parts = np.split(known[start + holds[1]], len(names))
                known |= {start + name: part for name, part in zip(names, parts, strict=True)}
        if number := re.fullmatch(r"(\w+) = ([\d.e−]+)", remark):
            known[number[1]] = float(number[2].replace("−", "-"))
        if step := re.fullmatch(r"(\w+) = (\w)\[(\d+)\]", remark):
            known[step[1]] = known[step[2]][int(step[3])]
    return known


def _compared(lines, known, values):
    """Computes lines, compares those of arrays that are known, and returns what these are."""
    compared = []
    for left, right in lines:
        name, text = _plain(left.unicode()), _plain(right.unicode())
        found = None if "elsewhere" in text else np.asarray(computed(text, values))
        if name in known and found is not None:
            truth = np.asarray(known[name])
            np.testing.assert_allclose(found.reshape(truth.shape), truth, rtol=1e-7, atol=1e-9, err_msg=text)
            compared.append(name)
        values[name] = known.get(name, found)
    return compared


def _verify(module, shapes, call=lambda module, *inputs: module(*inputs), **values):
    """Compares the formula of a module with what ran: returns the names of what was compared, forward and back."""
    snapshot = _captured(module, shapes, call)
    formula = module_formula(snapshot, 0)
    known = _known(snapshot, formula.remarks)
    values = {**known, "matrices": True, **values}
    return _compared(formula.forward, known, values), _compared(formula.backward, known, values)


def test_an_lstm_cell_is_its_gates():
    forward, back = _verify(
        nn.LSTMCell(3, 4), {"x": (2, 3), "h": (2, 4), "c": (2, 4)}, lambda cell, x, h, c: cell(x, (h, c))
    )
    assert set("ifgo") <= {*forward}
    assert {f"gradient_{name}" for name in [*"ifgoxhc", "W_ii", "b_ii", "W_hi", "b_hi"]} <= {*back}


def test_a_gru_cell_is_its_gates():
    forward, back = _verify(nn.GRUCell(3, 4), {"x": (2, 3), "h": (2, 4)})
    assert set("rzn") <= {*forward}
    assert {f"gradient_{name}" for name in [*"rznxh", "W_ir", "W_hr", "W_hn", "b_hn"]} <= {*back}


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_a_recurrent_cell_is_one_line(nonlinearity):
    forward, back = _verify(nn.RNNCell(3, 4, nonlinearity=nonlinearity), {"x": (2, 3), "h": (2, 4)})
    assert forward
    assert {"gradient_x", "gradient_h", "gradient_weight_ih", "gradient_bias_hh"} <= {*back}


@pytest.mark.parametrize("need_weights", [True, False])
def test_attention_has_queries_keys_and_values(need_weights):
    forward, back = _verify(
        nn.MultiheadAttention(6, 2, batch_first=True),
        {"x": (5, 3, 6)},
        lambda module, x: module(x, x, x, need_weights=need_weights)[0],
        heads=2,
    )
    assert set("QKVA") <= {*forward}
    assert {"gradient_x", "gradient_W_Q", "gradient_b_Q", "gradient_Q", "gradient_K", "gradient_V"} <= {*back}


def test_attention_of_other_keys_projects_each_by_its_own_rows():
    forward, back = _verify(
        nn.MultiheadAttention(6, 3, batch_first=True),
        {"q": (5, 3, 6), "k": (5, 4, 6), "v": (5, 4, 6)},
        lambda module, *inputs: module(*inputs, need_weights=False)[0],
        heads=3,
    )
    assert set("QKVA") <= {*forward}
    assert {"gradient_q", "gradient_k", "gradient_v", "gradient_W_K", "gradient_W_V"} <= {*back}


def test_attention_as_a_function_is_the_textbook_formula():
    shapes = {"Q": (2, 4, 3), "K": (2, 5, 3), "V": (2, 5, 6)}
    forward, back = _verify(F.scaled_dot_product_attention, shapes)
    assert "A" in forward
    assert {"gradient_Q", "gradient_K", "gradient_V"} <= {*back}
    formula = module_formula(_captured(F.scaled_dot_product_attention, shapes, lambda f, *given: f(*given)), 0)
    (weights, softmax), (_, result) = formula.forward
    assert (weights.unicode(), softmax.unicode(), result.unicode()) == ("A", "softmax(Q · Kᵀ / √d)", "A · V")
    assert formula.remarks == ("d = 3",)


@pytest.mark.parametrize(
    ("module", "shape", "count"),
    [
        (lambda: nn.LayerNorm(4), (5, 4), 4),
        (lambda: nn.RMSNorm(4, 1e-5), (5, 4), 4),
        (lambda: nn.BatchNorm1d(3), (5, 3), 5),
    ],
    ids=["layer norm", "RMS norm", "batch norm"],
)
def test_normalisations_have_means_and_deviations(module, shape, count):
    forward, back = _verify(module(), {"x": shape}, n=count)
    assert forward
    assert {"gradient_x", "gradient_weight"} <= {*back}


def test_batch_normalisation_in_evaluation_uses_the_running_mean():
    module = nn.BatchNorm1d(3)
    module(_input("x", (5, 3)).float())
    forward, back = _verify(module.eval(), {"x": (5, 3)})
    assert forward
    assert {"gradient_x", "gradient_weight", "gradient_bias"} <= {*back}


def test_a_sequence_of_layers_names_what_a_condition_is_about():
    forward, back = _verify(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)), {"x": (5, 4)})
    assert forward
    assert {*back} >= {"gradient_x", "gradient_z", "gradient_weight₀", "gradient_bias₀"}
    assert len(back) == 6


@pytest.mark.parametrize(("layer", "gates"), [(nn.LSTM, "ifgo"), (nn.GRU, "rzn")])
def test_a_recurrent_layer_is_one_of_its_steps(layer, gates):
    snapshot = _captured(layer(3, 4), {"x": (3, 2, 3)}, lambda module, x: module(x)[0])
    formula = module_formula(snapshot, 0)
    known = _known(snapshot, formula.remarks)
    compared = _compared(formula.forward, known, {**known, "matrices": True})
    assert {*compared} >= {f"{gate}₂" for gate in gates} | {"h₂"}
    assert formula.remarks[0] == "this is step 2 of 3; the others are alike"


def test_modules_within_are_called_by_their_names():
    module = nn.TransformerEncoderLayer(6, 2, 8, 0.0, batch_first=True)
    snapshot = _captured(module, {"x": (5, 3, 6)}, lambda module, x: module(x))
    formula = module_formula(snapshot, 0)
    assert [f"{left.unicode()} = {right.unicode()}" for left, right in formula.forward[:2]] == [
        "a = x + self_attn(x)",
        "b = norm₁(a)",
    ]
    assert "∂L/∂a = ∂L/∂b · ∂norm₁/∂a" in [f"{a.unicode()} = {b.unicode()}" for a, b in formula.backward]


def test_modules_of_one_operation_have_no_other_formula_than_its_own():
    snapshot = _captured(nn.Sequential(nn.Linear(4, 8), nn.Tanh()), {"x": (5, 4)}, lambda module, x: module(x))
    kinds = {snapshot.scopes[scope].kind for scope in module_formulas(snapshot)}
    assert kinds == {"Sequential"}


def test_functions_of_several_operations_have_formulas():
    def distance(a, b):
        return ((a - b) ** 2).sum(-1, keepdim=True).sqrt()

    module = type("Distance", (nn.Module,), {"forward": lambda _, a, b: distance(a, b)})()
    forward, back = _verify(module, {"a": (5, 4), "b": (5, 4)})
    assert forward
    assert back == ["gradient_a", "gradient_b"]
