from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgewise.data import DataError, read_idx
from edgewise.data.idx import parse_idx

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx(array):
    code = CODES[array.dtype.str[1:]]
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


arrays = st.sampled_from(list(CODES)).flatmap(
    lambda code: hnp.arrays(np.dtype(code), hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
)


@given(arrays)
def test_every_array_comes_back(array):
    found = parse_idx(idx(array))
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, array)


@given(arrays, st.data())
def test_a_file_that_is_cut_off_or_too_long_is_refused(array, data):
    whole = idx(array)
    length = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DataError, match=r"cut off|not an IDX"):
        parse_idx(whole[:length])
    with pytest.raises(DataError, match="too long"):
        parse_idx(whole + b"\0")


@given(st.binary(max_size=40))
def test_any_other_bytes_are_an_error_and_nothing_else(data):
    try:
        parse_idx(data)
    except DataError:
        return
    assert data[:2] == b"\0\0"


def test_sizes_that_promise_more_than_memory_are_only_compared():
    with pytest.raises(DataError, match="cut off"):
        parse_idx(bytes([0, 0, 8, 4]) + b"\xff" * 16)


def test_files_are_read_as_they_are_or_compressed(tmp_path):
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    (tmp_path / "a").write_bytes(idx(array))
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(array)))
    np.testing.assert_array_equal(read_idx(tmp_path / "a"), array)
    np.testing.assert_array_equal(read_idx(tmp_path / "a.gz"), array)


@pytest.mark.parametrize("length", [3, 12, 30])
def test_a_gzip_file_that_is_cut_off_is_refused(tmp_path, length):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(idx(np.arange(100, dtype=np.uint8)))[:length])
    with pytest.raises(DataError, match=r"a\.gz: the gzip file is cut off"):
        read_idx(path)
