"""Changing a tensor in place.

Where nothing is recorded (plain data, or under `no_grad`) the memory itself is written, and backward refuses a
graph that still needed the old values. While recording, the tensor becomes the result of a recorded operation:
it gets new memory, so no graph made earlier can go wrong; views taken earlier keep the old values.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.arrays import describe, kind, namespace
from ..graph.edge import Edge, next_serial
from ..graph.errors import ArgumentError, DTypeError, InPlaceError
from ..graph.inplace import frozen_copy, is_exported, note_write
from ..graph.modes import thread
from ..graph.views import place_of
from ..graph.writing import (
    before_writing,
    check_may_be_written,
    check_writable,
    rebind,
    replace_array,
    write_everywhere,
)
from ..ops import arithmetic, comparison, exponential, indexing, random, selection
from ..ops.random import Generator

if TYPE_CHECKING:
    from .convert import TensorLike
    from .core import Tensor


def _references(view: Any) -> int:
    """Returns the number of references to the array that `view` is a view of, including this function's."""
    return sys.getrefcount(view.base)


_ALONE = _references(np.zeros(2)[:1])


def _shares_memory(array: Any) -> bool:
    """Returns whether an array is a view of memory that something else refers to."""
    return getattr(array, "base", None) is not None and _references(array) > _ALONE


def _uses(tensor: Any) -> int:
    return sys.getrefcount(tensor)


class _Unused:
    """The number of references to a tensor that only a variable refers to, seen from a writing method."""

    seen = 0

    def __setitem__(self, key: tuple[int, ...], value: int) -> None:
        self._become(value, *key, form=key)

    def _become(self, *_: Any, **__: Any) -> None:
        self.seen = _uses(self)


_unused = _Unused()
_unused[()] = 0
_UNUSED = _unused.seen


def _array_filled_with(array: Any, value: Any) -> Any:
    """Returns a new array like another one, filled with values or with one value."""
    xp = namespace(array)
    return xp.asarray(xp.broadcast_to(xp.asarray(value, dtype=array.dtype), array.shape), copy=True)


class InPlace(Edge):
    """Assignment, augmented assignment, and the methods whose names end in an underscore."""

    __slots__ = ()

    def __setitem__(self: Any, key: Any, value: TensorLike) -> None:
        if value is None:
            raise DTypeError("setitem: None is no value; to set a gradient to nothing, write x.grad = None")
        form, indices = indexing.parse_key(key, self, "setitem")
        if not indices and isinstance(value, Edge) and indexing.is_part(value, self, form):
            return  # x[1:3] *= 2 has written it already
        value = indexing.value_to_set(value, form, indices, self.array.ndim)
        self._become(indexing._setitem, value, *indices, form=form)

    def _become(self, function: Callable[..., Tensor], *arguments: Any, **params: Any) -> Tensor:
        """Gives this tensor the value ``function(self, *arguments)``."""
        name = getattr(function, "name", None) or function.__name__
        wants_gradient = self.requires_grad or any(
            isinstance(a, Edge) and a.requires_grad for a in (*arguments, *params.values())
        )
        recording = thread.modes.recording and wants_gradient
        if recording:
            check_may_be_written(name, self)
            if place_of(self) is None and _shares_memory(self.array) and not is_exported(self.array):
                raise InPlaceError(
                    f"{name}: this tensor, {describe(self.array)}, lies in the memory of another one, which a write "
                    "could not reach while operations are recorded: take a copy first, x.clone()"
                )
        else:
            check_writable(name, self)
        before = before_writing(self) if recording else frozen_copy(self)
        result = function(before, *arguments, **params)
        if tuple(result.shape) != tuple(self.array.shape):
            raise InPlaceError(
                f"{name}: changing a tensor in place keeps its shape "
                f"{tuple(self.array.shape)}, but the result has shape {tuple(result.shape)}"
            )
        xp = namespace(self.array)
        if kind(xp, result.array.dtype) > kind(xp, self.array.dtype):
            raise DTypeError(
                f"{name}: the result is {describe(result.array)}, which a tensor of dtype {self.array.dtype} can't "
                "take in place: cast it first, as in x.float(), or make a new tensor"
            )
        if recording:
            if result.array.dtype != self.array.dtype:
                result = result.to(self.array.dtype)
            used = _uses(self) > _UNUSED
            rebind(self, result, before, used=used)
        else:
            self._write(result.array)
        return self  # type: ignore[return-value]

    def _write(self, value: Any) -> Tensor:
        """Writes `value`, an array or a number, into this tensor's memory."""
        if thread.modes.recording and self.requires_grad:
            raise InPlaceError(
                f"a tensor that requires gradients, {describe(self.array)}, can't be overwritten while operations are "
                "recorded: do it under ew.no_grad()"
            )
        check_writable("assignment", self)
        note_write(self.array, next_serial())
        if hasattr(self.array, "at") and place_of(self) is not None:
            write_everywhere(self, _array_filled_with(self.array, value))
            return self  # type: ignore[return-value]
        try:
            self.array[...] = value
        except TypeError:
            # Libraries with immutable arrays: the tensor gets a new one.
            replace_array(self, _array_filled_with(self.array, value))
        return self  # type: ignore[return-value]

    def _augment(self: Any, operation: Any, other: TensorLike) -> Tensor:
        if isinstance(other, (str, bytes)) or other is None:
            raise DTypeError(f"{operation.name}: can't combine a tensor in place with {other!r}")
        return self._become(operation, other)  # type: ignore[no-any-return]

    def __iadd__(self, other: TensorLike) -> Tensor:
        return self._augment(arithmetic._add, other)

    def __isub__(self, other: TensorLike) -> Tensor:
        return self._augment(arithmetic._subtract, other)

    def __imul__(self, other: TensorLike) -> Tensor:
        return self._augment(arithmetic._multiply, other)

    def __itruediv__(self, other: TensorLike) -> Tensor:
        return self._augment(arithmetic._divide, other)

    def __ipow__(self, other: TensorLike) -> Tensor:
        return self._augment(exponential._pow, other)

    def __ifloordiv__(self, other: TensorLike) -> Tensor:
        return self._augment(arithmetic._floor_divide, other)

    def __imod__(self, other: TensorLike) -> Tensor:
        return self._augment(arithmetic._remainder, other)

    def __iand__(self, other: TensorLike) -> Tensor:
        return self._augment(comparison._bitwise_and, other)

    def __ior__(self, other: TensorLike) -> Tensor:
        return self._augment(comparison._bitwise_or, other)

    def __ixor__(self, other: TensorLike) -> Tensor:
        return self._augment(comparison._bitwise_xor, other)

    def __ilshift__(self, other: TensorLike) -> Tensor:
        return self._augment(comparison._bitwise_left_shift, other)

    def __irshift__(self, other: TensorLike) -> Tensor:
        return self._augment(comparison._bitwise_right_shift, other)

    def add_(self, other: TensorLike, *, alpha: float = 1) -> Tensor:
        """Adds ``alpha * other`` in place."""
        return self._augment(arithmetic._add, other if alpha == 1 else arithmetic.multiply(other, alpha))

    def sub_(self, other: TensorLike, *, alpha: float = 1) -> Tensor:
        """Subtracts ``alpha * other`` in place."""
        return self._augment(arithmetic._subtract, other if alpha == 1 else arithmetic.multiply(other, alpha))

    def mul_(self, other: TensorLike) -> Tensor:
        """Multiplies by `other` in place."""
        return self._augment(arithmetic._multiply, other)

    def div_(self, other: TensorLike) -> Tensor:
        """Divides by `other` in place."""
        return self._augment(arithmetic._divide, other)

    def pow_(self, exponent: TensorLike) -> Tensor:
        """Raises to a power in place."""
        return self._augment(exponential._pow, exponent)

    def clamp_(self, min: TensorLike | None = None, max: TensorLike | None = None) -> Tensor:
        """Clips the elements to between `min` and `max` in place."""
        return self._become(selection.clip, min, max)

    def copy_(self: Any, source: TensorLike) -> Tensor:
        """Copies the values of `source`, which must broadcast to this shape, in place; keeps the dtype."""
        form, _ = indexing.parse_key(...)
        return self._become(indexing._setitem, source, form=form)  # type: ignore[no-any-return]

    def fill_(self: Any, value: float) -> Tensor:
        """Sets every element to `value` in place."""
        return self.copy_(value)  # type: ignore[no-any-return]

    def zero_(self: Any) -> Tensor:
        """Sets every element to 0 in place."""
        return self.copy_(0)  # type: ignore[no-any-return]

    def uniform_(self, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with numbers drawn evenly from [low, high), in place."""
        return self._write(random.uniform(low, high, tuple(self.array.shape), self.array.dtype, generator))

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with numbers drawn from a normal distribution, in place."""
        if not std >= 0:
            raise ArgumentError(f"normal_: the standard deviation must be 0 or more, not {std}")
        dtype = random.floating_dtype("normal_", self.array.dtype)
        return self._write(random.sample("normal", tuple(self.array.shape), dtype, generator) * std + mean)

    def bernoulli_(self, p: float = 0.5, *, generator: Generator | None = None) -> Tensor:
        """Fills the tensor with 1, with probability `p`, and 0, in place."""
        if not 0 <= p <= 1:
            raise ArgumentError(f"bernoulli_: the probability must lie between 0 and 1, not {p}")
        drawn = random.source(generator).random(tuple(self.array.shape)) < p
        return self._write(drawn)
