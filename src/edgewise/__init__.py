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
