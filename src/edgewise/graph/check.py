"""Checks derivatives against central differences, with errors that name the cause."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .arguments import number_text
from .arrays import Array, describe, is_float, namespace, without_warnings
from .backward import nodes_newest_first, propagate
from .chain_rule import contributions
from .edge import Edge, edge_of, wrap
from .errors import DTypeError, GradcheckError, GradientError
from .forward_mode import propagate_forward, push_forward
from .leaves import as_leaf_gradient, shared_ids
from .modes import enable_grad
from .operation import Operation
from .seeds import seeds_for, zeros_of
from .source import where
from .trees import leaves, unflatten

if TYPE_CHECKING:
    from ..tensor import Tensor


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_forward_ad: bool = True,
    check_backward_ad: bool = True,
) -> bool:
    """Returns whether the derivatives of a function agree with central differences at `inputs`.

    It checks four things. The function gives the same result twice. Every derivative is linear in the incoming
    gradient. Each element of the Jacobian from backward passes agrees with ``(f(x + eps) - f(x - eps)) / (2 eps)``.
    Forward mode agrees with backward.

    Parameters
    ----------
    func:
        An :class:`edgewise.Operation`, or any function of tensors that returns a tensor or a nest of them.
    inputs:
        Its arguments: one tensor, or a tuple. Those that require gradients are checked, and must be float64, as
        float32 rounds central differences away. They are not changed.
    eps:
        The step of the differences.
    atol, rtol:
        The largest error that passes: ``atol + rtol * |numeric|``.
    raise_exception:
        Whether a failing check raises or returns False.
    nondet_tol:
        The largest difference that passes between two runs on the same input.
    check_forward_ad, check_backward_ad:
        Which of the two directions to check.

    Raises
    ------
    GradcheckError
        If a check fails: with the operation or function, argument, element, both values and the tolerance.
    DTypeError
        If a checked input is not float64.
    GradientError
        If no input requires a gradient, or the function returns nothing that does.

    Examples
    --------
    >>> import edgewise as ew
    >>> x = ew.tensor([0.5, 2.0], dtype="float64", requires_grad=True)
    >>> ew.autograd.gradcheck(lambda x: x.exp() / x, (x,))
    True
    """
    return _agrees(
        _Check(func, inputs, eps, atol, rtol), raise_exception, nondet_tol, check_forward_ad, check_backward_ad
    )


def _agrees(
    check: _Check, raise_exception: bool, nondet_tol: float, check_forward_ad: bool, check_backward_ad: bool = True
) -> bool:
    try:
        check.check_deterministic(nondet_tol)
        check.check_differentiable()
        check.check_linear()
        if check_backward_ad:
            check.check_differences()
        if check_forward_ad:
            check.check_directions()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_forward_ad: bool = True,
) -> bool:
    """Returns whether the second derivatives of a function agree with central differences.

    It runs :func:`gradcheck` on the gradient. `grad_outputs` are the gradients to start from on the outputs, a tensor
    or a sequence; by default, numbers between -1 and 1. The gradient is checked as a function of them too.
    """
    arguments = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    first = _Check(func, inputs, eps, atol, rtol)
    first.check_differentiable()
    if grad_outputs is None:
        starts = [wrap(_varied_numbers(output.array, k)) for k, output in enumerate(first.outputs)]
    else:
        starts = [edge_of(g).detach() for _, g in leaves(grad_outputs)]
    for start in starts:
        start.requires_grad = True

    def gradient(*values: Any, create_graph: bool = True) -> Any:
        passed, gradients = values[: len(arguments)], values[len(arguments) :]
        differentiated = [leaf for _, leaf in leaves(passed) if isinstance(leaf, Edge) and leaf.requires_grad]
        outputs = _differentiable_outputs(func(*passed))
        with enable_grad(), without_warnings(outputs[0].array):
            seeds = seeds_for(outputs, gradients, create_graph=create_graph)
            arrived = propagate(seeds, targets=differentiated, create_graph=create_graph)
            shared = shared_ids(seeds.values())
            return tuple(
                as_leaf_gradient(arrived[edge], shared) if edge in arrived else zeros_of(edge)
                for edge in differentiated
            )

    gradient.__name__ = f"the gradient of {first.name}"
    # Of the many gradients that differences are taken of, only the numbers are needed.
    numbers = functools.partial(gradient, create_graph=False)
    check = _Check(gradient, (*arguments, *starts), eps, atol, rtol, numbers)
    return _agrees(check, raise_exception, nondet_tol, check_forward_ad)


class _Input:
    """One tensor to check: its place among the arguments, and a new edge with its values."""

    def __init__(self, place: str, edge: Tensor) -> None:
        self.place = place
        self.edge = edge
        self.array: Array = edge.array


class _Check:
    """One run of a function at a point, with its graph, and the checks of it."""

    def __init__(
        self,
        func: Callable[..., Any],
        inputs: Any,
        eps: float,
        atol: float,
        rtol: float,
        numbers: Callable[..., Any] | None = None,
    ) -> None:
        self.func = func
        # Returns the same numbers as `func`, for less where no graph of them is needed.
        self.numbers = numbers or func
        self.name = func.name if isinstance(func, Operation) else getattr(func, "__name__", repr(func))
        self.eps, self.atol, self.rtol = eps, atol, rtol
        self.arguments = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
        self.inputs: list[_Input] = []
        passed = []
        for path, leaf in leaves(self.arguments):
            if not (isinstance(leaf, Edge) and leaf.requires_grad):
                passed.append(leaf)
                continue
            place = self._place(path)
            xp = namespace(leaf.array)
            if leaf.array.dtype != xp.float64:
                raise DTypeError(
                    f"gradcheck of {self.name}: {place} is {describe(leaf.array)}. Central differences need float64, "
                    "as float32 rounds them away: cast it first, as in x.detach().double().requires_grad_()"
                )
            edge = wrap(xp.asarray(leaf.array, copy=True))
            edge.requires_grad = True
            self.inputs.append(_Input(place, edge))
            passed.append(edge)
        if not self.inputs:
            raise GradientError(
                f"gradcheck of {self.name}: none of the inputs requires a gradient, so there is nothing to check: "
                "create them with requires_grad=True"
            )
        self.passed = passed
        with enable_grad():
            self.everything = self._run(func, passed)
        self.paths = [path for path, edge in self.everything if is_float(edge.array)]
        self.outputs = [edge for _, edge in self.everything if is_float(edge.array)]

    def _place(self, path: str) -> str:
        number, _, rest = path[1:].partition("]")
        if isinstance(self.func, Operation):
            return f"argument {number}{rest} ({self.func.input_name(int(number))})"
        code = getattr(self.func, "__code__", None)
        names = code.co_varnames[: code.co_argcount] if code is not None else ()
        return f"argument {number}{rest}" + (f" ({names[int(number)]})" if int(number) < len(names) else "")

    def _run(self, func: Callable[..., Any], passed: Sequence[Any]) -> list[tuple[str, Tensor]]:
        output = func(*unflatten(self.arguments, iter(passed)))
        return [(path, edge_of(leaf)) for path, leaf in leaves(output)]

    def _values(
        self, func: Callable[..., Any], replaced: _Input | None = None, array: Array | None = None
    ) -> list[Array]:
        """Returns the floating-point outputs of a function, with another array for one of the inputs."""
        passed = [
            wrap(array if replaced is not None and edge is replaced.edge else edge.array)
            if isinstance(edge, Edge)
            else edge
            for edge in self.passed
        ]
        for before, after in zip(self.passed, passed, strict=True):
            if isinstance(before, Edge):
                after.requires_grad = before.requires_grad
        with without_warnings(self.inputs[0].array):
            return [edge.array for _, edge in self._run(func, passed) if is_float(edge.array)]

    def fail(self, message: str) -> None:
        raise GradcheckError(f"gradcheck of {self.name}: {message}")

    def output_name(self, k: int) -> str:
        return f"output{self.paths[k]}" if len(self.outputs) > 1 else "the output"

    def check_differentiable(self) -> None:
        if not any(output.requires_grad for output in self.outputs):
            self.fail(
                "no output requires a gradient. Either it does not depend on the inputs, or the way to it was cut: by "
                "no_grad, detach, item, numpy, or a result of integers"
            )

    def check_deterministic(self, tolerance: float) -> None:
        for k, (first, second) in enumerate(zip(self.outputs, self._values(self.func), strict=True)):
            for index, a, b in _elements(first.array, second):
                if abs(a - b) > tolerance:
                    self.fail(
                        f"it gave two results for the same input, {a!r} and {b!r} at {_at(index)} of "
                        f"{self.output_name(k)}; differences would measure that. Fix its random numbers, or raise "
                        "nondet_tol if the two may differ"
                    )

    def check_linear(self) -> None:
        """Fails if a derivative is not linear in the incoming gradient."""
        for node in nodes_newest_first(self.outputs):
            xp = namespace(node.array)
            u, v = _varied_numbers(node.array, 1), _varied_numbers(node.array, 2)
            with without_warnings(node.array):
                runs = [
                    {i: part for i, _, part in contributions(node, g, node.array, node.arrays, xp)}
                    for g in (u, v, 2 * u - 3 * v)
                ]
            for i, of_u in runs[0].items():
                for index, got, a, b in _elements(runs[2][i], of_u, runs[1][i]):
                    expected = 2 * a - 3 * b
                    if _differ(got, expected, self.atol, self.rtol) and math.isfinite(expected):
                        operation = node.operation
                        self.fail(
                            f"the derivative of {operation.name} for {operation.input_name(i)} is not linear in the "
                            f"incoming gradient g: at {_at(index)}, derivative(2u - 3v) is {got:.9g} but "
                            f"2 derivative(u) - 3 derivative(v) is {expected:.9g}. A derivative multiplies g (or takes "
                            f"sums of it) and adds nothing that is free of g ({where(node)})"
                        )

    def check_differences(self) -> None:
        analytic = [self._analytic(output) for output in self.outputs]
        failures: dict[tuple[int, int], str] = {}
        for number, one in enumerate(self.inputs):
            ends = list(self._ends(one))
            for k in range(len(self.outputs)):
                rows = [row[number] for row in analytic[k]]
                message = self._compare(k, one, rows, [(above[k], below[k]) for above, below in ends])
                if message:
                    failures[k, number] = message
        if failures:
            self.fail(failures[min(failures)])

    def _ends(self, input: _Input) -> Iterator[tuple[list[Array], list[Array]]]:
        """Yields, for each element of an input, all outputs a step above it and a step below."""
        for unit in _units(input.array):
            above, below = input.array + self.eps * unit, input.array - self.eps * unit
            yield self._values(self.numbers, input, above), self._values(self.numbers, input, below)

    def _analytic(self, output: Tensor) -> list[list[Array]]:
        """Returns, for each element of an output, its gradient by each input."""
        zeros = [zeros_of(one.edge).array for one in self.inputs]
        units = _units(output.array)
        if not output.requires_grad:
            return [zeros for _ in units]
        rows = []
        sources = [one.edge for one in self.inputs]
        with without_warnings(output.array):
            for unit in units:
                arrived = propagate({output: unit}, targets=sources, retain=False)
                rows.append([arrived.get(edge, zero) for edge, zero in zip(sources, zeros, strict=True)])
        return rows

    def _compare(self, k: int, input: _Input, rows: list[Array], ends: list[tuple[Array, Array]]) -> str:
        """Returns what is wrong with the derivatives of one output by one input, or an empty text."""
        worst: tuple[tuple[float, bool], str] | None = None
        wrong = total = 0
        center = _floats(self.outputs[k].array)
        columns = [_floats(row) for row in rows]
        out_indices = _indices(self.outputs[k].array)
        for j, (index, end) in enumerate(zip(_indices(input.array), ends, strict=True)):
            above, below = map(_floats, end)
            for m, out_index in enumerate(out_indices):
                total += 1
                analytic, numeric = columns[m][j], (above[m] - below[m]) / (2 * self.eps)
                allowed = self.atol + self.rtol * abs(numeric)
                if not _differ(analytic, numeric, self.atol, self.rtol):
                    continue
                wrong += 1
                gap = abs(analytic - numeric)
                size = gap / allowed if math.isfinite(gap) else math.inf, not math.isfinite(numeric)
                if worst is None or size > worst[0]:
                    right, left = (above[m] - center[m]) / self.eps, (center[m] - below[m]) / self.eps
                    worst = (
                        size,
                        f"the derivative of {_at(out_index)} of {self.output_name(k)} by {_at(index)} of "
                        f"{input.place} is wrong\n"
                        f"  analytic    {analytic:.10g}\n"
                        f"  numeric     {numeric:.10g}\n"
                        f"  difference  {gap:.3g}, more than {allowed:.3g} "
                        f"(atol {number_text(self.atol)} + rtol {number_text(self.rtol)})\n"
                        f"  at          {input.place}{list(index) if index else ''} = "
                        f"{_floats(input.array)[j]:.10g}" + self._kink(center[m], left, right, analytic),
                    )
        if worst is None:
            return ""
        counted = f"\n  {wrong} of {total} elements of this Jacobian disagree; this is the worst"
        return worst[1] + (counted if total > 1 else "")

    def _kink(self, value: float, left: float, right: float, analytic: float) -> str:
        """Returns a remark on the point from its one-sided slopes."""
        if not math.isfinite(value) or not math.isfinite(left) or not math.isfinite(right):
            return (
                "\n  the function is not finite here or a step away: check a point inside its domain, more than eps "
                "from its border"
            )
        if abs(right - left) > 0.01 * (1 + max(abs(left), abs(right))):
            between = min(left, right) - self.atol <= analytic <= max(left, right) + self.atol
            allowed = ", and the analytic value is between them, as a subgradient may be" if between else ""
            return (
                f"\n  this point may be a kink: the slope is {left:.6g} on the left and {right:.6g} on the "
                f"right{allowed}. Check at a smooth point"
            )
        if not math.isfinite(analytic):
            return "\n  the function is smooth here: its derivative divides by zero or overflows where it need not"
        return ""

    def check_directions(self) -> None:
        """Fails unless forward mode is the transpose of backward: <u, J v> = <Jᵀ u, v>."""
        tangents = {one.edge: _varied_numbers(one.array, k + 3) for k, one in enumerate(self.inputs)}
        output_tangents = propagate_forward(self.outputs, dict(tangents.items()))
        for k, (output, tangent) in enumerate(zip(self.outputs, output_tangents, strict=True)):
            if not output.requires_grad:
                continue
            u = _varied_numbers(output.array, k)
            with without_warnings(output.array):
                pulled = propagate({output: u}, targets=list(tangents), retain=False)
            forward = 0.0 if tangent is None else _dot(u, tangent)
            back = math.fsum(_dot(pulled[edge], v) for edge, v in tangents.items() if edge in pulled)
            if _differ(forward, back, self.atol, self.rtol):
                culprit = self._disagreeing_node()
                self.fail(
                    f"forward mode and walking back disagree on {self.output_name(k)}: u·(J v) is {forward:.10g} but "
                    f"(Jᵀ u)·v is {back:.10g}" + (f". {culprit}" if culprit else "")
                )

    def _disagreeing_node(self) -> str:
        for node in nodes_newest_first(self.outputs):
            xp = namespace(node.array)
            u = _varied_numbers(node.array, 1)
            with without_warnings(node.array):
                parts = {i: part for i, _, part in contributions(node, u, node.array, node.arrays, xp)}
            tangents = [_varied_numbers(node.arrays[i], i + 2) if i in parts else None for i in range(len(node.inputs))]
            forward = _dot(u, push_forward(node, tangents))
            back = math.fsum(_dot(part, tangents[i]) for i, part in parts.items())
            if _differ(forward, back, self.atol, self.rtol):
                operation = node.operation
                if operation.linear is not None:
                    declared = f"it is declared linear={operation.linear!r}, so its forward is applied to tangents"
                elif operation.elementwise:
                    declared = "it is declared elementwise, so its derivatives are used as factors"
                else:
                    declared = "its derivatives are transposed"
                return f"It is {operation.name}: {declared} ({where(node)})"
        return ""


def _differentiable_outputs(output: Any) -> list[Tensor]:
    edges = [edge_of(leaf) for _, leaf in leaves(output)]
    return [edge for edge in edges if is_float(edge.array) and edge.requires_grad]


def _varied_numbers(array: Array, salt: int) -> Array:
    """Returns numbers between -1 and 1 in an array's shape and dtype, all different and the same every time."""
    xp = namespace(array)
    count = math.prod(array.shape)
    numbers = [math.modf((k + 1) * 0.6180339887498949 + salt * 0.4142135623730951)[0] for k in range(count)]
    return xp.reshape(xp.asarray([2 * x - 1 + 1e-3 for x in numbers], dtype=array.dtype), tuple(array.shape))


def _units(array: Array) -> Iterator[Array]:
    """Yields the arrays with one element 1 and the others 0, in order."""
    xp = namespace(array)
    numbers = xp.arange(math.prod(array.shape))
    for k in range(numbers.shape[0]):
        yield xp.reshape(xp.astype(numbers == k, array.dtype), tuple(array.shape))


def _indices(array: Array) -> list[tuple[int, ...]]:
    return list(itertools.product(*map(range, array.shape)))


def _floats(array: Array) -> list[float]:
    flat = namespace(array).reshape(array, (-1,))
    return [float(flat[k]) for k in range(flat.shape[0])]


def _elements(*arrays: Array) -> Iterator[tuple[Any, ...]]:
    """Yields index and values of each element of arrays of one shape."""
    return zip(_indices(arrays[0]), *map(_floats, arrays), strict=True)


def _at(index: tuple[int, ...]) -> str:
    return f"element {list(index)}" if index else "the value"


def _differ(a: float, b: float, atol: float, rtol: float) -> bool:
    return not (a == b or abs(a - b) <= atol + rtol * abs(b))


def _dot(a: Array, b: Array) -> float:
    return math.fsum(x * y for x, y in zip(_floats(a), _floats(b), strict=True))
