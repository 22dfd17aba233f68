"""The errors of recording."""

from __future__ import annotations

from ..graph.errors import EdgewiseError


class ProgramError(EdgewiseError, ValueError):
    """A Program that is not well-formed, or arguments that do not fit it."""


class RecordingError(EdgewiseError, RuntimeError):
    """Something that can't be part of a Program."""
