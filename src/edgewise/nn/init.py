"""Initialisers: they write a parameter's first values, in place, and return it.

How far the first values are spread decides whether signals and gradients keep their size through the layers; each
scheme names the paper that derives its spread. All random ones take a `generator`, and otherwise draw from the
default one, which :func:`edgewise.manual_seed` seeds.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from ..graph.arrays import namespace
from ..graph.errors import ArgumentError, ShapeError
from ..graph.modes import no_grad
from ..ops import random
from ..ops.random import Generator
from ..tensor import Tensor
from ._support import check_tensor

T = TypeVar("T", bound=Tensor)

_GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv_transpose2d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Returns by how much to widen the spread for the activation that follows, so that signals keep their size.

    `param` is the negative slope of "leaky_relu" (0.01 if not given). Raises ArgumentError for an unknown name.
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ArgumentError(f"no gain is known for {nonlinearity!r}, only for leaky_relu, {', '.join(_GAINS)}")
    return _GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """Returns fan-in and fan-out of a weight (out, in, *kernel): inputs of an output, and outputs of an input."""
    if tensor.ndim < 2:
        raise ShapeError(
            f"the numbers of inputs and outputs are those of a weight with 2 axes or more, not of shape {tensor.shape}"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


_calculate_fan_in_and_fan_out = fans  # PyTorch's name, by which scripts initialise biases


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"mode is {mode!r}; it must be 'fan_in' or 'fan_out'")
    return fans(tensor)[mode == "fan_out"]


def _write(tensor: T, value: object) -> T:
    check_tensor("an initialiser", tensor)
    with no_grad():
        tensor._write(value)
    return tensor


def constant_(tensor: T, val: float) -> T:
    """Returns every element `val`."""
    return _write(tensor, val)


def zeros_(tensor: T) -> T:
    """Returns every element 0."""
    return _write(tensor, 0)


def ones_(tensor: T) -> T:
    """Returns every element 1."""
    return _write(tensor, 1)


def eye_(tensor: T) -> T:
    """Writes ones on the diagonal and zeros elsewhere."""
    check_tensor("eye_", tensor)
    if tensor.ndim != 2:
        raise ShapeError(f"eye_ is for matrices, not for shape {tensor.shape}")
    xp = namespace(tensor.array)
    return _write(tensor, xp.eye(*tensor.shape, dtype=tensor.dtype))


def dirac_(tensor: T, groups: int = 1) -> T:
    """Writes the kernels of a convolution that passes its channels on, as far as there are channels for it."""
    check_tensor("dirac_", tensor)
    if tensor.ndim not in (3, 4, 5):
        raise ShapeError(f"dirac_ is for weights of convolutions, with 3 to 5 axes, not for shape {tensor.shape}")
    if tensor.shape[0] % groups:
        raise ShapeError(f"dirac_: {tensor.shape[0]} output channels can't be divided into {groups} groups")
    values = np.zeros(tensor.shape, np.float64)
    per_group = tensor.shape[0] // groups
    centre = tuple(size // 2 for size in tensor.shape[2:])
    for group in range(groups):
        for channel in range(min(per_group, tensor.shape[1])):
            values[(group * per_group + channel, channel, *centre)] = 1
    return _write(tensor, _like(values, tensor))


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> T:
    """Draws uniformly between `a` and `b`. Raises ArgumentError unless a <= b, both finite."""
    if not -math.inf < a <= b < math.inf:
        raise ArgumentError(f"uniform_: the bounds must be finite and a <= b, not a={a} and b={b}")
    return _write(tensor, _uniform(tensor, a, b, generator))


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> T:
    """Draws from a normal distribution with a mean and a standard deviation, which must be 0 or more."""
    if not std >= 0:
        raise ArgumentError(f"normal_: the standard deviation must be 0 or more, not {std}")
    return _write(tensor, _normal(tensor, generator) * std + mean)


def trunc_normal_(
    tensor: T,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    *,
    generator: Generator | None = None,
) -> T:
    """Draws from a normal distribution between `a` and `b`: values outside are drawn again."""
    if not a < b:
        raise ArgumentError(f"trunc_normal_: a must be below b, but a is {a} and b is {b}")
    if (b - mean) * (mean - a) < 0 and min(abs(b - mean), abs(a - mean)) > 4 * std:
        raise ArgumentError(
            f"trunc_normal_: hardly any value of a normal with mean {mean} and std {std} lies between {a} and {b}"
        )
    values = _normal(tensor, generator) * std + mean
    outside = (values < a) | (values > b)
    while bool(outside.any()):
        again = _normal(tensor, generator) * std + mean
        values[outside] = again[outside]
        outside = (values < a) | (values > b)
    return _write(tensor, values)


def xavier_uniform_(tensor: T, gain: float = 1.0, *, generator: Generator | None = None) -> T:
    """Draws uniformly within ±gain·√(6 / (fan_in + fan_out)).

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.
    """
    bound = gain * math.sqrt(6.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator=generator)


def xavier_normal_(tensor: T, gain: float = 1.0, *, generator: Generator | None = None) -> T:
    """Draws normally with standard deviation gain·√(2 / (fan_in + fan_out)).

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))), generator=generator)


def kaiming_uniform_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    generator: Generator | None = None,
) -> T:
    """Draws uniformly within ±gain·√(3 / fan), with the gain of the activation that follows.

    `a` is the negative slope of a leaky ReLU; `mode` "fan_in" keeps the size of signals, "fan_out" of gradients.
    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015.
    """
    fan = _fan(tensor, mode)
    if fan == 0:
        return tensor
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3.0 / fan)
    return uniform_(tensor, -bound, bound, generator=generator)


def kaiming_normal_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    generator: Generator | None = None,
) -> T:
    """Draws normally with standard deviation gain / √fan, with the gain of the activation that follows.

    `a` is the negative slope of a leaky ReLU; `mode` "fan_in" keeps the size of signals, "fan_out" of gradients.
    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015.
    """
    fan = _fan(tensor, mode)
    if fan == 0:
        return tensor
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(fan), generator=generator)


def orthogonal_(tensor: T, gain: float = 1, *, generator: Generator | None = None) -> T:
    """Rows (or columns, if they are fewer) orthogonal to one another and of length `gain`; later axes are one.

    Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks, ICLR 2014 (arXiv 1312.6120).
    """
    check_tensor("orthogonal_", tensor)
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_ is for weights with 2 axes or more, not of shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    if rows * columns == 0:
        return tensor
    drawn = np.asarray(_normal(tensor, generator), dtype=np.float64).reshape(rows, columns)
    q, r = np.linalg.qr(drawn.T if rows < columns else drawn)
    # QR leaves each column's sign open; with R's diagonal positive the matrix is uniform over the orthogonal ones.
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    values = (q.T if rows < columns else q).reshape(tensor.shape) * gain
    return _write(tensor, _like(values, tensor))


def sparse_(tensor: T, sparsity: float, std: float = 0.01, *, generator: Generator | None = None) -> T:
    """Makes the share `sparsity` of each column 0, at random places, and draws the others normally around 0.

    Martens, Deep learning via Hessian-free optimization, ICML 2010.
    """
    check_tensor("sparse_", tensor)
    if tensor.ndim != 2:
        raise ShapeError(f"sparse_ is for matrices, not for shape {tensor.shape}")
    values = np.asarray(_normal(tensor, generator)) * std
    zeros = math.ceil(sparsity * tensor.shape[0])
    # The rows in a random order of their own for each column: where random keys sort to.
    order = np.argsort(np.asarray(_uniform(tensor, 0.0, 1.0, generator)), axis=0)
    np.put_along_axis(values, order[:zeros], 0, axis=0)
    return _write(tensor, _like(values, tensor))


def _uniform(tensor: Tensor, a: float, b: float, generator: Generator | None) -> np.ndarray:
    check_tensor("an initialiser", tensor)
    drawn = random.sample("uniform", tensor.shape, _drawn_dtype(tensor), generator)
    return drawn * (b - a) + a  # type: ignore[no-any-return]


def _normal(tensor: Tensor, generator: Generator | None) -> np.ndarray:
    check_tensor("an initialiser", tensor)
    return random.sample("normal", tensor.shape, _drawn_dtype(tensor), generator)  # type: ignore[no-any-return]


def _drawn_dtype(tensor: Tensor) -> np.dtype:
    return np.dtype("float64" if str(tensor.dtype).endswith("float64") else "float32")


def _like(values: np.ndarray, tensor: Tensor) -> object:
    return namespace(tensor.array).asarray(values, dtype=tensor.dtype)
