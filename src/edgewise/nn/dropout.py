"""Layers that drop values at random in training."""

from __future__ import annotations

from ..graph.errors import ArgumentError
from ..tensor import Tensor
from . import functional
from ._support import check_numbers
from .module import Module


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_numbers(type(self).__name__, p=p)
        if not 0 <= p <= 1:
            raise ArgumentError(f"{type(self).__name__}: p is the share that is dropped, from 0 to 1, not {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, sets each element to 0 with probability `p` and scales the others by 1/(1-p).

    With `inplace` the result is written into the input.
    Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, JMLR 2014.
    """

    def forward(self, input: Tensor) -> Tensor:
        return functional.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """In training, sets whole channels of (N, C, L) or (C, L) to 0 with probability `p`, and scales the others."""

    def forward(self, input: Tensor) -> Tensor:
        return functional.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """In training, sets whole channels of (N, C, H, W) or (C, H, W) to 0 with probability `p`, and scales the others.

    Tompson et al., Efficient object localization using convolutional networks, CVPR 2015.
    """

    def forward(self, input: Tensor) -> Tensor:
        return functional.dropout2d(input, self.p, self.training, self.inplace)
