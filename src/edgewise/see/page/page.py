"""Making a page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ...record.replay import replay
from ..drawing.style import DARK, LIGHT, class_of, style_sheet, variables
from ..files import write
from ..javascript import helper_text, javascript
from ..take import take
from .assemble import assembled
from .data import data_of
from .places import places

Path = str | os.PathLike[str]


def make_page(outputs: Any, path: Path | None = None, *, title: str | None = None, learning_rate: float = 0.1) -> str:
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
    """
    ends = tuple(outputs) if isinstance(outputs, Sequence) else (outputs,)
    program, data = parts_of_page(ends)
    name = data["tensors"][data["outputs"][0]]["name"]
    data["title"] = title or f"Backpropagation through {name}"
    data["learningRate"] = learning_rate
    text = assembled(data["title"], program, data, f"{style_sheet('auto')}{_switched()}")
    if path is not None:
        write(path, text.encode())
    return text


def parts_of_page(outputs: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """The Program as JavaScript that defines ``makeNetwork``, and what its page is to know."""
    taken = take(outputs)
    snapshot = taken.snapshot
    names = {source: snapshot.tensors[id].name for source, id in taken.numbers.items()}
    replayed = replay(outputs, names, local=True)
    script = javascript(replayed.program)
    helpers = helper_text(script.helpers).replace("export ", "")
    program = f"const makeNetwork = (() => {{\n{helpers}\n{script.body}\nreturn makeProgram;\n}})();\n"
    data = {
        **data_of(taken, replayed, script),
        "learningRate": 0.1,
        "places": [asdict(place) for place in places(snapshot)],
        "code": script.body,
    }
    return program, data


def _switched() -> str:
    """The colours where the reader has chosen between light and dark."""
    own = f".{class_of('auto')}"
    return "".join(
        f":root[data-theme={name}] {own}{{{variables(colours)}}}\n"
        for name, colours in (("light", LIGHT), ("dark", DARK))
    )
