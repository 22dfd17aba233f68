"""Sequences of different lengths as one batch, and back."""

from __future__ import annotations

from collections.abc import Iterable

from ...graph.errors import ArgumentError, ShapeError
from ...ops.joining import concat, stack
from ...tensor import Tensor
from .._support import check_tensor


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (L, ...) of different lengths as one tensor (longest L, N, ...), or (N, longest L, ...).

    Parameters
    ----------
    sequences:
        Tensors that differ in their first axis alone.
    batch_first:
        Whether the axis of the sequences comes first.
    padding_value:
        The value after shorter sequences.
    padding_side:
        ``"right"`` to pad after a sequence, ``"left"`` to pad before it.

    Raises
    ------
    ShapeError
        If there are no sequences, one is a single number, or they differ in other axes.
    """
    parts = list(sequences)
    for part in parts:
        check_tensor("pad_sequence", part)
    if padding_side not in ("left", "right"):
        raise ArgumentError(f"pad_sequence: padding_side is {padding_side!r}; it must be 'left' or 'right'")
    shapes = [tuple(part.shape) for part in parts]
    if not parts or () in shapes or len({shape[1:] for shape in shapes}) > 1:
        found = ", ".join(map(str, dict.fromkeys(shapes))) or "none"
        raise ShapeError(
            f"pad_sequence: needs sequences of shape (L, ...) that differ in their first axis alone; given are {found}"
        )
    longest = max(shape[0] for shape in shapes)
    padded = []
    for part, shape in zip(parts, shapes, strict=True):
        if shape[0] == longest:
            padded.append(part)
            continue
        filling = part.new_full((longest - shape[0], *shape[1:]), padding_value)
        padded.append(concat([part, filling] if padding_side == "right" else [filling, part], 0))
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """Returns the sequences of a batch that :func:`pad_sequence` padded at their ends, by their lengths.

    Raises ShapeError unless there is a length for each sequence, from 0 to the longest.
    """
    check_tensor("unpad_sequence", padded_sequences)
    check_tensor("unpad_sequence", lengths)
    whole = [int(length) for length in lengths.reshape(-1).tolist()]
    shape = tuple(padded_sequences.shape)
    if len(shape) < 2 or len(whole) != shape[not batch_first] or not all(0 <= n <= shape[batch_first] for n in whole):
        raise ShapeError(
            f"unpad_sequence: the batch of shape {shape} needs a length for each of its sequences, at most their size; "
            f"lengths is {whole}"
        )
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [rows[i, :n] for i, n in enumerate(whole)]
