"""Operations, and the nodes that record each use of one."""

from __future__ import annotations

import inspect
import numbers
import sys
from collections.abc import Callable, Sequence
from itertools import count
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeAlias

from .anomaly import check_result
from .arrays import Array, Namespace, describe, is_float, namespace, namespaces, promoted, quiet, to_float
from .edge import Edge
from .errors import DTypeError, EdgewiseError, IndexingError, ShapeError
from .hooks import Hooks
from .modes import Modes, Scope, thread
from .pull import pull_of
from .reads import arguments_read
from .source import library_files, line_of

if TYPE_CHECKING:
    from ..tensor import Tensor

Forward = Callable[..., Array]
Derivative = Callable[..., Array]

Source: TypeAlias = "Node | Edge"
"""What a gradient belongs to: the node that made the data, or the leaf that holds it."""

next_serial = count(1).__next__
"""Numbers nodes, and writes into tensors, in the order in which they happen."""


class Node:
    """One use of an operation.

    `inputs` says where each argument came from: the node that made it, the leaf tensor that held it, or None
    for a plain number. `arrays` are the arguments' values, `output` the result's. Serial numbers grow in the
    order of creation, so sorting by them puts every node behind those that it used.
    """

    __slots__ = (
        "arrays",
        "code",
        "hooks",
        "inputs",
        "instruction",
        "operation",
        "output",
        "params",
        "scope",
        "serial",
    )

    operation: Operation
    inputs: Sequence[Source | None]
    arrays: Sequence[Any]
    params: dict[str, Any]
    output: Array
    serial: int
    scope: Scope | None
    code: CodeType
    instruction: int
    hooks: Hooks | None

    requires_grad = True

    @property
    def line(self) -> tuple[str, int] | None:
        """File and line of the user's program that made this node."""
        return line_of(self.code, self.instruction)

    @property
    def where(self) -> str:
        """The line in words, for messages."""
        line = self.line
        return "recorded at an unknown line" if line is None else f"recorded at {line[0]}:{line[1]}"

    def __repr__(self) -> str:
        return f"<{self.operation.name}>"


class Operation:
    """A forward and its derivatives, written once for any arrays.

    Parameters
    ----------
    name:
        What pictures and errors call it.
    forward:
        ``forward(xp, *inputs, **params) -> array``. `xp` is the Array API namespace of the inputs; use it and
        the arrays' own operators for everything, so that the same lines run on NumPy, on other libraries'
        arrays, on Edgewise tensors and on recording arrays. What derivatives flow through are the positional
        inputs; axes, sizes and flags are keyword parameters.
    derivatives:
        One for each input: ``derivative(xp, g, y, *inputs, **params) -> array`` takes the gradient `g` of the
        output `y` to the gradient of that input, and must be linear in `g`. None where no gradient flows, as for
        indices. A forward with ``*inputs`` has one derivative for them, which is told by a keyword `i` which of
        them is meant. The engine undoes broadcasting, casts to the input's dtype and checks the shape.
    elementwise:
        Each output element depends only on the input elements at its place, after broadcasting. The
        derivative then serves forward mode too, and is shown as a factor.
    linear:
        ``"each"``: linear in every differentiable input while the others stay (a matrix product);
        ``"jointly"``: linear in all of them together (a concatenation). Forward mode is then the forward.
    floats:
        Integer inputs are first cast to the default floating-point dtype, as for `exp`.
    promotes:
        Inputs of different dtypes are first brought to one, by PyTorch's rules. Elementwise operations do.
    broadcasts:
        Inputs are broadcast to the output, so gradients are summed back. Elementwise operations do.
    singular:
        May meet infinity or NaN on good input, as log at 0 does: NumPy's warnings are kept quiet.
    diagnose:
        ``diagnose(*arrays, **params) -> str | None``, asked when the forward raised: what is wrong with these
        arguments and what to do.

    Examples
    --------
    >>> import edgewise as ew
    >>> cube = ew.Operation("cube", lambda xp, x: x * x * x, lambda xp, g, y, x: 3 * g * x * x, elementwise=True)
    >>> x = ew.tensor([1.0, 2.0], requires_grad=True)
    >>> cube(x).sum().backward()
    >>> x.grad
    tensor([ 3., 12.])
    """

    def __init__(
        self,
        name: str,
        forward: Forward,
        *derivatives: Derivative | None,
        elementwise: bool = False,
        linear: str | None = None,
        floats: bool = False,
        promotes: bool | None = None,
        broadcasts: bool | None = None,
        singular: bool = False,
        diagnose: Callable[..., str | None] | None = None,
    ) -> None:
        self.name = name
        self.forward = forward
        self.elementwise = elementwise
        self.linear = linear
        self.floats = floats
        self.promotes = elementwise if promotes is None else promotes
        self.broadcasts = elementwise if broadcasts is None else broadcasts
        self.singular = singular
        self.diagnose = diagnose
        if linear not in (None, "each", "jointly"):
            raise ValueError(f"{name}: linear is {linear!r}; it must be None, 'each' or 'jointly'")
        self.input_names, self.variadic, self.has_params = _inputs_of(name, forward)
        if len(derivatives) != len(self.input_names):
            raise TypeError(
                f"{name}: its forward has the inputs ({', '.join(self.input_names)}), so it needs "
                f"{len(self.input_names)} derivatives, in that order; {len(derivatives)} given. "
                "Write None for an input through which no gradient flows"
            )
        self.derivatives = derivatives
        self.flows = tuple(derivative is not None for derivative in derivatives)
        self.apply = _application(self)
        self.pull = pull_of(self)

    def derivative(self, i: int) -> Derivative | None:
        """The derivative with respect to input number `i`."""
        if not self.variadic:
            return self.derivatives[i]
        last = len(self.derivatives) - 1
        if i < last:
            return self.derivatives[i]
        derivative = self.derivatives[last]
        if derivative is None:
            return None
        position = i - last
        return lambda *arguments, **params: derivative(*arguments, i=position, **params)

    def input_name(self, i: int) -> str:
        """How the forward calls input number `i`."""
        last = len(self.input_names) - 1
        return f"{self.input_names[last]}[{i - last}]" if self.variadic and i >= last else self.input_names[i]

    def reads(self, i: int, argument: int) -> bool:
        """Whether the derivative for input number `i` reads the value of input number `argument`; -1 for the result."""
        derivative = self.derivatives[min(i, len(self.derivatives) - 1)]
        if derivative is None:
            return False
        read = arguments_read(derivative)
        if read is None:
            return True
        positions, rest = read
        fixed = len(self.derivatives) - self.variadic
        return rest if argument >= fixed else argument + 3 in positions

    def __call__(self, *inputs: Any, **params: Any) -> Tensor:
        """Applies the operation to tensors, arrays and numbers, and records a node if a gradient is wanted."""
        return self.apply(*inputs, **params)

    def on(self, xp: Namespace, *arrays: Any, **params: Any) -> Array:
        """Applies the operation inside a derivative, to whatever the derivative runs on.

        On arrays it is the bare forward; on tensors, when derivatives are themselves being differentiated, it
        records a node.
        """
        for array in arrays:
            if isinstance(array, Edge):
                return self(*arrays, **params)
        return self.forward(xp, *arrays, **params)

    def flows_to(self, i: int) -> bool:
        """Whether a gradient flows to input number `i`."""
        return self.flows[min(i, len(self.flows) - 1)]

    def explained(self, error: Exception, arrays: Sequence[Any], params: dict[str, Any]) -> Exception:
        """The error to raise for an error of the forward: what was asked, of which operation, with which shapes."""
        if isinstance(error, EdgewiseError):
            return error
        given = [f"{self.input_name(i)}: {describe(array)}" for i, array in enumerate(arrays) if array is not None]
        given += [f"{name}={value!r}" for name, value in params.items()]
        reason = self.diagnose(*arrays, **params) if self.diagnose is not None else None
        if reason is None and self.broadcasts:
            reason = _broadcast_fault(arrays)
        message = f"{self.name}: {reason or error} [{', '.join(given)}]"
        if isinstance(error, IndexError):
            return IndexingError(message)
        if isinstance(error, ValueError):
            return ShapeError(message)
        if isinstance(error, TypeError):
            return DTypeError(message)
        error.add_note(message)
        return error

    def __repr__(self) -> str:
        return f"Operation({self.name!r})"


_tensor: type[Any] = Edge
_new = object.__new__
_NO_PARAMS: dict[str, Any] = {}


def _no_tensors(value: Any) -> Any:
    raise DTypeError(f"no tensor type has been set to hold {value!r}")


_convert: Callable[[Any], Any] = _no_tensors


def adopt(tensor: type[Any], convert: Callable[[Any], Any]) -> None:
    """Sets the type of the operations' results, and what turns lists and numbers into it.

    The floor above calls this once: the engine makes Tensors without knowing their class.
    """
    global _tensor, _convert
    _tensor, _convert = tensor, convert


def edge_of(value: Any) -> Tensor:
    """A tensor stays; a number, a list or an array becomes a constant leaf."""
    return value if isinstance(value, Edge) else _convert(value)  # type: ignore[return-value]


def wrap(array: Array, node: Node | None = None) -> Tensor:
    """A tensor around an array, as the output of `node` or as a leaf that requires no gradient."""
    result: Any = _new(_tensor)
    result.array = array
    result.grad = None
    result.node = node
    result.requires_grad = node is not None
    return result  # type: ignore[no-any-return]


def _application(operation: Operation) -> Callable[..., Tensor]:
    """What calling an operation does, as a closure: for small tensors the time goes into how this is written."""
    if operation.variadic or operation.has_params or operation.singular or len(operation.derivatives) > 2:
        return _general_application(operation)
    return _short_application(operation)


def _short_application(operation: Operation) -> Callable[..., Tensor]:
    """For one or two inputs and nothing else: tensors of one dtype take the short way, all others the general one."""
    general = _general_application(operation)
    forward = operation.forward
    unary = len(operation.derivatives) == 1
    promotes, floats = operation.promotes, operation.floats
    flows_a, flows_b = (*operation.flows, False)[:2]

    def apply(a: Any, b: Any = None) -> Tensor:
        try:
            first = a.array
            kind = type(first)
            xp = namespaces[kind]
            node = a.node
            source = a if node is None else node
            if unary:
                if b is not None:
                    return general(a, b)
                wanted = flows_a and a.requires_grad
            else:
                second = b.array
                if promotes and first.dtype is not second.dtype:
                    return general(a, b)
                wanted = (flows_a and a.requires_grad) or (flows_b and b.requires_grad)
                node = b.node
            short = wanted or not floats or is_float(first)
        except (AttributeError, KeyError):
            short = False
        if not short:
            return general(a) if unary else general(a, b)
        try:
            output = forward(xp, first) if unary else forward(xp, first, second)
        except Exception as error:
            raise operation.explained(error, (first,) if unary else (first, second), _NO_PARAMS) from error
        if type(output) is not kind:
            output = xp.asarray(output)
        modes = thread.modes
        result: Any = _new(_tensor)
        result.array = output
        result.grad = None
        if wanted and modes.recording:
            result.requires_grad = True
            if unary:
                result.node = _record(operation, (source,), (first,), _NO_PARAMS, output, modes)
            else:
                sources = (source, b if node is None else node)
                result.node = _record(operation, sources, (first, second), _NO_PARAMS, output, modes)
        else:
            result.requires_grad = False
            result.node = None
        if modes.anomaly:
            check_result(operation, (first,) if unary else (first, second), output)
        return result  # type: ignore[no-any-return]

    return apply


def _general_application(operation: Operation) -> Callable[..., Tensor]:
    """For any inputs: tensors, arrays, lists and numbers, of any dtypes, with parameters."""
    forward = operation.forward
    singular, floats = operation.singular, operation.floats

    def apply(*inputs: Any, **params: Any) -> Tensor:
        arrays, sources, first, wanted = _gathered(operation, inputs)
        if floats and not wanted:
            arrays = to_float(arrays)
        kind = type(first)
        xp = namespaces.get(kind) or namespace(first)
        try:
            if singular:
                with quiet(first):
                    output = forward(xp, *arrays, **params)
            else:
                output = forward(xp, *arrays, **params)
        except Exception as error:
            raise operation.explained(error, arrays, params) from error
        if type(output) is not kind:
            output = xp.asarray(output)
        modes = thread.modes
        result: Any = _new(_tensor)
        result.array = output
        result.grad = None
        wanted = wanted and modes.recording and is_float(output)
        result.requires_grad = wanted
        result.node = _record(operation, sources, arrays, params, output, modes) if wanted else None
        if modes.anomaly:
            check_result(operation, arrays, output)
        return result  # type: ignore[no-any-return]

    return apply


def _record(
    operation: Operation,
    inputs: Sequence[Source | None],
    arrays: Sequence[Any],
    params: dict[str, Any],
    output: Array,
    modes: Modes,
) -> Node:
    """A node for a use of an operation by the nearest caller outside the library."""
    node = _new(Node)
    node.operation = operation
    node.inputs = inputs
    node.arrays = arrays
    node.params = params
    node.output = output
    node.serial = next_serial()
    node.scope = modes.scope
    node.hooks = None
    # Code and instruction rather than the frame, which would keep the caller's variables alive, or the line
    # number, which is slow to find and rarely asked for.
    frame = sys._getframe(2)
    code = frame.f_code
    while code.co_filename in library_files and frame.f_back is not None:
        frame = frame.f_back
        code = frame.f_code
    node.code = code
    node.instruction = frame.f_lasti
    return node


def _gathered(
    operation: Operation, inputs: Sequence[Any]
) -> tuple[Sequence[Any], Sequence[Source | None], Array, bool]:
    """The arrays of any inputs, where they come from, the first array, and whether a gradient is wanted."""
    arrays: list[Any] = []
    sources: list[Source | None] = []
    first: Any = None
    wanted = mixed = False
    for value in inputs:
        if isinstance(value, Edge):
            node = value.node
            if value.requires_grad and operation.flows_to(len(arrays)):
                wanted = True
            array = value.array
            sources.append(value if node is None else node)
        else:
            array, source = _from_outside(operation, len(arrays), value)
            sources.append(source)
            if source is None:
                arrays.append(array)
                mixed = mixed or array is not None
                continue
        if first is None:
            first = array
        elif array.dtype is not first.dtype:
            mixed = True
        arrays.append(array)
    fixed = len(operation.flows) - operation.variadic
    if len(inputs) < fixed or (len(inputs) > fixed and not operation.variadic):
        names = ", ".join(operation.input_names)
        raise TypeError(f"{operation.name} takes {len(operation.input_names)} inputs ({names}); {len(inputs)} given")
    if first is None:
        if not inputs:
            raise ShapeError(f"{operation.name}: needs at least one tensor")
        return _gathered(operation, (_convert(inputs[0]), *inputs[1:]))
    if mixed and operation.promotes and (dtype := promoted(arrays)) is not None:
        # The cast is an operation like any other: gradients flow back through it in the input's own dtype.
        return _gathered(operation, [_cast(value, array, dtype) for value, array in zip(inputs, arrays, strict=True)])
    return arrays, sources, first, wanted


def _cast(value: Any, array: Any, dtype: Any) -> Any:
    if not hasattr(array, "dtype") or array.dtype == dtype:
        return value
    tensor = value if isinstance(value, Edge) else _convert(value)
    return namespace(tensor).astype(tensor, dtype)


def _from_outside(operation: Operation, i: int, value: Any) -> tuple[Any, Edge | None]:
    """An argument that is no tensor: a plain number stays one, an array or a list becomes a constant leaf."""
    if value is None or type(value) in (float, int, bool):
        return value, None
    if isinstance(value, numbers.Number) or (
        hasattr(value, "item") and getattr(value, "shape", None) == () and not hasattr(value, "__setitem__")
    ):
        return value.item() if hasattr(value, "item") else value, None
    try:
        edge = _convert(value)
    except (TypeError, ValueError) as error:
        raise DTypeError(
            f"{operation.name}: {operation.input_name(i)} is a {type(value).__qualname__}; "
            f"it takes tensors, arrays, numbers and nested lists of numbers ({error})"
        ) from error
    return edge.array, edge


def _broadcast_fault(arrays: Sequence[Any]) -> str | None:
    """In words, the axis at which shapes can't be broadcast; None if they can."""
    shapes = [tuple(array.shape) for array in arrays if hasattr(array, "shape")]
    for back in range(1, max((len(shape) for shape in shapes), default=0) + 1):
        sizes = {shape[-back] for shape in shapes if len(shape) >= back} - {1}
        if len(sizes) > 1:
            listed = " and ".join(str(shape) for shape in shapes)
            apart = " and ".join(str(size) for size in sorted(sizes))
            return f"shapes {listed} can't be broadcast: axis -{back} is {apart}, where sizes must be equal or 1"
    return None


def _inputs_of(name: str, forward: Forward) -> tuple[tuple[str, ...], bool, bool]:
    """The names of a forward's inputs after `xp`, whether the last is for any number, whether there are parameters."""
    parameters = list(inspect.signature(forward).parameters.values())[1:]
    inputs = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    if not inputs:
        raise TypeError(f"{name}: its forward must take the namespace and at least one input, as in (xp, x)")
    variadic = inputs[-1].kind is inspect.Parameter.VAR_POSITIONAL
    return tuple(p.name for p in inputs), variadic, len(parameters) > len(inputs)
