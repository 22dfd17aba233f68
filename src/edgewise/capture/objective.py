"""Finds the quantity that a snapshot differentiates: its output, or the weighted sum of its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..printers.figures import MINUS, figure

if TYPE_CHECKING:
    from .snapshot import Snapshot, TensorRecord

_LETTERS = ("L", "J", "S", "total")
"""The symbols for a sum of outputs; the first that no tensor has is used."""

_MOST_TERMS = 4


@dataclass(frozen=True)
class Objective:
    """The differentiated quantity.

    Attributes
    ----------
    symbol:
        Its symbol in a line of text, as in ∂L/∂x.
    name:
        Its name in titles.
    definition:
        Its formula in the outputs: ``L = l₁ + l₂``; empty if it is the output itself.
    """

    symbol: str
    name: str
    definition: str = ""


def objective_of(snapshot: Snapshot) -> Objective:
    """Returns the output if it is a single number whose gradient is 1; else the weighted sum of the outputs."""
    if not snapshot.has_gradients:
        return Objective(snapshot.output.symbol, snapshot.output.name)
    outputs = [snapshot.tensors[id] for id in dict.fromkeys(snapshot.outputs)]
    weights = [weight_of(snapshot, output) for output in outputs]
    is_plain = all(output.value.size == 1 and weight == 1 for output, weight in zip(outputs, weights, strict=True))
    if is_plain and len(outputs) == 1:
        return Objective(outputs[0].symbol, outputs[0].name)
    used = {tensor.symbol for tensor in snapshot.tensors}
    symbol = next((letter for letter in _LETTERS if letter not in used), _LETTERS[0])
    terms = [_term(output, weight) for output, weight in zip(outputs, weights, strict=True)]
    name = " + ".join(_abbreviated_terms([output.name for output in outputs])) if is_plain else symbol
    note = " (g is the gradient that was given)" if None in weights else ""
    return Objective(symbol, name, f"{symbol} = {_sum_text(_abbreviated_terms(terms))}{note}")


def weight_of(snapshot: Snapshot, output: TensorRecord) -> float | None:
    """Returns the gradient that an output started from: 1 by default; None if its elements had different ones."""
    sent = [snapshot.edges[id].contribution for id in output.edges]
    parts = [part for part in sent if part is not None]
    if output.gradient is None:
        return 1.0
    if not parts:
        found = output.gradient.statistics
        return found.smallest if found.finite == found.size and found.smallest == found.largest else None
    arrays = [numbers.array for numbers in (output.gradient, *parts)]
    whole = [array.astype(np.float64) for array in arrays if array is not None]
    if len(whole) < len(arrays):
        return 1.0 if output.value.size == 1 else None
    with np.errstate(all="ignore"):
        rest = whole[0] - sum(whole[1:])
        error = 1e-4 * max(float(np.abs(array).max(initial=0)) for array in whole)
        if output.value.size == 1 and not abs(float(rest.sum()) - 1) > error:
            return 1.0
        first = float(rest.ravel()[0]) if rest.size else 1.0
        return float(f"{first:.3g}") if bool((np.abs(rest - first) <= error).all()) else None


def _term(output: TensorRecord, weight: float | None) -> str:
    symbol = output.symbol if output.value.size == 1 else f"Σ {output.symbol}"
    if weight is None:
        return f"Σ g ⊙ {output.symbol}"
    if abs(weight) == 1:
        return symbol if weight > 0 else f"{MINUS}{symbol}"
    return f"{figure(weight)} · {symbol}"


def _abbreviated_terms(terms: Sequence[str]) -> list[str]:
    return [*terms] if len(terms) <= _MOST_TERMS else [*terms[: _MOST_TERMS - 2], "…", terms[-1]]


def _sum_text(terms: Sequence[str]) -> str:
    text = terms[0]
    for term in terms[1:]:
        text += f" {MINUS} {term[1:]}" if term.startswith(MINUS) else f" + {term}"
    return text
