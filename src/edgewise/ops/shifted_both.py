"""Convolution at stride 1 as a sum of shifted products, forward and backward together: this is for speed alone.

The padded images of the forward serve the gradient of the weights, and the padded gradient that of images and weights.
Each is multiplied as it lies in memory: a kernel's column is a shift of one of the two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph.arrays import Array, Namespace
from . import shifted
from .windows import Padding, Pair


def suits(x: Array, w: Array, counts: Pair, padding: Padding, dilation: Pair) -> bool:
    """Returns whether images and gradient can be padded to rows of one length, for all images at once."""
    reach = dilation[0] * (w.shape[2] - 1), dilation[1] * (w.shape[3] - 1)
    around = _around(reach, padding)
    return (
        len(x) > 0
        and sum(padding[1]) == reach[1]
        and min(min(pair) for pair in around) >= 0
        and shifted.images_at_once(x, w.shape[2:], w.shape[0], padding) >= len(x)
        and shifted.images_at_once(x, w.shape[2:], w.shape[1], padding) >= len(x)
    )


def convolve(
    xp: Namespace, x: Array, w: Array, b: Any, counts: Pair, padding: Padding, dilation: Pair
) -> tuple[Array, Callable[[Array], Callable[[int], Array]]]:
    """Returns the convolution, and the function that goes back from its gradient to images, weights and bias."""
    size = x.shape[2], x.shape[3]
    reach = dilation[0] * (w.shape[2] - 1), dilation[1] * (w.shape[3] - 1)
    around = _around(reach, padding)
    images = shifted.padded(xp, x, padding)
    # After this the weights may be written to, which the engine finds out before it goes back.
    turned = xp.ascontiguousarray(w[..., ::-1, ::-1].swapaxes(0, 1))

    def back(g: Array) -> Callable[[int], Array]:
        arrived = shifted.padded(xp, g, around)

        def gradient(i: int) -> Array:
            if i == 0:
                return shifted.products(xp, arrived, turned, None, size, dilation)
            if i == 1:
                rows = arrived[around[0][0] : around[0][0] + counts[0]]
                return _weight_gradient(xp, images, rows, (w.shape[2], w.shape[3]), around[1][0], dilation, x.dtype)
            return xp.sum(g, axis=(0, 2, 3))

        return gradient

    return shifted.products(xp, images, w, b, counts, dilation), back


def _around(reach: Pair, padding: Padding) -> Padding:
    """Returns the padding of a gradient, for the convolution that sends it back to images."""
    (top, bottom), (left, right) = padding
    return (reach[0] - top, reach[0] - bottom), (reach[1] - left, reach[1] - right)


def _weight_gradient(
    xp: Namespace, images: Array, arrived: Array, kernel: Pair, left: int, dilation: Pair, dtype: Any
) -> Array:
    """Returns the gradient of the weights. `arrived` has `left` columns of zeros before the gradient."""
    (tall, wide), (count, o, n, width), c = kernel, arrived.shape, images.shape[1]
    places = count * n * (width - (wide - 1) * dilation[1])
    multiply = shifted.product_of(xp, places)
    total = xp.zeros((wide, tall * c, o), dtype=xp.float64 if places >= shifted.MANY_PLACES else dtype)
    rows = shifted.rows_of(xp, images, tall, count)
    sent = arrived.reshape(count, o, n * width)
    for j in range(wide):
        shift = j * dilation[1] - left
        a = rows[..., shift:] if shift >= 0 else rows[..., :shift]
        g = sent[..., : n * width - shift] if shift >= 0 else sent[..., -shift:]
        total[j] = xp.sum(multiply(a, g.mT), axis=0)
    return total.reshape(wide, tall, c, o).transpose(3, 2, 1, 0).astype(dtype, order="C")
