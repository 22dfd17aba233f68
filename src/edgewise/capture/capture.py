"""Captures a graph: runs its backward pass again and copies everything into a snapshot."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial as bound
from itertools import groupby
from types import FrameType
from typing import Any

import numpy as np

from ..graph.arrays import describe, describe_key, namespace, without_warnings
from ..graph.backward import Record, propagate
from ..graph.edge import Edge, edge_of
from ..graph.errors import GradientError, InPlaceError
from ..graph.inplace import clock, last_write
from ..graph.modes import FUNCTION_KINDS, DerivativeScope, Scope, thread
from ..graph.provenance import NO_USES, Use, uses_oldest_first
from ..graph.seeds import seeds_for
from ..graph.source import where
from ..printers.figures import MINUS
from ..printers.formula.numerals import numeral
from ..program.recorder import dtype_name
from ..system.memory import gc_paused
from .failure import find_failure
from .formulas import FormulaWriter, NodeUse
from .lines import place_in_source
from .names import Names, find_names
from .preparation import prepared_inputs
from .snapshot import Argument, EdgeRecord, Kind, NodeRecord, ScopeRecord, Snapshot, TensorRecord
from .spelling import formula_symbol, superscript, with_subscripts
from .summary import Numbers, numpy_copy
from .update_rules import OptimiserStep
from .variables import user_frame


@dataclass(frozen=True)
class Capture:
    """A snapshot, and the id that each tensor of the program has in it.

    Attributes
    ----------
    tensor_ids:
        The id of each tensor in the snapshot.
    optimiser_steps:
        The step by which an optimiser changed a parameter, by the parameter's id; only for watched steps.
    leaves:
        The full arrays of leaves by id. A snapshot itself comes to hold only samples of large arrays.
    uses:
        The uses of operations that made leaves without recording, and the last steps of fused runs, by their results.
    """

    snapshot: Snapshot
    tensor_ids: dict[Edge, int]
    optimiser_steps: dict[int, OptimiserStep] = field(default_factory=dict)
    leaves: dict[int, np.ndarray[Any, Any]] = field(default_factory=dict)
    uses: Mapping[Edge, Use] = field(default_factory=dict)

    def with_leaves(self) -> Capture:
        """Returns a copy that also holds the leaves' full arrays."""
        values = ((tensor.id, tensor.value.array) for tensor in self.snapshot.tensors if tensor.node is None)
        return replace(self, leaves={id: array for id, array in values if array is not None})


def capture(outputs: Sequence[Any], gradients: Any = None, frame: FrameType | None = None) -> Capture:
    """Takes a snapshot as :func:`snapshot` does, and returns it with the id of each tensor.

    Names come from the variables of `frame` and its callers; by default, of the user's nearest frame.
    """
    ends = _checked_outputs(outputs)
    seeds = seeds_for(ends, _starting_gradients(ends, gradients))
    frame = user_frame() if frame is None else frame
    with gc_paused():
        uses, leaves, names = _named_uses(ends, frame)
        _check_not_overwritten(uses, names)
        _warn_of_hooks([*leaves, *uses], names)
        record = Record()
        with without_warnings(ends[0].array), _without_anomaly_check():
            own = {source: namespace(seed).asarray(seed, copy=True) for source, seed in seeds.items()}
            recorded = {node: use for node, use in uses.items() if isinstance(use, Edge)}
            propagate(own, record=record, hooks=False, uses=recorded)
        builder = _SnapshotBuilder(uses, leaves, ends, names, record)
        separate = {edge: use for edge, use in uses.items() if use is not edge}
        return Capture(builder.snapshot(), builder.tensor_ids, uses=separate)


def snapshot_until(error: BaseException, since: int = 0) -> Snapshot | None:
    """Returns the graph that a program computed before an error stopped it, without gradients; None if it is empty.

    Results made before `since` are left out. The operation that failed is the last node.
    """
    failure = find_failure(error, since)
    if failure is None:
        return None
    with gc_paused():
        uses, leaves, names = _named_uses(failure.ends, failure.frame, failure.failed)
        graph = _SnapshotBuilder(uses, leaves, failure.ends, names, Record()).snapshot()
    for i, node in enumerate(uses):
        if node in failure.failed:
            record = graph.nodes[i]
            record.failure, record.write = failure.message, lambda: None
            record.elements = lambda: None
    if failure.failed:
        graph.until = f"{graph.nodes[-1].label} failed: {failure.message}"
    elif isinstance(error, KeyboardInterrupt):
        graph.until = "it was stopped"
    else:
        graph.until = "it ended" if isinstance(error, SystemExit) else f"{type(error).__name__}: {failure.message}"
    return graph


def _named_uses(
    ends: Sequence[Edge], frame: FrameType | None, known: Mapping[Edge, Use] = NO_USES
) -> tuple[dict[Edge, Use], dict[Edge, Any], Names]:
    """Returns the uses of operations that made some tensors, the leaves, and their names."""
    uses = uses_oldest_first(ends, known)
    leaves = _leaves(uses, ends)
    names = find_names(uses, leaves, ends, frame)
    preparations = prepared_inputs(leaves, names)
    if preparations:
        uses = uses_oldest_first(ends, {**uses, **preparations})
        leaves = _leaves(uses, ends)
        names = find_names(uses, leaves, ends, frame)
    return uses, leaves, names


def _checked_outputs(outputs: Sequence[Any]) -> list[Any]:
    if not outputs:
        raise GradientError("snapshot: give the tensor to take it of, such as the loss")
    for output in outputs:
        if not isinstance(output, Edge):
            raise TypeError(
                f"snapshot: takes tensors, such as the loss before .item(), not a {type(output).__qualname__}"
            )
    return list(outputs)


def _starting_gradients(ends: Sequence[Any], gradients: Any) -> list[Any]:
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
    """Returns the leaves in the order of first use, each with the array that it held then."""
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
def _without_anomaly_check() -> Iterator[None]:
    """Switches the search for NaN off: a snapshot shows NaN instead of failing."""
    modes = thread.modes
    anomaly, modes.anomaly = modes.anomaly, False
    try:
        yield
    finally:
        modes.anomaly = anomaly


def _check_not_overwritten(uses: Mapping[Edge, Use], names: Names) -> None:
    for node, use in uses.items():
        if clock.latest <= use.serial:
            return
        for source, array in (*zip(use.inputs, use.arrays, strict=True), (node, node.array)):
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


class _SnapshotBuilder:
    """Copies a graph into a snapshot, node by node."""

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
        self.edges_of_tensor: list[list[int]] = []
        self.gradient_numbers: dict[int, Numbers] = {}
        self.writer = FormulaWriter()

    def snapshot(self) -> Snapshot:
        records = [self._node(i, node) for i, node in enumerate(self.uses)]
        for end in self.ends:
            if end not in self.tensor_ids:
                self._leaf(end, None)
        for tensor, edges in zip(self.tensors, self.edges_of_tensor, strict=True):
            tensor.edges = tuple(edges)
        outputs = tuple(self.tensor_ids[end] for end in self.ends)
        loss = self.tensors[outputs[0]]
        snapshot = Snapshot(records, self.tensors, self.edges, self.scopes, outputs)
        if snapshot.objective.definition:
            self.writer.loss = formula_symbol(snapshot.objective.symbol)
        else:
            self.writer.loss = self.names.formula_symbols[self.ends[0]]
            if loss.shape == ():
                self.writer.end = loss.id
        return snapshot

    def _node(self, id: int, node: Edge) -> NodeRecord:
        use = self.uses[node]
        scope = self._scope(use.scope)
        arguments = tuple(self._argument(id, node, use, i) for i in range(len(use.inputs)))
        output = self._add(node, "intermediate", node.array, id, scope)
        operation = use.operation
        given = tuple(self.edges[argument.edge].tensor if argument.edge is not None else None for argument in arguments)
        self.writer.uses.append(NodeUse(operation, tuple(map(argument_kind, use.arrays)), given, use.params, output))
        return NodeRecord(
            id=id,
            operation=operation.name,
            number=self.names.numbers[node],
            label=self.names.label(node),
            scope=scope,
            line=place_in_source(use.code, use.instruction).line,
            arguments=arguments,
            params={name: _text(value, operation.traits.roles.get(name)) for name, value in use.params.items()},
            output=output,
            kind=operation.traits.kind,
            write=self.writer.forward_of(id),
            elements=bound(self.writer.elements_of, id),
            piece=bound(self.writer.piece_of, id),
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
                edge.summed = summed_axes(use, tuple(value.shape), tuple(node.array.shape))
            edge.write = self.writer.derivative_of(id, i)
            if not edge.summed:
                edge.elements = bound(self.writer.elements_of, id, i)
        self.edges.append(edge)
        self.edges_of_tensor[tensor].append(edge.id)
        return Argument(edge=edge.id)

    def _leaf(self, leaf: Edge, scope: Scope | None) -> int:
        named = leaf in self.names.user_names
        wanted = leaf.requires_grad
        kind: Kind = "parameter" if wanted else "input" if named else "constant"
        # A leaf with a name that no module holds comes from outside all modules.
        inside = not named or leaf in self.names.paths
        # A function is given its arguments from around it.
        while scope is not None and scope.kind in FUNCTION_KINDS:
            scope = scope.parent
        return self._add(leaf, kind, self.leaves[leaf], None, self._scope(scope) if inside else None)

    def _add(self, source: Edge, kind: Kind, array: Any, node: int | None, scope: int | None) -> int:
        id = self.tensor_ids[source] = len(self.tensors)
        gradient = self.gradients.get(source)
        value = numpy_copy(array)
        letter = self.names.formula_symbols[source]
        named = source in self.names.user_names
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
        self.edges_of_tensor.append([])
        constant = value.item() if kind == "constant" and value.ndim == 0 else None
        self.writer.add_tensor(letter, value.shape, node if not named else None, constant)
        return id

    def _numbers(self, gradient: Any) -> Numbers:
        """Summarises a gradient. Contributions that are one array, as those of a sum, share it."""
        numbers = self.gradient_numbers.get(id(gradient))
        if numbers is None:
            numbers = self.gradient_numbers[id(gradient)] = Numbers(
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
        """Records a module's call. If several modules have no parent, each is named after its variable."""
        name = self._derivative_name(scope) if isinstance(scope, DerivativeScope) else scope.name
        parent = None if scope.parent is None else self.scope_ids[id(scope.parent)]
        own = None if name or scope.module is None else self.names.prefixes.get(id(scope.module()))
        if own is not None:
            return ScopeRecord(number, own, own, scope.kind, parent, _part_symbols(scope))
        above = "" if parent is None else self.scopes[parent].path
        path = ".".join(filter(None, (above, name)))
        return ScopeRecord(number, name, path, scope.kind, parent, _part_symbols(scope))

    def _derivative_name(self, scope: DerivativeScope) -> str:
        """Names a recorded backward pass by its tensors: ∂u/∂x, or ∂²u/∂x² for one of another."""
        passes = [scope]  # the last one first
        while True:
            made = (edge.scope for edge in _alive(passes[-1].of) if edge.operation is not None)
            earlier = next((one for one in made if isinstance(one, DerivativeScope)), None)
            if earlier is None:
                break
            passes.append(earlier)
        of = self._joined_symbols(passes[-1].of)
        by = [self._joined_symbols(one.by) for one in reversed(passes)]
        if not of or not all(by):
            return scope.name
        power = superscript(len(by)) if len(by) > 1 else ""
        runs = [(name, len([*run])) for name, run in groupby(by)]
        below = "".join(f"∂{name}{superscript(times) if times > 1 else ''}" for name, times in runs)
        return f"∂{power}{of}/{below}"

    def _symbol(self, edge: Edge) -> str:
        """Returns the symbol of a tensor in the graph, or of one outside of it that a variable holds."""
        if edge in self.names.formula_symbols:
            return self.names.symbol(edge)
        return with_subscripts(self.names.differentiated.get(edge, ""))

    def _joined_symbols(self, tensors: Sequence[Sequence[Any]]) -> str:
        """Returns the symbols of tensors that are in the graph; of several in brackets."""
        symbols = [next(filter(None, map(self._symbol, _alive([references]))), "") for references in tensors]
        symbols = list(filter(None, symbols))
        return symbols[0] if len(symbols) == 1 else f"({', '.join(symbols)})" if symbols else ""


def _part_symbols(scope: Scope) -> Mapping[str, str]:
    """Returns what a module calls the parts of its parameters."""
    module = None if scope.module is None else scope.module()
    return {} if module is None else module._part_symbols()


def _alive(tensors: Sequence[Sequence[Any]]) -> Iterator[Edge]:
    """Yields the tensors that references still lead to."""
    return (edge for references in tensors for edge in (one() for one in references) if edge is not None)


def summed_axes(use: Use, shape: tuple[int, ...], wide: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the axes of an output of shape `wide` along which an argument was broadcast and its gradient is summed.

    Only the leading axes of matrices are broadcast. An operation that places its argument into a part of the output has
    no such axes.
    """
    operation = use.operation
    if not operation.broadcasts or operation.linear == "jointly":
        return ()
    if not operation.elementwise and len(use.inputs) > 1:
        most = max(array.ndim for array in use.arrays if hasattr(array, "ndim"))
        shape, wide = shape[:-2], wide[: max(most - 2, 0)]
    extra = len(wide) - len(shape)
    stretched = [extra + i for i, size in enumerate(shape) if size == 1 and wide[extra + i] != 1]
    return (*range(extra), *stretched)


def argument_kind(array: Any) -> Any:
    """Describes an argument to the printer of formulas: shape and dtype, or a number, or None."""
    if isinstance(array, np.ndarray):
        return array.shape, dtype_name(array.dtype)
    return (tuple(array.shape), str(array.dtype).rpartition(".")[2]) if hasattr(array, "dtype") else array


def _text(value: Any, role: str | None) -> str:
    if isinstance(value, float):
        return numeral(value).replace("-", MINUS)
    return describe_key(value) if role == "key" else str(value) if isinstance(value, str) else repr(value)
