"""What a page knows of its network, as plain data for its script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..capture.capture import Capture
from ..capture.snapshot import Snapshot, UpdateRecord
from ..capture.summary import WHOLE, Numbers
from ..printers.formula.composite import CompositeFormula
from ..printers.formula.pattern import Pattern
from ..printers.javascript import Script
from ..program.replay import Replay
from .contract import LiveData, Recorded, RecordingData, StatisticsData
from .packing import kind_of, packed
from .steps import steps_data
from .structure import UpdateRule, structure
from .updates import Update

MOST_RECORDED = WHOLE
"""Of larger arrays a page that is a recording has a sample."""


def live_data(
    taken: Capture,
    replay: Replay,
    script: Script,
    start: Sequence[Any],
    update: Update,
    modules: Mapping[int, CompositeFormula],
) -> LiveData:
    """Returns structure, formulas, what the leaves hold at first, and where each number is in the printed Programs."""
    snapshot = taken.snapshot
    outputs = replay.program.outputs
    sources = {id: source for source, id in taken.tensor_ids.items()}
    edges = {(sources[snapshot.nodes[edge.node].output], edge.argument): edge.id for edge in snapshot.edges}

    def places(found: Mapping[Any, int], ids: Mapping[Any, int]) -> dict[int, int]:
        return {ids[key]: script.index[outputs[place]] for key, place in found.items() if key in ids}

    return {
        "values": places(replay.values, taken.tensor_ids),
        "gradients": places(replay.gradients, taken.tensor_ids),
        "contributions": places(replay.contributions, edges),
        "locals": places(replay.locals, edges),
        "leaves": [taken.tensor_ids[leaf] for leaf in replay.leaves],
        "start": [packed(array) for array in start],
        "update": update.data,
        "steps": steps_data(replay.program, script.index),
        "learningRate": update.rate,
        "remark": update.remark,
        **structure(snapshot, {id: taken.uses.get(edge, edge) for id, edge in sources.items()}, update.rules, modules),  # type: ignore[typeddict-item]  # the rest is added later
    }


def recorded_data(snapshot: Snapshot, modules: Mapping[int, CompositeFormula]) -> RecordingData:
    """Returns structure, formulas, and the numbers as they were, for a network that a page can't run."""
    recorded: list[Recorded] = []
    known: dict[int, int] = {}
    updates = {tensor.id: tensor.update for tensor in snapshot.tensors if tensor.update is not None}
    sampled = {
        tensor.id
        for tensor in snapshot.tensors
        if not all(map(_is_whole, (tensor.value, tensor.gradient, *(u.after for u in [tensor.update] if u))))
    }

    def place(numbers: Numbers, tensor: int) -> int:
        array = numbers.array if tensor not in sampled else numbers.sample
        assert array is not None
        if id(array) not in known:
            known[id(array)] = len(recorded)
            kind, elements = kind_of(numbers.dtype), packed(array)
            recorded.append((kind, elements, _statistics(numbers)) if tensor in sampled else (kind, elements))
        return known[id(array)]

    data: RecordingData = {
        "values": {tensor.id: place(tensor.value, tensor.id) for tensor in snapshot.tensors},
        "gradients": {t.id: place(t.gradient, t.id) for t in snapshot.tensors if t.gradient is not None},
        "contributions": {e.id: place(e.contribution, e.tensor) for e in snapshot.edges if e.contribution is not None},
        "updated": {id: place(update.after, id) for id, update in updates.items()},
        "locals": {},
        "leaves": [],
        "start": [],
        "recorded": recorded,
        **structure(snapshot, {}, {id: _rule(update) for id, update in updates.items()}, modules),  # type: ignore[typeddict-item]  # likewise
    }
    for one in sampled:
        tensor = data["tensors"][one]
        tensor["wholeShape"], tensor["shape"] = tensor["shape"], list(snapshot.tensors[one].value.sample.shape)
    return data


def _rule(update: UpdateRecord) -> UpdateRule:
    meanings: dict[str, tuple[str, int | None]] = {letter: (words, None) for letter, words in update.meanings.items()}
    return UpdateRule(None if update.rule is None else Pattern.of(update.rule), meanings=meanings)


def _statistics(numbers: Numbers) -> StatisticsData:
    """Returns what all elements of an array are like, as the page would compute it itself."""
    found = numbers.statistics

    def finite(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "size": found.size,
        "finite": found.finite,
        "nan": found.nan,
        "infinite": found.positive_infinity + found.negative_infinity,
        "zeros": found.zeros,
        "norm": found.norm,
        "counts": list(found.counts),
        "smallest": finite(found.smallest),
        "largest": finite(found.largest),
        "mean": finite(found.mean),
        "deviation": finite(found.deviation),
    }


def _is_whole(numbers: Numbers | None) -> bool:
    return numbers is None or (numbers.array is not None and numbers.size <= MOST_RECORDED)
