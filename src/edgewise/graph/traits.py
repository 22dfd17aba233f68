"""What an operation says of itself, so that pictures, pages, formulas and explanations need not know its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Kind = Literal[
    "",
    "activation",
    "probabilities",
    "layer",
    "matrix product",
    "multiplication",
    "addition",
    "arithmetic",
    "move",
    "transposition",
    "random mask",
    "classification",
]
"""What an operation is in a network:

- ``"activation"`` makes the output of neurons of their sums, as relu does; ``"probabilities"`` those of classes;
- ``"layer"`` multiplies inputs with weights and adds a bias, ``"matrix product"`` only multiplies;
- ``"multiplication"``, ``"addition"`` and other ``"arithmetic"`` work element by element;
- ``"move"`` gives the same numbers in another shape, ``"transposition"`` with the axes in another order;
- ``"random mask"`` multiplies with a random mask, its second input;
- ``"classification"`` picks from rows of scores, its first input, by the labels that are its second.
"""

ACTIVATIONS: frozenset[str] = frozenset({"activation", "probabilities"})
MOVES: frozenset[str] = frozenset({"move", "transposition"})
ARITHMETIC: frozenset[str] = frozenset({"addition", "multiplication", "arithmetic"})

Argument = tuple[tuple[int, ...], str] | float | int | bool | None
"""An array's shape and dtype, a plain number, or nothing."""

NOTHING: Mapping[str, str] = MappingProxyType({})


class Example:
    """Arguments that show an operation well.

    An input is a shape of float32 numbers, a shape with a dtype, or a plain number: ``Example((6, 5), ((6,), "int64"),
    axis=1)``. The keyword arguments are the operation's parameters, with their usual values.
    """

    def __init__(self, *inputs: tuple[int, ...] | Argument, **params: Any) -> None:
        self.inputs: tuple[Argument, ...] = tuple(map(_argument, inputs))
        self.params = params


def _argument(given: Any) -> Argument:
    is_shape = isinstance(given, tuple) and all(isinstance(size, int) for size in given)
    return (given, "float32") if is_shape else given


@dataclass(frozen=True, slots=True)
class Traits:
    """What an operation says of itself.

    Attributes
    ----------
    kind:
        What it is in a network, see :data:`Kind`.
    roles:
        What arguments are, by the names that the forward gives them: ``{"t": "target"}``. Pictures call an input so
        that has no name of its own. A parameter that is a ``"key"`` is written as in ``x[key]``.
    word:
        What pictures call it, and its results, where its name is one of code: "max pool".
    letter:
        What its results are called that have no name: ℓ for the loss of each sample.
    sign:
        What formulas write for it, such as σ; without one, its name.
    notation:
        How formulas write the whole where its code says less, by the name of a form that they know.
    gradients:
        The same for gradients, by the names of arguments.
    symbols:
        What formulas write for parameters that are numbers: ``{"beta": "β"}``. The example has their usual values. The
        letter for ``"y"`` is that of the result.
    indices:
        The letters that formulas of single elements have for the axes of an argument, of the result ``y``, or of the
        incoming gradient ``g``: ``{"x": "n c h w"}``.
    words:
        What the operation does, in a few words, by ``"y"``, and what each gradient is made of, by the argument's name.
    example:
        Arguments that explanations show it with.
    """

    kind: Kind = ""
    roles: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    word: str = ""
    letter: str = ""
    sign: str = ""
    notation: str = ""
    gradients: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    symbols: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    indices: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    words: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    example: Example | None = None


@dataclass(frozen=True)
class CallExample:
    """A small call that shows a module, or a function of several operations, well.

    Attributes
    ----------
    inputs:
        The shape of each input, by its letter.
    arguments, options:
        What the module is made with.
    results:
        The letters of the results.
    call:
        Calls the module or the function with the inputs; by default one after another.
    """

    inputs: Mapping[str, tuple[int, ...]]
    arguments: tuple[Any, ...] = ()
    results: tuple[str, ...] = ("y",)
    call: Callable[..., Any] = lambda function, *inputs: function(*inputs)
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class CompositeTraits:
    """What a module, or a function of several operations, says of itself.

    Attributes
    ----------
    example:
        A call that explanations show it with.
    others:
        More calls that say something else, by what they show: ``{"in evaluation": …}``.
    symbols:
        The letters that textbooks have for its parameters and buffers, by their names.
    part_symbols:
        What the names of parts of parameters begin with, such as the rows of a weight for one gate: ``W_i``.
    words:
        What it does, in a few words.
    """

    example: CallExample | None = None
    others: Mapping[str, CallExample] = field(default_factory=lambda: MappingProxyType({}))
    symbols: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    part_symbols: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    words: str = ""
