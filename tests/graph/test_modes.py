"""Recording on and off: blocks, decorators, nesting, exceptions, generators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import edgewise as ew


@pytest.fixture
def x() -> ew.Tensor:
    return ew.tensor([1.0, 2.0], requires_grad=True)


def test_nothing_is_recorded_under_no_grad(x: ew.Tensor) -> None:
    with ew.no_grad():
        y = x * 2
    assert not y.requires_grad
    assert y.node is None
    assert (x * 2).requires_grad


def test_enable_grad_records_within_no_grad(x: ew.Tensor) -> None:
    with ew.no_grad():
        with ew.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad


@pytest.mark.parametrize(
    ("switch", "inside"),
    [
        (ew.no_grad, False),
        (ew.enable_grad, True),
        (lambda: ew.set_grad_enabled(False), False),
        (lambda: ew.set_grad_enabled(True), True),
        (ew.inference_mode, False),
        (lambda: ew.inference_mode(False), True),
    ],
)
@pytest.mark.parametrize("around", [True, False])
def test_every_switch_as_a_block_a_decorator_and_with_exceptions(switch, inside: bool, around: bool) -> None:  # type: ignore[no-untyped-def]
    with ew.set_grad_enabled(around):
        with switch():
            assert ew.is_grad_enabled() is inside
            with switch():
                assert ew.is_grad_enabled() is inside
            assert ew.is_grad_enabled() is inside
        assert ew.is_grad_enabled() is around

        @switch()
        def function(depth: int = 2) -> bool:
            """What it does."""
            return function(depth - 1) if depth else ew.is_grad_enabled()

        assert ew.is_grad_enabled() is around
        assert function() is inside
        assert ew.is_grad_enabled() is around
        assert function.__name__ == "function"
        assert function.__doc__ == "What it does."

        with pytest.raises(ZeroDivisionError), switch():
            raise ZeroDivisionError
        assert ew.is_grad_enabled() is around
    assert ew.is_grad_enabled()


def test_one_object_can_be_entered_again(x: ew.Tensor) -> None:
    off = ew.no_grad()
    with off, ew.enable_grad(), off:
        assert not ew.is_grad_enabled()
    assert ew.is_grad_enabled()
    with off:
        assert not (x * 2).requires_grad


def test_no_grad_decorates_without_parentheses() -> None:
    @ew.no_grad
    def off() -> bool:
        return ew.is_grad_enabled()

    assert off() is False
    assert ew.is_grad_enabled()


def test_set_grad_enabled_acts_at_once() -> None:
    ew.set_grad_enabled(False)
    try:
        assert not ew.is_grad_enabled()
    finally:
        ew.set_grad_enabled(True)
    assert ew.is_grad_enabled()


def test_a_decorated_generator_is_switched_inside_its_steps_only() -> None:
    log: list[object] = []

    @ew.no_grad()
    def numbers() -> Iterator[bool]:
        try:
            log.append((yield ew.is_grad_enabled()))
            try:
                yield ew.is_grad_enabled()
            except ValueError:
                log.append(ew.is_grad_enabled())
            yield ew.is_grad_enabled()
        finally:
            log.append(("closed", ew.is_grad_enabled()))

    steps = numbers()
    assert next(steps) is False
    assert ew.is_grad_enabled()
    assert steps.send("hello") is False
    assert ew.is_grad_enabled()
    assert steps.throw(ValueError()) is False
    assert ew.is_grad_enabled()
    steps.close()
    assert log == ["hello", False, ("closed", False)]
    assert list(numbers()) == [False, False, False]


def test_a_decorated_generator_returns_its_value() -> None:
    @ew.enable_grad()
    def inner() -> Iterator[int]:
        yield 1
        return 7

    def outer() -> Iterator[int]:
        assert (yield from inner()) == 7

    with ew.no_grad():
        assert list(outer()) == [1]


def test_backward_works_under_no_grad(x: ew.Tensor) -> None:
    y = (x * x).sum()
    with ew.no_grad():
        y.backward()
        (second,) = ew.autograd.grad(y, x, create_graph=True)
    assert x.grad.tolist() == [2.0, 4.0]
    assert second.requires_grad


def test_in_place_updates_of_leaves_are_allowed_under_no_grad(x: ew.Tensor) -> None:
    with ew.no_grad():
        x -= 0.5
    assert x.tolist() == [0.5, 1.5]
    assert x.is_leaf
    assert x.requires_grad


@pytest.mark.parametrize("switch", [ew.set_grad_enabled, ew.inference_mode, ew.autograd.set_detect_anomaly])
def test_a_switch_takes_true_and_false_only(switch: Any) -> None:
    for mode in ("a", None, 2, [True]):
        with pytest.raises(TypeError, match=f"{switch.__name__}: mode must be True or False, not"):
            switch(mode)
    with switch(np.True_), switch(0):
        pass
    assert ew.is_grad_enabled()


def test_inference_mode_decorates_without_parentheses(x: ew.Tensor) -> None:
    @ew.inference_mode
    def double(value: ew.Tensor) -> ew.Tensor:
        return value * 2

    assert not double(x).requires_grad
    assert (x * 2).requires_grad
