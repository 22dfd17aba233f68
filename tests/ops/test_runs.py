"""Fused layer normalisation and attention give the results of their steps, and pictures show these steps."""

from __future__ import annotations

import gc
import math
import weakref

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F
from edgewise.ops import runs

RNG = np.random.default_rng(0)


def _draw(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def _both_ways(function, arrays, seed=5):
    """The result of a function, and the gradients of its arguments for some gradient of the result."""
    tensors = [ew.tensor(array, requires_grad=True) for array in arrays]
    result = function(*tensors)
    result.backward(ew.tensor(np.random.default_rng(seed).normal(size=result.shape).astype(result.dtype)))
    return [result.detach().numpy(), *(tensor.grad.numpy() for tensor in tensors)]


def _agrees_with_its_steps(monkeypatch, function, arrays, dtype="float64"):
    arrays = [array.astype(dtype) for array in arrays]
    calls = []
    in_one_go = runs.in_one_go
    with monkeypatch.context() as patch:
        patch.setattr(runs, "in_one_go", lambda *args, **params: calls.append(args) or in_one_go(*args, **params))
        fused = _both_ways(function, arrays)
        assert calls, "it was computed in steps"
        patch.setattr(runs, "is_for", lambda *_: False)
        steps = _both_ways(function, arrays)
    for a, b in zip(fused, steps, strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=(1e-12 if dtype == "float64" else 1e-5) * max(np.abs(b).max(), 1))


NORMALISED = {
    "a row": ((7,), (7,)),
    "rows": ((5, 6), (6,)),
    "two axes": ((3, 2, 4, 5), (4, 5)),
    "more rows than a block has": ((9000, 40), (40,)),
    "rows longer than a block": ((2, 300_000), (300_000,)),
    "several long rows in a block": ((20, 2000), (2000,)),
    "rows of one element": ((4, 1), (1,)),
    "short rows, the last block smaller": ((5001, 30), (30,)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shapes", NORMALISED.values(), ids=NORMALISED)
def test_layer_norm_in_one_go_is_layer_norm_in_steps(monkeypatch, shapes, dtype):
    shape, own = shapes
    arrays = [_draw(*shape), _draw(*own), _draw(*own)]
    for count in 1, 2, 3:
        _agrees_with_its_steps(monkeypatch, lambda x, *wb: F.layer_norm(x, own, *wb), arrays[:count], dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_a_graph_the_values_are_the_same(dtype):
    x, w, b = (ew.tensor(_draw(*shape), dtype=dtype) for shape in ((5, 4), (4,), (4,)))
    q = ew.tensor(_draw(2, 3, 5, 4), dtype=dtype)
    for function, arguments in (
        (lambda x, *rest: F.layer_norm(x, 4, *rest), (x, w, b)),
        (lambda x, *rest: F.layer_norm(x, 4, *rest), (x, w)),
        (F.scaled_dot_product_attention, (q, q * 2, q * 3)),
    ):
        expected = function(*(each.clone().requires_grad_() for each in arguments)).detach().numpy()
        with ew.no_grad():
            found = function(*arguments)
        assert found.operation is None
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6 if dtype == "float32" else 1e-13)
        np.testing.assert_allclose(function(*arguments).numpy(), expected, rtol=1e-4, atol=1e-6)


def test_layer_norm_takes_a_shift_without_a_scale(monkeypatch):
    _agrees_with_its_steps(monkeypatch, lambda x, b: F.layer_norm(x, 4, None, b), [_draw(3, 4), _draw(4)])


HEADS = {
    "small": (2, 3, 5, 5, 4, 6),
    "square": (3, 2, 64, 64, 8, 8),
    "a head is a block": (1, 3, 600, 600, 4, 4),
    "many keys": (2, 2, 3, 1500, 4, 4),
    "more keys than queries": (2, 2, 40, 70, 4, 4),
    "fewer keys than queries": (2, 2, 70, 33, 4, 4),
    "blocks of queries and of examples": (5, 2, 300, 300, 4, 4),
}


# Scores of hundreds, which exp can't take, are known to four digits in float32: so they are tried in float64.
@pytest.mark.parametrize(("dtype", "reach"), [("float32", 1.0), ("float64", 1.0), ("float64", 300.0)])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("sizes", HEADS.values(), ids=HEADS)
def test_attention_in_one_go_is_attention_in_steps(monkeypatch, sizes, causal, dtype, reach):
    n, h, length, others, e, v = sizes
    arrays = [reach * _draw(n, h, length, e), _draw(n, h, others, e), _draw(n, h, others, v)]
    _agrees_with_its_steps(
        monkeypatch,
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=causal),
        arrays,
        dtype,
    )


@pytest.mark.parametrize("kind", ["bools", "numbers", "large numbers"])
def test_attention_in_one_go_obeys_its_mask(monkeypatch, kind):
    allowed = RNG.random((2, 1, 5, 7)) < 0.6
    allowed[..., 2] = True
    masks = {
        "bools": allowed,
        "numbers": np.where(allowed, _draw(2, 1, 5, 7), -math.inf),
        "large numbers": np.where(allowed, 1e3, -1e9) * np.ones((2, 1, 5, 7)),
    }
    mask = ew.tensor(masks[kind])
    arrays = [_draw(2, 3, 5, 4), _draw(2, 3, 7, 4), _draw(2, 3, 7, 6)]
    _agrees_with_its_steps(
        monkeypatch, lambda q, k, v: F.scaled_dot_product_attention(q, k, v, mask, scale=0.3), arrays
    )


def test_a_query_that_may_look_at_nothing_still_gets_zeros():
    mask = np.ones((3, 4), dtype=bool)
    mask[1] = False
    q, k, v = (ew.tensor(_draw(1, 2, size, 5), requires_grad=True) for size in (3, 4, 4))
    result = F.scaled_dot_product_attention(q, k, v, ew.tensor(mask))
    assert result[:, :, 1].tolist() == [[[0.0] * 5] * 2]
    result.sum().backward()
    assert np.isfinite(q.grad.numpy()).all()


def test_a_mask_that_learns_gets_its_gradient():
    mask = ew.tensor(_draw(3, 4), requires_grad=True)
    q, k, v = (ew.tensor(_draw(1, 2, size, 5)) for size in (3, 4, 4))
    F.scaled_dot_product_attention(q, k, v, mask).square().sum().backward()
    assert mask.grad.abs().sum().item() > 0


def test_gradients_of_gradients_go_through_the_steps():
    x = ew.tensor(_draw(2, 1, 3, 4), requires_grad=True)
    assert ew.autograd.gradgradcheck(lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True), x)
    assert ew.autograd.gradgradcheck(lambda x: F.layer_norm(x, 4), x)


def test_where_anomalies_are_looked_for_the_step_that_made_one_is_named():
    x = ew.tensor([[1e300, -1e300, 0.0]], dtype="float64", requires_grad=True)
    with ew.autograd.detect_anomaly(), pytest.raises(ew.AnomalyError, match=r"^standardize: the result is nan"):
        F.layer_norm(ew.tensor([[math.inf, 1.0]], requires_grad=True), 2)
    with ew.autograd.detect_anomaly(), pytest.raises(ew.AnomalyError, match=r"^matmul: the result is"):
        F.scaled_dot_product_attention(x, x, x)


def test_the_node_of_a_fused_result_is_its_last_step():
    x = ew.tensor(_draw(2, 4), requires_grad=True)
    w = ew.tensor(_draw(4), requires_grad=True)
    result = F.layer_norm(x, 4, w)
    before = result.detach().numpy().copy()
    assert result.node.operation.name == "mul"
    assert [source.operation.name if source.operation else None for source in result.node.inputs] == [
        "standardize",
        None,
    ]
    np.testing.assert_array_equal(result.detach().numpy(), before)


def test_a_run_is_freed_with_its_result():
    gc.disable()
    try:
        x = ew.tensor(_draw(2, 4), requires_grad=True)
        result = F.layer_norm(x, 4)
        alive = weakref.ref(result)
        del result
        assert alive() is None
    finally:
        gc.enable()


def test_the_heads_of_attention_lie_side_by_side():
    """So that putting them together again copies nothing."""
    q = ew.tensor(_draw(2, 3, 5, 4), requires_grad=True)
    result = F.scaled_dot_product_attention(q, q, q).transpose(1, 2)
    assert result.is_contiguous()


@pytest.mark.parametrize("write", [lambda y: y.mul_(2), lambda y: y[0].mul_(2), lambda y: y.numpy().fill(2.0)])
def test_a_write_into_the_result_of_attention_changes_no_gradient(write):
    q = ew.tensor(_draw(2, 3, 5, 4), requires_grad=True)
    F.scaled_dot_product_attention(q, q, q).sum().backward()
    expected, q.grad = q.grad.numpy().copy(), None
    result = F.scaled_dot_product_attention(q, q, q)
    with ew.no_grad():
        write(result.detach())
    result.sum().backward()
    np.testing.assert_allclose(q.grad.numpy(), expected, rtol=1e-12)


def test_the_shift_of_layer_norm_may_be_written_to_before_backward_and_the_scale_may_not():
    x, w, b = (ew.tensor(_draw(*shape), requires_grad=True) for shape in ((3, 4), (4,), (4,)))
    result = F.layer_norm(x, 4, w, b)
    with ew.no_grad():
        b.zero_()
    result.sum().backward(retain_graph=True)
    assert b.grad.tolist() == [3.0] * 4
    with ew.no_grad():
        w.zero_()
    with pytest.raises(ew.InPlaceError, match="changed in place"):
        result.sum().backward()


def test_runs_can_be_differentiated_without_what_the_forward_remembers():
    """As after a write into a leaf that was undone: the derivatives do the forward again."""
    x, w, b = (_draw(*shape) for shape in ((3, 4), (4,), (4,)))
    operation, how = runs.RUNS["layer_norm"], {"axes": 1, "eps": 1e-5}
    g = _draw(3, 4)
    y, back = operation.fused(np, x, w, b, **how)
    for i in range(3):
        np.testing.assert_allclose(operation.derivative(i)(np, g, y, x, w, b, **how), back(g)(i), rtol=1e-12)
    q, k, v, g = _draw(2, 3, 5, 4), _draw(2, 3, 6, 4), _draw(2, 3, 6, 2), _draw(2, 3, 5, 2)
    operation = runs.RUNS["attention"]
    for causal in False, True:
        how = {"mask": None, "causal": causal, "scale": 0.5, "hides": True}
        y, back = operation.fused(np, q, k, v, **how)
        for i in range(3):
            np.testing.assert_allclose(operation.derivative(i)(np, g, y, q, k, v, **how), back(g)(i), rtol=1e-12)


@pytest.mark.parametrize("shape", [(5, 6), (3, 1, 5, 7), (1, 2, 3, 5, 7), ()])
def test_a_mask_that_fits_no_scores_is_refused_and_one_that_needs_no_heads_is_taken(shape):
    q, k, v = (ew.tensor(_draw(2, 3, size, 4), requires_grad=True) for size in (5, 7, 7))
    mask = ew.tensor(np.ones(shape, dtype=bool))
    if shape in [(5, 6), (3, 1, 5, 7)]:
        with pytest.raises(ew.ShapeError, match="can't be broadcast"):
            F.scaled_dot_product_attention(q, k, v, mask)
    else:
        free = F.scaled_dot_product_attention(q, k, v)
        masked = F.scaled_dot_product_attention(q, k, v, mask)
        np.testing.assert_allclose(masked.detach().numpy().reshape(free.shape), free.detach().numpy(), atol=1e-12)
