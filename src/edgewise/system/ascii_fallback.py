"""Text for outputs whose encoding lacks some of its characters, as that of a pipe on Windows does."""

from __future__ import annotations

import codecs

PLAIN = "edgewise.system.ascii_fallback"
"""The name of a way to handle errors of encoding: each character is shown by a plain one of the same width."""

_SAME = str.maketrans(
    "–—−─━╌╴╶╸╺│┃▏▕█▀▄▌▐▓▒░■·×‘’“”∂→←▶◀↓↑▲▼≥≤η…•✓µ₀₁₂₃₄₅₆₇₈₉ᵀ⊙Σσ√∞‖≠²³",
    "----------||||#########**''\"\"d><><v^^v><n.*+u0123456789T*Ssv8|#23",
)


def plain(text: str, encoding: str | None) -> str:
    """The text as an output of that encoding can show it."""
    encoding = encoding or "utf-8"
    return text.encode(encoding, PLAIN).decode(encoding)


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_SAME)
    return text.encode("ascii", "replace").decode("ascii"), error.end


codecs.register_error(PLAIN, _in_plain)
