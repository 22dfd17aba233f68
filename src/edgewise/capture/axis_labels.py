"""Labels along axes, such as the tokens of a sentence: those that are given, and the axes that they go on to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..graph.arrays import namespace, without_warnings
from ..graph.edge import Edge
from .capture import Capture
from .snapshot import Snapshot

Labels = tuple[str, ...]
AxisLabels = dict[int, dict[int, Labels]]
"""The labels along the axes of tensors, by the tensor's number and the axis."""

AXES_ARE = (
    'axes takes labels by tensor, such as {"tokens": ["The", "cat"]}, or by tensor and axis: {"w": {1: ["The", "cat"]}}'
)

MOST_LABELS = 1024
"""Longer axes take on no labels from others."""

MOST_WORK = 1 << 25
"""So many elements are computed, in all, to find which axes follow from others; further axes have no labels."""

_WORK_OF_RUN = 1000
"""A run of an operation takes as long as this many elements, however small its arrays are."""


def axis_labels(given: Mapping[Any, Any], snapshot: Snapshot, taken: Capture | None = None) -> AxisLabels:
    """Returns the labels that are given for axes of tensors, and those of the axes that follow from these.

    To find the latter, the operations run again, with some elements changed along an axis with labels: an axis of the
    result takes on the labels where each of its places depends on one of these elements. That takes the operations
    themselves, which `taken` has; it ends after `MOST_WORK`.

    Raises
    ------
    TypeError
        If these are no labels.
    ValueError
        If there is no such tensor or axis, or the labels fit no axis, or several.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"page: {AXES_ARE}, not {given!r}")
    found: AxisLabels = {}
    for key, labels in given.items():
        tensor = snapshot.tensors[_tensor(key, snapshot, taken)]
        found.setdefault(tensor.id, {}).update(_labels_of(tensor.name, tensor.shape, labels))
    if taken is not None:
        _follow(found, taken)
    return found


def has_tensor(key: Any, snapshot: Snapshot, taken: Capture | None = None) -> bool:
    """Returns whether a key of labels is a tensor of the graph, or the name of one."""
    try:
        _tensor(key, snapshot, taken)
    except ValueError:
        return False
    return True


def _tensor(key: Any, snapshot: Snapshot, taken: Capture | None) -> int:
    if isinstance(key, Edge):
        if taken is None:
            raise ValueError("page: this page is a recording, which knows no tensors; axes takes their names there")
        for edge, id in taken.tensor_ids.items():
            if edge is key or edge.array is key.array:
                return id
        raise ValueError(
            f"page: axes has labels for a tensor of shape {tuple(key.array.shape)} that is not part of the graph"
        )
    for tensor in snapshot.tensors:
        if isinstance(key, str) and key in (tensor.name, tensor.symbol):
            return tensor.id
    names = ", ".join([tensor.name for tensor in snapshot.tensors if tensor.shape][:8])
    raise ValueError(f"page: axes has labels for {key!r}, which is no tensor of the graph; there are {names}")


def _labels_of(name: str, shape: Sequence[int], labels: Any) -> dict[int, Labels]:
    if isinstance(labels, Mapping):
        return dict(_labels_of_axis(name, shape, axis, texts) for axis, texts in labels.items())
    texts = _texts(name, labels)
    axes = [axis for axis, size in enumerate(shape) if size == len(texts)]
    if len(axes) != 1:
        fit = "fits" if len(texts) == 1 else "fit"
        count = "1 label" if len(texts) == 1 else f"{len(texts)} labels"
        fits = f"{fit} axes {' and '.join(map(str, axes))}" if axes else f"{fit} no axis"
        hint = f"; say which: {{{name!r}: {{{axes[0]}: [...]}}}}" if axes else "; give one for each place along an axis"
        raise ValueError(f"page: the {count} of {name}, of shape {tuple(shape)}, {fits}{hint}")
    return {axes[0]: texts}


def _labels_of_axis(name: str, shape: Sequence[int], axis: Any, labels: Any) -> tuple[int, Labels]:
    texts = _texts(name, labels)
    if isinstance(axis, bool) or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        raise ValueError(f"page: axes has labels for axis {axis!r} of {name}, whose shape is {tuple(shape)}")
    if shape[axis] != len(texts):
        raise ValueError(
            f"page: axis {axis} of {name}, of shape {tuple(shape)}, takes {shape[axis]} labels, not {len(texts)}"
        )
    return axis % len(shape), texts


def _texts(name: str, labels: Any) -> Labels:
    texts = () if isinstance(labels, (str, bytes)) or not isinstance(labels, Iterable) else tuple(labels)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"page: the labels of {name} must be a list of strings, not {labels!r}")
    return tuple(map(str, texts))


def _follow(found: AxisLabels, taken: Capture) -> None:
    """Adds the labels of axes that follow from others, from the inputs to the outputs."""
    edges = {id: edge for edge, id in taken.tensor_ids.items()}
    work = MOST_WORK
    for node in taken.snapshot.nodes:
        output = edges.get(node.output)
        if output is None or not isinstance(output.array, np.ndarray):
            continue
        use = taken.uses.get(output, output)
        for i, source in enumerate(use.inputs):
            if source is None or not isinstance(source.array, np.ndarray):
                continue
            for axis, texts in found.get(taken.tensor_ids.get(source, -1), {}).items():
                probe = _Probe(use, i, axis, output.array.shape)
                work -= probe.work
                if work < 0:
                    return
                for to, places in probe.axes():
                    found.setdefault(node.output, {}).setdefault(to, tuple(texts[place] for place in places))


class _Probe:
    """An axis of an operation's input, and the axes of the result that follow from it."""

    def __init__(self, use: Any, input: int, axis: int, shape: tuple[int, ...]) -> None:
        self.use, self.input, self.axis, self.shape = use, input, axis, shape
        self.array = np.asarray(use.arrays[input])
        self.size = self.array.shape[axis]
        self.bits = max(1, (self.size - 1).bit_length())

    @property
    def work(self) -> int:
        """About how many elements are computed."""
        return int((2 * self.bits + 3) * (_WORK_OF_RUN + self.array.size + int(np.prod(self.shape))))

    def axes(self) -> Iterator[tuple[int, list[int]]]:
        """Yields the axes of the result that follow, each with the places of the input that it has one after another.

        The places whose number has a bit are changed together, and those without it, bit by bit: what changes in the
        result spells where it comes from.
        """
        before = self._result(self.array) if 2 <= self.size <= MOST_LABELS else None
        if before is None or before.shape != self.shape:
            return
        places = [np.zeros(length, int) for length in self.shape]
        single = [np.ones(length, bool) for length in self.shape]  # what comes from at most one place
        reached = [np.zeros(length, bool) for length in self.shape]
        for bit in range(self.bits):
            has = (np.arange(self.size) >> bit & 1).astype(bool)
            ways = [self._changed(before, chosen) for chosen in (~has, has)]
            for axis in range(before.ndim):
                others = tuple(other for other in range(before.ndim) if other != axis)
                without, having = (changed.any(others) for changed in ways)
                come = without | having
                single[axis] &= ~(without & having)
                if bit:
                    single[axis] &= come == reached[axis]
                reached[axis] |= come
                places[axis] |= having.astype(int) << bit
        any_follows = False
        for axis, length in enumerate(self.shape):
            come, at = reached[axis], places[axis]
            if length > MOST_LABELS or not single[axis].all() or len(set(at[come].tolist())) < 2:
                continue
            # What a mask hides depends on nothing, and stands where it stood.
            is_same = length == self.size and bool((at == np.arange(length))[come].all())
            if is_same or come.all():
                any_follows = True
                yield axis, list(range(length)) if is_same else at.tolist()
        if not any_follows and self._treats_places_alike():
            yield self.axis, list(range(self.size))

    def _treats_places_alike(self) -> bool:
        """Returns whether the result turns as the input turns along its axis, as that of softmax does."""
        if self.array.shape != self.shape or not np.issubdtype(self.array.dtype, np.inexact):
            return False
        numbers = np.random.default_rng(0).random(self.shape).astype(self.array.dtype)
        before, after = self._result(numbers), self._result(np.roll(numbers, 1, self.axis))
        if before is None or after is None or before.shape != self.shape:
            return False
        turned = np.roll(before, 1, self.axis)
        return np.allclose(turned, after, rtol=1e-3, equal_nan=True) and not np.allclose(
            turned, before, rtol=1e-3, equal_nan=True
        )

    def _changed(self, before: np.ndarray[Any, Any], chosen: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Returns where the result changes if the elements at the chosen places along the axis are others."""
        after = self._result(self._other(chosen))
        if after is None or after.shape != before.shape:
            return np.ones(before.shape, bool)
        changed: np.ndarray[Any, Any] = ~((before == after) | ((before != before) & (after != after)))
        return changed

    def _other(self, chosen: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        array = self.array
        if np.issubdtype(array.dtype, np.inexact):
            other: Any = np.nan
        elif array.dtype == np.bool_:
            other = ~array
        else:
            # Another one of those that there are: an index stays one.
            least, most = array.min(), array.max()
            if most == least:
                most = least - 1 if least > 0 else least + 1
            other = np.where(array == least, most, least)
        along = [1] * array.ndim
        along[self.axis] = self.size
        return np.where(chosen.reshape(along), other, array).astype(array.dtype)

    def _result(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        arrays = [array if place == self.input else one for place, one in enumerate(self.use.arrays)]
        try:
            with without_warnings(array):
                return np.asarray(self.use.operation.forward(namespace(array), *arrays, **self.use.params))
        except Exception:  # an operation may refuse other numbers in its own way: then nothing is known of its axes
            return None
