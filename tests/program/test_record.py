"""What recording takes, gives, refuses, and leaves as it was."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim


def _arrays(*tensors):
    return [x.detach().numpy().copy() for x in tensors]


def _network():
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    return model, ew.randn(5, 4), ew.tensor([0, 1, 2, 0, 1])


def _step_of(model, optimiser):
    def step(x, t):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimiser.step()
        return loss

    return step


# Meaning -------------------------------------------------------------------------------------------------------------


def test_forward_and_backward_become_one_program():
    x, w = ew.randn(2, 3, requires_grad=True), ew.randn(3, 4, requires_grad=True)

    def function(x, w):
        loss = ew.tanh(x @ w).sum()
        loss.backward()
        return loss, x.grad, w.grad

    program = ew.record(function, x, w).check()
    expected = function(x, w)
    for found, wanted in zip(program.run(*_arrays(x, w)), expected, strict=True):
        np.testing.assert_allclose(found, wanted.detach().numpy(), rtol=1e-6)


def test_second_derivatives_are_recorded():
    x = ew.tensor([0.5, -1.0])
    program = ew.record(ew.grad(lambda x: ew.grad(lambda x: (x**4).sum())(x).sum()), x).check()
    np.testing.assert_allclose(program.run(x.numpy()), 12 * x.numpy() ** 2, rtol=1e-6)


def test_results_come_in_the_nest_that_was_returned():
    program = ew.record(lambda a, b: {"sum": a + b, "both": [a * 2, (b,)]}, ew.tensor(1.0), ew.tensor(2.0))
    result = program.run(np.float32([3.0])[0:1].reshape(()), np.asarray(4.0, np.float32))
    assert result == {"sum": 7.0, "both": [6.0, (4.0,)]}


@pytest.mark.parametrize(
    "function",
    [
        lambda c, x: c * x,
        lambda c, x: c.T @ x,
        lambda c, x: ew.maximum(c, x),
        lambda c, x: ew.cat([c, x]),
        lambda c, x: ew.where(c > 0, x, c),
        lambda c, x: c.numpy() * x,
    ],
)
def test_a_constant_may_come_first(function):
    constant, x = ew.randn(2, 3), ew.randn(2, 3)
    program = ew.record(lambda x: function(constant, x), x).check()
    other = ew.randn(2, 3)
    np.testing.assert_allclose(program.run(other.numpy()), function(constant, other).numpy(), rtol=1e-6)


def test_constants_keep_the_values_they_had():
    constant = ew.ones(3)
    program = ew.record(lambda x: x * constant, ew.ones(3), tidy=False)
    constant.fill_(5)
    np.testing.assert_array_equal(program.run(np.full(3, 2, np.float32)), [2, 2, 2])


def test_a_gradient_to_start_from_may_be_a_constant():
    x = ew.tensor([1.0, 2.0], requires_grad=True)

    def function(x):
        (x * x).backward(ew.tensor([1.0, 10.0]))
        return x.grad

    np.testing.assert_array_equal(ew.record(function, x).run(np.float32([3, 4])), [6, 80])


def test_writing_in_place_is_a_new_value():
    def function(x):
        y = x.clone()
        y[0] = 7.0
        y += 1
        return x, y

    x, y = ew.record(function, ew.zeros(2)).check().run(np.float32([1, 2]))
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_array_equal(y, [8, 3])


@pytest.mark.parametrize("part", [lambda x: x[0], lambda x: x.T, lambda x: x.reshape(6)])
@pytest.mark.parametrize("trained", [False, True])
def test_a_write_into_a_part_is_a_new_value_of_the_whole(part, trained):
    def function(x, scale):
        y = x * scale
        view, other = part(y), y[1]
        view.add_(1)
        return y, view, other * 1

    scale = ew.tensor(2.0, requires_grad=trained)
    program = ew.record(function, ew.zeros(2, 3), scale).check()
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    whole, view, other = program.run(array, np.float32(3))
    expected = array * 3
    part(ew.from_numpy(expected)).add_(1)
    np.testing.assert_array_equal(whole, expected)
    np.testing.assert_array_equal(view, part(ew.from_numpy(expected)).numpy())
    np.testing.assert_array_equal(other, expected[1])


def test_a_part_of_a_parameter_that_is_written_changes_it():
    count = ew.zeros(2)
    row = count[:1]

    def function(x):
        count[0].add_(x)
        return count * 1

    program = ew.record(function, ew.tensor(1.0), parameters=[count])
    result, (after,) = program.run(np.float32(5), np.float32([1, 2]))
    np.testing.assert_array_equal(result, [6, 2])
    np.testing.assert_array_equal(after, [6, 2])
    assert count.tolist() == [0, 0]
    count.fill_(3)
    assert row.tolist() == [3]


def test_a_constant_that_is_written_is_another_constant():
    count = ew.zeros(2)

    def function(x):
        first = x + count
        count.add_(1)
        return first, x + count

    first, second = ew.record(function, ew.zeros(2)).check().run(np.float32([5, 6]))
    np.testing.assert_array_equal(first, [5, 6])
    np.testing.assert_array_equal(second, [6, 7])


def test_a_mask_that_is_constant_may_pick():
    mask = ew.tensor([True, False, True])
    program = ew.record(lambda x: x[mask], ew.zeros(3)).check()
    np.testing.assert_array_equal(program.run(np.float32([1, 2, 3])), [1, 3])


@pytest.mark.parametrize(("value", "dims"), [(0, 2), (7.5, 1), (np.float32([1, 2, 3]), 1)])
def test_what_is_written_through_a_mask_is_recorded(value, dims):
    def function(x):
        x = x * 1
        mask = x < 0 if dims == 2 else x[:, 0] < 0
        x[mask] = value if isinstance(value, (int, float)) else ew.tensor(value)
        return x

    program = ew.record(function, ew.zeros(2, 3)).check()
    for x in np.float32([[-1, 2, -3], [4, -5, 6]]), np.float32([[1, 2, 3], [-4, 5, 6]]):
        right = x.copy()
        right[x < 0 if dims == 2 else x[:, 0] < 0] = value
        np.testing.assert_array_equal(program.run(x), right)


def test_the_gradient_of_a_value_written_through_a_mask_is_recorded():
    x, value = ew.zeros(3, requires_grad=True), ew.tensor(2.0, requires_grad=True)

    def function(x, value):
        y = x * 1
        y[x < 0] = value
        (y * y).sum().backward()
        return x.grad, value.grad

    by_x, by_value = ew.record(function, x, value).check().run(np.float32([-1, 3, -5]), np.float32(2))
    np.testing.assert_array_equal(by_x, [0, 6, 0])
    np.testing.assert_array_equal(by_value, 8)  # two places, each with 2 · 2


def test_what_a_mask_picks_is_refused_in_a_sentence_that_says_what_to_write():
    with pytest.raises(ew.RecordingError, match=r"a mask picks.*ew\.where\(mask, x, 0\)"):
        ew.record(lambda x: x[x > 0], ew.ones(3))


def test_asking_for_a_value_is_noted():
    def function(x):
        return x * 2 if x.sum() > 0 else x * 3

    program = ew.record(function, ew.ones(2))
    assert len(program.looked_at) == 1
    assert "test_record.py" in program.looked_at[0]
    assert not ew.record(lambda x: x * 2, ew.ones(2)).looked_at


# Parameters and optimisers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda p: optim.SGD(p, lr=0.1),
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: optim.RMSprop(p, lr=0.01),
    ],
)
def test_a_training_step_runs_again_and_again(make):
    model, x, t = _network()
    optimiser = make(model.parameters())
    step = _step_of(model, optimiser)
    program = ew.record(step, x, t, parameters=model, state=optimiser).check()
    state = program.start
    for _ in range(4):
        loss, state = program.run(*_arrays(x, t), *state)
        np.testing.assert_allclose(loss, step(x, t).item(), rtol=1e-5)
    for found, parameter in zip(state, model.parameters(), strict=False):
        np.testing.assert_allclose(found, parameter.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_adam_is_recorded_at_the_step_it_was_at():
    model, x, t = _network()
    optimiser = optim.Adam(model.parameters(), lr=0.01)
    step = _step_of(model, optimiser)
    step(x, t)
    program = ew.record(step, x, t, parameters=model, state=optimiser).check()
    loss, state = program.run(*_arrays(x, t), *program.start)
    np.testing.assert_allclose(loss, step(x, t).item(), rtol=1e-5)
    for found, parameter in zip(state, model.parameters(), strict=False):
        np.testing.assert_allclose(found, parameter.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_an_optimiser_brings_its_parameters():
    model, x, t = _network()
    optimiser = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    program = ew.record(_step_of(model, optimiser), x, t, state=optimiser)
    assert len(program.start) == 8
    assert len(program.inputs) == 10


def test_everything_is_left_as_it_was():
    model, x, t = _network()
    optimiser = optim.Adam(model.parameters(), lr=0.01)
    step = _step_of(model, optimiser)
    step(x, t)
    before = _arrays(*model.parameters(), *(p.grad for p in model.parameters()))
    state = optimiser.state_dict()
    numbers = [entries["step"] for entries in state["state"].values()]
    moments = [entries["exp_avg"].numpy().copy() for entries in state["state"].values()]
    ew.record(step, x, t, parameters=model, state=optimiser)
    after = _arrays(*model.parameters(), *(p.grad for p in model.parameters()))
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)
    state = optimiser.state_dict()["state"].values()
    assert numbers == [entries["step"] for entries in state]
    for old, entries in zip(moments, state, strict=True):
        np.testing.assert_array_equal(old, entries["exp_avg"].numpy())


def test_what_has_its_shape_already_is_no_step():
    for function in (lambda x: ew.broadcast_to(x, (2, 3)), lambda x: x.reshape(2, 3), lambda x: x.to("float32")):
        assert not ew.record(lambda x, function=function: function(x), np.ones((2, 3), "float32"), tidy=False).steps


def test_a_tensor_that_became_something_else_gets_its_hooks_and_its_past_back():
    w = ew.tensor([2.0], requires_grad=True)
    x = w * 3
    x.mul_(5)
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    x.retain_grad()
    earlier = x.earlier

    def function(y):
        x.mul_(y)
        return x + 0

    ew.record(function, ew.tensor([7.0]), parameters=[x])
    assert x.earlier == earlier
    assert x.tolist() == [30.0]
    (x * 4).sum().backward()
    assert seen == [[4.0]]
    assert x.grad.tolist() == [4.0]
    assert w.grad.tolist() == [4 * 5 * 3.0]
    constant = ew.tensor([2.0])
    ew.record(lambda y: constant.mul_(y), ew.tensor([7.0]), parameters=[constant])
    assert not hasattr(constant, "earlier")
    assert constant.tolist() == [2.0]


def test_everything_is_restored_when_the_function_raises():
    model, x, t = _network()
    optimiser = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    step = _step_of(model, optimiser)
    before = _arrays(*model.parameters())

    def failing(x, t):
        step(x, t)
        optimiser.param_groups[0]["lr"] = 5.0
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ew.record(failing, x, t, parameters=model, state=optimiser)
    for old, new in zip(before, _arrays(*model.parameters()), strict=True):
        np.testing.assert_array_equal(old, new)
    assert not optimiser.state
    assert optimiser.param_groups[0]["lr"] == 0.1
    assert all(p.grad is None for p in model.parameters())
    step(x, t)
    np.testing.assert_array_equal(ew.record(lambda x: x + 1, ew.zeros(1)).run(np.zeros(1, np.float32)), [1])


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("lift", [False, True])
def test_an_optimiser_that_was_not_passed_is_not_touched(warm, lift):
    model, x, t = _network()
    optimiser = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    step = _step_of(model, optimiser)
    if warm:
        step(x, t)
    before = _arrays(*model.parameters())
    velocities = [entries["momentum_buffer"].copy() for entries in optimiser.state.values()]
    with pytest.raises(ew.RecordingError, match="pass the optimiser as state="):
        ew.record(step, x, t, parameters=model if lift else ())
    for old, new in zip(before, _arrays(*model.parameters()), strict=True):
        np.testing.assert_array_equal(old, new)
    for old, entries in zip(velocities, optimiser.state.values(), strict=True):
        np.testing.assert_array_equal(old, entries["momentum_buffer"])
    optimiser.zero_grad()
    step(x, t)


def test_running_statistics_are_lifted_with_the_module():
    ew.manual_seed(0)
    model, x = nn.BatchNorm1d(3), ew.randn(6, 3)
    program = ew.record(lambda x: model(x), x, parameters=model).check()
    assert [value.name for value in program.inputs[1:]] == [
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
    ]
    np.testing.assert_array_equal(model.running_mean.numpy(), 0)
    result, state = program.run(x.numpy(), *program.start)
    np.testing.assert_allclose(result, model(x).detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(state[2], model.running_mean.numpy(), rtol=1e-6)
    np.testing.assert_allclose(state[3], model.running_var.numpy(), rtol=1e-6)


def test_a_module_that_changes_its_buffers_must_be_passed():
    model = nn.BatchNorm1d(3)
    with pytest.raises(ew.RecordingError):
        ew.record(lambda x: model(x), ew.randn(6, 3))
    np.testing.assert_array_equal(model.running_mean.numpy(), 0)
    assert np.isfinite(model(ew.randn(6, 3)).detach().numpy()).all()


# Errors --------------------------------------------------------------------------------------------------------------


def test_what_is_no_tensor_can_not_be_returned():
    with pytest.raises(ew.RecordingError, match=r"returned 'text' at \[1\]: it must return tensors"):
        ew.record(lambda x: (x, "text"), ew.zeros(1))


def test_values_do_not_leak_into_numpy():
    with pytest.raises(ew.RecordingError, match="can't become a NumPy array"):
        ew.record(lambda x: ew.tensor(x.numpy() * 2), ew.zeros(1))


def test_an_array_that_is_not_recorded_is_not_written():
    outside = np.zeros(2, np.float32)

    def function(x):
        nonlocal outside
        outside += x.array
        return x

    with pytest.raises(ew.RecordingError, match="does not know would be changed in place"):
        ew.record(function, ew.ones(2))
    np.testing.assert_array_equal(outside, 0)


def test_recordings_do_not_mix():
    kept = []
    ew.record(lambda x: kept.append(x) or x, ew.zeros(2))
    with pytest.raises(ew.RecordingError, match="finished recording"):
        kept[0] + 1
    with pytest.raises(ew.RecordingError, match="finished recording"):
        ew.exp(kept[0])
    with pytest.raises(ew.RecordingError, match="finished recording"):
        ew.record(lambda x: x + kept[0], ew.zeros(2))
    with pytest.raises(ew.RecordingError, match="another recording"):
        ew.record(lambda x: ew.record(lambda y: x + y, ew.zeros(2)), ew.zeros(2))


@pytest.mark.parametrize(("given", "message"), [({"parameters": 3}, "parameters must"), ({"state": 3}, "state must")])
def test_what_may_be_lifted(given, message):
    with pytest.raises(ew.RecordingError, match=message):
        ew.record(lambda x: x, ew.zeros(1), **given)


def test_numpy_s_other_functions_are_refused():
    with pytest.raises(ew.RecordingError, match=r"numpy\.sinc|numpy\.cbrt"):
        ew.record(lambda x: ew.as_tensor(np.cbrt(x.array)), ew.zeros(1))
