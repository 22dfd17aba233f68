"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import ClassVar

from ..graph.arguments import number
from ..graph.arrays import Array, Namespace
from .optimizer import (
    Group,
    Optimizer,
    OptimizerError,
    Parameters,
    State,
    check_flags,
    check_numbers,
    check_ways,
    rate_of,
)


def update(
    xp: Namespace,  # noqa: ARG001 (every update takes it)
    p: Array,
    g: Array,
    velocity: Array | None = None,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> tuple[Array, Array | None]:
    """Returns one step along the gradient; with a `velocity`, which starts at zero, along that.

    The velocity is Polyak's heavy ball in the form of I. Sutskever et al., On the importance of initialization and
    momentum in deep learning, ICML 2013, with PyTorch's one change: the learning rate multiplies the velocity when it
    is used, not the gradient when it is added, so a change of rate acts at once. Nesterov's method is their equations
    3 and 4, rewritten for gradients taken at the parameters themselves: a step along ``g + momentum * velocity``.
    """
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * p
    if velocity is None:
        p -= lr * g
        return p, None
    velocity *= momentum
    velocity += (1 - dampening) * g if dampening else g
    if nesterov:
        ahead = momentum * velocity
        ahead += g
        ahead *= lr
        p -= ahead
    else:
        p -= lr * velocity
    return p, velocity


class SGD(Optimizer):
    """Stochastic gradient descent: see :func:`edgewise.optim.sgd.update`.

    Parameters
    ----------
    params:
        The parameters: see :class:`Optimizer`.
    lr:
        The learning rate.
    momentum:
        The fraction of the velocity that remains in the next step; 0 for none.
    dampening:
        By how much less than 1 a gradient counts in the velocity, from the second step on.
    weight_decay:
        Adds ``weight_decay * p`` to the gradient.
    nesterov:
        Nesterov's momentum; it needs a momentum and no dampening.
    maximize:
        Ascend instead.
    foreach, differentiable, fused:
        PyTorch's other implementations of a step. Edgewise has one, so True is refused.
    """

    _implied: ClassVar[State] = {"step": 1}

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_ways(type(self).__name__, foreach=foreach, differentiable=differentiable, fused=fused)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def _check(self, group: Group) -> None:
        check_numbers("SGD", group, "lr", "momentum", "weight_decay")
        number("SGD", "dampening", group["dampening"], error=OptimizerError)
        check_flags("SGD", group, "nesterov", "maximize")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise OptimizerError("SGD: Nesterov's momentum needs momentum > 0 and dampening = 0")

    def _start(self, xp: Namespace, p: Array, group: Group) -> State:
        return {"momentum_buffer": xp.zeros_like(p), "step": 0} if group["momentum"] else {}

    def _advance(self, xp: Namespace, p: Array, g: Array, state: State, group: Group) -> Array:
        momentum = group["momentum"]
        if momentum and not state:
            state.update(self._start(xp, p, group))
        dampening = group["dampening"]
        if dampening and not state.get("step"):
            dampening = 0.0  # The first gradient counts in full.
        p, velocity = update(
            xp,
            p,
            g,
            state["momentum_buffer"] if momentum else None,
            lr=rate_of(group),
            momentum=momentum,
            dampening=dampening,
            nesterov=group["nesterov"],
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )
        if momentum:
            state["momentum_buffer"] = velocity
            state["step"] += 1
        return p
