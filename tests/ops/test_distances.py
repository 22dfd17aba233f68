"""Distances of every row to every row: blocks and products give what the differences of all pairs give."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew

rng = np.random.default_rng(0)


def _differences(a, b):
    return a[..., :, None, :].astype(np.float64) - b[..., None, :, :].astype(np.float64)


def _distances(a, b, p):
    d = np.abs(_differences(a, b))
    if p == 0:
        return (d != 0).sum(-1).astype(np.float64)
    return d.max(-1) if math.isinf(p) else (d**p).sum(-1) ** (1 / p)


def _slopes(a, b, p, weights):
    """The gradients of the weighted sum of distances, from the differences of all pairs."""
    d, y = _differences(a, b), _distances(a, b, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        if math.isinf(p):
            share = np.abs(d) == y[..., None]
        else:
            share = np.abs(d) ** (p - 1) / y[..., None] ** (p - 1)
    each = np.where(d == 0, 0, weights[..., None] * np.sign(d) * share)
    return each.sum(-2), -each.sum(-3)


SHAPES = [
    ((300, 40), (200, 40)),  # rows in several blocks
    ((30, 200), (5, 200)),  # few rows of many numbers
    ((70, 20, 3), (70, 25, 3)),  # many batches in one block
    ((2, 3, 50, 12), (40, 12)),  # batches repeated
    ((60, 12), (2, 50, 12)),
    ((1, 2, 90, 4), (3, 1, 80, 4)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("p", [0.5, 1.0, 2.0, 3.0, math.inf])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_distances_and_their_gradients_are_those_of_all_pairs(shapes, p, dtype):
    a, b = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    tolerance = 3e-4 if dtype == "float32" else 1e-10
    x, z = ew.tensor(a, requires_grad=True), ew.tensor(b, requires_grad=True)
    y = ew.cdist(x, z, p)
    np.testing.assert_allclose(y.detach().numpy(), _distances(a, b, p), rtol=tolerance)
    weights = rng.standard_normal(y.shape)
    (y * ew.tensor(weights.astype(dtype))).sum().backward()
    for leaf, slopes in zip((x, z), _slopes(a, b, p, weights), strict=True):
        slopes = slopes.sum(tuple(range(slopes.ndim - leaf.ndim)))
        repeated = tuple(i for i, size in enumerate(leaf.shape) if size != slopes.shape[i])
        slopes = slopes.sum(repeated, keepdims=True)
        np.testing.assert_allclose(leaf.grad.numpy(), slopes, rtol=tolerance, atol=tolerance * np.abs(slopes).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_near_rows_far_from_the_origin_lose_no_digits(dtype):
    a = (rng.standard_normal((300, 64)) + 1000).astype(dtype)
    b = np.concatenate([a[:100], (a[100:] + 1e-2 * rng.standard_normal((200, 64))).astype(dtype)])
    y = ew.cdist(ew.tensor(a), ew.tensor(b)).numpy()
    expected = _distances(a, b, 2)
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    assert (y[expected == 0] == 0).all()
    assert (expected == 0).sum() == 100


def test_rows_that_are_all_equal_are_at_no_distance():
    x = ew.full((400, 30), 0.1, requires_grad=True)
    y = ew.cdist(x, x)
    y.sum().backward()
    assert float(y.max()) == 0
    assert float(x.grad.abs().max()) == 0


@pytest.mark.parametrize("rows", [3, 300])
def test_infinite_rows_are_infinitely_far(rows):
    a = np.ones((rows, 40), np.float32)
    a[0, 0], a[1, 1] = math.inf, math.nan
    y = ew.cdist(ew.tensor(a), ew.zeros(rows, 40)).numpy()
    assert math.isinf(y[0, 0])
    assert math.isnan(y[1, 0])
    assert y[2, 0] == pytest.approx(math.sqrt(40))


@pytest.mark.parametrize("p", [0, 1, 2, math.inf])
def test_rows_of_no_numbers_are_at_no_distance(p):
    assert ew.cdist(ew.zeros(2, 0), ew.zeros(3, 0), p).tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize(
    ("shapes", "more", "error", "message"),
    [
        (((2, 3), (2, 4)), {}, ew.ShapeError, "same M"),
        (((3,), (2, 3)), {}, ew.ShapeError, r"must be \(\.\.\., P, M\)"),
        (((2, 3, 4), (5, 6, 4)), {}, ew.ShapeError, r"the batches \(2,\) and \(5,\) can't be broadcast"),
        (((2, 3), (2, 3)), {"p": -1}, ew.ArgumentError, "p is -1; it must be 0 or more"),
    ],
)
def test_what_has_no_distances_is_refused(shapes, more, error, message):
    with pytest.raises(error, match=message):
        ew.cdist(ew.ones(*shapes[0]), ew.ones(*shapes[1]), **more)


def test_integers_are_refused():
    with pytest.raises(ew.DTypeError, match=r"cdist: .*x\.float\(\)"):
        ew.cdist(ew.ones(2, 3).long(), ew.ones(2, 3).long())


def test_renorm_leaves_small_parts_as_they_are_and_takes_the_largest_for_infinity():
    x = ew.tensor([[0.0, 1.0, 2.0], [0.0, 0.1, -0.2]])
    assert ew.renorm(x, 2, 0, 1.0).numpy() == pytest.approx(np.array([[0, 5**-0.5, 2 * 5**-0.5], [0, 0.1, -0.2]]))
    assert x.renorm(float("inf"), 1, 1.0).numpy() == pytest.approx(np.array([[0, 1, 1], [0, 0.1, -0.1]]))
    assert ew.renorm(x, 2, 0, 0.0).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((ew.ones(3), 2, 0, 1.0), ew.ShapeError, "renorm: needs at least two axes"),
        ((ew.ones(3, 2), 0, 0, 1.0), ew.ArgumentError, "renorm: p is 0"),
        ((ew.ones(3, 2), 2, 0, -1.0), ew.ArgumentError, "renorm: maxnorm is -1"),
        ((ew.ones(3, 2), 2, 2, 1.0), ew.IndexingError, "renorm: axis 2"),
    ],
)
def test_renorm_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        ew.renorm(*arguments)
