"""Labels along axes, such as tokens: where they go on to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.capture import axis_labels as module
from edgewise.capture.axis_labels import axis_labels
from edgewise.capture.capture import capture
from edgewise.page import Look, make_page, recorded_page

F = nn.functional
WORDS = ["The", "cat", "sat", "on", "mats"]
TOKENS = tuple(WORDS)


def labels_of(loss: ew.Tensor, given: dict[Any, Any]) -> dict[str, dict[int, tuple[str, ...]]]:
    """The labels of each tensor of a graph, by its name."""
    taken = capture([loss])
    return {taken.snapshot.tensors[id].name: axes for id, axes in axis_labels(given, taken.snapshot, taken).items()}


def random(*shape: int) -> ew.Tensor:
    """Random parameters, the same in each run."""
    return ew.tensor(np.random.default_rng(sum(shape)).standard_normal(shape), requires_grad=True)


@pytest.mark.parametrize("size", [3, 5, 8])
@pytest.mark.parametrize("is_causal", [False, True])
def test_rows_and_columns_of_attention_are_its_tokens(size: int, is_causal: bool) -> None:
    ids = ew.tensor([3, 0, 6, 2, 3])
    table, wq, wk, wv = random(7, size), random(size, size), random(size, size + 1), random(size, size)
    x = F.embedding(ids, table)
    q, k, v = x @ wq, x @ wk[:, :size], x @ wv
    scores = q @ k.mT
    hidden = ew.tensor(np.triu(np.full((5, 5), is_causal), 1))
    weights = scores.masked_fill(hidden, -np.inf).softmax(-1)
    out = weights @ v
    loss = (out**2).mean()
    found = labels_of(loss, {ids: WORDS})
    for name in ("ids", "x", "q", "k", "v", "out"):
        assert found[name] == {0: TOKENS}, name
    assert found["scores"] == found["weights"] == {0: TOKENS, 1: TOKENS}
    assert not {"table", "wq", "wk", "wv", "loss"} & set(found)


def test_heads_and_batches_keep_the_axes_of_tokens() -> None:
    tokens = ew.tensor([[3, 0, 6, 2, 3], [1, 1, 4, 0, 2]])
    table, w = random(7, 8), random(8, 24)
    x = F.embedding(tokens, table)
    heads = (x @ w).reshape(2, 5, 3, 2, 4).permute(2, 0, 3, 1, 4)
    weights = (heads[0] @ heads[1].mT / 2).softmax(-1)
    out = (weights @ heads[2]).transpose(1, 2).reshape(2, 5, 8)
    flat = out.reshape(10, 8)
    found = labels_of((flat**2).mean(), {tokens: {1: WORDS}})
    assert found["weights"] == {2: TOKENS, 3: TOKENS}
    assert found["heads"] == {3: TOKENS}
    assert found["out"] == {1: TOKENS}
    assert found["flat"] == {0: TOKENS * 2}


def test_a_module_of_attention_shows_the_tokens_of_each_head() -> None:
    ew.manual_seed(0)
    layer = nn.TransformerEncoderLayer(6, 2, 8, batch_first=True)
    x = ew.randn(1, 6, 6)
    letters = list("abcdef")
    taken = capture([layer(x).sum()])
    found = axis_labels({"x": {1: letters}}, taken.snapshot, taken)
    maps = [axes for id, axes in found.items() if taken.snapshot.tensors[id].shape == (1, 2, 6, 6)]
    assert {2: tuple(letters), 3: tuple(letters)} in maps
    assert all(set(axes) <= {2, 3} for axes in maps)
    ends = [axes for id, axes in found.items() if taken.snapshot.tensors[id].shape == (1, 6, 6)]
    assert ends
    assert all(axes == {1: tuple(letters)} for axes in ends)


def test_a_transposed_square_matrix_has_its_labels_at_the_other_axis() -> None:
    x = random(5, 5)
    turned = x.mT
    assert labels_of((turned * 2).sum(), {x: {0: WORDS}})["turned"] == {1: TOKENS}


def test_slices_and_orders_take_the_labels_of_what_is_left() -> None:
    x = random(5, 5)
    part, order, one = x[1:4], x[ew.tensor([0, 2, 1, 3, 4])], x[2]
    found = labels_of(part.sum() + order.sum() + one.sum(), {"x": {0: WORDS}})
    assert found["part"] == {0: ("cat", "sat", "on")}
    assert found["order"] == {0: ("The", "sat", "cat", "on", "mats")}
    assert "one" not in found


def test_what_mixes_places_has_no_labels() -> None:
    x, mixing = random(5, 4), random(5, 5)
    mixed, total, ordered = mixing @ x, x.cumsum(0), x.sort(0)[0]
    found = labels_of(mixed.sum() + total.sum() + ordered.sum(), {x: WORDS})
    assert found == {"x": {0: TOKENS}}


def test_functions_along_an_axis_keep_it() -> None:
    x = random(5, 4)
    soft, logs, normed = x.softmax(0), x.log_softmax(1), F.layer_norm(x, (4,))
    found = labels_of(soft.sum() + logs.sum() + normed.sum(), {x: WORDS})
    assert all(found[name] == {0: TOKENS} for name in ("soft", "logs", "normed"))


def test_numbers_stay_as_they_are() -> None:
    x = random(5, 4)
    before = x.numpy(force=True).copy()
    loss = (x.relu() * 2).sum()
    labels_of(loss, {x: WORDS})
    assert np.array_equal(x.numpy(force=True), before)


def test_the_search_ends_after_so_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    x = random(5, 4)
    y = x * 2
    z = y * 3
    loss = z.sum()
    # Eight runs and one to compare with, of 1000 and 40 elements: enough for y, and not for z.
    monkeypatch.setattr(module, "MOST_WORK", 12_000)
    assert set(labels_of(loss, {x: WORDS})) == {"x", "y"}
    monkeypatch.setattr(module, "MOST_LABELS", 4)
    assert set(labels_of(loss, {x: WORDS})) == {"x"}


@pytest.mark.parametrize(
    ("axes", "error", "text"),
    [
        (["a"], TypeError, "axes takes labels by tensor"),
        ({"y": ["a"]}, ValueError, "'y', which is no tensor of the graph; there are x, z"),
        ({3: ["a"]}, ValueError, "3, which is no tensor of the graph"),
        ({"x": ["a"]}, ValueError, r"the 1 label of x, of shape \(2, 3, 3\), fits no axis"),
        ({"x": ["a", "b", "c"]}, ValueError, r"fit axes 1 and 2; say which: \{'x': \{1: \[...\]\}\}"),
        ({"x": {1: ["a", "b"]}}, ValueError, r"axis 1 of x, of shape \(2, 3, 3\), takes 3 labels, not 2"),
        ({"x": {3: ["a", "b"]}}, ValueError, r"axis 3 of x, whose shape is \(2, 3, 3\)"),
        ({"x": {True: ["a", "b"]}}, ValueError, "axis True of x"),
        ({"x": "ab"}, TypeError, "the labels of x must be a list of strings, not 'ab'"),
        ({"x": []}, TypeError, r"must be a list of strings, not \[\]"),
        ({"x": [1, 2]}, TypeError, "must be a list of strings"),
        ({"x": None}, TypeError, "must be a list of strings"),
    ],
)
def test_what_are_no_labels_is_said(axes: Any, error: type[Exception], text: str) -> None:
    x = random(2, 3, 3)
    z = x * 2
    with pytest.raises(error, match=text):
        make_page(z.sum(), look=Look(axes=axes))


def test_tensors_of_other_graphs_are_refused() -> None:
    x, other = random(2, 3), random(4)
    with pytest.raises(ValueError, match=r"shape \(4,\) that is not part of the graph"):
        make_page((x * 2).sum(), look=Look(axes={other: list("abcd")}))
    with pytest.raises(ValueError, match="a recording, which knows no tensors; axes takes their names"):
        recorded_page(capture([(x * 2).sum()]).snapshot, "", look=Look(axes={x: list("ab")}))


def test_a_recording_labels_the_tensors_that_are_named() -> None:
    x = random(2, 3)
    snapshot = capture([(x * 2).sum()]).snapshot
    assert axis_labels({"x": {-1: list("abc")}}, snapshot) == {0: {1: ("a", "b", "c")}}
