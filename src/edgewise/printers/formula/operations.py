"""The formulas of an operation: of its forward, and of each derivative, from the code that runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ...graph.operation import Operation
from ...graph.traits import Argument
from ...program.program import Program, Value
from .arranging import OF_THE_SAME_MASK
from .examples import Scaling, counts, example, scalings
from .expression import Expression, call, minus, negative, number, partial, product, quotient, symbol
from .reading import Reader, TooLongError, sign_of
from .recording import Given, Kernel, recorded
from .textbook import textbook
from .tidy import rename

SHORT = 5
"""The result is written out in a derivative that reads it if its formula has at most so many pieces."""


FEW = 8
"""Of more arguments in one place than this, as a stack has, those that a derivative does not read are not recorded."""


@dataclass(frozen=True)
class DerivativeFormula:
    """The formula of a derivative.

    Attributes
    ----------
    local:
        Whether it is the local derivative of an elementwise operation, a factor such as 1[x > 0]; else it is what the
        derivative makes of the incoming gradient, such as xᵀ · g.
    expression:
        The formula, with the result of an elementwise operation written out where that is short: σ(x)(1 − σ(x)).
    by_output:
        The same with the symbol of the result, as the code reads it: y · (1 − y).
    """

    local: bool
    expression: Expression
    by_output: Expression

    def rename(self, symbols: dict[str, str | Expression]) -> DerivativeFormula:
        """With other names or expressions for symbols."""
        return DerivativeFormula(self.local, rename(self.expression, symbols), rename(self.by_output, symbols))


@dataclass(frozen=True)
class Formulas:
    """The formulas of one operation for one kind of arguments.

    Attributes
    ----------
    inputs:
        The symbol of each argument.
    output, gradient:
        The symbols of the result and of the incoming gradient: ``y`` and ``g``, if no input is called so.
    forward:
        The result.
    derivatives:
        For each argument; None where no gradient flows.
    complete:
        Whether all were read from code; False if one is written by the operation's name, because it would be too long
        or could not be recorded.
    """

    inputs: tuple[str, ...]
    output: str
    gradient: str
    forward: Expression
    derivatives: tuple[DerivativeFormula | None, ...]
    complete: bool

    def rename(self, symbols: dict[str, str | Expression]) -> Formulas:
        """With other names or expressions for symbols."""
        derivatives = tuple(None if d is None else d.rename(symbols) for d in self.derivatives)
        return Formulas(
            self.inputs, self.output, self.gradient, rename(self.forward, symbols), derivatives, self.complete
        )


_known: WeakKeyDictionary[Operation, dict[Any, Formulas | None]] = WeakKeyDictionary()
_MOST = 2000


def formulas_of(operation: Operation, arguments: Sequence[Argument], params: dict[str, Any] | None = None) -> Formulas:
    """The formulas of an operation for arguments of these kinds. They are made once for each kind, then kept.

    Parameters
    ----------
    operation:
        Any operation, also a user's own.
    arguments:
        For each input its shape and dtype, such as ``((64, 10), "float32")``, or a plain number, or None.
    params:
        The keyword parameters it is called with.

    Examples
    --------
    >>> from edgewise.ops.linear_algebra import _matmul
    >>> formulas = formulas_of(_matmul, [((64, 784), "float32"), ((784, 10), "float32")])
    >>> formulas.forward.unicode()
    'a · b'
    >>> formulas.derivatives[1].rename({"a": "x", "g": partial("L", "z")}).expression.unicode()
    'xᵀ · ∂L/∂z'
    """
    params = params or {}
    kinds = tuple(arguments)
    known = _known.get(operation)
    if known is None:
        known = _known[operation] = {}
    key = (kinds, repr(params)) if params else kinds
    formulas = known.get(key)
    if formulas is None:
        if len(known) > _MOST:
            known.clear()
        formulas = known[key] = _made(operation, kinds, params, known)
    return formulas


def general_formulas(
    operation: Operation, arguments: Sequence[Argument], params: dict[str, Any], symbols: Mapping[str, str]
) -> Formulas | None:
    """The formulas with symbols for keyword arguments that are numbers; None if such a number remains in them.

    For the symbols `params` has usual values. The formulas are read where they are a little larger, 0 too and each by
    another share, so that they are told from each other and from all other numbers.
    """
    known: dict[float, Expression] = {}
    unusual = dict(params)
    for i, (name, letter) in enumerate(symbols.items(), 1):
        share = i * _UNUSUAL
        value = unusual[name] = float(params[name]) * (1 + share) or share
        for number_, formula in (
            (value, symbol(letter)),
            (-value, negative(symbol(letter))),
            (1 / value, quotient(number(1), symbol(letter))),
            (value - 1, minus(symbol(letter), number(1))),
            (1 - value, minus(number(1), symbol(letter))),
        ):
            known.setdefault(number_, formula)
    kinds = tuple(arguments)
    names = _symbols(operation, len(kinds))
    shapes = [(name, kind[0]) for name, kind in zip(names, kinds, strict=True) if isinstance(kind, tuple)]
    found = _Making(operation, kinds, unusual, {**counts(shapes, params), **known}).formulas()
    written = [found.forward, *(d.expression for d in found.derivatives if d is not None)]
    numbers = [piece.args[0] for formula in written for piece in formula.walk() if piece.head == "number"]
    return None if any(len(repr(value)) > _USUAL for value in numbers) or not found.complete else found


_UNUSUAL = 0.0137291
_USUAL = 7
"""A number of more digits is one that symbols should stand for."""


def _made(
    operation: Operation, kinds: tuple[Argument, ...], params: dict[str, Any], known: dict[Any, Formulas | None]
) -> Formulas:
    """Looks for formulas of arguments that differ in their sizes only, before it makes them."""
    if operation.elementwise:
        alike = tuple((((3,) if kind[0] else ()), kind[1]) if isinstance(kind, tuple) else kind for kind in kinds)
        if alike == kinds:
            given = [x for x in kinds if isinstance(x, (int, float)) and not isinstance(x, bool) and x > 1]
            logarithms = {math.log(x): call("log", number(x)) for x in given}
            return _Making(operation, kinds, params, logarithms).formulas()
        return formulas_of(operation, alike, params)
    shapes = [kind[0] for kind in kinds if isinstance(kind, tuple)]
    for group in scalings(shapes, params):
        found = [_scaled(operation, kinds, scaling, known) for scaling in group]
        if found[0] is not None and all(formulas == found[0] for formulas in found):
            return found[0]
    return _Making(operation, kinds, params, {}, by_name=True).formulas()


def _scaled(
    operation: Operation, kinds: tuple[Argument, ...], scaling: Scaling, known: dict[Any, Formulas | None]
) -> Formulas | None:
    """The formulas for arguments of other sizes; None if the forward can't be recorded there."""
    rest = iter(scaling.shapes)
    alike: tuple[Argument, ...] = tuple((next(rest), kind[1]) if isinstance(kind, tuple) else kind for kind in kinds)
    key = (alike, repr(scaling.params), scaling.counted)
    if key not in known:
        counted = {}
        if scaling.counted:
            names = _symbols(operation, len(kinds))
            counted = counts(
                [(names[i], kind[0]) for i, kind in enumerate(alike) if isinstance(kind, tuple)], scaling.params
            )
        making = _Making(operation, alike, scaling.params, counted)
        known[key] = None if making.kernel is None else making.formulas()
    return known[key]


class _Making:
    """Makes the formulas of one operation on examples."""

    def __init__(
        self,
        operation: Operation,
        kinds: tuple[Argument, ...],
        params: dict[str, Any],
        counts: dict[float, Expression],
        by_name: bool = False,
    ) -> None:
        self.operation, self.params, self.counts = operation, params, counts
        self.examples = [self._example(kind) for kind in kinds]
        self.by_name = by_name
        self.complete = True
        self.inputs = _symbols(operation, len(kinds))
        taken = {*self.inputs}
        self.output = next(name for name in ("y", "z", "u") if name not in taken)
        self.gradient = next(name for name in ("g", "h", "v") if name not in taken)

    def _example(self, kind: Argument) -> Any:
        if not isinstance(kind, tuple):
            return kind
        shape, dtype = kind
        is_whole = not dtype.startswith(("float", "bfloat"))
        return example(shape, "float32" if is_whole and self.operation.floats else dtype)

    @cached_property
    def read(self) -> int:
        """How many of the arguments derivatives may read, from the first."""
        operation = self.operation
        fixed = len(operation.input_names) - operation.variadic
        if len(self.examples) - fixed <= FEW or (operation.linear != "jointly" and operation.reads(fixed, fixed)):
            return len(self.examples)
        return fixed

    @cached_property
    def kernel(self) -> Kernel | None:
        """What the forward did; None if it can't be recorded."""
        return self._recorded(self.operation.forward, self.examples, self.params)

    def _recorded(
        self, kernel: Callable[..., Any], arguments: list[Any], params: dict[str, Any], unread: Sequence[Any] = ()
    ) -> Kernel | None:
        if self.by_name:
            return None
        for given in (False, True):
            # A mask's elements decide on a shape, so they must be known.
            taken = [Given(x) if given and isinstance(x, np.ndarray) and x.dtype == bool else x for x in arguments]
            try:
                with np.errstate(all="ignore"):
                    return recorded(kernel, taken, params, unread)
            except Exception:  # a user's kernel may raise anything on an example
                continue
        return None

    def formulas(self) -> Formulas:
        forward = self._forward()
        derivatives = tuple(self._derivative(i) for i in range(len(self.examples)))
        return Formulas(self.inputs, self.output, self.gradient, forward, derivatives, self.complete)

    def _forward(self) -> Expression:
        known = textbook(self.operation.traits.notation, self._inputs(), self.params)
        if known is not None:
            return known
        whole = not self.operation.elementwise or any(np.ndim(x) for x in self.examples if x is not None)
        formula = self._read(self.kernel, self.inputs, whole)
        if formula is not None:
            return formula
        self.complete = self.complete and not self.by_name
        return self._call()

    def _call(self) -> Expression:
        sign = sign_of(self.operation) + "′" * self.params.get("order", 0)
        return call(sign, *self._inputs())

    def _inputs(self) -> list[Expression]:
        given = zip(self.inputs, self.examples, strict=True)
        return [symbol(name) if isinstance(x, np.ndarray) else number(x) for name, x in given if x is not None]

    def _read(self, kernel: Kernel | None, names: Sequence[str | None], whole: bool) -> Expression | None:
        if kernel is None:
            return None
        symbols = {}
        for value, name in zip(kernel.arguments, names, strict=True):
            if name is not None and isinstance(value, Value):
                symbols[value] = symbol(name)
                symbols.update(_places(kernel.program, value, name))
        try:
            return Reader(kernel.program, symbols, whole=whole, counts=self.counts).formula()
        except (TooLongError, RecursionError):
            return None

    def _derivative(self, i: int) -> DerivativeFormula | None:
        operation = self.operation
        x = self.examples[i]
        derivative = operation.derivative(i)
        is_float = isinstance(x, np.ndarray) and x.dtype.kind == "f"
        if derivative is None or not is_float:
            return None
        local = operation.elementwise
        formula = None
        if self.kernel is not None:
            y = self.kernel.example
            g = Given(np.ones_like(y)) if local else example(y.shape, str(y.dtype))
            y_example = np.array(y)
            names = (None if local else self.gradient, self.output, *self.inputs[: self.read])
            arguments = [g, y_example, *self.examples[: self.read]]
            kernel = self._recorded(derivative, arguments, self.params, self.examples[self.read :])
            formula = self._read(kernel, names, not local)
        if formula is None:
            self.complete = False
            factor = partial(operation.name, self.inputs[i])
            formula = factor if local else product(symbol(self.gradient), factor)
        short = self._short()
        expression = formula if short is None else rename(formula, {self.output: short})
        return DerivativeFormula(local, expression, formula)

    def _short(self) -> Expression | None:
        """What the result is written as in a derivative; None if that is its symbol."""
        if not self.operation.elementwise:
            return None
        forward = self._forward_by_element
        if forward.size <= SHORT and not self.operation.traits.sign:
            return forward
        return self._call() if len(self.examples) == 1 else None

    @cached_property
    def _forward_by_element(self) -> Expression:
        formula = self._read(self.kernel, self.inputs, False)
        return self._call() if formula is None else formula


def _places(program: Program, mask: Value, name: str) -> dict[Value, Expression]:
    """The constants that say where a mask of known elements holds: x[mask] is written for them."""
    if mask.dtype != "bool" or mask not in program.constants:
        return {}
    found = {}
    for axis, places in enumerate(np.nonzero(program.constants[mask])):
        for value, array in program.constants.items():
            if array.dtype.kind == "i" and np.array_equal(array, places) and value not in found:
                found[value] = OF_THE_SAME_MASK if axis else symbol(name)
    return found


def _symbols(operation: Operation, count: int) -> tuple[str, ...]:
    """A symbol for each input: the name it has in the forward; those of one variadic input are numbered."""
    fixed = len(operation.input_names) - operation.variadic
    letter = operation.input_names[-1][0]
    several = count - fixed > 1
    numbered = [f"{letter}{i + 1}" if several else letter for i in range(count - fixed)]
    return (*operation.input_names[:fixed], *numbered)
