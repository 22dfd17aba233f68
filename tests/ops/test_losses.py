from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

rng = np.random.default_rng(0)
X, T = rng.standard_normal((3, 4)) * 2, rng.standard_normal((3, 4))
P, Q = rng.random((3, 4)) * 0.9 + 0.05, rng.random((3, 4))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def huber(d, delta):
    return np.where(np.abs(d) <= delta, d * d / 2, delta * (np.abs(d) - delta / 2))


def bce(p, t):
    return -(t * np.log(p) + (1 - t) * np.log1p(-p))


CASES = {
    "l1": (F.l1_loss, X, T, lambda x, t: np.abs(x - t)),
    "mse": (F.mse_loss, X, T, lambda x, t: (x - t) ** 2),
    "huber": (lambda x, t, **k: F.huber_loss(x, t, delta=0.7, **k), X, T, lambda x, t: huber(x - t, 0.7)),
    "smooth_l1": (lambda x, t, **k: F.smooth_l1_loss(x, t, beta=0.5, **k), X, T, lambda x, t: huber(x - t, 0.5) / 0.5),
    "smooth_l1_sharp": (lambda x, t, **k: F.smooth_l1_loss(x, t, beta=0, **k), X, T, lambda x, t: np.abs(x - t)),
    "bce": (F.binary_cross_entropy, P, Q, bce),
    "bce_with_logits": (F.binary_cross_entropy_with_logits, X, Q, lambda z, t: bce(sigmoid(z), t)),
    "bce_with_logits_pos": (
        lambda z, t, **k: F.binary_cross_entropy_with_logits(z, t, pos_weight=ew.tensor([1.0, 2, 3, 0.5]), **k),
        X,
        Q,
        lambda z, t: -(np.array([1.0, 2, 3, 0.5]) * t * np.log(sigmoid(z)) + (1 - t) * np.log1p(-sigmoid(z))),
    ),
    "kl_div": (F.kl_div, X, Q, lambda x, t: t * (np.log(t) - x)),
    "kl_div_log": (lambda x, t, **k: F.kl_div(x, t, log_target=True, **k), X, T, lambda x, t: np.exp(t) * (t - x)),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_reductions(name):
    loss, x, t, formula = CASES[name]
    expected = formula(x, t)
    a, b = ew.tensor(x), ew.tensor(t)
    np.testing.assert_allclose(loss(a, b, reduction="none").numpy(), expected, rtol=1e-10)
    assert loss(a, b).item() == pytest.approx(expected.mean())
    assert loss(a, b, reduction="sum").item() == pytest.approx(expected.sum())
    assert loss(a.float(), b.float()).dtype == np.float32


@pytest.mark.parametrize("name", CASES)
def test_first_and_second_derivatives(name, check_derivatives):
    loss, x, t, _ = CASES[name]
    check_derivatives(lambda x, t: loss(x, t, reduction="none"), x, t)


@pytest.mark.parametrize("name", CASES)
def test_shapes_that_differ_are_refused(name):
    loss, x, t, _ = CASES[name]
    with pytest.raises(ew.ShapeError, match=r"\(3, 1\) and target \(3,\).*target.reshape"):
        loss(ew.tensor(x[:, :1]), ew.tensor(t[:, 0]))
    with pytest.raises(ew.ShapeError, match="target of its own"):
        loss(ew.tensor(x), ew.tensor(t[0]))
    with pytest.raises(ew.ArgumentError, match="'none', 'mean' or 'sum'"):
        loss(ew.tensor(x), ew.tensor(t), reduction="average")


def test_weights_multiply_each_loss():
    w = rng.random(4)
    for loss, x, formula in (
        (F.binary_cross_entropy, P, bce),
        (F.binary_cross_entropy_with_logits, X, lambda z, t: bce(sigmoid(z), t)),
    ):
        assert loss(ew.tensor(x), ew.tensor(Q), weight=ew.tensor(w)).item() == pytest.approx((formula(x, Q) * w).mean())
        with pytest.raises(ew.ShapeError, match="does not broadcast"):
            loss(ew.tensor(x), ew.tensor(Q), weight=ew.tensor([1.0, 2.0]))


def test_binary_cross_entropy_at_certainty():
    p, t = ew.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True), ew.tensor([0.0, 1.0, 1.0, 0.0])
    loss = F.binary_cross_entropy(p, t, reduction="none")
    np.testing.assert_array_equal(loss.detach().numpy(), [0, 0, 100, 100])
    loss.sum().backward()
    assert np.isfinite(p.grad.numpy()).all()
    for bad in ([1.5], [-0.1]):
        with pytest.raises(ew.ArgumentError, match="use binary_cross_entropy_with_logits"):
            F.binary_cross_entropy(ew.tensor(bad), ew.tensor([1.0]))


def test_logits_of_ten_thousand():
    z = ew.tensor(np.array([1e4, -1e4, 1e4, -1e4], dtype=np.float32), requires_grad=True)
    t = ew.tensor([0.0, 1.0, 1.0, 0.0])
    for options in ({}, {"pos_weight": ew.tensor(1.0)}):
        z.grad = None
        loss = F.binary_cross_entropy_with_logits(z, t, reduction="none", **options)
        np.testing.assert_array_equal(loss.detach().numpy(), [1e4, 1e4, 0, 0])
        loss.sum().backward()
        np.testing.assert_array_equal(z.grad.numpy(), [1, -1, 0, 0])


def test_kl_div_of_impossible_outcomes_and_batchmean():
    x = np.log(np.array([[0.5, 0.5], [0.25, 0.75]]))
    t = np.array([[1.0, 0.0], [0.25, 0.75]])
    loss = F.kl_div(ew.tensor(x), ew.tensor(t), reduction="batchmean")
    assert loss.item() == pytest.approx(math.log(2) / 2)


def test_bounds_of_parameters():
    x = ew.tensor([1.0])
    with pytest.raises(ew.ArgumentError, match="delta is 0"):
        F.huber_loss(x, x, delta=0)
    with pytest.raises(ew.ArgumentError, match="beta is -1"):
        F.smooth_l1_loss(x, x, beta=-1)


@pytest.mark.parametrize("pos_weight", [None, 2.0])
@pytest.mark.parametrize(
    ("logit", "target", "loss", "slope"),
    [
        (math.inf, 0.0, math.inf, 1.0),
        (math.inf, 0.5, math.inf, None),
        (math.inf, 1.0, 0.0, 0.0),
        (-math.inf, 0.0, 0.0, 0.0),
        (-math.inf, 0.5, math.inf, None),
        (-math.inf, 1.0, math.inf, None),
    ],
)
def test_bce_of_infinite_logits_costs_nothing_on_the_target_s_side(logit, target, loss, slope, pos_weight):
    z = ew.tensor([logit, 0.3], requires_grad=True)
    weight = None if pos_weight is None else ew.tensor(pos_weight)
    losses = F.binary_cross_entropy_with_logits(z, ew.tensor([target, 1.0]), pos_weight=weight, reduction="none")
    losses.sum().backward()
    factor = 1.0 if pos_weight is None else pos_weight
    assert losses.tolist() == pytest.approx([loss, -factor * math.log(sigmoid(0.3))], rel=1e-6)
    if slope is None:
        share = 1.0 if logit > 0 else 0.0
        slope = (1 - target) * share - factor * target * (1 - share)
    assert z.grad[0].item() == slope
