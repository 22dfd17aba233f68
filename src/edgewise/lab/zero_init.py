"""Why not initialise all weights to 0? Is it a problem if only one set of them is 0?"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ..nn import functional as F
from ..nn.module import Module
from ..ops.random import manual_seed
from ..printers.figures import figure
from .networks import chosen_layers, layers_of, listed, mlp, named, outcomes, side
from .registry import experiment
from .report import Claim, Prediction, Report
from .trials import (
    Loss,
    Trial,
    batches_of,
    digit_batches,
    first_ending,
    train,
)

BATCHES = 24


@experiment("Why not initialise all weights to 0? Is it a problem if only one set of them is 0?")
def zero_init(
    layers: str | Sequence[str] = "all",
    *,
    activation: str = "relu",
    model: Module | None = None,
    data: Any = None,
    loss: Loss = F.cross_entropy,
    steps: int = 300,
    rate: float = 0.3,
    seed: int = 0,
) -> Report:
    """Sets the parameters of some layers to 0, and trains the network beside one that begins at random.

    Parameters
    ----------
    layers:
        Which begin at 0: ``"all"``, ``"first"``, ``"last"``, or the names of some.
    activation:
        Of the network that learns to read digits, such as ``"relu"`` or ``"tanh"``.
    model, data, loss:
        A network of your own, its data as a pair of inputs and targets, and its loss. By default 64-32-10 units learn
        to read 8 × 8 digits.
    steps, rate:
        How many steps of gradient descent, and the learning rate.
    seed:
        Of the random weights.

    Raises
    ------
    ValueError
        If the network has no such layer, or there is no such activation.
    """
    manual_seed(seed)
    healed = mlp(64, 32, 10, activation=activation) if model is None else copy.deepcopy(model)
    batches = digit_batches(BATCHES) if data is None else batches_of(data)
    broken = copy.deepcopy(healed)
    chosen = chosen_layers(broken, layers)
    for name in chosen:
        for parameter in layers_of(broken)[name].parameters():
            parameter.data.zero_()
    what = "all parameters" if len(chosen) == len(layers_of(broken)) else listed(named(chosen))
    sides = [
        side(f"{what} = 0", "The same network, except that these begin at 0.", broken, batches, loss, rate),
        side("random", "With random first weights, as layers have them.", healed, batches, loss, rate),
    ]
    ending = first_ending(sides[0].capture.snapshot)
    bad, good = (train(one, loss, batches, rate=rate, steps=steps) for one in (broken, healed))

    # What moves in the first step may let gradients through in the second. After that nothing new can happen.
    early = [name for name, norms in bad.norms.items() if not any(norm > 0 for norm in norms[:2])]
    stuck = bad.never_moved()
    moving = [name for name in bad.norms if name not in stuck]
    claims = []
    if ending is not None:
        claims.append(
            Claim(
                f"On the first way back the gradient ends at {ending.operation}: what goes to {ending.tensor} is "
                f"multiplied by 0, {ending.why}.",
                ending.why != "",
            )
        )
    if early:
        text = f"{listed(early)} get no gradient in the first two steps, and so none in all {steps}"
        claims.append(Claim(f"{text}; only {listed(moving, 'nothing')} can learn.", early == stuck))
    else:
        claims.append(Claim("From the second step on every parameter gets a gradient.", not stuck))
    claims.append(_outcome(bad, good, bool(stuck)))
    rows = [
        (one.name, trial.model, [figure(trial.losses[0]), figure(trial.losses[-1])])
        for one, trial in zip(sides, (bad, good), strict=True)
    ]
    return Report(
        claims,
        sides,
        [outcomes(f"After {len(bad.losses)} steps", ["first loss", "last loss"], rows, digits=data is None)],
        _prediction(what, moving, list(bad.norms), steps, ending.why if ending else ""),
        code='ew.lab.zero_init(layers="first", activation="tanh").page("first.html")',
    )


def _outcome(bad: Trial, good: Trial, is_stuck: bool) -> Claim:
    """Returns what the networks learned: one that is stuck keeps most of its loss."""
    (first, last), (begin, end) = ((figure(t.losses[0], 3), figure(t.losses[-1], 3)) for t in (bad, good))
    text = f"its loss goes from {first} to {last}, that of the random one from {begin} to {end}"
    left = bad.losses[-1] / bad.losses[0]
    return (
        Claim(f"So it hardly learns: {text}.", left > 0.9) if is_stuck else Claim(f"So it learns: {text}.", left < 0.5)
    )


def _prediction(what: str, moving: list[str], names: list[str], steps: int, why: str) -> Prediction:
    last = names[-1]
    choices = ["all of them", "those of the last layer", f"only {last}", "none"]
    of_last = [name for name in names if name.rpartition(".")[0] == last.rpartition(".")[0]]
    found = [names, of_last, [last], []]
    if moving not in found:
        choices.append(f"only {listed(moving)}")
        found.append(moving)
    because = f"After {steps} steps {listed(moving, 'nothing')} has changed." if len(moving) < 2 else ""
    because = because or f"After {steps} steps {listed(moving)} have changed."
    if why and len(moving) < len(names):
        because += f" The product along every other path holds a 0, {why}."
    elif why:
        because += f" In the first step the gradient ends, {why}; but that weight itself moves, and lets it through."
    return Prediction(
        f"With {what} = 0 at first: which parameters change in {steps} steps of training?",
        choices,
        found.index(moving),
        because,
    )
