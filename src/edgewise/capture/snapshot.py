"""Snapshots: a graph with its values, gradients, names and formulas, as plain data that refers to nothing alive.

All pictures, tables and derivations are made from a snapshot and from nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..printers.formula.composite import Piece
    from ..printers.formula.expression import Expression
    from ..printers.formula.pattern import Pattern
    from .element_formulas import ElementFormula
    from .summary import Numbers
from .objective import Objective, objective_of
from .spelling import formula_symbol

VERSION = 1
"""The version of the format in which snapshots are saved."""

Kind = Literal["parameter", "input", "constant", "intermediate"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the user's program: its file, number, text without the indentation, and the function it is in."""

    file: str
    number: int
    text: str
    function: str


@dataclass(frozen=True, slots=True)
class ScopeRecord:
    """One call of a module: its place in `Snapshot.scopes`, name in its parent, class, and the scope around it.

    `part_symbols` are what formulas call parts of its parameters, by the parameters' names.
    """

    id: int
    name: str
    path: str
    kind: str
    parent: int | None
    part_symbols: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)


@dataclass(slots=True)
class UpdateRecord:
    """The update of a parameter: its value afterwards, and the rule as a formula.

    `meanings` explains the letters of the rule that stand for the optimiser's state.
    """

    after: Numbers
    rule: Expression | None
    meanings: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class TensorRecord:
    """A tensor of the graph: data that one node made, or a leaf, and that any number of edges carry on.

    Attributes
    ----------
    id:
        Its place in `Snapshot.tensors`.
    name:
        The user's name: a parameter's path or a variable's name; else the label of the node that made it.
    named:
        Whether the name is the user's.
    symbol:
        The name as it is written in formulas: ``W₂``.
    kind:
        ``"parameter"`` (a leaf that requires a gradient), ``"input"`` (a leaf that requires none and has a name),
        ``"constant"`` (one without) or ``"intermediate"``.
    node:
        Number of the node that made it, None for a leaf.
    edges:
        Numbers of the edges that carry it on, in the order of use.
    value, gradient:
        Its value, and the gradient of the output with respect to it: None where no gradient flows.
    update:
        Its update by the optimiser, if the step was watched.
    hooked:
        Whether a hook can change its gradient in `backward`; `gradient` is without that change.
    """

    id: int
    name: str
    named: bool
    symbol: str
    kind: Kind
    shape: tuple[int, ...]
    dtype: str
    node: int | None
    scope: int | None
    value: Numbers
    gradient: Numbers | None = None
    edges: tuple[int, ...] = ()
    update: UpdateRecord | None = None
    hooked: bool = False


@dataclass
class EdgeRecord:
    """One use of a tensor by a node.

    Attributes
    ----------
    id, tensor, node:
        Its place in `Snapshot.edges`, the tensor that it carries, the node that uses it.
    argument:
        The position among the operation's arguments, counted from 0.
    contribution:
        The gradient that came back along this edge: one summand of the tensor's. None where no gradient flows.
    summed:
        The axes of the node's output over which the contribution was summed, because the value was broadcast.
    """

    id: int
    tensor: int
    node: int
    argument: int
    argument_name: str
    contribution: Numbers | None = None
    summed: tuple[int, ...] = ()
    write: Callable[[], tuple[bool, Pattern] | None] = field(default=lambda: None, repr=False, compare=False)
    elements: Callable[[], ElementFormula | None] = field(default=lambda: None, repr=False, compare=False)

    @cached_property
    def derivative(self) -> tuple[bool, Expression] | None:
        """The formula of the derivative, written when first asked for; None where no gradient flows.

        True beside a local derivative, such as ``x₂`` for ∂mul₂/∂W₂, which is a factor; False beside the map that is
        applied to the incoming gradient, such as ``xᵀ · ∂L/∂z``.
        """
        written = self.write()
        return None if written is None else (written[0], written[1].expression())


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a node: an edge, a plain number, or nothing."""

    edge: int | None = None
    number: float | int | bool | None = None


@dataclass
class NodeRecord:
    """One use of an operation.

    Attributes
    ----------
    id, operation:
        Its place in `Snapshot.nodes`, which are in the order of the forward pass; the operation's name.
    number:
        Its number among the nodes of this operation, counted from 1; 0 for the only one.
    label:
        Operation and number, as the article writes them: ``mul₁``.
    arguments:
        In order: the number of the edge that brings a tensor, or a plain number, or None.
    params:
        The keyword parameters, as text.
    output:
        Number of the tensor that it made.
    kind:
        The operation's role in a network, such as activation, as its traits say.
    failure:
        The error, if the operation failed: then its output has no elements.
    """

    id: int
    operation: str
    number: int
    label: str
    scope: int | None
    line: Line | None
    arguments: tuple[Argument, ...]
    params: dict[str, str]
    output: int
    kind: str = ""
    failure: str = ""
    write: Callable[[], Pattern | None] = field(default=lambda: None, repr=False, compare=False)
    elements: Callable[[], ElementFormula | None] = field(default=lambda: None, repr=False, compare=False)
    piece: Callable[[], Piece | None] = field(default=lambda: None, repr=False, compare=False)

    @cached_property
    def formula(self) -> Expression | None:
        """The forward as a formula in the names of its arguments, written when first asked for."""
        written = self.write()
        return None if written is None else written.expression()


@dataclass
class Snapshot:
    """A graph at one moment.

    Attributes
    ----------
    nodes:
        In the order of the forward pass.
    tensors:
        Leaves in the order of their first use, each intermediate after those that it was made from.
    edges, scopes:
        Uses of tensors, and calls of modules, in the order of the forward pass.
    outputs:
        Numbers of the tensors that the snapshot was taken of: the loss.
    version:
        The version of the format in which it is saved.
    until:
        The reason, in words, why the program stopped before any backward pass; empty if it did not.
    """

    nodes: list[NodeRecord]
    tensors: list[TensorRecord]
    edges: list[EdgeRecord]
    scopes: list[ScopeRecord]
    outputs: tuple[int, ...]
    version: int = VERSION
    about: dict[str, Any] = field(default_factory=dict)
    until: str = ""

    @property
    def has_gradients(self) -> bool:
        """Whether a backward pass ran: a program that stopped before has no gradients."""
        return any(tensor.gradient is not None for tensor in self.tensors)

    @property
    def output(self) -> TensorRecord:
        """The first tensor that the snapshot was taken of."""
        return self.tensors[self.outputs[0]]

    @cached_property
    def letters(self) -> list[str]:
        """The symbol of each tensor in formulas, by its id."""
        return [formula_symbol(tensor.symbol) for tensor in self.tensors]

    @cached_property
    def objective(self) -> Objective:
        """The differentiated quantity: the output, or a sum of the outputs."""
        return objective_of(self)
