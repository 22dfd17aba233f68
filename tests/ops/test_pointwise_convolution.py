"""Convolution with kernels of 1×1, whichever way the images lie in memory."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F
from edgewise.ops import pointwise

rng = np.random.default_rng(0)

LAYOUTS = {
    "image by image": (0, 1, 2, 3),
    "row by row of all images": (2, 1, 0, 3),
    "channels last": (0, 2, 3, 1),
    "channels first": (1, 0, 2, 3),
}


def _laid(x, order):
    """Returns the same images with their axes in an order of memory."""
    back = np.argsort(order)
    return np.ascontiguousarray(x.transpose(order)).transpose(back)


@pytest.mark.parametrize("products", [1, 1 << 20])
@pytest.mark.parametrize("gradient", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("order", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (2, 4, 2, 3), (1, 4, 1, 7), (3, 4, 6, 1)])
def test_it_multiplies_the_channels_of_each_place(shape, order, gradient, products, monkeypatch):
    monkeypatch.setattr(pointwise, "_PRODUCT_BYTES", products)
    monkeypatch.setattr(pointwise, "_LONG", 7)
    x, w, b = rng.standard_normal(shape), rng.standard_normal((5, 4, 1, 1)), rng.standard_normal(5)
    g = rng.standard_normal((shape[0], 5, *shape[2:]))
    images = ew.from_numpy(_laid(x, order)).requires_grad_()
    weight, bias = (ew.tensor(array, requires_grad=True) for array in (w, b))
    y = F.conv2d(images, weight, bias)
    np.testing.assert_allclose(
        y.detach().numpy(), np.einsum("nchw,oc->nohw", x, w[..., 0, 0]) + b[:, None, None], atol=1e-12
    )
    y.backward(ew.from_numpy(_laid(g, gradient)))
    np.testing.assert_allclose(images.grad.numpy(), np.einsum("nohw,oc->nchw", g, w[..., 0, 0]), atol=1e-12)
    np.testing.assert_allclose(weight.grad.numpy()[..., 0, 0], np.einsum("nohw,nchw->oc", g, x), atol=1e-12)
    np.testing.assert_allclose(bias.grad.numpy(), g.sum((0, 2, 3)), atol=1e-12)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 1, 0, 3)])
def test_the_result_owns_its_memory_and_lies_in_it_as_the_images_do(order):
    x = _laid(rng.standard_normal((3, 4, 5, 6)), order)
    y = F.conv2d(ew.from_numpy(x), ew.tensor(rng.standard_normal((2, 4, 1, 1)))).numpy()
    assert y.transpose(order).flags.c_contiguous
    x[...] = 0
    assert y.all()


def test_a_transpose_leaves_the_room_of_its_output_empty():
    g, w = rng.standard_normal((2, 3, 6, 5)), rng.standard_normal((3, 4, 1, 1))
    x, weight = ew.tensor(g, requires_grad=True), ew.tensor(w, requires_grad=True)
    y = F.conv_transpose2d(x, weight, output_padding=1, dilation=2)
    expected = np.zeros((2, 4, 7, 6))
    expected[..., :6, :5] = np.einsum("nohw,oc->nchw", g, w[..., 0, 0])
    np.testing.assert_allclose(y.detach().numpy(), expected, atol=1e-12)
    u = rng.standard_normal(expected.shape)
    y.backward(ew.tensor(u))
    np.testing.assert_allclose(x.grad.numpy(), np.einsum("nchw,oc->nohw", u[..., :6, :5], w[..., 0, 0]), atol=1e-12)
    np.testing.assert_allclose(
        weight.grad.numpy()[..., 0, 0], np.einsum("nohw,nchw->oc", g, u[..., :6, :5]), atol=1e-12
    )


@pytest.mark.parametrize("shape", [(1, 2, 1000, 1000), (1000, 2, 10, 100)])
def test_the_gradient_of_a_million_equal_places_is_exact_to_the_last_digits(shape):
    w = ew.ones(3, 2, 1, 1, requires_grad=True)
    F.conv2d(ew.full(shape, 0.1), w).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), np.float64(np.float32(0.1)) * 1e6, rtol=1e-6)
