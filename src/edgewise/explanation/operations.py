"""Explains an operation: its forward and derivatives as formulas."""

from __future__ import annotations

import difflib
import dis
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import islice, product
from types import CodeType
from typing import Any

from .. import nn
from ..graph.arrays import describe_key
from ..graph.errors import ArgumentError
from ..graph.operation import Operation
from ..graph.traits import NOTHING, Argument
from ..nn import Module, functional
from ..printers.figures import MINUS
from ..printers.formula.expression import Expression, call, number, partial, symbol
from ..printers.formula.index_form import IndexForm
from ..printers.formula.index_forms import general_index_forms, index_forms_of
from ..printers.formula.numerals import numeral
from ..printers.formula.operations import Formulas, formulas_of, general_formulas
from ..printers.formula.renaming import rename
from .equations import Equation, Passage, Product, Remark

MOST_TRIES = 200
"""The most combinations of arguments that are tried for an operation without an example."""

LOCAL = "the local derivative: a factor for each element of the gradient that comes in"
MAP = "the map that the gradient which comes in, ∂L/∂{y}, goes through"

_SHAPES = ((6, 6), (6,), (2, 3, 8, 8), ())
"""The shapes that are tried for each input of an operation without an example."""

_PARAMS: tuple[dict[str, Any], ...] = ({}, {"axis": 1}, {"axis": None, "keepdims": False})


def formulas(operation: Operation) -> list[Passage]:
    """Returns a passage with an operation's forward and its derivative for each input."""
    shown = _formulas(operation)
    if shown is None:
        return [
            Passage(
                f"the operation {operation.name}",
                [Remark("Its formulas depend on its arguments: ew.explain(loss, tensor) shows them where it is used.")],
            )
        ]
    found, forms, about = shown
    y, words = found.output, operation.traits.words
    sign = operation.traits.sign
    called = (Product((call(sign, *map(symbol, found.inputs)),)),) if sign else ()
    lines: list[Equation | Remark] = [Equation(symbol(y), (*called, Product((found.forward,))))]
    lines += index_lines(symbol(y), forms[0], found.forward)
    lines += [Remark(words["y"], 1)] if "y" in words else []
    used_notes: set[str] = set()

    def once(text: str) -> str:
        note = "" if text in used_notes else text
        used_notes.add(text)
        return note

    for name, derivative, form in zip(found.inputs, found.derivatives, forms[1:], strict=True):
        if derivative is None:
            lines.append(Remark(f"no gradient flows to {name}"))
        elif derivative.local:
            lines.append(Equation(partial(y, name), (Product((derivative.expression,)),), note=once(LOCAL)))
        else:
            incoming: dict[str, str | Expression] = {found.gradient: partial("L", y)}
            formula = rename(derivative.expression, incoming)
            lines.append(Equation(partial("L", name), (Product((formula,)),), note=once(MAP.format(y=y))))
            lines += index_lines(partial("L", name), None if form is None else form.rename(incoming), formula)
        if derivative is not None and name in words:
            lines.append(Remark(words[name], 1))
    if operation.broadcasts and not operation.elementwise:
        lines.append(Remark("where an argument is repeated along axes, its gradient is summed over these"))
    if about:
        lines.append(Remark(about))
    return [Passage(f"the operation {operation.name}", lines)]


def index_lines(left: Expression, form: IndexForm | None, whole: Expression) -> list[Equation | Remark]:
    """Returns lines with the formula of one element and its named parts; none if it says no more than the whole."""
    if form is None or not form.says_more_than(whole):
        return []
    lines: list[Equation | Remark] = [Equation(form.of(left), (Product((form.expression,)),), indent=1)]
    lines += [Equation(part, (Product((definition,)),), indent=2) for part, definition in form.definitions]
    lines += [Remark(f"elements outside {name} count as {number(value)}", 2) for name, value in form.outside]
    return lines


Forms = tuple[IndexForm | None, ...]


def _formulas(operation: Operation) -> tuple[Formulas, Forms, str] | None:
    """Returns formulas, index forms and a description of their arguments; None if no arguments that were tried fit."""
    example, symbols = operation.traits.example, operation.traits.symbols
    if example is not None:
        found = general_formulas(operation, example.inputs, example.params, symbols) if symbols else None
        if found is not None:
            forms = general_index_forms(operation, example.inputs, example.params, symbols)
            return found, forms, _about(operation, found, example.inputs, example.params, symbols)
        found = formulas_of(operation, example.inputs, example.params)
        forms = index_forms_of(operation, example.inputs, example.params)
        return found, forms, _about(operation, found, example.inputs, example.params)
    flows = [*operation.differentiable, *operation.differentiable[-1:] * operation.variadic]
    shapes = ((),) if operation.elementwise else _SHAPES
    tries = product(product(shapes, repeat=len(flows)), ("int64", "float32"), _PARAMS)
    for given, kind, params in islice(tries, MOST_TRIES):
        kinds = tuple((shape, "float32" if flow else kind) for shape, flow in zip(given, flows, strict=True))
        try:
            found = formulas_of(operation, kinds, params)
        except Exception:
            continue
        if found.complete:
            forms = index_forms_of(operation, kinds, params)
            return found, forms, _about(operation, found, kinds, params) if params else ""
    return None


def _about(
    operation: Operation,
    found: Formulas,
    kinds: Sequence[Argument],
    params: Mapping[str, Any],
    symbols: Mapping[str, str] = NOTHING,
) -> str:
    """Describes the arguments of an example: ``for example with axis = 1 on x: 6×5``."""
    roles = operation.traits.roles
    given = ", ".join(
        f"key = {describe_key(value)}"
        if roles.get(name) == "key"
        else f"{symbols.get(name, name)} = {_number(_short(value))}"
        for name, value in params.items()
        if value is not None or name == "axis"
    )
    shapes = [
        f"{symbol(name).unicode()}: {'×'.join(map(str, kind[0]))}"
        for name, kind in zip(found.inputs, kinds, strict=True)
        if isinstance(kind, tuple) and kind[0]
    ]
    return "for example" + (f" with {given}" if given else "") + (f" on {', '.join(shapes)}" if shapes else "")


def _short(value: Any) -> Any:
    """Returns a single number for a tuple of equal ones."""
    while isinstance(value, tuple) and value and all(part == value[0] for part in value):
        value = value[0]
    return value


def _number(value: Any) -> str:
    return numeral(value).replace("-", MINUS) if isinstance(value, float) else str(value)


def named_thing(thing: Any) -> Any:
    """Returns what a name stands for: an operation, a function or a class of modules; other things as they are.

    Raises ArgumentError if there is nothing of the name.
    """
    if not isinstance(thing, str):
        return thing
    known = _library_operations()
    for found in (known.get(thing), getattr(functional, thing, None), getattr(nn, thing, None)):
        if found is not None and callable(found):
            return found
    names = [*known, *(name for name in dir(nn) if isinstance(getattr(nn, name), type))]
    close = difflib.get_close_matches(thing, names, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else "names are those in the pictures, such as 'relu'"
    raise ArgumentError(f"explain: there is no operation called {thing!r}: {hint}")


def operation_of(thing: Any) -> Operation | None:
    """Returns an operation itself, or the only one that a function or a module applies; None if there are several."""
    return thing if isinstance(thing, Operation) else _operation_of_function(thing)


def _module_of(thing: Any) -> type[Module] | None:
    """Returns the class of a module or of an instance; None for other things."""
    kind = thing if isinstance(thing, type) else type(thing)
    return kind if issubclass(kind, Module) else None


def _operation_of_module(name: str) -> Operation | None:
    """Returns the operation that a module applies, by its name: ReLU, LogSoftmax, CrossEntropyLoss."""
    formula_name = name.removesuffix("Loss").lower()
    return next(
        (known for called, known in _library_operations().items() if called.replace("_", "") == formula_name), None
    )


def _operation_of_function(function: Callable[..., Any]) -> Operation | None:
    """Returns the operation with a function's name, or the only one that its code uses; None if there are several.

    A function that also does arithmetic consists of several.
    """
    module = _module_of(function)
    if module is not None:
        return _operation_of_module(module.__name__) if module.__module__.startswith("edgewise.") else None
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    if (function.__module__ or "").startswith("edgewise.") and function.__name__ in _library_operations():
        return _library_operations()[function.__name__]
    names = vars(importlib.import_module(function.__module__)) if function.__module__ else {}
    # The code can be in a function that it defines.
    codes = [code, *(inner for inner in code.co_consts if isinstance(inner, CodeType))]
    written = {name for one in codes for name in one.co_names}
    found = [named for name in written if isinstance(named := names.get(name), Operation)]
    steps = (step for one in codes for step in dis.get_instructions(one))
    calculates = any(step.opname.startswith(("BINARY_OP", "UNARY_NEGATIVE")) for step in steps)
    return found[0] if len(found) == 1 and not calculates else None


@cache
def _library_operations() -> dict[str, Operation]:
    """Returns the library's operations by name."""
    from .. import ops

    known: dict[str, Operation] = {}
    for module in pkgutil.iter_modules(ops.__path__):
        for value in vars(importlib.import_module(f"{ops.__name__}.{module.name}")).values():
            if isinstance(value, Operation):
                known.setdefault(value.name, value)
    return known
