"""Edges: data, and the use of an operation that made it."""

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

next_serial = count(1).__next__
"""Numbers results of operations, and writes into tensors, in the order in which they happen."""


class Edge:
    """Data on its way from the node that made it to the nodes that use it.

    `array` is the value, of any Array API library. `grad` is what backward passes left here: on leaves that require
    it, and where `retain_grad` asked for it.

    As an operation has one output, a node and the edge it made are one to one, and one object is both: `operation`,
    None on a leaf, made the data from `inputs`, the edges that held the arguments (None for a plain number), whose
    values are `arrays`, and from `params`. Serial numbers grow in the order of creation, so sorting by them puts
    every result behind those that it was made from. :attr:`node` shows this side by itself.

    An edge knows the edges it was made from, and nothing points back: dropping the last edge frees the graph at
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
        "hooks",
        "inputs",
        "instruction",
        "opens",
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
    # What follows is set on results of operations only.
    inputs: Sequence[Edge | None]
    arrays: Sequence[Any]
    params: dict[str, Any]
    serial: float  # whole numbers, but for steps that were made later
    scope: Scope | None
    code: CodeType
    instruction: int
    # And this where the operation prepared its way back while it went forward: see Operation's `fused`.
    back: Callable[[Any], Callable[[int], Any]]
    # And this where it stands for many steps that are made when somebody looks: makes them. See opening.py.
    opens: Callable[[], None]
    # And this where an edge has become something else: when, and what it was before, unless that is forgotten.
    earlier: tuple[float, Edge | None]
    # And this on results that require no gradient: an Origin's parts.
    origin: tuple[Any, ...]
    # And this on what shares memory with others: where it lies, and the views that were just taken of it.
    place: Any
    views: list[ref[Edge]]
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

    @property
    def node(self) -> Node | None:
        """The use of an operation that made this edge; None for a leaf."""
        return None if self.operation is None else Node(self)

    # Edges are compared by what they hold, but found in dictionaries by which one they are.
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

    The floor above calls this once: the engine makes Tensors without knowing their class.
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
    """Returns a tensor itself; a number, a list or an array as a constant leaf."""
    return value if isinstance(value, Edge) else _convert(value)  # type: ignore[return-value]
