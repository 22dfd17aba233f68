"""Functions of nn.functional against PyTorch's: values and gradients."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as theirs  # noqa: E402

import edgewise as ew  # noqa: E402
import edgewise.nn.functional as ours  # noqa: E402

# ruff: noqa: ARG005

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

rng = np.random.default_rng(5)
A, B, C = (rng.standard_normal((4, 6)) for _ in range(3))
SIGNS = np.sign(rng.standard_normal((4, 6)))
ROWS = np.sign(rng.standard_normal(4))
CLASSES = np.array([0, 5, 2, 2])
POSITIVE = rng.random((4, 6)) * 3
IMAGE = rng.standard_normal((2, 4, 6, 5))
LINE = rng.standard_normal((2, 4, 7))
BINARY = (rng.random((4, 6)) > 0.5).astype("float64")
WEIGHT = rng.random(6)
KERNEL = rng.standard_normal((4, 3, 3))

CASES = {
    "glu": (lambda F, t, a: F.glu(a), A),
    "glu_0": (lambda F, t, a: F.glu(a, 0), A),
    "celu": (lambda F, t, a: F.celu(a, 2.0), A),
    "hardshrink": (lambda F, t, a: F.hardshrink(a, 0.3), A),
    "softshrink": (lambda F, t, a: F.softshrink(a, 0.3), A),
    "tanhshrink": (lambda F, t, a: F.tanhshrink(a), A),
    "threshold": (lambda F, t, a: F.threshold(a, 0.2, -3.0), A),
    "pairwise_distance": (lambda F, t, a, b: F.pairwise_distance(a, b), A, B),
    "pairwise_distance_1": (lambda F, t, a, b: F.pairwise_distance(a, b, 1.0, keepdim=True), A, B),
    "triplet": (lambda F, t, a, b, c: F.triplet_margin_loss(a, b, c), A, B, C),
    "triplet_swap": (
        lambda F, t, a, b, c: F.triplet_margin_loss(a, b, c, 2.0, 3, swap=True, reduction="none"),
        A,
        B,
        C,
    ),
    "margin_ranking": (lambda F, t, a, b: F.margin_ranking_loss(a, b, t(SIGNS), 0.5), A, B),
    "hinge_embedding": (lambda F, t, a: F.hinge_embedding_loss(a, t(SIGNS), 0.5, reduction="sum"), A),
    "soft_margin": (lambda F, t, a: F.soft_margin_loss(a, t(SIGNS)), A),
    "cosine_embedding": (lambda F, t, a, b: F.cosine_embedding_loss(a, b, t(ROWS), 0.1), A, B),
    "cosine_embedding_row": (lambda F, t, a, b: F.cosine_embedding_loss(a[0], b[0], t(-1.0), reduction="none"), A, B),
    "multi_margin": (lambda F, t, a: F.multi_margin_loss(a, t(CLASSES)), A),
    "multi_margin_2": (
        lambda F, t, a: F.multi_margin_loss(a, t(CLASSES), 2, 0.5, weight=t(WEIGHT), reduction="none"),
        A,
    ),
    "multi_margin_row": (lambda F, t, a: F.multi_margin_loss(a[1], t(3)), A),
    "multilabel": (lambda F, t, a: F.multilabel_soft_margin_loss(a, t(BINARY), t(WEIGHT)), A),
    "poisson": (lambda F, t, a: F.poisson_nll_loss(a, t(POSITIVE), full=True), A),
    "poisson_plain": (
        lambda F, t, a: F.poisson_nll_loss(a, t(POSITIVE), log_input=False, reduction="sum"),
        POSITIVE + 0.1,
    ),
    "gaussian": (lambda F, t, a, b, c: F.gaussian_nll_loss(a, b, c), A, B, POSITIVE),
    "gaussian_row": (
        lambda F, t, a, b: F.gaussian_nll_loss(a, b, b[:, 0] ** 2 + 0.1, full=True, reduction="none"),
        A,
        B,
    ),
    "gaussian_held": (lambda F, t, a, b, c: F.gaussian_nll_loss(a, b, c, eps=1.0), A, B, POSITIVE),
    "unfold": (lambda F, t, x: F.unfold(x, (2, 3), 2, (1, 2), (2, 1)), IMAGE),
    "unfold_one": (lambda F, t, x: F.unfold(x[0], 3), IMAGE),
    "fold": (lambda F, t, x: F.fold(x[:, :, :6].reshape(1, 4, 12), (4, 5), 2, stride=(1, 1)), LINE[:, :, :6].copy()),
    "fold_unfold": (lambda F, t, x: F.fold(F.unfold(x, 3, 2, 1, 2), (6, 5), 3, 2, 1, 2), IMAGE),
    "pixel_shuffle": (lambda F, t, x: F.pixel_shuffle(x, 2), IMAGE),
    "pixel_unshuffle": (lambda F, t, x: F.pixel_unshuffle(x[..., :4], 2), IMAGE),
    "channel_shuffle": (lambda F, t, x: F.channel_shuffle(x, 2) * 1, IMAGE),
    "nearest": (lambda F, t, x: F.interpolate(x, (9, 4)), IMAGE),
    "nearest_scale": (lambda F, t, x: F.interpolate(x, scale_factor=(1.7, 2)), IMAGE),
    "nearest_line": (lambda F, t, x: F.interpolate(x, scale_factor=2.4), LINE),
    "nearest_exact": (lambda F, t, x: F.interpolate(x, (9, 4), mode="nearest-exact"), IMAGE),
    "linear": (lambda F, t, x: F.interpolate(x, 10, mode="linear"), LINE),
    "bilinear": (lambda F, t, x: F.interpolate(x, (9, 4), mode="bilinear"), IMAGE),
    "bilinear_scale": (lambda F, t, x: F.interpolate(x, scale_factor=1.7, mode="bilinear"), IMAGE),
    "bilinear_again": (
        lambda F, t, x: F.interpolate(x, scale_factor=1.7, mode="bilinear", recompute_scale_factor=True),
        IMAGE,
    ),
    "bilinear_corners": (lambda F, t, x: F.interpolate(x, (9, 1), mode="bilinear", align_corners=True), IMAGE),
    "bicubic": (lambda F, t, x: F.interpolate(x, (9, 4), mode="bicubic"), IMAGE),
    "bicubic_corners": (lambda F, t, x: F.interpolate(x, (9, 4), mode="bicubic", align_corners=True), IMAGE),
    "area": (lambda F, t, x: F.interpolate(x, (4, 3), mode="area"), IMAGE),
    "adaptive_avg_pool1d": (lambda F, t, x: F.adaptive_avg_pool1d(x, 3), LINE),
    "adaptive_max_pool1d": (lambda F, t, x: F.adaptive_max_pool1d(x, 3), LINE),
    "adaptive_max_pool2d": (lambda F, t, x: F.adaptive_max_pool2d(x, (4, 2)), IMAGE),
    "adaptive_max_pool2d_even": (lambda F, t, x: F.adaptive_max_pool2d(x, (3, None)), IMAGE),
    "conv_transpose1d": (lambda F, t, x, w: F.conv_transpose1d(x, w, None, 2, 1, 1, 2), LINE, KERNEL),
    "conv_transpose1d_bias": (
        lambda F, t, x, w: F.conv_transpose1d(x, w, t([1.0, 2.0, 3.0]).to(x.dtype), dilation=2),
        LINE,
        KERNEL,
    ),
    "local_response_norm": (lambda F, t, x: F.local_response_norm(x, 3, 0.1), IMAGE),
    "local_response_norm_line": (lambda F, t, x: F.local_response_norm(x, 2, 0.5, 1.0, 2.0), LINE),
}


def run(library, functions, function, arrays):
    tensors = [library.tensor(array, requires_grad=True) for array in arrays]
    result = function(functions, library.tensor, *tensors)
    slope = np.cos(np.arange(result.numel())).reshape(tuple(result.shape))
    (result * library.tensor(slope)).sum().backward()
    return result.detach().numpy(), [x.grad.numpy() for x in tensors]


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_agree(name):
    function, *arrays = CASES[name]
    expected, their_gradients = run(torch, theirs, function, arrays)
    found, our_gradients = run(ew, ours, function, arrays)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
    for a, b in zip(our_gradients, their_gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_one_hot_agrees():
    classes = np.array([[0, 2], [1, 2]])
    for count in (-1, 5):
        expected = theirs.one_hot(torch.tensor(classes), count).numpy()
        np.testing.assert_array_equal(ours.one_hot(ew.tensor(classes), count).numpy(), expected)
