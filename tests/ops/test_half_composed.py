"""Functions made of several operations give in float16 what they give in float32, rounded: no step overflows."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.nn import functional as F

X = np.array([[300.0, -300.0, 200.0, 1.0], [40.0, 250.0, -7.0, 120.0]], "float16")
T = np.array([[299.0, -200.0, 10.0, 3.0], [30.0, 2.0, -9.0, 100.0]], "float16")
P = np.array([[0.1, 0.9, 0.25, 0.5], [0.3, 0.2, 0.01, 0.7]], "float16")
MANY = np.linspace(-1, 1, 70_000).astype("float16")


def _image(x):
    return x.reshape(1, 2, 2, 2)


def _attended(x, t):
    return F.scaled_dot_product_attention(x, t, x)


FUNCTIONS = {
    "mse_loss": (lambda x, t: F.mse_loss(x, t), X, T),
    "mse_loss of many": (lambda x: F.mse_loss(x, ew.zeros_like(x)), MANY),
    "l1_loss of many": (lambda x: F.l1_loss(x, ew.zeros_like(x)), MANY),
    "smooth_l1_loss": (lambda x, t: F.smooth_l1_loss(x, t), X, T),
    "huber_loss": (lambda x, t: F.huber_loss(x, t, delta=250.0), X, T),
    "binary_cross_entropy of many": (lambda p: F.binary_cross_entropy(p, ew.ones_like(p)), MANY * 0.4 + 0.5),
    "bce with logits of many": (lambda x: F.binary_cross_entropy_with_logits(x, ew.ones_like(x)), MANY),
    "kl_div": (lambda x, t: F.kl_div(x, t, reduction="batchmean"), -MANY.reshape(-1, 2) - 2, MANY.reshape(-1, 2) + 1.5),
    "cross_entropy of many": (
        lambda x: F.cross_entropy(x, ew.zeros(35_000, dtype="int64"), ew.tensor([0.5, 2.0])),
        MANY.reshape(-1, 2),
    ),
    "gaussian_nll_loss": (lambda x, t: F.gaussian_nll_loss(x, t, ew.full((2, 4), 400.0)), X, T),
    "cosine_embedding_loss": (lambda x, t: F.cosine_embedding_loss(x, t, ew.tensor([1.0, -1.0])), X, T),
    "triplet_margin_loss": (lambda x, t: F.triplet_margin_loss(x, t, -x), X, T),
    "multi_margin_loss": (lambda x: F.multi_margin_loss(x, ew.tensor([0, 1]), p=1), X),
    "layer_norm": (lambda x: F.layer_norm(x, (4,)), X),
    "rms_norm": (lambda x: F.rms_norm(x, (4,)), X),
    "group_norm": (lambda x: F.group_norm(x, 2), X),
    "batch_norm": (lambda x: F.batch_norm(x, None, None, training=True), X),
    "instance_norm": (lambda x: F.instance_norm(_image(x)), X),
    "local_response_norm": (lambda x: F.local_response_norm(_image(x), 2), X),
    "normalize": (lambda x: F.normalize(x), X),
    "cosine_similarity": (lambda x, t: F.cosine_similarity(x, t), X, T),
    "pairwise_distance": (lambda x, t: F.pairwise_distance(x, t), X, T),
    "cdist": (lambda x, t: ew.cdist(x, t), X, T),
    "cdist with p=3": (lambda x, t: ew.cdist(x, t, p=3.0), X, T),
    "dist": (lambda x, t: ew.dist(x, t), X, T),
    "std": (lambda x: x.std(1), X),
    "norm": (lambda x: x.norm(), X),
    "vector_norm": (lambda x: ew.linalg.vector_norm(x, 3, dim=1), X),
    "corrcoef": (lambda x: ew.corrcoef(x), X),
    "nanmean of many": (lambda x: x.nanmean(), MANY),
    "attention": (_attended, X, T),
    "avg_pool2d": (lambda x: F.avg_pool2d(_image(x) * 200, 2), X),
    "adaptive_avg_pool1d of many": (lambda x: F.adaptive_avg_pool1d(x.reshape(1, 1, -1), 1), MANY + 1),
    "adaptive_avg_pool1d": (lambda x: F.adaptive_avg_pool1d(x.reshape(1, 2, 4) * 200, 3), X),
    "interpolate": (lambda x: F.interpolate(_image(x), (3, 3), mode="bilinear"), X),
    "logsumexp": (lambda x: x.logsumexp(1), X),
    "logcumsumexp": (lambda x: x.logcumsumexp(1), X),
    "logaddexp": (lambda x, t: ew.logaddexp(x, t), X, T),
    "cumprod": (lambda x: (x / 100).cumprod(1), X),
    "prod": (lambda x: (x / 100).prod(1), X),
    "vecdot": (lambda x, t: ew.vecdot(x, t) / 1000, X / 4, T),
    "addcmul": (lambda x, t: ew.addcmul(-x, x, t, value=0.5), X, T / 4),
    "einsum": (lambda x, t: ew.einsum("ij,kj->ik", x, t), X / 4, T),
    "gelu with tanh": (lambda x: F.gelu(x, approximate="tanh"), X),
    "asinh": (lambda x: ew.asinh(x), X),
    "atan": (lambda x: ew.atan(x), X),
    "atan2": (lambda x, t: ew.atan2(x, t), X, T),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_and_gradients_are_those_of_float32(name):
    function, *values = FUNCTIONS[name]

    def run(dtype):
        tensors = [ew.tensor(value.astype(dtype), requires_grad=True) for value in values]
        result = function(*tensors)
        (result * 1).sum().backward()
        return [result.detach().numpy(), *(tensor.grad.numpy() for tensor in tensors)]

    for i, (found, wanted) in enumerate(zip(run("float16"), run("float32"), strict=True)):
        assert np.isfinite(wanted).all()
        assert np.abs(wanted).max() < 65_504
        # A gradient's terms are each rounded where they meet.
        apart = (2e-3 if i == 0 else 5e-3) * np.abs(wanted).max() + 1e-7
        np.testing.assert_allclose(found, wanted, rtol=4e-3, atol=apart)


def test_zeros_are_normalised_to_zeros():
    assert not F.normalize(ew.zeros(2, 3, dtype="float16")).any()
    assert not F.cosine_similarity(ew.zeros(2, 3, dtype="float16"), ew.ones(2, 3, dtype="float16")).any()


def test_results_keep_the_dtype():
    x, t = ew.tensor(X), ew.tensor(T)
    assert F.mse_loss(x, t).dtype == np.float16
    assert F.normalize(x).dtype == np.float16
    assert F.layer_norm(x, (4,)).dtype == np.float16
    assert F.mse_loss(x, t.float()).dtype == np.float32
    assert F.mse_loss(x.float(), t.float()).dtype == np.float32


def test_running_statistics_of_large_half_numbers():
    norm = nn.BatchNorm1d(4).to("float16")
    norm(ew.tensor(X))
    wanted = 0.9 + 0.1 * X.astype("float64").var(0, ddof=1)
    np.testing.assert_allclose(norm.running_var.numpy(), np.where(wanted < 65_504, wanted, np.inf), rtol=2e-3)
