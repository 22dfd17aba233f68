"""Units that relu shuts for good."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import lab, nn

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_large_rate_kills_units_and_an_input_along_their_weights_revives_them(seed: int) -> None:
    report = lab.dead_relu(seed=seed, steps=60)
    assert report.holds
    assert len(report.claims) == 4
    (_, bad), (_, good) = report.tables[0].rows
    assert int(bad[0].split()[0]) > 24 > 8 > int(good[0].split()[0])


def test_a_bias_shuts_all_units_from_the_start() -> None:
    report = lab.dead_relu(0.3, bias=-4, steps=40)
    assert report.holds
    assert report.tables[0].rows[0][1][0] == "32 of 32"
    assert {cells[0] for _, cells in report.tables[1].rows} == {"at the start"}


def test_the_example_that_shut_a_unit_is_found_in_a_network_of_ones_own() -> None:
    model = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))
    start = ([[1.0], [1.0]], [0.1, 5.0], [[1.0, 1.0]], [0.0])
    with ew.no_grad():
        for parameter, numbers in zip(model.parameters(), start, strict=True):
            parameter.copy_(ew.tensor(numbers))
    # y is 2x + 5.1. Only the third example has an error, of 10, so its gradient alone moves the units: both weights and
    # biases fall by 0.1 · 2 · 10 / 4 = 0.5, which shuts the first unit for all x < 0.8.
    x = np.array([[0.1], [0.2], [0.3], [0.4]], np.float32)
    y = 2 * x + 5.1
    y[2] -= 10
    report = lab.dead_relu(0.1, healthy_rate=1e-3, model=model, data=(x, y), loss=nn.MSELoss(), steps=1)
    assert report.holds
    (name, cells), *others = report.tables[1].rows
    assert (name, others) == ("unit 0", [])
    assert cells[:4] == ["1", "0.1", "−0.4", "2"]
    assert cells[5] == "100%"
    np.testing.assert_array_equal(model[0].bias.detach().numpy(), np.float32([0.1, 5.0]))


def test_a_network_in_which_no_relu_follows_a_linear_layer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"model must be a Sequential in which nn.ReLU follows an nn.Linear"):
        lab.dead_relu(model=nn.Sequential(nn.Linear(2, 2), nn.Tanh()))
