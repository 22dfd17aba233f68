"""Sums of products in the notation of Einstein."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array
from ..graph.edge import edge_of
from ..graph.errors import ArgumentError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from .linear_algebra import _matrix_product, diagonal
from .reductions import sum
from .shape import broadcast_to, movedim, permute

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _contract_pair(xp: Any, a: Array, names_a: str, b: Array, names_b: str, kept: str) -> tuple[Array, str]:
    """Contracts two operands to one by a matrix product: sums over what both share and nobody needs any more."""
    shared = [name for name in names_a if name in names_b]
    batch = "".join(name for name in shared if name in kept)
    summed = "".join(name for name in shared if name not in kept)
    left = "".join(name for name in names_a if name not in names_b)
    right = "".join(name for name in names_b if name not in names_a)
    sizes = dict(zip(names_a + names_b, (*a.shape, *b.shape), strict=True))

    def arranged(x: Array, names: str, *groups: str) -> Array:
        order = tuple(names.index(name) for group in groups for name in group)
        x = x if order == tuple(range(len(order))) else xp.permute_dims(x, order)
        return xp.reshape(x, tuple(math.prod(sizes[name] for name in group) for group in groups))

    product = _matrix_product(xp, arranged(a, names_a, batch, left, summed), arranged(b, names_b, batch, summed, right))
    names = batch + left + right
    return xp.reshape(product, tuple(sizes[name] for name in names)), names


def _forward(xp: Any, *operands: Array, inputs: tuple[str, ...], output: str) -> Array:
    parts = list(zip(operands, inputs, strict=True))
    for i, j in _order(inputs, output, tuple(tuple(x.shape) for x in operands)) if len(parts) > 2 else _ONE[len(parts)]:
        b, names_b = parts.pop(j)
        a, names_a = parts.pop(i)
        needed = output + "".join(names for _, names in parts)
        parts.append(_contract_pair(xp, a, names_a, b, names_b, needed))
    result, names = parts[0]
    order = tuple(names.index(name) for name in output)
    return result if order == tuple(range(len(order))) else xp.permute_dims(result, order)


Pairs = tuple[tuple[int, int], ...]

_ONE: dict[int, Pairs] = {1: (), 2: ((0, 1),)}
# With so many operands all orders are compared; with more, the pair that gives the smallest product comes first.
_FEW = 8


@lru_cache(maxsize=1024)
def _order(inputs: tuple[str, ...], output: str, shapes: tuple[tuple[int, ...], ...]) -> Pairs:
    """Returns which two parts to multiply at each step; their product then stands behind the rest.

    Of the orders that make no product larger than the largest operand or the result, or else the least large one, it is
    one of those with the fewest multiplications.
    """
    sizes = dict(zip("".join(inputs), (size for shape in shapes for size in shape), strict=True))
    if len(inputs) > _FEW:
        return _greedy(inputs, output, sizes)
    count = len(inputs)
    everything = (1 << count) - 1
    bound = max(math.prod(shape) for shape in (*shapes, tuple(sizes[name] for name in output)))

    def of(operands: int) -> set[str]:
        return set().union(*(inputs[i] for i in range(count) if operands >> i & 1))

    # A set of operands is the bits of a number. What its product names does not depend on the order.
    names = {s: of(s) & (set(output) | of(everything ^ s)) for s in range(1, everything + 1)}
    # For each set: the size of the largest product on the way, the multiplications, and the two sets it is made of.
    best: dict[int, tuple[int, int, int, int]] = {1 << i: (bound, 0, 0, 0) for i in range(count)}
    for whole in sorted(names, key=int.bit_count):
        if whole in best:
            continue
        made = math.prod(sizes[name] for name in names[whole])
        lowest = whole & -whole
        part = (whole - 1) & whole
        while part:
            if part & lowest:  # each way to divide the set is met once
                rest = whole ^ part
                multiplications = math.prod(sizes[name] for name in names[part] | names[rest])
                largest = max(made, best[part][0], best[rest][0])
                total = multiplications + best[part][1] + best[rest][1]
                best[whole] = min(best.get(whole, (largest, total, part, rest)), (largest, total, part, rest))
            part = (part - 1) & whole
    return _steps(best, everything, count)


def _steps(best: dict[int, tuple[int, int, int, int]], everything: int, count: int) -> Pairs:
    """Returns the places of the two parts of each product, the innermost products first."""
    products, waiting = [], [everything]
    while waiting:
        whole = waiting.pop()
        if whole & (whole - 1):
            products.append(whole)
            waiting += best[whole][2:]
    standing = [1 << i for i in range(count)]
    steps = []
    for whole in reversed(products):
        i, j = sorted(standing.index(part) for part in best[whole][2:])
        steps.append((i, j))
        del standing[j], standing[i]
        standing.append(whole)
    return tuple(steps)


def _greedy(inputs: Sequence[str], output: str, sizes: dict[str, int]) -> Pairs:
    """Picks at each step the two parts whose product takes up least beyond what the two did."""
    parts, steps = [set(names) for names in inputs], []

    def product(i: int, j: int) -> set[str]:
        needed = set(output).union(*(names for k, names in enumerate(parts) if k not in (i, j)))
        return (parts[i] | parts[j]) & needed

    def size(names: set[str]) -> int:
        return math.prod(sizes[name] for name in names)

    while len(parts) > 1:
        pairs = combinations(range(len(parts)), 2)
        i, j = min(pairs, key=lambda pair: size(product(*pair)) - size(parts[pair[0]]) - size(parts[pair[1]]))
        made = product(i, j)
        del parts[j], parts[i]
        parts.append(made)
        steps.append((i, j))
    return tuple(steps)


def _derivative(xp: Any, g: Array, y: Array, *operands: Array, i: int, inputs: tuple[str, ...], output: str) -> Array:
    """Returns the same sum of products, with the result's gradient in the operand's place."""
    return _einsum.on(
        xp,
        *operands[:i],
        g,
        *operands[i + 1 :],
        inputs=(*inputs[:i], output, *inputs[i + 1 :]),
        output=inputs[i],
    )


_einsum = Operation(
    "einsum",
    _forward,
    _derivative,
    linear="each",
    promotes=True,
    singular=True,
    wide=True,
    notation="its steps",
    example=Example((3, 4), (4, 5), inputs=("ij", "jk"), output="ik"),
)


def einsum(equation: str, *operands: TensorLike) -> Tensor:
    """Computes products of the operands' elements, summed over the letters that the result does not name.

    In ``"ik,kj->ij"`` each operand has a letter for each axis; a letter stands for one index wherever it occurs.
    Without ``->`` the result has the letters that occur once, in alphabetical order. ``...`` stands for axes that are
    broadcast. The operands are multiplied two by two, each time as a matrix product, in an order that makes no product
    larger than the largest operand or the result, if there is one, and takes few multiplications.

    Raises ArgumentError if the equation can't be read, ShapeError if the operands don't have the axes and sizes that it
    says.

    >>> import edgewise as ew
    >>> a, b = ew.arange(6.0).reshape(2, 3), ew.ones(3, 2)
    >>> ew.einsum("ik,kj->ij", a, b)
    tensor([[ 3.,  3.],
            [12., 12.]])
    """
    if not isinstance(equation, str):
        raise TypeError(f"einsum: the equation comes first, as in 'ik,kj->ij'; given is a {type(equation).__name__}")
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    tensors = [edge_of(operand) for operand in operands]
    inputs, output = _parse_equation(equation, [tuple(x.shape) for x in tensors])
    sizes: dict[str, int] = {}
    for names, x in zip(inputs, tensors, strict=True):
        for name, size in zip(names, x.shape, strict=True):
            if sizes.setdefault(name, size) == 1:
                sizes[name] = size
            if size not in (1, sizes[name]):
                raise ShapeError(
                    f"einsum: in {equation!r} the index {name!r} has {sizes[name]} elements in one operand and {size} "
                    f"in another [{', '.join(str(tuple(t.shape)) for t in tensors)}]"
                )
    prepared = []
    for i, x in enumerate(tensors):
        others = output + "".join(inputs[:i] + inputs[i + 1 :])
        x, inputs[i] = _drop_needless_axes(x, inputs[i], others, sizes)
        prepared.append(x)
    if len(prepared) == 1:
        # Nothing is multiplied: what is left is the order of the axes, and the result a view where nothing was summed.
        return permute(prepared[0], tuple(inputs[0].index(name) for name in output))
    return _einsum(*prepared, inputs=tuple(inputs), output=output)


def _drop_needless_axes(x: Tensor, names: str, others: str, sizes: dict[str, int]) -> tuple[Tensor, str]:
    """Returns an operand whose letters all differ, have full size, and occur in the result or another operand."""
    shape = tuple(sizes[name] for name in names)
    x = x if tuple(x.shape) == shape else broadcast_to(x, shape)
    for name in dict.fromkeys(names):
        while names.count(name) > 1:
            first = names.index(name)
            second = names.index(name, first + 1)
            x = movedim(diagonal(x, 0, first, second), -1, first)
            names = names[:second] + names[second + 1 :]
    alone = [i for i, name in enumerate(names) if name not in others]
    if alone:
        x = sum(x, dim=tuple(alone))
    return x, "".join(name for name in names if name in others)


# Letters for the axes of an ellipsis, which no equation can use.
_HIDDEN = [chr(0x2460 + i) for i in range(64)]


def _parse_equation(equation: str, shapes: Sequence[tuple[int, ...]]) -> tuple[list[str], str]:
    """Returns the letters of each operand and of the result, an ellipsis replaced by letters of its own."""
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ShapeError(f"einsum: {equation!r} has {len(terms)} operands; {len(shapes)} were given")
    inputs, most = [], 0
    for term, shape in zip(terms, shapes, strict=True):
        letters = term.replace("...", "", 1)
        extra = len(shape) - len(letters)
        if not letters.isalpha() and letters:
            raise ArgumentError(f"einsum: {term!r} in {equation!r} must be letters and at most one '...'")
        if extra < 0 or (extra and "..." not in term):
            raise ShapeError(
                f"einsum: {term!r} in {equation!r} names {len(letters)} axes of an operand of shape {shape}"
            )
        most = max(most, extra if "..." in term else 0)
        inputs.append(term.replace("...", "".join(_HIDDEN[_ellipsis_letters(extra)])))
    hidden = "".join(_HIDDEN[_ellipsis_letters(most)])
    if arrow:
        output = right.replace("...", hidden)
    else:
        seen = "".join(inputs)
        output = hidden + "".join(sorted(name for name in set(seen) - set(_HIDDEN) if seen.count(name) == 1))
    unknown = [name for name in output if name not in "".join(inputs)]
    if unknown or len(set(output)) < len(output):
        raise ArgumentError(
            f"einsum: the result {right!r} of {equation!r} must name indices of the operands, each once"
        )
    return inputs, output


def _ellipsis_letters(count: int) -> slice:
    """Returns the letters for the last `count` axes of an ellipsis: they align at the right, as in broadcasting."""
    return slice(len(_HIDDEN) - count, len(_HIDDEN))
