"""Explains modules and functions of several operations: their formulas, composed of those of the operations."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

from ..capture.capture import Capture, capture
from ..capture.modules import module_formula
from ..graph.errors import ArgumentError
from ..graph.modes import FUNCTION, Scope, thread
from ..graph.operation import Operation
from ..graph.traits import CallExample, CompositeTraits
from ..nn import Module
from ..ops.creation import ones_like
from ..ops.random import get_rng_state, set_rng_state
from ..printers.formula.composite import CompositeFormula
from ..tensor import Tensor, tensor
from .equations import Equation, Passage, Product, Remark

_SHAPES = ((5, 4), (2, 3, 6, 6))
"""The shapes of inputs that are tried for what has no example."""

MOST_INPUTS = 3
"""The most inputs that are tried."""

BACK = "Back, each gradient from those that come in:"


def composite_passages(thing: Any, inputs: Any = None) -> list[Passage]:
    """Returns passages with the formula of a module or a function, for these inputs or for an example.

    Returns none if it is a single operation, or has no example. Raises ArgumentError if inputs were given, and there is
    no formula for what it does with them.
    """
    name = _name_of(thing)
    if inputs is not None:
        given = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
        return [_passage(name, _described(thing, given), _traits_of(thing).words)]
    traits = _traits_of(thing)
    passages: list[Passage] = []
    examples = {"": traits.example, **traits.others} if traits.example else {"": _tried(thing)}
    for about, example in examples.items():
        found = None if example is None else _of_example(thing, traits, example)
        if found is None:
            return []
        passages.append(_passage(f"{name} {about}".rstrip(), found, "" if passages else traits.words))
    return passages


def has_example(thing: Any) -> bool:
    """Says whether a module or a function says which call shows it well."""
    return _traits_of(thing).example is not None


def _passage(name: str, found: CompositeFormula, words: str) -> Passage:
    lines: list[Equation | Remark] = [Remark(words[0].upper() + words[1:])] if words else []
    lines += [Equation(left, (Product((right,)),)) for left, right in found.forward]
    lines += [Remark(remark, 1) for remark in found.remarks]
    if found.backward:
        lines.append(Remark(BACK))
        lines += [Equation(left, (Product((right,)),)) for left, right in found.backward]
        lines += [Remark(remark, 1) for remark in found.remarks_back]
    return Passage(name, lines)


def _name_of(thing: Any) -> str:
    if isinstance(thing, Module):
        return f"the module {type(thing).__name__}"
    return f"the {'module' if _is_module(thing) else 'function'} {thing.__name__}"


def _traits_of(thing: Any) -> CompositeTraits:
    if isinstance(thing, Operation):
        return CompositeTraits()
    kind = type(thing) if isinstance(thing, Module) else thing
    if isinstance(kind, type) and issubclass(kind, Module):
        return kind._traits
    found = getattr(thing, "traits", None)
    return found if isinstance(found, CompositeTraits) else CompositeTraits()


def _is_module(thing: Any) -> bool:
    return isinstance(thing, Module) or (isinstance(thing, type) and issubclass(thing, Module))


def _described(thing: Callable[..., Any], given: Sequence[Any]) -> CompositeFormula:
    """Returns the formula of a call with given inputs."""
    if any(not isinstance(one, Tensor) for one in given):
        kinds = ", ".join(type(one).__qualname__ for one in given)
        raise ArgumentError(
            f"explain: {_name_of(thing)} is explained on tensors, one or a tuple of them, not on {kinds}"
        )
    names = [one.name for one in _parameters(thing) if one.kind is one.POSITIONAL_OR_KEYWORD and one.name != "self"]
    taken = _captured(thing, [_named(one, name) for one, name in zip_longest(given, names[: len(given)])])
    found = None if taken is None else module_formula(taken.snapshot, _outermost(taken))
    if found is None:
        raise ArgumentError(
            f"explain: {_name_of(thing)} ran no operations, a single one, or too many to be one formula: "
            "ew.explain(loss, tensor) derives a gradient through it"
        )
    return found


def _named(given: Any, name: str | None) -> Any:
    """Returns an input with a name; one of floating-point numbers so that gradients go back to it."""
    if given.requires_grad or not given.is_floating_point():
        return given
    copied = tensor(given.numpy(), requires_grad=True)
    copied.name = given.name or name
    return copied


def _outermost(taken: Capture) -> int:
    return next(scope.id for scope in taken.snapshot.scopes if scope.parent is None)


def _captured(function: Callable[..., Any], given: Sequence[Any], names: Sequence[str] = ()) -> Capture | None:
    """Calls a module or a function, and captures what it ran; None if it gave no tensors with a graph."""
    modes = thread.modes
    outer = modes.scope
    modes.scope = None
    try:
        if not isinstance(function, Module):
            modes.scope = Scope(getattr(function, "__name__", "function"), FUNCTION, None)
        returned = function(*given)
    finally:
        modes.scope = outer
    results = [one for one in _flat(returned) if isinstance(one, Tensor) and one.operation is not None]
    for result, name in zip(results, names, strict=False):
        result.name = name
    if not results:
        return None
    return capture(results, [ones_like(one) for one in results])


def _flat(returned: Any) -> Iterator[Any]:
    if isinstance(returned, (tuple, list)):
        for one in returned:
            yield from _flat(one)
    else:
        yield returned


def _of_example(thing: Any, traits: CompositeTraits, example: CallExample) -> CompositeFormula | None:
    """Returns the formula of a call with an example."""
    with _undisturbed():
        made = _made(thing, example)
        inputs = {name: _numbers(shape) for name, shape in example.inputs.items()}
        for name, one in inputs.items():
            one.name = name
        taken = _captured(_Call(made, example.call), [*inputs.values()], example.results)
        if taken is None:
            return None
        symbols = {taken.tensor_ids[one]: name for name, one in inputs.items() if one in taken.tensor_ids}
        return module_formula(taken.snapshot, _outermost(taken), {**symbols, **_parameter_symbols(made, traits, taken)})


def _made(thing: Any, example: CallExample) -> Any:
    """Returns a module as the example has it; a function, or a module without arguments, as it is."""
    if isinstance(thing, type):
        return thing(*example.arguments, **example.options)
    if isinstance(thing, Module) and (example.arguments or example.options):
        return type(thing)(*example.arguments, **example.options)
    return thing


def _parameter_symbols(made: Any, traits: CompositeTraits, taken: Capture) -> dict[int, str]:
    if not isinstance(made, Module):
        return {}
    held = [*made.named_parameters(), *made.named_buffers()]
    named = {taken.tensor_ids[one]: name for name, one in held if one in taken.tensor_ids}
    return {id: traits.symbols.get(name, name) for id, name in named.items()}


class _Call:
    """Calls a module in its own scope, or a function in one of its name."""

    def __init__(self, made: Any, call: Callable[..., Any]) -> None:
        self.made, self.call = made, call
        self.__name__ = getattr(made, "__name__", "")

    def __call__(self, *inputs: Tensor) -> Any:
        if isinstance(self.made, Module):
            thread.modes.scope = None
        return self.call(self.made, *inputs)


def _numbers(shape: tuple[int, ...]) -> Tensor:
    """Returns numbers that differ, as an input of an example."""
    count = 1
    for size in shape:
        count *= size
    found = tensor([0.1 + 0.8 * ((7 * i) % count) / count for i in range(count)]).reshape(shape)
    return tensor(found.numpy(), requires_grad=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leaves the state of random numbers as it was, and warns of nothing."""
    state = get_rng_state()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        set_rng_state(state)


def _parameters(thing: Any) -> list[inspect.Parameter]:
    """Returns the parameters of a function, or of a module's forward; none if they are not known."""
    function = getattr(thing, "forward", thing) if _is_module(thing) else thing
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _tried(thing: Any) -> CallExample | None:
    """Returns an example for what has none: inputs for all parameters without a default."""
    needed = [
        one.name
        for one in _parameters(thing)
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD and one.name != "self"
    ]
    if not 0 < len(needed) <= MOST_INPUTS:
        return None
    for shape in _SHAPES:
        example = CallExample(dict.fromkeys(needed, shape))
        try:
            if _of_example(thing, _traits_of(thing), example) is not None:
                return example
        except Exception:  # these inputs do not fit
            continue
    return None
