"""The errors of recording."""

from __future__ import annotations

from ..graph.errors import EdgewiseError


class ProgramError(EdgewiseError, ValueError):
    """Raised for a Program that is not well-formed, or arguments that do not fit it."""


class RecordingError(EdgewiseError, RuntimeError):
    """Raised for something that can't be part of a Program."""
