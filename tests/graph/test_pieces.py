"""Gradients of many pieces of one tensor are added up in one array, and are those of the pieces one by one."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.ops import indexing

KEYS = [
    (slice(0, 3),),
    (slice(1, 5),),
    (2,),
    (..., 1),
    (slice(None, None, -2), slice(1, None)),
    (3, 2),
    (None, 4),
    (slice(2, 2),),
    (ew.tensor([0, 0, 4]),),
    (slice(None), ew.tensor([True, False, True])),
]


def loss_of(x: ew.Tensor, between: bool) -> ew.Tensor:
    total = (x * 3).sum() if between else ew.tensor(0.0, dtype=x.dtype)
    for number, key in enumerate(KEYS):
        total = total + (number + 1) * x[key].square().sum()
    return total + (x.sum() if between else 0)


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize("of_a_result", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_overlapping_pieces_sum(dtype: str, of_a_result: bool, between: bool) -> None:
    numbers = np.random.default_rng(0).standard_normal((5, 3)).astype(dtype)
    expected = np.full((5, 3), 4.0 * between)
    for number, key in enumerate(KEYS):
        plain = tuple(part.numpy() if isinstance(part, ew.Tensor) else part for part in key)
        np.add.at(expected, plain, 2.0 * (number + 1) * numbers[plain])
    leaf = ew.tensor(numbers, requires_grad=True)
    x = leaf + 0 if of_a_result else leaf
    loss_of(x, between).backward()
    np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-6, atol=1e-6)
    (again,) = ew.autograd.grad(loss_of(leaf, between), [leaf])
    np.testing.assert_allclose(again.numpy(), expected, rtol=1e-6, atol=1e-6)


def test_a_gradient_that_was_there_before_is_not_written_to() -> None:
    x = ew.zeros(3, requires_grad=True)
    x[0].backward()
    before, numbers = x.grad, x.grad.numpy().copy()
    (x[0] + 2 * x[1] + x[1:].sum()).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 3, 1])
    assert before is x.grad or np.array_equal(before.numpy(), numbers)
    y = ew.ones(3, requires_grad=True)
    seed = ew.ones(3)
    z = y * 1
    ew.autograd.backward([z, z[0], z[1]], [seed, ew.tensor(5.0), ew.tensor(7.0)])
    np.testing.assert_array_equal(y.grad.numpy(), [6, 8, 1])
    np.testing.assert_array_equal(seed.numpy(), [1, 1, 1])


def test_pieces_of_a_number_sum_before_and_after_its_other_uses() -> None:
    for start in (ew.tensor(2.0, requires_grad=True), ew.tensor([2.0], requires_grad=True).sum()):
        start.retain_grad()
        views = [start[None], start[...], start[()], start[None, None]]
        loss = sum((view.sum() for view in views), start * 3)
        loss = loss + start * 2 + start[None].sum()
        loss.backward()
        assert start.grad.item() == 10


def test_a_thousand_pieces_take_one_array_of_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    scatter_add = indexing.scatter_add
    monkeypatch.setattr(indexing, "scatter_add", lambda xp, *given: made.append(1) or scatter_add(xp, *given))
    x = ew.zeros(1000, 2, requires_grad=True)
    h = ew.zeros(2)
    for row in x:
        h = h * 0.5 + row
    h.sum().backward()
    assert len(made) == 1
    np.testing.assert_array_equal(x.grad.numpy()[-3:], [[0.25, 0.25], [0.5, 0.5], [1, 1]])
