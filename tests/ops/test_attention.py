from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F
from edgewise.program import record

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


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 5), (1, 3, 1), (1, 5)])
def test_a_row_of_minus_infinity_allows_nothing_as_a_row_of_false_does(shape):
    bias = rng.standard_normal(shape)
    bias[..., 0, :] = -np.inf
    bias[..., -1, -1] = -np.inf
    found = []
    for mask in (bias, np.where(bias == -np.inf, -np.inf, 0.0), bias != -np.inf):
        q, k, v = (ew.tensor(array, requires_grad=True) for array in (Q, K, V))
        y = attend(q, k, v, attn_mask=ew.tensor(mask))
        (y * y).sum().backward()
        found.append([x.numpy(force=True) for x in (y, q.grad, k.grad, v.grad)])
    hidden = np.broadcast_to(bias, (2, 3, 5))
    dead = (hidden == -np.inf).all(-1)
    expected = np.where(dead[..., None], 0.0, naive(Q, K, V, np.where(dead[..., None], 0.0, hidden)))
    np.testing.assert_allclose(found[0][0], expected, atol=1e-12)
    assert all(np.isfinite(array).all() for arrays in found for array in arrays)
    for ours, same in zip(found[1], found[2], strict=True):
        np.testing.assert_allclose(ours, same, atol=1e-12)


def test_a_learned_bias_gets_a_gradient_beside_a_row_that_is_hidden():
    bias = np.array([[0.5, -1.0, 0.0, 0.2, 1.0], [-np.inf] * 5, [0.0, -np.inf, 0.0, 0.0, 0.0]])
    mask = ew.tensor(bias, requires_grad=True)
    (attend(*tensors(Q, K, V), mask) ** 2).sum().backward()
    found = mask.grad.numpy()
    assert not found[1].any()
    for i, j in [(0, 0), (0, 3), (2, 2)]:
        shifted = []
        for step in (1e-6, -1e-6):
            near = bias.copy()
            near[i, j] += step
            shifted.append((attend(*tensors(Q, K, V, near)) ** 2).sum().item())
        assert found[i, j] == pytest.approx((shifted[0] - shifted[1]) / 2e-6, rel=1e-5)


def test_a_program_hides_the_rows_of_whichever_mask_it_is_given():
    program = record(lambda m: attend(*tensors(Q, K, V), m), ew.zeros(3, 5, dtype="float64"))
    mask = np.zeros((3, 5))
    mask[1] = -np.inf
    result = program.run(mask)
    np.testing.assert_allclose(result, attend(*tensors(Q, K, V, mask)).numpy(), atol=1e-12)
    assert not result[:, 1].any()


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


def test_a_mask_of_integers_is_refused():
    q = ew.ones(1, 1, 2, 2)
    with pytest.raises(ew.DTypeError, match=r"attn_mask is int64; it must hold bools.*mask.bool\(\)"):
        F.scaled_dot_product_attention(q, q, q, attn_mask=ew.tensor([[1, 0], [1, 1]]))


def test_whole_numbers_attend_as_floats_do_with_and_without_a_causal_mask():
    whole = ew.tensor([[[[1, 2], [3, 4]]]])
    for causal in (False, True):
        given, expected = (F.scaled_dot_product_attention(q, q, q, is_causal=causal) for q in (whole, whole.float()))
        assert given.dtype == expected.dtype
        assert given.tolist() == expected.tolist()
