"""Gradient clipping."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..graph.arguments import number, short_repr
from ..graph.arrays import namespace, without_warnings
from ..graph.edge import Edge, wrap
from ..graph.errors import GradientError
from ..graph.modes import no_grad
from ..graph.widening import is_half
from ..tensor import Tensor
from .optimizer import list_of_parameters


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scales the gradients together, so that their norm is at most `max_norm`; returns the norm from before.

    R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks, ICML 2013,
    algorithm 1. As in PyTorch, the factor is ``max_norm / (norm + 1e-6)`` where that is below 1.

    Parameters
    ----------
    parameters:
        The tensors whose gradients to scale; those without one are left out.
    max_norm:
        The largest norm allowed.
    norm_type:
        The norm of all gradients as one vector: 2, any other positive number, or ``math.inf`` for the largest element.
    error_if_nonfinite:
        Raise GradientError if the norm is NaN or infinite. If not, the gradients become NaN or 0.
    """
    max_norm = number("clip_grad_norm_", "max_norm", max_norm, least=0, finite=False)
    norm_type = number("clip_grad_norm_", "norm_type", norm_type, above=0, finite=False)
    tensors = _with_gradients("clip_grad_norm_", parameters)
    if not tensors:
        return wrap(_scalar_like(None, 0.0))
    norms = [_norm(tensor.grad.array, norm_type) for tensor in tensors]
    total = _combine_norms(norms, norm_type)
    if error_if_nonfinite and not math.isfinite(total):
        where = ", ".join(_description(t, i) for i, (t, n) in enumerate(zip(tensors, norms, strict=True)) if n - n != 0)
        raise GradientError(
            f"clip_grad_norm_: the norm of the gradients is {total}, from {where or 'an overflow of their sum'}. "
            "ew.autograd.detect_anomaly() finds the operation that it comes from"
        )
    factor = max_norm / (total + 1e-6)
    if not factor >= 1:  # also for NaN
        for tensor in tensors:
            with without_warnings(tensor.grad.array):
                _replace(tensor, tensor.grad.array * factor)
    return wrap(_scalar_like(tensors[0].grad.array, total))


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """Clips every element of the gradients to between ``-clip_value`` and ``clip_value``."""
    clip_value = number("clip_grad_value_", "clip_value", clip_value, least=0, finite=False)
    for tensor in _with_gradients("clip_grad_value_", parameters):
        array = tensor.grad.array
        _replace(tensor, namespace(array).clip(array, min=-clip_value, max=clip_value))


def _replace(tensor: Any, array: Any) -> None:
    """Writes new values into the memory of a gradient, so that other references to it see them."""
    if tensor.grad.operation is not None:
        tensor.grad = wrap(array)
        return
    with no_grad():
        tensor.grad.copy_(wrap(array))


def _with_gradients(name: str, parameters: Any) -> list[Any]:
    tensors: list[Any] = [parameters] if isinstance(parameters, Edge) else list_of_parameters(parameters, name)
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Edge):
            raise TypeError(f"{name}: parameter {i} must be a tensor, not {short_repr(tensor)}")
    return [tensor for tensor in tensors if tensor.grad is not None]


def _norm(array: Any, order: float) -> float:
    xp = namespace(array)
    if 0 in array.shape:
        return 0.0
    if is_half[array.dtype.__class__, array.dtype]:
        array = xp.astype(array, xp.float32)  # in which a sum of squares is not infinite
    with without_warnings(array):
        if order == math.inf:
            return float(xp.max(xp.abs(array)))
        if order == 2:
            flat = xp.reshape(array, (-1,))
            squared = float(xp.vecdot(flat, flat))
            # Where squares overflow or vanish, the elements are scaled first.
            if 1e-30 < squared < math.inf:
                return math.sqrt(squared)
        largest = float(xp.max(xp.abs(array)))
        if largest == 0 or not math.isfinite(largest):
            return largest
        total = float(xp.sum(xp.abs(array / largest) ** order))
    return float(largest * total ** (1 / order))


def _combine_norms(norms: list[float], order: float) -> float:
    if any(math.isnan(norm) for norm in norms):
        return math.nan
    largest = max(norms)
    if order == math.inf or largest == 0 or math.isinf(largest):
        return largest
    total = math.fsum((norm / largest) ** order for norm in norms)
    return float(largest * total ** (1 / order))


def _scalar_like(array: Any, value: float) -> Any:
    if array is None:
        import numpy as np

        return np.asarray(value, np.float32)
    return namespace(array).asarray(value, dtype=array.dtype)


def _description(tensor: Any, i: int) -> str:
    return f"the gradient of {tensor.name or f'parameter {i}'} of shape {tuple(tensor.shape)}"
