"""How the gradient of a tensor came about: along each path, or step by step from the output."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from ..capture.objective import weight_of
from ..capture.snapshot import EdgeRecord, NodeRecord, Snapshot, TensorRecord
from ..printers.formula.expression import Expression, number, partial
from .equations import Equation, Passage, Product, Remark, Sum, plain, rounded
from .factors import factor_of
from .paths import Way
from .updates import updated
from .values import value_of

Block = tuple[str, list[Equation | Remark]]
"""A step, of one line or several, and the path of the module that it is in."""

MOST_PATHS = 6
"""More paths than this are not written one by one, but step by step."""

LONGEST_PATH = 10
"""Nor is a path of more nodes than this."""

MOST_STEPS = 40
"""A longer derivation is cut in the middle unless it is to be shown in full."""


def derivation(snapshot: Snapshot, tensor: TensorRecord, opened: Collection[str] | None) -> list[Passage]:
    """The passages that explain the gradient of `tensor`; modules in `opened` are not abridged, with None none is.

    What an update then made of the tensor, if that was watched, is the last one.
    """
    return [*_gradient_of(snapshot, tensor, opened), *updated(tensor)]


def _gradient_of(snapshot: Snapshot, tensor: TensorRecord, opened: Collection[str] | None) -> list[Passage]:
    way = Way(snapshot, tensor.id)
    objective = snapshot.objective
    symbols = f"∂{objective.symbol}/∂{tensor.symbol}"
    about = f"{symbols}: the gradient of {objective.definition or objective.name} with respect to {tensor.name}"
    if tensor.shape:
        about += f", shape {_shape(tensor)}"
    if tensor.id in snapshot.outputs and not way.uses[tensor.id]:
        begun = _begun(snapshot, tensor)
        sides = () if begun is None else (Product((begun,)),)
        words = "an output" if snapshot.objective.definition else "the output itself"
        value = value_of(tensor.gradient) if begun is None else ""
        start = Equation(_gradient(snapshot, tensor), sides, value=value, note=f"{words}: where the walk back starts")
        return [Passage(about, [start])]
    singles = all(snapshot.tensors[one].value.size == 1 and not snapshot.tensors[one].shape for one in way.tensors)
    if singles and way.count() <= MOST_PATHS:
        paths = list(way.paths())
        if all(len(path) <= LONGEST_PATH and all(_factor(snapshot, edge) for edge in path) for path in paths):
            return [Passage(about, [*_along(snapshot, tensor, paths)])]
    return [Passage(about, [*_steps(way, opened)])]


# Along paths ---------------------------------------------------------------------------------------------------------


def _along(snapshot: Snapshot, tensor: TensorRecord, paths: list[list[EdgeRecord]]) -> Iterator[Equation | Remark]:
    left = _gradient(snapshot, tensor)
    if len(paths) == 1:
        yield Equation(left, _path_sides(snapshot, paths[0]))
        return
    yield Remark(
        f"{tensor.symbol} reaches {snapshot.objective.symbol} along {len(paths)} paths, whose products add up:"
    )
    ends = []
    for path in paths:
        labels = " → ".join(snapshot.nodes[edge.node].label for edge in path)
        yield Remark(f"through {labels}" if path else "as an output", 1)
        sides = _path_sides(snapshot, path) if path else (Product((_begun(snapshot, tensor) or number(1),)),)
        yield Equation(None, sides, indent=1)
        ends.append(sides[-1])
    assert tensor.gradient is not None
    terms = tuple(side.factors[0] for side in ends if isinstance(side, Product) and side.factors[0].head == "number")
    total = Product((rounded(float(tensor.gradient.item())),))
    yield Equation(left, (Sum(terms), total) if len(terms) == len(paths) else (total,))


def _path_sides(snapshot: Snapshot, path: list[EdgeRecord]) -> tuple[Product, ...]:
    """The product of local derivatives: as symbols, as formulas, in numbers, and multiplied out."""
    symbols, formulas, numbers = [], [], []
    for edge in path:
        node, used = snapshot.nodes[edge.node], snapshot.tensors[edge.tensor]
        formula = _factor(snapshot, edge)
        assert formula is not None
        symbols.append(partial(plain(node.label), plain(used.symbol)))
        formulas.append(formula)
        numbers.append(factor_of(snapshot, edge))
    if snapshot.objective.definition:
        end = snapshot.tensors[snapshot.nodes[path[-1].node].output]
        begun = _begun(snapshot, end) or number(1)
        symbols.append(_gradient(snapshot, end))
        formulas.append(begun)
        numbers.append(float(begun.args[0]))
    sides = [Product(tuple(symbols)), Product(tuple(formulas))]
    known = [value for value in numbers if value is not None]
    if len(known) == len(numbers):
        shown = Product(tuple(rounded(value) for value in known))
        if shown != sides[-1]:
            sides.append(shown)
        result = Product((rounded(float(math.prod(known))),))
        if result != sides[-1]:
            sides.append(result)
    return tuple(sides)


def _factor(snapshot: Snapshot, edge: EdgeRecord) -> Expression | None:
    """The local derivative of a single number by another; None where there is no formula for it.

    What a map, as that of a mean, does to a single number is a factor too: what it makes of a gradient of 1.
    """
    if edge.derivative is None:
        return None
    local, formula = edge.derivative
    return (
        formula
        if local
        else _replaced(formula, _gradient(snapshot, snapshot.tensors[snapshot.nodes[edge.node].output]))
    )


def _replaced(formula: Expression, one: Expression) -> Expression:
    if formula == one:
        return number(1)
    return formula.with_children(lambda child: _replaced(child, one))


# Step by step --------------------------------------------------------------------------------------------------------


def _steps(way: Way, opened: Collection[str] | None) -> Iterator[Equation | Remark]:
    yield Remark("Step by step from the output back; each gradient is computed once, and then used:")
    blocks: list[Block] = [(_module(way, one), [*_step(way, one)]) for one in way.tensors]
    if opened is not None:
        blocks = list(_abridged(way, blocks, opened))
        if len(blocks) > MOST_STEPS:
            hidden = len(blocks) - MOST_STEPS
            middle: Block = ("", [Remark(f"⋮ {hidden} steps more: full=True shows them")])
            half = MOST_STEPS // 2
            blocks = [*blocks[:half], middle, *blocks[-half:]]
    for _, lines in blocks:
        yield from lines


def _step(way: Way, one: int) -> Iterator[Equation | Remark]:
    """How the gradient of one tensor is made of those that have been computed before."""
    snapshot = way.snapshot
    tensor = snapshot.tensors[one]
    left = _gradient(snapshot, tensor)
    shape, value = _shape(tensor), value_of(tensor.gradient)
    uses = way.uses[one]
    if one in snapshot.outputs:
        begun = _begun(snapshot, tensor)
        sides = () if begun is None else (Product((begun,)),)
        if not uses:
            yield Equation(left, sides, shape, value)
            return
        yield Equation(
            left, (), shape, value, f"the sum of what it begins with, as an output, and of {len(uses)} more:"
        )
        yield Equation(None, sides, note="as an output", indent=1)
    elif len(uses) == 1:
        sent, note = _sent(snapshot, uses[0])
        yield Equation(left, (Product((sent,)),) if sent is not None else (), shape, value, note)
        return
    else:
        count = len(uses)
        words = f"the sum of {count} contributions, as {tensor.symbol} was used {count} times:"
        yield Equation(left, (), shape, value, words)
    for edge in uses:
        sent, note = _sent(snapshot, edge)
        through = f"from {snapshot.nodes[edge.node].label}"
        words = f"{through}, {note}" if note else through
        yield Equation(None, (Product((sent,)),) if sent is not None else (), "", value_of(edge.contribution), words, 1)


def _sent(snapshot: Snapshot, edge: EdgeRecord) -> tuple[Expression | None, str]:
    """What comes back along an edge as a formula, and what has to be said about it."""
    node = snapshot.nodes[edge.node]
    derivative = edge.derivative
    if derivative is None:
        return None, f"sent back by {node.label}"
    local, formula = derivative
    if local:
        upstream = _gradient(snapshot, snapshot.tensors[node.output])
        formula = _times(upstream, formula, snapshot.tensors[node.output])
    if not edge.summed:
        return formula, ""
    if formula.head != "over" or formula.args[:2] != ("sum", edge.summed):
        formula = Expression("over", ("sum", edge.summed, formula))
    axes = ", ".join(map(str, edge.summed))
    symbol = snapshot.tensors[edge.tensor].symbol
    return formula, f"summed over ax{'is' if len(edge.summed) == 1 else 'es'} {axes}, along which {symbol} was repeated"


def _times(upstream: Expression, factor: Expression, output: TensorRecord) -> Expression:
    """The incoming gradient times a local derivative."""
    if factor == number(1):
        return upstream
    if factor == number(-1):
        return Expression("neg", (upstream,))
    if factor.head == "where":
        return Expression("where", (_times(upstream, factor.args[0], output), *factor.args[1:]))
    if factor.head == "number" or not output.shape:
        return Expression("mul", (upstream, factor) if factor.head != "number" else (factor, upstream))
    arrays = factor.head == "mul" and all(part.head != "number" for part in factor.args)
    return Expression("hadamard", (upstream, *(factor.args if arrays else (factor,))))


# Modules -------------------------------------------------------------------------------------------------------------


def _module(way: Way, one: int) -> str:
    """The path of the module in which a tensor's gradient is sent back to it."""
    snapshot = way.snapshot
    uses = way.uses[one]
    if not uses:
        return ""
    scope = snapshot.nodes[uses[-1].node].scope
    return "" if scope is None else snapshot.scopes[scope].path


def _abridged(way: Way, blocks: list[Block], opened: Collection[str]) -> Iterator[Block]:
    """Runs of steps inside one module shortened to their last, but in the module of the tensor itself."""
    if len(blocks) <= LONGEST_PATH:
        yield from blocks
        return
    own = _module(way, way.tensor)
    tops = [_top(module, own, opened) for module, _ in blocks]
    start = 0
    while start < len(blocks):
        end = start
        while end + 1 < len(blocks) and tops[end + 1] == tops[start]:
            end += 1
        top = tops[start]
        if top is not None and end - start >= 2:
            words = f"⋮ {end - start} steps in {top}: open={top!r} shows them"
            yield top, [Remark(words)]
            yield blocks[end]
        else:
            yield from blocks[start : end + 1]
        start = end + 1


def _top(module: str, own: str, opened: Collection[str]) -> str | None:
    """The outermost module around a step that the tensor itself is not in; None if it is to be shown."""
    if not module:
        return None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        path = ".".join(parts[:depth])
        if path in opened:
            continue
        if own != path and not own.startswith(path + "."):
            return path
    return None


# Words ---------------------------------------------------------------------------------------------------------------


def _gradient(snapshot: Snapshot, tensor: TensorRecord) -> Expression:
    return partial(plain(snapshot.objective.symbol), plain(tensor.symbol))


def _begun(snapshot: Snapshot, output: TensorRecord) -> Expression | None:
    """What the gradient of an output begins with; None if it was given, and is not the same for all its elements."""
    weight = weight_of(snapshot, output)
    return None if weight is None else number(1 if weight == 1 else weight)


def _shape(tensor: TensorRecord) -> str:
    return "×".join(map(str, tensor.shape))


def line_of(node: NodeRecord) -> str:
    """Where in the user's program a node was made."""
    return "" if node.line is None else f"line {node.line.number}"
