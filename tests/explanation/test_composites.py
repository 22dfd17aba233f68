"""Modules and functions of several operations, explained by the formulas put together from theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.graph.errors import ArgumentError


def lines(explanation: Any) -> list[str]:
    return [line.strip() for line in str(explanation).splitlines() if line.strip()]


@pytest.mark.parametrize("thing", [nn.ReLU(), nn.ReLU, "ReLU"])
def test_modules_that_apply_one_operation_are_explained_by_it(thing: object) -> None:
    assert str(ew.explain(thing)) == str(ew.explain("relu"))


def test_modules_of_several_operations_are_explained_by_an_example() -> None:
    found = lines(ew.explain("LSTM"))
    assert found[0] == "the module LSTM"
    assert "c₂ = f₂ ⊙ c₁ + i₂ ⊙ g₂" in found
    for thing in (nn.LSTM(2, 3), nn.LSTM):
        assert lines(ew.explain(thing)) == found


def test_batch_normalisation_is_explained_in_training_and_in_evaluation() -> None:
    found = str(ew.explain(nn.BatchNorm1d))
    training, evaluation = found.split("the module BatchNorm1d in evaluation")
    assert "y = x̂ ⊙ γ + β" in training
    assert "a = γ/√(v + 1e−5)" in evaluation


def test_a_module_without_an_example_is_explained_on_given_inputs() -> None:
    class Doubled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(ew.ones(3))

        def forward(self, x: ew.Tensor, times: int) -> ew.Tensor:
            return times * x.sin() * self.scale

    model = Doubled()
    with pytest.raises(ArgumentError, match=r"Doubled is put together.*give some"):
        ew.explain(model)
    x = ew.rand(2, 3)
    model.forward = lambda x: Doubled.forward(model, x, 2)  # type: ignore[method-assign, assignment]
    found = lines(ew.explain(model, x))
    assert found[0] == "the module Doubled"
    assert any("sin(x)" in line for line in found)


def test_a_module_of_somebody_elses_is_not_taken_for_one_of_a_like_name() -> None:
    class ReLU(nn.Module):
        def forward(self, x: ew.Tensor) -> ew.Tensor:
            return x.exp().relu()

    found = lines(ew.explain(ReLU()))
    assert found[0] == "the module ReLU"
    assert found[1].endswith("= max(exp(x), 0)")


def test_a_saved_snapshot_is_explained_by_the_name_of_its_file(tmp_path: Path) -> None:
    w = ew.tensor(2.0, requires_grad=True)
    loss = w * w
    path = str(tmp_path / "step.safetensors")
    ew.see(loss).save(path)
    assert str(ew.explain(path, "w")) == str(ew.explain(loss, w))


def test_a_function_whose_steps_are_in_an_inner_one_is_explained() -> None:
    found = str(ew.explain("layer_norm"))
    assert found == str(ew.explain(nn.functional.layer_norm))
    assert "x̂ = (x − μ)/σ" in found


def test_a_function_of_several_operations_has_their_formulas_put_together() -> None:
    found = lines(ew.explain(nn.functional.mse_loss))
    assert found[0] == "the function mse_loss"
    assert found[1] == "y = 1/n Σ (input − target)²"
    assert "∂y/∂target = −δ_y" in found
    assert str(ew.explain("mse_loss")) == str(ew.explain(nn.functional.mse_loss))


def test_a_function_of_several_operations_is_explained_on_given_inputs() -> None:
    def distance(a: ew.Tensor, b: ew.Tensor) -> ew.Tensor:
        return ((a - b) ** 2).sum()

    a, b = ew.tensor([1.0, 2.0], requires_grad=True), ew.tensor([3.0, 5.0])
    found = lines(ew.explain(distance, (a, b)))
    assert found[0] == "the function distance"
    assert found[-3:] == ["δ_L = 2(a − b)", "∂L/∂a = δ_L", "∂L/∂b = −δ_L"]
    with pytest.raises(ArgumentError, match="explained on tensors, one or a tuple of them, not on float"):
        ew.explain(distance, 2.0)
    with pytest.raises(ArgumentError, match="ran no operations, a single one"):
        ew.explain(lambda x: x, a)


def test_random_numbers_are_drawn_as_if_nothing_had_been_explained() -> None:
    ew.manual_seed(3)
    expected = ew.rand(4).tolist()
    ew.manual_seed(3)
    ew.explain("LSTMCell")
    assert ew.rand(4).tolist() == expected


def test_a_function_that_checks_much_is_still_its_operation() -> None:
    assert "the operation conv2d" in str(ew.explain(nn.functional.conv2d))
