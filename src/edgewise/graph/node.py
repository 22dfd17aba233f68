"""Nodes: the uses of operations that a graph is made of."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import count
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeAlias

from .arrays import Array
from .edge import Edge
from .hooks import Hooks
from .modes import Modes, Scope
from .source import library_files, line_of

if TYPE_CHECKING:
    from .operation import Operation

Source: TypeAlias = "Node | Edge"
"""What a gradient belongs to: the node that made the data, or the leaf that holds it."""

next_serial = count(1).__next__
"""Numbers nodes, and writes into tensors, in the order in which they happen."""


class Node:
    """One use of an operation.

    `inputs` says where each argument came from: the node that made it, the leaf tensor that held it, or None
    for a plain number. `arrays` are the arguments' values, `output` the result's. Serial numbers grow in the
    order of creation, so sorting by them puts every node behind those that it used.
    """

    __slots__ = (
        "arrays",
        "code",
        "hooks",
        "inputs",
        "instruction",
        "operation",
        "output",
        "params",
        "scope",
        "serial",
    )

    operation: Operation
    inputs: Sequence[Source | None]
    arrays: Sequence[Any]
    params: dict[str, Any]
    output: Array
    serial: int
    scope: Scope | None
    code: CodeType
    instruction: int
    hooks: Hooks | None

    requires_grad = True

    @property
    def line(self) -> tuple[str, int] | None:
        """File and line of the user's program that made this node."""
        return line_of(self.code, self.instruction)

    @property
    def where(self) -> str:
        """The line in words, for messages."""
        line = self.line
        return "recorded at an unknown line" if line is None else f"recorded at {line[0]}:{line[1]}"

    def __repr__(self) -> str:
        return f"<{self.operation.name}>"


_new = object.__new__


def record(
    operation: Operation,
    inputs: Sequence[Source | None],
    arrays: Sequence[Any],
    params: dict[str, Any],
    output: Array,
    modes: Modes,
) -> Node:
    """A node for a use of an operation by the nearest caller outside the library."""
    node = _new(Node)
    node.operation = operation
    node.inputs = inputs
    node.arrays = arrays
    node.params = params
    node.output = output
    node.serial = next_serial()
    node.scope = modes.scope
    node.hooks = None
    # Code and instruction rather than the frame, which would keep the caller's variables alive, or the line
    # number, which is slow to find and rarely asked for.
    frame = sys._getframe(2)
    code = frame.f_code
    while code.co_filename in library_files and frame.f_back is not None:
        frame = frame.f_back
        code = frame.f_code
    node.code = code
    node.instruction = frame.f_lasti
    return node
