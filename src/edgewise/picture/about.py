"""What is said of a picture and its parts: formulas on edges, and what a pointer resting on something is told."""

from __future__ import annotations

from ..capture.snapshot import EdgeRecord, Line, NodeRecord, ScopeRecord, Snapshot, TensorRecord
from ..capture.summary import Numbers
from ..printers.figures import figure
from ..printers.formula.expression import Expression, symbol
from ..printers.formula.tidy import rename
from ..printers.formula.unicode import axes_text

HOOKED = "a hook may change this gradient in backward(): it is shown as it was before the hook, and so is what follows"
ABRIDGED = (14, 8)  # letters that names have in formulas which otherwise find no room


def short_name(name: str, path: str) -> str:
    """A name within a module of a path: what the module's frame says already is left out."""
    return name.removeprefix(f"{path}.") if path else name


def derivative_forms(snapshot: Snapshot, edge: EdgeRecord, path: str) -> list[str]:
    """The derivative along an edge, as the article writes it: ``∂mul₂/∂W₂ = x₂``; then shorter, at last with names
    abridged. Empty if none flows.
    """
    derivative = edge.derivative if edge.contribution is not None else None
    if derivative is None:
        return []
    local, formula = derivative
    by = short_name(snapshot.tensors[edge.tensor].symbol, path)
    formula = _within(formula, path)
    texts = [formula.unicode()]
    short = [abridged(formula, most) for most in ABRIDGED]
    texts += [one.unicode() for one in short if one is not None]
    if not local:
        whole = f"∂{snapshot.objective.symbol}/∂{by} = {texts[0]}"
        return list(dict.fromkeys([whole, *(f"= {text}" for text in texts)]))
    summed = f", Σ {axes_text(edge.summed)}" if edge.summed else ""
    of = snapshot.nodes[edge.node].label
    # A factor says of what it is one, or it would be taken for the gradient.
    return list(dict.fromkeys(f"∂{of}/∂{to} = {text}{summed}" for to in (by, "·") for text in texts))


def abridged(formula: Expression, most: int) -> Expression | None:
    """A formula whose names have at most so many letters; None if they have anyway, or would be mixed up."""
    names = {name: _shortened(name, most) for name in formula.names}
    if all(name == short for name, short in names.items()) or len(set(names.values())) < len(names):
        return None
    return rename(formula, {name: symbol(short) for name, short in names.items() if short != name})


def _shortened(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: (most - 1) // 2]}…{name[-(most // 2) :]}"


def update_form(tensor: TensorRecord, path: str) -> list[str]:
    """The rule of the update, as in W ← W − η · ∂L/∂W; then shorter."""
    if tensor.update is None or tensor.update.rule is None:
        return []
    rule = _within(tensor.update.rule, path)
    forms = [f"{short_name(tensor.symbol, path)} ← {rule.unicode()}", f"← {rule.unicode()}"]
    return forms + [f"← {one.unicode()}" for most in ABRIDGED if (one := abridged(rule, most)) is not None]


def _within(formula: Expression, path: str) -> Expression:
    if not path:
        return formula
    inside = {name: symbol(short_name(name, path)) for name in formula.names if name.startswith(f"{path}.")}
    return rename(formula, inside) if inside else formula


def shapes_given(snapshot: Snapshot, node: NodeRecord) -> list[str]:
    """What an operation was given, each tensor with its shape: ``a: h, 2×3``."""
    edges = [snapshot.edges[argument.edge] for argument in node.arguments if argument.edge is not None]
    given = [(edge.argument_name, snapshot.tensors[edge.tensor]) for edge in edges]
    shapes = ["×".join(map(str, one.shape)) or "a number" for _, one in given]
    return [
        f"{name}: {one.symbol[:40]}, {shape}, {one.dtype}" for (name, one), shape in zip(given, shapes, strict=True)
    ]


def about_picture(snapshot: Snapshot) -> str:
    """For those who can't see it."""
    if snapshot.until:
        count = _counted(len(snapshot.nodes), "operation")
        return f"{count}, until {snapshot.until}. Each edge carries a value forward."
    output, objective = snapshot.output, snapshot.objective
    value = f" Its value is {figure(output.value.item())}." if output.value.size == 1 else ""
    if objective.definition:
        value = f" The gradients are those of {objective.definition}."
    leaves = [tensor.name for tensor in snapshot.tensors if tensor.kind == "parameter"]
    named = ", ".join(name[:40] for name in leaves[:12]) + (", …" if len(leaves) > 12 else "")
    return (
        f"{_counted(len(snapshot.nodes), 'operation')} lead to {objective.name[:80]}.{value} Each edge carries a value "
        f"forward and a gradient backward. Parameters: {named or 'none'}."
    )


def about_node(node: NodeRecord, *, plain: bool) -> str:
    """The operation's formula, parameters and line of source."""
    formula = None if plain else node.formula
    if node.failure:
        return "\n".join([f"{node.label} failed: {node.failure}", *_line(node.line)])
    lines = [node.label if formula is None else f"{node.label} = {formula.unicode()}"]
    lines += [f"{name} = {value}" for name, value in node.params.items()]
    return "\n".join(lines + _line(node.line))


def about_tensor(snapshot: Snapshot, tensor: TensorRecord, *, plain: bool) -> str:
    """Name, kind, shape, dtype and what the numbers are like."""
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
    """One of several contributions."""
    tensor, node = snapshot.tensors[edge.tensor], snapshot.nodes[edge.node]
    lines = [f"What {node.label} sends back to {tensor.name[:120]}: one part of its gradient"]
    if edge.contribution is not None:
        lines.append(_numbers(edge.contribution))
    if edge.summed:
        lines.append(f"summed over {axes_text(edge.summed)}")
    return "\n".join(lines)


def about_module(scope: ScopeRecord, *, closed: bool) -> str:
    """A module's path and class."""
    return f"{scope.path or scope.kind}: {scope.kind}{', drawn closed' if closed else ''}"


def _numbers(numbers: Numbers) -> str:
    if numbers.size == 1 and numbers.whole is not None:
        return repr(numbers.item())
    found = numbers.statistics
    bad = "".join(
        f", {count} {name}"
        for count, name in ((found.nan, "NaN"), (found.positive_infinity, "∞"), (found.negative_infinity, "−∞"))
        if count
    )
    spread = f"from {figure(found.smallest)} to {figure(found.largest)}, mean {figure(found.mean)}, "
    return f"{spread if found.finite else ''}norm {figure(found.norm)}{bad}"


def _line(line: Line | None) -> list[str]:
    return [] if line is None else [f"line {line.number}: {line.text}".rstrip(": ")]


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
