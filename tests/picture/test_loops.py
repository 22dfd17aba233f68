"""Loops that are found in graphs by their structure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.capture.capture import capture
from edgewise.capture.snapshot import Snapshot
from edgewise.picture.loops import LOOP, REPEAT, Loop, find_loops, with_loops


def snapshot(loss: ew.Tensor) -> Snapshot:
    return capture((loss,)).snapshot


def recurrence() -> ew.Tensor:
    w, u, h = ew.tensor(0.5, requires_grad=True), ew.tensor(1.0, requires_grad=True), ew.tensor(0.0)
    for _ in range(7):
        h = (h * w + u).tanh()
    return h * 2.0


def solver() -> ew.Tensor:
    k, y = ew.tensor(0.7, requires_grad=True), ew.tensor(1.0)
    for _ in range(5):
        y = y + 0.1 * (-k * y)
    return (y - 0.2) ** 2


def layer() -> ew.Tensor:
    out, _ = nn.LSTM(3, 4)(ew.ones(8, 1, 3))
    return out.square().mean()


def blocks() -> ew.Tensor:
    return nn.Sequential(*(nn.Sequential(nn.Linear(3, 3), nn.Tanh()) for _ in range(6)))(ew.ones(2, 3)).sum()


def separate() -> ew.Tensor:
    w, x = ew.tensor(0.5, requires_grad=True), [ew.tensor(float(i)) for i in range(5)]
    return ew.stack([(one * w).tanh().exp() for one in x]).sum()


def power() -> ew.Tensor:
    w, y = ew.tensor(0.5, requires_grad=True), ew.tensor(1.0)
    for _ in range(9):
        y = y * w
    return y


@pytest.mark.parametrize(
    ("make", "loops"),
    [
        (recurrence, [Loop(0, 3, 7)]),
        (solver, [Loop(0, 4, 5)]),
        (layer, [Loop(1, 16, 8)]),
        (blocks, []),  # each has parameters of its own
        (separate, []),  # no state goes from one to the next
        (power, []),  # one operation
    ],
)
def test_repeats_that_share_parameters_and_pass_a_state_on_are_loops(
    make: Callable[[], ew.Tensor], loops: list[Loop]
) -> None:
    assert find_loops(snapshot(make())) == loops


def test_each_repeat_has_a_scope_within_that_of_the_loop() -> None:
    found = with_loops(snapshot(recurrence()))
    loop, *repeats = found.scopes
    assert (loop.name, loop.kind, loop.parent) == ("× 7", LOOP, None)
    assert [(scope.name, scope.kind, scope.parent) for scope in repeats] == [
        (f"t = {t}", REPEAT, loop.id) for t in range(1, 8)
    ]
    assert [node.scope for node in found.nodes] == [t for t in range(1, 8) for _ in range(3)] + [None]


def test_repeats_that_are_modules_keep_their_names() -> None:
    found = with_loops(snapshot(layer()))
    (loop,) = (scope for scope in found.scopes if scope.kind == LOOP)
    assert [scope.name for scope in found.scopes if scope.parent == loop.id] == [f"step {t}" for t in range(1, 9)]
    assert all(scope.parent is None or scope.parent < scope.id for scope in found.scopes)
    assert [scope.id for scope in found.scopes] == list(range(len(found.scopes)))


def test_loops_lie_within_the_module_that_runs_them() -> None:
    cell = nn.RNNCell(2, 2)

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = cell

        def forward(self, x: ew.Tensor) -> ew.Tensor:
            h = ew.zeros(1, 2)
            for _ in range(4):
                h = self.cell(x, h)
            return h

    found = with_loops(snapshot(nn.Sequential(Reader(), nn.Linear(2, 1))(ew.ones(1, 2)).sum()))
    (loop,) = (scope for scope in found.scopes if scope.kind == LOOP)
    assert loop.parent is not None
    assert found.scopes[loop.parent].kind == "Reader"
    assert loop.path == "0.× 4"
