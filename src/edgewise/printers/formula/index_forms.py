"""Makes the index forms of an operation: the formula of one element of its result, and of each gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from ...graph.operation import Operation
from ...graph.traits import Argument
from .examples import example_shapes
from .index_form import IndexForm
from .operations import builder_at, general_builder

_MOST_CACHED = 500

_cache: WeakKeyDictionary[Operation, dict[Any, tuple[IndexForm | None, ...]]] = WeakKeyDictionary()


def index_forms_of(
    operation: Operation, arguments: Sequence[Argument], params: dict[str, Any] | None = None
) -> tuple[IndexForm | None, ...]:
    """Returns the index form of an operation's result, then of the gradient of each input.

    They have the symbols of :func:`~edgewise.printers.formula.operations.formulas_of`. A form is None where no gradient
    flows, where elements can't be written, and for elementwise operations, whose elements are like the whole.

    Examples
    --------
    >>> from edgewise.ops.linear_algebra import _matmul
    >>> index_forms_of(_matmul, [((64, 784), "float32"), ((784, 10), "float32")])[0].expression.unicode()
    'Σ[k] a[i, k] · b[k, j]'
    """
    kinds, params = tuple(arguments), params or {}
    if operation.elementwise:
        return (None,) * (1 + len(kinds))
    cache = _cache.setdefault(operation, {})
    key = (kinds, repr(params))
    if key not in cache:
        if len(cache) > _MOST_CACHED:
            cache.clear()
        cache[key] = _make(operation, kinds, params)
    return cache[key]


def general_index_forms(
    operation: Operation, arguments: Sequence[Argument], params: dict[str, Any], symbols: Mapping[str, str]
) -> tuple[IndexForm | None, ...]:
    """Returns index forms with symbols for numeric keyword arguments, for the very sizes of an example."""
    if operation.elementwise:
        return (None,) * (1 + len(arguments))
    builder = general_builder(operation, arguments, params, symbols)
    return tuple(map(builder.index_form, range(1 + len(arguments))))


def _make(operation: Operation, kinds: tuple[Argument, ...], params: dict[str, Any]) -> tuple[IndexForm | None, ...]:
    shapes = [kind[0] for kind in kinds if isinstance(kind, tuple)]
    found: list[IndexForm | None] = [None] * (1 + len(kinds))
    wanted = {0, *(1 + i for i, kind in enumerate(kinds) if operation.flows_to(i) and isinstance(kind, tuple))}
    for group in example_shapes(shapes, params):
        builders = [builder_at(operation, kinds, scaling) for scaling in group]
        if any(builder.kernel is None for builder in builders):
            continue
        for i in sorted(wanted):
            form = builders[0].index_form(i)
            is_sure = form is not None and not _has_size(form, group[0].shapes)
            if form is not None and (is_sure or all(one.index_form(i) == form for one in builders[1:])):
                found[i] = form
                wanted.remove(i)
        if not wanted:
            break
    return tuple(found)


def _has_size(form: IndexForm, shapes: Sequence[tuple[int, ...]]) -> bool:
    """Says whether a number in a form can come from a size of the example, and so be another one elsewhere."""
    sizes = {size for shape in shapes for size in shape if size > 1}
    numbers = {piece.args[0] for piece in form.pieces() if piece.head == "number"}
    return any(abs(value) + one in sizes for value in numbers for one in (0, 1))
