"""Networks of single numbers, grouped by neuron: a node for each product and each sum is too much to read."""

from __future__ import annotations

from dataclasses import replace

from ..capture.snapshot import ScopeRecord, Snapshot
from ..graph.traits import ARITHMETIC

FEWEST = 30
"""Smaller networks are drawn operation by operation, as the article's is."""


def by_neuron(snapshot: Snapshot) -> Snapshot:
    """The snapshot of a network of single numbers with a scope for each neuron; any other one as it is.

    A neuron is an operation with the products and sums that are made for it alone.
    """
    if len(snapshot.nodes) < FEWEST or snapshot.scopes or any(tensor.shape for tensor in snapshot.tensors):
        return snapshot
    cells: list[int] = [0] * len(snapshot.nodes)  # the last node of the neuron that each node belongs to
    sizes: dict[int, int] = {}
    for node in reversed(snapshot.nodes):
        uses = snapshot.tensors[node.output].edges
        alone = len(uses) == 1 and node.kind in ARITHMETIC
        cells[node.id] = cells[snapshot.edges[uses[0]].node] if alone else node.id
        sizes[cells[node.id]] = sizes.get(cells[node.id], 0) + 1
    found = sorted(cell for cell, size in sizes.items() if size > 2)
    scope_of = {cell: i for i, cell in enumerate(found)}
    scopes = [
        ScopeRecord(i, f"neuron {i + 1}", f"neuron {i + 1}", snapshot.nodes[cell].operation, None)
        for cell, i in scope_of.items()
    ]
    nodes = [replace(node, scope=scope_of.get(cells[node.id])) for node in snapshot.nodes]
    tensors = []
    for tensor in snapshot.tensors:
        homes = {nodes[snapshot.edges[edge].node].scope for edge in tensor.edges}
        own = tensor.node is None and len(homes) == 1
        tensors.append(replace(tensor, scope=homes.pop()) if own else tensor)
    return replace(snapshot, nodes=nodes, tensors=tensors, scopes=scopes)
