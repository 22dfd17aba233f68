"""Times Edgewise beside PyTorch, HIPS autograd, MyGrad and micrograd.

    make bench                      every case, a table on the terminal
    make bench ARGS="--write"       and in docs/performance.md
    python bench/run.py chain mlp   some cases, with whatever frameworks are installed

The frameworks take turns: one block of steps each, round after round, so that what else the machine does falls on all
alike. A block's time over its steps is one sample; the figure is the median of the samples, and the ratio the median
of the rounds' ratios to PyTorch's block of the same round. Each framework first runs the same steps from the same
numbers, and its losses have to agree with the others'.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import statistics
import sys
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import report
from cases import CASES

REFERENCE = "torch"


def measure(case: Any, seconds: float, rounds: int) -> dict[str, list[float]]:
    """Seconds a unit of work, a list of one for each round, by framework."""
    steps = {}
    for name, make in case.VARIANTS.items():
        try:
            steps[name] = make()
        except ModuleNotFoundError as missing:
            print(f"  {name}: not installed ({missing.name}), left out", file=sys.stderr)
    check(case, {name: [float(step()) for _ in range(case.CHECKED)] for name, step in steps.items()})
    repeats = {name: _repeats(step, seconds) for name, step in steps.items()}
    samples: dict[str, list[float]] = {name: [] for name in steps}
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                step()
            samples[name].append((time.perf_counter() - start) / repeats[name] / case.UNITS)
            gc.collect()
    gc.enable()
    return samples


def check(case: Any, losses: dict[str, list[float]]) -> None:
    """Ends the run if the frameworks do not compute the same losses: they would not be doing the same work."""
    names = list(losses)
    first = losses[names[0]]
    for name in names[1:]:
        for step, (expected, found) in enumerate(zip(first, losses[name], strict=True)):
            if abs(expected - found) > case.TOLERANCE * max(1.0, abs(expected)):
                raise SystemExit(f"{case.TITLE}: at step {step}, {names[0]} has {expected}, {name} has {found}")
    print(f"  losses agree: {', '.join(names)}", file=sys.stderr)


def _repeats(step: Any, seconds: float) -> int:
    """How many steps make a block of about `seconds`."""
    step()
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < seconds / 2:
        step()
        count += 1
    return max(1, round(count * 2))


def main() -> None:
    parser = argparse.ArgumentParser(description="Times Edgewise beside other frameworks.")
    parser.add_argument("cases", nargs="*", metavar="case", help=f"which of {', '.join(CASES)}; all if none is named")
    parser.add_argument("--rounds", type=int, default=15, help="how often each framework has its turn (default: 15)")
    parser.add_argument("--seconds", type=float, default=0.3, help="how long a turn lasts (default: 0.3)")
    parser.add_argument("--threads", type=int, default=None, help="threads for matrix products (default: as installed)")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    given = parser.parse_args()
    for name in given.cases:
        if name not in CASES:
            parser.error(f"there is no case {name!r}: they are {', '.join(CASES)}")
    if given.threads is not None:
        report.limit_threads(given.threads)
    warnings.filterwarnings("ignore")
    tables = []
    for name in given.cases or CASES:
        case = importlib.import_module(f"cases.{name}")
        print(case.TITLE, file=sys.stderr)
        samples = case.measure(given.rounds) if hasattr(case, "measure") else measure(case, given.seconds, given.rounds)
        table = report.table(case, summary(samples))
        print(table)
        tables.append(table)
    if given.write:
        path = report.write(tables, sys.argv[1:])
        print(f"written to {path}", file=sys.stderr)


def summary(samples: dict[str, list[float]]) -> list[tuple[str, float, float | None]]:
    """Framework, median seconds, and median ratio to the reference (None if that is not installed)."""
    reference = samples.get(REFERENCE)
    rows = []
    for name, times in samples.items():
        ratios = [mine / its for mine, its in zip(times, reference, strict=True)] if reference else None
        rows.append((name, statistics.median(times), statistics.median(ratios) if ratios else None))
    return rows


if __name__ == "__main__":
    main()
