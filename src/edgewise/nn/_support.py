"""Helpers that several layers share: checks of settings and inputs, hooks, suggestions, and the printed form."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from ..graph.edge import Edge
from ..graph.errors import ArgumentError, ShapeError
from ..graph.hooks import HookHandle

if TYPE_CHECKING:
    from .module import Module

Sizes: TypeAlias = int | Sequence[int]


def per_axis(kind: str, name: str, given: Sizes, n: int) -> Any:
    """Returns a tuple with a number for each of `n` axes. Raises ValueError if `given` has another number of them."""
    if isinstance(given, int):
        return (given,) * n
    result = tuple(given)
    if len(result) != n:
        raise ValueError(f"{kind}: {name} is one number or {n}, not {given!r}")
    return result


def shape_error(layer: Any, input: Any, expected: str, hint: str = "") -> ShapeError:
    """Returns the error for an input of another shape than `expected`. It names the layer with its settings."""
    given = tuple(getattr(input, "shape", ()))
    return ShapeError(
        f"{type(layer).__name__}({layer.extra_repr()}) takes {expected}; the input has shape {given}"
        + (f". {hint}" if hint else "")
    )


def tensor_expected(name: str, given: Any) -> TypeError:
    """Returns the error for an argument that should be a tensor."""
    return TypeError(f"{name} takes a tensor, not {type(given).__name__}: edgewise.tensor(...) makes one")


def check_tensor(name: str, given: Any) -> None:
    """Raises TypeError unless `given` is a tensor."""
    if not isinstance(given, Edge):
        raise tensor_expected(name, given)


def check_counts(kind: str, least: int = 0, **given: Any) -> None:
    """Raises TypeError if a setting is no integer, and ArgumentError if it is below `least`. Checks each of a tuple."""
    for name, value in given.items():
        for part in value if isinstance(value, (tuple, list)) else (value,):
            try:
                size = operator.index(part)
            except TypeError:
                raise TypeError(f"{kind}: {name} must be an integer, not {part!r}") from None
            if size < least:
                raise ArgumentError(f"{kind}: {name} must be {least} or more, not {value!r}")


def check_numbers(kind: str, **given: Any) -> None:
    """Raises TypeError if a setting is no number."""
    for name, value in given.items():
        if not hasattr(value, "__float__"):
            raise TypeError(f"{kind}: {name} must be a number, not {value!r}")


def suggestions(name: str, known: Iterable[str], at_most: int) -> list[str]:
    """Returns the known names that are most similar to `name`, the most similar first."""
    import difflib  # only errors need it, and it is slow to import

    return difflib.get_close_matches(name, list(known), n=at_most)


_hook_numbers = count()


class CallHooks:
    """The functions that are called before and after a module's forward."""

    def __init__(self) -> None:
        self.hooks: dict[int, tuple[Callable[..., Any], bool, bool]] = {}

    def add(self, hook: Callable[..., Any], before: bool, with_kwargs: bool) -> HookHandle:
        number = next(_hook_numbers)
        self.hooks[number] = (hook, before, with_kwargs)
        return HookHandle(self.hooks, number)

    def call(self, module: Module, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Calls the hooks and the forward, and returns the output."""
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


def module_text(kind: str, settings: str, parts: Iterable[tuple[str, str]]) -> str:
    """Returns a module as text: its name, its settings, and each part on an indented line."""
    lines = [f"({name}): {_indented(text)}" for name, text in parts]
    head = settings.split("\n") if settings else []
    if not lines and len(head) <= 1:
        return f"{kind}({settings})"
    return f"{kind}(\n  " + "\n  ".join([*(_indented(line) for line in head), *lines]) + "\n)"


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def merge_repeats(parts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Returns numbered parts with runs of equal ones merged, as in ``(0-2): 3 x Linear(...)``."""
    runs: list[tuple[str, str, int, str]] = []
    for name, text in parts:
        if runs and runs[-1][3] == text:
            first, _, times, _ = runs[-1]
            runs[-1] = (first, name, times + 1, text)
        else:
            runs.append((name, name, 1, text))
    return [(f"{a}-{b}", f"{times} x {text}") if times > 1 else (a, text) for a, b, times, text in runs]


def describe_kind(value: object) -> str:
    """Returns the kind of a value in words, with its library if that is PyTorch."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    library = type(value).__module__.partition(".")[0]
    return f"a {type(value).__name__}" + (f" of {library}" if library == "torch" else "")
