"""Names for the tensors of a graph, as the user calls them.

A tensor is called, in this order, by the name it was given (``tensor.name``), by its path in a module, by a variable
that holds it; a leaf then by what the source wrote where it was used, a result by the variable that the source assigns
it to. Several tensors of one name, such as those of a loop, are
numbered in the order of the forward pass: h₁, h₂, h₃.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import FrameType, MappingProxyType
from typing import Any

from ..graph.edge import Edge
from ..graph.modes import Scope
from ..nn.module import Module
from ..nn.parameter import Parameter
from .formula.names import GREEK, parts_of
from .lines import Place, place_of
from .variables import Variables

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SPELT = {command[1:].removeprefix("var"): letter for letter, command in GREEK.items() if letter != "π"}


_NONE: Mapping[Edge, str] = MappingProxyType({})


@dataclass
class Names:
    """What the tensors of a graph are called.

    Attributes
    ----------
    given:
        The user's names; tensors that have none are missing.
    paths:
        The tensors that modules hold.
    letters:
        What stands for a tensor in formulas, as :func:`~.formula.expression.symbol` takes it.
    numbers:
        Which of the uses of its operation a node is, and which of the unnamed leaves a leaf; 0 if it is the only one.
    roles:
        What leaves are to the operation that uses them: an index, a mask.
    """

    given: dict[Edge, str] = field(default_factory=dict)
    letters: dict[Edge, str] = field(default_factory=dict)
    numbers: dict[Edge, int] = field(default_factory=dict)
    paths: frozenset[Edge] = frozenset()
    roles: dict[Edge, str] = field(default_factory=dict)

    def label(self, node: Edge) -> str:
        """Operation and number: ``mul₁``."""
        return self._label(node.operation.name, node)

    def _label(self, kind: str, source: Edge) -> str:
        number = self.numbers[source]
        return kind + subscript(number) if number else kind

    def name(self, source: Edge) -> str:
        """The user's name; else the label of the node that made it, or what kind of leaf it is, numbered."""
        name = self.given.get(source)
        if name is not None:
            return name
        return self._label(_kind(source, self.roles), source)

    def symbol(self, source: Edge) -> str:
        """As it is written in a line of text: ``W₂``."""
        return written(self.letters[source])


def names_of(nodes: Sequence[Edge], leaves: Mapping[Edge, Any], ends: Sequence[Edge], frame: FrameType | None) -> Names:
    """Names for the outputs of `nodes`, in the order of the forward pass, and for `leaves`, whose arrays are given.

    `ends` are the tensors that the picture is of, `frame` is where it was asked for.
    """
    names = Names(numbers=_numbered(nodes), roles=_roles(nodes))
    sources: dict[Edge, None] = dict.fromkeys(leaves)
    sources.update(dict.fromkeys(nodes))
    variables = Variables(frame, sources, leaves)
    paths = _paths(nodes, sources, variables)
    targets, operands = _from_source(nodes)
    found: dict[Edge, str] = {}
    for source in sources:
        name = _own_name(source) or paths.get(source) or variables.tensors.get(source)
        name = name or (operands if source.operation is None else targets).get(source)
        if name:
            found[source] = _clean(name)
    order = _in_order(nodes, sources)
    names.paths = frozenset(paths)
    names.given = _apart(found, order, fixed=paths.keys())
    unnamed = [source for source in order if source.operation is None and source not in found]
    names.numbers.update(_numbered(unnamed, names.roles))
    names.letters = _letters(names, order, ends)
    return names


def _kind(source: Edge, roles: Mapping[Edge, str] = _NONE) -> str:
    """What tensors without names are called."""
    if source.operation is not None:
        name: str = source.operation.name
        return name
    return "parameter" if source.requires_grad else roles.get(source, "constant")


_ROLES = {"mask": "mask", "condition": "condition", "index": "index", "indices": "index", "t": "target"}
_OF_LAYERS = {"x": "input"}
"""What else is told where there are weights."""


def _roles(nodes: Iterable[Edge]) -> dict[Edge, str]:
    """What leaves are to the first operation that uses them, where its arguments have telling names."""
    roles: dict[Edge, str] = {}
    for node in nodes:
        names = node.operation.input_names
        known = _ROLES | _OF_LAYERS if "w" in names else _ROLES
        if not known.keys().isdisjoint(names):
            for i, source in enumerate(node.inputs):
                role = known.get(node.operation.input_name(i).partition("[")[0])
                if role and source is not None and source.operation is None:
                    roles.setdefault(source, role)
    return roles


def _numbered(sources: Iterable[Edge], roles: Mapping[Edge, str] = _NONE) -> dict[Edge, int]:
    kinds = {source: _kind(source, roles) for source in sources}
    totals = Counter(kinds.values())
    so_far: Counter[str] = Counter()
    numbers = {}
    for source, kind in kinds.items():
        so_far[kind] += 1
        numbers[source] = so_far[kind] if totals[kind] > 1 else 0
    return numbers


def _own_name(source: Edge) -> str | None:
    """The name that a tensor was given; that of a parameter is only where its module keeps it."""
    return None if isinstance(source, Parameter) else getattr(source, "name", None)


# By modules ----------------------------------------------------------------------------------------------------------


def _paths(nodes: Sequence[Edge], sources: dict[Edge, None], variables: Variables) -> dict[Edge, str]:
    """The paths of parameters and buffers in the outermost modules that are known."""
    roots = _called(nodes)
    for module in variables.modules:
        roots.setdefault(module, "")
    # What is in another one is found there.
    inner = {id(part) for root in roots for part in root.modules() if part is not root}
    paths: dict[Edge, tuple[Module, str]] = {}
    for root, prefix in roots.items():
        if id(root) in inner:
            continue
        for named in (root.named_parameters(prefix), root.named_buffers(prefix)):
            for path, tensor in named:
                if tensor in sources:
                    paths.setdefault(tensor, (root, path))
    owners = {id(root) for root, _ in paths.values()}
    if len(owners) <= 1:
        named_alone: dict[Edge, str] = {source: path for source, (_, path) in paths.items()}
        named_alone.update(_orphans(nodes, named_alone))
        return named_alone
    result: dict[Edge, str] = {}
    for source, (root, path) in paths.items():
        prefix = variables.modules.get(root, type(root).__name__)
        result[source] = path if path.startswith(f"{prefix}.") else f"{prefix}.{path}"
    result.update(_orphans(nodes, result))
    return result


def _orphans(nodes: Iterable[Edge], known: Mapping[Edge, str]) -> dict[Edge, str]:
    """Parameters whose module is gone: by the attribute that held them, and the path of the call that used them."""
    found: dict[Edge, str] = {}
    for node in nodes:
        for source in node.inputs:
            if isinstance(source, Parameter) and source.name and source not in known and source not in found:
                scope = node.scope
                while scope is not None and scope.module is None:
                    scope = scope.parent
                path = "" if scope is None else scope.path
                found[source] = f"{path}.{source.name}" if path else source.name
    return found


def _called(nodes: Iterable[Edge]) -> dict[Module, str]:
    """The outermost modules whose calls made the nodes, and the paths that they have by themselves."""
    seen: set[int] = set()
    roots: dict[Module, str] = {}
    for node in nodes:
        scope = node.scope
        while scope is not None and id(scope) not in seen:
            seen.add(id(scope))
            if scope.parent is None and scope.module is not None:
                module: Any = scope.module()
                if module is not None:
                    roots.setdefault(module, scope.name)
            scope = scope.parent
    return roots


# By the source -------------------------------------------------------------------------------------------------------


def _from_source(nodes: Sequence[Edge]) -> tuple[dict[Edge, str], dict[Edge, str]]:
    """Names that the source gives: to results, by what they are assigned to; to leaves, by what stands there."""
    targets: dict[Edge, str] = {}
    operands: dict[Edge, str] = {}
    for (_, instruction), group in groupby(nodes, lambda node: (id(node.code), node.instruction)):
        run = list(group)
        place = place_of(run[0].code, instruction)
        if place.target is None and not place.operands:
            continue
        for call in _calls(run):
            if place.target is not None:
                targets[call[-1]] = place.target
            if len(call) == 1:
                _note_operands(call[0], place, operands)
    return targets, operands


def _note_operands(node: Edge, place: Place, operands: dict[Edge, str]) -> None:
    if len(place.operands) != len(node.inputs):
        return
    for source, name in zip(node.inputs, place.operands, strict=True):
        if name is not None and source is not None and source.operation is None:
            operands.setdefault(source, name)


def _calls(run: list[Edge]) -> list[list[Edge]]:
    """Takes apart what one instruction made, again and again, into what it made each time.

    Calls of modules are told apart by their scopes. Otherwise, where a loop does nothing but this instruction, the
    operations repeat.
    """
    if len(run) == 1:
        return [run]
    depth = _depth(run[0])
    calls = []
    for scope, group in groupby(run, lambda node: _scope_at(node, depth)):
        nodes = list(group)
        calls += [nodes] if scope is not None else _periods(nodes)
    return calls


def _periods(nodes: list[Edge]) -> list[list[Edge]]:
    kinds = [node.operation for node in nodes]
    period = next(p for p in range(1, len(kinds) + 1) if len(kinds) % p == 0 and kinds[p:] == kinds[:-p])
    return [nodes[i : i + period] for i in range(0, len(nodes), period)]


def _scopes(node: Edge) -> list[Scope]:
    """The calls of modules around a node, outermost first."""
    scopes = []
    scope = node.scope
    while scope is not None:
        scopes.append(scope)
        scope = scope.parent
    return scopes[::-1]


def _depth(node: Edge) -> int:
    """How many of the scopes around a node are also around the user's code that made it.

    They are, up to the module of which this code is a method.
    """
    owner = node.code.co_qualname.rpartition(".")[0]
    scopes = _scopes(node)
    for depth in range(len(scopes), 0, -1):
        scope = scopes[depth - 1]
        module = None if scope.module is None else scope.module()
        if module is not None and any(kind.__qualname__ == owner for kind in type(module).__mro__):
            return depth
    return 0


def _scope_at(node: Edge, depth: int) -> Scope | None:
    scopes = _scopes(node)
    return scopes[depth] if len(scopes) > depth else None


# Telling them apart --------------------------------------------------------------------------------------------------


def _in_order(nodes: Sequence[Edge], sources: dict[Edge, None]) -> list[Edge]:
    """All sources in the order of the forward pass, leaves where they are first used."""
    order: dict[Edge, None] = {}
    for node in nodes:
        for source in node.inputs:
            if source is not None:
                order.setdefault(source)
        order.setdefault(node)
    for source in sources:
        order.setdefault(source)
    return list(order)


def _apart(found: dict[Edge, str], order: list[Edge], fixed: Iterable[Edge]) -> dict[Edge, str]:
    """Numbers the tensors of one name: h₁, h₂; where one of them has it by its path in a module, it alone keeps it."""
    together: dict[str, list[Edge]] = {}
    for source in order:
        if source in found:
            together.setdefault(found[source], []).append(source)
    kept = set(fixed)
    letters = {letter_of(name) for name in together}
    result: dict[Edge, str] = {}
    for name, sources in together.items():
        if len(sources) == 1:
            result[sources[0]] = name
            continue
        owners = [source for source in sources if source in kept]
        if len(owners) == 1:
            result[owners[0]] = name
            sources = [source for source in sources if source is not owners[0]]
        plain = parts_of(f"{letter_of(name)}1")[1] == "1" and not letters.intersection(
            f"{letter_of(name)}{i}" for i in range(1, len(sources) + 1)
        )
        for i, source in enumerate(sources, 1):
            result[source] = name + (subscript(i) if plain else f"({i})")
    return result


def _letters(names: Names, order: list[Edge], ends: Sequence[Edge]) -> dict[Edge, str]:
    letters = {source: letter_of(names.given.get(source) or names.name(source)) for source in order}
    indexed = {source: _indexed(names.given[source]) for source in order if source in names.paths}
    known = Counter((*letters.values(), *indexed.values()))
    letters |= {source: letter for source, letter in indexed.items() if letter and known[letter] == 1}
    known = Counter(letters.values())
    if len(ends) == 1 and set(ends[0].array.shape) <= {1}:
        end = ends[0]
        if (end not in names.given or names.given[end] == "loss") and "L" not in known:
            letters[end] = "L"
    # Two names that differ may look alike, as eta and η do: then they stay as they are.
    for source in order:
        if known[letters[source]] > 1 and source in names.given:
            letters[source] = names.given[source]
    return letters


def _indexed(path: str) -> str:
    """What stands for ``2.weight``, which would be read as twice something: weight₂."""
    numbers, _, name = path.rpartition(".")
    indexed = f"{name}{numbers}"
    return indexed if name.isalpha() and parts_of(indexed) == (name, numbers) else ""


def letter_of(name: str) -> str:
    """What stands for a name in formulas: digits behind letters are a subscript there, and ``eta`` is η."""
    base = name.rstrip(_LOW)
    if base and base != name:
        lowered = name[len(base) :].translate(_RAISE)
        return _SPELT.get(base, base) + lowered if parts_of(base + lowered) == (base, lowered) else name
    letters, digits = parts_of(name)
    return _SPELT.get(letters, letters) + digits


_LOW = "₀₁₂₃₄₅₆₇₈₉"
_RAISE = str.maketrans(_LOW, "0123456789")


def written(letter: str) -> str:
    """A symbol in a line of text, with its subscript."""
    letters, digits = parts_of(letter)
    return letters + digits.translate(_SUBSCRIPT)


def subscript(number: int) -> str:
    """Digits below the line."""
    return str(number).translate(_SUBSCRIPT)


def _clean(name: str) -> str:
    return "".join("�" if unicodedata.category(letter)[0] == "C" else letter for letter in name)
