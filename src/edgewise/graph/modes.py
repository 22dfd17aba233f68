"""What is switched on in this thread: recording, anomaly detection, and the module scope.

Every thread has modes of its own, so threads can build graphs side by side.
"""

from __future__ import annotations

import threading
from contextlib import ContextDecorator
from types import TracebackType


class Scope:
    """One call of a module: the module's name in its parent, its type, and the scope around it."""

    __slots__ = ("kind", "name", "parent")

    def __init__(self, name: str, kind: str, parent: Scope | None) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent

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


class Modes:
    """The switches of one thread."""

    __slots__ = ("anomaly", "default_dtype", "recording", "scope")

    def __init__(self) -> None:
        self.recording = True
        self.anomaly = False
        self.scope: Scope | None = None
        self.default_dtype = "float32"


class _Thread(threading.local):
    def __init__(self) -> None:
        self.modes = Modes()


thread = _Thread()
"""``thread.modes``: the switches of the thread that asks."""


class _Switch(ContextDecorator):
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


class no_grad(_Switch):
    """Operations inside are not recorded, so their results don't require gradients.

    Use it as a context manager or a decorator::

        with ew.no_grad():
            weight -= 0.1 * weight.grad
    """

    _name, _value = "recording", False


class enable_grad(_Switch):
    """Operations inside are recorded, also within an outer :class:`no_grad`."""

    _name, _value = "recording", True


class set_grad_enabled(_Switch):
    """Switches recording on or off: at once, and as a context manager until the end of its block."""

    _name = "recording"

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self._value = bool(mode)
        self._at_start = thread.modes.recording
        thread.modes.recording = self._value

    def __enter__(self) -> None:
        self._before.append(self._at_start)
        thread.modes.recording = self._value

    def __call__(self, function):  # type: ignore[no-untyped-def]
        # As a decorator it acts on the calls, not on the line that decorates.
        thread.modes.recording = self._at_start
        return super().__call__(function)


class set_detect_anomaly(_Switch):
    """Switches anomaly detection on or off: at once, and as a context manager until the end of its block."""

    _name = "anomaly"

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._value = bool(mode)
        self._at_start = thread.modes.anomaly
        thread.modes.anomaly = self._value

    def __enter__(self) -> None:
        self._before.append(self._at_start)
        thread.modes.anomaly = self._value


class detect_anomaly(_Switch):
    """Inside, the first NaN or infinity raises :class:`AnomalyError`, forward or backward.

    The error names the operation, the element, the values that made it and the line of your source.
    Every result is checked, so use it to find a fault, not to train.
    """

    _name, _value = "anomaly", True


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return thread.modes.recording


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on in this thread."""
    return thread.modes.anomaly
