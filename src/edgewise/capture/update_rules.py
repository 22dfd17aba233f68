"""The rule by which an optimiser changed a parameter, as a formula, from the optimiser's own code."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..printers.formula.expression import Expression, minus, number, partial, symbol
from ..printers.formula.reading import Reader, TooLongError
from ..printers.formula.recording import recorded
from ..printers.formula.tidy import rename
from ..program.errors import RecordingError
from ..program.program import Value
from .snapshot import UpdateRecord
from .summary import numpy_copy

MOST_REMEMBERED = 1_000_000
"""Of what an optimiser remembers, larger arrays are not copied."""

LETTERS = {
    "momentum_buffer": "v",
    "exp_avg": "m",
    "exp_avg_sq": "v",
    "max_exp_avg_sq": "v_max",
    "grad_avg": "m",
    "square_avg": "s",
}
"""What stands in formulas for the entries of an optimiser's state, as they are before the step; after it, with ′."""

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
"""A rule of more pieces is written with what the optimiser remembers afterwards: m′ and v′."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """How an optimiser stepped.

    `group` are the hyperparameters, `numbers` and `arrays` what it remembered before the step; of arrays of more than
    `MOST_REMEMBERED` elements only the names. `serial` is when it wrote. Of the library's optimisers only the class is
    kept, in an empty instance.
    """

    optimiser: Any
    group: dict[str, Any]
    numbers: dict[str, Any]
    arrays: dict[str, Any]
    serial: int

    @classmethod
    def of(cls, optimiser: Any, group: dict[str, Any], state: dict[str, Any], serial: int) -> Stepped:
        """A step that is about to be taken."""
        if _is_ours(optimiser):
            optimiser = object.__new__(type(optimiser))
        arrays = {
            name: numpy_copy(value) if math.prod(value.shape) <= MOST_REMEMBERED else None
            for name, value in state.items()
            if hasattr(value, "shape")
        }
        numbers = {name: value for name, value in state.items() if name not in arrays}
        settings = {name: value for name, value in group.items() if name != "params"}
        return cls(optimiser, settings, numbers, arrays, serial)

    def begun(self, state: Mapping[str, Any]) -> Stepped:
        """The same step with what is remembered at first, where it is the first one."""
        if self.numbers or self.arrays:
            return self
        return Stepped.of(self.optimiser, self.group, dict(state), self.serial)

    def advance(self, xp: Any, p: Any, g: Any, state: dict[str, Any], rate: Any) -> Any:
        """What the optimiser makes of a parameter at another learning rate; renews the state."""
        return self.optimiser._advance(xp, p, g, state, {**self.group, "lr": rate, "params": []})

    @property
    def keeps_optimiser(self) -> bool:
        """Whether it keeps the optimiser alive, whose rule may depend on what only it knows."""
        return not _is_ours(self.optimiser)

    @property
    def key(self) -> tuple[Any, ...]:
        """What steps of one rule have in common."""
        kind = id(self.optimiser) if self.keeps_optimiser else type(self.optimiser)
        return kind, repr(self.group), repr(self.numbers), tuple(self.arrays)


def _is_ours(optimiser: Any) -> bool:
    """Whether it is one of the library's, whose rules depend on the group and the state alone."""
    return type(optimiser).__module__.startswith("edgewise.optim.")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a parameter became as a formula, and in words what its letters stand for that an optimiser remembers.

    `states` are the names of these in the optimiser's state.
    """

    formula: Expression
    meanings: dict[str, str]
    states: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Read:
    """A rule in the symbols p, g, the rate, `state.` with a name and `new.` with one; and what the latter are."""

    body: Expression
    definitions: dict[str, Expression]


class Rules:
    """Reads the rules of steps, those that are alike only once.

    `taken` are the symbols that the graph has for other things: a letter of what an optimiser remembers is none of
    these.
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._taken = frozenset(taken)
        self._known: dict[Any, _Read | None] = {}

    def rule(
        self,
        stepped: Stepped,
        letter: str,
        gradient: Expression,
        rank: int,
        rate: str | None = None,
        *,
        in_parts: bool = False,
    ) -> Rule | None:
        """What a parameter of so many axes became, by its symbol and that of its gradient; None if it can't be read.

        `rate` is a symbol for the learning rate, which else is written as the number that it was. `in_parts`, also a
        short rule is written with what the optimiser remembers afterwards.
        """
        key = (*stepped.key, rank, rate, in_parts)
        if key not in self._known:
            self._known[key] = _read(stepped, rank, rate, 0 if in_parts else LONG)
        read = self._known[key]
        if read is None:
            return None
        taken = {letter, *gradient.names, *self._taken}
        symbols: dict[str, str | Expression] = {"p": letter, "g": gradient}
        new: dict[str, str] = {}
        words: dict[str, str] = {}
        states: dict[str, str] = {}
        for name in (*stepped.arrays, STEP):
            short = "t" if name == STEP else LETTERS.get(name, name)
            short = name if short in taken else short
            states[short] = name
            if name == STEP:
                symbols[f"state.{STEP}"] = minus(symbol(short), number(1))
                words[short] = f"the number of the step, here {stepped.numbers.get(STEP, 0) + 1}"
                continue
            symbols[f"state.{name}"] = short
            new[f"new.{name}"] = f"{short}′"
            words[short] = MEANINGS.get(name, "what the optimiser remembers")
        symbols.update(new)
        formula = rename(read.body, symbols)
        if read.definitions:
            written = [(new[name], rename(body, symbols)) for name, body in read.definitions.items()]
            formula = Expression("where", (formula, *(part for one in written for part in one)))
        names = {name.removesuffix("′") for name in formula.names}
        meanings = {name: text for name, text in words.items() if name in names}
        return Rule(formula, meanings, {name: states[name] for name in meanings})


def _read(stepped: Stepped, rank: int, rate: str | None, most: int) -> _Read | None:
    """Reads a rule; one that looks at the number of the step is read for that number."""
    counts = type(stepped.numbers.get(STEP)) is int
    for counted in (True, False) if counts else (False,):
        try:
            return _recorded(stepped, rank, rate, counted, most)
        except TooLongError:
            return None
        except Exception:  # the code of anyone's optimiser, which may do what can't be recorded: it has no formula then
            continue
    return None


def _recorded(stepped: Stepped, rank: int, rate: str | None, counted: bool, most: int) -> _Read:
    names = [*stepped.arrays]

    def advanced(xp: Any, p: Any, g: Any, lr: Any, step: Any, *arrays: Any) -> list[Any]:
        state = {**stepped.numbers, **dict(zip(names, arrays, strict=True))}
        if counted:
            state[STEP] = step
        result = stepped.advance(xp, p, g, state, lr)
        if p.recorder.looked_at:
            raise RecordingError("what the optimiser does depends on values, so that no formula says it")
        return [result, *(state[name] for name in names)]

    shape = tuple(range(2, 2 + rank))
    examples = [np.linspace(0.5, 1.5, int(np.prod(shape)), dtype="float32").reshape(shape) for _ in range(2)]
    lr = stepped.group["lr"] if rate is None else np.array(0.1)
    step = np.array(float(stepped.numbers[STEP])) if counted else None
    kernel = recorded(advanced, [*examples, lr, step, *(examples[0].copy() for _ in names)], {})
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
            return _Read(whole, {})
    except TooLongError:
        pass
    body, definitions = Reader(kernel.program, symbols, whole=True).parts(after)
    return _Read(body, _in_order(body, definitions))


def _in_order(body: Expression, definitions: dict[str, Expression]) -> dict[str, Expression]:
    """Those that are needed, and before each other those that are made of others."""
    used = body.names.union(*(formula.names for formula in definitions.values()))
    needed = {name: formula for name, formula in definitions.items() if name in used}
    return dict(sorted(needed.items(), key=lambda item: not item[1].names.intersection(needed)))


def gradient_symbol(letter: str, loss: str | None) -> Expression:
    """∂L/∂W; or W.grad, where that was something else than the gradient of this loss."""
    return symbol(f"{letter}.grad") if loss is None else partial(loss, letter)


def legend(update: UpdateRecord) -> str:
    """What letters of a rule stand for, in a line: ``m: the running mean of the gradients``."""
    told = [f"{name}: {words}" for name, words in update.meanings.items()]
    if update.rule is not None and any(name.endswith("′") for name in update.rule.names):
        told.append("with ′ after this step, without before it")
    return "; ".join(told)
