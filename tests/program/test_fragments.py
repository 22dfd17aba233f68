"""Uses of operations of one kind are recorded once and then copied: the Program is the same as without copies."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from registry.uses import every_use

import edgewise as ew
from edgewise import nn
from edgewise.program import RecordingError
from edgewise.program.fragments import Fragments, UnlikeError, exact
from edgewise.program.passes import simplify
from edgewise.program.recorder import NAMESPACE, Recorder, running
from edgewise.program.replay import replay
from edgewise.program.update import Change, record_update


@pytest.fixture
def without_copies(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], Any]:
    """Calls a function while everything is recorded each time."""

    def call(function: Callable[[], Any]) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(Fragments, "record", lambda _self, _kind, function, arguments: function(*arguments))
            return function()

    return call


def _encoder() -> Any:
    ew.manual_seed(0)
    layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), 3)
    return layers(ew.randn(4, 2, 8)).square().mean()


def _recurrent() -> Any:
    ew.manual_seed(0)
    cell, h = nn.GRUCell(3, 4), ew.zeros(2, 4)
    for x in ew.randn(5, 2, 3).unbind(0):
        h = cell(x, h)
    return h.square().sum()


def _convolutions() -> Any:
    ew.manual_seed(0)
    layers = [layer for _ in range(3) for layer in (nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU())]
    return nn.Sequential(*layers)(ew.randn(2, 2, 5, 5)).amax(dim=(2, 3)).sum()


def _indices() -> Any:
    x = ew.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    where = ew.tensor([[0, 1], [1, 0]])
    return sum((x[where[i]][:, where[i]].max() + x[i, 1:] for i in (0, 1, 0, 1)), x.sum()).sum()


def _same_arguments() -> Any:
    x, y = ew.tensor(2.0, requires_grad=True), ew.tensor(3.0, requires_grad=True)
    return x * y + x * x + y * y + (x + 0.0) * (y + -0.0) + x**2 + y**2.0


@pytest.mark.parametrize("loss", [_encoder, _recurrent, _convolutions, _indices, _same_arguments])
def test_the_program_of_a_graph_is_the_same_without_copies(loss, without_copies):
    made = loss()
    copied = replay([made], local=True)
    recorded = without_copies(lambda: replay([made], local=True))
    assert str(copied.program) == str(recorded.program)
    for found, wanted in ((copied.contributions, recorded.contributions), (copied.locals, recorded.locals)):
        assert list(found.values()) == list(wanted.values())
    copied.program.check()


def _used_twice(operation: Any, case: Any) -> Any:
    """The sum of an operation's result and of that for other tensors; None if no gradient flows through it."""
    results = []
    for factor in (1.0, 0.97):
        inputs = [
            ew.tensor(x * factor).requires_grad_(operation.flows_to(i)) if _is_float(x) else x
            for i, x in enumerate(case.inputs)
        ]
        results.append(operation(*inputs, **case.params))
    return results[0].sum() + results[1].sum() if results[0].requires_grad else None


def _is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


@every_use
def test_a_second_use_of_an_operation_is_recorded_as_if_it_were_the_first(operation, case, without_copies):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers that aren't finite
        loss = _used_twice(operation, case)
        if loss is None:
            return
        try:
            recorded = without_copies(lambda: replay([loss], local=True))
        except RecordingError:
            return
        assert str(replay([loss], local=True).program) == str(recorded.program)


def test_functions_that_read_values_are_recorded_each_time():
    sign = ew.Operation("sign", lambda _xp, x: x if bool(x > 0) else -x, lambda _xp, g, _y, x: g if bool(x > 0) else -g)
    x, y = ew.tensor(1.0, requires_grad=True), ew.tensor(-1.0, requires_grad=True)
    made = replay([sign(x) + sign(y) + sign(x * 2.0)])
    results = made.program.run(*made.program.start)
    assert [float(results[made.gradients[leaf]]) for leaf in (x, y)] == [3.0, -1.0]
    assert made.program.looked_at


def test_values_that_were_not_computed_are_there_when_they_are_read():
    recorder = Recorder()
    x, y = recorder.new(np.array([1.0, 2.0])), recorder.new(np.array([3.0, 5.0]))
    running.recorders.append(recorder)
    try:
        known = Fragments(recorder)
        square = lambda a: [a * a + 1.0]
        (first,), (second,) = known.record("square", square, [x]), known.record("square", square, [y])
        (third,) = known.record("square", square, [second])
        total = NAMESPACE.sum(third - first)
        assert not first.is_waiting
        assert total.is_waiting
        assert (total.shape, total.dtype) == ((), np.dtype("float64"))
        assert float(total) == 101 + 677 - 2 - 5
    finally:
        running.recorders.pop()


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (1, 1.0), (0.0, -0.0), ((1, 2), [1, 2]), (slice(1), slice(0, 1)), (None, False), ({"a": 1}, {"b": 1})],
)
def test_parameters_that_mean_something_else_have_other_keys(one, other):
    assert exact(one) == exact(one)
    assert exact(one) != exact(other)


def test_arrays_have_no_keys():
    with pytest.raises(UnlikeError):
        exact(np.ones(3))


def test_rules_of_one_kind_give_the_same_update(without_copies):
    def rule(_xp: Any, p: Any, g: Any, state: dict[str, Any], lr: Any) -> Any:
        state["count"] = state["count"] + 1.0
        state["mean"] = 0.9 * state["mean"] + g
        return p - lr * state["mean"] / state["count"]

    changes = [
        Change(i, f"p{i}", np.ones(shape, "float32"), np.zeros(shape, "float32"), state, rule, 1.0 + i % 2, "rule")
        for i, shape in enumerate([(2,), (2,), (3,), (2,), ()])
        for state in [{"mean": np.ones(shape, "float32"), "count": 3.0}]
    ]
    copied, recorded = record_update(changes, 0.1), without_copies(lambda: record_update(changes, 0.1))
    assert str(copied.program) == str(recorded.program)
    assert (copied.results, copied.states) == (recorded.results, recorded.states)
    p, g = np.array([1.0, 2.0], "float32"), np.array([0.5, -1.0], "float32")
    arguments = list(copied.program.start)
    arguments[copied.values[3]], arguments[copied.gradients[3]] = p, g
    new = copied.program.check().run(*arguments)[copied.results[3]]
    np.testing.assert_allclose(new, p - 0.2 * (0.9 + g) / 4, rtol=1e-6)


def test_a_program_is_simple_once_it_was_simplified():
    program = replay([_encoder()], local=True, tidy=False).program
    once = simplify(program)
    assert len(once.steps) < len(program.steps)
    assert str(simplify(once)) == str(once)
