"""Edgewise: a neural-network framework in which backpropagation is something you can see.

The names here have PyTorch's meaning. :mod:`edgewise.array_api` has the Array API standard's.
"""

from __future__ import annotations

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi

from . import autograd as autograd
from . import data as data
from . import linalg as linalg
from . import nn as nn
from . import optim as optim
from .api import explain as explain
from .api import see as see
from .api import snapshot as snapshot
from .api import watch as watch
from .dtypes import bool as bool
from .dtypes import double as double
from .dtypes import finfo as finfo
from .dtypes import float as float
from .dtypes import float16 as float16
from .dtypes import float32 as float32
from .dtypes import float64 as float64
from .dtypes import get_default_dtype as get_default_dtype
from .dtypes import half as half
from .dtypes import iinfo as iinfo
from .dtypes import int as int
from .dtypes import int8 as int8
from .dtypes import int16 as int16
from .dtypes import int32 as int32
from .dtypes import int64 as int64
from .dtypes import long as long
from .dtypes import set_default_dtype as set_default_dtype
from .dtypes import short as short
from .dtypes import uint8 as uint8
from .dtypes import uint16 as uint16
from .dtypes import uint32 as uint32
from .dtypes import uint64 as uint64
from .graph.errors import AnomalyError as AnomalyError
from .graph.errors import ArgumentError as ArgumentError
from .graph.errors import DTypeError as DTypeError
from .graph.errors import EdgewiseError as EdgewiseError
from .graph.errors import GradcheckError as GradcheckError
from .graph.errors import GradientError as GradientError
from .graph.errors import IndexingError as IndexingError
from .graph.errors import InPlaceError as InPlaceError
from .graph.errors import ShapeError as ShapeError
from .graph.modes import enable_grad as enable_grad
from .graph.modes import inference_mode as inference_mode
from .graph.modes import is_grad_enabled as is_grad_enabled
from .graph.modes import no_grad as no_grad
from .graph.modes import set_grad_enabled as set_grad_enabled
from .graph.operation import Operation as Operation
from .graph.transforms import grad as grad
from .graph.transforms import hessian as hessian
from .graph.transforms import hvp as hvp
from .graph.transforms import jacobian as jacobian
from .graph.transforms import jvp as jvp
from .graph.transforms import value_and_grad as value_and_grad
from .graph.transforms import vjp as vjp
from .interop.safetensors import load as load
from .interop.safetensors import save as save
from .ops.activations import prelu as prelu
from .ops.activations import relu as relu
from .ops.activations import selu as selu
from .ops.activations import sigmoid as sigmoid
from .ops.adaptive import adaptive_avg_pool1d as adaptive_avg_pool1d
from .ops.adaptive import adaptive_max_pool1d as adaptive_max_pool1d
from .ops.arithmetic import abs as abs
from .ops.arithmetic import abs as absolute
from .ops.arithmetic import divide as true_divide
from .ops.arithmetic import floor_divide as floor_divide
from .ops.arithmetic import fmod as fmod
from .ops.arithmetic import multiply as mul
from .ops.arithmetic import multiply as multiply
from .ops.arithmetic import negative as neg
from .ops.arithmetic import negative as negative
from .ops.arithmetic import positive as positive
from .ops.arithmetic import remainder as remainder
from .ops.arithmetic import sign as sgn
from .ops.arithmetic import sign as sign
from .ops.arrangement import atleast_1d as atleast_1d
from .ops.arrangement import atleast_2d as atleast_2d
from .ops.arrangement import chunk as chunk
from .ops.arrangement import column_stack as column_stack
from .ops.arrangement import flip as flip
from .ops.arrangement import fliplr as fliplr
from .ops.arrangement import flipud as flipud
from .ops.arrangement import hstack as hstack
from .ops.arrangement import meshgrid as meshgrid
from .ops.arrangement import narrow as narrow
from .ops.arrangement import repeat_interleave as repeat_interleave
from .ops.arrangement import roll as roll
from .ops.arrangement import rot90 as rot90
from .ops.arrangement import select as select
from .ops.arrangement import split as split
from .ops.arrangement import tile as tile
from .ops.arrangement import unbind as unbind
from .ops.arrangement import unbind as unstack
from .ops.arrangement import vstack as row_stack
from .ops.arrangement import vstack as vstack
from .ops.combined import add as add
from .ops.combined import addcdiv as addcdiv
from .ops.combined import addcmul as addcmul
from .ops.combined import allclose as allclose
from .ops.combined import clamp_max as clamp_max
from .ops.combined import clamp_min as clamp_min
from .ops.combined import deg2rad as deg2rad
from .ops.combined import div as div
from .ops.combined import div as divide
from .ops.combined import equal as equal
from .ops.combined import exp2 as exp2
from .ops.combined import frac as frac
from .ops.combined import heaviside as heaviside
from .ops.combined import isclose as isclose
from .ops.combined import lerp as lerp
from .ops.combined import nan_to_num as nan_to_num
from .ops.combined import rad2deg as rad2deg
from .ops.combined import sub as sub
from .ops.combined import sub as subtract
from .ops.comparison import bitwise_and as bitwise_and
from .ops.comparison import bitwise_invert as bitwise_not
from .ops.comparison import bitwise_left_shift as bitwise_left_shift
from .ops.comparison import bitwise_or as bitwise_or
from .ops.comparison import bitwise_right_shift as bitwise_right_shift
from .ops.comparison import bitwise_xor as bitwise_xor
from .ops.comparison import copysign as copysign
from .ops.comparison import equal as eq
from .ops.comparison import greater as greater
from .ops.comparison import greater as gt
from .ops.comparison import greater_equal as ge
from .ops.comparison import greater_equal as greater_equal
from .ops.comparison import isfinite as isfinite
from .ops.comparison import isinf as isinf
from .ops.comparison import isnan as isnan
from .ops.comparison import isneginf as isneginf
from .ops.comparison import isposinf as isposinf
from .ops.comparison import less as less
from .ops.comparison import less as lt
from .ops.comparison import less_equal as le
from .ops.comparison import less_equal as less_equal
from .ops.comparison import logical_and as logical_and
from .ops.comparison import logical_not as logical_not
from .ops.comparison import logical_or as logical_or
from .ops.comparison import logical_xor as logical_xor
from .ops.comparison import not_equal as ne
from .ops.comparison import not_equal as not_equal
from .ops.comparison import signbit as signbit
from .ops.convolution import conv1d as conv1d
from .ops.convolution import conv2d as conv2d
from .ops.convolution import conv_transpose1d as conv_transpose1d
from .ops.convolution import conv_transpose2d as conv_transpose2d
from .ops.correlation import corrcoef as corrcoef
from .ops.correlation import cov as cov
from .ops.correlation import cumulative_trapezoid as cumulative_trapezoid
from .ops.correlation import dist as dist
from .ops.correlation import pairwise_distance as pairwise_distance
from .ops.correlation import renorm as renorm
from .ops.correlation import trapezoid as trapezoid
from .ops.correlation import trapezoid as trapz
from .ops.counting import histc as histc
from .ops.counting import isin as isin
from .ops.counting import mode as mode
from .ops.counting import unique_consecutive as unique_consecutive
from .ops.creation import arange as arange
from .ops.creation import empty as empty
from .ops.creation import empty_like as empty_like
from .ops.creation import eye as eye
from .ops.creation import full as full
from .ops.creation import full_like as full_like
from .ops.creation import linspace as linspace
from .ops.creation import logspace as logspace
from .ops.creation import ones as ones
from .ops.creation import ones_like as ones_like
from .ops.creation import zeros as zeros
from .ops.creation import zeros_like as zeros_like
from .ops.cumulative import cummax as cummax
from .ops.cumulative import cummin as cummin
from .ops.cumulative import cumprod as cumprod
from .ops.cumulative import cumsum as cumsum
from .ops.cumulative import diff as diff
from .ops.cumulative import logcumsumexp as logcumsumexp
from .ops.distances import cdist as cdist
from .ops.dropout import dropout as dropout
from .ops.einsum import einsum as einsum
from .ops.elementwise import expect_infinities as _expect_infinities
from .ops.embedding import embedding as embedding
from .ops.exponential import erf as erf
from .ops.exponential import exp as exp
from .ops.exponential import expm1 as expm1
from .ops.exponential import hypot as hypot
from .ops.exponential import log as log
from .ops.exponential import log1p as log1p
from .ops.exponential import log2 as log2
from .ops.exponential import log10 as log10
from .ops.exponential import logaddexp as logaddexp
from .ops.exponential import pow as pow
from .ops.exponential import reciprocal as reciprocal
from .ops.exponential import rsqrt as rsqrt
from .ops.exponential import sqrt as sqrt
from .ops.exponential import square as square
from .ops.folding import channel_shuffle as channel_shuffle
from .ops.folding import pixel_shuffle as pixel_shuffle
from .ops.folding import pixel_unshuffle as pixel_unshuffle
from .ops.gamma import digamma as digamma
from .ops.gamma import lgamma as lgamma
from .ops.gamma import polygamma as polygamma
from .ops.gathering import argwhere as argwhere
from .ops.gathering import bincount as bincount
from .ops.gathering import gather as gather
from .ops.gathering import index_add as index_add
from .ops.gathering import index_copy as index_copy
from .ops.gathering import index_fill as index_fill
from .ops.gathering import index_select as index_select
from .ops.gathering import masked_fill as masked_fill
from .ops.gathering import masked_select as masked_select
from .ops.gathering import nonzero as nonzero
from .ops.gathering import one_hot as one_hot
from .ops.gathering import scatter as scatter
from .ops.gathering import scatter_add as scatter_add
from .ops.gathering import take as take
from .ops.gathering import take_along_dim as take_along_dim
from .ops.gathering import tril_indices as tril_indices
from .ops.gathering import triu_indices as triu_indices
from .ops.gathering import where as where
from .ops.inspection import can_cast as can_cast
from .ops.inspection import detach as detach
from .ops.inspection import is_floating_point as is_floating_point
from .ops.inspection import is_tensor as is_tensor
from .ops.inspection import numel as numel
from .ops.inspection import promote_types as promote_types
from .ops.inspection import result_type as result_type
from .ops.linear_algebra import addmm as addmm
from .ops.linear_algebra import bmm as bmm
from .ops.linear_algebra import cross as cross
from .ops.linear_algebra import diag as diag
from .ops.linear_algebra import diag_embed as diag_embed
from .ops.linear_algebra import diagonal as diagonal
from .ops.linear_algebra import dot as dot
from .ops.linear_algebra import inner as inner
from .ops.linear_algebra import kron as kron
from .ops.linear_algebra import matmul as matmul
from .ops.linear_algebra import mm as mm
from .ops.linear_algebra import mv as mv
from .ops.linear_algebra import outer as ger
from .ops.linear_algebra import outer as outer
from .ops.linear_algebra import tensordot as tensordot
from .ops.linear_algebra import trace as trace
from .ops.linear_algebra import tril as tril
from .ops.linear_algebra import triu as triu
from .ops.linear_algebra import vdot as vdot
from .ops.linear_algebra import vecdot as vecdot
from .ops.memory import keep_freed_memory as _keep_freed_memory
from .ops.normalisation import cosine_similarity as cosine_similarity
from .ops.norms import norm as norm
from .ops.pieces import atleast_3d as atleast_3d
from .ops.pieces import block_diag as block_diag
from .ops.pieces import cartesian_prod as cartesian_prod
from .ops.pieces import combinations as combinations
from .ops.pieces import diagflat as diagflat
from .ops.pieces import dsplit as dsplit
from .ops.pieces import dstack as dstack
from .ops.pieces import hsplit as hsplit
from .ops.pieces import ravel as ravel
from .ops.pieces import split_with_sizes as split_with_sizes
from .ops.pieces import tensor_split as tensor_split
from .ops.pieces import unravel_index as unravel_index
from .ops.pieces import vsplit as vsplit
from .ops.products import addbmm as addbmm
from .ops.products import addmv as addmv
from .ops.products import addr as addr
from .ops.products import baddbmm as baddbmm
from .ops.random import Generator as Generator
from .ops.random import bernoulli as bernoulli
from .ops.random import get_rng_state as get_rng_state
from .ops.random import initial_seed as initial_seed
from .ops.random import manual_seed as manual_seed
from .ops.random import multinomial as multinomial
from .ops.random import normal as normal
from .ops.random import rand as rand
from .ops.random import rand_like as rand_like
from .ops.random import randint as randint
from .ops.random import randint_like as randint_like
from .ops.random import randn as randn
from .ops.random import randn_like as randn_like
from .ops.random import randperm as randperm
from .ops.random import seed as seed
from .ops.random import set_rng_state as set_rng_state
from .ops.reductions import all as all
from .ops.reductions import amax as amax
from .ops.reductions import amin as amin
from .ops.reductions import aminmax as aminmax
from .ops.reductions import any as any
from .ops.reductions import argmax as argmax
from .ops.reductions import argmin as argmin
from .ops.reductions import count_nonzero as count_nonzero
from .ops.reductions import logsumexp as logsumexp
from .ops.reductions import max as max
from .ops.reductions import mean as mean
from .ops.reductions import min as min
from .ops.reductions import prod as prod
from .ops.reductions import sum as sum
from .ops.rounding import ceil as ceil
from .ops.rounding import floor as floor
from .ops.rounding import nextafter as nextafter
from .ops.rounding import round as round
from .ops.rounding import trunc as fix
from .ops.rounding import trunc as trunc
from .ops.selection import clip as clamp
from .ops.selection import clip as clip
from .ops.selection import fmax as fmax
from .ops.selection import fmin as fmin
from .ops.selection import maximum as maximum
from .ops.selection import minimum as minimum
from .ops.shape import adjoint as adjoint
from .ops.shape import broadcast_shapes as broadcast_shapes
from .ops.shape import broadcast_tensors as broadcast_tensors
from .ops.shape import broadcast_to as broadcast_to
from .ops.shape import clone as clone
from .ops.shape import concat as cat
from .ops.shape import concat as concat
from .ops.shape import concat as concatenate
from .ops.shape import flatten as flatten
from .ops.shape import movedim as moveaxis
from .ops.shape import movedim as movedim
from .ops.shape import permute as permute
from .ops.shape import reshape as reshape
from .ops.shape import squeeze as squeeze
from .ops.shape import stack as stack
from .ops.shape import t as t
from .ops.shape import transpose as swapaxes
from .ops.shape import transpose as swapdims
from .ops.shape import transpose as transpose
from .ops.shape import unflatten as unflatten
from .ops.shape import unsqueeze as expand_dims
from .ops.shape import unsqueeze as unsqueeze
from .ops.softmax import log_softmax as log_softmax
from .ops.softmax import softmax as softmax
from .ops.sorting import argsort as argsort
from .ops.sorting import bucketize as bucketize
from .ops.sorting import kthvalue as kthvalue
from .ops.sorting import msort as msort
from .ops.sorting import searchsorted as searchsorted
from .ops.sorting import sort as sort
from .ops.sorting import topk as topk
from .ops.sorting import unique as unique
from .ops.special_functions import erfc as erfc
from .ops.special_functions import float_power as float_power
from .ops.special_functions import logaddexp2 as logaddexp2
from .ops.special_functions import logit as logit
from .ops.special_functions import sinc as sinc
from .ops.special_functions import xlogy as xlogy
from .ops.statistics import median as median
from .ops.statistics import nanmean as nanmean
from .ops.statistics import nanmedian as nanmedian
from .ops.statistics import nansum as nansum
from .ops.statistics import quantile as quantile
from .ops.statistics import std as std
from .ops.statistics import std_mean as std_mean
from .ops.statistics import var as var
from .ops.statistics import var_mean as var_mean
from .ops.thresholds import celu as celu
from .ops.thresholds import hardshrink as hardshrink
from .ops.thresholds import threshold as threshold
from .ops.trigonometry import acos as acos
from .ops.trigonometry import acos as arccos
from .ops.trigonometry import acosh as acosh
from .ops.trigonometry import acosh as arccosh
from .ops.trigonometry import asin as arcsin
from .ops.trigonometry import asin as asin
from .ops.trigonometry import asinh as arcsinh
from .ops.trigonometry import asinh as asinh
from .ops.trigonometry import atan as arctan
from .ops.trigonometry import atan as atan
from .ops.trigonometry import atan2 as arctan2
from .ops.trigonometry import atan2 as atan2
from .ops.trigonometry import atanh as arctanh
from .ops.trigonometry import atanh as atanh
from .ops.trigonometry import cos as cos
from .ops.trigonometry import cosh as cosh
from .ops.trigonometry import sin as sin
from .ops.trigonometry import sinh as sinh
from .ops.trigonometry import tan as tan
from .ops.trigonometry import tanh as tanh
from .ops.writing import index_put as index_put
from .ops.writing import masked_scatter as masked_scatter
from .program import Program as Program
from .program import ProgramError as ProgramError
from .program import RecordingError as RecordingError
from .program import record as record
from .tensor import Tensor as Tensor
from .tensor import as_tensor as as_tensor
from .tensor import from_numpy as from_numpy
from .tensor import tensor as tensor
from .tensor.convert import from_dlpack as from_dlpack
from .tensor.display import set_printoptions as set_printoptions
from .training import EarlyStopping as EarlyStopping
from .training import History as History
from .training import NonFiniteLossError as NonFiniteLossError
from .training import TrainingError as TrainingError
from .training import evaluate as evaluate
from .training import fit as fit
from .training import predict as predict
from .version import __version__ as __version__

newaxis = None

__all__ = [
    "AnomalyError",
    "ArgumentError",
    "DTypeError",
    "EarlyStopping",
    "EdgewiseError",
    "Generator",
    "GradcheckError",
    "GradientError",
    "History",
    "InPlaceError",
    "IndexingError",
    "NonFiniteLossError",
    "Operation",
    "Program",
    "ProgramError",
    "RecordingError",
    "ShapeError",
    "Tensor",
    "TrainingError",
    "__version__",
    "abs",
    "absolute",
    "acos",
    "acosh",
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "add",
    "addbmm",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "addr",
    "adjoint",
    "all",
    "allclose",
    "amax",
    "amin",
    "aminmax",
    "any",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "as_tensor",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "autograd",
    "baddbmm",
    "bernoulli",
    "bincount",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "block_diag",
    "bmm",
    "bool",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "bucketize",
    "can_cast",
    "cartesian_prod",
    "cat",
    "cdist",
    "ceil",
    "celu",
    "channel_shuffle",
    "chunk",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "clone",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "copysign",
    "corrcoef",
    "cos",
    "cosh",
    "cosine_similarity",
    "count_nonzero",
    "cov",
    "cross",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "data",
    "deg2rad",
    "detach",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diff",
    "digamma",
    "dist",
    "div",
    "divide",
    "dot",
    "double",
    "dropout",
    "dsplit",
    "dstack",
    "e",
    "einsum",
    "embedding",
    "empty",
    "empty_like",
    "enable_grad",
    "eq",
    "equal",
    "erf",
    "erfc",
    "evaluate",
    "exp",
    "exp2",
    "expand_dims",
    "explain",
    "expm1",
    "eye",
    "finfo",
    "fit",
    "fix",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float",
    "float16",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "gather",
    "ge",
    "ger",
    "get_default_dtype",
    "get_rng_state",
    "grad",
    "greater",
    "greater_equal",
    "gt",
    "half",
    "hardshrink",
    "heaviside",
    "hessian",
    "histc",
    "hsplit",
    "hstack",
    "hvp",
    "hypot",
    "iinfo",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_select",
    "inf",
    "inference_mode",
    "initial_seed",
    "inner",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_floating_point",
    "is_grad_enabled",
    "is_tensor",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "jacobian",
    "jvp",
    "kron",
    "kthvalue",
    "le",
    "lerp",
    "less",
    "less_equal",
    "lgamma",
    "linalg",
    "linspace",
    "load",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logspace",
    "logsumexp",
    "long",
    "lt",
    "manual_seed",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "matmul",
    "max",
    "maximum",
    "mean",
    "median",
    "meshgrid",
    "min",
    "minimum",
    "mm",
    "mode",
    "moveaxis",
    "movedim",
    "msort",
    "mul",
    "multinomial",
    "multiply",
    "mv",
    "nan",
    "nan_to_num",
    "nanmean",
    "nanmedian",
    "nansum",
    "narrow",
    "ne",
    "neg",
    "negative",
    "newaxis",
    "nextafter",
    "nn",
    "no_grad",
    "nonzero",
    "norm",
    "normal",
    "not_equal",
    "numel",
    "one_hot",
    "ones",
    "ones_like",
    "optim",
    "outer",
    "pairwise_distance",
    "permute",
    "pi",
    "pixel_shuffle",
    "pixel_unshuffle",
    "polygamma",
    "positive",
    "pow",
    "predict",
    "prelu",
    "prod",
    "promote_types",
    "quantile",
    "rad2deg",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "ravel",
    "reciprocal",
    "record",
    "relu",
    "remainder",
    "renorm",
    "repeat_interleave",
    "reshape",
    "result_type",
    "roll",
    "rot90",
    "round",
    "row_stack",
    "rsqrt",
    "save",
    "scatter",
    "scatter_add",
    "searchsorted",
    "see",
    "seed",
    "select",
    "selu",
    "set_default_dtype",
    "set_grad_enabled",
    "set_printoptions",
    "set_rng_state",
    "sgn",
    "short",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "snapshot",
    "softmax",
    "sort",
    "split",
    "split_with_sizes",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "std_mean",
    "sub",
    "subtract",
    "sum",
    "swapaxes",
    "swapdims",
    "t",
    "take",
    "take_along_dim",
    "tan",
    "tanh",
    "tensor",
    "tensor_split",
    "tensordot",
    "threshold",
    "tile",
    "topk",
    "trace",
    "transpose",
    "trapezoid",
    "trapz",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
    "true_divide",
    "trunc",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unbind",
    "unflatten",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "unsqueeze",
    "unstack",
    "value_and_grad",
    "var",
    "var_mean",
    "vdot",
    "vecdot",
    "vjp",
    "vsplit",
    "vstack",
    "watch",
    "where",
    "xlogy",
    "zeros",
    "zeros_like",
]

_keep_freed_memory()
_expect_infinities()
