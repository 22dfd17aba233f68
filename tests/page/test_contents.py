"""What pages of networks of all kinds are made of: the numbers, names and formulas of their snapshots, all of them."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import part_of_page
from cases import at_once

import edgewise as ew
from edgewise.page.data import MOST_RECORDED, recorded_data
from edgewise.page.packing import Packed, kind_of, packed
from edgewise.page.page import _sentence, parts_of_page, recorded_page
from edgewise.printers.formula.expression import Expression
from edgewise.printers.formula.unicode import name_in_unicode
from edgewise.printers.javascript.helpers import helpers

from ..printers.formula.reader import UnreadableError, computed
from .conftest import as_read
from .contents import Contents

SHOWN = 400
"""Of longer arrays the first elements are compared."""


def test_a_page_computes_the_numbers_of_the_snapshot(pages: dict[str, Contents], in_node: Callable[..., str]) -> None:
    script = ["const found = {};"]
    for name, page in pages.items():
        numbers, given = as_read(page.data)
        script.append(
            f"""{{ {numbers} const given = {given};\n{page.program}
            const model = new Model(given, programs.makeNetwork(), programs.makeUpdate());
            const first = (numbers) => numbers && Array.from(numbers.slice(0, {SHOWN}), String);
            const all = (places, of) => Object.fromEntries(Object.keys(places).map((id) => [id, first(of(+id))]));
            found["{name}"] = {{
              values: all(given.values, (id) => model.value(id)),
              gradients: all(given.gradients, (id) => model.gradient(id)),
              contributions: all(given.contributions, (id) => model.contribution(id)),
              locals: all(given.locals, (id) => model.local(id)),
            }}; }}"""
        )
    script.append("console.log(JSON.stringify(found));")
    found = json.loads(in_node("model.js", "\n".join(script)))
    for name, page in pages.items():
        snapshot = page.snapshot
        expected = {
            "values": {tensor.id: tensor.value for tensor in snapshot.tensors},
            "gradients": {tensor.id: tensor.gradient for tensor in snapshot.tensors if tensor.gradient},
            "contributions": {edge.id: edge.contribution for edge in snapshot.edges if edge.contribution},
        }
        for part, arrays in expected.items():
            assert {int(id) for id in found[name][part]} == set(arrays), (name, part)
            # Of large arrays a snapshot has a sample.
            arrays = {id: numbers for id, numbers in arrays.items() if numbers.array is not None}
            every = np.concatenate([np.ravel(numbers.array)[:SHOWN] for numbers in arrays.values()]).astype(float)
            size = float(np.max(np.abs(every[np.isfinite(every)]), initial=0))
            for id, numbers in arrays.items():
                read = [float(text.replace("Infinity", "inf")) for text in found[name][part][str(id)]]
                right = np.asarray(numbers.array, dtype=float).ravel()[:SHOWN]
                where = f"{name}, {part} {id}"
                np.testing.assert_allclose(read, right, rtol=1e-4, atol=1e-6 * size, err_msg=where)
        with_local = {
            edge.id for edge in snapshot.edges if edge.contribution and edge.derivative and edge.derivative[0]
        }
        assert set(map(int, found[name]["locals"])) == with_local
        for id, read in found[name]["locals"].items():
            # What comes back is the local derivative times the gradient, unless it is summed up.
            edge = snapshot.edges[int(id)]
            gradient = snapshot.tensors[snapshot.nodes[edge.node].output].gradient
            if read is None or edge.summed or edge.contribution is None or gradient is None:
                continue
            local = np.array([float(text.replace("Infinity", "inf")) for text in read])
            back = np.asarray(gradient.array, dtype=float).ravel()[: len(local)]
            right = np.asarray(edge.contribution.array, dtype=float).ravel()[: len(local)]
            if np.all(np.isfinite(right)) and len(local) in (1, len(back)):
                np.testing.assert_allclose(local * back, right, rtol=1e-4, atol=1e-6, err_msg=f"{name}, local {id}")


def test_a_recording_of_a_whole_graph_is_called_as_a_page_that_runs_is(pages: dict[str, Contents]) -> None:
    page = recorded_page(pages["article"].snapshot, "it is long ago")
    data = json.loads(part_of_page(page, "data"))
    assert data["title"] == "Backpropagation through loss"
    assert data["reason"] == "It is long ago."
    assert "stopped" not in data


def test_the_helpers_of_both_programs_stand_in_their_order_once(pages: dict[str, Contents]) -> None:
    known = list(helpers())
    for page in pages.values():
        shared = page.program.partition("\nconst makeNetwork")[0]
        found = [name for name in re.findall(r"^function (\w+)", shared, re.MULTILINE) if name in known]
        assert found
        assert found == sorted(set(found), key=known.index)


@at_once
@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("its inputs are large", "Its inputs are large."),
        ("x was overwritten", "x was overwritten."),
        ("y was overwritten", "Y was overwritten."),
        ("matmul: shapes differ", "matmul: shapes differ."),
        ("it stopped!", "It stopped!"),
        ("why?", "Why?"),
        ("", ""),
    ],
)
def test_a_reason_is_a_sentence(why: str, sentence: str) -> None:
    assert _sentence(why, {"x"}) == sentence


def test_a_page_has_the_parts_of_the_snapshot(pages: dict[str, Contents]) -> None:
    for page in pages.values():
        snapshot, data = page.snapshot, page.data
        assert data["outputs"] == list(snapshot.outputs)
        for tensor, entry in zip(snapshot.tensors, data["tensors"], strict=True):
            assert entry["name"] == tensor.name
            assert entry.get("symbol", entry["name"]) == tensor.symbol
            assert (entry["kind"], tuple(entry["shape"]), entry["dtype"]) == (tensor.kind, tensor.shape, tensor.dtype)
            assert entry.get("node") == tensor.node
            assert entry["edges"] == list(tensor.edges)
            assert "hooked" not in entry
        for node, entry in zip(snapshot.nodes, data["nodes"], strict=True):
            assert (entry["label"], entry["operation"], entry["output"]) == (node.label, node.operation, node.output)
            assert entry["inputs"] == [one.edge for one in node.arguments if one.edge is not None]
            path = "" if node.scope is None else snapshot.scopes[node.scope].path
            assert (data["paths"][entry["pathIndex"]] if "pathIndex" in entry else "") == path
            assert entry.get("params", {}) == (node.params or {})
            line = data["lines"][entry["lineIndex"]] if "lineIndex" in entry else None
            assert (line and (line["number"], line["text"])) == (node.line and (node.line.number, node.line.text))
        for edge, entry in zip(snapshot.edges, data["edges"], strict=True):
            assert (entry["tensor"], entry["node"]) == (edge.tensor, edge.node)
            assert entry.get("hasGradient", False) == (edge.contribution is not None)
            if edge.summed:
                assert re.findall(r"\d+", entry["summed"]) == list(map(str, edge.summed))
            else:
                assert "summed" not in entry
            given = snapshot.tensors[snapshot.nodes[edge.node].output]
            if entry.get("repeats"):
                assert math.prod(given.shape) < math.prod(snapshot.tensors[edge.tensor].shape)
        assert len({json.dumps(line, sort_keys=True) for line in data["lines"]}) == len(data["lines"])
        assert len(set(data["paths"])) == len(data["paths"])
        assert len({text for _, text in data["formulas"]["names"]}) == len(data["formulas"]["names"])


def test_filled_formulas_are_those_of_the_snapshot(pages: dict[str, Contents]) -> None:
    count = Counter[str]()

    def check(page: Contents, filled: list[int] | None, formula: Expression | None) -> None:
        assert (filled is None) == (formula is None)
        if filled is not None and formula is not None:
            count["formulas"] += 1
            assert page.text(filled) == formula.unicode()

    for page in pages.values():
        for node, one in zip(page.snapshot.nodes, page.data["nodes"], strict=True):
            check(page, one.get("formula"), node.formula)
        for edge, one in zip(page.snapshot.edges, page.data["edges"], strict=True):
            derivative = edge.derivative if edge.contribution is not None else None
            check(page, one.get("formula"), derivative and derivative[1])
            if derivative is not None:
                assert one.get("isLocal", False) == derivative[0]
                node, tensor = page.data["nodes"][edge.node], page.data["tensors"][edge.tensor]
                above, below = page.name(node["letter"]), page.name(tensor["letter"])
                assert page.text(one["ratio"]) == f"∂{above}/∂{below}"
        loss = page.data["lossSymbol"]
        for one in page.data["tensors"]:
            assert page.text(one["gradientFormula"]) == f"∂{name_in_unicode(loss)}/∂{page.name(one['letter'])}"
        assert all(len(set(map(str, place))) == 2 for place in page.data["formulas"]["templates"])
    assert count["formulas"] > 400


def test_formulas_filled_with_numbers_give_the_numbers(pages: dict[str, Contents]) -> None:
    """Of single numbers: the forward gives what the node gave, the derivative what came back."""
    read = Counter[str]()
    for name, page in pages.items():
        snapshot = page.snapshot
        held = {f"T{tensor.id}": tensor.value for tensor in snapshot.tensors if tensor.value.size == 1}
        values = {mark: np.float64(np.ravel(numbers.array)[0]) for mark, numbers in held.items()}

        def result(filled: list[int], given: dict[str, Any]) -> Any:
            text = re.sub("⟦(\\w+)⟧", lambda found: "G" if found[1] == "g" else f"T{found[1]}", page.text(filled))  # noqa: B023
            with np.errstate(all="ignore"):
                return computed(text, {**given, "n": 1})

        for node, one in zip(snapshot.nodes, page.data["nodes"], strict=True):
            tensors = [node.output, *(snapshot.edges[edge].tensor for edge in one["inputs"])]
            if any(f"T{id}" not in values for id in tensors):
                assert "numbersFormula" not in one
                continue
            read["nodes"] += 1
            try:
                found = result(one["numbersFormula"], values)
            except UnreadableError:
                continue
            read["forward"] += 1
            np.testing.assert_allclose(
                found, values[f"T{node.output}"], rtol=2e-4, atol=1e-30, err_msg=f"{name} {node.label}"
            )
            for edge in (snapshot.edges[edge] for edge in one["inputs"]):
                entry = page.data["edges"][edge.id]
                gradient = snapshot.tensors[node.output].gradient
                if "numbersFormula" not in entry or edge.contribution is None or gradient is None:
                    continue
                back = np.float64(np.ravel(gradient.array)[0])
                try:
                    found = result(entry["numbersFormula"], {**values, "G": back})
                except UnreadableError:
                    continue
                read["backward"] += 1
                found = found * back if entry.get("isLocal") else found
                right = float(np.ravel(edge.contribution.array)[0])
                np.testing.assert_allclose(found, right, rtol=3e-4, atol=1e-30, err_msg=f"{name} {node.label}")
    assert read["forward"] > 0.9 * read["nodes"] > 100
    assert read["backward"] > 100


def test_a_recording_has_the_numbers_of_the_snapshot(pages: dict[str, Contents]) -> None:
    for name, page in pages.items():
        snapshot = page.snapshot
        data = recorded_data(snapshot, {})
        recorded = data["recorded"]
        for part, arrays in (
            ("values", {tensor.id: (tensor.value, tensor.id) for tensor in snapshot.tensors}),
            ("gradients", {t.id: (t.gradient, t.id) for t in snapshot.tensors if t.gradient is not None}),
            (
                "contributions",
                {e.id: (e.contribution, e.tensor) for e in snapshot.edges if e.contribution is not None},
            ),
        ):
            assert set(data[part]) == set(arrays), (name, part)
            for id, (numbers, tensor) in arrays.items():
                kind, packed, *statistics = recorded[data[part][id]]
                sampled = "wholeShape" in data["tensors"][tensor]
                array = numbers.sample if sampled else numbers.array
                assert kind == kind_of(numbers.dtype)
                assert isinstance(packed, Packed)
                found = np.frombuffer(packed.raw, kind.removesuffix("Array").lower())
                np.testing.assert_array_equal(found, np.asarray(array, found.dtype).ravel())
                assert len(statistics) == sampled
                if sampled:
                    (summary,) = statistics
                    where, counts = f"{name}, {part} {id}", numbers.statistics
                    assert (summary["size"], len(summary["counts"])) == (numbers.size, len(counts.counts)), where
                    array = numbers.array
                    if array is None:
                        continue
                    assert (summary["size"], summary["finite"], summary["infinite"], summary["nan"]) == (
                        array.size,
                        array.size,
                        0,
                        0,
                    ), where
                    assert summary["zeros"] == np.count_nonzero(array == 0)
                    for key, right in {
                        "norm": np.linalg.norm(array),
                        "smallest": array.min(),
                        "largest": array.max(),
                        "mean": array.mean(),
                        "deviation": array.std(),
                    }.items():
                        np.testing.assert_allclose(summary[key], right, rtol=1e-3, atol=1e-4, err_msg=f"{name} {key}")
        for tensor, entry in zip(snapshot.tensors, data["tensors"], strict=True):
            sizes = [tensor.value.size, 0 if tensor.gradient is None else tensor.gradient.size]
            assert ("wholeShape" in entry) == (max(sizes) > MOST_RECORDED)
            whole = tuple(entry.get("wholeShape", entry["shape"]))
            assert whole == tensor.shape
            if "wholeShape" in entry:
                assert tuple(entry["shape"]) == tensor.value.sample.shape


def test_a_page_names_files_as_seen_from_the_present_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = Path(__file__)
    w = ew.tensor(2.0, requires_grad=True)
    loss = w * w
    for folder, name in ((here.parent, here.name), (here.parents[1], f"page/{here.name}"), (tmp_path, here.name)):
        monkeypatch.chdir(folder)
        _, data = parts_of_page((loss,))
        assert {line["file"] for line in data["lines"]} == {name}


@pytest.mark.parametrize("dtype", ["int64", "uint64", "float64"])
def test_numbers_that_javascript_has_no_array_for_are_packed_as_float64(dtype: str) -> None:
    found = packed(np.array([3, 2**40], dtype))
    assert (found.raw, found.size) == (np.array([3.0, 2.0**40]).tobytes(), 8)
    assert kind_of(dtype) == "Float64Array"
