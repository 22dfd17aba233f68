"""The gallery of a page: images that a network classifies, with their classes and its predictions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..capture.capture import Capture
from ..capture.snapshot import Snapshot, TensorRecord
from ..capture.summary import Numbers
from ..graph.edge import Edge
from ..graph.traits import MOVES
from .batches import batches_data, leaf_of
from .contract import BatchData, GalleryData

SMALLEST = 4
"""Rows of numbers that are shown as images have at least so many in a row and in a column."""


@dataclass(frozen=True)
class Gallery:
    """The arguments of :meth:`edgewise.api.picture.Picture.page` that are about images."""

    images: Any = None
    predictions: Any = None
    labels: Any = None
    classes: Sequence[str] | None = None
    unseen: Mapping[Any, Iterable[Any]] | None = None

    def check(self) -> None:
        """Raises ValueError for what has no meaning without images."""
        others = ("predictions", "labels", "classes", "unseen")
        given = [name for name in others if getattr(self, name) is not None]
        if self.images is None and given:
            raise ValueError(f"page: {given[0]} belongs to images; name the tensor with the images too: images=x")


def gallery_data(
    gallery: Gallery, taken: Capture, leaves: Sequence[Edge], batches: Mapping[int, BatchData]
) -> GalleryData:
    """Returns where in the graph images, predictions and labels are, and how they are shown.

    `batches` are those that the page trains on, by the numbers of the leaves.

    Raises
    ------
    ValueError
        If there is nothing of that in the graph, or the shapes don't go together.
    """
    snapshot = taken.snapshot
    leaf = leaf_of(gallery.images, leaves)
    if leaf is None:
        raise ValueError("page: images must be one of the graph's leaves, such as its input; another tensor was given")
    images = snapshot.tensors[taken.tensor_ids[leaf]]
    shape = _image_shape(images, tuple(gallery.images.array.shape))
    found = _labels_and_compared(snapshot)
    predictions = _tensor_of_name(gallery.predictions, taken, "predictions", found[0])
    if gallery.labels is None:
        labels = _tensor_of_name(None, taken, "labels", found[1])
    else:
        named = leaf_of(gallery.labels, leaves)
        if named is None:
            raise ValueError("page: labels must be one of the graph's leaves; another tensor was given")
        labels = snapshot.tensors[taken.tensor_ids[named]]
    count = gallery.images.array.shape[0]
    if len(predictions.shape) != 2 or predictions.shape[0] != count:
        raise ValueError(
            f"page: predictions must have a row of classes for each of the {count} images, shape ({count}, classes); "
            f"{predictions.name} has shape {predictions.shape}"
        )
    width = predictions.shape[1]
    if labels.node is not None or labels.shape not in ((count,), (count, width)):
        raise ValueError(
            f"page: labels must be a leaf with a class for each image, shape ({count},), or a row of classes, "
            f"({count}, {width}); {labels.name} has shape {labels.shape}"
        )
    data: GalleryData = {
        "images": images.id,
        "shape": shape,
        "predictions": predictions.id,
        "isProbability": _is_probability(predictions, snapshot),
        "labels": labels.id,
        "classes": _classes(gallery.classes, width),
    }
    if gallery.unseen is not None:
        data["unseen"] = batches_data(taken, leaves, gallery.unseen, "unseen")
    for name, given in (("batches", batches), ("unseen", data.get("unseen", {}))):
        missing = [one.name for one in (images, labels) if given and one.id not in given]
        if missing:
            raise ValueError(f"page: {name} must have {missing[0]} too, so that images and labels belong together")
    return data


def shown_as_images(snapshot: Snapshot, gallery: GalleryData) -> Snapshot:
    """Returns a snapshot in which the gallery's rows of pixels, and the weights that meet them, are images."""
    channels, *size = gallery["shape"]
    pixels = math.prod(size)
    found = {gallery["images"]}
    for node in snapshot.nodes:
        ends = [snapshot.tensors[snapshot.edges[a.edge].tensor] for a in node.arguments if a.edge is not None]
        if not ends or ends[0].id not in found:
            continue
        if node.kind in MOVES:
            found.add(node.output)
        elif node.kind == "layer":
            found.add(ends[1].id)
    if channels != 1:
        return snapshot

    def apart(numbers: Numbers | None) -> Numbers | None:
        kept = None if numbers is None else numbers.whole
        return numbers if kept is None else Numbers(kept.reshape(-1, *size))

    tensors, edges = list(snapshot.tensors), list(snapshot.edges)
    for id in found:
        tensor = tensors[id]
        if len(tensor.shape) == 2 and tensor.shape[1] == pixels and tensor.value.whole is not None:
            value = apart(tensor.value)
            assert value is not None
            tensors[id] = replace(tensor, value=value, gradient=apart(tensor.gradient))
            for one in tensor.edges:
                edges[one] = replace(edges[one], contribution=apart(edges[one].contribution))
    return replace(snapshot, tensors=tensors, edges=edges)


def _image_shape(images: TensorRecord, shape: tuple[int, ...]) -> list[int]:
    """Channels, rows and columns."""
    inner = shape[1:]
    if len(inner) == 1 and math.isqrt(inner[0]) ** 2 == inner[0]:
        inner = (math.isqrt(inner[0]),) * 2
    if len(inner) == 2:
        inner = (1, *inner)
    if len(inner) != 3 or inner[0] not in (1, 3) or min(inner[1:]) < SMALLEST:
        raise ValueError(
            f"page: {images.name} has shape {shape}, which is no batch of images: (batch, rows, columns), "
            "(batch, 1, rows, columns) in grey, (batch, 3, rows, columns) in colour, or (batch, pixels) of a square"
        )
    return list(inner)


def _labels_and_compared(snapshot: Snapshot) -> tuple[list[TensorRecord], list[TensorRecord]]:
    """Returns what losses compare with labels, and the labels."""
    predictions, labels = {}, {}
    for node in snapshot.nodes:
        if node.kind == "classification":
            ends = [snapshot.tensors[snapshot.edges[a.edge].tensor] for a in node.arguments if a.edge is not None]
            if len(ends) == 2 and len(ends[0].shape) == 2 and ends[1].node is None:
                predictions[ends[0].id], labels[ends[1].id] = ends
    return list(predictions.values()), list(labels.values())


def _tensor_of_name(given: Any, taken: Capture, what: str, found: list[TensorRecord]) -> TensorRecord:
    if given is not None:
        number = taken.tensor_ids.get(given) if isinstance(given, Edge) else None
        if number is None:
            raise ValueError(f"page: {what} must be a tensor of the graph; another one was given")
        return taken.snapshot.tensors[number]
    if len(found) != 1:
        there = "there is none" if not found else f"there are {', '.join(one.name for one in found)}"
        raise ValueError(f"page: {what} are found at the cross-entropy of a graph, and {there}: name them, {what}=...")
    return found[0]


def _is_probability(tensor: TensorRecord, snapshot: Snapshot) -> bool:
    return tensor.node is not None and snapshot.nodes[tensor.node].kind == "probabilities"


def _classes(given: Sequence[str] | None, count: int) -> list[str]:
    if given is None:
        return [str(i) for i in range(count)]
    if isinstance(given, str) or len(given) != count or not all(isinstance(name, str) for name in given):
        raise ValueError(f"page: classes must be the names of the {count} classes, in order, not {given!r}")
    return list(given)
