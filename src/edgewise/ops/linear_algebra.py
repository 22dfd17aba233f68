"""Matrix products and what is built from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..graph.arrays import describe, namespace
from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, IndexingError, ShapeError
from ..graph.operation import Operation
from ..graph.traits import Example
from ..graph.views import note_view
from .accurate import is_numpy
from .arithmetic import _multiply
from .axes import one_axis, one_axis_argument
from .composed import computed_in_single
from .elementwise import run_without_warnings
from .indexing import _place, _setitem, getitem, parse_key
from .joining import stack
from .matrix_kernels import integer_product
from .naming import broadcasts, misfit
from .reductions import sum
from .shape import broadcast_shapes, broadcast_tensors, copied_if_view, movedim, permute, reshape, squeeze, unsqueeze
from .splitting import unbind

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


def _matmul_a(xp: Any, g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1 and b.ndim == 1:
        return g * b
    if b.ndim == 1:
        return xp.expand_dims(g, axis=-1) * b
    if a.ndim == 1:
        return xp.matmul(b, xp.expand_dims(g, axis=-1))[..., 0]
    return _product_summed(xp, g, b.mT, a.shape)


def _matmul_b(xp: Any, g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1 and b.ndim == 1:
        return g * a
    if a.ndim == 1:
        return xp.expand_dims(a, axis=-1) * xp.expand_dims(g, axis=-2)
    if b.ndim == 1:
        return xp.matmul(xp.expand_dims(g, axis=-2), a)[..., 0, :]
    if b.ndim == 2 and a.ndim > 2:
        # One product over all the batch's rows, rather than one per batch and a sum over them.
        rows = math.prod(a.shape[:-1])
        a, g = xp.reshape(a, (rows, a.shape[-1])), xp.reshape(g, (rows, g.shape[-1]))
    return _product_summed(xp, a.mT, g, b.shape)


def _product_summed(xp: Any, a: Any, b: Any, shape: Any) -> Any:
    """Returns ``a @ b``, summed over the batch axes along which an operand of `shape` was repeated."""
    batch = max(a.ndim, b.ndim) - 2
    sizes_a, sizes_b, wanted = (
        (1,) * (batch + 2 - len(sizes)) + tuple(sizes[:-2]) for sizes in (a.shape, b.shape, shape)
    )
    repeated = [i for i in range(batch) if wanted[i] == 1 and sizes_a[i] > 1 and sizes_b[i] > 1]
    if not repeated:
        return xp.matmul(a, b)
    # One product over them too, rather than one for each and a sum over them.
    others = [i for i in range(batch) if i not in repeated]
    a = xp.permute_dims(xp.reshape(a, (*sizes_a, *a.shape[-2:])), (*others, batch, *repeated, batch + 1))
    b = xp.permute_dims(xp.reshape(b, (*sizes_b, *b.shape[-2:])), (*others, *repeated, batch, batch + 1))
    count = math.prod(b.shape[len(others) : -1])
    a = xp.reshape(a, (*a.shape[: len(others) + 1], count))
    b = xp.reshape(b, (*b.shape[: len(others)], count, b.shape[-1]))
    return xp.reshape(xp.matmul(a, b), shape)


def _matmul_fault(a: Any, b: Any, first: str = "a", second: str = "b") -> str:
    if a.ndim == 0 or b.ndim == 0:
        return "a number has no rows and columns: multiply by it with *"
    rows = b.shape[-2] if b.ndim > 1 else b.shape[0]
    if a.shape[-1] == rows:
        batches = " and ".join(str(tuple(x.shape[:-2])) for x in (a, b))
        return f"the batches {batches} can't be broadcast together"
    fault = f"the {a.shape[-1]} columns of {first} must equal the {rows} rows of {second}"
    if b.ndim > 1 and a.shape[-1] == b.shape[-1]:
        return f"{fault}: did you mean {first} @ {second}.mT?"
    if a.ndim > 1 and a.shape[-2] == rows:
        return f"{fault}: did you mean {first}.mT @ {second}?"
    return fault


def _matrix_product(xp: Any, a: Any, b: Any) -> Any:
    if is_numpy(xp) and a.dtype.kind in "iu" and b.dtype.kind in "iu":
        return integer_product(a, b)
    try:
        return xp.matmul(a, b)
    except RuntimeWarning:
        return run_without_warnings(xp.matmul, a, b)


_matmul = Operation(
    "matmul",
    _matrix_product,
    _matmul_a,
    _matmul_b,
    linear="each",
    promotes=True,
    broadcasts=True,
    diagnose=_matmul_fault,
    wide=True,
    kind="matrix product",
    words={
        "y": "an element is the dot product of a row of the first and a column of the second",
        "a": "an element gets the gradients of its row, times what it was multiplied with there",
        "b": "an element gets the gradients of its column, times what it was multiplied with there",
    },
)


def matmul(a: TensorLike, b: TensorLike) -> Tensor:
    """Computes the matrix product (..., n, k) @ (..., k, m) -> (..., n, m), the leading axes broadcast.

    A vector on the left is a row, one on the right a column, and that axis is gone from the result; two vectors give
    their inner product. Raises ShapeError if the sizes don't fit.
    """
    return _matmul.apply(a, b)


def operands(name: str, *pairs: tuple[TensorLike, int], called: tuple[str, str] = ("a", "b")) -> tuple[Tensor, Tensor]:
    """Returns the two operands of a product as tensors, if they have so many axes; else raises ShapeError.

    It does so too if they don't fit a matrix product, unless both are vectors.
    """
    first, second = (edge_of(x) for x, _ in pairs)
    shapes = tuple(first.shape), tuple(second.shape)
    if (first.ndim, second.ndim) != (pairs[0][1], pairs[1][1]):
        wanted = " and ".join(f"{axes}-d" for _, axes in pairs)
        raise ShapeError(
            f"{name} is for {wanted} tensors; these have shapes {shapes[0]} and {shapes[1]}: matmul takes any"
        )
    if first.ndim > 1 and shapes[0][-1] != shapes[1][-2:][0]:
        fault = _matmul_fault(first.array, second.array, *called)
        raise ShapeError(_with_operands(name, fault, called, first, second))
    if first.ndim == 3 and shapes[0][0] != shapes[1][0]:
        fault = f"batches of {shapes[0][0]} and {shapes[1][0]} matrices: they must be equally many"
        raise ShapeError(_with_operands(name, fault, called, first, second))
    return first, second


def _with_operands(name: str, fault: str, called: tuple[str, str], first: Tensor, second: Tensor) -> str:
    given = (f"{label}: {describe(x.array)}" for label, x in zip(called, (first, second), strict=True))
    return f"{name}: {fault} [{', '.join(given)}]"


def _vectors_of_one_length(name: str, a: TensorLike, b: TensorLike) -> tuple[Tensor, Tensor]:
    first, second = operands(name, (a, 1), (b, 1))
    if first.shape != second.shape:
        fault = f"vectors of {first.shape[0]} and {second.shape[0]} elements: they must be equally many"
        raise ShapeError(_with_operands(name, fault, ("a", "b"), first, second))
    return first, second


def mm(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the product of two matrices: (n, k) and (k, m) give (n, m). Raises ShapeError for anything else."""
    return _matmul(*operands("mm", (a, 2), (b, 2)))


def bmm(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the products of two batches of matrices: (s, n, k) and (s, k, m) give (s, n, m). Nothing is broadcast."""
    return _matmul(*operands("bmm", (a, 3), (b, 3)))


def mv(a: TensorLike, x: TensorLike) -> Tensor:
    """Returns the product of a matrix and a vector: (n, k) and (k,) give (n,)."""
    return _matmul(*operands("mv", (a, 2), (x, 1), called=("a", "x")))


def dot(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the inner product of two vectors of one length."""
    return _matmul(*_vectors_of_one_length("dot", a, b))


def vdot(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the inner product of two vectors of one length."""
    return _matmul(*_vectors_of_one_length("vdot", a, b))


def inner(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the inner products along the last axes: (..., k) and (---, k) give (..., ---)."""
    a, b = edge_of(a), edge_of(b)
    return _multiply(a, b) if 0 in (a.ndim, b.ndim) else tensordot(a, b, dims=([-1], [-1]))


def outer(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns every product of an element of one vector and one of another: (n,) and (m,) give (n, m)."""
    first, second = operands("outer", (a, 1), (b, 1))
    return _multiply(unsqueeze(first, 1), unsqueeze(second, 0))


@computed_in_single
def vecdot(a: TensorLike, b: TensorLike, *, dim: int | None = None, axis: int | None = None) -> Tensor:
    """Returns the inner products along one axis (the last by default), the other axes broadcast."""
    a, b = edge_of(a), edge_of(b)
    number = one_axis_argument("vecdot", dim, axis)
    number = -1 if number is None else number
    if number >= 0:  # counted in the shape that the two are broadcast to
        number -= max(a.ndim, b.ndim)
    sizes = [x.shape[one_axis("vecdot", number, x.shape)] if x.ndim else 1 for x in (a, b)]
    if sizes[0] != sizes[1]:
        raise ShapeError(
            f"vecdot: axis {number} has {sizes[0]} and {sizes[1]} elements, of {tuple(a.shape)} and {tuple(b.shape)}"
        )
    return inner_products(a, b, number)


def inner_products(a: Tensor, b: Tensor, axis: int) -> Tensor:
    """Returns sums of products along an axis, counted from the end, in which the two have the same size."""
    wide = math.prod(broadcast_shapes(tuple(a.shape), tuple(b.shape)))
    if wide <= max(math.prod(a.shape), math.prod(b.shape)):
        return sum(_multiply(a, b), dim=axis)
    # Each of the one with many of the other: all products would take up many times the place of the two.
    rows, columns = unsqueeze(movedim(a, axis, -1), -2), unsqueeze(movedim(b, axis, -1), -1)
    return squeeze(_matmul(rows, columns), (-2, -1))


@computed_in_single
def addmm(x: TensorLike, a: TensorLike, b: TensorLike, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Computes beta * x + alpha * (a @ b)."""
    return add_scaled("addmm", x, _matmul(*operands("addmm", (a, 2), (b, 2))), beta, alpha)


def add_scaled(name: str, x: TensorLike, product: Tensor, beta: float, alpha: float) -> Tensor:
    """Computes beta * x + alpha * product; with beta = 0 not even a NaN of `x` counts."""
    product = product if alpha == 1 else _multiply(product, alpha)
    if beta == 0:
        return product
    try:
        return product + (edge_of(x) if beta == 1 else _multiply(x, beta))
    except ShapeError as error:
        both = {"x": x, "the product": product}
        raise misfit(name, error, both, both) from None


def tensordot(a: TensorLike, b: TensorLike, dims: int | Sequence[Sequence[int] | int] = 2) -> Tensor:
    """Sums products over pairs of axes: the last `dims` of `a` with the first of `b`, or the pairs of two lists.

    The result has the remaining axes of `a`, then those of `b`. Raises ShapeError if the pairs differ in size.

    >>> import edgewise as ew
    >>> ew.tensordot(ew.ones(2, 3, 4), ew.ones(4, 3), dims=([1, 2], [1, 0])).shape
    (2,)
    """
    a, b = edge_of(a), edge_of(b)
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ShapeError(
                f"tensordot: shapes {tuple(a.shape)} and {tuple(b.shape)} don't both have {dims} axes to sum"
            )
        axes_a, axes_b = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        axes_a, axes_b = (
            [one_axis("tensordot", i, x.shape) for i in part] for part, x in zip(_pair(dims), (a, b), strict=True)
        )
    for i, j in zip(axes_a, axes_b, strict=False):  # an axis of size 1 fits one of any size
        if a.shape[i] == 1 != b.shape[j]:
            b = sum(b, dim=j, keepdim=True, dtype=b.dtype)
        elif b.shape[j] == 1 != a.shape[i]:
            a = sum(a, dim=i, keepdim=True, dtype=a.dtype)
    if [a.shape[i] for i in axes_a] != [b.shape[j] for j in axes_b]:
        raise ShapeError(
            f"tensordot: axes {axes_a} of {tuple(a.shape)} and {axes_b} of {tuple(b.shape)} must be as many, and of "
            "equal sizes"
        )
    kept_a = [i for i in range(a.ndim) if i not in axes_a]
    kept_b = [i for i in range(b.ndim) if i not in axes_b]
    count = math.prod(a.shape[i] for i in axes_a)
    rows = math.prod(a.shape[i] for i in kept_a)
    columns = math.prod(b.shape[i] for i in kept_b)
    product = _matmul(
        reshape(permute(a, (*kept_a, *axes_a)), (rows, count)),
        reshape(permute(b, (*axes_b, *kept_b)), (count, columns)),
    )
    return reshape(product, (*(a.shape[i] for i in kept_a), *(b.shape[i] for i in kept_b)))


def _pair(dims: Sequence[Sequence[int] | int]) -> list[Sequence[int]]:
    """Returns the axes of the one and of the other operand, each a list or a single number."""
    if len(dims) != 2:
        raise ArgumentError(f"tensordot: dims={dims!r} must be a number, or two lists of axes")
    return [[part] if isinstance(part, int) else part for part in dims]


def kron(a: TensorLike, b: TensorLike) -> Tensor:
    """Returns the Kronecker product: every element of `a` times the whole of `b`, side by side."""
    a, b = edge_of(a), edge_of(b)
    ndim = max(a.ndim, b.ndim)
    sizes_a, sizes_b = ((1,) * (ndim - x.ndim) + tuple(x.shape) for x in (a, b))
    spread_a = reshape(a, tuple(n for size in sizes_a for n in (size, 1)))
    spread_b = reshape(b, tuple(n for size in sizes_b for n in (1, size)))
    return reshape(_multiply(spread_a, spread_b), tuple(m * n for m, n in zip(sizes_a, sizes_b, strict=True)))


@broadcasts("a", "b")
@computed_in_single
def cross(a: TensorLike, b: TensorLike, dim: int | None = None, *, axis: int | None = None) -> Tensor:
    """Returns the cross product of vectors of three elements along an axis; the others are broadcast.

    Without `dim` it is the first axis that has three elements, as in PyTorch.
    """
    a, b = broadcast_tensors(a, b)
    number = one_axis_argument("cross", dim, axis)
    if number is None:
        number = a.shape.index(3) if 3 in a.shape else -1
    at = one_axis("cross", number, a.shape)
    if a.shape[at] != 3:
        raise ShapeError(f"cross: axis {at} of shape {tuple(a.shape)} must have 3 elements")
    (a0, a1, a2), (b0, b1, b2) = unbind(a, at), unbind(b, at)
    return stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], dim=at)


_tril = Operation(
    "tril",
    lambda xp, x, *, k: xp.tril(x, k=k),
    lambda xp, g, y, x, *, k: xp.tril(g, k=k),
    linear="each",
    example=Example((4, 5), k=0),
)
_triu = Operation(
    "triu",
    lambda xp, x, *, k: xp.triu(x, k=k),
    lambda xp, g, y, x, *, k: xp.triu(g, k=k),
    linear="each",
    example=Example((4, 5), k=0),
)


def tril(x: TensorLike, diagonal: int = 0, *, k: int | None = None) -> Tensor:
    """Returns matrices with zeros above the diagonal number `diagonal` (or `k`): above the main one for 0."""
    return _tril(_matrices("tril", x), k=diagonal if k is None else k)


def triu(x: TensorLike, diagonal: int = 0, *, k: int | None = None) -> Tensor:
    """Returns matrices with zeros below the diagonal number `diagonal` (or `k`): below the main one for 0."""
    return _triu(_matrices("triu", x), k=diagonal if k is None else k)


def _matrices(name: str, x: TensorLike) -> Tensor:
    x = edge_of(x)
    if x.ndim < 2:
        raise ShapeError(f"{name} is for matrices, not for shape {tuple(x.shape)}")
    return x


def diagonal(x: TensorLike, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Returns the elements along a diagonal of the matrices in two axes, as the last axis of the result.

    `offset` counts diagonals upwards from the main one.
    """
    x = _matrices("diagonal", x)
    at1, at2 = one_axis("diagonal", dim1, x.shape), one_axis("diagonal", dim2, x.shape)
    if at1 == at2:
        raise IndexingError(f"diagonal: dim1 and dim2 are both axis {at1}")
    rows, columns = x.shape[at1], x.shape[at2]
    count = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    x = x if (at1, at2) == (x.ndim - 2, x.ndim - 1) else movedim(x, (at1, at2), (-2, -1))
    y = _show_diagonal(x, count=count, offset=offset)
    note_view(y, x, _show_diagonal, _put_diagonal, {"count": count, "offset": offset})
    return y


def _show_diagonal(x: Tensor, *, count: int, offset: int) -> Tensor:
    y = getitem(x, _along_diagonal(x, count, offset))
    array = x.array
    if hasattr(array, "diagonal") and hasattr(array, "flags"):
        # In NumPy's memory it is a view, as in PyTorch, where index arrays would give a copy.
        y.array = array.diagonal(offset, -2, -1)
        y.array.flags.writeable = array.flags.writeable
    return y


def _put_diagonal(x: Tensor, part: Tensor, *, count: int, offset: int) -> Tensor:
    form, indices = parse_key(_along_diagonal(x, count, offset), x)
    return _setitem(x, part, *indices, form=form)


def _along_diagonal(x: Tensor, count: int, offset: int) -> tuple[Any, ...]:
    """Returns the key of `count` elements on a diagonal of the last two axes, in the library of `x`."""
    xp = namespace(x.array)
    starts = (max(0, -offset), max(0, offset))
    return (..., *(wrap(xp.arange(start, start + count, dtype=xp.int64)) for start in starts))


def diag_embed(x: TensorLike, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Returns matrices with the elements of the last axis along a diagonal, and zeros elsewhere.

    Their rows and columns become the axes `dim1` and `dim2` of the result, which :func:`diagonal` takes back.
    """
    x = edge_of(x)
    if x.ndim == 0:
        raise ShapeError("diag_embed: a 0-d tensor has no axis to put on a diagonal")
    count = x.shape[-1]
    size = count + abs(offset)
    form, indices = parse_key(_along_diagonal(x, count, offset), x)
    matrices = _place(x, *indices, form=form, shape=(*x.shape[:-1], size, size))
    at1, at2 = one_axis("diag_embed", dim1, matrices.shape), one_axis("diag_embed", dim2, matrices.shape)
    if at1 == at2:
        raise IndexingError(f"diag_embed: dim1 and dim2 are both axis {at1}")
    return matrices if (at1, at2) == (x.ndim - 1, x.ndim) else movedim(matrices, (-2, -1), (at1, at2))


def diag(x: TensorLike, diagonal: int = 0) -> Tensor:
    """Returns the diagonal of a matrix, or the matrix that has a vector as its diagonal."""
    x = edge_of(x)
    if x.ndim not in (1, 2):
        raise ShapeError(f"diag is for vectors and matrices, not for shape {tuple(x.shape)}: see diagonal, diag_embed")
    return diag_embed(x, diagonal) if x.ndim == 1 else copied_if_view(_diagonal(x, diagonal), x)


_diagonal = diagonal


def trace(x: TensorLike) -> Tensor:
    """Returns the sum of the elements on the main diagonal of a matrix."""
    x = edge_of(x)
    if x.ndim != 2:
        raise ShapeError(f"trace is for 2-d tensors; this one has shape {tuple(x.shape)}")
    return sum(_diagonal(x))
