"""Writes the formulas on edges, and the descriptions of a picture and its parts in tooltips."""

from __future__ import annotations

from ..capture.snapshot import EdgeRecord, Line, NodeRecord, ScopeRecord, Snapshot, TensorRecord
from ..capture.summary import Numbers
from ..printers.figures import figure
from ..printers.formula.pattern import Pattern
from ..printers.formula.unicode import axes_text

HOOKED = "a hook may change this gradient in backward(): it is shown as it was before the hook, and so is what follows"
ABRIDGED = (14, 8)  # the most letters of names in formulas that otherwise do not fit


def short_name(name: str, path: str) -> str:
    """Returns a name without the path of the module whose frame is around it."""
    return name.removeprefix(f"{path}.") if path else name


def derivative_forms(snapshot: Snapshot, edge: EdgeRecord, path: str) -> list[str]:
    """Returns the derivative along an edge in ever shorter forms: ``∂mul₂/∂W₂ = x₂``, without the left side, with
    abridged names, and at last only the operation. Empty if no gradient flows.
    """
    derivative = edge.write() if edge.contribution is not None else None
    if derivative is None:
        return []
    local, formula = derivative
    by = short_name(snapshot.tensors[edge.tensor].symbol, path)
    formula = _in_module(formula, path)
    texts = [formula.unicode()]
    short = [abridged(formula, most) for most in ABRIDGED]
    texts += [one.unicode() for one in short if one is not None]
    if not local:
        whole = f"∂{snapshot.objective.symbol}/∂{by} = {texts[0]}"
        return list(dict.fromkeys([whole, *(f"= {text}" for text in texts), _operation_of(snapshot, edge)]))
    summed = f", Σ {axes_text(edge.summed)}" if edge.summed else ""
    of = snapshot.nodes[edge.node].label
    # A local derivative keeps its left side, or it could be read as the gradient.
    written = (f"∂{of}/∂{to} = {text}{summed}" for to in (by, "·") for text in texts)
    return list(dict.fromkeys([*written, _operation_of(snapshot, edge)]))


RULE = "via "
"""Begins the name of the operation that a gradient came through, which stands where its formula has no room."""


def _operation_of(snapshot: Snapshot, edge: EdgeRecord) -> str:
    return f"{RULE}{snapshot.nodes[edge.node].label}"


def abridged(formula: Pattern, most: int) -> Pattern | None:
    """Shortens the names in a formula to `most` letters; None if none is longer, or if two became equal."""
    names = {_shortened(name, most) for name in formula.names}
    if names.issuperset(formula.names) or len(names) < len(formula.names):
        return None
    return formula.with_names(lambda name: _shortened(name, most))


def _shortened(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: (most - 1) // 2]}…{name[-(most // 2) :]}"


def update_form(tensor: TensorRecord, path: str) -> list[str]:
    """Returns the rule of the update in ever shorter forms: W ← W − η · ∂L/∂W."""
    if tensor.update is None or tensor.update.rule is None:
        return []
    rule = _in_module(Pattern.of(tensor.update.rule), path)
    forms = [f"{short_name(tensor.symbol, path)} ← {rule.unicode()}", f"← {rule.unicode()}"]
    return forms + [f"← {one.unicode()}" for most in ABRIDGED if (one := abridged(rule, most)) is not None]


def _in_module(formula: Pattern, path: str) -> Pattern:
    return formula.with_names(lambda name: short_name(name, path)) if path else formula


def shapes_given(snapshot: Snapshot, node: NodeRecord) -> list[str]:
    """Returns the tensor arguments of an operation with their shapes: ``a: h, 2×3``."""
    edges = [snapshot.edges[argument.edge] for argument in node.arguments if argument.edge is not None]
    given = [(edge.argument_name, snapshot.tensors[edge.tensor]) for edge in edges]
    shapes = ["×".join(map(str, one.shape)) or "a number" for _, one in given]
    return [
        f"{name}: {one.symbol[:40]}, {shape}, {one.dtype}" for (name, one), shape in zip(given, shapes, strict=True)
    ]


def about_picture(snapshot: Snapshot) -> str:
    """Describes a picture for readers who can't see it."""
    if snapshot.until:
        count = _with_count(len(snapshot.nodes), "operation")
        return f"{count}, until {snapshot.until}. Each edge carries a value forward."
    output, objective = snapshot.output, snapshot.objective
    value = f" Its value is {figure(output.value.item())}." if output.value.size == 1 else ""
    if objective.definition:
        value = f" The gradients are those of {objective.definition}."
    leaves = [tensor.name for tensor in snapshot.tensors if tensor.kind == "parameter"]
    named = ", ".join(name[:40] for name in leaves[:12]) + (", …" if len(leaves) > 12 else "")
    return (
        f"{_with_count(len(snapshot.nodes), 'operation')} lead to {objective.name[:80]}.{value} Each edge carries a "
        f"value forward and a gradient backward. Parameters: {named or 'none'}."
    )


def about_node(node: NodeRecord, *, plain: bool) -> str:
    """Describes a node: its formula, parameters and line of source."""
    formula = None if plain else node.formula
    if node.failure:
        return "\n".join([f"{node.label} failed: {node.failure}", *_line(node.line)])
    lines = [node.label if formula is None else f"{node.label} = {formula.unicode()}"]
    lines += [f"{name} = {value}" for name, value in node.params.items()]
    return "\n".join(lines + _line(node.line))


def about_tensor(snapshot: Snapshot, tensor: TensorRecord, *, plain: bool) -> str:
    """Describes a tensor: name, kind, shape, dtype and statistics."""
    shape = f"{'×'.join(map(str, tensor.shape))} " if tensor.shape else ""
    lines = [f"{tensor.name[:120]}: {tensor.kind}, {shape}{tensor.dtype}"]
    if plain:
        return lines[0]
    lines.append(f"value {_numbers(tensor.value)}")
    if tensor.gradient is not None:
        lines.append(f"gradient {_numbers(tensor.gradient)}")
        parts = sum(snapshot.edges[id].contribution is not None for id in tensor.edges)
        if parts > 1:
            lines.append(f"the gradient is the sum Σ of what comes back from {parts} uses")
        if tensor.hooked:
            lines.append(HOOKED)
    for id in tensor.edges[:4]:
        lines += derivative_forms(snapshot, snapshot.edges[id], "")[:1]
    lines += update_form(tensor, "")[:1]
    return "\n".join(lines + (_line(snapshot.nodes[tensor.node].line) if tensor.node is not None else []))


def about_edge(snapshot: Snapshot, edge: EdgeRecord) -> str:
    """Describes one of several contributions to a gradient."""
    tensor, node = snapshot.tensors[edge.tensor], snapshot.nodes[edge.node]
    lines = [f"What {node.label} sends back to {tensor.name[:120]}: one part of its gradient"]
    if edge.contribution is not None:
        lines.append(_numbers(edge.contribution))
    if edge.summed:
        lines.append(f"summed over {axes_text(edge.summed)}")
    return "\n".join(lines)


def about_module(scope: ScopeRecord, *, closed: bool) -> str:
    """Describes a module by path and class."""
    return f"{scope.path or scope.kind}: {scope.kind}{', drawn closed' if closed else ''}"


def _numbers(numbers: Numbers) -> str:
    if numbers.size == 1 and numbers.whole is not None:
        return repr(numbers.item())
    statistics = numbers.statistics
    nonfinite = "".join(f", {count} {name}" for count, name in statistics.nonfinite)
    low, high, mean = (figure(one) for one in (statistics.smallest, statistics.largest, statistics.mean))
    spread = f"from {low} to {high}, mean {mean}, " if statistics.finite else ""
    return f"{spread}norm {figure(statistics.norm)}{nonfinite}"


def _line(line: Line | None) -> list[str]:
    return [] if line is None else [f"line {line.number}: {line.text}".rstrip(": ")]


def _with_count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
