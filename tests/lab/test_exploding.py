"""How large gradients are at the time steps of a recurrent network, and what clipping changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from browsing import Opened

import edgewise as ew
from edgewise import lab, nn
from edgewise.lab.recurrent import ClippedSGD, Recurrent
from edgewise.lab.trials import digit_batches, train
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


def trained(eigenvalue: float, steps: int) -> float:
    """The loss of the network of the page after some steps of clipped descent, in Python."""
    ew.manual_seed(0)
    model = Recurrent("relu", float(f"{eigenvalue:.3g}"))
    batches = [(ew.tensor(x.numpy().reshape(-1, 8, 8)), t) for x, t in digit_batches(24)]
    optimizer = ClippedSGD(model.parameters(), 0.1, 1.0)
    return train(model, nn.functional.cross_entropy, batches, rate=0.1, steps=steps + 1, optimizer=optimizer).losses[-1]


def test_its_page_changes_the_eigenvalue_and_clips_as_python_does(opened_report: Callable[..., Opened]) -> None:
    def losses() -> list[float]:
        return [float(text.split()[1]) for text in page.texts(".side .loss")]

    page = opened_report(lab.exploding(1.0, steps=3))
    first = losses()
    page.page.locator("#controls input").fill("0.5")
    page.until(lambda: page.text("#controls output") == "3.16")
    page.until(lambda: losses() != first)
    changed = trained(10**0.5, steps=0)
    page.until(lambda: losses() == pytest.approx([changed, changed], rel=1e-3))
    page.page.click("#reset")
    page.until(lambda: losses() == first)
    assert page.text("#controls output") == "1"
    page.page.click("#train10")
    page.until(lambda: all("after 10 steps" in text for text in page.texts(".side .loss")))
    assert losses()[1] == pytest.approx(trained(1.0, steps=10), rel=1e-3)
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
