"""Every number of a page is Python's: at first, and after a training step in the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from edgewise.program.replay import replay

from . import networks
from .conftest import in_page
from .contents import contents_of

InNode = Callable[..., str]

ALL_NUMBERS = """
    const all = (read, keys) => Object.fromEntries(keys.map((id) => [id, Array.from(read(Number(id)), String)]));
    const numbers = () => ({
        values: all((id) => model.value(id), Object.keys(data.values)),
        gradients: all((id) => model.gradient(id), Object.keys(data.gradients)),
        contributions: all((id) => model.contribution(id), Object.keys(data.contributions)),
    });
    const before = numbers();
    model.train();
    return [before, numbers()];
"""


def read(texts: list[str]) -> Any:
    """Numbers, which JSON can't hold if they are not finite."""
    named = {"true": 1.0, "false": 0.0, "Infinity": np.inf, "-Infinity": -np.inf, "NaN": np.nan}
    return np.array([named[text] if text in named else float(text) for text in texts])


def largest(arrays: Iterable[Any]) -> float:
    """The size of the largest finite number."""
    sizes = [np.abs(array[np.isfinite(array)]).max(initial=0) for array in map(np.asarray, arrays)]
    return float(max(sizes, default=0))


def check(found: list[str], expected: Any, scale: float, what: str) -> None:
    """That they are the same, as far as the order of sums lets them be; where parts cancel, their errors do not."""
    exact = np.asarray(expected, dtype=np.float64).ravel()
    near = 3e-6 * max(largest([exact]), 0.1 * scale) + 1e-30
    np.testing.assert_allclose(read(found), exact, rtol=3e-5, atol=near, err_msg=what)


@pytest.mark.parametrize("made", networks.ALL, ids=lambda made: made.__name__)
def test_every_number_is_that_of_python(in_node: InNode, made: Callable[[], networks.Made]) -> None:
    page = contents_of(made)
    outputs, taken = page.outputs, page.captured
    first, then = in_page(in_node, (page.program, page.data), ALL_NUMBERS)

    # At first they are what the graph holds; of the largest arrays it holds samples.
    tensors = [tensor for tensor in taken.snapshot.tensors if tensor.value.array is not None]
    returned = [tensor for tensor in tensors if tensor.gradient is not None and str(tensor.id) in first["gradients"]]
    scale = largest(tensor.gradient.array for tensor in returned if tensor.gradient is not None)
    for tensor in tensors:
        check(first["values"][str(tensor.id)], tensor.value.array, 0.0, f"the value of {tensor.name}")
    for tensor in returned:
        assert tensor.gradient is not None
        check(first["gradients"][str(tensor.id)], tensor.gradient.array, scale, f"the gradient of {tensor.name}")
    for edge in taken.snapshot.edges:
        if edge.contribution is not None and edge.contribution.array is not None:
            check(first["contributions"][str(edge.id)], edge.contribution.array, scale, f"the part of edge {edge.id}")

    # Then, and after a step, they are what NumPy makes of the leaves.
    done = replay(outputs, uses=taken.uses)
    for numbers in (first, then):
        leaves = [
            read(numbers["values"][str(taken.tensor_ids[leaf])]).reshape(start.shape).astype(start.dtype)
            for leaf, start in zip(done.leaves, done.program.start, strict=True)
        ]
        results = done.program.run(*leaves)
        scale = largest(results[place] for place in done.gradients.values())
        for kind, places in (("values", done.values), ("gradients", done.gradients)):
            for source, place in places.items():
                name = str(taken.tensor_ids.get(source))
                if name in numbers[kind]:
                    check(numbers[kind][name], results[place], scale if kind == "gradients" else 0.0, f"{kind} {name}")
