"""The bare tensor: an edge of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arrays import describe
from .errors import GradientError

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

    __slots__ = ("__weakref__", "_grad", "_hooks", "_name", "array", "node", "requires_grad")

    array: Any
    node: Node | None
    requires_grad: bool
    _grad: Tensor | None

    @property
    def grad(self) -> Tensor | None:
        """What backward passes left here; None if nothing.

        Setting it raises GradientError for anything but None or a tensor of this one's shape and dtype.
        """
        return self._grad

    @grad.setter
    def grad(self, gradient: Tensor | None) -> None:
        if gradient is not None:
            given = getattr(gradient, "array", None)
            if given is None or given.shape != self.array.shape or given.dtype != self.array.dtype:
                shown = repr(gradient) if given is None else describe(given)
                raise GradientError(
                    f"the gradient of a tensor {describe(self.array)} must be a tensor of that dtype and shape, or "
                    f"None, not {shown}"
                )
        self._grad = gradient

    # Edges are compared by what they hold, but found in dictionaries by which one they are.
    __hash__ = object.__hash__
