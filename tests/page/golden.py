"""What pages know of a few networks, and a program as they run it: `python tests/page/golden.py` writes it again.

Numbers are left out, and where things stand: what is left is as readable as a difference should be.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import edgewise as ew
from edgewise import nn, optim
from edgewise.capture.capture import snapshot_until
from edgewise.capture.watch import capture_of
from edgewise.page.gallery import Gallery
from edgewise.page.labels import marks_of, names_of
from edgewise.page.page import parts_of_page, recorded_page
from edgewise.page.updates import update_of
from edgewise.printers.javascript import javascript
from edgewise.program.replay import replay

F = nn.functional
PLACE = Path(__file__).with_name("golden.json")
PROGRAM = Path(__file__).with_name("golden.js")

_NUMBERS = ("start", "recorded", "values", "locals", "update", "batches", "masks")
_LISTED = ("tensors", "nodes", "edges", "lines", "clusters")
_PLACED = ("titleWidth", "forms", "layout")


def article() -> dict[str, Any]:
    """Single numbers, one of them used twice."""
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W, b = ew.tensor(0.8, requires_grad=True), ew.tensor(-0.4, requires_grad=True)
    h = (x * W + b).relu()
    loss = (h * W - t) ** 2
    return parts_of_page([loss])[1]


def perceptron() -> dict[str, Any]:
    """Layers in modules, one of them closed with a long title; the update of Adam; arrays of one number and of two."""
    long = "a_first_layer_of_which_the_name_goes_on_and_on_for_long"
    model = nn.Sequential()
    model.add_module(long, nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    model.add_module("last", nn.Linear(2, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    x, t = ew.ones(1, 2), ew.zeros(1, 1)
    loss = F.mse_loss(model(x), t)
    loss.backward()
    return parts_of_page([loss], optimizer=optimizer, closed=[long])[1]


def images() -> dict[str, Any]:
    """Images through a convolution, and laid flat for a layer that meets them as images, beside a layer that does not;
    what they are taken for."""
    x, t = ew.ones(4, 1, 8, 8), ew.tensor([0, 1, 2, 1])
    kernels, w = ew.ones(3, 1, 3, 3, requires_grad=True), ew.ones(3, 64, requires_grad=True)
    maps = F.conv2d(x, kernels).mean((2, 3))
    noise, other = ew.ones(4, 64), ew.ones(3, 64, requires_grad=True)
    scores = maps + F.linear(x.flatten(1), w) + F.linear(noise.flatten(1), other)
    loss = F.cross_entropy(scores, t)
    return parts_of_page([loss], gallery=Gallery(x, None, None, ["one", "two", "three"], None))[1]


def attention() -> dict[str, Any]:
    """Arrays that are cut apart, masked and multiplied, and a loss of two results."""
    x, w = ew.ones(3, 4), ew.ones(4, 12, requires_grad=True)
    q, k, v = (x @ w).chunk(3, dim=-1)
    mask = ew.triu(ew.ones(3, 3), 1) == 1
    weights = (q @ k.mT / 2).masked_fill(mask, -1e9).softmax(-1)
    out = weights @ v
    return parts_of_page([out.mean(), (w * w).sum()])[1]


def stopped() -> dict[str, Any]:
    """A forward that failed."""
    w = ew.ones(3, 2, requires_grad=True)
    try:
        hidden = ew.ones(4, 3) @ w
        hidden @ ew.ones(5, 5)
    except ew.EdgewiseError as error:
        taken = snapshot_until(error)
        assert taken is not None
        return _data_of(recorded_page(taken, "It failed."))
    raise AssertionError("it did not fail")


NETWORKS: dict[str, Callable[[], dict[str, Any]]] = {
    made.__name__: made for made in (article, perceptron, images, attention, stopped)
}


def _data_of(page: str) -> dict[str, Any]:
    from browsing import part_of_page

    data: dict[str, Any] = json.loads(part_of_page(page, "data"))
    return data


def known(name: str) -> dict[str, Any]:
    """What a page knows of a network, without its numbers."""
    data = NETWORKS[name]()
    places = data.pop("places")
    gallery = data.pop("gallery", None)
    known = {key: value for key, value in data.items() if key not in _NUMBERS}
    for key in ("gradients", "contributions"):
        known[key] = sorted(map(int, known[key]))
    # Wherever this file is, and whatever else it has.
    known["lines"] = [{**line, "file": Path(line["file"]).name, "number": 0} for line in known["lines"]]
    known["clusters"] = [{key: part for key, part in one.items() if key not in _PLACED} for one in places["clusters"]]
    known["open"] = places["open"]
    known["texts"] = sorted({text for _, *texts in places["forms"] for text in texts})
    if gallery is not None:
        known["gallery"] = {key: value for key, value in gallery.items() if isinstance(value, (str, int, list, dict))}
    found: dict[str, Any] = json.loads(json.dumps(known, default=lambda _: "…"))
    return found


def written() -> str:
    """All of it as JSON, with a line for each tensor, node and edge."""
    networks = []
    for name in NETWORKS:
        lines = []
        for key, value in known(name).items():
            if key in _LISTED:
                items = ",\n   ".join(json.dumps(one, ensure_ascii=False) for one in value)
                lines.append(f"  {json.dumps(key)}: [\n   {items}\n  ]")
            else:
                lines.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
        networks.append(f" {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(networks) + "\n}\n"


def program() -> str:
    """A step with cuts, a sum along an axis and a repeated operand, and its update, as JavaScript with its remarks."""
    x, w, b = ew.ones(4, 3), ew.ones(3, 2, requires_grad=True), ew.ones(2, requires_grad=True)
    h = (x[1:] @ w + b).tanh()
    loss = (h * h).mean()
    taken = capture_of([loss])
    names = {source: taken.snapshot.tensors[id].name for source, id in taken.tensor_ids.items()}
    replayed = replay([loss], names, uses=taken.uses, local=True)
    network = javascript(replayed.program, names=names_of(taken, replayed), marks=marks_of(taken, replayed))
    return f"{network.body}\n{update_of(taken, optim.SGD([w, b], lr=0.1, momentum=0.9)).script.body}\n"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    PLACE.write_text(written(), encoding="utf-8")
    PROGRAM.write_text(program(), encoding="utf-8")
