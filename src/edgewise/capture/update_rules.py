"""The rule by which an optimiser changed a parameter, as a formula, from the optimiser's own code."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..printers.formula.expression import Expression, call, minus, number, partial, product, quotient, symbol
from ..printers.formula.names import HAT
from ..printers.formula.reading import Reader, TooLongError
from ..printers.formula.recording import record_kernel
from ..printers.formula.renaming import rename
from ..printers.formula.tidy import tidy
from ..program.errors import RecordingError
from ..program.program import Value
from .snapshot import UpdateRecord
from .summary import numpy_copy

MOST_REMEMBERED = 1_000_000
"""The most elements of an array of the optimiser's state that is copied."""

LETTERS = {
    "momentum_buffer": "v",
    "exp_avg": "m",
    "exp_avg_sq": "v",
    "max_exp_avg_sq": "v_max",
    "grad_avg": "m",
    "square_avg": "s",
}
"""The letters in formulas for an optimiser's state before the step; after it, with ′."""

STEP = "step"
"""The entry that counts steps: in formulas t is the number of this one."""

MEANINGS = {
    "momentum_buffer": "the velocity",
    "exp_avg": "the running mean of the gradients",
    "exp_avg_sq": "the running mean of the gradients' squares",
    "max_exp_avg_sq": "the largest running mean of the squares so far",
    "grad_avg": "the running mean of the gradients",
    "square_avg": "the running mean of the gradients' squares",
}

LONG = 25
"""The most pieces of a rule on one line; a longer one is written with the new state: m′ and v′."""


@dataclass(frozen=True, slots=True)
class OptimiserStep:
    """One step of an optimiser for a parameter.

    `group` are the hyperparameters. `numbers` and `arrays` are the state before the step; an array of more than
    `MOST_REMEMBERED` elements is None. `serial` is the time of the write. An optimiser of the library is replaced by an
    empty instance of its class, since its rule depends on nothing else.
    """

    optimiser: Any
    group: dict[str, Any]
    numbers: dict[str, Any]
    arrays: dict[str, Any]
    serial: int

    @classmethod
    def of(cls, optimiser: Any, group: dict[str, Any], state: dict[str, Any], serial: int) -> OptimiserStep:
        """Records a step that is about to be made."""
        if _is_built_in(optimiser):
            optimiser = object.__new__(type(optimiser))
        arrays = {
            name: numpy_copy(value) if math.prod(value.shape) <= MOST_REMEMBERED else None
            for name, value in state.items()
            if hasattr(value, "shape")
        }
        numbers = {name: value for name, value in state.items() if name not in arrays}
        settings = {name: value for name, value in group.items() if name != "params"}
        return cls(optimiser, settings, numbers, arrays, serial)

    def with_initial_state(self, state: Mapping[str, Any]) -> OptimiserStep:
        """Returns the step with the initial state, if it is the first step."""
        if self.numbers or self.arrays:
            return self
        return OptimiserStep.of(self.optimiser, self.group, dict(state), self.serial)

    def advance(self, xp: Any, p: Any, g: Any, state: dict[str, Any], rate: Any) -> Any:
        """Computes the parameter after the step at another learning rate, and updates the state."""
        return self.optimiser._advance(xp, p, g, state, {**self.group, "lr": rate, "params": []})

    @property
    def needs_optimiser(self) -> bool:
        """Whether the rule can depend on attributes of the optimiser, so that it must stay alive."""
        return not _is_built_in(self.optimiser)

    @property
    def key(self) -> tuple[Any, ...]:
        """A key that is equal for steps of one rule."""
        kind = id(self.optimiser) if self.needs_optimiser else type(self.optimiser)
        return kind, repr(self.group), repr(self.numbers), tuple(self.arrays)


def _is_built_in(optimiser: Any) -> bool:
    """Says whether an optimiser is the library's, so that its rule depends on the group and the state alone."""
    return type(optimiser).__module__.startswith("edgewise.optim.")


@dataclass(frozen=True, slots=True)
class Rule:
    """The update of a parameter as a formula, and the meanings of the letters for the optimiser's state.

    `states` maps these letters to names in the optimiser's state.
    """

    formula: Expression
    meanings: dict[str, str]
    states: dict[str, str]


@dataclass(frozen=True, slots=True)
class _RecordedRule:
    """A rule with the symbols p, g, the rate, ``state.NAME`` and ``new.NAME``, and the definitions of the latter."""

    body: Expression
    definitions: dict[str, Expression]


class RuleWriter:
    """Writes the rules of optimiser steps; steps of one rule are recorded once.

    The letters for the optimiser's state differ from `reserved`, the symbols of the graph.
    """

    def __init__(self, reserved: Collection[str] = ()) -> None:
        self._reserved = frozenset(reserved)
        self._known: dict[Any, _RecordedRule | None] = {}

    def rule(
        self,
        optimiser_step: OptimiserStep,
        letter: str,
        gradient: Expression,
        rank: int,
        rate: str | None = None,
        *,
        in_parts: bool = False,
    ) -> Rule | None:
        """Writes the update of a parameter of `rank` axes, with its symbol and its gradient's; None if it can't.

        `rate` is a symbol for the learning rate; by default its number is written. With `in_parts`, a short rule too is
        written with the new state of the optimiser.
        """
        key = (*optimiser_step.key, rank, rate, in_parts)
        if key not in self._known:
            self._known[key] = _record_rule(optimiser_step, rank, rate, 0 if in_parts else LONG)
        read = self._known[key]
        if read is None:
            return None
        here = {letter, *gradient.names}
        symbols: dict[str, str | Expression] = {"p": letter, "g": gradient}
        new: dict[str, str] = {}
        words: dict[str, str] = {}
        states: dict[str, str] = {}
        for name in (*optimiser_step.arrays, STEP):
            short = "t" if name == STEP else LETTERS.get(name, name)
            short = name if short in here or short in self._reserved else short
            states[short] = name
            if name == STEP:
                symbols[f"state.{STEP}"] = minus(symbol(short), number(1))
                words[short] = f"the number of the step, here {optimiser_step.numbers.get(STEP, 0) + 1}"
                continue
            symbols[f"state.{name}"] = short
            new[f"new.{name}"] = f"{short}′"
            new[f"hat.{name}"] = f"{short[0]}{HAT}{short[1:]}"
            words[short] = MEANINGS.get(name, "a state of the optimiser")
        symbols.update(new)
        formula = rename(read.body, symbols)
        if read.definitions:
            written = [(new[name], rename(body, symbols)) for name, body in read.definitions.items()]
            formula = Expression("where", (formula, *(part for one in written for part in one)))
        names = {name.rstrip("′").replace(HAT, "") for name in formula.names}
        meanings = {name: text for name, text in words.items() if name in names}
        return Rule(formula, meanings, {name: states[name] for name in meanings})


def _record_rule(optimiser_step: OptimiserStep, rank: int, rate: str | None, most: int) -> _RecordedRule | None:
    """Records a rule; one that branches on the step's number is recorded for that number."""
    counts = type(optimiser_step.numbers.get(STEP)) is int
    for counted in (True, False) if counts else (False,):
        try:
            return _record_once(optimiser_step, rank, rate, counted, most)
        except TooLongError:
            return None
        except Exception:  # a user's optimiser can run any code; what can't be recorded has no formula
            continue
    return None


def _record_once(optimiser_step: OptimiserStep, rank: int, rate: str | None, counted: bool, most: int) -> _RecordedRule:
    names = [*optimiser_step.arrays]

    def run_update(xp: Any, p: Any, g: Any, lr: Any, step: Any, *arrays: Any) -> list[Any]:
        state = {**optimiser_step.numbers, **dict(zip(names, arrays, strict=True))}
        if counted:
            state[STEP] = step
        result = optimiser_step.advance(xp, p, g, state, lr)
        if p.recorder.looked_at:
            raise RecordingError("the optimiser's step depends on values, so no formula describes it")
        return [result, *(state[name] for name in names)]

    shape = tuple(range(2, 2 + rank))
    examples = [np.linspace(0.5, 1.5, int(np.prod(shape)), dtype="float32").reshape(shape) for _ in range(2)]
    lr = optimiser_step.group["lr"] if rate is None else np.array(0.1)
    step = np.array(float(optimiser_step.numbers[STEP])) if counted else None
    kernel = record_kernel(run_update, [*examples, lr, step, *(examples[0].copy() for _ in names)], {})
    given = ["p", "g", rate or "", f"state.{STEP}", *(f"state.{name}" for name in names)]
    symbols = {
        value: symbol(name)
        for value, name in zip(kernel.arguments, given, strict=True)
        if name and isinstance(value, Value)
    }
    made = {step.output for step in kernel.program.steps}
    after = {
        value: f"new.{name}" for value, name in zip(kernel.program.outputs[1:], names, strict=True) if value in made
    }
    try:
        whole = Reader(kernel.program, symbols, whole=True).formula()
        if whole.size <= most:
            return _RecordedRule(_with_rate_first(whole, rate), {})
    except TooLongError:
        pass
    body, definitions = Reader(kernel.program, symbols, whole=True).parts(after)
    corrected: dict[str, Expression] = {}
    body = _with_rate_first(_with_corrected_means(body, corrected), rate)
    return _RecordedRule(tidy(body), _in_order(body, {**corrected, **definitions}))


def _with_rate_first(formula: Expression, rate: str | None) -> Expression:
    """Writes the learning rate before what it scales: η · m̂."""
    formula = formula.with_children(lambda child: _with_rate_first(child, rate))
    if formula.head != "mul" or rate is None or symbol(rate) not in formula.args:
        return formula
    numbers = [one for one in formula.args if one.head == "number"]
    return product(*numbers, symbol(rate), *(one for one in formula.args if one not in (*numbers, symbol(rate))))


def _with_corrected_means(formula: Expression, found: dict[str, Expression]) -> Expression:
    """Names means divided by 1 − βᵗ, which corrects that they began with 0: m̂ and v̂. Adds them to `found`."""
    formula = formula.with_children(lambda child: _with_corrected_means(child, found))
    if formula.head != "div":
        return formula
    above, below = (list(one.args) if one.head == "mul" else [one] for one in formula.args)
    for i, factor in enumerate(above):
        mean, is_root = _without_root(factor)
        bias = next((one for one in below if _is_correction(_without_root(one)[0], is_root, one)), None)
        if bias is None or mean.head != "symbol" or not mean.args[0].startswith("new."):
            continue
        name = mean.args[0].replace("new.", "hat.", 1)
        whole = quotient(mean, _without_root(bias)[0])
        if found.setdefault(name, whole) != whole:
            continue
        above[i] = call("sqrt", symbol(name)) if is_root else symbol(name)
        below.remove(bias)
    return quotient(product(*above), product(*below)) if below else product(*above)


def _without_root(formula: Expression) -> tuple[Expression, bool]:
    is_root = formula.head == "call" and formula.args[0] == "sqrt"
    return (formula.args[1] if is_root else formula), is_root


def _is_correction(inside: Expression, is_root: bool, whole: Expression) -> bool:
    """Says whether a factor is 1 − βᵗ, or its root where the mean is under one too."""
    if _without_root(whole)[1] != is_root or inside.head != "add" or len(inside.args) != 2:
        return False
    one, power = inside.args
    return one == number(1) and power.head == "neg" and power.args[0].head == "pow" and STEP_SYMBOL in power.names


STEP_SYMBOL = f"state.{STEP}"


def _in_order(body: Expression, definitions: dict[str, Expression]) -> dict[str, Expression]:
    """Returns the definitions that the rule uses, those that use others first."""
    used = body.names.union(*(formula.names for formula in definitions.values()))
    needed = {name: formula for name, formula in definitions.items() if name in used}
    return dict(sorted(needed.items(), key=lambda item: not item[1].names.intersection(needed)))


def gradient_symbol(letter: str, loss: str | None) -> Expression:
    """Returns ∂L/∂W; or W.grad if that was not the gradient of this loss."""
    return symbol(f"{letter}.grad") if loss is None else partial(loss, letter)


def legend(update: UpdateRecord) -> str:
    """Explains the letters of a rule in a line: ``m: the running mean of the gradients``."""
    entries = [f"{name}: {words}" for name, words in update.meanings.items()]
    if update.rule is not None and any(name.endswith("′") for name in update.rule.names):
        entries.append("with ′ after this step, without before it")
    if update.rule is not None and any(HAT in name for name in update.rule.names):
        entries.append("with ˆ corrected for having begun with 0")
    return "; ".join(entries)
