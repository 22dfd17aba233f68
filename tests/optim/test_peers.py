"""The same steps as PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import optim
from edgewise.graph.edge import wrap

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")

OPTIONS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9, "centered": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1, "betas": (0.5, 0.7)}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "amsgrad": True, "maximize": True}),
]


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=str)
def test_optimisers_take_the_same_steps(name, options):
    rng = np.random.default_rng(0)
    first = rng.standard_normal((3, 4))
    ours = ew.tensor(first, requires_grad=True)
    theirs = torch.tensor(first, requires_grad=True)
    mine, other = getattr(optim, name)([ours], **options), getattr(torch.optim, name)([theirs], **options)
    for step in range(8):
        gradient = rng.standard_normal((3, 4))
        ours.grad, theirs.grad = wrap(gradient.copy()), torch.tensor(gradient)
        mine.step()
        other.step()
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-10)
        if step == 3:
            # PyTorch's state fits: go on from it.
            mine.load_state_dict(
                {
                    "state": {
                        number: {k: v.numpy() for k, v in entries.items() if v is not None}
                        for number, entries in other.state_dict()["state"].items()
                    },
                    "param_groups": other.state_dict()["param_groups"],
                }
            )


SCHEDULES = [
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5], "gamma": 0.1}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("CosineAnnealingLR", {"T_max": 10, "eta_min": 0.01}),
    ("LinearLR", {"start_factor": 0.1, "total_iters": 4}),
    ("ConstantLR", {"factor": 0.5, "total_iters": 3}),
    ("LambdaLR", {"lr_lambda": lambda n: 0.95**n}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 10}),
    ("OneCycleLR", {"max_lr": 0.3, "epochs": 2, "steps_per_epoch": 5, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 10, "three_phase": True}),
    (
        "OneCycleLR",
        {"max_lr": 0.3, "total_steps": 10, "three_phase": True, "pct_start": 0.2, "div_factor": 3.0},
    ),
]


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=lambda value: value if isinstance(value, str) else "")
def test_schedules_give_the_same_rates(name, options):
    theirs = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.5)
    ours = optim.SGD([ew.tensor([1.0], requires_grad=True)], lr=0.5)
    theirs.step()
    a = getattr(torch.optim.lr_scheduler, name)(theirs, **options)
    b = getattr(optim.lr_scheduler, name)(ours, **options)
    for _ in range(9):
        assert b.get_last_lr() == pytest.approx(a.get_last_lr(), rel=1e-9, abs=1e-12)
        assert ours.param_groups[0]["momentum"] == pytest.approx(theirs.param_groups[0]["momentum"], rel=1e-9)
        theirs.step()
        a.step()
        b.step()


@pytest.mark.filterwarnings("ignore")
def test_a_warm_up_and_then_a_cosine_gives_the_same_rates():
    found = []
    for library, tensor in ((torch.optim, torch.ones(1, requires_grad=True)), (optim, None)):
        parameter = ew.tensor([1.0], requires_grad=True) if tensor is None else tensor
        own = library.SGD([parameter], lr=0.5)
        schedules = library.lr_scheduler
        schedule = schedules.SequentialLR(
            own,
            [schedules.LinearLR(own, 0.1, total_iters=3), schedules.CosineAnnealingLR(own, T_max=5)],
            milestones=[3],
        )
        rates = []
        for _ in range(8):
            rates.append(schedule.get_last_lr()[0])
            own.step()
            schedule.step()
        found.append(rates)
    assert found[1] == pytest.approx(found[0], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
def test_plateaus_are_seen_at_the_same_steps(mode, threshold_mode):
    options = {"mode": mode, "threshold_mode": threshold_mode, "patience": 2, "cooldown": 1, "threshold": 0.05}
    theirs = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.5)
    ours = optim.SGD([ew.tensor([1.0], requires_grad=True)], lr=0.5)
    a = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **options)
    b = optim.lr_scheduler.ReduceLROnPlateau(ours, **options)
    for value in np.random.default_rng(0).uniform(-1, 1, 40):
        a.step(float(value))
        b.step(float(value))
        assert ours.param_groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"])


@pytest.mark.parametrize("order", [1.0, 2.0, float("inf")])
def test_clipping_gives_the_same_gradients(order):
    gradients = [np.random.default_rng(i).standard_normal((2, i + 1)).astype(np.float32) for i in range(3)]
    ours = [ew.tensor(g * 0, requires_grad=True) for g in gradients]
    theirs = [torch.tensor(g * 0, requires_grad=True) for g in gradients]
    for a, b, g in zip(ours, theirs, gradients, strict=True):
        a.grad, b.grad = wrap(g.copy()), torch.tensor(g)
    mine = optim.clip_grad_norm_(ours, 0.5, order)
    other = torch.nn.utils.clip_grad_norm_(theirs, 0.5, order)
    assert mine.item() == pytest.approx(other.item(), rel=1e-5)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-5)
