"""Copies of tensors by the module `copy`: a shallow one shares the memory, a deep one has its own, as in PyTorch."""

from __future__ import annotations

import copy

import pytest

import edgewise as ew
from edgewise import nn


@pytest.mark.parametrize("kind", [lambda x: ew.tensor(x, requires_grad=True), lambda x: nn.Parameter(ew.tensor(x))])
def test_a_shallow_copy_is_a_leaf_in_the_same_memory(kind):
    x = kind([1.0, 2.0])
    x.grad = ew.ones(2)
    y = copy.copy(x)
    assert type(y) is type(x)
    assert y is not x
    assert y.requires_grad
    assert y.is_leaf
    assert y.grad is None
    with ew.no_grad():
        y[0] = 5.0
    assert x.tolist() == [5, 2]
    (y * x).sum().backward()
    assert y.grad.tolist() == [5, 2]
    assert x.grad.tolist() == [6, 3]


def test_a_deep_copy_has_memory_of_its_own():
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    x.grad = ew.ones(2)
    y = copy.deepcopy(x)
    with ew.no_grad():
        y[0] = 5.0
    assert x.tolist() == [1, 2]
    assert y.grad.tolist() == [1, 1]


def test_a_write_through_a_shallow_copy_is_noticed_by_backward():
    x = ew.tensor([1.0, 2.0])
    w = ew.tensor([1.0, 1.0], requires_grad=True)
    loss = (w * x).sum()
    copy.copy(x).mul_(3)
    with pytest.raises(ew.InPlaceError):
        loss.backward()


def test_a_result_of_operations_is_not_copied():
    y = ew.ones(2, requires_grad=True) * 2
    for function in (copy.copy, copy.deepcopy):
        with pytest.raises(ew.GradientError, match="only leaves"):
            function(y)
