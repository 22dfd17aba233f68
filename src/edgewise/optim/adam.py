"""Adam and AdamW: steps along the mean of the gradients, divided by their running size."""

from __future__ import annotations

from typing import Any

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
    xp: Namespace,
    p: Array,
    g: Array,
    mean: Array,
    square: Array,
    step: Any,
    largest: Array | None = None,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float = 0.0,
    decoupled: bool = False,
    maximize: bool = False,
) -> tuple[Array, Array, Array, Any, Array | None]:
    """Returns one step of Adam; `mean`, `square`, `step` and `largest` start at zero.

    Algorithm 1 of D. P. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, ICLR 2015. With `decoupled` the
    weight decay acts on the parameters and not through the gradients, as in algorithm 2 of I. Loshchilov and F. Hutter,
    Decoupled Weight Decay Regularization, ICLR 2019, scaled by the learning rate as in PyTorch. With `largest`, the
    largest mean square so far divides: S. J. Reddi, S. Kale and S. Kumar, On the Convergence of Adam and Beyond,
    ICLR 2018.

    `step` counts the steps done; it may be a number or an array, and is returned one higher.
    """
    step = step + 1
    if maximize:
        g = -g
    if weight_decay:
        if decoupled:
            p *= 1 - lr * weight_decay
        else:
            g = g + weight_decay * p
    mean *= beta1
    mean += (1 - beta1) * g
    fresh = g * g
    fresh *= 1 - beta2
    square *= beta2
    square += fresh
    if largest is None:
        size = xp.sqrt(square)
    else:
        largest = xp.maximum(largest, square)
        size = xp.sqrt(largest)
    size /= (1 - beta2**step) ** 0.5
    size += eps
    change = mean / size
    change *= lr / (1 - beta1**step)
    p -= change
    return p, mean, square, step, largest


class Adam(Optimizer):
    """Adam: see :func:`edgewise.optim.adam.update`.

    Parameters
    ----------
    params:
        The parameters: see :class:`Optimizer`.
    lr:
        The learning rate: about how far an element moves in a step.
    betas:
        The fractions of the mean and of the mean square of the gradients that remain in the next step.
    eps:
        Added to the root of the mean square.
    weight_decay:
        Adds ``weight_decay * p`` to the gradient. :class:`AdamW` decays the parameters themselves.
    amsgrad:
        Divide by the largest mean square so far.
    maximize:
        Ascend instead.
    foreach, capturable, differentiable, fused:
        PyTorch's other implementations of a step. Edgewise has one, so True is refused.
    """

    _decoupled = False

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_ways(
            type(self).__name__, foreach=foreach, capturable=capturable, differentiable=differentiable, fused=fused
        )
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
            },
        )

    def _check(self, group: Group) -> None:
        kind = type(self).__name__
        check_numbers(kind, group, "lr", "eps", "weight_decay")
        check_flags(kind, group, "amsgrad", "maximize")
        betas = group["betas"]
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise OptimizerError(f"{kind}: betas is {betas!r}; it must be two numbers, each at least 0 and below 1")
        for i, beta in enumerate(betas):
            number(kind, f"betas[{i}]", beta, least=0, below=1, error=OptimizerError)

    def _start(self, xp: Namespace, p: Array, group: Group) -> State:
        state: dict[str, Any] = {"step": 0, "exp_avg": xp.zeros_like(p), "exp_avg_sq": xp.zeros_like(p)}
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = xp.zeros_like(p)
        return state

    def _advance(self, xp: Namespace, p: Array, g: Array, state: State, group: Group) -> Array:
        beta1, beta2 = group["betas"]
        p, state["exp_avg"], state["exp_avg_sq"], state["step"], largest = update(
            xp,
            p,
            g,
            state["exp_avg"],
            state["exp_avg_sq"],
            state["step"],
            state.get("max_exp_avg_sq"),
            lr=rate_of(group),
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            decoupled=self._decoupled,
            maximize=group["maximize"],
        )
        if largest is not None:
            state["max_exp_avg_sq"] = largest
        return p


class AdamW(Adam):
    """Adam whose weight decay acts on the parameters themselves: see :func:`edgewise.optim.adam.update`.

    The arguments are those of :class:`Adam`; `weight_decay` is 0.01 by default, and each step first multiplies the
    parameters by ``1 - lr * weight_decay``.
    """

    _decoupled = True

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
        )
