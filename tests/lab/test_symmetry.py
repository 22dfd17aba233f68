"""Units that begin with equal weights."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import lab, nn

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_units_with_equal_weights_stay_equal_and_act_as_one(seed: int) -> None:
    report = lab.symmetry(seed=seed)
    assert report.holds
    assert report.prediction is not None
    assert report.prediction.choices[report.prediction.right] == "1"
    twins, parted, _ = (float(cells[2].rstrip("%")) for _, cells in report.tables[0].rows)
    assert twins < 93 < parted


def test_convolutions_of_ones_own_have_twins_too_and_the_network_is_left_as_it_was() -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 36, 10))
    before = [parameter.detach().numpy().copy() for parameter in model.parameters()]
    images, labels = (one[:128] for one in ew.data.digits()[0].tensors)
    report = lab.symmetry(model=model, data=(images, labels), rate=0.1, steps=30)
    assert report.holds
    assert all(np.array_equal(old, new.detach().numpy()) for old, new in zip(before, model.parameters(), strict=True))
    assert "The units of layer 0 are twins" in report.claims[0].text
    assert [side.view for side in report.sides] == ["graph", "graph"]


def test_dropout_parts_twins_and_the_claim_says_so() -> None:
    model = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Dropout(0.5), nn.Linear(6, 2))
    x, classes = np.random.default_rng(0).normal(size=(64, 2)).astype("float32"), np.arange(64) % 2
    report = lab.symmetry(model=model, data=(x, classes), steps=20)
    assert not report.claims[0].holds


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"value": 0}, "value must not be 0"),
        ({"noise": 0.0}, "noise must be more than 0, not 0.0"),
        ({"points": "moon"}, "points must be one of moons"),
        ({"activation": "tan"}, "activation must be one of relu"),
        ({"model": nn.Linear(2, 2)}, "model has no linear layer or convolution before its last one"),
    ],
)
def test_what_it_can_not_use_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lab.symmetry(**given)  # type: ignore[arg-type]
