"""Recurrent layers in one go: all steps of one layer in one direction, for libraries that write into given arrays.

Each operation takes sequences (L, N, size), the weights and biases of the inputs and of the state, in PyTorch's order
of the gates, and the first states (N, H). It gives the states after each step along the first axis, in the order of the
sequence, and behind them the last memory, if there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph.arrays import Array, Namespace, namespace
from ..graph.operation import Operation

Back = Callable[[Array], Callable[[int], Array]]


def available(arrays: list[Any]) -> bool:
    """Returns whether these operations take such arguments, NumPy's of one dtype; biases may be None."""
    first = arrays[0]
    xp = namespace(first)
    return (
        hasattr(getattr(xp, "lib", None), "stride_tricks")
        and first.dtype in (xp.float32, xp.float64)
        and all(a is None or (type(a) is type(first) and a.dtype == first.dtype) for a in arrays)
    )


def _input_products(xp: Namespace, x: Array, w: Array, *biases: Array | None) -> Array:
    """Returns what comes of the inputs, for all steps in one product: (L, N, gates)."""
    given = xp.matmul(x.reshape(-1, x.shape[2]), w.T)
    there = [bias for bias in biases if bias is not None]
    if there:
        given += there[0] if len(there) == 1 else there[0] + there[1]
    return given.reshape(*x.shape[:2], -1)


def _sent(
    xp: Namespace, inputs: tuple[Any, ...], states: Array, given: Array, kept: Array, firsts: tuple[Array, ...]
) -> Callable[[int], Array]:
    """Returns the gradients of all inputs, from those of the gates' parts and of the first states.

    `inputs` and `states` are in the order of the steps, as are the parts (L, N, gates).
    """
    x, w_ih, backwards = inputs
    flat = given.reshape(-1, given.shape[2])
    of_state = flat if kept is given else kept.reshape(-1, kept.shape[2])
    sums: dict[int, Array] = {}

    def gradient(i: int) -> Array:
        if i == 0:
            sent = xp.matmul(flat, w_ih).reshape(x.shape)
            return sent[::-1] if backwards else sent
        if i == 1:
            return xp.matmul(flat.T, x.reshape(-1, x.shape[2]))
        if i == 2:
            return xp.matmul(of_state.T, states.reshape(-1, states.shape[2]))
        if i > 4:
            return firsts[i - 5]
        rows = flat if i == 3 else of_state
        if id(rows) not in sums:
            # As a product, which adds in blocks, and so more exactly than row after row.
            sums[id(rows)] = xp.matmul(xp.ones(len(rows), dtype=rows.dtype), rows)
        return sums[id(rows)]

    return gradient


def _sigmoid_in_place(xp: Namespace, negated: Array, one: Any) -> None:
    xp.exp(negated, out=negated)
    negated += one
    xp.reciprocal(negated, out=negated)


def _rnn(
    xp: Namespace, x: Array, w_ih: Array, w_hh: Array, b_ih: Any, b_hh: Any, h: Array, *, backwards: bool, relu: bool
) -> tuple[Array, Back]:
    x = xp.ascontiguousarray(x[::-1] if backwards else x)
    steps = _input_products(xp, x, w_ih, b_ih, b_hh)
    turned, part = xp.ascontiguousarray(w_hh.T), xp.empty(h.shape, dtype=h.dtype)
    states = xp.empty((len(x) + 1, *h.shape), dtype=h.dtype)
    states[0] = h
    for t in range(len(x)):
        xp.matmul(states[t], turned, out=part)
        part += steps[t]
        if relu:
            xp.maximum(part, 0, out=states[t + 1])
        else:
            xp.tanh(part, out=states[t + 1])

    def back(g: Array) -> Callable[[int], Array]:
        g = g[::-1] if backwards else g
        after = states[1:]
        sent = (after > 0).astype(g.dtype) if relu else 1 - after * after
        to_state = xp.zeros(h.shape, dtype=h.dtype)
        for t in range(len(x) - 1, -1, -1):
            to_state += g[t]
            sent[t] *= to_state
            xp.matmul(sent[t], w_hh, out=to_state)
        return _sent(xp, (x, w_ih, backwards), states[:-1], sent, sent, (to_state,))

    return xp.array(states[:0:-1] if backwards else states[1:]), back


def _lstm(
    xp: Namespace,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Any,
    b_hh: Any,
    h: Array,
    c: Array,
    *,
    backwards: bool,
) -> tuple[Array, Back]:
    size, one = h.shape[1], h.dtype.type(1)
    wide = x.shape[2]
    # What a step is computed from, side by side: its input, the state before it, and a 1 for the biases.
    given = xp.empty((len(x) + 1, len(h), wide + size + 1), dtype=h.dtype)
    given[:-1, :, :wide] = x[::-1] if backwards else x
    given[..., -1] = one
    states = given[..., wide:-1]
    states[0] = h
    bias = xp.zeros(4 * size, dtype=h.dtype)
    for part in (b_ih, b_hh):
        if part is not None:
            bias += part
    weights = _outward(xp, xp.concatenate([w_ih, w_hh, bias[:, None]], axis=1), size)
    # One matrix for each gate, so that what a gate takes from all sequences lies side by side in memory. Where a
    # sigmoid follows, everything comes with a minus, as it is exp(-x) that is needed.
    turned = xp.ascontiguousarray(weights.reshape(4, size, -1).mT)
    turned[1:] *= -one
    gates = xp.empty((len(x), 4, *h.shape), dtype=h.dtype)
    memories = xp.empty((len(x) + 1, *h.shape), dtype=h.dtype)
    squeezed, added = xp.empty((len(x), *h.shape), dtype=h.dtype), xp.empty(h.shape, dtype=h.dtype)
    memories[0] = c
    for t in range(len(x)):
        step, memory = gates[t], memories[t + 1]
        xp.matmul(given[t], turned, out=step)
        new, let_in, stay, let_out = step
        _sigmoid_in_place(xp, step[1:], one)
        xp.tanh(new, out=new)
        xp.multiply(stay, memories[t], out=memory)
        xp.multiply(let_in, new, out=added)
        memory += added
        xp.tanh(memory, out=squeezed[t])
        xp.multiply(let_out, squeezed[t], out=states[t + 1])
    packed = xp.empty((len(x) + 1, *h.shape), dtype=h.dtype)
    packed[:-1] = states[:0:-1] if backwards else states[1:]
    packed[-1] = memories[-1]

    def back(g: Array) -> Callable[[int], Array]:
        ends, g = g[-1], g[-2::-1] if backwards else g[:-1]
        factors, through = _lstm_factors(xp, gates, memories[:-1], squeezed, one)
        sent = xp.empty((len(x), len(h), 4 * size), dtype=h.dtype)
        by_gate = sent.reshape(len(x), len(h), 4, size).swapaxes(1, 2)
        of_states = xp.ascontiguousarray(weights[:, wide:-1])
        to_state, to_memory = xp.zeros(h.shape, dtype=h.dtype), xp.array(ends)
        for t in range(len(x) - 1, -1, -1):
            to_state += g[t]
            xp.multiply(to_state, through[t], out=added)
            to_memory += added
            xp.multiply(factors[t, :3], to_memory, out=by_gate[t, :3])
            xp.multiply(factors[t, 3], to_state, out=by_gate[t, 3])
            to_memory *= gates[t, 2]
            xp.matmul(sent[t], of_states, out=to_state)
        flat = sent.reshape(-1, 4 * size)
        of_weights: list[Array] = []

        def gradient(i: int) -> Array:
            if i == 0:
                to_x = xp.matmul(flat, weights[:, :wide]).reshape(x.shape)
                return to_x[::-1] if backwards else to_x
            if i > 4:
                return (to_state, to_memory)[i - 5]
            if not of_weights:
                of_weights.append(_inward(xp, xp.matmul(flat.T, given[:-1].reshape(len(flat), -1)), size))
            if i == 1:
                return xp.array(of_weights[0][:, :wide])
            return xp.array(of_weights[0][:, wide:-1] if i == 2 else of_weights[0][:, -1])

        return gradient

    return packed, back


def _lstm_factors(xp: Namespace, gates: Array, before: Array, squeezed: Array, one: Any) -> tuple[Array, Array]:
    """Returns the factors of the gradient of state or memory on its way to each gate, and from state to memory."""
    new, let_in, _, let_out = gates.swapaxes(0, 1)
    factors, through = xp.empty_like(gates), squeezed * squeezed
    of_new, sigmoids = factors[:, 0], factors[:, 1:]
    xp.subtract(one, gates[:, 1:], out=sigmoids)
    sigmoids *= gates[:, 1:]
    sigmoids[:, 0] *= new
    sigmoids[:, 1] *= before
    sigmoids[:, 2] *= squeezed
    xp.multiply(new, new, out=of_new)
    xp.subtract(one, of_new, out=of_new)
    of_new *= let_in
    xp.subtract(one, through, out=through)
    through *= let_out
    return factors, through


def _outward(xp: Namespace, x: Array, size: int) -> Array:
    """Returns the gates i, f, g, o along the first axis as g, i, f, o.

    Those with a sigmoid then lie side by side, and so do those whose gradients come from the memory.
    """
    return xp.concatenate([x[2 * size : 3 * size], x[: 2 * size], x[3 * size :]])


def _inward(xp: Namespace, x: Array, size: int) -> Array:
    return xp.concatenate([x[size : 3 * size], x[:size], x[3 * size :]])


def _gru(
    xp: Namespace, x: Array, w_ih: Array, w_hh: Array, b_ih: Any, b_hh: Any, h: Array, *, backwards: bool
) -> tuple[Array, Back]:
    size, one = h.shape[1], h.dtype.type(1)
    x = xp.ascontiguousarray(x[::-1] if backwards else x)
    gates = _input_products(xp, x, w_ih, b_ih)
    turned = xp.ascontiguousarray(w_hh.T)
    states = xp.empty((len(x) + 1, *h.shape), dtype=h.dtype)
    kept, part = xp.empty((len(x), *h.shape), dtype=h.dtype), xp.empty(gates.shape[1:], dtype=h.dtype)
    states[0] = h
    for t in range(len(x)):
        step, after = gates[t], states[t + 1]
        xp.matmul(states[t], turned, out=part)
        if b_hh is not None:
            part += b_hh
        sigmoids, new = step[:, : 2 * size], step[:, 2 * size :]
        sigmoids += part[:, : 2 * size]
        xp.negative(sigmoids, out=sigmoids)
        _sigmoid_in_place(xp, sigmoids, one)
        kept[t] = part[:, 2 * size :]
        xp.multiply(sigmoids[:, :size], kept[t], out=after)
        new += after
        xp.tanh(new, out=new)
        xp.subtract(states[t], new, out=after)
        after *= sigmoids[:, size:]
        after += new

    def back(g: Array) -> Callable[[int], Array]:
        g = g[::-1] if backwards else g
        given, of_state = _gru_factors(xp, gates, kept, states[:-1], one), xp.empty_like(gates)
        to_state, part = xp.zeros(h.shape, dtype=h.dtype), xp.empty(h.shape, dtype=h.dtype)
        for t in range(len(x) - 1, -1, -1):
            to_state += g[t]
            step, sent = given[t], of_state[t]
            step[:, size : 2 * size] *= to_state
            step[:, 2 * size :] *= to_state
            step[:, :size] *= step[:, 2 * size :]
            sent[:, : 2 * size] = step[:, : 2 * size]
            xp.multiply(step[:, 2 * size :], gates[t, :, :size], out=sent[:, 2 * size :])
            to_state *= gates[t, :, size : 2 * size]
            xp.matmul(sent, w_hh, out=part)
            to_state += part
        return _sent(xp, (x, w_ih, backwards), states[:-1], given, of_state, (to_state,))

    return xp.array(states[:0:-1] if backwards else states[1:]), back


def _gru_factors(xp: Namespace, gates: Array, kept: Array, before: Array, one: Any) -> Array:
    """Returns the factors of the state's gradient on its way to z and n, and of n's on its way to r."""
    size = kept.shape[2]
    sigmoids, new = gates[..., : 2 * size], gates[..., 2 * size :]
    factors = xp.empty_like(gates)
    xp.subtract(one, sigmoids, out=factors[..., : 2 * size])
    xp.multiply(new, new, out=factors[..., 2 * size :])
    xp.subtract(one, factors[..., 2 * size :], out=factors[..., 2 * size :])
    factors[..., 2 * size :] *= factors[..., size : 2 * size]
    factors[..., : 2 * size] *= sigmoids
    factors[..., :size] *= kept
    factors[..., size : 2 * size] *= before - new
    return factors


def _sent_by(kernel: Callable[..., tuple[Array, Back]], count: int) -> list[Callable[..., Array]]:
    """Returns a derivative for each input, from the kernel's way back."""

    def derivative(i: int) -> Callable[..., Array]:
        return lambda xp, g, y, *inputs, **how: kernel(xp, *inputs, **how)[1](g)(i)

    return [derivative(i) for i in range(count)]


def _part_forward(xp: Namespace, x: Array, *, first: int, last: int, single: bool) -> Array:
    return xp.asarray(x[first] if single else x[first:last], copy=True)


def _part_derivative(xp: Namespace, g: Array, y: Array, x: Array, *, first: int, last: int, single: bool) -> Array:
    sent = xp.zeros(x.shape, dtype=g.dtype)
    sent[first:last] = g
    return sent


# Not names of the module, where explanations look for operations: pictures show the steps of these instead.
RUNS = {
    "rnn": Operation(
        "rnn",
        lambda xp, x, w_ih, w_hh, b_ih, b_hh, h, **how: _rnn(xp, x, w_ih, w_hh, b_ih, b_hh, h, **how)[0],
        *_sent_by(_rnn, 6),
        fused=_rnn,
        wide=True,
        singular=True,
    ),
    "gru": Operation(
        "gru",
        lambda xp, x, w_ih, w_hh, b_ih, b_hh, h, **how: _gru(xp, x, w_ih, w_hh, b_ih, b_hh, h, **how)[0],
        *_sent_by(_gru, 6),
        fused=_gru,
        wide=True,
        singular=True,
    ),
    "lstm": Operation(
        "lstm",
        lambda xp, x, w_ih, w_hh, b_ih, b_hh, h, c, **how: _lstm(xp, x, w_ih, w_hh, b_ih, b_hh, h, c, **how)[0],
        *_sent_by(_lstm, 7),
        fused=_lstm,
        wide=True,
        singular=True,
    ),
    # Some of the steps that a run gave, or a single one, in memory of their own.
    "steps": Operation("steps", _part_forward, _part_derivative),
}
