"""Batches given to a page: what its leaves hold in turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.page import make_page
from edgewise.printers.figures import figure

from .conftest import Article, Opened

Opening = Callable[..., Opened]


def test_batches_are_used_in_turn(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Linear(3, 1)
    xs, ts = ew.randn(3, 4, 3), ew.randn(3, 4, 1)
    x, t = xs[0].clone(), ts[0].clone()
    loss = nn.functional.mse_loss(model(x), t)
    page = opened(loss, batches={x: xs, t: ts.numpy()})
    optimiser = optim.SGD(model.parameters(), lr=0.1)
    for step in range(5):
        loss = nn.functional.mse_loss(model(xs[step % 3]), ts[step % 3])
        assert page.text("#batch") == f"Batch {step % 3 + 1} of 3"
        assert page.text("#loss").split()[-1] == figure(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        page.page.click("#train1")
    page.page.locator("#seek").fill("1")
    assert page.text("#batch") == "Batch 2 of 3"
    page.page.click("#batch-before")
    assert page.text("#batch") == "Batch 1 of 3"
    assert page.errors == []


def test_batches_of_labels(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Linear(3, 4)
    x, t = ew.randn(6, 3), ew.tensor([0, 3, 1, 2, 0, 1])
    other = [1, 2, 2, 3, 3, 0]
    page = opened(nn.functional.cross_entropy(model(x), t), batches={t: [t, other]})
    assert "0 3 1 2 0 1" in page.texts("#picture text.value")
    page.page.click("#batch-after")
    loss = nn.functional.cross_entropy(model(x), ew.tensor(other))
    assert page.text("#loss").split()[-1] == figure(loss.item())
    assert "1 2 2 3 3 0" in page.texts("#picture text.value")
    assert page.errors == []


def test_batches_that_do_not_fit_are_refused(article: Article) -> None:
    for batches, message in (
        ({article.x: [1.0, 2.0], article.t: [1.0]}, "as many batches"),
        ({article.x: [[1.0, 2.0]]}, r"a batch for x has shape \(2,\), not \(\)"),
        ({article.loss: [1.0]}, "leaves"),
        ({article.x: []}, "at least one"),
    ):
        with pytest.raises(ValueError, match=message):
            make_page(article.loss, batches=batches)


def test_batches_may_be_given_by_name(article: Article) -> None:
    by_name = make_page(article.loss, batches={"x": [0.5, 1.0], "t": [1.0, 2.0]})
    assert by_name == make_page(article.loss, batches={article.x: [0.5, 1.0], article.t: [1.0, 2.0]})


def test_batches_of_leaves_named_alike_go_by_the_names_in_the_picture() -> None:
    first, second = ew.tensor([1.0, 2.0]), ew.tensor([3.0, 4.0], requires_grad=True)
    first.name = second.name = "a"
    loss = (first * second).sum()
    assert make_page(loss, batches={"a₂": [[5.0, 6.0]]}) == make_page(loss, batches={second: [[5.0, 6.0]]})
    with pytest.raises(ValueError, match="leaves, a₁, a₂; 'a' was given"):
        make_page(loss, batches={"a": [[5.0, 6.0]]})


def test_batches_may_be_given_for_a_tensor_of_the_same_memory_as_a_leaf_and_of_no_other() -> None:
    x = ew.tensor([[1.0, 2.0], [3.0, 4.0]])
    loss = (x * ew.ones(2, 2, requires_grad=True)).sum()
    numbers = [[[5.0, 6.0], [7.0, 8.0]]]
    expected = make_page(loss, batches={x: numbers})
    assert make_page(loss, batches={x.detach(): numbers}) == expected
    assert make_page(loss, batches={x.reshape(4): [np.ravel(numbers)]}) == expected
    other_order, fewer_elements, other_numbers = x.T, x[:1], ew.tensor(x.numpy().view(np.int32))
    for other in (other_order, fewer_elements, other_numbers, x.clone()):
        with pytest.raises(ValueError, match=r"leaves, x, .*another tensor was given"):
            make_page(loss, batches={other: np.ones((1, *other.shape))})
