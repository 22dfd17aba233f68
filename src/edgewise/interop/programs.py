"""Names of programs and notebooks, which Edgewise never overwrites."""

from __future__ import annotations

import os

_ENDINGS = frozenset(
    {".py", ".pyw", ".pyi", ".pyx", ".pxd", ".ipynb"}
    | {".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".cu", ".cuh", ".rs", ".go", ".java", ".kt", ".swift", ".cs"}
    | {".f90", ".jl", ".r", ".m", ".rb", ".pl", ".lua", ".php", ".sh", ".bash", ".zsh", ".fish", ".ps1", ".bat", ".cmd"}
    | {".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".css", ".vue", ".sql"}
    | {".tex", ".bib", ".md", ".rst", ".toml", ".ini", ".cfg", ".yaml", ".yml"}
)


def is_program(path: str) -> bool:
    """Returns whether a name, or the name of its link's target, ends like the source of a program."""
    return any(os.path.splitext(name)[1].lower() in _ENDINGS for name in (path, os.path.realpath(path)))
