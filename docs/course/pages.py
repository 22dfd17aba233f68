"""The live pages and the pictures of the course, made by the library when the site is built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import edgewise as ew
from edgewise import lab, nn
from edgewise.api.picture import Picture
from edgewise.nn import functional as F

RATE = 0.03

MakePage = Callable[[Path], Any]


def article() -> ew.Tensor:
    """The loss of the course's network: |W2 · relu(W1 · x + b1) + b2 − t|."""
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W1, b1, W2, b2 = (ew.tensor(value, requires_grad=True) for value in (0.8, -0.4, 0.5, 0.1))
    m1 = x * W1
    z1 = m1 + b1
    h = ew.relu(z1)
    m2 = h * W2
    y = m2 + b2
    L = (y - t).abs()
    return L  # noqa: RET504 pictures show the variable's name


def classifier(*, hidden: int = 6, count: int = 24, seed: int = 0) -> tuple[ew.Tensor, Any]:
    """The loss of a small network that tells two moons apart, and its batches."""
    ew.manual_seed(seed)
    rng = np.random.default_rng(seed)
    angles = rng.uniform(0, np.pi, 8 * count)
    moon = np.arange(8 * count) % 2
    points = np.stack([np.cos(angles) * (1 - 2 * moon) + moon, np.sin(angles) * (1 - 2 * moon) + moon / 2], axis=1)
    points = (points + rng.normal(0, 0.1, points.shape)).astype(np.float32).reshape(8, count, 2)
    truths = moon.astype(np.float32).reshape(8, count, 1)
    model = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1))
    x, t = ew.tensor(points[0]), ew.tensor(truths[0])
    x.name, t.name = "x", "t"  # the pages are made where these variables are out of sight
    loss = F.binary_cross_entropy_with_logits(model(x), t)
    return loss, {x: list(points), t: list(truths)}


def neurons(path: Path) -> None:
    """A network as neurons joined by weights."""
    loss, batches = classifier(hidden=4)
    ew.see(loss, view="neurons").page(
        path,
        title="The network as neurons",
        batches=batches,
        learning_rate=0.5,
        story=[
            (0, "Each circle is a neuron, each line a weight. Press Graph above to see the same network as a graph."),
            (
                ("train", 40),
                "After 40 training steps. The maps show what each neuron says about every point of the plane.",
            ),
        ],
    )


def graph(path: Path) -> None:
    """The same kind of network as a graph, before anything was computed."""
    loss = article()
    ew.see(loss).page(path, title="Edges are data, nodes are operations", learning_rate=RATE)


def forward(path: Path) -> None:
    """The way forward, edge by edge."""
    loss = article()
    ew.see(loss).page(
        path,
        title="Forward",
        learning_rate=RATE,
        story=[
            (0, "Only the inputs and the parameters have numbers."),
            ("m1", "x · W1 = 1.5 · 0.8 = 1.2. The result lies on an edge of its own."),
            ("z1", "The bias moves it."),
            ("h", "relu lets through what is greater than 0."),
            ("y", "The second neuron does the same with h."),
            ("L", "The loss says how far y is from the target t."),
            ({"x": -1.0}, "The same with x = −1: now relu lets nothing through. Change x yourself, in the card."),
        ],
    )


def derivative(path: Path) -> None:
    """One multiplication and its two derivatives."""
    W, h = ew.tensor(0.5, requires_grad=True), ew.tensor(0.8, requires_grad=True)
    m = h * W
    ew.see(m).page(path, title="One derivative")


def chain_rule(path: Path) -> None:
    """The way back, edge by edge."""
    loss = article()
    ew.see(loss).page(
        path,
        title="The chain rule",
        learning_rate=RATE,
        story=[
            (("L", "backward"), "The loss itself: when it changes by 0.01, it changes by 0.01. Its gradient is 1."),
            (("y", "backward"), "y is smaller than t, so a larger y makes the loss smaller: the gradient is −1."),
            (("W2", "backward"), "W2 is multiplied by h = 0.8 on the way to y: −1 · 0.8 = −0.8."),
            (("h", "backward"), "And h is multiplied by W2 = 0.5: −1 · 0.5 = −0.5."),
            (("z1", "backward"), "relu is open here, its derivative is 1: the gradient passes as it is."),
            (("W1", "backward"), "W1 is multiplied by x = 1.5: −0.5 · 1.5 = −0.75."),
            ({"b1": -2.0}, "With b1 = −2 relu is shut. Follow the way back again: where does the gradient end?"),
        ],
    )


def once(path: Path) -> None:
    """A ladder: each number is used twice, so that paths double with each rung and steps do not."""
    a = ew.tensor(1.1, requires_grad=True)
    b = a * a
    c = b * b
    d = c * c
    ew.see(d).page(path, title="Computed once")


def update(path: Path) -> None:
    """The update, and what it does to the loss."""
    loss = article()
    ew.see(loss).page(
        path,
        title="The update",
        learning_rate=RATE,
        story=[
            (("W1", "backward"), "All gradients are there. Each parameter has one."),
            (("W1", "update"), "W1 ← W1 − η · ∂L/∂W1: a small step against the gradient."),
            (("train", 1), "One step later the loss is smaller."),
            (("train", 8), "Eight more. Look at the curve: what happens when the network is nearly right?"),
            ({"learning_rate": 0.3}, "Ten times the learning rate. Train on, and see what the loss does."),
        ],
    )


def whole(path: Path) -> None:
    """The whole step, for predictions."""
    loss = article()
    ew.see(loss).page(path, title="The whole graph", learning_rate=RATE)


def tensors(path: Path) -> None:
    """The same with matrices: a batch of points."""
    loss, batches = classifier()
    ew.see(loss).page(path, title="From numbers to tensors", batches=batches, learning_rate=0.5)


def layer(path: Path) -> None:
    """One linear layer and its loss."""
    ew.manual_seed(0)
    model = nn.Linear(3, 2)
    x, t = ew.randn(4, 3), ew.randn(4, 2)
    loss = F.mse_loss(model(x), t)
    ew.see(loss).page(path, title="A layer", learning_rate=0.1)


def intermediate(path: Path) -> None:
    """A result that is used twice: what comes back along each edge, and the sum."""
    W1 = ew.tensor(0.5, requires_grad=True)
    z1 = W1 * 1.5
    a, b = z1 * 2, z1 * 3
    ew.see(a + b).page(
        path,
        title="The gradient of an intermediate result",
        story=[
            (0, "z1 goes into two products. What will its gradient be?"),
            (("a", "backward"), "The loss is a + b, so each of them has the gradient 1."),
            (("z1", "backward"), "2 comes back along one edge and 3 along the other. They are added: 5."),
            (("W1", "backward"), "W1 gets 1.5 times the sum, 7.5. Nobody had to ask for the gradient of z1."),
        ],
    )


def zero_init(path: Path) -> None:
    """All parameters 0."""
    lab.zero_init().page(path)


def first_zero(path: Path) -> None:
    """Only the first layer 0."""
    lab.zero_init("first").page(path)


def dead_relu(path: Path) -> None:
    """Relus that a large learning rate kills."""
    lab.dead_relu().page(path)


PAGES: dict[str, MakePage] = {
    make.__name__: make
    for make in (
        neurons, graph, forward, derivative, chain_rule, once, update, whole, tensors, layer,
        intermediate, zero_init, first_zero, dead_relu,
    )
}  # fmt: skip


def fork() -> Picture:
    """A number that is used twice."""
    a = ew.tensor(3.0, requires_grad=True)
    b, c = a * 2, a * 5
    return ew.see(b + c)


def order() -> Picture:
    """A node that has to wait for two gradients."""
    a = ew.tensor(1.5, requires_grad=True)
    b = a * a
    return ew.see(b * ew.exp(b))


def zero_grad() -> Picture:
    """Two losses that share a weight."""
    w = ew.tensor(2.0, requires_grad=True)
    first, second = w * 3, w * 4
    return ew.see(first, second)


def broadcast() -> Picture:
    """A bias that is added to each row."""
    x, b = ew.ones(3, 2), ew.tensor([0.5, -0.5], requires_grad=True)
    return ew.see(((x + b) * ew.tensor([[1.0, 2.0]])).sum())


def transpose() -> Picture:
    """A product of matrices."""
    ew.manual_seed(0)
    x, W = ew.randn(3, 2), ew.randn(2, 4, requires_grad=True)
    return ew.see((x @ W).sum())


PICTURES: dict[str, Callable[[], Picture]] = {
    make.__name__: make for make in (fork, order, zero_grad, broadcast, transpose)
}
