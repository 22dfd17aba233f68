"""Recurrent layers against PyTorch's: names, text, results, states and gradients."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import edgewise as ew  # noqa: E402
from edgewise import nn  # noqa: E402

pytestmark = pytest.mark.peers

OPTIONS = [
    {},
    {"batch_first": True},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 3, "bias": False},
    {"bidirectional": True, "batch_first": True, "dropout": 0.3, "num_layers": 2},
]


def normal(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def flat(value):
    return [part for item in value for part in flat(item)] if isinstance(value, tuple) else [value]


def compare(theirs, ours, inputs):
    assert repr(ours) == repr(theirs)
    state = {key: value.numpy() for key, value in theirs.state_dict().items()}
    assert {k: v.shape for k, v in ours.state_dict().items()} == {k: v.shape for k, v in state.items()}
    ours.load_state_dict(state)
    results = []
    for library, layer in ((torch, theirs), (ew, ours)):

        def leaf(value, library=library):
            if isinstance(value, tuple):
                return tuple(leaf(part) for part in value)
            return library.tensor(value, requires_grad=True)

        leaves = [leaf(value) for value in inputs]
        outputs = flat(layer(*leaves))
        sum((library.cos(out) * (i + 1)).sum() for i, out in enumerate(outputs)).backward()
        gradients = [x.grad.numpy() for x in flat(tuple(leaves))]
        gradients += [parameter.grad.numpy() for parameter in layer.parameters()]
        results.append(([out.detach().numpy() for out in outputs], gradients))
    for expected, found in zip(*results, strict=True):
        assert len(expected) == len(found)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("given", [False, True])
def test_layers_agree(name, options, given):
    theirs = getattr(torch.nn, name)(3, 4, **options).double().eval()
    ours = getattr(nn, name)(3, 4, **options, dtype="float64").eval()
    x = normal(2, 5, 3) if options.get("batch_first") else normal(5, 2, 3)
    cells = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    state = normal(cells, 2, 4)
    inputs = [x, (state, state * 0.5)] if name == "LSTM" else [x, state]
    compare(theirs, ours, inputs if given else inputs[:1])


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_single_sequence_agrees(name):
    theirs = getattr(torch.nn, name)(3, 4, 2, bidirectional=True).double()
    ours = getattr(nn, name)(3, 4, 2, bidirectional=True, dtype="float64")
    state = normal(4, 4)
    compare(theirs, ours, [normal(5, 3), (state, -state) if name == "LSTM" else state])


def test_a_relu_network_agrees():
    compare(
        torch.nn.RNN(3, 4, 2, nonlinearity="relu").double(),
        nn.RNN(3, 4, 2, nonlinearity="relu", dtype="float64"),
        [normal(5, 2, 3)],
    )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
def test_cells_agree(name, batched, bias):
    theirs = getattr(torch.nn, name)(3, 4, bias).double()
    ours = getattr(nn, name)(3, 4, bias, dtype="float64")
    x, state = (normal(2, 3), normal(2, 4)) if batched else (normal(3), normal(4))
    compare(theirs, ours, [x])
    compare(theirs, ours, [x, (state, -state) if name == "LSTMCell" else state])


def test_a_relu_cell_agrees():
    compare(
        torch.nn.RNNCell(3, 4, nonlinearity="relu").double(),
        nn.RNNCell(3, 4, nonlinearity="relu", dtype="float64"),
        [normal(2, 3)],
    )
