"""Operations: a forward and its derivatives, declared once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import fast, fast_backward
from .arrays import Array, Namespace
from .edge import Edge
from .error_messages import explain_error
from .reads import arguments_read
from .traits import NOTHING, Example, Kind, Traits
from .views import Put, with_view_note
from .widening import widen_derivative, widen_forward

if TYPE_CHECKING:
    from ..tensor import Tensor

Forward = Callable[..., Array]
Derivative = Callable[..., Array]

whole_op_tracers: dict[Namespace, Callable[..., Array]] = {}
"""Tracers by namespace. A derivative that applies an operation calls ``whole_op_tracers[xp](operation, *arrays,
**params)``, so formulas write σ(x) rather than the steps of its forward."""


class Operation:
    """A forward and its derivatives, written once for any arrays.

    Parameters
    ----------
    name:
        The name in pictures and errors.
    forward:
        ``forward(xp, *inputs, **params) -> array``, where `xp` is the Array API namespace of the inputs. Use only `xp`
        and the arrays' own operators: then the same lines run on NumPy, on other libraries' arrays, on Edgewise
        tensors and on recording arrays. Positional arguments are the inputs that gradients flow to; axes, sizes and
        flags are keyword parameters.
    derivatives:
        One for each input: ``derivative(xp, g, y, *inputs, **params) -> array`` turns the gradient `g` of the output
        `y` into the gradient of that input. It must be linear in `g`. Pass None for an input without a gradient, such
        as indices. A forward with ``*inputs`` has one derivative for all of them, whose keyword `i` is the number of
        the input; it may leave ``*inputs`` out if it reads none. The engine undoes broadcasting, casts to the input's
        dtype and checks the shape.
    elementwise:
        Each output element depends only on the input elements at its place, after broadcasting. The derivative then
        serves forward mode too, and pictures show it as a factor.
    linear:
        ``"each"``: linear in every differentiable input while the others are constant, as a matrix product is.
        ``"jointly"``: linear in all of them together, as a concatenation is. Forward mode then uses the forward.
    floats:
        Integer inputs are first cast to the default floating-point dtype, as `exp` needs it.
    promotes:
        Inputs of different dtypes are first cast to one, by PyTorch's rules. True for elementwise operations.
    broadcasts:
        Inputs are broadcast to the output, so gradients are summed back. True for elementwise operations.
    singular:
        Good inputs can give infinity or NaN, as log does at 0, so NumPy's warnings are switched off.
    fused:
        ``fused(xp, *inputs, **params) -> (output, back) | None``: a faster forward for plain arrays, used where a
        gradient is needed. ``back(g)`` returns a function from an input's number to its gradient. Return None for
        arrays that it can't handle. If the backward pass is recorded, the derivatives above run instead.
    accumulate:
        For an operation that picks elements of its first input, the only one with a gradient:
        ``accumulate(xp, total, g, *inputs, **params) -> bool`` adds the derivative's result to the array `total` in
        place, so many small pieces don't each need an array of zeros as large as the whole. Return False if `total`
        was not changed.
    wide:
        Half-precision inputs are computed in float32 and the result is rounded. True for operations with `floats`.
        Needed where squares, counts, sums or several roundings occur; wrong for a view of the input's memory.
    diagnose:
        ``diagnose(*arrays, **params) -> str | None``, called when the forward raised: says what is wrong with these
        arguments and what to do.
    put:
        For an operation of one input whose result can be a view of it: ``put(x, part, **params) -> Tensor`` returns
        the tensor `x` with `part` in place of the result. So a recorded write into the result reaches `x`.
    kind:
        Its part in a network, such as ``"activation"`` for relu: pictures of neurons count it to the layer before.
        `edgewise.graph.traits` lists the kinds.
    roles, word, letter, sign, notation, gradients, symbols, indices, words, example:
        Names of arguments, ways to write the operation, and good arguments, for pictures and formulas. See
        :class:`~edgewise.graph.traits.Traits`.

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
        fused: Callable[..., tuple[Array, Callable[[Array], Callable[[int], Array]]] | None] | None = None,
        accumulate: Callable[..., bool] | None = None,
        wide: bool | None = None,
        diagnose: Callable[..., str | None] | None = None,
        put: Put | None = None,
        kind: Kind = "",
        roles: Mapping[str, str] = NOTHING,
        word: str = "",
        letter: str = "",
        sign: str = "",
        notation: str = "",
        gradients: Mapping[str, str] = NOTHING,
        symbols: Mapping[str, str] = NOTHING,
        indices: Mapping[str, str] = NOTHING,
        words: Mapping[str, str] = NOTHING,
        example: Example | None = None,
    ) -> None:
        self.name = name
        self.forward = forward
        self.elementwise = elementwise
        self.linear = linear
        self.floats = floats
        self.promotes = elementwise if promotes is None else promotes
        self.broadcasts = elementwise if broadcasts is None else broadcasts
        self.singular = singular
        self.traits = Traits(kind, roles, word, letter, sign, notation, gradients, symbols, indices, words, example)
        self.fused = fused
        self.accumulate = accumulate
        self.wide = floats if wide is None else wide
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
        self.unwidened_forward, self.unwidened_derivatives = forward, derivatives  # for full precision
        if self.wide:
            self.forward = widen_forward(forward)
            derivatives = tuple(widen_derivative(self, i, d) for i, d in enumerate(derivatives))
        self.derivatives = derivatives
        # How many inputs the derivatives take; None for all. Joining a thousand arrays would pass each all the others.
        takes_all = not self.variadic or _takes_rest(derivatives[-1])
        self.derivative_arity = None if takes_all else len(self.input_names) - 1
        self.differentiable = tuple(derivative is not None for derivative in derivatives)
        self.apply_without_place = fast.application_of(self)
        self.apply = self.apply_without_place if put is None else with_view_note(self.apply_without_place, put)
        self.pullback = fast_backward.pullback_of(self)

    def derivative(self, i: int) -> Derivative | None:
        """Returns the derivative with respect to input number `i`."""
        if not self.variadic:
            return self.derivatives[i]
        last = len(self.derivatives) - 1
        if i < last:
            return self.derivatives[i]
        derivative = self.derivatives[last]
        if derivative is None:
            return None
        position, arity = i - last, self.derivative_arity
        if arity is not None:
            return lambda xp, g, y, *inputs, **params: derivative(xp, g, y, *inputs[:arity], i=position, **params)
        return lambda *arguments, **params: derivative(*arguments, i=position, **params)

    def input_name(self, i: int) -> str:
        """Returns the forward's name for input number `i`."""
        last = len(self.input_names) - 1
        return f"{self.input_names[last]}[{i - last}]" if self.variadic and i >= last else self.input_names[i]

    def reads(self, i: int, argument: int) -> bool:
        """Returns whether the derivative for input number `i` reads input number `argument`, or the result, -1."""
        derivative = self.derivatives[min(i, len(self.derivatives) - 1)]
        if derivative is None:
            return False
        read = arguments_read(derivative)
        if read is None:
            return True
        positions, rest, named = read
        fixed = len(self.derivatives) - self.variadic
        return rest if argument >= min(fixed, named - 3) else argument + 3 in positions

    def __call__(self, *inputs: Any, **params: Any) -> Tensor:
        """Applies the operation to tensors, arrays and numbers, and records a node if one needs a gradient."""
        return self.apply(*inputs, **params)

    def on(self, xp: Namespace, *arrays: Any, **params: Any) -> Array:
        """Applies the operation inside a derivative, to the arrays or tensors that the derivative runs on.

        On arrays it only runs the forward. On tensors, whose derivatives are to be differentiated again, it records a
        node.
        """
        for array in arrays:
            if isinstance(array, Edge):
                return self(*arrays, **params)
        if whole_op_tracers and xp in whole_op_tracers:
            return whole_op_tracers[xp](self, *arrays, **params)
        return self.forward(xp, *arrays, **params)

    def flows_to(self, i: int) -> bool:
        """Returns whether a gradient flows to input number `i`."""
        return self.differentiable[min(i, len(self.differentiable) - 1)]

    def explain_error(self, error: Exception, arrays: Sequence[Any], params: dict[str, Any]) -> Exception:
        """Returns the error to raise for one of the forward, with the operation, its arguments and their shapes."""
        return explain_error(self, error, arrays, params)

    def __repr__(self) -> str:
        return f"Operation({self.name!r})"


def _inputs_of(name: str, forward: Forward) -> tuple[tuple[str, ...], bool, bool]:
    """Returns a forward's input names, whether the last stands for any number, and whether there are parameters."""
    parameters = list(inspect.signature(forward).parameters.values())[1:]
    inputs = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    if not inputs:
        raise TypeError(f"{name}: its forward must take the namespace and at least one input, as in (xp, x)")
    variadic = inputs[-1].kind is inspect.Parameter.VAR_POSITIONAL
    return tuple(p.name for p in inputs), variadic, len(parameters) > len(inputs)


def _takes_rest(derivative: Derivative | None) -> bool:
    """Returns whether a derivative for ``*inputs`` takes them."""
    try:
        parameters = inspect.signature(derivative).parameters.values() if derivative is not None else ()
    except (TypeError, ValueError):  # of a builtin
        return True
    return derivative is None or any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
