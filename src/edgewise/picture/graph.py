"""The computational graph as a scene: operations as boxes, and on the edges what they carry, both ways."""

from __future__ import annotations

import math
from collections.abc import Collection

from ..capture.snapshot import EdgeRecord, NodeRecord, ScopeRecord, Snapshot, TensorRecord
from ..graph.traits import MOVES
from ..layout import Frame, Gaps, Group, Item, Link, Placement, Point, Role, layout
from .about import (
    about_edge,
    about_module,
    about_node,
    about_picture,
    about_tensor,
    derivative_forms,
    shapes_given,
    short_name,
    update_form,
)
from .boxes import module_box, operation_box
from .breaks import Wire
from .cells import by_neuron
from .chips import Drawn, Scales, branch_chip, failure_chip, is_mapped, norm_of, tensor_chip
from .heat import scale_of
from .legend import Mark, legend
from .metrics import fitted, text_width
from .modules import Modules
from .rows import Leg, Rows, beside, in_rows
from .scene import Arrow, Curve, Rectangle, Scene, Shape, Text, Thing, moved

MARGIN = 24.0
GAPS = Gaps(column=22, row=14)
TITLE = 20.0
LEGEND_GAP = 20.0
LEAST_LEGEND = 560.0  # a legend may be this wide below smaller pictures
SIDE = 2.0  # how far above and below the middle of an edge its two lines are
LEAST_TITLE = 100.0  # a part of a module is this wide if it says which module it is part of
MOST_NAME = 90.0  # of a line where a row starts
HEAD = 4.0  # so much shorter is a line for its arrowhead

MOST_PARTED = 3
"""Where a tensor goes to more boxes than this, as a recurrent layer's weights to all its steps, what comes back from
a closed module is shown only within it."""

PLAIN_ABOVE = 1500
"""With more visible operations than this, or more leaves that these use, arrays are written as their norms, without
formulas, a chip for each."""


def graph_scene(snapshot: Snapshot, closed: Collection[str] | None = None, width: float | None = None) -> Scene:
    """The graph from left to right, with modules as frames, or as boxes where they are closed.

    Where it is wider than `width` it is broken into rows, if there are places for that. A larger network of single
    numbers has its neurons for modules.
    """
    snapshot = by_neuron(snapshot)
    return _Graph(snapshot, Modules(snapshot, closed)).scene(width)


class _Graph:
    def __init__(self, snapshot: Snapshot, modules: Modules) -> None:
        self.snapshot, self.modules = snapshot, modules
        seen = [modules.around(node.scope) is None for node in snapshot.nodes]
        leaves = [tensor.edges for tensor in snapshot.tensors if tensor.node is None]
        used = sum(any(seen[snapshot.edges[id].node] for id in edges) for edges in leaves)
        self.plain = max(sum(seen), used) > PLAIN_ABOVE
        self.scales = Scales(1.0, 1.0)
        self.items: list[Item] = []
        self.links: list[Link] = []
        self.returns: list[bool] = []  # whether a gradient comes back along each link
        self.carried: list[int] = []  # the tensor on each link
        self.things: list[Thing] = []
        self.drawn: list[Drawn] = []
        self.groups = {scope: place for place, scope in enumerate(modules.open)}
        self.boxes: dict[int, int] = {}  # of nodes: the item that shows them
        self.closed: dict[int, int] = {}  # of closed scopes
        self.marks: set[Mark] = set()
        self.names: dict[int, str] = {}  # of tensors, at lines where rows start
        self.hidden: dict[int, tuple[int, float]] | None = None  # what is learnt within these

    def gather(self) -> list[TensorRecord]:
        """Draws all items, each around an origin of its own. The tensors that are shown."""
        for node in self.snapshot.nodes:
            self._operation(node)
        shown = [
            (tensor, outside) for tensor in self.snapshot.tensors if (outside := self._outside(tensor)) is not None
        ]
        if not self.plain:
            self.scales = _scales([tensor for tensor, _ in shown])
        for tensor, outside in shown:
            self._tensor(tensor, outside)
        return [tensor for tensor, _ in shown]

    def place(self) -> Placement:
        """Where the items and frames are, in one row."""
        return layout(self.items, self.links, self._frames(), GAPS)

    def scene(self, limit: float | None) -> Scene:
        shown = self.gather()
        room = None if limit is None else limit - 2 * MARGIN
        whole = self.place()
        wide = room is not None and whole.width > room
        placed = in_rows(whole, self.items, room, self._wires() if wide else (), self._frames() if wide else ())
        across = max(placed.width, LEAST_LEGEND)
        key = legend(self.snapshot, shown, self.scales, maps=not self.plain, marks=self.marks, width=across)
        width = max(placed.width, key.width) + 2 * MARGIN
        height = placed.height + LEGEND_GAP + key.height + 2 * MARGIN - 6
        things = [
            self._frame(frame, comes=comes, goes=goes)
            for frame, (comes, goes) in zip(placed.frames, placed.torn, strict=True)
        ]
        things += self._lines(placed)
        for thing, drawn, x, y in zip(self.things, self.drawn, placed.x, placed.y, strict=True):
            thing.shapes = moved(drawn.shapes, x + MARGIN, y + MARGIN)
            things.append(thing)
        below = placed.height + MARGIN + LEGEND_GAP
        things.append(Thing("legend", None, "", moved(key.shapes, MARGIN, below)))
        title = f"Computational graph of {self.snapshot.objective.name[:80]}"
        return Scene(width, height, title, about_picture(self.snapshot), things)

    # Boxes -----------------------------------------------------------------------------------------------------------

    def _operation(self, node: NodeRecord) -> None:
        hidden = self.modules.around(node.scope)
        if hidden is None:
            thing = Thing("node", node.id, about_node(node, plain=self.plain))
            self.boxes[node.id] = self._add(operation_box(node), node.scope, "operation", thing)
            if any(argument.number is not None for argument in node.arguments):
                self.marks.add("number")
            return
        if hidden not in self.closed:
            scope = self.snapshot.scopes[hidden]
            thing = Thing("module", hidden, about_module(scope, closed=True))
            self.closed[hidden] = self._add(self._module(scope), scope.parent, "operation", thing)
        self.boxes[node.id] = self.closed[hidden]

    def _module(self, scope: ScopeRecord) -> Drawn:
        count, norm = self._learnt(scope.id)
        return module_box(scope, self.modules.closed[scope.id], count, norm)

    def _learnt(self, hidden: int) -> tuple[int, float]:
        """How many numbers are learnt within a closed module, and the norm of their gradient."""
        if self.hidden is None:
            self.hidden = {}
            for tensor in self.snapshot.tensors:
                around = None if tensor.scope is None else self.modules.around(tensor.scope)
                if tensor.kind == "parameter" and around is not None:
                    count, norm = self.hidden.get(around, (0, 0.0))
                    own = 0.0 if tensor.gradient is None else norm_of(tensor.gradient)
                    self.hidden[around] = (count + tensor.value.size, math.hypot(norm, own))
        return self.hidden.get(hidden, (0, 0.0))

    def _outside(self, tensor: TensorRecord) -> list[EdgeRecord] | None:
        """The uses of a tensor that can be seen; None if it is within a closed module."""
        uses = [self.snapshot.edges[id] for id in tensor.edges]
        source = None if tensor.node is None else self.boxes[tensor.node]
        outside = [edge for edge in uses if self.boxes[edge.node] != source]
        if tensor.id not in self.snapshot.outputs:
            if uses and not outside:
                return None
            if tensor.node is None and self._belongs(tensor, outside):
                return None
        return outside

    def _tensor(self, tensor: TensorRecord, outside: list[EdgeRecord]) -> None:
        scope = self._place(tensor, outside)
        path = self._path(scope)
        footers = update_form(tensor, path)
        if not footers and len(outside) == 1 and not self.plain and self._visible(outside[0]):
            footers = derivative_forms(self.snapshot, outside[0], path)
        parts = sum(self.snapshot.edges[id].contribution is not None for id in tensor.edges)
        plain = self.plain or (tensor.node is not None and self.snapshot.nodes[tensor.node].kind in MOVES)
        name = short_name(tensor.symbol, path)
        failed = None if tensor.node is None else self.snapshot.nodes[tensor.node]
        if failed is not None and failed.failure:
            drawn = failure_chip(failed.failure, shapes_given(self.snapshot, failed))
        else:
            drawn = tensor_chip(tensor, name, self.scales, footers, summed=parts > 1, plain=plain)
        self._note(tensor, drawn, parts=parts, plain=plain)
        if tensor.id in self.snapshot.outputs:
            first = drawn.shapes[0]
            assert isinstance(first, Rectangle)
            first.role += " output"
        thing = Thing("tensor", tensor.id, about_tensor(self.snapshot, tensor, plain=self.plain))
        chip = self._add(drawn, scope, "source" if tensor.node is None else "value", thing)
        if tensor.node is not None:
            self._link(self.boxes[tensor.node], chip, tensor.id, back=tensor.gradient is not None)
        self._uses(tensor, chip, outside)

    def _note(self, tensor: TensorRecord, drawn: Drawn, *, parts: int, plain: bool) -> None:
        """What the legend has to explain."""
        if parts > 1:
            self.marks.add("sum")
        if tensor.update is not None:
            self.marks.add("new")
        if is_mapped(tensor.value):
            self.marks.add("norm")
            if not plain:
                self.marks.add("largest")
        self._note_formula(drawn)

    def _note_formula(self, drawn: Drawn) -> None:
        last = drawn.shapes[-1]
        if isinstance(last, Text) and last.role == "local":
            loss = f"∂{self.snapshot.objective.symbol}/"
            self.marks.add("formula" if last.text.startswith(("=", loss)) else "factor")

    def _uses(self, tensor: TensorRecord, chip: int, uses: list[EdgeRecord]) -> None:
        """Lines to where a tensor is used; if that is in several boxes, with a chip for each single use."""
        boxes: dict[int, list[EdgeRecord]] = {}
        for edge in uses:
            boxes.setdefault(self.boxes[edge.node], []).append(edge)
        for box, inside in boxes.items():
            back = any(edge.contribution is not None for edge in inside)
            hidden = not self._visible(inside[0])
            inner = hidden and (len(boxes) == 1 or len(inside) > 1 or len(boxes) > MOST_PARTED)
            if len(uses) == 1 or self.plain or not back or inner:
                self._link(chip, box, tensor.id, back=back)
                continue
            for edge in inside:
                self._branch(tensor, chip, edge)

    def _branch(self, tensor: TensorRecord, chip: int, edge: EdgeRecord) -> None:
        box = self.boxes[edge.node]
        if edge.contribution is None:
            self._link(chip, box, tensor.id, back=False)
            return
        # It stands with the operation, however far from the tensor's own chip that is.
        scope = self._shown(self.snapshot.nodes[edge.node].scope)
        path = self._path(scope)
        footers = derivative_forms(self.snapshot, edge, path) if self._visible(edge) else []
        thing = Thing("edge", edge.id, about_edge(self.snapshot, edge))
        drawn = branch_chip(edge, self.scales, footers, short_name(tensor.symbol, path))
        self.marks.add("part")
        self._note_formula(drawn)
        branch = self._add(drawn, scope, "value", thing)
        self._link(chip, branch, tensor.id, back=True)
        self._link(branch, box, tensor.id, back=True)

    def _visible(self, edge: EdgeRecord) -> bool:
        return self.modules.around(self.snapshot.nodes[edge.node].scope) is None

    def _belongs(self, tensor: TensorRecord, uses: list[EdgeRecord]) -> bool:
        """Whether a leaf is a closed module's own, and hidden with it."""
        hidden = None if tensor.scope is None else self.modules.around(tensor.scope)
        return hidden is not None and all(self.boxes[edge.node] == self.closed.get(hidden) for edge in uses)

    def _place(self, tensor: TensorRecord, uses: list[EdgeRecord]) -> int | None:
        """The innermost scope around all that a chip is between."""
        ends = [self._shown(self.snapshot.nodes[edge.node].scope) for edge in uses]
        if tensor.node is not None:
            ends.append(self._shown(self.snapshot.nodes[tensor.node].scope))
        elif tensor.scope is None:
            return None
        return self.modules.common(ends)

    def _shown(self, scope: int | None) -> int | None:
        hidden = self.modules.around(scope)
        return scope if hidden is None else self.snapshot.scopes[hidden].parent

    def _path(self, scope: int | None) -> str:
        return "" if scope is None else self.snapshot.scopes[scope].path

    def _add(self, drawn: Drawn, scope: int | None, role: Role, thing: Thing) -> int:
        group = None if scope is None else self.groups.get(scope)
        self.items.append(Item(drawn.width, drawn.height, group, role))
        self.things.append(thing)
        self.drawn.append(drawn)
        return len(self.items) - 1

    # Lines -----------------------------------------------------------------------------------------------------------

    def _link(self, source: int, target: int, tensor: int, *, back: bool) -> None:
        ports = (self.drawn[place].port - self.drawn[place].height / 2 for place in (source, target))
        self.links.append(Link(source, target, *ports))
        self.returns.append(back)
        self.carried.append(tensor)

    def _wires(self) -> list[Wire]:
        """What the links are to those that break the picture into rows."""
        wires = []
        for link, back, tensor in zip(self.links, self.returns, self.carried, strict=True):
            kind = self.things[link.target].kind
            name = 0.0 if kind == "tensor" else text_width(self._name(tensor), 10)
            wires.append(Wire((link.source, link.source_port, back), link.source, link.target, name, kind == "edge"))
        return wires

    def _name(self, tensor: int) -> str:
        """What is written at a line where a row starts."""
        if tensor not in self.names:
            self.names[tensor] = fitted(self.snapshot.tensors[tensor].symbol, MOST_NAME, 10, middle=True)
        return self.names[tensor]

    def _lines(self, placed: Rows) -> list[Thing]:
        """The value's line above and the gradient's below, each with an arrowhead where it arrives."""
        things: dict[int, Thing] = {}
        heads: set[tuple[float, float, int]] = set()
        for link, route in enumerate(placed.routes):
            if route:
                self._line(things, heads, Leg(link, 0, route, begins=True, ends=True))
        for leg in placed.legs:
            self._line(things, heads, leg)
        for links, x, y in placed.names:
            carried = list(dict.fromkeys(self.carried[link] for link in links))
            names = ", ".join(map(self._name, carried))
            things[carried[0]].shapes.append(Text(x + MARGIN, y + MARGIN + 3.5, names, "note", "end"))
        return list(things.values())

    def _line(self, things: dict[int, Thing], heads: set[tuple[float, float, int]], leg: Leg) -> None:
        tensor = self.carried[leg.link]
        thing = things.get(tensor)
        if thing is None:
            thing = things[tensor] = Thing("lines", tensor)
        points = [(x + MARGIN, y + MARGIN) for x, y in leg.points]
        (left, start), (right, end) = points[0], points[-1]
        forward = [*points[:-1], (right - HEAD, end)] if leg.ends else points
        thing.shapes.append(_curve(forward, "forward", -SIDE, bent=leg.bent))
        returns = self.returns[leg.link]
        if returns:
            backward = [(left + HEAD, start), *points[1:]] if leg.begins else points
            thing.shapes.append(_curve(backward, "backward", SIDE, bent=leg.bent))
        if self.plain:
            return
        tips = [(right, end - SIDE, 1)] if leg.ends else []
        if returns and leg.begins:
            tips.append((left, start + SIDE, -1))
        for tip in tips:
            if tip not in heads:
                heads.add(tip)
                thing.shapes.append(Arrow(*tip, "to" if tip[2] > 0 else "fro"))

    # Modules ---------------------------------------------------------------------------------------------------------

    def _frames(self) -> list[Group]:
        frames = []
        for id in self.modules.open:
            scope = self.snapshot.scopes[id]
            parent = None if scope.parent is None else self.groups.get(scope.parent)
            frames.append(Group(parent, TITLE, 12.0, min(text_width(_title(scope), 11.5, bold=True), 240)))
        return frames

    def _frame(self, frame: Frame, *, comes: bool, goes: bool) -> Thing:
        """The frame of a module; where it `comes` from the row before or `goes` on in the next, that side is open."""
        group, x, y, width, height = frame
        scope = self.snapshot.scopes[self.modules.open[group]]
        x, y = x + MARGIN, y + MARGIN
        title = f"{'… ' if comes else ''}{_title(scope)}{' …' if goes else ''}"
        if (comes or goes) and width < LEAST_TITLE:
            title = "…"
        shapes: list[Shape] = [Text(x + 12, y + 18, fitted(title, width - 23, 11.5, bold=True, middle=True), "title")]
        if comes or goes:
            shapes.insert(0, Rectangle(x, y, width, height, "module torn"))
            right, bottom = x + width, y + height
            shapes.insert(1, Curve([(x, y), (right, y)], "border"))
            shapes.insert(2, Curve([(x, bottom), (right, bottom)], "border"))
        else:
            shapes.insert(0, Rectangle(x, y, width, height, "module", 10))
        return Thing("module", scope.id, about_module(scope, closed=False), shapes)


def _curve(points: list[Point], role: str, side: float, *, bent: bool) -> Curve:
    return Curve(beside(points, side), role, corner=6 + side) if bent else Curve(points, role, side)


def _title(scope: ScopeRecord) -> str:
    return f"{scope.name} · {scope.kind}" if scope.name else scope.kind


def _scales(tensors: list[TensorRecord]) -> Scales:
    """One for all values and one for all gradients that are drawn as heat maps."""
    mapped = [tensor for tensor in tensors if is_mapped(tensor.value)]
    gradients = [tensor.gradient for tensor in mapped if tensor.gradient is not None]
    return Scales(scale_of([tensor.value for tensor in mapped]), scale_of(gradients))
