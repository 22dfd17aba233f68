"""Networks that are drawn in tests."""

from __future__ import annotations

import edgewise as ew
from edgewise import nn, snapshot


def article():
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W1, b1 = ew.tensor(0.8, requires_grad=True), ew.tensor(-0.4, requires_grad=True)
    W2, b2 = ew.tensor(0.5, requires_grad=True), ew.tensor(0.1, requires_grad=True)
    z1 = x * W1 + b1
    x2 = z1.relu()
    y2 = x2 * W2 + b2
    loss = (y2 - t).abs()
    return snapshot(loss)


def snippet():
    generator = ew.Generator().manual_seed(0)
    x, t = ew.randn(3, 2, generator=generator), ew.randn(3, 1, generator=generator)
    W1 = ew.randn(2, 3, generator=generator).requires_grad_()
    b1 = ew.zeros(1, 3, requires_grad=True)
    W2 = ew.randn(3, 1, generator=generator).requires_grad_()
    z = x @ W1 + b1
    loss = ((z.relu() @ W2 - t) ** 2).mean()
    return snapshot(loss)


def digits(hidden=32, batch=16, inputs=64):
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, 10))
    x, t = ew.rand(batch, inputs), ew.randint(0, 10, (batch,))
    loss = nn.functional.cross_entropy(model(x), t)
    return snapshot(loss)


def convolutional():
    ew.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 10))
    return snapshot(nn.functional.cross_entropy(model(ew.rand(8, 1, 8, 8)), ew.randint(0, 10, (8,))))


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return x + self.second(ew.relu(self.first(x)))


def residual(blocks=2, width=3):
    ew.manual_seed(0)
    model = nn.Sequential(*[Residual(width) for _ in range(blocks)])
    return snapshot((model(ew.randn(2, width)) ** 2).mean())


class Transformer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(x, x, x)[0]
        return x + self.down(nn.functional.gelu(self.up(self.norm(x))))


def transformer(blocks=1):
    ew.manual_seed(0)
    model = nn.Sequential(*[Transformer(8) for _ in range(blocks)])
    return snapshot(model(ew.randn(2, 5, 8)).mean())


def recurrent():
    ew.manual_seed(0)
    cell = nn.Linear(4, 3)
    h = ew.zeros(2, 3)
    for _ in range(3):
        h = cell(ew.cat([ew.rand(2, 1), h], 1)).tanh()
    return snapshot(h.square().mean())


def cells(steps=4):
    ew.manual_seed(0)
    cell, h = nn.RNNCell(2, 3), ew.zeros(1, 3)
    for _ in range(steps):
        h = cell(ew.randn(1, 2), h)
    return snapshot(h.square().sum())


def gates():
    ew.manual_seed(0)
    y, _ = nn.LSTM(2, 3)(ew.randn(3, 1, 2))
    return snapshot(y.square().sum())


def two_blocks():
    return transformer(2)


def branches():
    x = ew.tensor(1.5, requires_grad=True)
    y = x * x.exp()
    return snapshot(y)


def not_a_number():
    x = ew.tensor([[1.0, float("nan")], [float("inf"), float("-inf")]], requires_grad=True)
    large = ew.ones(6, 12, requires_grad=True) @ ew.tensor([[float("nan")] * 20] + [[1.0] * 20] * 11)
    loss = x.sum() + large.sum()
    return snapshot(loss)


def watched():
    ew.manual_seed(0)
    W, b = (2 * ew.randn(2, 3)).detach().requires_grad_(), ew.zeros(3, requires_grad=True)
    K = ew.randn(3, 7, requires_grad=True)
    s = ew.tensor(-1e-5, requires_grad=True)
    optimiser = ew.optim.SGD([W, b, K, s], lr=0.1)
    with ew.watch() as step:
        loss = (((ew.randn(4, 2) @ W + b).relu() @ K) * s).square().mean() + s
        loss.backward()
        optimiser.step()
    return step.snapshot


def arrays():
    ew.manual_seed(0)
    kernel, empty = ew.randn(4, 2, 3, 3, requires_grad=True), ew.zeros(0, 3, requires_grad=True)
    maps = nn.functional.conv2d(ew.rand(3, 2, 6, 6), kernel)
    many = ew.ones(100, 6, 6, requires_grad=True)
    kept = ew.where(maps > 0, maps, 0.0)
    return snapshot(kept.sum() + empty.sum() + many.exp().sum() + ew.randn(700, requires_grad=True).sum())


ALL = [
    article,
    snippet,
    digits,
    convolutional,
    residual,
    transformer,
    recurrent,
    cells,
    gates,
    branches,
    not_a_number,
    watched,
    arrays,
]

DEEP = [transformer, two_blocks, cells, gates]
