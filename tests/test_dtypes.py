from __future__ import annotations

import threading

import numpy as np
import pytest

import edgewise as ew


def test_names_are_numpys_and_pytorchs():
    assert ew.float32 == np.float32
    assert (ew.half, ew.float, ew.double) == (ew.float16, ew.float32, ew.float64)
    assert (ew.short, ew.int, ew.long) == (ew.int16, ew.int32, ew.int64)
    assert ew.tensor([1], dtype=ew.bool).dtype == np.bool_
    assert ew.finfo(ew.float32).eps == np.finfo("float32").eps
    assert ew.iinfo(ew.int8).max == 127


def test_numbers_take_the_default_dtypes_and_arrays_keep_theirs():
    assert ew.tensor([1.5]).dtype == ew.float32
    assert ew.tensor([1]).dtype == ew.int64
    assert ew.tensor([True]).dtype == ew.bool
    assert ew.tensor(np.ones(2)).dtype == ew.float64


@pytest.mark.parametrize("dtype", ["float64", ew.float16, np.float32, float])
def test_the_default_may_be_any_float(dtype):
    try:
        ew.set_default_dtype(dtype)
        wanted = np.dtype(dtype)
        assert ew.get_default_dtype() == wanted
        assert ew.tensor(0.5).dtype == ew.zeros(1).dtype == (ew.tensor([1, 2]) / 2).dtype == wanted
    finally:
        ew.set_default_dtype(ew.float32)


@pytest.mark.parametrize("dtype", ["int64", bool, complex, "nothing", object()])
def test_other_defaults_are_refused(dtype):
    with pytest.raises(ew.DTypeError, match="the default dtype must be float16, float32 or float64"):
        ew.set_default_dtype(dtype)
    assert ew.get_default_dtype() == ew.float32


def test_the_default_is_each_threads_own():
    seen = []

    def other():
        ew.set_default_dtype("float64")
        seen.append(ew.zeros(1).dtype)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [ew.float64]
    assert ew.zeros(1).dtype == ew.float32
