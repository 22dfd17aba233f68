"""Names that people gave to models, layers and tensors are the ones that are shown."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise import nn, snapshot

from .reading import named


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
