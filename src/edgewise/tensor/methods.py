"""The methods of a tensor: the functions of the operations, bound to it.

A function assigned here is a method whose first argument is the tensor: it has the function's signature and
documentation. Only what has another form as a method is written out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import is_contiguous_and_writable, is_float, kind, namespace
from ..graph.edge import Edge, wrap
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from ..ops import (
    activations,
    arithmetic,
    arrangement,
    combined,
    comparison,
    counting,
    cumulative,
    distances,
    exponential,
    gathering,
    linear_algebra,
    norms,
    products,
    reductions,
    rounding,
    selection,
    shape,
    sorting,
    special,
    splitting,
    statistics,
    thresholds,
    trigonometry,
)
from ..ops import softmax as softmaxes
from ..ops.axes import one_axis, sizes
from ..ops.creation import demand_range, dtype_of, on_processor
from .convert import array_from

if TYPE_CHECKING:
    from .convert import TensorLike
    from .core import Tensor


class Methods:
    """Each method is the function of its name."""

    __slots__ = ()

    # Arithmetic
    abs = absolute = arithmetic.abs
    add = combined.add
    sub = subtract = combined.sub
    mul = multiply = arithmetic.multiply
    div = divide = combined.div
    true_divide = arithmetic.divide
    floor_divide = arithmetic.floor_divide
    remainder = arithmetic.remainder
    fmod = arithmetic.fmod
    neg = negative = arithmetic.negative
    positive = arithmetic.positive
    sign = sgn = arithmetic.sign
    lerp = combined.lerp
    addcmul = combined.addcmul
    addcdiv = combined.addcdiv

    # Powers, exponentials and logarithms
    pow = exponential.pow
    square = exponential.square
    sqrt = exponential.sqrt
    rsqrt = exponential.rsqrt
    reciprocal = exponential.reciprocal
    exp = exponential.exp
    exp2 = combined.exp2
    expm1 = exponential.expm1
    log = exponential.log
    log1p = exponential.log1p
    log2 = exponential.log2
    log10 = exponential.log10
    logaddexp = exponential.logaddexp
    hypot = exponential.hypot
    erf = exponential.erf
    erfc = special.erfc
    sinc = special.sinc
    logit = special.logit
    xlogy = special.xlogy
    logaddexp2 = special.logaddexp2
    float_power = special.float_power
    lgamma = special.lgamma
    digamma = special.digamma

    def polygamma(self: Any, n: int) -> Tensor:
        """Returns the n-th derivative of :meth:`digamma` of each element."""
        return special.polygamma(n, self)

    # Trigonometry
    sin = trigonometry.sin
    cos = trigonometry.cos
    tan = trigonometry.tan
    asin = arcsin = trigonometry.asin
    acos = arccos = trigonometry.acos
    atan = arctan = trigonometry.atan
    atan2 = arctan2 = trigonometry.atan2
    deg2rad = combined.deg2rad
    rad2deg = combined.rad2deg
    sinh = trigonometry.sinh
    cosh = trigonometry.cosh
    tanh = trigonometry.tanh
    asinh = arcsinh = trigonometry.asinh
    acosh = arccosh = trigonometry.acosh
    atanh = arctanh = trigonometry.atanh

    # Rounding and selection
    floor = rounding.floor
    ceil = rounding.ceil
    round = rounding.round
    trunc = fix = rounding.trunc
    frac = combined.frac
    clip = clamp = selection.clip
    clamp_min = combined.clamp_min
    clamp_max = combined.clamp_max
    maximum = selection.maximum
    minimum = selection.minimum
    fmax = selection.fmax
    fmin = selection.fmin
    heaviside = combined.heaviside
    nan_to_num = combined.nan_to_num

    def where(self, condition: TensorLike, other: TensorLike) -> Tensor:
        """Returns this tensor where `condition` is true, and `other` elsewhere."""
        return selection.where(condition, self, other)

    # Comparison and logic
    eq = comparison.equal
    ne = not_equal = comparison.not_equal
    lt = less = comparison.less
    le = less_equal = comparison.less_equal
    gt = greater = comparison.greater
    ge = greater_equal = comparison.greater_equal
    logical_and = comparison.logical_and
    logical_or = comparison.logical_or
    logical_xor = comparison.logical_xor
    logical_not = comparison.logical_not
    bitwise_and = comparison.bitwise_and
    bitwise_or = comparison.bitwise_or
    bitwise_xor = comparison.bitwise_xor
    bitwise_not = comparison.bitwise_invert
    bitwise_left_shift = comparison.bitwise_left_shift
    bitwise_right_shift = comparison.bitwise_right_shift
    isnan = comparison.isnan
    isinf = comparison.isinf
    isfinite = comparison.isfinite
    isposinf = comparison.isposinf
    isneginf = comparison.isneginf
    isin = counting.isin
    signbit = comparison.signbit
    copysign = comparison.copysign
    isclose = combined.isclose
    allclose = combined.allclose
    equal = combined.equal

    # Activations
    relu = activations.relu
    prelu = activations.prelu
    hardshrink = thresholds.hardshrink
    sigmoid = activations.sigmoid
    softmax = softmaxes.softmax
    log_softmax = softmaxes.log_softmax

    # Reductions
    sum = reductions.sum
    mean = reductions.mean
    prod = reductions.prod
    amax = reductions.amax
    amin = reductions.amin
    aminmax = reductions.aminmax
    max = reductions.max
    min = reductions.min
    argmax = reductions.argmax
    argmin = reductions.argmin
    all = reductions.all
    any = reductions.any
    count_nonzero = reductions.count_nonzero
    logsumexp = reductions.logsumexp
    var = statistics.var
    std = statistics.std
    nansum = statistics.nansum
    nanmean = statistics.nanmean
    median = statistics.median
    nanmedian = statistics.nanmedian
    mode = counting.mode
    quantile = statistics.quantile
    norm = norms.norm
    dist = distances.dist
    renorm = norms.renorm
    cov = statistics.cov
    corrcoef = statistics.corrcoef
    histc = counting.histc

    # Along an axis
    cumsum = cumulative.cumsum
    cumprod = cumulative.cumprod
    cummax = cumulative.cummax
    cummin = cumulative.cummin
    logcumsumexp = cumulative.logcumsumexp
    diff = cumulative.diff
    sort = sorting.sort
    argsort = sorting.argsort
    msort = sorting.msort
    topk = sorting.topk
    kthvalue = sorting.kthvalue
    unique = sorting.unique
    unique_consecutive = counting.unique_consecutive

    # Shape
    reshape = shape.reshape
    view = shape.reshape
    flatten = shape.flatten
    unflatten = shape.unflatten
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze
    permute = shape.permute
    transpose = swapaxes = swapdims = shape.transpose
    t = shape.t
    movedim = moveaxis = shape.movedim
    expand = broadcast_to = shape.broadcast_to
    expand_as = shape.expand_as
    clone = shape.clone
    split = splitting.split
    chunk = splitting.chunk
    unbind = splitting.unbind
    select = splitting.select
    narrow = splitting.narrow
    tile = arrangement.tile
    repeat = arrangement.repeat
    repeat_interleave = arrangement.repeat_interleave
    flip = arrangement.flip
    fliplr = arrangement.fliplr
    flipud = arrangement.flipud
    roll = arrangement.roll
    rot90 = arrangement.rot90
    tensor_split = splitting.tensor_split
    hsplit = splitting.hsplit
    vsplit = splitting.vsplit
    dsplit = splitting.dsplit
    split_with_sizes = splitting.split_with_sizes
    unfold = arrangement.unfold_axis
    sum_to_size = reductions.sum_to_size
    ravel = shape.ravel

    @property
    def T(self: Any) -> Tensor:  # noqa: N802
        """The axes in reverse order: a matrix transposed."""
        return shape.permute(self, tuple(reversed(range(self.array.ndim))))

    @property
    def mT(self) -> Tensor:  # noqa: N802
        """The last two axes exchanged: matrices transposed."""
        return shape.adjoint(self)

    @property
    def mH(self) -> Tensor:  # noqa: N802
        """The last two axes exchanged: real numbers are their own conjugates."""
        return shape.adjoint(self)

    @property
    def H(self: Any) -> Tensor:  # noqa: N802
        """A matrix transposed: real numbers are their own conjugates."""
        if self.array.ndim not in (0, 2):
            raise ShapeError(f"H: is for matrices, not for shape {tuple(self.shape)}: use .mH")
        return shape.t(self)

    @property
    def real(self: Any) -> Tensor:
        """This tensor, whose numbers are real."""
        return self  # type: ignore[no-any-return]

    def adjoint(self) -> Tensor:
        """Returns the last two axes exchanged: matrices transposed."""
        return shape.adjoint(self)

    def reshape_as(self, other: Tensor) -> Tensor:
        """Returns the same elements in the shape of `other`."""
        return shape.reshape(self, other.shape)

    view_as = reshape_as

    def contiguous(self: Any, memory_format: Any = None) -> Tensor:
        """Returns this tensor if its elements lie in memory in the order of its axes, each by itself; else a copy.

        So the result for a transposed or expanded tensor, or a part of one, has its own memory. `memory_format` is
        accepted for PyTorch's sake.
        """
        del memory_format
        return self if is_contiguous_and_writable(self.array) else shape.clone(self)

    def is_contiguous(self: Any) -> Any:
        """Returns whether the memory holds the elements in the order of the axes, without gaps or repeats."""
        return is_contiguous_and_writable(self.array)

    def size(self: Any, dim: int | None = None) -> Any:
        """Returns the shape, or its size along one axis."""
        return tuple(self.array.shape) if dim is None else self.array.shape[one_axis("size", dim, self.array.shape)]

    def stride(self: Any, dim: int | None = None) -> Any:
        """Returns the step in memory between neighbours along each axis, or along one, in elements."""
        array = self.array
        if not hasattr(array, "strides"):
            raise DTypeError(f"stride: {type(array).__module__} does not give the strides of its arrays")
        steps = tuple(step // array.itemsize for step in array.strides)
        return steps if dim is None else steps[one_axis("stride", dim, array.shape)]

    def dim(self: Any) -> int:
        """Returns the number of axes."""
        return self.array.ndim  # type: ignore[no-any-return]

    ndimension = dim

    def numel(self: Any) -> int:
        """Returns the number of elements."""
        return math.prod(self.array.shape)

    nelement = numel

    def element_size(self: Any) -> int:
        """Returns the number of bytes of one element."""
        xp = namespace(self.array)
        if kind(xp, self.array.dtype) == 0:
            return 1
        info = xp.finfo if is_float(self.array) else xp.iinfo
        return int(info(self.array.dtype).bits) // 8

    def is_floating_point(self: Any) -> Any:
        """Returns whether the elements are floating-point numbers."""
        return is_float(self.array)

    # Elements by index and by mask
    gather = gathering.gather
    take = gathering.take
    take_along_dim = gathering.take_along_dim
    index_select = gathering.index_select
    index_add = gathering.index_add
    index_copy = gathering.index_copy
    index_fill = gathering.index_fill
    scatter = gathering.scatter
    scatter_add = gathering.scatter_add
    masked_select = gathering.masked_select
    masked_fill = gathering.masked_fill
    nonzero = gathering.nonzero
    argwhere = gathering.argwhere
    bincount = counting.bincount
    index_put = gathering.index_put
    masked_scatter = gathering.masked_scatter

    # Matrices
    matmul = linear_algebra.matmul
    mm = linear_algebra.mm
    bmm = linear_algebra.bmm
    mv = linear_algebra.mv
    dot = linear_algebra.dot
    vdot = linear_algebra.vdot
    inner = linear_algebra.inner
    outer = ger = linear_algebra.outer
    addmm = linear_algebra.addmm
    addmv = products.addmv
    addr = products.addr
    baddbmm = products.baddbmm
    addbmm = products.addbmm
    kron = linear_algebra.kron
    cross = linear_algebra.cross
    tril = linear_algebra.tril
    triu = linear_algebra.triu
    diag = linear_algebra.diag
    diagonal = linear_algebra.diagonal
    diag_embed = linear_algebra.diag_embed
    diagflat = arrangement.diagflat
    trace = linear_algebra.trace

    # New tensors like this one

    def new(self: Any, *data: Any) -> Tensor:
        """Returns :meth:`new_empty` of sizes or :meth:`new_tensor` of a list or array: PyTorch's older form.

        Raises ArgumentError for a tuple, which is data in PyTorch but also what a shape is here, and for a tensor,
        whose memory PyTorch's result would share.
        """
        if len(data) == 1 and isinstance(data[0], (tuple, Edge)):
            what = "a tuple" if isinstance(data[0], tuple) else "a tensor"
            raise ArgumentError(
                f"new: {what} is ambiguous: use new_empty(shape) for a shape, new_tensor(data) for a copy of values"
            )
        if len(data) == 1 and (isinstance(data[0], list) or hasattr(data[0], "__array__")):
            return self.new_tensor(data[0])  # type: ignore[no-any-return]
        return self.new_empty(sizes("new", data) if data else 0)  # type: ignore[no-any-return]

    def new_tensor(
        self: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Tensor:
        """Returns a tensor of `data`, copied, in the dtype and library of this one."""
        on_processor("new_tensor", device, self.device)
        xp = namespace(self.array)
        wanted = self.array.dtype if dtype is None else dtype_of(xp, dtype)
        values = wrap(xp.asarray(array_from(data, dtype, copy=True), dtype=wanted))
        return values.requires_grad_() if requires_grad else values

    def new_full(
        self: Any,
        size: int | Sequence[int],
        fill_value: float,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """Returns a tensor of one value in the dtype and library of this one."""
        on_processor("new_full", device, self.device)
        xp = namespace(self.array)
        wanted = self.array.dtype if dtype is None else dtype_of(xp, dtype)
        demand_range("new_full", xp, fill_value, wanted)
        values = wrap(xp.full(sizes("new_full", (size,)), fill_value, dtype=wanted))
        return values.requires_grad_() if requires_grad else values

    def new_empty(
        self: Any, *size: int | Sequence[int], dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Tensor:
        """Returns a tensor of whatever the memory held, in the dtype and library of this one."""
        on_processor("new_empty", device, self.device)
        xp = namespace(self.array)
        wanted = self.array.dtype if dtype is None else dtype_of(xp, dtype)
        values = wrap(xp.empty(sizes("new_empty", size), dtype=wanted))
        return values.requires_grad_() if requires_grad else values

    def new_zeros(
        self, *size: int | Sequence[int], dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Tensor:
        """Returns a tensor of zeros in the dtype and library of this one."""
        return self.new_full(sizes("new_zeros", size), 0, dtype=dtype, device=device, requires_grad=requires_grad)

    def new_ones(
        self, *size: int | Sequence[int], dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Tensor:
        """Returns a tensor of ones in the dtype and library of this one."""
        return self.new_full(sizes("new_ones", size), 1, dtype=dtype, device=device, requires_grad=requires_grad)
