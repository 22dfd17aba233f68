"""The Tensor: an edge of the graph with its operators and methods.

Names and meaning are PyTorch's. Where PyTorch says ``dim`` and ``keepdim``, ``axis`` and ``keepdims`` are taken
too.
"""

from __future__ import annotations

from .convert import TensorLike as TensorLike
from .convert import as_tensor as as_tensor
from .convert import from_numpy as from_numpy
from .convert import tensor as tensor
from .core import Tensor as Tensor
