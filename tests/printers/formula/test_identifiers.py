"""What formulas say in letters: names of functions that textbooks use, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from registry import arrangement, elementwise, networks, reductions

from edgewise.explanation.composites import composite_passages
from edgewise.explanation.equations import Equation, Product, Remark
from edgewise.explanation.operations import named_thing
from edgewise.printers.formula import notation, parts
from edgewise.printers.formula.expression import Expression
from edgewise.printers.formula.index_forms import index_forms_of
from edgewise.printers.formula.operations import formulas_of

_ENTRIES = {**elementwise.ENTRIES, **reductions.ENTRIES, **arrangement.ENTRIES, **networks.ENTRIES}

_ELEMENTARY = ("exp", "log", "log₂", "log₁₀", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf")
_INVERSE = ("arcsin", "arccos", "arctan", "arsinh", "arcosh", "artanh")

FUNCTIONS = {
    **dict.fromkeys(_ELEMENTARY, "elementary, or a known integral"),
    **dict.fromkeys(_INVERSE, "inverses, as ISO 80000-2 writes them"),
    **dict.fromkeys(("max", "min", "argmax", "argmin"), "extremes and where they are"),
    **dict.fromkeys(("ψ′", "ψ′′", "ψ′′′"), "the derivatives of the digamma function"),
    "sgn": "the sign, as ISO 80000-2 writes it",
    "det": "the determinant",
    "diag": "the diagonal matrix of a vector",
    "softmax": "named so in every textbook of the field",
    "onehot": "the rows of 0 with a 1 at each class, named so in every textbook of the field",
    **dict.fromkeys(("and", "or", "not"), "the words of logic, which read better than its signs"),
    **dict.fromkeys(("any", "all"), "the words of logic for many: one of them, each of them"),
    **dict.fromkeys(("is", "NaN", "mod"), "words between operands: a is NaN, i mod 4"),
}
"""Names with a meaning that mathematics knows, and why they are written."""

REARRANGEMENTS = {
    *("concat", "stack", "flip", "roll", "repeat", "reshape", "permute"),
    *("axes", "tril", "triu", "unfold", "fold"),
}
"""What only moves elements: mathematics has no sign for it, but the formula of one element, or words, beside it."""

EXPLAINED = {
    "place": "where a mask puts something depends on its elements, which no formula knows",
    "nextafter": "the spacing of floating-point numbers is no mathematics",
    "cholesky": "the factor has no formula of its own, only the equation in its words",
}
"""Names that nothing can replace. They are explained in words."""

ARGUMENTS = {"condition", "high", "low", "index", "mask", "row", "value", "values", "weight"}
"""Names of arguments, in whose place pictures have the names of tensors."""

WHERE = {
    *("axis", "axes", "so", "far", "from", "here", "on", "others", "window", "windows"),
    *("if", "otherwise", "where", "new"),
}
"""English beside a formula: over what it runs, and when it holds. `new` is an axis of size 1 in a key."""


def words_of(box: parts.Box, names: bool = True) -> Iterator[str]:
    """The words of more than one letter in a formula as it is laid out, with or without names of tensors."""
    match box:
        case parts.Name() if not names:
            pass
        case parts.Word() | parts.Name() | parts.Text():
            yield from _letters(box.text)
        case parts.LargeOperator():
            yield from _letters(box.sign)
            yield from _letters(box.axes if isinstance(box.axes, str) else "")
    for inner in vars(box).values():
        yield from _inside(inner, names)


def _inside(inner, names: bool) -> Iterator[str]:
    if isinstance(inner, tuple):
        for one in inner:
            yield from _inside(one, names)
    elif hasattr(inner, "__dataclass_fields__"):
        yield from words_of(inner, names)


def _letters(text: str) -> Iterator[str]:
    yield from (word for word in re.findall(r"[^\W\d]+[\w′\u0302]*", text) if len(word.rstrip("0123456789\u0302")) > 1)


def _printed(operation, case) -> Iterator[tuple[Expression, bool]]:
    """The formulas of an operation, and whether the formula of one element or words stand beside each."""
    kinds = [(x.shape, str(x.dtype)) if isinstance(x, np.ndarray) else x for x in case.inputs]
    formulas = formulas_of(operation, kinds, case.params)
    forms = index_forms_of(operation, kinds, case.params)
    words = operation.traits.words
    yield formulas.forward, forms[0] is not None or "y" in words
    for name, one, form in zip(formulas.inputs, formulas.derivatives, forms[1:], strict=True):
        if one is not None and formulas.complete:
            yield one.expression, form is not None or name in words
            yield one.by_output, form is not None or name in words
    for form in forms:
        for piece in () if form is None else (form.expression, *(body for _, body in form.definitions)):
            yield piece, False


@pytest.mark.parametrize("operation", _ENTRIES, ids=lambda operation: operation.name)
def test_formulas_name_only_what_mathematics_names(operation):
    for case in _ENTRIES[operation].cases:
        if any(isinstance(x, np.ndarray) and not x.size for x in case.inputs):
            continue
        for formula, is_explained in _printed(operation, case):
            for word in words_of(notation.boxes(formula)):
                known = word in FUNCTIONS or word in WHERE or word in ARGUMENTS
                explained = (word in REARRANGEMENTS or word in EXPLAINED) and is_explained
                assert known or explained, f"{word} in {formula.unicode()}"


def test_every_allowed_name_is_written_somewhere():
    from edgewise.printers.formula.expression import call, symbol

    assert list(words_of(notation.boxes(call("softsign", symbol("x1"))))) == ["softsign"]
    text = {word for one in _ENTRIES for case in _ENTRIES[one].cases for word in _all_words(one, case)}
    assert {*FUNCTIONS, *REARRANGEMENTS, *EXPLAINED, *ARGUMENTS} - text == set()


def _all_words(operation, case) -> Iterator[str]:
    if not any(isinstance(x, np.ndarray) and not x.size for x in case.inputs):
        for formula, _ in _printed(operation, case):
            yield from words_of(notation.boxes(formula))


HEADS = {"split", "join"}
"""What divides the last axis into heads, and joins them: a line of words beside the formula says so."""

MODULES = (
    *("LayerNorm", "RMSNorm", "BatchNorm2d", "GroupNorm", "RNNCell", "LSTMCell", "GRUCell", "LSTM", "GRU"),
    *("MultiheadAttention", "TransformerEncoderLayer", "MSELoss", "SmoothL1Loss", "KLDivLoss", "HuberLoss"),
    *("scaled_dot_product_attention", "cosine_similarity", "normalize", "gumbel_softmax"),
)

PARTS = {"self_attn", "norm₁", "norm₂"}
"""Modules within modules, which formulas call by their attributes."""


@pytest.mark.parametrize("name", MODULES)
def test_formulas_of_modules_name_only_what_mathematics_names(name):
    passages = composite_passages(named_thing(name))
    lines = [line for passage in passages for line in passage.lines if isinstance(line, Equation)]
    remarks = [line.text for passage in passages for line in passage.lines if isinstance(line, Remark)]
    assert lines
    for line in lines:
        for side in line.sides:
            for formula in side.factors if isinstance(side, Product) else side.terms:
                for word in words_of(notation.boxes(formula), names=False):
                    known = word in FUNCTIONS or word in WHERE or word in REARRANGEMENTS or word in PARTS
                    assert known or (word in HEADS and any("heads" in one for one in remarks)), f"{word} in {formula}"
