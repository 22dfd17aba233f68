"""How large gradients are at the first layers of deep networks."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import lab, nn


@pytest.mark.parametrize("seed", range(5))
def test_through_8_sigmoid_layers_the_gradient_vanishes_and_residuals_with_layer_norm_keep_it(seed: int) -> None:
    report = lab.vanishing(seed=seed, steps=150)
    assert report.holds, [claim.text for claim in report.claims if not claim.holds]
    assert report.prediction is not None
    assert report.prediction.right == 3
    assert "each layer makes it smaller, 0.14 times" in report.claims[0].text


def test_the_map_has_what_a_product_of_slopes_and_scales_comes_to() -> None:
    plain, _, _ = lab.vanishing("identity", steps=1).tables
    # Without an activation a layer multiplies by its scale, at random 32 weights wide.
    powers = [8 * shade for shade in plain.shades[3]]  # type: ignore[index]
    assert plain.rows[3][0] == "16"
    assert powers[2] == pytest.approx(0, abs=0.7)
    assert powers[1] - powers[2] == pytest.approx(15 * np.log10(0.5), abs=0.05)
    assert plain.shades[3][0] == -1  # type: ignore[index]
    assert plain.legend[0] == (-1.0, "1e−8 or less")


def test_a_network_of_ones_own_is_measured_at_each_linear_layer_and_left_as_it_was() -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1))
    before = [parameter.detach().numpy().copy() for parameter in model.parameters()]
    x = ew.randn(40, 3)
    report = lab.vanishing(model=model, data=(x, x.sum(dim=1, keepdim=True)), loss=nn.MSELoss(), steps=100)
    assert report.holds
    assert [name for name, _ in report.tables[0].rows] == ["0", "2", "4"]
    assert [cells[0] for cells in report.tables[0].rows[2][1:]] == ["1"]
    assert [side.name for side in report.sides] == ["plain", "Xavier"]
    assert all(np.array_equal(old, new.detach().numpy()) for old, new in zip(before, model.parameters(), strict=True))
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"depth": 2}, "depth must be 3 or more, not 2"),
        ({"activation": "rulu"}, "activation must be one of relu, tanh"),
        ({"model": nn.Linear(64, 10)}, "model has 1 linear layers, and gradients are compared between two or more"),
    ],
)
def test_what_it_can_not_use_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match="^" + message):
        lab.vanishing(**given)  # type: ignore[arg-type]
