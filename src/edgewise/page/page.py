"""Making a page."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..capture.axis_labels import axis_labels
from ..capture.capture import Capture
from ..capture.modules import module_formulas
from ..capture.snapshot import Snapshot
from ..capture.watch import capture_of
from ..graph.edge import Edge
from ..graph.errors import InPlaceError
from ..graph.inplace import written_at
from ..optim import Optimizer
from ..picture import Theme, View
from ..picture.style import switched_sheet
from ..printers.javascript import JavaScriptError, Script, helper_text, is_written_out, javascript
from ..printers.javascript.helpers import helpers
from ..program.errors import RecordingError
from ..program.replay import replay
from ..system.files import check_kind, write
from ..system.memory import gc_paused
from .assemble import assemble
from .batches import BATCHES_ARE, batches_data, masks_data
from .contract import PageData
from .data import live_data, recorded_data
from .gallery import Gallery, gallery_data, shown_as_images
from .labels import marks_of, names_of
from .places import places, with_groups
from .story import Story, story_data
from .structure import add_tiling
from .updates import Moves, update_of

Path = str | os.PathLike[str]

MOST_LIVE = 8_000_000
"""Networks whose inputs and parameters take more bytes are shown as they were, with samples of large arrays."""


@dataclass(frozen=True)
class Look:
    """How a page begins: which picture, in which colours, which modules are closed, where it is, and its story.

    `axes` has labels for axes of tensors, such as tokens. `beside` says that it stands in a frame of a page which leads
    several pages.
    """

    view: View = "graph"
    theme: Theme = "auto"
    closed: Collection[str] | None = None
    begins: Literal["start", "backward"] = "start"
    story: Story | None = None
    axes: Mapping[Any, Any] | None = None
    beside: bool = False


def make_page(
    outputs: Any,
    path: Path | None = None,
    *,
    title: str | None = None,
    learning_rate: float | None = None,
    optimizer: Optimizer | None = None,
    batches: Mapping[Any, Iterable[Any]] | None = None,
    gallery: Gallery | None = None,
    taken: Capture | None = None,
    look: Look | None = None,
) -> str:
    """Makes a page that shows the graph behind a loss and runs it: forward, backward, and the update.

    It is one HTML file that asks nothing of any server. Its numbers come from the Programs of the graph and of the
    optimiser's rule, printed as JavaScript.

    Parameters
    ----------
    outputs:
        The loss, or several whose sum it is.
    path:
        Where to write the page; without it the text is only returned.
    title:
        What stands above it; the name of the loss by default.
    learning_rate:
        η, as the page begins: by default that of the optimiser, or 0.1.
    optimizer:
        Whose rule the update follows, from what it remembers now on. Without it that is the optimiser whose step was
        watched, or gradient descent. Parameters that it was not given stay as they are.
    batches:
        For some of the graph's leaves, mostly the inputs and the targets, what they hold in turn while the page trains:
        one value after the other, each of the leaf's shape, and as many for each leaf. The first is what the page
        begins with.
    gallery:
        What of it are images, to be shown with what the network takes them for.
    taken:
        What was taken of the outputs, if that was done already.
    look:
        How it begins.

    Raises
    ------
    ValueError
        If the batches or the gallery don't fit the leaves, or are more than a page can hold; or if the optimiser has
        none of the graph's parameters, or does what can't be part of a Program.
    """
    ends = tuple(outputs) if isinstance(outputs, Sequence) else (outputs,)
    if path is not None:
        check_kind(path, "page")
    _check_title(title)
    _check_rate(learning_rate)
    if batches is not None and not isinstance(batches, Mapping):
        raise TypeError(f"page: {BATCHES_ARE}, not a {type(batches).__name__}")
    if gallery is not None:
        gallery.check()
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"page: optimizer must be one of edgewise.optim, not a {type(optimizer).__name__}")
    look = look or Look()
    with gc_paused():
        taken = capture_of(ends) if taken is None else taken
        parts = parts_of_page(ends, batches or {}, optimizer, learning_rate, gallery, taken, look.closed)
        parts = _with_texts(parts, look, taken.snapshot, taken)
        text = _write_page(*parts, path, title, look)
        # What a page is made of is freed here, before the garbage collector looks at it again.
        del taken, parts
        return text


def recorded_page(
    snapshot: Snapshot, why: str, path: Path | None = None, *, title: str | None = None, look: Look | None = None
) -> str:
    """Makes a page of a graph that can't be run any more, or not there: its numbers are those of the snapshot.

    `why` gives the reader the reason.
    """
    _check_title(title)
    look = look or Look()
    with gc_paused():
        return _write_page(*_with_texts(recorded_parts(snapshot, why, look.closed), look, snapshot), path, title, look)


def _with_texts(
    parts: tuple[str, PageData], look: Look, snapshot: Snapshot, taken: Capture | None = None
) -> tuple[str, PageData]:
    """Returns the parts of a page with its story and the labels of its axes among the data."""
    _, data = parts
    if look.story is not None:
        data["story"] = story_data(look.story, snapshot, data, taken.tensor_ids if taken is not None else None)
    if look.axes is not None:
        add_axis_labels(data, look.axes, snapshot, taken)
    return parts


def add_axis_labels(data: PageData, given: Mapping[Any, Any], snapshot: Snapshot, taken: Capture | None) -> None:
    """Adds labels to the data of a page, each list once, and to its tensors."""
    lists: dict[tuple[str, ...], int] = {}
    for id, axes in axis_labels(given, snapshot, taken).items():
        data["tensors"][id]["axisLabels"] = {axis: lists.setdefault(texts, len(lists)) for axis, texts in axes.items()}
    data["axisLabels"] = [list(texts) for texts in lists]


def parts_of_page(
    outputs: Sequence[Any],
    batches: Mapping[Any, Iterable[Any]] | None = None,
    optimizer: Optimizer | None = None,
    learning_rate: float | None = None,
    gallery: Gallery | None = None,
    taken: Capture | None = None,
    closed: Collection[str] | None = None,
    moves: Moves | None = None,
) -> tuple[str, PageData]:
    """Returns JavaScript that defines ``programs``, and the data of their page."""
    taken = capture_of(outputs) if taken is None else taken
    snapshot = taken.snapshot
    names = {source: snapshot.tensors[id].name for source, id in taken.tensor_ids.items()}
    try:
        replayed = replay(outputs, names, uses=taken.uses, local=True)
        start = [
            _array_when_used(taken, leaf, array)
            for leaf, array in zip(replayed.leaves, replayed.program.start, strict=True)
        ]
        size = sum(array.nbytes for array in start)
        if size > MOST_LIVE:
            return recorded_parts(
                snapshot, f"Its inputs and parameters are {size / 1e6:.0f} MB, too much for a page.", closed
            )
        is_read = is_written_out(replayed.program)
        script = javascript(
            replayed.program,
            names=names_of(taken, replayed) if is_read else None,
            marks=marks_of(taken, replayed) if is_read else None,
        )
    except (JavaScriptError, RecordingError, InPlaceError) as error:
        return recorded_parts(snapshot, str(error), closed)
    update = update_of(taken, optimizer, learning_rate, moves)
    grouped: Snapshot | None = with_groups(snapshot, closed)
    data = live_data(taken, replayed, script, start, update, module_formulas(grouped or snapshot))
    if batches:
        data["batches"] = batches_data(taken, replayed.leaves, batches)
    if masks := masks_data(taken):
        data["masks"] = masks
    if gallery is not None and gallery.images is not None:
        data["gallery"] = gallery_data(gallery, taken, replayed.leaves, data.get("batches", {}))
        snapshot = shown_as_images(snapshot, data["gallery"])
        for tensor in snapshot.tensors:
            add_tiling(data["tensors"][tensor.id], tensor)
        grouped = None
    data["places"] = places(snapshot, closed, grouped)
    return _programs(makeNetwork=script, makeUpdate=update.script), data


def _programs(**scripts: Script) -> str:
    """Returns an object that makes each of them, by its name."""
    needed = sorted({name for script in scripts.values() for name in script.helpers}, key=list(helpers()).index)
    makers = "".join(
        f"const {name} = (() => {{\n{script.body}\nreturn makeProgram;\n}})();\n" for name, script in scripts.items()
    )
    shared = helper_text(needed).replace("export ", "")
    return f"const programs = (() => {{\n{shared}\n{makers}return {{ {', '.join(scripts)} }};\n}})();\n"


def _array_when_used(taken: Capture, leaf: Edge, array: Any) -> Any:
    """Returns what a leaf held when it was used, which an optimiser may have overwritten since."""
    record = taken.snapshot.tensors[taken.tensor_ids[leaf]]
    for kept in (taken.leaves.get(record.id), record.value.array):
        if kept is not None:
            return kept
    if written_at(array) > min(edge.serial for edge in taken.tensor_ids if edge.operation is not None):
        raise InPlaceError(f"{record.name} was overwritten since, and only a sample of it was kept.")
    return array


def recorded_parts(snapshot: Snapshot, why: str, closed: Collection[str] | None) -> tuple[str, PageData]:
    """Returns JavaScript without programs, and the data of a recording."""
    grouped = with_groups(snapshot, closed)
    data = recorded_data(snapshot, module_formulas(grouped))
    data["reason"] = _sentence(why, {tensor.name for tensor in snapshot.tensors})
    if snapshot.until:
        data["title"] = f"Until {snapshot.until.partition(': ')[0]}"  # the sentence is in the card
        if not any(node.failure for node in snapshot.nodes):
            data["stopped"] = snapshot.until
    data["places"] = places(snapshot, closed, grouped)
    return "const programs = null;\n", data


def _sentence(why: str, names: Collection[str]) -> str:
    """Writes an error as a sentence: ended by a stop, and begun by a capital or a name."""
    first, *_ = why.split() or [""]
    begun = why if first in names or first.endswith(":") else why[:1].upper() + why[1:]
    return begun if not begun or begun[-1] in ".!?" else f"{begun}."


def _check_title(title: Any) -> None:
    if title is not None and not isinstance(title, str):
        raise TypeError(f"page: the title must be a string, not a {type(title).__name__}")


def _check_rate(rate: Any) -> None:
    if rate is None:
        return
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not (math.isfinite(rate) and rate >= 0):
        raise ValueError(f"page: learning_rate must be a number, 0 or more, not {rate!r}")


def _write_page(program: str, data: PageData, path: Path | None, title: str | None, look: Look) -> str:
    data["view"], data["theme"] = look.view, look.theme
    if look.begins != "start":
        data["begins"] = look.begins
    if look.beside:
        data["beside"] = True
    data["title"] = title or data.get("title") or f"Backpropagation through {data['lossName']}"
    text = assemble(data["title"], program, data, switched_sheet())
    if path is not None:
        write(path, text.encode())
    return text
