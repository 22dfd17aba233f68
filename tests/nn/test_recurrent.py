"""Recurrent layers: what a cell computes, how layers run over sequences, and what they refuse."""

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn

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
    alone = nn.GRU(3, 4, dropout=0.9)
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


def test_steps_of_several_runs_are_told_apart_and_count_the_time():
    layer = nn.GRU(2, 3, num_layers=2, bidirectional=True)
    taken = ew.see(layer(ew.randn(2, 1, 2))[0].sum()).snapshot
    nodes = {taken.scopes[node.scope].path: node.id for node in reversed(taken.nodes) if node.scope is not None}
    assert {"l0.step 1", "l0 reverse.step 2", "l1.step 1", "l1 reverse.step 1"} <= nodes.keys()
    assert nodes["l0 reverse.step 2"] < nodes["l0 reverse.step 1"]
