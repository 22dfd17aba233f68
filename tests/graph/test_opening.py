"""Fused runs are shown as their steps, and the graph that is looked at stays as it is."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import edgewise as ew
from edgewise import nn
from edgewise.graph.edge import Edge
from edgewise.nn import functional as F

STEPS_OF_LSTM = {"sigmoid", "tanh", "mul", "add"}
FUSED = {"lstm", "layer_norm", "attention"}


def network() -> tuple[Any, dict[str, Any]]:
    """A loss after an LSTM, normalisation and attention, which all are fused, and the parameters."""
    ew.manual_seed(0)
    lstm, normal = nn.LSTM(3, 4), nn.LayerNorm(4)
    x = ew.randn(5, 2, 3)
    output, (h, c) = lstm(x)
    y = normal(output).permute(1, 0, 2)[:, None]
    attended = F.scaled_dot_product_attention(y, y, y)
    loss = attended.square().mean() + (h * c).sum()
    return loss, {**dict(lstm.named_parameters()), **dict(normal.named_parameters())}


def edges_before(edge: Edge) -> list[Edge]:
    """All edges that one was computed from, as they are."""
    found = [edge]
    for one in found:  # grows as it goes
        if one.operation is not None:
            found += [source for source in one.inputs if source is not None and all(source is not f for f in found)]
    return found


def state(edges: list[Edge]) -> Iterator[tuple[Any, ...]]:
    for edge in edges:
        made = () if edge.operation is None else (edge.serial, *map(id, edge.inputs), *map(id, edge.arrays))
        yield edge.operation, edge.requires_grad, id(edge.array), edge.hooks, hasattr(edge, "fused_run"), *made


def operations(snapshot: Any) -> set[str]:
    return {node.operation for node in snapshot.nodes}


def test_pictures_show_the_steps_of_fused_runs_and_change_no_edge(tmp_path: Path) -> None:
    loss, parameters = network()
    edges = edges_before(loss)
    assert {edge.operation.name for edge in edges if edge.operation is not None} >= FUSED
    before = list(state(edges))
    picture = ew.see(loss)
    picture.page(tmp_path / "page.html")
    assert ew.explain(loss, parameters["weight_ih_l0"])
    for snapshot in ew.snapshot(loss), picture.snapshot:
        assert operations(snapshot) >= STEPS_OF_LSTM
        assert not FUSED & operations(snapshot)
    assert list(state(edges)) == before
    assert all(a is b for a, b in zip(edges_before(loss), edges, strict=True))


def test_gradients_shown_of_the_steps_are_those_of_the_fused_backward() -> None:
    loss, parameters = network()
    snapshot = ew.snapshot(loss)
    loss.backward()
    shown = {tensor.name: tensor.gradient.array for tensor in snapshot.tensors if tensor.kind == "parameter"}
    assert set(shown) == set(parameters)
    for name, parameter in parameters.items():
        np.testing.assert_allclose(shown[name], parameter.grad.numpy(), rtol=1e-5, atol=1e-6)


def test_higher_derivatives_open_fused_runs_for_good() -> None:
    x = ew.tensor([[1.0, 2.0, 4.0]], dtype="float64", requires_grad=True)
    y = F.layer_norm(x, 3)
    assert hasattr(y, "fused_run")
    (slope,) = ew.autograd.grad(y[0, 2], x, create_graph=True)
    assert not hasattr(y, "fused_run")
    assert slope.requires_grad


def test_a_watched_step_does_not_keep_the_graph_of_a_fused_run() -> None:
    gc.disable()
    try:
        with ew.watch():
            loss, _ = network()
            loss.backward()
            alive = [weakref.ref(edge) for edge in edges_before(loss) if edge.operation is not None]
            del loss
            assert not any(edge() is not None for edge in alive)
    finally:
        gc.enable()
