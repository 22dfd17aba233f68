"""What errors say: the operation, the argument and the value, as the caller wrote them."""

from __future__ import annotations

import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise import nn
from edgewise.nn import functional as F

X = ew.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("index", "key"),
    [
        (lambda: X[:, 5], r"key: \[:, 5\]\]"),
        (lambda: X[..., 1:, None, -9], r"key: \[\.\.\., 1:, None, -9\]\]"),
        (lambda: X[::-1, 5], r"key: \[::-1, 5\]\]"),
        (lambda: X[[7], :], r"indices\[0\]: int64 \(1,\), key: \[indices\[0\], :\]\]"),
    ],
)
def test_an_indexing_error_shows_the_key_as_written(index, key):
    with pytest.raises(ew.IndexingError, match=key):
        index()


def test_a_slice_that_is_none_is_shown_as_written():
    with pytest.raises(ew.IndexingError, match=r"getitem: .* must be integers, not as in \[2:'a'\]"):
        X[2:"a"]
    with pytest.raises(ew.ArgumentError, match=r"getitem: the step of a slice can't be 0, as it is in \[::0\]"):
        X[::0]


def test_a_range_indexes_as_a_list_does():
    assert X[range(2), range(1, 3)].tolist() == [1.0, 5.0]
    assert X[range(0)].shape == (0, 3)
    y = X.clone()
    y[range(2)] = 7
    assert (y == 7).all()


@pytest.mark.parametrize("spelling", ["dim", "axis"])
def test_an_axis_out_of_range_is_named_alike_in_both_spellings(spelling):
    with pytest.raises(ew.IndexingError, match=r"sum: axis 5 is out of range for shape \(2, 3\)"):
        ew.sum(X, **{spelling: 5})
    with pytest.raises(ew.ShapeError, match=r"sum: the axes \(0, 0\) name one of shape \(2, 3\) twice"):
        ew.sum(X, **{spelling: (0, 0)})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ew.ones(1.5), r"ones: sizes must be integers, not 1\.5"),
        (lambda: ew.arange("a"), "arange: end must be a number, not 'a'"),
        (lambda: ew.linspace("a", 1, 3), "linspace: start must be a number, not 'a'"),
        (lambda: ew.logspace(0, "b", 3), "logspace: end must be a number, not 'b'"),
        (lambda: ew.full((2,), "a"), "full: fill_value must be a number, not 'a'"),
        (lambda: ew.full_like(X, "a"), "full_like: fill_value must be a number, not 'a'"),
        (lambda: ew.zeros(2, dtype="int33"), "there is no dtype 'int33'"),
        (lambda: ew.einsum(X), "einsum: the equation comes first, as in 'ik,kj->ij'; given is a Tensor"),
        (lambda: ew.randn(2, generator=3), r"generator must be an edgewise\.Generator or None, not 3"),
        (lambda: ew.manual_seed("a"), "manual_seed: the seed must be an integer, not 'a'"),
        (lambda: ew.manual_seed(1.7), r"manual_seed: the seed must be an integer, not 1\.7"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize("call", [lambda i: i // 0, lambda i: i % 0, lambda i: 5 // i, lambda i: i % ew.zeros_like(i)])
def test_integers_are_not_divided_by_zero(call):
    with pytest.raises(ew.ArgumentError, match=r"(floor_div|remainder): integers can't be divided by 0"):
        call(ew.arange(3))


def test_floats_are_divided_by_zero():
    assert (ew.ones(2) // 0).tolist() == [ew.inf, ew.inf]
    assert ew.isnan(ew.arange(2) % 0.0).all()
    assert (ew.arange(0) // ew.arange(0)).shape == (0,)


@pytest.mark.parametrize(
    "call",
    [
        lambda index: ew.index_select(X, 0, index),
        lambda index: ew.take(X, index),
        lambda index: ew.gather(X, 0, index.reshape(1, 1)),
        lambda index: ew.scatter(X, 0, index.reshape(1, 1), 1.0),
    ],
)
def test_the_error_of_an_index_out_of_range_has_the_shapes(call):
    with pytest.raises(ew.IndexingError, match=r"index 9 is out of range .* \[input: \(2, 3\), index: \(1"):
        call(ew.tensor([9]))


SEQUENCE, KERNEL = ew.ones(1, 1, 2), ew.ones(1, 1, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: F.conv1d(SEQUENCE, KERNEL),
            r"conv1d: a window of 3 \(kernel 3, dilation 1\) does not fit into the length 2 with padding 0: use a",
        ),
        (lambda: nn.Conv1d(1, 1, 9, padding=2)(SEQUENCE), "conv1d: a window of 9 .* the length 2 with padding 2:"),
        (lambda: F.conv1d(SEQUENCE, KERNEL, padding="same", stride=2), "conv1d: .* at stride 1 only, not at 2$"),
        (lambda: F.conv1d(ew.ones(1, 2, 5), KERNEL), r"conv1d: an input \(1, 2, 5\) has 2 channels, .* \(1, 1, 3\)"),
        (lambda: F.max_pool1d(SEQUENCE, 3), r"max_pool1d: a window of 3 .* into the length 2 with padding 0:"),
        (lambda: F.max_pool1d(SEQUENCE, 2, dilation=5), r"max_pool1d: a window of 6 \(kernel 2, dilation 5\)"),
        (lambda: F.max_pool1d(SEQUENCE, 3, padding=2), "max_pool1d: padding 2 is more than half of kernel_size 3,"),
        (lambda: F.avg_pool1d(SEQUENCE, 3), r"avg_pool1d: a window of 3 .* into the length 2 with padding 0:"),
        (lambda: F.avg_pool1d(SEQUENCE, 3, padding=2), "avg_pool1d: padding 2 is more than half of kernel_size 3,"),
        (
            lambda: F.conv_transpose1d(SEQUENCE, KERNEL, padding=4),
            "conv_transpose1d: padding 4 leaves an output of length -4: use less padding",
        ),
        (
            lambda: F.conv_transpose1d(ew.ones(1, 2, 2), KERNEL),
            r"conv_transpose1d: an input \(1, 2, 2\) has 2 channels and weight \(1, 1, 3\) .* / groups, length\)",
        ),
        (
            lambda: F.conv_transpose1d(SEQUENCE, KERNEL, output_padding=2),
            "conv_transpose1d: output_padding 2 must be smaller than stride 1 or dilation 1",
        ),
        (lambda: F.conv_transpose1d(SEQUENCE, KERNEL, ew.ones(2)), r"conv_transpose1d: bias has shape \(2,\)"),
    ],
)
def test_functions_of_sequences_speak_of_sequences(call, message):
    with pytest.raises((ew.ShapeError, ew.ArgumentError), match=f"^{message}"):
        call()


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
OUT_OF_RANGE = {
    "full": lambda x, v: ew.full((2,), v, dtype=x.dtype),
    "full_like": ew.full_like,
    "new_full": lambda x, v: x.new_full((2,), v),
    "tensor": lambda x, v: ew.tensor([v], dtype=x.dtype),
    "as_tensor": lambda x, v: ew.as_tensor([[v]], dtype=x.dtype),
    "array_api.full": lambda x, v: ew.array_api.full((2,), v, dtype=x.dtype),
    "array_api.asarray": lambda x, v: ew.array_api.asarray(v, dtype=x.dtype),
    "add": lambda x, v: x + v,
    "mul from the left": lambda x, v: v * x,
    "floor_div": lambda x, v: x // v,
    "bitwise_and": lambda x, v: x & v,
    "maximum": ew.maximum,
    "clip": lambda x, v: x.clamp(max=v),
    "where": lambda x, v: ew.where(x > 0, x, v),
    "pad": lambda x, v: F.pad(x, (1, 1), value=v),
    "setitem": lambda x, v: x.__setitem__(0, v),
    "fill_": lambda x, v: x.fill_(v),
    "add_": lambda x, v: x.add_(v),
    "masked_fill": lambda x, v: x.masked_fill(x > 0, v),
    "index_fill": lambda x, v: x.index_fill(0, ew.tensor([0]), v),
    "scatter": lambda x, v: x.scatter(0, ew.tensor([0]), v),
    "fill_diagonal_": lambda x, v: x.reshape(1, 2).fill_diagonal_(v),
}


@at_once
@pytest.mark.parametrize("name", OUT_OF_RANGE)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_a_number_that_an_integer_dtype_cannot_hold_is_told_with_its_range(dtype, name):
    limits = np.iinfo(dtype)
    for value in (int(limits.max) + 1, int(limits.min) - 1):
        if name in ("tensor", "as_tensor", "array_api.asarray") and dtype.endswith("64"):
            continue  # which NumPy itself can't take apart
        message = f"{value} does not fit into {dtype}, which holds {limits.min} to {limits.max}: (cast|choose)"
        with pytest.raises(ew.DTypeError, match=message):
            OUT_OF_RANGE[name](ew.ones(2, dtype=dtype), value)
    assert ew.full((1,), int(limits.max), dtype=dtype).item() == limits.max


@pytest.mark.parametrize("dtype", ["int32", ew.int32, ew.uint8, float])
def test_a_view_in_another_dtype_differs_from_one_in_another_shape(dtype):
    with pytest.raises(ew.DTypeError, match=r"reshape: sizes must be integers, not the dtype .*: x\.to\(dtype\) casts"):
        ew.ones(2).view(dtype)


@pytest.mark.parametrize(
    "name", ["mean", "sum", "prod", "max", "min", "amax", "amin", "std", "var", "any", "all", "ptp"]
)
def test_numpy_s_reductions_say_what_to_call_instead(name):
    function = getattr(np, name)
    message = rf"np\.{name} does not take tensors: use x\.\w+\(\).*, or np\.{name}\("
    for call in (lambda: function(X), lambda: function(X, axis=0)):
        with pytest.raises(ew.DTypeError, match=message):
            call()
    assert np.isfinite(function(X.numpy()))


def test_other_functions_of_numpy_take_tensors_as_arrays():
    assert np.argmax(X) == 5
    np.testing.assert_array_equal(np.concatenate([X, X]), np.tile(X.numpy(), (2, 1)))
    assert np.linalg.norm(X) == pytest.approx(np.sqrt(55.0))


W = ew.ones(4)
MISFITS = {
    "masked_fill": (lambda: X.masked_fill(W > 0, 1.0), "x: float32 (2, 3), mask: bool (4,), value: 1.0"),
    "masked_select": (lambda: X.masked_select(W > 0), "x: float32 (2, 3), mask: bool (4,)"),
    "masked_scatter": (
        lambda: X.masked_scatter(W > 0, ew.ones(9)),
        "x: float32 (2, 3), mask: bool (4,), source: float32 (9,)",
    ),
    "clip": (lambda: X.clamp(max=W), "x: float32 (2, 3), max: float32 (4,)"),
    "clamp_min": (lambda: ew.clamp_min(X, W), "x: float32 (2, 3), min: float32 (4,)"),
    "clamp_max": (lambda: ew.clamp_max(X, W), "x: float32 (2, 3), max: float32 (4,)"),
    "lerp": (lambda: ew.lerp(X, X, weight=W), "start: float32 (2, 3), end: float32 (2, 3), weight: float32 (4,)"),
    "heaviside": (lambda: ew.heaviside(X, np.ones(4)), "x: float32 (2, 3), values: float64 (4,)"),
    "addcmul": (lambda: ew.addcmul(X, X, W), "x: float32 (2, 3), a: float32 (2, 3), b: float32 (4,)"),
    "addcdiv": (lambda: X.addcdiv(W, X), "x: float32 (2, 3), a: float32 (4,), b: float32 (2, 3)"),
    "isclose": (lambda: ew.isclose(X, [1.0, 2.0]), "a: float32 (2, 3), b: float32 (2,)"),
    "allclose": (lambda: ew.allclose(X, W, rtol=0.5), "a: float32 (2, 3), b: float32 (4,), rtol: 0.5"),
    "cross": (lambda: ew.cross(X, W), "a: float32 (2, 3), b: float32 (4,)"),
    "dist": (lambda: ew.dist(X, W), "a: float32 (2, 3), b: float32 (4,)"),
    "pairwise_distance": (lambda: F.pairwise_distance(X, W), "x1: float32 (2, 3), x2: float32 (4,)"),
    "cosine_similarity": (lambda: F.cosine_similarity(X, W), "x1: float32 (2, 3), x2: float32 (4,)"),
    "margin_ranking_loss": (
        lambda: F.margin_ranking_loss(X, X, W),
        "input1: float32 (2, 3), input2: float32 (2, 3), target: float32 (4,)",
    ),
    "triplet_margin_loss": (
        lambda: F.triplet_margin_loss(X, X, W),
        "anchor: float32 (2, 3), positive: float32 (2, 3), negative: float32 (4,)",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_misfit_is_said_of_the_function_that_was_called_and_its_arguments(name):
    call, arguments = MISFITS[name]
    with pytest.raises(ew.ShapeError) as caught:
        call()
    assert str(caught.value).startswith(f"{name}: shapes (2, 3) and ")
    assert "can't be broadcast: axis -1 is " in str(caught.value)
    assert str(caught.value).endswith(f"[{arguments}]")


def test_other_errors_of_the_same_functions_are_as_they_were():
    with pytest.raises(ew.ShapeError, match=r"^masked_scatter: source has 4 elements; the mask is true at 5 places"):
        X.masked_scatter(X > 0, W)
    with pytest.raises(ew.ShapeError, match=r"^masked_fill: value must be a number"):
        X.masked_fill(X > 0, W)


B = ew.ones(2, 2, 3)
PRODUCTS = {
    "mm": (lambda: X.mm(X), "the 3 columns of a must equal the 2 rows of b: did you mean a @ b.mT?"),
    "bmm": (lambda: ew.bmm(B, ew.ones(3, 3, 2)), "batches of 2 and 3 matrices: they must be equally many"),
    "mv": (lambda: ew.mv(X, W), "the 3 columns of a must equal the 4 rows of x"),
    "dot": (lambda: ew.dot(W, X[0]), "vectors of 4 and 3 elements: they must be equally many"),
    "vdot": (lambda: ew.vdot(W, X[0]), "vectors of 4 and 3 elements: they must be equally many"),
    "addmm": (lambda: ew.addmm(X, X, X), "the 3 columns of a must equal the 2 rows of b"),
    "addmv": (lambda: ew.addmv(W, X, W), "the 3 columns of mat must equal the 4 rows of vec"),
    "baddbmm": (lambda: ew.baddbmm(B, B, B), "the 3 columns of batch1 must equal the 2 rows of batch2"),
    "addbmm": (lambda: ew.addbmm(X, B, ew.ones(1, 3, 2)), "batches of 2 and 1 matrices: they must be equally many"),
}
SUMS = {
    "addmm": (lambda: ew.addmm(ew.ones(7), X, X.mT), "(7,) and (2, 2)"),
    "addmv": (lambda: ew.addmv(W, X, X[0]), "(4,) and (2,)"),
    "addr": (lambda: ew.addr(X, X[0], W), "(2, 3) and (3, 4)"),
    "baddbmm": (lambda: ew.baddbmm(W, B, B.mT), "(4,) and (2, 2, 2)"),
    "addbmm": (lambda: ew.addbmm(W, B, B.mT), "(4,) and (2, 2)"),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_that_does_not_fit_is_said_of_the_function_that_was_called(name):
    call, fault = PRODUCTS[name]
    with pytest.raises(ew.ShapeError) as caught:
        call()
    assert str(caught.value).startswith(f"{name}: {fault}")
    assert "float32 (" in str(caught.value)


@pytest.mark.parametrize("name", SUMS)
def test_what_does_not_fit_beside_a_product_is_said_of_the_function_that_was_called(name):
    call, shapes = SUMS[name]
    with pytest.raises(ew.ShapeError) as caught:
        call()
    assert str(caught.value).startswith(f"{name}: shapes {shapes} can't be broadcast")
    assert ", the product: float32 (" in str(caught.value)
