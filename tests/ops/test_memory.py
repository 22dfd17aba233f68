"""How much memory the operations need: a small multiple of what goes in and comes out, forward and back."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

rng = np.random.default_rng(0)


def leaf(*shape):
    return ew.tensor(rng.standard_normal(shape), requires_grad=True)


def definite(n):
    a = rng.standard_normal((n, n))
    return ew.tensor(a @ a.T + n * np.eye(n), requires_grad=True)


def numbers(most, *shape):
    return ew.tensor(rng.integers(0, most, shape))


def peak_of(run):
    """The most bytes that NumPy and Python held at once, beyond what they held before."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


CASES = {
    "matmul of one matrix and many": (ew.matmul, [(100, 100), (400, 100, 1)]),
    "matmul of many matrices and one": (ew.matmul, [(400, 1, 100), (100, 100)]),
    "matmul of a batch of one": (ew.matmul, [(1, 100, 100), (400, 100, 1)]),
    "matmul of batches across": (ew.matmul, [(20, 1, 30, 2), (1, 20, 2, 30)]),
    "matmul and vector": (ew.matmul, [(300, 300), (300,)]),
    "tensordot": (lambda a, b: ew.tensordot(a, b, dims=([0, 1], [1, 0])), [(200, 200), (200, 200)]),
    "multi_dot": (lambda *x: ew.linalg.multi_dot(x), [(300,), (300, 300), (300, 300), (300,)]),
    "kron": (ew.kron, [(15, 15), (15, 15)]),
    "outer": (ew.outer, [(300,), (300,)]),
    "inner": (ew.inner, [(150, 150), (150, 150)]),
    "vecdot of pairs": (ew.vecdot, [(120, 1, 120), (1, 120, 120)]),
    "cosines of pairs": (lambda a, b: F.cosine_similarity(a[:, None], b[None], dim=-1), [(100, 100), (100, 100)]),
    "einsum of three": (lambda *x: ew.einsum("ij,jk,kl->il", *x), [(60, 60)] * 3),
    "cdist": (ew.cdist, [(200, 100), (200, 100)]),
    "cdist of float32": (lambda a, b: ew.cdist(a.float(), b.float()), [(200, 100), (200, 100)]),
    "cdist of points": (ew.cdist, [(400, 3), (400, 3)]),
    "cdist of batches": (ew.cdist, [(60, 20, 30), (60, 20, 30)]),
    "cdist with p=1": (lambda a, b: ew.cdist(a, b, p=1.0), [(200, 100), (200, 100)]),
    "cdist with p=3": (lambda a, b: ew.cdist(a, b, p=3.0), [(200, 100), (200, 100)]),
    "cdist with the largest difference": (lambda a, b: ew.cdist(a, b, p=float("inf")), [(200, 100), (200, 100)]),
    "embedding": (lambda w: F.embedding(numbers(2000, 300), w), [(2000, 16)]),
    "cross_entropy": (lambda x: F.cross_entropy(x, numbers(400, 200)), [(200, 400)]),
    "multi_margin_loss": (lambda x: F.multi_margin_loss(x, numbers(400, 200)), [(200, 400)]),
    "gather": (lambda x: ew.gather(x, 1, numbers(400, 200, 10)), [(200, 400)]),
    "scatter_add": (lambda x, s: ew.scatter_add(x, 1, numbers(400, 200, 10), s), [(200, 400), (200, 10)]),
    "index_select": (lambda x: ew.index_select(x, 0, numbers(200, 300)), [(200, 400)]),
    "index_fill": (lambda x: ew.index_fill(x, 0, numbers(200, 300), 1.0), [(200, 400)]),
    "prod": (ew.prod, [(50_000,)]),
    "cumprod": (lambda x: ew.cumprod(x, 0), [(20_000,)]),
    "logcumsumexp": (lambda x: ew.logcumsumexp(x, 0), [(20_000,)]),
    "sort": (lambda x: ew.sort(x, 1).values, [(200, 200)]),
    "topk": (lambda x: ew.topk(x, 5, 1).values, [(100, 1000)]),
    "mode": (lambda x: ew.mode(x, 1).values, [(200, 200)]),
    "max_pool2d": (lambda x: F.max_pool2d(x, 13, 1, 6), [(2, 2, 64, 64)]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 13, 1, 6), [(2, 2, 64, 64)]),
    "adaptive_avg_pool1d": (lambda x: F.adaptive_avg_pool1d(x, 300), [(1, 8, 1000)]),
    "interpolate linear": (lambda x: F.interpolate(x, size=600, mode="linear"), [(1, 20, 300)]),
    "interpolate area": (lambda x: F.interpolate(x, size=300, mode="area"), [(1, 20, 1000)]),
    "interpolate bicubic": (lambda x: F.interpolate(x, scale_factor=2, mode="bicubic"), [(2, 2, 48, 48)]),
    "conv2d": (lambda x, w: F.conv2d(x, w, padding=3), [(2, 8, 64, 64), (8, 8, 7, 7)]),
    "conv_transpose2d": (lambda x, w: F.conv_transpose2d(x, w, stride=2), [(2, 16, 32, 32), (16, 8, 4, 4)]),
    "attention": (F.scaled_dot_product_attention, [(4, 128, 64)] * 3),
    "repeat_interleave": (lambda x: ew.repeat_interleave(x, 3, 0), [(150, 150)]),
    "solve": (lambda b: ew.linalg.solve(definite(100), b), [(100, 100)]),
    "inv": (lambda x: ew.linalg.inv(x @ x.mT), [(100, 100)]),
    "det": (ew.linalg.det, [(400, 6, 6)]),
    "svdvals": (ew.linalg.svdvals, [(1000, 8)]),
    "nuclear norm": (lambda x: ew.linalg.matrix_norm(x, "nuc"), [(1000, 8)]),
    "pinv of a tall matrix": (ew.linalg.pinv, [(1000, 8)]),
    "pinv of a wide matrix": (ew.linalg.pinv, [(8, 1000)]),
    "qr": (lambda x: ew.linalg.qr(x).Q, [(1000, 8)]),
    "searchsorted in rows": (lambda x: x * ew.searchsorted(x.detach().sort(1).values, x.detach()), [(20, 2000)]),
}


@pytest.mark.parametrize("name", CASES)
def test_neither_way_needs_more_than_a_small_multiple_of_what_goes_in_and_out(name):
    function, shapes = CASES[name]
    leaves = [leaf(*shape) for shape in shapes]
    result = function(*leaves)
    room = 12 * sum(x.array.nbytes for x in (*leaves, result)) + 300_000  # for what Python itself needs
    assert peak_of(lambda: function(*leaves)) < room
    assert peak_of(lambda: ew.autograd.grad(result, leaves, [ew.ones_like(result)])) < room


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_second_derivatives_of_distances_need_no_more(dtype):
    a, b = (leaf(200, 100).to(dtype).detach().requires_grad_() for _ in range(2))
    distances = ew.cdist(a, b)
    room = 20 * sum(x.array.nbytes for x in (a, b, distances)) + 600_000

    def twice():
        slopes = ew.autograd.grad(distances.sum(), [a, b], create_graph=True)
        ew.autograd.grad(sum((slope * slope).sum() for slope in slopes), [a, b])

    assert peak_of(twice) < room


WIDE_KERNELS = {
    "many samples": (F.conv1d, (1, 1, 20_000), (1, 1, 501), {}),
    "many samples, of the same size": (F.conv1d, (1, 1, 20_000), (1, 1, 501), {"padding": 250}),
    "several outputs": (F.conv1d, (1, 1, 20_000), (8, 1, 501), {}),
    "several inputs": (F.conv1d, (1, 8, 20_000), (1, 8, 501), {}),
    "many channels": (F.conv1d, (1, 24, 3000), (8, 24, 101), {"padding": 50}),
    "a channel each": (F.conv1d, (2, 32, 2000), (32, 1, 65), {"padding": 32, "groups": 32}),
    "steps": (F.conv1d, (2, 1, 40_000), (16, 1, 400), {"stride": 5}),
    "an image": (F.conv2d, (1, 1, 200, 200), (1, 1, 31, 31), {"padding": 15}),
    "images": (F.conv2d, (2, 4, 100, 100), (4, 4, 31, 31), {"padding": 15}),
    "images, a channel each": (F.conv2d, (2, 16, 64, 64), (16, 1, 31, 31), {"padding": 15, "groups": 16}),
    "a dilated kernel": (F.conv2d, (2, 8, 64, 64), (8, 8, 9, 9), {"padding": 8, "dilation": 2}),
    "a tall kernel": (F.conv2d, (1, 2, 1000, 40), (2, 2, 301, 3), {}),
    "a transpose": (F.conv_transpose2d, (2, 4, 64, 64), (4, 4, 15, 15), {"stride": 2}),
    "a transpose at stride 1": (F.conv_transpose2d, (2, 4, 64, 64), (4, 4, 15, 15), {}),
    "a transpose of samples": (F.conv_transpose1d, (1, 1, 20_000), (1, 1, 501), {"stride": 4}),
}


@pytest.mark.parametrize("name", WIDE_KERNELS)
def test_wide_kernels_need_a_small_multiple_both_ways(name):
    function, shape, weights, how = WIDE_KERNELS[name]
    x, w = (leaf(*sizes).float().detach().requires_grad_() for sizes in (shape, weights))
    y = function(x, w, **how)
    g = ew.ones_like(y)
    room = 8 * sum(tensor.array.nbytes for tensor in (x, w, y)) + 100_000  # for what Python itself needs
    assert peak_of(lambda: function(x, w, **how)) < room
    assert peak_of(lambda: ew.autograd.grad(y, [x], [g], retain_graph=True)) < room
    assert peak_of(lambda: ew.autograd.grad(y, [w], [g], retain_graph=True)) < room


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("shape", [(2, 3, 7), (2, 3, 40), (4, 0), (0, 5)])
def test_places_in_rows_are_those_in_each_row(shape, right):
    rows = np.sort(rng.integers(0, 5, shape) / 2.0, axis=-1)
    values = rng.integers(-1, 6, (*shape[:-1], 4)) / 2.0
    places = ew.searchsorted(ew.tensor(rows), ew.tensor(values), right=right).numpy()
    assert places.shape == values.shape
    for at in np.ndindex(*shape[:-1]):
        expected = np.searchsorted(rows[at], values[at], side="right" if right else "left")
        np.testing.assert_array_equal(places[at], expected)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 2), (4, 2, 5)),
        ((1, 3, 2), (4, 2, 5)),
        ((4, 3, 2), (1, 2, 5)),
        ((6, 1, 3, 2), (1, 4, 2, 5)),
        ((4, 1, 3, 2), (2, 5)),
    ],
)
def test_products_with_repeated_matrices_have_the_gradients_of_the_sum(a, b):
    x, z = leaf(*a), leaf(*b)
    g = rng.standard_normal(np.matmul(x.detach().numpy(), z.detach().numpy()).shape)
    (x @ z).backward(ew.tensor(g))
    letters = "...ij,...jk->...ik"
    wide_x = np.broadcast_to(x.detach().numpy(), (*g.shape[:-2], *a[-2:]))
    wide_z = np.broadcast_to(z.detach().numpy(), (*g.shape[:-2], *b[-2:]))
    for leaf_, part in (
        (x, np.einsum(letters, g, np.swapaxes(wide_z, -1, -2))),
        (z, np.einsum(letters, np.swapaxes(wide_x, -1, -2), g)),
    ):
        extra = part.ndim - leaf_.ndim
        part = part.sum(axis=tuple(range(extra)))
        part = part.sum(
            axis=tuple(i for i, size in enumerate(leaf_.shape) if size == 1 != part.shape[i]), keepdims=True
        )
        np.testing.assert_allclose(leaf_.grad.numpy(), part, rtol=1e-10)
