"""The update as a Program."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise.optim import SGD, Adam, AdamW, RMSprop
from edgewise.program.errors import RecordingError
from edgewise.program.update import Change, record_update

OPTIMISERS: dict[str, Any] = {
    "sgd": lambda ps: SGD(ps, lr=0.1),
    "momentum": lambda ps: SGD(ps, lr=0.1, momentum=0.9),
    "nesterov": lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda ps: Adam(ps, lr=0.01),
    "amsgrad": lambda ps: Adam(ps, lr=0.01, amsgrad=True, maximize=True),
    "adamw": lambda ps: AdamW(ps, lr=0.01),
    "rmsprop": lambda ps: RMSprop(ps, lr=0.01, momentum=0.5, centered=True),
}


def changes_of(optimiser: Any) -> list[Change]:
    found = []
    for group in optimiser.param_groups:
        for i, p in enumerate(group["params"]):
            array = p.array
            state = copy.deepcopy(optimiser.state.get(p) or optimiser._start(np, array, group))

            def rule(xp: Any, p: Any, g: Any, state: Any, lr: Any, group: Any = group) -> Any:
                return optimiser._advance(xp, p, g, state, {**group, "lr": lr})

            found.append(Change(i, f"p{i}", array.copy(), p.grad.array.copy(), state, rule))
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_three_steps_of_the_program_are_those_of_the_optimiser_to_the_last_bit(name: str, dtype: str) -> None:
    draws = np.random.default_rng(3)
    parameters = [ew.tensor(draws.normal(size=shape).astype(dtype), requires_grad=True) for shape in [(3, 4), (4,), ()]]
    optimiser = OPTIMISERS[name](parameters)
    gradients = [[draws.normal(size=p.shape).astype(dtype) for p in parameters] for _ in range(4)]
    for p, g in zip(parameters, gradients[0], strict=True):
        p.grad = ew.tensor(g)
    optimiser.step()  # so that there is a state
    found = record_update(changes_of(optimiser), rate=optimiser.param_groups[0]["lr"])
    arguments = list(found.program.start)
    for drawn in gradients[1:]:
        for i, (p, g) in enumerate(zip(parameters, drawn, strict=True)):
            p.grad = ew.tensor(g)
            arguments[found.gradients[i]] = g
        optimiser.step()
        results = found.program.run(*arguments)
        for i, p in enumerate(parameters):
            result = results[found.results[i]]
            assert result.dtype == p.array.dtype
            np.testing.assert_array_equal(result, p.array)
            arguments[found.values[i]] = result
        for place, output in found.states:
            arguments[place] = results[output]


def test_another_learning_rate_can_be_given() -> None:
    p = ew.tensor([1.0, 2.0], requires_grad=True)
    p.grad = ew.tensor([0.5, 0.25])
    found = record_update(changes_of(SGD([p], lr=0.1)), rate=0.1)
    arguments = list(found.program.start)
    arguments[found.rate] = np.float64(2.0)
    np.testing.assert_array_equal(found.program.run(*arguments)[found.results[0]], np.array([0.0, 1.5], "float32"))


def test_a_scale_makes_a_groups_own_rate() -> None:
    def rule(xp: Any, p: Any, g: Any, state: Any, lr: Any) -> Any:
        del xp, state
        return p - lr * g

    one = np.ones(2, "float32")
    found = record_update(
        [Change("a", "a", one, one, {}, rule), Change("b", "b", one, one, {}, rule, scale=0.5)], rate=0.5
    )
    results = found.program.run(*found.program.start)
    np.testing.assert_array_equal(results[found.results["a"]], one * 0.5)
    np.testing.assert_array_equal(results[found.results["b"]], one * 0.75)


def test_a_rule_that_looks_at_values_is_refused() -> None:
    def rule(xp: Any, p: Any, g: Any, state: Any, lr: Any) -> Any:
        del xp, state
        return p - g if lr > 0.01 else p

    one = np.ones(2, "float32")
    with pytest.raises(RecordingError, match="depends on values"):
        record_update([Change(0, "p", one, one, {}, rule)], rate=0.1)


def test_a_rule_that_changes_the_shape_is_refused() -> None:
    def rule(xp: Any, p: Any, g: Any, state: Any, lr: Any) -> Any:
        del state, lr
        return xp.sum(p - g)

    one = np.ones(2, "float32")
    with pytest.raises(RecordingError, match="gives shape"):
        record_update([Change(0, "p", one, one, {}, rule)], rate=0.1)
