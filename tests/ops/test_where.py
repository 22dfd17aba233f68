from __future__ import annotations

import array_api_strict as strict
import numpy as np
import pytest

import edgewise as ew

CONDITION = ew.tensor([True, False])


@pytest.mark.parametrize(
    ("a", "b", "dtype"),
    [
        (ew.tensor([1, 2]), ew.tensor([1.0, 2.0]), "float32"),
        (ew.tensor([1, 2]), 0.5, "float32"),
        (0.5, ew.tensor([1, 2]), "float32"),
        (ew.tensor([1.0, 2.0]), 0, "float32"),
        (ew.tensor([1.0, 2.0], dtype="float64"), ew.tensor([1.0, 2.0]), "float64"),
        (ew.tensor([1, 2], dtype="int8"), ew.tensor([1.0, 2.0], dtype="float16"), "float16"),
        (ew.tensor(1.0, dtype="float64"), ew.tensor([1.0, 2.0]), "float32"),
        (np.float64(1), ew.tensor([1.0, 2.0]), "float32"),
        (ew.tensor([1, 2], dtype="int8"), True, "int8"),
        ([1.0, 2.0], 0, "float32"),
        (1.0, 0.0, "float32"),
        (1, 0.5, "float32"),
        (np.float64(1), np.int64(2), "float32"),
        (1, 0, "int64"),
        (True, 0, "int64"),
        (True, False, "bool"),
    ],
)
def test_branches_meet_in_the_dtype_of_pytorch(a, b, dtype):
    result = ew.where(CONDITION, a, b)
    assert result.dtype == dtype
    first, second = (np.broadcast_to(np.asarray(side), (2,)) for side in (a, b))
    assert result.tolist() == [first[0], second[1]]


def test_gradients_come_back_in_the_dtype_of_each_branch():
    a = ew.tensor([1.0, 2.0], requires_grad=True)
    b = ew.tensor([3.0, 4.0], dtype="float64", requires_grad=True)
    ew.where(CONDITION, a, b).sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == (ew.float32, ew.float64)
    assert (a.grad.tolist(), b.grad.tolist()) == ([1.0, 0.0], [0.0, 1.0])


def test_numbers_follow_the_library_of_the_condition():
    condition = ew.as_tensor(strict.asarray([True, False]))
    result = ew.where(condition, 1.0, 0)
    assert type(result.array) is type(condition.array)
    assert result.dtype == strict.float32
