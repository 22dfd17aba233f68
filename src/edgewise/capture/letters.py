"""Letters for results without a name, by what they are: z before an activation, h after it, V′ for a moved V."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from ..graph.edge import Edge
from ..graph.provenance import Use
from ..graph.traits import MOVES
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
    weighted = _weighted(uses)
    reserved = {parts_of(one)[0] for one in symbols.values()}
    wanted: dict[Edge, str] = {}
    for node in unnamed:
        letter = _letter(node, uses, users, weighted)
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


def _weighted(uses: Mapping[Edge, Use]) -> set[Edge]:
    """Returns the results in which weights and inputs are combined, and what only moves or adds to these.

    An activation takes one of these. A function such as exp is none where it takes anything else.
    """
    found: set[Edge] = set()
    for node, use in uses.items():
        inputs = [one for one in use.inputs if one is not None]
        is_combined = len(inputs) > 1 and any(_is_weight(one, uses) for one in inputs)
        goes_on = use.operation.traits.kind in MOVES or use.operation.traits.kind == "addition" or _takes_part(use)
        if is_combined or use.operation.traits.kind == "layer" or (goes_on and any(one in found for one in inputs)):
            found.add(node)
    return found


def _letter(node: Edge, uses: Mapping[Edge, Use], users: Mapping[Edge, list[Edge]], weighted: Collection[Edge]) -> str:
    """Returns the letter that says what a result is, or an empty text."""
    use = uses[node]
    traits = use.operation.traits
    kind, own = traits.kind, traits.letter or traits.symbols.get("y", "")
    if own:
        return own
    if kind == "activation":
        return _BY_KIND[kind] if use.inputs[0] in weighted else ""
    if kind == "probabilities":
        return _BY_KIND[kind]
    for user in users.get(node, ()):
        its_kind = uses[user].operation.traits.kind
        is_taken = its_kind in ("classification", "probabilities") or (its_kind == "activation" and node in weighted)
        if is_taken and uses[user].inputs[0] is node:
            return _BEFORE_ACTIVATION
    if not kind and any(one is not None and _is_weight(one, uses) for one in use.inputs[1:]):
        return _BY_KIND["layer"]
    return _BY_KIND.get(kind, "")


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
