"""Nodes: the uses of operations in a graph. The edge that a node made keeps its data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .errors import InPlaceError
from .source import line, where

if TYPE_CHECKING:
    from .edge import Edge
    from .modes import Scope
    from .operation import Operation


class Node:
    """One use of an operation: the side of an edge that says how it was made.

    Two nodes are equal if they made the same edge.
    """

    __slots__ = ("edge",)

    def __init__(self, edge: Edge) -> None:
        if hasattr(edge, "fused_run"):
            edge.fused_run.open()
        self.edge = edge

    @property
    def operation(self) -> Operation:
        """The operation that was applied."""
        operation: Operation = self.edge.operation
        return operation

    @property
    def inputs(self) -> tuple[Node | Edge | None, ...]:
        """The sources of the arguments: a node or a leaf for each, None for a plain number."""
        return tuple(
            edge if edge is None or edge.operation is None else Node(edge) for edge in recorded_inputs(self.edge)
        )

    @property
    def arrays(self) -> Sequence[Any]:
        """The values of the arguments."""
        return self.edge.arrays

    @property
    def params(self) -> dict[str, Any]:
        """The keyword parameters."""
        return self.edge.params

    @property
    def output(self) -> Any:
        """The value of the result."""
        return self.edge.array

    @property
    def serial(self) -> float:
        """A number that grows in the order of creation."""
        return self.edge.serial

    @property
    def scope(self) -> Scope | None:
        """The call of a module in which the operation was applied."""
        return self.edge.scope

    @property
    def line(self) -> tuple[str, int] | None:
        """The file and line of the user's program that applied the operation."""
        return line(self.edge)

    @property
    def where(self) -> str:
        """That line in words, for messages."""
        return where(self.edge)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and other.edge is self.edge

    def __hash__(self) -> int:
        return hash(self.edge)

    def __repr__(self) -> str:
        return f"<{self.operation.name}>"


def recorded_inputs(edge: Edge) -> Sequence[Edge | None]:
    """Returns the edges that a result was made from, as they were then: some may have become something else since.

    Raises InPlaceError if one of them was detached in place, as nothing holds its history any more.
    """
    inputs = edge.inputs
    for i, source in enumerate(inputs):
        then = source
        while then is not None and (earlier := getattr(then, "earlier", None)) is not None and earlier[0] > edge.serial:
            then = earlier[1]
            if then is None:
                operation = edge.operation
                raise InPlaceError(
                    f"{operation.name}: {operation.input_name(i)} was detached in place, by detach_(), after "
                    f"{operation.name} had used it ({where(edge)}), so no gradient finds its way through: use "
                    "x = x.detach(), or call backward() first"
                )
        if then is not source:
            edge.inputs = inputs = (*inputs[:i], then, *inputs[i + 1 :])
    return inputs
