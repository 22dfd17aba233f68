"""What an operation and a closed module look like, around an origin at the top left corner."""

from __future__ import annotations

from collections.abc import Sequence

from ..capture.snapshot import NodeRecord, ScopeRecord
from ..graph.modes import DERIVATIVE_KINDS
from ..printers.figures import figure
from .chips import Drawn
from .metrics import fitted, text_width
from .scene import Rectangle, Shape, Text

MOST = 130.0  # wide: longer names are shortened
WIDEST = 190.0  # of the texts on a closed module
MOST_SHAPES = 3  # that a closed module lists on each side
WIDEST_NORM = "‖∂·‖ −0.00012345"  # has room on a closed module, so that training never moves the picture


def operation_box(node: NodeRecord) -> Drawn:
    """Draws an operation: its name, and the plain numbers that it was given."""
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


def module_box(
    scope: ScopeRecord,
    operations: int,
    learnt: tuple[int, float],
    entering: Sequence[tuple[int, ...]],
    leaving: Sequence[tuple[int, ...]],
) -> Drawn:
    """Draws a closed module: a box with another showing behind it, with the shapes of what enters and leaves.

    `learnt` says how many numbers are learnt in it, and the norm of their gradient.
    """
    count, norm = learnt
    counted = f"{operations} operation{'' if operations == 1 else 's'}"
    details = _kind_and_count(scope.kind, counted) if scope.name else [counted]
    sides = [_shapes_text(entering), _shapes_text(leaving)]
    if any(sides):
        details.append(" → ".join(sides))
    if count:
        details.append(f"{count:,} parameter{'' if count == 1 else 's'}")
    details = [fitted(detail, WIDEST, 10) for detail in details]
    title = fitted(scope.name or scope.kind, MOST, 12.5, bold=True, middle=True)
    # Beside the title a page has the button that opens it.
    width = max(text_width(title, 12.5, bold=True) + 24, *(text_width(detail, 10) for detail in details))
    lines = [Text(0, 33.0 + 14 * place, detail, "detail", "middle") for place, detail in enumerate(details)]
    if count:
        width = max(width, text_width(WIDEST_NORM, 10))
        learnt_line = Text(0, 33.0 + 14 * len(lines), f"‖∂·‖ {figure(norm)}", "detail learnt", "middle")
        learnt_line.part = "gradient"
        lines.append(learnt_line)
    width, height = width + 24, 28.0 + 14 * len(lines)
    shapes: list[Shape] = [
        Rectangle(4, 4, width, height, module_role("behind", scope.kind), 8),
        Rectangle(0, 0, width, height, module_role("closed", scope.kind), 8),
        Text(width / 2, 18, title, "label", "middle"),
    ]
    for line in lines:
        line.x = width / 2
    return Drawn(width + 4, height + 4, [*shapes, *lines], height / 2)


def module_role(role: str, kind: str) -> str:
    """Returns the role of a shape of a module; derivatives are marked by their order."""
    return f"{role} {kind}" if kind in DERIVATIVE_KINDS else role


def module_title(scope: ScopeRecord) -> str:
    """Draws the title of an open module's frame."""
    return f"{scope.name} · {scope.kind}" if scope.name and scope.name != scope.kind else scope.kind


def _kind_and_count(kind: str, counted: str) -> list[str]:
    """Writes the kind of a module and how much is in it, in a line if there is room, else in two."""
    together = f"{kind} · {counted}"
    return [together] if text_width(together, 10) <= WIDEST else [kind, counted]


def _shapes_text(shapes: Sequence[tuple[int, ...]]) -> str:
    """Shapes as text, each once."""
    texts = list(dict.fromkeys("×".join(map(str, shape)) or "1" for shape in shapes))
    return ", ".join(texts[:MOST_SHAPES]) + (", …" if len(texts) > MOST_SHAPES else "")
