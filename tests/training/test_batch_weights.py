"""The loss of an epoch is that of all items at once, however they are cut into batches."""

from __future__ import annotations

import math
from functools import partial

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.optim import SGD

F = nn.functional
SCORES = ew.Generator(3)
X = ew.randn(12, 2, generator=SCORES)
LABELS = ew.tensor([0, 2, -100, -100, -100, 1, 1, 0, -100, 2, 2, 0])
REAL = ew.randn(12, 3, generator=SCORES)
WEIGHT = ew.tensor([0.2, 1.0, 3.0])


def net() -> nn.Linear:
    ew.manual_seed(0)
    return nn.Linear(2, 3)


LOSSES = {
    "labels": (nn.CrossEntropyLoss(), LABELS),
    "class weights": (nn.CrossEntropyLoss(weight=WEIGHT), LABELS),
    "another ignored label": (nn.CrossEntropyLoss(ignore_index=1), LABELS.clamp(min=0)),
    "smoothed labels": (nn.CrossEntropyLoss(weight=WEIGHT, label_smoothing=0.1), LABELS),
    "probabilities": (nn.CrossEntropyLoss(weight=WEIGHT), REAL.softmax(1)),
    "a function": (F.cross_entropy, LABELS),
    "a function with weights": (partial(F.cross_entropy, weight=WEIGHT), LABELS),
    "a sum": (nn.CrossEntropyLoss(weight=WEIGHT, reduction="sum"), LABELS),
    "squares": (nn.MSELoss(), REAL),
    "a sum of squares": (nn.MSELoss(reduction="sum"), REAL),
    "a divergence": (nn.KLDivLoss(reduction="batchmean"), REAL.softmax(1)),
    "bits": (nn.BCEWithLogitsLoss(pos_weight=WEIGHT), REAL.sigmoid()),
    "a function of one's own": (lambda output, target: (output - target).abs().mean(), REAL),
}


@pytest.mark.parametrize("batch_size", [1, 3, 5, 12])
@pytest.mark.parametrize(("loss", "target"), LOSSES.values(), ids=LOSSES)
def test_the_loss_of_batches_is_that_of_all_items_at_once(loss, target, batch_size):
    model = net()
    whole = loss(model(X), target).item()
    assert ew.evaluate(model, (X, target), loss, batch_size=batch_size)["loss"] == pytest.approx(whole, rel=1e-5)
    still = SGD(model.parameters(), lr=0.0)
    history = ew.fit(
        model,
        (X, target),
        loss=loss,
        optimizer=still,
        epochs=1,
        batch_size=batch_size,
        validation=(X, target),
        progress=False,
    )
    assert history["loss"] == pytest.approx([whole], rel=1e-5)
    assert history["val_loss"] == pytest.approx([whole], rel=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 12])
def test_ignored_labels_are_left_out_of_the_accuracy(batch_size):
    scores = F.one_hot(ew.tensor([0, 2, 0, 0, 0, 0, 1, 1, 0, 2, 2, 2]), 3).float()  # of the 8 that count 5 are right
    found = ew.evaluate(lambda x: x, (scores, LABELS), None, ["accuracy", "top5_accuracy"], batch_size=batch_size)
    assert found == {"accuracy": 0.625, "top5_accuracy": 1.0}
    labels = LABELS.clamp(min=0)  # of the 5 that are not 0 four are right
    loss = nn.CrossEntropyLoss(ignore_index=0)
    assert ew.evaluate(lambda x: x, (scores, labels), loss, "accuracy", batch_size=batch_size)["accuracy"] == 0.8


def test_nothing_but_ignored_labels_has_no_mean():
    measured = ew.evaluate(net(), (X[:2], LABELS[2:4]), nn.CrossEntropyLoss(), "accuracy")
    assert math.isnan(measured["loss"])
    assert math.isnan(measured["accuracy"])


def test_a_batch_of_ignored_labels_changes_nothing():
    data = [(X[2:5], LABELS[2:5]), (X[:2], LABELS[:2])]
    model, other = net(), net()
    history = ew.fit(
        model, data, loss=nn.CrossEntropyLoss(), optimizer=SGD(model.parameters(), lr=0.1), epochs=1, progress=False
    )
    ew.fit(
        other, data[1:], loss=nn.CrossEntropyLoss(), optimizer=SGD(other.parameters(), lr=0.1), epochs=1, progress=False
    )
    assert model.weight.tolist() == other.weight.tolist()
    assert math.isfinite(history["loss"][0])


def test_a_part_in_evaluation_mode_stays_in_it():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    options = {"loss": nn.MSELoss(), "epochs": 2, "batch_size": 4, "progress": False}
    model[1].eval()
    ew.fit(model, (X, REAL), optimizer=SGD(model.parameters(), lr=0.1), validation=(X, REAL), **options)
    assert model[1].running_mean.tolist() == [0.0, 0.0, 0.0]
    assert (model.training, model[0].training, model[1].training) == (True, True, False)
    model.eval()
    ew.fit(model, (X, REAL), optimizer=SGD(model.parameters(), lr=0.1), **options)
    assert model[1].running_mean.tolist() != [0.0, 0.0, 0.0]
    assert not model[1].training
