"""Observers of a thread's training: of its backward passes, and of the steps of its optimisers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .modes import thread

if TYPE_CHECKING:
    from .edge import Edge


class Observer:
    """Defines the methods that the engine and the optimisers call, in this order, on each observer of the thread."""

    def backward_begins(self, outputs: Sequence[Edge], gradients: Sequence[Any], deposits: bool = True) -> None:
        """Runs before gradients are computed. `deposits` says whether they will be added to `.grad`."""

    def step_begins(self, optimiser: Any) -> None:
        """Runs before an optimiser writes anything."""

    def parameter_steps(
        self, optimiser: Any, parameter: Any, group: dict[str, Any], state: dict[str, Any], serial: int
    ) -> None:
        """Runs before an optimiser writes a parameter, with its group, its state, and the step's serial number."""

    def step_ends(self, optimiser: Any) -> None:
        """Runs after an optimiser wrote its parameters."""


def add_observer(observer: Observer) -> None:
    """Adds an observer to this thread. It is called after the earlier ones."""
    thread.modes.observers = (*thread.modes.observers, observer)


def remove_observer(observer: Observer) -> None:
    """Removes an observer from this thread."""
    thread.modes.observers = tuple(one for one in thread.modes.observers if one is not observer)
