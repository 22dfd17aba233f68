"""Windows as columns and back, pixels and channels, other sizes, pooling to a given size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgewise as ew
from edgewise.nn import functional as F

IMAGE = np.random.default_rng(0).standard_normal((2, 4, 5, 6))


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(1, 2),
    st.integers(0, 2),
    st.integers(1, 2),
)
def test_fold_is_the_transpose_of_unfold(kernel, dilation, padding, stride):
    x = ew.tensor(IMAGE)
    columns = F.unfold(x, kernel, dilation, padding, stride)
    other = ew.tensor(np.random.default_rng(1).standard_normal(columns.shape))
    back = F.fold(other, (5, 6), kernel, dilation, padding, stride)
    assert back.shape == x.shape
    np.testing.assert_allclose((columns * other).sum().item(), (x * back).sum().item(), rtol=1e-9)


def test_a_convolution_is_a_product_with_columns():
    w = np.random.default_rng(1).standard_normal((3, 4, 2, 3))
    columns = F.unfold(ew.tensor(IMAGE), (2, 3), padding=1)
    product = (ew.tensor(w).reshape(3, -1) @ columns).reshape(2, 3, 6, 6)
    np.testing.assert_allclose(product.numpy(), F.conv2d(ew.tensor(IMAGE), ew.tensor(w), padding=1).numpy())


def test_derivatives(check_derivatives):
    x = IMAGE[:1, :2, :4, :3]
    check_derivatives(lambda t: F.unfold(t, 2, 1, 1, 2), x)
    check_derivatives(lambda t: F.fold(t, (3, 3), 2), np.random.default_rng(0).standard_normal((1, 4, 4)))
    check_derivatives(lambda t: F.interpolate(t, (3, 5), mode="bilinear"), x)
    check_derivatives(lambda t: F.interpolate(t, scale_factor=1.5), x)
    check_derivatives(lambda t: F.adaptive_max_pool2d(t, (3, 2)), x)
    check_derivatives(lambda t: F.local_response_norm(t, 2, 0.5), x)


def test_shuffling_pixels_can_be_undone():
    x = ew.tensor(IMAGE)
    shuffled = F.pixel_shuffle(x, 2)
    assert shuffled.shape == (2, 1, 10, 12)
    assert shuffled[0, 0, :2, :2].flatten().tolist() == x[0, :, 0, 0].tolist()
    assert ew.equal(F.pixel_unshuffle(shuffled, 2), x)
    assert F.channel_shuffle(ew.arange(6).reshape(1, 6, 1), 2).flatten().tolist() == [0, 3, 1, 4, 2, 5]


def test_resizing_keeps_what_is_there():
    x = ew.tensor(IMAGE)
    for mode in ("nearest", "nearest-exact", "bilinear", "bicubic", "area"):
        np.testing.assert_allclose(F.interpolate(x, (5, 6), mode=mode).numpy(), IMAGE, atol=1e-12)
    flat = ew.full((1, 1, 3, 3), 7.0)
    for mode in ("bilinear", "bicubic"):
        for align in (False, True):
            assert ew.allclose(F.interpolate(flat, (7, 5), mode=mode, align_corners=align), ew.tensor(7.0))
    line = ew.tensor([[[0.0, 1.0, 2.0]]])
    assert F.interpolate(line, 5, mode="linear", align_corners=True).tolist() == [[[0, 0.5, 1, 1.5, 2]]]
    assert F.interpolate(line.long(), scale_factor=2).tolist() == [[[0, 0, 1, 1, 2, 2]]]


def test_equal_largest_elements_share_the_gradient_of_adaptive_pooling():
    x = ew.ones(1, 1, 3, 3, requires_grad=True)
    F.adaptive_max_pool2d(x, (2, 2)).sum().backward()
    assert x.grad[0, 0, 0, 0] == 0.25
    assert x.grad[0, 0, 1, 1] == 1
    assert x.grad.sum() == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.unfold(x[0, 0], 2), r"must be \(N, C, H, W\)"),
        (lambda x: F.fold(x[0], (4, 4), 2), "it must be"),
        (lambda x: F.pixel_shuffle(x, 3), "multiple of"),
        (lambda x: F.pixel_unshuffle(x, 2), "multiples of"),
        (lambda x: F.channel_shuffle(x, 3), "multiple of 3"),
        (lambda x: F.interpolate(x, 3, mode="linear"), "is not for an input of shape"),
        (lambda x: F.interpolate(x, (3, 3, 3)), "does not name the 2 sizes"),
        (lambda x: F.interpolate(x, scale_factor=0.1), "must be positive"),
        (lambda x: F.local_response_norm(x, 0), "size is 0"),
    ],
)
def test_wrong_arguments_are_explained(call, message):
    with pytest.raises(ew.ShapeError, match=message):
        call(ew.tensor(IMAGE))


def test_integers_have_no_means():
    with pytest.raises(ew.DTypeError, match="floating-point"):
        F.interpolate(ew.ones(1, 1, 2, 2, dtype=ew.int64), 3, mode="bilinear")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.interpolate(x), "either size or scale_factor"),
        (lambda x: F.interpolate(x, 3, 2), "either size or scale_factor"),
        (lambda x: F.interpolate(x, 3, mode="cubic"), "must be one of"),
        (lambda x: F.interpolate(x, 3, align_corners=True), "align_corners is for"),
    ],
)
def test_settings_that_can_not_be_are_explained(call, message):
    with pytest.raises(ew.ArgumentError, match=message):
        call(ew.tensor(IMAGE))
