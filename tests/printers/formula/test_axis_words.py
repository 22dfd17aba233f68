"""Words that say why a result has its shape."""

from __future__ import annotations

import edgewise as ew
from edgewise.nn import functional as F


def _words(loss):
    """The words about each operation's result, and about each gradient, by the names in the picture."""
    snapshot = ew.snapshot(loss)
    results = {node.label: node.elements() for node in snapshot.nodes}
    gradients = {
        (snapshot.nodes[edge.node].label, snapshot.tensors[edge.tensor].symbol): edge.elements()
        for edge in snapshot.edges
        if edge.contribution is not None
    }
    return {name: found.axes for name, found in (results | gradients).items() if found}


def test_a_gradient_of_weights_has_a_row_for_each_output_and_a_column_for_each_input():
    h, W, b = ew.randn(5, 7).requires_grad_(), ew.randn(3, 7).requires_grad_(), ew.randn(3).requires_grad_()
    z = F.linear(h, W, b)
    words = _words(z.square().sum())
    assert words["linear"] == (
        "z is 5×3: a row (i) for each row of h, a column (j) for each row of W and element of b. "
        "Σ runs over k, the 7 columns (axis 1) of h and W."
    )
    assert words["linear", "W"] == (
        "W is 3×7, and so is its gradient: a row (i) for each column of z, a column (j) for each column of h. "
        "Σ runs over k, the 5 rows (axis 0) of z and h."
    )
    assert words["linear", "b"] == (
        "b has 3 elements, and so does its gradient: an element (i) for each column of z. "
        "Σ runs over k, the 5 rows (axis 0) of z."
    )


def test_a_sum_along_axes_of_different_kinds_names_both():
    a, b = ew.randn(5, 4).requires_grad_(), ew.randn(4, 3).requires_grad_()
    y = a @ b
    assert _words(y.sum())["matmul"].endswith(
        "Σ runs over k, the 4 columns (axis 1) of a and the 4 rows (axis 0) of b."
    )


def test_arrays_of_many_axes_number_them():
    x, w = ew.randn(2, 3, 8, 8), ew.randn(4, 3, 3, 3).requires_grad_()
    y = F.conv2d(x, w)
    words = _words(y.square().sum())
    assert words["conv"] == (
        "y is 2×4×6×6: axis 0 (n) as axis 0 of x, axis 1 (o) as axis 0 of w. Σ runs over c, the 3 places along axis 1 "
        "of x and w, over u, the 3 places along axis 2 of w, over v, the 3 places along axis 3 of w."
    )


def test_a_result_whose_elements_belong_to_those_at_the_same_place_says_so():
    z = ew.randn(2, 3).requires_grad_()
    p = z.softmax(1)
    words = _words((p * p).sum())
    assert words["softmax"] == (
        "p is 2×3: each element belongs to the one of z at the same place. Σ runs over k, the 3 columns (axis 1) of z."
    )


def test_a_single_number_has_no_axes_but_a_sum_over_those_of_its_input():
    x = ew.randn(4).requires_grad_()
    loss = x.mean()
    assert _words(loss)["mean"] == "L is one number. Σ runs over k, the 4 elements (axis 0) of x."


def test_parts_of_a_formula_that_sum_over_the_same_say_it_once():
    x = ew.randn(4, 6).requires_grad_()
    y = F.layer_norm(x, (6,))
    words = " ".join(_words(y.square().sum()).values())
    assert "Σ runs over k, the 6 columns (axis 1) of x." in words
    assert "of x. Σ runs over k, the 6 columns (axis 1) of x." not in words


def test_operations_on_single_numbers_and_elements_need_no_such_words():
    x, w = ew.tensor(2.0), ew.tensor(3.0, requires_grad=True)
    assert not any(_words((x * w).relu()).values())
