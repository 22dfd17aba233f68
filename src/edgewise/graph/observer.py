"""What looks on while a thread trains: at its backward passes, and at the steps of its optimisers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .modes import thread

if TYPE_CHECKING:
    from .edge import Edge


class Observer:
    """Has the methods that the engine and the optimisers call, in this order, on each observer of their thread."""

    def backward_begins(self, outputs: Sequence[Edge], gradients: Sequence[Any], deposits: bool = True) -> None:
        """Called before gradients are computed: with `deposits`, before they are added to any `.grad`."""

    def step_begins(self, optimiser: Any) -> None:
        """Called before an optimiser writes anything."""

    def parameter_steps(
        self, optimiser: Any, parameter: Any, group: dict[str, Any], state: dict[str, Any], serial: int
    ) -> None:
        """Called before an optimiser writes a parameter, with its group, its state, and the time of the step."""

    def step_ends(self, optimiser: Any) -> None:
        """Called when an optimiser has written its parameters."""


def add_observer(observer: Observer) -> None:
    """Begins to call an observer in this thread, after those that are there."""
    thread.modes.observers = (*thread.modes.observers, observer)


def remove_observer(observer: Observer) -> None:
    """Ends what :func:`add_observer` began."""
    thread.modes.observers = tuple(one for one in thread.modes.observers if one is not observer)
