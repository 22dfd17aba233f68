"""Golden layouts: graphs and their coordinates as JSON, which a port to another language can be held to.

``python -m layout.golden`` in ``tests/`` writes them anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import graphs
from .placing import Group, Item, Link, Placement, layout

FILE = Path(__file__).with_name("golden.json")
Graph = tuple[list[Item], list[Link], list[Group]]


def cases() -> dict[str, Graph]:
    uneven = graphs.layered(40, seed=3)
    uneven.items = [
        item._replace(width=20.0 + 7 * (index % 5), height=12.0 + 9 * (index % 4))
        for index, item in enumerate(uneven.items)
    ]
    uneven.links = [link._replace(source_port=(link.target % 3 - 1) * 4.0) for link in uneven.links]
    return {
        "empty": ([], [], []),
        "single": ([Item(40.0, 20.0)], [], []),
        "a link twice": ([Item(40.0, 20.0), Item(40.0, 20.0)], [Link(0, 1), Link(0, 1), Link(0, 1, 4.0, -4.0)], []),
        "scalar chain": graphs.scalar_chain().graph,
        "residual in groups": graphs.residual(2).graph,
        "residual flat": graphs.residual(3, grouped=False).graph,
        "fan-out": graphs.fan_out(6).graph,
        "neurons": graphs.neurons().graph,
        "recurrent": graphs.recurrent(4).graph,
        "transformer": graphs.transformer(1).graph,
        "module used again": graphs.shared().graph,
        "uneven, with ports": uneven.graph,
        "random": graphs.layered(80).graph,
        "tangle": graphs.tangle(40).graph,
        "lines below": graphs.long_links(100).graph,
    }


def as_data(placement: Placement) -> dict[str, Any]:
    return {
        "x": [round(x, 2) for x in placement.x],
        "y": [round(y, 2) for y in placement.y],
        "routes": [[[round(x, 2), round(y, 2)] for x, y in route] for route in placement.routes],
        "frames": [[frame.group, *(round(value, 2) for value in frame[1:])] for frame in placement.frames],
        "width": round(placement.width, 2),
        "height": round(placement.height, 2),
    }


def case(items: list[Item], links: list[Link], groups: list[Group]) -> dict[str, Any]:
    return {
        "items": [list(item) for item in items],
        "links": [list(link) for link in links],
        "groups": [list(group) for group in groups],
        "placement": as_data(layout(items, links, groups)),
    }


if __name__ == "__main__":
    lines = [f"{json.dumps(name)}: {json.dumps(case(*graph))}" for name, graph in cases().items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
