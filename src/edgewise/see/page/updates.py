"""The update of a page's network: the optimiser's rule as a Program, and as a formula for each parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...optim import SGD, Optimizer
from ...record.errors import RecordingError
from ...record.updating import Change, updating
from ..formula.expression import Expression, number, product, symbol
from ..javascript import JavaScriptError, Script, javascript
from ..names import letter_of
from ..rules import Rules, Stepped, gradient_symbol
from ..take import Taken
from .packing import packed

ETA = "η"
RATE = 0.1
"""Of gradient descent, where nobody has said another."""


@dataclass(frozen=True)
class Update:
    """A page's update.

    Attributes
    ----------
    script:
        Its Program in JavaScript.
    data:
        Where in that its parts are.
    rules:
        Of each parameter that it changes the rule as a formula, and whether that is plain gradient descent.
    rate:
        The learning rate as the page begins.
    remark:
        What the reader has to be told, or nothing.
    """

    script: Script
    data: dict[str, Any]
    rules: dict[int, tuple[Expression | None, bool]]
    rate: float
    remark: str = ""


def update_of(taken: Taken, optimizer: Optimizer | None = None, rate: float | None = None) -> Update:
    """The rule of an optimiser; without one that of the watched step, or else gradient descent.

    Raises
    ------
    ValueError
        If the optimiser that is given has none of the graph's parameters, or can't be part of a page.
    """
    stepped = taken.stepped if optimizer is None else _steps_of(optimizer, taken)
    if optimizer is not None and not stepped:
        raise ValueError("page: the optimizer has none of the graph's parameters")
    if not stepped:
        return _written(taken, _descent(taken), RATE if rate is None else rate)
    known = next(iter(stepped.values())).group["lr"]
    try:
        return _written(taken, stepped, float(known) if rate is None else rate)
    except (JavaScriptError, RecordingError) as error:
        kind = type(next(iter(stepped.values())).optimiser).__name__
        if optimizer is not None:
            raise ValueError(f"page: {kind} can't be part of a page: {error}") from None
        found = _written(taken, _descent(taken), float(known) if rate is None else rate)
        return replace(found, remark=f"Here it is trained by gradient descent, not by {kind}: {error}")


def _parameters(taken: Taken) -> Iterator[tuple[int, Any]]:
    for tensor, id in taken.numbers.items():
        if taken.snapshot.tensors[id].kind == "parameter" and taken.snapshot.tensors[id].gradient is not None:
            yield id, tensor


def _descent(taken: Taken) -> dict[int, Stepped]:
    plain = Stepped.of(object.__new__(SGD), _PLAIN, {}, 0)
    return {id: plain for id, _ in _parameters(taken)}


_PLAIN = {"lr": RATE, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False, "maximize": False}


def _steps_of(optimizer: Optimizer, taken: Taken) -> dict[int, Stepped]:
    """How an optimiser would step now."""
    groups = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    found = {}
    for id_, tensor in _parameters(taken):
        group = groups.get(id(tensor))
        if group is not None:
            found[id_] = Stepped.of(optimizer, group, optimizer.state.get(tensor) or {}, 0)
    return found


def _written(taken: Taken, stepped: Mapping[int, Stepped], rate: float) -> Update:
    tensors = taken.snapshot.tensors
    base = next(iter(stepped.values())).group["lr"] if stepped else 1.0
    sources = dict(_parameters(taken))
    changes = []
    for id, step in stepped.items():
        array = sources[id].array
        xp = array.__array_namespace__()
        state = {**step.numbers, **step.arrays}
        if any(value is None for value in state.values()):
            raise RecordingError("what it remembers is too large for a page")
        if not state:
            state = step.optimiser._start(xp, array, step.group)
        scale = float(step.group["lr"] / base) if base else 1.0
        gradient = xp.zeros_like(array)
        changes.append(Change(id, tensors[id].name, array, gradient, state, step.advance, scale))
    program = updating(changes, rate)
    script = javascript(program.program)
    inputs, outputs = program.program.inputs, program.program.outputs
    rules = Rules({letter_of(tensor.symbol) for tensor in tensors})
    plain = Stepped.of(object.__new__(SGD), _PLAIN, {}, 0)

    def rule(id: int, step: Stepped, scale: float = 1.0) -> Expression | None:
        loss = letter_of(taken.snapshot.output.symbol)
        letter = letter_of(tensors[id].symbol)
        found = rules.rule(step, letter, gradient_symbol(letter, loss), len(tensors[id].shape), ETA)
        if found is None or scale == 1.0:
            return None if found is None else found.formula
        return found.formula.rename({ETA: product(number(scale), symbol(ETA))})

    def told(id: int, step: Stepped, scale: float) -> tuple[Expression | None, bool]:
        formula = rule(id, step, scale)
        return formula, formula is not None and formula == rule(id, plain)

    data = {
        "rate": script.index[inputs[program.rate]],
        "values": {id: script.index[inputs[place]] for id, place in program.values.items()},
        "gradients": {id: script.index[inputs[place]] for id, place in program.gradients.items()},
        "results": {id: script.index[outputs[place]] for id, place in program.results.items()},
        "states": [[script.index[inputs[at]], script.index[outputs[place]]] for at, place in program.states],
        # What begins at zero, as most of it does, needs no room.
        "start": {
            script.index[inputs[at]]: packed(program.program.start[at])
            for at, _ in program.states
            if program.program.start[at].any()
        },
    }
    written = {change.key: told(change.key, stepped[change.key], change.scale) for change in changes}
    return Update(script, data, written, rate)
