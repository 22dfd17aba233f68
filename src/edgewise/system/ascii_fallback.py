"""Replaces characters that an output can't encode, such as a pipe on Windows."""

from __future__ import annotations

import codecs

PLAIN = "edgewise.system.ascii_fallback"
"""The name of an error handler for encodings: it replaces each character by a plain one of the same width."""

_SAME = str.maketrans(
    "–—−─━╌╴╶╸╺│┃▏▕█▀▄▌▐▓▒░■·×‘’“”∂→←▶◀↓↑▲▼≥≤η…•✓µ₀₁₂₃₄₅₆₇₈₉ᵀ⊙Σσ√∞‖≠²³",
    "----------||||#########**''\"\"d><><v^^v><n.*+u0123456789T*Ssv8|#23",
)


def encodable(text: str, encoding: str | None) -> str:
    """Returns the text with plain characters in place of those that the encoding lacks."""
    encoding = encoding or "utf-8"
    return text.encode(encoding, PLAIN).decode(encoding)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_SAME)
    return text.encode("ascii", "replace").decode("ascii"), error.end


codecs.register_error(PLAIN, _replace)
