"""Schedules of several groups of parameters."""

from __future__ import annotations

import math

import pytest
from cases import at_once

import edgewise as ew
from edgewise.graph.edge import wrap
from edgewise.optim import SGD, OptimizerError
from edgewise.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)


def optimizer(*rates: float) -> SGD:
    return SGD([{"params": [ew.tensor([1.0], requires_grad=True)], "lr": rate} for rate in rates or (0.1, 1.0)])


def rates(own: SGD) -> tuple[float, ...]:
    return tuple(group["lr"] for group in own.param_groups)


SCHEDULES = {
    "StepLR": (
        lambda o: [StepLR(o, 2, 0.5)],
        [(0.1, 1), (0.1, 1), (0.05, 0.5), (0.05, 0.5), (0.025, 0.25), (0.025, 0.25), (0.0125, 0.125), (0.0125, 0.125)],
        [(0.15, 0.35), (0.15, 0.35), (0.075, 0.175), (0.075, 0.175)],
    ),
    "MultiStepLR": (
        lambda o: [MultiStepLR(o, [0, 1, 4], 0.1)],
        [
            (0.01, 0.1),
            (0.001, 0.01),
            (0.001, 0.01),
            (0.001, 0.01),
            (0.0001, 0.001),
            (0.0001, 0.001),
            (0.0001, 0.001),
            (0.0001, 0.001),
        ],
        [(0.03, 0.07), (0.03, 0.07), (0.03, 0.07), (0.03, 0.07)],
    ),
    "ExponentialLR": (
        lambda o: [ExponentialLR(o, 0.5)],
        [
            (0.1, 1),
            (0.05, 0.5),
            (0.025, 0.25),
            (0.0125, 0.125),
            (0.00625, 0.0625),
            (0.003125, 0.03125),
            (0.0015625, 0.015625),
            (0.00078125, 0.0078125),
        ],
        [(0.15, 0.35), (0.075, 0.175), (0.0375, 0.0875), (0.01875, 0.04375)],
    ),
    "ConstantLR": (
        lambda o: [ConstantLR(o, 0.25, total_iters=3)],
        [(0.025, 0.25), (0.025, 0.25), (0.025, 0.25), (0.1, 1), (0.1, 1), (0.1, 1), (0.1, 1), (0.1, 1)],
        [(0.3, 0.7), (0.3, 0.7), (0.3, 0.7), (0.3, 0.7)],
    ),
    "LinearLR": (
        lambda o: [LinearLR(o, 0.5, 0.0, total_iters=4)],
        [(0.05, 0.5), (0.0375, 0.375), (0.025, 0.25), (0.0125, 0.125), (0, 0), (0, 0), (0, 0), (0, 0)],
        [(0, 0), (0, 0), (0, 0), (0, 0)],
    ),
    "CosineAnnealingLR": (
        lambda o: [CosineAnnealingLR(o, 3, eta_min=0.02)],
        [(0.1, 1), (0.08, 0.755), (0.04, 0.265), (0.02, 0.02), (0.04, 0.265), (0.08, 0.755), (0.1, 1), (0.08, 0.755)],
        [(0.32, 0.945), (0.92, 2.795), (1.22, 3.72), (0.92, 2.795)],
    ),
    "LambdaLR, a function for each": (
        lambda o: [LambdaLR(o, [lambda n: 1 / (n + 1), lambda n: 0.5**n])],
        [
            (0.1, 1),
            (0.05, 0.5),
            (0.03333333, 0.25),
            (0.025, 0.125),
            (0.02, 0.0625),
            (0.01666667, 0.03125),
            (0.01428571, 0.015625),
            (0.0125, 0.0078125),
        ],
        [(0.02, 0.0625), (0.01666667, 0.03125), (0.01428571, 0.015625), (0.0125, 0.0078125)],
    ),
    "OneCycleLR": (
        lambda o: [OneCycleLR(o, 2.0, total_steps=7)],
        [
            (0.08, 0.08),
            (1.961113, 1.961113),
            (1.838089, 1.838089),
            (1.345368, 1.345368),
            (0.7154776, 0.7154776),
            (0.1985936, 0.1985936),
            (8e-06, 8e-06),
            (0.1985936, 0.1985936),
        ],
        [(0.7154776, 0.7154776), (0.1985936, 0.1985936), (8e-06, 8e-06), (0.1985936, 0.1985936)],
    ),
    "OneCycleLR, a rate for each": (
        lambda o: [OneCycleLR(o, [2.0, 3.0], 7, pct_start=0.5, div_factor=10, final_div_factor=100)],
        [
            (0.2, 0.3),
            (0.8218847, 1.232827),
            (1.828115, 2.742173),
            (1.901068, 2.851602),
            (1.223298, 1.834948),
            (0.3781337, 0.5672005),
            (0.002, 0.003),
            (0.3781337, 0.5672005),
        ],
        [(1.223298, 1.834948), (0.3781337, 0.5672005), (0.002, 0.003), (0.3781337, 0.5672005)],
    ),
    "OneCycleLR of one step": (
        lambda o: [OneCycleLR(o, 2.0, total_steps=1)],
        [(8e-06, 8e-06), (1.222524, 1.222524)],
        [],
    ),
    "SequentialLR": (
        lambda o: [
            SequentialLR(o, [LinearLR(o, 0.2, total_iters=2), ExponentialLR(o, 0.5), CosineAnnealingLR(o, 2)], [2, 5])
        ],
        [(0.02, 0.2), (0.06, 0.6), (0.1, 1), (0.05, 0.5), (0.025, 0.25), (0.1, 1), (0.05, 0.5), (0, 0)],
        [(0.15, 0.35), (0.1, 1), (0.05, 0.5), (0, 0)],
    ),
    "two that multiply": (
        lambda o: [ExponentialLR(o, 0.5), StepLR(o, 2, 0.1)],
        [
            (0.1, 1),
            (0.05, 0.5),
            (0.0025, 0.025),
            (0.00125, 0.0125),
            (6.25e-05, 0.000625),
            (3.125e-05, 0.0003125),
            (1.5625e-06, 1.5625e-05),
            (7.8125e-07, 7.8125e-06),
        ],
        [(0.015, 0.035), (0.0075, 0.0175), (0.000375, 0.000875), (0.0001875, 0.0004375)],
    ),
    "a warm-up and a cosine": (
        lambda o: [LinearLR(o, 0.5, total_iters=2), CosineAnnealingLR(o, 3, eta_min=0.02)],
        [
            (0.05, 0.5),
            (0.06125, 0.5675),
            (0.04055556, 0.2655556),
            (0.02, 0.02),
            (0.04, 0.265),
            (0.08, 0.755),
            (0.1, 1),
            (0.08, 0.755),
        ],
        [(0.32, 0.945), (0.92, 2.795), (1.22, 3.72), (0.92, 2.795)],
    ),
    "a cosine and steps": (
        lambda o: [CosineAnnealingLR(o, 3, eta_min=0.02), MultiStepLR(o, [1, 4], 0.5)],
        [
            (0.1, 1),
            (0.04, 0.3775),
            (0.02666667, 0.1391667),
            (0.02, 0.02),
            (0.02, 0.1325),
            (0.02, 0.3575),
            (0.02, 0.47),
            (0.02, 0.3575),
        ],
        [(0.16, 0.4725), (0.44, 1.3775), (0.58, 1.83), (0.44, 1.3775)],
    ),
    "a sequence and steps": (
        lambda o: [SequentialLR(o, [LinearLR(o, 0.2, total_iters=2), ExponentialLR(o, 0.5)], [3]), StepLR(o, 2, 0.5)],
        [
            (0.02, 0.2),
            (0.06, 0.6),
            (0.05, 0.5),
            (0.1, 1),
            (0.025, 0.25),
            (0.0125, 0.125),
            (0.003125, 0.03125),
            (0.0015625, 0.015625),
        ],
        [(0.075, 0.175), (0.0375, 0.0875), (0.009375, 0.021875), (0.0046875, 0.0109375)],
    ),
}


"""By name: what makes the schedules; the rates of two groups, 0.1 and 1 at first, after each step; and those after the
fourth and later steps, if the rates were set to 0.3 and 0.7 by hand before it."""


@at_once
@pytest.mark.parametrize(("make", "expected", "_"), SCHEDULES.values(), ids=SCHEDULES)
def test_each_group_has_its_own_rates(make, expected, _):
    own = optimizer()
    schedules = make(own)
    found = [rates(own)]
    for _step in range(len(expected) - 1):
        for schedule in schedules:
            schedule.step()
        found.append(rates(own))
    assert [schedule.last_epoch for schedule in schedules] == [len(expected) - 1] * len(schedules)
    assert sum(found, ()) == pytest.approx(sum(expected, ()), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("make", "expected"),
    [(make, by_hand) for make, _, by_hand in SCHEDULES.values() if by_hand],
    ids=[n for n, (*_, h) in SCHEDULES.items() if h],
)
def test_a_rate_that_was_set_by_hand_is_where_a_schedule_goes_on_from(make, expected):
    own = optimizer()
    schedules = make(own)
    found = []
    for step in range(3 + len(expected)):
        if step == 3:
            own.param_groups[0]["lr"], own.param_groups[1]["lr"] = 0.3, 0.7
        for schedule in schedules:
            schedule.step()
        found.append(rates(own))
    assert sum(found[3:], ()) == pytest.approx(sum(expected, ()), rel=1e-6, abs=1e-12)


@at_once
@pytest.mark.parametrize("optimiser_first", [True, False], ids=["optimiser first", "schedules first"])
@pytest.mark.parametrize("after", [1, 3, 5])
@pytest.mark.parametrize(("make", "expected", "_"), SCHEDULES.values(), ids=SCHEDULES)
def test_a_loaded_schedule_has_the_rates_at_once_and_goes_on_with_them(make, expected, _, after, optimiser_first):
    after = min(after, len(expected) - 1)
    first = optimizer()
    schedules = make(first)
    for _step in range(after):
        for schedule in schedules:
            schedule.step()
    saved = first.state_dict(), [schedule.state_dict() for schedule in schedules]
    second = optimizer()
    if optimiser_first:
        second.load_state_dict(saved[0])
    loaded = make(second)
    for schedule, state in reversed(list(zip(loaded, saved[1], strict=True))):
        schedule.load_state_dict(state)
    if not optimiser_first:
        second.load_state_dict(saved[0])
    found = [rates(second)]
    for _step in range(after, len(expected) - 1):
        for schedule in loaded:
            schedule.step()
        found.append(rates(second))
    assert sum(found, ()) == pytest.approx(sum(expected[after:], ()), rel=1e-6, abs=1e-12)


def test_a_state_without_rates_leaves_those_that_there_are():
    own = optimizer()
    schedule = ExponentialLR(own, 0.5)
    own.param_groups[0]["lr"] = 0.3
    schedule.load_state_dict({"last_epoch": 2, "base_lrs": [0.1, 1.0]})
    assert rates(own) == (0.3, 1.0)
    with pytest.raises(OptimizerError, match="the state has 1 rates for 2 groups"):
        schedule.load_state_dict({"last_epoch": 2, "base_lrs": [0.1, 1.0], "_last_lr": [0.1]})


def test_a_saved_state_stays_as_it_was_saved():
    own = optimizer()
    schedule = ExponentialLR(own, 0.5)
    saved = schedule.state_dict()
    own.add_param_group({"params": [ew.tensor([1.0], requires_grad=True)], "lr": 0.4})
    schedule.step()
    assert saved == {"last_epoch": 0, "base_lrs": [0.1, 1.0], "_last_lr": [0.1, 1.0]}
    assert schedule.base_lrs == [0.1, 1.0, 0.4]


def test_a_group_that_was_added_later_begins_with_its_own_rate():
    own = optimizer(1.0)
    schedules = [ExponentialLR(own, 0.5), LambdaLR(optimizer(1.0), [lambda n: 0.1**n])]
    for _ in range(3):
        schedules[0].step()
    own.add_param_group({"params": [ew.tensor([1.0], requires_grad=True)], "lr": 0.4})
    schedules[0].step()
    assert rates(own) == pytest.approx((0.0625, 0.2))


def test_a_group_that_was_added_later_follows_the_last_function():
    own = optimizer(1.0, 1.0)
    schedule = LambdaLR(own, [lambda n: 0.5**n, lambda n: 0.1**n])
    own.add_param_group({"params": [ew.tensor([1.0], requires_grad=True)], "lr": 2.0})
    schedule.step()
    assert rates(own) == pytest.approx((0.5, 0.1, 0.2))


def test_a_schedule_of_ones_own_goes_on_from_a_rate_that_was_set():
    class Halves(LRScheduler):
        def factor(self, step: int) -> float:
            return 0.5**step

    class Fixed(LRScheduler):
        def rate(self, step: int, initial: float, group: int) -> float:
            return initial / (step + 1 + group)

    own = optimizer()
    schedule = Halves(own)
    own.param_groups[1]["lr"] = 8.0
    schedule.step()
    assert rates(own) == pytest.approx((0.05, 4.0))
    own = optimizer()
    schedule = Fixed(own)
    own.param_groups[1]["lr"] = 8.0
    schedule.step()
    assert rates(own) == pytest.approx((0.05, 1 / 3))


def test_one_cycle_ends_with_its_last_step_and_leaves_the_rates_as_they_are():
    own = optimizer()
    schedule = OneCycleLR(own, [1.0, 2.0], total_steps=3)
    for _ in range(3):
        schedule.step()
    last = rates(own)
    with pytest.raises(OptimizerError, match=r"step\(\) was called 4 times, but the cycle has total_steps=3"):
        schedule.step()
    assert rates(own) == last
    assert schedule.last_epoch == 3
    with pytest.raises(OptimizerError, match="3 rates in max_lr for 2 parameter groups"):
        OneCycleLR(own, [1.0, 2.0, 3.0], 3)


def test_plateau_lowers_each_group_down_to_its_own_lowest_rate():
    own = optimizer()
    schedule = ReduceLROnPlateau(own, factor=0.1, patience=0, min_lr=[0.05, 0.001])
    assert schedule.last_epoch == 0
    for _ in range(4):
        schedule.step(1.0)
    assert rates(own) == pytest.approx((0.05, 0.001))
    other = ReduceLROnPlateau(optimizer(), factor=0.1, patience=0)
    other.load_state_dict(schedule.state_dict())
    assert other.last_epoch == 4
    assert rates(other.optimizer) == pytest.approx((0.05, 0.001))
    with pytest.raises(OptimizerError, match="1 rates in min_lr for 2 parameter groups"):
        ReduceLROnPlateau(own, min_lr=[0.1])


def test_plateau_makes_no_change_that_is_smaller_than_eps():
    own = optimizer(0.1, 1.0)
    schedule = ReduceLROnPlateau(own, factor=0.5, patience=0, eps=0.2)
    schedule.step(1.0)
    schedule.step(1.0)
    assert rates(own) == (0.1, 0.5)


def test_plateau_and_another_schedule_multiply():
    own = optimizer()
    plateau, decay = ReduceLROnPlateau(own, factor=0.1, patience=0), ExponentialLR(own, 0.5)
    for loss in (1.0, 1.0, 0.5):
        plateau.step(loss)
        decay.step()
    assert rates(own) == pytest.approx((0.1 * 0.1 * 0.125, 0.1 * 0.125))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda o: ReduceLROnPlateau(o, threshold_mode="relative"), "threshold_mode 'relative'"),
        (lambda o: OneCycleLR(o, 1.0, 0), "total_steps is 0"),
        (lambda o: MultiStepLR(o, [-1]), "a milestone is -1"),
    ],
)
def test_the_first_value_that_is_refused(make, text):
    with pytest.raises(OptimizerError, match=text):
        make(optimizer())


def test_a_sequence_is_of_an_optimiser():
    with pytest.raises(TypeError, match="SequentialLR: optimizer is a float, not an optimiser"):
        SequentialLR(0.1, [StepLR(optimizer(), 1)], [])


def test_a_milestone_may_be_the_first_step():
    own = optimizer()
    MultiStepLR(own, [0], 0.5)
    assert rates(own) == pytest.approx((0.05, 0.5))
    assert math.isclose(own.param_groups[1]["initial_lr"], 1.0)


def test_parameters_share_a_group_by_name_only():
    a, b = (ew.tensor([1.0], requires_grad=True) for _ in range(2))
    own = SGD([{"params": [a], "name": "a"}, {"params": [("b", b)]}], lr=1.0)
    a.grad, b.grad = wrap(a.array * 2), wrap(b.array * 3)
    own.step()
    assert (a.item(), b.item()) == (-1.0, -2.0)
