"""What layers say about settings and inputs of the wrong kind: which layer, which argument, what was given."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise import nn


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Linear("a", 3), "Linear: in_features must be an integer, not 'a'"),
        (lambda: nn.Linear(3, 2)("a"), "Linear takes a tensor, not str"),
        (lambda: nn.Conv2d(3, 4, 3)([1.0]), "Conv2d takes a tensor, not list"),
        (lambda: nn.Conv2d("a", 4, 3), "Conv2d: in_channels must be an integer"),
        (lambda: nn.MaxPool2d("a"), "MaxPool2d: kernel_size must be an integer"),
        (lambda: nn.LeakyReLU("a"), "LeakyReLU: negative_slope must be a number, not 'a'"),
        (lambda: nn.Dropout("a"), "Dropout: p must be a number"),
        (lambda: nn.Softmax(), "Softmax: needs the axis to work along, as in dim=-1"),
        (lambda: nn.init.uniform_(3), "an initialiser takes a tensor, not int"),
        (lambda: nn.init.eye_(3), "eye_ takes a tensor"),
        (lambda: nn.BatchNorm1d("a"), "BatchNorm1d: num_features must be an integer"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Linear(-1, 3), "Linear: in_features must be 0 or more, not -1"),
        (lambda: nn.Conv2d(3, 4, 0), "Conv2d: kernel_size must be 1 or more, not 0"),
        (lambda: nn.Conv2d(3, 4, 3, stride=(1, 0)), r"Conv2d: stride must be 1 or more, not \(1, 0\)"),
        (lambda: nn.MaxPool2d(0), "MaxPool2d: kernel_size must be 1 or more"),
        (lambda: nn.LayerNorm(-2), "LayerNorm: normalized_shape must be 0 or more"),
        (lambda: nn.Dropout(1.5), "Dropout: p is the share"),
    ],
)
def test_a_value_that_can_not_be_is_named(call, message):
    with pytest.raises(ew.ArgumentError, match=message):
        call()
