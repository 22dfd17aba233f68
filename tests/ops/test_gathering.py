from __future__ import annotations

import array_api_strict as strict
import numpy as np
import pytest

import edgewise as ew
from edgewise.autograd import gradcheck, gradgradcheck

rng = np.random.default_rng(0)
X = rng.standard_normal((3, 4, 2))
SRC = rng.standard_normal((2, 4, 2))
INDEX = rng.integers(0, 3, (2, 4, 2))
ONCE = np.stack([np.array([2, 0])[:, None] * np.ones((1, 2), dtype=int)] * 4, axis=1)


def held(function, want, *arrays):
    tensors = tuple(ew.tensor(array, requires_grad=True) for array in arrays)
    y = function(*tensors)
    np.testing.assert_allclose(y.detach().numpy(), want)
    assert gradcheck(function, tensors)
    assert gradgradcheck(lambda *x: function(*x) ** 2, tensors)


def added(x, index, src, axis):
    out = x.copy()
    for place in np.ndindex(*index.shape):
        target = list(place)
        target[axis] = index[place]
        out[tuple(target)] += src[place]
    return out


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_gather_takes_along_an_axis(axis):
    index = rng.integers(0, X.shape[axis], (2, 3, 2))
    sub = tuple(slice(None) if i == axis % 3 else slice(n) for i, n in enumerate(index.shape))
    want = np.take_along_axis(X[sub], index, axis)
    held(lambda x: ew.gather(x, axis, ew.tensor(index)), want, X)
    held(lambda x: x.gather(axis, ew.tensor(index)), want, X)


def test_take_along_dim_broadcasts_and_flattens():
    held(lambda x: ew.take_along_dim(x, INDEX[:, :1] - 3, 0), np.take_along_axis(X, INDEX[:, :1], 0), X)
    held(lambda x: ew.take_along_dim(x, [5, 0, 5]), X.ravel()[[5, 0, 5]], X)


def test_take_and_index_select():
    held(lambda x: ew.take(x, [[5, 0], [-1, 5]]), X.ravel()[[[5, 0], [-1, 5]]], X)
    held(lambda x: ew.index_select(x, 1, [3, 0, 0]), X[:, [3, 0, 0]], X)
    held(lambda x: ew.index_select(x, -1, ew.tensor(1)), X[:, :, [1]], X)


def test_scatter_puts_and_scatter_add_sums():
    want = X.copy()
    np.put_along_axis(want, ONCE, SRC, 0)
    held(lambda x, src: ew.scatter(x, 0, ONCE, src), want, X, SRC)
    held(lambda x, src: ew.scatter_add(x, 0, INDEX, src), added(X, INDEX, SRC, 0), X, SRC)
    larger = np.concatenate([SRC, SRC])
    held(lambda x, src: ew.scatter_add(x, 0, INDEX, src), added(X, INDEX, larger, 0), X, larger)
    np.put_along_axis(want, ONCE, 7.0, 0)
    np.testing.assert_array_equal(ew.scatter(ew.tensor(X), 0, ONCE, 7.0).numpy(), want)
    np.testing.assert_array_equal(ew.scatter(ew.tensor(X), 0, ONCE, value=7.0).numpy(), want)


def test_index_functions():
    places = [2, 0, 2]
    source = rng.standard_normal((3, 4, 2))
    want = X.copy()
    np.add.at(want, places, 2 * source)
    held(lambda x, s: ew.index_add(x, 0, places, s, alpha=2), want, X, source)
    want = X.copy()
    want[:, [3, 1]] = source[:, :2]
    held(lambda x, s: ew.index_copy(x, 1, [3, 1], s), want, X, source[:, :2])
    want[:, [3, 1]] = 5.0
    held(lambda x: ew.index_fill(x, 1, [3, 1], 5.0), want, X)


def test_an_index_that_fills_twice_counts_once():
    value = ew.tensor(5.0, requires_grad=True)
    weights = ew.tensor([1.0, 10.0, 100.0])
    (ew.zeros(3).index_fill(0, ew.tensor([0, 0, 2]), value) * weights).sum().backward()
    assert value.grad.item() == 101.0
    x = ew.zeros(2, 3)
    x.index_fill_(1, ew.tensor([-1, 2, 2]), 4.0)
    assert x.tolist() == [[0.0, 0.0, 4.0], [0.0, 0.0, 4.0]]


REFUSED = {
    "gather": lambda x, i: x.gather(0, i),
    "scatter": lambda x, i: x.scatter(0, i, x[:2]),
    "scatter of a number": lambda x, i: x.scatter(0, i, 1.0),
    "scatter_add": lambda x, i: x.scatter_add(0, i, x[:2]),
    "index_select": lambda x, i: x.index_select(0, i),
    "index_add": lambda x, i: x.index_add(0, i, x[:2]),
    "index_copy": lambda x, i: x.index_copy(0, i, x[:2]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_negative_indices_do_not_count_from_the_end_where_pytorch_refuses_them(name):
    operation = name.partition(" ")[0]
    message = rf"{operation}: index -1 is out of range for axis 0 with 4 elements: it does not count from the end \["
    with pytest.raises(ew.IndexingError, match=message):
        REFUSED[name](ew.arange(4.0), ew.tensor([0, -1]))


def test_negative_indices_count_from_the_end_elsewhere():
    x = ew.arange(4.0)
    i = ew.tensor([0, -1])
    assert ew.take(x, i).tolist() == [0.0, 3.0]
    assert ew.take_along_dim(x, i, 0).tolist() == [0.0, 3.0]
    assert x.index_fill(0, i, 9.0).tolist() == [9.0, 1.0, 2.0, 9.0]
    assert x.index_put((i,), ew.tensor([7.0, 8.0])).tolist() == [7.0, 1.0, 2.0, 8.0]


def test_bytes_are_numbers_where_a_function_asks_for_an_index():
    x = ew.arange(4.0)
    i = ew.tensor([1, 0, 1], dtype="uint8")
    assert ew.gather(x, 0, i).tolist() == [1.0, 0.0, 1.0]
    assert ew.index_select(x, 0, i).tolist() == [1.0, 0.0, 1.0]
    assert x.index_fill(0, i, 9.0).tolist() == [9.0, 9.0, 2.0, 3.0]


def test_a_0_d_tensor_is_indexed_as_if_it_had_one_element_in_a_row():
    x, i = ew.tensor(3.0, requires_grad=True), ew.tensor([0])
    one = ew.tensor([2.0])
    assert ew.gather(x, 0, i).tolist() == [3.0]
    assert ew.gather(x, 0, ew.tensor(0)).shape == ()
    for y, value in (
        (ew.index_select(x, 0, i), 3.0),
        (ew.scatter(x, 0, i, one), 2.0),
        (ew.scatter_add(x, 0, i, one), 5.0),
        (ew.index_add(x, 0, i, ew.tensor(2.0), alpha=2), 7.0),
        (ew.index_copy(x, 0, i, ew.tensor(2.0)), 2.0),
        (ew.index_fill(x, 0, i, 2.0), 2.0),
    ):
        assert y.shape == ()
        assert y.item() == value
        assert ew.autograd.grad(y, x)[0].shape == ()


def test_masks():
    held(lambda x: ew.masked_select(x, ew.tensor(X > 0)), X[X > 0], X)
    mask = np.array([True, False])
    held(lambda x: ew.masked_select(x, mask), X[np.broadcast_to(mask, X.shape)], X)
    held(lambda x: ew.masked_fill(x, mask, -1.0), np.where(mask, -1.0, X), X)
    held(lambda x, v: ew.masked_fill(x, mask, v), np.where(mask, 2.5, X), X, np.array(2.5))
    held(lambda a, b: ew.where(ew.tensor(mask), a, b), np.where(mask, X, 1.0), X, np.ones((4, 1)))
    attention = ew.zeros(2).masked_fill(ew.tensor(mask), float("-inf"))
    assert attention.dtype == ew.float32


def test_nonzero_finds_where():
    x = np.array([[0, 1, 0], [2, 0, 3]])
    np.testing.assert_array_equal(ew.nonzero(ew.tensor(x)).numpy(), np.argwhere(x))
    np.testing.assert_array_equal(ew.argwhere(ew.tensor(x)).numpy(), np.argwhere(x))
    for found in (ew.nonzero(ew.tensor(x), as_tuple=True), ew.where(ew.tensor(x))):
        for got, want in zip(found, np.nonzero(x), strict=True):
            np.testing.assert_array_equal(got.numpy(), want)
    assert ew.nonzero(ew.tensor(3)).shape == (1, 0)
    assert ew.nonzero(ew.tensor(0)).shape == (0, 0)


def test_one_hot_and_bincount():
    assert ew.one_hot(ew.tensor([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert ew.one_hot(ew.tensor([[1]]), 2).tolist() == [[[0, 1]]]
    assert ew.one_hot(ew.tensor([], dtype="int64"), 2).shape == (0, 2)
    assert ew.bincount(ew.tensor([3, 1, 1]), minlength=6).tolist() == [0, 2, 0, 1, 0, 0]
    assert ew.bincount(ew.tensor([], dtype="int64")).shape == (0,)
    held(lambda w: ew.bincount(ew.tensor([3, 1, 1]), w), [0, 5.0, 0, 1.0], np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("offset", [-2, 0, 1, 9])
def test_indices_of_triangles(offset):
    np.testing.assert_array_equal(ew.tril_indices(3, 4, offset).numpy(), np.stack(np.tril_indices(3, offset, 4)))
    np.testing.assert_array_equal(ew.triu_indices(3, 4, offset).numpy(), np.stack(np.triu_indices(3, offset, 4)))


def test_they_run_on_another_library():
    x = ew.as_tensor(strict.asarray(X)).requires_grad_()
    index = ew.as_tensor(strict.asarray(INDEX))
    y = ew.gather(x, 0, index).sum() + ew.scatter_add(x, 0, index, ew.as_tensor(strict.asarray(SRC))).sum()
    y = y + ew.masked_select(x, x > 0).sum() + ew.index_select(x, 1, ew.as_tensor(strict.asarray([3, 0]))).sum()
    y.backward()
    assert type(x.grad.array) is type(x.array)
    other = ew.tensor(X, requires_grad=True)
    z = ew.gather(other, 0, INDEX).sum() + ew.scatter_add(other, 0, INDEX, SRC).sum()
    z = z + ew.masked_select(other, other > 0).sum() + ew.index_select(other, 1, [3, 0]).sum()
    z.backward()
    np.testing.assert_allclose(np.from_dlpack(x.grad.array), other.grad.numpy())


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda x: ew.gather(x, 0, INDEX + 3),
            ew.IndexingError,
            r"gather: index \d is out of range for axis 0 with 3 elements",
        ),
        (lambda x: ew.gather(x, 0, INDEX - 9), ew.IndexingError, r"gather: index -\d+ is out of range for axis 0"),
        (lambda x: ew.gather(x, 3, INDEX), ew.IndexingError, "gather: axis 3 is out of range"),
        (lambda x: ew.gather(x, 0, [0]), ew.ShapeError, r"gather: the index has shape \(1,\); it needs the 3 axes"),
        (lambda x: ew.gather(x, 0, INDEX * 1.0), ew.DTypeError, "gather: the index must hold integers"),
        (lambda x: ew.gather(x, 1, INDEX[:, :, [0, 1, 0]]), ew.ShapeError, "gather: the index, .* must not be larger"),
        (lambda x: ew.take(x, [24]), ew.IndexingError, "take: index 24 is out of range"),
        (lambda x: ew.index_select(x, 0, [[0]]), ew.ShapeError, "index_select: the index must be a vector"),
        (lambda x: ew.index_select(x.sum(), 0, [0, 0]), ew.ShapeError, "index_select: .* one number for a 0-d tensor"),
        (lambda x: ew.scatter(x, 0, INDEX, SRC[:1]), ew.ShapeError, "scatter: src, .* must be as large as the index"),
        (
            lambda x: ew.index_add(x, 0, [0, 1], SRC[:1]),
            ew.ShapeError,
            r"index_add: for a vector of 2 indices into axis 0 .* must have shape \(2, 4, 2\), not \(1, 4, 2\)",
        ),
        (lambda x: ew.index_copy(x, 0, [0, 1], SRC[:1]), ew.ShapeError, "index_copy: .* the source must have shape"),
        (lambda x: ew.index_copy(x, 0, [[0, 1]], SRC), ew.ShapeError, "index_copy: the index must be a vector"),
        (lambda x: ew.index_add(x.sum(), 0, [0, 0], 1.0), ew.ShapeError, r"index_add: .* must have shape \(2,\), not"),
        (lambda x: ew.index_fill(x, 0, [0, 1], [1.0, 2.0]), ew.ShapeError, "index_fill: value must be a number"),
        (lambda x: ew.take_along_dim(x, [0], 0), ew.ShapeError, "take_along_dim: .* they need the 3 axes"),
        (lambda x: ew.scatter(x, 0, ONCE), TypeError, "scatter: give what to write as src or as value"),
        (lambda x: ew.scatter(x, 0, ONCE, SRC, value=1.0), TypeError, "scatter: give .* one of the two"),
        (
            lambda _: ew.bincount(ew.tensor([1, 2]), [1.0]),
            ew.ShapeError,
            r"weights of shape \(1,\) don't fit .* \(2,\)",
        ),
        (
            lambda _: ew.masked_fill(ew.tensor([1, 2]), [True, False], float("-inf")),
            ew.DTypeError,
            "masked_fill: a tensor of int64 can't hold -inf",
        ),
        (lambda x: ew.masked_fill(x, x, 0.0), ew.DTypeError, "masked_fill: the mask must hold bools, not float64"),
        (lambda x: ew.masked_fill(x, x > 0, [0.0, 1.0]), ew.ShapeError, "masked_fill: value must be a number"),
        (lambda x: ew.masked_select(x, [True, False, True]), ew.ShapeError, "broadcast"),
        (lambda x: ew.where(x > 0, x), TypeError, "where takes a condition alone, or a condition and two values"),
        (lambda x: ew.one_hot(x), ew.DTypeError, "one_hot: the index must hold integers"),
        (lambda _: ew.one_hot(ew.tensor([3]), 3), ew.IndexingError, "one_hot: indices must lie from 0 to 2"),
        (lambda _: ew.one_hot(ew.tensor([-1]), 3), ew.IndexingError, "one_hot: indices must lie from 0 to 2"),
        (lambda _: ew.one_hot(ew.tensor([], dtype="int64")), ew.ShapeError, "num_classes must be given"),
        (lambda x: ew.bincount(x), ew.ShapeError, "bincount is for vectors of integers from 0 on"),
        (lambda _: ew.bincount(ew.tensor([-1])), ew.ShapeError, "bincount is for vectors of integers from 0 on"),
    ],
)
def test_what_can_not_be_is_explained(call, kind, message):
    with pytest.raises(kind, match=message):
        call(ew.tensor(X))


@pytest.mark.parametrize("index", [(0,), (0, 4), (2, 3, 0), (0, 0, 0)], ids=str)
@pytest.mark.parametrize("shape", [(3, 4), (5,), (), (0, 3)], ids=str)
def test_an_index_without_elements_may_have_any_shape(shape, index):
    x = ew.ones(*shape, requires_grad=True)
    places, source = ew.zeros(*index).long(), ew.ones(*index)
    gathered = ew.gather(x, 0, places)
    assert gathered.shape == index
    for function in (ew.scatter, ew.scatter_add):
        y = function(x, 0, places, source)
        assert y is not x
        assert y.tolist() == x.tolist()
        (y.sum() + gathered.sum()).backward()
        assert x.grad.tolist() == ew.ones(*shape).tolist()
        x.grad = None
    with pytest.raises(ew.DTypeError, match="index must hold integers"):
        ew.gather(x, 0, ew.zeros(*index))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("count", [10, 3000, 5000])
def test_what_is_added_at_places_keeps_its_dtype_however_many_they_are(count, dtype):
    index, values = ew.zeros(count, dtype="int64"), ew.full((count,), 0.25, dtype=dtype)
    zeros = ew.zeros(2, dtype=dtype)
    for added in (
        zeros.index_add(0, index, values),
        zeros.scatter_add(0, index, values),
        zeros.index_put((index,), values, accumulate=True),
        ew.bincount(index, weights=values),
    ):
        assert added.dtype == dtype
        assert added[0].item() == count * 0.25
