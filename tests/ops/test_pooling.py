from __future__ import annotations

import math

import array_api_strict
import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.nn import functional as F
from edgewise.ops import pooling

rng = np.random.default_rng(0)
# kernel, stride, padding, dilation, image
GEOMETRIES = [
    ((2, 2), (2, 2), (0, 0), (1, 1), (8, 6)),
    ((2, 2), (2, 2), (0, 0), (1, 1), (9, 7)),
    ((2, 3), (2, 3), (0, 0), (1, 1), (7, 11)),
    ((3, 3), (2, 2), (1, 1), (1, 1), (9, 8)),
    ((3, 2), (1, 2), (1, 0), (1, 2), (6, 7)),
    ((1, 1), (1, 1), (0, 0), (1, 1), (3, 2)),
]

WIDE = [
    ((33, 2), (33, 2), (0, 0), (1, 1), (40, 5)),
    ((2, 35), (1, 35), (0, 0), (1, 1), (4, 110)),
    ((37, 40), (1, 1), (3, 20), (1, 1), (41, 45)),
    ((1, 64), (1, 3), (0, 0), (1, 1), (2, 90)),
    ((34, 1), (50, 1), (17, 0), (1, 1), (70, 2)),
    ((40, 3), (2, 1), (0, 0), (1, 1), (41, 4)),
]


def windows(x, kernel, stride, padding, dilation, fill):
    """Every window of every image, with axes (N, C, H, W, elements), and where each element lies."""
    padded = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2), constant_values=fill)
    size = [(padded.shape[2 + i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1 for i in (0, 1)]
    # i * stride[0] + a * dilation[0] and j * stride[1] + b * dilation[1], for elements (a, b) of windows (i, j)
    starts = np.moveaxis(np.indices(size), 0, -1) * stride
    within = np.moveaxis(np.indices(kernel), 0, -1).reshape(-1, 2) * dilation
    places = starts[:, :, None, :] + within
    return padded[:, :, places[..., 0], places[..., 1]], places


@pytest.mark.parametrize("xp", [np, array_api_strict])
@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "image"), GEOMETRIES)
def test_maxima_and_their_gradients_with_ties(xp, kernel, stride, padding, dilation, image):
    x = rng.integers(0, 4, (2, 3, *image)).astype(np.float64)
    cut, places = windows(x, kernel, stride, padding, dilation, -np.inf)
    g, h = rng.standard_normal(cut.shape[:-1]), rng.standard_normal(x.shape)
    shares = cut == cut.max(-1, keepdims=True)
    shares = shares / shares.sum(-1, keepdims=True)
    back = np.zeros((2, 3, image[0] + 2 * padding[0], image[1] + 2 * padding[1]))
    np.add.at(back, (slice(None), slice(None), places[..., 0], places[..., 1]), g[..., None] * shares)
    back = back[:, :, padding[0] : padding[0] + image[0], padding[1] : padding[1] + image[1]]

    how = {"kernel": kernel, "stride": stride, "padding": tuple((p, p) for p in padding), "dilation": dilation}
    on_x, on_g, on_h = (xp.asarray(array) for array in (x, g, h))
    y = pooling._max_pool2d.forward(xp, on_x, **how)
    np.testing.assert_array_equal(np.asarray(y), cut.max(-1))
    np.testing.assert_allclose(np.asarray(pooling._max_unpool2d.forward(xp, on_g, y, on_x, **how)), back, atol=1e-12)
    at = np.asarray(pooling._max_pool2d_at.forward(xp, on_h, y, on_x, **how))
    assert (at * g).sum() == pytest.approx((back * h).sum())


@pytest.mark.parametrize("xp", [np, array_api_strict])
@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "image"), [g for g in [*GEOMETRIES, *WIDE] if g[3] == (1, 1)]
)
def test_means(xp, count_padding, kernel, stride, padding, dilation, image):
    x = rng.standard_normal((2, 3, *image))
    cut, _ = windows(x, kernel, stride, padding, dilation, 0.0)
    counts = windows(np.ones_like(x), kernel, stride, padding, dilation, float(count_padding))[0].sum(-1)
    how = {
        "kernel": kernel,
        "stride": stride,
        "padding": tuple((p, p) for p in padding),
        "count_padding": count_padding,
        "divisor": None,
    }
    y = np.asarray(pooling._avg_pool2d.forward(xp, xp.asarray(x), **how))
    np.testing.assert_allclose(y, cut.sum(-1) / counts, atol=1e-12)
    g = rng.standard_normal(y.shape)
    back = np.asarray(pooling._avg_pool2d_input.forward(xp, xp.asarray(g), size=image, **how))
    assert (back * x).sum() == pytest.approx((g * y).sum())


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.max_pool2d(x, 3, 1, 1),
        lambda x: F.max_pool2d(x, (3, 2), dilation=(1, 2)),
        lambda x: F.avg_pool2d(x, 2),
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        lambda x: F.avg_pool2d(x, 2, divisor_override=3),
        lambda x: F.adaptive_avg_pool2d(x, (2, 3)),
        lambda x: F.max_pool1d(x[0], 2),
        lambda x: F.avg_pool1d(x[0], 3, 2, 1),
    ],
)
def test_first_and_second_derivatives(pool, check_derivatives):
    check_derivatives(lambda x: pool(x) * pool(x), rng.permutation(40).reshape(1, 2, 5, 4) / 10.0)


def test_ties_share_the_gradient_evenly():
    x = ew.tensor(np.zeros((1, 1, 2, 2)), requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full((1, 1, 2, 2), 0.25))


def test_padding_never_wins():
    assert F.max_pool2d(ew.tensor(np.full((1, 1, 2, 2), -5.0)), 3, 1, 1).numpy().max() == -5.0
    assert F.max_pool2d(ew.tensor(np.full((1, 1, 2, 2), -5)), 3, 1, 1).numpy().max() == -5


def test_pooling_does_not_share_memory_with_its_input():
    x = ew.tensor(np.zeros((1, 1, 2, 2)))
    assert not np.shares_memory(F.max_pool2d(x, 1).numpy(), x.numpy())


@pytest.mark.parametrize("size", [1, 2, (3, 2), (None, 5), 7])
def test_adaptive_windows(size):
    x = rng.standard_normal((2, 3, 7, 5))
    counts = [
        s if s is not None else x.shape[2 + i] for i, s in enumerate(size if isinstance(size, tuple) else (size,) * 2)
    ]
    y = F.adaptive_avg_pool2d(ew.tensor(x), size).numpy()
    assert y.shape == (2, 3, *counts)
    for i, j in np.ndindex(*counts):
        rows, cols = (
            slice(k * s // c, -(-(k + 1) * s // c)) for k, s, c in zip((i, j), x.shape[2:], counts, strict=True)
        )
        np.testing.assert_allclose(y[:, :, i, j], x[:, :, rows, cols].mean(axis=(2, 3)))


def test_one_image_and_sequences():
    x = rng.standard_normal((3, 4, 6))
    np.testing.assert_array_equal(F.max_pool2d(ew.tensor(x), 2).numpy(), F.max_pool2d(ew.tensor(x[None]), 2).numpy()[0])
    np.testing.assert_array_equal(F.max_pool1d(ew.tensor(x), 2).numpy(), x.reshape(3, 4, 3, 2).max(-1))
    np.testing.assert_allclose(F.avg_pool1d(ew.tensor(x[0]), 3).numpy(), x[0].reshape(4, 2, 3).mean(-1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: F.max_pool2d(x, 5), ew.ShapeError, "does not fit into the height 4"),
        (lambda x: F.max_pool2d(x, 2, padding=2), ew.ShapeError, "more than half"),
        (lambda x: F.max_pool2d(x, 0), ew.ArgumentError, "kernel_size is 0"),
        (lambda x: F.max_pool2d(x[0, 0], 2), ew.ShapeError, "max_pool2d: input has shape"),
        (lambda x: F.max_pool1d(x, 2), ew.ShapeError, r"\(N, C, L\)"),
        (lambda x: F.avg_pool2d(x.long(), 2), ew.DTypeError, "x.float"),
        (lambda x: F.avg_pool2d(x, 2, divisor_override=0), ew.ArgumentError, "must not be 0"),
        (lambda x: F.adaptive_avg_pool2d(x, 0), ew.ArgumentError, "output_size"),
    ],
)
def test_wrong_arguments_are_explained(call, error, message):
    with pytest.raises(error, match=message):
        call(ew.tensor(np.ones((1, 1, 4, 4))))


@pytest.mark.parametrize("p", [1, 1.5, 2, 3])
def test_power_pooling_of_nothing_has_no_slope(p):
    x = ew.zeros(1, 1, 4, 4, requires_grad=True)
    F.lp_pool2d(x, p, 2).sum().backward()
    F.lp_pool1d(x[0], p, 2).sum().backward()
    assert x.grad.abs().sum().item() == 0


# The gradients of PyTorch 2.13. The sum of the first window is 0, of the second it is not.
@pytest.mark.parametrize(
    ("p", "values", "gradient"),
    [
        (1, [0.0, 2.0], [[0, 0, 1, 1], [0, 0, 1, 1]]),
        (2, [0.0, 2.4494898], [[0, 0, 0.4082483, -0.4082483], [0, 0, 0.8164966, 0]]),
        (3, [0.0, 2.0], [[0, 0, 0.25, 0.25], [0, 0, 1, 0]]),
    ],
)
def test_power_pooling_has_no_slope_where_its_sum_is_0(p, values, gradient):
    x = ew.tensor([[[[0.0, 0.0, 1.0, -1.0], [0.0, 0.0, 2.0, 0.0]]]], requires_grad=True)
    y = F.lp_pool2d(x, p, 2)
    y.sum().backward()
    assert y[0, 0, 0].tolist() == pytest.approx(values)
    assert x.grad.numpy()[0, 0] == pytest.approx(np.array(gradient))


def test_a_power_of_opposites_that_cancel_has_no_slope_either():
    x = ew.tensor([[[1.0, -1.0]]], requires_grad=True)
    F.lp_pool1d(x, 3, 2).sum().backward()
    assert x.grad.tolist() == [[[0, 0]]]


def test_the_infinite_power_finds_the_largest_size():
    x = ew.tensor([[[1.0, -2.0, 3.0, -4.0, 0.0, 0.5]]], requires_grad=True)
    y = F.lp_pool1d(x, math.inf, 2)
    y.sum().backward()
    assert y.tolist() == [[[2, 4, 0.5]]]
    assert x.grad.tolist() == [[[0, -1, 0, -1, 0, 1]]]
    assert F.lp_pool2d(ew.tensor([[[0.1, -2.0], [0.5, 0.25]]]), math.inf, 2).tolist() == [[[2]]]
    assert nn.LPPool2d(math.inf, 2)(ew.tensor([[[[0.1, -2.0], [0.5, 0.25]]]])).tolist() == [[[[2]]]]


def test_power_pooling_takes_powers_of_the_elements_as_pytorch_does():
    x = ew.tensor([[-1.0, 2.0, -3.0, 1.0]])
    assert F.lp_pool1d(x, 3, 2)[0, 0].item() == pytest.approx(7 ** (1 / 3))
    assert np.isnan(F.lp_pool1d(x, 3, 2)[0, 1].item())
    assert F.lp_pool1d(x, 2, 2).numpy() == pytest.approx(np.sqrt([[5, 10]]))


@pytest.mark.parametrize(
    ("pool", "error", "message"),
    [
        (lambda: F.lp_pool2d(ew.ones(1, 4, 4), 0, 2), ew.ArgumentError, "lp_pool2d: norm_type is 0"),
        (lambda: F.lp_pool1d(ew.ones(1, 4), float("nan"), 2), ew.ArgumentError, "lp_pool1d: norm_type is nan"),
        (lambda: F.lp_pool2d(ew.ones(1, 4, 4), -float("inf"), 2), ew.ArgumentError, "lp_pool2d: norm_type is -inf"),
        (lambda: F.lp_pool1d(ew.ones(1, 4), 2, 5), ew.ShapeError, "lp_pool1d: a window of 5"),
        (lambda: F.lp_pool1d(ew.ones(1, 4).long(), 2, 2), ew.DTypeError, "lp_pool1d.*x.float"),
        (lambda: F.lp_pool2d(ew.ones(4), 2, 2), ew.ShapeError, "lp_pool2d: input has shape"),
        (lambda: ew.nn.LPPool1d(-1, 2), ew.ArgumentError, "LPPool1d: norm_type is -1"),
        (lambda: ew.nn.LPPool2d(2, 0), ValueError, "LPPool2d: kernel_size"),
    ],
)
def test_power_pooling_refuses(pool, error, message):
    with pytest.raises(error, match=message):
        pool()
