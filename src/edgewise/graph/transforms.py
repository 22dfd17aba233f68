"""Transforms of functions: gradients, products with Jacobians, and whole Jacobians, to any order.

Each runs its function on new edges, so the `.grad` of the arguments stays as it is. Arguments are tensors, arrays and
floats, and tuples, lists and dictionaries of them. Results are constants in their own memory, unless they are to be
differentiated again: inside another transform, or where the function uses tensors that require gradients. Then they are
part of that graph, so transforms nest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from operator import index
from typing import TYPE_CHECKING, Any

from .arguments import short_repr
from .arrays import describe, is_float, namespace, without_warnings
from .backward import nodes_newest_first, propagate
from .edge import Edge, edge_of, wrap
from .errors import DTypeError, GradientError, ShapeError
from .forward_mode import propagate_forward
from .identity import alias_op, clone_op
from .leaves import as_leaf_gradient, shared_ids
from .modes import derivative_scope, enable_grad, thread
from .seeds import seeds_for, zeros_of
from .trees import leaves, map_leaves, unflatten

if TYPE_CHECKING:
    from ..tensor import Tensor

Argnums = int | Sequence[int]


def grad(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """Returns the function that computes the gradient of `f`, whose result must be a scalar.

    Parameters
    ----------
    f:
        A function of tensors, or of nests of them.
    argnums:
        The number of the positional argument to differentiate by. Several give a tuple of gradients.
    has_aux:
        Whether `f` returns ``(scalar, anything)``. The new function then returns ``(gradient, anything)``.

    Returns
    -------
    A function of the same arguments. Each gradient is nested and shaped as its argument is. It is zero if the result
    does not depend on the argument.

    Raises
    ------
    GradientError
        When called, if the result of `f` is not one scalar.
    DTypeError
        When called, if an argument holds integers or bools.

    Examples
    --------
    >>> import edgewise as ew
    >>> ew.grad(lambda x: x**3)(2.0)
    tensor(12.)
    >>> ew.grad(ew.grad(lambda x: x**3))(2.0)
    tensor(12.)
    """
    argnums = _check_arguments("grad", f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        _, gradients, aux = _value_and_grad("grad", f, args, kwargs, argnums, has_aux)
        return (gradients, aux) if has_aux else gradients

    return gradient


def _gradient(name: str, f: Callable[..., Any], argnums: Argnums) -> Callable[..., Any]:
    """Returns the gradient function of `f`, with errors in the name of the transform `name`."""
    return lambda *args, **kwargs: _value_and_grad(name, f, args, kwargs, argnums, has_aux=False)[1]


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """Returns the function that computes ``(value, gradient)`` of `f` in one run: see :func:`grad`.

    With `has_aux`, it returns ``((value, aux), gradient)``.
    """
    argnums = _check_arguments("value_and_grad", f, argnums)

    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients, aux = _value_and_grad("value_and_grad", f, args, kwargs, argnums, has_aux)
        return ((value, aux) if has_aux else value), gradients

    return value_and_gradient


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Returns ``(y, pullback)``: the value of ``f(*primals)``, and the transpose of its derivative there.

    ``pullback(g)`` turns the gradient of `y`, nested and shaped as `y` is, into the tuple of the gradients of the
    primals: vᵀ·J. It can be called any number of times. With `has_aux`, `f` returns ``(y, anything)``, and the
    result is ``(y, pullback, anything)``.
    """
    _check_arguments("vjp", f)
    run = _Run("vjp", f, primals, {}, range(len(primals)), has_aux)

    def pullback(gradient: Any) -> tuple[Any, ...]:
        gradients = _matching_leaves("vjp", "gradient", gradient, run.output, run.outputs)
        return tuple(run.nest_like_arguments(run.pull_back(gradients)))

    value = run.value()
    return (value, pullback, run.aux) if has_aux else (value, pullback)


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False) -> Any:
    """Returns ``(y, tangent)``: the value of ``f(*primals)``, and its derivative along `tangents`: J·v.

    `tangents` is nested and shaped as `primals` is. With `has_aux`, `f` returns ``(y, anything)``, and the result
    is ``(y, tangent, anything)``.

    Examples
    --------
    >>> import edgewise as ew
    >>> ew.jvp(lambda x: x**2, (ew.tensor([1.0, 2.0]),), (ew.tensor([1.0, 10.0]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    _check_arguments("jvp", f)
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("jvp: primals and tangents are tuples with one entry per argument of the function")
    run = _Run("jvp", f, tuple(primals), {}, range(len(primals)), has_aux)
    input_tangents = _matching_leaves("jvp", "tangents", tuple(tangents), tuple(primals), run.inputs)
    output_tangents = unflatten(run.output, iter(run.push_forward(input_tangents)))
    return (run.value(), output_tangents, run.aux) if has_aux else (run.value(), output_tangents)


def jacobian(f: Callable[..., Any], argnums: Argnums = 0, *, mode: str | None = None) -> Callable[..., Any]:
    """Returns the function that computes the Jacobian of `f`, each output element's derivative by each input element.

    For an output of shape S and an argument of shape T, it has shape S + T. Nests of outputs hold nests of
    arguments. `mode` is ``"reverse"``, one backward pass per output element, ``"forward"``, one forward-mode pass per
    input element, or None for the cheaper of the two. The function itself runs once.
    """
    argnums = _check_arguments("jacobian", f, argnums)
    if mode not in (None, "reverse", "forward"):
        raise ValueError(f"jacobian: mode is {mode!r}; it must be 'reverse', 'forward' or None for the cheaper one")

    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        run = _Run("jacobian", f, args, kwargs, _numbers(argnums), has_aux=False)
        inputs = sum(math.prod(edge.array.shape) for edge in run.inputs)
        outputs = sum(math.prod(edge.array.shape) for edge in run.outputs)
        # Forward mode may have to transpose derivatives, which takes about three backward passes.
        forward = mode == "forward" or (mode is None and 3 * inputs < outputs)
        blocks = _columns(run) if forward else _rows(run)
        nested = [run.nest_like_arguments(row) for row in blocks]
        return unflatten(run.output, iter([row[0] if isinstance(argnums, int) else tuple(row) for row in nested]))

    return jacobian_of_f


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Returns the function that computes the Hessian of `f`, whose result must be a scalar."""
    argnums = _check_arguments("hessian", f, argnums)
    return jacobian(_gradient("hessian", f, argnums), argnums)


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Returns the Hessian of the scalar function `f` at `primals` times `tangents`, without making the Hessian.

    The result is a tuple with one product for each primal, or the product itself for one primal.
    """
    _check_arguments("hvp", f)
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("hvp: primals and tangents are tuples with one entry per argument of the function")
    argnums = range(len(primals))
    run = _Run("hvp", _gradient("hvp", f, argnums), tuple(primals), {}, argnums, has_aux=False)
    vectors = _matching_leaves("hvp", "tangents", tuple(tangents), tuple(primals), run.inputs)
    # The Hessian is symmetric, so a backward pass through the gradient multiplies by it.
    products = run.nest_like_arguments(run.pull_back(vectors))
    return products[0] if len(products) == 1 else tuple(products)


class _Run:
    """One recorded run of a function on new edges."""

    def __init__(
        self,
        name: str,
        f: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        argnums: Sequence[int],
        has_aux: bool,
    ) -> None:
        self.name = name
        self.recording_outside = thread.modes.recording
        self.inputs: list[Tensor] = []
        passed = list(args)
        for number in argnums:
            if not -len(passed) <= number < len(passed):
                raise TypeError(
                    f"{name}: there is no positional argument {number} to differentiate by; {len(passed)} were passed"
                )
            found = list(leaves(passed[number]))
            fresh = [self._fresh(f"argument {number}{path}", leaf) for path, leaf in found]
            self.inputs += fresh
            passed[number] = unflatten(passed[number], iter(fresh))
        self.arguments = [passed[number] for number in argnums]
        with enable_grad():
            result = f(*passed, **kwargs)
            if has_aux and not (isinstance(result, tuple) and len(result) == 2):
                raise GradientError(f"{name}: with has_aux, the function returns (result, anything); not {result!r}")
            output, aux = result if has_aux else (result, None)
            for _, leaf in leaves(output):
                if not isinstance(leaf, Edge):
                    raise GradientError(
                        f"{name}: the function returned {leaf!r}, which is no tensor, so no gradient can flow from it: "
                        "item(), float() and numpy() cut it off"
                    )
            self.output = output
        self.outputs: list[Tensor] = [leaf for _, leaf in leaves(self.output)]
        beside = [leaf for _, leaf in leaves(aux) if isinstance(leaf, Edge)]
        self.attached = self.recording_outside and self._depends_on_others([*self.outputs, *beside])
        self.aux = aux if self.attached else map_leaves(_detach, aux)

    def _fresh(self, place: str, value: Any) -> Tensor:
        edge = edge_of(value)
        if not is_float(edge.array):
            raise DTypeError(
                f"{self.name}: {place} is {describe(edge.array)}, and only floating-point numbers have a slope: "
                "pass floats (2.0, x.float()), or leave it out of argnums"
            )
        if self.recording_outside and edge.requires_grad:
            return alias_op(edge)
        leaf = wrap(edge.array)
        leaf.requires_grad = True
        return leaf

    def _depends_on_others(self, edges: Sequence[Edge]) -> bool:
        """Returns whether gradients flow from `edges` to leaves that this run did not make."""
        own = set(self.inputs)
        found = list(edges)
        for node in nodes_newest_first(edges):
            found += [source for source in node.inputs if source is not None]
        return any(edge.operation is None and edge.requires_grad and edge not in own for edge in found)

    def value(self) -> Any:
        """Returns the output: part of the graph outside the run, or constants in their own memory."""
        return self.output if self.attached else map_leaves(lambda edge: clone_op(edge.detach()), self.output)

    def nest_like_arguments(self, values: Sequence[Any]) -> list[Any]:
        """Returns the values, one for each input, nested as the arguments are."""
        rest = iter(values)
        return [unflatten(argument, rest) for argument in self.arguments]

    def _keeps_graph(self, edges: Sequence[Edge]) -> bool:
        return thread.modes.recording and (self.attached or any(edge.requires_grad for edge in edges))

    def pull_back(self, gradients: Sequence[Tensor]) -> list[Tensor]:
        """Returns the gradients of the inputs from those of the outputs."""
        create_graph = self._keeps_graph(gradients)
        pairs = [(o, g) for o, g in zip(self.outputs, gradients, strict=True) if o.requires_grad]
        if not pairs:
            return [zeros_of(edge) for edge in self.inputs]
        with without_warnings(pairs[0][0].array), enable_grad() if create_graph else nullcontext():
            seeds = seeds_for([o for o, _ in pairs], [g for _, g in pairs], create_graph)
            with derivative_scope(self.outputs, self.inputs, create_graph=create_graph):
                arrived = propagate(seeds, targets=self.inputs, create_graph=create_graph)
            shared = shared_ids(seeds.values())
            return [
                as_leaf_gradient(arrived[edge], shared) if edge in arrived else zeros_of(edge) for edge in self.inputs
            ]

    def push_forward(self, tangents: Sequence[Tensor]) -> list[Tensor]:
        """Returns the tangents of the outputs from those of the inputs."""
        create_graph = self._keeps_graph(tangents)
        seeds: dict[Edge, Any] = {
            edge: tangent if create_graph else tangent.array
            for edge, tangent in zip(self.inputs, tangents, strict=True)
        }
        with enable_grad() if create_graph else nullcontext():
            with derivative_scope(self.outputs, self.inputs, create_graph=create_graph):
                output_tangents = propagate_forward(self.outputs, seeds, create_graph=create_graph)
            shared = shared_ids(seeds.values())
            return [
                zeros_of(edge) if tangent is None else as_leaf_gradient(tangent, shared)
                for edge, tangent in zip(self.outputs, output_tangents, strict=True)
            ]


def _value_and_grad(
    name: str, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], argnums: Argnums, has_aux: bool
) -> tuple[Any, Any, Any]:
    run = _Run(name, f, args, kwargs, _numbers(argnums), has_aux)
    if not isinstance(run.output, Edge) or run.output.array.ndim != 0:
        returned = describe(run.output.array) if isinstance(run.output, Edge) else repr(run.output)
        if isinstance(run.output, Edge):
            hint = "use .sum(), or jacobian for the derivative of every element"
        elif isinstance(run.output, tuple):
            hint = "with has_aux=True it may return (scalar, anything); jacobian differentiates every output"
        else:
            hint = "return the number that is to be differentiated"
        raise GradientError(f"{name}: the function must return one scalar, of shape (), not {returned}: {hint}")
    gradients = run.nest_like_arguments(run.pull_back([wrap(namespace(run.output.array).ones_like(run.output.array))]))
    return run.value(), (gradients[0] if isinstance(argnums, int) else tuple(gradients)), run.aux


def _check_arguments(name: str, f: Any, argnums: Any = 0) -> Argnums:
    """Returns `argnums` as integers. Raises TypeError if they are none, or if `f` is no function."""
    if not callable(f):
        raise TypeError(
            f"{name} takes the function to differentiate, and {short_repr(f)} is none: where a tensor has been "
            "computed already, its gradients come from edgewise.autograd.grad"
        )
    try:
        if isinstance(argnums, (tuple, list, range)):
            return tuple(index(_no_tensor(number)) for number in argnums)
        return index(_no_tensor(argnums))
    except TypeError:
        raise TypeError(
            f"{name}: argnums must be the number of the argument to differentiate by, or a tuple of such numbers, not "
            f"{short_repr(argnums)}; the arguments themselves go to what it returns, as in {name}(f)(x)"
        ) from None


def _no_tensor(number: Any) -> Any:
    if isinstance(number, Edge):
        raise TypeError
    return number


def _numbers(argnums: Argnums) -> Sequence[int]:
    return (argnums,) if isinstance(argnums, int) else tuple(argnums)


def _detach(leaf: Any) -> Any:
    return wrap(leaf.array) if isinstance(leaf, Edge) and leaf.requires_grad else leaf


def _matching_leaves(name: str, what: str, tree: Any, model: Any, edges: Sequence[Edge]) -> list[Tensor]:
    """Returns the leaves of `tree`. Raises ShapeError unless it is nested as `model` and shaped as `edges`."""
    found, expected = list(leaves(tree)), list(leaves(model))
    if [path for path, _ in found] != [path for path, _ in expected]:
        raise ShapeError(
            f"{name}: {what} must be nested as {_outline(model)} is, but {_outline(tree)} was given: "
            "one tensor for each tensor"
        )
    result = []
    for (path, leaf), edge in zip(found, edges, strict=True):
        tensor, array = edge_of(leaf), edge.array
        if tuple(tensor.array.shape) != tuple(array.shape):
            raise ShapeError(
                f"{name}: {what}{path} has shape {tuple(tensor.array.shape)}; it must have {tuple(array.shape)}"
            )
        result.append(tensor if tensor.array.dtype == array.dtype else tensor.to(array.dtype))
    return result


def _outline(tree: Any) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key!r}: {_outline(item)}" for key, item in tree.items()) + "}"
    if isinstance(tree, (tuple, list)):
        inside = ", ".join(_outline(item) for item in tree)
        return f"[{inside}]" if isinstance(tree, list) else f"({inside},)" if len(tree) == 1 else f"({inside})"
    return "None" if tree is None else "tensor"


def _rows(run: _Run) -> list[list[Tensor]]:
    """Returns for each output its Jacobian by each input, from one backward pass per output element."""
    blocks = []
    for k, output in enumerate(run.outputs):
        shape = tuple(output.array.shape)
        zeros = [zeros_of(edge) for edge in run.outputs]
        rows = [run.pull_back([*zeros[:k], unit, *zeros[k + 1 :]]) for unit in _units(output)]
        blocks.append(
            [
                _stack([row[i] for row in rows], edge, 0, shape + tuple(edge.array.shape))
                for i, edge in enumerate(run.inputs)
            ]
        )
    return blocks


def _columns(run: _Run) -> list[list[Tensor]]:
    """Returns for each output its Jacobian by each input, from one forward-mode pass per input element."""
    blocks: list[list[Tensor]] = [[] for _ in run.outputs]
    for i, edge in enumerate(run.inputs):
        zeros = [zeros_of(other) for other in run.inputs]
        columns = [run.push_forward([*zeros[:i], unit, *zeros[i + 1 :]]) for unit in _units(edge)]
        for k, output in enumerate(run.outputs):
            shape = tuple(output.array.shape) + tuple(edge.array.shape)
            blocks[k].append(_stack([column[k] for column in columns], output, -1, shape))
    return blocks


def _units(edge: Edge) -> list[Tensor]:
    """Returns the tensors with one element 1 and the others 0, in order."""
    array = edge.array
    xp = namespace(array)
    numbers = xp.arange(math.prod(array.shape))
    return [wrap(xp.reshape(xp.astype(numbers == k, array.dtype), tuple(array.shape))) for k in range(numbers.shape[0])]


def _stack(parts: Sequence[Tensor], like: Edge, axis: int, shape: tuple[int, ...]) -> Tensor:
    if not parts:
        return wrap(namespace(like.array).zeros(shape, dtype=like.array.dtype))
    attached = any(part.requires_grad for part in parts)
    values: list[Any] = list(parts) if attached else [part.array for part in parts]
    xp = namespace(values[0])
    stacked = xp.reshape(xp.stack(values, axis=axis), shape)
    return stacked if attached else wrap(stacked)
