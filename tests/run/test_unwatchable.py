"""What can't be measured or watched, and what is said of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise import nn, optim
from edgewise.run import RunError, load
from edgewise.run import watch as watching

from .small_training import T, X, small, step, trained


def test_training_goes_on_when_something_cannot_be_measured(monkeypatch):
    def broken(*_, **__):
        raise ValueError("no such array")

    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        step(model, optimizer)
        monkeypatch.setattr(watching, "measure", broken)
        with pytest.warns(RuntimeWarning, match="Recording ended at step 2: ValueError: no such array"):
            step(model, optimizer)
        step(model, optimizer)
    assert watch.run.recorded_steps == [1]
    assert "Recording ended at step 2" in part_of_page(watch.page(), "data")


@pytest.mark.parametrize("x", [ew.ones(1, 2), ew.ones(0, 2)], ids=["one", "no rows"])
def test_parameters_without_elements_are_followed_as_others_are(x, tmp_path):
    model = nn.Sequential(nn.Linear(2, 0), nn.Linear(0, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        for _ in range(3):
            optimizer.zero_grad()
            model(x).sum().backward()
            optimizer.step()
    assert watch.run.recorded_steps == [1, 2, 3]
    assert watch.run.remark == ""
    assert math.isnan(watch.run.column("0.weight", "norm")[0])
    # The gradient of the bias is the number of rows, so a step takes a tenth of it away.
    bias = watch.run.column("1.bias", "mean")
    assert np.allclose(np.diff(bias), -0.1 * len(x), atol=1e-6)
    watch.save(tmp_path / "run.safetensors")
    assert np.array_equal(load(tmp_path / "run.safetensors").rows, watch.run.rows, equal_nan=True)
    assert "0.weight" in part_of_page(watch.page(), "data")


def test_a_run_without_records_says_why(monkeypatch, tmp_path):
    def broken(*_, **__):
        raise ValueError("no such array")

    monkeypatch.setattr(watching, "measure", broken)
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model, every=1) as watch:
        with pytest.warns(RuntimeWarning) as warned:
            step(model, optimizer)
        step(model, optimizer)
    assert [one.filename for one in warned] == [step.__code__.co_filename]
    with pytest.raises(RunError, match=r"no run to show\. Recording ended at step 1: ValueError: no such array"):
        watch.page()
    with pytest.warns(RuntimeWarning, match="Recording ended") as warned:
        fitted(watch=tmp_path / "run.html")
    assert "no page was written" in str(warned[-1].message)
    assert str(warned[-1].message).endswith("Recording ended at step 1: ValueError: no such array")


def test_a_watch_that_saw_no_step_says_why(tmp_path):
    model = small()
    with ew.watch(model) as watch:
        pass
    with pytest.raises(RunError, match="no optimiser took a step in the block, in this thread"):
        watch.page(tmp_path / "run.html")
    with ew.watch(model) as watch:
        nn.functional.mse_loss(model(X), T).backward()
    with pytest.raises(RunError, match=r"backward passes .* Updates by hand are not seen"):
        watch.page()
    other = small()
    with ew.watch(model) as watch:
        step(other, optim.SGD(other.parameters(), lr=0.1))
    with pytest.raises(RunError, match=r"an optimiser \(SGD\) took steps in the block, with none of the parameters"):
        watch.save(tmp_path / "run.safetensors")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_watched_is_refused():
    with pytest.raises(TypeError, match=r"it takes modules, .* not the class Linear"):
        ew.watch(nn.Linear)
    with pytest.raises(TypeError, match="every needs the model"):
        ew.watch(every=3)
    with pytest.raises(TypeError, match="keep is for watching single steps"):
        ew.watch(small(), keep=3)
    with pytest.raises(ValueError, match="every must be at least 1, not 0"):
        ew.watch(small(), every=0)
    with pytest.raises(TypeError, match=r"every is a number of steps, not 1\.5"):
        ew.watch(small(), every=1.5)
    watch = ew.watch(small())
    with watch, pytest.raises(RuntimeError, match="watching already"), watch:
        pass
    with pytest.raises(RunError, match=r"the run has no tensor 'x'; it has 0\.weight, 0\.bias"):
        trained(1)[0].run.column("x", "norm")
    with pytest.raises(RunError, match="there is no measure 'size of it'"):
        trained(1)[0].run.column("0.weight", "size of it")
    with pytest.raises(RunError, match="1 is the output of a module, of which no gradient"):
        trained(1)[0].run.column("1", "norm", gradient=True)


def fitted(**options):
    model = small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    return ew.fit(
        model, (X, T), loss=nn.MSELoss(), optimizer=optimizer, epochs=3, batch_size=2, progress=False, **options
    )
