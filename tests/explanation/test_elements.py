"""How one element of a gradient came about."""

from __future__ import annotations

import re
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.graph.errors import ArgumentError, GradientError

F = nn.functional


def lines(explanation: Any) -> list[str]:
    return [line.strip() for line in str(explanation).splitlines() if line.strip()]


def product() -> tuple[ew.Tensor, ew.Tensor, ew.Tensor]:
    x = ew.tensor([[0.2, -0.5], [1.0, 0.4]])
    W = ew.tensor([[1.0, 2.0], [0.5, -1.0]], requires_grad=True)
    b = ew.tensor([0.1, -0.2], requires_grad=True)
    y = x @ W + b
    h = y.relu()
    return h.square().sum(), W, b


def test_an_element_of_a_weight_is_the_sum_over_the_batch_and_its_path_is_followed_back():
    loss, W, _ = product()
    assert lines(ew.explain(loss, W[1, 0])) == [
        "∂L/∂W[1, 0]: the gradient of loss with respect to W[1, 0]",
        "Forward:",
        "u = x · W                                   2×2  [−0.05 0.90; 1.20 1.60]",
        "Backward:",
        "∂L/∂W[1, 0] = x[0, 1] · ∂L/∂u[0, 0] + x[1, 1] · ∂L/∂u[1, 0] = (−0.5) · 0.1 + 0.4 · 2.6 = 0.99",
        "∂L/∂u[0, 0] = ∂L/∂y[0, 0] = 0.1",
        "∂L/∂u[1, 0] = ∂L/∂y[1, 0] = 2.6",
        "∂L/∂y[0, 0] = ∂L/∂h[0, 0] · 1[h[0, 0] > 0] = 0.1 · 1[0.05 > 0] = 0.1",
        "∂L/∂y[1, 0] = ∂L/∂h[1, 0] · 1[h[1, 0] > 0] = 2.6 · 1[1.3 > 0] = 2.6",
        "∂L/∂h[0, 0] = 2 · h[0, 0] = 2 · 0.05 = 0.1",
        "∂L/∂h[1, 0] = 2 · h[1, 0] = 2 · 1.3 = 2.6",
    ]


@pytest.mark.parametrize("index", ["b[1]", "b[-1]", "b[ 1 ]"])
def test_an_element_is_given_by_its_name_too(index):
    loss, _, b = product()
    assert str(ew.explain(loss, index)) == str(ew.explain(loss, b[1]))


def test_views_of_views_lead_to_the_element():
    loss, W, _ = product()
    assert str(ew.explain(loss, W.T[0][1])) == str(ew.explain(loss, W[1, 0]))
    assert str(ew.explain(loss, W.reshape(4)[2])) == str(ew.explain(loss, W[1, 0]))


def test_of_many_elements_of_a_gradient_the_first_are_followed():
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))
    loss = F.cross_entropy(model(ew.randn(12, 5)), ew.arange(12) % 3)
    text = str(ew.explain(loss, model[0].weight[2, 3]))
    loss.backward()
    (total,) = re.findall(r"7 more: −?[\d.e−]+\)\s+= (−?[\d.e−]+)", text)[:1]
    assert float(total.replace("−", "-")) == pytest.approx(float(model[0].weight.grad[2, 3]), rel=1e-3)
    assert "⋮ 10 more elements of ∂L/∂z₁, in the same way" not in text
    assert "more elements of ∂L/∂z₁, in the same way" in text
    assert "exp(" in text
    assert "max(" not in text


def test_the_parts_of_a_shared_tensor_add_up():
    a = ew.tensor([2.0, 3.0], requires_grad=True)
    loss = (a * a + a.sin() * 3).sum()
    found = lines(ew.explain(loss, a[0]))
    assert found[1:3] == ["∂L/∂a[0] = 2 + 2 − 1.248 = 2.752", "the sum of its parts through mul₁, mul₁, sin"]
    assert "∂L/∂a[0] = ∂L/∂sin[0] · cos(a[0]) = 3 · cos(2) = −1.248" in found


def test_a_part_that_is_used_several_times_has_a_line_of_its_own():
    x = ew.tensor([[1.0, 2.0, 6.0, 3.0]], requires_grad=True)
    loss = (F.layer_norm(x, (4,)) * ew.tensor([1.0, 2.0, 3.0, 4.0])).sum()
    text = ew.explain(loss, x[0, 2])
    assert "used several times" in str(text)
    assert r"\begin{align*}" in text.latex()
    assert "<math" in text._repr_html_()


def test_what_is_no_element_is_refused():
    loss, W, _ = product()
    with pytest.raises(ArgumentError, match=r"W\[7\] is no element of W, whose shape is \(2, 2\): give 2 indexes"):
        ew.explain(loss, "W[7]")
    with pytest.raises(ArgumentError, match=r"W\[0, 2\] is no element of W"):
        ew.explain(loss, "W[0, 2]")
    with pytest.raises(GradientError, match="no gradient flows to x"):
        ew.explain(loss, "x[0, 0]")
    with pytest.raises(GradientError, match="not in the graph"):
        ew.explain(loss, W[0])
    with pytest.raises(GradientError, match="not in the graph"):
        ew.explain(loss, W[0, 0] * 2)
