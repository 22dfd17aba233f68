"""Recording arrays: they follow the Array API standard, and record every step that is computed with them."""

from __future__ import annotations

import operator
import threading
from collections.abc import Hashable
from functools import cache
from typing import Any

import numpy as np

from ..graph.source import user_line
from ..ops.accurate import NUMPY
from ..ops.random import Generator
from .elements_at import At, split_key
from .errors import RecordingError
from .fragments import Uncomputed, UnlikeError, exact
from .functions import FUNCTIONS, LINALG_FUNCTIONS, SHAPED_BY_VALUES, UNRECORDED
from .operators import Operators
from .primitives import BINARY, PRIMITIVES, RANDOM, UNARY, VIEWS
from .program import Operand, Step, Value, sample


@cache
def dtype_name(dtype: np.dtype[Any]) -> str:
    """Returns ``float32`` and the like, cached, since NumPy is slow at it."""
    return dtype.name


_numpy_dtype = cache(np.dtype)


class Recorder:
    """Collects the steps of one recording.

    Every recording array has an example: its value for the examples of the recording. So its shape and dtype are known,
    functions can read values, and NumPy computes the example of each result.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.constants: dict[Value, Any] = {}
        self.looked_at: list[str] = []
        self.looks = 0
        self.closed = False
        self.allowed_optimisers: set[int] = set()
        self._constant_of: dict[int, tuple[Any, Value]] = {}
        self._generator = Generator(0)
        self._results: dict[Hashable, tuple[tuple[int, ...], str]] = {}

    def array(self, value: Value, uncomputed: Uncomputed) -> RecordingArray:
        """Makes a recording array of a result that was not computed."""
        return RecordingArray(self, value, None, uncomputed)

    def new(self, example: Any, name: str = "") -> RecordingArray:
        """Makes a recording array for an argument."""
        example = np.asarray(example)
        return RecordingArray(self, Value(example.shape, dtype_name(example.dtype), name), example)

    def number(self, example: float, name: str = "") -> RecordingArray:
        """Makes a recording array for a number, which takes the dtype of arrays, as Python's numbers do in NumPy."""
        recorded = self.new(np.float64(example), name)
        recorded.is_number = True
        return recorded

    def constant(self, array: Any) -> RecordingArray:
        """Makes a recording array for an array from outside; its value is reused while that array is unchanged."""
        found = self._constant_of.get(id(array))
        if found is None or not np.array_equal(self.constants[found[1]], array):
            found = self._constant_of[id(array)] = (array, self.new_constant(np.array(array)).value)
        return RecordingArray(self, found[1], self.constants[found[1]])

    def new_constant(self, array: Any) -> RecordingArray:
        """Makes a recording array for an array that nobody changes."""
        recorded = self.new(array)
        self.constants[recorded.value] = recorded.example
        return recorded

    def step(self, primitive: str, *operands: Any, **params: Any) -> RecordingArray:
        """Records a step, and returns the recording array of its result."""
        if self.closed:
            raise RecordingError(_CLOSED)
        inputs = [self.operand(operand) for operand in operands]
        arrays = [x for x in inputs if isinstance(x, RecordingArray)]
        strong = [x.dtype for x in arrays if not x.is_number]
        if strong and len(strong) < len(arrays):
            meeting = np.result_type(*strong).name
            inputs = [
                self._number_as(meeting, x) if isinstance(x, RecordingArray) and x.is_number else x for x in inputs
            ]
        values: tuple[Operand, ...] = tuple(x.value if isinstance(x, RecordingArray) else x for x in inputs)
        recorded = self._result(primitive, inputs, values, params)
        recorded.is_view = primitive in VIEWS
        recorded.is_number = bool(arrays) and not strong
        self.steps.append(Step(primitive, values, params, recorded.value))
        return recorded

    def _result(
        self, primitive: str, inputs: list[Any], values: tuple[Operand, ...], params: dict[str, Any]
    ) -> RecordingArray:
        """Makes a recording array for the result of a step.

        Its example waits if one of an operand does.
        """
        arrays = [x for x in inputs if isinstance(x, RecordingArray)]
        if any(x.is_waiting for x in arrays):
            value = Value(*self._kind_of_result(primitive, values, params))
            return self.array(value, Uncomputed(self, [Step(primitive, values, params, value)], arrays))
        examples = [x.example if isinstance(x, RecordingArray) else x for x in inputs]
        with np.errstate(all="ignore"):
            return self.new(np.asarray(PRIMITIVES[primitive](NUMPY, *examples, **params)))

    def _kind_of_result(
        self, primitive: str, operands: tuple[Operand, ...], params: dict[str, Any]
    ) -> tuple[tuple[int, ...], str]:
        """Returns the shape and dtype of a step's result, which are found out once for each kind of operands."""
        try:
            kind = (
                primitive,
                tuple((x.shape, x.dtype) if isinstance(x, Value) else exact(x) for x in operands),
                exact(params),
            )
        except UnlikeError:
            kind = None
        found = self._results.get(kind)
        if found is None:
            samples = [sample(x, primitive) for x in operands]
            with np.errstate(all="ignore"):
                result = np.asarray(PRIMITIVES[primitive](NUMPY, *samples, **params))
            found = result.shape, dtype_name(result.dtype)
            if kind is not None:
                self._results[kind] = found
        return found

    def _number_as(self, dtype: str, number: RecordingArray) -> RecordingArray:
        cast = self.new(number.example.astype(dtype))
        self.steps.append(Step("cast", (number.value,), {"dtype": dtype}, cast.value))
        return cast

    def draw(self, **params: Any) -> RecordingArray:
        """Records a random draw with the parameters of ops.random.draw(). The user's generators don't advance."""
        if self.closed:
            raise RecordingError(_CLOSED)
        recorded = self.new(PRIMITIVES[RANDOM](NUMPY, **params, generator=self._generator))
        self.steps.append(Step(RANDOM, (), params, recorded.value))
        return recorded

    def operand(self, operand: Any) -> Any:
        """Returns a step's argument as a recording array or a number."""
        if isinstance(operand, RecordingArray):
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
    "an array of a finished recording is used. The recorded function changed something outside the recording: "
    "pass a module or tensors that it changes as parameters=, and an optimiser as state="
)


class _Running(threading.local):
    """The active recorders of a thread, innermost last."""

    def __init__(self) -> None:
        self.recorders: list[Recorder] = []


running = _Running()


class _Namespace:
    """The namespace of recording arrays: the active recorder records each call."""

    def __init__(self, functions: dict[str, Any], unrecorded: list[str]) -> None:
        self._functions = functions
        self._unrecorded = unrecorded

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._unrecorded:
            found = getattr(np, name)
        elif name in self._functions:
            found = _recording(self._functions[name])
        elif name in SHAPED_BY_VALUES:
            raise RecordingError(
                f"{name}: the shape of its result depends on values, so it can't be part of a Program. Use functions "
                "of fixed shape instead, as ew.where(mask, x, 0) for x[mask]"
            )
        else:
            raise AttributeError(f"{name} can't be part of a Program: it is not in the Array API standard")
        setattr(self, name, found)
        return found


def _recording(function: Any) -> Any:
    def call(*arguments: Any, **params: Any) -> Any:
        if not running.recorders:
            raise RecordingError(_CLOSED)
        recorder = running.recorders[-1]
        return function(
            recorder, *[recorder.constant(x) if isinstance(x, np.ndarray) else x for x in arguments], **params
        )

    return call


NAMESPACE: Any = _Namespace(FUNCTIONS, UNRECORDED)
NAMESPACE.linalg = _Namespace(LINALG_FUNCTIONS, [])


class RecordingArray(Operators):
    """An array of a Program that is being recorded."""

    __slots__ = ("__weakref__", "_example", "is_number", "is_view", "recorder", "uncomputed", "value")

    recorder: Recorder

    __hash__ = object.__hash__

    def __init__(self, recorder: Recorder, value: Value, example: Any, uncomputed: Uncomputed | None = None) -> None:
        self.recorder = recorder
        self.value = value
        self._example = example
        self.uncomputed = uncomputed
        self.is_view = False
        self.is_number = False

    @property
    def example(self) -> Any:
        """Its value for the examples of the recording."""
        if self.uncomputed is not None:
            self._example, self.uncomputed = self.uncomputed.example(self.value), None
        return self._example

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has computed its example yet."""
        return self.uncomputed is not None

    @property
    def blank(self) -> Any:
        """An array of its shape and dtype, of zeros that take no memory."""
        return np.broadcast_to(np.zeros((), self.dtype), self.value.shape)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        del api_version
        return NAMESPACE

    def alias(self) -> RecordingArray:
        """Returns another array of the same value. A write to one leaves the other unchanged."""
        other = RecordingArray(self.recorder, self.value, self._example, self.uncomputed)
        other.is_number = self.is_number
        return other

    def admit(self, optimiser: Any) -> None:
        """Raises RecordingError if an optimiser that is not in `state` is about to use a recorded gradient."""
        if id(optimiser) not in self.recorder.allowed_optimisers:
            raise RecordingError(
                f"{type(optimiser).__name__} takes a step while a function is recorded without it: pass "
                "the optimiser as state="
            )

    def from_foreign(self, array: Any) -> Any:
        """Converts another library's array to a constant."""
        if self.recorder.closed:
            raise RecordingError(_CLOSED)
        return self.recorder.operand(array)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **params: Any) -> RecordingArray:
        """Records NumPy's own elementwise functions on recording arrays, as in ``numpy_array * recorded``."""
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
        """The dtype, as NumPy's."""
        return _numpy_dtype(self.value.dtype)

    @property
    def device(self) -> str:
        """The device: always the processor."""
        return "cpu"

    @property
    def T(self) -> RecordingArray:  # noqa: N802
        """The axes in reverse."""
        return self.recorder.step("permute", self, axes=tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> RecordingArray:  # noqa: N802
        """The last two axes exchanged."""
        first = tuple(range(self.ndim - 2))
        return self.recorder.step("permute", self, axes=(*first, self.ndim - 1, self.ndim - 2))

    @property
    def at(self) -> At:
        """Gives ``x.at[key].set(values)`` and ``.add(values)``: new arrays with elements replaced or added to."""
        return At(self)

    def __getitem__(self, key: Any) -> RecordingArray:
        form, indices = split_key(key)
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
        self.value, self._example, self.uncomputed = changed.value, changed._example, changed.uncomputed

    def _read_value(self) -> Any:
        self.recorder.looks += 1
        place = user_line()
        if place not in self.recorder.looked_at:
            self.recorder.looked_at.append(place)
        return self.example

    def __bool__(self) -> bool:
        return bool(self._read_value())

    def __int__(self) -> int:
        return int(self._read_value())

    def __float__(self) -> float:
        return float(self._read_value())

    def __index__(self) -> int:
        return operator.index(self._read_value())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        del dtype, copy
        raise RecordingError(
            "a recording array can't become a NumPy array: its values are known only when the Program runs. Leave out "
            "numpy() and printing while recording; x.item() may be looked at"
        )

    def __len__(self) -> int:
        return self.value.shape[0]

    def __repr__(self) -> str:
        return f"RecordingArray({self.value.kind})"


_NAMES = {getattr(np, name): name for name in (*UNARY, *BINARY, "matmul") if hasattr(np, name)}
"""The primitive of each NumPy function that is one."""
