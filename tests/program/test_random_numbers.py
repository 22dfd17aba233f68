"""Random numbers, and functions of the standard, in recorded Programs."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.graph.arrays import namespace


def test_random_numbers_are_drawn_in_each_run_as_the_function_would_draw_them() -> None:
    def function(x: ew.Tensor) -> tuple[ew.Tensor, ...]:
        noisy = nn.functional.dropout(x + 0.1 * ew.randn(3, 4), 0.5)
        return noisy, ew.randint(0, 10, (4,)), ew.randperm(5), ew.bernoulli(x), nn.functional.gumbel_softmax(x)

    x = ew.rand(3, 4)
    before = ew.get_rng_state()
    program = ew.record(function, x).check()
    assert ew.get_rng_state() == before
    ew.manual_seed(7)
    expected = function(x)
    ew.manual_seed(7)
    for got, wanted in zip(program.run(x.numpy()), expected, strict=True):
        np.testing.assert_allclose(got, wanted.numpy(), rtol=1e-6)
    first = program.run(x.numpy(), generator=ew.Generator(3))
    again = program.run(x.numpy(), generator=ew.Generator(3))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0], program.run(x.numpy(), generator=ew.Generator(4))[0])


def test_equal_draws_are_not_shared_nor_computed_beforehand_but_dropped_if_unused() -> None:
    program = ew.record(lambda x: (x + ew.rand(2), ew.rand(2)), ew.ones(2))
    assert [step.primitive for step in program.steps].count("random") == 2
    unused = ew.record(lambda x: (ew.rand(2), x * 2)[1], ew.ones(2))
    assert [step.primitive for step in unused.steps] == ["multiply"]


def test_dropout_of_what_is_no_argument_is_recorded_too() -> None:
    fixed = ew.ones(4)
    program = ew.record(lambda x: x + nn.functional.dropout(fixed, 0.5), ew.ones(4))
    ran = program.run(ew.ones(4).numpy(), generator=ew.Generator(0))
    assert set(ran.tolist()) <= {1.0, 3.0}


def test_a_training_step_with_dropout_is_the_programs_for_the_same_numbers() -> None:
    ew.manual_seed(1)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3))
    optimiser = ew.optim.SGD(model.parameters(), lr=0.1)
    x, t = ew.randn(5, 4), ew.tensor([0, 1, 2, 0, 1])

    def step(x: ew.Tensor, t: ew.Tensor) -> ew.Tensor:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimiser.step()
        return loss

    program = ew.record(step, x, t, parameters=model, state=optimiser)
    state = program.start
    for seed in range(3):
        loss, state = program.run(x.numpy(), t.numpy(), *state, generator=ew.Generator(seed))
        ew.manual_seed(seed)
        assert float(loss) == pytest.approx(step(x, t).item(), rel=1e-5)


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="record: takes a function of tensors"):
        ew.record(3, ew.ones(2))


def _with_another_row(x):
    x[1] = x[0] * 2
    x[:, 2] = 5.0
    return x


STANDARD = {
    "sum in a wider dtype": lambda xp, x: xp.sum(x, axis=0, dtype=xp.float64),
    "sum of all in a wider dtype": lambda xp, x: xp.sum(x, dtype=xp.float64, keepdims=True),
    "prod in a wider dtype": lambda xp, x: xp.prod(x, axis=-1, dtype=xp.float64),
    "the dtype of an array and a number": lambda xp, x: xp.astype(xp.ones(2), xp.result_type(x, 2.0)) * x[0, :2],
    "the dtype of two": lambda xp, x: xp.astype(x, xp.result_type(x, xp.asarray(1.0, dtype=xp.float64))),
    "a running sum": lambda xp, x: xp.cumulative_sum(x, axis=1),
    "a roll of all": lambda xp, x: xp.roll(x, 2),
    "a roll of an axis": lambda xp, x: xp.roll(x, -1, axis=1),
    "repeats of all": lambda xp, x: xp.repeat(x, 2),
    "repeats of rows": lambda xp, x: xp.repeat(x, 2, axis=0),
    "the least": lambda xp, x: xp.clip(x, min=0.5),
    "the most": lambda xp, x: xp.clip(x, max=0.5),
    "between": lambda xp, x: xp.clip(x, 0.1, 0.5),
    "products": lambda xp, x: xp.vecdot(x, x + 1),
    "products of columns": lambda xp, x: xp.vecdot(x, x + 1, axis=0),
    "rows": lambda xp, x: xp.stack(xp.unstack(x, axis=1)[::-1]),
    "places": lambda xp, x: xp.take_along_axis(x, xp.argsort(x, axis=0), axis=0),
    "taken": lambda xp, x: xp.take(x, xp.asarray([2, 0]), axis=1),
    "tiles": lambda xp, x: xp.tile(x, (2, 1, 2)),
    "spread": lambda xp, x: xp.std(x, axis=1, correction=1, keepdims=True),
    "variance of all": lambda xp, x: xp.var(x),
    "an axis elsewhere": lambda xp, x: xp.moveaxis(x[None], 0, -1),
    "a matrix turned": lambda xp, x: xp.matrix_transpose(x),
    "itself": lambda xp, x: xp.positive(x),
    "as many as rows": lambda _, x: x[0] * len(x),
    "a part in place of another": lambda _, x: _with_another_row(x + 0),
    "turned around": lambda xp, x: xp.flip(x),
    "columns turned around": lambda xp, x: xp.flip(x, axis=1),
    # NumPy's own have no order but the ascending one.
    "largest first": lambda xp, x: -np.sort(-x, axis=0) if xp is np else xp.sort(x, axis=0, descending=True),
    "places of the largest first": lambda xp, x: (
        np.argsort(-np.floor(2 * x), axis=1, stable=True)
        if xp is np
        else xp.argsort(xp.floor(2 * x), axis=1, descending=True)
    ),
    "fewer axes": lambda xp, x: xp.squeeze(x[:, None], axis=1),
}


@pytest.mark.parametrize("name", STANDARD)
def test_functions_of_the_standard_are_recorded_as_numpy_computes_them(name):
    x = np.random.default_rng(3).random((2, 3)).astype("float32")
    function = STANDARD[name]
    program = ew.record(lambda x: ew.as_tensor(function(namespace(x.array), x.array)), x)
    expected = function(np, x)
    found = program.check().run(x)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(program.run(x[::-1].copy()), function(np, x[::-1].copy()), rtol=1e-6)
