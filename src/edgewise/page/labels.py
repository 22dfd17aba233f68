"""What values are called in a page's Programs, so that their code can be read beside the picture."""

from __future__ import annotations

import re

from ..capture.capture import Capture
from ..capture.snapshot import Snapshot
from ..program.program import Program, Value
from ..program.replay import Replay
from ..program.update import UpdateProgram

FORWARD = "Forward: from the inputs and the parameters to the loss."
BACKWARD = "Backward: from the loss to each gradient."
LONGEST_TOOLTIP = 8
UPDATE = "Update: from parameters and their gradients to what they become."


def names_of(taken: Capture, replay: Replay) -> dict[Value, str]:
    """Returns names by symbols: z, its gradient dL_dz, what comes back through add₁, and dadd1_dz."""
    snapshot = taken.snapshot
    outputs = replay.program.outputs
    tensors, loss = snapshot.tensors, snapshot.objective.symbol
    found: dict[Value, str] = {}
    for edge, place in replay.values.items():
        if edge in taken.tensor_ids:
            found.setdefault(outputs[place], tensors[taken.tensor_ids[edge]].symbol)
    for value, names in _gradients(taken, replay).items():
        found.setdefault(value, names[0])
    numbers = {id: edge for edge, id in taken.tensor_ids.items()}
    for one in snapshot.edges:
        node, symbol = snapshot.nodes[one.node], tensors[one.tensor].symbol
        key = (numbers[node.output], one.argument)
        for places, name in (
            (replay.contributions, f"d{loss}_d{symbol}_by_{node.label}"),
            (replay.locals, f"d{node.label}_d{symbol}"),
        ):
            if key in places:
                found.setdefault(outputs[places[key]], name)
    return _names_of_results(replay.program, found)


def _gradients(taken: Capture, replay: Replay) -> dict[Value, list[str]]:
    """Names each gradient. Several are the same number, as along a sum: the nearest to the loss is first."""
    tensors, loss = taken.snapshot.tensors, taken.snapshot.objective.symbol
    found: dict[Value, list[str]] = {}
    for edge, place in sorted(replay.gradients.items(), key=lambda item: -taken.tensor_ids.get(item[0], 0)):
        if edge in taken.tensor_ids:
            name = _plain(f"d{loss}_d{tensors[taken.tensor_ids[edge]].symbol}")
            found.setdefault(replay.program.outputs[place], []).append(name)
    return found


def _plain(name: str) -> str:
    """Writes a text as it may stand in code, also in a comment."""
    return re.sub(r"\W", "_", name.translate(_PLAIN), flags=re.ASCII)


_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def marks_of(taken: Capture, replay: Replay) -> dict[Value, list[str]]:
    """Returns what is said before the steps that make some values: where a part begins, and what else the value is."""
    steps = [step.output for step in replay.program.steps]
    losses = set(taken.snapshot.outputs)
    values = [replay.program.outputs[at] for edge, at in replay.values.items() if taken.tensor_ids.get(edge) in losses]
    ends = [steps.index(value) for value in values if value in steps]
    found: dict[Value, list[str]] = {}
    if ends:
        found[steps[0]] = [FORWARD]
        for after in steps[max(ends) + 1 :][:1]:
            found[after] = [BACKWARD]
    for value, (first, *others) in _gradients(taken, replay).items():
        if others:
            found.setdefault(value, []).append(f"{first} is {', '.join(others[:LONGEST_TOOLTIP])}, too.")
    return found


def update_names(snapshot: Snapshot, updating: UpdateProgram) -> dict[Value, str]:
    """Parameters and what is remembered of them, after the step: W1_new."""
    inputs, outputs = updating.program.inputs, updating.program.outputs
    found: dict[Value, str] = {}
    for id, place in updating.results.items():
        found.setdefault(outputs[place], f"{snapshot.tensors[id].symbol}_new")
    for at, place in updating.states:
        found.setdefault(outputs[place], f"{inputs[at].name}_new")
    return _names_of_results(updating.program, found)


def update_marks(program: Program) -> dict[Value, list[str]]:
    """Returns what is said before the steps of an update."""
    return {step.output: [UPDATE] for step in program.steps[:1]}


def _names_of_results(program: Program, names: dict[Value, str]) -> dict[Value, str]:
    """Returns only the marks of values that steps make: others have names."""
    made = {step.output for step in program.steps}
    return {value: name for value, name in names.items() if value in made}
