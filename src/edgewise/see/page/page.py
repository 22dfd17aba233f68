"""Making a page."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ...graph.edge import Edge
from ...graph.errors import InPlaceError
from ...graph.inplace import written_at
from ...record.errors import RecordingError
from ...record.replay import replay
from ..drawing.style import DARK, LIGHT, class_of, style_sheet, variables
from ..files import write
from ..javascript import JavaScriptError, helper_text, javascript
from ..snapshot import Snapshot
from ..take import Taken
from ..watch import taken_of
from .assemble import assembled
from .data import batches_data, live_data, recorded_data
from .places import places

Path = str | os.PathLike[str]

MOST_LIVE = 8_000_000
"""Networks whose inputs and parameters take more bytes are shown as they were, with samples of large arrays."""


def make_page(
    outputs: Any,
    path: Path | None = None,
    *,
    title: str | None = None,
    learning_rate: float = 0.1,
    batches: Mapping[Any, Iterable[Any]] | None = None,
) -> str:
    """A page that shows the graph behind a loss and runs it: forward, backward, and steps of gradient descent.

    It is one HTML file that asks nothing of any server. Its numbers come from the graph's own Program, printed as
    JavaScript.

    Parameters
    ----------
    outputs:
        The loss, or several whose sum it is.
    path:
        Where to write the page; without it the text is only returned.
    title:
        What stands above it; the name of the loss by default.
    learning_rate:
        η, as the page begins.
    batches:
        For some of the graph's leaves, mostly the inputs and the targets, what they hold in turn while the page trains:
        one value after the other, each of the leaf's shape, and as many for each leaf. The first is what the page
        begins with.

    Raises
    ------
    ValueError
        If the batches don't fit the leaves, or are more than a page can hold.
    """
    ends = tuple(outputs) if isinstance(outputs, Sequence) else (outputs,)
    return _written(*parts_of_page(ends, batches or {}), path, title, learning_rate)


def recorded_page(
    snapshot: Snapshot, why: str, path: Path | None = None, *, title: str | None = None, learning_rate: float = 0.1
) -> str:
    """A page of a graph that can't be run any more, or not there: its numbers are those of the snapshot.

    `why` tells the reader the reason.
    """
    return _written(*_recorded(snapshot, why), path, title, learning_rate)


def parts_of_page(
    outputs: Sequence[Any], batches: Mapping[Any, Iterable[Any]] | None = None
) -> tuple[str, dict[str, Any]]:
    """The Program as JavaScript that defines ``makeNetwork``, and what its page is to know."""
    taken = taken_of(outputs)
    snapshot = taken.snapshot
    names = {source: snapshot.tensors[id].name for source, id in taken.numbers.items()}
    try:
        replayed = replay(outputs, names, local=True)
        start = [_held(taken, leaf, array) for leaf, array in zip(replayed.leaves, replayed.program.start, strict=True)]
        size = sum(array.nbytes for array in start)
        if size > MOST_LIVE:
            return _recorded(snapshot, f"Its inputs and parameters are {size / 1e6:.0f} MB, too much for a page.")
        script = javascript(replayed.program)
    except (JavaScriptError, RecordingError, InPlaceError) as error:
        return _recorded(snapshot, str(error))
    helpers = helper_text(script.helpers).replace("export ", "")
    program = f"const makeNetwork = (() => {{\n{helpers}\n{script.body}\nreturn makeProgram;\n}})();\n"
    data = {**live_data(taken, replayed, script, start), "learningRate": 0.1}
    if batches:
        data["batches"] = batches_data(taken, replayed.leaves, batches, MOST_LIVE)
    data["places"] = [asdict(place) for place in places(snapshot)]
    return program, data


def _held(taken: Taken, leaf: Edge, array: Any) -> Any:
    """What a leaf held when it was used, which an optimiser may have overwritten since."""
    record = taken.snapshot.tensors[taken.numbers[leaf]]
    if record.value.kept is not None:
        return record.value.kept
    if written_at(array) > min(edge.serial for edge in taken.numbers if edge.operation is not None):
        raise InPlaceError(f"{record.name} was overwritten since, and only a sample of it was kept.")
    return array


def _recorded(snapshot: Snapshot, why: str) -> tuple[str, dict[str, Any]]:
    data = {**recorded_data(snapshot), "why": why, "learningRate": 0.1}
    data["places"] = [asdict(place) for place in places(snapshot)]
    return "const makeNetwork = null;\n", data


def _written(program: str, data: dict[str, Any], path: Path | None, title: str | None, learning_rate: float) -> str:
    if not (isinstance(learning_rate, (int, float)) and math.isfinite(learning_rate) and learning_rate >= 0):
        raise ValueError(f"page: learning_rate must be a number, 0 or more, not {learning_rate!r}")
    name = data["tensors"][data["outputs"][0]]["name"]
    data["title"] = title or f"Backpropagation through {name}"
    data["learningRate"] = learning_rate
    text = assembled(data["title"], program, data, f"{style_sheet('auto')}{_switched()}")
    if path is not None:
        write(path, text.encode())
    return text


def _switched() -> str:
    """The colours where the reader has chosen between light and dark."""
    own = f".{class_of('auto')}"
    return "".join(
        f":root[data-theme={name}] {own}{{{variables(colours)}}}\n"
        for name, colours in (("light", LIGHT), ("dark", DARK))
    )
