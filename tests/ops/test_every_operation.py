"""Every operation, tested by construction from the registry: an operation without an entry fails here."""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from contextlib import suppress
from typing import Any

import array_api_strict
import numpy as np
import pytest
from cases import together
from registry import arrangement, elementwise, networks, reductions
from registry.entries import Case, Entry

import edgewise as ew
from edgewise.graph.operation import Operation

REGISTRY: dict[Operation, Entry] = {
    **elementwise.ENTRIES,
    **reductions.ENTRIES,
    **arrangement.ENTRIES,
    **networks.ENTRIES,
}
EPS = 1e-6


def _operations() -> dict[int, tuple[str, Operation]]:
    found = {}
    for module in pkgutil.walk_packages(ew.__path__, "edgewise."):
        if not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, Operation):
                    found.setdefault(id(value), (f"{module.name}.{name}", value))
    return found


def _uses(with_entry: bool = False) -> list[Any]:
    return [
        pytest.param(operation, *([entry] if with_entry else []), case, id=f"{operation.name}-{i}")
        for operation, entry in REGISTRY.items()
        for i, case in enumerate(entry.cases)
    ]


def _name(operation: Operation, *_: Any) -> str:
    return operation.name


every_use = together("operation, case", _uses(), by=_name)
with_reference = together("operation, entry, case", _uses(with_entry=True), by=_name)


def _flowing(operation: Operation, case: Case) -> list[int]:
    """The inputs that gradients flow to in this case."""
    return [i for i, x in enumerate(case.inputs) if _is_float(x) and operation.flows_to(i)]


def _is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _tensors(operation: Operation, case: Case, dtype: str = "float64", library: Any = None) -> list[Any]:
    """The inputs as tensors, or as the numbers they are."""
    inputs: list[Any] = []
    for i, x in enumerate(case.inputs):
        if isinstance(x, np.ndarray):
            x = x.astype(dtype) if _is_float(x) else x
            tensor = ew.as_tensor(x if library is None else library.asarray(x))
            inputs.append(tensor.requires_grad_() if i in _flowing(operation, case) else tensor)
        else:
            inputs.append(x)
    return inputs


def _plain(x: Any) -> Any:
    return np.asarray(x.detach().numpy())


def _like(rng: np.random.Generator, x: Any) -> Any:
    return np.asarray(rng.normal(size=x.shape))


def _direction(rng: np.random.Generator, operation: Operation, x: Any) -> Any:
    """Where to move an input for a difference."""
    u = _like(rng, x)
    return u + np.swapaxes(u, -1, -2) if REGISTRY[operation].symmetric else u


def _directed(operation: Operation, case: Case, i: int, direction: Any, function: Any) -> Any:
    """How `function` of the inputs changes along a direction of input `i`, by a central difference."""
    values = []
    for sign in (1, -1):
        moved = list(case.inputs)
        moved[i] = moved[i] + sign * EPS * direction
        values.append(function(_tensors(operation, Case(tuple(moved), case.params))))
    return (values[0] - values[1]) / (2 * EPS)


def test_every_operation_has_an_entry():
    spectral = {"eigenvalues", "eigenvectors", "qr_q", "qr_r", "singular_values", "left_singular", "right_singular"}
    missing = [
        name
        for name, operation in _operations().values()
        if operation not in REGISTRY and operation.name not in spectral and "registry" not in name
    ]
    assert not missing


@with_reference
def test_values_are_the_reference_s(operation, entry, case):
    expected = np.asarray(entry.reference(*case.inputs, **case.params))
    for dtype, tolerance in (("float64", 1e-9), ("float32", 2e-4)):
        result = operation(*_tensors(operation, case, dtype), **case.params)
        assert type(result.array) is np.ndarray
        assert result.shape == expected.shape
        assert result.dtype.kind == expected.dtype.kind
        if expected.dtype.kind == "f" and operation.name not in ("cast",):
            assert result.dtype == dtype
        np.testing.assert_allclose(_plain(result), expected, rtol=tolerance, atol=tolerance)


@every_use
def test_layout_does_not_matter(operation, case):
    expected = _plain(operation(*_tensors(operation, case), **case.params))
    for relaid in (lambda x: np.array(x, order="F"), lambda x: np.ascontiguousarray(x[::-1])[::-1] if x.ndim else x):
        inputs = tuple(relaid(x) if isinstance(x, np.ndarray) else x for x in case.inputs)
        result = operation(*_tensors(operation, Case(inputs, case.params)), **case.params)
        np.testing.assert_allclose(_plain(result), expected, rtol=1e-12, atol=1e-12)


@every_use
def test_gradients_are_those_of_differences(operation, case):
    rng = np.random.default_rng(1)
    inputs = _tensors(operation, case)
    result = operation(*inputs, **case.params)
    v = _like(rng, result)
    if not _flowing(operation, case):
        assert not result.requires_grad
        return
    result.backward(ew.tensor(v))
    for i in _flowing(operation, case):
        gradient = inputs[i].grad
        assert gradient.shape == inputs[i].shape
        assert gradient.dtype == inputs[i].dtype
        u = _direction(rng, operation, inputs[i])
        expected = _directed(operation, case, i, u, lambda moved: np.sum(v * _plain(operation(*moved, **case.params))))
        np.testing.assert_allclose(np.sum(u * _plain(gradient)), expected, rtol=1e-5, atol=1e-6)


@every_use
def test_gradients_of_float32_stay_float32(operation, case):
    inputs = _tensors(operation, case, "float32")
    if operation.name == "cast" or not _flowing(operation, case):
        return
    result = operation(*inputs, **case.params)
    result.backward(ew.ones_like(result))
    for i in _flowing(operation, case):
        assert inputs[i].grad.dtype == np.float32


@with_reference
def test_second_derivatives_are_those_of_differences(operation, entry, case):
    if not entry.smooth or not _flowing(operation, case):
        return
    rng = np.random.default_rng(2)
    flowing = _flowing(operation, case)

    def slopes(inputs: list[Any]) -> Any:
        """A projection of all first derivatives."""
        result = operation(*inputs, **case.params)
        v = ew.tensor(np.random.default_rng(3).normal(size=result.shape))
        gradients = ew.autograd.grad(result, [inputs[i] for i in flowing], [v], create_graph=True)
        weights = np.random.default_rng(4)
        return sum((g * ew.tensor(_like(weights, g))).sum() for g in gradients)

    inputs = _tensors(operation, case)
    projected = slopes(inputs)
    if not projected.requires_grad:
        pieces = [None] * len(flowing)
    else:
        pieces = ew.autograd.grad(projected, [inputs[i] for i in flowing], allow_unused=True)
    for i, piece in zip(flowing, pieces, strict=True):
        u = _direction(rng, operation, inputs[i])
        expected = _directed(operation, case, i, u, lambda moved: slopes(moved).item())
        found = 0.0 if piece is None else np.sum(u * _plain(piece))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)


@every_use
def test_forward_mode_is_the_transpose_of_walking_back(operation, case):
    flowing = _flowing(operation, case)
    if not flowing:
        return
    rng = np.random.default_rng(5)
    inputs = [x.detach() if isinstance(x, ew.Tensor) else x for x in _tensors(operation, case)]

    def function(*moving: Any) -> Any:
        arguments = list(inputs)
        for i, x in zip(flowing, moving, strict=True):
            arguments[i] = x
        return operation(*arguments, **case.params)

    primals = tuple(inputs[i] for i in flowing)
    tangents = tuple(ew.tensor(_like(rng, x)) for x in primals)
    output, tangent = ew.jvp(function, primals, tangents)
    _, pullback = ew.vjp(function, *primals)
    v = ew.tensor(_like(rng, output))
    pulled = pullback(v)
    pulled = pulled if isinstance(pulled, tuple) else (pulled,)
    forward = np.sum(_plain(v) * _plain(tangent))
    back = sum(np.sum(_plain(g) * _plain(t)) for g, t in zip(pulled, tangents, strict=True))
    np.testing.assert_allclose(forward, back, rtol=1e-8, atol=1e-10)


@every_use
def test_derivatives_are_linear_in_the_gradient(operation, case):
    rng = np.random.default_rng(6)
    inputs = _tensors(operation, case)
    result = operation(*inputs, **case.params)
    flowing = _flowing(operation, case)
    if not flowing:
        return
    g, h = _like(rng, result), _like(rng, result)
    found = [ew.autograd.grad(result, [inputs[i] for i in flowing], [ew.tensor(v)]) for v in (g, h, 2 * g - 3 * h)]
    for a, b, combined in zip(*found, strict=True):
        np.testing.assert_allclose(_plain(combined), 2 * _plain(a) - 3 * _plain(b), rtol=1e-9, atol=1e-9)


@every_use
def test_nothing_that_is_given_is_changed(operation, case):
    inputs = _tensors(operation, case)
    for x in inputs:
        if isinstance(x, ew.Tensor):
            x.array = x.array.copy()
            x.array.flags.writeable = False
    result = operation(*inputs, **case.params)
    if result.requires_grad:
        seed = np.ones(result.shape)
        seed.flags.writeable = False
        if result.array.flags.owndata:
            result.array.flags.writeable = False
        result.backward(ew.from_numpy(seed))
    for x, given in zip(inputs, case.inputs, strict=True):
        if isinstance(x, ew.Tensor):
            np.testing.assert_array_equal(_plain(x), given)


@every_use
def test_other_libraries_arrays_give_the_same(operation, case):
    expected_inputs = _tensors(operation, case)
    expected = operation(*expected_inputs, **case.params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # array-api-strict warns of what NumPy computes, such as 0 / 0
        params = dict(case.params)
        if operation.name == "cast":
            params["dtype"] = array_api_strict.float64
        inputs = _tensors(operation, case, library=array_api_strict)
        result = operation(*inputs, **params)
        assert type(result.array).__module__.startswith("array_api_strict")
        np.testing.assert_allclose(_plain(result), _plain(expected), rtol=1e-9, atol=1e-9)
        if not expected.requires_grad:
            return
        v = np.random.default_rng(7).normal(size=expected.shape)
        expected.backward(ew.tensor(v))
        result.backward(ew.as_tensor(array_api_strict.asarray(v)))
        for i in _flowing(operation, case):
            np.testing.assert_allclose(_plain(inputs[i].grad), _plain(expected_inputs[i].grad), rtol=1e-9, atol=1e-9)


@every_use
def test_elementwise_operations_commute_with_reordering(operation, case):
    if not operation.elementwise or not all(
        isinstance(x, np.ndarray) and x.ndim == 2 and x.shape == case.inputs[0].shape for x in case.inputs
    ):
        return
    turned = Case(tuple(np.ascontiguousarray(x[::-1, ::-1]) for x in case.inputs), case.params)
    straight = _plain(operation(*_tensors(operation, case), **case.params))
    np.testing.assert_allclose(_plain(operation(*_tensors(operation, turned), **case.params)), straight[::-1, ::-1])


@every_use
def test_linear_operations_are_linear(operation, case):
    if operation.linear is None:
        return
    rng = np.random.default_rng(8)
    flowing = _flowing(operation, case)
    groups = [[i] for i in flowing] if operation.linear == "each" else [flowing]
    for group in groups:
        if not group or any(
            x is None or not isinstance(x, np.ndarray) for i, x in enumerate(case.inputs) if i in group
        ):
            continue
        others = [_like(rng, case.inputs[i]) for i in group]
        first, second, combined = list(case.inputs), list(case.inputs), list(case.inputs)
        for i, other in zip(group, others, strict=True):
            second[i] = other
            combined[i] = 2 * case.inputs[i] - 3 * other
        values = [
            _plain(operation(*_tensors(operation, Case(tuple(x), case.params)), **case.params))
            for x in (first, second, combined)
        ]
        if operation.name in ("pad", "setitem"):
            continue  # with a number in the place of the value they are affine
        np.testing.assert_allclose(values[2], 2 * values[0] - 3 * values[1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_use
def test_infinity_and_nan_come_without_a_warning(operation, case, dtype):
    rng = np.random.default_rng(7)
    special = np.array([np.inf, -np.inf, np.nan, 0.0, np.finfo(dtype).max, np.finfo(dtype).min])
    spoilt = [
        np.where(rng.random(x.shape) < 0.7, rng.choice(special, x.shape), x) if _is_float(x) else x for x in case.inputs
    ]
    inputs = _tensors(operation, Case(tuple(spoilt), case.params), dtype)
    leaves = [x for x in inputs if isinstance(x, ew.Tensor) and x.requires_grad]
    # Warnings are errors here.
    no_answer = (ew.ArgumentError, ew.ShapeError, np.linalg.LinAlgError)
    matrices = any(word in operation.name for word in ("det", "inv", "solve", "cholesky", "cofactors"))
    with suppress(*no_answer if matrices else ()):
        result = operation(*inputs, **case.params)
        if result.requires_grad:
            firsts = ew.autograd.grad([result], leaves, [ew.ones_like(result)], create_graph=True, allow_unused=True)
            seconds = [first for first in firsts if first is not None and first.requires_grad]
            if seconds:
                ew.autograd.grad(seconds, leaves, [ew.ones_like(first) for first in seconds], allow_unused=True)


# Constant between their jumps: the gradient is 0 whatever arrives.
FLAT = {"floor", "ceil", "round", "trunc", "sign", "floor_div", "nextafter", "copysign"}
# Inputs that say where, or how much at most, rather than what: PyTorch sends them no gradient either.
UNMOVED = {
    *(("detach", "x"), ("one_hot_like", "x"), ("dropout", "mask")),
    *((name, argument) for name in ("max_unpool2d", "max_pool2d_at") for argument in "xy"),
}


@every_use
def test_no_gradient_is_detached(operation, case):
    inputs = _tensors(operation, case)
    result = operation(*inputs, **case.params)
    if result.dtype.kind != "f":
        return
    for i, x in enumerate(case.inputs):
        if _is_float(x) and (operation.name, operation.input_name(i)) not in UNMOVED:
            assert operation.flows_to(i), f"no derivative for {operation.input_name(i)}"
    flowing = [inputs[i] for i in _flowing(operation, case)]
    constant = operation.name == "pow" and any(np.size(x) == 1 and np.all(x == 0) for x in case.inputs[1:])
    constant = constant or operation.name == "constant"  # of its second argument
    if not flowing or operation.name in FLAT or constant or any(np.size(x) == 0 for x in case.inputs):
        return
    assert result.requires_grad
    v = ew.tensor(np.ones(result.shape), requires_grad=True)
    for slope in ew.autograd.grad(result, flowing, [v], create_graph=True):
        assert slope.requires_grad, "the gradient does not depend on the one that arrives"
