"""The error of printing JavaScript."""

from __future__ import annotations

from ...graph.errors import EdgewiseError
from ...program import Value


class JavaScriptError(EdgewiseError, ValueError):
    """A Program has something that JavaScript can't hold or do.

    Attributes
    ----------
    value:
        Which value of the Program it is about, so that whoever knows the graph can name the operation.
    primitive:
        What would have given the value; empty for inputs and constants.
    """

    def __init__(self, message: str, value: Value, primitive: str = "") -> None:
        super().__init__(message)
        self.value = value
        self.primitive = primitive
