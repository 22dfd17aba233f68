"""The errors Edgewise raises, as few kinds as a caller may want to tell apart.

People come from PyTorch (where most mistakes are ``RuntimeError``) and from NumPy (where they are
``ValueError``, ``TypeError``, ``IndexError``): each kind here can be caught as either.
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
    """Writing into a tensor would make, or has made, a recorded graph wrong."""


class AnomalyError(GradientError):
    """Anomaly detection found the first NaN or infinity."""


class GradcheckError(GradientError, AssertionError):
    """A derivative disagrees with central differences, or with itself."""
