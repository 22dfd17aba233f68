"""Largest elements that are subtracted against overflow only are not written; others are."""

from __future__ import annotations

from edgewise import Operation
from edgewise.ops.softmax import _log_softmax, _softmax
from edgewise.printers.formula.operations import formulas_of


def test_softmax_and_its_logarithm_are_written_without_the_largest_element():
    kinds = [((4, 3), "float32")]
    assert formulas_of(_softmax, kinds, {"axis": 1}).forward.unicode() == "exp(x)/(Σ[axis 1] exp(x))"
    assert formulas_of(_log_softmax, kinds, {"axis": 1}).forward.unicode() == "x − log(Σ[axis 1] exp(x))"


def test_a_largest_element_that_counts_is_written():
    def forward(xp, x):
        return x - xp.max(x)

    below = Operation("below_largest", forward, None)
    assert formulas_of(below, [((4, 3), "float32")]).forward.unicode() == "x − max(x)"


def test_a_largest_element_is_written_where_only_part_of_it_cancels_out():
    def forward(xp, x):
        largest = xp.max(x)
        return xp.log(xp.sum(xp.exp(x - largest))) + 2 * largest

    twice = Operation("shifted_twice", forward, None)
    assert "max(x)" in formulas_of(twice, [((4, 3), "float32")]).forward.unicode()
