"""`inplace=True` of layers and functions writes into the input, as in PyTorch."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.nn import functional as F

NUMBERS = [-4.0, -0.5, 0.25, 2.0, 7.0]


def expected(function):
    return [function(x) for x in NUMBERS]


def elu(x, alpha=1.0):
    return x if x > 0 else alpha * (math.exp(x) - 1)


SELU = 1.0507009873554805
CASES = [
    (nn.ReLU(inplace=True), lambda x: F.relu(x, True), expected(lambda x: max(x, 0.0))),
    (nn.ReLU6(inplace=True), lambda x: F.relu6(x, True), expected(lambda x: min(max(x, 0.0), 6.0))),
    (nn.LeakyReLU(0.2, True), lambda x: F.leaky_relu(x, 0.2, True), expected(lambda x: x if x > 0 else 0.2 * x)),
    (nn.ELU(0.5, True), lambda x: F.elu(x, 0.5, True), expected(lambda x: elu(x, 0.5))),
    (nn.SELU(True), lambda x: F.selu(x, True), expected(lambda x: SELU * elu(x, 1.6732632423543772))),
    (nn.CELU(2.0, True), lambda x: F.celu(x, 2.0, True), expected(lambda x: 2 * elu(x / 2))),
    (nn.SiLU(True), lambda x: F.silu(x, True), expected(lambda x: x / (1 + math.exp(-x)))),
    (nn.Mish(True), lambda x: F.mish(x, True), expected(lambda x: x * math.tanh(math.log1p(math.exp(x))))),
    (nn.Hardtanh(-2, 1, True), lambda x: F.hardtanh(x, -2, 1, True), expected(lambda x: min(max(x, -2.0), 1.0))),
    (nn.Hardsigmoid(True), lambda x: F.hardsigmoid(x, True), expected(lambda x: min(max(x / 6 + 0.5, 0.0), 1.0))),
    (nn.Hardswish(True), lambda x: F.hardswish(x, True), expected(lambda x: x * min(max(x / 6 + 0.5, 0.0), 1.0))),
    (nn.Threshold(0.3, 9.0, True), lambda x: F.threshold(x, 0.3, 9.0, True), expected(lambda x: x if x > 0.3 else 9)),
]


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(("layer", "function", "values"), CASES, ids=[type(case[0]).__name__ for case in CASES])
def test_the_input_takes_the_result(layer, function, values, recorded):
    for write in (layer, function):
        x = ew.tensor(NUMBERS, dtype="float64", requires_grad=recorded) * 1
        assert write(x) is x
        np.testing.assert_allclose(x.detach().numpy(), values, rtol=1e-12)
        assert x.requires_grad == recorded


def test_what_reads_the_input_afterwards_reads_the_result():
    leaf = ew.tensor([-1.0, 2.0], requires_grad=True)
    x = leaf * 3
    y = x + nn.ReLU(inplace=True)(x)
    assert y.tolist() == [0, 12]
    y.sum().backward()
    assert leaf.grad.tolist() == [0, 6]


def test_a_view_that_is_written_to_reaches_its_base():
    x = ew.tensor([[-1.0, 2.0], [-3.0, 4.0]], requires_grad=True) * 1
    F.relu(x[0], inplace=True)
    assert x.tolist() == [[0, 2], [-3, 4]]


@pytest.mark.parametrize("layer", [nn.Dropout(0.5, True), nn.Dropout1d(0.5, True), nn.Dropout2d(0.5, True)])
def test_dropout_drops_in_its_input_in_training_only(layer):
    ew.manual_seed(0)
    x = ew.ones(1, 40, 5) if not isinstance(layer, nn.Dropout2d) else ew.ones(1, 40, 5, 5)
    assert layer.eval()(x) is x
    assert x.min() == 1
    assert layer.train()(x) is x
    assert sorted(set(x.flatten().tolist())) == [0, 2]


def test_a_leaf_that_requires_gradients_is_not_written_to():
    w = ew.tensor([1.0, -1.0], requires_grad=True)
    with pytest.raises(ew.InPlaceError, match=r"relu.*leaf that requires gradients"):
        nn.ReLU(inplace=True)(w)
    with pytest.raises(ew.DTypeError, match="threshold: inplace=True writes into a tensor, and list is none"):
        F.threshold([1.0], 0.0, 0.0, inplace=True)
    assert w.tolist() == [1, -1]
