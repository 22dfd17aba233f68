"""Dropout: in training, some elements become 0, and the others grow to make up for them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from ..graph.arrays import is_float, namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from .elementwise import elementwise, write_in_place
from .random import Generator, rand

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


_dropout = elementwise(
    "dropout",
    lambda xp, x, mask: x * mask,
    lambda xp, g, y, x, mask: g * mask,
    None,
    singular=True,
    kind="random mask",
    roles={"mask": "mask"},
    words={
        "y": "some numbers become 0 at random, and the others grow so that the mean stays",
        "x": "where a number was dropped, no gradient passes",
    },
)


def dropout(
    input: TensorLike,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Sets each element to 0 with probability `p` in training, and divides the others by 1 - p.

    So the expected value stays, and outside of training the input is returned as it is. `generator` draws the random
    numbers; without one it is the default generator, which :func:`edgewise.manual_seed` seeds.

    Raises ArgumentError unless 0 ≤ p ≤ 1.
    """
    if inplace and training and p > 0:
        return write_in_place(dropout, input, p, training, generator=generator)
    x = edge_of(input)
    return _drop("dropout", x, p, training, tuple(x.shape), generator)


def dropout1d(
    input: TensorLike,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Applies :func:`dropout` to whole channels of sequences (N, C, L) or (C, L)."""
    if inplace and training and p > 0:
        return write_in_place(dropout1d, input, p, training, generator=generator)
    return _channels("dropout1d", input, p, training, 1, generator)


def dropout2d(
    input: TensorLike,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Applies :func:`dropout` to whole channels of images (N, C, H, W) or (C, H, W).

    Of (N, C), it drops elements, with a warning.
    """
    if inplace and training and p > 0:
        return write_in_place(dropout2d, input, p, training, generator=generator)
    return _channels("dropout2d", input, p, training, 2, generator)


def _channels(name: str, input: TensorLike, p: float, training: bool, axes: int, generator: Generator | None) -> Tensor:
    x = edge_of(input)
    if x.ndim == 2 and axes == 2:
        warnings.warn(
            f"{name}: input has shape {tuple(x.shape)}, without the axes H and W, so each of its elements is a "
            "channel: use dropout for (N, C)",
            stacklevel=3,
        )
        return _drop(name, x, p, training, tuple(x.shape), generator)
    if x.ndim not in (axes + 1, axes + 2):
        size = "H, W" if axes == 2 else "L"
        raise ShapeError(f"{name}: input has shape {x.shape}; it must be (N, C, {size}) or (C, {size})")
    return _drop(name, x, p, training, (*x.shape[: x.ndim - axes], *(1,) * axes), generator)


def _drop(
    name: str, x: Tensor, p: float, training: bool, shape: tuple[int, ...], generator: Generator | None
) -> Tensor:
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: p is {p}; it must be a probability, between 0 and 1")
    if not is_float(x.array):
        raise DTypeError(f"{name}: input has dtype {x.dtype}; it must be floating point: cast it, as in x.float()")
    if not training or p == 0:
        return x
    drawn = rand(*shape, generator=generator).array
    if not hasattr(drawn, "from_foreign"):  # as arrays do that note down what is done with them
        drawn = namespace(x.array).asarray(drawn)
    xp = namespace(drawn)
    kept = xp.astype(drawn >= p, x.dtype)
    return _dropout(x, wrap(kept * (1 / (1 - p)) if p < 1 else xp.zeros_like(kept)))
