"""Sums lose no digits along any axis: right values are the number of terms times the term."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.nn import functional as F

SHAPES = [
    (1_000_000, 2),
    (2, 500_000, 1),
    (100_000, 30),
    (30, 100_000),
    (5, 100_000, 2),
    (300, 4, 300, 4),
    (65, 64, 66),
]
LAYOUTS = {
    "contiguous": lambda x: x,
    "reversed axes": lambda x: x.transpose(range(x.ndim)[::-1]),
    "every second": lambda x: x[tuple(slice(None, None, 2) for _ in x.shape)],
    "first and last exchanged": lambda x: x.swapaxes(0, -1),
    "backwards": lambda x: x[tuple(slice(None, None, -1) for _ in x.shape)],
}
TOLERANCE = {"float32": 1e-6, "float16": 2e-3}


def _axes(ndim):
    return [axes for count in range(1, ndim + 1) for axes in itertools.combinations(range(ndim), count)]


def _off(found, right):
    return np.abs(np.asarray(found.numpy(), "float64") / right - 1).max()


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sums_and_means_of_equal_terms_over_any_axes(shape, layout, dtype):
    term = np.asarray(0.0007, dtype)
    x = ew.from_numpy(LAYOUTS[layout](np.full(shape, term)))
    for axes in _axes(x.ndim):
        assert _off(x.mean(axes), float(term)) <= TOLERANCE[dtype], axes
        count = np.prod([x.shape[axis] for axis in axes])
        total = x.sum(axes, keepdim=True)
        assert _off(total, count * float(term)) <= TOLERANCE[dtype], axes
        assert total.shape == tuple(1 if i in axes else n for i, n in enumerate(x.shape))


def test_the_mean_of_twenty_million_ones_is_one():
    assert ew.ones(20_000_000, 1).mean(0).item() == 1
    assert ew.ones(10_000_000, 2).sum(0).tolist() == [1e7, 1e7]


def test_sums_of_random_numbers_are_those_in_float64():
    x = np.random.default_rng(0).random((200_000, 3), "float32")
    np.testing.assert_allclose(ew.tensor(x).sum(0).numpy(), x.sum(0, dtype="float64"), rtol=1e-6)
    np.testing.assert_allclose(ew.tensor(x).T.sum(1).numpy(), x.sum(0, dtype="float64"), rtol=1e-6)


@pytest.mark.parametrize(
    ("function", "right"),
    [
        (lambda x: x.nansum(0), 1e5),
        (lambda x: x.nanmean(0), 0.1),
        (lambda x: x.norm(dim=0), 100),
        (lambda x: x.norm(1, dim=0), 1e5),
        (lambda x: x.norm(3, dim=0), 10),
        (lambda x: x.logsumexp(0), 0.1 + np.log(1e6)),
        (lambda x: x.cumsum(0)[-1], 1e5),
        (lambda x: x.T.cumsum(1)[:, -1], 1e5),
        (lambda x: F.mse_loss(x, ew.zeros_like(x), reduction="sum"), 2e4),
        (lambda x: ew.softmax(x, 0)[0] * 1e6, 1),
    ],
)
def test_other_reductions_over_the_first_axis(function, right):
    assert _off(function(ew.full((1_000_000, 2), 0.1)), right) <= 2e-6


def test_columns_of_one_number_have_no_spread():
    x = ew.tensor([[100.0, -100.0]]).expand(1_000_000, 2)
    assert x.std(0).tolist() == [0, 0]
    assert x.contiguous().var(0).tolist() == [0, 0]
    assert ew.full((1_000_000, 2), 0.1).std(0).numpy() == pytest.approx([0, 0], abs=1e-7)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_gradients_that_broadcasting_sums(dtype):
    rows = 1_000_000 if dtype == "float32" else 60_000
    term = float(np.asarray(0.1, dtype))
    b, c = (ew.zeros(shape, dtype=dtype, requires_grad=True) for shape in ((2,), (1, 2)))
    x = ew.zeros(rows, 2, dtype=dtype)
    ((x + b) * term).sum().backward()
    (term * (x - c)).sum().backward()
    assert _off(b.grad, rows * term) <= TOLERANCE[dtype]
    assert _off(c.grad, -rows * term) <= TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_the_bias_of_a_linear_layer(dtype):
    rows = 1_000_000 if dtype == "float32" else 60_000
    layer = nn.Linear(2, 2).to(dtype)
    (layer(ew.ones(rows, 2, dtype=dtype)) * 0.1).sum().backward()
    assert _off(layer.bias.grad, rows * float(np.asarray(0.1, dtype))) <= TOLERANCE[dtype]


def test_the_bias_of_a_convolution():
    layer = nn.Conv2d(1, 2, 1)
    (layer(ew.ones(4000, 1, 10, 10)) * 0.1).sum().backward()
    assert _off(layer.bias.grad, 40_000) <= 1e-6


@pytest.mark.parametrize("norm", [nn.LayerNorm(2), nn.BatchNorm1d(2), nn.RMSNorm(2)])
def test_weight_and_bias_of_normalisations(norm):
    x = ew.tensor([[1.0, -1.0], [-1.0, 1.0]]).expand(250_000, 2, 2).reshape(-1, 2).contiguous()
    y = norm(x)
    (y * x * 0.1).sum().backward()
    assert _off(norm.weight.grad, 50_000) <= 2e-5  # eps takes 5e-6 of each term
    if hasattr(norm, "bias"):
        norm.zero_grad()
        (norm(x) * 0.1).sum().backward()
        assert _off(norm.bias.grad, 50_000) <= 1e-6


def test_running_statistics_of_a_long_batch():
    norm = nn.BatchNorm1d(2, momentum=1.0)
    norm(ew.tensor([[0.1, 0.3], [0.3, 0.1]]).expand(250_000, 2, 2).reshape(-1, 2))
    assert norm.running_mean.numpy() == pytest.approx([0.2, 0.2], rel=1e-6)
    assert norm.running_var.numpy() == pytest.approx([0.01, 0.01], rel=1e-5)


def test_operations_that_users_write_sum_as_accurately():
    total = ew.Operation("total", lambda xp, x: xp.sum(x, axis=0), None)
    assert _off(total(ew.full((1_000_000, 2), 0.1)), 1e5) <= 1e-6


def test_a_program_sums_as_accurately():
    from edgewise.program import record

    x = ew.full((1_000_000, 2), 0.1)
    assert _off(ew.from_numpy(record(lambda x: x.sum(0), x).run(x.numpy())), 1e5) <= 1e-6


@pytest.mark.parametrize("axis", [2, (0, 2), -3])
def test_an_axis_that_is_not_there_is_refused(axis):
    with pytest.raises(ew.IndexingError, match="out of range"):
        ew.ones(100, 100).sum(axis)


TERMS = 1_000_000


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float16", 2e-3)])
@pytest.mark.parametrize(
    "pick",
    [
        lambda x, i: x[i],
        lambda x, i: ew.index_select(x, 0, i),
        lambda x, i: ew.gather(x, 0, i.reshape(-1, 1)),
        lambda x, i: ew.take(x, i),
        lambda x, i: ew.nn.functional.embedding(i, x),
    ],
    ids=["getitem", "index_select", "gather", "take", "embedding"],
)
def test_the_gradient_of_an_element_that_is_picked_often_is_accurate(pick, dtype, tolerance):
    x = ew.tensor([[1.0], [2.0]], dtype=dtype, requires_grad=True)
    weight = 0.03125 if dtype == "float16" else 0.03
    places = ew.zeros(TERMS, dtype="int64")
    y = pick(x, places)
    y.backward(ew.full(tuple(y.shape), weight, dtype=dtype))
    expected = float(np.asarray(weight, dtype)) * TERMS
    assert x.grad.tolist()[1] == [0]
    assert x.grad.tolist()[0][0] == pytest.approx(expected, rel=tolerance)


def test_values_that_are_added_at_one_place_sum_accurately():
    values = ew.full((TERMS,), 0.1)
    expected = float(np.float32(0.1)) * TERMS
    for total in (
        ew.zeros(1).scatter_add(0, ew.zeros(TERMS, dtype="int64"), values),
        ew.zeros(1).index_add(0, ew.zeros(TERMS, dtype="int64"), values),
        ew.bincount(ew.zeros(TERMS, dtype="int64"), weights=values),
    ):
        assert total.tolist()[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float16", 2e-3)])
@pytest.mark.parametrize(
    "pool",
    [
        lambda x: F.avg_pool1d(x, TERMS),
        lambda x: F.avg_pool1d(x, TERMS // 2, 1000),
        lambda x: F.avg_pool1d(x, TERMS // 4),
        lambda x: F.avg_pool2d(x.reshape(1, 1000, 1000), 1000),
        lambda x: F.avg_pool2d(x.reshape(1, 1000, 1000), 995, 1),
        lambda x: F.adaptive_avg_pool1d(x, 1),
        lambda x: F.adaptive_avg_pool1d(x, 3),
        lambda x: F.adaptive_avg_pool2d(x.reshape(1, 1000, 1000), (2, 3)),
        lambda x: F.interpolate(x[None], size=3, mode="area"),
    ],
)
def test_means_over_wide_windows(pool, dtype, tolerance):
    y = pool(ew.full((1, TERMS), 0.1, dtype=dtype))
    assert _off(y, float(np.asarray(0.1, dtype))) <= tolerance


def test_gradients_of_means_over_wide_windows_that_overlap():
    x = ew.ones(1, TERMS // 10, requires_grad=True)
    F.avg_pool1d(x, 1000, 1).sum().backward()
    assert _off(x.grad[:, 1000:-1000], 1) <= 1e-6


def test_a_number_that_is_nan_or_infinite_is_in_the_means_of_its_windows_only():
    x = ew.zeros(1, 200)
    x[0, 70], x[0, 150] = float("nan"), float("inf")
    y = F.avg_pool1d(x, 50, 1)[0].numpy()
    assert np.isnan(y).nonzero()[0].tolist() == list(range(21, 71))
    assert np.isinf(y).nonzero()[0].tolist() == list(range(101, 151))


@pytest.mark.parametrize(
    "product",
    [
        lambda x: x.prod(),
        lambda x: x.reshape(-1, 2).prod(0)[0] * x.reshape(-1, 2).prod(0)[1],
        lambda x: x.cumprod(0)[-1],
    ],
)
def test_products_of_many_factors(product):
    factor = float(np.float32(1.000001))
    assert _off(product(ew.full((TERMS,), factor)), factor**TERMS) <= 1e-6


def test_a_product_of_few_numbers_overflows_as_in_their_dtype():
    assert np.isnan(ew.tensor([1e30, 1e30, 0.0]).prod().item())


@pytest.mark.parametrize(("taps", "samples"), [(100_000, 100_010), (TERMS, TERMS)])
def test_convolutions_with_kernels_of_many_taps(taps, samples):
    x, w = ew.full((1, 1, samples), 0.1, requires_grad=True), ew.full((1, 1, taps), 0.7, requires_grad=True)
    y = F.conv1d(x, w)
    assert _off(y.detach(), taps * float(np.float32(0.1)) * float(np.float32(0.7))) <= 1e-6
    y.backward(ew.ones_like(y))
    assert _off(w.grad, (samples - taps + 1) * float(np.float32(0.1))) <= 1e-6
    assert _off(x.grad[..., samples - taps : taps], (samples - taps + 1) * float(np.float32(0.7))) <= 1e-6


@pytest.mark.parametrize(
    ("image", "weight", "how"),
    [
        ((1, 1, 1_000_002), (2, 1, 3), {}),
        ((4, 2, 500, 500), (3, 2, 3, 3), {}),
        ((2, 8, 700, 700), (8, 8, 3, 3), {}),
        ((1, 1, 100_000, 12), (2, 1, 3, 3), {}),
        ((1, 2, 1000, 1000), (4, 1, 1, 1), {"groups": 2}),
        ((1, 1, 2000, 2000), (2, 1, 2, 2), {"stride": 2}),
    ],
    ids=str,
)
def test_the_weights_of_a_convolution_of_many_places(image, weight, how):
    w = ew.full(weight, 0.7, requires_grad=True)
    y = (F.conv1d if len(image) == 3 else F.conv2d)(ew.full(image, 0.1), w, **how)
    y.backward(ew.full(tuple(y.shape), 0.7))
    places = y.numel() // y.shape[1]
    assert places > 900_000
    assert _off(w.grad, places * float(np.float32(0.1)) * float(np.float32(0.7))) <= 1e-6


def test_a_transposed_convolution_that_lays_many_elements_in_one_place():
    y = F.conv_transpose1d(ew.full((1, 1, 4000), 0.1), ew.full((1, 1, 6000), 0.7), stride=2)
    assert _off(y[..., 6000:-6000], 3000 * float(np.float32(0.1)) * float(np.float32(0.7))) <= 1e-6


def test_gradients_of_running_products_and_sums_of_exponentials():
    factor = float(np.float32(1.000001))
    x = ew.full((TERMS,), factor, requires_grad=True)
    x.cumprod(0)[-1].backward()
    assert _off(x.grad, factor ** (TERMS - 1)) <= 1e-6
    x = ew.full((TERMS,), 0.1, requires_grad=True)
    y = ew.logcumsumexp(x, 0)[-1]
    y.backward()
    assert y.item() == pytest.approx(0.1 + np.log(TERMS), rel=1e-7)
    assert _off(x.grad, 1 / TERMS) <= 1e-6


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float16", 2e-3)])
def test_columns_that_are_laid_on_each_other_many_times(dtype, tolerance):
    y = F.fold(ew.full((1, 1000, 1001), 0.03, dtype=dtype), (1, 2000), (1, 1000))
    assert _off(y[0, 0, 0, 1000:1001], 1000 * float(np.asarray(0.03, dtype))) <= tolerance
