"""Stories: a text for each of several places in a page, as data for its script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from ..capture.snapshot import Snapshot
from ..graph.edge import Edge
from .contract import PageData, StoryPartData, Way

Where = int | str | tuple[str, str] | tuple[str, int] | Mapping[Any, Any]
"""Where a part of a story is.

A step; the name of a tensor or an operation, alone or with "forward", "backward" or "update"; a change of leaves,
such as ``{"b1": -5}``; or a training, such as ``("train", 20)``.
"""

Story = Iterable[tuple[Where, str]]
"""The parts of a story: where each is, and its text."""

STORY_IS = 'story takes pairs of where and a text, such as [(("W1", "backward"), "Here its gradient arrives.")]'

RATE = "learning_rate"
"""What a change calls the learning rate."""

MOST_TRAINED = 10_000

_WAYS = ("forward", "backward", "update")
_NORMAL_DIGITS = {0x2080 + digit: str(digit) for digit in range(10)}


def story_data(
    story: Story, snapshot: Snapshot, data: PageData, ids: Mapping[Edge, int] | None = None
) -> list[StoryPartData]:
    """Returns the parts of a story for the page with `data`. `ids` has the numbers of its tensors.

    Raises
    ------
    TypeError
        If it is no list of pairs.
    ValueError
        If it names what the graph does not have, or changes what the page can't change.
    """
    if isinstance(story, (str, Mapping)) or not isinstance(story, Iterable):
        raise TypeError(f"page: {STORY_IS}, not {story!r}")
    reader = _Reader(snapshot, data, ids or {})
    return [reader.part(one) for one in story]


class _Reader:
    def __init__(self, snapshot: Snapshot, data: PageData, ids: Mapping[Edge, int]) -> None:
        self.snapshot, self.data, self.ids = snapshot, data, ids
        self.tensors = {_plain(name): t.id for t in reversed(snapshot.tensors) for name in (t.symbol, t.name)}
        self.names = list(dict.fromkeys(_plain(tensor.name) for tensor in snapshot.tensors))
        # Operations are called by their word in pictures, or by their name in code.
        called = {f"{node.operation}{node.number or ''}": node for node in snapshot.nodes}
        self.nodes = {name: node.id for name, node in called.items()}
        self.nodes |= {_plain(node.label): node.id for node in snapshot.nodes}
        for name, node in called.items():
            if not snapshot.tensors[node.output].named:
                self.tensors.setdefault(name, node.output)

    def part(self, given: Any) -> StoryPartData:
        """Returns one part."""
        if not isinstance(given, tuple) or len(given) != 2 or not isinstance(given[1], str):
            raise TypeError(f"page: {STORY_IS}; {given!r} is no such pair")
        where, text = given
        return cast(StoryPartData, {"text": text, **self._place(where)})

    def _place(self, where: Any) -> dict[str, Any]:
        if isinstance(where, Mapping):
            return self._changes(where)
        if isinstance(where, int) and not isinstance(where, bool):
            return {"step": self._step(where)}
        if isinstance(where, (str, Edge)):
            return self._place_of(where, "forward")
        if not isinstance(where, tuple) or len(where) != 2:
            raise TypeError(f"page: {STORY_IS}; {where!r} is no step, name, change or training")
        name, what = where
        if name == "train" and not isinstance(what, str):
            return {"train": self._training(what)}
        if what not in _WAYS:
            raise ValueError(
                f"page: the story has {where!r}; the second must be 'forward', 'backward' or 'update', "
                "or a number of steps after 'train'"
            )
        return self._place_of(name, what)

    def _step(self, step: int) -> int:
        last = _last_step(self.data)
        if not 0 <= step <= last:
            raise ValueError(f"page: the story goes to step {step}; the page has steps 0 to {last}")
        return step

    def _training(self, steps: Any) -> int:
        if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MOST_TRAINED:
            raise ValueError(f"page: the story trains {steps!r} steps; give a whole number from 1 to {MOST_TRAINED:,}")
        if "update" not in self.data:
            raise ValueError(f"page: the story trains, but this page is a recording. {self.data.get('reason', '')}")
        return steps

    def _place_of(self, name: Any, way: Way) -> dict[str, Any]:
        tensor = self._tensor(name)
        if tensor is None:
            return self._node(name, way)
        label = self.snapshot.tensors[tensor].name
        if way == "backward" and tensor not in self.data["gradients"]:
            raise ValueError(f"page: the story asks for the gradient of {label}, which has none")
        if way == "update" and tensor not in self.data["rules"]:
            trained = ", ".join(self.snapshot.tensors[id].name for id in self.data["rules"])
            raise ValueError(
                f"page: the story asks for the update of {label}; what is updated is {trained or 'nothing'}"
            )
        return {"tensor": tensor, "way": way}

    def _node(self, name: Any, way: Way) -> dict[str, Any]:
        node = self.nodes.get(_plain(str(name)))
        if node is None:
            raise ValueError(f"page: the story names {self._unknown(name, [*self.names, *self.nodes])}")
        record = self.snapshot.nodes[node]
        if way == "update":
            raise ValueError(
                f"page: the story asks for the update of {record.label}, an operation; parameters are updated"
            )
        edges = [argument.edge for argument in record.arguments if argument.edge is not None]
        if way == "backward" and not any(edge in self.data["contributions"] for edge in edges):
            raise ValueError(f"page: the story goes back through {record.label}, where no gradient comes back")
        return {"node": node, "way": way}

    def _tensor(self, name: Any) -> int | None:
        if not isinstance(name, Edge):
            return self.tensors.get(_plain(str(name)))
        for edge, id in self.ids.items():
            if edge is name or edge.array is name.array:
                return id
        raise ValueError("page: the story names a tensor that is not part of the graph")

    def _changes(self, changes: Mapping[Any, Any]) -> dict[str, Any]:
        if not self.data["leaves"]:
            raise ValueError(
                f"page: the story changes numbers, but this page is a recording. {self.data.get('reason', '')}"
            )
        found: dict[str, Any] = {"changes": []}
        for name, value in changes.items():
            if name == RATE:
                found["rate"] = _checked_rate(value)
                continue
            tensor = self._tensor(name)
            if tensor is None:
                leaves = [_plain(self.snapshot.tensors[id].name) for id in self.data["leaves"]]
                raise ValueError(f"page: the story changes {self._unknown(name, [*leaves, RATE])}")
            found["changes"].append((tensor, self._values(tensor, value)))
        return found

    def _values(self, tensor: int, value: Any) -> list[float]:
        """Returns the numbers of a changed leaf: one for all of them, or each."""
        record = self.snapshot.tensors[tensor]
        if tensor not in self.data["leaves"]:
            names = ", ".join(self.snapshot.tensors[id].name for id in self.data["leaves"][:6])
            raise ValueError(f"page: the story changes {record.name}, which the network computes; change {names}")
        try:
            array = np.asarray(value.numpy(force=True) if isinstance(value, Edge) else value, dtype=np.float64)  # type: ignore[attr-defined]
            if array.ndim:
                array = np.broadcast_to(array, record.shape)
        except (TypeError, ValueError):
            raise ValueError(
                f"page: the story changes {record.name}, of shape {record.shape}, to {value!r}; "
                "give one number or such an array"
            ) from None
        if not np.isfinite(array).all():
            raise ValueError(f"page: the story changes {record.name} to {value!r}; give finite numbers")
        return [float(number) for number in array.ravel()]

    def _unknown(self, name: Any, known: Sequence[str]) -> str:
        near = _near(_plain(str(name)), known)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; there are {', '.join(known[:8])}"
        return f"{name!r}, which is no tensor or operation of the graph{hint}"


def _near(name: str, known: Iterable[str]) -> list[str]:
    """Returns the names that are most similar; those of tensors are often two letters long."""
    import difflib  # only errors need it, and it is slow to import

    return difflib.get_close_matches(name, list(dict.fromkeys(known)), n=3, cutoff=0.5)


def _plain(name: str) -> str:
    """Writes a name with usual digits: "mul1" for "mul₁"."""
    return name.translate(_NORMAL_DIGITS)


def _checked_rate(rate: Any) -> float:
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < float("inf"):
        raise ValueError(f"page: the story changes {RATE} to {rate!r}; give a number, 0 or more")
    return float(rate)


def _last_step(data: PageData) -> int:
    """Returns the number of the last step, as `makeTimeline` of the page counts them."""
    edges = [edge for edge in data["edges"] if edge.get("hasGradient")]
    uses = [0] * len(data["tensors"])
    for edge in edges:
        uses[edge["tensor"]] += 1
    sums = sum(count > 0 and count + (id in data["outputs"]) > 1 for id, count in enumerate(uses))
    seeds = len(data["outputs"]) if data["gradients"] else 0
    return len(data["nodes"]) + seeds + len(edges) + sums + len(data["rules"])
