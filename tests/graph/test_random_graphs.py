"""Random expressions: their gradients against central differences, forward mode, and second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import edgewise as ew

UNARY = [
    lambda a: ew.tanh(a),
    lambda a: (0.3 * a).exp(),
    lambda a: -a,
    lambda a: a * a,
    lambda a: 1 / (a * a + 1.5),
    lambda a: (a * a + 1.0) ** 0.5,
    lambda a: ew.transpose(a, 0, 1),
    lambda a: a.sum(0, keepdim=True) + 0 * a,
    lambda a: a[[1, 0, 1]],
    lambda a: a[0] + a,
    lambda a: ew.reshape(ew.reshape(a, (9,)), (3, 3)),
]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (b * b + 1.5),
    lambda a, b: (a @ b) * 0.3,
    lambda a, b: a[1] * b,
    lambda a, b: a * b[:, :1],
    lambda a, b: (a * b).sum() * 0.1 + a,
]

steps = st.lists(
    st.tuples(st.booleans(), st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10_000)),
    min_size=1,
    max_size=12,
)


def run(steps: list[Any], *leaves: Any) -> ew.Tensor:
    """Each step uses values computed before, picked at random, so that values are shared along many ways."""
    values = list(leaves)
    for binary, which, i, j in steps:
        a, b = values[i % len(values)], values[j % len(values)]
        value = BINARY[which % len(BINARY)](a, b) if binary else UNARY[which % len(UNARY)](a)
        values.append(ew.tanh(value))  # keeps numbers where differences are exact
    return values[-1] + 0.1 * leaves[0]


def leaves(seed: int) -> list[ew.Tensor]:
    numbers = np.random.default_rng(seed)
    return [ew.tensor(numbers.uniform(-1, 1, (3, 3)), requires_grad=True) for _ in range(2)]


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(0, 1000))
def test_gradients_of_random_graphs_agree_with_differences_and_with_forward_mode(steps: list[Any], seed: int) -> None:
    a, b = leaves(seed)
    numbers = np.random.default_rng(seed + 1)
    u, v, w = (numbers.uniform(-1, 1, (3, 3)) for _ in range(3))
    y = run(steps, a, b)
    y.backward(ew.tensor(w))
    zero = np.zeros((3, 3))
    by_a, by_b = (zero if x.grad is None else x.grad.numpy() for x in (a, b))
    walked = float((by_a * u).sum() + (by_b * v).sum())

    h = 1e-6
    base_a, base_b = a.numpy(force=True), b.numpy(force=True)
    above = run(steps, ew.tensor(base_a + h * u), ew.tensor(base_b + h * v)).numpy()
    below = run(steps, ew.tensor(base_a - h * u), ew.tensor(base_b - h * v)).numpy()
    numeric = float((w * (above - below)).sum() / (2 * h))
    assert abs(walked - numeric) < 1e-6 * (1 + abs(numeric))

    _, moved = ew.jvp(lambda a, b: run(steps, a, b), (base_a, base_b), (u, v))
    assert abs(walked - float((moved.numpy() * w).sum())) < 1e-10 * (1 + abs(walked))


@settings(max_examples=25, deadline=None)
@given(steps, st.integers(0, 1000))
def test_second_derivatives_of_random_graphs_agree_with_differences(steps: list[Any], seed: int) -> None:
    a, b = (leaf.numpy(force=True) for leaf in leaves(seed))
    u = np.random.default_rng(seed + 1).uniform(-1, 1, (3, 3))

    def loss(a: Any) -> ew.Tensor:
        return run(steps, a, ew.tensor(b)).sum()

    product = ew.hvp(loss, (a,), (u,)).numpy()
    h = 1e-5
    numeric = (ew.grad(loss)(a + h * u).numpy() - ew.grad(loss)(a - h * u).numpy()) / (2 * h)
    np.testing.assert_allclose(product, numeric, rtol=1e-5, atol=1e-6)
    forward = ew.jvp(ew.grad(loss), (a,), (u,))[1].numpy()
    np.testing.assert_allclose(forward, product, rtol=1e-9, atol=1e-9)
