"""The settings of a training that affect its numbers and can be compared."""

from __future__ import annotations

from typing import Any

from ..data.loader import DataLoader
from ..graph.arguments import short_repr
from .batches import batch_count

Settings = dict[str, Any]
"""Plain values by names that errors show."""


def data_settings(what: str, loader: Any) -> Settings:
    """Returns the sizes of data and of its batches."""
    if loader is None:
        return {what: None}
    if not isinstance(loader, DataLoader):
        return {what: "given", f"{what}, batches": batch_count(loader)}
    return {
        what: "given",
        f"{what}, items": len(loader.dataset),
        f"{what}, batch_size": loader.batch_size,
        f"{what}, shuffle": loader.shuffle,
        f"{what}, drop_last": loader.drop_last,
        f"{what}, generator": "the default" if loader.generator is None else "its own",
    }


def group_settings(groups: list[dict[str, Any]], scheduled: bool) -> Settings:
    """Returns the hyperparameters of each group; where a schedule sets the rates, those that it starts from."""
    found: Settings = {}
    for i, group in enumerate(groups):
        of = f" of group {i}" if len(groups) > 1 else ""
        for name, value in group.items():
            if name == "params":
                found[f"optimizer, parameters{of}"] = len(value)
            elif name not in ("name", "initial_lr"):
                start = group.get("initial_lr", value) if scheduled and name == "lr" else value
                found[f"optimizer, {name}{of}"] = _plain(start)
    return found


def differences(saved: Settings, given: Settings) -> list[str]:
    """Returns the settings that differ, each with both values; other kinds of data or parts without values."""
    names = [name for name in {**saved, **given} if saved.get(name) != given.get(name)]
    return [
        f"{name}: {_text(saved.get(name))} in the checkpoint, {_text(given.get(name))} now"
        for name in names
        if name.split(",")[0] == name or name.split(",")[0] not in names
    ]


def _plain(value: Any) -> Any:
    """Returns a number of any library as a file would return it."""
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value.item() if hasattr(value, "item") else value


def _text(value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else short_repr(value)
