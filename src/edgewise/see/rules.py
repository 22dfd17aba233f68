"""The rule by which an optimiser changed a parameter, as a formula, from the optimiser's own code."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..record.errors import RecordingError
from .formula.expression import Expression, partial, symbol
from .formula.reading import Reader, TooLongError
from .formula.recording import recorded
from .numbers import numpy_copy

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
"""What stands in formulas for the entries of an optimiser's state, as they are before the step."""


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


class Rules:
    """Reads the rules of steps, those that are alike only once."""

    def __init__(self) -> None:
        self._known: dict[Any, Expression | None] = {}

    def rule(
        self, stepped: Stepped, letter: str, gradient: Expression, rank: int, rate: str | None = None
    ) -> Expression | None:
        """What a parameter of so many axes became, by its symbol and that of its gradient; None if it can't be read.

        `rate` is a symbol for the learning rate, which else is written as the number that it was.
        """
        key = (*stepped.key, rank, rate)
        if key not in self._known:
            self._known[key] = _read(stepped, rank, rate)
        rule = self._known[key]
        if rule is None:
            return None
        taken = {letter, *gradient.names}
        # A letter that the graph uses for something else here would be read as that.
        symbols: dict[str, str | Expression] = {"p": letter, "g": gradient}
        for name in stepped.arrays:
            short = LETTERS.get(name, name)
            symbols[f"state.{name}"] = name if short in taken else short
        return rule.rename(symbols)


def _read(stepped: Stepped, rank: int, rate: str | None) -> Expression | None:
    """The rule in the symbols p, g, `rate`, and `state.` with a name."""

    def advanced(xp: Any, p: Any, g: Any, lr: Any, *arrays: Any) -> Any:
        state = {**stepped.numbers, **dict(zip(stepped.arrays, arrays, strict=True))}
        result = stepped.advance(xp, p, g, state, lr)
        if p.recorder.looked_at:
            raise RecordingError("what the optimiser does depends on values, so that no formula says it")
        return result

    shape = tuple(range(2, 2 + rank))
    examples = [np.linspace(0.5, 1.5, int(np.prod(shape)), dtype="float32").reshape(shape) for _ in range(2)]
    names = ["p", "g", rate or "", *(f"state.{name}" for name in stepped.arrays)]
    lr = stepped.group["lr"] if rate is None else np.array(0.1)
    try:
        kernel = recorded(advanced, [*examples, lr, *(examples[0].copy() for _ in stepped.arrays)], {})
        symbols = {value: symbol(name) for value, name in zip(kernel.arguments, names, strict=True) if name}
        return Reader(kernel.program, symbols, whole=True).formula()
    except TooLongError:
        return None
    except Exception:  # the code of anyone's optimiser, which may do what can't be recorded: it has no formula then
        return None


def gradient_symbol(letter: str, loss: str | None) -> Expression:
    """∂L/∂W; or W.grad, where that was something else than the gradient of this loss."""
    return symbol(f"{letter}.grad") if loss is None else partial(loss, letter)
