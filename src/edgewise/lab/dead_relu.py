"""How does relu kill neurons?"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from .. import nn
from ..nn import functional as F
from ..nn.module import Module
from ..ops.random import manual_seed
from ..printers.figures import figure
from ..tensor import tensor
from .networks import mlp, outcomes, side
from .registry import experiment
from .report import Claim, Control, Prediction, Report, Table
from .trials import Batch, Loss, batches_of, digit_batches, train

MOST_ROWS = 8
"""More deaths are not listed."""


@experiment("How does the derivative of relu kill neurons?")
def dead_relu(
    rate: float = 2.0,
    *,
    healthy_rate: float = 0.3,
    bias: float | None = None,
    model: nn.Sequential | None = None,
    data: Any = None,
    loss: Loss = F.cross_entropy,
    steps: int = 200,
    seed: int = 0,
) -> Report:
    """Trains a network with relu at too high a learning rate, and finds when each unit died, and of which example.

    A unit is shut if its relu gives 0 for every example, and dead if it stays so until the end.

    Parameters
    ----------
    rate, healthy_rate:
        The learning rates of the two networks.
    bias:
        With which the units of the broken network begin, such as -4, in place of a random one.
    model, data, loss:
        A network of your own, a Sequential in which a relu follows a linear layer, its data as a pair of inputs and
        targets, and its loss. By default 64-32-10 units learn to read 8 × 8 digits.
    steps:
        How many steps of gradient descent.
    seed:
        Of the random weights.

    Raises
    ------
    ValueError
        If in the network no relu follows a linear layer.
    """
    manual_seed(seed)
    start = mlp(64, 32, 10) if model is None else copy.deepcopy(model)
    at = relu_after_linear(start)
    batches = digit_batches(24) if data is None else batches_of(data)
    broken, healed = (copy.deepcopy(start) for _ in range(2))
    if bias is not None:
        _layer(broken, at).bias.data.fill_(bias)
    names = [
        f"rate {figure(rate)}" + ("" if bias is None else f", bias {figure(bias)}"),
        f"rate {figure(healthy_rate)}",
    ]
    sides = [
        side(names[0], "The same network; watch its relu after some steps.", broken, batches, loss, rate),
        side(names[1], "With a smaller learning rate.", healed, batches, loss, healthy_rate),
    ]
    watched = _Watch(at, batches)
    bad = train(broken, loss, batches, rate=rate, steps=steps, on_step=watched)
    good = train(healed, loss, batches, rate=healthy_rate, steps=steps)
    dead, units = watched.dead(broken), len(watched.shut[0])
    left = int((watched.highest(healed) <= 0).sum())
    count = sum(len(x) for x, _ in batches)
    claims = [
        Claim(
            f"After {len(bad.losses)} steps {len(dead)} of {units} units give 0 for all {count} examples; in the other "
            f"network, {left}.",
            len(dead) > left,
        )
    ]
    rows = []
    if dead:
        deaths = [watched.death(unit, loss) for unit in dead]
        killed = [one for one in deaths if one.step > 0]
        kept = all(np.array_equal(watched.at_death(unit), _weights(broken, at)[unit]) for unit in dead)
        claims += [
            *([_first(min(killed, key=lambda one: one.step), batches)] if killed else []),
            Claim(
                "Relu's derivative is 0 where its input is not positive. So a dead unit gets no gradient from any "
                "example: its weights and its bias are, to the last bit, those with which it died.",
                kept,
            ),
            _revival(broken, at, dead, batches),
        ]
        rows = [_row(one, batches) for one in sorted(deaths, key=lambda one: one.step)[:MOST_ROWS]]
    ended = [
        (name, trial.model, [f"{gone} of {units}", figure(trial.losses[-1], 3)])
        for name, trial, gone in ((names[0], bad, len(dead)), (names[1], good, left))
    ]
    caption = f"After {len(bad.losses)} steps"
    tables = [outcomes(caption, ["dead units", "last loss"], ended, digits=data is None)]
    if rows:
        caption = "The first units to die" if len(rows) < len(dead) else "The units that died"
        tables.append(Table(caption, ["in step", "bias before", "after", "example", "target", "its share"], rows))
    return Report(
        claims,
        sides,
        tables,
        _prediction(names[0], len(dead), units, len(bad.losses)),
        [Control("learning rate of the left network", 0.01, 5, rate, ["rate", None], is_logarithmic=True)],
        'ew.lab.dead_relu(rate=0.3, bias=-4).page("shut.html")',
    )


@dataclass(frozen=True)
class Death:
    """The update that shut a unit for good: its step, the bias before and after it, and what moved the unit most.

    `step` counts from 1, and is 0 for a unit that was shut from the start. `example` is its place in all batches, and
    `share` how much of the sizes of the gradients of its batch is its own.
    """

    unit: int
    step: int
    before: float = float("nan")
    after: float = float("nan")
    example: int = -1
    share: float = float("nan")


class _Watch:
    """What happens to the units: after each backward pass, which are shut, and the network as it was."""

    def __init__(self, at: int, batches: list[Batch]) -> None:
        self.at = at
        self.batches = batches
        self.inputs = tensor(np.concatenate([x.numpy() for x, _ in batches]))
        self.shut: list[Any] = []
        self.models: list[Module] = []

    def __call__(self, _: int, model: Module) -> None:
        self.shut.append(self.highest(model) <= 0)
        self.models.append(copy.deepcopy(model))

    def highest(self, model: Module) -> Any:
        """Returns the largest input of the relu of each unit."""
        x = self.inputs
        for module in list(model.children())[: self.at]:
            x = module(x)
        return x.detach().numpy().max(axis=0)

    def dead(self, model: Module) -> list[int]:
        """Returns the units that are shut at the end, after the last update too."""
        self(len(self.shut), model)
        return [int(unit) for unit in np.flatnonzero(self.shut[-1])]

    def _since(self, unit: int) -> int:
        """Returns after how many updates a dead unit was shut for good."""
        is_open = np.flatnonzero(~np.array([shut[unit] for shut in self.shut]))
        return int(is_open[-1]) + 1 if len(is_open) else 0

    def at_death(self, unit: int) -> Any:
        """Returns the weights and the bias with which a unit died."""
        return _weights(self.models[self._since(unit)], self.at)[unit]

    def death(self, unit: int, loss: Loss) -> Death:
        """Returns how a unit died."""
        step = self._since(unit)
        if step == 0:
            return Death(unit, 0)
        before, after = self.models[step - 1], self.models[step]
        batch = (step - 1) % len(self.batches)
        x, t = self.batches[batch]
        h = x
        for module in list(before.children())[: self.at]:
            given, h = h, module(h)
        z = h.detach().requires_grad_()
        y = z
        for module in list(before.children())[self.at :]:
            y = module(y)
        loss(y, t).backward()
        # The gradient of the unit's weights is the sum of these over the examples: that of z times the inputs and 1.
        gradients = z.grad.numpy()[:, unit]
        sizes = np.abs(gradients) * np.sqrt((given.detach().numpy() ** 2).sum(axis=1) + 1)
        most = int(sizes.argmax())
        first = sum(len(x) for x, _ in self.batches[:batch])
        biases = [float(_weights(one, self.at)[unit, -1]) for one in (before, after)]
        return Death(unit, step, biases[0], biases[1], first + most, float(sizes[most] / sizes.sum()))


def relu_after_linear(model: Module) -> int:
    """Returns which child of a Sequential is its first relu after a linear layer.

    Raises ValueError if there is none.
    """
    children = list(model.children()) if isinstance(model, nn.Sequential) else []
    for at, (before, child) in enumerate(pairwise(children), 1):
        if isinstance(before, nn.Linear) and before.bias is not None and isinstance(child, nn.ReLU):
            return at
    raise ValueError("model must be a Sequential in which nn.ReLU follows an nn.Linear with a bias")


def _layer(model: Module, at: int) -> Any:
    return list(model.children())[at - 1]


def _weights(model: Module, at: int) -> Any:
    """Returns the weights of each unit, and its bias after them, as rows."""
    layer = _layer(model, at)
    return np.column_stack([layer.weight.detach().numpy(), layer.bias.detach().numpy()])


def _target(batches: list[Batch], example: int) -> str:
    return str(np.concatenate([t.numpy() for _, t in batches])[example])


def _first(death: Death, batches: list[Batch]) -> Claim:
    return Claim(
        f"Step {death.step} kills unit {death.unit} first: its bias goes from {figure(death.before, 3)} to "
        f"{figure(death.after, 3)}. Example {death.example}, whose target is {_target(batches, death.example)}, moves "
        f"it most: {death.share:.0%} of the sizes of all gradients of the batch.",
        death.share > 1 / len(batches[0][0]),
    )


def _row(death: Death, batches: list[Batch]) -> tuple[str, list[str]]:
    if death.step == 0:
        return f"unit {death.unit}", ["at the start", "", "", "", "", ""]
    cells = [str(death.step), figure(death.before, 3), figure(death.after, 3), str(death.example)]
    return f"unit {death.unit}", [*cells, _target(batches, death.example), f"{death.share:.0%}"]


def _revival(model: Module, at: int, dead: list[int], batches: list[Batch]) -> Claim:
    """Puts an input along the weights of each dead unit in, as long as opens it."""
    layer, rows = _layer(model, at), _weights(model, at)
    lengths, values = [], []
    for unit in dead:
        weights, bias = rows[unit, :-1], rows[unit, -1]
        size = np.linalg.norm(weights)
        lengths.append(float((1 - bias) / size))
        values.append(float(layer(tensor((lengths[-1] * weights / size)[None]))[0, unit]))
    given = batches[0][0]
    for module in list(model.children())[: at - 1]:
        given = module(given)
    longest = float(np.linalg.norm(given.detach().numpy(), axis=1).max())
    nearest = int(np.argmin(lengths))
    return Claim(
        f"An input along its weights would revive it. For unit {dead[nearest]} one of length "
        f"{figure(lengths[nearest], 3)} gives z = {figure(values[nearest], 3)}, and a gradient again; the longest "
        f"input of the first batch has length {figure(longest, 3)}.",
        min(values) > 0,
    )


def _prediction(name: str, dead: int, units: int, steps: int) -> Prediction:
    bounds = [0, units // 4, units - units // 4]
    right = sum(dead > bound for bound in bounds)
    choices = [
        "none",
        f"1 to {bounds[1]}",
        f"{bounds[1] + 1} to {bounds[2]}",
        f"more than {bounds[2]}",
    ]
    because = (
        f"It is {dead} of {units}. Large updates push a unit so far that its input to relu is negative for every "
        "example, where relu's derivative is 0: no gradient comes to bring it back."
    )
    question = f"With {name}: how many of {units} units are shut for all examples after {steps} steps?"
    return Prediction(question, choices, right, because)
