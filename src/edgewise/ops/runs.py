"""Functions that are computed in one go for NumPy's arrays: layer normalisation and attention.

Pictures and higher derivatives take the steps in place of a fused run: see graph/opening.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, namespace
from ..graph.modes import thread
from ..graph.opening import FusedRun
from ..graph.operation import Operation
from .accurate import is_numpy
from .fused_attention import attend
from .fused_layer_norm import normalise

if TYPE_CHECKING:
    from ..tensor import Tensor


def in_one_go(run: Operation, steps: Callable[..., Tensor], *inputs: Tensor | None, **params: Any) -> Tensor:
    """Returns the result of `run` for these inputs, a tensor that pictures show as the result of ``steps(*inputs)``."""
    result = run.apply(*inputs, **params)
    if result.operation is not None:
        FusedRun(None, [result], lambda *given: [steps(*given)])
    return result


def is_for(*inputs: Tensor | None) -> bool:
    """Returns whether runs take these inputs: NumPy's arrays of one dtype, with a gradient to return, or no graph."""
    first: Any = None
    needs_grad = False
    for x in inputs:
        if x is None:
            continue
        array = x.array
        if first is None:
            first = array
        elif type(array) is not type(first) or array.dtype != first.dtype:
            return False
        needs_grad = needs_grad or x.requires_grad
    modes = thread.modes
    xp = namespace(first)
    return bool(
        is_numpy(xp)
        and first.dtype in (xp.float32, xp.float64)
        and first.size > 0
        and not modes.anomaly
        and (needs_grad or not modes.recording)
    )


def _layer_norm_derivative(i: int) -> Callable[..., Array]:
    # The shift is left out: no gradient depends on it, so it may have been written to.
    return lambda xp, g, _y, x, weight, _bias, **how: normalise(xp, x, weight, None, **how)[1](g)(i)


def _attention_derivative(i: int) -> Callable[..., Array]:
    return lambda xp, g, _y, q, k, v, **how: attend(xp, q, k, v, **how)[1](g)(i)


# Not names of the module, where explanations look for operations: pictures show the steps of these instead.
RUNS = {
    "layer_norm": Operation(
        "layer_norm",
        lambda xp, x, weight, bias, **how: normalise(xp, x, weight, bias, **how)[0],
        *(_layer_norm_derivative(i) for i in range(3)),
        fused=normalise,
        singular=True,
    ),
    "attention": Operation(
        "attention",
        lambda xp, q, k, v, **how: attend(xp, q, k, v, **how)[0],
        *(_attention_derivative(i) for i in range(3)),
        fused=attend,
        singular=True,
    ),
}
