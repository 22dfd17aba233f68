"""The computational graph as a scene: operations as boxes, and on the edges what they carry, both ways."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import cached_property

from ..capture.snapshot import EdgeRecord, Snapshot, TensorRecord
from .about import about_edge, about_module, about_node, about_picture, about_tensor
from .arrangement import Arrangement, PlacedFrame, PlacedLine, PlacedName, PlacedThing
from .boxes import module_role, module_title
from .chips import Drawn, Scales, is_mapped
from .cluster_layout import PlacedCluster, place_clusters
from .clusters import WHOLE, Cluster, Clusters, Path
from .compose import OUTSIDE, compose
from .fit import LEAST_AREA, closed_to_fit
from .heat import scale_of
from .legend import Mark, legend
from .lines import curve_of, pieces_between_names
from .looks import Looks
from .loops import with_folded_loops
from .metrics import fitted, text_width
from .modules import Modules, by_neuron
from .scene import Arrow, Part, Rectangle, Scene, Shape, Steps, Text, Thing, moved
from .story import Story

LEGEND_GAP = 20.0
LEAST_LEGEND = 560.0  # a legend may be this wide below smaller pictures
SIDE = 2.0  # how far above and below the middle of an edge its two lines are
MOST_NAME = 90.0  # of a line where a row starts
CAPTION = 15.0  # the baseline of what happens in a step
RING = 3.0  # between a thing and the mark around it
HEAD = 4.0  # so much shorter is a line for its arrowhead
NARROWER = 3  # times a picture is composed for less width where it does not keep to it
MOST_SHEETS = 24  # sizes for which a picture is composed that does not fit
LARGER = 1.08  # times as wide and high is each of them at least
LEAST_FILLED = 0.9  # of the root of the area that the picture took on the sheet before

MOST_UNROLLED = 20
"""Loops of graphs with more operations are folded."""

PLAIN_ABOVE = 1500
"""With more visible operations than this, or more leaves that these use, arrays are written as their norms, without
formulas, a chip for each."""


def graph_scene(
    snapshot: Snapshot,
    closed: Collection[str] | None = None,
    width: float | None = None,
    height: float | None = None,
    *,
    steps: Steps | None = None,
) -> Scene:
    """Draws the graph from left to right, with modules as frames, or as boxes where they are closed.

    Where it is wider than `width` it is broken into rows, if there are places for that. Without `closed`, modules are
    closed so that it fits into `width` and `height`; without `height` all are open. A larger network of single numbers
    has its neurons for modules. `steps` says of a story's steps which ones the picture is for.
    """
    limit = math.inf if width is None else width
    if closed is None and height is not None:
        # As in pages, small graphs can be seen as they are.
        snapshot = by_neuron(with_folded_loops(snapshot) if len(snapshot.nodes) > MOST_UNROLLED else snapshot)
        return _fitted_scene(snapshot, limit, height, steps)
    snapshot = by_neuron(snapshot)
    modules = Modules(snapshot, closed, len(snapshot.nodes))
    plain = _is_large(snapshot, modules)
    clusters = Clusters(snapshot, branches=not plain)
    modules = Modules(snapshot, closed, len(snapshot.nodes), dissolved=clusters.dissolved)
    return _Still(clusters, modules, plain=plain, steps=steps).scene(limit)


def _fitted_scene(snapshot: Snapshot, width: float, height: float, steps: Steps | None) -> Scene:
    """Draws the graph with as many modules open as fit. Where it does not fit with all closed, it is drawn smaller."""
    clusters = Clusters(snapshot)
    _ = clusters.learnt  # is the same in all copies
    found: dict[frozenset[int], tuple[_Still, Arrangement]] = {}

    def modules_with(closed: Collection[int]) -> Modules:
        return Modules(snapshot, None, dissolved=clusters.dissolved, shut=closed)

    def fits(closed: set[int]) -> bool:
        modules = modules_with(closed)
        boxes = sum(len(cluster.boxes) for cluster in _visible_clusters(clusters, modules))
        if boxes * LEAST_AREA > width * height:
            return False
        still = _Still(clusters.copy(), modules, plain=False, steps=steps)
        arranged = still.arranged(width)
        across, down = still.size(arranged)
        if across > width or down > height:
            return False
        found[frozenset(closed)] = still, arranged
        return True

    closed = closed_to_fit(snapshot, clusters.dissolved, fits)
    if frozenset(closed) in found:
        still, arranged = found[frozenset(closed)]
        return still.drawn(arranged)
    modules = modules_with(closed)
    plain = _is_large(snapshot, modules)
    if plain:
        clusters = Clusters(snapshot, branches=False)
        modules = modules_with(closed)
    return _Still(clusters, modules, plain=plain, steps=steps).smaller_scene(width, height)


def _visible_clusters(clusters: Clusters, modules: Modules) -> list[Cluster]:
    """Returns the clusters that are open in clusters that are open, the outer ones first."""
    open_scopes = {scope for scope in modules.open if clusters.cluster_of(scope) is not None}
    found: list[Cluster] = []
    paths: set[Path] = {()}
    for path, cluster in clusters.by_path.items():
        if not path or (path[:-1] in paths and path[-1] in open_scopes):
            paths.add(path)
            found.append(cluster)
    return found


def _is_large(snapshot: Snapshot, modules: Modules) -> bool:
    seen = [modules.outermost_closed(node.scope) is None for node in snapshot.nodes]
    leaves = [tensor.edges for tensor in snapshot.tensors if tensor.node is None]
    used = sum(any(seen[snapshot.edges[id].node] for id in edges) for edges in leaves)
    return max(sum(seen), used) > PLAIN_ABOVE


class _StillLooks(Looks):
    """The looks of things in a still picture, where formulas of operations that are hidden say nothing."""

    def __init__(self, clusters: Clusters, scales: Scales, modules: Modules, *, plain: bool) -> None:
        super().__init__(clusters, scales, plain=plain)
        self.modules = modules

    def branch_footers(self, edge: EdgeRecord, path: str) -> Sequence[str]:
        is_hidden = self.modules.outermost_closed(self.snapshot.nodes[edge.node].scope) is not None
        return () if is_hidden else super().branch_footers(edge, path)


class _Still:
    """A still picture: the clusters that can be seen, composed and drawn."""

    def __init__(self, clusters: Clusters, modules: Modules, *, plain: bool, steps: Steps | None = None) -> None:
        self.clusters, self.modules, self.plain = clusters, modules, plain
        self.snapshot = clusters.snapshot
        self.steps = steps
        self.story = None if steps is None else Story(self.snapshot, modules)
        self.seen = _visible_clusters(clusters, modules)
        self.open = {cluster.scope for cluster in self.seen}
        self.tensors = self._tensors()
        self.scales = Scales(1.0, 1.0) if plain else _scales(self.tensors)
        self.looks = _StillLooks(clusters, self.scales, modules, plain=plain)
        self.names: dict[int, str] = {}  # of tensors, at lines where rows start

    def scene(self, limit: float) -> Scene:
        """Draws all of it, at most so wide if that can be."""
        return self.drawn(self.arranged(limit))

    def smaller_scene(self, width: float, height: float) -> Scene:
        """Draws all of it for a larger sheet of the same proportions, and scales it to a width and a height."""
        arranged = self.arranged(width)
        times = 1.0
        for _ in range(MOST_SHEETS):
            across, down = self.size(arranged)
            if across <= width * times and down <= height * times:
                break
            # Rows of another width have another height, so the sheet grows by small steps.
            times = max(times * LARGER, LEAST_FILLED * math.sqrt(across * down / (width * height)))
            arranged = self.arranged(width * times)
        scene = self.drawn(arranged)
        scene.scale = min(width / scene.width, height / scene.height, 1.0)
        return scene

    def _legend(self, arranged: Arrangement) -> Drawn:
        across = max(arranged.width - 2 * OUTSIDE, LEAST_LEGEND)
        marks = self._marks(arranged)
        boxes = [id for kind, id in (_parts(thing.key) for thing in arranged.things) if kind == "module"]
        orders = {self.snapshot.scopes[id].kind for id in [*boxes, *(frame.scope for frame in arranged.frames)]}
        return legend(
            self.snapshot, self.tensors, self.scales, maps=not self.plain, marks=marks, orders=orders, width=across
        )

    def size(self, arranged: Arrangement, key: Drawn | None = None) -> tuple[float, float]:
        """Returns how wide and high the picture is with its legend."""
        key = self._legend(arranged) if key is None else key
        width = max(arranged.width, key.width + 2 * OUTSIDE)
        return width, arranged.height + LEGEND_GAP + key.height - 6

    def drawn(self, arranged: Arrangement) -> Scene:
        key = self._legend(arranged)
        width, height = self.size(arranged, key)
        things = [self._frame(frame) for frame in arranged.frames]
        things += self._lines(arranged)
        things += [self._thing(thing) for thing in arranged.things]
        below = arranged.height - OUTSIDE + LEGEND_GAP
        things.append(Thing("legend", None, "", moved(key.shapes, OUTSIDE, below)))
        title = f"Computational graph of {self.snapshot.objective.name[:80]}"
        scene = Scene(width, height, title, about_picture(self.snapshot), things)
        if self.story is not None:
            self._caption(scene, self.story)
        return scene

    def _caption(self, scene: Scene, story: Story) -> None:
        """Says in each step which one it is and what happens."""
        scene.first = story.forward_end if self.steps == "backward" else 0
        scene.last = len(story.captions) - 1
        caption = Thing("caption", None)
        for step in range(scene.first, scene.last + 1):
            says = "All values are there" if step == scene.first > 0 else story.captions[step]
            text = fitted(f"{step - scene.first} of {scene.last - scene.first} · {says}", scene.width - 2 * OUTSIDE, 12)
            caption.shapes.append(Text(OUTSIDE, CAPTION, text, "caption", step=step, until=step))
        scene.things.append(caption)

    def arranged(self, limit: float) -> Arrangement:
        placed = self._placed
        whole = placed[WHOLE]
        chips = dict(zip(whole.things, whole.looks, strict=True))

        def composed(room: float) -> Arrangement:
            return compose(placed, WHOLE, self.open, lambda tensor: chips[f"tensor {tensor}"], room, self._name_width)

        arranged = composed(limit)
        room = limit
        for _ in range(NARROWER):
            if arranged.width <= limit:
                break
            room -= arranged.width - limit
            other = composed(room)
            if other.width < arranged.width:
                arranged = other
        return arranged

    @cached_property
    def _placed(self) -> dict[int, PlacedCluster]:
        return place_clusters(self.clusters, self.looks, {cluster.path for cluster in self.seen})

    def _tensors(self) -> list[TensorRecord]:
        """Returns the tensors whose chips can be seen."""
        shown = sorted(id for cluster in self.seen for kind, id in cluster.boxes if kind == "tensor")
        return [self.snapshot.tensors[id] for id in shown]

    # Things ----------------------------------------------------------------------------------------------------------

    def _thing(self, placed: PlacedThing) -> Thing:
        kind, id = _parts(placed.key)
        shapes = moved(self.looks.drawn[placed.form].shapes, placed.x, placed.y)
        if self.story is not None:
            for shape in shapes:
                shape.step = self.story.step_of(kind, id, shape.part)
            shapes += [_ring(placed, step, part) for step, part in self.story.at_work(kind, id)]
        return Thing(kind, id, self._about(kind, id), shapes)

    def _about(self, kind: str, id: int) -> str:
        snapshot = self.snapshot
        if kind == "node":
            return about_node(snapshot.nodes[id], plain=self.plain)
        if kind == "tensor":
            return about_tensor(snapshot, snapshot.tensors[id], plain=self.plain)
        if kind == "edge":
            return about_edge(snapshot, snapshot.edges[id])
        return about_module(snapshot.scopes[id], closed=True)

    def _frame(self, frame: PlacedFrame) -> Thing:
        scope = self.snapshot.scopes[frame.scope]
        title = fitted(module_title(scope), frame.width - 23, 11.5, bold=True, middle=True)
        shapes: list[Shape] = [
            Rectangle(frame.x, frame.y, frame.width, frame.height, module_role("module", scope.kind), 10),
            Text(frame.x + 12, frame.y + 18, title, "title"),
        ]
        return Thing("module", scope.id, about_module(scope, closed=False), shapes)

    def _marks(self, arranged: Arrangement) -> set[Mark]:
        """Returns what the legend has to explain."""
        marks: set[Mark] = set()
        for thing in arranged.things:
            kind, id = _parts(thing.key)
            if kind == "node":
                if any(argument.number is not None for argument in self.snapshot.nodes[id].arguments):
                    marks.add("number")
                continue
            if kind == "edge":
                marks.add("part")
            elif kind == "tensor":
                marks |= self._marks_of(self.snapshot.tensors[id])
            marks |= self._marks_of_formula(self.looks.drawn[thing.form])
        return marks

    def _marks_of(self, tensor: TensorRecord) -> set[Mark]:
        marks: set[Mark] = set()
        if self.looks.is_summed(tensor):
            marks.add("sum")
        if tensor.update is not None:
            marks.add("new")
        if is_mapped(tensor.value):
            marks.add("norm")
            if not self.looks.is_plain(tensor):
                marks.add("largest")
        return marks

    def _marks_of_formula(self, drawn: Drawn) -> set[Mark]:
        last = drawn.shapes[-1]
        if not isinstance(last, Text) or last.role != "local":
            return set()
        return {"formula" if last.text.startswith(("=", f"∂{self.snapshot.objective.symbol}/")) else "factor"}

    # Lines -----------------------------------------------------------------------------------------------------------

    def _name_width(self, line: PlacedLine) -> float:
        """Returns how wide the name of a line is where a row starts; what leads to the tensor's own chip needs none."""
        if line.target is not None and line.target.startswith("tensor"):
            return 0.0
        return text_width(self._name(line.tensor), 10)

    def _name(self, tensor: int) -> str:
        if tensor not in self.names:
            self.names[tensor] = fitted(self.snapshot.tensors[tensor].symbol, MOST_NAME, 10, middle=True)
        return self.names[tensor]

    def _lines(self, arranged: Arrangement) -> list[Thing]:
        """Draws the value's line above and the gradient's below, each with an arrowhead where it arrives."""
        things: dict[int, Thing] = {}
        heads: set[tuple[float, float, int]] = set()
        names: dict[float, list[PlacedName]] = {}
        for name in arranged.names:
            names.setdefault(round(name.y, 2), []).append(name)
        for line in arranged.lines:
            thing = things.setdefault(line.tensor, Thing("lines", line.tensor))
            self._line(thing, heads, line, names)
        for name in arranged.names:
            text = ", ".join(map(self._name, name.tensors))
            things[name.tensors[0]].shapes.append(Text(name.x, name.y + 3.5, text, "note", "end"))
        return list(things.values())

    def _line(
        self,
        thing: Thing,
        heads: set[tuple[float, float, int]],
        line: PlacedLine,
        names: dict[float, list[PlacedName]],
    ) -> None:
        begins = not line.shared
        returned = 0 if self.story is None else self.story.back_along(line.tensor, line.target)
        points = line.points[max(0, line.shared - 1) :]
        (left, start), (right, end) = points[0], points[-1]
        pieces = pieces_between_names(points, line.tensor, names) if line.bent else [points]
        for place, piece in enumerate(pieces):
            forward, backward = [*piece], [*piece]
            if place == len(pieces) - 1:
                forward[-1] = (right - HEAD, end)
            if place == 0 and begins:
                backward[0] = (left + HEAD, start)
            thing.shapes.append(curve_of(forward, "forward", -SIDE, bent=line.bent))
            if line.back:
                curve = curve_of(backward, "backward", SIDE, bent=line.bent)
                curve.step = returned
                thing.shapes.append(curve)
        if self.plain:
            return
        tips = [(right, end - SIDE, 1)]
        if line.back and begins:
            tips.append((left, start + SIDE, -1))
        for tip in tips:
            if tip not in heads:
                heads.add(tip)
                to = tip[2] > 0
                thing.shapes.append(Arrow(*tip, "to" if to else "fro", step=0 if to else returned))


def _ring(placed: PlacedThing, step: int, part: Part) -> Rectangle:
    """Returns a mark around a thing, for the step in which something happens at it."""
    x, y, width, height = placed.x - RING, placed.y - RING, placed.width + 2 * RING, placed.height + 2 * RING
    return Rectangle(x, y, width, height, f"ring {part}-ring", 6 + RING, step=step, until=step)


def _parts(key: str) -> tuple[str, int]:
    kind, id = key.split()
    return kind, int(id)


def _scales(tensors: list[TensorRecord]) -> Scales:
    """Returns one scale for all values and one for all gradients that are drawn as heat maps."""
    mapped = [tensor for tensor in tensors if is_mapped(tensor.value)]
    gradients = [tensor.gradient for tensor in mapped if tensor.gradient is not None]
    return Scales(scale_of([tensor.value for tensor in mapped]), scale_of(gradients))
