"""The sentences of steps: what they say is true for the numbers that the page has."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import edgewise as ew

from .conftest import Article, Opened

Opening = Callable[..., Opened]


def sentences(page: Opened) -> list[str]:
    """What each step of a page says, from the first."""
    page.press("Home")
    said = [page.text("#sentence")]
    for _ in range(int(page.page.get_attribute("#scrub", "max") or 0)):
        page.press("ArrowRight")
        said.append(page.text("#sentence"))
    return said


def test_a_page_opens_at_its_start_and_says_what_to_do(opened_file: Opening, page_of: Callable[[str], Any]) -> None:
    page = opened_file(page_of("first_article"))
    assert page.step == 0
    assert page.text("#sentence").startswith("Press →")
    assert page.text("#loss") == "", "the answer is not told before the story comes to it"
    assert page.page.locator("#losses:visible").count() == 0
    page.page.click("#picture [data-kind=tensor][data-id='1'] .name")
    assert page.texts(".details .figure.is-gradient") == []
    assert page.text(".details .jump") == "not there yet: step 18"
    for end, step in (("forward", 7), ("backward", 18), ("update", 22)):
        page.reopen(f"#step={end}")
        assert page.step == step
    assert page.text("#loss") == "loss 0.98"


def test_each_step_of_the_article_says_something(opened_network: Opening) -> None:
    said = sentences(opened_network("first_article"))
    assert said[1] == "mul₁ makes 0.6 from x = 0.5 and W₁ = 1.2."
    assert all(said)


def test_a_backward_step_says_what_a_change_does(opened: Opening) -> None:
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    w = ew.tensor(0.8, requires_grad=True)
    y = x * w
    loss = (y - t).abs()
    page = opened(loss)
    # |1.5 · 0.8 − 1.4| falls as w rises, by 1.5 for each unit.
    assert page.text("#sentence") == (
        "Raise w by 0.01 and the loss falls by about 0.015: y rises 1.5 times as much, as x is 1.5, and −1 arrives."
    )
    assert page.text("#spoken").endswith(page.text("#sentence").replace("−1", "minus 1"))


def test_sentences_follow_changes(opened: Opening) -> None:
    w = ew.tensor(2.0, requires_grad=True)
    loss = w * ew.tensor(3.0)
    page = opened(loss)
    assert "rises by about 0.03" in page.text("#sentence")
    field = page.page.locator("#fields .field").last
    field.click()
    field.fill("-5")
    field.press("Enter")
    # d(w · −5)/dw = −5, whatever w is.
    assert "falls by about 0.05" in page.text("#sentence")


def test_what_is_claimed_of_a_change_is_what_it_gives(opened_network: Opening, article: Article) -> None:
    """The loss of the network in which one parameter is raised is computed in Python."""
    claims: dict[str, float] = {}
    for text in sentences(opened_network("first_article")):
        found = re.match(r"Raise ([Wb])([₁₂]) by 0.01 and the loss (falls|rises) by about ([\d.]+):", text)
        if found:
            name = found[1] + str("₀₁₂".index(found[2]))
            claims[name] = float(found[4]) * (1 if found[3] == "rises" else -1)
    assert set(claims) == {"W1", "b1", "W2", "b2"}
    before = article.loss.item()
    for name, claimed in claims.items():
        raised = Article()
        getattr(raised, name).data += 0.01
        assert raised.run().item() - before == pytest.approx(claimed, abs=2e-6)


def test_a_sum_says_what_each_use_gives(opened: Opening) -> None:
    w = ew.tensor(0.5, requires_grad=True)
    page = opened(w * w + w)
    # d(w² + w)/dw = 2w + 1 = 2
    assert page.text("#sentence") == (
        "Raise w by 0.01 and the loss rises by about 0.02: 0.005 through mul, 0.005 through mul and 0.01 through add."
    )


def test_arrays_are_told_by_shapes_and_the_largest_element(opened: Opening) -> None:
    x = ew.tensor([[1.0, 2.0, -1.0]])
    W = ew.tensor([[0.5, -0.25], [1.0, 3.0], [0.0, 2.0]], requires_grad=True)
    loss = (x @ W).sum()
    page = opened(loss)
    # ∂Σ(xW)/∂W has x in each column.
    assert page.text("#sentence") == (
        "1×2 gradients arrive at matmul, and 3×2 go on to W. "
        "The largest in size is 2 at W[1, 0]: raise that element by 0.01 and the loss rises by about 0.02."
    )
    page.press("ArrowRight")
    assert page.text("#sentence") == (
        "Of the 3×2 numbers, that at W[1, 1] changes most: it goes down by 0.2 to 2.8: "
        "its gradient of 2 says that the loss falls when it goes down."
    )
    assert page.text("#elements .outcome") == "For the same inputs, the loss falls from 6.25 to 5.05."


def test_a_gradient_of_zero_is_said(opened: Opening) -> None:
    w = ew.tensor(-1.0, requires_grad=True)
    loss = (w.relu() * 3.0).abs()
    said = sentences(opened(loss))
    assert "0 arrives at mul: changing relu a little does not change the loss." in said
    loss = w.relu() * 3.0
    said = sentences(opened(loss))
    assert said[-2] == "Change w a little and relu does not change: nothing of the 3 that arrives goes on."
    assert said[-1] == "w stays as it is, as its gradient is 0."


def test_an_update_that_goes_against_its_gradient_is_said(opened: Opening) -> None:
    w = ew.tensor(1.0, requires_grad=True)
    optimizer = ew.optim.SGD([w], lr=0.1, momentum=0.9)
    for sign in (-10.0, 1.0):
        loss = w * sign
        optimizer.zero_grad()
        loss.backward()
        if sign < 0:
            optimizer.step()
    page = opened(loss, optimizer=optimizer)
    page.press("End")
    # The velocity is 0.9 · (−10) + 1 = −8, so w goes up by 0.8 from 2.
    assert page.text("#sentence") == (
        "w goes up by 0.8 to 2.8, which its gradient of 1 alone would not do: the rule takes more into account."
    )
    assert page.text("#elements .outcome") == "For the same inputs, the loss rises from 2 to 2.8."


@pytest.mark.parametrize("name", ["article", "cross_entropy", "tied", "xor"])
def test_sentences_are_plain(opened_network: Opening, name: str) -> None:
    for text in sentences(opened_network(name)):
        assert not re.search(r"undefined|NaN|null|\s{2}", text), text


def test_the_last_step_says_what_the_update_does_to_the_loss(opened: Opening) -> None:
    w = ew.tensor([1.0, -2.0], requires_grad=True)
    page = opened((w * w).sum(), hash="#step=99", learning_rate=0.1)
    # By hand: w − 0.1 · 2w = 0.8w, so that 1 + 4 becomes 0.64 · 5.
    assert page.text("#elements .outcome") == "For the same inputs, the loss falls from 5 to 3.2."
    page.page.fill("#rate .field", "1.5")
    page.press("Enter")
    assert "the loss rises from 5 to 20: a smaller learning rate may help." in page.text("#elements .outcome")
    assert page.text("#loss").strip().endswith("5")
