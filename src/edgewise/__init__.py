"""Edgewise: a neural-network framework in which backpropagation is something you can see.

The names here have PyTorch's meaning. :mod:`edgewise.array_api` has the Array API standard's.
"""

from __future__ import annotations

from .graph.errors import AnomalyError as AnomalyError
from .graph.errors import DTypeError as DTypeError
from .graph.errors import EdgewiseError as EdgewiseError
from .graph.errors import GradientError as GradientError
from .graph.errors import IndexingError as IndexingError
from .graph.errors import InPlaceError as InPlaceError
from .graph.errors import ShapeError as ShapeError
from .graph.modes import enable_grad as enable_grad
from .graph.modes import is_grad_enabled as is_grad_enabled
from .graph.modes import no_grad as no_grad
from .graph.modes import set_grad_enabled as set_grad_enabled
from .graph.operation import Operation as Operation
from .tensor import Tensor as Tensor
from .tensor import as_tensor as as_tensor
from .tensor import from_numpy as from_numpy
from .tensor import tensor as tensor
from .ops.trigonometry import tanh as tanh
from .ops.shape import reshape as reshape
from .ops.shape import flatten as flatten
from .ops.shape import unflatten as unflatten
from .ops.shape import squeeze as squeeze
from .ops.shape import unsqueeze as unsqueeze
from .ops.shape import unsqueeze as expand_dims
from .ops.shape import broadcast_to as broadcast_to
from .ops.shape import broadcast_shapes as broadcast_shapes
from .ops.shape import broadcast_tensors as broadcast_tensors
from .ops.shape import permute as permute
from .ops.shape import transpose as transpose
from .ops.shape import transpose as swapaxes
from .ops.shape import transpose as swapdims
from .ops.shape import t as t
from .ops.shape import adjoint as adjoint
from .ops.shape import movedim as movedim
from .ops.shape import movedim as moveaxis
from .ops.shape import concat as concat
from .ops.shape import concat as cat
from .ops.shape import concat as concatenate
from .ops.shape import stack as stack
from .ops.shape import clone as clone
from .ops.reductions import sum as sum
from .ops.reductions import mean as mean
from .ops.reductions import amax as amax
from .ops.reductions import amin as amin
from .ops.reductions import max as max
from .ops.reductions import min as min
from .ops.reductions import argmax as argmax
from .ops.reductions import argmin as argmin
from .ops.reductions import aminmax as aminmax
from .ops.reductions import all as all
from .ops.reductions import any as any
from .ops.reductions import count_nonzero as count_nonzero
from .version import __version__ as __version__
