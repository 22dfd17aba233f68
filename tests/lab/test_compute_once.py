"""How many products and passes a gradient takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from browsing import Opened

import edgewise as ew
from edgewise import lab
from edgewise.lab.compute_once import along_paths, ladder, tree


@pytest.mark.parametrize("seed", range(5))
def test_kept_gradients_take_two_products_for_each_shared_node_and_paths_twice_as_many_each_time(seed: int) -> None:
    report = lab.compute_once(longest=6, seed=seed)
    assert report.holds, [claim.text for claim in report.claims if not claim.holds]
    assert [cells for _, cells in report.tables[0].rows] == [
        [str(2 * k), str(2 ** (k + 1) - 2), str(2**k)] for k in range(1, 7)
    ]
    assert report.prediction is not None
    assert report.prediction.choices[report.prediction.right] == "126"
    forward = [cells[:2] for _, cells in report.tables[1].rows]
    assert forward == [[str(a), str(b)] for n in (21, 81, 321) for a, b in ((1, 1), (n, 0), (2 * n, 0))]


def test_the_sum_over_paths_is_the_gradient_of_any_graph() -> None:
    x = ew.tensor([0.5, -0.25], dtype="float64", requires_grad=True)
    y = ((x * x).tanh() * x + x.exp() * x).sum()
    found, products = along_paths(y, np.ones_like(y.array), x)
    (expected,) = ew.autograd.grad(y, [x])
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-12)
    # One for sum, two for add; on the left tanh, x, x · x and its two x; on the right exp, x and the x of exp.
    assert products == 1 + 2 + 5 + 3


def test_a_tree_is_a_ladder_without_shared_nodes() -> None:
    x = ew.tensor(0.75, requires_grad=True)
    graphs = [ew.snapshot(function(x, 4)) for function in (ladder, tree)]
    assert [len(graph.nodes) for graph in graphs] == [4, 15]


def test_its_page_shows_both(opened_report: Callable[..., Opened]) -> None:
    page = opened_report(lab.compute_once(longest=3))
    page.page.click("#last")
    page.rest()
    assert page.texts(".side h2") == ["kept", "not kept"]
    # There is nothing in them to be learned.
    assert page.page.is_hidden("#train")
    assert page.texts(".side .loss") == []
    assert page.errors == []


@pytest.mark.parametrize(
    ("given", "message"),
    [({"steps": 7}, "steps must be from 1 to 6, not 7"), ({"longest": 30}, "longest must be from 2 to 14, not 30")],
)
def test_what_it_can_not_use_is_refused(given: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match="^" + message):
        lab.compute_once(**given)
