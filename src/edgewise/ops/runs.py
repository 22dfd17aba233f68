"""Layer normalisation and attention in one go, in blocks that stay in the cache, for NumPy's arrays.

Pictures and higher derivatives take the steps in place of a fused run: see graph/opening.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..graph.arrays import Array, Namespace, namespace
from ..graph.identity import alias_op
from ..graph.modes import thread
from ..graph.opening import FusedRun
from ..graph.operation import Operation
from .accurate import is_numpy

if TYPE_CHECKING:
    from ..tensor import Tensor

Back = Callable[[Array], Callable[[int], Array]]

_BLOCK = 1 << 18  # elements of one array in a block: fewer would make the calls take longer than the memory


def in_one_go(run: Operation, steps: Callable[..., Tensor], *inputs: Tensor | None, **params: Any) -> Tensor:
    """Returns the result of `run` for these inputs, a tensor that pictures show as the result of ``steps(*inputs)``."""
    made = run(*inputs, **params)
    if made.operation is None:
        return made
    result = alias_op(made)
    FusedRun(made, [result], lambda *given: [steps(*given)])
    return result


def is_for(*inputs: Tensor | None) -> bool:
    """Returns whether runs take these inputs: NumPy's arrays of one dtype, with a gradient to return, or no graph."""
    given = [x for x in inputs if x is not None]
    modes = thread.modes
    if modes.anomaly or (modes.recording and not any(x.requires_grad for x in given)):
        return False
    first: Any = given[0].array
    xp = namespace(first)
    return (
        is_numpy(xp)
        and first.dtype in (xp.float32, xp.float64)
        and first.size > 0
        and all(type(x.array) is type(first) and x.array.dtype == first.dtype for x in given)
    )


def _layer_norm(xp: Namespace, x: Array, weight: Any, bias: Any, *, axes: int, eps: float) -> tuple[Array, Back]:
    """Normalizes over the last `axes` axes together. `weight` and `bias` have their shape, or are None."""
    size = math.prod(x.shape[x.ndim - axes :])
    rows = xp.ascontiguousarray(x).reshape(-1, size)
    scale, shift = (None if given is None else given.reshape(-1) for given in (weight, bias))
    normal, y = xp.empty_like(rows), xp.empty_like(rows)
    factors = xp.empty((len(rows), 1), dtype=x.dtype)
    share = xp.full(size, 1 / size, dtype=x.dtype)
    blocks = _blocks_of_rows(rows)
    for block in blocks:
        given, part, out = rows[block], normal[block], y[block]
        xp.subtract(given, _dot(xp, given, share), out=part)
        factor = factors[block]
        xp.divide(_squares(xp, part), size, out=factor)
        factor += eps
        xp.sqrt(factor, out=factor)
        xp.reciprocal(factor, out=factor)
        part *= factor
        xp.multiply(part, 1 if scale is None else scale, out=out)
        if shift is not None:
            out += shift

    def back(g: Array) -> Callable[[int], Array]:
        arrived = xp.ascontiguousarray(g).reshape(-1, size)
        sent, spare = xp.empty_like(rows), xp.empty((blocks[0].stop, size), dtype=x.dtype)
        slope = xp.ones(size, dtype=x.dtype) if scale is None else scale
        by_share = slope * share
        to_scale = []
        for block in blocks:
            given, y, out = arrived[block], normal[block], sent[block]
            part = spare[: len(given)]
            xp.multiply(given, y, out=part)
            to_scale.append(xp.sum(part, axis=0))
            along = _dot(xp, part, by_share)
            xp.multiply(given, slope, out=out)
            xp.multiply(y, along, out=part)
            part += _dot(xp, given, by_share)
            out -= part
            out *= factors[block]

        def gradient(i: int) -> Array:
            if i == 0:
                return sent.reshape(x.shape)
            total = xp.sum(xp.stack(to_scale) if i == 1 else arrived, axis=0)
            return total.reshape(x.shape[x.ndim - axes :])

        return gradient

    return y.reshape(x.shape), back


_SHORT = 1024  # Up to here a product sums as exactly as NumPy's sum does, and in a quarter of the time.


def _dot(xp: Namespace, rows: Array, by: Array) -> Array:
    """Returns the sum of each row's products with `by`."""
    if len(by) > _SHORT:
        return xp.sum(rows * by, axis=1, keepdims=True)
    return xp.matmul(rows, by)[:, None]


def _squares(xp: Namespace, rows: Array) -> Array:
    """Returns the sum of each row's squares."""
    if rows.shape[1] > _SHORT:
        return xp.sum(rows * rows, axis=1, keepdims=True)
    return xp.vecdot(rows, rows)[:, None]


def _blocks_of_rows(rows: Array) -> list[slice]:
    step = min(max(_BLOCK // rows.shape[1], 1), len(rows))
    return [slice(first, first + step) for first in range(0, len(rows), step)]


def _attention(
    xp: Namespace, q: Array, k: Array, v: Array, *, mask: Any, scale: float, hides: bool
) -> tuple[Array, Back]:
    """Computes attention of queries (N, H, L, E), keys (N, H, S, E) and values (N, H, S, V).

    `mask` (N, H, L, S) is added to the scores, if not None; where it `hides`, it is 0 or -inf. The result lies in
    memory as (N, L, H, V), which is how the heads are put together again.
    """
    scale = q.dtype.type(scale)
    powers = xp.empty((*q.shape[:3], k.shape[2]), dtype=q.dtype)
    inverses = xp.empty((*q.shape[:3], 1), dtype=q.dtype)
    result = _heads_inside(xp, (*q.shape[:3], v.shape[3]), q.dtype)
    ones = xp.ones((k.shape[2], 1), dtype=q.dtype)
    blocks = _blocks(powers)
    for at in blocks:
        part, out = powers[at], result[at]
        xp.matmul(q[at] * scale, k[at].mT, out=part)
        moderate = (mask is None or hides) and part.min() > -_MODERATE and part.max() < _MODERATE
        if mask is not None:
            part += mask[at]
        if not moderate:
            part -= xp.max(part, axis=-1, keepdims=True)
        xp.exp(part, out=part)
        inverse = inverses[at]
        xp.reciprocal(_sums(xp, part, ones), out=inverse)
        xp.matmul(part, v[at], out=out)
        out *= inverse

    def back(g: Array) -> Callable[[int], Array]:
        sent = tuple(_heads_inside(xp, x.shape, x.dtype) for x in (q, k, v))
        for at in blocks:
            arrived, power, inverse = g[at], powers[at], inverses[at]
            part = xp.matmul(arrived, v[at].mT)
            # The result would give these sums sooner, but is the user's, who may have written to it.
            part -= xp.vecdot(part, power)[..., None] * inverse
            part *= power
            xp.matmul(part, k[at], out=sent[0][at])
            sent[0][at] *= inverse * scale
            xp.matmul(part.mT, q[at] * (inverse * scale), out=sent[1][at])
            xp.matmul(power.mT, arrived * inverse, out=sent[2][at])
        return lambda i: sent[i]

    return result, back


_MODERATE = 40  # exp of scores up to here, and of what is as far below 0, is neither infinite nor 0 in float32


def _sums(xp: Namespace, part: Array, ones: Array) -> Array:
    return xp.matmul(part, ones) if len(ones) <= _SHORT else xp.sum(part, axis=-1, keepdims=True)


def _heads_inside(xp: Namespace, shape: tuple[int, ...], dtype: Any) -> Array:
    n, h, length, size = shape
    return xp.empty((n, length, h, size), dtype=dtype).transpose(0, 2, 1, 3)


def _blocks(powers: Array) -> list[tuple[slice, slice]]:
    """Returns keys of several examples at a time, or else of several heads of one."""
    n, h, length, others = powers.shape
    each = max(_BLOCK // (h * length * others), 1)
    heads = h if each > 1 else max(_BLOCK // (length * others), 1)
    return [
        (slice(i, i + each), slice(first, first + heads)) for i in range(0, n, each) for first in range(0, h, heads)
    ]


def _layer_norm_derivative(i: int) -> Callable[..., Array]:
    # The shift is left out: no gradient depends on it, so it may have been written to.
    return lambda xp, g, _y, x, weight, _bias, **how: _layer_norm(xp, x, weight, None, **how)[1](g)(i)


def _attention_derivative(i: int) -> Callable[..., Array]:
    return lambda xp, g, _y, q, k, v, **how: _attention(xp, q, k, v, **how)[1](g)(i)


# Not names of the module, where explanations look for operations: pictures show the steps of these instead.
RUNS = {
    "layer_norm": Operation(
        "layer_norm",
        lambda xp, x, weight, bias, **how: _layer_norm(xp, x, weight, bias, **how)[0],
        *(_layer_norm_derivative(i) for i in range(3)),
        fused=_layer_norm,
        singular=True,
    ),
    "attention": Operation(
        "attention",
        lambda xp, q, k, v, **how: _attention(xp, q, k, v, **how)[0],
        *(_attention_derivative(i) for i in range(3)),
        fused=_attention,
        singular=True,
    ),
}
