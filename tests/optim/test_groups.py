"""Optimisers and schedules with several parameter groups, against numbers that PyTorch 2.13 gives."""

from __future__ import annotations

import pytest
from cases import at_once

import edgewise as ew
from edgewise import nn
from edgewise.optim import SGD, Adam, AdamW, OptimizerError, RMSprop, clip_grad_norm_

UPDATES = {
    "SGD": (
        SGD,
        {"lr": 0.1},
        {"lr": 0.02, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1},
        [-0.1144, -1.3432, 0.4677458163],
        {"momentum_buffer": -0.7214388641},
    ),
    "SGD with Nesterov's momentum": (
        SGD,
        {"lr": 0.1, "momentum": 0.5, "nesterov": True},
        {"lr": 0.01, "maximize": True, "momentum": 0.0, "nesterov": False},
        [-0.6844, -1.0492, 0.48041208],
        {},
    ),
    "Adam": (
        Adam,
        {"lr": 0.1},
        {"lr": 0.02, "betas": (0.5, 0.9), "weight_decay": 0.1, "amsgrad": True},
        [0.6017491394, -1.6312737183, 0.500397608],
        {"exp_avg": -1.1814363663, "exp_avg_sq": 0.5686161426, "max_exp_avg_sq": 0.5686161426},
    ),
    "AdamW": (
        AdamW,
        {"lr": 0.1},
        {"lr": 0.02, "betas": (0.5, 0.9), "weight_decay": 0.3, "maximize": True},
        [0.598338227, -1.6241041344, 0.4885473346],
        {"exp_avg": 1.1598706693, "exp_avg_sq": 0.5455218221},
    ),
    "RMSprop": (
        RMSprop,
        {"lr": 0.1},
        {"lr": 0.02, "alpha": 0.5, "momentum": 0.9, "centered": True, "weight_decay": 0.1},
        [-1.3357243404, -1.1670891382, 0.4648104867],
        {"square_avg": 2.6011395897, "momentum_buffer": -2.0493526529, "grad_avg": -1.2702421325},
    ),
}


@at_once
@pytest.mark.parametrize("saved_after", [None, 2], ids=["in one go", "saved and loaded"])
@pytest.mark.parametrize(("kind", "first", "second", "values", "state"), UPDATES.values(), ids=UPDATES)
def test_each_group_is_updated_with_its_own_hyperparameters(kind, first, second, values, state, saved_after):
    a = ew.tensor([1.0, -2.0], dtype="float64", requires_grad=True)
    b = ew.tensor([0.5], dtype="float64", requires_grad=True)

    def make():
        return kind([{"params": [a], **first}, {"params": [b], **second}])

    optimizer = make()
    for step in range(4):
        if step == saved_after:
            saved = optimizer.state_dict()
            optimizer = make()
            optimizer.load_state_dict(saved)
        a.grad, b.grad = a.detach() * 2 + step, b.detach() * 2 - step
        optimizer.step()
    assert [*a.tolist(), *b.tolist()] == pytest.approx(values, rel=1e-8)
    held = optimizer.state_dict()["state"].get(1, {})
    assert {name: held[name].item() for name in held if name != "step"} == pytest.approx(state, rel=1e-8)


def test_the_norm_of_one_tensor_is_not_that_of_its_rows():
    tensor = ew.zeros(2, 2, requires_grad=True)
    tensor.grad = ew.tensor([[3.0, 0.0], [0.0, 4.0]])
    assert clip_grad_norm_(tensor, 1.0).item() == 5.0
    assert tensor.grad.reshape(-1).tolist() == pytest.approx([0.6, 0.0, 0.0, 0.8], rel=1e-5)


@pytest.mark.parametrize("of", ["an optimiser", "a module"])
def test_zeros_take_the_place_of_a_gradient_with_a_graph(of: str):
    layer = nn.Linear(1, 1, bias=False)
    (layer.weight**3).sum().backward(create_graph=True)
    gradient = layer.weight.grad
    (SGD(layer.parameters()) if of == "an optimiser" else layer).zero_grad(set_to_none=False)
    assert layer.weight.grad.tolist() == [[0.0]]
    assert not layer.weight.grad.requires_grad
    (second,) = ew.autograd.grad(gradient.sum(), layer.weight)
    assert second.item() == pytest.approx(6 * layer.weight.item(), rel=1e-5)


def test_zeros_are_written_into_a_plain_gradient():
    weight = ew.tensor([1.0], requires_grad=True)
    (weight * 2).sum().backward()
    gradient = weight.grad
    SGD([weight]).zero_grad(set_to_none=False)
    assert weight.grad is gradient
    assert gradient.tolist() == [0.0]


def test_a_tensor_that_has_a_gradient_needs_to_require_none():
    weight = ew.tensor([1.0])
    weight.grad = ew.tensor([2.0])
    SGD([weight], lr=0.5).step()
    assert weight.tolist() == [0.0]


def test_errors_name_the_parameter_and_its_place():
    layer = nn.Linear(2, 1)
    weight = layer.weight
    with pytest.raises(OptimizerError, match=r"parameter 1 of the group, 'weight', float32 \(1, 2\), is given twice"):
        SGD([weight, weight])
    with pytest.raises(TypeError, match="parameter 0 is a tuple"):
        SGD([("weight", weight, layer.bias)])
    with pytest.raises(TypeError, match="parameter 0 is a tuple"):
        SGD([(weight, layer.bias)])


def optimizer(*rates: float) -> SGD:
    return SGD([{"params": [ew.tensor([1.0], requires_grad=True)], "lr": rate} for rate in rates or (0.1, 1.0)])


def rates(own: SGD) -> tuple[float, ...]:
    return tuple(group["lr"] for group in own.param_groups)
