"""The functions of ``torch.autograd.functional``, with its argument order and results.

They take the function and a tensor or a tuple of them at once. The transforms at the top of :mod:`edgewise` return
functions instead, take nests of tensors, and nest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from ..graph import transforms
from ..graph.arrays import namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import GradientError
from ..graph.seeds import zeros_of
from ..graph.trees import map_leaves

if TYPE_CHECKING:
    from ..tensor import Tensor

    Function: TypeAlias = Callable[..., Any]
    Tensors: TypeAlias = Tensor | tuple[Tensor, ...]


def vjp(func: Function, inputs: Tensors, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Returns ``(func(*inputs), vᵀ·J)``. `v` is nested as the result is; a scalar needs none."""
    output, pullback = transforms.vjp(func, *_tuple(inputs, create_graph))
    products = pullback(_ones("vjp", output) if v is None else v)
    return _detach_result(output, create_graph), _like(inputs, _detach_result(products, create_graph))


def jvp(func: Function, inputs: Tensors, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Returns ``(func(*inputs), J·v)``. `v` is nested as `inputs` is; a single number needs none."""
    primals = _tuple(inputs, create_graph)
    if v is None and len(primals) != 1:
        raise GradientError("jvp: v may only be left out for one input of one element; pass a tangent for each input")
    tangents = (_ones("jvp", primals[0]),) if v is None else _tuple(v, create_graph)
    output, moved = transforms.jvp(func, primals, tangents)
    return _detach_result(output, create_graph), _detach_result(moved, create_graph)


def jacobian(func: Function, inputs: Tensors, create_graph: bool = False, strategy: str = "reverse-mode") -> Any:
    """Returns the Jacobian of `func` at `inputs`: nested by outputs, then, for a tuple of inputs, by inputs."""
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f"jacobian: strategy is {strategy!r}; it must be 'reverse-mode' or 'forward-mode'")
    primals = _tuple(inputs, create_graph)
    argnums = range(len(primals)) if isinstance(inputs, tuple) else 0
    mode = strategy.removesuffix("-mode")
    return _detach_result(transforms.jacobian(func, argnums, mode=mode)(*primals), create_graph)


def hessian(func: Function, inputs: Tensors, create_graph: bool = False) -> Any:
    """Returns the Hessian of the scalar function `func` at `inputs`; a tuple of tuples for a tuple of inputs."""
    primals = _tuple(inputs, create_graph)
    argnums = range(len(primals)) if isinstance(inputs, tuple) else 0
    return _detach_result(transforms.hessian(_scalar(func), argnums)(*primals), create_graph)


def hvp(func: Function, inputs: Tensors, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Returns ``(func(*inputs), H·v)``: the Hessian of a scalar function times a vector, without making the Hessian."""
    primals = _tuple(inputs, create_graph)
    if v is None and len(primals) != 1:
        raise GradientError("hvp: v may only be left out for one input of one element; pass a vector for each input")
    vectors = (_ones("hvp", primals[0]),) if v is None else _tuple(v, create_graph)
    f = _scalar(func)
    gradient_and_value = transforms.value_and_grad(f, range(len(primals)))
    (output, _), pullback = transforms.vjp(gradient_and_value, *primals)
    products = pullback((zeros_of(output), tuple(vectors)))
    return _detach_result(output, create_graph), _like(inputs, _detach_result(products, create_graph))


def vhp(func: Function, inputs: Tensors, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Returns ``(func(*inputs), vᵀ·H)``, which is `hvp`, as Hessians are symmetric."""
    return hvp(func, inputs, v, create_graph)


def _tuple(inputs: Any, attached: bool) -> tuple[Any, ...]:
    given = inputs if isinstance(inputs, tuple) else tuple(inputs) if isinstance(inputs, list) else (inputs,)
    return given if attached else map_leaves(lambda leaf: edge_of(leaf).detach(), given)


def _like(inputs: Any, products: tuple[Any, ...]) -> Any:
    return products if isinstance(inputs, (tuple, list)) else products[0]


def _detach_result(result: Any, create_graph: bool) -> Any:
    """Returns the result, detached unless `create_graph` is true."""
    return result if create_graph else map_leaves(lambda tensor: tensor.detach(), result)


def _ones(name: str, value: Any) -> Any:
    tensor = edge_of(value)
    if any(size != 1 for size in tensor.array.shape):
        raise GradientError(
            f"{name}: v may only be left out for a single element, and the shape is {tuple(tensor.array.shape)}"
        )
    return wrap(namespace(tensor.array).ones_like(tensor.array))


def _scalar(func: Function) -> Function:
    """Returns a result as a scalar. PyTorch takes any result of one element as one."""

    def scalar(*args: Any) -> Any:
        output = edge_of(func(*args))
        one = output.array.ndim > 0 and all(size == 1 for size in output.array.shape)
        return output[(0,) * output.array.ndim] if one else output

    return scalar
