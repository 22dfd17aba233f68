"""The class itself: a tensor, its place in the graph, and its gradient."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from ..graph import backward as engine
from ..graph.arrays import Array, describe, is_float
from ..graph.edge import Edge, next_serial, register_tensor_type, start_leaf, wrap
from ..graph.errors import DTypeError, GradientError
from ..graph.hooks import HookHandle, Hooks
from ..graph.inplace import become_leaf, clock, note_write
from ..graph.modes import thread
from ..graph.provenance import note_origin
from ..graph.seeds import zeros_of
from ..graph.views import leave_memory, separate, separate_views, share_memory
from ..graph.writing import replace_array
from ..ops import shape
from .convert import Conversions, array_from, array_of_arguments
from .display import Display
from .inplace_methods import InPlaceMethods
from .methods import Methods
from .operators import Operators


class Tensor(Operators, Methods, InPlaceMethods, Conversions, Display, Edge):
    """An array that records how it was computed.

    :func:`edgewise.tensor` makes one of values, in their own dtype. Calling the class does what PyTorch's does: it
    makes one of the default dtype (float32, see :func:`set_default_dtype`), of zeros if it is given sizes.

    Parameters
    ----------
    data:
        Sizes, as in ``Tensor(2, 3)``; or values: nested lists of numbers, an array, which is copied, or a tensor, whose
        memory is shared if it has that dtype. Nothing makes a tensor without elements.
    dtype:
        The dtype to have instead.
    requires_grad:
        Whether backward passes are to leave a gradient in `.grad`.

    Attributes
    ----------
    grad: Tensor | None
        The sum of the gradients that backward passes left here, of this tensor's shape and dtype.
    requires_grad: bool
        Whether gradients flow to this tensor.
    array:
        The NumPy array (or other library's) that holds the value.
    node:
        The use of an operation that made this tensor; None for a leaf.
    """

    __slots__ = ()

    def __init__(self, *data: Any, dtype: Any = None, requires_grad: bool = False) -> None:
        start_leaf(self, array_of_arguments(data, thread.modes.default_dtype if dtype is None else dtype))
        if requires_grad:
            self.requires_grad_()

    # In the graph ----------------------------------------------------------------------------------------------

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor."""
        return self.operation is None

    @property
    def grad_fn(self) -> Any:
        """The node that made this tensor, under PyTorch's name; None for a leaf."""
        return self.node

    @property
    def name(self) -> str | None:
        """A name for messages and pictures, if one was given."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Sets whether backward passes leave a gradient here, and returns this tensor.

        Raises
        ------
        DTypeError
            For integers and bools: they have no slope.
        GradientError
            When asked not to, for a tensor that an operation made: detach it instead.
        """
        if requires_grad and not is_float(self.array):
            raise DTypeError(
                f"a tensor of dtype {self.dtype} can't require gradients, only floating-point numbers have a slope: "
                "cast it first, as in x.float().requires_grad_()"
            )
        if not requires_grad and self.operation is not None:
            raise GradientError("a result of a recorded operation always requires gradients: use x.detach()")
        self.requires_grad = bool(requires_grad)
        if requires_grad and self.operation is None:
            separate(self)
        return self

    def detach(self) -> Tensor:
        """Returns the same values, in the same memory, as a leaf that requires no gradient."""
        result = wrap(self.array)
        if thread.modes.recording:
            note_origin(result, shape._detach, (self,), (self.array,), {}, thread.modes)
        share_memory(result, self)
        return result

    def detach_(self) -> Tensor:
        """Makes this tensor a leaf that requires no gradient, and returns it."""
        separate_views(self)
        become_leaf(self)
        return self

    @property
    def data(self) -> Tensor:
        """The values as a detached tensor in the same memory. Assign a tensor to replace them."""
        result = wrap(self.array)
        share_memory(result, self)
        return result

    @data.setter
    def data(self, value: Any) -> None:
        array = array_from(value, None, copy=False)
        if self.requires_grad and not is_float(array):
            raise DTypeError(f"this tensor requires gradients, so its data can't be {describe(array)}")
        note_write(self.array, next_serial())
        leave_memory(self)
        replace_array(self, array)
        if isinstance(value, Edge):
            share_memory(self, value)

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Sequence[Tensor] | Tensor | None = None,
    ) -> None:
        """Adds the gradient of this tensor to the `.grad` of every leaf it was computed from.

        Parameters
        ----------
        gradient:
            The gradient to start from, of this tensor's shape. A scalar starts from 1.
        retain_graph:
            Accepted for PyTorch's sake. The graph lives as long as the tensor, so backward can always be repeated.
        create_graph:
            Record the backward pass too, so that the gradients can be differentiated. `.grad` then refers to the
            graph that refers to the tensor: prefer :func:`edgewise.autograd.grad`, which makes no such cycle.
        inputs:
            The only tensors to leave a gradient on; all leaves if not given.

        Raises
        ------
        GradientError
            If nothing here requires a gradient, or the shape of `gradient` is wrong or needed and missing.
        InPlaceError
            If an array that the gradient needs was changed in place.
        """
        del retain_graph
        start = None if gradient is None else as_edge(gradient)
        chosen = None if inputs is None else [inputs] if isinstance(inputs, Tensor) else list(inputs)
        engine.backward([self], [start], inputs=chosen, create_graph=create_graph)

    def retain_grad(self) -> None:
        """Asks backward passes to add this tensor's gradient to `.grad`, as they do for leaves."""
        if not self.requires_grad:
            raise GradientError("retain_grad() of a tensor that requires no gradient: none will arrive")
        if self.operation is None or self.retains_grad:
            return
        receiver = weakref.ref(self)

        def retain(gradient: Tensor) -> None:
            tensor = receiver()
            if tensor is not None:
                tensor.grad = gradient if tensor.grad is None else tensor.grad + gradient

        self._own_hooks().retain = retain

    @property
    def retains_grad(self) -> bool:
        """Whether this is no leaf and keeps its gradient, after `retain_grad`."""
        return self.operation is not None and self.hooks is not None and self.hooks.retain is not None

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> HookHandle:
        """Calls `hook` with this tensor's gradient whenever one has been computed.

        The hook can return a gradient of the same shape that replaces it, or write into its argument (``g[0] = 0``,
        ``g.clamp_(-1, 1)``). Its operations are recorded only if the backward pass is. `remove()` of the returned
        handle removes the hook.
        """
        if not self.requires_grad:
            raise GradientError("a hook on a tensor that requires no gradient would never be called")
        return self._own_hooks().add(hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> HookHandle:
        """Calls `hook` with this leaf whenever a backward pass has added to its `.grad`.

        So an optimiser can step for each leaf by itself, and free its gradient. Raises GradientError if this is no
        leaf, or requires no gradient.
        """
        if self.operation is not None or not self.requires_grad:
            raise GradientError("only on a leaf that requires gradients does a backward pass leave one")
        return self._own_hooks().add_post_accumulate(hook)

    def _own_hooks(self) -> Hooks:
        if self.hooks is None:
            self.hooks = Hooks()
        return self.hooks

    # As an array -----------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Size along each axis."""
        return self.array.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The dtype of the elements."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.array.ndim  # type: ignore[no-any-return]

    @property
    def device(self) -> Any:
        """The device of the array, as its library names it; "cpu" for NumPy."""
        return self.array.device

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        from .. import array_api

        return array_api.of_version(api_version)


def as_edge(value: Any) -> Tensor:
    """Returns a tensor itself; a number, a list or an array as a constant leaf."""
    return value if isinstance(value, Tensor) else wrap(array_from(value, None, copy=False))


def clear_gradient(tensor: Tensor) -> None:
    """Sets a gradient to zeros in place; zeros take the place of one of a graph, or one that can't be written."""
    gradient = tensor.grad
    if gradient is None:
        return
    if gradient.operation is None and getattr(getattr(gradient.array, "flags", None), "writeable", True):
        gradient._write(0)
    else:
        tensor.grad = zeros_of(gradient)


register_tensor_type(Tensor, as_edge)
__all__ = ["Array", "Tensor", "as_edge", "clock"]
