"""The order of the nodes in each column, with few crossings."""

from __future__ import annotations

from bisect import bisect_right

from .layered_graph import LayeredGraph

SWEEPS = 8
PATIENCE = 3  # sweeps without gain before the rest is spared
EXCHANGES = 3
CROWDED = 1000  # Pairs of nodes with more pairs of lines are not exchanged,
SMALL = 1000  # and graphs with more nodes are tried from one start only.
LARGE, FEWER = 20_000, 3  # With more nodes than this there are so many sweeps, and one exchange.


class _Ends:
    """The ends of all lines.

    An end is a node, and where in it the line ends, from -0.5 (top) to 0.5.

    Attributes
    ----------
    left, right:
        For each node the other ends of its lines.
    lines:
        For each column the two ends of all lines from it to the next.
    """

    def __init__(self, graph: LayeredGraph) -> None:
        nodes = range(len(graph.column))
        self.left: list[list[tuple[int, float]]] = [[] for _ in nodes]
        self.right: list[list[tuple[int, float]]] = [[] for _ in nodes]
        self.lines: list[list[tuple[int, float, int, float]]] = [[] for _ in graph.columns]
        height = graph.height
        for source, target, source_port, target_port in graph.segments:
            at_source = source_port / height[source] if source_port and height[source] else 0.0
            at_target = target_port / height[target] if target_port and height[target] else 0.0
            self.left[target].append((source, at_source))
            self.right[source].append((target, at_target))
            self.lines[graph.column[source]].append((source, at_source, target, at_target))


def order_layers(graph: LayeredGraph) -> None:
    """Fills `graph.columns`: starts with the order in which a walk meets the nodes, then sweeps and exchanges.

    The walk goes from the last boxes backwards. If lines cross in the end and the graph is not too large, a walk from
    the first boxes forwards is tried as well.
    """
    graph.columns[:] = _walk(graph, backwards=True)
    if max(map(len, graph.columns)) < 2:
        return
    ends = _Ends(graph)
    fewest = _untangle(graph.columns, ends)
    if fewest and len(graph.column) <= SMALL:
        columns = _walk(graph, backwards=False)
        if _untangle(columns, ends) < fewest:
            graph.columns[:] = columns


def _untangle(columns: list[list[int]], ends: _Ends) -> int:
    """Improves the order within columns. Returns how many lines still cross."""
    place = [0] * len(ends.left)
    _renumber(columns, place)
    counts = [_crossings(lines, place) for lines in ends.lines]
    fewest = sum(counts)
    best = [list(column) for column in columns]
    idle = 0
    large = len(place) > LARGE
    for sweep in range(FEWER if large else SWEEPS):
        if not fewest or idle == PATIENCE:
            break
        backwards = sweep % 2 == 0
        changed = _sweep(columns, ends.right if backwards else ends.left, place, counts, backwards, sweep % 4 > 1)
        for at in range(len(counts)):
            if changed[at] or changed[at + 1]:
                counts[at] = _crossings(ends.lines[at], place)
        total = sum(counts)
        idle += 1
        if total < fewest:
            fewest, idle = total, 0
            best = [list(column) for column in columns]
    columns[:] = best
    _renumber(columns, place)
    return fewest - _exchange(columns, ends, place, 1 if large else EXCHANGES) if fewest else 0


def crossings(graph: LayeredGraph) -> int:
    """Counts the pairs of lines that cross."""
    place = [0] * len(graph.column)
    _renumber(graph.columns, place)
    return sum(_crossings(lines, place) for lines in _Ends(graph).lines)


def _walk(graph: LayeredGraph, backwards: bool) -> list[list[int]]:
    """Returns the nodes of each column in the order in which a walk in depth meets them, ports from top to bottom."""
    columns: list[list[int]] = [[] for _ in graph.columns]
    seen = [False] * len(graph.column)
    segments = graph.segments
    here, there = (graph.left, graph.right) if backwards else (graph.right, graph.left)
    for first in range(len(graph.column)):
        if there[first]:
            continue
        stack = [first]
        while stack:
            node = stack.pop()
            if seen[node]:
                continue
            seen[node] = True
            columns[graph.column[node]].append(node)
            ways = here[node]
            if backwards:
                ways = sorted(ways, key=lambda index: (-segments[index].target_port, -index))
                stack.extend(segments[index].source for index in ways if not seen[segments[index].source])
            else:
                ways = sorted(ways, key=lambda index: (-segments[index].source_port, -index))
                stack.extend(segments[index].target for index in ways if not seen[segments[index].target])
    return columns


def _renumber(columns: list[list[int]], place: list[int]) -> None:
    for column in columns:
        for index, node in enumerate(column):
            place[node] = index


def _sweep(
    columns: list[list[int]],
    ends: list[list[tuple[int, float]]],
    place: list[int],
    counts: list[int],
    backwards: bool,
    flip: bool,
) -> list[bool]:
    """Sorts each column by where its neighbours are, and keeps nodes without neighbours where they are.

    Columns are passed over where no lines cross, unless the column before has changed. Of nodes with neighbours at the
    same place, `flip` turns the order round, which leads out of some dead ends.
    """
    changed = [False] * (len(columns) + 1)
    numbers = range(len(columns))
    for number in reversed(numbers) if backwards else numbers:
        column = columns[number]
        before = number + 1 if backwards else number - 1
        if len(column) < 2 or not (changed[before] or counts[number] or counts[number - 1]):
            continue
        slots = []
        keyed = []
        for index, node in enumerate(column):
            near = ends[node]
            if near:
                total = 0.0
                for other, part in near:
                    total += place[other] + part
                slots.append(index)
                keyed.append((total / len(near), -index if flip else index, node))
        keyed.sort()
        for index, (_, _, node) in zip(slots, keyed, strict=True):
            if column[index] != node:
                changed[number] = True
                column[index] = node
                place[node] = index
    return changed


def _crossings(lines: list[tuple[int, float, int, float]], place: list[int]) -> int:
    if len(lines) < 2:
        return 0
    pairs = [(place[source] + a, place[target] + b) for source, a, target, b in lines]
    pairs.sort()
    met: list[float] = []
    total = 0
    for _, end in pairs:
        at = bisect_right(met, end)
        total += len(met) - at
        met.insert(at, end)
    return total


def _exchange(columns: list[list[int]], ends: _Ends, place: list[int], rounds: int) -> int:
    """Exchanges neighbours wherever their lines then cross less. Returns how many crossings are gone."""
    total = 0
    for _ in range(rounds):
        before = total
        for column in columns:
            for index in range(len(column) - 1):
                upper, lower = column[index], column[index + 1]
                gain = _gain(ends.left[upper], ends.left[lower], place)
                gain += _gain(ends.right[upper], ends.right[lower], place)
                if gain > 0:
                    column[index], column[index + 1] = lower, upper
                    place[lower], place[upper] = index, index + 1
                    total += gain
        if total == before:
            break
    return total


def _gain(upper: list[tuple[int, float]], lower: list[tuple[int, float]], place: list[int]) -> int:
    """Returns how many crossings two neighbours lose when they change places."""
    if len(upper) * len(lower) > CROWDED:
        return 0
    gain = 0
    for other, part in upper:
        a = place[other] + part
        for another, portion in lower:
            b = place[another] + portion
            gain += (a > b) - (a < b)
    return gain
