"""The momentum of one cycle, which goes the other way; right values are PyTorch 2.13's."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise import optim
from edgewise.optim import OptimizerError
from edgewise.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
    StepLR,
)

COSINES = [0.95, 0.86882551, 0.85280583, 0.86882551, 0.89440178, 0.92169419, 0.94233621, 0.95]
LINES = [0.9, 0.61428571, 0.67142857, 0.9, 0.9, 0.9, 0.9, 0.9]
PHASES = {"three_phase": True, "anneal_strategy": "linear", "base_momentum": 0.5, "max_momentum": 0.9}


def momentum(optimizer, group=0):
    values = optimizer.param_groups[group]
    return values["betas"][0] if "betas" in values else values["momentum"]


def sgd():
    return optim.SGD([ew.tensor([1.0], requires_grad=True)], lr=0.1)


@pytest.mark.parametrize(
    ("make", "options", "momenta", "weights"),
    [
        (lambda w: optim.SGD([w], lr=0.1), {}, COSINES, [-0.5677128, 1.1354257]),
        (lambda w: optim.SGD([w], lr=0.1), PHASES, LINES, [-0.2344452, 0.4688903]),
        (lambda w: optim.SGD([w], 0.1, 0.5, nesterov=True), {}, COSINES, [-0.1272739, 0.2545477]),
        (lambda w: optim.Adam([w]), {}, COSINES, [0.1105551, -1.0682706]),
        (lambda w: optim.AdamW([w]), PHASES, LINES, [0.6258233, -1.6175539]),
        (lambda w: optim.RMSprop([w]), {}, COSINES, [-0.3011883, 1.4853194]),
    ],
)
def test_the_momentum_moves_as_in_pytorch(make, options, momenta, weights):
    w = ew.tensor([1.0, -2.0], requires_grad=True)
    optimizer = make(w)
    schedule = OneCycleLR(optimizer, 0.3, total_steps=8, **options)
    found = []
    for _ in range(8):
        found.append(momentum(optimizer))
        (w * w).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    assert found == pytest.approx(momenta, abs=1e-8)
    assert w.tolist() == pytest.approx(weights, abs=2e-6)


def test_the_momentum_can_be_left_as_it_is():
    optimizer = optim.SGD([ew.tensor([1.0], requires_grad=True)], lr=0.1, momentum=0.7)
    schedule = OneCycleLR(optimizer, 1.0, total_steps=4, cycle_momentum=False, last_epoch=-1)
    for _ in range(4):
        assert momentum(optimizer) == 0.7
        schedule.step()


def test_each_group_has_a_momentum_of_its_own_and_the_second_beta_stays():
    groups = [{"params": [ew.tensor([1.0], requires_grad=True)]} for _ in range(2)]
    optimizer = optim.Adam(groups, betas=(0.9, 0.99))
    schedule = OneCycleLR(optimizer, 1.0, 8, base_momentum=[0.8, 0.5], max_momentum=[0.9, 0.95])
    assert [group["betas"] for group in optimizer.param_groups] == [(0.9, 0.99), (0.95, 0.99)]
    schedule.step()
    # 0.5 + 0.45 * (1 + cos(pi / 1.4)) / 2 and so for the first group: the top is at step 1.4
    assert [momentum(optimizer, i) for i in (0, 1)] == pytest.approx([0.8188255, 0.5847148], abs=1e-6)


def test_a_loaded_state_sets_the_momentum_that_held_then():
    schedule = OneCycleLR(sgd(), 0.3, total_steps=8)
    for _ in range(3):
        schedule.step()
    optimizer = sgd()
    other = OneCycleLR(optimizer, 0.3, total_steps=8)
    other.load_state_dict(schedule.state_dict())
    assert momentum(optimizer) == pytest.approx(COSINES[3], abs=1e-8)


def test_the_momentum_moves_in_a_sequence_too():
    optimizer = sgd()
    parts = [ConstantLR(optimizer, 0.5, 2), OneCycleLR(optimizer, 0.3, total_steps=8)]
    schedule = SequentialLR(optimizer, parts, [2])
    for _ in range(2):
        schedule.step()
    for right in COSINES:
        assert momentum(optimizer) == pytest.approx(right, abs=1e-8)
        schedule.step()


def test_rmsprop_takes_a_momentum_up_in_the_middle():
    w = ew.tensor([1.0], requires_grad=True)
    optimizer = optim.RMSprop([w], lr=0.1, alpha=0.0, eps=0.0)
    for size in (0.0, 0.5, 0.5):
        optimizer.param_groups[0]["momentum"] = size
        w.grad = ew.ones(1)
        optimizer.step()
    # steps of 1, 1 and 1 + 0.5
    assert w.item() == pytest.approx(1 - 0.1 * 3.5)


class Plain(optim.Optimizer):
    def __init__(self, params):
        super().__init__(params, {"lr": 0.1})


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (Plain, {}, "Plain has no momentum or betas that could be moved: pass cycle_momentum=False"),
        (optim.SGD, {"base_momentum": -0.1}, "base_momentum is -0.1; it must be at least 0"),
        (optim.Adam, {"max_momentum": 1.0}, "max_momentum is 1; it must be at least 0 and below 1"),
        (optim.SGD, {"max_momentum": [0.9, 0.9]}, "2 momenta in max_momentum for 1 parameter groups"),
    ],
)
def test_a_momentum_that_can_not_be_moved_is_refused(make, options, message):
    with pytest.raises(OptimizerError, match=f"^OneCycleLR: {message}"):
        OneCycleLR(make([ew.tensor([1.0], requires_grad=True)]), 1.0, total_steps=4, **options)


def test_an_optimiser_without_momentum_has_its_rate_moved():
    optimizer = Plain([ew.tensor([1.0], requires_grad=True)])
    OneCycleLR(optimizer, 1.0, total_steps=4, cycle_momentum=False)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.04)
    assert "momentum" not in optimizer.param_groups[0]


class Halving(LRScheduler):
    def __init__(self, optimizer, last_epoch=-1):
        super().__init__(optimizer, last_epoch)

    def factor(self, step):
        return 0.5**step


@pytest.mark.parametrize(
    "make",
    [
        lambda o, last: StepLR(o, 2, 0.1, last),
        lambda o, last: MultiStepLR(o, [2], 0.1, last),
        lambda o, last: ExponentialLR(o, 0.1, last),
        lambda o, last: ConstantLR(o, 1.0, 2, last),
        lambda o, last: LinearLR(o, 1.0, 1.0, 2, last),
        lambda o, last: LambdaLR(o, lambda _: 1.0, last),
        lambda o, last: CosineAnnealingLR(o, 2, 0.0, last),
        lambda o, last: OneCycleLR(o, 2.5, 5, last_epoch=last),
        lambda o, last: SequentialLR(o, [StepLR(o, 2)], [], last),
        Halving,
    ],
)
def test_a_schedule_begins_before_its_first_step(make):
    optimizer = sgd()
    assert make(optimizer, -1).get_last_lr() == pytest.approx([0.1])
    with pytest.raises(OptimizerError, match=r"last_epoch is 4, but .* load its state: schedule.load_state_dict"):
        make(optimizer, 4)
