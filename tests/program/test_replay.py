"""A graph that was recorded eagerly, as a Program."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.graph.errors import GradientError
from edgewise.program.replay import Replay, replay


def ran(replayed: Replay, *arrays: np.ndarray) -> list[np.ndarray]:
    return replayed.program.check().run(*arrays)


def test_the_program_gives_what_is_on_the_edges() -> None:
    x, w = ew.tensor([[1.0, 2.0]]), ew.tensor([[3.0], [-1.0]], requires_grad=True)
    y = x @ w
    loss = (y * y).sum()
    loss.backward()
    again = replay([loss], {x: "x", w: "w"})
    assert [value.name for value in again.program.inputs] == ["x", "w"]
    assert again.leaves == [x, w]
    results = ran(again, *again.program.start)
    assert results[again.values[loss]] == loss.item()
    np.testing.assert_array_equal(results[again.values[y]], y.numpy(force=True))
    np.testing.assert_array_equal(results[again.gradients[w]], w.grad.numpy())
    square = loss.inputs[0]
    parts = [results[again.contributions[square, i]] for i in (0, 1)]
    np.testing.assert_array_equal(sum(parts), results[again.gradients[y]])
    assert x not in again.gradients


def test_other_values_of_the_leaves_give_what_the_graph_would_have_held() -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4))
    x, t = ew.rand(5, 1, 8, 8), ew.randint(0, 4, (5,))
    again = replay([nn.functional.cross_entropy(model(x), t)])
    other = ew.rand(5, 1, 8, 8)
    arrays = [other.numpy() if leaf is x else leaf.array for leaf in again.leaves]
    results = ran(again, *arrays)
    model.zero_grad()
    loss = nn.functional.cross_entropy(model(other), t)
    loss.backward()
    value = next(results[i] for edge, i in again.values.items() if edge.array.ndim == 0)
    np.testing.assert_allclose(value, loss.item(), rtol=1e-6)
    for parameter in model.parameters():
        np.testing.assert_allclose(results[again.gradients[parameter]], parameter.grad.numpy(), rtol=1e-4, atol=1e-6)


def test_replaying_changes_nothing() -> None:
    w = ew.tensor(2.0, requires_grad=True)
    seen = []
    y = w * w
    y.register_hook(lambda g: seen.append(g.item()))
    y.retain_grad()
    replay([y + 1])
    assert w.grad is None
    assert y.grad is None
    assert seen == []


def test_what_has_no_gradient_or_is_no_scalar_is_refused() -> None:
    with pytest.raises(GradientError, match="does not require a gradient"):
        replay([ew.ones(())])
    with pytest.raises(GradientError, match="only a scalar"):
        replay([ew.ones(2, requires_grad=True) * 2])


def test_a_leaf_may_be_the_output() -> None:
    w = ew.tensor(2.0, requires_grad=True)
    again = replay([w])
    assert [float(x) for x in ran(again, *again.program.start)] == [2.0, 1.0]


def test_a_replay_may_hold_every_step_or_only_those_that_results_need() -> None:
    x = ew.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    loss = (x * 1.0 + 0.0).exp().sum()
    whole, tidy = (replay([loss], tidy=tidy) for tidy in (False, True))
    assert len(tidy.program.steps) < len(whole.program.steps)
    for again in whole, tidy:
        results = ran(again, *again.program.start)
        np.testing.assert_allclose(results[again.gradients[x]], np.exp(x.numpy(force=True)), rtol=1e-6)
