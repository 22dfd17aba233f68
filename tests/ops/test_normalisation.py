from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

rng = np.random.default_rng(0)
X = rng.standard_normal((4, 6, 2, 3)) * 3 + 1
W, B = rng.standard_normal(6), rng.standard_normal(6)


def standardized(x, axes, eps=1e-5):
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + eps)


def test_batch_norm_in_training(check_derivatives):
    mean, var = ew.tensor(np.zeros(6)), ew.tensor(np.ones(6))
    y = F.batch_norm(ew.tensor(X), mean, var, ew.tensor(W), ew.tensor(B), training=True, momentum=0.25)
    spread = (6, 1, 1)
    np.testing.assert_allclose(y.numpy(), standardized(X, (0, 2, 3)) * W.reshape(spread) + B.reshape(spread))
    np.testing.assert_allclose(mean.numpy(), 0.25 * X.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(var.numpy(), 0.75 + 0.25 * X.var(axis=(0, 2, 3), ddof=1))
    check_derivatives(lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), X[:2, :, :1], W, B)


def test_batch_norm_in_evaluation(check_derivatives):
    mean, var = rng.standard_normal(6), rng.random(6) + 0.5

    def evaluated(x, w, b):
        return F.batch_norm(x, ew.tensor(mean), ew.tensor(var), w, b, eps=0.1)

    spread = (6, 1, 1)
    expected = (X - mean.reshape(spread)) / np.sqrt(var.reshape(spread) + 0.1) * W.reshape(spread) + B.reshape(spread)
    np.testing.assert_allclose(evaluated(ew.tensor(X), ew.tensor(W), ew.tensor(B)).numpy(), expected)
    check_derivatives(evaluated, X[:2, :, :1], W, B)
    plain = F.batch_norm(ew.tensor(X), ew.tensor(mean), ew.tensor(var), eps=0.0)
    np.testing.assert_allclose(plain.numpy(), (X - mean.reshape(spread)) / np.sqrt(var.reshape(spread)))


def test_batch_norm_of_a_table():
    x = X[:, :, 0, 0]
    y = F.batch_norm(ew.tensor(x), None, None, training=True).numpy()
    np.testing.assert_allclose(y, standardized(x, (0,)))


@pytest.mark.parametrize("shape", [3, (3,), (2, 3), [6, 2, 3]])
def test_layer_norm_and_rms_norm(shape, check_derivatives):
    axes = tuple(range(-(1 if isinstance(shape, int) else len(shape)), 0))
    size = (shape,) if isinstance(shape, int) else tuple(shape)
    w, b = rng.standard_normal(size), rng.standard_normal(size)
    y = F.layer_norm(ew.tensor(X), shape, ew.tensor(w), ew.tensor(b)).numpy()
    np.testing.assert_allclose(y, standardized(X, axes) * w + b)
    r = F.rms_norm(ew.tensor(X), shape, ew.tensor(w), eps=0.01).numpy()
    np.testing.assert_allclose(r, X / np.sqrt((X * X).mean(axis=axes, keepdims=True) + 0.01) * w)
    check_derivatives(lambda x, w, b: F.layer_norm(x, shape, w, b), X[:1], w, b)
    check_derivatives(lambda x, w: F.rms_norm(x, shape, w), X[:1], w)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_norm_and_instance_norm(groups, check_derivatives):
    spread = (6, 1, 1)
    expected = standardized(X.reshape(4, groups, -1), (2,)).reshape(X.shape) * W.reshape(spread) + B.reshape(spread)
    y = F.group_norm(ew.tensor(X), groups, ew.tensor(W), ew.tensor(B)).numpy()
    np.testing.assert_allclose(y, expected)
    check_derivatives(lambda x, w, b: F.group_norm(x, groups, w, b), X[:1], W, B)
    if groups == 6:
        instances = F.instance_norm(ew.tensor(X), None, None, ew.tensor(W), ew.tensor(B))
        np.testing.assert_allclose(instances.numpy(), expected)


def test_a_large_mean_does_not_drown_the_variance():
    x = (np.array([[0.0, 1.0, 2.0, 3.0]]) + 1e5).astype(np.float32)
    y = F.layer_norm(ew.tensor(x), 4).numpy()
    np.testing.assert_allclose(y, standardized(np.arange(4.0)[None], (1,)), rtol=1e-5)
    assert y.dtype == np.float32


def test_normalize_and_cosine_similarity(check_derivatives):
    x, z = X[:, :, 0, 0], X[:, :, 1, 1]
    lengths = np.sqrt((x * x).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(F.normalize(ew.tensor(x)).numpy(), x / lengths)
    np.testing.assert_allclose(F.normalize(ew.tensor(x), p=1, dim=0).numpy(), x / np.abs(x).sum(axis=0))
    np.testing.assert_array_equal(F.normalize(ew.tensor(np.zeros((2, 3)))).numpy(), np.zeros((2, 3)))
    cosines = (x * z).sum(1) / (lengths[:, 0] * np.sqrt((z * z).sum(1)))
    np.testing.assert_allclose(F.cosine_similarity(ew.tensor(x), ew.tensor(z)).numpy(), cosines)
    check_derivatives(F.normalize, x)
    check_derivatives(F.cosine_similarity, x, z)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: F.batch_norm(x[:1, :, :1, :1], None, None, training=True), ew.ShapeError, "more than one value"),
        (lambda x: F.batch_norm(x[0, 0, 0], None, None, training=True), ew.ShapeError, r"must be \(N, C, ...\)"),
        (lambda x: F.batch_norm(x, None, None, ew.tensor([1.0])), ew.ShapeError, r"weight has shape \(1,\).*\(6,\)"),
        (lambda x: F.batch_norm(x.long(), None, None), ew.DTypeError, "x.float"),
        (lambda x: F.layer_norm(x, 4), ew.ShapeError, "does not end in"),
        (lambda x: F.layer_norm(x, 3, ew.tensor([1.0])), ew.ShapeError, "weight has shape"),
        (lambda x: F.group_norm(x, 4), ew.ShapeError, "num_groups=4"),
        (lambda x: F.group_norm(x, 2, None, ew.tensor([1.0])), ew.ShapeError, "bias has shape"),
        (lambda x: F.instance_norm(x[0, 0]), ew.ShapeError, "at least one more axis"),
    ],
)
def test_wrong_arguments_are_explained(call, error, message):
    with pytest.raises(error, match=message):
        call(ew.tensor(X))


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_cosines_of_vectors_whose_products_leave_float32(dim, size):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 4))
    found = F.cosine_similarity(ew.tensor(a * size).float(), ew.tensor(b * size).float(), dim, eps=1e-35)
    lengths = np.sqrt(np.sum(a * a, axis=dim)) * np.sqrt(np.sum(b * b, axis=dim))
    np.testing.assert_allclose(found.numpy(), np.sum(a * b, axis=dim) / lengths, rtol=1e-5, atol=1e-6)
