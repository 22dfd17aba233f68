"""Threads build graphs and switch modes side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import edgewise as ew

# ruff: noqa: ARG001, ARG005


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    results: list[Any] = [None] * count
    errors: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait(10)
            results[number] = work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if errors:
        raise errors[0]
    return results


@pytest.mark.parametrize("count", [2, 4])
def test_threads_build_graphs_of_their_own(count: int) -> None:
    def work(number: int) -> list[float]:
        w = ew.tensor(np.full((4, 4), 0.1 * (number + 1)), requires_grad=True)
        for _ in range(50):
            y = w
            for _ in range(5):
                y = ew.tanh(y @ w)
            w.grad = None
            y.sum().backward()
        return w.grad.numpy().ravel().tolist()  # type: ignore[no-any-return]

    alone = [work(number) for number in range(count)]
    assert in_threads(count, work) == alone


def test_threads_adding_to_one_leaf_lose_nothing() -> None:
    shared = ew.tensor([1.0, 2.0], requires_grad=True)

    def work(number: int) -> None:
        for _ in range(200):
            (shared * 3).sum().backward()

    in_threads(4, work)
    assert shared.grad.tolist() == [2400.0, 2400.0]


def test_modes_belong_to_the_thread_that_set_them() -> None:
    meeting = threading.Barrier(2)

    def work(number: int) -> tuple[bool, bool]:
        with ew.set_grad_enabled(number == 0), ew.autograd.set_detect_anomaly(number == 1):
            meeting.wait(10)
            inside = ew.is_grad_enabled(), ew.autograd.is_anomaly_enabled()
            meeting.wait(10)
        assert ew.is_grad_enabled()
        return inside

    assert in_threads(2, work) == [(True, False), (False, True)]


def test_a_new_thread_records_even_if_its_parent_does_not() -> None:
    with ew.no_grad():
        assert in_threads(1, lambda number: ew.is_grad_enabled()) == [True]


def test_one_decorated_function_may_run_in_several_threads_at_once() -> None:
    entered = threading.Barrier(2)

    @ew.no_grad()
    def together() -> bool:
        entered.wait(10)
        result = ew.is_grad_enabled()
        entered.wait(10)
        return result

    def work(number: int) -> tuple[bool, bool]:
        with ew.set_grad_enabled(number == 0):
            inside = together()
            after = ew.is_grad_enabled()
        return inside, after

    assert in_threads(2, work) == [(False, True), (False, False)]
