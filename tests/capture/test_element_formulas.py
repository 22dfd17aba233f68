"""Element formulas that are written once for many uses of an operation."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.capture.element_formulas import ElementFormulas

F = nn.functional
LONG = "a_name_of_more_than_forty_letters_{}_that_is_shortened_in_the_middle"


class Block(nn.Module):
    """Blocks of which some differ: in sizes, and in what is done with their results."""

    def __init__(self, number):
        super().__init__()
        self.number, wide = number, 4 + 2 * (number % 2)
        self.norm, self.attention = nn.LayerNorm(4), nn.MultiheadAttention(4, 2, batch_first=True)
        self.up, self.down = nn.Linear(4, wide), nn.Linear(wide, 4)

    def forward(self, x):
        h = self.norm(x)
        h = self.attention(h, h, h)[0]
        if self.number == 2:
            h = h.flip(1)
        return x + self.down(self.up(h).softmax(-1))


def blocks():
    ew.manual_seed(0)
    return nn.Sequential(*map(Block, range(5)))(ew.randn(2, 3, 4)).square().mean()


def names():
    """Names of one letter, of a letter and a number, and of those that formulas have themselves."""
    model = nn.Module()
    wanted = [
        "i",
        "j",
        "k",
        "W1",
        "i2",
        "mean",
        "range",
        "exp",
        "12",
        LONG.format(1),
        LONG.format(2),
        "x̂",
        "s",
        "n",
        "μ",
    ]
    for name in wanted:
        model.register_parameter(name, nn.Parameter(ew.ones(3, 3)))
    x = ew.ones(3, 3)
    for name in wanted:
        W = getattr(model, name)
        x = F.layer_norm(x @ W, (3,)).softmax(1) + W[ew.tensor([2, 0, 1])].cumsum(0).max(1, keepdim=True)[0]
    return (x @ getattr(model, LONG.format(1)) @ getattr(model, LONG.format(2))).logsumexp(0).sum()


def images():
    ew.manual_seed(0)
    layers = [layer for _ in range(3) for layer in (nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), nn.MaxPool2d(2))]
    return nn.Sequential(*layers)(ew.randn(2, 2, 8, 8)).sum()


def tied():
    """One tensor given twice, and used again and again."""
    ew.manual_seed(0)
    W, x = ew.randn(3, 3, requires_grad=True), ew.randn(3, 3)
    for _ in range(3):
        x = (x @ x.T @ W).tanh() @ W
    return x.sum()


def formulas(snapshot):
    return [record.elements() for record in (*snapshot.nodes, *snapshot.edges)]


@pytest.mark.parametrize("network", [blocks, names, images, tied])
def test_shared_formulas_are_those_that_are_written_for_each_use(network, monkeypatch):
    loss = network()
    shared = formulas(ew.snapshot(loss))
    with monkeypatch.context() as patch:
        patch.setattr(ElementFormulas, "written", lambda _self, _key, names, _own, write, _alive: write(names))
        alone = formulas(ew.snapshot(loss))
    assert sum(found is not None and bool(found.lines) for found in shared) > 10
    assert shared == alone


def test_they_are_written_once_for_equal_blocks(monkeypatch):
    def written(count):
        calls = []
        real = ElementFormulas.written

        def counting(self, key, names, own, write, alive):
            return real(self, key, names, own, lambda names: [calls.append(names), write(names)][1], alive)

        model = nn.Sequential(*(nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3)) for _ in range(count)))
        with monkeypatch.context() as patch:
            patch.setattr(ElementFormulas, "written", counting)
            formulas(ew.snapshot(model(ew.rand(2, 3)).square().mean()))
        return len(calls)

    assert 0 < written(9) == written(4)
