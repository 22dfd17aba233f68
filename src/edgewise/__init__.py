"""Edgewise: a neural-network framework in which backpropagation is something you can see.

The names here have PyTorch's meaning. :mod:`edgewise.array_api` has the Array API standard's.
"""

from __future__ import annotations

# One statement for each module, with as many names in a line as fit.
# isort: off
# fmt: off
from math import e, inf, nan, pi
from typing import TYPE_CHECKING as _TYPE_CHECKING
from . import autograd, data, linalg, nn, optim
from .api import explain, see, snapshot, watch
from .dtypes import (
    bool, double, finfo, float, float16, float32, float64, get_default_dtype, half, iinfo, int, int8, int16, int32,
    int64, long, set_default_dtype, short, uint8, uint16, uint32, uint64,
)
from .graph.errors import (
    AnomalyError, ArgumentError, DTypeError, EdgewiseError, GradcheckError, GradientError, IndexingError, InPlaceError,
    ShapeError,
)
from .graph.modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .graph.operation import Operation
from .graph.transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .interop.safetensors import load, save
from .ops.activations import prelu, relu, selu, sigmoid
from .ops.arithmetic import (
    abs, floor_divide, fmod, multiply, negative, positive, remainder, sign, abs as absolute, divide as true_divide,
    multiply as mul, negative as neg, sign as sgn,
)
from .ops.arrangement import diagflat, flip, fliplr, flipud, repeat_interleave, roll, rot90, tile, unravel_index
from .ops.combined import (
    add, addcdiv, addcmul, allclose, clamp_max, clamp_min, deg2rad, div, equal, exp2, frac, heaviside, isclose, lerp,
    nan_to_num, rad2deg, sub, div as divide, sub as subtract,
)
from .ops.comparison import (
    bitwise_and, bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor, copysign, greater, greater_equal,
    isfinite, isinf, isnan, isneginf, isposinf, less, less_equal, logical_and, logical_not, logical_or, logical_xor,
    not_equal, signbit, bitwise_invert as bitwise_not, equal as eq, greater as gt, greater_equal as ge, less as lt,
    less_equal as le, not_equal as ne,
)
from .ops.convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from .ops.counting import bincount, histc, isin, mode, unique_consecutive
from .ops.creation import (
    arange, empty, empty_like, eye, full, full_like, linspace, logspace, ones, ones_like, zeros, zeros_like,
)
from .ops.cumulative import (
    cummax, cummin, cumprod, cumsum, cumulative_trapezoid, diff, logcumsumexp, trapezoid, trapezoid as trapz,
)
from .ops.distances import cdist, dist, pairwise_distance
from .ops.dropout import dropout
from .ops.einsum import einsum
from .ops.elementwise import expect_infinities as _expect_infinities
from .ops.embedding import embedding
from .ops.exponential import (
    erf, exp, expm1, hypot, log, log1p, log2, log10, logaddexp, pow, reciprocal, rsqrt, sqrt, square,
)
from .ops.folding import channel_shuffle, pixel_shuffle, pixel_unshuffle
from .ops.gathering import (
    argwhere, gather, index_add, index_copy, index_fill, index_put, index_select, masked_fill, masked_scatter,
    masked_select, nonzero, one_hot, scatter, scatter_add, take, take_along_dim, tril_indices, triu_indices, where,
)
from .ops.inspection import can_cast, detach, is_floating_point, is_tensor, numel, promote_types, result_type
from .ops.joining import (
    block_diag, cartesian_prod, column_stack, combinations, concat, dstack, hstack, meshgrid, stack, vstack,
    concat as cat, concat as concatenate, vstack as row_stack,
)
from .ops.linear_algebra import (
    addmm, bmm, cross, diag, diag_embed, diagonal, dot, inner, kron, matmul, mm, mv, outer, tensordot, trace, tril,
    triu, vdot, vecdot, outer as ger,
)
from .system.memory import keep_freed_memory as _keep_freed_memory
from .ops.normalisation import cosine_similarity
from .ops.norms import norm, renorm
from .ops.pooling import adaptive_avg_pool1d, adaptive_max_pool1d
from .ops.products import addbmm, addmv, addr, baddbmm
from .ops.random import (
    Generator, bernoulli, get_rng_state, initial_seed, manual_seed, multinomial, normal, rand, rand_like, randint,
    randint_like, randn, randn_like, randperm, seed, set_rng_state,
)
from .ops.reductions import (
    all, amax, amin, aminmax, any, argmax, argmin, count_nonzero, logsumexp, max, mean, min, prod, sum,
)
from .ops.rounding import ceil, floor, nextafter, round, trunc, trunc as fix
from .ops.selection import clip, fmax, fmin, maximum, minimum, clip as clamp
from .ops.shape import (
    adjoint, atleast_1d, atleast_2d, atleast_3d, broadcast_shapes, broadcast_tensors, broadcast_to, clone, flatten,
    movedim, permute, ravel, reshape, squeeze, t, transpose, unflatten, unsqueeze, movedim as moveaxis,
    transpose as swapaxes, transpose as swapdims, unsqueeze as expand_dims,
)
from .ops.softmax import log_softmax, softmax
from .ops.sorting import argsort, bucketize, kthvalue, msort, searchsorted, sort, topk, unique
from .ops.special import digamma, erfc, float_power, lgamma, logaddexp2, logit, polygamma, sinc, xlogy
from .ops.splitting import (
    chunk, dsplit, hsplit, narrow, select, split, split_with_sizes, tensor_split, unbind, vsplit, unbind as unstack,
)
from .ops.statistics import corrcoef, cov, median, nanmean, nanmedian, nansum, quantile, std, std_mean, var, var_mean
from .ops.thresholds import celu, hardshrink, threshold
from .ops.trigonometry import (
    acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan, tanh, acos as arccos, acosh as arccosh,
    asin as arcsin, asinh as arcsinh, atan2 as arctan2, atan as arctan, atanh as arctanh,
)
from .program import Program, ProgramError, RecordingError, record
from .tensor import Tensor, as_tensor, from_numpy, tensor
from .tensor.convert import from_dlpack
from .tensor.display import set_printoptions
from .training import EarlyStopping, History, NonFiniteLossError, TrainingError, evaluate, fit, predict
from .version import __version__
# fmt: on
# isort: on

newaxis = None

if _TYPE_CHECKING:
    from . import lab as lab

# fmt: off
__all__ = [
    "AnomalyError", "ArgumentError", "DTypeError", "EarlyStopping", "EdgewiseError", "Generator", "GradcheckError",
    "GradientError", "History", "InPlaceError", "IndexingError", "NonFiniteLossError", "Operation", "Program",
    "ProgramError", "RecordingError", "ShapeError", "Tensor", "TrainingError",
    "__version__",
    "abs", "absolute", "acos", "acosh", "adaptive_avg_pool1d", "adaptive_max_pool1d", "add", "addbmm", "addcdiv",
    "addcmul", "addmm", "addmv", "addr", "adjoint", "all", "allclose", "amax", "amin", "aminmax", "any", "arange",
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argsort", "argwhere",
    "as_tensor", "asin", "asinh", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d", "autograd",
    "baddbmm", "bernoulli", "bincount", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "block_diag", "bmm", "bool", "broadcast_shapes", "broadcast_tensors",
    "broadcast_to", "bucketize",
    "can_cast", "cartesian_prod", "cat", "cdist", "ceil", "celu", "channel_shuffle", "chunk", "clamp", "clamp_max",
    "clamp_min", "clip", "clone", "column_stack", "combinations", "concat", "concatenate", "conv1d", "conv2d",
    "conv_transpose1d", "conv_transpose2d", "copysign", "corrcoef", "cos", "cosh", "cosine_similarity", "count_nonzero",
    "cov", "cross", "cummax", "cummin", "cumprod", "cumsum", "cumulative_trapezoid",
    "data", "deg2rad", "detach", "diag", "diag_embed", "diagflat", "diagonal", "diff", "digamma", "dist", "div",
    "divide", "dot", "double", "dropout", "dsplit", "dstack",
    "e", "einsum", "embedding", "empty", "empty_like", "enable_grad", "eq", "equal", "erf", "erfc", "evaluate", "exp",
    "exp2", "expand_dims", "explain", "expm1", "eye",
    "finfo", "fit", "fix", "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32", "float64",
    "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "from_dlpack", "from_numpy", "full",
    "full_like",
    "gather", "ge", "ger", "get_default_dtype", "get_rng_state", "grad", "greater", "greater_equal", "gt",
    "half", "hardshrink", "heaviside", "hessian", "histc", "hsplit", "hstack", "hvp", "hypot",
    "iinfo", "index_add", "index_copy", "index_fill", "index_put", "index_select", "inf", "inference_mode",
    "initial_seed", "inner", "int", "int8", "int16", "int32", "int64", "is_floating_point", "is_grad_enabled",
    "is_tensor", "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf",
    "jacobian", "jvp",
    "kron", "kthvalue",
    "le", "lerp", "less", "less_equal", "lgamma", "linalg", "linspace", "load", "log", "log1p", "log2", "log10",
    "log_softmax", "logaddexp", "logaddexp2", "logcumsumexp", "logical_and", "logical_not", "logical_or", "logical_xor",
    "logit", "logspace", "logsumexp", "long", "lt",
    "manual_seed", "masked_fill", "masked_scatter", "masked_select", "matmul", "max", "maximum", "mean", "median",
    "meshgrid", "min", "minimum", "mm", "mode", "moveaxis", "movedim", "msort", "mul", "multinomial", "multiply", "mv",
    "nan", "nan_to_num", "nanmean", "nanmedian", "nansum", "narrow", "ne", "neg", "negative", "newaxis", "nextafter",
    "nn", "no_grad", "nonzero", "norm", "normal", "not_equal", "numel",
    "one_hot", "ones", "ones_like", "optim", "outer",
    "pairwise_distance", "permute", "pi", "pixel_shuffle", "pixel_unshuffle", "polygamma", "positive", "pow", "predict",
    "prelu", "prod", "promote_types",
    "quantile",
    "rad2deg", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "ravel", "reciprocal",
    "record", "relu", "remainder", "renorm", "repeat_interleave", "reshape", "result_type", "roll", "rot90", "round",
    "row_stack", "rsqrt",
    "save", "scatter", "scatter_add", "searchsorted", "see", "seed", "select", "selu", "set_default_dtype",
    "set_grad_enabled", "set_printoptions", "set_rng_state", "sgn", "short", "sigmoid", "sign", "signbit", "sin",
    "sinc", "sinh", "snapshot", "softmax", "sort", "split", "split_with_sizes", "sqrt", "square", "squeeze", "stack",
    "std", "std_mean", "sub", "subtract", "sum", "swapaxes", "swapdims",
    "t", "take", "take_along_dim", "tan", "tanh", "tensor", "tensor_split", "tensordot", "threshold", "tile", "topk",
    "trace", "transpose", "trapezoid", "trapz", "tril", "tril_indices", "triu", "triu_indices", "true_divide", "trunc",
    "uint8", "uint16", "uint32", "uint64", "unbind", "unflatten", "unique", "unique_consecutive", "unravel_index",
    "unsqueeze", "unstack",
    "value_and_grad", "var", "var_mean", "vdot", "vecdot", "vjp", "vsplit", "vstack",
    "watch", "where",
    "xlogy",
    "zeros", "zeros_like",
]
# fmt: on

for _name in __all__:
    _value = globals()[_name]
    if isinstance(_value, type) and _value.__module__.startswith("edgewise."):
        _value.__module__ = "edgewise"  # tracebacks then read edgewise.ShapeError, the name that users import
del _name, _value


def __getattr__(name: str) -> object:
    # Few programs need it, and each would take longer to start.
    if name == "lab":
        from importlib import import_module

        return import_module(".lab", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "lab"})


_keep_freed_memory()
_expect_infinities()
