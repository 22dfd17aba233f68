from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

W = np.random.default_rng(0).standard_normal((5, 3))


@pytest.mark.parametrize("index", [2, [0, 4, 4], [[1, 1], [3, 0]], np.zeros((0,), dtype=np.int64)])
@pytest.mark.parametrize("padding_idx", [None, 4, -4])
def test_rows_and_their_gradients(index, padding_idx):
    index = np.asarray(index)
    w = ew.tensor(W, requires_grad=True)
    y = F.embedding(ew.tensor(index), w, padding_idx=padding_idx)
    np.testing.assert_array_equal(y.detach().numpy(), W[index])
    g = np.random.default_rng(1).standard_normal(y.shape)
    (y * ew.tensor(g)).sum().backward()
    expected = np.zeros_like(W)
    np.add.at(expected, index, g)
    if padding_idx is not None:
        expected[padding_idx] = 0
    np.testing.assert_allclose(w.grad.numpy(), expected)


def test_second_derivatives(check_derivatives):
    index = ew.tensor([[1, 1, 0], [3, 0, 2]])
    check_derivatives(lambda w: F.embedding(index, w) ** 3, W)


def test_the_padding_row_has_no_second_derivative_either():
    w = ew.tensor(W, requires_grad=True)
    (F.embedding(ew.tensor([0, 1, 1]), w, padding_idx=1) ** 3).sum().backward(create_graph=True)
    first = w.grad
    w.grad = None
    first.sum().backward()
    expected = np.zeros_like(W)
    expected[0] = 6 * W[0]
    np.testing.assert_allclose(w.grad.numpy(), expected)


@pytest.mark.parametrize(
    ("index", "options", "error", "message"),
    [
        ([5], {}, ew.IndexingError, "5 is no row.*0 to 4"),
        ([-1], {}, ew.IndexingError, "-1 is no row"),
        ([1.0], {}, ew.DTypeError, "input.long"),
        ([1], {"padding_idx": 7}, ew.IndexingError, "padding_idx 7"),
    ],
)
def test_wrong_arguments_are_explained(index, options, error, message):
    with pytest.raises(error, match=message):
        F.embedding(ew.tensor(index), ew.tensor(W), **options)
    with pytest.raises(ew.ShapeError, match=r"must be \(count, size\)"):
        F.embedding(ew.tensor([0]), ew.tensor(W[0]))
