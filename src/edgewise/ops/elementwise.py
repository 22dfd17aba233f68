"""How elementwise operations are declared, in the files of their families.

Each definition is the forward and one derivative per input, in the inputs' order. At kinks the derivative is
the subgradient of least norm: abs'(0) = 0, equal arguments of `maximum` share the gradient, and `clip` passes
nothing at a bound.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..graph.arrays import without_warnings
from ..graph.edge import Edge
from ..graph.errors import DTypeError
from ..graph.operation import Derivative, Forward, Operation

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def run_without_warnings(function: Callable[..., Any], *arrays: Any) -> Any:
    """Runs ``function(*arrays)`` again, after a kernel met infinity or NaN while warnings are errors.

    Entering :func:`without_warnings` takes as long as a small addition does, so the quickest kernels enter it only
    then; where warnings are no errors the filter that :func:`expect_infinities` sets keeps theirs from being shown.
    """
    with without_warnings(next(array for array in arrays if hasattr(array, "dtype"))):
        return function(*arrays)


def expect_infinities() -> None:
    """Keeps NumPy's warnings about infinities and NaN in Edgewise's own kernels from being shown."""
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"edgewise\.")


def write_in_place(function: Callable[..., Tensor], input: TensorLike, *arguments: Any, **params: Any) -> Tensor:
    """Writes ``function(input, ...)`` into the tensor `input` and returns it, as `inplace=True` of functions asks.

    Raises DTypeError if `input` is no tensor, InPlaceError if it may not be written to.
    """
    if not isinstance(input, Edge):
        name = function.__name__.lstrip("_")
        raise DTypeError(f"{name}: inplace=True writes into a tensor, and {type(input).__name__} is none")
    return input._become(function, *arguments, **params)  # type: ignore[attr-defined, no-any-return]


def elementwise(name: str, forward: Forward, *derivatives: Derivative | None, **traits: Any) -> Operation:
    """Returns an :class:`Operation` whose output elements depend only on the input elements at their place."""
    return Operation(name, forward, *derivatives, elementwise=True, **traits)
