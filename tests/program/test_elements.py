"""Every element of a result is the sum of what it came from, for each operation of the registry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from registry.uses import every_use, forward_and_backward

import edgewise as ew
from edgewise.program import Program, RecordingError, record
from edgewise.program.elements import Element, Elements
from edgewise.program.primitives import LINALG, PRIMITIVES
from edgewise.program.sums import Sum, sources_of, sum_of
from edgewise.program.terms import Term


def computed(term: Term, parts: dict[Element, Term]) -> float:
    """Computes a term from its leaves alone."""
    if term.kind in ("leaf", "number"):
        return term.value
    if term.kind == "part":
        assert term.element is not None
        return computed(parts[term.element], parts)
    terms = [computed(one, parts) for one in term.terms]
    if term.kind == "winner":
        return terms[0]
    if term.kind == "negative":
        return -terms[0]
    if term.kind == "sum":
        return math.fsum(terms) + term.rest_value
    if term.kind == "product":
        return math.prod(terms) * (term.rest_value if term.rest else 1)
    with np.errstate(all="ignore"):
        if term.kind == "quotient":
            return float(np.float64(terms[0]) / terms[1])
        if term.name in ("maximum", "minimum"):
            return float((np.max if term.name == "maximum" else np.min)(terms))
        if all(math.isfinite(value) and value == int(value) for value in terms):
            try:  # bits and remainders are of integers
                return float(PRIMITIVES[term.name](np, *np.asarray(terms, dtype=np.int64)))
            except (TypeError, ValueError, ZeroDivisionError):
                pass
        return float(PRIMITIVES[term.name](np, *map(np.float64, terms)))


WHOLE = {*LINALG, "all", "any", "argmax", "argmin", "argsort", "searchsorted"}


def has_whole(term: Term) -> bool:
    """Says whether a term needs all elements of an array at once, as an inverse does."""
    return (term.kind == "call" and term.name in WHOLE) or any(map(has_whole, term.terms))


def recorded(function: Any, *arrays: Any) -> tuple[Program, Elements]:
    tensors = [ew.tensor(array) for array in arrays]
    program = record(function, *tensors)
    return program, Elements(program, [x.numpy() for x in tensors])


def sum_at(program: Program, elements: Elements, *index: int, output: int = 0) -> Sum:
    value = program.outputs[output]
    position = int(np.ravel_multi_index(index, value.shape)) if index else 0
    return sum_of(elements, Element(value, position), lambda element: element.value in program.inputs)


@every_use
def test_the_sum_of_each_result_and_gradient_gives_its_number(operation, case):
    function, arguments = forward_and_backward(operation, case)
    try:
        program = record(function, *arguments)
    except RecordingError:
        pytest.skip("it can't be part of a Program")
    elements = Elements(program, [x.detach().numpy() for x in arguments])
    random = np.random.default_rng(0)
    for value in program.outputs:
        size = math.prod(value.shape)
        for position in {0, size - 1, *random.integers(0, size, 3).tolist()} if size else ():
            element = Element(value, position)
            found = sum_of(elements, element, lambda one: one.value in program.inputs)
            if any(map(has_whole, (found.term, *found.parts.values()))):
                continue
            expected = elements.number(element)
            np.testing.assert_allclose(computed(found.term, found.parts), expected, rtol=1e-9, atol=1e-10)


def test_a_product_is_the_sum_of_a_row_times_a_column():
    x, w = np.array([[0.2, -0.5]]), np.array([[1.0, 3.0], [2.0, 4.0]])
    program, elements = recorded(lambda x, w: x @ w, x, w)
    found = sum_at(program, elements, 0, 1)
    left, right = program.inputs
    assert [[one.element for one in term.terms] for term in found.term.terms] == [
        [Element(left, 0), Element(right, 1)],
        [Element(left, 1), Element(right, 3)],
    ]


def test_of_a_long_sum_the_first_terms_are_shown_and_the_rest_is_told():
    x = np.arange(65.0)
    program, elements = recorded(lambda x: x.sum(), x)
    found = sum_at(program, elements).term
    assert len(found.terms) == 5
    assert found.rest == 60
    assert found.rest_value == sum(range(5, 65))


def test_a_pixel_gathers_from_all_windows_that_touch_it():
    x, w = np.ones((1, 1, 5, 5)), np.arange(9.0).reshape(1, 1, 3, 3)

    def gradient(x, w):
        x.requires_grad_()
        return ew.autograd.grad(ew.nn.functional.conv2d(x, w).sum(), [x])[0]

    program, elements = recorded(gradient, x, w)
    of_pixel = {
        (row, column): {
            one.position
            for one in sources_of(
                elements, Element(program.outputs[0], 5 * row + column), lambda e: e.value in program.inputs, 100
            )
        }
        for row, column in [(0, 0), (2, 2), (0, 2)]
    }
    assert of_pixel[0, 0] == {0}  # one window alone touches the corner
    assert of_pixel[2, 2] == set(range(9))
    assert of_pixel[0, 2] == {0, 1, 2}


def test_the_gradient_of_a_row_adds_up_the_places_where_it_was_looked_up():
    weight, tokens = np.ones((4, 2)), np.array([1, 3, 1])
    given = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])

    def gradient(weight, given):
        weight.requires_grad_()
        looked_up = ew.nn.functional.embedding(ew.tensor(tokens), weight)
        return ew.autograd.grad((looked_up * given).sum(), [weight])[0]

    program, elements = recorded(gradient, weight, given)
    found = sum_at(program, elements, 1, 0).term
    assert [one.value for one in found.terms] == [1.0, 100.0]
    assert sum_at(program, elements, 0, 0).term.value == 0


def test_softmax_is_written_without_the_maximum_that_it_subtracts():
    program, elements = recorded(lambda x: ew.nn.functional.softmax(x, -1), np.array([0.5, 2.0, -1.0]))
    found = sum_at(program, elements, 0).term
    above, below = found.terms
    assert (found.kind, above.name, below.kind) == ("quotient", "exp", "sum")
    assert [one.terms[0].element.position for one in (above, *below.terms)] == [0, 0, 1, 2]
    assert computed(found, {}) == pytest.approx(math.exp(0.5) / (math.exp(0.5) + math.exp(2) + math.exp(-1)))


def test_padding_is_no_term():
    x, w = np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3))
    program, elements = recorded(lambda x, w: ew.nn.functional.conv2d(x, w, padding=1), x, w)
    assert len(sum_at(program, elements, 0, 0, 0, 0).term.terms) == 4


def test_the_mean_that_a_normalisation_uses_often_has_a_line_of_its_own():
    program, elements = recorded(lambda x: ew.nn.functional.layer_norm(x, (3,)), np.array([1.0, 2.0, 6.0]))
    found = sum_at(program, elements, 2)
    assert [term.value for term in found.parts.values()] == [3.0]
    assert computed(found.term, found.parts) == pytest.approx(3 / math.sqrt(14 / 3 + 1e-5))


def test_random_numbers_and_constants_have_no_sources():
    program, elements = recorded(lambda x: x + ew.tensor([1.0, 2.0]), np.zeros(2))
    term = sum_at(program, elements, 1).term
    assert [(one.kind, one.value) for one in term.terms] == [("leaf", 0.0), ("number", 2.0)]
