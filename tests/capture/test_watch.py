"""Watching steps: what is kept of them, when, and what is not."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.graph.errors import GradientError
from edgewise.graph.modes import thread


def updates(snapshot):
    return {tensor.name: tensor.update for tensor in snapshot.tensors if tensor.update is not None}


def rule(snapshot, name):
    return str(updates(snapshot)[name].rule)


def test_the_values_are_those_before_the_step_and_the_update_is_beside_them():
    W = ew.tensor([[0.5, 1.0]], requires_grad=True)
    optimizer = optim.SGD([W], lr=0.1)
    with ew.watch() as watch:
        loss = (W * 3).sum()
        loss.backward()
        optimizer.step()
    (tensor,) = [tensor for tensor in ew.see(loss).snapshot.tensors if tensor.name == "W"]
    assert tensor.value.whole.tolist() == [[0.5, 1.0]]
    assert tensor.gradient.whole.tolist() == [[3.0, 3.0]]
    np.testing.assert_array_equal(tensor.update.after.whole, W.numpy(force=True))
    assert str(tensor.update.rule) == "W − 0.1 · ∂L/∂W"
    assert watch.picture.svg() == ew.see(loss).svg()
    assert watch.snapshot is ew.snapshot(loss)


def test_an_update_by_hand_has_a_value_and_no_rule():
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch() as watch:
        (W * W).backward()
        with ew.no_grad():
            W -= 0.1 * W.grad
    update = updates(watch.snapshot)["W"]
    assert update.rule is None
    assert update.after.item() == pytest.approx(1.6)


@pytest.mark.parametrize("when", ["before", "after", "twice"])
def test_a_step_and_something_else_is_no_rule(when):
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.SGD([W], lr=0.1)
    with ew.watch() as watch:
        (W * W).backward()
        if when == "before":
            W.data.clamp_(max=1.0)
        optimizer.step()
        if when == "after":
            W.data.clamp_(max=1.0)
        if when == "twice":
            optimizer.step()
    assert updates(watch.snapshot)["W"].rule is None
    assert updates(watch.snapshot)["W"].after.item() == W.item()


def test_without_an_update_there_is_none():
    W, frozen = ew.tensor(2.0, requires_grad=True), ew.tensor(1.0, requires_grad=True)
    with ew.watch() as watch:
        loss = W * frozen
        loss.backward()
    assert updates(watch.snapshot) == {}
    optim.SGD([W], lr=0.1).step()
    assert updates(ew.see(loss).snapshot) == {}, "what comes after the block is not part of the step"


def test_the_last_step_is_kept_or_as_many_as_asked_for():
    W = ew.tensor(2.0, requires_grad=True)

    def train(watch, steps):
        losses = []
        with watch:
            for i in range(steps):
                loss = W * float(i)
                loss.backward()
                losses.append(loss)
        return losses

    assert [s.output.value.item() for s in _kept(train, ew.watch(), 4)] == [6.0]
    assert [s.output.value.item() for s in _kept(train, ew.watch(keep=2), 4)] == [4.0, 6.0]
    assert len(_kept(train, ew.watch(keep=None), 4)) == 4


def _kept(train, watch, steps):
    train(watch, steps)
    return watch.snapshots


def test_losses_that_are_kept_do_not_keep_their_steps():
    from edgewise.capture import watch as room

    W = ew.tensor(2.0, requires_grad=True)
    losses = []
    with ew.watch():
        for _ in range(5):
            loss = W * 2.0
            loss.backward()
            losses.append(loss)
    assert [room._find_step(loss) is not None for loss in losses] == [False] * 4 + [True]


class Own(optim.SGD):
    """Somebody's own optimiser, whose rule depends on what it was told."""

    def __init__(self, params, factor):
        super().__init__(params, lr=0.1)
        self.factor = factor

    def _advance(self, xp, p, g, state, group):
        return super()._advance(xp, p, self.factor * g, state, group)


@pytest.mark.parametrize("make", [lambda W: optim.SGD([W], lr=0.1), lambda W: Own([W], 1)])
def test_nothing_is_kept_alive_by_a_watch(make):
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = make(W)
    with ew.watch() as watch:
        loss = W * W
        loss.backward()
        optimizer.step()
    gone = [weakref.ref(one) for one in (W, loss, optimizer)]
    gc.collect()
    gc.disable()
    try:
        del W, loss, optimizer
        assert [one() for one in gone] == [None, None, None]
    finally:
        gc.enable()
    assert rule(watch.snapshot, "W") == "W − 0.1 · ∂L/∂W"


def test_a_step_is_forgotten_with_its_loss_and_its_watch():
    from edgewise.capture import watch as room

    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch():
        loss = W * W
        loss.backward()
    step = weakref.ref(room._find_step(loss))
    gc.collect()
    gc.disable()
    try:
        del loss
        assert step() is None
    finally:
        gc.enable()


def test_gradients_to_start_from_make_a_new_snapshot():
    W = ew.tensor([1.0, 2.0], requires_grad=True)
    with ew.watch():
        y = W * 2
        y.backward(ew.tensor([1.0, 1.0]))
    assert ew.see(y).snapshot.tensors[0].gradient.whole.tolist() == [2.0, 2.0]
    again = ew.see(y, gradients=ew.tensor([5.0, 1.0])).snapshot
    assert again.tensors[0].gradient.whole.tolist() == [10.0, 2.0]


def test_several_outputs_are_found_together_only():
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch() as watch:
        a, b = W * 2, W * 3
        ew.autograd.backward([a, b])
    assert ew.snapshot(a, b) is watch.snapshot
    assert ew.snapshot(a) is not watch.snapshot


def test_autograd_grad_is_watched_too():
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch() as watch:
        (gradient,) = ew.autograd.grad(W * W, [W])
    assert watch.snapshot.tensors[0].gradient.item() == gradient.item() == 4.0


def test_names_are_those_where_backward_was_called():
    def step(weight):
        wx = weight * 3
        result = wx.abs()
        result.backward()

    with ew.watch() as watch:
        step(ew.tensor(2.0, requires_grad=True))
    assert [tensor.name for tensor in watch.snapshot.tensors] == ["weight", "wx", "result"]


def test_fit_can_be_watched():
    ew.manual_seed(0)
    model = nn.Linear(2, 1)
    data = ew.data.TensorDataset(ew.rand(8, 2), ew.rand(8, 1))
    with ew.watch() as watch:
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        ew.fit(model, data, loss=nn.MSELoss(), optimizer=optimizer, epochs=1, progress=False)
    assert rule(watch.snapshot, "weight") == "weight − 0.1 · ∂L/∂weight"
    np.testing.assert_array_equal(updates(watch.snapshot)["bias"].after.whole, model.bias.numpy(force=True))


def test_watches_nest_and_both_see_the_step():
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.SGD([W], lr=0.1)
    with ew.watch() as outer:
        with ew.watch() as inner:
            (W * W).backward()
            optimizer.step()
        assert outer.snapshot is inner.snapshot
        (W * 3).backward()
    assert inner.snapshot.nodes[0].arguments[1].number is None
    assert outer.snapshot.nodes[0].arguments[1].number == 3.0
    assert thread.modes.observers == ()


def test_what_an_inner_watch_keeps_is_found_though_the_outer_one_went_on():
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch():
        with ew.watch() as inner:
            first = W * W
            first.backward()
            optim.SGD([W], lr=0.1).step()
        (W * 3).backward()
        assert ew.snapshot(first) is inner.snapshot


def test_see_inside_the_block_shows_what_there_is_yet():
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.SGD([W], lr=0.1)
    with ew.watch() as watch:
        loss = W * W
        loss.backward()
        assert updates(ew.see(loss).snapshot) == {}
        optimizer.step()
        assert rule(ew.see(loss).snapshot, "W") == "W − 0.1 · ∂L/∂W"
        assert repr(watch) == "<Watch: 1 step kept, watching>"


def test_another_thread_is_not_watched():
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch() as watch:
        other = threading.Thread(target=lambda: (W * W).backward())
        other.start()
        other.join()
    with pytest.raises(GradientError, match=r"no backward pass was run in the block, in this thread.*loss\.backward"):
        _ = watch.picture


def test_threads_watch_side_by_side():
    results = {}

    def train(number):
        W = ew.tensor(float(number), requires_grad=True)
        optimizer = optim.SGD([W], lr=0.5)
        with ew.watch() as watch:
            for _ in range(20):
                optimizer.zero_grad()
                (W * 1.0).backward()
                optimizer.step()
        results[number] = watch.snapshot.tensors[0].value.item(), W.item()

    threads = [threading.Thread(target=train, args=(i,)) for i in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert results == {i: (i - 9.5, i - 10.0) for i in range(4)}


def test_an_error_in_the_block_passes_and_the_step_stays():
    W = ew.tensor(2.0, requires_grad=True)
    watch = ew.watch()
    with pytest.raises(ZeroDivisionError):
        _fail_after_backward(watch, W)
    assert thread.modes.observers == ()
    assert watch.snapshot.output.value.item() == 4.0


def _fail_after_backward(watch, W):
    with watch:
        (W * W).backward()
        _ = 1 / 0


def test_a_pass_that_can_t_be_shown_runs_all_the_same_and_the_picture_says_why():
    W, x = ew.tensor([2.0], requires_grad=True), ew.tensor([3.0])
    with ew.watch() as watch:
        loss = (W + x).sum()
        x.zero_()  # add's derivative needs no values
        loss.backward()
    assert W.grad.tolist() == [1.0]
    with pytest.raises(GradientError, match=r"can't be shown.*x, float32 \(1,\), used by add.* was overwritten"):
        _ = watch.picture


def test_recording_is_not_watched():
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch() as watch:
        program = ew.record(lambda w: ew.autograd.grad(w * w, [w])[0], W)
    assert watch.snapshots == []
    assert program.run(np.float32(3.0)) == 6.0


@pytest.mark.parametrize(
    ("keep", "error", "says"),
    [(0, ValueError, "at least 1"), (1.5, TypeError, "how many steps"), (True, TypeError, "not True")],
)
def test_keep_is_a_number_of_steps(keep, error, says):
    with pytest.raises(error, match=says):
        ew.watch(keep=keep)


def test_one_watch_watches_one_block_at_a_time():
    with ew.watch() as watch, pytest.raises(RuntimeError, match="watching already"):
        watch.__enter__()
    with watch:
        (ew.tensor(2.0, requires_grad=True) * 3).backward()
    assert repr(watch) == "<Watch: 1 step kept>"


def test_without_a_watch_nothing_of_it_is_touched(monkeypatch):
    from edgewise.capture import watch as room

    def never(*_):
        raise AssertionError

    monkeypatch.setattr(room, "WatchedStep", never)
    W = ew.tensor(2.0, requires_grad=True)
    (W * W).backward()
    optim.SGD([W], lr=0.1).step()
    assert W.item() == pytest.approx(1.6)
