from __future__ import annotations

import math

import pytest

import edgewise as ew
from edgewise.optim import SGD, OptimizerError
from edgewise.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)


def optimizer(*rates):
    return SGD([{"params": [ew.tensor([1.0], requires_grad=True)], "lr": rate} for rate in rates or (1.0,)])


def rates(schedule, steps):
    found = [schedule.get_last_lr()[0]]
    for _ in range(steps):
        schedule.step()
        found.append(schedule.get_last_lr()[0])
    return found


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda o: StepLR(o, 2, gamma=0.5), [1, 1, 0.5, 0.5, 0.25]),
        (lambda o: MultiStepLR(o, [3, 1], gamma=0.1), [1, 0.1, 0.1, 0.01, 0.01]),
        (lambda o: ExponentialLR(o, 0.5), [1, 0.5, 0.25, 0.125]),
        (lambda o: ConstantLR(o, 0.25, total_iters=2), [0.25, 0.25, 1, 1]),
        (lambda o: LinearLR(o, 0.2, 1.0, total_iters=4), [0.2, 0.4, 0.6, 0.8, 1, 1]),
        (lambda o: LambdaLR(o, lambda n: 1 / (n + 1)), [1, 1 / 2, 1 / 3]),
        (lambda o: LambdaLR(o, [lambda n: 2.0**n]), [1, 2, 4]),
        (
            lambda o: CosineAnnealingLR(o, 4, eta_min=0.2),
            [0.2 + 0.4 * (1 + math.cos(math.pi * n / 4)) for n in range(7)],
        ),
        (
            lambda o: SequentialLR(o, [LinearLR(o, 0.5, total_iters=2), CosineAnnealingLR(o, 2)], [2]),
            [0.5, 0.75, 1.0, 0.5, 0.0],
        ),
        (lambda o: OneCycleLR(o, 2.0, total_steps=5, pct_start=0.6, div_factor=4, final_div_factor=10), None),
    ],
)
def test_rates_follow_the_formula(make, expected):
    schedule = make(optimizer())
    if expected is None:  # one cycle: from a quarter up to the top at step 2, down to a tenth of the start at step 4
        found = rates(schedule, 4)
        assert found == pytest.approx([0.5, 1.25, 2.0, (2.0 + 0.05) / 2, 0.05])
    else:
        assert rates(schedule, len(expected) - 1) == pytest.approx(expected)


def test_every_group_keeps_its_own_initial_rate():
    schedule = StepLR(optimizer(1.0, 0.2), 1, gamma=0.5)
    schedule.step()
    assert schedule.get_last_lr() == pytest.approx([0.5, 0.1])


def test_a_group_added_later_joins_in():
    own = optimizer(1.0)
    schedule = ExponentialLR(own, 0.5)
    own.add_param_group({"params": [ew.tensor([1.0], requires_grad=True)], "lr": 0.4})
    schedule.step()
    assert schedule.get_last_lr() == pytest.approx([0.5, 0.2])


def test_the_optimiser_uses_the_rate():
    own = optimizer(1.0)
    schedule = ExponentialLR(own, 0.5)
    schedule.step()
    parameter = own.param_groups[0]["params"][0]
    (parameter * 1.0).sum().backward()
    own.step()
    assert parameter.item() == 0.5


def test_a_loaded_state_goes_on_where_it_was():
    first = CosineAnnealingLR(optimizer(), 10)
    rates(first, 4)
    second = CosineAnnealingLR(optimizer(), 10)
    second.load_state_dict(first.state_dict())
    first.step()
    second.step()
    assert first.get_last_lr() == second.get_last_lr()
    with pytest.raises(OptimizerError, match="lacks last_epoch"):
        second.load_state_dict({"base_lrs": [1.0]})
    with pytest.raises(OptimizerError, match="2 parameter groups, this one has 1"):
        second.load_state_dict({"base_lrs": [1.0, 1.0], "last_epoch": 0})


def test_plateau_lowers_the_rate_after_its_patience_and_waits_out_the_cooldown():
    schedule = ReduceLROnPlateau(optimizer(), factor=0.1, patience=1, cooldown=1, min_lr=0.05)
    found = []
    for loss in [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]:
        schedule.step(loss)
        found.append(schedule.get_last_lr()[0])
    assert found == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.05, 0.05])


def test_plateau_watches_for_the_highest_or_by_absolute_amounts():
    schedule = ReduceLROnPlateau(optimizer(), mode="max", patience=0, threshold=0.1, threshold_mode="abs")
    for value, rate in [(0.5, 1.0), (0.7, 1.0), (0.75, 0.1)]:
        schedule.step(value)
        assert schedule.get_last_lr()[0] == pytest.approx(rate)


def test_plateau_goes_on_from_a_loaded_state():
    first, second = (ReduceLROnPlateau(optimizer(), patience=1) for _ in range(2))
    for loss in (1.0, 2.0):
        first.step(loss)
    second.load_state_dict(first.state_dict())
    second.step(2.0)
    assert second.get_last_lr() == pytest.approx([0.1])


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda _: StepLR(3, 1), TypeError, "int, not an optimiser"),
        (lambda o: StepLR(o, 0), OptimizerError, "step_size is 0"),
        (lambda o: LinearLR(o, 0.0), OptimizerError, "start_factor"),
        (lambda o: LambdaLR(o, [abs, abs]), OptimizerError, "2 functions for 1"),
        (lambda o: SequentialLR(o, [StepLR(o, 1)], [2]), OptimizerError, "1 schedules need 0 milestones"),
        (lambda o: SequentialLR(o, [StepLR(optimizer(), 1)], []), OptimizerError, "its own optimiser"),
        (lambda o: SequentialLR(o, [ReduceLROnPlateau(o)], []), TypeError, "ReduceLROnPlateau"),
        (lambda o: ReduceLROnPlateau(o, factor=1.0), OptimizerError, "factor"),
        (lambda o: ReduceLROnPlateau(o, mode="best"), OptimizerError, "'best'"),
        (lambda o: OneCycleLR(o, [1.0, 2.0], 5), OptimizerError, "2 rates"),
        (lambda o: OneCycleLR(o, 1.0, 5, pct_start=30), OptimizerError, "share"),
        (lambda o: rates(OneCycleLR(o, 1.0, 3), 4), OptimizerError, r"called 4 times.*total_steps=3"),
        (lambda o: StepLR(o, "a"), TypeError, "StepLR: step_size must be a whole number, not 'a'"),
        (lambda o: StepLR(o, 1.5), OptimizerError, "step_size is 1.5; it must be a whole number, at least 1"),
        (lambda o: StepLR(o, 2, "a"), TypeError, "StepLR: gamma"),
        (lambda o: MultiStepLR(o, 3), TypeError, "MultiStepLR: milestones must be a list, not 3"),
        (lambda o: MultiStepLR(o, ["a"]), TypeError, "a milestone must be a whole number, not 'a'"),
        (lambda o: MultiStepLR(o, [1], None), TypeError, "MultiStepLR: gamma must be a number, not None"),
        (lambda o: ExponentialLR(o, "a"), TypeError, "ExponentialLR: gamma must be a number, not 'a'"),
        (lambda o: ExponentialLR(o, math.nan), OptimizerError, "gamma is nan; it must be finite, at least 0"),
        (lambda o: ExponentialLR(o, -1), OptimizerError, "gamma is -1"),
        (lambda o: ConstantLR(o, "a"), TypeError, "ConstantLR: factor"),
        (lambda o: ConstantLR(o, 0.5, "a"), TypeError, "ConstantLR: total_iters"),
        (lambda o: LinearLR(o, "a"), TypeError, "LinearLR: start_factor"),
        (lambda o: LinearLR(o, 0.5, 2.0), OptimizerError, "end_factor is 2; it must be at least 0 and at most 1"),
        (lambda o: LinearLR(o, 0.5, 1.0, "a"), TypeError, "LinearLR: total_iters"),
        (lambda o: CosineAnnealingLR(o, "a"), TypeError, "CosineAnnealingLR: T_max"),
        (lambda o: CosineAnnealingLR(o, 5, "a"), TypeError, "CosineAnnealingLR: eta_min"),
        (lambda o: OneCycleLR(o, "a", 5), TypeError, "OneCycleLR: max_lr must be a number, not 'a'"),
        (lambda o: OneCycleLR(o, 1.0, "a"), TypeError, "OneCycleLR: total_steps"),
        (lambda o: OneCycleLR(o, 1.0, 5, div_factor=0), OptimizerError, "div_factor is 0; it must be above 0"),
        (lambda o: OneCycleLR(o, 1.0, 5, final_div_factor="a"), TypeError, "final_div_factor"),
        (lambda o: LambdaLR(o, 3), TypeError, "LambdaLR: lr_lambda must be a list, not 3"),
        (lambda o: LambdaLR(o, [3]), TypeError, "lr_lambda must be a function of the number of steps, not 3"),
        (lambda o: LambdaLR(o, lambda _: None), TypeError, r"what lr_lambda\(0\) returns must be a number, not None"),
        (lambda o: SequentialLR(o, 3, [1]), TypeError, "schedulers must be a list, not 3"),
        (lambda o: SequentialLR(o, [], []), OptimizerError, "at least one schedule"),
        (lambda o: SequentialLR(o, [StepLR(o, 1)], 3), TypeError, "milestones must be a list"),
        (lambda o: ReduceLROnPlateau(o, factor="a"), TypeError, "ReduceLROnPlateau: factor"),
        (lambda o: ReduceLROnPlateau(o, patience="a"), TypeError, "patience must be a whole number"),
        (lambda o: ReduceLROnPlateau(o, min_lr="a"), TypeError, "min_lr"),
        (lambda o: ReduceLROnPlateau(o).step("a"), TypeError, r"the measure given to step\(\) must be a number"),
        (lambda _: LambdaLR("a", abs), TypeError, "LambdaLR: optimizer is a str"),
        (lambda o: StepLR(o, 1).load_state_dict(3), TypeError, "StepLR: a state is a dict"),
    ],
)
def test_bad_arguments_are_explained(make, error, text):
    with pytest.raises(error, match=text):
        make(optimizer())


def test_a_plateau_counts_again_after_each_reduction():
    optimizer = ew.optim.SGD([ew.nn.Parameter([1.0])], lr=0.8)
    schedule = ew.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    rates = []
    for _ in range(7):
        schedule.step(1.0)
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.1]


@pytest.mark.parametrize(
    ("options", "right"),
    [
        (
            {"total_steps": 10, "three_phase": True},
            [0.04, 0.52, 1.0, 0.52, 0.04, 0.03618072, 0.02618172, 0.01382228, 0.00382328, 4e-06],
        ),
        (
            {"total_steps": 10, "three_phase": True, "pct_start": 0.2, "div_factor": 10, "final_div_factor": 100},
            [0.1, 1.0, 0.1, 0.09509796, 0.08136275, 0.06151479, 0.03948521, 0.01963725, 0.00590204, 0.001],
        ),
        (
            {"epochs": 2, "steps_per_epoch": 5},
            [0.04, 0.52, 1.0, 0.95048463, 0.81174565, 0.61126202, 0.38874198, 0.18825835, 0.04951937, 4e-06],
        ),
        (
            {"total_steps": 10, "anneal_strategy": "linear"},
            [0.04, 0.52, 1.0, 0.85714343, 0.71428686, 0.57143029, 0.42857371, 0.28571714, 0.14286057, 4e-06],
        ),
    ],
)
def test_one_cycle_has_the_rates_of_pytorch(options, right):
    optimizer = SGD([ew.tensor([1.0], requires_grad=True)], lr=0.1)
    schedule = OneCycleLR(optimizer, 1.0, **options)
    found = []
    for _ in right:
        found.append(optimizer.param_groups[0]["lr"])
        schedule.step()
    assert found == pytest.approx(right, abs=1e-8)
    with pytest.raises(OptimizerError, match="called 11 times"):
        schedule.step()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs total_steps, or epochs and steps_per_epoch"),
        ({"epochs": 2}, "needs total_steps, or epochs and steps_per_epoch"),
        ({"steps_per_epoch": 2}, "needs total_steps, or epochs and steps_per_epoch"),
        ({"epochs": 0, "steps_per_epoch": 2}, "epochs is 0"),
        ({"epochs": 2, "steps_per_epoch": 0}, "steps_per_epoch is 0"),
        ({"total_steps": 7, "epochs": 2, "steps_per_epoch": 5}, "total_steps is 7, but epochs=2.*make 10"),
        ({"total_steps": 7, "anneal_strategy": "sine"}, "anneal_strategy is 'sine'.*'cos' or 'linear'"),
    ],
)
def test_one_cycle_refuses(options, message):
    with pytest.raises(OptimizerError, match=message):
        OneCycleLR(SGD([ew.tensor([1.0], requires_grad=True)], lr=0.1), 1.0, **options)
