"""Helpers for a model's parameters taken together."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ...graph.arrays import namespace
from ...graph.errors import ShapeError
from ...graph.modes import no_grad
from ...ops.joining import concat
from ...optim.clip import clip_grad_norm_ as clip_grad_norm_
from ...optim.clip import clip_grad_value_ as clip_grad_value_
from ...tensor import Tensor
from . import rnn as rnn


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Returns all parameters flattened and joined into one vector, through which gradients flow."""
    return concat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Writes the parts of a vector into parameters, in their order: the way back from :func:`parameters_to_vector`.

    Raises ShapeError, and writes nothing, if the vector has another number of elements than they have together.
    """
    targets = list(parameters)
    total = sum(math.prod(target.shape) for target in targets)
    if tuple(vec.shape) != (total,):
        raise ShapeError(
            f"vector_to_parameters: the parameters have {total} elements together, so the vector must have shape "
            f"({total},), not {tuple(vec.shape)}"
        )
    xp = namespace(vec.array)
    start = 0
    with no_grad():
        for target in targets:
            size = math.prod(target.shape)
            target._write(xp.reshape(vec.array[start : start + size], target.shape))
            start += size
