"""Signs that are drawn: explanations and pages draw the same ones."""

from __future__ import annotations

import re
from importlib.resources import files

from edgewise.see.formula import drawn


def test_brackets_are_the_same_in_explanations_and_on_pages() -> None:
    script = files("edgewise.see.page").joinpath("mathml.js").read_text(encoding="utf-8")
    table = re.search(r"const SIDES = \{(.*?)\n\};", script, re.DOTALL)
    assert table is not None
    assert dict(re.findall(r'"(.)": "([^"]+)"', table[1])) == drawn.SIDES
