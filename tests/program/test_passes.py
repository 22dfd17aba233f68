"""Each pass keeps what a Program computes, and makes an example shorter."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import array_api as xp
from edgewise.program.passes import (
    simplify,
    with_folded_constants,
    with_shared_steps,
    with_simpler_steps,
    without_dead_code,
)

X = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)


def _before_and_after(function, clean, example=X):
    """How many steps there are with and without the pass, once it is seen to keep the results."""
    before = ew.record(function, example, tidy=False).check()
    after = clean(before).check()
    for found, wanted in zip(_listed(after.run(example)), _listed(before.run(example)), strict=True):
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == wanted.dtype
    return len(before.steps), len(after.steps)


def _listed(result):
    return result if isinstance(result, tuple) else (result,)


def _with_an_unused_step(x):
    ew.exp(x)
    return x + 1


def test_what_no_output_needs_is_dropped():
    assert _before_and_after(_with_an_unused_step, without_dead_code) == (2, 1)
    unused = ew.tensor([1.0, 2.0, 3.0])
    program = ew.record(lambda x: (x * unused, x)[1], X, tidy=False)
    assert len(program.constants) == 1
    assert not without_dead_code(program).constants


def test_what_occurs_twice_is_shared():
    assert _before_and_after(lambda x: ew.exp(x) * ew.exp(x), with_shared_steps) == (3, 2)
    assert _before_and_after(lambda x: (x.sum(0) + x.sum(0), x.sum(1)), with_shared_steps) == (4, 3)
    first, second = ew.tensor([1.0, 2.0, 3.0]), ew.tensor([1.0, 2.0, 3.0])
    program = ew.record(lambda x: (x + first) * (x + second), X, tidy=False)
    assert len(with_shared_steps(program).constants) == 1


def test_numbers_that_only_look_alike_are_distinguished():
    function = lambda x: (ew.copysign(x, 0.0), ew.copysign(x, -0.0))
    assert _before_and_after(function, with_shared_steps) == (2, 2)


def test_steps_of_constants_are_computed_once():
    constant = ew.tensor([1.0, 2.0, 3.0])
    assert _before_and_after(lambda x: x * ew.exp(constant), with_folded_constants) == (1, 1)
    assert _before_and_after(lambda x: x * xp.broadcast_to(ew.zeros_like(x), (2, 2, 3)), simplify)[1] == 1


def test_large_results_are_not_kept():
    program = ew.record(lambda x: ew.zeros_like(x).sum() + ew.broadcast_to(ew.ones_like(x), (50, 50)) * x, np.ones(1))
    assert all(array.size < 2500 for array in program.constants.values())
    assert any(step.primitive == "broadcast_to" for step in program.steps)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 1,
        lambda x: 1.0 * x,
        lambda x: x / 1,
        lambda x: x + 0,
        lambda x: 0.0 + x,
        lambda x: x - 0,
        lambda x: x * ew.ones_like(x),
        lambda x: ew.neg(ew.neg(x)),
        lambda x: xp.permute_dims(xp.permute_dims(x, (1, 0)), (1, 0)),
        lambda x: ew.reshape(ew.reshape(x, (6,)), (2, 3)),
    ],
)
def test_what_changes_nothing_is_dropped(function):
    before, after = _before_and_after(function, with_simpler_steps)
    assert before > after
    assert _before_and_after(function, simplify)[1] == 0


@pytest.mark.parametrize(
    ("function", "left"),
    [
        (lambda x: ew.reshape(ew.reshape(x, (6,)), (3, 2)), ["reshape"]),
        (lambda x: ew.permute(ew.permute(x.reshape(1, 2, 3), (2, 0, 1)), (2, 0, 1)), ["reshape", "permute"]),
        (lambda x: ew.reshape(x, (2, 1, 3)).sum(1), []),
        (lambda x: ew.reshape(x, (2, 1, 3)).amax(1, keepdim=True), ["reshape"]),
        (lambda x: ew.broadcast_to(ew.broadcast_to(x, (1, 2, 3)), (4, 2, 3)), ["broadcast_to"]),
        (lambda x: x[0] * ew.ones(4, 3), ["slice", "broadcast_to"]),
    ],
)
def test_one_step_does_where_one_can(function, left):
    _before_and_after(function, with_simpler_steps)
    program = simplify(ew.record(function, X, tidy=False)).check()
    assert [step.primitive for step in program.steps] == left
    np.testing.assert_array_equal(program.run(X), function(ew.tensor(X)).numpy())


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 1.0,
        lambda x: x + 0.0,
        lambda x: x / 1,
        lambda x: x * True,
        lambda x: ew.reshape(x, (3, 1)).sum(1),
    ],
)
@pytest.mark.parametrize("dtype", [np.int32, np.bool_])
def test_dtypes_are_kept(function, dtype):
    x = np.array([0, 1, 3]).astype(dtype)
    program = ew.record(function, x, tidy=False)
    assert simplify(program).check().run(x).dtype == program.run(x).dtype


def test_zero_times_something_is_not_zero():
    program = ew.record(lambda x: x * 0, X)
    assert np.isnan(program.run(np.full((2, 3), np.nan, np.float32))).all()


def test_a_training_step_becomes_shorter_and_stays_right():
    ew.manual_seed(0)
    model = ew.nn.Sequential(ew.nn.Linear(4, 8), ew.nn.GELU(), ew.nn.LayerNorm(8), ew.nn.Linear(8, 3))
    optimiser = ew.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step(x, t):
        optimiser.zero_grad()
        loss = ew.nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimiser.step()
        return loss

    x, t = ew.randn(5, 4), ew.tensor([0, 1, 2, 0, 1])
    plain, tidy = (ew.record(step, x, t, state=optimiser, tidy=tidy).check() for tidy in (False, True))
    assert len(tidy.steps) < len(plain.steps)
    results = [program.run(x.numpy(), t.numpy(), *program.start) for program in (plain, tidy)]
    np.testing.assert_array_equal(results[0][0], results[1][0])
    for found, wanted in zip(results[1][1], results[0][1], strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_passes_and_primitives_are_attributes_of_what_edgewise_calls_record():
    program = ew.record(lambda x: x + 0, ew.ones(2), tidy=False)
    assert len(ew.record.passes.simplify(program).steps) < len(program.steps)
    assert "add" in ew.record.primitives.PRIMITIVES


@pytest.mark.parametrize(
    "function",
    [lambda x: ew.zeros(2, 3) + x, lambda x: ew.ones(2, 3) * x, lambda x: x + ew.zeros(2, 3), lambda x: x * 1],
    ids=["0 + x", "1 · x", "x + 0", "x · 1"],
)
def test_a_neutral_number_on_either_side_changes_nothing(function):
    assert _before_and_after(function, with_simpler_steps)[1] == 0


@pytest.mark.parametrize(
    "function", [lambda x: ew.zeros(2, 3) - x, lambda x: ew.ones(2, 3) / x], ids=["0 − x", "1 / x"]
)
def test_a_number_that_is_neutral_on_the_right_only_counts_on_the_left(function):
    assert _before_and_after(function, with_simpler_steps)[1] == 1


def test_steps_with_equal_numbers_are_shared_whichever_objects_these_are():
    def function(x):
        return x * float("1.5") + x * float("1.5") + x * 2.5

    program = ew.record(function, X, tidy=False)
    shared = without_dead_code(with_shared_steps(program))
    assert sum(step.primitive == "multiply" for step in program.steps) == 3
    assert sum(step.primitive == "multiply" for step in shared.steps) == 2
