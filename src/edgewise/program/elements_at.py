"""Keys of recording arrays: which elements are read, replaced or added to."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from .functions import FUNCTIONS, is_recorded
from .primitives import INDEX

if TYPE_CHECKING:
    from .recorder import RecordingArray


class At:
    """Elements of a recording array, which a copy of it has replaced or added to."""

    __slots__ = ("_array", "_key")

    def __init__(self, array: RecordingArray) -> None:
        self._array = array

    def __getitem__(self, key: Any) -> At:
        self._key = key
        return self

    def set(self, values: Any) -> RecordingArray:
        """Returns a copy with the elements replaced."""
        mask = self._mask_of_whole_key(values)
        if mask is not None:
            return self._array.recorder.step("where", mask, self._in_own_dtype(values), self._array)
        form, indices = split_key(self._key)
        return self._array.recorder.step("put", self._array, values, *indices, form=form)

    def add(self, values: Any) -> RecordingArray:
        """Returns a copy with values added to the elements; repeated indices add up."""
        array, recorder = self._array, self._array.recorder
        form, indices = split_key(self._key)
        places = array.blank[self._blank_key()]
        spread = FUNCTIONS["broadcast_to"](recorder, recorder.operand(values), places.shape)
        added = recorder.step("scatter_add", spread, *indices, form=form, shape=array.shape)
        if array.value in recorder.constants and not np.any(array.example):
            return added
        return recorder.step("add", array, added)

    def _mask_of_whole_key(self, values: Any) -> Any:
        """Returns the mask if it is the whole key, with axes of size 1 for the missing ones; None for other keys.

        If the values don't vary along the mask, the write has a fixed shape, so it can be recorded.
        """
        (mask,) = self._key if isinstance(self._key, tuple) and len(self._key) == 1 else (self._key,)
        rest = self._array.ndim - getattr(mask, "ndim", 0)
        if (
            not is_recorded(mask)
            or str(mask.dtype) != "bool"
            or rest < 0
            or (values.ndim if is_recorded(values) else np.ndim(values)) > rest
        ):
            return None
        whole = (*mask.shape, *(1,) * rest)
        if mask.ndim == 0 or tuple(self._array.shape[: mask.ndim]) != tuple(mask.shape):
            return None
        return FUNCTIONS["reshape"](mask.recorder, mask, whole) if rest else mask

    def _in_own_dtype(self, values: Any) -> Any:
        """Casts values to the dtype of the array; Python's numbers have it anyway."""
        if getattr(values, "dtype", self._array.dtype) == self._array.dtype:
            return values
        recorder = self._array.recorder
        return FUNCTIONS["astype"](recorder, recorder.operand(values), self._array.dtype)

    def _blank_key(self) -> Any:
        """Returns the key with zeros for indices: it picks as many elements. Only the values of masks say how many."""
        parts = self._key if isinstance(self._key, tuple) else (self._key,)
        return tuple(
            part if not is_recorded(part) else part.example if part.dtype == bool else part.blank for part in parts
        )


def split_key(key: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """Splits a key into its form and its index arrays."""
    form: list[Any] = []
    indices = []
    for part in key if isinstance(key, tuple) else (key,):
        if is_recorded(part) or (hasattr(part, "dtype") and not isinstance(part, np.generic)):
            if str(part.dtype) == "bool":
                places = FUNCTIONS["nonzero"](part.recorder, part)
                form += [INDEX] * len(places)
                indices += places
                continue
            form.append(INDEX)
            indices.append(part)
        else:
            form.append(part if part is None or part is Ellipsis or isinstance(part, slice) else operator.index(part))
    return tuple(form), indices
