from __future__ import annotations

import gc
import itertools
import tracemalloc

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


def peak_of(run):
    """The most bytes that NumPy and Python held at once, beyond what they held before."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk,kl->il", [(40, 40)] * 3),
        ("ij,kl,jk->il", [(40, 40)] * 3),
        ("ij,jk,kl,lm->im", [(40, 40)] * 4),
        ("ij,kl,mn,jk,lm->in", [(40, 40)] * 5),
        ("ij,jk,kl->", [(40, 40)] * 3),
        ("i,ij,j->", [(60,), (60, 60), (60,)]),
        ("i,ij,jk,k->", [(60,), (60, 60), (60, 60), (60,)]),
        ("bhid,bhjd,bhje->bhie", [(2, 2, 48, 24)] * 3),
        ("bd,de,be->b", [(60, 30), (30, 30), (60, 30)]),
        ("bi,ijk,bj->bk", [(40, 10), (10, 10, 10), (40, 10)]),
        ("ab,bc,cd,de,ef,fg,gh,hi,ij->aj", [(30, 30)] * 9),
    ],
)
def test_neither_way_makes_more_than_a_small_multiple_of_what_goes_in_and_out(equation, shapes):
    tensors = [ew.tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes]
    result = ew.einsum(equation, *tensors)
    largest = max(x.array.nbytes for x in (*tensors, result))
    ways = {
        "forward": lambda: ew.einsum(equation, *tensors),
        "back": lambda: result.backward(ew.ones_like(result)),
        "second": lambda: [
            g.sum().backward()
            for g in ew.autograd.grad(ew.einsum(equation, *tensors).square().sum(), tensors, create_graph=True)
        ],
    }
    room = 100_000  # for what Python itself needs
    for name, way in ways.items():
        assert peak_of(way) < room + (8 + 30 * (name == "second")) * len(shapes) * largest, name


def test_a_chain_of_many_operands_is_the_product_of_the_matrices():
    matrices = [ew.tensor(rng.standard_normal((3, 3)) / 2, requires_grad=True) for _ in range(11)]
    letters = "abcdefghijkl"
    equation = ",".join(a + b for a, b in itertools.pairwise(letters)) + "->al"
    expected = np.linalg.multi_dot([x.numpy(force=True) for x in matrices])
    result = ew.einsum(equation, *matrices)
    np.testing.assert_allclose(result.numpy(force=True), expected, rtol=1e-12)
    result.sum().backward()
    # The gradient of 1ᵀ A B … L 1 for A is 1 (B … L 1)ᵀ.
    rest = np.linalg.multi_dot([x.numpy(force=True) for x in matrices[1:]]).sum(axis=1)
    np.testing.assert_allclose(matrices[0].grad.numpy(), np.tile(rest, (3, 1)), rtol=1e-12)
