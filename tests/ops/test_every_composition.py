"""Every function composed of others, at combinations of its parameters: its values and gradients are its definition's.

The definitions are written in plain NumPy in the registry. Gradients are compared with differences of the definition.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from cases import together
from registry.compositions import COMPOSITIONS
from registry.compositions.composition import Composition, arrays, changed
from registry.entries import Case
from registry.uses import USES as OPERATIONS

import edgewise as ew

EPS = 1e-6


def _name(composition: Composition) -> str:
    function = getattr(composition.function, "of", composition.function)
    function = inspect.unwrap(function)
    return str(getattr(function, "__name__", type(function).__name__)).strip("_")


USES = [
    pytest.param(composition, case, id=f"{_name(composition)}-{number}-{i}")
    for number, composition in enumerate(COMPOSITIONS)
    for i, case in enumerate(composition.cases)
]


def _of_function(uses: list[Any]) -> Any:
    """Tries a test at the uses, those of a function in one test."""
    return together("composition, case", uses, by=lambda composition, _: _name(composition))


every_use = _of_function(USES)
with_layer = _of_function([use for use in USES if use.values[0].layer is not None])


def _tensors(case: Case, wanted: set[int], dtype: str = "float64") -> tuple[Any, Any, list[Any]]:
    """Inputs and parameters as tensors, and those of floats, of which the `wanted` ones want a gradient."""
    made: list[Any] = []

    def tensor(x: Any) -> Any:
        if x.dtype.kind != "f":
            return ew.tensor(x)
        made.append(ew.tensor(x, dtype=dtype, requires_grad=len(made) in wanted))
        return made[-1]

    inputs, params = changed(case, tensor)
    return inputs, params, made


def _parts(result: Any) -> list[Any]:
    """The tensors or arrays that a function gave, one or several."""
    return [part for each in result for part in _parts(each)] if isinstance(result, (tuple, list)) else [result]


def _plain(x: Any) -> Any:
    return np.asarray(x.detach().numpy() if isinstance(x, ew.Tensor) else x)


def _definition(composition: Composition, case: Case, moved: int | None = None, by: Any = 0) -> list[Any]:
    """What the definition gives, with one of the float arrays moved."""
    count = iter(range(10_000))
    inputs, params = changed(case, lambda x: x + by if x.dtype.kind == "f" and next(count) == moved else x)
    return [np.asarray(part) for part in _parts(composition.reference(*inputs, **params))]


def _weights(composition: Composition, results: list[Any]) -> list[Any]:
    """What each result counts in a sum of all; None for those that no gradients come from."""
    results = results[: composition.flowing]
    rng = np.random.default_rng(1)
    return [np.asarray(rng.normal(size=part.shape)) if part.dtype.kind == "f" else None for part in results]


def _total(results: list[Any], weights: list[Any]) -> Any:
    return sum(np.sum(part * weight) for part, weight in zip(results, weights, strict=False) if weight is not None)


def _gradients(composition: Composition, case: Case, wanted: set[int], weights: list[Any]) -> list[Any]:
    """The gradients of the weighted sum of the results for the wanted arrays; zeros where none flow."""
    inputs, params, made = _tensors(case, wanted)
    results = _parts(composition.function(*inputs, **params))
    pairs = [(r, ew.tensor(w)) for r, w in zip(results, weights, strict=False) if w is not None and r.requires_grad]
    leaves = [made[i] for i in sorted(wanted)]
    if not pairs:
        return [np.zeros(leaf.shape) for leaf in leaves]
    found = ew.autograd.grad([r for r, _ in pairs], leaves, [w for _, w in pairs], allow_unused=True)
    return [np.zeros(leaf.shape) if each is None else _plain(each) for leaf, each in zip(leaves, found, strict=True)]


@every_use
def test_values_are_those_of_the_definition(composition, case):
    expected = _definition(composition, case)
    for dtype, tolerance in (("float64", 1e-9), ("float32", 2e-4)):
        inputs, params, _ = _tensors(case, set(), dtype)
        results = _parts(composition.function(*inputs, **params))
        assert len(results) == len(expected)
        for result, part in zip(results, expected, strict=True):
            found = _plain(result)
            assert found.shape == part.shape
            assert found.dtype.kind == part.dtype.kind
            assert found.dtype.kind != "f" or found.dtype == (composition.dtype or dtype)
            np.testing.assert_allclose(found, part, rtol=tolerance, atol=tolerance)


@every_use
def test_each_input_alone_has_its_gradient(composition, case):
    weights = _weights(composition, _definition(composition, case))
    moving = [i for i, (argument, _) in enumerate(arrays(case)) if argument not in composition.still]
    together = _gradients(composition, case, set(moving), weights)
    given = None
    if composition.gradients is not None:
        given = composition.gradients(weights[0], *case.inputs, **case.params)
    for i, (argument, array) in enumerate(arrays(case)):
        (gradient,) = _gradients(composition, case, {i}, weights)
        if argument in composition.still:
            np.testing.assert_array_equal(gradient, 0)
            continue
        assert gradient.shape == array.shape
        np.testing.assert_allclose(gradient, together[moving.index(i)], rtol=1e-12, atol=1e-12)
        if given is not None:
            np.testing.assert_allclose(gradient, given[i], rtol=1e-9, atol=1e-9)
            continue
        u = np.asarray(np.random.default_rng(2).normal(size=array.shape))
        ahead, behind = (_total(_definition(composition, case, i, s * EPS * u), weights) for s in (1, -1))
        np.testing.assert_allclose(np.sum(u * gradient), (ahead - behind) / (2 * EPS), rtol=1e-5, atol=1e-6)


@_of_function([use for use in USES if any(use.values[1] is case for case in use.values[0].cases[:3])])
def test_float32_stays_float32_in_the_gradients(composition, case):
    moving = {i for i, (argument, _) in enumerate(arrays(case)) if argument not in composition.still}
    inputs, params, made = _tensors(case, moving, "float32")
    results = [part for part in _parts(composition.function(*inputs, **params)) if part.requires_grad]
    if results:
        leaves, ones = [made[i] for i in moving], [ew.ones_like(r) for r in results]
        for gradient in ew.autograd.grad(results, leaves, ones, allow_unused=True):
            assert gradient is None or gradient.dtype == np.float32


@with_layer
def test_layers_compute_what_their_functions_do(composition, case):
    inputs, params, _ = _tensors(case, set())
    found = composition.layer(inputs, params)
    if found is not None:
        for result, expected in zip(_parts(found), _definition(composition, case), strict=True):
            np.testing.assert_allclose(_plain(result), expected, rtol=1e-9, atol=1e-9)


# What makes tensors, draws numbers, or describes a tensor: tests of their own have these.
ELSEWHERE = {"creation", "random", "inspection", "dropout"}
APART = {"allclose", "equal", "broadcast_shapes", "searchsorted", "polygamma", "eigh", "svd"}


def _functions() -> dict[Any, set[str]]:
    """The public functions of operations, with their names."""
    found: dict[Any, set[str]] = {}
    for space in (ew, ew.nn.functional, ew.linalg):
        for name, value in vars(space).items():
            if inspect.isfunction(value) and not name.startswith("_") and "edgewise.ops." in value.__module__:
                found.setdefault(value, set()).add(name)
    return found


def test_every_function_is_in_a_registry():
    composed = {inspect.unwrap(getattr(c.function, "of", c.function)) for c in COMPOSITIONS}
    operations = {operation.name for operation, _ in OPERATIONS}
    missing = [
        names
        for function, names in _functions().items()
        if function.__module__.rpartition(".")[2] not in ELSEWHERE
        and inspect.unwrap(function) not in composed
        and not names & (operations | APART)
    ]
    assert not missing
