"""The methods of a tensor: the functions of the operations, bound to it.

A function assigned here is a method whose first argument is the tensor: it has the function's signature and
documentation. Only what has another form as a method is written out.
"""

from __future__ import annotations

from ..ops import (
    arithmetic,
    exponential,
    reductions,
    selection,
    shape,
    trigonometry,
)


class Methods:
    """Each method is the function of its name."""

    __slots__ = ()

    abs = arithmetic.abs
    exp = exponential.exp
    log = exponential.log
    sqrt = exponential.sqrt
    square = exponential.square
    tanh = trigonometry.tanh
    sign = arithmetic.sign
    clip = clamp = selection.clip

    sum = reductions.sum
    mean = reductions.mean
    amax = reductions.amax
    amin = reductions.amin
    max = reductions.max
    min = reductions.min
    argmax = reductions.argmax
    argmin = reductions.argmin
    all = reductions.all
    any = reductions.any

    reshape = shape.reshape
    view = shape.reshape
    permute = shape.permute
    transpose = shape.transpose
    expand = shape.expand
    broadcast_to = shape.broadcast_to
    unsqueeze = shape.unsqueeze
    squeeze = shape.squeeze
    flatten = shape.flatten
    unflatten = shape.unflatten
    clone = shape.clone
