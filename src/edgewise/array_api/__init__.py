"""Edgewise's operations with the names and the meaning of the Python Array API standard, version 2024.12.

Kernels and derivatives run on tensors through this namespace; libraries that speak the standard find it by
``tensor.__array_namespace__()``. Where PyTorch means something else by a name, :mod:`edgewise` has PyTorch's
meaning and this module the standard's; where they agree it is one function.
See https://data-apis.org/array-api/2024.12/.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from .. import dtypes as _dtypes_module
from ..ops.arithmetic import abs as abs
from ..ops.arithmetic import add as add
from ..ops.arithmetic import divide as divide
from ..ops.arithmetic import multiply as multiply
from ..ops.arithmetic import negative as negative
from ..ops.arithmetic import positive as positive
from ..ops.arithmetic import remainder as remainder
from ..ops.arithmetic import sign as sign
from ..ops.arithmetic import subtract as subtract
from ..ops.comparison import bitwise_and as bitwise_and
from ..ops.comparison import bitwise_invert as bitwise_invert
from ..ops.comparison import bitwise_left_shift as bitwise_left_shift
from ..ops.comparison import bitwise_or as bitwise_or
from ..ops.comparison import bitwise_right_shift as bitwise_right_shift
from ..ops.comparison import bitwise_xor as bitwise_xor
from ..ops.comparison import copysign as copysign
from ..ops.comparison import equal as equal
from ..ops.comparison import greater as greater
from ..ops.comparison import greater_equal as greater_equal
from ..ops.comparison import isfinite as isfinite
from ..ops.comparison import isinf as isinf
from ..ops.comparison import isnan as isnan
from ..ops.comparison import less as less
from ..ops.comparison import less_equal as less_equal
from ..ops.comparison import logical_and as logical_and
from ..ops.comparison import logical_not as logical_not
from ..ops.comparison import logical_or as logical_or
from ..ops.comparison import logical_xor as logical_xor
from ..ops.comparison import not_equal as not_equal
from ..ops.comparison import signbit as signbit
from ..ops.exponential import exp as exp
from ..ops.exponential import expm1 as expm1
from ..ops.exponential import hypot as hypot
from ..ops.exponential import log as log
from ..ops.exponential import log1p as log1p
from ..ops.exponential import log2 as log2
from ..ops.exponential import log10 as log10
from ..ops.exponential import logaddexp as logaddexp
from ..ops.exponential import pow as pow
from ..ops.exponential import reciprocal as reciprocal
from ..ops.exponential import sqrt as sqrt
from ..ops.exponential import square as square
from ..ops.linear_algebra import matmul as matmul
from ..ops.rounding import ceil as ceil
from ..ops.rounding import floor as floor
from ..ops.rounding import nextafter as nextafter
from ..ops.rounding import round as round
from ..ops.rounding import trunc as trunc
from ..ops.selection import maximum as maximum
from ..ops.selection import minimum as minimum
from ..ops.selection import where as where
from ..ops.shape import broadcast_shapes as broadcast_shapes
from ..ops.trigonometry import acos as acos
from ..ops.trigonometry import acosh as acosh
from ..ops.trigonometry import asin as asin
from ..ops.trigonometry import asinh as asinh
from ..ops.trigonometry import atan as atan
from ..ops.trigonometry import atan2 as atan2
from ..ops.trigonometry import atanh as atanh
from ..ops.trigonometry import cos as cos
from ..ops.trigonometry import cosh as cosh
from ..ops.trigonometry import sin as sin
from ..ops.trigonometry import sinh as sinh
from ..ops.trigonometry import tan as tan
from ..ops.trigonometry import tanh as tanh
from . import linalg as linalg
from ._creation import arange as arange
from ._creation import asarray as asarray
from ._creation import broadcast_arrays as broadcast_arrays
from ._creation import empty as empty
from ._creation import empty_like as empty_like
from ._creation import eye as eye
from ._creation import from_dlpack as from_dlpack
from ._creation import full as full
from ._creation import full_like as full_like
from ._creation import linspace as linspace
from ._creation import meshgrid as meshgrid
from ._creation import ones as ones
from ._creation import ones_like as ones_like
from ._creation import tril as tril
from ._creation import triu as triu
from ._creation import zeros as zeros
from ._creation import zeros_like as zeros_like
from ._dtypes import astype as astype
from ._dtypes import can_cast as can_cast
from ._dtypes import finfo as finfo
from ._dtypes import iinfo as iinfo
from ._dtypes import isdtype as isdtype
from ._dtypes import result_type as result_type
from ._elementwise import clip as clip
from ._elementwise import conj as conj
from ._elementwise import floor_divide as floor_divide
from ._elementwise import imag as imag
from ._elementwise import real as real
from ._manipulation import argsort as argsort
from ._manipulation import broadcast_to as broadcast_to
from ._manipulation import concat as concat
from ._manipulation import expand_dims as expand_dims
from ._manipulation import flip as flip
from ._manipulation import matrix_transpose as matrix_transpose
from ._manipulation import moveaxis as moveaxis
from ._manipulation import nonzero as nonzero
from ._manipulation import permute_dims as permute_dims
from ._manipulation import repeat as repeat
from ._manipulation import reshape as reshape
from ._manipulation import roll as roll
from ._manipulation import searchsorted as searchsorted
from ._manipulation import sort as sort
from ._manipulation import squeeze as squeeze
from ._manipulation import stack as stack
from ._manipulation import take as take
from ._manipulation import take_along_axis as take_along_axis
from ._manipulation import tile as tile
from ._manipulation import unstack as unstack
from ._statistics import all as all
from ._statistics import any as any
from ._statistics import argmax as argmax
from ._statistics import argmin as argmin
from ._statistics import count_nonzero as count_nonzero
from ._statistics import cumulative_prod as cumulative_prod
from ._statistics import cumulative_sum as cumulative_sum
from ._statistics import diff as diff
from ._statistics import max as max
from ._statistics import mean as mean
from ._statistics import min as min
from ._statistics import prod as prod
from ._statistics import std as std
from ._statistics import sum as sum
from ._statistics import unique_all as unique_all
from ._statistics import unique_counts as unique_counts
from ._statistics import unique_inverse as unique_inverse
from ._statistics import unique_values as unique_values
from ._statistics import var as var
from .linalg import tensordot as tensordot
from .linalg import vecdot as vecdot

bool = _dtypes_module.bool
int8 = _dtypes_module.int8
int16 = _dtypes_module.int16
int32 = _dtypes_module.int32
int64 = _dtypes_module.int64
uint8 = _dtypes_module.uint8
uint16 = _dtypes_module.uint16
uint32 = _dtypes_module.uint32
uint64 = _dtypes_module.uint64
float32 = _dtypes_module.float32
float64 = _dtypes_module.float64

e = math.e
inf = math.inf
nan = math.nan
pi = math.pi
newaxis = None

__array_api_version__ = "2024.12"


def of_version(version: str | None) -> Any:
    """Returns this namespace. Raises ValueError for another version than its own."""
    if version not in (None, "2021.12", "2022.12", "2023.12", "2024.12"):
        raise ValueError(f"Edgewise follows version {__array_api_version__} of the Array API standard, not {version}")
    return sys.modules[__name__]


def __array_namespace_info__() -> Any:  # noqa: N807
    """Returns information about this namespace: devices, dtypes, capabilities."""
    from ._dtypes import Info

    return Info()
