"""What if all weights begin as the same number that is not 0?"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .. import nn
from ..nn import functional as F
from ..nn.module import Module
from ..ops.random import manual_seed
from ..printers.figures import figure
from ..tensor import tensor
from .datasets import points as points_of
from .networks import layers_of, listed, mlp, named, neurons_or_graph, side
from .registry import experiment
from .report import Claim, Control, Prediction, Report, Table
from .trials import Loss, Trial, batches_of, share_right, train

DIFFERENT = 0.99
"""Weights whose cosine is below this point in different directions."""


@experiment("What if all weights begin as the same number, and that is not 0?")
def symmetry(
    value: float = 0.1,
    *,
    noise: float = 0.5,
    activation: str = "tanh",
    points: str = "moons",
    units: int = 6,
    model: Module | None = None,
    data: Any = None,
    loss: Loss = F.cross_entropy,
    steps: int = 400,
    rate: float = 1.0,
    seed: int = 0,
) -> Report:
    """Gives all weights one value, and trains the network beside one to whose weights noise was added.

    Parameters
    ----------
    value:
        With which all weights and biases begin.
    noise:
        The standard deviation of what is added to each in the other network.
    activation, points, units:
        Of the network that learns to tell points of a plane apart: its activation, the data set, such as ``"moons"``
        or ``"spiral"``, and how many units each of its two hidden layers has.
    model, data, loss:
        A network of your own, its data as a pair of inputs and targets, and its loss.
    steps, rate:
        How many steps of gradient descent, and the learning rate.
    seed:
        Of the points and of the noise.

    Raises
    ------
    ValueError
        If the value is 0, the noise is not positive, the network has no hidden layer, or there is no such activation or
        data set.
    """
    if value == 0:
        raise ValueError("value must not be 0; the experiment zero-init begins with that")
    if not noise > 0:
        raise ValueError(f"noise must be more than 0, not {noise}: without it both networks are the same")
    manual_seed(seed)
    start = mlp(2, units, units, 2, activation=activation) if model is None else copy.deepcopy(model)
    hidden = hidden_layers(start)
    given = points_of(points, seed=seed) if data is None else data
    batches = batches_of(given, 64)
    twins, parted = (_alike(start, value, spread, seed) for spread in (0.0, noise))
    view = neurons_or_graph(loss(twins(batches[0][0]), batches[0][1]))
    sides = [
        side(f"all {figure(value)}", "Every weight and bias begins the same.", twins, batches, loss, rate, view=view),
        side(
            f"{figure(value)} ± {figure(noise)}",
            "The same, with random noise added to each.",
            parted,
            batches,
            loss,
            rate,
            view=view,
        ),
    ]
    spreads: list[float] = []
    trials = [
        train(
            twins, loss, batches, rate=rate, steps=steps, on_step=lambda _, now: spreads.append(_spread(now, hidden))
        ),
        train(parted, loss, batches, rate=rate, steps=steps),
        train(start, loss, batches, rate=rate, steps=steps),
    ]
    cosines = [_least_cosine(trial.model, hidden) for trial in trials]
    spread = max(spreads)
    equal = "equal to the last bit" if spread == 0 else f"equal but for {figure(spread, 2)}"
    last = [_last(trial.losses, len(batches)) for trial in trials]
    claims = [
        Claim(
            f"The units of {listed(named(hidden))} are twins and stay twins: at each of {len(spreads)} steps their "
            f"weights are {equal}.",
            spread < 1e-5,
        ),
        Claim(
            f"The least cosine between the weights of two units of a layer is {figure(cosines[0], 3)} with equal "
            f"weights, {figure(cosines[1], 3)} with noise, and {figure(cosines[2], 3)} with usual random weights.",
            cosines[0] > 0.99999 and max(cosines[1:]) < DIFFERENT,
        ),
        Claim(
            f"So twins learn less: their loss comes to {figure(last[0], 3)}, with noise to {figure(last[1], 3)}.",
            last[0] > last[1],
        ),
    ]
    if model is None:
        claims[1:1] = [_first_step(trials[0], hidden), _as_one(twins, units, activation, batches[0][0])]
    rows = []
    names = (sides[0].name, sides[1].name, "random")
    for name, trial, cosine, one in zip(names, trials, cosines, last, strict=True):
        cells = [figure(cosine, 3), figure(one, 3)]
        if data is None:
            cells.append(f"{share_right(trial.model, (tensor(given[0]), tensor(given[1]))):.1%}")
        rows.append((name, cells))
    columns = ["least cosine", "last loss", *(["points right"] if data is None else [])]
    return Report(
        claims,
        sides,
        [Table(f"After {steps} steps", columns, rows)],
        _prediction(twins, hidden[0], value, steps),
        [Control("learning rate", 0.01, 3, rate, ["rate", "rate"], is_logarithmic=True)],
        'ew.lab.symmetry(noise=0.01, points="spiral").page("pinch.html")',
    )


def hidden_layers(model: Module) -> list[str]:
    """Returns the paths of the linear layers and convolutions but the last. Raises ValueError if there is none."""
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d)
    *hidden, _ = [name for name, layer in layers_of(model).items() if isinstance(layer, kinds)] or [""]
    if not hidden:
        raise ValueError("model has no linear layer or convolution before its last one, so no units that can be twins")
    return hidden


def _alike(model: Module, value: float, noise: float, seed: int) -> Module:
    """Returns the network with one value for all parameters of linear layers and convolutions, plus noise."""
    generator = np.random.default_rng(seed)
    made = copy.deepcopy(model)
    for layer in layers_of(made).values():
        if isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d)):
            for parameter in layer.parameters():
                numbers = value + noise * generator.normal(size=parameter.shape)
                parameter.data = tensor(numbers, dtype=parameter.dtype)
    return made


def _rows(model: Module, layer: str) -> Any:
    """Returns the weights of each unit of a layer, as rows."""
    weight: Any = layers_of(model)[layer].weight
    return weight.detach().numpy().reshape(len(weight), -1)


def _spread(model: Module, hidden: list[str]) -> float:
    """Returns by how much the weights of two units of a layer differ at most."""
    return max(float(np.ptp(_rows(model, layer), axis=0).max()) for layer in hidden)


def _least_cosine(model: Module, hidden: list[str]) -> float:
    least = 1.0
    for layer in hidden:
        rows = _rows(model, layer).astype(np.float64)
        directions = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        least = min(least, float((directions @ directions.T).min()))
    return least


def _last(losses: list[float], count: int) -> float:
    """Returns the mean loss of the last batches."""
    return float(np.mean(losses[-count:]))


def _first_step(trial: Trial, hidden: list[str]) -> Claim:
    """Says why the gradient of hidden layers is 0 in the first step, and not in the second."""
    sizes = [trial.norms[f"{layer}.weight"] for layer in hidden]
    return Claim(
        "In the first step they get no gradient at all: the gradients of the outputs add up to 0, and meet equal "
        "weights. Then the last layer's weights are no longer equal, and from the second step on all layers learn.",
        all(one[0] < 1e-6 < max(one[1:2], default=0.0) for one in sizes),
    )


def _as_one(twins: Module, units: int, activation: str, x: Any) -> Claim:
    """Puts one unit in the place of those of each layer: it counts as often as there are twins."""
    single = mlp(2, 1, 1, 2, activation=activation)
    for name, layer in layers_of(single).items():
        weight, bias = layers_of(twins)[name].parameters()
        times = 1 if name == "layer1" else units
        layer.weight.data = times * weight[: len(layer.weight), : layer.weight.shape[1]].detach()
        layer.bias.data = bias[: len(layer.bias)].detach()
    apart = float((twins(x) - single(x)).abs().max())
    return Claim(
        f"The {units} units of a layer act as one: a network with a single unit in each layer, whose outgoing weights "
        f"are {units} times as large, gives the same outputs, within {figure(apart, 2)}.",
        apart < 1e-3,
    )


def _prediction(twins: Module, layer: str, value: float, steps: int) -> Prediction:
    rows = _rows(twins, layer)
    count = len(np.unique(rows.round(5), axis=0))
    choices = ["1", f"from 2 to {len(rows) - 1}", str(len(rows))]
    return Prediction(
        f"All weights begin as {figure(value)}. How many different units has {named([layer])[0]} after {steps} steps?",
        choices,
        0 if count == 1 else 2 if count == len(rows) else 1,
        "Equal weights give equal values on the way forward, and equal gradients on the way back. So each update is "
        "the same for all of them, and nothing ever tells them apart.",
    )
