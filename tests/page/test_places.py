"""Where things stand in pages of networks of all kinds, and what leads to what."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Container, Sequence
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.capture.capture import snapshot_until
from edgewise.capture.snapshot import Snapshot
from edgewise.page.chip_templates import ChipTemplates
from edgewise.page.places import places, with_groups
from edgewise.picture import looks as looks_module
from edgewise.picture.boxes import operation_box
from edgewise.picture.chips import Drawn, tensor_chip
from edgewise.picture.cluster_layout import place_clusters
from edgewise.picture.clusters import Clusters

from .contents import Contents

PLACED = re.compile(r' (x|y|width|height)="(-?[\d.]+)"')


def test_everything_stands_in_one_cluster_and_is_joined(pages: dict[str, Contents]) -> None:
    for page in pages.values():
        snapshot, given = with_groups(page.snapshot), page.data["places"]
        clusters = {cluster["scope"]: cluster for cluster in given["clusters"]}
        assert len(clusters) == len(given["clusters"])
        things = [thing for cluster in clusters.values() for thing in cluster["things"].split()]
        counted = Counter(things)
        assert max(counted.values()) == 1
        assert {int(thing[1:]) for thing in things if thing[0] == "n"} == {node.id for node in snapshot.nodes}
        assert {int(thing[1:]) for thing in things if thing[0] == "t"} == {tensor.id for tensor in snapshot.tensors}
        assert {int(thing[1:]) for thing in things if thing[0] == "m"} == set(clusters) - {-1}
        at = {thing: scope for scope, cluster in clusters.items() for thing in cluster["things"].split()}
        for tensor in snapshot.tensors:
            targets = [around(snapshot, clusters, snapshot.nodes[snapshot.edges[e].node].scope) for e in tensor.edges]
            targets += [[]] * (tensor.id in snapshot.outputs)
            if tensor.node is not None:
                # As near to what made it as any of its uses.
                home = around(snapshot, clusters, snapshot.nodes[tensor.node].scope)
                depth = max((len(begun([home, target])) for target in targets), default=0)
            else:
                home = begun(targets)
                depth = 0 if tensor.scope is None else len(home)
            assert at[f"t{tensor.id}"] == [-1, *home[:depth]][-1], tensor.name
        looks = {
            thing: form
            for cluster in clusters.values()
            for thing, form in zip(cluster["things"].split(), cluster["forms"], strict=True)
        }
        branches = {int(thing[1:]) for thing in things if thing[0] == "e"}
        for id in branches:
            edge = snapshot.edges[id]
            assert edge.contribution is not None
            assert len(snapshot.tensors[edge.tensor].edges) > 1
        for scope, cluster in clusters.items():
            own, layout = cluster["things"].split(), given["layouts"][cluster["layout"]]
            assert len(own) == len(cluster["forms"]) == len(layout["x"]) == len(layout["y"])
            assert len(layout["lines"]) == len(cluster["tensors"]) == len(cluster["back"])
            assert len(layout["entries"]) == len(cluster["entries"])
            assert len(layout["exits"]) == len(cluster["exits"])
            assert len(layout["gaps"]) == sum(thing[0] == "m" for thing in own)
            inner = [i for i, thing in enumerate(own) if thing[0] == "m"]
            for i, (before, left, right, after) in zip(inner, layout["gaps"], strict=True):
                wide = given["templates"][given["forms"][cluster["forms"][i]][0]][1]
                assert before <= left <= layout["x"][i] + 0.2
                assert layout["x"][i] + wide - 0.2 <= right <= after
            nodes = sum(is_within(snapshot, node.scope, scope) for node in snapshot.nodes)
            assert cluster["operations"] == nodes
            if scope >= 0:
                record = snapshot.scopes[scope]
                assert (cluster["name"], cluster["path"], cluster["kind"]) == (record.name, record.path, record.kind)
                assert cluster["title"] == " · ".join(dict.fromkeys(filter(None, (record.name, record.kind))))
                assert f"m{scope}" in clusters[cluster["parent"]]["things"].split()
                template, title, *_ = given["forms"][looks[f"m{scope}"]]
                learns = any(t.kind == "parameter" and is_within(snapshot, t.scope, scope) for t in snapshot.tensors)
                assert ("‖∂·‖" in given["templates"][template][0]) == learns
                assert title[:3] == (record.name or record.kind)[:3]
                learnt = [t.id for t in snapshot.tensors if t.kind == "parameter" and t.scope == scope]
                assert cluster["learnt"] == learnt
            for (source, target, *points), tensor, back in zip(
                layout["lines"], cluster["tensors"], cluster["back"], strict=True
            ):
                assert (back == "1") <= (snapshot.tensors[tensor].gradient is not None)
                assert len(points) % 2 == 0
                for end, is_source in ((source, True), (target, False)):
                    if end < 0:
                        assert cluster["entries" if is_source else "exits"][-1 - end] == tensor
                        continue
                    thing = own[end]
                    kind, id = thing[0], int(thing[1:])
                    if kind == "t":
                        assert id == tensor
                    elif kind == "e":
                        assert snapshot.edges[id].tensor == tensor
                        assert back == "1"
                    elif kind == "n" and is_source:
                        assert snapshot.nodes[id].output == tensor
                    elif kind == "n":
                        assert tensor in (snapshot.edges[edge].tensor for edge in page.data["nodes"][id]["inputs"])
                    else:
                        assert tensor in clusters[id]["exits" if is_source else "entries"]
        assert set(given["open"]) <= set(clusters) - {-1}
        for template, *texts in given["forms"]:
            markup, wide, high, port = given["templates"][template]
            assert markup.count("slot") == len(texts)
            assert 0 < port < high
            sizes = [
                {key: float(number) for key, number in PLACED.findall(tag)} for tag in re.findall("<[^>]+>", markup)
            ]
            for one in sizes:
                assert 0 <= one.get("x", 0) <= one.get("x", 0) + one.get("width", 0) <= wide + 0.1
                assert 0 <= one.get("y", 0) <= one.get("y", 0) + one.get("height", 0) <= high + 0.1
            if 'class="closed"' in markup:
                lines = [float(y) for y in re.findall('<text [^>]*y="([^"]+)"', markup)]
                assert all(10 < below - above < 20 for above, below in itertools.pairwise(lines))
                assert 8 < high - lines[-1] < 20


def around(snapshot: Snapshot, clusters: Container[int], scope: int | None) -> list[int]:
    """The modules that have clusters around a place, the outermost first."""
    found: list[int] = []
    while scope is not None:
        found = [scope, *found] if scope in clusters else found
        scope = snapshot.scopes[scope].parent
    return found


def begun(paths: Sequence[list[int]]) -> list[int]:
    """What all paths begin with."""
    alike = itertools.takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    return [level[0] for level in alike]


def test_a_forward_that_failed_has_clusters_though_there_is_no_gradient() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Sequential(nn.Linear(5, 5)))
    with pytest.raises(ew.EdgewiseError) as error:
        model(ew.ones(4, 3))
    taken = snapshot_until(error.value)
    assert taken is not None
    clusters = places(taken)["clusters"]
    assert [(cluster["name"], len(cluster["learnt"]), cluster["back"].strip("0")) for cluster in clusters] == [
        ("", 0, ""),
        ("0", 2, ""),
        ("1", 0, ""),
        ("0", 2, ""),
    ]


def is_within(snapshot: Snapshot, scope: int | None, around: int) -> bool:
    """Whether a module is another one, or within it; of the whole, -1, all are."""
    while scope is not None and scope != around:
        scope = snapshot.scopes[scope].parent
    return around == -1 or scope == around


def test_boxes_that_are_drawn_once_look_as_if_each_was_drawn() -> None:
    ew.manual_seed(0)
    names = ["relu", "a label that is much too long to be written whole", "s", "אב"]
    operations = [ew.Operation(name, lambda _xp, x: x * 1.0, lambda _xp, g, *_: g) for name in names]
    y = ew.tensor([1.0, 2.0], requires_grad=True)
    for operation in operations * 3:
        y = operation(y) * 0.5 + y
    snapshot = ew.snapshot(y.sum())
    clusters = Clusters(snapshot)
    looks = ChipTemplates(clusters)
    for path, cluster in clusters.by_path.items():
        for kind, id in cluster.boxes:
            if kind == "node":
                drawn = operation_box(snapshot.nodes[id])
                assert looks.look(cluster, kind, id).width == drawn.width, path
                assert looks.forms[looks.look(cluster, kind, id).form] == looks.forms[looks._form_of(drawn)]


class Uneven(nn.Module):
    """Blocks that differ from each other in sizes, activations, and what is done with their results."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, wide = number, 3 + number % 2
        self.up, self.norm, self.down = nn.Linear(3, wide), nn.LayerNorm(wide), nn.Linear(wide, 3)
        self.rather_long_name_of_a_scale = nn.Parameter(ew.ones(3))

    def forward(self, x: ew.Tensor) -> ew.Tensor:
        hidden = self.norm(self.up(x))
        y = self.down(hidden.relu() if self.number % 3 else hidden.tanh()) * self.rather_long_name_of_a_scale
        return x + y * self.up(x)[:, :3] if self.number == 4 else x - y


def uneven() -> Snapshot:
    ew.manual_seed(0)
    return ew.snapshot(nn.Sequential(*map(Uneven, range(6)))(ew.ones(2, 3)).square().mean())


def turned() -> Snapshot:
    """Names of equal width, some of which turn the direction of a line."""
    model = nn.Module()
    x = ew.ones(2, 2)
    for name in ("אב", "ab", "בא", "ba"):
        model.register_parameter(name, nn.Parameter(ew.ones(2, 2)))
    for name in ("אב", "ab", "בא", "ba"):
        x = (x @ getattr(model, name)).tanh()
    return ew.snapshot(x.sum())


def counted() -> Snapshot:
    """Numbers that are not finite, and whole numbers."""
    table, which = ew.ones(9, 3, requires_grad=True), ew.arange(8) % 3
    return ew.snapshot((table[which] * ew.tensor(float("nan")) + table[which + 1]).sum())


@pytest.mark.parametrize("network", [uneven, turned, counted])
def test_things_that_share_a_look_look_as_each_does_that_is_drawn_alone(network: Callable[[], Snapshot]) -> None:
    clusters = Clusters(with_groups(network()))
    looks = ChipTemplates(clusters)
    found = []
    for cluster in clusters.by_path.values():
        for kind, id in cluster.boxes:
            if kind == "port":
                continue
            alone = ChipTemplates(clusters)
            shared, own = looks.look(cluster, kind, id), alone.look(cluster, kind, id)
            assert shared[1:] == own[1:]
            (template, *texts), (_, *own_texts) = looks.forms[shared.form], alone.forms[own.form]
            assert texts == own_texts
            found.append((template, alone.templates()[0]))
    templates = looks.templates()
    assert [templates[template] for template, _ in found] == [own for _, own in found]


def test_chips_of_equal_blocks_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(blocks: int) -> int:
        model = nn.Sequential(*(nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3)) for _ in range(blocks)))
        clusters = Clusters(ew.snapshot(model(ew.rand(2, 3)).square().mean()))
        count = 0

        def counting(*given: Any, **how: Any) -> Drawn:
            nonlocal count
            count += 1
            return tensor_chip(*given, **how)

        with monkeypatch.context() as patch:
            patch.setattr(looks_module, "tensor_chip", counting)
            place_clusters(clusters, ChipTemplates(clusters))
        return count

    assert drawn(9) == drawn(5)
