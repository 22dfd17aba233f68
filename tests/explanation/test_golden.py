"""The explanations of the operations that people meet most are as they were reviewed."""

from __future__ import annotations

from .golden import NAMES, PLACE, table


def test_explanations_are_as_reviewed() -> None:
    assert len(NAMES) >= 60
    expected, found = PLACE.read_text(encoding="utf-8").splitlines(), table().splitlines()
    differing = [(old, new) for old, new in zip(expected, found, strict=False) if old != new]
    assert not differing, f"{differing[:3]}: read the new ones, and keep them by python {PLACE.with_name('golden.py')}"
    assert len(expected) == len(found)
