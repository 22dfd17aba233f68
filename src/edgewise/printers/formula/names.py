"""The user's names in formulas: subscripts, and what makes a name safe to show."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 40
"""A name of more letters is shortened in the middle."""


def shown(name: str) -> str:
    """The name with what can't be seen replaced, and shortened if it is very long."""
    if len(name) > LONGEST:
        name = f"{name[: LONGEST // 2]}…{name[1 - LONGEST // 2 :]}"
    return "".join("�" if unicodedata.category(letter)[0] in "CZ" and letter != " " else letter for letter in name)


_NUMBERED = re.compile(r"([^\W\d_]+)(\d{1,4}(?:\.\d{1,4})*)")


def parts_of(name: str) -> tuple[str, str]:
    """A name of letters and the digits behind it, which are a subscript: ("W", "2"). They may be those of a path."""
    found = _NUMBERED.fullmatch(name) if name[-1:].isdecimal() else None
    return (found[1], found[2]) if found else (name, "")


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
