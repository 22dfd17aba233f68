"""How high each node of a graph stands."""

from __future__ import annotations

from itertools import pairwise

from .chains import Chains
from .layered_graph import LayeredGraph

ROUNDS = 4
STILL = 0.01  # When nothing moves further, no more rounds are needed.
STAIRCASE = 8.0  # row gaps that a straight line may rise or fall by its boxes' ports


def y_positions(graph: LayeredGraph, row_gap: float, line_gap: float) -> list[float]:
    """Returns the height of each node's middle; the smallest top is 0.

    Nodes are first placed one by one, each near the mean of its neighbours, column after column. Chains then take the
    mean of their nodes, are moved apart until nothing overlaps, and drift towards their neighbours as far as there is
    room.
    """
    half = [tall / 2 + (row_gap / 2 if node < graph.boxes else line_gap / 2) for node, tall in enumerate(graph.height)]
    chains = Chains(graph, STAIRCASE * row_gap)
    y = _placed_one_by_one(graph, chains, half)
    height = [_mean([y[node] - chains.offset[node] for node in members]) for members in chains.members]
    above, below = _constraints(graph, chains, half)
    order = _topmost_first(above, below)
    _spread(height, above, below, order)
    wishes = _wishes(chains)
    for _ in range(ROUNDS):
        if _drift(height, wishes, above, below, order[::-1]) + _drift(height, wishes, above, below, order) < STILL:
            break
    y = [height[chain] + offset for chain, offset in zip(chains.chain, chains.offset, strict=True)]
    top = min(middle - tall / 2 for middle, tall in zip(y, graph.height, strict=True))
    return [middle - top for middle in y]


def _mean(values: list[float]) -> float:
    """Adds up one by one: the built-in sum rounds differently from one version of Python to the next."""
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def _placed_one_by_one(graph: LayeredGraph, chains: Chains, half: list[float]) -> list[float]:
    """Returns first heights. `half` is what each node takes above and below its middle, a share of the gap included."""
    y = [0.0] * len(graph.column)
    for column in graph.columns:
        at = 0.0
        for node in column:
            y[node] = at + half[node]
            at += 2 * half[node]
        for node in column:
            y[node] -= at / 2
    # Neighbours to the left of each node with the distance at which their segment is straight, and a weight.
    left: list[list[tuple[int, float, float]]] = [[] for _ in y]
    right: list[list[tuple[int, float, float]]] = [[] for _ in y]
    boxes = graph.boxes
    for source, target, source_port, target_port in chains.segments:
        weight = 1.0 if source < boxes and target < boxes else 8.0 if source >= boxes and target >= boxes else 2.0
        left[target].append((source, source_port - target_port, weight))
        right[source].append((target, target_port - source_port, weight))
    for rightwards in (True, False, True, False):
        near = left if rightwards else right
        for column in graph.columns if rightwards else reversed(graph.columns):
            _place_column(column, near, half, y)
    return y


def _place_column(
    column: list[int], near: list[list[tuple[int, float, float]]], half: list[float], y: list[float]
) -> None:
    """Places a column's nodes near their neighbours in order, least squares: isotonic regression."""
    if len(column) == 1:
        node = column[0]
        if near[node]:
            total = weights = 0.0
            for other, distance, weight in near[node]:
                total += weight * (y[other] + distance)
                weights += weight
            y[node] = total / weights
        return
    # Distances taken off, the nodes' heights must only not decrease. Where they would, neighbours are pooled.
    means: list[float] = []
    masses: list[float] = []
    counts: list[int] = []
    shift = 0.0
    previous = 0.0
    shifts: list[float] = []
    for index, node in enumerate(column):
        if index:
            shift += previous + half[node]
        previous = half[node]
        shifts.append(shift)
        mass = 0.0
        mean = 0.0
        for other, distance, weight in near[node]:
            mean += weight * (y[other] + distance)
            mass += weight
        if mass:
            mean = mean / mass - shift
        else:
            mean, mass = y[node] - shift, 0.1
        count = 1
        while means and means[-1] >= mean:
            other_mass = masses.pop()
            mean = (mean * mass + means.pop() * other_mass) / (mass + other_mass)
            mass += other_mass
            count += counts.pop()
        means.append(mean)
        masses.append(mass)
        counts.append(count)
    index = 0
    for mean, count in zip(means, counts, strict=True):
        for _ in range(count):
            y[column[index]] = mean + shifts[index]
            index += 1


Constraints = list[list[tuple[int, float]]]


def _constraints(graph: LayeredGraph, chains: Chains, half: list[float]) -> tuple[Constraints, Constraints]:
    """Returns, for each chain, the chains directly above and below it, with the least distance between the two."""
    chain, offset = chains.chain, chains.offset
    least: dict[tuple[int, int], float] = {}
    for column in graph.columns:
        for upper, lower in pairwise(column):
            distance = half[upper] + half[lower] + offset[upper] - offset[lower]
            pair = (chain[upper], chain[lower])
            if distance > least.get(pair, -1e300):
                least[pair] = distance
    above: Constraints = [[] for _ in chains.members]
    below: Constraints = [[] for _ in chains.members]
    for (upper, lower), distance in least.items():
        above[lower].append((upper, distance))
        below[upper].append((lower, distance))
    return above, below


def _topmost_first(above: Constraints, below: Constraints) -> list[int]:
    waiting = [len(others) for others in above]
    order = [chain for chain, count in enumerate(waiting) if not count]
    for chain in order:
        for other, _ in below[chain]:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    return order


def _spread(height: list[float], above: Constraints, below: Constraints, order: list[int]) -> None:
    """Moves chains apart: each halfway between where those above push it and where those below do."""
    pushed = list(height)
    lifted = list(height)
    for chain in order:
        for other, distance in above[chain]:
            pushed[chain] = max(pushed[chain], pushed[other] + distance)
    for chain in reversed(order):
        for other, distance in below[chain]:
            lifted[chain] = min(lifted[chain], lifted[other] - distance)
    for chain in order:
        height[chain] = (pushed[chain] + lifted[chain]) / 2


def _wishes(chains: Chains) -> Constraints:
    """Returns, for each chain, those it has lines to, and how far below each the line would be straight."""
    chain_of, offset = chains.chain, chains.offset
    return [
        [
            (chain_of[other], offset[other] + distance - offset[node])
            for node in members
            for other, distance in chains.loose[node]
        ]
        for members in chains.members
    ]


def _drift(height: list[float], wishes: Constraints, above: Constraints, below: Constraints, order: list[int]) -> float:
    """Moves each chain as near to the median of its wishes as those above and below it let it.

    Gives the longest move.
    """
    longest = 0.0
    for chain in order:
        wanted = [height[other] + distance for other, distance in wishes[chain]]
        if not wanted:
            continue
        wanted.sort()
        middle = len(wanted) // 2
        at = wanted[middle] if len(wanted) % 2 else (wanted[middle - 1] + wanted[middle]) / 2
        for other, distance in below[chain]:
            at = min(at, height[other] - distance)
        for other, distance in above[chain]:
            at = max(at, height[other] + distance)
        longest = max(longest, abs(at - height[chain]))
        height[chain] = at
    return longest
