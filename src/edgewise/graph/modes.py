"""The modes of a thread: recording, anomaly detection, the default dtype, and the module scope.

Every thread has its own, so threads can build graphs at the same time.
"""

from __future__ import annotations

import functools
import inspect
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .arguments import flag

if TYPE_CHECKING:
    from .observer import Observer

FUNCTION = "function"
"""The kind of scope that is one call of a function made of several operations."""

ACTIVATION_FUNCTION = "activation function"
"""The kind of scope that is one call of such a function which is an activation."""

DERIVATIVE_KINDS = ("derivative", "second derivative", "higher derivative")
"""The kinds of scope that hold the operations of a recorded backward pass, by its order.

The order is how many times its result is differentiated, and the last kind is for all orders from 3 on.
"""

FUNCTION_KINDS = frozenset({FUNCTION, ACTIVATION_FUNCTION})


class Scope:
    """One call of a module: its name in its parent, its type, and the scope around it.

    Or of a function that is made of several operations: its name, and `FUNCTION` or
    `ACTIVATION_FUNCTION` for its kind.

    `module` is a weak reference: a module that keeps a tensor of its own graph must not keep itself alive.
    """

    __slots__ = ("kind", "module", "name", "parent")

    def __init__(self, name: str, kind: str, parent: Scope | None, module: weakref.ref[Any] | None = None) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.module = module

    @property
    def path(self) -> str:
        """Dotted names from the outermost module to this one, such as ``"encoder.layers.0"``."""
        names: list[str] = []
        scope: Scope | None = self
        while scope is not None:
            if scope.name:
                names.append(scope.name)
            scope = scope.parent
        return ".".join(reversed(names))

    def __repr__(self) -> str:
        return f"Scope({self.path!r}, {self.kind})"


class DerivativeScope(Scope):
    """One recorded backward pass, from the outputs `of` back to the inputs `by`.

    Each is a list of weak references: to the tensor, and to what it was made from, as the sum of u stands for u.
    `order` is 1, and more if the pass goes through operations of another recorded one.
    """

    __slots__ = ("by", "of", "order")

    def __init__(self, of: Sequence[Any], by: Sequence[Any], parent: Scope | None) -> None:
        super().__init__(DERIVATIVE_KINDS[0], DERIVATIVE_KINDS[0], parent)
        self.order = 1
        self.of = [_references(edge) for edge in of]
        self.by = [_references(edge)[:1] for edge in by]

    def goes_through(self, scopes: Iterable[Scope | None]) -> None:
        """Counts the order of the pass, which goes through operations in these scopes."""
        for inner in scopes:
            while inner is not None:
                if isinstance(inner, DerivativeScope):
                    self.order = max(self.order, inner.order + 1)
                inner = inner.parent
        self.name = self.kind = DERIVATIVE_KINDS[min(self.order, len(DERIVATIVE_KINDS)) - 1]

    def tensors(self) -> list[Any]:
        """Returns the tensors that are still there."""
        alive = [reference() for references in (*self.of, *self.by) for reference in references]
        return [edge for edge in alive if edge is not None]


def _references(edge: Any) -> list[weakref.ref[Any]]:
    inputs = () if edge.operation is None else edge.inputs
    return [weakref.ref(one) for one in (edge, *inputs) if one is not None]


class Modes:
    """The modes of one thread, and the observers of its backward passes and updates: see observer.py."""

    __slots__ = ("anomaly", "default_dtype", "observers", "recording", "scope")

    def __init__(self) -> None:
        self.recording = True
        self.anomaly = False
        self.scope: Scope | None = None
        self.default_dtype = "float32"
        self.observers: tuple[Observer, ...] = ()


class _Thread(threading.local):
    def __init__(self) -> None:
        self.modes = Modes()


thread = _Thread()
"""``thread.modes`` are the modes of the calling thread."""


Function = TypeVar("Function", bound=Callable[..., Any])


class _Switch:
    """Sets one of this thread's modes for a block or for the calls of a function; nests and re-enters."""

    _name: str
    _value: bool

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(getattr(thread.modes, self._name))
        setattr(thread.modes, self._name, self._value)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        setattr(thread.modes, self._name, self._before.pop())

    def __call__(self, function: Function) -> Function:
        """Decorates a function: sets the mode for every call, or every step of a generator, in any thread."""
        steps = _wrap_generator if inspect.isgeneratorfunction(function) else _wrap_function
        return functools.wraps(function)(steps(function, self._fresh_switch))  # type: ignore[return-value]

    def _fresh_switch(self) -> _Switch:
        """Returns a new switch to the same value."""
        switch = _Switch()
        switch._name, switch._value = self._name, self._value
        return switch


def _wrap_function(function: Callable[..., Any], switch: Callable[[], _Switch]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with switch():
            return function(*args, **kwargs)

    return call


def _wrap_generator(function: Callable[..., Any], switch: Callable[[], _Switch]) -> Callable[..., Any]:
    # Between its steps the caller's modes hold, so each step sets the mode by itself.
    def generate(*args: Any, **kwargs: Any) -> Any:
        with switch():
            generator = function(*args, **kwargs)
        step = functools.partial(next, generator)
        while True:
            try:
                with switch():
                    value = step()
            except StopIteration as end:
                return end.value
            try:
                sent = yield value
            except GeneratorExit:
                with switch():
                    generator.close()
                raise
            except BaseException as error:
                step = functools.partial(generator.throw, error)
            else:
                step = functools.partial(generator.send, sent)

    return generate


class _Block(_Switch):
    """A switch to a fixed value, which needs no parentheses as a decorator."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)


class no_grad(_Block):
    """Stops recording: the results of operations inside don't require gradients.

    Use it as a context manager or a decorator::

        with ew.no_grad():
            weight -= 0.1 * weight.grad
    """

    _name, _value = "recording", False


class enable_grad(_Block):
    """Records operations inside, even within an outer :class:`no_grad`."""

    _name, _value = "recording", True


class inference_mode(_Switch):
    """Does the same as :class:`no_grad`; with ``mode=False``, the same as :class:`enable_grad`."""

    _name = "recording"

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        return cls()(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._value = not flag(type(self).__name__, "mode", mode)


class _Setting(_Switch):
    """A switch that acts at once, or as a context manager until the end of its block."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._value = flag(type(self).__name__, "mode", mode)
        self._at_start = getattr(thread.modes, self._name)
        setattr(thread.modes, self._name, self._value)

    def __enter__(self) -> None:
        self._before.append(self._at_start)
        setattr(thread.modes, self._name, self._value)

    def __call__(self, function: Function) -> Function:
        # As a decorator it acts on the calls, not on the line that decorates.
        setattr(thread.modes, self._name, self._at_start)
        return super().__call__(function)


class set_grad_enabled(_Setting):
    """Switches recording on or off, at once or as a context manager until the end of its block."""

    _name = "recording"

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)


class set_detect_anomaly(_Setting):
    """Switches anomaly detection on or off, at once or as a context manager until the end of its block."""

    _name = "anomaly"


class detect_anomaly(_Block):
    """Raises :class:`AnomalyError` at the first NaN or infinity inside, forward or backward.

    The error names the operation, the element, the values that made it and the line of your source.
    Every result is checked, so use it to find a fault, not to train.
    """

    _name, _value = "anomaly", True


def is_grad_enabled() -> bool:
    """Returns whether operations are recorded in this thread."""
    return thread.modes.recording


def is_anomaly_enabled() -> bool:
    """Returns whether anomaly detection is on in this thread."""
    return thread.modes.anomaly


@contextmanager
def derivative_scope(of: Sequence[Any], by: Sequence[Any], *, create_graph: bool) -> Iterator[None]:
    """Marks the operations of a recorded backward pass as belonging together; does nothing for one that is not."""
    modes = thread.modes
    if not create_graph:
        yield
        return
    outer = modes.scope
    modes.scope = DerivativeScope(of, by, outer)
    try:
        yield
    finally:
        modes.scope = outer
