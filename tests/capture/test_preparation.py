"""What is done to inputs before they meet a parameter."""

from __future__ import annotations

import sys
from itertools import count

import numpy as np

import edgewise as ew
from edgewise import nn, optim, snapshot


def steps(taken):
    return [
        (node.label, [taken.tensors[taken.edges[a.edge].tensor].name for a in node.arguments if a.edge is not None])
        for node in taken.nodes
    ]


def test_an_input_that_is_prepared_first_is_an_input_still():
    x, w = ew.ones(3, 4), ew.ones(3, 2, requires_grad=True)
    taken = snapshot(((x.T / 2) @ w).sum())
    assert steps(taken)[:3] == [("transpose", ["x"]), ("div", ["transpose"]), ("matmul", ["div", "w"])]
    assert {t.name: (t.kind, t.gradient is None) for t in taken.tensors if t.name in ("x", "transpose", "w")} == {
        "x": ("input", True),
        "transpose": ("intermediate", True),
        "w": ("parameter", False),
    }


def test_a_mask_made_of_a_result_is_connected_with_it():
    x, w = ew.tensor([1.0, -2.0]), ew.tensor(0.5, requires_grad=True)
    z = x * w
    taken = snapshot((z * (z > 0)).sum())
    assert ("greater", ["z"]) in steps(taken)
    assert taken.tensors[1].gradient.item() == 1


def test_a_prepared_tensor_that_has_a_name_is_an_input_by_itself():
    raw, w = ew.ones(3, 4), ew.ones(3, 2, requires_grad=True)
    x = raw.T
    taken = snapshot((x @ w).sum())
    assert [node.label for node in taken.nodes] == ["matmul", "sum"]
    assert taken.tensors[0].name == "x"


def test_what_was_prepared_of_something_that_is_gone_or_overwritten_is_a_constant():
    w = ew.ones(3, requires_grad=True)
    loss = ((ew.ones(3) + 1) * w).sum()
    assert [tensor.kind for tensor in snapshot(loss).tensors][:2] == ["constant", "parameter"]
    x = ew.ones(3)
    loss = ((x + 1) * w).sum()
    x += 1
    assert snapshot(loss).tensors[0].kind == "constant"


def test_taking_a_snapshot_leaves_what_was_prepared_a_leaf():
    x, w = ew.ones(3, 4), ew.ones(3, 2, requires_grad=True)
    product = x.T @ w
    prepared = product.node.inputs[0]
    snapshot(product.sum())
    assert prepared.is_leaf
    product.sum().backward()
    assert prepared.grad is None


def test_the_sequences_of_a_recurrent_layer_are_its_input_and_its_first_states_have_names():
    layer, x = nn.LSTM(3, 4, batch_first=True), ew.randn(2, 5, 3)
    taken = snapshot(layer(x)[0].sum())
    assert {tensor.name for tensor in taken.tensors if tensor.kind == "input"} == {"x", "h0", "c0"}
    assert not [tensor for tensor in taken.tensors if tensor.kind == "constant"]


def test_constants_are_called_what_they_are_to_their_operation():
    x = ew.ones(4, requires_grad=True)
    taken = snapshot((nn.functional.dropout(x) + ew.where(ew.tensor([True, False, True, True]), x, 0.0)).sum())
    assert {tensor.name for tensor in taken.tensors if tensor.kind == "constant"} == {"mask", "condition"}


def test_looking_at_a_graph_changes_no_tensor_not_even_for_a_moment(tmp_path):
    """Of the calls that are made meanwhile many look whether the tensors are what they were, as a thread might."""
    model, raw, t = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), ew.ones(3, 4), ew.zeros(4, 2)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    hidden = model(raw.T / 2)
    mask = hidden > 0
    loss = nn.functional.mse_loss(hidden * mask, t)
    loss.backward()
    tensors = [*model.parameters(), *model.buffers(), raw, t, hidden, mask, loss, *waiting_leaves(loss)]

    def state():
        return [
            (one.operation, id(getattr(one, "inputs", None)), id(one.array), id(one.grad), one.requires_grad, one.hooks)
            for one in tensors
        ]

    before, changed, looks = state(), [], count()

    def look(frame, *_):
        if next(looks) % 200 == 0 and not changed and state() != before:
            changed.append(frame.f_code.co_qualname)

    sys.setprofile(look)
    try:
        snapshot(loss)
        picture = ew.see(loss)
        str(ew.explain(loss, model[0].weight))
        picture.page(tmp_path / "page.html", optimizer=optimizer)
    finally:
        sys.setprofile(None)
    assert next(looks) > 10_000
    assert changed == []


def waiting_leaves(loss):
    """The leaves behind a result, those without a name too."""
    found, waiting = [], [loss]
    while waiting:
        one = waiting.pop()
        if one.operation is None:
            found.append(one)
        else:
            waiting += [source for source in one.inputs if source is not None]
    return found


def test_a_mask_of_what_was_written_through_it_is_shown_as_it_was():
    w = ew.tensor([-4.0, 5.0, -6.0], requires_grad=True)
    h = w * 1
    h[h < 0] += 1  # what is negative stays so: the mask of the new h would be the same
    taken = snapshot((h * h).sum())
    masks = [tensor for tensor in taken.tensors if tensor.dtype == "bool"]
    assert [(mask.node, mask.value.whole.tolist()) for mask in masks] == [(None, [True, False, True])]
    np.testing.assert_array_equal(taken.tensors[0].gradient.whole, [-6, 10, -10])  # 2 h
