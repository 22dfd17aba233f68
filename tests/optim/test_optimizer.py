"""What all optimisers share: parameters in, groups, state out and in."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.graph import inplace
from edgewise.graph.errors import InPlaceError
from edgewise.optim import SGD, Adam, AdamW, OptimizerError, RMSprop


def weight(*shape, value=1.0):
    return ew.tensor(np.full(shape, value, np.float32), requires_grad=True)


def learn(optimizer, *tensors, steps=1):
    for step in range(steps):
        optimizer.zero_grad()
        total = sum(((step + 1) * (tensor * tensor).sum() for tensor in tensors), start=ew.tensor(0.0))
        total.backward()
        optimizer.step()


def test_hyperparameters_of_a_group_override_the_defaults():
    a, b = weight(2), weight(2)
    optimizer = SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    learn(optimizer, a, b)
    np.testing.assert_allclose(a.detach().numpy(), 0.8)
    np.testing.assert_allclose(b.detach().numpy(), 0.0, atol=1e-7)


def test_a_group_added_later_is_trained_too():
    a, b = weight(2), weight(2)
    optimizer = SGD([a], lr=0.1)
    optimizer.add_param_group({"params": [b], "lr": 0.2})
    learn(optimizer, a, b)
    np.testing.assert_allclose(b.detach().numpy(), 0.6, rtol=1e-6)
    assert len(optimizer.param_groups) == 2


def test_named_parameters_are_taken():
    model = nn.Linear(2, 1)
    assert len(SGD(model.named_parameters(), lr=0.1).param_groups[0]["params"]) == 2


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: SGD([], lr=0.1), OptimizerError, "no parameters"),
        (lambda: SGD(iter([]), lr=0.1), OptimizerError, "only once"),
        (lambda: SGD(nn.Linear(2, 1), lr=0.1), TypeError, r"Linear.*model\.parameters\(\)"),
        (lambda: SGD(nn.Linear(2, 1).parameters, lr=0.1), TypeError, "call it"),
        (lambda: SGD(weight(2), lr=0.1), TypeError, "into a list"),
        (lambda: SGD({"params": [weight(2)]}, lr=0.1), TypeError, "into a list"),
        (lambda: SGD({weight(2)}, lr=0.1), TypeError, "set"),
        (lambda: SGD(3, lr=0.1), TypeError, "int"),
        (lambda: SGD([np.ones(2)], lr=0.1), TypeError, "parameter 0 is a ndarray"),
        (lambda: SGD([weight(2) * 2], lr=0.1), OptimizerError, r"result of mul .*test_optimizer\.py:\d+.*leaves"),
        (lambda: SGD([ew.tensor([1.0])], lr=0.1), OptimizerError, "requires no gradient"),
        (lambda: SGD([weight(2)], lr=-1), OptimizerError, "lr is -1; it must be at least 0"),
        (lambda: SGD([weight(2)], lr="fast"), TypeError, "lr must be a number"),
        (lambda: SGD([weight(2)], lr=math.inf), OptimizerError, "lr is inf; it must be finite, at least 0"),
        (lambda: SGD([weight(2)], lr=True), TypeError, "lr must be a number, not True"),
        (lambda: SGD([weight(2)], lr=np.ones(2)), TypeError, "lr must be a number, not array"),
        (lambda: SGD([weight(2)], dampening="a"), TypeError, "SGD: dampening"),
        (
            lambda: SGD([weight(2)], momentum=0.9, nesterov="yes"),
            TypeError,
            "nesterov must be True or False, not 'yes'",
        ),
        (lambda: Adam([weight(2)], amsgrad="no"), TypeError, "Adam: amsgrad"),
        (lambda: RMSprop([weight(2)], centered=2), TypeError, "centered must be True or False, not 2"),
        (lambda: Adam([weight(2)], betas=("a", 0.9)), TypeError, r"Adam: betas\[0\] must be a number, not 'a'"),
        (lambda: SGD([weight(2)], nesterov=True), OptimizerError, "momentum > 0"),
        (lambda: RMSprop([weight(2)], alpha=1.0), OptimizerError, "alpha is 1; it must be at least 0 and below 1"),
        (lambda: Adam([weight(2)], betas=(0.9, 1.0)), OptimizerError, "betas"),
        (lambda: Adam([weight(2)], betas=0.9), OptimizerError, "betas"),
        (lambda: AdamW([weight(2)], eps=-1), OptimizerError, "AdamW: eps"),
        (lambda: SGD([{"params": [weight(2)], "lrr": 1}]), OptimizerError, "'lrr'.*lr, momentum"),
        (lambda: SGD([{"weights": [weight(2)]}]), TypeError, "'params'"),
    ],
)
def test_bad_arguments_are_explained(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_a_parameter_given_twice_is_refused():
    a = weight(2)
    with pytest.raises(OptimizerError, match=r"parameter 1 .* float32 \(2,\), is given twice"):
        SGD([a, a])
    with pytest.raises(OptimizerError, match="given twice"):
        SGD([{"params": [a]}, {"params": [a]}])


def test_a_frozen_parameter_of_a_module_waits_until_it_is_unfrozen():
    layer = nn.Linear(1, 1)
    layer.weight.requires_grad_(False)
    optimizer = SGD(layer.parameters(), lr=0.1)
    before = layer.weight.detach().numpy().copy()
    x = ew.tensor([[1.0]])
    layer(x).sum().backward()
    optimizer.step()
    np.testing.assert_array_equal(layer.weight.detach().numpy(), before)
    layer.weight.requires_grad_()
    layer(x).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(layer.weight.detach().numpy(), before - 0.1, rtol=1e-6)


def test_zero_grad_clears_to_none_or_to_zeros():
    a = weight(2)
    optimizer = SGD([a], lr=0.1)
    (a * a).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert a.grad is not None
    np.testing.assert_array_equal(a.grad.numpy(), 0)
    optimizer.zero_grad()
    assert a.grad is None


def test_step_runs_a_closure_with_gradients_on_and_returns_its_loss():
    a = weight(2)
    optimizer = SGD([a], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (a * a).sum()
        loss.backward()
        return loss

    with ew.no_grad():
        assert optimizer.step(closure).item() == 2.0
    np.testing.assert_allclose(a.detach().numpy(), 0.8)


def test_a_loss_is_no_closure():
    a = weight(2)
    loss = (a * a).sum()
    loss.backward()
    with pytest.raises(TypeError, match=r"SGD: the closure of step\(\) must be a function of nothing.*, not tensor\(2"):
        SGD([a], lr=0.1).step(loss)


def test_a_graph_made_before_a_step_can_not_go_backward_after_it():
    a = weight(2)
    optimizer = SGD([a], lr=0.1)
    kept = (a * a).sum()
    (a * 3).sum().backward()
    optimizer.step()
    with pytest.raises(InPlaceError, match=r"test_optimizer\.py:\d+"):
        kept.backward()


def test_what_is_noted_of_a_write_goes_with_the_array():
    def run():
        a = weight(3)
        learn(SGD([a], lr=0.1), a, steps=3)
        assert len(inplace._writes) == before + 1

    before = len(inplace._writes)
    run()
    assert len(inplace._writes) == before


OPTIMIZERS = [
    lambda p: SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
    lambda p: RMSprop(p, lr=0.1, momentum=0.9, centered=True),
    lambda p: Adam(p, lr=0.1, amsgrad=True),
    lambda p: AdamW(p, lr=0.1),
]


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_a_loaded_state_goes_on_to_the_very_same_numbers(make, tmp_path):
    a, b = weight(2, 3), weight(3, value=2.0)
    first = make([{"params": [a]}, {"params": [b], "lr": 0.05}])
    learn(first, a, b, steps=3)
    ew.save(first.state_dict(), tmp_path / "state.safetensors")
    c, d = ew.tensor(a.detach(), requires_grad=True), ew.tensor(b.detach(), requires_grad=True)
    second = make([{"params": [c]}, {"params": [d]}])
    second.load_state_dict(ew.load(tmp_path / "state.safetensors"))
    assert [group["lr"] for group in second.param_groups] == [0.1, 0.05]
    learn(first, a, b, steps=3)
    learn(second, c, d, steps=3)
    np.testing.assert_array_equal(a.detach().numpy(), c.detach().numpy())
    np.testing.assert_array_equal(b.detach().numpy(), d.detach().numpy())


def test_a_loaded_state_is_a_copy():
    a = weight(2)
    first = SGD([a], lr=0.1, momentum=0.9)
    learn(first, a)
    state = first.state_dict()
    second = SGD([weight(2)], lr=0.1, momentum=0.9)
    second.load_state_dict(state)
    before = next(iter(second.state.values()))["momentum_buffer"].copy()
    learn(first, a)
    np.testing.assert_array_equal(next(iter(second.state.values()))["momentum_buffer"], before)


def test_options_come_with_the_state():
    a = weight(2)
    first = Adam([a], lr=0.1, amsgrad=True)
    learn(first, a)
    second = Adam([weight(2)], lr=0.5)
    second.load_state_dict(first.state_dict())
    assert second.param_groups[0]["amsgrad"] is True
    assert "max_exp_avg_sq" in next(iter(second.state.values()))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda s: s.pop("state"), "'state' and 'param_groups'"),
        (
            lambda s: s["param_groups"].append(s["param_groups"][0]),
            r"groups of \[1\] parameters, the state of \[1, 1\]",
        ),
        (lambda s: s["state"][0].pop("exp_avg"), "parameter 0 lacks exp_avg"),
        (lambda s: s["state"][0].update(exp_avg=ew.zeros(3)), r"exp_avg of parameter 0 has shape \(3,\)"),
        (lambda s: s["state"].update({7: {}}), "parameter 7"),
        (lambda s: s["param_groups"][0].update(lr=-1), "lr is -1"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_changes(change, text):
    a = weight(2)
    optimizer = Adam([a], lr=0.1)
    learn(optimizer, a)
    state = optimizer.state_dict()
    state["param_groups"][0]["lr"] = 0.7
    change(state)
    kept = optimizer.state[a]
    with pytest.raises(OptimizerError, match=text):
        optimizer.load_state_dict(state)
    assert optimizer.state[a] is kept
    assert optimizer.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize(
    ("saved", "own", "text"),
    [
        (
            SGD,
            Adam,
            "Adam: the state is of another optimiser: its groups have lr, momentum, .*lack betas, eps, amsgrad",
        ),
        (Adam, SGD, "SGD: the state is of another optimiser: its groups have lr, betas.*lack momentum"),
        (RMSprop, SGD, "SGD: the state is of another optimiser.*lack dampening, nesterov"),
    ],
)
def test_a_state_of_another_kind_of_optimiser_is_refused(saved, own, text):
    a, b = weight(2), weight(2)
    first, second = saved([a]), own([b])
    learn(first, a)
    learn(second, b)
    before = second.state_dict()
    with pytest.raises(OptimizerError, match=text):
        second.load_state_dict(first.state_dict())
    assert second.state_dict()["param_groups"] == before["param_groups"]


def test_repr_shows_the_hyperparameters():
    assert "lr: 0.25" in repr(SGD([weight(2)], lr=0.25))


def test_a_rate_given_as_a_numpy_number_widens_nothing():
    a = weight(2)
    optimizer = SGD([a], lr=np.float64(0.1))
    learn(optimizer, a)
    assert a.dtype == np.float32


class Momentum(ew.optim.Optimizer):
    """As people write an optimiser."""

    def __init__(self, params, lr=0.1, momentum=0.5):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @ew.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with ew.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["step"] = 0
                    state["velocity"] = ew.zeros_like(p)
                state["step"] += 1
                state["velocity"].mul_(group["momentum"]).add_(p.grad)
                p.add_(state["velocity"], alpha=-group["lr"])
        self.state["calls"]["count"] = self.state["calls"].get("count", 0) + 1
        return loss


@pytest.mark.parametrize("through_a_file", [False, True], ids=["dict", "file"])
def test_an_optimiser_that_people_write_steps_as_sgd_does_and_keeps_its_state(through_a_file, tmp_path):
    a, b = weight(2), weight(2)
    own, ours = Momentum([{"params": [a], "layer": 3}], lr=0.1), SGD([b], lr=0.1, momentum=0.5)
    learn(own, a, steps=2)
    learn(ours, b, steps=2)
    saved = own.state_dict()
    assert saved["state"][0]["step"] == 2
    assert saved["state"]["calls"] == {"count": 2}
    if through_a_file:
        ew.save(saved, tmp_path / "own.safetensors")
        saved = ew.load(tmp_path / "own.safetensors")
    own = Momentum([{"params": [a], "layer": 3}])
    own.load_state_dict(saved)
    saved["state"][0]["velocity"].zero_()
    learn(own, a)
    learn(ours, b)
    assert a.tolist() == pytest.approx(b.tolist())
    assert own.step(lambda: 7.0) == 7.0
    own.add_param_group({"params": [weight(1)], "lr": 0.5})
    assert [group["lr"] for group in own.param_groups] == [0.1, 0.5]
    assert "group 1: 1 parameters" in repr(own)


def test_a_state_that_was_only_asked_for_disturbs_nothing():
    a = weight(2)
    optimizer = Adam([a])
    assert optimizer.state[a] == {}
    assert optimizer.state_dict()["state"] == {}
    learn(optimizer, a)
    assert optimizer.state[a]["step"] == 1
    optimizer.load_state_dict({**optimizer.state_dict(), "state": {0: {}}})
    learn(optimizer, a)
    assert optimizer.state[a]["step"] == 1


def test_groups_without_parameters_are_printed():
    class Nothing(ew.optim.Optimizer):
        def __init__(self):
            self.param_groups = [{"lr": 0}]

    assert repr(Nothing()) == "Nothing (\n  group 0: 0 parameters\n    lr: 0\n)"


def test_a_hyperparameter_of_another_optimiser_is_warned_of():
    with pytest.warns(UserWarning, match="SGD: a parameter group sets 'rho', which SGD doesn't have; it has lr, "):
        optimizer = SGD([{"params": [weight(2)], "rho": 0.05}], lr=0.1)
    assert optimizer.param_groups[0]["rho"] == 0.05
    with pytest.raises(OptimizerError, match="Did you mean 'weight_decay'"):
        SGD([{"params": [weight(2)], "weight_decays": 0.05}], lr=0.1)


def test_a_parameter_that_can_not_be_written_is_named():
    values = np.ones(2, np.float32)
    values.flags.writeable = False
    parameter = ew.from_numpy(values).requires_grad_()
    (parameter * 2).sum().backward()
    with pytest.raises(ew.EdgewiseError, match="SGD"):
        ew.optim.SGD([parameter], lr=0.1).step()
    assert values.tolist() == [1, 1]


WAYS = {
    ew.optim.SGD: ("foreach", "fused", "differentiable"),
    ew.optim.Adam: ("foreach", "fused", "capturable", "differentiable"),
    ew.optim.AdamW: ("foreach", "fused", "capturable", "differentiable"),
    ew.optim.RMSprop: ("foreach", "capturable", "differentiable"),
}


@pytest.mark.parametrize(("kind", "way"), [(kind, way) for kind, ways in WAYS.items() for way in ways])
def test_other_ways_to_make_a_step_can_be_declined_only(kind, way):
    parameters = [ew.tensor([1.0], requires_grad=True)]
    for declined in (None, False):
        assert way not in kind(parameters, **{way: declined}).param_groups[0]
    said = "steps are not recorded" if way == "differentiable" else "there is one way to make a step here: leave it out"
    with pytest.raises(ew.optim.OptimizerError, match=f"^{kind.__name__}: {way}=True .*{said}"):
        kind(parameters, **{way: True})


def test_an_expanded_gradient_is_replaced_by_a_sum_and_by_zeros():
    p = ew.ones(2, requires_grad=True)
    p.grad = ew.ones(1).expand(2)
    (p * ew.tensor([2.0, 3.0])).sum().backward()
    assert p.grad.tolist() == [3, 4]
    p.grad = row = ew.ones(1).expand(2)
    ew.optim.SGD([p]).zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0, 0]
    assert row.tolist() == [1, 1]
