"""Watching real training: what is recorded, when, of whom, and what is not."""

from __future__ import annotations

import copy
import gc
import math
import threading
import weakref

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.graph.modes import thread
from edgewise.run import RunWatch
from edgewise.run import watch as watching
from edgewise.run.frames import MOST_POINTS, Curve

from .small_training import T, X, small, step, trained


def test_loss_weights_gradients_and_updates_of_every_step_are_recorded():
    model, twin = small(), small()
    optimizer, other = optim.SGD(model.parameters(), lr=0.1), optim.SGD(twin.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        for _ in range(4):
            step(model, optimizer)
    expected = []
    for _ in range(4):
        before = twin[0].weight.numpy(force=True).copy()
        loss = step(twin, other)
        after, gradient = twin[0].weight.numpy(force=True), twin[0].weight.grad.numpy()
        norm = np.linalg.norm
        expected.append((loss, norm(before), norm(gradient), norm(after - before) / norm(before)))
    run = watch.run
    assert run.recorded_steps == [1, 2, 3, 4]
    assert [value for _, value in run.losses[0].points] == [loss for loss, *_ in expected]
    assert run.column("0.weight", "norm") == pytest.approx([norm for _, norm, _, _ in expected])
    assert run.column("0.weight", "norm", gradient=True) == pytest.approx([size for _, _, size, _ in expected])
    assert run.column("0.weight", "update") == pytest.approx([size for _, _, _, size in expected])
    assert [frame.rates for frame in run.frames] == [[0.1]] * 4


def test_watching_changes_no_number_of_the_training():
    watched, losses = trained(8)
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    assert losses == [step(model, optimizer) for _ in range(8)]
    assert len(watched.run.frames) == 8


def test_outputs_are_those_of_the_modules_and_a_container_repeats_none():
    model = small()
    hidden = model[1](model[0](X)).numpy(force=True)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        step(model, optimizer)
    outputs = [one for one in watch.run.series if one.kind == "output"]
    assert [(one.name, one.type, one.shape) for one in outputs] == [
        ("0", "Linear", (5, 3)),
        ("1", "ReLU", (5, 3)),
        ("2", "Linear", (5, 1)),
    ]
    assert watch.run.column("1", "mean") == pytest.approx([hidden.mean()])
    assert watch.run.column("1", "zeros") == pytest.approx([(hidden == 0).mean()])


def test_small_parameters_are_kept_as_they_are():
    watch, _ = trained(1)
    whole = {one.name: one.whole for one in watch.run.series if one.kind == "parameter"}
    at, size = whole["0.weight"]
    assert watch.run.frames[0].whole[at : at + size].tolist() == small()[0].weight.numpy(force=True).ravel().tolist()
    assert size == 12


def test_every_says_which_steps_are_recorded():
    watch, losses = trained(11, every=4)
    assert watch.run.recorded_steps == [1, 4, 8]
    assert watch.run.steps == 11
    assert len(watch.run.losses[0].points) == len(losses) == 11
    assert repr(watch) == "<RunWatch: 11 steps, 3 recorded>"


def test_without_every_recording_takes_a_bounded_part_of_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(watching.time, "perf_counter", lambda: now[0])
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    measure = watching.measure

    def slow(*given, **options):
        now[0] += 0.01
        return measure(*given, **options)

    monkeypatch.setattr(watching, "measure", slow)
    with ew.watch(model) as watch:
        for _ in range(900):
            step(model, optimizer)
            now[0] += 0.02
    each = 0.01 * 11  # 4 parameters and gradients, 3 outputs
    recorded = watch.run.recorded_steps
    assert watching.FREE_SECONDS < len(recorded) * each <= watching.FREE_SECONDS + watching.SHARE * now[0] + 2 * each
    assert recorded[:3] == [1, 2, 3]
    gaps = np.diff(recorded[2:])
    assert len(gaps) >= 2
    few = each / (watching.SHARE * 0.02)
    assert ((gaps >= few) & (gaps <= 1.6 * few)).all()
    assert len(watch.run.losses[0].points) == 900


def test_long_runs_are_thinned_out_and_their_ends_stay():
    watch, _ = trained(1500)
    run = watch.run
    assert run.most_frames == 400
    assert run.stride == 4
    assert run.recorded_steps[:4] == [1, 4, 8, 12]
    assert run.recorded_steps[-1] == 1500
    assert len(run.frames) == 376


def test_a_curve_keeps_the_mean_of_what_it_thins_out():
    curve = Curve("loss")
    count = 5 * MOST_POINTS
    for number in range(1, count + 1):
        curve.add(number, float(number))
    assert MOST_POINTS // 2 < len(curve.points) <= MOST_POINTS
    each = curve.steps_per_point
    assert curve.points[0] == (each, pytest.approx((each + 1) / 2))
    for step_, value in curve.points:
        assert value == pytest.approx(step_ - (each - 1) / 2)
    curve.add(count + 1, math.nan)
    for number in range(each - 1):
        curve.add(count + 2 + number, 1.0)
    assert math.isnan(curve.points[-1][1])


def test_several_optimisers_have_a_curve_each_and_share_the_steps():
    model = small()
    first, second = optim.SGD(model[0].parameters(), lr=0.1), optim.SGD(model[2].parameters(), lr=0.2)
    with ew.watch(model, every=1) as watch:
        for _ in range(3):
            loss = nn.functional.mse_loss(model(X), T)
            model.zero_grad()
            loss.backward()
            first.step()
            second.step()
    run = watch.run
    assert run.optimizers == ["SGD", "SGD 2"]
    assert run.recorded_steps == [1, 2, 3]
    assert run.losses[0].points == run.losses[1].points
    assert run.frames[-1].rates == [0.1, 0.2]
    assert np.isfinite(run.column("2.weight", "update")).all()
    assert np.isfinite(run.column("0.weight", "update")).all()


@pytest.mark.parametrize("critic", [1, 3])
def test_two_models_that_train_against_each_other_are_both_recorded(critic):
    ew.manual_seed(0)
    maker, judge = nn.Linear(2, 4), nn.Linear(4, 1)
    of_maker, of_judge = optim.SGD(maker.parameters(), lr=0.01), optim.Adam(judge.parameters(), lr=0.01)
    noise, real = ew.ones(3, 2), ew.ones(3, 4)
    with ew.watch(maker, judge, every=2) as watch:
        for _ in range(8):
            for _ in range(critic):
                of_judge.zero_grad()
                (judge(maker(noise).detach()).mean() - judge(real).mean()).backward()
                of_judge.step()
            of_maker.zero_grad()
            (-judge(maker(noise)).mean()).backward()
            of_maker.step()
    run = watch.run
    assert run.models == ["judge", "maker"]
    assert run.steps == 8 * critic
    assert np.isfinite(run.column("judge.weight", "norm")).sum() == 1 + 4 * critic
    assert np.isfinite(run.column("maker.weight", "norm")).sum() >= (5 if critic == 1 else 7)
    assert len(run.losses[0].points) == 8 * critic
    assert len(run.losses[1].points) == 8


def test_accumulated_gradients_are_one_step_and_their_losses_one_mean():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.0)
    with ew.watch(model, every=1) as watch:
        for _ in range(2):
            optimizer.zero_grad()
            for scale in (1.0, 3.0):
                (model(X).mean() * scale).backward()
            optimizer.step()
    mean = small()(X).mean().item()
    assert watch.run.steps == 2
    assert [value for _, value in watch.run.losses[0].points] == pytest.approx([2 * mean] * 2)
    twice = watch.run.column("2.bias", "norm", gradient=True)
    assert twice == pytest.approx([4.0, 4.0])


def test_gradients_that_are_only_asked_for_are_no_losses():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x = ew.tensor(X.numpy(), requires_grad=True)
    with ew.watch(model, every=1) as watch:
        output = model(x).sum()
        (slope,) = ew.autograd.grad(output, [x], create_graph=True)
        loss = slope.square().mean()
        loss.backward()
        optimizer.step()
    assert watch.run.losses[0].points == [(1, loss.item())]


def test_a_later_optimiser_goes_on_from_where_the_first_ended():
    model = small()
    with ew.watch(model, every=1) as watch:
        for rate in (0.1, 0.01):
            optimizer = optim.SGD(model.parameters(), lr=rate)
            for _ in range(5):
                step(model, optimizer)
    assert watch.run.steps == 9
    assert [point[0] for point in watch.run.losses[1].points] == [5, 6, 7, 8, 9]


def test_a_watch_that_is_entered_again_goes_on():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    watch = ew.watch(model, every=1)
    for _ in range(2):
        with watch:
            step(model, optimizer)
        step(model, optimizer)
    assert watch.run.recorded_steps == [1, 2]
    assert watch.run.optimizers == ["SGD"]


def test_ctrl_c_leaves_what_was_recorded(tmp_path):
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    watch = ew.watch(model, every=1)

    def train():
        with watch:
            for number in range(5):
                nn.functional.mse_loss(model(X), T).backward()
                if number == 3:
                    raise KeyboardInterrupt
                optimizer.step()

    with pytest.raises(KeyboardInterrupt):
        train()
    assert watch.run.recorded_steps == [1, 2, 3]
    assert thread.modes.observers == ()
    assert "Training of model" in watch.page(tmp_path / "run.html")


def test_nan_is_counted_from_the_step_on_at_which_it_came():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        step(model, optimizer)
        step(model, optimizer, X * math.nan)
        step(model, optimizer)
    assert watch.run.column("0.weight", "nan").tolist() == [0, 0, 12]
    assert watch.run.column("0.weight", "nan", gradient=True).tolist() == [0, 12, 12]
    assert [math.isnan(value) for _, value in watch.run.losses[0].points] == [False, True, True]


def test_frozen_parameters_have_no_gradient_and_no_update():
    model = small()
    model[0].requires_grad_(False)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        step(model, optimizer)
    assert np.isnan(watch.run.column("0.weight", "norm", gradient=True)).all()
    assert np.isnan(watch.run.column("0.weight", "update")).all()
    assert np.isfinite(watch.run.column("0.weight", "norm")).all()


def test_evaluating_in_between_is_not_what_is_recorded():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        for _ in range(2):
            step(model, optimizer)
            with ew.no_grad():
                model(X * 100)
    assert watch.run.column("0", "high").max() < 5


def test_modules_that_return_several_tensors_are_seen_by_the_first():
    ew.manual_seed(0)
    cell = nn.LSTM(3, 2)
    optimizer = optim.SGD(cell.parameters(), lr=0.1)
    with ew.watch(cell, every=1) as watch:
        output, _ = cell(ew.ones(4, 1, 3))
        output.sum().backward()
        optimizer.step()
    (output,) = [one for one in watch.run.series if one.kind == "output"]
    assert (output.name, output.shape) == ("LSTM", (4, 1, 2))


def test_watching_single_steps_inside_and_outside_goes_together():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch() as outer, ew.watch(model, every=1) as watch, ew.watch() as inner:
        step(model, optimizer)
    assert watch.run.recorded_steps == [1]
    for single in (outer, inner):
        assert any(tensor.update is not None for tensor in single.snapshot.tensors)


def test_nothing_of_the_training_is_kept_alive_and_copies_of_a_model_are_not_watched():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        twin = copy.deepcopy(model)
        step(twin, optim.SGD(twin.parameters(), lr=0.1))
        step(model, optimizer)
    assert watch.run.recorded_steps == [1]
    known = weakref.ref(model), weakref.ref(optimizer)
    watch._watched = []
    del model, optimizer
    gc.collect()
    assert [ref() for ref in known] == [None, None]


def test_other_threads_are_not_seen():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        other = threading.Thread(target=step, args=(model, optimizer))
        other.start()
        other.join()
    assert watch.run.steps == 0


def test_what_is_recorded_as_a_program_is_not_a_step():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        ew.record(lambda x: model(x).sum(), X)
        step(model, optimizer)
    assert watch.run.steps == 1


def test_numbers_can_be_noted():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model) as watch:
        for number in range(3):
            step(model, optimizer)
            watch.note(accuracy=number / 4)
    assert watch.run.notes["accuracy"].points == [(1, 0.0), (2, 0.25), (3, 0.5)]


def test_models_and_parameters_are_found_by_whoever_has_them_in_a_variable():
    net = small()
    scale = ew.tensor([2.0], requires_grad=True)
    optimizer = optim.SGD([*net.parameters(), scale], lr=0.1)
    with RunWatch(find_models=True, every=1) as watch:
        for _ in range(2):
            loss = (net(X) * scale).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert watch.run.models == ["net", ""]
    named = [(one.model, one.name) for one in watch.run.series]
    assert ("net", "0.weight") in named
    assert ("", "scale") in named
    assert ("net", "1") in named
