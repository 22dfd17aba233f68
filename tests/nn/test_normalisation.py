"""Layers that normalise."""

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn

from .arrays import close, normal


@pytest.fixture(autouse=True)
def _seeded():
    ew.manual_seed(0)


def test_batch_norm_normalises_in_training_and_remembers():
    layer = nn.BatchNorm1d(3)
    x = normal(200, 3) * 3 + 2
    y = layer(x).numpy(force=True)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(0), 1, atol=1e-3)
    close(layer.running_mean, 0.1 * x.numpy().mean(0))
    close(layer.running_var, 0.9 + 0.1 * x.numpy().var(0, ddof=1))
    assert layer.num_batches_tracked.item() == 1
    layer.eval()
    before = layer.running_mean.tolist()
    expected = (x.numpy() - layer.running_mean.numpy()) / np.sqrt(layer.running_var.numpy() + 1e-5)
    close(layer(x), expected, 1e-4)
    assert layer.running_mean.tolist() == before
    assert layer.num_batches_tracked.item() == 1


def test_batch_norm_without_momentum_averages_all_batches():
    layer = nn.BatchNorm2d(2, momentum=None)
    batches = [normal(4, 2, 3, 3) * scale + scale for scale in (1.0, 2.0, 6.0)]
    for batch in batches:
        layer(batch)
    close(layer.running_mean, np.mean([b.numpy().mean((0, 2, 3)) for b in batches], axis=0))
    assert layer.num_batches_tracked.item() == 3
    layer.reset_running_stats()
    assert layer.running_var.tolist() == [1, 1]
    assert layer.num_batches_tracked.item() == 0


def test_batch_norm_without_memory_uses_each_batch_also_in_evaluation():
    layer = nn.BatchNorm1d(3, affine=False, track_running_stats=False).eval()
    assert list(layer.state_dict()) == []
    y = layer(normal(50, 3) + 5).numpy(force=True)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        nn.BatchNorm1d(3),
        nn.LayerNorm(3),
        nn.RMSNorm(3),
        nn.GroupNorm(1, 3),
        nn.InstanceNorm1d(3, affine=True, track_running_stats=True),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_normalisation_begins_with_scale_1_and_shift_0_and_goes_back_to_them(layer):
    def expect():
        for name, value in {
            "weight": 1,
            "bias": 0,
            "running_mean": 0,
            "running_var": 1,
            "num_batches_tracked": 0,
        }.items():
            part = getattr(layer, name, None)
            if part is not None:
                np.testing.assert_array_equal(part.detach().numpy(), np.full(part.shape, value))

    expect()
    with ew.no_grad():
        for part in (*layer.parameters(), *layer.buffers()):
            part.fill_(7)
    layer.reset_parameters()
    expect()


def test_instance_norm_without_momentum_keeps_its_statistics():
    layer = nn.InstanceNorm1d(3, momentum=None, track_running_stats=True)
    layer(ew.randn(2, 3, 4) + 5)
    np.testing.assert_array_equal(layer.running_mean.numpy(), np.zeros(3))
    np.testing.assert_array_equal(layer.running_var.numpy(), np.ones(3))


def test_a_failed_batch_is_not_counted():
    layer = nn.BatchNorm1d(3)
    with pytest.raises(ew.ShapeError, match="more than one value"):
        layer(normal(1, 3))
    assert layer.num_batches_tracked.item() == 0


def test_layer_group_and_rms_norm():
    x = normal(4, 6, 5) * 3 + 1
    y = nn.LayerNorm((6, 5))(x).numpy(force=True)
    np.testing.assert_allclose(y.reshape(4, -1).mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(y.reshape(4, -1).std(1), 1, atol=1e-3)
    y = nn.GroupNorm(3, 6)(x).numpy(force=True).reshape(4, 3, -1)
    np.testing.assert_allclose(y.mean(2), 0, atol=1e-5)
    y = nn.RMSNorm(5)(x).numpy(force=True)
    np.testing.assert_allclose((y**2).mean(-1), 1, atol=1e-3)
    assert list(nn.LayerNorm(5, bias=False).state_dict()) == ["weight"]
    assert list(nn.LayerNorm(5, elementwise_affine=False).state_dict()) == []
