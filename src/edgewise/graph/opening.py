"""Results that stand for many steps, and become the last of these steps when somebody looks.

A fused run computes in one go what the library otherwise does in many small operations. As long as only backward asks,
its results send their gradients through it. A picture, a derivative of a derivative, forward mode and whoever walks the
nodes see the small operations: they are done again, from what the run was given, and take the place of the run.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from .backward import nodes_newest_first
from .edge import Edge
from .inplace import copy_history
from .modes import enable_grad, thread
from .node import recorded_inputs
from .operation import wrap

Steps = Callable[..., Sequence[Edge]]


class FusedRun:
    """What it takes to do a fused run again step by step.

    ``steps(*inputs)`` gives the edges that the results of the run become. Only the run's results hold the run, which
    holds them weakly.
    """

    def __init__(self, run: Edge, results: Sequence[Edge], steps: Steps) -> None:
        self._run = run
        self._steps = steps
        self._lock = Lock()
        self._opened = False
        self._results = [weakref.ref(result) for result in results]
        for result in results:
            result.opens = self.open

    def open(self) -> None:
        """Makes the results what the steps give."""
        with self._lock:
            if not self._opened:
                self._open()
                self._opened = True

    def _open(self) -> None:
        run = self._run
        sources = dict(zip(self._stand_ins(), recorded_inputs(run), strict=True))
        modes = thread.modes
        before = modes.scope, modes.anomaly
        try:
            modes.scope, modes.anomaly = run.scope, False
            with enable_grad():
                made = self._steps(*[edge if isinstance(edge, Edge) else None for edge in sources])
        finally:
            modes.scope, modes.anomaly = before
        others: dict[Any, Any] = dict(sources)
        becoming: dict[Edge, Edge] = {}
        for reference, edge in zip(self._results, made, strict=True):
            result = reference()
            if result is not None:
                del result.opens
                others[edge] = becoming[edge] = result
        nodes = nodes_newest_first(made)[::-1]  # they lead no further than to the stand-ins
        for i, node in enumerate(nodes):
            node.inputs = tuple(None if edge is None else others.get(edge, edge) for edge in node.inputs)
            # After all that the run was made from, and before all that was made from it.
            node.serial = run.serial - 1 + (i + 1) / (len(nodes) + 1)
            node.code, node.instruction = run.code, run.instruction
            if node in becoming:
                result = becoming[node]
                array = result.array
                copy_history(result, node)
                result.array = array

    def _stand_ins(self) -> list[Any]:
        """A leaf for each argument of the run, holding what that held then."""
        stand_ins: list[Any] = []
        for i, (source, array) in enumerate(zip(self._run.inputs, self._run.arrays, strict=True)):
            if source is None:
                stand_ins.append(i)
                continue
            stand_in = wrap(array)
            stand_in.requires_grad = source.requires_grad
            stand_ins.append(stand_in)
        return stand_ins
