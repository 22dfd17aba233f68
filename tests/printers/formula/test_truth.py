"""Formulas mean what runs: read back from what is printed, they give the results and gradients of the operations."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from registry import arrangement, elementwise, networks, reductions

from edgewise.ops import linear
from edgewise.printers.formula.index_forms import index_forms_of
from edgewise.printers.formula.names import parts_of
from edgewise.printers.formula.operations import formulas_of

from .element_reader import computed_element, element_from_latex
from .latex_reader import from_latex
from .reader import UnreadableError, computed

_ENTRIES = {**elementwise.ENTRIES, **reductions.ENTRIES, **arrangement.ENTRIES, **networks.ENTRIES}
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def _kinds(case):
    return [(x.shape, str(x.dtype)) if isinstance(x, np.ndarray) else x for x in case.inputs]


def _written(name):
    base, digits = parts_of(name)
    return base + digits.translate(_LOWERED)


def _kept(array, case):
    """A reduced array with the axes of size 1 that the operation was told to drop."""
    axis = case.params.get("axis")
    x = case.inputs[0]
    if case.params.get("keepdims") is not False:
        return array
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return np.reshape(array, [1 if i in {a % x.ndim for a in axes} else n for i, n in enumerate(x.shape)])


def _agree(text, expected, values):
    found = computed(text, values)
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    if found.size == expected.size:
        found = found.reshape(expected.shape)
    np.testing.assert_allclose(np.broadcast_to(found, expected.shape), expected, rtol=2e-4, atol=1e-6, err_msg=text)


def _checks(operation, case):
    """Pairs of a formula and the array that it should give, with the values of its symbols."""
    formulas = formulas_of(operation, _kinds(case), case.params)
    inputs = [x.astype(float) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in case.inputs]
    with np.errstate(all="ignore"):
        y = np.asarray(operation.forward(np, *inputs, **case.params))
    values = {_written(name): x for name, x in zip(formulas.inputs, inputs, strict=True) if x is not None}
    values["whole"], values["inverses"] = y.shape, not operation.elementwise
    axis = case.params.get("axis", case.params.get("axes"))
    values["axis"] = axis
    arrays = [x for x in inputs if isinstance(x, np.ndarray)]
    if arrays:
        shape = arrays[0].shape
        axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
        axes = [a for a in axes if a < len(shape)]
        values["indexed"] = len(arrays[-1]) if arrays[-1].ndim else 1
        values.setdefault("n", math.prod(shape[a] for a in axes) if shape else 1)
    yield formulas.forward, y, {**values, "matrices": not operation.elementwise}
    if y.dtype.kind != "f":
        return
    g = np.random.default_rng(0).normal(size=y.shape)
    values = {**values, formulas.output: _kept(y, case), formulas.gradient: _kept(g, case)}
    for i, derivative in enumerate(formulas.derivatives):
        if derivative is None:
            continue
        ones = np.ones_like(y)
        with np.errstate(all="ignore"):
            expected = operation.derivative(i)(np, ones if derivative.local else g, y, *inputs, **case.params)
        whole = np.shape(inputs[i])
        yield derivative.expression, expected, {**values, "matrices": not derivative.local, "whole": whole}


# What is written by the operation's name only, or with axes that the reader can't know.
UNREADABLE = {
    *["recurrence", "searchsorted", "mode_indices", "tile", "one_hot_like"],
    *["conv_transpose2d", "conv2d_weight", "unfold", "fold"],
    *["max_pool2d", "max_unpool2d", "max_pool2d_at", "avg_pool2d", "avg_pool2d_input"],
}


@pytest.mark.parametrize("operation", _ENTRIES, ids=lambda operation: operation.name)
def test_printed_formulas_compute_what_the_operation_does(operation):
    read = 0
    for case in _ENTRIES[operation].cases:
        if any(isinstance(x, np.ndarray) and x.size == 0 for x in case.inputs):
            continue
        for formula, expected, values in _checks(operation, case):
            text, latex = formula.unicode(), formula.latex()
            try:
                with np.errstate(all="ignore"):
                    _agree(text, expected, values)
                    _agree(from_latex(latex), expected, values)
            except UnreadableError:
                continue
            except ValueError as error:
                if re.search("broadcast|mismatch|dimension", str(error)):
                    continue  # which axes an array lacks is not written
                raise
            read += 1
    assert read or operation.name in UNREADABLE, "nothing of it could be read"
    assert not (read and operation.name in UNREADABLE)


def _index_checks(operation, case):
    """Pairs of a formula of one element and the array that all elements make, with the values of its symbols."""
    formulas = formulas_of(operation, _kinds(case), case.params)
    forms = index_forms_of(operation, _kinds(case), case.params)
    found = [forms[0], *(form for form, one in zip(forms[1:], formulas.derivatives, strict=True) if one is not None)]
    for form, (_, expected, values) in zip(found, _checks(operation, case), strict=False):
        if form is not None:
            yield form, np.asarray(expected, dtype=float), _as_printed(values, operation, case, formulas)


def _as_printed(values, operation, case, formulas):
    """The same with arrays of the operation's shapes: axes that were reduced are dropped again."""
    inputs = [x.astype(float) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in case.inputs]
    with np.errstate(all="ignore"):
        y = np.asarray(operation.forward(np, *inputs, **case.params))
    reshaped = {
        name: np.reshape(values[name], y.shape) for name in (formulas.output, formulas.gradient) if name in values
    }
    unused = ("whole", "matrices", "indexed", "inverses", "axis")
    return {name: value for name, value in {**values, **reshaped}.items() if name not in unused}


_CHECKED = 4
"""So many elements of each result are computed."""


@pytest.mark.parametrize("operation", _ENTRIES, ids=lambda operation: operation.name)
def test_formulas_of_elements_compute_what_the_operation_does(operation):
    for case in _ENTRIES[operation].cases:
        if any(isinstance(x, np.ndarray) and (x.size == 0 or x.size > 200) for x in case.inputs):
            continue
        for form, expected, values in _index_checks(operation, case):
            if not any(piece.head == "count" for piece in form.pieces()):
                del values["n"]
            definitions = [(left.unicode(), right.unicode()) for left, right in form.definitions]
            in_latex = [(left.unicode(), element_from_latex(right.latex())) for left, right in form.definitions]
            places = list(np.ndindex(expected.shape))
            for place in places[:: max(1, len(places) // _CHECKED)]:
                letters = {name: i for name, i in zip(form.letters, place, strict=True) if name}
                for text, parts in (
                    (form.expression.unicode(), definitions),
                    (element_from_latex(form.expression.latex()), in_latex),
                ):
                    with np.errstate(all="ignore"):
                        number = computed_element(text, parts, values, letters, form.outside)
                    np.testing.assert_allclose(number, expected[place], rtol=2e-4, atol=1e-6, err_msg=f"{text} {parts}")


def test_products_of_arrays_of_three_axes_are_sums_of_products_of_matrices():
    operation = linear._linear
    rng = np.random.default_rng(0)
    x, w, b, g = (rng.normal(size=shape) for shape in ((2, 5, 4), (3, 4), (3,), (2, 5, 3)))
    y = operation.forward(np, x, w, b)
    formulas = formulas_of(operation, [(array.shape, "float32") for array in (x, w, b)])
    assert formulas.derivatives[1].expression.unicode() == "Σ[axis 0] (gᵀ · x)"
    for i, derivative in enumerate(formulas.derivatives):
        expected = operation.derivative(i)(np, g, y, x, w, b)
        _agree(derivative.expression.unicode(), expected, {"x": x, "w": w, "b": b, "g": g, "matrices": True})


def _correlated(x, w):
    """Of matrices: at each place the sum of the kernel times what it covers."""
    rows, columns = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    return np.array(
        [[(x[i : i + w.shape[0], j : j + w.shape[1]] * w).sum() for j in range(columns)] for i in range(rows)]
    )


def _convolved(g, w):
    """Of matrices: the kernel laid down at each place, as often as the number there says, and all added up."""
    whole = np.zeros((g.shape[0] + w.shape[0] - 1, g.shape[1] + w.shape[1] - 1))
    for i, j in np.ndindex(g.shape):
        whole[i : i + w.shape[0], j : j + w.shape[1]] += g[i, j] * w
    return whole


def test_a_star_is_the_cross_correlation_and_an_asterisk_the_convolution():
    (operation,) = (one for one in _ENTRIES if one.name == "conv2d")
    (params,) = (case.params for case in _ENTRIES[operation].cases if case.params["stride"] == (1, 1))
    rng = np.random.default_rng(0)
    x, w, g = (rng.normal(size=(1, 1, *shape)) for shape in ((4, 4), (3, 3), (2, 2)))
    formulas = formulas_of(operation, [(x.shape, "float32"), (w.shape, "float32"), None], params)
    assert formulas.forward.unicode() == "x ⋆ w"
    assert [one.expression.unicode() for one in formulas.derivatives if one] == ["g ∗ w", "x ⋆ g"]
    y = operation.forward(np, x, w, None, **params)
    on_x, on_w = (operation.derivative(i)(np, g, y, x, w, None, **params) for i in range(2))
    (x, w, g, y, on_x, on_w) = (array[0, 0] for array in (x, w, g, y, on_x, on_w))
    np.testing.assert_allclose(y, _correlated(x, w))
    np.testing.assert_allclose(on_x, _convolved(g, w))
    np.testing.assert_allclose(on_w, _correlated(x, g))


def test_no_formula_names_an_operation_that_mathematics_has_a_sign_for():
    text = (Path(__file__).parent / "formulas.txt").read_text(encoding="utf-8")
    named = r"put|embedding|conv\w*2d|\w*pool\w*|one_hot\w*|embedding_weight|without_padding|logabsdet|sign_of_det"
    found = re.findall(rf"\b(?:{named})[\[(].*", text)
    assert found == []
