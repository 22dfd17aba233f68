from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

rng = np.random.default_rng(0)
Q, K, V = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 5, 4)), rng.standard_normal((2, 5, 6))
attend = F.scaled_dot_product_attention


def naive(q, k, v, bias=0.0, scale=0.5):
    scores = q @ np.swapaxes(k, -1, -2) * scale + bias
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ v


def tensors(*arrays):
    return [ew.tensor(array) for array in arrays]


def test_values_and_derivatives(check_derivatives):
    np.testing.assert_allclose(attend(*tensors(Q, K, V)).numpy(), naive(Q, K, V))
    np.testing.assert_allclose(attend(*tensors(Q, K, V), scale=0.1).numpy(), naive(Q, K, V, scale=0.1))
    check_derivatives(attend, Q[:1], K[:1], V[:1])


def test_masks(check_derivatives):
    allowed = rng.random((3, 5)) < 0.6
    allowed[:, 0] = True
    hidden = np.where(allowed, 0.0, -np.inf)
    np.testing.assert_allclose(attend(*tensors(Q, K, V, allowed)).numpy(), naive(Q, K, V, hidden))
    np.testing.assert_allclose(attend(*tensors(Q, K, V, hidden)).numpy(), naive(Q, K, V, hidden))
    check_derivatives(lambda q, k, v: attend(q, k, v, ew.tensor(allowed)), Q[:1], K[:1], V[:1])


def test_causal_looks_back_only():
    hidden = np.where(np.tril(np.ones((3, 5), dtype=bool)), 0.0, -np.inf)
    np.testing.assert_allclose(attend(*tensors(Q, K, V), is_causal=True).numpy(), naive(Q, K, V, hidden))


def test_a_query_that_may_see_nothing_gets_zeros():
    q = ew.tensor(Q, requires_grad=True)
    y = attend(q, *tensors(K, V), attn_mask=ew.tensor(np.zeros((3, 5), dtype=bool)))
    y.sum().backward()
    assert not y.detach().numpy().any()
    assert not q.grad.numpy().any()


def test_huge_scores_do_not_overflow():
    y = attend(*tensors(Q.astype(np.float32) * 1e4, K.astype(np.float32), V.astype(np.float32))).numpy()
    assert np.isfinite(y).all()


def test_dropout_drops_weights():
    y = attend(*tensors(Q, K, V), dropout_p=1.0).numpy()
    assert not y.any()


def test_wrong_arguments_are_explained():
    with pytest.raises(ew.ShapeError, match=r"query \(2, 3, 4\), key \(2, 5, 3\)"):
        attend(*tensors(Q, K[..., :3], V))
    with pytest.raises(ew.ArgumentError, match="not both"):
        attend(*tensors(Q, K, V), attn_mask=ew.tensor(True), is_causal=True)
