"""Formulas with places for names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.printers.formula import pattern
from edgewise.printers.formula.expression import (
    Expression,
    call,
    from_data,
    minus,
    number,
    partial,
    plus,
    product,
    symbol,
)
from edgewise.printers.formula.operations import formulas_of
from edgewise.printers.formula.pattern import Pattern, Renamer, place
from edgewise.printers.formula.renaming import rename
from edgewise.printers.formula.tidy import tidy

A, B = symbol("a"), symbol("b")
WHERE = Expression("where", (product(symbol("c"), A, B), "c", call("exp", A)))

FORMULAS = [
    A,
    product(A, B),
    minus(product(A, A), product(B, partial("L", "a"))),
    Expression("div", (product(A, number(2)), product(B, B))),
    plus(A, symbol("n"), B),
    WHERE,
]
SYMBOLS = [
    {"a": symbol("x"), "b": symbol("y")},
    {"a": symbol("x"), "b": symbol("x")},
    {"a": symbol("b"), "b": symbol("a")},
    {"a": number(0), "b": call("exp", symbol("x"))},
    {"a": symbol("c"), "b": symbol("n")},
    {"a": plus(symbol("c"), symbol("d")), "b": Expression("neg", (symbol("n"),))},
    {"b": symbol("a")},
    {},
]


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_a_pattern_has_places_in_the_order_of_reading_and_gives_its_formula_back(formula: Expression) -> None:
    written = Pattern.of(formula)
    assert written.expression() == formula
    read = [piece.args[0] for piece in written.formula.walk() if piece.head == "symbol" and piece.args[0] != "c"]
    assert list(dict.fromkeys(read)) == [place(i).args[0] for i in range(len(written.names))]


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_renaming_patterns_gives_what_renaming_formulas_gives(formula: Expression) -> None:
    renamer = Renamer()
    for _ in range(2):  # the second time all is known
        for symbols in SYMBOLS:
            new = {name: Pattern.of(one) for name, one in symbols.items()}
            assert renamer.rename(formula, new).expression() == rename(formula, symbols)


def formulas_of_all_operations() -> Iterator[Expression]:
    from registry import arrangement, elementwise, networks, reductions

    entries = {**elementwise.ENTRIES, **reductions.ENTRIES, **arrangement.ENTRIES, **networks.ENTRIES}
    for operation, entry in entries.items():
        for case in entry.cases[:4]:
            if all(x.size for x in case.inputs if isinstance(x, np.ndarray)):
                kinds = [(x.shape, str(x.dtype)) if isinstance(x, np.ndarray) else x for x in case.inputs]
                found = formulas_of(operation, kinds, case.params)
                yield found.forward
                yield from (one.expression for one in found.derivatives if one is not None)


NAMES = [
    ("x", "y", "z", "w", "v"),
    ("i", "j", "k", "n", "t"),
    ("W1", "i2", "K′′1", "x\u0302", "x\u03021"),
    ("layers.1.weight", "W_ih", "range", "a_name_that_is_longer_than_the_forty_letters_of_a_name", "12"),
    ("ж", "loss", "h10.2", "x y", "é"),
]


def test_the_text_of_a_pattern_is_that_of_its_formula() -> None:
    for formula in [*FORMULAS, *formulas_of_all_operations()]:
        own = Pattern.of(formula)
        assert own.unicode() == formula.unicode()
        for names in NAMES:
            for start in range(5):
                turned = (*names[start:], *names[:start])
                if len(own.names) <= 5:
                    one = Pattern(own.formula, turned[: len(own.names)])
                    assert one.unicode() == one.expression().unicode()


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_other_names_give_what_renaming_a_formula_gives(formula: Expression) -> None:
    formula = tidy(formula)
    own = Pattern.of(formula)
    for new in ({"a": "x", "b": "y"}, {"a": "b", "b": "a"}, {"a": "b"}, {"a": "c", "b": "n"}, {"n": "c"}, {}):
        assert own.with_names(lambda name, new=new: new.get(name, name)).expression() == rename(formula, new)


def test_a_name_that_a_formula_defines_does_not_meet_an_equal_name() -> None:
    renamer = Renamer()
    assert renamer.rename(WHERE, {"a": Pattern.of_name("x")}).expression().unicode() == "c · x · b, where c = exp(x)"
    assert renamer.rename(WHERE, {"a": Pattern.of_name("c")}).expression().unicode() == "d · c · b, where d = exp(c)"


def test_numbers_that_are_written_differently_have_different_patterns() -> None:
    renamer = Renamer()
    one, same, real, true = (renamer.number(value) for value in (1, 1, 1.0, True))
    assert one is same
    assert len({id(found) for found in (one, real, true)}) == 3


def test_formulas_of_equal_blocks_are_simplified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def renamings(blocks: int) -> int:
        count = 0

        def counted(formula: Expression, symbols: dict[str, Expression]) -> Expression:
            nonlocal count
            count += 1
            return rename(formula, symbols)

        layers = [layer for _ in range(blocks) for layer in (nn.Linear(3, 3), nn.Tanh(), nn.LayerNorm(3))]
        snapshot = ew.snapshot(nn.Sequential(*layers)(ew.rand(2, 3)).square().mean())
        with monkeypatch.context() as patch:
            patch.setattr(pattern, "rename", counted)
            for node in snapshot.nodes:
                assert node.formula is not None
            for edge in snapshot.edges:
                assert edge.contribution is None or edge.derivative is not None
        return count

    assert renamings(12) == renamings(3)


@pytest.mark.parametrize("data", [["symbol"], ["symbol", [0]], ["symbol", "a", "b"], ["where", ["symbol", "a"], 1, 2]])
def test_a_saved_formula_whose_names_are_no_texts_is_refused(data: list[object]) -> None:
    with pytest.raises(ValueError, match="no name in a formula"):
        from_data(data)
