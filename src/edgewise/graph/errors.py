"""The errors that Edgewise raises.

In PyTorch most mistakes are ``RuntimeError``, in NumPy ``ValueError``, ``TypeError`` or ``IndexError``. Each error here
can be caught as either.
"""

from __future__ import annotations


class EdgewiseError(Exception):
    """Base of every error that Edgewise raises on purpose."""


class ShapeError(EdgewiseError, ValueError, RuntimeError):
    """Shapes or axes that an operation can't work with."""


class ArgumentError(EdgewiseError, ValueError, RuntimeError):
    """A value that an argument can't have."""


class DTypeError(EdgewiseError, TypeError, RuntimeError):
    """A dtype that an operation can't work with."""


class IndexingError(EdgewiseError, IndexError, RuntimeError):
    """An index or an axis out of range."""


class GradientError(EdgewiseError, RuntimeError):
    """A backward pass that can't be run as asked."""


class InPlaceError(GradientError):
    """A write into a tensor that would make, or has made, a recorded graph wrong."""


class AnomalyError(GradientError):
    """The first NaN or infinity, found by anomaly detection."""


class GradcheckError(GradientError, AssertionError):
    """A derivative that disagrees with central differences, or with itself."""
