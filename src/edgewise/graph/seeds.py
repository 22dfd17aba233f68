"""The gradients that a backward pass starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .arrays import describe, namespace, unify
from .edge import Edge, wrap
from .errors import GradientError

if TYPE_CHECKING:
    from ..tensor import Tensor


def zeros_of(edge: Edge) -> Tensor:
    """Returns a constant tensor of zeros, of an edge's shape and dtype."""
    return wrap(namespace(edge.array).zeros_like(edge.array))


def seeds_for(outputs: Sequence[Edge], gradients: Sequence[Edge | None], create_graph: bool = False) -> dict[Edge, Any]:
    """Returns the gradient to start from on each output: the one in `gradients`, or 1 for a scalar."""
    if len(outputs) != len(gradients):
        raise GradientError(f"{len(outputs)} outputs but {len(gradients)} gradients: give one for each, or None")
    seeds: dict[Edge, Any] = {}
    for output, start in zip(outputs, gradients, strict=True):
        array = output.array
        if not output.requires_grad:
            raise GradientError(
                f"this tensor, {describe(array)}, does not require a gradient: nothing it was computed from does, or "
                "it was computed under no_grad() or detached. Create the parameters with requires_grad=True"
            )
        if start is None:
            if tuple(array.shape) not in ((), (1,) * array.ndim):
                raise GradientError(
                    f"a tensor of shape {tuple(array.shape)} needs the gradient to start from, as only a scalar's "
                    f"can be taken to be 1: call .sum() or .mean() first, or pass a gradient of that shape"
                )
            xp = namespace(array)
            seed: Any = xp.ones_like(array)
            if create_graph:
                seed = wrap(seed)
        else:
            if start.operation is None and type(start.array) is not type(array):
                start = wrap(unify((array, start.array))[1])
            seed = start if create_graph else start.array
            if tuple(seed.shape) != tuple(array.shape):
                raise GradientError(
                    f"the gradient to start from has shape {tuple(seed.shape)}; the tensor's is {tuple(array.shape)}"
                )
            if seed.dtype != array.dtype:
                seed = namespace(seed).astype(seed, array.dtype)
        seeds[output] = seed if output not in seeds else seeds[output] + seed
    return seeds
