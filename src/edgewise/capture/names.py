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
from types import CodeType, FrameType
from typing import Any

from ..graph.edge import Edge
from ..graph.provenance import Use
from ..nn.module import Module
from ..nn.parameter import Parameter
from ..printers.formula.names import GREEK, parts_of
from .assignments import from_source
from .variables import Variables

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SPELT = {command[1:].removeprefix("var"): letter for letter, command in GREEK.items() if letter != "π"}


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
    kinds:
        The operation that made a tensor; of a leaf what it is to the operation that uses it: an index, a mask.
    prefixes:
        What modules are called that are not part of another one, if there are several: by their identities.
    """

    given: dict[Edge, str] = field(default_factory=dict)
    letters: dict[Edge, str] = field(default_factory=dict)
    numbers: dict[Edge, int] = field(default_factory=dict)
    paths: frozenset[Edge] = frozenset()
    kinds: dict[Edge, str] = field(default_factory=dict)
    prefixes: dict[int, str] = field(default_factory=dict)

    def label(self, node: Edge) -> str:
        """Operation and number: ``mul₁``."""
        return self._label(self.kinds[node], node)

    def _label(self, kind: str, source: Edge) -> str:
        number = self.numbers[source]
        return kind + subscript(number) if number else kind

    def name(self, source: Edge) -> str:
        """The user's name; else the label of the node that made it, or what kind of leaf it is, numbered."""
        name = self.given.get(source)
        if name is not None:
            return name
        return self._label(self.kinds[source], source)

    def symbol(self, source: Edge) -> str:
        """As it is written in a line of text: ``W₂``."""
        return written(self.letters[source])


def names_of(
    uses: Mapping[Edge, Use], leaves: Mapping[Edge, Any], ends: Sequence[Edge], frame: FrameType | None
) -> Names:
    """Names for what `uses` of operations made, in the order of the forward pass, and for `leaves` with their arrays.

    `ends` are the tensors that the picture is of, `frame` is where it was asked for.
    """
    sources: dict[Edge, None] = dict.fromkeys(leaves)
    sources.update(dict.fromkeys(uses))
    variables = Variables(frame, _places(uses), leaves)
    paths, prefixes = _paths(uses, sources, variables)
    targets, operands = from_source(uses)
    found: dict[Edge, str] = {}
    for source in sources:
        name = _own_name(source) or paths.get(source) or variables.tensors.get(source)
        name = name or (targets if source in uses else operands).get(source)
        if name:
            found[source] = _clean(name)
    _name_earlier(found, sources, paths)
    order = _in_order(uses, sources)
    names = Names(paths=frozenset(paths), prefixes=prefixes, kinds=_kinds(uses, order))
    names.given = _apart(found, order, fixed=paths.keys())
    unnamed = [source for source in order if source not in uses and source not in found]
    names.numbers = {**_numbered(uses, names.kinds), **_numbered(unnamed, names.kinds)}
    names.letters = _letters(names, order, ends)
    return names


def _name_earlier(found: dict[Edge, str], sources: Mapping[Edge, None], paths: Mapping[Edge, str]) -> None:
    """Gives what a tensor was before it was written to, as by ``y[0] += 1``, the name that it has."""
    for source, name in list(found.items()):
        if source in paths:
            continue
        earlier = getattr(source, "earlier", None)
        while earlier is not None and earlier[1] is not None:
            before = earlier[1]
            if before in sources:
                found.setdefault(before, name)
            earlier = getattr(before, "earlier", None)


def _places(uses: Mapping[Edge, Use]) -> dict[Edge, CodeType]:
    """The code in which each tensor was made, or where it is a leaf first used."""
    places: dict[Edge, CodeType] = {}
    for node, use in uses.items():
        places[node] = use.code
        for source in use.inputs:
            if source is not None and source not in uses:
                places.setdefault(source, use.code)
    return places


def _kinds(uses: Mapping[Edge, Use], order: Iterable[Edge]) -> dict[Edge, str]:
    """What tensors without names are called: by their operations; leaves by their role in the first that uses them."""
    kinds: dict[Edge, str] = {node: use.operation.name for node, use in uses.items()}
    for use in uses.values():
        roles = use.operation.traits.roles
        if roles:
            for i, source in enumerate(use.inputs):
                role = roles.get(use.operation.input_name(i).partition("[")[0])
                if role and source is not None and not source.requires_grad:
                    kinds.setdefault(source, role)
    for source in order:
        kinds.setdefault(source, "parameter" if source.requires_grad else "constant")
    return kinds


def _numbered(sources: Iterable[Edge], kinds: Mapping[Edge, str]) -> dict[Edge, int]:
    sources = list(sources)
    totals = Counter(kinds[source] for source in sources)
    so_far: Counter[str] = Counter()
    numbers = {}
    for source in sources:
        kind = kinds[source]
        so_far[kind] += 1
        numbers[source] = so_far[kind] if totals[kind] > 1 else 0
    return numbers


def _own_name(source: Edge) -> str | None:
    """The name that a tensor was given; that of a parameter is only where its module keeps it."""
    return None if isinstance(source, Parameter) else getattr(source, "name", None)


# By modules ----------------------------------------------------------------------------------------------------------


def _paths(
    uses: Mapping[Edge, Use], sources: dict[Edge, None], variables: Variables
) -> tuple[dict[Edge, str], dict[int, str]]:
    """The paths of parameters and buffers in the outermost modules that are known, and what these are called.

    They are called something only if there are several.
    """
    called = _called(uses)
    roots = dict(called)
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
    owners = {id(root): root for root, _ in paths.values()}
    if len(owners) <= 1:
        named_alone: dict[Edge, str] = {source: path for source, (_, path) in paths.items()}
        named_alone.update(_orphans(uses, named_alone))
        return named_alone, {}
    names = {id(root): variables.modules.get(root) or type(root).__name__ for root in (*owners.values(), *called)}
    result: dict[Edge, str] = {}
    for source, (root, path) in paths.items():
        prefix = names[id(root)]
        result[source] = path if path.startswith(f"{prefix}.") else f"{prefix}.{path}"
    result.update(_orphans(uses, result))
    prefixes = {id(root): names[id(root)] for root in called if root in variables.modules and not called[root]}
    prefixes.update({key: name for key, name in names.items() if key in owners and not roots[owners[key]]})
    return result, {key: name for key, name in prefixes.items() if key not in inner}


def _orphans(uses: Mapping[Edge, Use], known: Mapping[Edge, str]) -> dict[Edge, str]:
    """Parameters whose module is gone: by the attribute that held them, and the path of the call that used them."""
    found: dict[Edge, str] = {}
    for use in uses.values():
        for source in use.inputs:
            if isinstance(source, Parameter) and source.name and source not in known and source not in found:
                scope = use.scope
                while scope is not None and scope.module is None:
                    scope = scope.parent
                path = "" if scope is None else scope.path
                found[source] = f"{path}.{source.name}" if path else source.name
    return found


def _called(uses: Mapping[Edge, Use]) -> dict[Module, str]:
    """The outermost modules whose calls made the nodes, and the paths that they have by themselves."""
    seen: set[int] = set()
    roots: dict[Module, str] = {}
    for use in uses.values():
        scope = use.scope
        while scope is not None and id(scope) not in seen:
            seen.add(id(scope))
            if scope.parent is None and scope.module is not None:
                module: Any = scope.module()
                if module is not None:
                    roots.setdefault(module, scope.name)
            scope = scope.parent
    return roots


# Telling them apart --------------------------------------------------------------------------------------------------


def _in_order(uses: Mapping[Edge, Use], sources: dict[Edge, None]) -> list[Edge]:
    """All sources in the order of the forward pass, leaves where they are first used."""
    order: dict[Edge, None] = {}
    for node, use in uses.items():
        for source in use.inputs:
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
