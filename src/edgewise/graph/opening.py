"""Fused runs: results that were computed at once, and the many small operations that they stand for.

A fused run does in one operation what the library otherwise does in many. A backward pass goes through the run.
Pictures show the small operations: they are done again from the run's arguments, and a walk takes them in place of the
results' own records, which stay as they are. A recorded backward, forward mode and :attr:`Edge.node` need the steps in
the graph, so for these the results become the last of the steps.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from .backward import nodes_newest_first
from .edge import Edge, wrap
from .inplace import copy_history
from .modes import enable_grad, thread
from .node import recorded_inputs

Steps = Callable[..., Sequence[Edge]]


class FusedRun:
    """The means to do a fused run again step by step.

    ``steps(*inputs)`` returns the edges that stand for the results, one for each. Only the results hold the run, and
    the run holds them weakly. Where `run` is None, the only result is the edge of the run itself.
    """

    def __init__(self, run: Edge | None, results: Sequence[Edge], steps: Steps) -> None:
        self._run = run
        self._steps = steps
        self._lock = Lock()
        self._opened = False
        self._results = [weakref.ref(result) for result in results]
        for result in results:
            result.fused_run = self

    def open(self) -> None:
        """Makes the results the last of the steps, for good."""
        with self._lock:
            if self._opened:
                return
            for result, step in self.last_steps().items():
                del result.fused_run
                copy_history(result, step)
            self._opened = True

    def last_steps(self) -> dict[Edge, Edge]:
        """Returns for each result that still exists a new edge with its array, made by the last of the steps.

        The steps lead back to the arguments of the run, and to other results where they use these.
        """
        run: Any = self._results[0]() if self._run is None else self._run
        sources = dict(zip(_stand_ins(run), recorded_inputs(run), strict=True))
        modes = thread.modes
        before = modes.scope, modes.anomaly
        try:
            modes.scope, modes.anomaly = run.scope, False
            with enable_grad():
                ends = self._steps(*[edge if isinstance(edge, Edge) else None for edge in sources])
        finally:
            modes.scope, modes.anomaly = before
        substitutes: dict[Any, Any] = dict(sources)
        last_steps: dict[Edge, Edge] = {}
        for reference, step in zip(self._results, ends, strict=True):
            result = reference()
            if result is not None:
                substitutes[step] = result
                last_steps[result] = step
        nodes = nodes_newest_first(ends)[::-1]  # the stand-ins are leaves, so these are the steps alone
        for i, node in enumerate(nodes):
            node.inputs = tuple(None if edge is None else substitutes.get(edge, edge) for edge in node.inputs)
            # After all inputs of the run, and before all uses of its results.
            node.serial = run.serial - 1 + (i + 1) / (len(nodes) + 1)
            node.code, node.instruction = run.code, run.instruction
        for result, step in last_steps.items():
            step.array = result.array
        return last_steps


def _stand_ins(run: Edge) -> list[Any]:
    """Returns a leaf for each argument of a run, with the array that it held then; a number for None."""
    stand_ins: list[Any] = []
    for i, (source, array) in enumerate(zip(run.inputs, run.arrays, strict=True)):
        if source is None:
            stand_ins.append(i)
            continue
        stand_in = wrap(array)
        stand_in.requires_grad = source.requires_grad
        stand_ins.append(stand_in)
    return stand_ins
