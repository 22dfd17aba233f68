"""Training by fit, watched."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise import nn, optim

from .small_training import T, X, small


def fitted(**options):
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    return ew.fit(
        model, (X, T), loss=nn.MSELoss(), optimizer=optimizer, epochs=3, batch_size=2, progress=False, **options
    )


def test_fit_writes_the_page_of_its_training(tmp_path):
    fitted(watch=tmp_path / "run.html")
    assert "<title>Training of model</title>" in (tmp_path / "run.html").read_text("utf-8")


def test_fit_goes_on_with_a_watch_and_notes_the_measures_of_each_epoch():
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    watch = ew.watch(model, every=1)
    ew.fit(
        model, (X, T), loss=nn.MSELoss(), optimizer=optimizer, epochs=2, progress=False, watch=watch,
        validation=(X, T), metrics=["mean_absolute_error"],
    )  # fmt: skip
    assert set(watch.run.notes) == {"mean_absolute_error", "val_loss", "val_mean_absolute_error"}
    assert [at for at, _ in watch.run.notes["val_loss"].points] == [1, 2]
    with watch:
        ew.fit(model, (X, T), loss=nn.MSELoss(), optimizer=optimizer, epochs=1, progress=False, watch=watch)
        ew.fit(model, (X, T), loss=nn.MSELoss(), optimizer=optimizer, epochs=1, progress=False)
    assert watch.run.steps == 4


def test_fit_writes_the_page_also_when_it_fails(tmp_path):
    def stop(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fitted(watch=tmp_path / "run.html", on_step=stop)
    assert (tmp_path / "run.html").exists()


def test_fit_refuses_what_cannot_watch_before_it_trains(tmp_path):
    with pytest.raises(TypeError, match=r"watch is a file for the page, such as 'run\.html', .* not True or False"):
        fitted(watch=True)
    with pytest.raises(FileNotFoundError):
        fitted(watch=tmp_path / "no" / "run.html")
