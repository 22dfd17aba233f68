"""What pages say of one element: equations in the names of the graph, the parts that they name, and words."""

from __future__ import annotations

from typing import Any

import edgewise as ew
from edgewise.nn import functional as F
from edgewise.page.data import recorded_data
from edgewise.printers.formula.pattern import FIRST_PLACE


def _data() -> Any:
    ew.manual_seed(0)
    x, w = ew.randn(4, 5), ew.randn(5, 3).requires_grad_()
    t = ew.tensor([0, 1, 2, 0])
    z = x @ w
    loss = F.cross_entropy(z, t)
    return recorded_data(ew.see(loss).snapshot, {})


def _text(data: Any, filled: list[int]) -> str:
    template, *names = filled
    text: str = data["formulas"]["templates"][template][1]
    for i, name in enumerate(names):
        place, own = chr(FIRST_PLACE + i), data["formulas"]["names"][name][1]
        text = text.replace(f"{place}_", own).replace(place, own)
    return text


def _lines(data: Any, part: Any) -> list[str]:
    return [
        ("" if left is None else _text(data, left)) + " = " + _text(data, right)
        for left, right in part.get("elements", [])
    ]


def test_a_product_of_matrices_is_shown_as_a_sum_over_a_letter() -> None:
    data = _data()
    node = next(node for node in data["nodes"] if node["operation"] == "matmul")
    assert _lines(data, node) == ["z[i, j] = Σ[k] x[i, k] · w[k, j]"]
    assert node["words"].startswith("an element is the dot product of a row")
    edge = next(edge for edge in data["edges"] if "elements" in edge and data["tensors"][edge["tensor"]]["name"] == "w")
    assert _lines(data, edge) == ["∂L/∂w[i, j] = Σ[k] ∂L/∂z[k, j] · x[k, i]"]


def test_the_parts_of_an_element_stand_below_it() -> None:
    data = _data()
    edge = next(edge for edge in data["edges"] if edge.get("words", "").startswith("p holds the probabilities"))
    assert _lines(data, edge) == [
        "∂L/∂z[i, k] = ∂L/∂ℓ[i] · (p[i, k] − 1[k = t[i]])",
        "p[i, k] = exp(z[i, k])/(Σ[l] exp(z[i, l]))",
    ]


def test_a_gradient_that_is_one_of_several_parts_has_no_left_side() -> None:
    w = ew.randn(3, 3).requires_grad_()
    loss = ((w @ w).sum()).square()
    data = recorded_data(ew.see(loss).snapshot, {})
    parts = [edge for edge in data["edges"] if "elements" in edge and data["tensors"][edge["tensor"]]["name"] == "w"]
    assert len(parts) == 2
    assert all(edge["elements"][0][0] is None for edge in parts)


def test_operations_on_single_numbers_have_no_elements() -> None:
    x = ew.tensor(1.5, requires_grad=True)
    data = recorded_data(ew.see((x * x).exp()).snapshot, {})
    assert not any("elements" in part for part in (*data["nodes"], *data["edges"]))
