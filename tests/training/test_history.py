from __future__ import annotations

import sys

import pytest

import edgewise as ew
from edgewise.training import History

VALUES = {
    "loss": [1.0, 0.5, 0.25],
    "accuracy": [0.5, 0.7, 0.9],
    "val_loss": [1.1, 0.6, 0.8],
    "val_accuracy": [0.4, 0.9, 0.8],
    "lr": [0.1, 0.1, 0.01],
    "seconds": [1.0, 1.0, 1.0],
}


def test_measures_are_lists_over_the_epochs():
    history = History(VALUES)
    assert history["loss"] == [1.0, 0.5, 0.25]
    assert history.to_dict() == VALUES
    assert len(history) == 3
    assert "val_loss" in history
    assert list(history) == list(VALUES)
    assert history.last["lr"] == 0.01
    with pytest.raises(KeyError, match="no 'acc'; it has loss, accuracy"):
        history["acc"]


def test_the_best_epoch_is_the_lowest_loss_or_the_highest_metric():
    history = History(VALUES)
    assert history.best_epoch() == 2
    assert history.best_epoch("loss") == 3
    assert history.best("val_accuracy") == 0.9
    assert history.best_epoch("val_accuracy", "min") == 1
    with pytest.raises(KeyError, match="no epochs"):
        History().best_epoch()
    with pytest.raises(ew.TrainingError, match="mode is 'up'; it must be 'min' or 'max'"):
        history.best("loss", "up")


def test_an_epoch_with_other_measures_is_refused():
    history = History()
    history.append({"loss": 1.0})
    with pytest.raises(ew.TrainingError, match="this epoch measures accuracy; those before, loss"):
        history.append({"accuracy": 1.0})


def test_repr_is_a_table_that_marks_the_best_epoch():
    lines = repr(History(VALUES)).splitlines()
    assert lines[0].split() == ["epoch", *VALUES]
    assert lines[2].split()[0] == "2*"
    assert lines[3].split()[1] == "0.2500"
    assert len({len(line) for line in lines[:4]}) == 1
    long = History({"loss": [float(i) for i in range(100)]})
    assert len(repr(long).splitlines()) == 18
    assert "no epochs" in repr(History())


def test_plot_draws_training_and_validation_together():
    pytest.importorskip("matplotlib")
    figure = History(VALUES).plot()
    assert [axes.get_title() for axes in figure.axes] == ["loss", "accuracy"]
    lines = figure.axes[0].get_lines()
    assert [line.get_label() for line in lines] == ["training", "validation"]
    assert list(lines[1].get_ydata()) == VALUES["val_loss"]
    again = History(VALUES).plot(["lr"], axes=figure.axes[0])
    assert again is figure
    with pytest.raises(ew.TrainingError, match="no epochs to draw"):
        History().plot()


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'edgewise\[plot\]'"):
        History(VALUES).plot()
