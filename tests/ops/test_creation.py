from __future__ import annotations

import array_api_strict as strict
import numpy as np
import pytest

import edgewise as ew


@pytest.mark.parametrize("size", [(), (3,), (2, 3), (0, 2)])
@pytest.mark.parametrize(("make", "value"), [(ew.zeros, 0.0), (ew.ones, 1.0)])
def test_sizes_come_one_by_one_or_together(make, value, size):
    together = make(size)
    assert together.shape == size
    assert together.dtype == ew.float32
    assert (together.numpy() == value).all()
    if size:
        assert make(*size).shape == make(list(size)).shape == size


def test_dtypes_and_gradients_are_as_asked():
    assert ew.zeros(2, dtype=ew.int8).dtype == ew.int8
    assert ew.ones(2, dtype=bool).tolist() == [True, True]
    assert ew.ones(2, dtype="float64", requires_grad=True).requires_grad
    assert ew.empty(2, 3).shape == (2, 3)
    with pytest.raises(ew.DTypeError, match="can't require gradients"):
        ew.zeros(2, dtype="int64", requires_grad=True)
    with pytest.raises(ew.DTypeError, match="not complex128"):
        ew.zeros(2, dtype=complex)
    with pytest.raises(TypeError, match="zeros: sizes must be integers"):
        ew.zeros(2.5, 1)


@pytest.mark.parametrize(
    ("value", "dtype"), [(True, "bool"), (3, "int64"), (2.5, "float32"), (np.float64(1), "float32")]
)
def test_full_takes_the_kind_of_its_value(value, dtype):
    x = ew.full((2,), value)
    assert x.dtype == dtype
    assert x.tolist() == [value, value]


def test_the_default_dtype_is_used():
    ew.set_default_dtype("float64")
    try:
        for x in (ew.zeros(1), ew.full((1,), 0.5), ew.arange(0.5), ew.linspace(0, 1, 2), ew.eye(1), ew.rand(1)):
            assert x.dtype == ew.float64
    finally:
        ew.set_default_dtype("float32")


@pytest.mark.parametrize(
    ("arguments", "dtype"),
    [((5,), "int64"), ((2, 5), "int64"), ((5, 0, -2), "int64"), ((0, 1, 0.1), "float32"), ((3.0,), "float32")],
)
def test_arange_agrees_with_numpy(arguments, dtype):
    x = ew.arange(*arguments)
    assert x.dtype == dtype
    np.testing.assert_array_equal(x.numpy(), np.arange(*arguments).astype(dtype))


@pytest.mark.parametrize("arguments", [(5, 0), (0, 5, -1), (0, 5, 0)])
def test_steps_that_lead_nowhere_are_an_error(arguments):
    with pytest.raises(ew.ArgumentError, match="arange: steps of"):
        ew.arange(*arguments)


def test_spaces_and_identities_agree_with_numpy():
    np.testing.assert_array_equal(ew.linspace(-1, 2, 7).numpy(), np.linspace(-1, 2, 7, dtype="float32"))
    np.testing.assert_allclose(ew.logspace(0, 3, 4, base=2).numpy(), [1, 2, 4, 8])
    np.testing.assert_array_equal(ew.eye(2, 3).numpy(), np.eye(2, 3))
    assert ew.linspace(0, 1, 1).tolist() == [0.0]


MADE = {
    "zeros": lambda **how: ew.zeros(2, **how),
    "ones": lambda **how: ew.ones(2, **how),
    "empty": lambda **how: ew.empty(2, **how),
    "full": lambda **how: ew.full((2,), 1.0, **how),
    "eye": lambda **how: ew.eye(2, **how),
    "linspace": lambda **how: ew.linspace(0, 1, 2, **how),
    "logspace": lambda **how: ew.logspace(0, 1, 2, **how),
    "arange": lambda **how: ew.arange(0.0, 2.0, **how),
    "rand": lambda **how: ew.rand(2, **how),
    "randn": lambda **how: ew.randn(2, **how),
}


@pytest.mark.parametrize("name", MADE)
def test_each_way_to_make_a_tensor_obeys_dtype_and_requires_grad(name):
    assert MADE[name]().dtype == np.float32
    assert not MADE[name]().requires_grad
    assert MADE[name](requires_grad=True).requires_grad
    for dtype in ("float16", "float32", "float64"):
        assert MADE[name](dtype=dtype).dtype == np.dtype(dtype)


@pytest.mark.parametrize("make", [ew.zeros_like, ew.ones_like, ew.empty_like])
def test_like_keeps_shape_dtype_and_library(make):
    for array in (np.ones((2, 3), dtype="float64"), strict.ones((2, 3), dtype=strict.float64)):
        x = ew.as_tensor(array)
        assert type(make(x).array) is type(array)
        assert make(x).shape == (2, 3)
        assert make(x).dtype == x.dtype
        assert str(make(x, dtype="int64").dtype).endswith("int64")
    assert make(ew.ones(2), requires_grad=True).requires_grad
    assert ew.full_like(ew.ones(2), 7).tolist() == [7.0, 7.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ew.zeros(-1), r"zeros: sizes must be 0 or more, not \(-1,\)"),
        (lambda: ew.full((2, -3), 1), r"full: sizes must be 0 or more, not \(2, -3\)"),
        (lambda: ew.eye(-1), "eye: sizes must be 0 or more"),
        (lambda: ew.linspace(0, 1, -1), "linspace: sizes must be 0 or more"),
        (lambda: ew.arange(float("inf")), "arange: steps of 1 don't lead from 0 to inf"),
        (lambda: ew.arange(float("nan")), "arange: steps of 1 don't lead from 0 to nan"),
    ],
)
def test_what_can_not_be_made_is_explained(call, message):
    with pytest.raises((ew.ShapeError, ew.ArgumentError), match=message):
        call()


def test_arange_takes_unsigned_numbers_and_tensors_of_one_element():
    assert ew.arange(np.uint8(5), np.uint8(2), -1).tolist() == [5, 4, 3]
    assert ew.arange(ew.tensor(3)).dtype == ew.int64
    assert ew.arange(ew.tensor(3.0)).dtype == ew.float32


def test_new_tensors_take_the_dtype_of_an_old_one():
    x = ew.ones(2, dtype="float64")
    assert x.new_empty(2, 3).shape == (2, 3)
    assert x.new_empty((4,), requires_grad=True).requires_grad
    for made in (x.new_empty(1), x.new_zeros(1), x.new_ones(1), x.new_full((1,), 3)):
        assert made.dtype == ew.float64
    assert x.new_empty(1, dtype="int8").dtype == ew.int8


_MAKERS = {
    "tensor": lambda **where: ew.tensor([1.0], **where),
    "as_tensor": lambda **where: ew.as_tensor([1.0], **where),
    "zeros": lambda **where: ew.zeros(2, **where),
    "ones": lambda **where: ew.ones(2, **where),
    "empty": lambda **where: ew.empty(2, **where),
    "full": lambda **where: ew.full((2,), 1.0, **where),
    "arange": lambda **where: ew.arange(3, **where),
    "linspace": lambda **where: ew.linspace(0, 1, 3, **where),
    "logspace": lambda **where: ew.logspace(0, 1, 3, **where),
    "eye": lambda **where: ew.eye(2, **where),
    "zeros_like": lambda **where: ew.zeros_like([1.0], **where),
    "ones_like": lambda **where: ew.ones_like([1.0], **where),
    "empty_like": lambda **where: ew.empty_like([1.0], **where),
    "full_like": lambda **where: ew.full_like([1.0], 2.0, **where),
    "rand": lambda **where: ew.rand(2, **where),
    "randn": lambda **where: ew.randn(2, **where),
    "randint": lambda **where: ew.randint(2, (3,), **where),
    "randperm": lambda **where: ew.randperm(3, **where),
    "rand_like": lambda **where: ew.rand_like([1.0], **where),
    "randn_like": lambda **where: ew.randn_like([1.0], **where),
    "randint_like": lambda **where: ew.randint_like([1.0], 3, **where),
    "normal": lambda **where: ew.normal(0.0, 1.0, (2,), **where),
    "new_tensor": lambda **where: ew.ones(1).new_tensor([1.0], **where),
    "new_full": lambda **where: ew.ones(1).new_full((2,), 1.0, **where),
    "new_empty": lambda **where: ew.ones(1).new_empty(2, **where),
    "new_zeros": lambda **where: ew.ones(1).new_zeros(2, **where),
    "new_ones": lambda **where: ew.ones(1).new_ones(2, **where),
}


class _Device:
    """A device as an object, the way other libraries have it."""

    def __str__(self) -> str:
        return "cpu:0"


@pytest.mark.parametrize("name", _MAKERS)
def test_new_tensors_are_made_on_the_processor_only(name):
    for device in (None, "cpu", _Device(), ew.ones(1).device):
        assert isinstance(_MAKERS[name](device=device), ew.Tensor)
    for device in ("cuda", "cuda:1", "mps", 0):
        with pytest.raises(ew.ArgumentError, match=f": there is no device '{device}', .* leave it out or say 'cpu'"):
            _MAKERS[name](device=device)


def test_tensors_of_other_libraries_make_new_ones_where_they_are():
    x = ew.as_tensor(strict.ones(2, device=strict.Device("device1")))
    made = ew.zeros_like(x, device=x.device)
    assert made.tolist() == [0.0, 0.0]
    assert made.device == x.device
