"""Makes the formulas of an operation, for its forward and each derivative, from the code that runs."""

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
from .arranging import FURTHER_MASK_AXIS
from .examples import ExampleShapes, element_counts, example, example_shapes
from .expression import Expression, call, minus, negative, number, partial, product, quotient, symbol
from .index_form import IndexForm, index_form
from .naming import named_parts
from .reading import Reader, TooLongError, sign_of
from .recording import KnownArray, RecordedKernel, record_kernel
from .renaming import rename
from .textbook import textbook_formula
from .tidy import tidy

SHORT = 5
"""The most pieces of a result that is written out in a derivative that reads it."""

FEW = 8
"""The most variadic arguments, such as those of stack, of which all are recorded; of more, only those that are read."""


@dataclass(frozen=True)
class DerivativeFormula:
    """The formula of a derivative.

    Attributes
    ----------
    local:
        Whether it is the local derivative of an elementwise operation, a factor such as 1[x > 0]; else it is the map
        that the derivative applies to the incoming gradient, such as xᵀ · g.
    expression:
        The formula, with the result of an elementwise operation written out where that is short: σ(x)(1 − σ(x)).
    by_output:
        The same with the symbol of the result, as in the code: y · (1 − y).
    """

    local: bool
    expression: Expression
    by_output: Expression

    def rename(self, symbols: dict[str, str | Expression]) -> DerivativeFormula:
        """Replaces symbols by other names or expressions."""
        return DerivativeFormula(self.local, rename(self.expression, symbols), rename(self.by_output, symbols))


@dataclass(frozen=True)
class Formulas:
    """The formulas of one operation for one kind of arguments.

    Attributes
    ----------
    inputs:
        The symbol of each argument.
    output, gradient:
        The symbols of the result and of the incoming gradient: ``y`` and ``g``, if no input has these names.
    forward:
        The result.
    derivatives:
        For each argument; None where no gradient flows.
    complete:
        Whether all were read from code; False if the forward could not be recorded, or a derivative is only a name. A
        forward too long for a formula is written as a call of the operation: that is still complete.
    """

    inputs: tuple[str, ...]
    output: str
    gradient: str
    forward: Expression
    derivatives: tuple[DerivativeFormula | None, ...]
    complete: bool

    def rename(self, symbols: dict[str, str | Expression]) -> Formulas:
        """Replaces symbols by other names or expressions."""
        derivatives = tuple(None if d is None else d.rename(symbols) for d in self.derivatives)
        return Formulas(
            self.inputs, self.output, self.gradient, rename(self.forward, symbols), derivatives, self.complete
        )


_cache: WeakKeyDictionary[Operation, dict[Any, Formulas | None]] = WeakKeyDictionary()
_MOST_CACHED = 2000


def formulas_of(operation: Operation, arguments: Sequence[Argument], params: dict[str, Any] | None = None) -> Formulas:
    """Returns the formulas of an operation for arguments of these kinds, from a cache if they were made before.

    Parameters
    ----------
    operation:
        Any operation, also a user's own.
    arguments:
        For each input its shape and dtype, such as ``((64, 10), "float32")``, or a plain number, or None.
    params:
        The keyword parameters of the call.

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
    cache = _cache.get(operation)
    if cache is None:
        cache = _cache[operation] = {}
    key = (kinds, repr(params)) if params else kinds
    formulas = cache.get(key)
    if formulas is None:
        if len(cache) > _MOST_CACHED:
            cache.clear()
        formulas = cache[key] = _make_formulas(operation, kinds, params, cache)
    return formulas


def general_formulas(
    operation: Operation, arguments: Sequence[Argument], params: dict[str, Any], symbols: Mapping[str, str]
) -> Formulas | None:
    """Returns formulas with symbols for numeric keyword arguments; None if such a number remains in them.

    `params` has usual values for the symbols. The formulas are read with slightly larger values, also in place of 0 and
    each by another share, which differ from each other and from all other numbers.
    """
    formulas = general_builder(operation, arguments, params, symbols).formulas()
    every = [formulas.forward, *(d.expression for d in formulas.derivatives if d is not None)]
    numbers = [piece.args[0] for formula in every for piece in formula.walk() if piece.head == "number"]
    return None if any(len(repr(value)) > _USUAL for value in numbers) or not formulas.complete else formulas


def general_builder(
    operation: Operation, arguments: Sequence[Argument], params: dict[str, Any], symbols: Mapping[str, str]
) -> FormulaBuilder:
    """Returns a builder of formulas with symbols for numeric keyword arguments."""
    expressions: dict[float, Expression] = {}
    unusual = dict(params)
    for i, (name, letter) in enumerate(((name, one) for name, one in symbols.items() if name in params), 1):
        share = i * _UNUSUAL
        value = unusual[name] = float(params[name]) * (1 + share) or share
        for number_, formula in (
            (value, symbol(letter)),
            (-value, negative(symbol(letter))),
            (1 / value, quotient(number(1), symbol(letter))),
            (value - 1, minus(symbol(letter), number(1))),
            (1 - value, minus(number(1), symbol(letter))),
        ):
            expressions.setdefault(number_, formula)
    kinds = tuple(arguments)
    names = _symbols(operation, len(kinds))
    shapes = [(name, kind[0]) for name, kind in zip(names, kinds, strict=True) if isinstance(kind, tuple)]
    return FormulaBuilder(operation, kinds, unusual, {**element_counts(shapes, params), **expressions})


_UNUSUAL = 0.0137291
_USUAL = 7
"""The most digits of a number that is not one of the unusual values."""


def _make_formulas(
    operation: Operation, kinds: tuple[Argument, ...], params: dict[str, Any], cache: dict[Any, Formulas | None]
) -> Formulas:
    """Makes formulas; those of arguments that differ only in sizes are made once."""
    if operation.elementwise:
        resized = tuple((((3,) if kind[0] else ()), kind[1]) if isinstance(kind, tuple) else kind for kind in kinds)
        if resized == kinds:
            bases = [x for x in kinds if isinstance(x, (int, float)) and not isinstance(x, bool) and x > 1]
            logarithms = {math.log(x): call("log", number(x)) for x in bases}
            return FormulaBuilder(operation, kinds, params, logarithms).formulas()
        return formulas_of(operation, resized, params)
    shapes = [kind[0] for kind in kinds if isinstance(kind, tuple)]
    for group in example_shapes(shapes, params):
        candidates = [_formulas_at(operation, kinds, scaling, cache) for scaling in group]
        if candidates[0] is not None and all(formulas == candidates[0] for formulas in candidates):
            return candidates[0]
    return FormulaBuilder(operation, kinds, params, {}, by_name=True).formulas()


def _formulas_at(
    operation: Operation, kinds: tuple[Argument, ...], scaling: ExampleShapes, cache: dict[Any, Formulas | None]
) -> Formulas | None:
    """Returns the formulas for arguments of other sizes; None if the forward can't be recorded with them."""
    resized = _resized(kinds, scaling)
    key = (resized, repr(scaling.params), scaling.has_distinct_sizes)
    if key not in cache:
        builder = builder_at(operation, kinds, scaling)
        cache[key] = None if builder.kernel is None else builder.formulas()
    return cache[key]


def _resized(kinds: tuple[Argument, ...], scaling: ExampleShapes) -> tuple[Argument, ...]:
    rest = iter(scaling.shapes)
    return tuple((next(rest), kind[1]) if isinstance(kind, tuple) else kind for kind in kinds)


def builder_at(operation: Operation, kinds: tuple[Argument, ...], scaling: ExampleShapes) -> FormulaBuilder:
    """Returns a builder of formulas for arguments of other sizes."""
    resized = _resized(kinds, scaling)
    counts_by_value: dict[float, Expression] = {}
    if scaling.has_distinct_sizes:
        names = _symbols(operation, len(kinds))
        counts_by_value = element_counts(
            [(names[i], kind[0]) for i, kind in enumerate(resized) if isinstance(kind, tuple)], scaling.params
        )
    return FormulaBuilder(operation, resized, scaling.params, counts_by_value)


class FormulaBuilder:
    """Makes the formulas of one operation by recording it on examples."""

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
        outputs = (*filter(None, [operation.traits.symbols.get("y")]), "y", "z", "u")
        self.output = next(name for name in outputs if name not in self.inputs)
        self.gradient = next(name for name in ("g", "h", "v") if name not in self.inputs)

    def _example(self, kind: Argument) -> Any:
        if not isinstance(kind, tuple):
            return kind
        shape, dtype = kind
        is_whole = not dtype.startswith(("float", "bfloat"))
        return example(shape, "float32" if is_whole and self.operation.floats else dtype)

    @cached_property
    def readable_count(self) -> int:
        """The number of leading arguments that derivatives can read."""
        operation = self.operation
        fixed = len(operation.input_names) - operation.variadic
        if len(self.examples) - fixed <= FEW or (operation.linear != "jointly" and operation.reads(fixed, fixed)):
            return len(self.examples)
        return fixed

    @cached_property
    def kernel(self) -> RecordedKernel | None:
        """The recorded forward; None if it can't be recorded."""
        return self._record(self.operation.forward, self.examples, self.params)

    def _record(
        self, kernel: Callable[..., Any], arguments: list[Any], params: dict[str, Any], unread: Sequence[Any] = ()
    ) -> RecordedKernel | None:
        if self.by_name:
            return None
        for masks_known in (False, True):
            # The shape of x[mask] depends on the mask's elements, so they must be known.
            inputs = [
                KnownArray(x) if masks_known and isinstance(x, np.ndarray) and x.dtype == bool else x for x in arguments
            ]
            try:
                with np.errstate(all="ignore"):
                    return record_kernel(kernel, inputs, params, unread)
            except Exception:  # a user's kernel can raise anything on an example
                continue
        return None

    def formulas(self) -> Formulas:
        forward = self._forward()
        derivatives = tuple(self._derivative(i) for i in range(len(self.examples)))
        return Formulas(self.inputs, self.output, self.gradient, forward, derivatives, self.complete)

    def index_form(self, i: int) -> IndexForm | None:
        """Returns the formula of one element: of the result for 0, else of the gradient of input i − 1.

        Returns None where no gradient flows, or an element can't be written.
        """
        if i == 0:
            return self._index_form(self.kernel, self.inputs, self.output)
        return self._index_form(*self._derivative_kernel(i - 1), self.inputs[i - 1])

    def _index_form(self, kernel: RecordedKernel | None, names: Sequence[str | None], result: str) -> IndexForm | None:
        if kernel is None or any(array.dtype == bool for array in kernel.program.constants.values()):
            return None
        symbols = {
            value: symbol(name)
            for value, name in zip(kernel.arguments, names, strict=True)
            if name is not None and isinstance(value, Value)
        }
        parts = self._parts(kernel, names)
        return index_form(kernel.program, symbols, parts, self.counts, self.operation.traits.indices, result)

    def _forward(self) -> Expression:
        from_textbook = textbook_formula(self.operation.traits.notation, self._inputs(), self._written_params())
        if from_textbook is not None:
            return tidy(from_textbook)
        whole = not self.operation.elementwise or any(np.ndim(x) for x in self.examples if x is not None)
        formula = self._formula_of(self.kernel, self.inputs, whole)
        if formula is not None:
            return formula
        self.complete = self.complete and self.kernel is not None
        return self._call()

    def _written_params(self) -> dict[str, Any]:
        """Returns the parameters, with letters for numbers that formulas show so, and the rank of the first input."""
        written: dict[str, Any] = {"rank": np.ndim(self.examples[0])} if self.examples else {}
        for name, value in self.params.items():
            has_letter = isinstance(value, float) and name in self.operation.traits.symbols
            written[name] = self.counts.get(value, value) if has_letter else value
        return written

    def _call(self) -> Expression:
        sign = sign_of(self.operation) + "′" * self.params.get("order", 0)
        return call(sign, *self._inputs())

    def _inputs(self) -> list[Expression]:
        inputs = zip(self.inputs, self.examples, strict=True)
        return [symbol(name) if isinstance(x, np.ndarray) else number(x) for name, x in inputs if x is not None]

    def _formula_of(self, kernel: RecordedKernel | None, names: Sequence[str | None], whole: bool) -> Expression | None:
        if kernel is None:
            return None
        symbols = {}
        for value, name in zip(kernel.arguments, names, strict=True):
            if name is not None and isinstance(value, Value):
                symbols[value] = symbol(name)
                symbols.update(_mask_indices(kernel.program, value, name))
        try:
            parts = self._parts(kernel, names) if whole else {}
            return Reader(kernel.program, symbols, whole=whole, counts=self.counts).formula(parts)
        except (TooLongError, RecursionError):
            return None

    def _parts(self, kernel: RecordedKernel, names: Sequence[str | None]) -> dict[Value, str]:
        """Returns names for values that textbooks name, which differ from all other symbols."""
        inputs = {
            value: name
            for value, name in zip(kernel.arguments, names, strict=True)
            if name in self.inputs and isinstance(value, Value)
        }
        taken = {*self.inputs, self.output, self.gradient, *self.operation.traits.symbols.values()}
        return named_parts(kernel.program, inputs, taken)

    def _derivative_kernel(self, i: int) -> tuple[RecordedKernel | None, Sequence[str | None]]:
        """Records a derivative, and returns it with the symbols of its arguments; None if no gradient flows."""
        operation = self.operation
        x = self.examples[i]
        derivative = operation.derivative(i)
        if derivative is None or not _is_float(x) or self.kernel is None:
            return None, ()
        y = self.kernel.example
        g = KnownArray(np.ones_like(y)) if operation.elementwise else example(y.shape, str(y.dtype))
        y_example = np.array(y)
        symbols = (None if operation.elementwise else self.gradient, self.output, *self.inputs[: self.readable_count])
        arguments = [g, y_example, *self.examples[: self.readable_count]]
        return self._record(derivative, arguments, self.params, self.examples[self.readable_count :]), symbols

    def _derivative(self, i: int) -> DerivativeFormula | None:
        operation = self.operation
        if operation.derivative(i) is None or not _is_float(self.examples[i]):
            return None
        local = operation.elementwise
        formula = self._textbook_gradient(i)
        if formula is None:
            kernel, names = self._derivative_kernel(i)
            formula = self._formula_of(kernel, names, not local)
        if formula is None:
            self.complete = False
            factor = partial(operation.name, self.inputs[i])
            formula = factor if local else product(symbol(self.gradient), factor)
        short = self._result_in_derivatives()
        expression = formula if short is None else rename(formula, {self.output: short})
        return DerivativeFormula(local, expression, formula)

    def _textbook_gradient(self, i: int) -> Expression | None:
        """Returns the gradient in the operation's own notation, if it has one."""
        traits = self.operation.traits
        known = (self.gradient, self.output)
        form = traits.gradients.get(self.inputs[i], "")
        found = textbook_formula(form, [*map(symbol, known), *self._inputs()], self._written_params())
        return None if found is None else tidy(found)

    def _result_in_derivatives(self) -> Expression | None:
        """Returns the expression of the result in a derivative; None for its symbol."""
        if not self.operation.elementwise:
            return None
        forward = self._forward_by_element
        if forward.size <= SHORT and not self.operation.traits.sign:
            return forward
        return self._call() if len(self.examples) == 1 else None

    @cached_property
    def _forward_by_element(self) -> Expression:
        formula = self._formula_of(self.kernel, self.inputs, False)
        return self._call() if formula is None else formula


def _is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _mask_indices(program: Program, mask: Value, name: str) -> dict[Value, Expression]:
    """Returns the index arrays of a mask with known elements, which are written x[mask]."""
    if mask.dtype != "bool" or mask not in program.constants:
        return {}
    indices: dict[Value, Expression] = {}
    for axis, places in enumerate(np.nonzero(program.constants[mask])):
        for value, array in program.constants.items():
            if array.dtype.kind == "i" and np.array_equal(array, places) and value not in indices:
                indices[value] = FURTHER_MASK_AXIS if axis else symbol(name)
    return indices


def _symbols(operation: Operation, count: int) -> tuple[str, ...]:
    """Returns a symbol for each input: its name in the forward. Variadic inputs are numbered."""
    fixed = len(operation.input_names) - operation.variadic
    letter = operation.input_names[-1][0]
    several = count - fixed > 1
    numbered = [f"{letter}{i + 1}" if several else letter for i in range(count - fixed)]
    return (*operation.input_names[:fixed], *numbered)
