"""What goes wrong in a network is marked and said, wherever it begins."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import edgewise as ew
from edgewise.page import Look

from .conftest import Opened

Opening = Callable[..., Opened]


def marks(page: Opened) -> dict[str, str]:
    """What the marks of the picture say, by the name of the operation."""
    found = page.page.eval_on_selector_all(
        "#picture .warning-mark",
        "(marks) => marks.map((one) => [one.parentNode.querySelector('text').textContent, one.dataset.text])",
    )
    return dict(found)


def said(page: Opened) -> list[str]:
    return page.texts("#remark .warning")


def test_the_first_nan_says_where_it_began(opened: Opening) -> None:
    v = ew.tensor(-4.0, requires_grad=True)
    page = opened((v.log() * 2.0 + 1.0).abs())
    assert marks(page)["log"] == "Here it began: log makes NaN from v = −4."
    page.press("ArrowLeft")
    button = page.page.locator("#remark button.warning")
    assert button.text_content() == "not all numbers are finite: it began at step 1"
    button.click()
    assert page.step == 1
    assert said(page) == ["Here it began: log makes NaN from v = −4."]
    page.press("Home")
    assert marks(page) == {}, "nothing is told before the story comes to it"
    assert page.errors == []


def test_an_input_that_is_not_finite_is_where_it_began(opened: Opening) -> None:
    x = ew.tensor([1.0, math.inf])
    w = ew.tensor(2.0, requires_grad=True)
    page = opened((x * w).sum(), hash="#step=0")
    assert marks(page)["mul"] == "Here it began: x is given with ∞ in 1 of 2 elements."
    page.press("ArrowRight")
    assert page.text("#sentence") == "mul makes 2 numbers from x (2) and w = 2; not all are finite: ∞ at mul[1]."


def test_a_gradient_can_be_the_first_that_is_not_finite(opened: Opening) -> None:
    w = ew.tensor(0.0, requires_grad=True)
    page = opened(w.sqrt() * 3.0)
    # √0 is 0, and its derivative is infinite.
    assert marks(page)["sqrt"] == "Here it began: on the way forward all is well, but back through sqrt to w comes ∞."


def test_a_gradient_that_ends_is_said(opened: Opening) -> None:
    w = ew.tensor([-1.0, -2.0], requires_grad=True)
    page = opened((w * 2.0).relu().sum())
    text = (
        "The gradient ends here: relu lets nothing through to mul, as its derivative is 0 at all elements, "
        "though a gradient arrives."
    )
    assert marks(page) == {"relu": text}, "what follows is 0 already"
    page.press("ArrowLeft")
    assert said(page) == [text]
    assert page.text("#spoken").count("The gradient ends here") == 1
    page.page.click("#picture [data-kind=node] >> nth=1")
    assert text in page.texts(".details .warning")


def test_a_change_clears_the_mark(opened: Opening) -> None:
    w = ew.tensor(-1.0, requires_grad=True)
    page = opened(w.relu() * 3.0)
    assert set(marks(page)) == {"relu"}
    page.page.locator("#fields .field").first.fill("1")
    assert marks(page) == {}


@pytest.mark.parametrize(
    ("function", "name", "value", "derivative"),
    [
        # σ′ = σ(1 − σ) and tanh′ = 1 − tanh², far from 0.
        (ew.sigmoid, "sigmoid", 8.0, math.exp(-8) / (1 + math.exp(-8)) ** 2),
        (ew.tanh, "tanh", 4.0, 1 - math.tanh(4) ** 2),
    ],
)
def test_a_function_that_is_flat_is_said(
    opened: Opening, function: Callable[[Any], Any], name: str, value: float, derivative: float
) -> None:
    w = ew.tensor(value, requires_grad=True)
    page = opened(function(w) * 3.0)
    text = marks(page)[name]
    assert text.startswith(f"{name} is nearly flat here: its derivative is only ")
    shown = float(text.split("only ")[1].split(",")[0].replace("−", "-"))
    assert shown == pytest.approx(derivative, rel=1e-3)
    page = opened(function(ew.tensor(0.5, requires_grad=True)) * 3.0)
    assert marks(page) == {}


def test_a_mask_of_minus_infinity_is_no_fault(opened_network: Opening) -> None:
    page = opened_network("attention")
    assert [text for text in marks(page).values() if "began" in text] == []
    assert page.page.locator("#remark button.warning").count() == 0


def test_constants_and_healthy_networks_have_no_marks(opened: Opening, opened_network: Opening) -> None:
    w = ew.tensor(2.0, requires_grad=True)
    assert marks(opened(w * 0.001)) == {}, "a factor that is always the same says nothing of a function"
    assert marks(opened_network("first_article")) == {}


def test_a_closed_module_has_the_mark_of_what_is_in_it(opened: Opening) -> None:
    ew.manual_seed(0)

    class Shut(ew.nn.Module):
        def forward(self, x: Any) -> Any:
            return (x - 100.0).relu() + 1.0

    model = ew.nn.Sequential(ew.nn.Linear(2, 2), Shut())
    loss = (model(ew.ones(3, 2)) ** 2).sum()
    page = opened(loss, look=Look(closed=["1"]))
    assert any("The gradient ends here: relu" in text for text in marks(page).values())


def test_units_that_are_shut_for_all_examples_are_counted(opened: Opening) -> None:
    # Of three units the second is below 0 in both examples, the others in one at most.
    x = ew.tensor([[1.0, -1.0, 2.0], [-1.0, -2.0, 3.0]])
    w = ew.tensor([2.0, 2.0, 2.0], requires_grad=True)
    page = opened((x * w).relu().square().sum())
    assert marks(page)["relu"] == "1 of 3 units is shut for all 2 examples: no gradient comes through it at relu."


def test_units_that_are_saturated_for_all_examples_are_counted(opened: Opening) -> None:
    # sigmoid'(±6) = 0.0025 and tanh'(±4) = 0.0013
    x = ew.tensor([[6.0, -6.0, 0.5], [-6.0, 7.0, 8.0]])
    w = ew.tensor([1.0, 1.0, 1.0], requires_grad=True)
    page = opened((x * w).sigmoid().sum())
    text = "2 of 3 units are saturated for all 2 examples: their derivative is below 0.01 at sigmoid."
    assert marks(page)["sigmoid"] == text


def test_the_slope_of_a_leaky_relu_is_no_saturation(opened: Opening) -> None:
    x = ew.tensor([[-1.0, 1.0], [-2.0, 3.0]])
    w = ew.tensor([1.0, 1.0], requires_grad=True)
    assert marks(opened(ew.nn.functional.leaky_relu(x * w).sum())) == {}


def test_channels_that_are_shut_are_counted(opened: Opening) -> None:
    channels = ew.tensor([-1.0, 1.0]).reshape(1, 2, 1, 1)
    w = ew.ones(2, 2, 3, 3).requires_grad_()
    page = opened((w * channels).relu().sum())
    text = "1 of 2 channels is shut for all 2×3×3 positions: no gradient comes through it at relu."
    assert marks(page)["relu"] == text


def test_no_unit_of_a_single_example_is_called_shut(opened: Opening) -> None:
    w = ew.tensor([-1.0, 2.0], requires_grad=True)
    assert marks(opened((w * 2.0).relu().sum())) == {}


def test_units_that_dropout_leaves_out_are_no_fault(opened: Opening) -> None:
    ew.manual_seed(0)
    w = ew.ones(2, 8).requires_grad_()
    assert marks(opened(ew.nn.functional.dropout(w * 2.0, 0.5).sum())) == {}
