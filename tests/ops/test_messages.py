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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ew.ones(1.5), r"ones: sizes must be integers, not 1\.5"),
        (lambda: ew.arange("a"), "arange: end must be a number, not 'a'"),
        (lambda: ew.linspace("a", 1, 3), "linspace: start must be a number, not 'a'"),
        (lambda: ew.logspace(0, "b", 3), "logspace: end must be a number, not 'b'"),
        (lambda: ew.full((2,), "a"), "full: fill_value must be a number, not 'a'"),
        (lambda: ew.full_like(X, "a"), "full_like: fill_value must be a number, not 'a'"),
        (lambda: ew.zeros(2, dtype="int33"), "there is no dtype 'int33'"),
        (lambda: ew.einsum(X), "einsum: the equation comes first, as in 'ik,kj->ij'; given is a Tensor"),
        (lambda: ew.randn(2, generator=3), r"generator must be an edgewise\.Generator or None, not 3"),
        (lambda: ew.manual_seed("a"), "manual_seed: the seed must be an integer, not 'a'"),
        (lambda: ew.manual_seed(1.7), r"manual_seed: the seed must be an integer, not 1\.7"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize("call", [lambda i: i // 0, lambda i: i % 0, lambda i: 5 // i, lambda i: i % ew.zeros_like(i)])
def test_integers_are_not_divided_by_zero(call):
    with pytest.raises(ew.ArgumentError, match=r"(floor_div|remainder): integers can't be divided by 0"):
        call(ew.arange(3))


def test_floats_are_divided_by_zero():
    assert (ew.ones(2) // 0).tolist() == [ew.inf, ew.inf]
    assert ew.isnan(ew.arange(2) % 0.0).all()
    assert (ew.arange(0) // ew.arange(0)).shape == (0,)


@pytest.mark.parametrize(
    "call",
    [
        lambda index: ew.index_select(X, 0, index),
        lambda index: ew.take(X, index),
        lambda index: ew.gather(X, 0, index.reshape(1, 1)),
        lambda index: ew.scatter(X, 0, index.reshape(1, 1), 1.0),
    ],
)
def test_an_index_out_of_range_is_told_with_the_shapes(call):
    with pytest.raises(ew.IndexingError, match=r"index 9 is out of range .* \[input: \(2, 3\), index: \(1"):
        call(ew.tensor([9]))
