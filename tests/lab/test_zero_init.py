"""Which parameters learn that begin at 0."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import lab, nn

SEEDS = range(5)


def moving(report: lab.Report) -> str:
    """The right answer to the question of its page."""
    assert report.prediction is not None
    return report.prediction.choices[report.prediction.right]


@pytest.mark.parametrize("seed", SEEDS)
def test_with_all_parameters_0_only_the_last_bias_learns(seed: int) -> None:
    report = lab.zero_init(seed=seed)
    assert report.holds
    assert moving(report) == "only layer2.bias"
    assert "as layer2.weight = 0" in report.claims[0].text


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("activation", "answer"), [("relu", "only layer2.bias"), ("tanh", "all of them")])
def test_a_first_layer_of_0_never_learns_with_relu_and_learns_with_tanh(
    seed: int, activation: str, answer: str
) -> None:
    report = lab.zero_init("first", activation=activation, seed=seed)
    assert report.holds
    assert moving(report) == answer


@pytest.mark.parametrize("seed", SEEDS)
def test_a_last_layer_of_0_learns(seed: int) -> None:
    report = lab.zero_init("last", seed=seed)
    assert report.holds
    assert moving(report) == "all of them"


def test_a_network_of_ones_own_is_left_as_it_was() -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    before = [parameter.detach().numpy().copy() for parameter in model.parameters()]
    x = ew.randn(40, 3)
    report = lab.zero_init(["2"], model=model, data=(x, x.sum(dim=1, keepdim=True)), loss=nn.MSELoss(), rate=0.1)
    assert report.holds
    assert all(np.array_equal(old, new.detach().numpy()) for old, new in zip(before, model.parameters(), strict=True))
    assert [name for name, _ in report.tables[0].rows] == ["layer 2 = 0", "random"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"layers": "second"}, "layers must be 'all', 'first', 'last', or of layer1, layer2, not 'second'"),
        ({"layers": []}, "layers must be 'all', 'first', 'last', or of layer1, layer2, at least one of them"),
        ({"activation": "rulu"}, "activation must be one of relu, tanh"),
        ({"model": nn.ReLU()}, "model has no parameters"),
        ({"data": ([[1.0], [2.0]], [1])}, "data: 2 inputs and 1 targets"),
    ],
)
def test_what_it_can_not_use_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("'", ".")):
        lab.zero_init(**given)  # type: ignore[arg-type]
