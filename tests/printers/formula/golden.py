"""The formulas of every operation in one text: `python tests/printers/formula/golden.py` writes it anew, for review."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

PLACE = Path(__file__).with_name("formulas.txt")

_MOST = 4
"""So many kinds of arguments that give different formulas are kept of an operation."""


def table() -> str:
    """All formulas, of the registry's samples: the forward, then the derivative for each input."""
    from registry import arrangement, elementwise, networks, reductions

    entries = {**elementwise.ENTRIES, **reductions.ENTRIES, **arrangement.ENTRIES, **networks.ENTRIES}
    return "\n".join(_block(operation, entry) for operation, entry in entries.items())


def _block(operation, entry) -> str:
    from edgewise.printers.formula.operations import formulas_of

    found: dict[str, None] = {}
    for case in entry.cases:
        if any(isinstance(x, np.ndarray) and not x.size for x in case.inputs):
            continue
        kinds = [(x.shape, str(x.dtype)) if isinstance(x, np.ndarray) else x for x in case.inputs]
        formulas = formulas_of(operation, kinds, case.params)
        lines = _two("y", formulas.forward)
        for name, derivative in zip(formulas.inputs, formulas.derivatives, strict=True):
            if derivative is not None:
                label = f"∂y/∂{name}" if derivative.local else f"∂L/∂{name}"
                lines += _two(label, derivative.expression)
        if len(found) < _MOST:
            found.setdefault("\n".join(lines))
    return "\n\n".join([f"== {operation.name}", *found]) + "\n"


def _two(label, formula) -> list[str]:
    return [f"{label} = {formula.unicode()}", f"    {formula.latex()}"]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    PLACE.write_text(table(), encoding="utf-8")
