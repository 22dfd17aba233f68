from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.autograd import gradcheck, gradgradcheck

rng = np.random.default_rng(0)
SIZES = dict(zip("abcdijk", (2, 3, 1, 2, 3, 4, 2), strict=True))


@pytest.mark.parametrize(
    "equation",
    [
        "ij,jk->ik",
        "ij,jk",
        "ij,ij->ij",
        "ij,ij->",
        "ij->ji",
        "ij->",
        "ij->i",
        "ji",
        "i,j->ij",
        "aij,ajk->aik",
        "aij,jk->aik",
        "ij,ajk->aki",
        "i,ij,j->",
        "i,ij,j",
        "ij,jk,ka->ia",
        "ij,k->i",
        "ij,ik->jk",
        "aij,aik,a->jk",
        " i j , j k -> i k ",
        "ijk->kij",
        "ij,j->ji",
    ],
)
def test_it_agrees_with_numpy_and_has_derivatives_of_two_orders(equation):
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    arrays = [rng.standard_normal([SIZES[letter] for letter in term]) for term in terms]
    held(equation, arrays)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ii", [(3, 3)]),
        ("ii->i", [(3, 3)]),
        ("iij->j", [(3, 3, 2)]),
        ("iji->j", [(3, 2, 3)]),
        ("ii,i->i", [(3, 3), (3,)]),
        ("...ij,...jk->...ik", [(5, 2, 3), (3, 4)]),
        ("...ij,...jk", [(5, 2, 3), (2, 5, 3, 4)]),
        ("i...,i...->...", [(2, 3), (2, 3)]),
        ("...->...", [(2, 3)]),
        ("...i->i...", [(2, 3, 4)]),
        ("ij,jk->ik", [(2, 0), (0, 3)]),
        (",->", [(), ()]),
        (",i->i", [(), (3,)]),
        ("i,i->i", [(1,), (3,)]),
    ],
)
def test_repeated_letters_ellipses_and_odd_sizes(equation, shapes):
    held(equation, [rng.standard_normal(shape) for shape in shapes])


def held(equation, arrays):
    want = np.einsum(equation, *arrays)
    tensors = tuple(ew.tensor(array, requires_grad=True) for array in arrays)
    y = ew.einsum(equation, *tensors)
    assert y.shape == np.shape(want)
    np.testing.assert_allclose(y.detach().numpy(), want, atol=1e-12)
    assert gradcheck(lambda *x: ew.einsum(equation, *x), tensors)
    assert gradgradcheck(lambda *x: ew.einsum(equation, *x), tensors)


def test_operands_may_come_as_a_list_and_in_different_dtypes():
    a, b = ew.ones(2, 3), ew.ones(3, 2, dtype="float64")
    y = ew.einsum("ij,jk->ik", [a, b])
    assert y.dtype == ew.float64
    assert y.tolist() == [[3.0, 3.0], [3.0, 3.0]]


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        (
            "ij,jk->ik",
            [(2, 3), (4, 5)],
            r"the index 'j' has 3 elements in one operand and 4 in another \[\(2, 3\), \(4, 5\)\]",
        ),
        ("ij,jk->ik", [(2, 3)], "has 2 operands; 1 were given"),
        ("ij->i", [(2, 3, 4)], r"'ij' in 'ij->i' names 2 axes of an operand of shape \(2, 3, 4\)"),
        ("ijk->i", [(2, 3)], r"names 3 axes of an operand of shape \(2, 3\)"),
    ],
)
def test_operands_that_do_not_fit_are_explained(equation, shapes, message):
    with pytest.raises(ew.ShapeError, match=f"einsum: .*{message}"):
        ew.einsum(equation, *[ew.ones(shape) for shape in shapes])


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij->k", [(2, 3)], "the result 'k' of 'ij->k' must name indices of the operands, each once"),
        ("ij->ii", [(2, 3)], "each once"),
        ("i1->i", [(2, 3)], "must be letters and at most one '...'"),
        ("......->i", [(2, 3)], "must be letters and at most one '...'"),
    ],
)
def test_what_can_not_be_read_is_explained(equation, shapes, message):
    with pytest.raises(ew.ArgumentError, match=f"einsum: .*{message}"):
        ew.einsum(equation, *[ew.ones(shape) for shape in shapes])
