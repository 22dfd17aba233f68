"""How long making pages takes, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TITLE = "Making pages"
ABOUT = (
    "`make_page` by the processor's clock, in a new process each time, as formulas are kept once they are "
    "known: the article's network, and transformers of 12, 39 and 263 blocks. Networks of up to 1,500 operations have "
    "formulas on their chips, and equations of single elements."
)
UNIT = "ms a page"
ROWS, REFERENCE = "network", "460 operations"
THREADED = False

NETWORKS = {
    "the article's": "article()",
    "460 operations": "transformer(12)",
    "1,486 operations": "transformer(39)",
    "9,998 operations": "transformer(263)",
}

PROGRAM = """
import time
from cases.drawing import article, transformer
from edgewise.page import make_page
loss = {}
start = time.process_time()
make_page(loss)
print(time.process_time() - start)
"""


def measure(rounds: int) -> dict[str, list[float]]:
    """Returns the seconds of each network, one for each of at most five rounds; the processes take turns."""
    samples: dict[str, list[float]] = {name: [] for name in NETWORKS}
    for _ in range(min(rounds, 5)):
        for name, network in NETWORKS.items():
            samples[name].append(_made(network))
    return samples


def _made(network: str) -> float:
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", PROGRAM.format(network)]
    environment = {**os.environ, "PYTHONPATH": path}
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
