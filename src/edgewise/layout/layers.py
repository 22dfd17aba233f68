"""Which column each box of a level stands in."""

from __future__ import annotations

EVEN, ODD, FREE, ENTRY, EXIT = range(5)

WIDELY = 24  # A source used in so many places has a line through the whole picture, wherever these places are.


def layers_of(kinds: list[int], left: list[list[int]], right: list[list[int]]) -> list[int]:
    """Returns the column of each box, counted from 0, none of them empty.

    Parameters
    ----------
    kinds:
        Of each box: ``EVEN`` and ``ODD`` boxes never share a column, ``FREE`` ones stand in either; all ``ENTRY``
        boxes stand in the first column and all ``EXIT`` boxes in the last, by themselves.
    left, right:
        For each box those that links come from and go to.
    """
    order = topological_order(kinds, left, right)
    column = [0] * len(kinds)
    for box in order:
        at = 0
        for other in left[box]:
            if kinds[other] != ENTRY and column[other] >= at:
                at = column[other] + 1
        column[box] = at + _odd_one_out(kinds[box], at)
    _pull(kinds, left, right, order, column)
    return _final_columns(kinds, order, column)


def topological_order(kinds: list[int], left: list[list[int]], right: list[list[int]]) -> list[int]:
    """Returns all boxes but entries and exits, each after those that it has links from, without boxes on cycles."""
    waiting = [0] * len(kinds)
    for box, others in enumerate(left):
        for other in others:
            if kinds[other] != ENTRY:
                waiting[box] += 1
    order = [box for box in range(len(kinds)) if not waiting[box] and kinds[box] < ENTRY]
    for box in order:
        for other in right[box]:
            waiting[other] -= 1
            if not waiting[other] and kinds[other] < ENTRY:
                order.append(other)
    return order


def _odd_one_out(kind: int, column: int) -> int:
    """Returns 1 if a box of this kind may not stand in this column, else 0."""
    return int(kind < FREE and column % 2 != kind)


def _pull(kinds: list[int], left: list[list[int]], right: list[list[int]], order: list[int], column: list[int]) -> None:
    """Moves boxes right, next to their first consumer, where this makes links shorter.

    Moved are sources, what is made from nothing but sources of its own and such as are used everywhere, and the chips
    of single uses. Without this a
    parameter of the last layer would stand in the first column, and its line would run through the whole picture.
    """
    loose = [False] * len(kinds)
    for box in order:
        loose[box] = all(
            loose[other] and (len(right[other]) == 1 or (len(right[other]) >= WIDELY and not left[other]))
            for other in left[box]
        )
        if kinds[box] == ODD and len(left[box]) == 1:
            # The chip of one use among several stands at the consumer's end: until there they are one line.
            source = left[box][0]
            loose[box] = loose[box] or kinds[source] == ENTRY or len(right[source]) > 1
    for box in reversed(order):
        if not loose[box]:
            continue
        first = min((column[other] for other in right[box] if kinds[other] != EXIT), default=None)
        if first is not None:
            column[box] = first - 1 - _odd_one_out(kinds[box], first - 1)


def _final_columns(kinds: list[int], order: list[int], column: list[int]) -> list[int]:
    used = sorted({column[box] for box in order})
    first = 1 if ENTRY in kinds else 0
    number = {at: first + index for index, at in enumerate(used)}
    last = first + len(used)
    return [
        0 if kind == ENTRY else last if kind == EXIT else number[at] for kind, at in zip(kinds, column, strict=True)
    ]
