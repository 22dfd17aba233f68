"""The operands of steps on arrays: which arrays a formula multiplies and adds, and how the page shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise.page.products import names_of_values, operands_of
from edgewise.printers.formula.expression import Expression, minus, negative, partial, plus, quotient, symbol

from .contents import contents_of

Opening = Callable[..., Any]

X, W, B = symbol("x"), symbol("W"), symbol("b")
G = partial("L", "z")


def transposed(x: Expression) -> Expression:
    return Expression("transpose", (x,))


def dot(*factors: Expression) -> Expression:
    return Expression("matmul", factors)


@at_once
@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (plus(dot(X, transposed(W)), B), [("", "x"), ("·", "Wᵀ"), ("+", "b")]),
        (dot(transposed(X), G), [("", "xᵀ"), ("·", "∂L/∂z")]),
        (minus(X, Expression("hadamard", (W, B))), [("", "x"), ("−", "W"), ("⊙", "b")]),
        (plus(negative(X), W), [("−", "x"), ("+", "W")]),
        (plus(Expression("joined", ("⋆", X, W)), B), [("", "x"), ("⋆", "W"), ("+", "b")]),
        (dot(X, Expression("permute", (W, (0, 2, 1)))), [("", "x"), ("·", "permute(W, axes 0, 2, 1)")]),
        (X, None),
        (transposed(X), None),
        (dot(plus(X, B), W), None),
        (quotient(dot(X, W), B), None),
        (Expression("over", ("sum", (0,), G)), None),
    ],
)
def test_the_operands_of_a_sum_of_products_are_found(
    formula: Expression, expected: list[tuple[str, str]] | None
) -> None:
    operands = operands_of(formula)
    assert (None if operands is None else [(one.sign, one.formula.unicode()) for one in operands]) == expected


def test_only_products_of_matrices_sum_over_an_axis() -> None:
    both = plus(dot(X, W), Expression("hadamard", (X, B)))
    assert [operand.contracts for operand in operands_of(both) or []] == [False, True, False, False]


def test_names_of_gradients_sizes_and_definitions_stand_for_no_values() -> None:
    formula = Expression("where", (quotient(dot(symbol("a"), G), Expression("count", (None, W))), "a", plus(X, B)))
    assert names_of_values(formula) == {"x", "b"}


def linear() -> tuple[Any, dict[str, Any]]:
    ew.manual_seed(0)
    x = ew.randn(2, 3)
    W = ew.randn(4, 3).requires_grad_()
    b = ew.randn(4).requires_grad_()
    return (ew.nn.functional.linear(x, W, b) ** 2).sum(), {}


def test_a_page_says_of_its_formulas_which_arrays_they_multiply() -> None:
    formulas = contents_of(linear).data["formulas"]
    assert len(formulas["values"]) == len(formulas["templates"])
    found = {formulas["templates"][int(template)][1]: operands for template, operands in formulas["products"].items()}
    [forward] = [operands for text, operands in found.items() if "+" in text]
    assert [operand.get("sign", "") for operand in forward] == ["", "·", "+"]
    assert [operand.get("isTransposed", False) for operand in forward] == [False, True, False]
    [back] = [operands for text, operands in found.items() if text.startswith("(∂")]
    assert [operand.get("isGradient", False) for operand in back] == [True, False]
    assert back[0]["isTransposed"]


def tables(page: Any) -> list[list[list[float]]]:
    """The numbers of the arrays in the equation, as they are seen."""
    found: list[list[list[float]]] = page.page.evaluate(
        """() => [...document.querySelectorAll("#tiles .numbers")].map((table) =>
            [...table.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("td")].map((cell) =>
                Number(cell.title.replace("−", "-")))).filter((row) => row.length))"""
    )
    return found


def test_a_step_on_matrices_shows_its_operands_and_draws_transposed_ones_transposed(opened: Opening) -> None:
    x = ew.tensor([[0.2, -0.5, 1.0], [1.5, 0.3, -0.7]])
    W = ew.tensor([[1.0, 0.5], [-0.5, 0.2], [0.1, 0.9]], requires_grad=True)
    page = opened((x @ W).abs().sum(), hash="#step=1")
    a, w = x.numpy(), W.detach().numpy()
    for found, right in zip(tables(page), [a, w, a @ w], strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-6)
    assert page.texts("#tiles .shape") == ["2 × 3", "3 × 2", "2 × 2"]
    assert page.texts("#tiles .shape b") == ["3", "3"], "the axes that must match are marked"
    page.press("ArrowRight", 6)
    assert page.text("#moment") == "Back through matmul to W"
    back = np.sign(a @ w)
    for found, right in zip(tables(page), [a.T, back, a.T @ back], strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-6)
    assert page.texts("#tiles .shape") == ["3 × 2", "2 × 2", "3 × 2"]
    assert page.errors == []


def test_an_element_of_a_transposed_operand_is_looked_into_as_what_it_is(opened: Opening) -> None:
    x = ew.tensor([[0.2, -0.5, 1.0], [1.5, 0.3, -0.7]])
    W = ew.tensor([[1.0, 0.5], [-0.5, 0.2], [0.1, 0.9]], requires_grad=True)
    page = opened((x @ W).abs().sum(), hash="#step=7")
    assert page.text("#moment") == "Back through matmul to W"
    # Row 2, column 0 of the transposed one.
    page.page.locator("#tiles [data-role=operand] tr").nth(3).locator("td").nth(0).click()
    assert page.page.locator("#look h2 math").get_attribute("aria-label").startswith("x")
    assert page.page.locator("#look b").text_content() == "1"
    lit = page.page.locator("#tiles [data-role=operand] td.is-looked-at")
    assert lit.all_text_contents() == ["1.0"]


def test_an_element_of_a_transposed_map_is_looked_into_as_what_it_is(opened: Opening) -> None:
    ew.manual_seed(0)
    x = ew.randn(3, 20)
    W = ew.randn(20, 2).requires_grad_()
    page = opened((x @ W).sum(), hash="#step=5")
    assert page.texts("#tiles .shape")[0] == "20 × 3"
    page.page.locator("#tiles [data-role=operand] canvas").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.page.keyboard.press(key)
    place, number = page.text("#tiles [data-role=operand] .map-reading").split("] ")
    assert place == "[1, 1"
    assert float(number) == pytest.approx(x.numpy().T[1, 1], rel=1e-6)
    for key in ("ArrowRight", "ArrowDown"):
        page.page.keyboard.press(key)
    assert float(page.page.locator("#look b").text_content().replace("−", "-")) == pytest.approx(
        x.numpy()[2, 2], rel=1e-3
    )
    assert page.page.locator("#tiles .map-frame span.cell.is-looked-at").count() == 1


def test_other_operations_show_what_they_are_given_beside_their_formula(opened: Opening) -> None:
    ew.manual_seed(0)
    x = ew.randn(2, 3).requires_grad_()
    page = opened((x.softmax(-1) ** 2).sum(), hash="#step=1")
    given, result = tables(page)
    np.testing.assert_allclose(given, x.detach().numpy(), rtol=1e-6)
    exponentials = np.exp(x.detach().numpy().astype(float))
    np.testing.assert_allclose(result, exponentials / exponentials.sum(1, keepdims=True), rtol=1e-5)
    assert page.texts("#tiles .sign") == ["→", "="]
    page.press("End")
    while not page.text("#moment").startswith("Back through softmax"):
        page.press("ArrowLeft")
    incoming, output, _ = tables(page)
    np.testing.assert_allclose(output, result)
    np.testing.assert_allclose(incoming, 2 * np.array(result), rtol=1e-5)


def test_maps_take_the_room_that_there_is(opened: Opening) -> None:
    ew.manual_seed(0)
    x = ew.randn(32, 40)
    W = ew.randn(40, 20).requires_grad_()
    size = "() => document.querySelector('#tiles .map').offsetHeight"
    heights = []
    for width, height in ((2560, 1440), (390, 664)):
        page = opened((x @ W).sum(), hash="#step=1", width=width, height=height)
        heights.append(page.page.evaluate(size))
    assert heights[0] > 1.2 * heights[1] > 0
