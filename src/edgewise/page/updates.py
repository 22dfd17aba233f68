"""The update of a page's network: the optimiser's rule as a Program, and as a formula for each parameter."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..capture.capture import Capture
from ..capture.spelling import formula_symbol
from ..capture.update_rules import STEP, OptimiserStep, Rule, RuleWriter, gradient_symbol
from ..optim import SGD, Optimizer
from ..printers.formula.expression import Expression, number, product, symbol
from ..printers.formula.names import HAT
from ..printers.formula.pattern import Pattern
from ..printers.formula.renaming import rename
from ..printers.javascript import JavaScriptError, Script, is_written_out, javascript
from ..program.errors import RecordingError
from ..program.update import Change, record_update
from .contract import UpdateData
from .labels import update_marks, update_names
from .packing import packed
from .structure import MARK, UpdateLine, UpdateRule

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
        Of each parameter that it changes the rule.
    rate:
        The learning rate as the page begins.
    remark:
        A notice for the reader, or nothing.
    """

    script: Script
    data: UpdateData
    rules: dict[int, UpdateRule]
    rate: float
    remark: str = ""


@dataclass(frozen=True)
class Moves:
    """The parameters that are moved after one of several backward passes.

    Attributes
    ----------
    ids:
        Their numbers.
    added:
        The earlier passes whose gradients are added to that of this pass, by the parameter.
    """

    ids: Collection[int]
    added: Mapping[int, Sequence[int]]


def update_of(
    taken: Capture, optimizer: Optimizer | None = None, rate: float | None = None, moves: Moves | None = None
) -> Update:
    """Returns the rule of an optimiser; without one that of the watched step, or else gradient descent.

    With `moves` it is that of these parameters only.

    Raises
    ------
    ValueError
        If the optimiser that is given has none of the graph's parameters, or can't be part of a page.
    """
    stepped = taken.optimiser_steps if optimizer is None else _steps_of(optimizer, taken)
    if optimizer is not None and not stepped:
        raise ValueError("page: the optimizer has none of the graph's parameters")
    if not stepped:
        return _update_script(taken, _descent(taken, moves), RATE if rate is None else rate, moves)
    known = next(iter(stepped.values())).group["lr"]
    try:
        return _update_script(taken, stepped, float(known) if rate is None else rate, moves)
    except (JavaScriptError, RecordingError) as error:
        kind = type(next(iter(stepped.values())).optimiser).__name__
        if optimizer is not None:
            raise ValueError(f"page: {kind} can't be part of a page: {error}") from None
        found = _update_script(taken, _descent(taken, moves), float(known) if rate is None else rate, moves)
        return replace(found, remark=f"Here it is trained by gradient descent, not by {kind}: {error}")


def _parameters(taken: Capture) -> Iterator[tuple[int, Any]]:
    for tensor, id in taken.tensor_ids.items():
        if taken.snapshot.tensors[id].kind == "parameter" and taken.snapshot.tensors[id].gradient is not None:
            yield id, tensor


def _descent(taken: Capture, moves: Moves | None) -> dict[int, OptimiserStep]:
    plain = OptimiserStep.of(object.__new__(SGD), _PLAIN, {}, 0)
    return {id: plain for id, _ in _parameters(taken) if moves is None or id in moves.ids}


_PLAIN = {"lr": RATE, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False, "maximize": False}


def _steps_of(optimizer: Optimizer, taken: Capture) -> dict[int, OptimiserStep]:
    """Records how an optimiser would step now."""
    groups = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    found = {}
    for id_, tensor in _parameters(taken):
        group = groups.get(id(tensor))
        if group is not None:
            found[id_] = OptimiserStep.of(optimizer, group, optimizer.state.get(tensor) or {}, 0)
    return found


def _update_script(taken: Capture, stepped: Mapping[int, OptimiserStep], rate: float, moves: Moves | None) -> Update:
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
            state = step.optimiser._start_in_single(xp, array, step.group)
        scale = float(step.group["lr"] / base) if base else 1.0
        gradient = xp.zeros_like(array)
        kind = None if step.needs_optimiser else step.key
        changes.append(Change(id, tensors[id].name, array, gradient, state, step.advance, scale, kind))
    program = record_update(changes, rate)
    names = update_names(taken.snapshot, program) if is_written_out(program.program) else None
    script = javascript(program.program, names=names, marks=update_marks(program.program))
    inputs, outputs = program.program.inputs, program.program.outputs
    data: UpdateData = {
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
    added = {id for id, passes in moves.added.items() if passes} if moves is not None else frozenset()
    return Update(script, data, _rules(taken, stepped, changes, added), rate)


def _rules(
    taken: Capture, stepped: Mapping[int, OptimiserStep], changes: list[Change], added: Collection[int]
) -> dict[int, UpdateRule]:
    """Returns the rules as formulas. What an optimiser remembers is numbered through, as in the Program.

    Gradients of `added` parameters are not those of this loss alone.
    """
    tensors, letters = taken.snapshot.tensors, taken.snapshot.letters
    rules = RuleWriter(set(letters))
    own = formula_symbol(taken.snapshot.objective.symbol)
    known: dict[Any, UpdateRule] = {}
    found = {}
    numbered = 0
    for change in changes:
        step = stepped[change.key].with_initial_state(change.state)
        letter = letters[change.key]
        rank = len(tensors[change.key].shape)
        loss = None if change.key in added else own
        key = (*step.key, tuple(change.state), rank, change.scale, loss)
        rule = known.get(key)
        if rule is None:
            rule = known[key] = _rule(rules, step, _LETTER, loss, rank, change)
        if loss is None or letter in (loss, ETA, *rule.meanings):
            found[change.key] = _for_parameter(_rule(rules, step, letter, loss, rank, change), letter, numbered)
        else:
            found[change.key] = _for_parameter(rule, letter, numbered)
        numbered += len(change.state)
    return found


_LETTER = MARK.format("letter")
"""Stands for the letter of a parameter in a rule that is written once for many parameters."""


def _rule(
    rules: RuleWriter, step: OptimiserStep, letter: str, loss: str | None, rank: int, change: Change
) -> UpdateRule:
    """Returns the rule of a parameter. What the optimiser remembers of it is numbered from 0."""
    optimiser = type(step.optimiser).__name__
    gradient = gradient_symbol(letter, loss)
    known = rules.rule(step, letter, gradient, rank, ETA, in_parts=True)
    marked = rules.rule(step, letter, symbol(MARK.format("g")), rank, ETA, in_parts=True)
    if known is None or marked is None:
        return UpdateRule(optimiser=optimiser)
    usual = rules.rule(OptimiserStep.of(object.__new__(SGD), _PLAIN, {}, 0), letter, gradient, rank, ETA)
    formula = _scale_rate(known.formula, change.scale)
    places = {name: i for i, name in enumerate(change.state)}
    return UpdateRule(
        Pattern.of(formula),
        usual is not None and loss is not None and formula == usual.formula,
        optimiser,
        list(_lines(known, marked, letter, places, change.scale)),
        {name: (_COUNTED.sub("", words), places[known.states[name]]) for name, words in known.meanings.items()},
    )


def _for_parameter(rule: UpdateRule, letter: str, first: int) -> UpdateRule:
    """Returns the rule for a parameter of another letter, its memory numbered from `first` on."""

    def with_new_names(formula: Pattern | None) -> Any:
        return formula and replace(formula, names=tuple(map(name_of, formula.names)))

    def name_of(name: str) -> str:
        return letter if name == _LETTER else _NUMBERED.sub(lambda found: f"{found[1]}{first + int(found[2])}", name)

    def number_of(state: int | None) -> int | None:
        return None if state is None else first + state

    lines = [
        UpdateLine(
            name_of(line.letter),
            with_new_names(line.formula),
            with_new_names(line.marked),
            number_of(line.state),
            line.corrected and (line.corrected[0], first + line.corrected[1]),
        )
        for line in rule.lines
    ]
    meanings = {name: (words, number_of(state)) for name, (words, state) in rule.meanings.items()}
    return replace(rule, formula=with_new_names(rule.formula), lines=lines, meanings=meanings)


_NUMBERED = re.compile(r"(?<=^⟦)([snh])(\d+)(?=⟧$)")

_COUNTED = re.compile(r", here \d+$")


def _scale_rate(formula: Expression, scale: float) -> Expression:
    """Writes the learning rate of a group as a multiple of that of the first."""
    return formula if scale == 1.0 else rename(formula, {ETA: product(number(scale), symbol(ETA))})


def _lines(known: Rule, marked: Rule, letter: str, places: Mapping[str, int], scale: float) -> Iterator[UpdateLine]:
    """Returns a line for what is remembered afterwards, and then one for the parameter."""
    marks = {letter: MARK.format("p"), ETA: MARK.format(ETA)}
    for name, state in known.states.items():
        # Formulas have the number of this step, and the optimiser remembers that of the last one.
        marks[name] = MARK.format(f"{'n' if state == STEP else 's'}{places[state]}")
        marks[f"{name}′"] = MARK.format(f"n{places[state]}")
        marks[_with_hat(name)] = MARK.format(f"h{places[state]}")
    states = {
        written: places[state] for name, state in known.states.items() for written in (f"{name}′", _with_hat(name))
    }
    parts = [*zip(_parts(known.formula, letter), _parts(marked.formula, letter), strict=True)]
    formulas = {name: formula for (name, formula), _ in parts[:-1]}
    depths = {name: _depth(name, formulas) for name in formulas}
    # What others are computed from comes first.
    parts[:-1] = sorted(parts[:-1], key=lambda part: (depths[part[0][0]], states[part[0][0]]))
    for (name, formula), (_, filling) in parts:
        filled = rename(_scale_rate(filling, scale), marks)
        decay = _decay(formula) if HAT in name else None
        corrected = None if decay is None else (decay, places[STEP])
        yield UpdateLine(name, Pattern.of(_scale_rate(formula, scale)), Pattern.of(filled), states.get(name), corrected)


def _depth(name: str, formulas: Mapping[str, Expression]) -> int:
    """Returns how many formulas, one used by the next, there are up to that of a name."""
    used = formulas[name].names & formulas.keys() - {name}
    return 1 + max((_depth(one, formulas) for one in used), default=0)


def _with_hat(name: str) -> str:
    return f"{name[0]}{HAT}{name[1:]}"


def _decay(formula: Expression) -> float | None:
    """Returns β, for a mean divided by 1 − βᵗ."""
    powers = [piece.args[0] for piece in formula.walk() if piece.head == "pow"]
    return float(powers[0].args[0]) if powers and powers[0].head == "number" else None


def _parts(formula: Expression, letter: str) -> list[tuple[str, Expression]]:
    """Returns the definitions of a formula, and what they are for."""
    if formula.head != "where":
        return [(letter, formula)]
    body, *rest = formula.args
    return [*zip(rest[::2], rest[1::2], strict=True), (letter, body)]
