"""Derives the gradient of a tensor: along each path, or step by step from the output."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from ..capture.objective import weight_of
from ..capture.snapshot import EdgeRecord, Snapshot, TensorRecord
from ..printers.formula.expression import Expression, number, partial
from .equations import Equation, Passage, Product, Remark, Sum, formula_name, numbers_text, rounded_number
from .factors import local_factor
from .forward import forward_of_letters, shape_text
from .updates import update_passages

Block = tuple[str, list[Equation | Remark]]
"""A step of one or more lines, and the path of its module."""

MOST_PATHS = 6
"""The most paths that are written one by one; more are derived step by step."""

LONGEST_PATH = 10
"""The most nodes of such a path."""

MOST_STEPS = 40
"""The most steps of a derivation; a longer one is cut in the middle, unless it is shown in full."""


def derivation(snapshot: Snapshot, tensor: TensorRecord, opened: Collection[str] | None) -> list[Passage]:
    """Returns passages that explain the gradient of `tensor`, and its update if that was watched.

    Modules in `opened` are not abridged; with None, none is.
    """
    return [*_gradient_of(snapshot, tensor, opened), *update_passages(tensor)]


def _gradient_of(snapshot: Snapshot, tensor: TensorRecord, opened: Collection[str] | None) -> list[Passage]:
    paths_back = GradientPaths(snapshot, tensor.id)
    objective = snapshot.objective
    symbols = f"∂{objective.symbol}/∂{tensor.symbol}"
    about = f"{symbols}: the gradient of {objective.definition or objective.name} with respect to {tensor.name}"
    if tensor.shape:
        about += f", shape {shape_text(tensor)}"
    if tensor.id in snapshot.outputs and not paths_back.uses[tensor.id]:
        starting = starting_gradient(snapshot, tensor)
        sides = () if starting is None else (Product((starting,)),)
        words = "an output" if snapshot.objective.definition else "the output itself"
        value = numbers_text(tensor.gradient) if starting is None else ""
        start = Equation(
            gradient_symbol(snapshot, tensor), sides, value=value, note=f"{words}: where the walk back starts"
        )
        return [Passage(about, [start])]
    singles = all(
        snapshot.tensors[one].value.size == 1 and not snapshot.tensors[one].shape for one in paths_back.tensors
    )
    if singles and paths_back.count() <= MOST_PATHS:
        paths = list(paths_back.paths())
        if all(len(path) <= LONGEST_PATH and all(_factor(snapshot, edge) for edge in path) for path in paths):
            return [Passage(about, [*_path_lines(snapshot, tensor, paths)])]
    return [Passage(about, [*_steps(paths_back, opened)])]


# Along paths ---------------------------------------------------------------------------------------------------------


def _path_lines(snapshot: Snapshot, tensor: TensorRecord, paths: list[list[EdgeRecord]]) -> Iterator[Equation | Remark]:
    left = gradient_symbol(snapshot, tensor)
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
        sides = _path_sides(snapshot, path) if path else (Product((starting_gradient(snapshot, tensor) or number(1),)),)
        yield Equation(None, sides, indent=1)
        ends.append(sides[-1])
    assert tensor.gradient is not None
    terms = tuple(side.factors[0] for side in ends if isinstance(side, Product) and side.factors[0].head == "number")
    total = Product((rounded_number(float(tensor.gradient.item())),))
    yield Equation(left, (Sum(terms), total) if len(terms) == len(paths) else (total,))


def _path_sides(snapshot: Snapshot, path: list[EdgeRecord]) -> tuple[Product, ...]:
    """Writes the product of local derivatives: as symbols, as formulas, in numbers, and as its result."""
    symbols, formulas, numbers = [], [], []
    for edge in path:
        node, used = snapshot.nodes[edge.node], snapshot.tensors[edge.tensor]
        formula = _factor(snapshot, edge)
        assert formula is not None
        symbols.append(partial(formula_name(node.label), formula_name(used.symbol)))
        formulas.append(formula)
        numbers.append(local_factor(snapshot, edge))
    if snapshot.objective.definition:
        end = snapshot.tensors[snapshot.nodes[path[-1].node].output]
        starting = starting_gradient(snapshot, end) or number(1)
        symbols.append(gradient_symbol(snapshot, end))
        formulas.append(starting)
        numbers.append(float(starting.args[0]))
    sides = [Product(tuple(symbols)), Product(tuple(formulas))]
    known = [value for value in numbers if value is not None]
    if len(known) == len(numbers):
        shown = Product(tuple(rounded_number(value) for value in known))
        if shown != sides[-1]:
            sides.append(shown)
        result = Product((rounded_number(float(math.prod(known))),))
        if result != sides[-1]:
            sides.append(result)
    return tuple(sides)


def _factor(snapshot: Snapshot, edge: EdgeRecord) -> Expression | None:
    """Returns the local derivative between single numbers; None if it has no formula.

    A map, such as that of a mean, is a factor too for single numbers: its result for a gradient of 1.
    """
    if edge.derivative is None:
        return None
    local, formula = edge.derivative
    return (
        formula
        if local
        else _replace(formula, gradient_symbol(snapshot, snapshot.tensors[snapshot.nodes[edge.node].output]))
    )


def _replace(formula: Expression, one: Expression) -> Expression:
    if formula == one:
        return number(1)
    return formula.with_children(lambda child: _replace(child, one))


# Step by step --------------------------------------------------------------------------------------------------------


def _steps(paths_back: GradientPaths, opened: Collection[str] | None) -> Iterator[Equation | Remark]:
    blocks: list[Block] = [(_module(paths_back, one), [*_step(paths_back, one)]) for one in paths_back.tensors]
    if opened is not None:
        blocks = list(_abridge(paths_back, blocks, opened))
        if len(blocks) > MOST_STEPS:
            hidden = len(blocks) - MOST_STEPS
            middle: Block = ("", [Remark(f"⋮ {hidden} steps more: full=True shows them")])
            half = MOST_STEPS // 2
            blocks = [*blocks[:half], middle, *blocks[-half:]]
    steps = [line for _, lines in blocks for line in lines]
    yield from forward_of_letters(paths_back.snapshot, steps)
    yield Remark("Step by step from the output back; each gradient is computed once, and then used:")
    yield from steps


def _step(paths_back: GradientPaths, one: int) -> Iterator[Equation | Remark]:
    """Writes the gradient of a tensor as a sum of earlier gradients' contributions."""
    snapshot = paths_back.snapshot
    tensor = snapshot.tensors[one]
    left = gradient_symbol(snapshot, tensor)
    shape, value = shape_text(tensor), numbers_text(tensor.gradient)
    uses = paths_back.uses[one]
    if one in snapshot.outputs:
        starting = starting_gradient(snapshot, tensor)
        sides = () if starting is None else (Product((starting,)),)
        if not uses:
            yield Equation(left, sides, shape, value)
            return
        yield Equation(
            left, (), shape, value, f"the sum of what it begins with, as an output, and of {len(uses)} more:"
        )
        yield Equation(None, sides, note="as an output", indent=1)
    elif len(uses) == 1:
        contribution, note = contribution_formula(snapshot, uses[0])
        yield Equation(left, (Product((contribution,)),) if contribution is not None else (), shape, value, note)
        return
    else:
        count = len(uses)
        words = f"the sum of {count} contributions, as {tensor.symbol} was used {count} times:"
        yield Equation(left, (), shape, value, words)
    for edge in uses:
        contribution, note = contribution_formula(snapshot, edge)
        through = f"from {_use_label(snapshot, edge)}"
        words = f"{through}, {note}" if note else through
        yield Equation(
            None,
            (Product((contribution,)),) if contribution is not None else (),
            "",
            numbers_text(edge.contribution),
            words,
            1,
        )


def _use_label(snapshot: Snapshot, edge: EdgeRecord) -> str:
    """Returns what a use is called: the symbol of what it made if it has no name of its own, else the operation."""
    node = snapshot.nodes[edge.node]
    output = snapshot.tensors[node.output]
    return node.label if output.named or output.id in snapshot.outputs else output.symbol


def contribution_formula(snapshot: Snapshot, edge: EdgeRecord) -> tuple[Expression | None, str]:
    """Returns the formula of an edge's contribution, and a note about it."""
    node = snapshot.nodes[edge.node]
    derivative = edge.derivative
    if derivative is None:
        return None, f"sent back by {node.label}"
    local, formula = derivative
    if local:
        upstream = gradient_symbol(snapshot, snapshot.tensors[node.output])
        formula = _times(upstream, formula, snapshot.tensors[node.output])
    if not edge.summed:
        return formula, ""
    if formula.head != "over" or formula.args[:2] != ("sum", edge.summed):
        formula = Expression("over", ("sum", edge.summed, formula))
    axes = ", ".join(map(str, edge.summed))
    name = snapshot.tensors[edge.tensor].symbol
    return formula, f"summed over ax{'is' if len(edge.summed) == 1 else 'es'} {axes}, along which {name} was repeated"


def _times(upstream: Expression, factor: Expression, output: TensorRecord) -> Expression:
    """Multiplies the incoming gradient and a local derivative."""
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


def _module(paths_back: GradientPaths, one: int) -> str:
    """Returns the path of the module in which a tensor was used last."""
    snapshot = paths_back.snapshot
    uses = paths_back.uses[one]
    if not uses:
        return ""
    scope = snapshot.nodes[uses[-1].node].scope
    return "" if scope is None else snapshot.scopes[scope].path


def _abridge(paths_back: GradientPaths, blocks: list[Block], opened: Collection[str]) -> Iterator[Block]:
    """Shortens each run of steps inside a module to the last one, except in the tensor's own module."""
    if len(blocks) <= LONGEST_PATH:
        yield from blocks
        return
    own = _module(paths_back, paths_back.tensor)
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
    """Returns the outermost closed module around a step without the tensor; None if there is none."""
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


def gradient_symbol(snapshot: Snapshot, tensor: TensorRecord) -> Expression:
    return partial(formula_name(snapshot.objective.symbol), formula_name(tensor.symbol))


def starting_gradient(snapshot: Snapshot, output: TensorRecord) -> Expression | None:
    """Returns the starting gradient of an output; None if its elements had different ones."""
    weight = weight_of(snapshot, output)
    return None if weight is None else number(1 if weight == 1 else weight)


class GradientPaths:
    """The part of a graph between a tensor and the output.

    Attributes
    ----------
    tensors:
        Numbers of the tensors on the paths, the output first, the tensor itself last.
    uses:
        For each of them, the edges that send a contribution back to it, in the order of the forward pass.
    """

    def __init__(self, snapshot: Snapshot, tensor: int) -> None:
        self.snapshot, self.tensor = snapshot, tensor
        self.uses: dict[int, list[EdgeRecord]] = {}
        reached = {tensor}
        waiting = [tensor]
        while waiting:
            one = waiting.pop()
            edges = [snapshot.edges[i] for i in snapshot.tensors[one].edges]
            self.uses[one] = [edge for edge in edges if edge.contribution is not None]
            for edge in self.uses[one]:
                output = snapshot.nodes[edge.node].output
                if output not in reached:
                    reached.add(output)
                    waiting.append(output)
        # Results have higher numbers than their sources; leaves are numbered by their first use.
        order = sorted((one for one in reached if one != tensor), reverse=True)
        self.tensors = [*order, tensor]

    def next(self, edge: EdgeRecord) -> int:
        """Returns the output of an edge's node: the tensor one step closer to the output."""
        return self.snapshot.nodes[edge.node].output

    def count(self) -> int:
        """Counts the paths."""
        paths: dict[int, int] = {}
        for one in self.tensors:
            uses = self.uses[one]
            own = 1 if one in self.snapshot.outputs else 0
            paths[one] = own + sum(paths[self.next(edge)] for edge in uses)
        return paths[self.tensor]

    def paths(self) -> Iterator[list[EdgeRecord]]:
        """Yields each path as its edges, from the tensor to the output. Check `count` first: there can be very many."""
        waiting: list[tuple[int, list[EdgeRecord]]] = [(self.tensor, [])]
        while waiting:
            one, path = waiting.pop()
            if one in self.snapshot.outputs:
                yield path
            waiting += [(self.next(edge), [*path, edge]) for edge in reversed(self.uses[one])]
