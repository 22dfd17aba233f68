from __future__ import annotations

import array_api_strict
import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise.nn import functional as F
from edgewise.ops import classification

rng = np.random.default_rng(0)
SHAPES = [(3,), (5, 3), (2, 3, 4), (2, 3, 2, 2)]
W = np.array([0.5, 2.0, 1.25])


def log_softmax(x, axis):
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


def case(shape):
    """Scores, classes, and the axis of classes."""
    axis = min(1, len(shape) - 1)
    x = rng.standard_normal(shape)
    t = rng.integers(0, 3, shape[:axis] + shape[axis + 1 :])
    return x, t, axis


def naive(x, t, axis, weight, ignored, smoothing, reduction):
    """Cross-entropy one target at a time."""
    logs = np.moveaxis(log_softmax(x, axis), axis, -1)
    losses, weights = np.zeros(t.shape), np.zeros(t.shape)
    for place in np.ndindex(t.shape):
        if t[place] != ignored:
            goal = np.full(3, smoothing / 3)
            goal[t[place]] += 1 - smoothing
            losses[place] = -(goal * weight * logs[place]).sum()
            weights[place] = weight[t[place]]
    if reduction == "none":
        return losses
    return losses.sum() / weights.sum() if reduction == "mean" else losses.sum()


@at_once
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weight", [None, W])
@pytest.mark.parametrize("ignored", [None, 1, -100])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_classes(shape, weight, ignored, smoothing, reduction):
    x, t, axis = case(shape)
    t = np.array(t)
    if ignored is not None:
        if t.ndim:
            t.reshape(-1)[0] = ignored
            t.reshape(-1)[1] = 2
        elif t == ignored:
            t = np.array(2)
    expected = naive(x, t, axis, np.ones(3) if weight is None else weight, ignored, smoothing, reduction)
    options = {"reduction": reduction} | ({} if ignored is None else {"ignore_index": ignored})
    w = None if weight is None else ew.tensor(weight)
    y = F.cross_entropy(ew.tensor(x), ew.tensor(t), w, label_smoothing=smoothing, **options)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-10)
    if smoothing == 0:
        y = F.nll_loss(ew.tensor(log_softmax(x, axis)), ew.tensor(t), w, **options)
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-10)


@at_once
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weight", [None, W])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_probabilities(shape, weight, smoothing, check_derivatives):
    x, _, axis = case(shape)
    p = rng.random(shape)
    spread = (3,) + (1,) * (len(shape) - axis - 1)
    goal = (p * (1 - smoothing) + smoothing / 3) * (1 if weight is None else weight.reshape(spread))
    w = None if weight is None else ew.tensor(weight)

    def loss(x, p):
        return F.cross_entropy(x, p, w, label_smoothing=smoothing, reduction="none")

    np.testing.assert_allclose(loss(ew.tensor(x), ew.tensor(p)).numpy(), -(goal * log_softmax(x, axis)).sum(axis=axis))
    check_derivatives(loss, x, p)


@at_once
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.2}, {"weight": ew.tensor(W)}, {"ignore_index": 0}])
def test_first_and_second_derivatives(shape, options, check_derivatives):
    x, t, _ = case(shape)
    t = np.maximum(t, 1)
    check_derivatives(lambda x: F.cross_entropy(x, ew.tensor(t), **options), x)
    options = {name: value for name, value in options.items() if name != "label_smoothing"}
    check_derivatives(lambda x: F.nll_loss(x * x, ew.tensor(t), reduction="sum", **options), x)


def test_scores_of_ten_thousand():
    x = ew.tensor(np.array([[1e4, -1e4], [-1e4, 1e4]], dtype=np.float32), requires_grad=True)
    loss = F.cross_entropy(x, ew.tensor([0, 0]), reduction="none")
    np.testing.assert_array_equal(loss.detach().numpy(), [0, 2e4])
    loss.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[0, 0], [-1, 1]])


def test_an_ignored_target_sends_no_gradient_even_from_impossible_classes():
    x = ew.tensor(np.array([[-np.inf, 0.0], [1.0, 2.0]]), requires_grad=True)
    loss = F.cross_entropy(x, ew.tensor([-100, 1]))
    loss.backward()
    assert np.isfinite(loss.item())
    np.testing.assert_array_equal(x.grad.numpy()[0], [0, 0])


def test_nothing_to_count_is_not_a_number():
    assert np.isnan(F.cross_entropy(ew.tensor([[1.0, 2.0]]), ew.tensor([-100])).item())
    assert F.cross_entropy(ew.tensor([[1.0, 2.0]]), ew.tensor([-100]), reduction="sum").item() == 0


def test_cross_entropy_and_its_mean_are_two_nodes():
    loss = F.cross_entropy(ew.tensor([[1.0, 2.0]], requires_grad=True), ew.tensor([0]))
    assert [loss.node.operation.name, loss.node.inputs[0].operation.name] == ["mean", "cross_entropy"]


@pytest.mark.parametrize("shape", SHAPES)
def test_kernels_keep_to_the_standard(shape):
    x, t, axis = case(shape)
    xp = array_api_strict
    on = xp.asarray(x), xp.asarray(np.asarray(t))
    y = classification._cross_entropy.forward(xp, *on, axis=axis)
    np.testing.assert_allclose(np.asarray(y), naive(x, np.asarray(t), axis, np.ones(3), None, 0, "none"))
    dx = classification._cross_entropy.derivatives[0](xp, xp.ones_like(y), y, *on, axis=axis)
    one_hot = np.moveaxis(np.eye(3)[t], -1, axis)
    np.testing.assert_allclose(np.asarray(dx), np.exp(log_softmax(x, axis)) - one_hot, atol=1e-12)
    picked = classification._pick.forward(xp, *on, axis=axis)
    back = classification._unpick.forward(xp, picked, on[1], axis=axis, size=3)
    np.testing.assert_array_equal(np.asarray(back), x * one_hot)


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize(
    ("x", "t", "error", "message"),
    [
        (np.ones((2, 3)), [0, 3], ew.IndexingError, "target 3 is no class.*0 to 2"),
        (np.ones((2, 3)), [-1, 0], ew.IndexingError, "target -1 is no class"),
        (np.ones((2, 3)), [0, 1, 2], ew.ShapeError, r"must have shape \(2,\), not \(3,\)"),
        (np.ones((2, 3)), [[0, 1, 0], [1, 0, 0]], ew.ShapeError, "argmax"),
        (np.ones((2, 3)), [0.0, 1.0], ew.DTypeError, "target.long"),
        (np.ones((2, 3)), [True, False], ew.DTypeError, "target.long"),
        (np.ones((2, 3), dtype=int), [0, 1], ew.DTypeError, "x.float"),
        (np.array(1.0), 0, ew.ShapeError, "single number"),
    ],
)
def test_wrong_arguments_are_explained(loss, x, t, error, message):
    with pytest.raises(error, match=message):
        loss(ew.tensor(x), ew.tensor(t))


def test_wrong_weights_and_shares_are_explained():
    x, t = ew.tensor(np.ones((2, 3))), ew.tensor([0, 1])
    with pytest.raises(ew.ShapeError, match=r"weight has shape \(2,\)"):
        F.cross_entropy(x, t, ew.tensor([1.0, 2.0]))
    with pytest.raises(ew.ArgumentError, match="label_smoothing is 2"):
        F.cross_entropy(x, t, label_smoothing=2)
    with pytest.raises(ew.ArgumentError, match="reduction"):
        F.cross_entropy(x, t, reduction="average")
