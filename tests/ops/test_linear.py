from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F

rng = np.random.default_rng(0)
W, B = rng.standard_normal((4, 3)), rng.standard_normal(4)


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3), (2, 1, 2, 3), (0, 3)])
def test_any_leading_axes(shape, check_derivatives):
    x = rng.standard_normal(shape)
    np.testing.assert_allclose(F.linear(ew.tensor(x), ew.tensor(W), ew.tensor(B)).numpy(), x @ W.T + B)
    np.testing.assert_allclose(F.linear(ew.tensor(x), ew.tensor(W)).numpy(), x @ W.T)
    check_derivatives(F.linear, x, W, B)
    check_derivatives(F.linear, x, W)


def test_it_is_one_node():
    y = F.linear(ew.tensor([[1.0, 2.0, 3.0]]), ew.tensor(W, requires_grad=True), ew.tensor(B))
    assert y.node.operation.name == "linear"


@pytest.mark.parametrize(
    ("x", "w", "b", "message"),
    [
        ((2, 4), (4, 3), None, "is w transposed"),
        ((2, 3), (3,), None, "must be a matrix"),
        ((2, 3), (4, 3), (3,), r"b must have shape \(4,\)"),
        ((), (4, 3), None, "a single number"),
    ],
)
def test_shapes_that_do_not_fit_are_explained(x, w, b, message):
    with pytest.raises(ew.ShapeError, match=message):
        F.linear(*[None if shape is None else ew.tensor(np.ones(shape)) for shape in (x, w, b)])


@pytest.mark.parametrize(("x", "w"), [((2, 3, 0), (4, 0)), ((2, 3, 4), (0, 4)), ((0, 3, 4), (2, 4))])
def test_layers_of_no_inputs_or_outputs_have_gradients(x, w):
    inputs, weight = ew.ones(x, requires_grad=True), ew.ones(w, requires_grad=True)
    y = F.linear(inputs, weight, ew.ones(w[0]))
    assert y.shape == (*x[:-1], w[0])
    y.sum().backward()
    assert (inputs.grad.shape, weight.grad.shape) == (x, w)
