"""Losses that ask for margins, and those of distributions: their formulas, slopes and errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

rng = np.random.default_rng(0)
A, B, C = (rng.standard_normal((3, 4)) for _ in range(3))
SIGNS = ew.tensor(np.sign(rng.standard_normal((3, 4))))
POSITIVE = rng.random((3, 4)) + 0.5


def test_formulas():
    a, b = ew.tensor([3.0, 1.0]), ew.tensor([1.0, 2.0])
    one = ew.tensor([1.0, 1.0])
    assert F.margin_ranking_loss(a, b, one, 0.5, reduction="none").tolist() == [0, 1.5]
    assert F.hinge_embedding_loss(a, ew.tensor([1.0, -1.0]), 3.0, reduction="none").tolist() == [3, 2]
    assert F.soft_margin_loss(a, one).item() == pytest.approx((math.log1p(math.exp(-3)) + math.log1p(math.exp(-1))) / 2)
    scores = ew.tensor([[1.0, 2.0, 0.5]])
    assert F.multi_margin_loss(scores, ew.tensor([0])).item() == pytest.approx((2 + 0.5) / 3)
    assert F.poisson_nll_loss(a, b, reduction="sum").item() == pytest.approx(
        math.exp(3) - 3 + math.exp(1) - 2, rel=1e-6
    )
    assert F.gaussian_nll_loss(a, b, ew.tensor([2.0, 1.0]), reduction="none").tolist() == pytest.approx(
        [(math.log(2) + 2) / 2, 0.5]
    )


def test_derivatives(check_derivatives):
    check_derivatives(lambda a, b: F.margin_ranking_loss(a, b, SIGNS, 0.5), A, B)
    check_derivatives(lambda a: F.hinge_embedding_loss(a, SIGNS), A)
    check_derivatives(lambda a: F.soft_margin_loss(a, SIGNS), A)
    check_derivatives(lambda a, b: F.cosine_embedding_loss(a, b, SIGNS[:, 0]), A, B)
    check_derivatives(lambda a, b, c: F.triplet_margin_loss(a, b, c, swap=True), A, B, C)
    check_derivatives(lambda a: F.multi_margin_loss(a, ew.tensor([0, 3, 1]), p=2), A)
    check_derivatives(lambda a: F.multilabel_soft_margin_loss(a, (SIGNS + 1) / 2), A)
    check_derivatives(lambda a, t: F.poisson_nll_loss(a, t, full=True), A, POSITIVE + 1)
    check_derivatives(lambda a, b, v: F.gaussian_nll_loss(a, b, v), A, B, POSITIVE)


def test_large_scores_do_not_overflow():
    x = ew.tensor([1e4, -1e4], requires_grad=True)
    loss = F.soft_margin_loss(x, ew.tensor([-1.0, 1.0]), reduction="none")
    loss.sum().backward()
    assert loss.tolist() == [1e4, 1e4]
    assert x.grad.tolist() == [1, -1]


def test_equal_points_and_zero_vectors_have_finite_slopes():
    x = ew.zeros(2, 3, requires_grad=True)
    (F.cosine_embedding_loss(x, x, ew.ones(2)) + F.triplet_margin_loss(x, x, x)).backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: F.margin_ranking_loss(a, a[0], SIGNS), "must be the same"),
        (lambda a: F.cosine_embedding_loss(a, a, SIGNS), r"they must be \(N, D\)"),
        (lambda a: F.multi_margin_loss(a, ew.tensor([0])), r"they must be \(N, C\)"),
        (lambda a: F.multi_margin_loss(a, ew.tensor([0, 1, 2]), p=3), "must be 1 or 2"),
        (lambda a: F.gaussian_nll_loss(a, a, -ew.ones(3, 4)), "must not be negative"),
        (lambda a: F.gaussian_nll_loss(a, a, ew.ones(2, 4)), "var has shape"),
        (lambda a: F.soft_margin_loss(a, SIGNS, reduction="max"), "reduction is 'max'"),
    ],
)
def test_wrong_arguments_are_explained(call, message):
    with pytest.raises((ew.ShapeError, ew.ArgumentError), match=message):
        call(ew.tensor(A))
