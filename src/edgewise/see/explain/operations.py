"""An operation's forward and derivatives as formulas."""

from __future__ import annotations

import difflib
import dis
import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from itertools import islice, product
from typing import Any

from ...graph.errors import ArgumentError
from ...graph.operation import Operation
from ...nn import functional
from ..formula.expression import call, partial, symbol
from ..formula.operations import Formulas, formulas_of
from ..formula.reading import SIGNS
from .equations import Equation, Passage, Product, Remark
from .examples import EXAMPLES

MOST_TRIES = 200
"""So many combinations of arguments are tried for an operation whose formulas are asked for."""

LOCAL = "the local derivative: a factor for each element of the gradient that comes in"
MAP = "the map that the gradient which comes in, ∂L/∂{y}, goes through"

_SHAPES = ((6, 6), (6,), (2, 3, 8, 8), ())
"""What to try for each input of an operation when it is not known which arguments it takes."""

_PARAMS: tuple[dict[str, Any], ...] = ({}, {"axis": 1}, {"axis": None, "keepdims": False})


def formulas(operation: Operation) -> list[Passage]:
    """The forward, and for each input the derivative, of an operation."""
    shown = _formulas(operation)
    if shown is None:
        return [
            Passage(
                f"the operation {operation.name}",
                [Remark("Its formulas depend on its arguments: ew.explain(loss, tensor) shows them where it is used.")],
            )
        ]
    found, params = shown
    y = found.output
    sign = SIGNS.get(operation.name)
    called = (Product((call(sign, *map(symbol, found.inputs)),)),) if sign else ()
    lines: list[Equation | Remark] = [Equation(symbol(y), (*called, Product((found.forward,))))]
    told: set[str] = set()

    def once(words: str) -> str:
        note = "" if words in told else words
        told.add(words)
        return note

    for name, derivative in zip(found.inputs, found.derivatives, strict=True):
        if derivative is None:
            lines.append(Remark(f"no gradient flows to {name}"))
        elif derivative.local:
            lines.append(Equation(partial(y, name), (Product((derivative.expression,)),), note=once(LOCAL)))
        else:
            formula = derivative.expression.rename({found.gradient: partial("L", y)})
            lines.append(Equation(partial("L", name), (Product((formula,)),), note=once(MAP.format(y=y))))
    if params:
        given = ", ".join(f"{name} = {value}" for name, value in params.items())
        lines.append(Remark(f"for example with {given}"))
    return [Passage(f"the operation {operation.name}", lines)]


def _formulas(operation: Operation) -> tuple[Formulas, dict[str, Any]] | None:
    """Formulas, and the keyword arguments that they are for; None if none that are tried fit."""
    example = EXAMPLES.get(operation.name) if _known().get(operation.name) is operation else None
    if example is not None:
        return formulas_of(operation, *example), example[1]
    flows = [*operation.flows, *operation.flows[-1:] * operation.variadic]
    shapes = ((),) if operation.elementwise else _SHAPES
    tries = product(product(shapes, repeat=len(flows)), ("int64", "float32"), _PARAMS)
    for given, kind, params in islice(tries, MOST_TRIES):
        kinds = tuple((shape, "float32" if flow else kind) for shape, flow in zip(given, flows, strict=True))
        try:
            found = formulas_of(operation, kinds, params)
        except Exception:
            continue
        if found.complete:
            return found, params
    return None


def operation_behind(thing: Any) -> Operation:
    """The operation that is meant: itself, the one that a function applies, or the one of a name.

    Raises ArgumentError if there is none.
    """
    if isinstance(thing, Operation):
        return thing
    if isinstance(thing, str):
        known = _known()
        if thing in known:
            return known[thing]
        if thing.isidentifier() and callable(getattr(functional, thing, None)):
            return operation_behind(getattr(functional, thing))
        close = difflib.get_close_matches(thing, known, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "names are those in the pictures, such as 'relu'"
        raise ArgumentError(f"explain: there is no operation called {thing!r}: {hint}")
    found = _applied(thing)
    if found is None:
        name = getattr(thing, "__name__", repr(thing))
        raise ArgumentError(
            f"explain: {name} is not one operation, but put together from several: ew.explain(loss, tensor) shows how "
            "they work together"
        )
    return found


def _applied(function: Callable[..., Any]) -> Operation | None:
    """The one operation that a function's code names, if it is one, or that has its name.

    One that does arithmetic besides is put together from several.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    if (function.__module__ or "").startswith("edgewise.") and function.__name__ in _known():
        return _known()[function.__name__]
    names = vars(importlib.import_module(function.__module__)) if function.__module__ else {}
    found = [named for name in set(code.co_names) if isinstance(named := names.get(name), Operation)]
    calculates = any(step.opname.startswith(("BINARY_OP", "UNARY_NEGATIVE")) for step in dis.get_instructions(code))
    return found[0] if len(found) == 1 and not calculates else None


@cache
def _known() -> dict[str, Operation]:
    """The operations of the library by their names."""
    from ... import ops

    known: dict[str, Operation] = {}
    for module in pkgutil.iter_modules(ops.__path__):
        for value in vars(importlib.import_module(f"{ops.__name__}.{module.name}")).values():
            if isinstance(value, Operation):
                known.setdefault(value.name, value)
    return known
