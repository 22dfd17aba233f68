"""The walk back: each node once, newest first, contributions summed on each edge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any

from .anomaly import check_gradient
from .arrays import Array, describe, namespace, quiet, together
from .edge import Edge, next_serial
from .errors import GradientError
from .identity import copied, without_slope
from .inplace import check_unwritten, clock, note_writes
from .modes import enable_grad, no_grad, thread
from .node import settled
from .operation import wrap
from .pull import Gradients, add_to, contributions, serial_of

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .hooks import Hooks


class Record:
    """What one backward run put on the edges of the graph.

    `gradients` is the sum for each edge. `contributions` lists what the sum is made of: one entry
    ``(result, i, gradient)`` for every use of the edge, sent back by argument number `i` of the node that made
    `result`. Both hold arrays, to be read and not written, or tensors if the run recorded a graph.
    """

    def __init__(self) -> None:
        self.gradients: dict[Edge, Any] = {}
        self.contributions: dict[Edge, list[tuple[Edge, int, Any]]] = {}

    def gradient_of(self, edge: Edge) -> Any:
        """The gradient that arrived on an edge; None if none did."""
        return self.gradients.get(edge)

    def contributions_to(self, edge: Edge) -> list[tuple[Edge, int, Any]]:
        """What each use of an edge sent back: the result, which argument of its node it was, and the gradient."""
        return self.contributions.get(edge, [])


def nodes_behind(edges: Iterable[Edge], *, opened: bool = True) -> list[Edge]:
    """Every result of an operation that `edges` were computed from, and those among them, newest first.

    With `opened`, what stands for many steps is replaced by them.
    """
    nodes = [edge for edge in edges if edge.operation is not None]
    found = set(nodes)
    for node in nodes:  # grows as it goes
        if opened and hasattr(node, "opens"):
            node.opens()
        for source in node.inputs if clock.latest < node.serial else settled(node):
            if source is not None and source.operation is not None and source not in found:
                found.add(source)
                nodes.append(source)
    nodes.sort(key=serial_of, reverse=True)
    return nodes


def propagate(
    seeds: dict[Edge, Any],
    *,
    targets: Collection[Edge] | None = None,
    create_graph: bool = False,
    record: Record | None = None,
    retain: bool = True,
    hooks: bool = True,
) -> dict[Edge, Any]:
    """Sends gradients back from `seeds` and returns what arrives at the leaves, or at `targets`.

    The gradients are arrays; with `create_graph` they are tensors, recorded like any others, so that they can
    be differentiated again. Tensors that asked to retain their gradient are given it unless `retain` is false, and
    unless `hooks` is false, with which nobody is told of a gradient or may change it.
    """
    if targets is not None:
        targets = frozenset(targets)  # found by identity: tensors are compared by what they hold
    behind = nodes_behind(seeds, opened=create_graph) if create_graph or targets is not None else []
    needed = None if targets is None else _leading_to(behind, targets)
    gradients = Gradients(seeds)
    waiting = sorted((edge for edge in seeds if edge.operation is not None), key=serial_of)
    arrived: dict[Edge, Any] = {}
    anomaly = thread.modes.anomaly
    watched = create_graph or anomaly or needed is not None or record is not None
    kind: type | None = None
    xp: Any = None
    going_on = None  # the gradient of the first input of `node`, if there is no other to go on with
    while waiting or going_on is not None:
        if going_on is None:
            node = waiting.pop()
            gradient = gradients.pop(node)
        else:
            node = node.inputs[0]  # type: ignore[assignment]
            gradient = going_on
        if needed is not None and node not in needed:
            continue
        if clock.latest > node.serial:
            settled(node)
            check_unwritten(node)
        if type(gradient) is not kind:
            kind = type(gradient)
            xp = namespace(gradient)
        if node.hooks is not None and hooks:
            gradient = _after_hooks(node.hooks, gradient, create_graph, retain)
        if not watched:
            going_on = node.operation.pull(node, gradient, gradients, waiting, xp)
            continue
        if record is not None:
            record.gradients[node] = gradient
        if targets is not None and node in targets:
            arrived[node] = gradient
        arrays = as_tensors(node) if create_graph else node.arrays
        output = node if create_graph else node.array
        for i, source, part in contributions(node, gradient, output, arrays, xp, needed):
            if anomaly:
                check_gradient(node, i, _plain(gradient), _plain(part))
            if record is not None:
                record.contributions.setdefault(source, []).append((node, i, part))
            if create_graph and not part.requires_grad:
                part = _connected(node, i, part)
            add_to(gradients, waiting, source, part)
    for source, gradient in gradients.items():
        if targets is None or source in targets:
            if source.hooks is not None and hooks:
                gradient = _after_hooks(source.hooks, gradient, create_graph, retain)
            if record is not None:
                record.gradients[source] = gradient
            arrived[source] = gradient
    return arrived


def _leading_to(nodes: list[Edge], targets: Collection[Edge]) -> set[Edge]:
    """The targets and all results that have one of them behind them: the only ones worth visiting."""
    leading: set[Edge] = set(targets)
    for node in reversed(nodes):
        if node not in leading and any(source in leading for source in node.inputs if source is not None):
            leading.add(node)
    return leading


def as_tensors(node: Edge) -> list[Any]:
    """The arguments of a node as tensors that remember where they came from."""
    # A leaf may hold another array by now, if data was assigned to it.
    return [
        array if source is None else source if source.array is array else wrap(array)
        for source, array in zip(node.inputs, node.arrays, strict=True)
    ]


def _connected(node: Edge, i: int, part: Edge) -> Edge:
    """A gradient that was chosen by values, as relu's is, as a result of them: its own derivative is 0 where it exists.

    The gradients of what is linear depend on no value, and stay constants.
    """
    operation = node.operation
    if operation.linear is not None:
        return part
    if operation.reads(i, -1) or operation.reads(i, i):
        return without_slope(part, as_tensors(node)[i])
    return part


def _plain(value: Any) -> Array:
    return value.array if isinstance(value, Edge) else value


def _after_hooks(hooks: Hooks, gradient: Any, create_graph: bool, retain: bool) -> Any:
    """The gradient after its hooks: what each returned, or what it made of its argument in place."""
    for hook in hooks.lasting:
        given = _given_to_hook(gradient, create_graph)
        with nullcontext() if create_graph else no_grad():
            replaced = hook(given)
        if replaced is None:
            replaced = given
        if not isinstance(replaced, Edge) or tuple(replaced.array.shape) != tuple(gradient.shape):
            raise GradientError(
                f"a gradient hook returned {describe(_plain(replaced))}; it must return None or a tensor of the "
                f"gradient's shape {tuple(gradient.shape)}"
            )
        dtype = gradient.dtype
        gradient = copied(replaced) if create_graph else _own(replaced.array)
        if gradient.dtype != dtype:
            gradient = namespace(gradient).astype(gradient, dtype)
    if retain and hooks.retain is not None:
        hooks.retain(_given_to_hook(gradient, create_graph))
    return gradient


def _given_to_hook(gradient: Any, create_graph: bool) -> Any:
    """A copy for each hook: what a hook keeps, or changes, is no other tensor's gradient, and no `.grad`."""
    return copied(gradient) if create_graph else wrap(_own(gradient))


def _own(gradient: Any) -> Array:
    """A copy that nobody else holds."""
    return namespace(gradient).asarray(gradient, copy=True)


_deposits = Lock()


def backward(
    outputs: Sequence[Edge],
    gradients: Sequence[Edge | None],
    *,
    inputs: Sequence[Edge] | None = None,
    create_graph: bool = False,
    record: Record | None = None,
) -> None:
    """Adds the gradients of `outputs` to the `.grad` of every leaf that requires one, or of `inputs`."""
    if inputs is not None and not all(edge.requires_grad for edge in inputs):
        raise GradientError(
            "backward: one of the inputs to leave a gradient on requires none: create it with requires_grad=True "
            "before it is used"
        )
    if inputs is not None and not inputs:
        raise GradientError("backward: inputs is empty, so no gradient would be left anywhere: leave it out for all")
    seeds = seeds_for(outputs, gradients, create_graph)
    watch = thread.modes.watch
    if watch is not None:
        watch.backward_begins(outputs, gradients)
    targets = inputs
    with quiet(outputs[0].array), enable_grad() if create_graph else nullcontext():
        arrived = propagate(seeds, targets=targets, create_graph=create_graph, record=record)
        taken = memory_of(seeds.values())
        written = []
        with _deposits:
            for edge, gradient in arrived.items():
                leaf: Any = edge
                if leaf.operation is None and not leaf.requires_grad:
                    continue
                if leaf.grad is None:
                    leaf.grad = handed_out(gradient, taken, copy=record is not None)
                elif create_graph:
                    leaf.grad = leaf.grad + gradient
                elif _can_hold(leaf.grad, gradient):
                    total = leaf.grad.array
                    total += gradient
                    written.append(total)
                else:
                    leaf.grad = wrap(namespace(leaf.array).asarray(leaf.grad.array + gradient))
            if written:
                note_writes(written, next_serial())
        _call_deposited(arrived, create_graph)


def _call_deposited(leaves: Iterable[Any], create_graph: bool) -> None:
    """Calls the hooks that wait for a `.grad`, which may well change the leaf: so nothing they do is recorded."""
    for leaf in leaves:
        hooks = leaf.hooks
        if hooks is not None and hooks.deposited and leaf.operation is None:
            with nullcontext() if create_graph else no_grad():
                for hook in list(hooks.deposited.values()):
                    hook(leaf)


def memory_of(gradients: Iterable[Any]) -> set[int]:
    """Which arrays are somebody's already: for :func:`handed_out`."""
    return {id(_plain(gradient)) for gradient in gradients}


def handed_out(gradient: Any, taken: set[int], *, copy: bool = False) -> Tensor:
    """A gradient as a tensor whose memory is nobody else's: without copying, where that is certain already."""
    array = _plain(gradient)
    if not copy and _is_ours(array) and id(array) not in taken:
        taken.add(id(array))
        return gradient if isinstance(gradient, Edge) else wrap(array)  # type: ignore[return-value]
    return copied(gradient) if isinstance(gradient, Edge) else wrap(_own(array))


def zeros_of(edge: Edge) -> Tensor:
    """A constant tensor of zeros, of an edge's shape and dtype."""
    return wrap(namespace(edge.array).zeros_like(edge.array))


def _can_hold(total: Edge, gradient: Any) -> bool:
    """Whether a gradient can be added into the memory of the `.grad` that is there: who holds that sees the sum."""
    array: Any = total.array
    flags = getattr(array, "flags", None)
    return (
        total.operation is None
        and getattr(flags, "writeable", False)
        and hasattr(array, "base")
        and array.dtype == gradient.dtype
        and array.shape == gradient.shape
    )


def _is_ours(gradient: Any) -> bool:
    """Whether an array owns its memory and may be written, so that it can become a `.grad` without a copy."""
    flags = getattr(gradient, "flags", None)
    return getattr(flags, "owndata", False) and getattr(flags, "writeable", False) and hasattr(gradient, "base")


def seeds_for(outputs: Sequence[Edge], gradients: Sequence[Edge | None], create_graph: bool = False) -> dict[Edge, Any]:
    """The gradient to start from on each output: the one given, or 1 for a scalar."""
    if len(outputs) != len(gradients):
        raise GradientError(f"{len(outputs)} outputs but {len(gradients)} gradients: give one for each, or None")
    seeds: dict[Edge, Any] = {}
    for output, given in zip(outputs, gradients, strict=True):
        array = output.array
        if not output.requires_grad:
            raise GradientError(
                f"this tensor, {describe(array)}, does not require a gradient: nothing it was computed from does, or "
                "it was computed under no_grad() or detached. Create the parameters with requires_grad=True"
            )
        if given is None:
            if tuple(array.shape) not in ((), (1,) * array.ndim):
                raise GradientError(
                    f"a tensor of shape {tuple(array.shape)} needs the gradient to start from, as only a scalar's "
                    f"can be taken to be 1: call .sum() or .mean() first, or pass a gradient of that shape"
                )
            xp = namespace(array)
            seed: Any = xp.ones_like(array)
            if create_graph:
                seed = wrap(seed)
        else:
            if given.operation is None and type(given.array) is not type(array):
                given = wrap(together((array, given.array))[1])
            seed = given if create_graph else given.array
            if tuple(seed.shape) != tuple(array.shape):
                raise GradientError(
                    f"the gradient to start from has shape {tuple(seed.shape)}; the tensor's is {tuple(array.shape)}"
                )
            if seed.dtype != array.dtype:
                seed = namespace(seed).astype(seed, array.dtype)
        seeds[output] = seed if output not in seeds else seeds[output] + seed
    return seeds
