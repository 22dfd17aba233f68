"""Loops that are found in graphs by their structure."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.capture.capture import capture
from edgewise.capture.snapshot import Snapshot
from edgewise.picture import draw
from edgewise.picture.loops import LOOP, REPEAT, REST, Loop, find_loops, with_folded_loops, with_loops


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


Step = Callable[[ew.Tensor, ew.Tensor], ew.Tensor]


def over_items(step: Step, xs: ew.Tensor, h: ew.Tensor) -> Snapshot:
    for x in xs:
        h = step(x, h)
    return snapshot(h.square().mean())


def over_a_list(step: Step, xs: ew.Tensor, h: ew.Tensor) -> Snapshot:
    items = [x / 2 for x in xs]
    for x in items:
        h = step(x, h)
    return snapshot(h.square().mean())


def over_a_range(step: Step, xs: ew.Tensor, h: ew.Tensor) -> Snapshot:
    for t in range(len(xs)):
        h = step(xs[t], h)
    return snapshot(h.square().mean())


def with_a_variable(step: Step, xs: ew.Tensor, h: ew.Tensor) -> Snapshot:
    for t in range(len(xs)):
        x = xs[t]
        h = step(x, h)
    return snapshot(h.square().mean())


def over_pairs(step: Step, xs: ew.Tensor, h: ew.Tensor) -> Snapshot:
    for x, noise in zip(xs, 0.1 * xs, strict=True):
        h = step(x + noise, h)
    return snapshot(h.square().mean())


def with_numbers(step: Step, xs: ew.Tensor, h: ew.Tensor) -> Snapshot:
    for _, x in enumerate(xs):
        h = step(x, h)
    return snapshot(h.square().mean())


def while_some_are_left(step: Step, xs: ew.Tensor, h: ew.Tensor) -> Snapshot:
    t = 0
    while t < len(xs):
        x = xs[t]
        h = step(x, h)
        t += 1
    return snapshot(h.square().mean())


@pytest.mark.parametrize("kind", ["cell", "operations"])
@pytest.mark.parametrize(
    "loop",
    [over_items, over_a_list, over_a_range, with_a_variable, over_pairs, with_numbers, while_some_are_left],
)
def test_a_loop_by_hand_has_all_its_repeats(loop: Callable[..., Snapshot], kind: str) -> None:
    # When the snapshot is made, the variables of a loop still hold what its last repeat was given.
    ew.manual_seed(0)
    w = ew.randn(3, 3).requires_grad_()
    step: Step = nn.RNNCell(3, 3) if kind == "cell" else lambda x, h: ew.tanh(h @ w + x)
    found = loop(step, ew.randn(6, 1, 3), ew.zeros(1, 3))
    (whole,) = find_loops(found)
    assert whole.repeats == 6
    repeats = [found.nodes[whole.first + t * whole.period :][: whole.period] for t in range(6)]
    first, *others = [[(node.operation, node.line) for node in repeat] for repeat in repeats]
    assert others == [first] * 5


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


def shared_layer() -> ew.Tensor:
    linear, h = nn.Linear(2, 2), ew.ones(1, 2)
    for _ in range(12):
        h = linear(h).tanh()
    return h.sum()


def test_a_folded_loop_holds_its_first_repeat_and_a_scope_around_the_others() -> None:
    found = with_folded_loops(snapshot(recurrence()))
    (loop,) = (scope for scope in found.scopes if scope.kind == LOOP)
    first, rest = (scope for scope in found.scopes if scope.parent == loop.id)
    assert (first.name, first.kind) == ("t = 1", REPEAT)
    assert (rest.name, rest.kind) == ("t = 2 … 7", REST)
    assert [scope.name for scope in found.scopes if scope.parent == rest.id] == [f"t = {t}" for t in range(2, 8)]


def test_shared_parameters_stand_before_the_first_repeat_of_a_folded_loop() -> None:
    found = with_folded_loops(snapshot(shared_layer()))
    (loop,) = (scope for scope in found.scopes if scope.kind == LOOP)
    shared = [tensor for tensor in found.tensors if tensor.kind == "parameter"]
    assert [tensor.scope for tensor in shared] == [loop.id, loop.id]
    assert [len(tensor.edges) for tensor in shared] == [12, 12]


def test_a_graph_without_loops_is_folded_to_itself() -> None:
    given = snapshot(blocks())
    assert with_folded_loops(given) is given


def labels(still: str) -> list[str]:
    """The texts on operations and closed modules."""
    return re.findall(r'<text class="label"[^>]*>(.*?)</text>', still)


def test_a_still_draws_the_body_of_a_loop_once() -> None:
    assert labels(draw(snapshot(shared_layer()))) == ["linear₁", "tanh₁", "t = 2 … 12", "sum"]


@pytest.mark.parametrize("unrolled", [{"fit": "all"}, {"closed": []}])
def test_a_still_is_unrolled_where_all_is_open(unrolled: dict[str, object]) -> None:
    found = labels(draw(snapshot(shared_layer()), **unrolled))  # type: ignore[arg-type]
    assert sum(label.startswith("tanh") for label in found) == 12
    assert "t = 2 … 12" not in found


def test_a_short_loop_is_drawn_as_it_is() -> None:
    linear, h = nn.Linear(2, 2), ew.ones(1, 2)
    for _ in range(4):
        h = linear(h).tanh()
    assert "t = 2 … 4" not in labels(draw(snapshot(h.sum())))


def test_a_loop_that_is_closed_on_a_page_opens_on_a_larger_sheet() -> None:
    long = snapshot(nn.LSTM(3, 4)(ew.ones(12, 1, 3))[0].square().mean())
    assert "× 12" in labels(draw(long))
    assert {"step 1", "t = 2 … 12"} <= {*labels(draw(long, fit=(2600, 1600)))}
