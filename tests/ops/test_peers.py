"""Functions against PyTorch's: values, dtypes and gradients."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import edgewise as ew  # noqa: E402

# ruff: noqa: ARG005

pytestmark = pytest.mark.peers

rng = np.random.default_rng(3)
A, B, V, W = rng.standard_normal((3, 4)), rng.standard_normal((3, 4)), rng.standard_normal(4), rng.standard_normal(3)
C, D = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 4, 5))
UNIT = rng.random((3, 4)) * 0.8 + 0.1
HOLED = np.where(A > 0.8, np.nan, A)
INTEGERS = rng.integers(0, 4, (3, 8))
PLACES = rng.integers(0, 3, (3, 4))

# Functions of the library and of tensors, which must give the same with both.
CASES = {
    "erfc": (lambda t, a: t.erfc(3 * a), A),
    "lgamma": (lambda t, a: t.lgamma(3 * a), A),
    "digamma": (lambda t, a: t.digamma(3 * a * a + 0.6), A),
    "polygamma": (lambda t, a: t.polygamma(2, 3 * a * a + 0.6), A),
    "sinc": (lambda t, a: t.sinc(a), A),
    "logit": (lambda t, a: t.logit(a), UNIT),
    "logit_eps": (lambda t, a: t.logit(a, 0.2), UNIT),
    "xlogy": (lambda t, a, b: t.xlogy(a, b), A, UNIT),
    "xlogy_number": (lambda t, a: t.xlogy(a, 2.0) + t.xlogy(3.0, a * a), A),
    "logaddexp2": (lambda t, a, b: t.logaddexp2(a, b), A, B),
    "float_power": (lambda t, a, b: t.float_power(a, b), UNIT, B),
    "fmax": (lambda t, a, b: t.fmax(a, b), HOLED, B),
    "fmin": (lambda t, a, b: t.fmin(a, b), B, HOLED),
    "nanmedian": (lambda t, a: t.nanmedian(a), HOLED),
    "nanmedian_dim": (lambda t, a: t.nanmedian(a, 1, True), HOLED),
    "cov": (lambda t, a: t.cov(a), A),
    "cov_row": (lambda t, a: t.cov(a, correction=0), V),
    "cov_weights": (
        lambda t, a, w: t.cov(a, fweights=t.tensor([1, 2, 1, 3]), aweights=w.detach().abs()),
        A,
        V,
    ),
    "corrcoef": (lambda t, a: t.corrcoef(a), A),
    "dist": (lambda t, a, b: t.dist(a, b, 3), A, B),
    "cdist": (lambda t, a, b: t.cdist(a, b), A, B),
    "cdist_1": (lambda t, a, b: t.cdist(a, b, p=1.0), A, B),
    "diagflat": (lambda t, a: t.diagflat(a, 1), A),
    "block_diag": (lambda t, a, b, v: t.block_diag(a, v, b, a[0, 0]), A, B, V),
    "cartesian_prod": (lambda t, v, w: t.cartesian_prod(v, w, v), V, W),
    "cartesian_one": (lambda t, v: t.cartesian_prod(v), V),
    "combinations": (lambda t, v: t.combinations(v, 3), V),
    "combinations_again": (lambda t, v: t.combinations(v, 2, with_replacement=True), V),
    "combinations_none": (lambda t, v: t.combinations(v, 5), V),
    "atleast_3d": (lambda t, a, v: t.atleast_3d(a) + t.atleast_3d(v).sum() + t.atleast_3d(v[0]), A, V),
    "dstack": (lambda t, a, b: t.dstack((a, b)), A, B),
    "dstack_rows": (lambda t, v: t.dstack((v, v)), V),
    "hsplit": (lambda t, a: t.hsplit(a, 2), A),
    "vsplit": (lambda t, a: t.vsplit(a, [1]), A),
    "dsplit": (lambda t, c: t.dsplit(c, [1, 3]), C),
    "tensor_split": (lambda t, v: t.tensor_split(v, 3), V),
    "tensor_split_at": (lambda t, c: t.tensor_split(c, (1, -1, 9), dim=2), C),
    "split_with_sizes": (lambda t, c: t.split_with_sizes(c, [1, 3], 2), C),
    "trapezoid": (lambda t, a, v: t.trapezoid(a, v), A, V),
    "trapz_dx": (lambda t, a: t.trapz(a, dx=0.5, dim=0), A),
    "trapezoid_of_many": (lambda t, a, b: t.trapezoid(a, b, dim=0), A, B),
    "cumulative_trapezoid": (lambda t, a: t.cumulative_trapezoid(a), A),
    "ravel": (lambda t, a: t.ravel(a), A),
    "addmv": (lambda t, a, v, w: t.addmv(w, a, v, beta=2, alpha=0.5), A, V, W),
    "addr": (lambda t, a, v, w: t.addr(a, w, v, beta=0.5, alpha=2), A, V, W),
    "baddbmm": (lambda t, c, d: t.baddbmm(c[:, :, :1], c, d, alpha=2), C, D),
    "addbmm": (lambda t, c, d: t.addbmm(c[0, :, :1], c, d, beta=3), C, D),
    "celu": (lambda t, a: t.celu(a, 0.5), A),
    "threshold": (lambda t, a: t.threshold(a, 0.1, 5.0), A),
    "hardshrink": (lambda t, a: t.hardshrink(a), A),
    "mode": (lambda t, a: t.mode(t.round(a), 1), A),
    "softshrink": (lambda t, a: t.nn.functional.softshrink(a, 0.3), A),
    "tanhshrink": (lambda t, a: t.nn.functional.tanhshrink(a), A),
    "glu": (lambda t, a: t.nn.functional.glu(a, 1), A),
    "tensor_unfold": (lambda t, c: c.unfold(2, 3, 1), C),
    "sum_to_size": (lambda t, c: c.sum_to_size(3, 1), C),
}


def run(library, function, arrays):
    tensors = [library.tensor(array, requires_grad=True) for array in arrays]
    results = function(library, *tensors)
    results = list(results) if isinstance(results, (tuple, list)) else [results]
    total = None
    for number, result in enumerate(results):
        if result.requires_grad:
            part = (result * library.cos(result.detach() + number)).sum()
            total = part if total is None else total + part
    total.backward()
    return [r.detach().numpy() for r in results], [None if x.grad is None else x.grad.numpy() for x in tensors]


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_agree(name):
    function, *arrays = CASES[name]
    expected, their_gradients = run(torch, function, arrays)
    found, our_gradients = run(ew, function, arrays)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    for a, b in zip(our_gradients, their_gradients, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


PLAIN = {
    "isin": lambda t, i, a: t.isin(i, t.tensor([1, 3])),
    "isin_invert": lambda t, i, a: t.isin(i, t.tensor([1.0, 3.5]), invert=True),
    "isin_number": lambda t, i, a: t.isin(i, 2),
    "isposinf": lambda t, i, a: t.isposinf(1 / (a * 0)),
    "isneginf": lambda t, i, a: t.isneginf(t.log(a * 0)),
    "mode": lambda t, i, a: t.mode(i),
    "mode_axis": lambda t, i, a: t.mode(i, 0, True),
    "unique_consecutive": lambda t, i, a: t.unique_consecutive(i, return_inverse=True, return_counts=True),
    "unique_consecutive_dim": lambda t, i, a: t.unique_consecutive(i[:, :2] // 3, True, True, 0),
    "unravel_index": lambda t, i, a: t.unravel_index(i, (2, 2)),
    "histc": lambda t, i, a: t.histc(a, 5),
    "histc_range": lambda t, i, a: t.histc(a, bins=4, min=-1, max=1),
    "heaviside": lambda t, i, a: t.heaviside(t.round(a), a),
    "detach": lambda t, i, a: t.detach(a),
}


@pytest.mark.parametrize("name", PLAIN)
def test_values_without_gradients_agree(name):
    results = []
    for library in (torch, ew):
        result = PLAIN[name](library, library.tensor(INTEGERS), library.tensor(A))
        results.append(list(result) if isinstance(result, (tuple, list)) else [result])
    assert len(results[0]) == len(results[1])
    for a, b in zip(results[1], results[0], strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
        assert a.numpy().dtype == b.numpy().dtype


DTYPES = ["bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("a", DTYPES)
@pytest.mark.parametrize("b", DTYPES)
def test_dtypes_meet_alike(a, b):
    theirs, ours = (getattr(torch, a), getattr(torch, b)), (getattr(ew, a), getattr(ew, b))
    assert ew.promote_types(*ours) == str(torch.promote_types(*theirs)).removeprefix("torch.")
    assert ew.can_cast(*ours) == torch.can_cast(*theirs)
    for shapes in (((), ()), ((1,), ()), ((), (1,)), ((2,), (2,))):
        expected = torch.result_type(*(torch.ones(s, dtype=d) for s, d in zip(shapes, theirs, strict=True)))
        found = ew.result_type(*(ew.ones(s, dtype=d) for s, d in zip(shapes, ours, strict=True)))
        assert found == str(expected).removeprefix("torch.")
    for number in (True, 2, 2.5):
        expected = torch.result_type(torch.ones(2, dtype=theirs[0]), number)
        assert ew.result_type(ew.ones(2, dtype=ours[0]), number) == str(expected).removeprefix("torch.")
