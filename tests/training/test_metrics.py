from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.training import accuracy, binary_accuracy, top5_accuracy
from edgewise.training.metrics import mean_absolute_error, mean_squared_error


def test_accuracy_is_the_share_of_items_with_the_right_largest_score():
    scores = ew.tensor([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0], [5.0, 1.0]])
    assert accuracy(scores, ew.tensor([1, 0, 0, 0])) == 0.75


def test_accuracy_of_pictures_counts_every_place():
    scores = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    target = scores.argmax(axis=1)
    target[0, 0, 0] = (target[0, 0, 0] + 1) % 3
    assert accuracy(scores, target) == pytest.approx(39 / 40)


def test_top5_accuracy_agrees_with_sorting():
    rng = np.random.default_rng(0)
    scores, target = rng.standard_normal((50, 12)), rng.integers(0, 12, 50)
    best = np.argsort(-scores, axis=1)[:, :5]
    assert top5_accuracy(scores, target) == pytest.approx((best == target[:, None]).any(axis=1).mean())
    assert top5_accuracy(scores[:, :4], target % 4) == 1.0


def test_binary_accuracy_compares_logits_with_0_and_targets_with_a_half():
    assert binary_accuracy(ew.tensor([[2.0], [-1.0]]), ew.tensor([[1.0], [1.0]])) == 0.5
    with pytest.raises(ew.ShapeError, match=r"\(2, 1\) and \(2,\)"):
        binary_accuracy(ew.zeros(2, 1), ew.zeros(2))


def test_mean_errors():
    output, target = ew.tensor([1.0, 4.0]), ew.tensor([2.0, 2.0])
    assert mean_absolute_error(output, target) == 1.5
    assert mean_squared_error(output, target) == 2.5


@pytest.mark.parametrize(
    ("output", "target"),
    [(ew.zeros(3), ew.zeros(3).long()), (ew.zeros(3, 2), ew.zeros(3, 2)), (ew.zeros(3, 2), ew.zeros(3))],
)
def test_accuracy_of_other_shapes_is_refused(output, target):
    with pytest.raises(ew.ShapeError, match=r"scores of shape \(N, classes, \.\.\.\)"):
        accuracy(output, target)
