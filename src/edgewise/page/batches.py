"""Batches: what some leaves hold in turn, as data that takes little room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..capture.capture import Capture
from ..graph.edge import Edge
from .contract import BatchData
from .packing import Packed, packed

MOST_BYTES = 8_000_000

BATCHES_ARE = "batches are given by leaf, such as {x: [first, second], t: [first, second]}"

MOST_LEVELS = 256
"""Batches in which there are at most so many different numbers are packed as places in a list of these."""


def batches_data(
    taken: Capture, leaves: Sequence[Edge], batches: Mapping[Any, Iterable[Any]], what: str = "batches"
) -> dict[int, BatchData]:
    """Returns, by the number of each leaf, what it holds in turn. `what` is how the argument is called.

    Raises
    ------
    ValueError
        If the batches don't fit the leaves, or are more than a page can hold.
    """
    found: dict[int, BatchData] = {}
    bytes_left = MOST_BYTES
    for tensor, given in batches.items():
        leaf = _leaf_of_name(tensor, taken, leaves) if isinstance(tensor, str) else leaf_of(tensor, leaves)
        if leaf is None:
            other = repr(tensor) if isinstance(tensor, str) else "another tensor"
            raise ValueError(f"page: {what} are for the graph's leaves, {_names(taken, leaves)}; {other} was given")
        record = taken.snapshot.tensors[taken.tensor_ids[leaf]]
        if record.id in found:
            raise ValueError(f"page: {record.name} was given {what} twice, as a tensor and by its name")
        if isinstance(given, (str, int, float)):
            raise TypeError(f"page: {what} of {record.name} are what it holds in turn, not a {type(given).__name__}")
        arrays = []
        for one in given:
            array = np.asarray(one.numpy(force=True) if isinstance(one, Edge) else one)  # type: ignore[attr-defined]
            if array.shape not in (
                record.shape,
                shape := tuple((tensor if isinstance(tensor, Edge) else leaf).array.shape),
            ):
                raise ValueError(f"page: a batch for {record.name} has shape {array.shape}, not {shape}")
            bytes_left -= array.size * np.dtype(record.dtype).itemsize
            if bytes_left < 0:
                raise ValueError(f"page: the {what} are more than {MOST_BYTES / 1e6:.0f} MB; give fewer")
            arrays.append(array.astype(record.dtype).ravel())
        found[record.id] = _together(arrays)
    counts = {len(one["arrays"]) for one in found.values()}
    if len(counts) != 1 or 0 in counts:
        raise ValueError(f"page: each leaf takes as many {what}, and at least one; there are {sorted(counts)}")
    return found


def leaf_of(tensor: Any, leaves: Sequence[Edge]) -> Edge | None:
    """Returns the graph's leaf that a tensor is there: itself or another one of the same memory, or else None.

    What an operation checks first, such as labels, and an input that is only flattened are tensors of their own there.
    """
    if not isinstance(tensor, Edge):
        return None
    for leaf in leaves:
        if leaf.array is tensor.array:
            return leaf
    return next((leaf for leaf in leaves if _is_same_memory(leaf.array, tensor.array)), None)


def _leaf_of_name(name: str, taken: Capture, leaves: Sequence[Edge]) -> Edge | None:
    """Returns the leaf of a name, as the picture has it, or None. The picture numbers leaves that are named alike."""
    return next((leaf for leaf in leaves if taken.snapshot.tensors[taken.tensor_ids[leaf]].name == name), None)


def _names(taken: Capture, leaves: Sequence[Edge]) -> str:
    """Returns the names of leaves, inputs first."""
    records = [taken.snapshot.tensors[taken.tensor_ids[leaf]] for leaf in leaves]
    names = [record.name for record in sorted(records, key=lambda record: record.kind != "input")]
    return f"{', '.join(names[:MOST_NAMED])}{' and others' if len(names) > MOST_NAMED else ''}"


MOST_NAMED = 6
"""Of the leaves so many are named in errors."""


def masks_data(taken: Capture) -> dict[int, float]:
    """Returns, by the number of each leaf that is a mask of dropout, how probable its zeros were when it was drawn."""
    found = {}
    snapshot = taken.snapshot
    for node in snapshot.nodes:
        place = node.arguments[1].edge if node.kind == "random mask" else None
        mask = None if place is None else snapshot.tensors[snapshot.edges[place].tensor]
        if mask is not None and mask.kind == "constant" and mask.value.array is not None:
            kept = float(np.max(mask.value.array, initial=0))
            if kept > 1:  # if all was dropped, nothing shows it
                found[mask.id] = 1 - 1 / kept
    return found


def _is_same_memory(a: Any, b: Any) -> bool:
    return (
        isinstance(a, np.ndarray)
        and isinstance(b, np.ndarray)
        and a.size == b.size > 0
        and a.dtype == b.dtype
        and a.flags.c_contiguous
        and b.flags.c_contiguous
        and a.ctypes.data == b.ctypes.data
    )


def _together(arrays: list[Any]) -> BatchData:
    """Arrays of one leaf. If there are few different numbers, as in images, each takes only as many bits as needed."""
    if arrays and arrays[0].size:
        # By their bits, so that zeros keep their sign and nothing is rounded.
        bits = np.stack(arrays).view(f"u{arrays[0].dtype.itemsize}")
        levels, places = np.unique(bits, return_inverse=True)
        if len(levels) <= MOST_LEVELS and len(levels) < bits.size:
            width = max(1, int(len(levels) - 1).bit_length())
            rows = places.reshape(len(arrays), -1)
            return {
                "levels": packed(levels.view(arrays[0].dtype)),
                "bits": width,
                "arrays": [_bits(r, width) for r in rows],
            }
    return {"arrays": [packed(array) for array in arrays]}


def _bits(places: Any, width: int) -> Packed:
    """Writes small numbers one after the other, each in `width` bits, the highest first."""
    found = (places[:, None] >> np.arange(width)[::-1]) & 1
    return packed(np.packbits(found.astype(np.uint8)))
