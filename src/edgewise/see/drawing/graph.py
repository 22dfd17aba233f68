"""The computational graph as a scene: operations as boxes, and on the edges what they carry, both ways."""

from __future__ import annotations

from collections.abc import Collection

from ..figures import figure
from ..layout import Gaps, Group, Item, Link, layout
from ..snapshot import EdgeRecord, NodeRecord, Snapshot, TensorRecord
from .chips import Drawn, Scales, branch_chip, footer_of, is_small, module_box, operation_box, tensor_chip
from .heat import scale_of
from .legend import legend
from .metrics import fitted, text_width
from .modules import Modules
from .scene import Curve, Rectangle, Scene, Shape, Text, Thing

MARGIN = 24.0
TITLE = 20.0
PLAIN_ABOVE = 1500
"""With more visible operations than this, chips are drawn without derivatives and without a chip for each use."""


def graph_scene(snapshot: Snapshot, closed: Collection[str] | None = None) -> Scene:
    """The graph from left to right, with modules as frames, or as boxes where they are closed."""
    return _Graph(snapshot, Modules(snapshot, closed)).scene()


class _Graph:
    def __init__(self, snapshot: Snapshot, modules: Modules) -> None:
        self.snapshot, self.modules = snapshot, modules
        self.loss = snapshot.output.symbol
        self.plain = sum(modules.around(node.scope) is None for node in snapshot.nodes) > PLAIN_ABOVE
        self.scales = _scales(snapshot)
        self.items: list[Item] = []
        self.links: list[Link] = []
        self.things: list[Thing] = []
        self.drawn: list[Drawn] = []
        self.groups = {scope: place for place, scope in enumerate(modules.open)}
        self.boxes: dict[tuple[str, int], int] = {}

    def scene(self) -> Scene:
        for node in self.snapshot.nodes:
            self._operation(node)
        for tensor in self.snapshot.tensors:
            self._tensor(tensor)
        placed = layout(self.items, self.links, self._frames(), Gaps(column=30, row=16))
        key = legend(self.snapshot, self.scales)
        width = max(placed.width, key.width) + 2 * MARGIN
        height = placed.height + key.height + 2 * MARGIN + 18
        things = [self._frame(*frame) for frame in placed.frames]
        lines = Thing("lines", None)
        for route in placed.routes:
            lines.shapes.append(Curve([(x + MARGIN, y + MARGIN) for x, y in route], "link"))
        things.append(lines)
        for thing, drawn, x, y in zip(self.things, self.drawn, placed.x, placed.y, strict=True):
            thing.shapes = [moved(shape, x + MARGIN, y + MARGIN) for shape in drawn.shapes]
            things.append(thing)
        below = placed.height + MARGIN + 18
        things.append(Thing("legend", None, "", [moved(shape, MARGIN, below) for shape in key.shapes]))
        return Scene(
            width, height, f"Computational graph of {self.snapshot.output.name}", _about(self.snapshot), things
        )

    # Boxes -----------------------------------------------------------------------------------------------------------

    def _operation(self, node: NodeRecord) -> None:
        hidden = self.modules.around(node.scope)
        if hidden is not None:
            if ("module", hidden) not in self.boxes:
                scope = self.snapshot.scopes[hidden]
                name = scope.name or scope.kind
                drawn = module_box(name, scope.kind, self.modules.closed[hidden])
                about = f"{scope.path or scope.kind}: {scope.kind}, drawn closed"
                self.boxes["module", hidden] = self._add(
                    drawn, scope.parent, "operation", Thing("module", hidden, about)
                )
            self.boxes["node", node.id] = self.boxes["module", hidden]
            return
        thing = Thing("node", node.id, _about_node(node))
        self.boxes["node", node.id] = self._add(operation_box(node), node.scope, "operation", thing)

    def _tensor(self, tensor: TensorRecord) -> None:
        uses = [self.snapshot.edges[id] for id in tensor.edges]
        source = None if tensor.node is None else self.boxes["node", tensor.node]
        outside = [edge for edge in uses if self.boxes["node", edge.node] != source]
        if uses and not outside:
            return  # inside a closed module
        consumers = list(dict.fromkeys(self.boxes["node", edge.node] for edge in outside))
        footer = footer_of(self.snapshot, outside[0], self.loss) if len(outside) == 1 and not self.plain else None
        drawn = tensor_chip(tensor, self.scales, footer)
        if tensor.id in self.snapshot.outputs:
            first = drawn.shapes[0]
            assert isinstance(first, Rectangle)
            first.role += " output"
        scope = self._place(tensor, outside)
        role = "source" if tensor.node is None else "value"
        chip = self._add(drawn, scope, role, Thing("tensor", tensor.id, _about_tensor(tensor)))
        if source is not None:
            self.links.append(Link(source, chip))
        branches = len(outside) > 1 and not self.plain and any(edge.contribution is not None for edge in outside)
        if not branches:
            self.links += [Link(chip, consumer) for consumer in consumers]
            return
        for edge in outside:
            consumer = self.boxes["node", edge.node]
            hidden = self.modules.around(self.snapshot.nodes[edge.node].scope)
            if edge.contribution is None:
                self.links.append(Link(chip, consumer))
                continue
            footer = footer_of(self.snapshot, edge, self.loss) if hidden is None else None
            thing = Thing("edge", edge.id, _about_edge(self.snapshot, edge))
            branch = self._add(branch_chip(edge, footer, self.scales), scope, "value", thing)
            self.links += [Link(chip, branch), Link(branch, consumer)]

    def _place(self, tensor: TensorRecord, uses: list[EdgeRecord]) -> int | None:
        """The innermost scope around all that a chip is between."""
        ends = [self._visible(self.snapshot.nodes[edge.node].scope) for edge in uses]
        if tensor.node is not None:
            ends.append(self._visible(self.snapshot.nodes[tensor.node].scope))
        elif tensor.scope is None:
            return None
        return self.modules.common(ends)

    def _visible(self, scope: int | None) -> int | None:
        hidden = self.modules.around(scope)
        return scope if hidden is None else self.snapshot.scopes[hidden].parent

    def _add(self, drawn: Drawn, scope: int | None, role: str, thing: Thing) -> int:
        group = None if scope is None else self.groups.get(scope)
        self.items.append(Item(drawn.width, drawn.height, group, role))  # type: ignore[arg-type]
        self.things.append(thing)
        self.drawn.append(drawn)
        return len(self.items) - 1

    # Modules ---------------------------------------------------------------------------------------------------------

    def _frames(self) -> list[Group]:
        frames = []
        for id in self.modules.open:
            scope = self.snapshot.scopes[id]
            parent = None if scope.parent is None else self.groups.get(scope.parent)
            frames.append(Group(parent, TITLE, 12.0, min(text_width(_title(scope), 11.5, bold=True), 240)))
        return frames

    def _frame(self, group: int, x: float, y: float, width: float, height: float) -> Thing:
        scope = self.snapshot.scopes[self.modules.open[group]]
        x, y = x + MARGIN, y + MARGIN
        shapes: list[Shape] = [
            Rectangle(x, y, width, height, "module", 10),
            Text(x + 11, y + 17, fitted(_title(scope), width - 22, 11.5, bold=True, middle=True), "title"),
        ]
        return Thing("module", scope.id, f"{scope.path or scope.kind}: {scope.kind}", shapes)


def moved(shape: Shape, dx: float, dy: float) -> Shape:
    """The shape, moved where it stands."""
    if isinstance(shape, Curve):
        shape.points = [(x + dx, y + dy) for x, y in shape.points]
    else:
        shape.x += dx
        shape.y += dy
    return shape


def _title(scope: object) -> str:
    name, kind = scope.name, scope.kind  # type: ignore[attr-defined]
    return f"{name} · {kind}" if name else kind


def _scales(snapshot: Snapshot) -> Scales:
    """One for all values and one for all gradients that are drawn as heat maps."""
    values = [t.value for t in snapshot.tensors if not is_small(t.value) and t.value.size]
    gradients = [
        t.gradient for t in snapshot.tensors if t.gradient is not None and not is_small(t.value) and t.gradient.size
    ]
    return Scales(scale_of(values), scale_of(gradients))


# What a pointer is told ----------------------------------------------------------------------------------------------


def _about(snapshot: Snapshot) -> str:
    output = snapshot.output
    value = f" Its value is {figure(output.value.item())}." if output.value.size == 1 else ""
    leaves = ", ".join(tensor.name for tensor in snapshot.tensors if tensor.kind == "parameter")
    return (
        f"{len(snapshot.nodes)} operations lead to {output.name}.{value} Each edge carries a value forward and a gradient "
        f"backward. Parameters: {leaves[:300] or 'none'}."
    )


def _about_node(node: NodeRecord) -> str:
    lines = [node.label]
    if node.formula is not None:
        lines.append(f"= {node.formula.unicode()}")
    lines += [f"{name} = {value}" for name, value in node.params.items()]
    if node.line is not None:
        lines.append(f"line {node.line.number}: {node.line.text}" if node.line.text else f"line {node.line.number}")
    return "\n".join(lines)


def _about_tensor(tensor: TensorRecord) -> str:
    shape = f" of shape {tensor.shape}" if tensor.shape else ""
    return f"{tensor.name}: {tensor.kind}, {tensor.dtype}{shape}"


def _about_edge(snapshot: Snapshot, edge: EdgeRecord) -> str:
    tensor, node = snapshot.tensors[edge.tensor], snapshot.nodes[edge.node]
    summed = f", summed over axes {edge.summed}" if edge.summed else ""
    return f"What {node.label} sends back to {tensor.name}{summed}"
