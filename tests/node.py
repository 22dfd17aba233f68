"""One Node for all scripts of a worker: to start another one takes longer than most scripts."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

LIMIT = 300
"""Seconds after which a script is given up: one that does not end would hold up all tests."""

# Imports one module after the other. What a module prints is its answer, and what it adds to the globals is removed.
_DRIVER = """
import readline from "node:readline";

const before = new Set(Reflect.ownKeys(globalThis));
const log = console.log;
const [program] = process.argv;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { module, given } = JSON.parse(line);
  const printed = [];
  let error = "";
  process.argv = [program, module, ...given];
  console.log = (text) => printed.push(`${text}\\n`);
  try {
    await import(module);
  } catch (thrown) {
    error = thrown?.stack ?? String(thrown);
  }
  console.log = log;
  for (const name of Reflect.ownKeys(globalThis)) if (!before.has(name)) delete globalThis[name];
  log(JSON.stringify({ printed: printed.join(""), error }));
}
"""


class Node:
    """A Node that runs."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._count = 0

    def __call__(self, text: str, *given: Any) -> str:
        """Runs a text of JavaScript as a module of its own, with arguments, and gives what it prints."""
        self._count += 1
        module = self._folder / f"{self._count}.mjs"
        module.write_text(text, encoding="utf-8")
        assert self._process.stdin
        assert self._process.stdout
        limit = threading.Timer(LIMIT, self._process.kill)
        limit.start()
        print(
            json.dumps({"module": module.as_uri(), "given": [*map(str, given)]}), file=self._process.stdin, flush=True
        )
        answer = self._process.stdout.readline()
        limit.cancel()
        assert answer, f"Node has ended with {self._process.wait(60)}"
        found = json.loads(answer)
        assert not found["error"], found["error"][-4000:]
        return str(found["printed"])


@contextmanager
def started(folder: Path) -> Iterator[Node]:
    """Starts Node, which finds its scripts in a folder."""
    command = shutil.which("node")
    if command is None:
        pytest.skip("Node is not installed: on Debian and Ubuntu it is the package nodejs")
    with subprocess.Popen(
        [command, "--input-type=module", "--eval", _DRIVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield Node(process, folder)
        assert process.stdin
        process.stdin.close()
