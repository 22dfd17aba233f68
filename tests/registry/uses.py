"""Every use of an operation in the registry, as a function that goes forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import together

import edgewise as ew

from . import arrangement, elementwise, networks, reductions

_ENTRIES = {**elementwise.ENTRIES, **reductions.ENTRIES, **arrangement.ENTRIES, **networks.ENTRIES}

USES = [(operation, case) for operation, entry in _ENTRIES.items() for case in entry.cases]

NAMES = [f"{operation.name}-{i}" for operation, entry in _ENTRIES.items() for i in range(len(entry.cases))]

every_use = together(
    "operation, case",
    [pytest.param(*use, id=name) for use, name in zip(USES, NAMES, strict=True)],
    by=lambda operation, _: operation.name,
)


def forward_and_backward(operation: Any, case: Any) -> tuple[Any, list[Any]]:
    """A function of the array inputs that gives the result and the gradients, and its arguments."""
    masks = ("getitem", "place", "setitem")
    places = [
        i
        for i, x in enumerate(case.inputs)
        if isinstance(x, np.ndarray) and not (operation.name in masks and x.dtype == bool)
    ]

    def function(*tensors: Any) -> Any:
        inputs = list(case.inputs)
        for i, tensor in zip(places, tensors, strict=True):
            inputs[i] = tensor
        result = operation(*inputs, **case.params)
        if not result.requires_grad:
            return (result,)
        seed = ew.tensor(np.random.default_rng(0).normal(size=result.shape), dtype=result.dtype)
        wanted = [x for i, x in zip(places, tensors, strict=True) if x.requires_grad and operation.flows_to(i)]
        return result, *ew.autograd.grad(result, wanted, [seed])

    arguments = []
    for i in places:
        tensor = ew.tensor(case.inputs[i])
        is_float = case.inputs[i].dtype.kind == "f"
        arguments.append(tensor.requires_grad_() if is_float and operation.flows_to(i) else tensor)
    return function, arguments
