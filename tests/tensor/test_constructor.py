"""Calling the class Tensor: sizes, or values, in the default dtype, as PyTorch's class does."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew


@pytest.mark.parametrize(
    ("given", "shape"),
    [((), (0,)), ((5,), (5,)), ((0,), (0,)), ((2, 3), (2, 3)), ((np.int64(2), 3, 4), (2, 3, 4))],
)
def test_sizes_make_zeros_of_that_shape(given, shape):
    made = ew.Tensor(*given)
    assert made.shape == shape
    assert str(made.dtype) == "float32"
    assert not made.numpy().any()


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ([1, 2], [1.0, 2.0]),
        ([5], [5.0]),
        ([], []),
        ((2, 3), [2.0, 3.0]),
        ([[1, 2], [3, 4.5]], [[1.0, 2.0], [3.0, 4.5]]),
        ([True, False], [1.0, 0.0]),
        (np.arange(3), [0.0, 1.0, 2.0]),
        (np.float64(2.5), 2.5),
        (np.arange(2.0), [0.0, 1.0]),
        ([ew.tensor(1), ew.tensor(2)], [1.0, 2.0]),
    ],
    ids=repr,
)
def test_values_become_the_default_dtype(given, values):
    made = ew.Tensor(given)
    assert made.tolist() == values
    assert str(made.dtype) == "float32"


def test_a_tensor_of_the_dtype_shares_its_memory_and_an_array_is_copied():
    tensor, array = ew.tensor([1.0, 2.0]), np.array([1.0, 2.0], np.float32)
    ew.Tensor(tensor).zero_()
    ew.Tensor(array).zero_()
    assert tensor.tolist() == [0.0, 0.0]
    assert array.tolist() == [1.0, 2.0]
    assert str(ew.Tensor(ew.tensor([1, 2])).dtype) == "float32"


def test_the_default_dtype_and_a_chosen_one_hold():
    ew.set_default_dtype("float64")
    try:
        assert str(ew.Tensor([1, 2]).dtype) == str(ew.Tensor(2).dtype) == "float64"
    finally:
        ew.set_default_dtype("float32")
    assert str(ew.Tensor([1.0], dtype="int64").dtype) == "int64"
    assert ew.Tensor([1.0], requires_grad=True).requires_grad


@pytest.mark.parametrize("given", [(2.5,), (True,), ("ab",), ([1.0], [2.0]), (2, "float32"), (2, [1.0]), (None,)])
def test_what_is_neither_is_refused_with_advice(given):
    with pytest.raises(TypeError, match=r"Tensor\(.*\): give sizes, as in Tensor\(2, 3\), or the values in one list"):
        ew.Tensor(*given)
    with pytest.raises(ew.ShapeError, match=r"sizes must be 0 or more, not \(2, -1\)"):
        ew.Tensor(2, -1)


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (2.5, "", "2.5"),
        (2.5, ".3f", "2.500"),
        (3, "", "3"),
        (3, "05d", "00003"),
        (True, "", "True"),
        (1e-9, "", "9.999999717180685e-10"),
        (float("nan"), ".2f", "nan"),
        (12345.0, ",", "12,345.0"),
        (0.25, ".0%", "25%"),
    ],
)
def test_a_single_number_is_formatted_as_pythons(value, spec, text):
    tensor = ew.tensor(value)
    assert format(tensor, spec) == text
    assert ("{:" + spec + "}").format(tensor) == text
    if isinstance(value, float):
        assert format(tensor.requires_grad_() * 1, spec) == text


def test_more_numbers_are_written_as_a_tensor_and_take_no_format():
    assert f"{ew.tensor([1.5])}" == "tensor([1.5])"
    with pytest.raises(TypeError, match=r"is for one number, and this tensor has shape \(1,\)"):
        f"{ew.tensor([1.5]):.3f}"
