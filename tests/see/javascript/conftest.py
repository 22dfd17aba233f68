"""Runs printed Programs in Node, many at a time."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.record import Program, Value
from edgewise.see.javascript import javascript

Found = dict[Value, np.ndarray]

_DRIVER = """
import fs from "node:fs";
import readline from "node:readline";
import { pathToFileURL } from "node:url";

async function run(folder) {
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
}

for await (const folder of readline.createInterface({ input: process.stdin })) {
  let said = "";
  try {
    await run(folder);
  } catch (error) {
    said = error.stack ?? String(error);
  }
  console.log(JSON.stringify(said));
}
"""


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not installed: on Debian and Ubuntu it is the package nodejs")
    return found


@pytest.fixture(scope="session")
def node() -> Callable[..., str]:
    """Runs a text of JavaScript in Node as a module, with arguments, and gives what it prints."""
    found = _node()

    def run(text: str, *arguments: Any) -> str:
        command = [found, "--input-type=module", "-", *map(str, arguments)]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    return run


@pytest.fixture(scope="session")
def runner() -> Iterator[Callable[[Path], None]]:
    """Runs the Programs in a folder, all in one Node: to start one takes longer than most Programs."""
    command = [_node(), "--input-type=module", "--eval", _DRIVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        given, told = process.stdin, process.stdout
        assert given
        assert told

        def run(folder: Path) -> None:
            # A Program that does not end would hold up all tests.
            limit = threading.Timer(300, process.kill)
            limit.start()
            print(folder, file=given, flush=True)
            answer = told.readline()
            limit.cancel()
            assert answer, f"Node has ended with {process.wait(60)}"
            error = json.loads(answer)
            assert not error, error[-4000:]

        yield run
        given.close()


@pytest.fixture(scope="session")
def in_node(
    runner: Callable[[Path], None], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Sequence[tuple[Program, Sequence[Any]]]], list[Found | str]]:
    """Runs Programs on arguments; gives for each all its values, or the error that it ended with."""

    def run(programs: Sequence[tuple[Program, Sequence[Any]]]) -> list[Found | str]:
        folder = tmp_path_factory.mktemp("programs")
        scripts = [javascript(program) for program, _ in programs]
        for i, script in enumerate(scripts):
            (folder / f"{i}.mjs").write_text(script.text, encoding="utf-8")
        given = [np.asarray(array, "float64").reshape(-1) for _, arguments in programs for array in arguments]
        np.concatenate([*given, np.empty(0)]).tofile(folder / "given.bin")
        runner(folder)
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
