from .ops.arithmetic import *
from .ops.exponential import *
from .ops.selection import *
from .ops.trigonometry import *


def of_version(v):
    import edgewise.array_api as m

    return m


def sum(x, *, axis=None, dtype=None, keepdims=False):
    from .ops.reductions import _sum

    return _sum(x, axis=axis, keepdims=keepdims)


def reshape(x, shape):
    from .ops.shape import _reshape

    return _reshape(x, shape=shape)
