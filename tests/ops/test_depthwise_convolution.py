"""Convolution of each channel by a kernel of its own, as products with band matrices and in rows of shifted images."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F
from edgewise.ops import bands, depthwise, strided

rng = np.random.default_rng(0)


@pytest.fixture(params=["whole", "in parts", "bands", "narrow bands"], autouse=True)
def way(request, monkeypatch):
    monkeypatch.setattr(depthwise, "_FEW", 1)
    monkeypatch.setattr(depthwise, "_FEW_CHANNELS", 2)
    monkeypatch.setattr(bands, "_FEW_IMAGES", 1 if "bands" in request.param else 1000)
    if request.param == "narrow bands":
        monkeypatch.setattr(bands, "_COLUMNS", 3)
    if request.param == "in parts":
        for name, size in {"_BLOCK": 16, "_CHANNEL": 40, "_LONG": 7}.items():
            monkeypatch.setattr(depthwise, name, size)
    return request.param


def _windows(x, kernel, stride, padding, dilation):
    """Returns the windows of images, (N, C, places down, places along, *kernel)."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    span = [dilation[k] * (kernel[k] - 1) + 1 for k in (0, 1)]
    every = np.lib.stride_tricks.sliding_window_view(x, span, (2, 3))
    return every[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


@pytest.mark.parametrize("dilation", [(1, 1), (2, 3)])
@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((2, 1), (3, 4))])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 1), (2, 4), (9, 12)])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 4), (1, 3)])
def test_each_channel_has_its_kernel_and_all_three_agree_with_the_definition(kernel, stride, padding, dilation, way):
    x, w, b = rng.standard_normal((3, 2, 9, 11)), rng.standard_normal((2, 1, *kernel)), rng.standard_normal(2)
    windows = _windows(x, kernel, stride, padding, dilation)
    expected = np.einsum("ncijuv,cuv->ncij", windows, w[:, 0]) + b[:, None, None]
    g = rng.standard_normal(expected.shape)
    to_weights = np.einsum("ncijuv,ncij->cuv", windows, g)[:, None]
    units = np.eye(99).reshape(99, 1, 9, 11)  # What one pixel adds to the output, for each pixel.
    of_pixels = _windows(units, kernel, stride, padding, dilation)
    to_images = np.einsum("kijuv,cuv,ncij->nck", of_pixels[:, 0], w[:, 0], g).reshape(x.shape)
    counts = expected.shape[2:]
    how = (stride, padding, dilation, 2)
    results = [
        (strided.convolve(np, x, w, b, counts, *how), expected),
        (strided.input_gradient(np, g, w, x.shape[2:], *how), to_images),
        (strided.weight_gradient(np, x, g, kernel, *how), to_weights),
    ]
    both = strided.convolve_both_ways(np, x, w, b, counts, *how)
    assert (both is None) == ("bands" in way and (dilation[0] == 1 or kernel[0] == 1))
    if both is not None:
        gradient = both[1](g)
        results += [
            (both[0], expected),
            (gradient(0), to_images),
            (gradient(1), to_weights),
            (gradient(2), g.sum((0, 2, 3))),
        ]
    for result, right in results:
        np.testing.assert_allclose(result, right, atol=1e-12)


def test_rows_that_no_window_reaches_get_no_gradient():
    x, w = ew.ones((1, 2, 6, 6), requires_grad=True), ew.ones((2, 1, 2, 2))
    F.conv2d(x, w, stride=3, groups=2).sum().backward()
    row = np.array([1, 1, 0, 1, 1, 0])
    np.testing.assert_array_equal(x.grad.numpy(), np.broadcast_to(np.outer(row, row), (1, 2, 6, 6)))


def test_first_and_second_derivatives(check_derivatives):
    x, w = rng.standard_normal((2, 2, 5, 4)), rng.standard_normal((2, 1, 3, 2))
    check_derivatives(lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=1, groups=2), x, w)


def test_float32_stays_float32():
    x, w = ew.ones((2, 3, 4, 4), requires_grad=True), ew.ones((3, 1, 3, 3), requires_grad=True)
    y = F.conv2d(x, w, groups=3)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == w.grad.dtype == np.float32


def test_a_sum_over_a_million_places_is_exact_to_single_precision(monkeypatch):
    monkeypatch.setattr(depthwise, "_LONG", 1 << 10)
    x, w = ew.full((1, 2, 1000, 1000), 0.1), ew.ones((2, 1, 1, 1), requires_grad=True)
    F.conv2d(x, w, groups=2).sum().backward()
    np.testing.assert_allclose(w.grad.numpy().ravel(), 1e6 * np.float64(np.float32(0.1)), rtol=1e-6)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_only_windows_that_see_a_number_that_is_not_finite_have_another(number):
    x, w = np.zeros((2, 2, 8, 9), np.float32), np.ones((2, 1, 3, 3), np.float32)
    x[1, 0, 4, 5] = number
    seen = np.zeros(x.shape, bool)
    seen[1, 0, 3:6, 4:7] = True
    image, kernel = ew.tensor(x, requires_grad=True), ew.tensor(w)
    y = F.conv2d(image, kernel, padding=1, groups=2)
    np.testing.assert_array_equal(np.isfinite(y.detach().numpy()), ~seen)
    y.backward(ew.tensor(x))
    np.testing.assert_array_equal(np.isfinite(image.grad.numpy()), ~seen)
