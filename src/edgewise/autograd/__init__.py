"""Automatic differentiation under the names of ``torch.autograd``.

An :class:`edgewise.Operation` replaces a subclass of ``torch.autograd.Function``: a forward and its derivatives, from
which gradients of every order, forward mode and the pictures follow.

The functions of functions (``grad`` of a function, ``vjp``, ``jvp``, ``jacobian``, ``hessian``) are at the top of
:mod:`edgewise`; :mod:`edgewise.autograd.functional` has them in PyTorch's older form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..graph import backward as _engine
from ..graph.arrays import describe, without_warnings
from ..graph.backward import Record as Record
from ..graph.check import gradcheck as gradcheck
from ..graph.check import gradgradcheck as gradgradcheck
from ..graph.edge import Edge, edge_of
from ..graph.errors import GradcheckError as GradcheckError
from ..graph.errors import GradientError
from ..graph.leaves import as_leaf_gradient, shared_ids
from ..graph.modes import derivative_scope, thread
from ..graph.modes import detect_anomaly as detect_anomaly
from ..graph.modes import enable_grad as enable_grad
from ..graph.modes import inference_mode as inference_mode
from ..graph.modes import is_anomaly_enabled as is_anomaly_enabled
from ..graph.modes import is_grad_enabled as is_grad_enabled
from ..graph.modes import no_grad as no_grad
from ..graph.modes import set_detect_anomaly as set_detect_anomaly
from ..graph.modes import set_grad_enabled as set_grad_enabled
from ..graph.seeds import seeds_for, zeros_of
from . import functional as functional

if TYPE_CHECKING:
    from ..tensor import Tensor

    Tensors: TypeAlias = Tensor | Sequence[Tensor]
    Starts: TypeAlias = Tensor | Sequence[Tensor | None] | None


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Starts = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Returns the gradients of the sum of `outputs` with respect to each of `inputs`; no `.grad` is written.

    Parameters
    ----------
    outputs, inputs:
        A tensor or a sequence of them. An input can be a leaf or an intermediate tensor.
    grad_outputs:
        The gradient to start from on each output; 1 for a scalar where None.
    retain_graph:
        Accepted for PyTorch's sake. The graph lives as long as its outputs.
    create_graph:
        Record the computation of the gradients, so that they can be differentiated again. Without it they are plain
        tensors with memory of their own.
    allow_unused:
        Give None for an input that the outputs don't depend on, instead of raising GradientError.
    materialize_grads:
        Give zeros for such an input.

    Returns
    -------
    A tuple with one gradient, of its input's shape and dtype, for each input.

    Raises
    ------
    GradientError
        If an input requires no gradient, or is not used and neither `allow_unused` nor `materialize_grads` is given;
        if an output requires none, or is no scalar and has no gradient to start from.
    """
    del retain_graph
    if not only_inputs:
        raise ValueError("grad: only_inputs=False is not supported, as in PyTorch: use edgewise.autograd.backward")
    if is_grads_batched:
        raise ValueError("grad: is_grads_batched is not supported: call grad once for each gradient, or use vjp")
    if materialize_grads and allow_unused is False:
        raise ValueError("grad: materialize_grads fills in zeros for unused inputs, so allow_unused can't be False")
    ends, starts = _ends_and_starts("grad", "outputs", outputs, grad_outputs)
    leaves = _sequence("grad", "inputs", inputs)
    for i, edge in enumerate(leaves):
        if not edge.requires_grad:
            raise GradientError(
                f"grad: {_describe_input(i, edge)} requires no gradient, so none was recorded for it: "
                "create it with requires_grad=True before computing the outputs"
            )
    seeds = seeds_for(ends, starts, create_graph)
    for observer in thread.modes.observers:
        observer.backward_begins(ends, starts, deposits=False)
    with without_warnings(ends[0].array), set_grad_enabled(create_graph or is_grad_enabled()):
        with derivative_scope(ends, leaves, create_graph=create_graph):
            arrived = _engine.propagate(seeds, targets=leaves, create_graph=create_graph)
        taken = shared_ids(seeds.values())
        results: list[Tensor | None] = []
        for i, edge in enumerate(leaves):
            if edge in arrived:
                results.append(as_leaf_gradient(arrived[edge], taken))
            elif materialize_grads:
                results.append(zeros_of(edge))
            elif allow_unused:
                results.append(None)
            else:
                raise GradientError(
                    f"grad: {_describe_input(i, edge)} was not used in computing the outputs. If that is meant, pass "
                    "allow_unused=True to get None for it, or materialize_grads=True to get zeros"
                )
    return tuple(results)


def backward(
    tensors: Tensors,
    grad_tensors: Starts = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:
    """Adds the gradients of the sum of `tensors` to the `.grad` of every leaf in their graph, or of `inputs` alone.

    `grad_tensors` are the gradients to start from: see :func:`grad` and :meth:`edgewise.Tensor.backward`.
    """
    del retain_graph
    ends, starts = _ends_and_starts("backward", "tensors", tensors, grad_tensors)
    chosen = None if inputs is None else _sequence("backward", "inputs", inputs)
    _engine.backward(ends, starts, inputs=chosen, create_graph=create_graph)


def trace(tensors: Tensors, grad_tensors: Starts = None, *, create_graph: bool = False) -> Record:
    """Runs backward and returns everything it put on the graph's edges, writing no `.grad`.

    For every edge the record has each contribution, by the node and the argument that sent it, and their sum.

    Examples
    --------
    >>> import edgewise as ew
    >>> x = ew.tensor(3.0, requires_grad=True)
    >>> record = ew.autograd.trace(x * x + x)
    >>> [(node.operation.name, float(part)) for node, i, part in record.contributions_to(x)]
    [('add', 1.0), ('mul', 3.0), ('mul', 3.0)]
    >>> float(record.gradient_of(x))
    7.0
    """
    ends, starts = _ends_and_starts("trace", "tensors", tensors, grad_tensors)
    record = Record()
    with without_warnings(ends[0].array), set_grad_enabled(create_graph or is_grad_enabled()):
        seeds = seeds_for(ends, starts, create_graph)
        _engine.propagate(seeds, create_graph=create_graph, record=record, retain=False)
    return record


def _ends_and_starts(
    name: str, what: str, outputs: Tensors, gradients: Starts
) -> tuple[list[Tensor], list[Tensor | None]]:
    ends = _sequence(name, what, outputs)
    if not ends:
        raise GradientError(f"{name}: {what} is empty: there is nothing to start from")
    if gradients is None:
        return ends, [None] * len(ends)
    given: list[Any] = [gradients] if _single(gradients) else list(gradients)
    return ends, [None if start is None else edge_of(start) for start in given]


def _sequence(name: str, what: str, tensors: Any) -> list[Tensor]:
    found = [tensors] if _single(tensors) else list(tensors)
    for i, tensor in enumerate(found):
        if not isinstance(tensor, Edge):
            raise TypeError(f"{name}: {what}[{i}] is a {type(tensor).__qualname__}; it must be a tensor")
    return found


def _single(value: Any) -> bool:
    """Returns whether this is one tensor or array, and not a sequence of them."""
    return hasattr(value, "shape") or isinstance(value, (int, float))


def _describe_input(i: int, edge: Tensor) -> str:
    name = f" ({edge.name})" if edge.name else ""
    return f"inputs[{i}]{name}, {describe(edge.array)},"
