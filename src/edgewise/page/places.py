"""What a page draws its graph from: the clusters by themselves, and which of them are open at first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..capture.snapshot import Snapshot
from ..picture.boxes import module_title
from ..picture.cluster_layout import ClusterLayout, PlacedCluster, place_clusters
from ..picture.clusters import WHOLE, Cluster, Clusters, Learnt
from ..picture.loops import with_loops
from ..picture.modules import Modules, by_neuron
from .chip_templates import ChipTemplates
from .contract import ClusterData, LayoutData, PlacesData

MOST_SEEN = 20
"""With more operations than this, inner modules are closed at first: readers open what they want to look into."""

MOST_SMALL = 60
"""Of single numbers, which take little room, there may be more."""

FEWEST_SEEN = 5
"""Inner modules stay open where they would leave fewer boxes than this."""


def places(snapshot: Snapshot, closed: Collection[str] | None = None, grouped: Snapshot | None = None) -> PlacesData:
    """Returns everything that the page needs to draw the graph.

    `grouped` is what `with_groups` made of the snapshot, if that is known.
    """
    snapshot = with_groups(snapshot, closed) if grouped is None else grouped
    # What an optimiser made of the parameters is not drawn: the page makes its own updates.
    snapshot = replace(
        snapshot,
        tensors=[tensor if tensor.update is None else replace(tensor, update=None) for tensor in snapshot.tensors],
    )
    clusters = Clusters(snapshot)
    looks = ChipTemplates(clusters)
    placed = place_clusters(clusters, looks)
    layouts: dict[int, int] = {}
    layouts_data = []
    for one in placed.values():
        if id(one.layout) not in layouts:
            layouts[id(one.layout)] = len(layouts)
            layouts_data.append(_layout_data(one.layout))
    most = MOST_SMALL if all(not tensor.shape for tensor in snapshot.tensors) else MOST_SEEN
    modules = Modules(snapshot, closed, most, FEWEST_SEEN, clusters.dissolved)
    return {
        "layouts": layouts_data,
        "clusters": [
            _cluster_data(cluster, placed[cluster.scope], layouts[id(placed[cluster.scope].layout)], snapshot, looks)
            for cluster in clusters.by_path.values()
        ],
        "open": [scope for scope in modules.open if clusters.cluster_of(scope) is not None],
        "templates": looks.templates(),
        "forms": looks.forms,
    }


def with_groups(snapshot: Snapshot, closed: Collection[str] | None = None) -> Snapshot:
    """Returns the snapshot with modules for loops, and for the neurons of a network of single numbers."""
    # Whoever says which modules are closed wants to see the others, and small graphs can be seen as they are.
    if closed is None and len(snapshot.nodes) > MOST_SEEN:
        snapshot = with_loops(snapshot)
    return by_neuron(snapshot)


def _cluster_data(
    cluster: Cluster, placed: PlacedCluster, layout: int, snapshot: Snapshot, looks: ChipTemplates
) -> ClusterData:
    scope = None if cluster.scope == WHOLE else snapshot.scopes[cluster.scope]
    return {
        "scope": cluster.scope,
        "parent": cluster.path[-2] if len(cluster.path) > 1 else WHOLE,
        "name": scope.name if scope else "",
        "path": scope.path if scope else "",
        "kind": scope.kind if scope else "",
        "operations": cluster.operations,
        "title": module_title(scope) if scope else "",
        "titleWidth": placed.title_width,
        "learnt": list(looks.learnt.get(cluster.path, Learnt()).own),
        "layout": layout,
        "things": " ".join(f"{kind[0]}{id}" for kind, id in map(str.split, placed.things)),
        "forms": [look.form for look in placed.looks],
        "entries": placed.entries,
        "exits": placed.exits,
        "tensors": placed.tensors,
        "back": "".join("01"[back] for back in placed.back),
    }


def _layout_data(layout: ClusterLayout) -> LayoutData:
    return {
        "width": layout.width,
        "height": layout.height,
        "x": layout.x,
        "y": layout.y,
        "gaps": layout.gaps,
        "entries": layout.entries,
        "exits": layout.exits,
        "lines": [
            [source, target, *(at for point in points for at in point)] for source, target, points in layout.routes
        ],
    }
