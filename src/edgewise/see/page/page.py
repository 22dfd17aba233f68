"""Making a page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ...record.replay import replay
from ..drawing.style import style_sheet
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
    taken = take(ends)
    snapshot = taken.snapshot
    replayed = replay(ends, {source: snapshot.tensors[id].name for source, id in taken.numbers.items()}, local=True)
    script = javascript(replayed.program)
    program = (
        "const makeNetwork = (() => {\n"
        + helper_text(script.helpers)
        + "\n"
        + script.body
        + "\nreturn makeProgram;\n})();\n"
    )
    drawn = places(snapshot)
    data = {
        **data_of(taken, replayed, script),
        "title": title or f"Backpropagation through {snapshot.output.name}",
        "learningRate": learning_rate,
        "places": [{"svg": p.svg, "links": p.links, "width": p.width, "height": p.height} for p in drawn],
        "code": script.body,
    }
    text = assembled(data["title"], program.replace("export ", ""), data, style_sheet("auto"))
    if path is not None:
        write(path, text.encode())
    return text
