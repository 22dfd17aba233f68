"""How rows vary together, how far apart two are, and what lies under a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.arguments import number
from ..graph.arrays import is_float
from ..graph.errors import ShapeError
from ..graph.operation import edge_of
from .arithmetic import divide, multiply, subtract
from .axes import along, named, one_axis
from .comparison import greater
from .composed import composed
from .cumulative import cumsum, diff
from .indexing import getitem
from .linear_algebra import diagonal, matmul
from .naming import broadcasts
from .norms import vector_norm
from .reductions import mean, sum
from .selection import clip, where
from .shape import broadcast_to, reshape, unsqueeze
from .single import computed_in_single

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike


@composed
@computed_in_single
def cov(
    x: TensorLike, *, correction: float = 1, fweights: TensorLike | None = None, aweights: TensorLike | None = None
) -> Tensor:
    """The matrix of covariances of variables, one in each row, observed together, a time in each column.

    Products of distances from the means, summed, over n - `correction`. `fweights` says how often each column was
    observed, `aweights` how much it counts. Of a single row it is its variance, without axes.
    """
    x = edge_of(x)
    if x.ndim > 2:
        raise ShapeError(f"cov: takes a matrix of variables and observations, not shape {tuple(x.shape)}")
    x = x if is_float(x.array) else x.float()
    rows = reshape(x, (-1, x.shape[-1]) if x.ndim and x.shape[-1] else (1, 0) if x.ndim == 1 else (1, 1))
    weights: Any = None
    for given in (fweights, aweights):
        if given is not None:
            part = edge_of(given)
            if tuple(part.shape) != (rows.shape[1],):
                raise ShapeError(
                    f"cov: weights of shape {tuple(part.shape)} don't fit {rows.shape[1]} observations: one for each"
                )
            weights = part.to(rows.dtype) if weights is None else weights * part.to(rows.dtype)
    if weights is None:
        centred = rows - mean(rows, dim=1, keepdim=True)
        products = matmul(centred, centred.mT)
        degrees: Any = max(rows.shape[1] - correction, 0)
    else:
        total = sum(weights)
        centred = rows - unsqueeze(divide(sum(rows * weights, dim=1), total), 1)
        products = matmul(centred * weights, centred.mT)
        lost = sum(weights * edge_of(aweights).to(rows.dtype)) / total if aweights is not None else 1.0
        degrees = clip(total - correction * lost, min=0)
    result = divide(products, degrees)
    return reshape(result, ()) if rows.shape[0] == 1 else result


@composed
@computed_in_single
def corrcoef(x: TensorLike) -> Tensor:
    """The matrix of Pearson's correlation coefficients of variables, one in each row: covariances of unit variance."""
    c = cov(x)
    if c.ndim == 0:
        return divide(c, c)
    spread = diagonal(c).sqrt()
    return clip(c / unsqueeze(spread, 1) / spread, -1, 1)


@broadcasts("a", "b")
@computed_in_single
def dist(a: TensorLike, b: TensorLike, p: float = 2) -> Tensor:
    """The `p`-norm of the difference of two tensors, which are broadcast."""
    return vector_norm(subtract(a, b), ord=p)


@composed
@broadcasts("x1", "x2")
@computed_in_single
def pairwise_distance(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The `p`-norms of the differences of rows, along the last axis; `eps` is added to each difference."""
    return vector_norm(subtract(x1, x2) + eps, ord=p, dim=-1, keepdim=keepdim)


@computed_in_single
def renorm(x: TensorLike, p: float, dim: int, maxnorm: float) -> Tensor:
    """A tensor whose parts along an axis, one for each place there, are scaled to a `p`-norm of at most `maxnorm`.

    Parts of a smaller norm stay as they are; the others are divided by their norm + 1e-7, as in PyTorch. Raises
    ShapeError for tensors of fewer than two axes.

    >>> import edgewise as ew
    >>> ew.renorm(ew.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6, 0.8],
            [0.3, 0.4]])
    """
    x = edge_of(x)
    if x.ndim < 2:
        raise ShapeError(f"renorm: needs at least two axes, not shape {tuple(x.shape)}")
    at = one_axis("renorm", dim, x.shape)
    p = number("renorm", "p", p, above=0, finite=False)
    most = number("renorm", "maxnorm", maxnorm, least=0)
    sizes = vector_norm(x, p, tuple(i for i in range(x.ndim) if i != at), True)
    above = greater(sizes, most)
    return where(above, multiply(x, divide(most, where(above, sizes + 1e-7, 1.0))), x)


def _areas(name: str, y: TensorLike, x: TensorLike | None, dx: TensorLike | None, axis: Any) -> tuple[Tensor, int]:
    y = edge_of(y)
    if x is not None and dx is not None:
        raise TypeError(f"{name}: x and dx both say how far apart the points are: give one of them")
    at = one_axis(name, axis, y.shape)
    if y.ndim == 0:
        raise ShapeError(f"{name}: a 0-d tensor has no points to lie between")
    heights = getitem(y, along(at, slice(1, None))) + getitem(y, along(at, slice(0, -1)))
    if x is None:
        return multiply(multiply(heights, 0.5), 1 if dx is None else dx), at
    places = edge_of(x)
    if places.ndim == 1:
        if places.shape[0] != y.shape[at]:
            raise ShapeError(f"{name}: x has {places.shape[0]} points and y {y.shape[at]} along axis {at}")
        widths = reshape(diff(places), tuple(-1 if i == at else 1 for i in range(y.ndim)))
    else:
        widths = diff(broadcast_to(places, tuple(y.shape)), dim=at)
    return multiply(heights * widths, 0.5), at


@composed
def trapezoid(
    y: TensorLike,
    x: TensorLike | None = None,
    *,
    dx: TensorLike | None = None,
    dim: int | None = None,
    axis: int | None = None,
) -> Tensor:
    """The area under the line through points of heights `y`, along an axis (the last by default).

    The points are at `x`, or `dx` (by default 1) apart.
    """
    wanted = named("trapezoid", dim, axis)
    areas, at = _areas("trapezoid", y, x, dx, -1 if wanted is None else wanted)
    return sum(areas, dim=at)


@composed
def cumulative_trapezoid(
    y: TensorLike,
    x: TensorLike | None = None,
    *,
    dx: TensorLike | None = None,
    dim: int | None = None,
    axis: int | None = None,
) -> Tensor:
    """The area under the line from its first point to each later one: see :func:`trapezoid`."""
    wanted = named("cumulative_trapezoid", dim, axis)
    areas, at = _areas("cumulative_trapezoid", y, x, dx, -1 if wanted is None else wanted)
    return cumsum(areas, dim=at)
