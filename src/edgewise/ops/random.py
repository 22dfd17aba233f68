"""Random numbers that can be repeated: generators with a seed and a state, and what is drawn from them."""

from __future__ import annotations

import math
import operator
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.edge import edge_of, wrap
from ..graph.errors import ArgumentError, DTypeError, ShapeError
from .creation import chosen_dtype, new_shape, on_processor
from .shape import broadcast_shapes

if TYPE_CHECKING:
    from ..tensor import Tensor, TensorLike

Size = int | Sequence[int]


class Generator:
    """Generates random numbers by PCG64 (O'Neill, 2014), as NumPy does.

    The same seed gives the same numbers on every machine. Without one the seed comes from the system.

    Threads may share a generator: each number is drawn once, but which thread draws which is left to chance. For
    numbers that can be repeated, give each thread a generator of its own.

    >>> import edgewise as ew
    >>> a, b = ew.Generator(7), ew.Generator(7)
    >>> ew.equal(ew.rand(3, generator=a), ew.rand(3, generator=b))
    True
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seed = 0
        self._numpy = np.random.default_rng(0)
        if seed is None:
            self.seed()
        else:
            self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Starts over from a seed, an integer of any size and sign; returns this generator."""
        try:
            seed = operator.index(seed)
        except TypeError:
            raise TypeError(f"manual_seed: the seed must be an integer, not {seed!r}") from None
        self._seed = seed
        self._numpy = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed % 2**128)))
        return self

    def seed(self) -> int:
        """Starts over from a seed of the system's, and returns it."""
        self.manual_seed(int(np.random.SeedSequence().entropy or 0) % 2**63)  # type: ignore[arg-type]
        return self._seed

    def initial_seed(self) -> int:
        """Returns the seed that this generator last started from."""
        return self._seed

    def get_state(self) -> dict[str, int]:
        """Returns where in its numbers the generator stands, as plain numbers that can be saved."""
        state: Any = self._numpy.bit_generator.state
        return {
            "seed": self._seed,
            "state": state["state"]["state"],
            "inc": state["state"]["inc"],
            "has_uint32": state["has_uint32"],
            "uinteger": state["uinteger"],
        }

    def set_state(self, state: dict[str, int]) -> Generator:
        """Goes to where another generator stood when `get_state` was called; returns this generator.

        Raises ValueError if that is no such state; the generator then stays where it was.
        """
        try:
            seed, position, step, has_half, half = (
                int(state[key]) for key in ("seed", "state", "inc", "has_uint32", "uinteger")
            )
            self._numpy.bit_generator.state = {
                "bit_generator": "PCG64",
                "state": {"state": position, "inc": step},
                "has_uint32": has_half,
                "uinteger": half,
            }
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"this is not the state of a Generator: {error!r}") from error
        self._seed = seed
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """Returns NumPy's generator beneath, for what Edgewise has no function for."""
        return self._numpy

    def __deepcopy__(self, memo: dict[int, Any]) -> Generator:
        return Generator(0).set_state(self.get_state())

    def __repr__(self) -> str:
        return f"Generator(seed={self._seed})"


default_generator = Generator()
"""What functions draw from when no generator is given. :func:`manual_seed` seeds it."""


def manual_seed(seed: int) -> Generator:
    """Seeds the default generator, so that all that is drawn from it can be repeated; returns it."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seeds the default generator from the system, and returns the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """Returns the seed that the default generator last started from."""
    return default_generator.initial_seed()


def get_rng_state() -> dict[str, int]:
    """Returns the state of the default generator."""
    return default_generator.get_state()


def set_rng_state(state: dict[str, int]) -> None:
    """Puts the default generator into a state."""
    default_generator.set_state(state)


def source(generator: Generator | None) -> np.random.Generator:
    """Returns the NumPy generator to draw from."""
    if generator is None:
        return default_generator.numpy
    if not isinstance(generator, Generator):
        raise TypeError(
            f"generator must be an edgewise.Generator or None, not {generator!r}: Generator(seed) makes one"
        )
    return generator.numpy


def floating_dtype(name: str, dtype: Any) -> Any:
    """Returns the NumPy dtype meant. Raises DTypeError for integers and bools."""
    wanted = chosen_dtype(dtype)
    if wanted.kind != "f":
        raise DTypeError(f"{name} draws floating-point numbers, not {wanted}")
    return wanted


class _Noting(threading.local):
    """Takes a thread's draws while it records a Program: it gives the array that stands for the numbers."""

    draw: Callable[..., Any] | None = None


noting = _Noting()


def draw(
    distribution: str, shape: tuple[int, ...], dtype: Any, generator: Generator | None = None, **bounds: int
) -> Any:
    """Draws an array of random numbers, which a Program that is being recorded draws again in each run.

    Parameters
    ----------
    distribution:
        ``"uniform"`` in [0, 1), ``"normal"`` of mean 0 and variance 1, ``"exponential"`` of mean 1, ``"integers"`` from
        `low` up to but without `high`, or ``"permutation"`` of the integers below the size.
    shape, dtype:
        Of the array, a NumPy dtype. Floats are drawn in float32 where that is wanted: it is twice as fast as float64.
    """
    if noting.draw is None:
        return sample(distribution, shape, dtype, generator, **bounds)
    source(generator)  # refuses what is none
    return noting.draw(distribution=distribution, shape=shape, dtype=dtype.name, **bounds)


def sample(
    distribution: str, shape: tuple[int, ...], dtype: Any, generator: Generator | None = None, **bounds: int
) -> Any:
    """Runs :func:`draw` once and for all: a Program that is being recorded keeps the numbers."""
    return _DISTRIBUTIONS[distribution](source(generator), shape, dtype, **bounds)


def _floating(method: str) -> Callable[..., Any]:
    def draw(numpy: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
        sample = getattr(numpy, method)
        if dtype.itemsize > 2:
            return np.asarray(sample(shape, dtype=dtype))
        values = np.asarray(sample(shape, dtype=np.float32))
        if method == "random":  # rounded down: to nearest could give 1
            values = np.floor(values * 2048) / 2048
        return values.astype(dtype)

    return draw


def _integers(numpy: np.random.Generator, shape: tuple[int, ...], dtype: Any, *, low: int, high: int) -> Any:
    values = numpy.integers(low, high, shape, dtype=np.uint64 if dtype == np.uint64 else np.int64)
    return np.asarray(values).astype(dtype)


_DISTRIBUTIONS: dict[str, Callable[..., Any]] = {
    "uniform": _floating("random"),
    "normal": _floating("standard_normal"),
    "exponential": _floating("standard_exponential"),
    "integers": _integers,
    "permutation": lambda numpy, shape, dtype: numpy.permutation(shape[0]).astype(dtype),
}


def _leaf(array: Any, requires_grad: bool) -> Tensor:
    result = wrap(array)
    return result.requires_grad_() if requires_grad else result


def rand(
    *size: Size, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Draws numbers evenly from [0, 1), in the shape given as numbers or as one sequence."""
    on_processor("rand", device)
    return _leaf(draw("uniform", new_shape("rand", size), floating_dtype("rand", dtype), generator), requires_grad)


def uniform(low: float, high: float, shape: tuple[int, ...], dtype: Any, generator: Generator | None = None) -> Any:
    """Draws numbers evenly from [low, high). Raises ArgumentError unless low <= high, both finite."""
    if not -math.inf < low <= high < math.inf:
        raise ArgumentError(f"uniform: the bounds must be finite and low <= high, not {low} and {high}")
    values = sample("uniform", shape, floating_dtype("uniform", dtype), generator) * (high - low) + low
    # A number just below `high` may have been rounded to it.
    top = np.nextafter(values.dtype.type(high), values.dtype.type(low))
    return np.minimum(values, top)


def randn(
    *size: Size, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Draws numbers from the normal distribution of mean 0 and variance 1."""
    on_processor("randn", device)
    return _leaf(draw("normal", new_shape("randn", size), floating_dtype("randn", dtype), generator), requires_grad)


def randint(
    low: int,
    high: int | Size | None = None,
    size: Size | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """Draws integers evenly from `low` (0 if only one bound is given) up to but without `high`; int64 by default.

    Called as ``randint(high, size)`` or ``randint(low, high, size)``. Raises ArgumentError for an empty range, and
    DTypeError if the dtype can't hold it.
    """
    on_processor("randint", device)
    if size is None:
        low, high, size = 0, low, high
    if size is None or not isinstance(high, (int, np.integer)):
        raise TypeError("randint takes (high, size) or (low, high, size), as in randint(10, (3,))")
    if high <= low:
        raise ArgumentError(f"randint: there is no integer from {low} up to but without {high}")
    wanted = _holding("randint", int(low), int(high) - 1, dtype)
    shape = new_shape("randint", (size,))
    return wrap(draw("integers", shape, wanted, generator, low=int(low), high=int(high)))


def _holding(name: str, least: int, most: int, dtype: Any) -> Any:
    """Returns the dtype for integers, int64 unless given. Raises DTypeError if it can't hold these."""
    wanted = np.dtype("int64") if dtype is None else chosen_dtype(dtype)
    limits = np.iinfo(wanted if wanted.kind in "iu" else np.int64)
    first, last = (0, 1) if wanted.kind == "b" else (int(limits.min), int(limits.max))
    if least < first or most > last:
        raise DTypeError(f"{name}: {wanted} can't hold the integers from {least} to {most}")
    return wanted


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Returns the integers from 0 up to but without `n` in random order. Raises DTypeError if the dtype can't."""
    on_processor("randperm", device)
    (count,) = new_shape("randperm", (n,))
    return wrap(draw("permutation", (count,), _holding("randperm", 0, count - 1, dtype), generator))


def rand_like(x: TensorLike, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Draws :func:`rand` in the shape and dtype of `x`."""
    on_processor("rand_like", device)
    x = edge_of(x)
    return rand(*x.shape, generator=generator, dtype=x.dtype if dtype is None else dtype)


def randn_like(x: TensorLike, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Draws :func:`randn` in the shape and dtype of `x`."""
    on_processor("randn_like", device)
    x = edge_of(x)
    return randn(*x.shape, generator=generator, dtype=x.dtype if dtype is None else dtype)


def randint_like(
    x: TensorLike,
    low: int,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """Draws :func:`randint` in the shape of `x`, and in its dtype if none is given."""
    on_processor("randint_like", device)
    x = edge_of(x)
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, x.shape, generator=generator, dtype=x.dtype if dtype is None else dtype)


def normal(
    mean: TensorLike = 0.0,
    std: TensorLike = 1.0,
    size: Size | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """Draws numbers from normal distributions of given means and standard deviations.

    `mean` and `std` are numbers, with the shape in `size`, or tensors that broadcast to it. No gradient flows to
    them. Raises ArgumentError if a standard deviation is negative, ShapeError if the shapes don't fit.
    """
    on_processor("normal", device)
    centre, spread = edge_of(mean).detach(), edge_of(std).detach()
    if not bool((spread >= 0).all()):
        raise ArgumentError("normal: a standard deviation must be 0 or more")
    shape = broadcast_shapes(centre.shape, spread.shape)
    if size is not None:
        given, shape = shape, new_shape("normal", (size,))
        if broadcast_shapes(given, shape) != shape:
            raise ShapeError(f"normal: means and deviations of shape {given} can't be broadcast to {shape}")
    if dtype is None and (centre.dtype.kind == "f" and centre.ndim > 0):
        dtype = centre.dtype
    return randn(*shape, generator=generator, dtype=dtype) * spread + centre


def bernoulli(p: TensorLike, *, generator: Generator | None = None) -> Tensor:
    """Draws 1 with probability `p` and else 0, for each element of `p`, in its dtype.

    Raises ArgumentError if a probability is not between 0 and 1.
    """
    chances = edge_of(p).detach()
    if not bool(((chances >= 0) & (chances <= 1)).all()):
        raise ArgumentError("bernoulli: probabilities lie between 0 and 1")
    return (wrap(draw("uniform", chances.shape, np.dtype("float64"), generator)) < chances).to(chances.dtype)


def multinomial(
    weights: TensorLike, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Draws indices with probabilities in proportion to `weights`, of shape (n,) or, a row each, (rows, n).

    Without `replacement` no index comes twice. Raises ArgumentError for negative weights, weights that sum to 0, and
    more samples than there are weights to draw without replacement.
    """
    (count,) = new_shape("multinomial", (num_samples,))
    table = edge_of(weights).detach().numpy().astype(np.float64)
    if table.ndim not in (1, 2) or table.shape[-1] == 0:
        raise ShapeError(f"multinomial: weights must have shape (n,) or (rows, n), n > 0, not {table.shape}")
    rows = np.atleast_2d(table)
    if not np.isfinite(rows).all() or (rows < 0).any() or (rows.sum(axis=1) <= 0).any():
        raise ArgumentError("multinomial: weights must be finite, not negative, and not all 0")
    fewest = np.count_nonzero(rows, axis=1).min(initial=rows.shape[1])
    if not replacement and count > fewest:
        raise ArgumentError(
            f"multinomial: {count} different indices can't be drawn from {fewest} weights above 0: "
            "pass replacement=True"
        )
    chance = rows / rows.sum(axis=1, keepdims=True)
    drawn = [source(generator).choice(rows.shape[1], count, replacement, p=row) for row in chance]
    return wrap(np.asarray(drawn, dtype=np.int64).reshape(*table.shape[:-1], count))
