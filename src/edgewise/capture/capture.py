"""Taking a snapshot: the backward is run again from what the graph holds, and everything is copied."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any

import numpy as np

from ..graph.arrays import describe, describe_key, namespace, quiet
from ..graph.backward import Record, propagate
from ..graph.edge import Edge
from ..graph.errors import GradientError, InPlaceError
from ..graph.inplace import clock, last_write
from ..graph.modes import FUNCTION, Scope, thread
from ..graph.operation import Operation, edge_of
from ..graph.provenance import NOTHING_MADE, Made, Use, uses_behind
from ..graph.seeds import seeds_for
from ..graph.source import where
from ..printers.figures import MINUS
from ..printers.formula.numerals import numeral
from ..system.gc_paused import gc_paused
from .failure import failure_of
from .formulas import Used, Writer
from .lines import place_of
from .names import Names, letter_of, names_of
from .preparation import prepared_inputs
from .snapshot import Argument, EdgeRecord, Kind, NodeRecord, ScopeRecord, Snapshot, TensorRecord
from .summary import Numbers, dtype_name, numpy_copy
from .update_rules import Stepped
from .variables import user_frame


@dataclass(frozen=True)
class Taken:
    """A snapshot, and the number that each tensor of the program has in it.

    `stepped` has by the number of a parameter how an optimiser changed it then, if that was watched. `leaves` has what
    leaves held, by their numbers, for who needs more than the samples that a snapshot comes to have of large arrays.
    `prepared` are the results of operations among them that the graph itself takes for leaves, with how they were made.
    """

    snapshot: Snapshot
    numbers: dict[Edge, int]
    stepped: dict[int, Stepped] = field(default_factory=dict)
    leaves: dict[int, np.ndarray[Any, Any]] = field(default_factory=dict)
    prepared: Mapping[Edge, Made] = field(default_factory=dict)

    def with_leaves(self) -> Taken:
        """The same, with what the leaves held."""
        values = ((tensor.id, tensor.value.kept) for tensor in self.snapshot.tensors if tensor.node is None)
        return replace(self, leaves={id: array for id, array in values if array is not None})


def take(outputs: Sequence[Any], gradients: Any = None, frame: FrameType | None = None) -> Taken:
    """What :func:`snapshot` does, for who then has to find a tensor again.

    Names are looked for in the variables of `frame` and those that called it, without it in the user's nearest frame.
    """
    ends = _checked(outputs)
    seeds = seeds_for(ends, _starts(ends, gradients))
    frame = user_frame() if frame is None else frame
    with gc_paused():
        uses, leaves, names, prepared = _named(ends, frame)
        _check_unwritten(uses, names)
        _warn_of_hooks([*leaves, *uses], names)
        record = Record()
        with quiet(ends[0].array), _undisturbed():
            own = {source: namespace(seed).asarray(seed, copy=True) for source, seed in seeds.items()}
            propagate(own, record=record, hooks=False)
        taking = _Taking(uses, leaves, ends, names, record)
        return Taken(taking.snapshot(), taking.tensor_ids, prepared=prepared)


def snapshot_until(error: BaseException, since: int = 0) -> Snapshot | None:
    """What a program computed after a moment until an error stopped it, without gradients; None if that is nothing.

    The operation that failed is the last node.
    """
    failure = failure_of(error, since)
    if failure is None:
        return None
    with gc_paused():
        uses, leaves, names, _ = _named(failure.ends, failure.frame, failure.failed)
        taking = _Taking(uses, leaves, failure.ends, names, Record())
        taken = taking.snapshot()
    for i, node in enumerate(uses):
        if node in failure.failed:
            record = taken.nodes[i]
            record.failure, record.write = failure.says, lambda: None
    if failure.failed:
        taken.until = f"{taken.nodes[-1].label} failed: {failure.says}"
    elif isinstance(error, KeyboardInterrupt):
        taken.until = "it was stopped"
    else:
        taken.until = "it ended" if isinstance(error, SystemExit) else f"{type(error).__name__}: {failure.says}"
    return taken


def _named(
    ends: Sequence[Edge], frame: FrameType | None, made: Mapping[Edge, Made] = NOTHING_MADE
) -> tuple[dict[Edge, Use], dict[Edge, Any], Names, dict[Edge, Made]]:
    """The uses of operations behind some tensors, the leaves, their names, and which leaves were prepared and how."""
    uses = uses_behind(ends, made)
    leaves = _leaves(uses, ends)
    names = names_of(uses, leaves, ends, frame)
    prepared = prepared_inputs(uses, leaves, names)
    if prepared:
        uses = uses_behind(ends, {**made, **prepared})
        leaves = _leaves(uses, ends)
        names = names_of(uses, leaves, ends, frame)
    return uses, leaves, names, prepared


def _checked(outputs: Sequence[Any]) -> list[Any]:
    if not outputs:
        raise GradientError("snapshot: give the tensor to take it of, such as the loss")
    for output in outputs:
        if not isinstance(output, Edge):
            raise TypeError(
                f"snapshot: takes tensors, such as the loss before .item(), not a {type(output).__qualname__}"
            )
    return list(outputs)


def _starts(ends: Sequence[Any], gradients: Any) -> list[Any]:
    if gradients is None:
        return [None] * len(ends)
    given = [gradients] if len(ends) == 1 and not _is_sequence_of_one(gradients) else list(gradients)
    return [None if start is None else edge_of(start) for start in given]


def _is_sequence_of_one(gradients: Any) -> bool:
    return (
        isinstance(gradients, (list, tuple))
        and len(gradients) == 1
        and (gradients[0] is None or hasattr(gradients[0], "shape"))
    )


def _leaves(uses: Mapping[Edge, Use], ends: Sequence[Edge]) -> dict[Edge, Any]:
    """The leaves and the arrays that they held when they were used, in the order of first use."""
    leaves: dict[Edge, Any] = {}
    for use in uses.values():
        for source, array in zip(use.inputs, use.arrays, strict=True):
            if source is not None and source not in uses and source not in leaves:
                leaves[source] = array
    for end in ends:
        if end not in uses:
            leaves.setdefault(end, end.array)
    return leaves


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the search for NaN, which a snapshot is to show."""
    modes = thread.modes
    anomaly, modes.anomaly = modes.anomaly, False
    try:
        yield
    finally:
        modes.anomaly = anomaly


def _check_unwritten(uses: Mapping[Edge, Use], names: Names) -> None:
    for node, use in uses.items():
        if clock.latest <= use.serial:
            return
        held = [*zip(use.inputs, use.arrays, strict=True), (node, node.array)]
        for source, array in held:
            if source is None:
                continue
            serial, line = last_write(array)
            if serial > use.serial:
                used = "the result of" if source is node else "used by"
                raise InPlaceError(
                    f"snapshot: {names.name(source)}, {describe(array)}, {used} {names.label(node)} "
                    f"({where(use)}), was overwritten since, at {line}, so the graph can't be shown as it was. "
                    "Take it before optimiser.step(), or put the whole step into `with ew.watch():`"
                )


def _warn_of_hooks(edges: Sequence[Edge], names: Names) -> None:
    hooked = [names.name(edge) for edge in edges if _is_hooked(edge)]
    if hooked:
        shown = ", ".join(hooked[:3]) + (f" and {len(hooked) - 3} more" if len(hooked) > 3 else "")
        warnings.warn(
            f"hooks of {shown} are not called for a picture: the gradients that it shows are those without them",
            stacklevel=2,
        )


def _is_hooked(edge: Edge) -> bool:
    return edge.hooks is not None and bool(edge.hooks.hooks)


class _Taking:
    """Copies a graph, piece by piece."""

    def __init__(
        self,
        uses: Mapping[Edge, Use],
        leaves: dict[Edge, Any],
        ends: Sequence[Edge],
        names: Names,
        record: Record,
    ) -> None:
        self.uses, self.leaves, self.ends, self.names = uses, leaves, ends, names
        self.gradients = record.gradients
        self.parts = {(node, i): part for sent in record.contributions.values() for node, i, part in sent}
        self.tensors: list[TensorRecord] = []
        self.edges: list[EdgeRecord] = []
        self.scopes: list[ScopeRecord] = []
        self.tensor_ids: dict[Edge, int] = {}
        self.scope_ids: dict[int, int] = {}
        self.carried: list[list[int]] = []
        self.kept: dict[int, Numbers] = {}
        self.writer = Writer()

    def snapshot(self) -> Snapshot:
        records = [self._node(i, node) for i, node in enumerate(self.uses)]
        for end in self.ends:
            if end not in self.tensor_ids:
                self._leaf(end, None)
        for tensor, edges in zip(self.tensors, self.carried, strict=True):
            tensor.edges = tuple(edges)
        outputs = tuple(self.tensor_ids[end] for end in self.ends)
        loss = self.tensors[outputs[0]]
        found = Snapshot(records, self.tensors, self.edges, self.scopes, outputs)
        if found.objective.definition:
            self.writer.loss = letter_of(found.objective.symbol)
        else:
            self.writer.loss = self.names.letters[self.ends[0]]
            if loss.shape == ():
                self.writer.end = loss.id
        return found

    def _node(self, id: int, node: Edge) -> NodeRecord:
        use = self.uses[node]
        scope = self._scope(use.scope)
        arguments = tuple(self._argument(id, node, use, i) for i in range(len(use.inputs)))
        output = self._add(node, "intermediate", node.array, id, scope)
        operation = use.operation
        given = tuple(self.edges[argument.edge].tensor if argument.edge is not None else None for argument in arguments)
        self.writer.uses.append(Used(operation, tuple(map(_kind, use.arrays)), given, use.params, output))
        return NodeRecord(
            id=id,
            operation=operation.name,
            number=self.names.numbers[node],
            label=self.names.label(node),
            scope=scope,
            line=place_of(use.code, use.instruction).line,
            arguments=arguments,
            params={name: _text(value, operation.traits.roles.get(name)) for name, value in use.params.items()},
            output=output,
            kind=operation.traits.kind,
            write=self.writer.forward_of(id),
        )

    def _argument(self, id: int, node: Edge, use: Use, i: int) -> Argument:
        source, value = use.inputs[i], use.arrays[i]
        if source is None:
            return Argument(number=value)
        tensor = self.tensor_ids.get(source)
        if tensor is None:
            tensor = self._leaf(source, use.scope)
        part = self.parts.get((node, i))
        edge = EdgeRecord(
            id=len(self.edges),
            tensor=tensor,
            node=id,
            argument=i,
            argument_name=use.operation.input_name(i),
        )
        if part is not None and source in self.gradients:
            edge.contribution = self._numbers(part)
            if value.shape != node.array.shape:
                edge.summed = summed_axes(use.operation, tuple(value.shape), node)
            edge.write = self.writer.derivative_of(id, i)
        self.edges.append(edge)
        self.carried[tensor].append(edge.id)
        return Argument(edge=edge.id)

    def _leaf(self, leaf: Edge, scope: Scope | None) -> int:
        named = leaf in self.names.given
        wanted = leaf.requires_grad
        kind: Kind = "parameter" if wanted else "input" if named else "constant"
        # What has a name, but not from a module, comes from outside.
        inside = not named or leaf in self.names.paths
        while scope is not None and scope.kind == FUNCTION:  # a function is given its arguments from around it
            scope = scope.parent
        return self._add(leaf, kind, self.leaves[leaf], None, self._scope(scope) if inside else None)

    def _add(self, source: Edge, kind: Kind, array: Any, node: int | None, scope: int | None) -> int:
        id = self.tensor_ids[source] = len(self.tensors)
        gradient = self.gradients.get(source)
        value = numpy_copy(array)
        letter = self.names.letters[source]
        named = source in self.names.given
        self.tensors.append(
            TensorRecord(
                id=id,
                name=self.names.name(source),
                named=named,
                symbol=self.names.symbol(source),
                kind=kind,
                shape=value.shape,
                dtype=dtype_name(value.dtype),
                node=node,
                scope=scope,
                value=Numbers(value),
                gradient=None if gradient is None else self._numbers(gradient),
                hooked=_is_hooked(source),
            )
        )
        self.carried.append([])
        constant = value.item() if kind == "constant" and value.ndim == 0 else None
        self.writer.add_tensor(letter, node if not named else None, constant)
        return id

    def _numbers(self, gradient: Any) -> Numbers:
        """Gradients that are one array, as what a sum passes on to its terms, are kept once."""
        numbers = self.kept.get(id(gradient))
        if numbers is None:
            numbers = self.kept[id(gradient)] = Numbers(
                gradient if isinstance(gradient, np.ndarray) else numpy_copy(gradient)
            )
        return numbers

    def _scope(self, scope: Scope | None) -> int | None:
        if scope is None:
            return None
        known = self.scope_ids.get(id(scope))
        if known is not None:
            return known
        chain = []
        inner: Scope | None = scope
        while inner is not None and id(inner) not in self.scope_ids:
            chain.append(inner)
            inner = inner.parent
        for one in reversed(chain):
            number = len(self.scopes)
            self.scopes.append(self._scope_record(number, one))
            self.scope_ids[id(one)] = number
        return self.scope_ids[id(scope)]

    def _scope_record(self, number: int, scope: Scope) -> ScopeRecord:
        """A call of a module. One that is not part of another one is called by its variable, if there are several."""
        name, parent = scope.name, None if scope.parent is None else self.scope_ids[id(scope.parent)]
        own = None if name or scope.module is None else self.names.prefixes.get(id(scope.module()))
        if own is not None:
            return ScopeRecord(number, own, own, scope.kind, parent)
        above = "" if parent is None else self.scopes[parent].path
        return ScopeRecord(number, name, ".".join(filter(None, (above, name))), scope.kind, parent)


def summed_axes(operation: Operation, shape: tuple[int, ...], node: Edge) -> tuple[int, ...]:
    """The axes of a node's output along which an argument of a shape was repeated, and its gradient summed.

    Of matrices only the leading axes are repeated. Where the argument was laid into a part of the output, its axes
    are not the output's, and none are named.
    """
    if not operation.broadcasts or operation.linear == "jointly":
        return ()
    wide = tuple(node.array.shape)
    if not operation.elementwise and len(node.inputs) > 1:
        most = max(array.ndim for array in node.arrays if hasattr(array, "ndim"))
        shape, wide = shape[:-2], wide[: max(most - 2, 0)]
    extra = len(wide) - len(shape)
    stretched = [extra + i for i, size in enumerate(shape) if size == 1 and wide[extra + i] != 1]
    return (*range(extra), *stretched)


def _kind(array: Any) -> Any:
    """An argument as formulas are made for: shape and dtype, or a number, or None."""
    if isinstance(array, np.ndarray):
        return array.shape, dtype_name(array.dtype)
    return (tuple(array.shape), str(array.dtype).rpartition(".")[2]) if hasattr(array, "dtype") else array


def _text(value: Any, role: str | None) -> str:
    if isinstance(value, float):
        return numeral(value).replace("-", MINUS)
    return describe_key(value) if role == "key" else str(value) if isinstance(value, str) else repr(value)
