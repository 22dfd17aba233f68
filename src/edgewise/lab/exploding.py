"""Why do gradients explode through time, and what does clipping do?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..nn import functional as F
from ..ops.random import manual_seed
from ..printers.figures import figure
from ..tensor import tensor
from .deep import LEGEND, shade_of
from .networks import side
from .recurrent import TIMES, ClippedSGD, Recurrent
from .registry import experiment
from .report import Claim, Control, Prediction, Report, Table
from .trials import Trial, digit_batches, share_right, train, unseen_digits

EIGENVALUES = (0.25, 0.5, 1.0, math.sqrt(2), 2.0, 3.0, 4.0, 6.0)
AVERAGED = 20
"""The last loss is the mean over so many steps."""


@experiment("Why do gradients explode through time, and what does clipping do?")
def exploding(
    eigenvalue: float = 3.0,
    *,
    activation: str = "relu",
    clip: float = 1.0,
    steps: int = 300,
    rate: float = 0.1,
    seed: int = 0,
) -> Report:
    """Measures the gradient at each time step of a recurrent network, and trains it with and without clipping.

    The network reads 8 × 8 digits row by row. Its recurrent matrix is an orthogonal one times `eigenvalue`.

    Parameters
    ----------
    eigenvalue:
        The size of the eigenvalues of the recurrent matrix.
    activation:
        Of the states: ``"relu"``, ``"tanh"``, ``"identity"`` …
    clip:
        The longest gradient of a parameter with clipping: its norm is at most this.
    steps, rate:
        How many steps of gradient descent, and the learning rate.
    seed:
        Of the random weights.

    Raises
    ------
    ValueError
        If there is no such activation, or `eigenvalue` or `clip` is not above 0.
    """
    for name, value in (("eigenvalue", eigenvalue), ("clip", clip)):
        if not value > 0:
            raise ValueError(f"{name} must be above 0, not {value}")

    def made(size: float = eigenvalue, kind: str = activation) -> Recurrent:
        manual_seed(seed)
        return Recurrent(kind, size)

    batches = [(tensor(x.numpy().reshape(-1, TIMES, 8)), t) for x, t in digit_batches(24)]
    over_sizes = [made(size).gradients(batches[0]) for size in EIGENVALUES]
    own, linear = made().gradients(batches[0]), made(kind="identity").gradients(batches[0])
    models = [made(), made()]
    optimizers = [None, ClippedSGD(models[1].parameters(), rate, clip)]
    abouts = [
        "Gradient descent as it is.",
        f"The gradient of a parameter is shortened to {figure(clip)} if it is longer.",
    ]
    sides = [
        side(name, about, model, batches, F.cross_entropy, rate, optimizer=optimizer)
        for name, about, model, optimizer in zip(
            ("no clipping", "with clipping"), abouts, models, optimizers, strict=True
        )
    ]
    trials = [
        train(model, F.cross_entropy, batches, rate=rate, steps=steps, optimizer=optimizer)
        for model, optimizer in zip(models, optimizers, strict=True)
    ]
    images, labels = unseen_digits()
    rows = [
        (
            one.name,
            [
                figure(max(max(trial.norms[name]) for name in trial.norms), 3),
                *(figure(value) for value in (max(trial.losses), _last_loss(trial))),
                f"{share_right(trial.model, (images.reshape(-1, TIMES, 8), labels)):.1%}",
            ],
        )
        for one, trial in zip(sides, trials, strict=True)
    ]
    columns = ["longest gradient", "highest loss", "last loss", "unseen digits right"]
    return Report(
        [
            _exact(eigenvalue, linear),
            _tips(activation, [sizes[0] for sizes in over_sizes]),
            *_outcomes(trials, own[0], clip),
        ],
        sides,
        [
            Table(
                "Gradient at the state of each time step over that at the last",
                [str(time) for time in range(1, TIMES + 1)],
                [
                    (figure(s, 3), [figure(one, 2) for one in row])
                    for s, row in zip(EIGENVALUES, over_sizes, strict=True)
                ],
                [[shade_of(one) for one in row] for row in over_sizes],
                LEGEND,
                ("eigenvalue", "time step"),
            ),
            Table(f"Trained for up to {steps} steps", columns, rows),
        ],
        _prediction(eigenvalue, own[0]),
        [Control("eigenvalue", 0.1, 10, eigenvalue, [model.eigenvalue for model in models], is_logarithmic=True)],
        'ew.lab.exploding(2, activation="tanh").page("tanh.html")',
    )


def _last_loss(trial: Trial) -> float:
    return float(np.mean(trial.losses[-AVERAGED:]))


def _exact(eigenvalue: float, linear: Sequence[float]) -> Claim:
    power = eigenvalue ** (TIMES - 1)
    return Claim(
        f"Without an activation each time step back multiplies the gradient by {figure(eigenvalue)}: {TIMES - 1} steps "
        f"make {figure(linear[0])}, and {figure(eigenvalue)} to the power of {TIMES - 1} is {figure(power)}.",
        math.isclose(linear[0], power, rel_tol=1e-3),
    )


def _tips(activation: str, first: Sequence[float]) -> Claim:
    """Says from which eigenvalue on the gradient of the first time step is the larger one."""
    above = next((i for i, size in enumerate(first) if size > 1), len(first))
    text = f"With {activation} it vanishes at small eigenvalues ({figure(first[0], 2)} at {figure(EIGENVALUES[0])})"
    text += f" and explodes at large ones ({figure(first[-1], 2)} at {figure(EIGENVALUES[-1])})"
    if 0 < above < len(first):
        low, high = (figure(EIGENVALUES[i], 3) for i in (above - 1, above))
        text += f"; it keeps its size somewhere between {low} and {high}"
    return Claim(f"{text}.", first[0] < 0.01 and first[-1] > 10 and 0 < above < len(first))


def _outcomes(trials: Sequence[Trial], own: float, clip: float) -> list[Claim]:
    free, clipped = trials
    before, after = figure(free.losses[0], 3), figure(clipped.losses[0], 3)
    last = figure(_last_loss(clipped), 3)
    if not math.isfinite(free.losses[-1]):
        fate = f"after {len(free.losses) - 1} steps the loss is not finite any more"
    else:
        highest, stays = figure(max(free.losses), 3), figure(_last_loss(free), 3)
        fate = f"the loss goes from {before} up to {highest}, and stays at {stays}"
    chance = math.log(10)
    is_lost = not _last_loss(free) < 0.9 * chance
    explodes = own > 10
    return [
        Claim(
            f"Without clipping {fate}." if explodes else f"At this eigenvalue no clipping is needed: {fate}.",
            is_lost == explodes,
        ),
        Claim(
            f"With gradients cut to a norm of {figure(clip)} it learns: from {after} to {last}, where guessing among "
            f"ten digits has {figure(chance, 3)}.",
            _last_loss(clipped) < 0.9 * chance,
        ),
    ]


def _prediction(eigenvalue: float, size: float) -> Prediction:
    choices = ["a tenth or less", "about the same", "about ten times", "a hundred times or more"]
    power = math.log10(size) if size > 0 else -math.inf
    right = 0 if power < -0.75 else 1 if power < 0.5 else 2 if power < 1.5 else 3
    because = f"It is {figure(size, 3)} times as large: {TIMES - 1} time steps, each with the same matrix."
    return Prediction(
        f"All eigenvalues of the recurrent matrix have size {figure(eigenvalue)}. How large is the gradient at the "
        f"first of {TIMES} time steps, beside that at the last?",
        choices,
        right,
        because,
    )
