"""Initialisers: the statistics that their papers derive, on weights large enough to tell."""

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.nn import init


@pytest.fixture(autouse=True)
def _seeded():
    ew.manual_seed(1)


def weight(*shape, dtype="float32"):
    return nn.Parameter(ew.from_numpy(np.full(shape, 7, dtype)))


def uniform_within(tensor, bound, centre=0.0):
    """Whether values fill ±bound around the centre with the variance of a uniform distribution."""
    values = tensor.numpy(force=True).astype(np.float64) - centre
    assert np.abs(values).max() <= bound * (1 + 1e-6)
    assert np.abs(values).max() > 0.99 * bound
    assert values.mean() == pytest.approx(0, abs=0.02 * bound)
    assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)


def normal_with(tensor, std, mean=0.0):
    """Whether mean, spread and tails are those of a normal distribution."""
    values = tensor.numpy(force=True).astype(np.float64)
    assert values.mean() == pytest.approx(mean, abs=0.02 * std)
    assert values.std() == pytest.approx(std, rel=0.02)
    assert (np.abs(values - mean) > 2 * std).mean() == pytest.approx(0.0455, abs=0.005)


def test_constants():
    assert init.zeros_(weight(2)).tolist() == [0, 0]
    assert init.ones_(weight(2)).tolist() == [1, 1]
    assert init.constant_(weight(2), 0.5).tolist() == [0.5, 0.5]
    assert init.eye_(weight(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_they_write_in_place_and_return_the_tensor():
    target = weight(300, 200)
    array = target.array
    assert init.xavier_normal_(target) is target
    assert target.array is array
    assert target.requires_grad
    assert target.is_leaf


def test_plain_tensors_and_other_dtypes_can_be_initialised():
    target = ew.from_numpy(np.zeros((100, 100)))
    init.normal_(target)
    assert str(target.dtype) == "float64"
    normal_with(target, 1)
    half = weight(100, 100, dtype="float16")
    init.kaiming_normal_(half)
    assert str(half.dtype) == "float16"
    normal_with(half, math.sqrt(2 / 100))


def test_dirac_passes_channels_on():
    kernel = init.dirac_(weight(3, 2, 3, 3)).numpy(force=True)
    assert kernel.sum() == 2
    assert kernel[0, 0, 1, 1] == kernel[1, 1, 1, 1] == 1
    grouped = init.dirac_(weight(4, 2, 3), groups=2).numpy(force=True)
    assert [tuple(place) for place in np.argwhere(grouped)] == [(0, 0, 1), (1, 1, 1), (2, 0, 1), (3, 1, 1)]


def test_uniform():
    uniform_within(init.uniform_(weight(300, 200), 2.0, 5.0), 1.5, centre=3.5)


def test_normal():
    normal_with(init.normal_(weight(300, 200), 3.0, 0.5), 0.5, mean=3.0)


def test_truncated_normal_stays_within_its_bounds():
    values = init.trunc_normal_(weight(300, 200), 0.0, 1.0, -1.0, 1.0).numpy(force=True)
    assert np.abs(values).max() <= 1
    # The variance of a standard normal cut at ±1: 1 - 2φ(1)/(Φ(1) - Φ(-1)).
    assert values.std() == pytest.approx(0.5396, rel=0.02)
    shifted = init.trunc_normal_(weight(300, 200), 1.0, 1.0, 0.0, 9.0).numpy(force=True)
    assert shifted.min() >= 0


def test_truncated_normal_refuses_bounds_that_leave_nothing():
    with pytest.raises(ValueError, match="a must be below b"):
        init.trunc_normal_(weight(2), a=1, b=1)
    with pytest.raises(ValueError, match="hardly any value"):
        init.trunc_normal_(weight(2), 0.0, 0.1, 5.0, 6.0)


def test_xavier():
    uniform_within(init.xavier_uniform_(weight(300, 200), gain=2.0), 2 * math.sqrt(6 / 500))
    normal_with(init.xavier_normal_(weight(300, 200)), math.sqrt(2 / 500))
    uniform_within(init.xavier_uniform_(weight(60, 40, 5, 5)), math.sqrt(6 / (100 * 25)))


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 40 * 25), ("fan_out", 60 * 25)])
def test_kaiming(mode, fan):
    uniform_within(
        init.kaiming_uniform_(weight(60, 40, 5, 5), mode=mode, nonlinearity="relu"), math.sqrt(2) * math.sqrt(3 / fan)
    )
    normal_with(init.kaiming_normal_(weight(60, 40, 5, 5), a=0.5, mode=mode), math.sqrt(2 / 1.25 / fan))


def test_kaiming_keeps_the_size_of_signals_through_many_relu_layers():
    x = ew.from_numpy(np.random.default_rng(0).standard_normal((200, 256)).astype("float32"))
    start = float((x.numpy() ** 2).mean())
    for _ in range(10):
        layer = weight(256, 256)
        init.kaiming_normal_(layer, nonlinearity="relu")
        x = ew.from_numpy(np.maximum(x.numpy() @ layer.numpy(force=True).T, 0))
    assert 1 / 3 < float((x.numpy() ** 2).mean()) / start < 3


@pytest.mark.parametrize("shape", [(64, 64), (30, 64), (64, 30), (16, 4, 3, 3)])
def test_orthogonal_rows_or_columns(shape):
    values = init.orthogonal_(weight(*shape), gain=2.0).numpy(force=True).reshape(shape[0], -1)
    product = values @ values.T if values.shape[0] <= values.shape[1] else values.T @ values
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_orthogonal_favours_no_sign():
    signs = [np.sign(init.orthogonal_(weight(2, 2)).numpy(force=True)[0, 0]) for _ in range(200)]
    assert abs(sum(signs)) < 60


def test_sparse_zeroes_a_share_of_each_column():
    values = init.sparse_(weight(200, 100), 0.25, std=0.5).numpy(force=True)
    assert ((values == 0).sum(axis=0) == 50).all()
    assert values[values != 0].std() == pytest.approx(0.5, rel=0.03)
    assert len({tuple(np.flatnonzero(column == 0)) for column in values.T}) > 90


@pytest.mark.parametrize(
    "initialise",
    [
        init.uniform_,
        init.normal_,
        init.trunc_normal_,
        init.xavier_uniform_,
        init.xavier_normal_,
        init.kaiming_uniform_,
        init.kaiming_normal_,
        init.orthogonal_,
        lambda tensor, **options: init.sparse_(tensor, 0.5, **options),
    ],
)
def test_seeds_and_generators_decide_the_values(initialise):
    ew.manual_seed(3)
    first = initialise(weight(6, 5)).tolist()
    second = initialise(weight(6, 5)).tolist()
    ew.manual_seed(3)
    assert initialise(weight(6, 5)).tolist() == first
    assert first != second
    with_generator = [initialise(weight(6, 5), generator=ew.Generator().manual_seed(8)).tolist() for _ in range(2)]
    assert with_generator[0] == with_generator[1] != first


def test_gains():
    assert init.calculate_gain("linear") == 1
    assert init.calculate_gain("tanh") == pytest.approx(5 / 3)
    assert init.calculate_gain("relu") == pytest.approx(math.sqrt(2))
    assert init.calculate_gain("leaky_relu") == pytest.approx(math.sqrt(2 / 1.0001))
    assert init.calculate_gain("leaky_relu", 1.0) == pytest.approx(1)
    with pytest.raises(ValueError, match="no gain is known for 'swoosh'"):
        init.calculate_gain("swoosh")


@pytest.mark.parametrize(
    ("initialise", "message"),
    [
        (lambda: init.xavier_uniform_(weight(3)), "2 axes or more"),
        (lambda: init.kaiming_normal_(weight(3)), "2 axes or more"),
        (lambda: init.orthogonal_(weight(3)), "2 axes or more"),
        (lambda: init.eye_(weight(3)), "is for matrices"),
        (lambda: init.sparse_(weight(3), 0.1), "is for matrices"),
        (lambda: init.dirac_(weight(3, 3)), "weights of convolutions"),
        (lambda: init.dirac_(weight(3, 3, 3), groups=2), "can't be divided into 2 groups"),
        (lambda: init.kaiming_normal_(weight(3, 3), mode="out"), "must be 'fan_in' or 'fan_out'"),
    ],
)
def test_shapes_and_modes_that_do_not_fit(initialise, message):
    with pytest.raises(ValueError, match=message):
        initialise()


def test_a_layer_starts_as_pytorch_starts_it():
    linear = nn.Linear(400, 300)
    uniform_within(linear.weight, 1 / 20)
    assert np.abs(linear.bias.numpy(force=True)).max() <= 1 / 20
    assert linear.bias.numpy(force=True).std() == pytest.approx(1 / 20 / math.sqrt(3), rel=0.15)
    conv = nn.Conv2d(40, 60, 5)
    uniform_within(conv.weight, 1 / math.sqrt(40 * 25))
    normal_with(nn.Embedding(300, 200).weight, 1)


@pytest.mark.parametrize("bounds", [(1.0, 0.0), (0.0, math.inf), (math.nan, 1.0)])
def test_bounds_in_the_wrong_order_are_refused(bounds):
    with pytest.raises(ew.ArgumentError, match=r"uniform_: the bounds must be finite and a <= b, not a="):
        init.uniform_(ew.zeros(2), *bounds)
    assert init.uniform_(ew.zeros(2), 1.5, 1.5).tolist() == [1.5, 1.5]
    with pytest.raises(ew.ArgumentError, match="normal_: the standard deviation must be 0 or more, not -1"):
        init.normal_(ew.zeros(2), 0.0, -1)
