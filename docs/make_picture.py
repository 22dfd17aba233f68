"""Draws the pictures of the documentation into docs/img, as anyone draws them: with `edgewise.see`."""

from __future__ import annotations

from pathlib import Path

import edgewise as ew
from edgewise import nn, optim
from edgewise.api.picture import Picture

FOLDER = Path(__file__).parent / "img"
WIDTH = 1000


def article() -> Picture:
    """The scalar network of the article, with the numbers of a forward and a backward pass."""
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W1, b1, W2, b2 = (ew.tensor(value, requires_grad=True) for value in (0.8, -0.4, 0.5, 0.1))
    z1 = x * W1 + b1
    x2 = ew.relu(z1)
    y2 = x2 * W2 + b2
    loss = (y2 - t).abs()
    return ew.see(loss, width=WIDTH)


def step() -> Picture:
    """A layer with its update."""
    ew.manual_seed(0)
    layer = nn.Linear(2, 2)
    x, t = ew.tensor([[1.0, 2.0]]), ew.tensor([[0.0, 1.0]])
    with ew.watch():
        z = layer(x)
        loss = nn.functional.mse_loss(z, t)
        loss.backward()
        optim.SGD(layer.parameters(), lr=0.1).step()
    return ew.see(loss, width=WIDTH)


def neurons() -> Picture:
    """A chain of layers as neurons."""
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    x, t = ew.tensor([[1.0, -0.5]]), ew.tensor([[0.5]])
    loss = nn.functional.mse_loss(model(x), t)
    return ew.see(loss, view="neurons")


def pictures() -> dict[str, str]:
    """The SVG of each, by the name of its file."""
    return {"article.svg": article().svg(), "step.svg": step().svg(), "neurons.svg": neurons().svg()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pictures().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"written to {FOLDER / name}")
