"""Recurrent layers: what a cell computes, how layers run over sequences, and what they refuse."""

import gc
import math
import weakref

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.ops.recurrent import RUNS

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_an_lstm_cell_computes_its_formula():
    cell = nn.LSTMCell(2, 3, dtype="float64")
    w_ih, w_hh, b_ih, b_hh = (p.detach().numpy() for p in cell.parameters())
    rng = np.random.default_rng(0)
    x, h, c = rng.standard_normal((4, 2)), rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    gates = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh
    i, f, g, o = np.split(gates, 4, axis=1)
    memory = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    hidden, found = cell(ew.tensor(x), (ew.tensor(h), ew.tensor(c)))
    np.testing.assert_allclose(found.detach().numpy(), memory)
    np.testing.assert_allclose(hidden.detach().numpy(), sigmoid(o) * np.tanh(memory))


def test_a_gru_cell_resets_only_what_comes_of_the_state():
    cell = nn.GRUCell(2, 3, dtype="float64")
    w_ih, w_hh, b_ih, b_hh = (p.detach().numpy() for p in cell.parameters())
    rng = np.random.default_rng(0)
    x, h = rng.standard_normal((4, 2)), rng.standard_normal((4, 3))
    given, kept = np.split(x @ w_ih.T + b_ih, 3, axis=1), np.split(h @ w_hh.T + b_hh, 3, axis=1)
    reset, update = sigmoid(given[0] + kept[0]), sigmoid(given[1] + kept[1])
    new = np.tanh(given[2] + reset * kept[2])
    result = cell(ew.tensor(x), ew.tensor(h)).detach().numpy()
    np.testing.assert_allclose(result, (1 - update) * new + update * h)


@pytest.mark.parametrize("kind", LAYERS)
def test_shapes_and_names_of_layers(kind):
    layer = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    output, states = layer(ew.randn(5, 7, 3))
    assert output.shape == (5, 7, 8)
    for state in states if isinstance(states, tuple) else (states,):
        assert state.shape == (4, 5, 4)
    assert list(layer.state_dict())[:8] == [
        f"{name}_l0{end}" for end in ("", "_reverse") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_is_its_cell_step_by_step(kind):
    layer = kind(3, 4)
    cell = getattr(nn, f"{kind.__name__}Cell")(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x = ew.randn(6, 2, 3)
    output, _ = layer(x)
    state = None
    for step, expected in zip(x, output, strict=True):
        state = cell(step, state)
        found = state[0] if isinstance(state, tuple) else state
        assert ew.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_sequence_goes_on_from_its_states(kind):
    layer = kind(3, 4, 2)
    x = ew.randn(6, 2, 3)
    whole, last = layer(x)
    first, states = layer(x[:4])
    second, again = layer(x[4:], states)
    assert ew.allclose(ew.cat([first, second]), whole, atol=1e-6)
    pairs = zip(again, last, strict=True) if kind is nn.LSTM else [(again, last)]
    for a, b in pairs:
        assert ew.allclose(a, b, atol=1e-6)


def test_dropout_is_between_layers_and_in_training_only():
    layer = nn.GRU(3, 4, num_layers=2, dropout=0.9)
    x = ew.randn(5, 2, 3)
    ew.manual_seed(1)
    first, _ = layer(x)
    second, _ = layer(x)
    assert not ew.allclose(first, second)
    layer.eval()
    assert ew.equal(layer(x)[0], layer(x)[0])
    with pytest.warns(UserWarning, match=r"^GRU: dropout=0.9 drops nothing.* num_layers is 1: leave it out") as caught:
        alone = nn.GRU(3, 4, dropout=0.9)
    assert caught[0].filename == __file__
    assert ew.equal(alone(x)[0], alone(x)[0])


def test_gradients_reach_every_parameter_and_the_first_states():
    layer = nn.LSTM(3, 4, 2, bidirectional=True)
    h, c = (ew.randn(4, 2, 4, requires_grad=True) for _ in range(2))
    output, _ = layer(ew.randn(5, 2, 3), (h, c))
    output.square().sum().backward()
    for tensor in (*layer.parameters(), h, c):
        assert tensor.grad is not None
        assert tensor.grad.abs().sum() > 0


def test_first_values_lie_within_one_over_the_root_of_the_width():
    layer = nn.GRU(3, 16)
    assert all(p.abs().max() <= 0.25 for p in layer.parameters())
    assert layer.weight_hh_l0.std().item() == pytest.approx(0.5 / 12**0.5, rel=0.2)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ew.ShapeError, match=r"LSTM\(3, 4\) takes shape \(L, N, 3\)"):
        nn.LSTM(3, 4)(ew.zeros(5, 2, 4))
    with pytest.raises(ew.ShapeError, match=r"first states have shape \(1, 2, 4\)"):
        nn.GRU(3, 4)(ew.zeros(5, 2, 3), ew.zeros(2, 4))
    with pytest.raises(ew.ShapeError, match="at least one step"):
        nn.GRU(3, 4)(ew.zeros(0, 2, 3))
    with pytest.raises(ew.ShapeError, match=r"a state has shape \(2, 4\), not \(1, 4\)"):
        nn.RNNCell(3, 4)(ew.zeros(2, 3), ew.zeros(1, 4))
    with pytest.raises(ew.ShapeError, match=r"GRUCell\(3, 4\) takes shape"):
        nn.GRUCell(3, 4)(ew.zeros(2, 5))
    with pytest.raises(ValueError, match="nonlinearity is 'sin'"):
        nn.RNN(3, 4, nonlinearity="sin")
    with pytest.raises(ValueError, match="must be positive"):
        nn.RNN(3, 4, num_layers=0)
    with pytest.raises(ValueError, match="dropout is the share"):
        nn.RNN(3, 4, 2, dropout=1.5)


@pytest.mark.parametrize(
    ("kind", "letters"),
    [(nn.RNN, "h1 h2 h3"), (nn.LSTM, "h1 c3 i₃ f₃ g₃ o₃"), (nn.GRU, "h3 r₁ z₂ n₃")],
)
def test_each_step_is_a_part_of_the_layer_with_the_names_of_its_equations(kind, letters):
    layer = kind(2, 3)
    taken = ew.see(layer(ew.randn(3, 1, 2))[0].sum()).snapshot
    paths = {scope.path: scope.kind for scope in taken.scopes}
    assert {f"step {t}": f"{kind.__name__}Cell" for t in (1, 2, 3)}.items() <= paths.items()
    assert {tensor.name for tensor in taken.tensors}.issuperset(letters.split())


def test_steps_of_several_runs_are_distinguished_and_timed():
    layer = nn.GRU(2, 3, num_layers=2, bidirectional=True)
    taken = ew.see(layer(ew.randn(2, 1, 2))[0].sum()).snapshot
    nodes = {taken.scopes[node.scope].path: node.id for node in reversed(taken.nodes) if node.scope is not None}
    assert {"l0.step 1", "l0 reverse.step 2", "l1.step 1", "l1 reverse.step 1"} <= nodes.keys()
    assert nodes["l0 reverse.step 2"] < nodes["l0 reverse.step 1"]


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_states_of_several_cells_are_named_by_layer_and_direction(kind):
    layer = kind(2, 3, num_layers=2, bidirectional=True)
    taken = ew.see(layer(ew.randn(2, 1, 2))[0].sum()).snapshot
    states = {tensor.name for tensor in taken.tensors if tensor.name[:2] in ("h0", "h1", "h2", "c2")}
    assert {f"h{t}_{part}" for t in range(3) for part in ("l0", "l0_reverse", "l1", "l1_reverse")} <= states
    assert not [name for name in states if "(" in name]


def arguments(kind, steps=4):
    rng = np.random.default_rng(1)
    x = ew.tensor(rng.standard_normal((steps, 2, 3)), requires_grad=True)
    states = [ew.tensor(rng.standard_normal((4, 2, 5)), requires_grad=True) for _ in range(2 if kind is nn.LSTM else 1)]
    return x, tuple(states) if kind is nn.LSTM else states[0]


def results(layer, x, states):
    output, last = layer(x, states)
    return [output, *(last if isinstance(last, tuple) else [last])]


def gradients(layer, x, states, parts, look=None):
    inputs = [x, *(states if isinstance(states, tuple) else [states]), *layer.parameters()]
    found = results(layer, x, states)
    loss = sum((found[i] ** 3).sum() for i in parts)
    if look is not None:
        look(loss)
    return [g.numpy() for g in ew.autograd.grad(loss, inputs, allow_unused=True) if g is not None]


@pytest.mark.parametrize("parts", [(0,), (1,), (0, -1)], ids=["outputs", "last states", "both"])
@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_do_not_depend_on_observers(kind, parts):
    layer = kind(3, 5, 2, bidirectional=True, dtype="float64")
    x, states = arguments(kind)
    unseen = gradients(layer, x, states, parts)
    with ew.autograd.detect_anomaly():  # every operation by itself
        step_by_step = gradients(layer, x, states, parts)
    for look in (ew.snapshot, lambda loss: loss.node.inputs):
        for a, b, c in zip(unseen, gradients(layer, x, states, parts, look), step_by_step, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(a, c, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_a_layer_without_biases_goes_back_through_its_formula(nonlinearity):
    layer = nn.RNN(1, 1, nonlinearity=nonlinearity, bias=False, dtype="float64")
    with ew.no_grad():
        layer.weight_ih_l0.fill_(0.5)
        layer.weight_hh_l0.fill_(-0.25)
    x = ew.tensor([[[2.0]], [[4.0]]], dtype=ew.float64, requires_grad=True)
    output, _ = layer(x)
    output[1].sum().backward()
    f = np.tanh if nonlinearity == "tanh" else lambda z: np.maximum(z, 0)
    slope = (lambda y: 1 - y * y) if nonlinearity == "tanh" else lambda y: float(y > 0)
    first = f(1.0)
    second = f(2.0 - 0.25 * first)
    np.testing.assert_allclose(output.detach().numpy().ravel(), [first, second])
    expected = [slope(second) * -0.25 * slope(first) * 0.5, slope(second) * 0.5]
    np.testing.assert_allclose(x.grad.numpy().ravel(), expected)
    np.testing.assert_allclose(layer.weight_hh_l0.grad.item(), slope(second) * first)


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_have_second_derivatives_and_forward_mode(kind):
    layer = kind(3, 5, bidirectional=True, dtype="float64")
    x = ew.tensor(np.random.default_rng(2).standard_normal((3, 2, 3)), requires_grad=True)
    assert ew.autograd.gradcheck(lambda x: layer(x)[0], (x,))
    assert ew.autograd.gradgradcheck(lambda x: layer(x)[0], (x,))
    step = 1e-6
    tangent = np.random.default_rng(3).standard_normal(x.shape)
    _, moved = ew.jvp(lambda x: layer(x)[0], (x.detach(),), (ew.tensor(tangent),))
    with ew.no_grad():
        ahead, behind = (layer(x.detach() + sign * step * ew.tensor(tangent))[0].numpy() for sign in (1, -1))
    np.testing.assert_allclose(moved.detach().numpy(), (ahead - behind) / (2 * step), atol=1e-8)


def test_results_of_a_layer_may_be_written_kept_and_hooked():
    layer = nn.LSTM(3, 5, dtype="float64")
    x = ew.tensor(np.random.default_rng(4).standard_normal((3, 2, 3)), requires_grad=True)
    (expected,) = ew.autograd.grad(layer(x)[0].square().sum(), [x])
    output, _ = layer(x)
    before = output.detach().numpy().copy()
    output.mul_(2)
    np.testing.assert_array_equal(output.detach().numpy(), 2 * before)
    (found,) = ew.autograd.grad(output.square().sum(), [x])
    np.testing.assert_allclose(found.numpy(), 4 * expected.numpy())
    output, (hidden, memory) = layer(x)
    heard = []
    output.register_hook(heard.append)
    output.retain_grad()
    (output.square().sum() + hidden.sum() + memory.sum()).backward()
    np.testing.assert_allclose(heard[0].numpy(), 2 * before)
    np.testing.assert_allclose(output.grad.numpy(), 2 * before)


def test_the_last_states_are_not_views_of_the_outputs():
    layer = nn.GRU(3, 5)
    output, last = layer(ew.randn(3, 2, 3))
    with ew.no_grad():
        before = last.detach().numpy().copy()
        output.zero_()
        np.testing.assert_array_equal(last.detach().numpy(), before)


@pytest.mark.parametrize("look", [lambda _: None, ew.snapshot], ids=["unseen", "seen"])
def test_dropping_the_loss_frees_a_layers_graph_at_once(look):
    layer = nn.LSTM(3, 5)
    gc.collect()
    gc.disable()
    try:
        output, (hidden, memory) = layer(ew.randn(4, 2, 3, requires_grad=True))
        held = [weakref.ref(tensor) for tensor in (output, hidden, memory)]
        loss = output.sum() + hidden.sum()
        look(loss)
        loss.backward()
        del output, hidden, memory, loss
        assert [reference() for reference in held] == [None, None, None]
    finally:
        gc.enable()


def test_a_weight_that_was_overwritten_since_is_refused_seen_or_not():
    layer = nn.LSTM(3, 5)
    loss = layer(ew.randn(4, 2, 3))[0].sum()
    with ew.no_grad():
        layer.weight_hh_l0.mul_(2)
    with pytest.raises(ew.InPlaceError, match="w_hh"):
        loss.backward()
    with pytest.raises(ew.InPlaceError, match="weight_hh_l0"):
        ew.snapshot(loss)


def test_a_saturated_gate_keeps_its_relative_precision():
    layer = nn.LSTM(1, 1, bias=False)
    with ew.no_grad():
        layer.weight_ih_l0.copy_(ew.tensor([[-30.0], [0.0], [1.0], [100.0]]))
        layer.weight_hh_l0.zero_()
        memory = layer(ew.ones(1, 1, 1))[1][1].item()
    assert memory == pytest.approx(math.exp(-30) * math.tanh(1), rel=1e-5)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_weights_are_found_by_layer_and_direction(kind):
    layer = kind(3, 4, 2, bidirectional=True)
    assert layer._all_weights == [
        ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"],
        ["weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse"],
        ["weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1"],
        ["weight_ih_l1_reverse", "weight_hh_l1_reverse", "bias_ih_l1_reverse", "bias_hh_l1_reverse"],
    ]
    assert [parameter for part in layer.all_weights for parameter in part] == list(layer.parameters())
    assert layer.all_weights[1][0] is layer.weight_ih_l0_reverse
    bare = kind(3, 4, bias=False)
    assert bare._all_weights == [["weight_ih_l0", "weight_hh_l0"]]
    assert bare.all_weights[0][1] is bare.weight_hh_l0


def test_forget_gates_can_be_opened_through_all_weights():
    layer = nn.LSTM(2, 3, 2)
    for names in layer._all_weights:
        for name in filter(lambda n: "bias" in n, names):
            getattr(layer, name).data[3:6].fill_(1.0)
    assert layer.bias_ih_l1[3:6].tolist() == [1, 1, 1]
    assert layer.bias_hh_l0[3:6].tolist() == [1, 1, 1]
    assert abs(layer.bias_ih_l0[0].item()) < 1


def test_flattened_parameters_are_as_before():
    layer = nn.LSTM(2, 3)
    before = layer.state_dict()
    values = {name: value.tolist() for name, value in before.items()}
    assert layer.flatten_parameters() is None
    assert {name: value.tolist() for name, value in layer.state_dict().items()} == values


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("backwards", [False, True])
def test_runs_of_layers_have_derivatives_that_differences_give(kind, backwards):
    run = RUNS[kind]
    rng = np.random.default_rng(0)
    size, gates = 3, {"rnn": 1, "gru": 3, "lstm": 4}[kind] * 3
    shapes = [(4, 2, 5), (gates, 5), (gates, size), (gates,), (gates,), *[(2, size)] * (2 if kind == "lstm" else 1)]
    arrays = [rng.normal(size=shape) for shape in shapes]
    how = {"backwards": backwards} | ({"relu": False} if kind == "rnn" else {})
    y = run.forward(np, *arrays, **how)
    g = rng.normal(size=y.shape)
    for i, array in enumerate(arrays):
        found = run.derivative(i)(np, g, y, *arrays, **how)
        direction, small = rng.normal(size=array.shape), 1e-6
        ends = [
            run.forward(np, *arrays[:i], array + side * direction, *arrays[i + 1 :], **how) for side in (small, -small)
        ]
        np.testing.assert_allclose((found * direction).sum(), (g * (ends[0] - ends[1])).sum() / (2 * small), rtol=1e-6)


def test_what_comes_back_to_a_part_of_the_steps_is_of_its_dtype():
    x, g = np.zeros((4, 2), "float32"), np.arange(4, dtype="float32").reshape(2, 2)
    back = RUNS["steps"].derivative(0)(np, g, g, x, first=1, last=3, single=False)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, [[0, 0], [0, 1], [2, 3], [0, 0]])
