"""Graphs to lay out, built the way a traced program would be: a chip on every use of a value."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from .placing import Group, Item, Link


class Builder:
    """Operations one by one, with groups open around them."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.links: list[Link] = []
        self.groups: list[Group] = []
        self.names: list[str] = []
        self.group: int | None = None

    @contextmanager
    def within(self) -> Iterator[None]:
        around = self.group
        self.groups.append(Group(around))
        self.group = len(self.groups) - 1
        yield
        self.group = around

    def item(self, name: str, width: float, height: float, group: int | None, role: str) -> int:
        self.items.append(Item(width, height, group, role))  # type: ignore[arg-type]
        self.names.append(name)
        return len(self.items) - 1

    def source(self, name: str = "W") -> int:
        return self.item(name, 44, 20, self.group, "source")

    def op(self, name: str, *inputs: int) -> int:
        made = self.item(name, 46, 30, self.group, "operation")
        for given in inputs:
            port = 0.0
            if self.items[given].role == "source":
                self.links.append(Link(given, made, 0.0, port))
            else:
                chip = self.item("0.123", 52, 18, self.common(given, made), "value")
                self.links.append(Link(given, chip))
                self.links.append(Link(chip, made, 0.0, port))
        return made

    def common(self, one: int, other: int) -> int | None:
        around = set()
        group = self.items[one].group
        while group is not None:
            around.add(group)
            group = self.groups[group].parent
        group = self.items[other].group
        while group is not None and group not in around:
            group = self.groups[group].parent
        return group

    @property
    def graph(self) -> tuple[list[Item], list[Link], list[Group]]:
        return self.items, self.links, self.groups


def scalar_chain() -> Builder:
    """The article's network: two neurons in a row and a loss."""
    made = Builder()
    at = made.source("x1")
    for number in (1, 2):
        at = made.op(f"mul{number}", at, made.source(f"W{number}"))
        at = made.op(f"add{number}", at, made.source(f"b{number}"))
        at = made.op("relu" if number == 1 else "sub", at)
    made.op("abs", at)
    return made


def linear(made: Builder, at: int) -> int:
    with made.within():
        at = made.op("matmul", at, made.op("T", made.source("W")))
        return made.op("add", at, made.source("b"))


def residual(blocks: int = 2, grouped: bool = True) -> Builder:
    made = Builder()
    at = made.op("embed", made.source("x"))
    for _ in range(blocks):
        if grouped:
            with made.within():
                inner = linear(made, made.op("relu", linear(made, at)))
        else:
            inner = made.op("add", made.op("matmul", at, made.source()), made.source("b"))
            inner = made.op("matmul", made.op("relu", inner), made.source())
        at = made.op("add", at, inner)
    made.op("sum", at)
    return made


def fan_out(branches: int = 6) -> Builder:
    made = Builder()
    start = made.op("start", made.source("x"))
    ends = []
    for number in range(branches):
        at = start
        for _ in range(number % 3 + 1):
            at = made.op("mul", at, made.source())
        ends.append(at)
    made.op("cat", *ends)
    return made


def neurons(sizes: tuple[int, ...] = (2, 4, 1)) -> Builder:
    """A layered network scalar by scalar."""
    made = Builder()
    values = [made.source(f"x{index}") for index in range(sizes[0])]
    for size in sizes[1:]:
        after = []
        for _ in range(size):
            total = made.op("mul", values[0], made.source())
            for value in values[1:]:
                total = made.op("add", total, made.op("mul", value, made.source()))
            after.append(made.op("tanh", made.op("add", total, made.source("b"))))
        values = after
    return made


def attention(made: Builder, at: int) -> int:
    with made.within():
        q, k, v = (linear(made, at) for _ in range(3))
        scores = made.op("matmul", q, made.op("T", k))
        scores = made.op("softmax", made.op("mul", scores, made.source("scale")))
        return linear(made, made.op("matmul", scores, v))


def norm(made: Builder, at: int) -> int:
    with made.within():
        centred = made.op("sub", at, made.op("mean", at))
        spread = made.op("sqrt", made.op("add", made.op("mean", made.op("square", centred)), made.source("eps")))
        return made.op("add", made.op("mul", made.op("div", centred, spread), made.source("g")), made.source("b"))


def transformer(blocks: int, grouped: bool = True) -> Builder:
    """Residual blocks traced operation by operation: about 150 items each."""
    made = Builder()
    at = made.op("embed", made.source("tokens"), made.source())
    for _ in range(blocks):
        if grouped:
            with made.within():
                at = _block(made, at)
        else:
            at = _block(made, at)
    made.op("loss", linear(made, at), made.source("t"))
    if not grouped:
        made.items = [item._replace(group=None) for item in made.items]
        made.groups = []
    return made


def _block(made: Builder, at: int) -> int:
    at = made.op("add", at, attention(made, norm(made, at)))
    with made.within():
        inner = linear(made, made.op("gelu", linear(made, norm(made, at))))
    return made.op("add", at, inner)


def layered(count: int, seed: int = 0) -> Builder:
    """A random graph in about sqrt(count) rows, one or two parents each, some of them far away."""
    made = Builder()
    chance = random.Random(seed)
    across = max(2, int(count**0.5))
    for index in range(count):
        made.item(str(index), 40, 20, None, "operation")
        row = index // across
        for _ in range(chance.choice((1, 2)) if row else 0):
            back = chance.randrange(row) if chance.random() < 0.05 else row - 1
            made.links.append(Link(back * across + chance.randrange(across), index))
    return made


def tangle(count: int, seed: int = 0) -> Builder:
    """A random graph in which any item may be linked with any later one."""
    made = Builder()
    chance = random.Random(seed)
    for index in range(count):
        made.item(str(index), 40, 20, None, "operation")
        for _ in range(2 if index else 0):
            made.links.append(Link(chance.randrange(index), index))
    return made


def recurrent(steps: int) -> Builder:
    """One weight used at every step, and a loss of every step, all stacked at the end."""
    made = Builder()
    weight = made.source("W")
    state = made.source("h")
    losses = []
    for _ in range(steps):
        state = made.op("tanh", made.op("add", made.op("matmul", state, weight), made.source("x")))
        losses.append(made.op("loss", state, made.source("t")))
    made.op("stack", *losses)
    return made


def long_links(count: int, seed: int = 0) -> Builder:
    """A chain in which every operation also takes the result of some earlier one."""
    made = Builder()
    chance = random.Random(seed)
    values = [made.source("x")]
    for _ in range(count):
        values.append(made.op("add", values[-1], values[chance.randrange(len(values))]))
    return made


def shared(uses: int = 3) -> Builder:
    """One module used again and again, with other operations between its uses."""
    made = Builder()
    at = made.source("x")
    made.groups.append(Group())
    for _ in range(uses):
        made.group = 0
        at = made.op("relu", made.op("mul", at, made.source("W")))
        made.group = None
        at = made.op("scale", at)
    return made
