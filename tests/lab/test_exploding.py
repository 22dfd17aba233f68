"""How large gradients are at the time steps of a recurrent network, and what clipping changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from browsing import Opened

import edgewise as ew
from edgewise import lab, nn
from edgewise.lab.recurrent import ClippedSGD
from edgewise.optim import clip_grad_norm_


@pytest.mark.parametrize("seed", range(5))
def test_gradients_explode_above_a_size_of_the_eigenvalues_and_clipping_saves_the_training(seed: int) -> None:
    report = lab.exploding(seed=seed)
    assert report.holds, [claim.text for claim in report.claims if not claim.holds]
    assert report.prediction is not None
    assert report.prediction.right == 3


@pytest.mark.parametrize("eigenvalue", [0.5, 2.0])
def test_without_an_activation_the_gradient_is_a_power_of_the_eigenvalue(eigenvalue: float) -> None:
    report = lab.exploding(eigenvalue, activation="identity", steps=2)
    assert report.claims[0].holds
    row = dict(report.tables[0].rows)[{0.5: "0.5", 2.0: "2"}[eigenvalue]]
    found = [float(cell.replace("−", "-")) for cell in row]
    assert found == pytest.approx([eigenvalue ** (7 - time) for time in range(8)], rel=0.06)


def test_clipped_descent_is_that_of_clip_grad_norm_for_each_parameter() -> None:
    ew.manual_seed(0)
    one, other = nn.Linear(4, 3), nn.Linear(4, 3)
    other.load_state_dict(one.state_dict())
    x = ew.randn(8, 4) * 30
    for layer, optimizer in (
        (one, ClippedSGD(one.parameters(), 0.1, 1.0)),
        (other, ew.optim.SGD(other.parameters(), 0.1)),
    ):
        (layer(x) ** 2).sum().backward()
        if layer is other:
            for parameter in layer.parameters():
                clip_grad_norm_(parameter, 1.0)
        optimizer.step()
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=1e-5)


def test_its_page_changes_the_eigenvalue_and_clips_as_python_does(opened_report: Callable[..., Opened]) -> None:
    report = lab.exploding(1.0, steps=3)
    page = opened_report(report)
    page.page.locator("#controls input").fill("0.5")
    page.until(lambda: page.text("#controls output") == "3.16")
    before = page.texts(".side .loss")
    page.page.click("#reset")
    page.until(lambda: page.texts(".side .loss") != before)
    start = float(page.texts(".side .loss")[1].split()[1])
    assert start == pytest.approx(float(report.tables[1].rows[1][1][1]), rel=0.2)
    assert page.errors == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"eigenvalue": 0}, "eigenvalue must be above 0, not 0"),
        ({"clip": -1}, "clip must be above 0, not -1"),
        ({"activation": "rulu"}, "activation must be one of relu, tanh"),
    ],
)
def test_what_it_can_not_use_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match="^" + message):
        lab.exploding(**given)  # type: ignore[arg-type]
