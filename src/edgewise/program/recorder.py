"""Recording arrays: they follow the Array API standard, and note down every step that is done with them."""

from __future__ import annotations

import operator
import threading
from typing import Any

import numpy as np

from ..graph.source import user_line
from ..ops.accurate import NUMPY
from ..ops.random import Generator
from .errors import RecordingError
from .functions import FUNCTIONS, LINALG_FUNCTIONS, PLAIN, SHAPED_BY_VALUES
from .operators import Operators
from .primitives import BINARY, INDEX, PRIMITIVES, RANDOM, UNARY, VIEWS
from .program import Operand, Step, Value


class Recorder:
    """Collects the steps of one recording.

    Every recording array has an example, the value for the examples that recording was started with. So shapes and
    dtypes are known, functions may look at values, and NumPy says what each step gives.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.constants: dict[Value, Any] = {}
        self.looked_at: list[str] = []
        self.closed = False
        self.admitted: set[int] = set()
        self._constant_of: dict[int, tuple[Any, Recorded]] = {}
        self._generator = Generator(0)

    def new(self, example: Any, name: str = "") -> Recorded:
        """A recording array for an argument."""
        example = np.asarray(example)
        return Recorded(self, Value(example.shape, example.dtype.name, name), example)

    def number(self, example: float, name: str = "") -> Recorded:
        """For an argument that is a number: with arrays it takes their dtype, as Python's numbers do in NumPy."""
        recorded = self.new(np.float64(example), name)
        recorded.is_number = True
        return recorded

    def constant(self, array: Any) -> Recorded:
        """A recording array for an array that the function brought along; the same value until that is written."""
        found = self._constant_of.get(id(array))
        if found is None or not np.array_equal(found[1].example, array):
            recorded = self.new(np.array(array))
            self.constants[recorded.value] = recorded.example
            found = self._constant_of[id(array)] = (array, recorded)
        return found[1].copied()

    def step(self, primitive: str, *operands: Any, **params: Any) -> Recorded:
        """Notes down a step and gives the array that stands for its result."""
        if self.closed:
            raise RecordingError(_CLOSED)
        taken = [self.operand(operand) for operand in operands]
        arrays = [x for x in taken if isinstance(x, Recorded)]
        strong = [x.dtype for x in arrays if not x.is_number]
        if strong and len(strong) < len(arrays):
            meeting = np.result_type(*strong).name
            taken = [self._number_as(meeting, x) if isinstance(x, Recorded) and x.is_number else x for x in taken]
        examples = [x.example if isinstance(x, Recorded) else x for x in taken]
        with np.errstate(all="ignore"):
            result = np.asarray(PRIMITIVES[primitive](NUMPY, *examples, **params))
        recorded = self.new(result)
        recorded.is_view = primitive in VIEWS
        recorded.is_number = bool(arrays) and not strong
        values: tuple[Operand, ...] = tuple(x.value if isinstance(x, Recorded) else x for x in taken)
        self.steps.append(Step(primitive, values, params, recorded.value))
        return recorded

    def _number_as(self, dtype: str, number: Recorded) -> Recorded:
        cast = self.new(number.example.astype(dtype))
        self.steps.append(Step("cast", (number.value,), {"dtype": dtype}, cast.value))
        return cast

    def draw(self, **params: Any) -> Recorded:
        """Notes down that random numbers are drawn, as ops.random.draw() is told; no generator of the user's moves."""
        if self.closed:
            raise RecordingError(_CLOSED)
        recorded = self.new(PRIMITIVES[RANDOM](NUMPY, **params, generator=self._generator))
        self.steps.append(Step(RANDOM, (), params, recorded.value))
        return recorded

    def operand(self, operand: Any) -> Any:
        """A recording array or a number for what a step is given."""
        if isinstance(operand, Recorded):
            if operand.recorder is not self:
                raise RecordingError(_CLOSED if operand.recorder.closed else _MIXED)
            return operand
        if operand is None or type(operand) in (bool, int, float):
            return operand
        if isinstance(operand, np.generic):
            return operand.item()
        return self.constant(operand)


_MIXED = "an array of another recording can't be used in this one: record one function at a time"
_CLOSED = (
    "an array of a finished recording is used. The recorded function changed something that it was not told of: "
    "pass a module or tensors that it changes as parameters=, and an optimiser as state="
)


class _Running(threading.local):
    """The recorder of the recording that goes on in a thread, innermost last."""

    def __init__(self) -> None:
        self.recorders: list[Recorder] = []


running = _Running()


class _Namespace:
    """The namespace of recording arrays: what is called is noted down by the recording that goes on."""

    def __init__(self, functions: dict[str, Any], plain: list[str]) -> None:
        self._functions = functions
        self._plain = plain

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._plain:
            found = getattr(np, name)
        elif name in self._functions:
            found = _noting(self._functions[name])
        elif name in SHAPED_BY_VALUES:
            raise RecordingError(
                f"{name}: the shape of its result depends on values, so it can't be part of a Program. Use functions "
                "of fixed shape instead, as ew.where(mask, x, 0) for x[mask]"
            )
        else:
            raise AttributeError(f"{name} can't be part of a Program: it is not in the Array API standard")
        setattr(self, name, found)
        return found


def _noting(function: Any) -> Any:
    def call(*arguments: Any, **params: Any) -> Any:
        if not running.recorders:
            raise RecordingError(_CLOSED)
        recorder = running.recorders[-1]
        return function(
            recorder, *[recorder.constant(x) if isinstance(x, np.ndarray) else x for x in arguments], **params
        )

    return call


NAMESPACE: Any = _Namespace(FUNCTIONS, PLAIN)
NAMESPACE.linalg = _Namespace(LINALG_FUNCTIONS, [])


class Recorded(Operators):
    """An array of a Program that is being recorded."""

    __slots__ = ("__weakref__", "example", "is_number", "is_view", "recorder", "value")

    recorder: Recorder

    __hash__ = object.__hash__

    def __init__(self, recorder: Recorder, value: Value, example: Any) -> None:
        self.recorder = recorder
        self.value = value
        self.example = example
        self.is_view = False
        self.is_number = False

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        del api_version
        return NAMESPACE

    def copied(self) -> Recorded:
        """Another array of the same value, so that writing into one leaves the other."""
        other = Recorded(self.recorder, self.value, self.example)
        other.is_number = self.is_number
        return other

    def admit(self, optimiser: Any) -> None:
        """Asked by an optimiser before it changes anything for a recorded gradient."""
        if id(optimiser) not in self.recorder.admitted:
            raise RecordingError(
                f"{type(optimiser).__name__} takes a step while a function is recorded that was not told of it: pass "
                "the optimiser as state="
            )

    def from_foreign(self, array: Any) -> Any:
        """What another library's array is among recording arrays: a constant."""
        if self.recorder.closed:
            raise RecordingError(_CLOSED)
        return self.recorder.operand(array)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **params: Any) -> Recorded:
        """NumPy's own elementwise functions on recording arrays, as in ``numpy_array * recorded``."""
        if params.get("out") is not None:
            raise RecordingError(
                "an array that this recording does not know would be changed in place. Pass its tensor or module as "
                "parameters=, an optimiser as state="
            )
        name = _NAMES.get(ufunc)
        if name is None or method != "__call__" or params:
            raise RecordingError(f"numpy.{ufunc.__name__} can't be part of a Program: use the function of edgewise")
        return self.recorder.step(name, *inputs)

    @property
    def shape(self) -> tuple[int, ...]:
        """Size along each axis."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.value.shape)

    @property
    def dtype(self) -> Any:
        """The dtype, as NumPy has it."""
        return self.example.dtype

    @property
    def device(self) -> str:
        """Recorded on the processor."""
        return "cpu"

    @property
    def T(self) -> Recorded:  # noqa: N802
        """The axes in reverse."""
        return self.recorder.step("permute", self, axes=tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Recorded:  # noqa: N802
        """The last two axes exchanged."""
        first = tuple(range(self.ndim - 2))
        return self.recorder.step("permute", self, axes=(*first, self.ndim - 1, self.ndim - 2))

    @property
    def at(self) -> _At:
        """``x.at[key].set(values)`` and ``.add(values)``: a new array with elements replaced or added to."""
        return _At(self)

    def __getitem__(self, key: Any) -> Recorded:
        form, indices = _parsed(key)
        if indices:
            return self.recorder.step("gather", self, *indices, form=form)
        return self.recorder.step("slice", self, key=form)

    def __setitem__(self, key: Any, values: Any) -> None:
        if self.is_view:
            raise RecordingError(
                "a part or another shape of a tensor is written, which would change that tensor too; a Program has no "
                "shared memory. Write the tensor itself, as in x[0] = value, or make a new one"
            )
        changed = self.at[key].set(values)
        self.value, self.example = changed.value, changed.example

    def _look(self) -> Any:
        place = user_line()
        if place not in self.recorder.looked_at:
            self.recorder.looked_at.append(place)
        return self.example

    def __bool__(self) -> bool:
        return bool(self._look())

    def __int__(self) -> int:
        return int(self._look())

    def __float__(self) -> float:
        return float(self._look())

    def __index__(self) -> int:
        return operator.index(self._look())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        del dtype, copy
        raise RecordingError(
            "a recording array can't become a NumPy array: its values are known only when the Program runs. Leave out "
            "numpy() and printing while recording; x.item() may be looked at"
        )

    def __len__(self) -> int:
        return self.value.shape[0]

    def __repr__(self) -> str:
        return f"Recorded({self.value.kind})"


class _At:
    __slots__ = ("_array", "_key")

    def __init__(self, array: Recorded) -> None:
        self._array = array

    def __getitem__(self, key: Any) -> _At:
        self._key = key
        return self

    def set(self, values: Any) -> Recorded:
        """A copy with the elements replaced."""
        mask = self._mask_beside(values)
        if mask is not None:
            return self._array.recorder.step("where", mask, self._like_mine(values), self._array)
        form, indices = _parsed(self._key)
        return self._array.recorder.step("put", self._array, values, *indices, form=form)

    def add(self, values: Any) -> Recorded:
        """A copy with the elements added to; those picked several times sum."""
        array, recorder = self._array, self._array.recorder
        form, indices = _parsed(self._key)
        places = array.example[self._key_of_examples()]
        spread = NAMESPACE.broadcast_to(recorder.operand(values), places.shape)
        added = recorder.step("scatter_add", spread, *indices, form=form, shape=array.shape)
        if array.value in recorder.constants and not np.any(array.example):
            return added
        return recorder.step("add", array, added)

    def _mask_beside(self, values: Any) -> Any:
        """A mask that is the whole key, with axes of size 1 for those that it leaves out; None for any other key.

        Where the values are the same at each place of the mask, what is written has no shape that depends on values.
        """
        (mask,) = self._key if isinstance(self._key, tuple) and len(self._key) == 1 else (self._key,)
        rest = self._array.ndim - getattr(mask, "ndim", 0)
        if not isinstance(mask, Recorded) or str(mask.dtype) != "bool" or rest < 0 or np.ndim(_example(values)) > rest:
            return None
        whole = (*mask.shape, *(1,) * rest)
        if mask.ndim == 0 or tuple(self._array.shape[: mask.ndim]) != tuple(mask.shape):
            return None
        return NAMESPACE.reshape(mask, whole) if rest else mask

    def _like_mine(self, values: Any) -> Any:
        """The values in the dtype of what is written; a number of Python's takes that dtype anyway."""
        if getattr(values, "dtype", self._array.dtype) == self._array.dtype:
            return values
        return NAMESPACE.astype(self._array.recorder.operand(values), self._array.dtype)

    def _key_of_examples(self) -> Any:
        parts = self._key if isinstance(self._key, tuple) else (self._key,)
        return tuple(part.example if isinstance(part, Recorded) else part for part in parts)


def _example(values: Any) -> Any:
    return values.example if isinstance(values, Recorded) else values


def _parsed(key: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """The form of a key and its index arrays."""
    form: list[Any] = []
    indices = []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, Recorded) or (hasattr(part, "dtype") and not isinstance(part, np.generic)):
            if str(part.dtype) == "bool":
                places = NAMESPACE.nonzero(part)
                form += [INDEX] * len(places)
                indices += places
                continue
            form.append(INDEX)
            indices.append(part)
        else:
            form.append(part if part is None or part is Ellipsis or isinstance(part, slice) else operator.index(part))
    return tuple(form), indices


_NAMES = {getattr(np, name): name for name in (*UNARY, *BINARY, "matmul") if hasattr(np, name)}
"""NumPy's functions that are primitives."""
