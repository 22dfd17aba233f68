"""The whole state of a training in one safetensors file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

from ..graph.arguments import short_repr
from ..interop.safetensors import load_tree, save_tree, warn_of_name
from ..ops.random import Generator, default_generator
from .errors import TrainingError
from .settings import Settings, differences, group_settings

_MARK = "edgewise.training"
_VERSION = 2


def check_place(path: Any) -> None:
    """Raises unless a checkpoint can be saved there: before the training, not after its first epoch."""
    if isinstance(path, (bool, bytes)) or not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise TypeError(f"fit: checkpoint must be the path of a file, not {short_repr(path)}")
    name = os.fspath(path)
    warn_of_name(name, 5)
    if os.path.isdir(name):
        raise TrainingError(f"fit: checkpoint {name} is a folder: name a file in it, such as run.safetensors")
    folder = os.path.dirname(os.path.realpath(name))
    if not os.path.isdir(folder):
        raise TrainingError(f"fit: can't save the checkpoint {name}: there is no folder {folder}; make it first")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise TrainingError(
            f"fit: can't save the checkpoint {name}: {folder} can't be written to ({error.strerror or error})"
        ) from error


def generators(loaders: Mapping[str, Any]) -> dict[str, Generator]:
    """Returns the generators a training draws from: the default one, and those of the loaders, by name."""
    found = {"default": default_generator}
    for name, loader in loaders.items():
        generator = getattr(loader, "generator", None)
        if isinstance(generator, Generator) and all(generator is not known for known in found.values()):
            found[name] = generator
    return found


def states(found: Mapping[str, Generator]) -> dict[str, Any]:
    """Returns the state of each generator."""
    return {name: generator.get_state() for name, generator in found.items()}


def set_states(found: Mapping[str, Generator], given: Mapping[str, Any]) -> None:
    """Restores the state of each generator."""
    for name, generator in found.items():
        if name in given:
            generator.set_state(given[name])


def write(path: str | os.PathLike[str], parts: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Saves the parts, such as model and optimiser, with their kinds, and the state of the loop itself."""
    tree = {
        "format": _MARK,
        "version": _VERSION,
        "kinds": _kinds(parts),
        "parts": {name: None if part is None else part.state_dict() for name, part in parts.items()},
        "loop": dict(state),
    }
    save_tree(tree, path)


def read(path: str | os.PathLike[str], parts: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Loads the states of a file into the parts, and returns the state of the loop.

    Raises TrainingError if the file is no checkpoint of a training, or of one with other parts or settings. The parts
    stay as they are then.
    """
    tree = load_tree(path)
    if not isinstance(tree, Mapping) or tree.get("format") != _MARK:
        raise TrainingError(f"{os.fspath(path)} is not a checkpoint of ew.fit; load weights alone with ew.load")
    if tree["version"] != _VERSION:
        raise TrainingError(
            f"{os.fspath(path)} has the checkpoint format {tree['version']}; this Edgewise reads {_VERSION}"
        )
    # After an interrupt in this process, the optimiser still has the hyperparameters from then.
    left = group_settings(tree["parts"]["optimizer"]["param_groups"], parts["schedule"] is not None)
    as_left = {name: value for name, value in left.items() if settings.get(name) == value}
    differing = differences({**tree["kinds"], **tree["loop"]["settings"], **as_left}, {**_kinds(parts), **settings})
    if differing:
        raise TrainingError(
            f"{os.fspath(path)} is of a training with other settings, so the numbers would differ:"
            + "".join(f"\n  {line}" for line in differing)
            + "\nResume with the settings that the training began with. Or start another one with its weights: "
            f"model.load_state_dict(ew.load({os.fspath(path)!r})['parts']['model']), and fit without resume"
        )
    for name, part in parts.items():
        if part is not None:
            part.load_state_dict(tree["parts"][name])
    return dict(tree["loop"])


def _kinds(parts: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: None if part is None else type(part).__name__ for name, part in parts.items()}
