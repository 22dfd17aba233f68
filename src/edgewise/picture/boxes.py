"""What an operation and a closed module look like, around an origin at the top left corner."""

from __future__ import annotations

from ..capture.snapshot import NodeRecord, ScopeRecord
from ..printers.figures import figure
from .chips import Drawn
from .metrics import fitted, text_width
from .scene import Rectangle, Shape, Text

MOST = 130.0  # wide: longer names are shortened


def operation_box(node: NodeRecord) -> Drawn:
    """An operation: its name, and the plain numbers that it was given."""
    given = [figure(argument.number) for argument in node.arguments if argument.number is not None]
    label = fitted(node.label, MOST, 12.5, bold=True, middle=True)
    if node.failure:
        label = f"✗ {label}"
    detail = fitted(", ".join(given), MOST, 10)
    width = max(32.0, text_width(label, 12.5, bold=True) + 18, text_width(detail, 10) + 18)
    height = 40.0 if detail else 26.0
    shapes: list[Shape] = [
        Rectangle(0, 0, width, height, "operation failed" if node.failure else "operation", 13.0),
        Text(width / 2, 17.3, label, "label", "middle"),
    ]
    if detail:
        shapes.append(Text(width / 2, 31.5, detail, "detail", "middle"))
    return Drawn(width, height, shapes, height / 2)


def module_box(scope: ScopeRecord, operations: int, learnt: int, norm: float) -> Drawn:
    """A module drawn closed: a box with another showing behind it, and what is learnt in it."""
    title = fitted(scope.name or scope.kind, MOST, 12.5, bold=True, middle=True)
    counted = f"{operations} operation{'' if operations == 1 else 's'}"
    details = kind_and_count(scope.kind, counted, MOST + 60) if scope.name else [counted]
    details = [fitted(detail, MOST + 60, 10) for detail in details]
    if learnt:
        details.append(f"{learnt} parameter{'' if learnt == 1 else 's'} · ‖∂·‖ {figure(norm)}")
    width = max(text_width(title, 12.5, bold=True), *(text_width(detail, 10) for detail in details)) + 24
    height = 28.0 + 14 * len(details)
    shapes: list[Shape] = [
        Rectangle(4, 4, width, height, "behind", 8),
        Rectangle(0, 0, width, height, "closed", 8),
        Text(width / 2, 18, title, "label", "middle"),
    ]
    shapes += [Text(width / 2, 33 + 14 * line, detail, "detail", "middle") for line, detail in enumerate(details)]
    return Drawn(width + 4, height + 4, shapes, height / 2)


def kind_and_count(kind: str, counted: str, width: float) -> list[str]:
    """The kind of a module and how much is in it, in a line if there is room, else in two."""
    together = f"{kind} · {counted}"
    return [together] if text_width(together, 10) <= width else [kind, counted]
