"""Runs printed Programs in Node, many at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from edgewise.printers.javascript import javascript
from edgewise.program import Program, Value

Found = dict[Value, np.ndarray]

_RUN = """
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [, , folder] = process.argv;
const given = fs.readFileSync(`${folder}/given.bin`);
const numbers = new Float64Array(given.buffer.slice(given.byteOffset, given.byteOffset + given.byteLength));
const found = [];
const errors = {};
let at = 0;
for (let i = 0; fs.existsSync(`${folder}/${i}.mjs`); i++) {
  const { makeProgram } = await import(pathToFileURL(`${folder}/${i}.mjs`));
  const program = makeProgram();
  const inputs = program.inputs.map((index) => {
    const { length } = program.values[index].data;
    at += length;
    return numbers.subarray(at - length, at);
  });
  try {
    program.run(inputs);
  } catch (error) {
    errors[i] = String(error);
  }
  for (const { data } of program.values) found.push(Float64Array.from(data));
}
fs.writeFileSync(`${folder}/found.bin`, Buffer.concat(found.map((array) => Buffer.from(array.buffer))));
fs.writeFileSync(`${folder}/errors.json`, JSON.stringify(errors));
"""


@pytest.fixture(scope="session")
def in_node(
    node: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Sequence[tuple[Program, Sequence[Any]]]], list[Found | str]]:
    """Runs Programs on arguments; gives for each all its values, or the error that it ended with."""

    def run(programs: Sequence[tuple[Program, Sequence[Any]]]) -> list[Found | str]:
        folder = tmp_path_factory.mktemp("programs")
        scripts = [javascript(program) for program, _ in programs]
        for i, script in enumerate(scripts):
            (folder / f"{i}.mjs").write_text(script.text, encoding="utf-8")
        given = [np.asarray(array, "float64").reshape(-1) for _, arguments in programs for array in arguments]
        np.concatenate([*given, np.empty(0)]).tofile(folder / "given.bin")
        node(_RUN, folder)
        errors = json.loads((folder / "errors.json").read_text(encoding="utf-8"))
        numbers = np.fromfile(folder / "found.bin")
        results: list[Found | str] = []
        at = 0
        for i, script in enumerate(scripts):
            values: Found = {}
            for value in script.index:
                count = int(np.prod(value.shape))
                values[value] = _as_said(numbers[at : at + count], value)
                at += count
            results.append(errors.get(str(i), values))
        assert at == numbers.size
        return results

    return run


def _as_said(numbers: np.ndarray, value: Value) -> np.ndarray:
    with np.errstate(all="ignore"):
        return numbers.astype(value.dtype).reshape(value.shape)
