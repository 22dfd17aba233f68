"""Hooks: functions that backward passes call with gradients."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from .arguments import short_repr

Hook = Callable[[Any], Any]

_numbers = count()


class HookHandle:
    """Removes a hook."""

    def __init__(self, hooks: dict[int, Any], number: int) -> None:
        self._hooks = hooks
        self._number = number

    def remove(self) -> None:
        """Removes the hook. Doing it twice is harmless."""
        self._hooks.pop(self._number, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one node or leaf, called in the order in which they were added; `retain` is called last.

    Those in `post_accumulate` are called with the leaf itself, after a gradient was added to its `.grad`.
    """

    __slots__ = ("hooks", "post_accumulate", "retain")

    def __init__(self) -> None:
        self.hooks: dict[int, Hook] = {}
        self.post_accumulate: dict[int, Hook] = {}
        self.retain: Hook | None = None

    def copy(self) -> Hooks:
        """Returns a copy that shares later additions and removals of hooks, but has its own `retain`."""
        same = Hooks()
        same.hooks, same.post_accumulate, same.retain = self.hooks, self.post_accumulate, self.retain
        return same

    def add(self, hook: Hook) -> HookHandle:
        """Adds a hook that is called with the gradient."""
        return _add(self.hooks, hook, "the gradient")

    def add_post_accumulate(self, hook: Hook) -> HookHandle:
        """Adds a hook that is called with the leaf after a gradient was added to its `.grad`."""
        return _add(self.post_accumulate, hook, "the leaf")


def _add(hooks: dict[int, Hook], hook: Hook, takes: str) -> HookHandle:
    if not callable(hook):
        raise TypeError(f"a hook must be a function of {takes}, not {short_repr(hook)}")
    number = next(_numbers)
    hooks[number] = hook
    return HookHandle(hooks, number)
