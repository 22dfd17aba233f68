"""Modules as rooms: each laid out by itself, with the modules inside as closed boxes, so that the page can put together
any of them, open or closed, without a layout of its own.

A line goes from room to room through doors. There is one door for each tensor that comes into a room or leaves it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..capture.snapshot import EdgeRecord, NodeRecord, Snapshot, TensorRecord
from ..graph.modes import FUNCTION
from ..graph.traits import MOVES
from ..layout.columns import ENTRY, EVEN, EXIT, FREE, ODD, sequence
from ..layout.grid import Edge
from ..picture.about import derivative_forms, shapes_given, short_name
from ..picture.boxes import kind_and_count, operation_box
from ..picture.chips import Drawn, Scales, branch_chip, failure_chip, is_mapped, is_small, norm_of, tensor_chip
from ..picture.graph import MOST_PARTED
from ..picture.metrics import fitted, text_width
from ..printers.figures import figure
from .forms import Forms, boxed
from .levels import laid_out

MOST_FORMULAS = 1500
"""Larger graphs have no formulas on their chips: they are read one at a time, where something is selected."""

PORT_GAP = 9.0  # between lines that arrive at a closed box
WIDEST = 190.0  # of the texts on one

Path = tuple[int, ...]  # A module and those around it, the outermost first; () is the whole.


@dataclass
class Room:
    """A module as it is laid out: boxes, and lines between them.

    Attributes
    ----------
    path:
        Its scope behind those around it.
    things, forms:
        What stands in it, such as ``("node", 3)``, and how each looks. Modules inside are filled in last.
    kinds:
        In which columns each may stand. After the things come the doors.
    entries, exits:
        The doors: of each tensor its box.
    lines:
        Tensor, source and target box, and whether a gradient comes back.
    """

    path: Path
    things: list[tuple[str, int]] = field(default_factory=list)
    forms: list[int] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    inner: dict[int, int] = field(default_factory=dict)
    entries: dict[int, int] = field(default_factory=dict)
    exits: dict[int, int] = field(default_factory=dict)
    lines: list[tuple[int, int, int, bool]] = field(default_factory=list)
    operations: int = 0

    def add(self, kind: str, id: int, form: int, column: int) -> int:
        """A new box of a thing or of a door."""
        self.things.append((kind, id))
        self.forms.append(form)
        self.kinds.append(column)
        return len(self.things) - 1

    def door(self, tensor: int, kind: int) -> int:
        """The box of a door; it is made if need be."""
        doors = self.entries if kind == ENTRY else self.exits
        if tensor not in doors:
            doors[tensor] = self.add("door", tensor, -1, kind)
        return doors[tensor]

    def cyclic(self) -> set[int]:
        """The modules in it that paths leave and enter again."""
        left: list[list[int]] = [[] for _ in self.kinds]
        right: list[list[int]] = [[] for _ in self.kinds]
        for _, source, target, _ in self.lines:
            right[source].append(target)
            left[target].append(source)
        order = set(sequence(self.kinds, left, right))
        rest = {box for box, kind in enumerate(self.kinds) if kind < ENTRY and box not in order}
        return {scope for scope, box in self.inner.items() if box in rest}


class Rooms:
    """The rooms of a graph, outer ones first.

    Modules that are `apart` have none: what is in them stands in the room around them.
    """

    def __init__(self, snapshot: Snapshot, forms: Forms) -> None:
        self.snapshot, self.forms = snapshot, forms
        self.formulas = len(snapshot.nodes) <= MOST_FORMULAS
        self.apart = _surrounding(snapshot)
        self._tensors: dict[int, int] = {}
        self._alike: dict[tuple[Any, ...], tuple[int, int]] = {}
        while True:
            self._furnish()
            cyclic = {scope for room in self.rooms.values() for scope in room.cyclic()}
            if not cyclic:
                break
            # What is in such a module stands in the room around it.
            self.apart |= cyclic
        self.learnt = self._learnt()
        self._layouts: dict[Any, int] = {}
        self.layouts: list[dict[str, Any]] = []
        self._orders: list[dict[int, list[int]]] = []
        self._places: dict[Path, int] = {}
        for room in reversed(self.rooms.values()):
            self._lay_out(room)

    def data(self) -> dict[str, Any]:
        """As the page takes it."""
        return {"layouts": self.layouts, "rooms": [self._told(room) for room in self.rooms.values()]}

    def closed(self, scope: int) -> Drawn | None:
        """What a module looks like while it is closed."""
        room = self.rooms.get(self._paths[scope])
        return None if room is None or not room.path or room.path[-1] != scope else self._closed(room)

    def _told(self, room: Room) -> dict[str, Any]:
        scope = self.snapshot.scopes[room.path[-1]] if room.path else None
        boxes = [box for box, kind in enumerate(room.kinds) if kind < ENTRY]
        title = "" if scope is None else f"{scope.name} · {scope.kind}" if scope.name else scope.kind
        return {
            "scope": room.path[-1] if room.path else -1,
            "parent": room.path[-2] if len(room.path) > 1 else -1,
            "name": scope.name if scope else "",
            "path": scope.path if scope else "",
            "kind": scope.kind if scope else "",
            "operations": room.operations,
            "title": title,
            "wide": round(min(text_width(title, 11.5, bold=True), 240), 1),
            "learnt": self.learnt.get(room.path, (0, 0.0, []))[2],
            "layout": self._places[room.path],
            "things": " ".join(f"{room.things[box][0][0]}{room.things[box][1]}" for box in boxes),
            "forms": [room.forms[box] for box in boxes],
            "entries": list(room.entries),
            "exits": list(room.exits),
            "tensors": [tensor for tensor, *_ in room.lines],
            "back": "".join("01"[back] for *_, back in room.lines),
        }

    # What stands where ------------------------------------------------------------------------------------------------

    def _furnish(self) -> None:
        snapshot = self.snapshot
        self._paths: list[Path] = []
        for scope in snapshot.scopes:
            around = () if scope.parent is None else self._paths[scope.parent]
            self._paths.append(around if scope.id in self.apart else (*around, scope.id))
        self.rooms: dict[Path, Room] = {(): Room(())}
        self._boxes = [self._operation(node) for node in snapshot.nodes]
        for tensor in snapshot.tensors:
            self._tensor(tensor)

    def _path(self, scope: int | None) -> Path:
        return () if scope is None else self._paths[scope]

    def _room(self, path: Path) -> Room:
        if path not in self.rooms:
            around = self._room(path[:-1])
            self.rooms[path] = Room(path)
            around.inner[path[-1]] = around.add("module", path[-1], -1, EVEN)
        return self.rooms[path]

    def _operation(self, node: NodeRecord) -> int:
        path = self._path(node.scope)
        room = self._room(path)
        for depth in range(len(path) + 1):
            self.rooms[path[:depth]].operations += 1
        return room.add("node", node.id, self.forms.of(operation_box(node)), EVEN)

    def _tensor(self, tensor: TensorRecord) -> None:
        snapshot = self.snapshot
        uses = [snapshot.edges[id] for id in tensor.edges]
        targets = [self._path(snapshot.nodes[edge.node].scope) for edge in uses]
        if tensor.id in snapshot.outputs:
            targets.append(())
        if tensor.node is not None:
            home = self._beside(self._path(snapshot.nodes[tensor.node].scope), targets)
        else:
            home = () if tensor.scope is None else _common(targets)
        room = self._room(home)
        column = FREE if tensor.node is None else ODD
        chip = room.add("tensor", tensor.id, self._chip(tensor, home, uses), column)
        if tensor.node is not None:
            end = self._boxes[tensor.node]
            path = self._path(snapshot.nodes[tensor.node].scope)
            end = self._out(tensor, path, end, home, back=tensor.gradient is not None)
            room.lines.append((tensor.id, end, chip, tensor.gradient is not None))
        self._spread(tensor, home, chip, list(zip(uses, targets, strict=False)))

    def _beside(self, source: Path, targets: Sequence[Path]) -> Path:
        """Where a chip stands: as near to what made it as any of its uses."""
        depth = 0
        for target in targets:
            depth = max(depth, _shared(source, target))
        return source[:depth]

    def _chip(self, tensor: TensorRecord, home: Path, uses: Sequence[EdgeRecord]) -> int:
        if tensor.id in self._tensors:
            return self._tensors[tensor.id]
        snapshot = self.snapshot
        path = snapshot.scopes[home[-1]].path if home else ""
        footers = derivative_forms(snapshot, uses[0], path) if len(uses) == 1 and self.formulas else []
        parts = sum(edge.contribution is not None for edge in uses)
        plain = tensor.node is not None and snapshot.nodes[tensor.node].kind in MOVES
        name = short_name(tensor.symbol, path)
        found = self._tensors[tensor.id] = self._drawn_chip(tensor, name, tuple(footers), plain=plain, summed=parts > 1)
        return found

    def _drawn_chip(
        self, tensor: TensorRecord, name: str, footers: tuple[str, ...], *, plain: bool, summed: bool
    ) -> int:
        """The form of a chip; of those that differ in nothing but their names and numbers only one is drawn."""
        value, gradient = tensor.value, tensor.gradient
        output = tensor.id in self.snapshot.outputs
        # Where whole numbers are cut off depends on what they are.
        free = is_small(value) or is_mapped(value)
        wide = text_width(name[:40], 12.5, bold=True)
        look = (tensor.kind, tensor.shape, value.dtype, tensor.named, gradient is None, footers, plain, summed, output)
        alike = (*look, value.shape, value.whole is None, wide, None if free else tensor.id)
        known = self._alike.get(alike)
        if known is not None and known[1] == len(name):
            return self.forms.again(known[0], name)
        maker = None if tensor.node is None else self.snapshot.nodes[tensor.node]
        if maker is not None and maker.failure:
            drawn = failure_chip(maker.failure, shapes_given(self.snapshot, maker))
        else:
            drawn = tensor_chip(tensor, name, _SCALES, footers, summed=summed, plain=plain)
        if output:
            drawn.shapes[0].role += " output"  # type: ignore[union-attr]
        form = self.forms.of(drawn)
        self._alike[alike] = (form, len(name)) if self.forms.forms[form][1] == name else (form, -1)
        return form

    def _out(self, tensor: TensorRecord, path: Path, end: int, until: Path, *, back: bool) -> int:
        """Leads a line from a box out to a room around it. The box there at which it goes on."""
        while path != until:
            room = self.rooms[path]
            room.lines.append((tensor.id, end, room.door(tensor.id, EXIT), back))
            end = self.rooms[path[:-1]].inner[path[-1]]
            path = path[:-1]
        return end

    def _spread(self, tensor: TensorRecord, home: Path, end: int, uses: list[tuple[EdgeRecord, Path]]) -> None:
        """Leads lines from a chip to all uses, first to those within its room, then to those outside."""
        several = len(uses) > 1
        path = home
        while uses:
            within = [use for use in uses if use[1][: len(path)] == path]
            self._into(tensor, path, end, within, several=several)
            uses = [use for use in uses if use[1][: len(path)] != path]
            if uses:
                back = any(edge.contribution is not None for edge, _ in uses)
                end = self._out(tensor, path, end, path[:-1], back=back)
                path = path[:-1]

    def _into(
        self, tensor: TensorRecord, path: Path, end: int, uses: list[tuple[EdgeRecord, Path]], *, several: bool
    ) -> None:
        """Leads lines from a box of a room to uses in that room and in those inside it.

        Where several uses part, each has a chip for what comes back along it.
        """
        room = self.rooms[path]
        groups: dict[int, list[tuple[EdgeRecord, Path]]] = {}
        for edge, target in uses:
            if target == path:
                self._line(room, tensor.id, end, self._boxes[edge.node], edge, several=several)
            else:
                groups.setdefault(target[len(path)], []).append((edge, target))
        direct = len(uses) - sum(map(len, groups.values()))
        parted = several and direct + len(groups) <= MOST_PARTED
        for scope, inside in groups.items():
            box = room.inner[scope]
            one = inside[0][0] if len(inside) == 1 and parted else None
            if one is not None:
                self._line(room, tensor.id, end, box, one, several=True)
            else:
                back = any(edge.contribution is not None for edge, _ in inside)
                room.lines.append((tensor.id, end, box, back))
            within = self.rooms[*path, scope]
            self._into(tensor, within.path, within.door(tensor.id, ENTRY), inside, several=several and one is None)

    def _line(self, room: Room, tensor: int, end: int, box: int, edge: EdgeRecord, *, several: bool) -> None:
        back = edge.contribution is not None
        if several and back:
            path = self.snapshot.scopes[room.path[-1]].path if room.path else ""
            footers = derivative_forms(self.snapshot, edge, path) if self.formulas else []
            branch = room.add("edge", edge.id, self._drawn_branch(edge, tuple(footers)), ODD)
            room.lines.append((tensor, end, branch, True))
            end = branch
        room.lines.append((tensor, end, box, back))

    def _drawn_branch(self, edge: EdgeRecord, footers: tuple[str, ...]) -> int:
        tensor = self.snapshot.tensors[edge.tensor]
        shape = edge.contribution.shape if edge.contribution else tensor.shape
        alike = (shape, tensor.dtype, footers)
        if alike not in self._alike:
            self._alike[alike] = (self.forms.of(branch_chip(edge, _SCALES, footers)), 0)
        return self._alike[alike][0]

    # Closed boxes -----------------------------------------------------------------------------------------------------

    def _learnt(self) -> dict[Path, tuple[int, float, list[int]]]:
        """How many numbers are learnt in each room, the norm of their gradient, and which tensors they are."""
        found: dict[Path, tuple[int, float, list[int]]] = {}
        for tensor in self.snapshot.tensors:
            if tensor.kind != "parameter" or tensor.scope is None:
                continue
            path = self._path(tensor.scope)
            norm = 0.0 if tensor.gradient is None else norm_of(tensor.gradient)
            for depth in range(1, len(path) + 1):
                count, before, own = found.get(path[:depth], (0, 0.0, []))
                own = [*own, tensor.id] if depth == len(path) else own
                found[path[:depth]] = (count + tensor.value.size, math.hypot(before, norm), own)
        return found

    def _closed(self, room: Room) -> Drawn:
        scope = self.snapshot.scopes[room.path[-1]]
        count, norm, _ = self.learnt.get(room.path, (0, 0.0, []))
        title = fitted(scope.name or scope.kind, 130, 12.5, bold=True, middle=True)
        counted = f"{room.operations} operation{'' if room.operations == 1 else 's'}"
        texts = kind_and_count(scope.kind, counted, WIDEST) if scope.name else [counted]
        shapes = [self._shapes(list(doors)) for doors in (room.entries, room.exits)]
        if any(shapes):
            texts.append(" → ".join(shapes))
        texts = [fitted(text, WIDEST, 10) for text in texts]
        if count:
            texts.append(f"{count:,} parameter{'' if count == 1 else 's'}")
        wide = [text_width(title, 12.5, bold=True) + 24, *(text_width(text, 10) for text in texts)]
        if count:
            wide.append(text_width("‖∂·‖ −0.00012345", 10))
        lines = [(title, 18.0, "label")]
        lines += [(text, 33.0 + 14 * place, "detail") for place, text in enumerate(texts)]
        if count:
            lines.append((f"‖∂·‖ {figure(norm)}", 33.0 + 14 * len(texts), "detail learnt"))
        return boxed(max(wide) + 24, lines, 28.0 + 14 * (len(lines) - 1))

    def _shapes(self, tensors: Sequence[int]) -> str:
        """The shapes of what comes in or goes out, each once."""
        shapes = ["×".join(map(str, self.snapshot.tensors[id].shape)) or "1" for id in tensors]
        found = list(dict.fromkeys(shapes))
        return ", ".join(found[:3]) + (", …" if len(found) > 3 else "")

    # Where it stands --------------------------------------------------------------------------------------------------

    def _lay_out(self, room: Room) -> None:
        """Lays a room out; those inside it have been."""
        ports: dict[tuple[int, int, int], float] = {}
        for scope, box in room.inner.items():
            inside = self.rooms[*room.path, scope]
            room.forms[box] = self.forms.of(self._closed(inside))
            _, height, port = self.forms.size(room.forms[box])
            for kind, doors in ((ENTRY, inside.entries), (EXIT, inside.exits)):
                gap = min(PORT_GAP, (height - 24) / max(1, len(doors) - 1))
                for place, tensor in enumerate(doors):
                    ports[box, kind, tensor] = port - height / 2 + (place - (len(doors) - 1) / 2) * gap
        sizes = [self.forms.size(form) if form >= 0 else (0.0, 0.0, 0.0) for form in room.forms]
        edges = []
        for tensor, source, target, _ in room.lines:
            ends = []
            for box, kind in ((source, EXIT), (target, ENTRY)):
                _, height, port = sizes[box]
                ends.append(ports.get((box, kind, tensor), port - height / 2))
            edges.append(Edge(source, target, *ends))
        inner = tuple(room.inner.values())
        key = (tuple(sizes), tuple(room.kinds), tuple(edges), inner)
        if key not in self._layouts:
            self._layouts[key] = len(self.layouts)
            level, order = laid_out(sizes, room.kinds, edges, inner)
            self.layouts.append(level)
            self._orders.append(order)
        self._places[room.path] = self._layouts[key]
        order = self._orders[self._layouts[key]]
        room.entries = {room.things[box][1]: box for box in order[ENTRY]}
        room.exits = {room.things[box][1]: box for box in order[EXIT]}


_SCALES = Scales(1.0, 1.0)


def _shared(one: Path, other: Path) -> int:
    """How many modules two paths begin with together."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _common(paths: Sequence[Path]) -> Path:
    if not paths:
        return ()
    return paths[0][: min(_shared(paths[0], path) for path in paths)]


def _surrounding(snapshot: Snapshot) -> set[int]:
    """The only model, if all is within it: a frame around it would say nothing."""
    used = {node.scope for node in snapshot.nodes}
    for scope in reversed(snapshot.scopes):
        if scope.id in used:
            used.add(scope.parent)
    modules = [scope for scope in snapshot.scopes if scope.kind != FUNCTION]
    roots = [scope for scope in modules if scope.parent is None and scope.id in used]
    return {roots[0].id} if len(roots) == 1 and not roots[0].name else set()
