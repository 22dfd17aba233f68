"""How the work of drawing grows with the graph: in lines of code that run, which no other process disturbs."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from work import lines_run

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.layout import lanes, order
from edgewise.picture import draw, graph

from ..layout.placing import Item, Link, layout


def loop(steps: int) -> ew.Tensor:
    """A recurrence in which weights are used at every step."""
    x, w, u, b = (ew.randn(2, 2, requires_grad=True) for _ in range(4))
    h = ew.zeros(2, 2)
    for _ in range(steps):
        h = ew.tanh(x @ w + h @ u + b)
    return h.sum()


def cell(steps: int) -> ew.Tensor:
    """The same as a module, which is left and entered again."""
    module, x, h = nn.RNNCell(2, 2), ew.randn(2, 2), ew.zeros(2, 2)
    for _ in range(steps):
        h = module(x, h)
    return h.sum()


def fan(steps: int) -> ew.Tensor:
    """One value used many times, and what comes of it in one place."""
    x = ew.randn(3, requires_grad=True)
    return ew.stack([x * float(step) for step in range(4 * steps)]).sum()


def leaves(steps: int) -> ew.Tensor:
    """One operation with many arguments."""
    return ew.stack([ew.randn(2, requires_grad=True) for _ in range(4 * steps)]).sum()


def blocks(steps: int) -> ew.Tensor:
    """Open modules behind each other."""
    layers = [layer for _ in range(steps) for layer in (nn.Linear(2, 2), nn.ReLU(), nn.LayerNorm(2))]
    return nn.Sequential(*layers)(ew.randn(2, 2)).sum()


def numbers(steps: int) -> ew.Tensor:
    """A chain of single numbers."""
    y = ew.tensor(0.5, requires_grad=True)
    for _ in range(2 * steps):
        y = y * 1.01 + 0.1
    return y


def anything(steps: int) -> ew.Tensor:
    """Operations on values made at any time before."""
    drawn = random.Random(0)
    tensors = [ew.ones(2, requires_grad=True) for _ in range(8)]
    for _ in range(4 * steps):
        tensors.append(drawn.choice(tensors) * drawn.choice(tensors[-8:]))
    return ew.stack(tensors).sum()


SHAPES: dict[str, Callable[[int], ew.Tensor]] = {
    shape.__name__: shape for shape in (loop, cell, fan, leaves, blocks, numbers, anything)
}


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_with_the_graph_and_hardly_faster(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if very large graphs began at a hundred operations, which then shows with few.
    monkeypatch.setattr(graph, "PLAIN_ABOVE", 100)
    monkeypatch.setattr(lanes, "MANY", 100)
    monkeypatch.setattr(lanes, "FREE_BENDS", 100)
    monkeypatch.setattr(order, "SMALL", 100)
    taken = [snapshot(SHAPES[shape](steps)) for steps in (40, 80)]
    draw(taken[0], closed=())
    small, large = (lines_run(lambda one=one: draw(one, closed=())) for one in taken)
    assert large < 2.3 * small


def test_what_is_used_along_a_whole_chain_is_led_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "FREE_BENDS", 10_000)

    def placed(count: int) -> None:
        items = [Item(20, 10, role="source"), *[Item(20, 10)] * count]
        links = [Link(box, box + 1) for box in range(1, count)] + [Link(0, box) for box in range(1, count + 1)]
        assert max(map(len, layout(items, links).routes)) < 10

    small, large = (lines_run(lambda count=count: placed(count)) for count in (200, 400))
    assert large < 2.1 * small
