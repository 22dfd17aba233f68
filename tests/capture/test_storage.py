"""Snapshots come back from files as they were, and files that anyone made do no harm."""

from __future__ import annotations

import copy
import json
import math

import numpy as np
import pytest
from browsing import part_of_page
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.capture.modules import module_formulas
from edgewise.capture.snapshot import VERSION, UpdateRecord
from edgewise.capture.storage import ENTRY, load, save
from edgewise.capture.summary import WHOLE, Numbers
from edgewise.interop.safetensors import FileFormatError
from edgewise.printers.formula.expression import symbol


def formulas(taken):
    return [node.formula for node in taken.nodes], [edge.derivative for edge in taken.edges]


def taken_of_a_model():
    model = nn.Sequential(nn.Linear(100, 60), nn.ReLU(), nn.Linear(60, 3))
    x = ew.rand(5, 100)
    loss = nn.functional.cross_entropy(model(x), ew.tensor([0, 1, 2, 0, 1]))
    return snapshot(loss)


def stored(path):
    with safe_open(path, framework="np") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return arrays, json.loads(file.metadata()[ENTRY])


def test_a_model_comes_back_as_it_was(tmp_path):
    taken = taken_of_a_model()
    save(taken, tmp_path / "graph.safetensors")
    back = load(tmp_path / "graph.safetensors")
    assert back == taken
    assert formulas(back) == formulas(taken)
    large = next(tensor for tensor in back.tensors if math.prod(tensor.shape) > WHOLE)
    assert large.value.whole is None
    assert large.value.statistics.size == 6000


def taken_of_modules():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.attention = nn.LayerNorm(4), nn.MultiheadAttention(4, 2, batch_first=True)
            self.cell = nn.LSTMCell(4, 4)

        def forward(self, x):
            h = self.norm(x)
            h = x + self.attention(h, h, h)[0]
            return self.cell(h[:, 0])[0]

    return snapshot(Block()(ew.randn(2, 3, 4)).square().mean())


def test_the_formulas_of_modules_come_back(tmp_path):
    taken = taken_of_modules()
    found = module_formulas(taken)
    assert {taken.scopes[scope].kind for scope in found} >= {"LayerNorm", "MultiheadAttention", "LSTMCell"}
    save(taken, tmp_path / "graph.safetensors")
    back = load(tmp_path / "graph.safetensors")
    assert module_formulas(back) == found
    ew.see(back).page(tmp_path / "graph.html")
    modules = json.loads(part_of_page((tmp_path / "graph.html").read_text(encoding="utf-8"), "data"))["modules"]
    assert set(modules) == {str(scope) for scope in found}


def test_files_without_pieces_are_read_as_before(tmp_path):
    save(taken_of_modules(), tmp_path / "new.safetensors")
    arrays, data = stored(tmp_path / "new.safetensors")
    del data["pieces"]
    save_file(arrays, tmp_path / "old.safetensors", {ENTRY: json.dumps(data)})
    old = load(tmp_path / "old.safetensors")
    assert old == load(tmp_path / "new.safetensors")
    assert module_formulas(old) == {}


def test_an_update_and_remarks_come_back(tmp_path):
    x = ew.tensor(1.0, requires_grad=True)
    taken = snapshot(x * 2)
    taken.tensors[0].hooked = True
    taken.about["made"] = {"at": "noon", "step": 3}
    taken.tensors[0].update = UpdateRecord(Numbers(np.array(0.5)), symbol("w"))
    save(taken, tmp_path / "graph.safetensors")
    assert load(tmp_path / "graph.safetensors") == taken


def test_saving_what_was_loaded_gives_the_same_file(tmp_path):
    save(taken_of_a_model(), tmp_path / "a")
    save(load(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@given(
    values=st.lists(st.floats(width=32), min_size=1, max_size=5),
    number=st.floats(),
    names=st.lists(st.text(max_size=8), min_size=2, max_size=2),
    steps=st.lists(st.sampled_from(["mul", "sum", "number", "twice", "index"]), max_size=4),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_graph_comes_back(tmp_path, values, number, names, steps):
    x = ew.tensor(values, requires_grad=True)
    c = ew.tensor(values)
    x.name, c.name = names
    change = {
        "mul": lambda y: y * c,
        "sum": lambda y: y + y.sum(),
        "number": lambda y: y * number,
        "twice": lambda y: y * y,
        "index": lambda y: y[:1] + x,
    }
    with np.errstate(all="ignore"):
        y = x * c
        for step in steps:
            y = change[step](y)
    taken = snapshot(y, gradients=ew.ones_like(y).detach())
    save(taken, tmp_path / "graph.safetensors")
    back = load(tmp_path / "graph.safetensors")
    assert repr(back.nodes) == repr(taken.nodes)  # by the text, as NaN among plain numbers equals nothing
    assert (back.tensors, back.edges, back.outputs) == (taken.tensors, taken.edges, taken.outputs)
    assert repr(formulas(back)) == repr(formulas(taken))


def test_what_is_large_and_not_finite_comes_back(tmp_path):
    values = np.full(2 * WHOLE, np.nan, np.float32)
    values[:3] = np.inf, -np.inf, 1
    x = ew.tensor(values, requires_grad=True)
    taken = snapshot((x * 2).sum())
    save(taken, tmp_path / "graph.safetensors")
    statistics = load(tmp_path / "graph.safetensors").tensors[0].value.statistics
    assert (statistics.nan, statistics.positive_infinity, statistics.negative_infinity) == (2 * WHOLE - 3, 1, 1)
    assert load(tmp_path / "graph.safetensors") == taken


def test_the_header_is_plain_json(tmp_path):
    x = ew.tensor(math.nan, requires_grad=True)
    save(snapshot(x * math.inf), tmp_path / "graph.safetensors")
    arrays, data = stored(tmp_path / "graph.safetensors")
    assert data["version"] == VERSION
    assert data["nodes"][0]["arguments"][1] == {"number": "inf"}
    assert set(arrays) == {"float32"}
    json.dumps(data, allow_nan=False)


# Files that are something else ---------------------------------------------------------------------------------------


def test_other_safetensors_files_are_refused(tmp_path):
    ew.save({"weight": ew.ones(2)}, tmp_path / "weights.safetensors")
    with pytest.raises(FileFormatError, match=r"without a snapshot.*ew\.load"):
        load(tmp_path / "weights.safetensors")


def test_pickles_and_cut_off_files_are_refused(tmp_path):
    import pickle

    (tmp_path / "p").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(FileFormatError, match="pickle"):
        load(tmp_path / "p")
    save(taken_of_a_model(), tmp_path / "graph")
    whole = (tmp_path / "graph").read_bytes()
    (tmp_path / "graph").write_bytes(whole[:-10])
    with pytest.raises(FileFormatError, match="cut off"):
        load(tmp_path / "graph")


def test_names_that_promise_a_pickle_are_refused(tmp_path):
    x = ew.tensor(1.0, requires_grad=True)
    with pytest.raises(FileFormatError, match=r"graph\.safetensors"):
        save(snapshot(x * 2), tmp_path / "graph.pt")


def test_files_of_a_later_version_say_so(tmp_path):
    save(taken_of_a_model(), tmp_path / "graph")
    arrays, data = stored(tmp_path / "graph")
    data["version"] = VERSION + 1
    save_file(arrays, tmp_path / "graph", {ENTRY: json.dumps(data)})
    with pytest.raises(FileFormatError, match=f"version {VERSION + 1}.*Update"):
        load(tmp_path / "graph")


def places(data, path=()):
    """The paths to all values in nested data."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


SIMPLE = ew.tensor([1.0, 2.0], requires_grad=True)


@given(st.data())
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_are_refused_or_read_as_something_whole(tmp_path, data):
    path = tmp_path / "graph"
    if not path.exists():
        save(snapshot((SIMPLE * 2 + SIMPLE).sum()), path)
        path.rename(tmp_path / "whole")
        path.touch()
    arrays, content = stored(tmp_path / "whole")
    content = copy.deepcopy(content)
    place = data.draw(st.sampled_from(list(places(content))))
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    junk = st.sampled_from([None, -1, 0, 1, 10**9, 10**30, 0.5, "", "x", [], {}, True, [[0]], {"edge": 0}])
    inner[place[-1]] = data.draw(junk)
    save_file(arrays, tmp_path / "damaged", {ENTRY: json.dumps(content)})
    try:
        back = load(tmp_path / "damaged")
    except FileFormatError:
        return
    for node in back.nodes:
        for argument in node.arguments:
            assert argument.edge is None or back.tensors[back.edges[argument.edge].tensor].id < node.output
    save(back, tmp_path / "again")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"version": true}', '{"version": 1}'])
def test_headers_that_are_no_snapshot_are_refused(tmp_path, text):
    save_file({"float32": np.zeros(1, np.float32)}, tmp_path / "graph", {ENTRY: text})
    with pytest.raises(FileFormatError, match="damaged"):
        load(tmp_path / "graph")
