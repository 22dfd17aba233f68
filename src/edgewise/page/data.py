"""What a page knows of its network, as plain data for its script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..capture.capture import Taken
from ..capture.snapshot import Snapshot, UpdateRecord
from ..capture.summary import WHOLE, Numbers
from ..printers.javascript import Script
from ..program.replay import Replay
from .packing import kind_of, packed
from .structure import UpdateRule, structure
from .updates import Update

MOST_RECORDED = WHOLE
"""Of larger arrays a page that is a recording has a sample."""


def live_data(taken: Taken, replay: Replay, script: Script, start: Sequence[Any], update: Update) -> dict[str, Any]:
    """Structure, formulas, what the leaves hold at first, and where each number is in the printed Programs."""
    snapshot = taken.snapshot
    outputs = replay.program.outputs
    sources = {id: source for source, id in taken.numbers.items()}
    edges = {(sources[snapshot.nodes[edge.node].output], edge.argument): edge.id for edge in snapshot.edges}

    def places(found: Mapping[Any, int], ids: Mapping[Any, int]) -> dict[int, int]:
        return {ids[key]: script.index[outputs[place]] for key, place in found.items() if key in ids}

    return {
        "values": places(replay.values, taken.numbers),
        "gradients": places(replay.gradients, taken.numbers),
        "contributions": places(replay.contributions, edges),
        "locals": places(replay.locals, edges),
        "leaves": [taken.numbers[leaf] for leaf in replay.leaves],
        "start": [packed(array) for array in start],
        "update": update.data,
        "learningRate": update.rate,
        "remark": update.remark,
        **structure(snapshot, {id: taken.prepared.get(edge, edge) for id, edge in sources.items()}, update.rules),
    }


def recorded_data(snapshot: Snapshot) -> dict[str, Any]:
    """Structure, formulas, and the numbers as they were, for a network that a page can't run."""
    recorded: list[tuple[Any, ...]] = []
    known: dict[int, int] = {}
    updates = {tensor.id: tensor.update for tensor in snapshot.tensors if tensor.update is not None}
    sampled = {
        tensor.id
        for tensor in snapshot.tensors
        if not all(map(_is_whole, (tensor.value, tensor.gradient, *(u.after for u in [tensor.update] if u))))
    }

    def place(numbers: Numbers, tensor: int) -> int:
        array = numbers.kept if tensor not in sampled else numbers.sample
        assert array is not None
        if id(array) not in known:
            known[id(array)] = len(recorded)
            told = (_statistics(numbers),) if tensor in sampled else ()
            recorded.append((kind_of(numbers.dtype), packed(array), *told))
        return known[id(array)]

    data = {
        "values": {tensor.id: place(tensor.value, tensor.id) for tensor in snapshot.tensors},
        "gradients": {t.id: place(t.gradient, t.id) for t in snapshot.tensors if t.gradient is not None},
        "contributions": {e.id: place(e.contribution, e.tensor) for e in snapshot.edges if e.contribution is not None},
        "updated": {id: place(update.after, id) for id, update in updates.items()},
        "locals": {},
        "leaves": [],
        "start": [],
        "recorded": recorded,
        **structure(snapshot, {}, {id: _rule(update) for id, update in updates.items()}),
    }
    for one in sampled:
        told = data["tensors"][one]
        told["whole"], told["shape"] = told["shape"], list(snapshot.tensors[one].value.sample.shape)
    return data


def _rule(update: UpdateRecord) -> UpdateRule:
    meanings: dict[str, tuple[str, int | None]] = {letter: (words, None) for letter, words in update.meanings.items()}
    return UpdateRule(update.rule, meanings=meanings)


def _statistics(numbers: Numbers) -> dict[str, Any]:
    """What all elements of an array are like, as the page would compute it itself."""
    found = numbers.statistics
    told = {name: getattr(found, name) for name in ("size", "finite", "nan", "zeros", "norm", "counts")}
    told["infinite"] = found.positive_infinity + found.negative_infinity
    for name in ("smallest", "largest", "mean", "deviation"):
        value = getattr(found, name)
        told[name] = value if math.isfinite(value) else None
    return told


def _is_whole(numbers: Numbers | None) -> bool:
    return numbers is None or (numbers.kept is not None and numbers.size <= MOST_RECORDED)
