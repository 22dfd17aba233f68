"""Files that people write by hand: programs and notebooks, which nothing is ever saved over."""

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
    """Whether a name, or that of the file which it leads to by links, ends as a program's source does."""
    return any(os.path.splitext(name)[1].lower() in _ENDINGS for name in (path, os.path.realpath(path)))
