"""RMSprop: each element's step divided by a running size of its gradients."""

from __future__ import annotations

from typing import Any

from ..graph.arrays import Array, Namespace
from .optimizer import Group, Optimizer, Parameters, State, check_flags, check_numbers, check_ways, rate_of


def update(
    xp: Namespace,
    p: Array,
    g: Array,
    square: Array,
    mean: Array | None = None,
    velocity: Array | None = None,
    *,
    lr: float,
    alpha: float,
    eps: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> tuple[Array, Array, Array | None, Array | None]:
    """Returns one step of RMSprop; `square`, `mean` and `velocity` start at zero.

    T. Tieleman and G. Hinton, Lecture 6.5: rmsprop, COURSERA: Neural Networks for Machine Learning, 2012. With `mean`
    the gradients are centred, so that their variance divides, as in A. Graves, Generating Sequences With Recurrent
    Neural Networks, arXiv:1308.0850, 2013, section 4.2. As in PyTorch, `eps` is added outside the root.
    """
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * p
    square *= alpha
    fresh = g * g
    fresh *= 1 - alpha
    square += fresh
    if mean is None:
        size = xp.sqrt(square)
    else:
        mean *= alpha
        mean += (1 - alpha) * g
        variance = mean * mean
        variance -= square
        # Rounding may leave a variance that is 0 a little off it.
        size = xp.sqrt(xp.clip(-variance, min=0.0))
    size += eps
    change = g / size
    if velocity is None:
        change *= lr
    else:
        velocity *= momentum
        velocity += change
        change = lr * velocity
    p -= change
    return p, square, mean, velocity


class RMSprop(Optimizer):
    """RMSprop: see :func:`edgewise.optim.rmsprop.update`.

    Parameters
    ----------
    params:
        The parameters: see :class:`Optimizer`.
    lr:
        The learning rate.
    alpha:
        The fraction of the mean square of the gradients that remains in the next step.
    eps:
        Added to the root of the mean square, so that small gradients make no huge steps.
    weight_decay:
        Adds ``weight_decay * p`` to the gradient.
    momentum:
        The fraction of the velocity that remains in the next step; 0 for none.
    centered:
        Divide by the gradients' deviation from their mean instead.
    maximize:
        Ascend instead.
    foreach, capturable, differentiable:
        PyTorch's other implementations of a step. Edgewise has one, so True is refused.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_ways(type(self).__name__, foreach=foreach, capturable=capturable, differentiable=differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "maximize": maximize,
            },
        )

    def _check(self, group: Group) -> None:
        check_numbers("RMSprop", group, "lr", "eps", "weight_decay", "momentum")
        check_numbers("RMSprop", group, "alpha", below=1)
        check_flags("RMSprop", group, "centered", "maximize")

    def _start(self, xp: Namespace, p: Array, group: Group) -> State:
        state: dict[str, Any] = {"step": 0, "square_avg": xp.zeros_like(p)}
        if group["centered"]:
            state["grad_avg"] = xp.zeros_like(p)
        if group["momentum"]:
            state["momentum_buffer"] = xp.zeros_like(p)
        return state

    def _advance(self, xp: Namespace, p: Array, g: Array, state: State, group: Group) -> Array:
        if group["momentum"] and "momentum_buffer" not in state:  # set since the first step
            state["momentum_buffer"] = xp.zeros_like(p)
        p, square, mean, velocity = update(
            xp,
            p,
            g,
            state["square_avg"],
            state.get("grad_avg"),
            state["momentum_buffer"] if group["momentum"] else None,
            lr=rate_of(group),
            alpha=group["alpha"],
            eps=group["eps"],
            momentum=group["momentum"],
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )
        state["square_avg"] = square
        if mean is not None:
            state["grad_avg"] = mean
        if velocity is not None:
            state["momentum_buffer"] = velocity
        state["step"] += 1
        return p
