"""The rules of updates, as the optimisers' own code gives them."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise import nn, optim


def updates(snapshot):
    return {tensor.name: tensor.update for tensor in snapshot.tensors if tensor.update is not None}


def rule(snapshot, name):
    return str(updates(snapshot)[name].rule)


class Own(optim.SGD):
    """Somebody's own optimiser, whose rule depends on what it was told."""

    def __init__(self, params, factor):
        super().__init__(params, lr=0.1)
        self.factor = factor

    def _advance(self, xp, p, g, state, group):
        return super()._advance(xp, p, self.factor * g, state, group)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda p: optim.SGD(p, lr=0.1, weight_decay=0.01), "W − 0.1(∂L/∂W + 0.01W)"),
        (lambda p: optim.SGD(p, lr=0.1, momentum=0.9), "W − 0.1(0.9v + ∂L/∂W)"),
        (
            lambda p: optim.Adam(p, lr=0.1),
            "W − 0.1 · m̂ / (√v̂ + 1e−8), where v̂ = v′/(1 − 0.999^t), m̂ = m′/(1 − 0.9^t), "
            "m′ = 0.9m + 0.1 · ∂L/∂W and v′ = 0.999v + 0.001 · (∂L/∂W)²",
        ),
        (lambda p: optim.RMSprop(p, lr=0.1), "W − 0.1 · ∂L/∂W / (√(0.99s + 0.01 · (∂L/∂W)²) + 1e−8)"),
    ],
)
def test_the_rule_is_that_of_the_optimisers_own_code(make, expected):
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = make([W])
    with ew.watch() as watch:
        (W * W).backward()
        optimizer.step()
    assert rule(watch.snapshot, "W") == expected


def test_letters_of_what_an_optimiser_remembers_are_explained():
    W = ew.tensor(2.0, requires_grad=True)
    for optimizer, count in ((optim.Adam([W], lr=0.1), 1), (optim.SGD([W], lr=0.1, momentum=0.9), None)):
        with ew.watch() as watch:
            (W * W).backward()
            optimizer.step()
        meanings = updates(watch.snapshot)["W"].meanings
        assert meanings.get("t") == (count and f"the number of the step, here {count}")
        assert meanings["v"] == ("the running mean of the gradients' squares" if count else "the velocity")


def test_a_centred_mean_square_has_its_signs_in_order():
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.RMSprop([W], lr=0.1, centered=True)
    with ew.watch() as watch:
        (W * W).backward()
        optimizer.step()
    assert "(√max(s′ − m′², 0) + 1e−8)" in rule(watch.snapshot, "W")


def test_a_rate_of_a_half_is_no_divisor_of_a_gradient():
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.SGD([W], lr=0.5)
    with ew.watch() as watch:
        (W * W).backward()
        optimizer.step()
    assert rule(watch.snapshot, "W") == "W − 0.5 · ∂L/∂W"


def test_symbols_of_the_graph_are_no_letters_of_a_rule():
    W, t, m = ew.tensor(2.0, requires_grad=True), ew.tensor(1.0), ew.tensor(3.0)
    optimizer = optim.Adam([W], lr=0.1)
    with ew.watch() as watch:
        (W * t * m).backward()
        optimizer.step()
    assert "1 − 0.9^step" in rule(watch.snapshot, "W")
    assert "exp_avg′ = 0.9 · exp_avg + 0.1 · ∂" in rule(watch.snapshot, "W")


def test_the_rule_counts_as_the_optimiser_does():
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.SGD([W], lr=0.1, momentum=0.9, dampening=0.2)
    with ew.watch(keep=None) as watch:
        for _ in range(2):
            optimizer.zero_grad()
            (W * W).backward()
            optimizer.step()
    assert [rule(snapshot, "W") for snapshot in watch.snapshots] == [
        "W − 0.1(0.9v + ∂L/∂W)",
        "W − 0.1(0.9v + 0.8 · ∂L/∂W)",
    ]


def test_a_state_is_named_in_full_where_the_graph_has_its_letter():
    v = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.SGD([v], lr=0.1, momentum=0.9)
    with ew.watch() as watch:
        (v * v).backward()
        optimizer.step()
    assert rule(watch.snapshot, "v") == "v − 0.1(0.9 · momentum_buffer + ∂L/∂v)"


def test_groups_have_their_own_rules():
    a, b = (ew.tensor(1.0, requires_grad=True) for _ in range(2))
    optimizer = optim.SGD([{"params": [a], "lr": 0.1}, {"params": [b]}], lr=0.3)
    with ew.watch() as watch:
        (a * b).backward()
        optimizer.step()
    assert rule(watch.snapshot, "a") == "a − 0.1 · ∂L/∂a"
    assert rule(watch.snapshot, "b") == "b − 0.3 · ∂L/∂b"


def test_a_gradient_that_is_not_this_one_is_not_called_so():
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = optim.SGD([W], lr=0.1)
    with ew.watch() as watch:
        (W * W).backward()
        nn.utils.clip_grad_norm_([W], 1.0)
        optimizer.step()
    assert rule(watch.snapshot, "W") == "W − 0.1 · W.grad"
    with ew.watch() as watch:
        (W * W).backward()  # adds to what is there
        optimizer.step()
    assert rule(watch.snapshot, "W") == "W − 0.1 · W.grad"


def test_an_optimiser_that_looks_at_values_has_no_rule_and_goes_on():
    class Odd(optim.SGD):
        def _advance(self, xp, p, g, state, group):
            if float(g[0]) < 0:
                raise AssertionError
            return super()._advance(xp, p, g, state, group)

    W = ew.tensor([2.0], requires_grad=True)
    optimizer = Odd([W], lr=0.1)
    with ew.watch() as watch:
        (W * W).sum().backward()
        optimizer.step()
    assert updates(watch.snapshot)["W"].rule is None
    assert W.item() == pytest.approx(1.6)


def test_an_own_optimiser_has_its_own_rule():
    a, b = (ew.tensor(1.0, requires_grad=True) for _ in range(2))
    with ew.watch() as watch:
        (a * b).backward()
        Own([a], 3).step()
        Own([b], 7).step()
    assert rule(watch.snapshot, "a") == "a − 0.3 · ∂L/∂a"
    assert rule(watch.snapshot, "b") == "b − 0.7 · ∂L/∂b"
