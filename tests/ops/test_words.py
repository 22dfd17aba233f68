"""What pictures call operations: by the words of the field, and not by names of code."""

from __future__ import annotations

import re

import pytest
from registry import arrangement, elementwise, networks, reductions

import edgewise as ew
from edgewise import nn

_ENTRIES = {**elementwise.ENTRIES, **reductions.ENTRIES, **arrangement.ENTRIES, **networks.ENTRIES}

_WORDS = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+)*")
"""Words of letters, as the number of a result is written below them."""

CODE = {
    *("argsort", "searchsorted", "getitem", "setitem", "permute", "standardize", "concat", "amax", "amin"),
    *("cummax", "cumsum", "cumprod", "pinv", "inv", "lgamma", "nextafter", "fmod", "expand", "unpick", "cdist"),
}
"""Names of functions that no textbook has."""


@pytest.mark.parametrize("operation", _ENTRIES, ids=lambda operation: operation.name)
def test_operations_have_a_word_of_the_field(operation):
    word = operation.traits.word or operation.name
    assert _WORDS.fullmatch(word), f"{word} is a name of code: say a word"
    assert word not in CODE


def test_pictures_say_the_words_and_keep_names_that_people_gave():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Flatten(), nn.LayerNorm(2), nn.Linear(2, 3))
    standardize = model(ew.rand(4, 1, 4, 4))
    loss = nn.functional.cross_entropy(standardize, ew.tensor([0, 1, 2, 0]))
    taken = ew.snapshot(loss)
    labels = [node.label for node in taken.nodes]
    assert labels == ["conv", "max pool", "reshape", "normalise", "mul", "add", "linear", "cross-entropy", "mean"]
    results = {node.label: taken.tensors[node.output] for node in taken.nodes}
    assert (results["linear"].name, results["linear"].named) == ("standardize", True)
    letters = {label: results[label].symbol for label in ("conv", "max pool", "normalise", "cross-entropy")}
    assert letters == {"conv": "z", "max pool": "h", "normalise": "x̂", "cross-entropy": "ℓ"}


def test_words_of_several_letters_are_numbered_below():
    a, b = ew.rand(2, 3).requires_grad_(), ew.rand(3, 2).requires_grad_()
    loss = (a.cummax(1).values * 2).sum() + ew.logaddexp(a, b.T).cumsum(0).cumsum(1).sum()
    symbols = {tensor.symbol for tensor in ew.snapshot(loss).tensors}
    assert {"running sum₁", "running sum₂"} <= symbols
    latex = ew.explain(loss, b).latex()
    assert r"\text{running sum}_{1}" in latex
