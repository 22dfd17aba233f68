"""Arguments with which operations are shown whose formulas depend on them."""

from __future__ import annotations

from typing import Any

from ..printers.formula.operations import Argument

Example = tuple[tuple[Argument, ...], dict[str, Any]]


def _floats(*shapes: tuple[int, ...]) -> tuple[Argument, ...]:
    return tuple((shape, "float32") for shape in shapes)


def _indexed(shape: tuple[int, ...], *indices: tuple[int, ...]) -> tuple[Argument, ...]:
    return (*_floats(shape), *((index, "int64") for index in indices))


_STRIDES: dict[str, Any] = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
_WINDOWS: dict[str, Any] = {"kernel": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
_BLOCKS: dict[str, Any] = {**_WINDOWS, "padding": (0, 0)}
_MEANS: dict[str, Any] = {
    "kernel": (2, 2),
    "stride": (2, 2),
    "padding": ((0, 0), (0, 0)),
    "count_padding": True,
    "divisor": None,
}
_IMAGE, _SMALLER = (1, 1, 4, 4), (1, 1, 2, 2)

EXAMPLES: dict[str, Example] = {
    "argsort": (_floats((6,)), {"axis": 0, "descending": False}),
    "avg_pool2d": (_floats(_IMAGE), _MEANS),
    "avg_pool2d_input": (_floats(_SMALLER), {"size": (4, 4), **_MEANS}),
    "cast": (_floats((6,)), {"dtype": "float64"}),
    "cdist": (_floats((3, 2), (4, 2)), {"p": 2.0}),
    "concat": (_floats((3, 2), (3, 4)), {"axis": 1}),
    "conv2d": (_floats(_IMAGE, (1, 1, 3, 3), (1,)), _STRIDES),
    "conv2d_weight": (_floats(_IMAGE, _SMALLER), {"kernel": (3, 3), **_STRIDES}),
    "conv_transpose2d": (_floats(_SMALLER, (1, 1, 3, 3)), {"size": (4, 4), **_STRIDES}),
    "cross_entropy": (_indexed((6, 5), (6,)), {"axis": 1}),
    "cummax_indices": (_floats((6,)), {"axis": 0, "largest": True}),
    "digamma": (_floats(()), {"order": 0}),
    "einsum": (_floats((3, 4), (4, 5)), {"inputs": ("ij", "jk"), "output": "ik"}),
    "elu": (_floats(()), {"alpha": 1.0}),
    "embedding": (_indexed((6, 3), (4,)), {"padding": None}),
    "embedding_weight": (_indexed((4, 3), (4,)), {"size": 6, "padding": None}),
    "expand": (_floats((1, 6)), {"shape": (4, 6)}),
    "fold": (_floats((1, 4, 4)), {"size": (4, 4), **_BLOCKS}),
    "getitem": (_floats((6, 5)), {"form": (0,)}),
    "huber": (_floats(()), {"delta": 1.0}),
    "hardshrink": (_floats(()), {"lambd": 0.5}),
    "leaky_relu": (_floats(()), {"slope": 0.01}),
    "left_singular": (_floats((4, 3)), {"full": False}),
    "max_pool2d": (_floats(_IMAGE), _WINDOWS),
    "max_pool2d_at": (_floats(_IMAGE, _SMALLER, _IMAGE), _WINDOWS),
    "max_unpool2d": (_floats(_SMALLER, _SMALLER, _IMAGE), _WINDOWS),
    "median_rank": (_floats((3, 5)), {"axis": 1}),
    "one_hot_like": (_indexed((6, 5), (6,)), {"axis": 1}),
    "p_norm": (_floats((6,)), {"p": 3.0, "axis": None, "keepdims": False}),
    "pad": ((*_floats((6, 5)), 0.0), {"widths": ((1, 1), (0, 0))}),
    "permute": (_floats((4, 5)), {"axes": (1, 0)}),
    "pick": (_indexed((6, 5), (6,)), {"axis": 1}),
    "pinv": (_floats((4, 3)), {"rtol": 1e-6}),
    "place": (_floats((5,)), {"form": (0,), "shape": (6, 5)}),
    "repeat_interleave": (_floats((6,)), {"times": 2, "axis": 0}),
    "reshape": (_floats((6, 4)), {"shape": (4, 6)}),
    "right_singular": (_floats((4, 3)), {"full": False}),
    "rms_norm": (_floats((11, 13)), {"axes": (1,), "eps": 1e-5}),
    "roll": (_floats((6,)), {"shift": (1,), "axis": (0,)}),
    "searchsorted": (_floats((6,), (4,)), {"right": False}),
    "setitem": (_floats((6, 5), (5,)), {"form": (0,)}),
    "sinc": (_floats(()), {"order": 0}),
    "softplus": (_floats(()), {"beta": 1.0, "threshold": 20.0}),
    "softshrink": (_floats(()), {"lambd": 0.5}),
    "stack": (_floats((3,), (3,)), {"axis": 0}),
    "standardize": (_floats((11, 13)), {"axes": (1,), "eps": 1e-5}),
    "std": (_floats((6, 5)), {"axis": (1,), "correction": 1, "keepdims": False}),
    "threshold": (_floats(()), {"threshold": 0.25, "value": 0.125}),
    "tile": (_floats((6,)), {"repeats": (2,)}),
    "tril": (_floats((4, 5)), {"k": 0}),
    "triu": (_floats((4, 5)), {"k": 0}),
    "unfold": (_floats(_IMAGE), _BLOCKS),
    "unpick": (_indexed((4,), (4,)), {"axis": 1, "size": 6}),
    "var": (_floats((6, 5)), {"axis": (1,), "correction": 1, "keepdims": False}),
    "without_padding": (_indexed((4, 3), (4,)), {"padding": 0}),
}
"""For each operation the kinds of its arguments, and its keyword arguments."""

SYMBOLS: dict[str, dict[str, str]] = {
    "elu": {"alpha": "α"},
    "hardshrink": {"lambd": "λ"},
    "huber": {"delta": "δ"},
    "leaky_relu": {"slope": "slope"},
    "p_norm": {"p": "p"},
    "rms_norm": {"eps": "ε"},
    "softplus": {"beta": "β", "threshold": "threshold"},
    "softshrink": {"lambd": "λ"},
    "standardize": {"eps": "ε"},
    "threshold": {"threshold": "t", "value": "v"},
}
"""What stands in formulas for keyword arguments that are numbers, of which the example has the usual ones."""
