"""The errors that stop a training."""

from __future__ import annotations

from ..graph.errors import EdgewiseError


class TrainingError(EdgewiseError, ValueError):
    """An argument of a training that can't work, or doesn't fit the others."""


class NonFiniteLossError(EdgewiseError, ArithmeticError):
    """The loss became NaN or infinite."""
