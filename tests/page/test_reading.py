"""What readers need is in sight: words about shapes, cards that they open, signs, and controls beside a sum."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Opened

Opening = Callable[..., Opened]

SIZES = [(1440, 900), (1366, 650), (1024, 768), (390, 844), (720, 450)]
"""Windows of a desk, of a laptop, of a tablet and of a phone, and one at twice the size."""

COVERED = """() => {
    const look = document.getElementById("look").getBoundingClientRect();
    return [...document.querySelectorAll("#page :is(button, input, select):not(#look *)")].filter((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        return Math.min(right, look.right) > Math.max(left, look.left)
            && Math.min(bottom, look.bottom) > Math.max(top, look.top);
    }).map((one) => one.id || one.className);
}"""

IN_SIGHT = """(element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    const there = document.elementFromPoint(left + width / 2, top + height / 2);
    return element === there || element.contains(there);
}"""


def test_a_step_says_why_a_gradient_has_its_shape(opened_network: Opening) -> None:
    page = opened_network("perceptron")
    page.page.evaluate("document.getElementById('scrub').value = '10'")
    page.page.dispatch_event("#scrub", "input")
    while "weight" not in page.text("#moment") and page.step < 16:
        page.press("ArrowRight")
    assert page.text("#axes") == (
        "weight₂ is 10×64, and so is its gradient: a row (i) for each column of z₂, a column (j) for each column "
        "of h. Σ runs over k, the 32 rows (axis 0) of z₂ and h."
    )


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_words_about_shapes_are_in_sight_or_below(opened_network: Opening, width: int, height: int) -> None:
    page = opened_network("perceptron", width=width, height=height)
    words = page.page.locator("#axes")
    assert words.text_content()
    words.scroll_into_view_if_needed()
    assert words.evaluate(IN_SIGHT)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_card_of_what_was_clicked_comes_into_sight(opened_network: Opening, width: int, height: int) -> None:
    page = opened_network("perceptron", width=width, height=height)
    page.page.locator("#picture g[data-kind=tensor]").first.dispatch_event("click")
    page.page.wait_for_selector("#details .card h2")
    assert page.page.locator("#details .card h2").first.evaluate(IN_SIGHT)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_change_leads_to_the_first_number(opened_network: Opening, width: int, height: int) -> None:
    page = opened_network("perceptron", width=width, height=height)
    page.page.locator("button.edit").first.click()
    field = page.page.locator("#details .field").first
    assert field.evaluate("(field) => field === document.activeElement")
    assert field.evaluate(IN_SIGHT)


def test_a_sum_covers_no_control_where_there_is_room_for_both(opened_network: Opening) -> None:
    page = opened_network("perceptron", width=1440, height=900)
    page.page.locator("#equation .result .map").click()
    page.page.wait_for_selector("#look.is-pinned")
    assert page.page.evaluate(COVERED) == []


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_dialog_of_keys_has_the_whole_legend(opened_network: Opening, width: int, height: int) -> None:
    page = opened_network("perceptron", width=width, height=height)
    page.press("?")
    shown = [key.text_content() for key in page.page.locator("#keys .legend > span:visible").all()]
    assert shown == [
        "value, forward",
        "gradient, backward",
        "parameter",
        "input",
        "numbers < 0, > 0",
        "‖·‖ norm, max the largest |number|",
        "axis 0 the rows, axis 1 the columns of a matrix",
    ]


def test_a_button_shows_the_legend_where_not_all_of_it_is_in_sight(opened_network: Opening) -> None:
    page = opened_network("perceptron", width=1024, height=768)
    page.page.get_by_role("button", name="all colours and signs").click()
    assert page.page.locator("#keys .legend").is_visible()


def test_the_module_around_an_operation_is_named_as_one(opened_network: Opening) -> None:
    page = opened_network("perceptron", hash="#step=2")
    assert page.text("#remark button.where") == "in module 1"
