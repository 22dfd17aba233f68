"""A page of the backward passes of one training step: each is a chapter, with what it moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..capture.axis_labels import has_tensor
from ..capture.capture import Capture
from ..capture.watched_step import WatchedStep
from ..graph.edge import Edge
from ..picture.style import switched_sheet
from ..system.memory import gc_paused
from .assemble import assemble
from .contract import PageData, PassesData
from .page import Look, add_axis_labels, parts_of_page, recorded_parts
from .updates import Moves

_MOST_NAMED = 4


def passes_page(passes: Sequence[WatchedStep], *, names: Sequence[str], title: str | None, look: Look) -> str:
    """Returns the page of several watched passes, in their order.

    They run in the page if the graphs of all are alive, and the update after each can follow from its gradients.
    """
    with gc_paused():
        taken = [step.capture() for step in passes]
        moves = [_moves_of(passes, taken, i) for i in range(len(passes))]
        full_names = _full_names(taken)
        why = _why_recorded(passes, taken, moves)
        parts = [] if why else _live_parts(passes, taken, moves)
        why = why or next((str(own.get("reason")) for _, own in parts if "reason" in own), "")
        if why:
            parts = [recorded_parts(one.snapshot, why, look.closed) for one in taken]
        if look.axes is not None:
            _add_axis_labels(look.axes, [own for _, own in parts], taken, is_live=not why)
        for i, (_, own) in enumerate(parts):
            # One that could be drawn as neurons is drawn as the others.
            own["chain"], own["view"] = None, "graph"
            own["theme"], own["title"] = look.theme, names[i]
            own["backwardPass"] = {
                "name": names[i],
                "moves": moves_text(taken[i], moves[i], _waiting(moves, i), full_names),
                "added": {id: list(added) for id, added in moves[i].added.items()},
            }
        heading = title or f"Backpropagation through {_listed(names)}"
        data: PassesData = {
            "title": heading,
            "passes": [own for _, own in parts],
            "shared": [] if why else list(_shared_leaves(taken, [own for _, own in parts])),
        }
        programs = ", ".join(f"(() => {{\n{program}return programs;\n}})()" for program, _ in parts)
        return assemble(heading, f"const programs = [{programs}];\n", data, switched_sheet())


def _add_axis_labels(given: Any, data: Sequence[PageData], taken: Sequence[Capture], *, is_live: bool) -> None:
    """Adds labels to the passes that have the tensors; one that none has, the last refuses."""
    known = [one if is_live else None for one in taken]
    if not isinstance(given, Mapping):
        add_axis_labels(data[0], given, taken[0].snapshot, known[0])
        return
    own = [
        {key: labels for key, labels in given.items() if has_tensor(key, one.snapshot, live)}
        for one, live in zip(taken, known, strict=True)
    ]
    own[-1].update({key: labels for key, labels in given.items() if not any(key in labelled for labelled in own)})
    for i, labels in enumerate(own):
        if labels:
            add_axis_labels(data[i], labels, taken[i].snapshot, known[i])


def _live_parts(
    passes: Sequence[WatchedStep], taken: Sequence[Capture], moves: Sequence[Moves]
) -> list[tuple[str, PageData]]:
    return [
        parts_of_page(step.outputs, taken=one, moves=move) for step, one, move in zip(passes, taken, moves, strict=True)
    ]


def _moves_of(passes: Sequence[WatchedStep], taken: Sequence[Capture], at: int) -> Moves:
    """Finds the parameters that are moved after a pass, and the earlier passes whose gradients are added to its own."""
    step, one = passes[at], taken[at]
    if any(tensor.update is not None for other in taken for tensor in other.snapshot.tensors):
        used = step.gradients_used
        return Moves(
            {tensor.id for tensor in one.snapshot.tensors if tensor.update is not None},
            {id: tuple(passes.index(other) for other in used.get(id) or () if other in passes) for id in used},
        )
    # No optimiser is part of the step: gradients add up, and move each parameter after the last pass that reaches it.
    edges = {id: edge for edge, id in one.tensor_ids.items()}
    reached = {t.id for t in one.snapshot.tensors if t.kind == "parameter" and t.gradient is not None}
    later = [other.tensor_ids for other in taken[at + 1 :]]
    ids = {id for id in reached if id in edges and not any(edges[id] in other for other in later)}
    before = {id: [k for k in range(at) if edges[id] in taken[k].tensor_ids] for id in ids}
    return Moves(ids, {id: tuple(found) for id, found in before.items()})


def _waiting(moves: Sequence[Moves], at: int) -> bool:
    """Whether gradients of a pass are added to those of a later one."""
    return any(at in added for later in moves[at + 1 :] for added in later.added.values())


def _why_recorded(passes: Sequence[WatchedStep], taken: Sequence[Capture], moves: Sequence[Moves]) -> str:
    """Returns why a page can't run the passes, or nothing."""
    if not all(step.outputs for step in passes):
        return "The tensors of the step are gone: keep its losses in variables."
    moved: dict[Edge, str] = {}
    for step, one, move in zip(passes, taken, moves, strict=True):
        edges = {id: edge for edge, id in one.tensor_ids.items()}
        for id in sorted(move.ids):
            tensor = one.snapshot.tensors[id]
            if tensor.update is not None and step.gradients_used.get(id) is None:
                return f"{tensor.name} was changed otherwise than by one step of an optimiser along the gradient shown."
            if edges.get(id) in moved:
                return f"{tensor.name} is moved more than once in the training step."
            moved[edges[id]] = tensor.name
    return ""


def _shared_leaves(taken: Sequence[Capture], data: Sequence[PageData]) -> Iterator[list[tuple[int, int]]]:
    """Yields the leaves that several passes have: for each the passes, and its number there."""
    found: dict[Edge, list[tuple[int, int]]] = {}
    for i, (one, own) in enumerate(zip(taken, data, strict=True)):
        leaves = set(own["leaves"])
        for edge, id in one.tensor_ids.items():
            if id in leaves:
                found.setdefault(edge, []).append((i, id))
    return (places for places in found.values() if len(places) > 1)


def _full_names(taken: Sequence[Capture]) -> dict[Edge, str]:
    """Returns the longest name of each tensor in the passes: one in which the model is alone leaves the model out."""
    found: dict[Edge, str] = {}
    for one in taken:
        for edge, id in one.tensor_ids.items():
            name = one.snapshot.tensors[id].name
            if name.count(".") >= found.get(edge, "").count("."):
                found[edge] = name
    return found


def moves_text(taken: Capture, moves: Moves, is_waiting: bool, full_names: Mapping[Edge, str]) -> str:
    """Says which parameters a pass moves, and what becomes of the others that gradients reach."""
    names = {id: full_names[edge] for edge, id in taken.tensor_ids.items()}
    parameters = [tensor for tensor in taken.snapshot.tensors if tensor.kind == "parameter"]
    reached = [tensor for tensor in parameters if tensor.gradient is not None]
    own = [names.get(tensor.id, tensor.name) for tensor in reached if tensor.id in moves.ids]
    others = [names.get(tensor.id, tensor.name) for tensor in reached if tensor.id not in moves.ids]
    beyond = [names.get(tensor.id, tensor.name) for tensor in parameters if tensor.gradient is None]
    earlier = ", with the gradients of earlier passes added" if any(moves.added.values()) else ""
    parts = [f"Moves {_grouped(own)}{earlier}." if own else "Moves no parameter."]
    if others:
        is_one = len(others) == 1
        keeps, reach = "keep their values", "gradients reach them"
        added = "; these are added to those of a later pass"
        if is_one:
            keeps, reach, added = "keeps its value", "a gradient reaches it", "; it is added to that of a later pass"
        parts.append(f"{_grouped(others)} {keeps}, though {reach}{added if is_waiting else ''}.")
    if beyond:
        parts.append(f"No gradient reaches {_grouped(beyond)}.")
    return " ".join(parts)


def _grouped(names: Sequence[str]) -> str:
    """Names parameters, those of a module together: "D's 4 parameters"."""
    groups: dict[str, list[str]] = {}
    for name in names:
        module, dot, _ = name.partition(".")
        groups.setdefault(module if dot else "", []).append(name)
    found = []
    for module, own in groups.items():
        if len(own) == 1 or (not module and len(own) <= _MOST_NAMED):
            found += own
        else:
            found.append(f"{module}'s {len(own)} parameters" if module else f"{len(own)} parameters")
    return _listed(found)


def _listed(names: Sequence[Any]) -> str:
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last
