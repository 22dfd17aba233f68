"""The whole state of a training in one safetensors file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..interop.safetensors import load_tree, save_tree
from ..ops.random import Generator, default_generator
from .errors import TrainingError

_MARK = "edgewise.training"
_VERSION = 1


def generators(loaders: Mapping[str, Any]) -> dict[str, Generator]:
    """The generators a training draws from: the default one, and those of the loaders, by name."""
    found = {"default": default_generator}
    for name, loader in loaders.items():
        generator = getattr(loader, "generator", None)
        if isinstance(generator, Generator) and all(generator is not known for known in found.values()):
            found[name] = generator
    return found


def states(found: Mapping[str, Generator]) -> dict[str, Any]:
    """Where each generator stands."""
    return {name: generator.get_state() for name, generator in found.items()}


def set_states(found: Mapping[str, Generator], given: Mapping[str, Any]) -> None:
    """Puts each generator where it stood."""
    for name, generator in found.items():
        if name in given:
            generator.set_state(given[name])


def write(path: str | os.PathLike[str], parts: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Saves the parts, such as model and optimiser, with their kinds, and the state of the loop itself."""
    tree = {
        "format": _MARK,
        "version": _VERSION,
        "kinds": {name: None if part is None else type(part).__name__ for name, part in parts.items()},
        "parts": {name: None if part is None else part.state_dict() for name, part in parts.items()},
        "loop": dict(state),
    }
    save_tree(tree, path)


def read(path: str | os.PathLike[str], parts: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the parts the states that a file holds, and returns the state of the loop.

    Raises TrainingError if the file is no checkpoint of a training, or of one with other parts.
    """
    tree = load_tree(path)
    if not isinstance(tree, Mapping) or tree.get("format") != _MARK:
        raise TrainingError(f"{os.fspath(path)} is not a checkpoint of ew.fit; load weights alone with ew.load")
    if tree["version"] != _VERSION:
        raise TrainingError(
            f"{os.fspath(path)} has the checkpoint format {tree['version']}; this Edgewise reads {_VERSION}"
        )
    for name, part in parts.items():
        kind = None if part is None else type(part).__name__
        if tree["kinds"].get(name) != kind:
            raise TrainingError(
                f"{os.fspath(path)}: the checkpoint's {name} is {tree['kinds'].get(name) or 'missing'}, this "
                f"training's is {kind or 'missing'}. Resume with what the training was begun with"
            )
    for name, part in parts.items():
        if part is not None:
            part.load_state_dict(tree["parts"][name])
    return dict(tree["loop"])
