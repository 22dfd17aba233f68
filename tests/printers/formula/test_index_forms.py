"""Formulas of single elements: letters, sums, windows, and the parts that they name."""

from __future__ import annotations

import pytest

from edgewise.ops import classification, convolution, embedding, linear, linear_algebra, normalisation, pooling, softmax
from edgewise.printers.formula.expression import partial, symbol
from edgewise.printers.formula.folding import alike, grid
from edgewise.printers.formula.index_forms import index_forms_of
from edgewise.printers.formula.indices import Index, element


def _texts(operation, *shapes, whole=(), **params):
    kinds = [(shape, "int64" if i in whole else "float32") for i, shape in enumerate(shapes)]
    forms = index_forms_of(operation, kinds, params)
    return [None if form is None else form.expression.unicode() for form in forms]


def test_a_product_of_matrices_sums_over_the_axis_that_both_have():
    assert _texts(linear_algebra._matmul, (5, 7), (7, 3)) == [
        "Σ[k] a[i, k] · b[k, j]",
        "Σ[k] g[i, k] · b[j, k]",
        "Σ[k] g[k, j] · a[k, i]",
    ]


def test_a_product_of_stacks_keeps_the_letter_of_the_stack():
    assert _texts(linear_algebra._matmul, (4, 5, 7), (4, 7, 3))[0] == "Σ[l] a[i, j, l] · b[i, l, k]"
    assert _texts(linear_algebra._matmul, (4, 5, 7), (7, 3))[0] == "Σ[l] a[i, j, l] · b[l, k]"


def test_a_gradient_of_rows_of_several_axes_sums_over_these_axes():
    assert _texts(linear._linear, (2, 5, 4), (3, 4), (3,))[2] == "Σ[k, l] g[k, l, i] · x[k, l, j]"


_PLAIN = {"padding": ((0, 0), (0, 0)), "dilation": (1, 1)}


def test_a_convolution_has_the_letters_of_its_axes():
    forms = _texts(convolution._conv2d, (2, 3, 8, 9), (4, 3, 3, 2), (4,), **_PLAIN, stride=(1, 1), groups=1)
    assert forms == [
        "Σ[c, u, v] x[n, c, i + u, j + v] · w[o, c, u, v] + b[o]",
        "Σ[o, u, v] g[n, o, r − u, s − v] · w[o, c, u, v]",
        "Σ[n, i, j] g[n, o, i, j] · x[n, c, i + u, j + v]",
        "Σ[n, i, j] g[n, o, i, j]",
    ]


def test_strides_and_dilations_are_factors_and_padding_is_a_shift():
    params = {"stride": (2, 1), "padding": ((1, 1), (0, 0)), "dilation": (1, 2), "groups": 1}
    form = index_forms_of(convolution._conv2d, [((2, 3, 8, 9), "float32"), ((4, 3, 3, 2), "float32"), None], params)[0]
    assert form.expression.unicode() == "Σ[c, u, v] x[n, c, 2i + u − 1, j + 2v] · w[o, c, u, v]"
    assert form.outside == (("x", 0),)


def test_the_places_of_a_window_without_an_axis_have_bounds():
    params = {"kernel": (2, 3), "stride": (2, 3), **_PLAIN}
    assert _texts(pooling._max_pool2d, (2, 3, 6, 9), **params)[0] == "max[u < 2, v < 3](x[n, c, 2i + u, 3j + v])"
    averaged = {"kernel": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "count_padding": True, "divisor": None}
    assert _texts(pooling._avg_pool2d, (2, 3, 6, 4), **averaged) == [
        "1/4 Σ[u < 2, v < 2] x[n, c, 2i + u, 2j + v]",
        "1/4 Σ[i, j: 0 ≤ r − 2i < 2, 0 ≤ s − 2j < 2] g[n, c, i, j]",
    ]


def test_outside_of_the_windows_of_a_maximum_elements_are_less_than_all_others():
    params = {"kernel": (2, 2), "stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1)}
    form = index_forms_of(pooling._max_pool2d, [((2, 3, 6, 7), "float32")], params)[0]
    assert form.outside == (("x", -float("inf")),)


def test_a_row_of_an_embedding_gets_the_gradients_at_the_places_where_it_was_looked_up():
    texts = _texts(embedding._embedding, (6, 3), (4,), whole=(1,), padding=None)
    assert texts == ["weight[index[i], j]", "Σ[k: index[k] = i] g[k, j]", None]


def test_probabilities_of_classes_are_a_named_part():
    forms = index_forms_of(classification._cross_entropy, [((6, 5), "float32"), ((6,), "int64")], {"axis": 1})
    assert forms[0].expression.unicode() == "log(Σ[k] exp(x[i, k])) − x[i, t[i]]"
    assert forms[1].expression.unicode() == "g[i] · (p[i, k] − 1[k = t[i]])"
    ((part, definition),) = forms[1].definitions
    assert (part.unicode(), definition.unicode()) == ("p[i, k]", "exp(x[i, k])/(Σ[l] exp(x[i, l]))")


def test_mean_and_deviation_are_named_parts():
    form = index_forms_of(normalisation._standardize, [((6, 5), "float32")], {"axes": (1,), "eps": 1e-5})[0]
    assert form.expression.latex() == r"\frac{x_{i, j} - \mu_{i}}{\sigma_{i}}"
    assert [part.unicode() for part, _ in form.definitions] == ["σ[i]", "μ[i]"]


def test_an_element_of_a_gradient_is_a_gradient_of_an_element():
    form = index_forms_of(softmax._softmax, [((6, 5), "float32")], {"axis": 1})[1]
    assert form.of(partial("L", "x")).unicode() == "∂L/∂x[i, j]"
    assert form.of(partial("L", "x")).latex() == r"\frac{\partial L}{\partial x_{i, j}}"
    assert "<msub>" in form.of(partial("L", "x")).mathml()


def test_names_with_digits_or_several_letters_have_their_indices_in_brackets():
    form = index_forms_of(linear_algebra._matmul, [((5, 7), "float32"), ((7, 3), "float32")])[0]
    assert (
        form.rename({"a": "W2", "b": "rate"}).expression.latex().startswith(r"\sum_{k} W_{2}[i, k] \cdot \text{rate}")
    )


def test_letters_make_way_for_the_names_of_tensors():
    form = index_forms_of(linear_algebra._matmul, [((5, 7), "float32"), ((7, 3), "float32")])[0]
    renamed = form.rename({"a": "i", "b": "k"})
    letters = renamed.letters
    assert letters == ("l", "j")
    assert renamed.of(symbol("y")).unicode() == "y[l, j]"
    assert renamed.expression.unicode() == "Σ[m] i[l, m] · k[m, j]"


def test_elements_that_no_letters_can_say_have_no_index_form():
    from edgewise.ops import sorting

    assert index_forms_of(sorting._argsort, [((5, 4), "float32")], {"axis": 1, "descending": False})[0] is None


def test_terms_alike_but_for_their_places_are_one_term_with_names_for_places():
    terms = [element(symbol("x"), (9,), [Index.letter("i").plus(place)]) for place in (0, 2, 4)]
    template, places = alike(terms)
    assert places == {"@0": [0, 2, 4]}
    assert template.args[2] == Index.letter("i").plus(Index.letter("@0"))
    assert alike([terms[0], symbol("x")]) is None


@pytest.mark.parametrize(
    ("numbers", "laid"),
    [
        ([[0, 2, 4]], (3, [(0, 0, 2)])),
        ([[0, 0, 1, 1], [0, 1, 0, 1]], (2, [(0, 1, 0), (0, 0, 1)])),
        ([[0, 1, 3]], None),
    ],
)
def test_places_are_laid_out_in_rows(numbers, laid):
    assert grid(numbers, len(numbers[0])) == laid


def test_the_parts_of_a_concatenation_are_read_only_where_they_are():
    from edgewise.ops import joining

    form = index_forms_of(joining._concat, [((3, 2), "float32"), ((3, 4), "float32")], {"axis": 1})[0]
    assert form.expression.unicode() == "{t₁[i, j] if j < 2; t₂[i, j − 2] otherwise}"
    assert form.outside == ()
