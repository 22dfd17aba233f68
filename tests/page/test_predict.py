"""Predicting gradients in a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import edgewise as ew

from .conftest import Opened

Opening = Callable[..., Opened]


def answer(page: Opened, number: str = "", sign: str = "", size: str = "") -> str:
    """What the page says of an answer."""
    if sign:
        page.page.check(f"#prediction input[value='{sign}']")
    if size:
        page.page.select_option("#prediction select", label=size)
    page.page.fill("#prediction input[type=text]", number)
    page.page.click("#prediction button[type=submit]")
    return page.text("#prediction output")


@pytest.mark.parametrize(
    ("guess", "value", "outcome"),
    [
        ({"text": "−0,75"}, -0.75, "right"),
        ({"text": "-0.74"}, -0.75, "right"),  # within 2 %
        ({"text": "0.75"}, -0.75, "sign is the other"),
        ({"text": "-0.5"}, -0.75, "It is larger"),
        ({"text": "0"}, 0.0, "right"),
        ({"text": "three"}, -0.75, "is no number"),
        ({}, -0.75, "Choose a sign"),
        ({"sign": -1}, -0.75, "right"),
        ({"sign": 1}, -0.75, "sign is the other"),
        ({"sign": 0}, -0.75, "Something does come back"),
        ({"sign": 1}, 0.0, "Nothing comes back"),
        ({"sign": -1, "text": "0.75"}, -0.75, "right"),  # the number has the sign that was chosen
        ({"sign": 1, "text": "-0.75"}, -0.75, "right"),  # what is typed with a sign has that one
        ({"sign": -1, "text": "0.5"}, -0.75, "It is larger"),
        ({"sign": -1, "size": 2}, -0.75, "right"),
        ({"sign": -1, "size": 3}, -1.0, "right"),  # at the border both sizes are
        ({"sign": -1, "size": 2}, -1.0, "right"),
        ({"sign": -1, "size": 1}, -0.75, "its size is larger"),
        ({"sign": 1, "size": 4}, 0.75, "its size is smaller"),
    ],
)
def test_guesses_are_judged(in_node: Callable[..., str], guess: dict[str, object], value: float, outcome: str) -> None:
    given = json.dumps({"guess": {"size": -1, "text": "", **guess}, "value": value})
    found = json.loads(
        in_node("predict.js", "console.log(JSON.stringify(judgeGuess(given.guess, given.value)))", given)
    )
    if outcome == "right":
        assert found["outcome"] == "right"
    elif isinstance(found, str):
        assert outcome in found
    else:
        assert found["outcome"] == "wrong"
        assert outcome in found["text"]


def test_a_gradient_is_hidden_until_the_reader_has_said_what_it_is(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=13")
    number = page.chip(6, "gradient") or page.chip(7, "gradient")
    assert number
    page.press("g")
    assert page.step == 7, "gradients that were seen before are hidden again"
    page.press("ArrowRight", 2)
    assert page.text("#sentence") == ""
    assert page.texts("#tiles .result .figure") == ["?"]
    assert page.page.locator("#tiles .local :is(.figure, .local-numbers)").count() == 0
    assert page.page.locator("#chain *").count() == 0
    before = page.page.evaluate("[...document.querySelectorAll('#picture g:not(.no-gradient) > text.gradient')].length")
    assert "what is its gradient?" in page.text("#spoken")
    # ∂|y₂ − t|/∂(y₂ − t) = −1, as the difference is negative.
    assert answer(page, "-1") == "Right: it is −1."
    assert page.text("#sentence").startswith("Raise")
    after = page.page.evaluate("[...document.querySelectorAll('#picture g:not(.no-gradient) > text.gradient')].length")
    assert after == before + 1
    assert page.errors == []


def test_a_wrong_answer_is_kindly_met_with_the_reason(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=7")
    page.page.click("#predict")
    page.press("ArrowRight", 2)
    said = answer(page, sign="1")
    assert said == "Not quite: it is −1. The sign is the other one."
    assert page.text("#sentence").startswith("Raise")
    page.press("g")
    assert page.page.locator("#prediction").is_hidden()


def test_at_the_end_what_was_missed_is_listed(opened: Opening) -> None:
    w = ew.tensor(2.0, requires_grad=True)
    loss = (w * 3.0).abs()
    page = opened(loss, hash="#step=forward")
    page.press("g")
    page.press("ArrowRight", 2)
    assert answer(page, "1").startswith("Right")
    page.press("ArrowRight")
    answer(page, "5")
    summary = page.text("#prediction .summary")
    assert "1 of 2 gradients were right: 1 not quite." in summary
    page.page.click("#prediction .summary button")
    assert page.texts("#tiles .result .figure") == ["?"]
    # ∂|3w|/∂w = 3
    assert answer(page, "3").startswith("Right")
    assert "2 of 2 gradients were right. Well done!" in page.text("#prediction .summary")


def test_cards_and_looks_into_numbers_hide_what_is_predicted(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=7")
    page.press("g")
    page.press("ArrowRight", 2)
    page.page.click("#picture [data-kind=tensor][data-id='1'] .name")
    assert page.texts(".details .figure.is-gradient, .details .use .is-gradient") == []
    assert page.page.locator("#colour option[value=gradient]").get_attribute("disabled") is not None
    page.page.hover("#tiles .result .figure")
    assert page.page.locator("#look:visible").count() == 0


def test_new_numbers_are_predicted_again(opened_network: Opening) -> None:
    page = opened_network("first_article", hash="#step=7")
    page.press("g")
    page.press("ArrowRight", 2)
    answer(page, "-1")
    page.page.click("#train1")
    assert page.texts("#tiles .result .figure") == ["?"]


def test_closed_modules_are_predicted_as_one(opened_network: Opening) -> None:
    page = opened_network("two_blocks", hash="#step=forward")
    page.press("g")
    page.press("ArrowRight", 2)
    for _ in range(6):
        if page.texts("#tiles .result .figure") == ["?"]:
            break
        page.press("ArrowRight")
    assert page.text("#prediction .asks").startswith("Which sign has")
    assert page.errors == []


NUMBERS = """() => {
    const page = document.documentElement.cloneNode(true);
    for (const one of page.querySelectorAll("script, style")) one.remove();
    const figures = (text) => text.replace(/−/g, "-").match(/-?\\d+(\\.\\d+)?(e-?\\d+)?/g) ?? [];
    const isLong = (figure) => figure.replace(/e.*/, "").replace(/^[-0.]+|\\./g, "").length > 3;
    const fields = [...document.querySelectorAll("input, output")].map((one) => one.value);
    const result = [...document.querySelectorAll("#tiles .result, #prediction output")].map((one) => one.textContent);
    return [figures([page.outerHTML, ...fields].join(" ")), figures(result.join(" "))].map((all) => all.filter(isLong));
}"""


def numbers(page: Opened) -> tuple[set[str], set[str]]:
    """Returns the numbers of four digits in the whole document, and those of the result of a step."""
    everywhere, result = page.page.evaluate(NUMBERS)
    return set(everywhere), set(result)


def mixed() -> Any:
    """Returns the loss of two layers with a bias that is used twice."""
    ew.manual_seed(3)
    x, t = ew.randn(3, 2), ew.randn(3, 1)
    W1, b, W2 = ew.randn(2, 2).requires_grad_(), ew.randn(2).requires_grad_(), ew.randn(2, 1).requires_grad_()
    return ((((x @ W1 + b).tanh() * b) @ W2 - t) ** 2).mean()


def scalars() -> Any:
    """Returns the loss of single numbers of which one is used three times."""
    w, x, v = ew.tensor(0.7312, requires_grad=True), ew.tensor(1.2643), ew.tensor(-0.4177, requires_grad=True)
    return (((x * w).tanh() * w + v).sigmoid() * w - 0.3719) ** 2


def predict_all(page: Opened, most: int, touch: Callable[[], None]) -> int:
    """Steps through a page from its start, and answers each question; nothing may tell the answer before.

    The results of earlier steps and the numbers that are given are known. Returns how many questions there were.
    """
    page.press("g")
    fields = page.page.locator(".field").evaluate_all("fields => fields.map((field) => field.value.replace('−', '-'))")
    known = {*fields}
    asked = 0
    for _ in range(most):
        page.press("ArrowRight")
        is_asked = page.page.locator("#prediction .asks").count() > 0
        if is_asked:
            touch()
            hidden, _ = numbers(page)
            answer(page, "123456")
        _, result = numbers(page)
        if is_asked:
            leaked = (result & hidden) - known
            assert not leaked, f"step {page.step} tells its gradient"
            asked += 1
        known |= result
    assert page.errors == []
    return asked


@pytest.mark.parametrize("loss", [mixed, scalars])
def test_no_part_of_the_page_betrays_a_gradient_before_it_is_predicted(
    opened: Opening, loss: Callable[[], Any]
) -> None:
    page = opened(loss(), hash="#step=0")

    def select() -> None:
        for one in page.page.locator("#picture g.arrives").all():
            one.dispatch_event("click")

    assert predict_all(page, 22, select) > 5


def test_nothing_betrays_what_closed_modules_give_before_it_is_predicted(opened_network: Opening) -> None:
    page = opened_network("encoder", hash="#step=0")
    assert predict_all(page, 18, lambda: None) > 3
