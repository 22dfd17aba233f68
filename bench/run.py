"""Times Edgewise beside PyTorch, HIPS autograd, MyGrad and micrograd.

    make bench                      every case, a table on the terminal
    make bench ARGS="--write"       and in docs/performance.md
    python bench/run.py chain mlp   some cases, with whatever frameworks are installed

Each framework lives in a process of its own, with its own threads and memory, and the processes take turns: one block
of steps each, round after round, so that what else the machine does falls on all alike. A block's time over its steps
is one sample; the figure is the median of the samples, and the ratio that of the medians. First each runs the same
steps from the same numbers, and its losses have to agree with the others'.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import multiprocessing
import os
import statistics
import sys
import time
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import report
from cases import CASES

SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
CLOCK = "EDGEWISE_BENCH_CLOCK"


def measure(case: Any, seconds: float, rounds: int, lasting: dict[str, Worker] | None = None) -> dict[str, list[float]]:
    """Seconds a unit of work, a list of one for each round, by framework.

    `lasting` has processes by the framework that a variant's name begins with; they are used, and go on.
    """
    workers: dict[str, Worker] = {}
    for name in case.VARIANTS:
        library = name.split(":")[0]
        worker = lasting.get(library) if lasting is not None else None
        if worker is None:
            worker = Worker(case, name, seconds)
        if lasting is not None:
            lasting[library] = worker
        missing = worker.ask(f"start {name}")
        if missing is None:
            workers[name] = worker
        else:
            print(f"  {name}: not installed ({missing}), left out", file=sys.stderr)
    check(case, {name: worker.ask("losses") for name, worker in workers.items()})
    samples: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            samples[name].append(worker.ask("block") / case.UNITS)
    for worker in workers.values() if lasting is None else ():
        worker.ask("end")
    return samples


def measure_work(case: Any, seconds: float, rounds: int) -> list[tuple[str, list[tuple[str, float, float | None]]]]:
    """Each piece of work with the rows of the two that did it: Edgewise, then PyTorch."""
    workers: dict[str, Worker] = {}
    found = []
    for title, variants in case.WORK.items():
        one = SimpleNamespace(**{**vars(case), "VARIANTS": variants, "TITLE": title})
        samples = measure(one, seconds, rounds, workers)
        found.append((title, summary(samples, list(variants)[1])))
    for worker in workers.values():
        worker.ask("end")
    return found


class Worker:
    """A process that runs one framework when asked to."""

    def __init__(self, case: Any, name: str, seconds: float) -> None:
        self.name = name
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        arguments = (case.__name__, seconds, other)
        self._process = context.Process(target=work, args=arguments, daemon=True)
        self._process.start()
        other.close()

    def ask(self, question: str) -> Any:
        """Sends a question and waits for the answer."""
        self._pipe.send(question)
        try:
            return self._pipe.recv()
        except EOFError:
            raise SystemExit(f"{self.name} ended before it answered: its own message is above") from None


def work(case_name: str, seconds: float, pipe: Any) -> None:
    """The life of a worker: it answers "start NAME" of a variant, "losses", any number of "block", and "end"."""
    warnings.filterwarnings("ignore")
    case = importlib.import_module(case_name)
    repeats = 1
    step: Any = None
    while (question := pipe.recv()) != "end":
        if question.startswith("start "):
            try:
                step = case.VARIANTS[question.removeprefix("start ")]()
            except ModuleNotFoundError as missing:
                pipe.send(str(missing.name))
                continue
            pipe.send(None)
        elif question == "losses":
            pipe.send([float(step()) for _ in range(case.CHECKED)])
            repeats = _repeats(step, seconds)
            gc.collect()
            gc.disable()
        else:
            time.sleep(0.05)  # by then the threads of the one before have gone to sleep
            step()
            pipe.send(_timed(step, repeats) / repeats)
            gc.collect()
    pipe.send(None)


def _repeats(step: Any, seconds: float) -> int:
    """How many steps make a block of about `seconds`."""
    count, took = 1, _timed(step, 1)
    while took < seconds / 4:
        count *= 2
        took = _timed(step, count)
    return max(1, round(count * seconds / took))


def _timed(step: Any, count: int) -> float:
    clock = time.process_time if os.environ.get(CLOCK) == "cpu" else time.perf_counter
    start = clock()
    for _ in range(count):
        step()
    return clock() - start


def check(case: Any, losses: dict[str, list[float]]) -> None:
    """Ends the run if the frameworks do not compute the same losses: they would not be doing the same work."""
    names = list(losses)
    first = losses[names[0]]
    for name in names[1:]:
        for step, (expected, found) in enumerate(zip(first, losses[name], strict=True)):
            if abs(expected - found) > case.TOLERANCE * max(1.0, abs(expected)):
                raise SystemExit(f"{case.TITLE}: at step {step}, {names[0]} has {expected}, {name} has {found}")
    print(f"  losses agree: {', '.join(names)}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description="Times Edgewise beside other frameworks.")
    parser.add_argument("cases", nargs="*", metavar="case", help=f"which of {', '.join(CASES)}; all if none is named")
    parser.add_argument("--rounds", type=int, default=15, help="how often each framework has its turn (default: 15)")
    parser.add_argument("--seconds", type=float, default=0.3, help="how long a turn lasts (default: 0.3)")
    parser.add_argument(
        "--threads", type=int, nargs="+", help="threads for matrix products; with several numbers, a table for each"
    )
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument(
        "--cpu", action="store_true", help="count a process's processor time, where others keep the machine busy"
    )
    given = parser.parse_args()
    if given.cpu:
        os.environ[CLOCK] = "cpu"
    for name in SLOWING:
        if os.environ.pop(name, None) is not None:
            print(f"{name} is set, which can halve the speed of NumPy's products: left out", file=sys.stderr)
    for name in given.cases:
        if name not in CASES:
            parser.error(f"there is no case {name!r}: they are {', '.join(CASES)}")
    tables = []
    for threads in given.threads or [None]:
        if threads is not None:
            report.limit_threads(threads)
        for name in given.cases or CASES:
            case = importlib.import_module(f"cases.{name}")
            if threads is not None and not case.THREADED and threads != given.threads[0]:
                continue
            print(case.TITLE, file=sys.stderr)
            if hasattr(case, "WORK"):
                table = report.table_of_work(case, measure_work(case, given.seconds, given.rounds), threads)
            else:
                own = getattr(case, "measure", None)
                samples = own(given.rounds) if own else measure(case, given.seconds, given.rounds)
                table = report.table(case, summary(samples, report.reference(case)), threads)
            print(table)
            tables.append(table)
    if given.write:
        path = report.write(tables, sys.argv[1:])
        print(f"written to {path}", file=sys.stderr)


def summary(samples: dict[str, list[float]], reference: str) -> list[tuple[str, float, float | None]]:
    """Returns name, median seconds, and their ratio to `reference`'s (None if that is not installed), for each row."""
    medians = {name: statistics.median(times) for name, times in samples.items()}
    base = medians.get(reference)
    return [(name, median, median / base if base else None) for name, median in medians.items()]


if __name__ == "__main__":
    main()
