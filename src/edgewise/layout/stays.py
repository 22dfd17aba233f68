"""Groups that paths leave and enter again, taken apart into stays.

A group placed as one box must come wholly before or after what else there is on a path. A module that is used twice
need not: then each of its uses becomes a stay of its own, with its own frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .geometry import Group, Item, LayoutError, Link


class Stay(NamedTuple):
    """A group, or a part of it, within the stay of index `around`."""

    group: int
    around: int | None


Key = tuple[int, ...]  # What an item belongs to at some depth: (-1, item) or (group, first number, second number).


def whole_groups(items: Sequence[Item], groups: Sequence[Group]) -> tuple[list[Stay], list[int | None]]:
    """Each group as one stay, and the stay of each item."""
    return [Stay(index, group.parent) for index, group in enumerate(groups)], [item.group for item in items]


def parted_groups(
    items: Sequence[Item], links: Sequence[Link], groups: Sequence[Group]
) -> tuple[list[Stay], list[int | None]]:
    """Groups in as many stays as needed, outer ones first, and the stay of each item."""
    sources: list[list[int]] = [[] for _ in items]
    targets: list[list[int]] = [[] for _ in items]
    for link in links:
        sources[link.target].append(link.source)
        targets[link.source].append(link.target)
    order = _sequence(sources, targets)
    paths = [_path(groups, item.group) for item in items]
    stays: list[Stay] = []
    homes: list[int | None] = [None] * len(items)
    waiting: list[tuple[int | None, int, list[int]]] = [(None, 0, order)]
    for stay, depth, members in waiting:
        keys: dict[int, Key] = {
            item: (paths[item][depth], 0, 0) if depth < len(paths[item]) else (-1, item) for item in members
        }
        core = _core(keys, sources)
        if core:
            _entrances(keys, core, members, sources, targets)
            core = _core(keys, sources)
        if core:
            _borders(keys, core, members, sources)
        parts: dict[Key, list[int]] = {}
        for item in members:
            if keys[item][0] < 0:
                homes[item] = stay
            else:
                parts.setdefault(keys[item], []).append(item)
        for key, part in parts.items():
            waiting.append((len(stays), depth + 1, part))
            stays.append(Stay(key[0], stay))
    return stays, homes


def _path(groups: Sequence[Group], group: int | None) -> list[int]:
    path: list[int] = []
    while group is not None:
        path.append(group)
        group = groups[group].parent
    return path[::-1]


def _sequence(sources: list[list[int]], targets: list[list[int]]) -> list[int]:
    waiting = [len(others) for others in sources]
    order = [item for item, count in enumerate(waiting) if not count]
    for item in order:
        for target in targets[item]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    if len(order) < len(sources):
        item = next(item for item, count in enumerate(waiting) if count)
        walk = [item]
        while walk.index(walk[-1]) == len(walk) - 1:
            walk.append(next(source for source in sources[walk[-1]] if waiting[source]))
        cycle = walk[walk.index(walk[-1]) :][::-1]
        shown = [str(item) for item in (cycle if len(cycle) < 12 else [*cycle[:10], "...", cycle[-1]])]
        raise LayoutError(f"links form a cycle: items {' -> '.join(shown)}")
    return order


def _core(keys: dict[int, Key], sources: list[list[int]]) -> dict[Key, None]:
    """The keys on or between cycles: what remains when beginnings and ends are taken away again and again."""
    after: dict[Key, list[Key]] = {key: [] for key in keys.values()}
    before: dict[Key, list[Key]] = {key: [] for key in keys.values()}
    for item, key in keys.items():
        for source in sources[item]:
            if keys.get(source, key) != key:
                after[keys[source]].append(key)
                before[key].append(keys[source])
    core = dict.fromkeys(after)
    for here, there in ((before, after), (after, before)):
        waiting = {key: sum(other in core for other in here[key]) for key in core}
        free = [key for key, count in waiting.items() if not count]
        for key in free:
            del core[key]
            for other in there[key]:
                if other in core:
                    waiting[other] -= 1
                    if not waiting[other]:
                        free.append(other)
    return core


def _entrances(
    keys: dict[int, Key],
    core: dict[Key, None],
    members: list[int],
    sources: list[list[int]],
    targets: list[list[int]],
) -> None:
    """Number the items of each group by how often a path to them has entered it."""
    for key in core:
        if key[0] < 0:
            continue
        count = dict.fromkeys(members, 0)
        for item in members:
            inside = keys[item] == key
            most = int(inside)
            for source in sources[item]:
                if source in count:
                    most = max(most, count[source] + (inside and keys[source] != key))
            count[item] = most
        for item in reversed(members):  # What only later stays use goes with these.
            if keys[item] == key and targets[item] and all(keys.get(target) == key for target in targets[item]):
                count[item] = min(count[target] for target in targets[item])
        for item in members:
            if keys[item] == key:
                keys[item] = (key[0], count[item], 0)


def _borders(
    keys: dict[int, Key],
    core: dict[Key, None],
    members: list[int],
    sources: list[list[int]],
) -> None:
    """Number the items of groups by how many borders a path to them has crossed: this leaves no cycle."""
    count: dict[int, int] = {}
    for item in members:
        count[item] = max(
            (count[source] + (keys[source] != keys[item]) for source in sources[item] if source in count), default=0
        )
    for item in members:
        if keys[item] in core and keys[item][0] >= 0:
            keys[item] = (keys[item][0], keys[item][1], count[item] + 1)
