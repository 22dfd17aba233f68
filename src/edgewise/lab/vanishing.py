"""Why do gradients vanish in deep networks, and what keeps their size?"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from .. import nn
from ..nn import functional as F
from ..nn.module import Module
from ..ops.random import manual_seed
from ..printers.figures import figure
from .deep import Deep, begin, linear_layers, passed_through, ratio_map, scaled, sizes_of
from .networks import outcomes, side
from .registry import experiment
from .report import Claim, Prediction, Report
from .trials import Loss, Trial, batches_of, digit_batches, train

SCALES = (0.25, 0.5, 1.0, math.sqrt(2), 2.0, 4.0)
DEPTHS = (2, 4, 8, 16, 32)
CURES: dict[str, dict[str, bool]] = {
    "plain": {},
    "with LayerNorm": {"has_norms": True},
    "residual": {"is_residual": True},
    "residual with LayerNorm": {"has_norms": True, "is_residual": True},
}
SCHEMES: dict[str, Callable[[Any], object]] = {"Xavier": nn.init.xavier_normal_, "Kaiming": nn.init.kaiming_normal_}
SMALL = 0.01


@experiment("Why do gradients vanish in deep networks, and what keeps their size?")
def vanishing(
    activation: str = "sigmoid",
    *,
    depth: int = 8,
    model: Module | None = None,
    data: Any = None,
    loss: Loss = F.cross_entropy,
    steps: int = 300,
    rate: float = 0.05,
    seed: int = 0,
) -> Report:
    """Measures the gradient at the first layer over depth and scale of the first weights, and trains what may help.

    A size is the norm of the gradient at the output of a linear layer, over that at the last one. Scale s draws the
    weights of a layer with n inputs from N(0, s² / n).

    Parameters
    ----------
    activation, depth:
        Of the network that learns to read digits, and how many linear layers it has.
    model, data, loss:
        A network of your own with linear layers, its data as a pair of inputs and targets, and its loss.
    steps, rate:
        How many steps of gradient descent, and the learning rate.
    seed:
        Of the random weights.

    Raises
    ------
    ValueError
        If there is no such activation, there are fewer than 3 layers, or the model has fewer than two.
    """
    if depth < 3:
        raise ValueError(f"depth must be 3 or more, not {depth}")
    batches = digit_batches(24) if data is None else batches_of(data)

    def made(depth: int = depth, **cure: bool) -> Module:
        manual_seed(seed)
        return Deep(depth, activation, **cure) if model is None else copy.deepcopy(model)

    def sizes(model: Module) -> list[float]:
        return sizes_of(passed_through(model, loss, batches[0]))

    candidates = {"plain": made(), **{name: begin(made(), write) for name, write in SCHEMES.items()}}
    if model is None:
        over_depth = [[sizes(begin(made(deep), scaled(s)))[0] for s in SCALES] for deep in DEPTHS]
        over_cures = [[sizes(begin(made(**cure), scaled(s)))[0] for s in SCALES] for cure in CURES.values()]
        maps = [
            ratio_map(
                "Gradient at the first layer over that at the last: the plain network",
                "layers",
                list(map(str, DEPTHS)),
                SCALES,
                over_depth,
            ),
            ratio_map(f"The same in networks of {depth} layers", "network", list(CURES), SCALES, over_cures),
        ]
        candidates.update({name: made(**cure) for name, cure in CURES.items() if cure})
        healed = "residual with LayerNorm"
    else:
        over_layers = [sizes(begin(made(), scaled(s))) for s in SCALES]
        maps = [
            ratio_map(
                "Gradient at each layer over that at the last",
                "layer",
                list(linear_layers(model)),
                SCALES,
                np.transpose(over_layers),
            )
        ]
        healed = "Xavier"
    found = {name: sizes(one) for name, one in candidates.items()}
    plain = found["plain"]
    claims = [_way_back(plain), *([] if model else [_why(candidates["plain"], plain, loss, batches[0])])]
    sides = [
        side(
            "plain",
            f"Its gradient at the first layer is {figure(plain[0], 2)} of that at the last.",
            candidates["plain"],
            batches,
            loss,
            rate,
        ),
        side(healed, f"Here it is {figure(found[healed][0], 2)} of it.", candidates[healed], batches, loss, rate),
    ]
    trials = {name: train(one, loss, batches, rate=rate, steps=steps) for name, one in candidates.items()}
    if model is None:
        claims.append(_free_of_scale(dict(zip(CURES, over_cures, strict=True))))
    claims.append(_outcome(trials["plain"], plain[0]))
    if model is None:
        claims.append(_healed(healed, trials[healed], found[healed][0]))
    rows = [
        (name, trial.model, [figure(found[name][0], 3), figure(trial.losses[0]), figure(trial.losses[-1])])
        for name, trial in trials.items()
    ]
    columns = ["first over last", "first loss", "last loss"]
    return Report(
        claims,
        sides,
        [*maps, outcomes(f"Trained for {steps} steps", columns, rows, digits=data is None)],
        _prediction(activation if model is None else "", plain),
        code='ew.lab.vanishing("tanh", depth=16).page("tanh.html")',
    )


def _way_back(sizes: list[float]) -> Claim:
    """Returns what a layer does to the gradient, on the way back."""
    factor = sizes[0] ** (1 / (len(sizes) - 1))
    text = f"from the last of {len(sizes)} linear layers to the first it becomes {figure(sizes[0], 2)} of what it was"
    if sizes[0] < SMALL:
        falls = all(before < after for before, after in pairwise(sizes))
        return Claim(
            f"The gradient vanishes: {text}, and each layer makes it smaller, {figure(factor, 2)} times as "
            "large on average.",
            falls,
        )
    return Claim(f"The gradient keeps its size: {text}.", sizes[0] < 1 / SMALL)


def _why(model: Module, sizes: list[float], loss: Loss, batch: Any) -> Claim:
    """Says where the factor of a layer comes from: the slope of the activation, and the scale of the weights."""
    outputs = [z.detach().requires_grad_() for z in passed_through(model, loss, batch)[:-1]]
    for z in outputs:
        model.activation(z).sum().backward()
    slope = float(np.mean([np.sqrt(np.mean(z.grad.numpy() ** 2)) for z in outputs]))
    weights = [layer.weight.detach().numpy() for layer in linear_layers(model).values()][1:]
    scale = float(np.mean([weight.std() * math.sqrt(weight.shape[1]) for weight in weights]))
    factor = sizes[0] ** (1 / (len(sizes) - 1))
    return Claim(
        f"A layer multiplies the gradient by the slope of its activation, {figure(slope, 2)} here, and by "
        f"the scale of its weights, {figure(scale, 2)}: that makes {figure(slope * scale, 2)}, and "
        f"{figure(factor, 2)} was measured.",
        2 / 3 < slope * scale / factor < 3 / 2,
    )


def _free_of_scale(sizes: dict[str, list[float]]) -> Claim:
    plain, normed = (max(sizes[name]) / min(sizes[name]) for name in ("plain", "with LayerNorm"))
    return Claim(
        f"LayerNorm takes the scale of the weights out: from scale {figure(SCALES[0])} to {figure(SCALES[-1])} "
        f"the ratio changes by a factor of {figure(normed, 2)}, without it by {figure(plain, 2)}.",
        normed < 2 < plain,
    )


def _outcome(trial: Trial, size: float) -> Claim:
    first, last = figure(trial.losses[0], 3), figure(trial.losses[-1], 3)
    left = trial.losses[-1] / trial.losses[0]
    if size < SMALL:
        return Claim(f"So the plain network hardly learns: its loss goes from {first} to {last}.", left > 0.9)
    return Claim(f"The plain network learns: its loss goes from {first} to {last}.", left < 0.9)


def _healed(name: str, trial: Trial, size: float) -> Claim:
    first, last = figure(trial.losses[0], 3), figure(trial.losses[-1], 3)
    text = f"Healed ({name}), the first layer gets {figure(size, 2)} of the gradient of the last"
    return Claim(
        f"{text}, and the loss goes from {first} to {last}.", size > 0.1 and trial.losses[-1] < 0.6 * trial.losses[0]
    )


def _prediction(activation: str, sizes: list[float]) -> Prediction:
    choices = ["about as large", "about a tenth", "about a thousandth", "a hundred-thousandth or less"]
    power = -math.log10(sizes[0]) if sizes[0] > 0 else math.inf
    right = 0 if power < 0.5 else 1 if power < 2 else 2 if power < 4.5 else 3
    return Prediction(
        f"{len(sizes)} linear layers{f' with {activation}' if activation else ''}: how large is the gradient at the "
        "first layer, beside the last?",
        choices,
        right,
        f"It is {figure(sizes[0], 2)} times as large: {len(sizes) - 1} factors, one for each layer on the way back.",
    )
