"""Letters for results without a name, by what they are: z before an activation, h after it, V′ for a moved V."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ..graph.edge import Edge
from ..graph.provenance import Use
from ..graph.traits import ACTIVATIONS, MOVES
from ..printers.formula.names import HAT, parts_of

_BY_KIND: Mapping[str, str] = {"layer": "z", "activation": "h", "probabilities": "p", "matrix product": "u"}
"""The letter of a result, by the kind of the operation that made it. Arithmetic has none: it can be anything."""

_BEFORE_ACTIVATION = "z"
_PART = "v"

_MOST_PRIMES = 3


def letters_by_role(uses: Mapping[Edge, Use], symbols: Mapping[Edge, str]) -> dict[Edge, str]:
    """Returns symbols for results without one; none for those of which only the operation is known.

    `uses` are in the order of the forward pass. `symbols` are those of tensors with a name. Their letters are given to
    no other tensor, except with a prime: what only moves the numbers of V, or is only moved to become V, is V′.
    """
    unnamed = [node for node in uses if node not in symbols]
    users = _users(uses)
    reserved = {parts_of(one)[0] for one in symbols.values()}
    wanted: dict[Edge, str] = {}
    for node in unnamed:
        letter = _letter(node, uses, users)
        if letter and letter not in reserved:
            wanted[node] = letter
    found = _numbered(wanted)
    _add_primes(found, symbols, unnamed, uses, users)
    parts = {node: _PART for node in unnamed if node not in found and _takes_part(uses[node])}
    return found if _PART in reserved else found | _numbered(parts)


def _users(uses: Mapping[Edge, Use]) -> dict[Edge, list[Edge]]:
    users: dict[Edge, list[Edge]] = {}
    for node, use in uses.items():
        for source in use.inputs:
            if source is not None:
                users.setdefault(source, []).append(node)
    return users


def _letter(node: Edge, uses: Mapping[Edge, Use], users: Mapping[Edge, list[Edge]]) -> str:
    """Returns the letter that says what a result is, or an empty text."""
    traits = uses[node].operation.traits
    if traits.kind in ACTIVATIONS:
        return _BY_KIND[traits.kind]
    for user in users.get(node, ()):
        kind = uses[user].operation.traits.kind
        if (kind in ACTIVATIONS or kind == "classification") and uses[user].inputs[0] is node:
            return _BEFORE_ACTIVATION
    if not traits.kind and any(one is not None and _is_weight(one, uses) for one in uses[node].inputs[1:]):
        return _BY_KIND["layer"]
    return _BY_KIND.get(traits.kind, "")


def _is_weight(edge: Edge, uses: Mapping[Edge, Use]) -> bool:
    """Says whether a tensor is a leaf that is learnt."""
    return edge not in uses and edge.requires_grad


def _numbered(letters: Mapping[Edge, str]) -> dict[Edge, str]:
    """Numbers tensors of one letter."""
    totals = Counter(letters.values())
    so_far: Counter[str] = Counter()
    found = {}
    for node, letter in letters.items():
        so_far[letter] += 1
        found[node] = f"{letter}{so_far[letter]}" if totals[letter] > 1 else letter
    return found


def _add_primes(
    found: dict[Edge, str],
    symbols: Mapping[Edge, str],
    unnamed: Iterable[Edge],
    uses: Mapping[Edge, Use],
    users: Mapping[Edge, list[Edge]],
) -> None:
    """Adds a symbol with a prime for each moved tensor whose neighbour has a letter."""
    order = [node for node in unnamed if node not in found]
    taken = {*symbols.values(), *found.values()}

    def symbol(edge: Edge | None) -> str:
        return "" if edge is None else found.get(edge) or symbols.get(edge, "")

    def add(node: Edge, neighbour: str) -> None:
        letter, number = parts_of(neighbour)
        letter = letter.rstrip("′")
        if len(letter.rstrip(HAT)) != 1:
            return
        primed = [f"{letter}{'′' * count}{number}" for count in range(1, _MOST_PRIMES + 1)]
        new = next((one for one in primed if one not in taken), "")
        if new:
            found[node] = new
            taken.add(new)

    for node in reversed(order):
        used = users.get(node, ())
        if len(used) == 1 and uses[used[0]].operation.traits.kind in MOVES and symbol(used[0]):
            add(node, symbol(used[0]))
    for node in order:
        use = uses[node]
        if node not in found and use.operation.traits.kind in MOVES and symbol(use.inputs[0]):
            add(node, symbol(use.inputs[0]))


def _takes_part(use: Use) -> bool:
    """Says whether an operation takes a part of its input, as in x[key]."""
    return "key" in use.operation.traits.roles.values()
