"""Edges are data, nodes are operations.

A forward pass fills the edges with values, a backward pass fills the same edges with gradients. An operation has one
output, so an edge and the node that made it are one to one, and one object holds both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from types import CodeType
from typing import TYPE_CHECKING, Any

from .arrays import Array, describe
from .errors import DTypeError, GradientError
from .node import Node

if TYPE_CHECKING:
    from weakref import ref

    from ..tensor import Tensor
    from .hooks import Hooks
    from .modes import Scope
    from .opening import FusedRun

next_serial = count(1).__next__
"""Numbers the results of operations, and the writes into tensors, in the order in which they happen."""


class Edge:
    """Data on its way from the node that made it to the nodes that use it.

    `array` is the value, of any Array API library. `grad` is the gradient that backward passes left here: on leaves
    that require it, and where `retain_grad` asked for it.

    `operation` made the data; a leaf has None. `inputs` are the edges that held its arguments, None for a plain
    number; `arrays` are their values, and `params` its keyword parameters. :attr:`node` shows these by themselves.
    Serial numbers grow in the order of creation, so a result comes after its inputs when edges are sorted by them.

    An edge refers to the edges it was made from, and none refers back. So dropping the last edge frees the graph at
    once, without the garbage collector.
    """

    __slots__ = (
        "__weakref__",
        "_grad",
        "_name",
        "array",
        "arrays",
        "back",
        "code",
        "earlier",
        "fused_run",
        "hooks",
        "inputs",
        "instruction",
        "operation",
        "origin",
        "params",
        "place",
        "requires_grad",
        "scope",
        "serial",
        "views",
    )

    array: Any
    requires_grad: bool
    hooks: Hooks | None
    operation: Any  # an Operation; None on a leaf
    # Set on results of operations only.
    inputs: Sequence[Edge | None]
    arrays: Sequence[Any]
    params: dict[str, Any]
    serial: float  # a whole number, except for steps that were made later: see opening.py
    scope: Scope | None
    code: CodeType
    instruction: int
    # Set where the forward prepared the backward: see Operation's `fused`.
    back: Callable[[Any], Callable[[int], Any]]
    # Set on results of a fused run, which stand for many steps: see opening.py.
    fused_run: FusedRun
    # Set where an edge became something else: when, and what it was before, or None once that is gone.
    earlier: tuple[float, Edge | None]
    # Set on results that require no gradient: the fields of an Origin.
    origin: tuple[Any, ...]
    # Set where memory is shared: where the edge lies in it, and the views that were taken of the edge.
    place: Any
    views: list[ref[Edge]]
    _grad: Tensor | None

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes left here; None if they left none.

        Setting it raises GradientError for anything but None or a tensor of this one's shape and dtype.
        """
        return self._grad

    @grad.setter
    def grad(self, gradient: Tensor | None) -> None:
        if gradient is not None:
            array = getattr(gradient, "array", None)
            if array is None or array.shape != self.array.shape or array.dtype != self.array.dtype:
                found = repr(gradient) if array is None else describe(array)
                raise GradientError(
                    f"the gradient of a tensor {describe(self.array)} must be a tensor of that dtype and shape, or "
                    f"None, not {found}"
                )
        self._grad = gradient

    @property
    def node(self) -> Node | None:
        """The use of an operation that made this edge; None for a leaf."""
        return None if self.operation is None else Node(self)

    # Tensors compare by value, so dictionaries must find them by identity.
    __hash__ = object.__hash__


def start_leaf(edge: Edge, array: Any) -> None:
    """Makes a new edge a leaf that requires no gradient."""
    edge.array = array
    edge._grad = None
    edge.requires_grad = False
    edge.operation = None
    edge.hooks = None


_tensor: type[Any] = Edge


def _no_tensors(value: Any) -> Any:
    raise DTypeError(f"no tensor type has been registered to hold {value!r}")


_convert: Callable[[Any], Any] = _no_tensors


def register_tensor_type(tensor: type[Any], convert: Callable[[Any], Any]) -> None:
    """Sets the class of the edges that operations make, and the function that converts lists and numbers to it.

    The floor above calls this once, so the engine makes Tensors without importing their class.
    """
    global _tensor, _convert
    _tensor, _convert = tensor, convert


def new_edge() -> Any:
    """Returns an edge of the registered class with nothing set."""
    return object.__new__(_tensor)


def wrap(array: Array) -> Tensor:
    """Returns a tensor around an array, as a leaf that requires no gradient."""
    leaf: Any = new_edge()
    start_leaf(leaf, array)
    return leaf  # type: ignore[no-any-return]


def edge_of(value: Any) -> Tensor:
    """Returns a tensor itself, or a constant leaf for a number, a list or an array."""
    return value if isinstance(value, Edge) else _convert(value)  # type: ignore[return-value]
