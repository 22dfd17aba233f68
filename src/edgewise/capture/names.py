"""Finds the user's names for the tensors of a graph.

A tensor's name is the first of: ``tensor.name``; its path in a module; a variable that holds it; for a leaf, the
operand in the source where it was used; for a result, the variable that the source assigns it to. Several tensors of
one name, such as those of a loop, are numbered in the order of the forward pass: h₁, h₂, h₃.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from ..graph.edge import Edge
from ..graph.modes import DerivativeScope
from ..graph.provenance import Use
from ..nn.module import Module
from ..nn.parameter import Parameter
from ..printers.formula.names import parts_of
from .assignments import names_from_source
from .letters import letters_by_role
from .spelling import formula_symbol, subscript, with_subscripts
from .variables import Variables


@dataclass
class Names:
    """The names of a graph's tensors.

    Attributes
    ----------
    user_names:
        The user's names, for tensors that have one.
    paths:
        The tensors that modules hold.
    formula_symbols:
        The symbol of each tensor in formulas, as :func:`~.formula.expression.symbol` takes it.
    numbers:
        The number of a node among those of its operation, and of an unnamed leaf among its kind; 0 for the only one.
    kinds:
        The word for the operation that made a tensor; for a leaf, its role in the operation that uses it, such as index
        or mask.
    prefixes:
        The names of modules without a parent by their identities, if there are several.
    differentiated:
        The variables of tensors outside of the graph that recorded backward passes began or ended with.
    """

    user_names: dict[Edge, str] = field(default_factory=dict)
    formula_symbols: dict[Edge, str] = field(default_factory=dict)
    numbers: dict[Edge, int] = field(default_factory=dict)
    paths: frozenset[Edge] = frozenset()
    kinds: dict[Edge, str] = field(default_factory=dict)
    prefixes: dict[int, str] = field(default_factory=dict)
    differentiated: dict[Edge, str] = field(default_factory=dict)

    def label(self, node: Edge) -> str:
        """Returns operation and number: ``mul₁``."""
        return self._label(self.kinds[node], node)

    def _label(self, kind: str, source: Edge) -> str:
        number = self.numbers[source]
        return kind + subscript(number) if number else kind

    def name(self, source: Edge) -> str:
        """Returns the user's name; else the label of its node, or the numbered kind of the leaf."""
        name = self.user_names.get(source)
        if name is not None:
            return name
        return self._label(self.kinds[source], source)

    def symbol(self, source: Edge) -> str:
        """Returns the symbol in a line of text: ``W₂``."""
        return with_subscripts(self.formula_symbols[source])


def find_names(
    uses: Mapping[Edge, Use], leaves: Mapping[Edge, Any], ends: Sequence[Edge], frame: FrameType | None
) -> Names:
    """Names the results of `uses`, in the order of the forward pass, and the `leaves`, given with their arrays.

    `ends` are the outputs of the graph. `frame` is the frame of the user's program that asks for it.
    """
    sources: dict[Edge, None] = dict.fromkeys(leaves)
    sources.update(dict.fromkeys(uses))
    differentiated = _derivative_tensors(uses)
    variables = Variables(frame, {**dict.fromkeys(differentiated), **_places(uses)}, leaves)
    paths, prefixes = _paths(uses, sources, variables)
    targets, operands = names_from_source(uses)
    found: dict[Edge, str] = {}
    for source in sources:
        name = _own_name(source) or paths.get(source) or variables.tensors.get(source)
        name = name or (targets if source in uses else operands).get(source)
        if name:
            found[source] = _clean(name)
    _name_earlier(found, sources, paths)
    order = _in_order(uses, sources)
    names = Names(paths=frozenset(paths), prefixes=prefixes, kinds=_kinds(uses, order))
    names.user_names = _number_duplicates(found, order, fixed=paths.keys())
    unnamed = [source for source in order if source not in uses and source not in found]
    names.numbers = {**_ordinals(uses, names.kinds), **_ordinals(unnamed, names.kinds)}
    names.formula_symbols = _symbols(names, order, ends)
    named = {source: letter for source, letter in names.formula_symbols.items() if _has_name(names, source, uses)}
    names.formula_symbols |= letters_by_role(uses, named)
    outside = (edge for edge in differentiated if edge not in sources and edge in variables.tensors)
    names.differentiated = {edge: _clean(variables.tensors[edge]) for edge in outside}
    return names


def _derivative_tensors(uses: Mapping[Edge, Use]) -> set[Edge]:
    """Returns the tensors of recorded backward passes that are still there, in the graph or not."""
    scopes = list(dict.fromkeys(use.scope for use in uses.values() if isinstance(use.scope, DerivativeScope)))
    found: set[Edge] = set()
    for scope in scopes:  # grows as it goes
        tensors = scope.tensors()
        found.update(tensors)
        made = (edge.scope for edge in tensors if edge.operation is not None)
        scopes += [earlier for earlier in made if isinstance(earlier, DerivativeScope) and earlier not in scopes]
    return found


def _name_earlier(found: dict[Edge, str], sources: Mapping[Edge, None], paths: Mapping[Edge, str]) -> None:
    """Gives the earlier versions of a tensor that was written to, as by ``y[0] += 1``, the tensor's name."""
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
    """Returns the code in which each result was made, or each leaf was first used."""
    places: dict[Edge, CodeType] = {}
    for node, use in uses.items():
        places[node] = use.code
        for source in use.inputs:
            if source is not None and source not in uses:
                places.setdefault(source, use.code)
    return places


def _kinds(uses: Mapping[Edge, Use], order: Iterable[Edge]) -> dict[Edge, str]:
    """Returns the kinds of tensors without names: their operations; for leaves, their roles in the first use."""
    kinds: dict[Edge, str] = {node: use.operation.traits.word or use.operation.name for node, use in uses.items()}
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


def _ordinals(sources: Iterable[Edge], kinds: Mapping[Edge, str]) -> dict[Edge, int]:
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
    """Returns the name set on a tensor; not a parameter's, which is only the attribute of its module."""
    return None if isinstance(source, Parameter) else getattr(source, "name", None)


# By modules ----------------------------------------------------------------------------------------------------------


def _paths(
    uses: Mapping[Edge, Use], sources: dict[Edge, None], variables: Variables
) -> tuple[dict[Edge, str], dict[int, str]]:
    """Returns the paths of parameters and buffers in the outermost modules, and the names of these modules.

    The modules have names only if there are several.
    """
    called = _called_modules(uses)
    roots = dict(called)
    for module in variables.modules:
        roots.setdefault(module, "")
    # A module inside another one is reached through that one.
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
        named_alone.update(_orphaned_parameters(uses, named_alone))
        return named_alone, {}
    names = {id(root): variables.modules.get(root) or type(root).__name__ for root in (*owners.values(), *called)}
    result: dict[Edge, str] = {}
    for source, (root, path) in paths.items():
        prefix = names[id(root)]
        result[source] = path if path.startswith(f"{prefix}.") else f"{prefix}.{path}"
    result.update(_orphaned_parameters(uses, result))
    prefixes = {id(root): names[id(root)] for root in called if root in variables.modules and not called[root]}
    prefixes.update({key: name for key, name in names.items() if key in owners and not roots[owners[key]]})
    return result, {key: name for key, name in prefixes.items() if key not in inner}


def _orphaned_parameters(uses: Mapping[Edge, Use], known: Mapping[Edge, str]) -> dict[Edge, str]:
    """Names parameters whose module is gone: by the path of the call that used them, and the module's attribute."""
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


def _called_modules(uses: Mapping[Edge, Use]) -> dict[Module, str]:
    """Returns the outermost modules whose calls made nodes, and the paths of these calls."""
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


# Distinct names ------------------------------------------------------------------------------------------------------


def _in_order(uses: Mapping[Edge, Use], sources: dict[Edge, None]) -> list[Edge]:
    """Returns all sources in the order of the forward pass, leaves where they are first used."""
    order: dict[Edge, None] = {}
    for node, use in uses.items():
        for source in use.inputs:
            if source is not None:
                order.setdefault(source)
        order.setdefault(node)
    for source in sources:
        order.setdefault(source)
    return list(order)


def _number_duplicates(found: dict[Edge, str], order: list[Edge], fixed: Iterable[Edge]) -> dict[Edge, str]:
    """Numbers tensors of the same name: h₁, h₂. One that has the name by its path in a module keeps it unnumbered."""
    by_name: dict[str, list[Edge]] = {}
    for source in order:
        if source in found:
            by_name.setdefault(found[source], []).append(source)
    fixed = set(fixed)
    symbols = {formula_symbol(name) for name in by_name}
    result: dict[Edge, str] = {}
    for name, sources in by_name.items():
        if len(sources) == 1:
            result[sources[0]] = name
            continue
        owners = [source for source in sources if source in fixed]
        if len(owners) == 1:
            result[owners[0]] = name
            sources = [source for source in sources if source is not owners[0]]
        fits_as_subscript = parts_of(f"{formula_symbol(name)}1")[1] == "1" and not symbols.intersection(
            f"{formula_symbol(name)}{i}" for i in range(1, len(sources) + 1)
        )
        for i, source in enumerate(sources, 1):
            result[source] = name + (subscript(i) if fits_as_subscript else f"({i})")
    return result


def _has_name(names: Names, source: Edge, uses: Mapping[Edge, Use]) -> bool:
    """Says whether the symbol of a tensor is more than the name of the operation that made it."""
    is_result = source in uses and source not in names.user_names
    return not is_result or names.formula_symbols[source] != formula_symbol(names.name(source))


def _symbols(names: Names, order: list[Edge], ends: Sequence[Edge]) -> dict[Edge, str]:
    symbols = {source: formula_symbol(names.user_names.get(source) or names.name(source)) for source in order}
    indexed = {source: _with_index_last(names.user_names[source]) for source in order if source in names.paths}
    known = Counter((*symbols.values(), *indexed.values()))
    symbols |= {source: letter for source, letter in indexed.items() if letter and known[letter] == 1}
    known = Counter(symbols.values())
    if len(ends) == 1 and set(ends[0].array.shape) <= {1}:
        end = ends[0]
        if (end not in names.user_names or names.user_names[end] == "loss") and "L" not in known:
            symbols[end] = "L"
    # Two different names can look alike, as eta and η do: then both stay as they are.
    for source in order:
        if known[symbols[source]] > 1 and source in names.user_names:
            symbols[source] = names.user_names[source]
    return symbols


def _with_index_last(path: str) -> str:
    """Returns weight₂ for ``2.weight``, which would read as a product."""
    numbers, _, name = path.rpartition(".")
    indexed = f"{name}{numbers}"
    return indexed if name.isalpha() and parts_of(indexed) == (name, numbers) else ""


def _clean(name: str) -> str:
    if name.isprintable():
        return name
    return "".join("�" if unicodedata.category(letter)[0] == "C" else letter for letter in name)
