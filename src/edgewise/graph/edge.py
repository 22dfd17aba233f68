"""The bare tensor: an edge of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .operation import Node


class Edge:
    """Data on its way from the node that made it to the nodes that use it.

    `array` is the value, of any Array API library. `node` made it; a leaf has none. `grad` is what
    backward passes left here: on leaves that require it, and where `retain_grad` asked for it.

    An edge knows its node, a node knows the edges it used, and nothing points back: dropping the last
    edge frees the graph at once, without the garbage collector.
    """

    __slots__ = ("__weakref__", "_hooks", "_name", "array", "grad", "node", "requires_grad")

    array: Any
    grad: Tensor | None
    node: Node | None
    requires_grad: bool

    # Edges are compared by what they hold, but found in dictionaries by which one they are.
    __hash__ = object.__hash__
