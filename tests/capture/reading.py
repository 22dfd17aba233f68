"""Names as a snapshot has them, and code that runs as in a notebook."""

from __future__ import annotations

import linecache

import numpy as np

import edgewise as ew
from edgewise import nn, snapshot


def named(taken):
    """The user's names, in the order of the tensors."""
    return [tensor.name for tensor in taken.tensors if tensor.named]


def run(source, /, file="<cell>", **variables):
    """Runs lines as a notebook does: their text is in `linecache`, and only there."""
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace = {"ew": ew, "nn": nn, "np": np, "snapshot": snapshot, **variables}
    exec(compile(source, file, "exec"), namespace)
    return namespace
