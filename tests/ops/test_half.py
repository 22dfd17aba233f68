"""float16 is computed inside in float32: results are those of float32, rounded once, wherever they fit."""

from __future__ import annotations

import numpy as np
import pytest
from registry.uses import every_use

import edgewise as ew

LARGEST = 65_000
OTHER_DTYPES = ("cast",)


def _inputs(operation, case, dtype, scale):
    """The case's inputs times `scale`, rounded to float16, and held in a dtype."""
    inputs = []
    for i, x in enumerate(case.inputs):
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            tensor = ew.tensor((x * scale).astype("float16").astype(dtype))
            x = tensor.requires_grad_() if operation.flows_to(i) else tensor
        inputs.append(x)
    return inputs


def _forward_and_backward(operation, case, dtype, scale):
    inputs = _inputs(operation, case, dtype, scale)
    result = operation(*inputs, **case.params)
    if not result.requires_grad:
        return [result]
    leaves = [x for x in inputs if isinstance(x, ew.Tensor) and x.requires_grad]
    seed = np.random.default_rng(0).normal(size=result.shape).astype("float16").astype(result.dtype)
    return [result, *ew.autograd.grad(result, leaves, [ew.tensor(seed)])]


@every_use
def test_float16_gives_what_float32_gives_rounded(operation, case):
    for scale in (0.01, 1, 300):
        float16_gives_what_float32_gives_rounded(operation, case, scale)


def float16_gives_what_float32_gives_rounded(operation, case, scale):
    if operation.name in OTHER_DTYPES:
        return
    try:
        expected = _forward_and_backward(operation, case, "float32", scale)
    except (ew.EdgewiseError, np.linalg.LinAlgError):
        return
    found = _forward_and_backward(operation, case, "float16", scale)
    for i, (one, other) in enumerate(zip(found, expected, strict=True)):
        wanted = other.detach().numpy()
        if wanted.dtype.kind == "f":
            assert one.dtype == np.float16
        fits = ~(np.abs(wanted) > LARGEST)
        # A derivative that reads the rounded result alone, as tanh's 1 - y², has the rounding in its differences.
        apart = (
            1e-7 if i == 0 else 1e-7 + 2e-3 * np.max(np.abs(wanted[fits]), initial=0, where=np.isfinite(wanted[fits]))
        )
        np.testing.assert_allclose(one.detach().numpy()[fits], wanted[fits], rtol=1e-3, atol=apart)


@pytest.mark.parametrize(
    ("function", "right"),
    [
        (lambda x: x.mean(), 1 / 70_000),
        (lambda x: x.amax(), 1 / 70_000),
        (lambda x: x.max(), 1 / 70_000),
        (lambda x: x.reshape(7, 10_000).mean((0, 1)), 1 / 70_000),
        (lambda x: x.var(), 0),
        (lambda x: (x.cumsum(0) / 70_000)[-1], 1 / 70_000),
        (lambda x: x.logsumexp(0), 1 / 70_000),
        (lambda x: x.norm(), 70_000**-0.5),
    ],
)
def test_more_numbers_than_float16_counts_to(function, right):
    x = ew.ones(70_000, dtype="float16", requires_grad=True)
    function(x).backward()
    np.testing.assert_allclose(x.grad.numpy()[[0, 1, -1]], right, rtol=4e-3)


def test_running_sums_and_softmax_of_more_than_float16_counts_to():
    assert ew.ones(5000, dtype="float16").cumsum(0)[-1].item() == 5000
    np.testing.assert_allclose(ew.softmax(ew.zeros(70_000, dtype="float16"), 0)[:2].numpy(), 1 / 70_000, rtol=4e-3)
    assert ew.log_softmax(ew.zeros(70_000, dtype="float16"), 0)[0].item() == pytest.approx(-np.log(70_000), rel=1e-3)


def test_equal_indices_sum_past_2048():
    weight = ew.zeros(2, 1, dtype="float16", requires_grad=True)
    ew.nn.functional.embedding(ew.zeros(5000, dtype="int64"), weight).sum().backward()
    assert weight.grad.tolist() == [[5000], [0]]
    x = ew.zeros(2, dtype="float16", requires_grad=True)
    x[ew.zeros(5000, dtype="int64")].sum().backward()
    assert x.grad.tolist() == [5000, 0]


def test_results_written_in_place_keep_their_gradients():
    x = ew.tensor([0.5], dtype="float16", requires_grad=True)
    (x * 1).exp_().backward()
    assert x.grad.item() == pytest.approx(np.exp(0.5), rel=1e-3)


def test_an_operation_of_users_can_be_wide():
    def slope(_, g, y, x):
        return g * x / y

    length = ew.Operation("length", lambda xp, x: xp.sqrt(xp.sum(x * x)), slope, wide=True)
    x = ew.tensor([300.0, 400.0], dtype="float16", requires_grad=True)
    y = length(x)
    y.backward()
    assert (y.dtype, y.item()) == (np.float16, 500)
    assert x.grad.numpy() == pytest.approx([0.6, 0.8], rel=1e-3)
