"""Running sums and products, and the recurrence by which they flow back: what several families are built on.

Everything here runs along one axis, counted from the front, and is closed under differentiation: the derivative
of each is made of the others.
"""

from __future__ import annotations

from ..graph.arrays import Array, Namespace
from ..graph.operation import Operation
from .accurate import is_numpy
from .axes import key_along

LONG_RUN = 1024
"""Along an axis of so many elements, products that run on are computed in float64, since each costs a rounding."""


def _reversed_sum(xp: Namespace, g: Array, axis: int) -> Array:
    return xp.flip(cumsum_of.on(xp, xp.flip(g, axis=axis), axis=axis), axis=axis)


cumsum_of = Operation(
    "cumsum",
    lambda xp, x, *, axis: xp.cumulative_sum(x, axis=axis),
    lambda xp, g, y, x, *, axis: _reversed_sum(xp, g, axis),
    linear="each",
    singular=True,
    wide=True,
    word="running sum",
)


def preceding(xp: Namespace, x: Array, axis: int) -> Array:
    """Returns, for each element, the product of all before it; 1 for the first."""
    one = xp.ones_like(x[key_along(axis, slice(0, 1))])
    return xp.concat([one, cumprod_of.on(xp, x[key_along(axis, slice(0, -1))], axis=axis)], axis=axis)


def _shifted_back(xp: Namespace, x: Array, axis: int) -> Array:
    """Returns each element's successor; 0 for the last."""
    return xp.concat([x[key_along(axis, slice(1, None))], xp.zeros_like(x[key_along(axis, slice(0, 1))])], axis=axis)


def _shifted_on(xp: Namespace, x: Array, axis: int) -> Array:
    """Returns each element's predecessor; 0 for the first."""
    return xp.concat([xp.zeros_like(x[key_along(axis, slice(0, 1))]), x[key_along(axis, slice(0, -1))]], axis=axis)


cumprod_of = Operation(
    "cumprod",
    lambda xp, x, *, axis: xp.cumulative_prod(x, axis=axis),
    # yₖ holds xⱼ for all k ≥ j: ∂L/∂xⱼ = (Πᵢ<ⱼ xᵢ) · Σₖ≥ⱼ gₖ Πⱼ<ᵢ≤ₖ xᵢ, and that sum is the recurrence.
    lambda xp, g, y, x, *, axis: preceding(xp, x, axis) * recurrence(xp, g, _shifted_back(xp, x, axis), axis),
    singular=True,
    wide=True,
    gradients={"x": "back through running product"},
    words={"x": "each product from here on is divided by its factor x; where x is 0, it is that of the others"},
    word="running product",
)


def _run_back(xp: Namespace, b: Array, a: Array, *, axis: int) -> Array:
    if is_numpy(xp) and b.dtype == a.dtype == xp.float32 and b.shape[axis] >= LONG_RUN:
        return xp.astype(_run_back(xp, xp.astype(b, xp.float64), xp.astype(a, xp.float64), axis=axis), xp.float32)
    # A step from place i is the map h -> bᵢ + aᵢ h. Maps compose, so about log2(n) rounds, in each of which every
    # place takes in as many later steps as it holds already, replace n steps one after another.
    shift, size = 1, b.shape[axis]
    while shift < size:
        here, there, rest = (
            key_along(axis, slice(*ends)) for ends in ((0, size - shift), (shift, size), (size - shift, size))
        )
        b = xp.concat([b[here] + a[here] * b[there], b[rest]], axis=axis)
        a = xp.concat([a[here] * a[there], xp.zeros_like(a[rest])], axis=axis)
        shift *= 2
    return b


def _run_on(xp: Namespace, g: Array, a: Array, axis: int) -> Array:
    """Computes the transpose of running back: qᵢ = gᵢ + aᵢ₋₁ qᵢ₋₁."""
    return xp.flip(recurrence(xp, xp.flip(g, axis=axis), xp.flip(_shifted_on(xp, a, axis), axis=axis), axis), axis=axis)


_recurrence = Operation(
    "recurrence",
    _run_back,
    lambda xp, g, y, b, a, *, axis: _run_on(xp, g, a, axis),
    lambda xp, g, y, b, a, *, axis: _run_on(xp, g, a, axis) * _shifted_back(xp, y, axis),
    singular=True,
    wide=True,
    notation="recurrence",
    gradients={"b": "back through recurrence", "a": "back to factors of recurrence"},
    words={"y": "t counts along the axis; beyond its ends there are zeros"},
)


def recurrence(xp: Namespace, b: Array, a: Array, axis: int) -> Array:
    """Computes hᵢ = bᵢ + aᵢ hᵢ₊₁ from the last place, where h = b, back to the first."""
    return _recurrence.on(xp, b, a, axis=axis)
