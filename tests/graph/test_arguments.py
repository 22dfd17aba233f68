"""What is said of settings that can't be."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.graph.arguments import flag, function, number, number_text, short_repr, whole
from edgewise.training.history import number as measure_text


def test_numbers_of_every_library_are_taken():
    for value in (2, 2.0, np.float32(2), np.int64(2), ew.tensor(2.0)):
        assert number("f", "x", value, least=2, most=2) == 2.0
    assert number("f", "x", math.inf, above=0, finite=False) == math.inf
    for value in (3, np.int64(3), np.uint8(3)):
        assert type(whole("f", "n", value, 3)) is int
    for value in (True, 1, np.True_):
        assert flag("f", "on", value) is True


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: number("f", "x", "2"), TypeError, "f: x must be a number, not '2'"),
        (lambda: number("f", "x", True), TypeError, "not True"),
        (lambda: number("f", "x", np.ones(2)), TypeError, "must be a number"),
        (lambda: number("f", "x", 1j), TypeError, "must be a number"),
        (
            lambda: number("f", "x", math.nan, least=0, finite=False),
            ew.ArgumentError,
            "x is nan; it must be at least 0",
        ),
        (lambda: number("f", "x", -math.inf), ew.ArgumentError, "x is -inf; it must be finite$"),
        (lambda: number("f", "x", 1, least=0, below=1), ew.ArgumentError, "x is 1; it must be at least 0 and below 1"),
        (lambda: number("f", "x", 0, above=0, most=1), ew.ArgumentError, "x is 0; it must be above 0 and at most 1"),
        (lambda: whole("f", "n", 2.0, 1), ew.ArgumentError, "n is 2.0; it must be a whole number, at least 1"),
        (lambda: whole("f", "n", 0, 1, KeyError), KeyError, "n is 0"),
        (lambda: whole("f", "n", None, 1), TypeError, "n must be a whole number, not None"),
        (lambda: flag("f", "on", 2), TypeError, "on must be True or False, not 2"),
        (lambda: flag("f", "on", "no"), TypeError, "not 'no'"),
        (lambda: function("f", "g", int, "x"), TypeError, "g must be a function of x, not <class 'int'>"),
    ],
)
def test_what_can_not_be_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_large_values_are_shown_in_few_words():
    assert short_repr("a") == "'a'"
    assert short_repr(np.ones((30, 40))) == "a ndarray of shape (30, 40)"
    assert short_repr(list(range(100))) == "a list"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (0.1, "0.1"),
        (1e-5, "1e-5"),
        (-2.5e-07, "-2.5e-7"),
        (1e16, "1e16"),
        (1.2345678901234567, "1.2345678901234567"),
        (np.float32(0.1), "0.1"),
        (np.float32(1.0000001), "1.0000001"),
        (np.float32(1e-5), "1e-5"),
        (np.int64(7), "7"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (ew.tensor(0.25), "0.25"),
    ],
    ids=str,
)
def test_numbers_are_plain_and_lose_no_digit(value, text):
    assert number_text(value) == text
    assert float(text) == pytest.approx(float(value), rel=1e-7, nan_ok=True)


def test_messages_have_all_digits_of_a_number():
    with pytest.raises(ew.ArgumentError, match=r"goes from 0\.5 to 1\.0000001: use"):
        nn.functional.binary_cross_entropy(ew.tensor([0.5, 1.0000001]), ew.tensor([0.0, 1.0]))
    with pytest.raises(ew.ArgumentError, match=r"goes down to -1e-7"):
        nn.functional.gaussian_nll_loss(ew.ones(2), ew.ones(2), ew.tensor([1.0, -1e-7]))
    with pytest.raises(optim.OptimizerError, match=r"lr is -1e-5; it must be at least 0"):
        optim.SGD([ew.ones(1, requires_grad=True)], lr=-1e-5)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("lr", 1e-5, "1e-5"),
        ("lr", 0.0012345, "0.001234"),
        ("lr", 0.1, "0.1"),
        ("loss", 1.25e-5, "1.25e-5"),
        ("loss", 0.5, "0.5000"),
        ("loss", 123456.0, "1.235e5"),
        ("seconds", 1.25, "1.2"),
    ],
)
def test_measures_of_a_training_are_plain(name, value, text):
    assert measure_text(name, value) == text
