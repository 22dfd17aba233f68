"""A module's state: its parameters and persistent buffers by their dotted names, saved and loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..graph.errors import EdgewiseError
from ..graph.modes import no_grad
from ..graph.writing import check_writable
from ..tensor import Tensor, as_tensor
from ._support import suggestions

if TYPE_CHECKING:
    from .module import Module


class StateError(EdgewiseError, ValueError, RuntimeError):
    """A state that doesn't fit the module it was to be loaded into."""


class IncompatibleKeys(NamedTuple):
    """The names that `load_state_dict` found on one side only."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class State:
    """The methods that save and load a module's state."""

    def state_dict(self: Any, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Returns the parameters and persistent buffers by their dotted names, which are PyTorch's.

        The tensors share the module's memory, so clone them to keep them while training goes on. They are detached,
        or with `keep_vars` the parameters themselves. One that is shared comes under each of its names.
        """
        return {name: value if keep_vars else value.detach() for name, value in _tensors(self, prefix)}

    def load_state_dict(self: Any, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copies the values of a state into this module's parameters and buffers, in their dtype.

        Parameters
        ----------
        state_dict:
            Tensors or arrays by name, from :meth:`state_dict`, :func:`edgewise.load`, or PyTorch through safetensors.
        strict:
            Whether names must be the same on both sides. If not, those on one side only are returned. Shapes
            must always agree.

        Raises
        ------
        StateError
            Lists every missing, unexpected and misshapen name. Nothing is loaded then.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict takes a dict of names and tensors, not a {type(state_dict).__name__}")
        own = dict(_tensors(self, ""))
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        values = {name: _as_value(name, state_dict[name]) for name in own if name in state_dict}
        misshapen = [name for name, value in values.items() if tuple(value.shape) != tuple(own[name].shape)]
        if misshapen or (strict and (missing or unexpected)):
            raise StateError(
                _fault(
                    type(self).__name__,
                    {name: tuple(own[name].shape) for name in own},
                    {name: tuple(getattr(value, "shape", ())) for name, value in state_dict.items()},
                    missing if strict else [],
                    unexpected if strict else [],
                    misshapen,
                )
            )
        for name in values:
            check_writable(f"load_state_dict: {name}", own[name])
        with no_grad():
            for name, value in values.items():
                own[name]._write(value.array)
        return IncompatibleKeys(missing, unexpected)


def _tensors(module: Module, prefix: str) -> list[tuple[str, Tensor]]:
    """Parameters, then persistent buffers, of each module in turn; shared ones under all their names."""
    found: list[tuple[str, Tensor]] = []
    for path, part in module.named_modules(prefix.rstrip("."), remove_duplicate=False):
        start = f"{path}." if path else ""
        found += [(start + name, value) for name, value in part._own("parameter")]
        found += [(start + name, value) for name, value in part._own("buffer") if name not in part._transient]
    return found


def _as_value(name: str, value: Any) -> Tensor:
    try:
        return as_tensor(value)
    except (TypeError, ValueError) as error:
        raise StateError(f"{name}: can't be loaded from a {type(value).__name__} ({error})") from error


Shapes = Mapping[str, tuple[int, ...]]


def _fault(
    kind: str, own: Shapes, given: Shapes, missing: list[str], unexpected: list[str], misshapen: list[str]
) -> str:
    lines = [f"{kind}: the state doesn't fit, and nothing was loaded."]
    if missing:
        lines.append(f"  missing, {len(missing)} that {kind} has and the state lacks:")
        lines += [f"    {name} {own[name]}" for name in missing]
    if unexpected:
        lines.append(f"  unexpected, {len(unexpected)} that the state has and {kind} lacks:")
        for name in unexpected:
            near = suggestions(name, missing, 1)
            lines.append(f"    {name} {given[name]}" + (f"  did you mean {near[0]}?" if near else ""))
    if misshapen:
        lines.append(f"  misshapen, {len(misshapen)}:")
        lines += [f"    {name}: {kind} has {own[name]}, the state {given[name]}" for name in misshapen]
    return "\n".join([*lines, *_advice(own, given, missing, unexpected, misshapen)])


def _advice(own: Shapes, given: Shapes, missing: list[str], unexpected: list[str], misshapen: list[str]) -> list[str]:
    """Returns advice about a state that doesn't fit."""
    if prefix := _common_prefix(unexpected, own):
        return [
            f"  Without {prefix!r} before them the names agree: load "
            f"{{name.removeprefix({prefix!r}): value for name, value in state.items()}}"
        ]
    if prefix := _common_prefix(missing, given):
        return [
            f"  With {prefix!r} before them the names agree: load "
            f"{{{prefix!r} + name: value for name, value in state.items()}}"
        ]
    if misshapen:
        return [
            "  Shapes must agree: make the module with the state's sizes, or take those names out of the state and "
            "load the rest with strict=False"
        ]
    return ["  If that is meant, strict=False loads the names that agree and leaves the rest as it is"]


def _common_prefix(longer: list[str], shorter: Shapes) -> str:
    """Returns the prefix that a wrapper, such as PyTorch's DataParallel, put before every name, or an empty text."""
    prefix = longer[0].partition(".")[0] + "." if longer else ""
    agree = all(name.startswith(prefix) and name.removeprefix(prefix) in shorter for name in longer)
    return prefix if agree else ""
