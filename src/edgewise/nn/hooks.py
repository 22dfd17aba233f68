"""Functions that are called before and after a module's forward."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from ..graph.hooks import HookHandle

if TYPE_CHECKING:
    from .module import Module

_hook_numbers = count()


class CallHooks:
    """The functions called around a module's forward."""

    def __init__(self) -> None:
        self.hooks: dict[int, tuple[Callable[..., Any], bool, bool]] = {}

    def add(self, hook: Callable[..., Any], before: bool, with_kwargs: bool) -> HookHandle:
        number = next(_hook_numbers)
        self.hooks[number] = (hook, before, with_kwargs)
        return HookHandle(self.hooks, number)

    def call(self, module: Module, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The module's forward between its hooks."""
        for hook, before, with_kwargs in list(self.hooks.values()):
            if not before:
                continue
            if with_kwargs:
                changed = hook(module, inputs, options)
                if changed is not None:
                    inputs, options = changed
            else:
                changed = hook(module, inputs)
                if changed is not None:
                    inputs = changed if isinstance(changed, tuple) else (changed,)
        output = module.forward(*inputs, **options)
        for hook, before, with_kwargs in list(self.hooks.values()):
            if before:
                continue
            changed = hook(module, inputs, options, output) if with_kwargs else hook(module, inputs, output)
            if changed is not None:
                output = changed
        return output
