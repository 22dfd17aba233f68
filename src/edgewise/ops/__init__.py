"""All operations, a file for each family. Each is declared once: a forward, and one derivative for each input."""

from . import accurate as accurate
