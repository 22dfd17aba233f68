"""What a page is made of, beside its snapshot."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgewise.capture.capture import Capture
from edgewise.capture.snapshot import Snapshot
from edgewise.capture.watch import capture_of
from edgewise.page.formula_templates import LONG
from edgewise.page.page import parts_of_page
from edgewise.printers.formula.pattern import FIRST_PLACE

from .networks import ALL, Made


@dataclass
class Contents:
    """A page's parts, and what it was made of."""

    outputs: tuple[Any, ...]
    captured: Capture
    snapshot: Snapshot
    program: str
    data: dict[str, Any]

    def text(self, filled: list[int]) -> str:
        """A filled formula as a line of text."""
        template, *names = filled
        text = self.data["formulas"]["templates"][template][1]
        for place, name in enumerate(names):
            text = re.sub(f"{chr(FIRST_PLACE + place)}{LONG}?", lambda _, n=name: self.name(n), text)
        return str(text)

    def name(self, place: int) -> str:
        return str(self.data["formulas"]["names"][place][1])


@functools.cache
def contents_of(make: Callable[[], Made]) -> Contents:
    """The contents of the page of a network, which are made once for all tests."""
    loss, options = make()
    outputs = loss if isinstance(loss, tuple) else (loss,)
    captured = capture_of(outputs)
    given = {name: value for name, value in options.items() if name != "look"}
    return Contents(outputs, captured, captured.snapshot, *parts_of_page(outputs, taken=captured, **given))


def contents() -> dict[str, Contents]:
    """The contents of the pages of all networks."""
    return {make.__name__: contents_of(make) for make in ALL}
