"""Functions that are called with a gradient on its way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from .arguments import shown

Hook = Callable[[Any], Any]

_numbers = count()


class HookHandle:
    """Takes a hook away again."""

    def __init__(self, hooks: dict[int, Any], number: int) -> None:
        self._hooks = hooks
        self._number = number

    def remove(self) -> None:
        """Takes the hook away; doing it twice is harmless."""
        self._hooks.pop(self._number, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one node or leaf, called in the order in which they were added; `retain` comes last.

    Those in `post_accumulate` are called with the leaf itself, once its `.grad` has been added to.
    """

    __slots__ = ("hooks", "post_accumulate", "retain")

    def __init__(self) -> None:
        self.hooks: dict[int, Hook] = {}
        self.post_accumulate: dict[int, Hook] = {}
        self.retain: Hook | None = None

    def copy(self) -> Hooks:
        """The same hooks, also after more are added or some removed, with a wish to retain of its own."""
        same = Hooks()
        same.hooks, same.post_accumulate, same.retain = self.hooks, self.post_accumulate, self.retain
        return same

    def add(self, hook: Hook) -> HookHandle:
        """Adds a hook that is called with the gradient."""
        return _add(self.hooks, hook, "the gradient")

    def add_post_accumulate(self, hook: Hook) -> HookHandle:
        """Adds a hook that is called with the leaf after its `.grad` has been added to."""
        return _add(self.post_accumulate, hook, "the leaf")


def _add(hooks: dict[int, Hook], hook: Hook, takes: str) -> HookHandle:
    if not callable(hook):
        raise TypeError(f"a hook must be a function of {takes}, not {shown(hook)}")
    number = next(_numbers)
    hooks[number] = hook
    return HookHandle(hooks, number)
