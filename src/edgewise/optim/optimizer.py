"""The base of optimisers: parameter groups, the step over them, and their state in plain data."""

from __future__ import annotations

import difflib
import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from ..graph.arguments import flag, function, number
from ..graph.arrays import Array, Namespace, describe, is_float, namespace
from ..graph.edge import Edge, next_serial, wrap
from ..graph.errors import EdgewiseError
from ..graph.inplace import note_writes
from ..graph.modes import enable_grad, thread
from ..graph.source import where
from ..graph.widening import to_float32
from ..graph.writing import check_writable
from ..tensor import Tensor
from ..tensor.core import clear_gradient

Group = dict[str, Any]
"""The parameters that share hyperparameters: ``{"params": [...], "lr": 0.1, ...}``."""
State = dict[str, Any]
"""An optimiser's state for one parameter: arrays and numbers by name."""
Parameters = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[Group]


_FREE = ("params", "name", "initial_lr")
"""The entries of a group that are no hyperparameters."""


_LATER = ("maximize",)
"""The hyperparameters that states of PyTorch before 1.11 lack."""


class OptimizerError(EdgewiseError, ValueError):
    """Parameters, hyperparameters or a state that an optimiser can't work with."""


class Optimizer:
    """Base of the optimisers.

    A new optimiser defines `_start`, which returns a parameter's state before the first step, and `_advance`, which
    calls its update rule: a pure function of array code. Or, as in PyTorch, it defines `step` itself, under `no_grad`,
    and stores its state in ``self.state[parameter]``, a dict that is made when it is read.

    Parameters
    ----------
    params:
        The tensors to optimise, as from `model.parameters()`; or a list of dicts, each with the key "params" and
        the hyperparameters in which it differs from `defaults`.
    defaults:
        The hyperparameters of a group that doesn't set its own.

    Attributes
    ----------
    param_groups: list[dict]
        The groups. Their hyperparameters can be changed between steps; schedules do so.
    state: defaultdict[Tensor, dict]
        The state of each updated parameter.

    Raises
    ------
    OptimizerError
        For no parameters, one given twice, a tensor that isn't a leaf or requires no gradient, or hyperparameters
        out of range.
    """

    _implied: ClassVar[State] = {}
    """The entries that a state saved by PyTorch leaves out."""

    def __init__(self, params: Parameters, defaults: Group) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: defaultdict[Tensor, State] = defaultdict(dict)
        for group in _groups(params, type(self).__name__):
            self.add_param_group(group)

    # Defined by each optimiser ---------------------------------------------------------------------------------

    def _start(self, xp: Namespace, p: Array, group: Group) -> State:
        """Returns the state of a parameter before its first step."""
        raise NotImplementedError(f"{type(self).__name__} defines no _start")

    def _advance(self, xp: Namespace, p: Array, g: Array, state: State, group: Group) -> Array:
        """Returns the parameter after a step; `p` itself where arrays can be written. Updates the state."""
        raise NotImplementedError(f"{type(self).__name__} defines no _advance")

    def _start_in_single(self, xp: Namespace, p: Array, group: Group) -> State:
        """Returns the state before the first step: float32 for half precision, whose squares would overflow."""
        return self._start(xp, to_float32(xp, [p])[0], group)

    def _advance_in_single(self, xp: Namespace, p: Array, g: Array, state: State, group: Group) -> Array:
        """Returns the parameter after a step, computed in float32 and rounded once where it is of half precision."""
        wide, slope = to_float32(xp, [p, g])
        result = self._advance(xp, wide, slope, state, group)
        if wide is p:
            return result
        rounded = xp.astype(result, p.dtype)
        if result is not wide:
            return rounded
        p[...] = rounded
        return p

    def _check(self, group: Group) -> None:
        """Raises OptimizerError for hyperparameters out of range."""

    @property
    def _defines_step(self) -> bool:
        """Whether the optimiser defines `step` itself, so that its states and hyperparameters are not checked."""
        return type(self)._start is Optimizer._start

    # Using one ---------------------------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient, in place.

        Parameters
        ----------
        closure:
            Computes the loss and its gradients again; its result is returned.
        """
        loss = None
        if closure is not None:
            function(type(self).__name__, "the closure of step()", closure, "nothing that returns the loss")
            with enable_grad():
                loss = closure()
        serial = next_serial()
        observers = thread.modes.observers
        for observer in observers:
            observer.step_begins(self)
        written = []
        for group in self.param_groups:
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is None:
                    continue
                admit = getattr(gradient.array, "admit", None)
                if admit is not None:
                    admit(self)
                array = parameter.array
                xp = namespace(array)
                state = self.state[parameter]
                if not state:
                    state.update(self._start_in_single(xp, array, group))
                for observer in observers:
                    observer.parameter_steps(self, parameter, group, state, serial)
                check_writable(type(self).__name__, parameter)
                result = self._advance_in_single(xp, array, gradient.array, state, group)
                if result is array:
                    written.append(array)
                else:
                    # A library with immutable arrays made a new one.
                    parameter.array = result
        note_writes(written, serial)
        for observer in observers:
            observer.step_ends(self)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clears the gradients of all parameters: to None, or else to zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter.grad = None
                elif parameter.grad is not None:
                    clear_gradient(parameter)

    def add_param_group(self, param_group: Group) -> None:
        """Adds parameters with hyperparameters of their own, such as layers that are unfrozen later."""
        kind = type(self).__name__
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f"{kind}: a parameter group is a dict with the key 'params', not {param_group!r}")
        given = param_group["params"]
        parameters = [given] if isinstance(given, Edge) else list_of_parameters(given, kind)
        if not self._defines_step:
            self._check_names(param_group)
        known = {id(parameter) for group in self.param_groups for parameter in group["params"]}
        for i, parameter in enumerate(parameters):
            _check_parameter(parameter, i, kind)
            if id(parameter) in known:
                raise OptimizerError(
                    f"{kind}: parameter {i} of the group, {_description(parameter)}, is given twice; it would be "
                    "updated twice in each step"
                )
            known.add(id(parameter))
        group = {**self.defaults, **param_group, "params": parameters}
        self._check(group)
        self.param_groups.append(group)

    def _check_names(self, group: Group) -> None:
        """Raises for a misspelt hyperparameter, and warns of an unknown one."""
        kind, has = type(self).__name__, ", ".join(self.defaults)
        for name in group:
            if name in self.defaults or name in _FREE:
                continue
            near = difflib.get_close_matches(str(name), self.defaults, 1, 0.75)
            lacks = f"{kind}: a parameter group sets {name!r}, which {kind} doesn't have; it has {has}"
            if near:
                raise OptimizerError(f"{lacks}. Did you mean {near[0]!r}?")
            warnings.warn(f"{lacks}. This optimiser does not use it", stacklevel=5)

    # State -------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Returns the state in plain data: dicts, lists, numbers, and tensors in the optimiser's own memory.

        As in PyTorch, parameters are numbered through the groups: ``{"state": {0: {...}, ...}, "param_groups":
        [{"lr": 0.1, ..., "params": [0, 1]}]}``. :func:`edgewise.save` can write it.
        """
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for parameter in group["params"]:
                numbers[id(parameter)] = len(numbers)
            groups.append({**group, "params": [numbers[id(parameter)] for parameter in group["params"]]})
        state = {
            numbers[id(key)] if isinstance(key, Edge) else key: {
                name: wrap(value) if hasattr(value, "shape") and not isinstance(value, Edge) else value
                for name, value in entries.items()
            }
            for key, entries in self.state.items()
            if entries
        }
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Loads a state from :meth:`state_dict`, with its hyperparameters; arrays are copied.

        Raises
        ------
        OptimizerError
            If it belongs to other parameters: their number in each group, and their shapes, must agree. Nothing is
            loaded then.
        """
        kind = type(self).__name__
        if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
            raise OptimizerError(f"{kind}: a state is a dict with 'state' and 'param_groups', as state_dict() gives it")
        groups = state_dict["param_groups"]
        sizes, given = [len(g["params"]) for g in self.param_groups], [len(g["params"]) for g in groups]
        if sizes != given:
            raise OptimizerError(
                f"{kind}: the state doesn't fit: this optimiser has groups of {sizes} parameters, the state of {given}"
            )
        renewed = []
        for own, group in zip(self.param_groups, groups, strict=True):
            missing = [name for name in self.defaults if name not in group and name not in _LATER]
            if missing:
                has = ", ".join(name for name in group if name not in ("params", *_FREE))
                raise OptimizerError(
                    f"{kind}: the state is of another optimiser: its groups have {has or 'no hyperparameters'}, and "
                    f"lack {', '.join(missing)}. Load it into an optimiser of the kind that saved it"
                )
            values = {name: value for name, value in group.items() if name in own and name != "params"}
            renewed.append({**own, **values})
            self._check(renewed[-1])
        places = {
            i: (parameter, group)
            for group, saved in zip(renewed, groups, strict=True)
            for parameter, i in zip(group["params"], saved["params"], strict=True)
        }
        loaded: dict[Any, State] = {}
        for i, entries in state_dict["state"].items():
            if i not in places and self._defines_step:
                loaded[i] = dict(entries)
                continue
            if i not in places:
                raise OptimizerError(f"{kind}: a state of parameter {i} is given, but no group has that parameter")
            if not entries:
                continue  # asked for, and never written
            parameter, group = places[i]
            loaded[parameter] = self._state_from_entries(parameter, group, i, entries)
        for own, values in zip(self.param_groups, renewed, strict=True):
            own.update(values)
        self.state = defaultdict(dict, loaded)

    def _state_from_entries(self, parameter: Tensor, group: Group, i: int, entries: Mapping[str, Any]) -> State:
        """Returns the state of one parameter with this optimiser's entries, shapes and dtype."""
        kind = type(self).__name__
        xp = namespace(parameter.array)
        if self._defines_step:
            return {name: _as_state_value(xp, parameter, value) for name, value in entries.items()}
        own = self._start_in_single(xp, parameter.array, group)
        entries = {**self._implied, **entries}
        missing = [name for name in own if name not in entries]
        if missing:
            raise OptimizerError(
                f"{kind}: the state of parameter {i} lacks {', '.join(missing)}; it has "
                f"{', '.join(entries) or 'nothing'}. Was it saved by another optimiser, or with other options?"
            )
        state: State = {}
        for name, first in own.items():
            value = entries[name]
            array = value.array if isinstance(value, Edge) else value
            if not hasattr(first, "shape"):
                state[name] = type(first)(array)
                continue
            if tuple(array.shape) != tuple(first.shape):
                raise OptimizerError(
                    f"{kind}: {name} of parameter {i} has shape {tuple(array.shape)} in the state, but the "
                    f"parameter is {_description(parameter)}"
                )
            state[name] = xp.asarray(xp.asarray(array), dtype=first.dtype, copy=True)
        return state

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"  group {i}: {len(group.get('params', ()))} parameters")
            lines += [f"    {name}: {value}" for name, value in group.items() if name != "params"]
        return "\n".join([*lines, ")"])


def _as_state_value(xp: Namespace, parameter: Tensor, value: Any) -> Any:
    """Returns a copy of a value of a state; floating-point tensors in the parameter's dtype."""
    if not hasattr(value, "shape"):
        return value
    array = value.array if isinstance(value, Edge) else value
    dtype = parameter.array.dtype if is_float(array) and math.prod(array.shape) > 1 else array.dtype
    copied = xp.asarray(xp.asarray(array), dtype=dtype, copy=True)
    return wrap(copied) if isinstance(value, Edge) else copied


def rate_of(group: Group) -> Any:
    """Returns the rate as a plain float, because NumPy's numbers would widen float32; a recorded one unchanged."""
    rate = group["lr"]
    return rate if hasattr(rate, "admit") else float(rate)


def check_numbers(kind: str, group: Group, *names: str, below: float | None = None) -> None:
    """Raises unless these hyperparameters are finite numbers, at least 0 and below `below`."""
    for name in names:
        number(kind, name, group[name], least=0, below=below, error=OptimizerError)


def check_flags(kind: str, group: Group, *names: str) -> None:
    """Raises TypeError unless these hyperparameters are True or False."""
    for name in names:
        flag(kind, name, group[name])


def check_ways(kind: str, **ways: Any) -> None:
    """Raises OptimizerError unless the flags for PyTorch's other implementations are None or False."""
    for name, value in ways.items():
        if value is not None and flag(kind, name, value):
            raise OptimizerError(
                f"{kind}: differentiable=True is not supported: steps are not recorded and pass no gradient"
                if name == "differentiable"
                else f"{kind}: {name}=True would do nothing, as there is one way to make a step here: leave it out"
            )


def _groups(params: Any, kind: str) -> list[Group]:
    if isinstance(params, Edge):
        raise TypeError(f"{kind}: params must be several tensors or dicts; put the one tensor into a list")
    if isinstance(params, dict):
        raise TypeError(f"{kind}: params is a dict; put the one group into a list")
    entries = list_of_parameters(params, kind)
    if not entries:
        raise OptimizerError(
            f"{kind}: got no parameters. A generator such as model.parameters() can be used only once; and does the "
            "model have parameters?"
        )
    if isinstance(entries[0], dict):
        return entries
    return [{"params": entries}]


def list_of_parameters(params: Any, kind: str) -> list[Any]:
    """Returns parameters or groups as a list, without names. Raises TypeError for other things."""
    if callable(getattr(params, "parameters", None)):
        raise TypeError(f"{kind}: params is a {type(params).__name__}; pass its parameters: model.parameters()")
    if callable(params):
        raise TypeError(f"{kind}: params is a function; call it, as in model.parameters()")
    if isinstance(params, (set, frozenset)):
        raise TypeError(f"{kind}: params is a set, whose order may change from run to run; pass a list")
    try:
        entries = list(params)
    except TypeError:
        raise TypeError(
            f"{kind}: params must be tensors, such as model.parameters(), not a {type(params).__name__}"
        ) from None
    return [e[1] if isinstance(e, tuple) and len(e) == 2 and isinstance(e[0], str) else e for e in entries]


def _check_parameter(parameter: Any, i: int, kind: str) -> None:
    if not isinstance(parameter, Edge):
        library = type(parameter).__module__.partition(".")[0]
        of = (
            " of torch, not one of edgewise: make the model with edgewise.nn"
            if library == "torch"
            else ", not a tensor"
        )
        raise TypeError(f"{kind}: parameter {i} is a {type(parameter).__name__}{of}")
    if parameter.operation is not None:
        raise OptimizerError(
            f"{kind}: parameter {i}, {_description(parameter)}, is the result of {parameter.operation.name} "
            f"({where(parameter)}). Only leaves can be optimised: detach it, as in "
            "x.detach().requires_grad_()"
        )
    if not parameter.requires_grad and parameter.grad is None and not _is_frozen(parameter):
        raise OptimizerError(
            f"{kind}: parameter {i}, {_description(parameter)}, requires no gradient, so it would never change: "
            "make it with requires_grad=True"
        )


def _is_frozen(parameter: Any) -> bool:
    """Returns whether this is a module's parameter, which can be unfrozen later, and not a tensor without gradients."""
    return type(parameter) is not Tensor


def _description(parameter: Any) -> str:
    return f"{parameter.name!r}, {describe(parameter.array)}" if parameter.name else describe(parameter.array)
