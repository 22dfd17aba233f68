"""Runs in files."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import edgewise as ew
from edgewise import nn, optim
from edgewise.interop.safetensors import FileFormatError
from edgewise.run import load
from edgewise.run.page import run_data
from edgewise.run.storage import ENTRY


@pytest.fixture
def saved(tmp_path):
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    optimizer = optim.Adam(model.parameters())
    with ew.watch(model, every=1) as watch:
        for number in range(5):
            optimizer.zero_grad()
            model(ew.ones(2, 3)).sum().backward()
            optimizer.step()
            watch.note(number=number)
    path = tmp_path / "run.safetensors"
    watch.save(path)
    return watch.run, path


def test_a_run_comes_back_as_it_was(saved):
    run, path = saved
    again = load(path)
    first, second = run_data(run), run_data(again)
    for data in (first, second):
        data.pop("generation")
        for frame in data["frames"]:
            frame.pop("seconds")
    assert json.dumps(first) == json.dumps(second)
    assert again.page() != ""
    assert repr(again) == "<Run: 5 steps, 5 recorded>"


def outdated(data, _):
    data["version"] = 99


def nameless(data, _):
    data["series"] = [{}]


def negative(data, _):
    data["steps"] = -1


def odd(data, _):
    data["series"][0]["kind"] = "<b>"


def lacking(_, arrays):
    del arrays["rows"]


def cut(_, arrays):
    arrays["rows"] = arrays["rows"][:, :2].copy()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (outdated, "a run of version 99, made by another Edgewise"),
        (nameless, "damaged"),
        (negative, "damaged"),
        (odd, "damaged"),
        (lacking, "damaged"),
        (cut, "arrays don't fit its series"),
    ],
)
def test_damaged_files_are_refused(saved, damage, message):
    _, path = saved
    arrays = load_file(path)
    size = int.from_bytes(path.read_bytes()[:8], "little")
    data = json.loads(json.loads(path.read_bytes()[8 : 8 + size])["__metadata__"][ENTRY])
    damage(data, arrays)
    save_file(arrays, path, {ENTRY: json.dumps(data)})
    with pytest.raises(FileFormatError, match=message):
        load(path)


def test_other_files_are_recognised(tmp_path):
    save_file({"x": np.zeros(2)}, tmp_path / "x.safetensors")
    with pytest.raises(FileFormatError, match="without a run in it"):
        load(tmp_path / "x.safetensors")


def test_a_name_that_promises_a_pickle_is_refused(saved, tmp_path):
    run, _ = saved
    with pytest.raises(FileFormatError, match="safetensors"):
        run.save(tmp_path / "run.pt")
