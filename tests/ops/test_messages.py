"""What errors say: the operation, the argument and the value, as the caller wrote them."""

from __future__ import annotations

import pytest

import edgewise as ew

X = ew.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("index", "key"),
    [
        (lambda: X[:, 5], r"key: \[:, 5\]\]"),
        (lambda: X[..., 1:, None, -9], r"key: \[\.\.\., 1:, None, -9\]\]"),
        (lambda: X[::-1, 5], r"key: \[::-1, 5\]\]"),
        (lambda: X[[7], :], r"indices\[0\]: int64 \(1,\), key: \[indices\[0\], :\]\]"),
    ],
)
def test_an_indexing_error_shows_the_key_as_written(index, key):
    with pytest.raises(ew.IndexingError, match=key):
        index()


def test_a_slice_that_is_none_is_shown_as_written():
    with pytest.raises(ew.IndexingError, match=r"getitem: .* must be integers, not as in \[2:'a'\]"):
        X[2:"a"]
    with pytest.raises(ew.ArgumentError, match=r"getitem: the step of a slice can't be 0, as it is in \[::0\]"):
        X[::0]


def test_a_range_indexes_as_a_list_does():
    assert X[range(2), range(1, 3)].tolist() == [1.0, 5.0]
    assert X[range(0)].shape == (0, 3)
    y = X.clone()
    y[range(2)] = 7
    assert (y == 7).all()


@pytest.mark.parametrize("spelling", ["dim", "axis"])
def test_an_axis_out_of_range_is_named_alike_in_both_spellings(spelling):
    with pytest.raises(ew.IndexingError, match=r"sum: axis 5 is out of range for shape \(2, 3\)"):
        ew.sum(X, **{spelling: 5})
    with pytest.raises(ew.ShapeError, match=r"sum: the axes \(0, 0\) name one of shape \(2, 3\) twice"):
        ew.sum(X, **{spelling: (0, 0)})
