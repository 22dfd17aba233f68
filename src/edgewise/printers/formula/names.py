"""Prepares the user's names for formulas: subscripts, and characters that are safe to show."""

from __future__ import annotations

import re

LONGEST = 40
"""The most letters of a name; a longer one is shortened in the middle."""


def printable(name: str) -> str:
    """Replaces invisible characters of a name, and shortens a very long one."""
    if len(name) > LONGEST:
        name = f"{name[: LONGEST // 2]}…{name[1 - LONGEST // 2 :]}"
    if name.isprintable():
        return name
    return "".join(letter if letter.isprintable() else "�" for letter in name)


HAT = "\N{COMBINING CIRCUMFLEX ACCENT}"
"""Stands above a letter, as in x̂."""

_NUMBERED = re.compile(rf"((?:[^\W\d_]+[ -])*[^\W\d_]+{HAT}?′{{0,3}})(\d{{1,4}}(?:\.\d{{1,4}})*)")


def parts_of(name: str) -> tuple[str, str]:
    """Splits a name into letters and the digits after them, its subscript: ("W", "2"). Paths such as 2.1 count too."""
    match = _NUMBERED.fullmatch(name) if name[-1:].isdecimal() else None
    return (match[1], match[2]) if match else (name, "")


_LABELLED = re.compile(rf"([^\W\d_]{HAT}?)_([A-Za-z]{{1,4}})(\d*′?)")


def labelled_parts(name: str) -> tuple[str, str] | None:
    """Splits the name of one letter with a label: ("W", "ii") for W_ii; None for other names."""
    match = _LABELLED.fullmatch(name)
    return (match[1], match[2] + match[3]) if match else None


GREEK = {
    letter: f"\\{name}"
    for letter, name in {
        "α": "alpha",
        "β": "beta",
        "γ": "gamma",
        "δ": "delta",
        "ε": "varepsilon",
        "ζ": "zeta",
        "η": "eta",
        "θ": "theta",
        "ι": "iota",
        "κ": "kappa",
        "λ": "lambda",
        "μ": "mu",
        "ν": "nu",
        "ξ": "xi",
        "π": "pi",
        "ρ": "rho",
        "σ": "sigma",
        "τ": "tau",
        "υ": "upsilon",
        "φ": "varphi",
        "χ": "chi",
        "ψ": "psi",
        "ω": "omega",
        "Γ": "Gamma",
        "Δ": "Delta",
        "Θ": "Theta",
        "Λ": "Lambda",
        "Ξ": "Xi",
        "Φ": "Phi",
        "Ψ": "Psi",
        "Ω": "Omega",
    }.items()
}
"""LaTeX's command for each Greek letter."""
