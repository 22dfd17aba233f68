"""The backward passes of one training step."""

from __future__ import annotations

from typing import Any

import numpy as np

import edgewise as ew
from edgewise import optim


def parameter(value: float) -> Any:
    return ew.tensor(value, requires_grad=True)


def names(watch: Any) -> list[str]:
    return [step.name for step in watch.passes]


def test_passes_called_at_different_places_in_turn_are_one_step() -> None:
    W, V = parameter(2.0), parameter(3.0)
    with ew.watch() as watch:
        for _ in range(3):
            first = W * V
            first.backward()
            second = W * 2
            second.backward()
    assert names(watch) == ["first", "second"]


def test_passes_of_a_program_that_has_ended_are_one_step() -> None:
    def program() -> None:
        W, V = parameter(2.0), parameter(3.0)
        first = W * V
        first.backward()
        second = W * 2
        second.backward()

    with ew.watch() as watch:
        program()
    assert names(watch) == ["first", "second"]


def test_a_pass_that_runs_several_times_before_another_one_is_part_of_the_step() -> None:
    W = parameter(2.0)
    with ew.watch() as watch:
        for _ in range(2):
            for _ in range(3):
                critic = W * W
                critic.backward()
            actor = W * 2
            actor.backward()
    assert names(watch) == ["critic", "actor"]


def test_a_pass_after_a_training_is_alone() -> None:
    W = parameter(2.0)
    with ew.watch() as watch:
        for _ in range(5):
            loss = W * W
            loss.backward()
        last = W * 3
        last.backward()
    assert names(watch) == ["last"]


def test_passes_that_share_no_parameter_are_apart() -> None:
    W, V = parameter(2.0), parameter(3.0)
    with ew.watch() as watch:
        one = W * W
        one.backward()
        other = V * V
        other.backward()
    assert names(watch) == ["other"]


def test_one_line_that_is_called_for_two_losses_is_two_places() -> None:
    W = parameter(2.0)

    def go_back(loss: Any) -> None:
        loss.backward()

    with ew.watch() as watch:
        for _ in range(2):
            a = W * 2
            go_back(a)
            b = W * 3
            go_back(b)
    assert names(watch) == ["a", "b"]


def test_each_pass_has_the_update_after_it() -> None:
    D, G = parameter(2.0), parameter(3.0)
    of_d, of_g = optim.SGD([D], lr=0.1), optim.SGD([G], lr=0.5)
    with ew.watch() as watch:
        d_loss = D * G.detach()
        d_loss.backward()
        of_d.step()
        of_g.zero_grad()
        g_loss = D * G
        g_loss.backward()
        of_g.step()
    first, second = (step.snapshot() for step in watch.passes)
    updates = [{t.name: t.update.after.item() for t in one.tensors if t.update} for one in (first, second)]
    np.testing.assert_allclose(updates[0].pop("D"), 2 - 0.1 * 3, rtol=1e-6)
    np.testing.assert_allclose(updates[1].pop("G"), 3 - 0.5 * 1.7, rtol=1e-6)
    assert updates == [{}, {}]
    (value,) = [t.value.item() for t in second.tensors if t.name == "D"]
    np.testing.assert_allclose(value, 1.7, rtol=1e-6)


def test_gradients_that_add_up_are_found() -> None:
    W, V = parameter(2.0), parameter(3.0)
    optimizer = optim.SGD([W, V], lr=0.1)
    with ew.watch() as watch:
        one = W * V
        one.backward()
        two = W * W
        two.backward()
        optimizer.step()
    first, second = watch.passes
    for step in (first, second):
        step.snapshot()
    (of_w,) = second.gradients_used.values()
    assert of_w == (first,)
    assert list(first.gradients_used.values()) == [()], "V has the gradient of the first pass alone"
    rules = [str(t.update.rule) for step in (first, second) for t in step.snapshot().tensors if t.update]
    assert rules == ["V − 0.1 · ∂one/∂V", "W − 0.1 · W.grad"]
    after = [t.update.after.item() for step in (first, second) for t in step.snapshot().tensors if t.update]
    np.testing.assert_allclose(after, [3 - 0.1 * 2, 2 - 0.1 * (3 + 4)], rtol=1e-6)
