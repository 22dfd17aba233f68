"""What a page is made of, beside its snapshot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from edgewise.capture.snapshot import Snapshot
from edgewise.capture.watch import capture_of
from edgewise.page.formula_templates import FIRST_PLACE, LONG
from edgewise.page.page import parts_of_page

from .networks import ALL


@dataclass
class Contents:
    """A page's parts, and the snapshot that it was made of."""

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


def contents() -> dict[str, Contents]:
    """The contents of the pages of all networks."""
    found = {}
    for make in ALL:
        loss, options = make()
        outputs = loss if isinstance(loss, tuple) else (loss,)
        taken = capture_of(outputs)
        given = {name: options[name] for name in ("batches", "optimizer", "gallery") if name in options}
        found[make.__name__] = Contents(taken.snapshot, *parts_of_page(outputs, taken=taken, **given))
    return found
