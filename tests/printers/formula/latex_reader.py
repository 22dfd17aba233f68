"""Reads formulas in LaTeX: turns them into the plain text that `reader` computes."""

from __future__ import annotations

import re

from .reader import PLACES


def from_latex(text):
    """LaTeX as the line of text that means the same, with brackets wherever LaTeX has braces."""
    text = re.sub(r"\\in(?![a-z])", "∈", text)
    for command, sign in _COMMANDS.items():
        text = text.replace(command, sign)
    text = re.sub(r"\\hat\{(\w)\}", "\\1\u0302", text)
    text = re.sub(r"\\operatorname\{([^{}]*)\}", lambda found: found[1].replace(r"\_", "_"), text)
    text = re.sub(r"_\{\\text\{((?:ax|so far|from here|others)[^{}]*)\}\}", r"[\1]", text)
    text = re.sub(r"\\text\{([^{}]*)\}", lambda found: found[1].replace(r"\_", "_"), text)
    text = re.sub(r"_\{(\d+)\}", lambda found: found[1].translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")), text)
    text = re.sub(rf"_\{{([^{{}}]* = (?:{'|'.join(PLACES)}))\}}", r"[\1]", text)
    text = text.replace(r"\{", "").replace("^{ᵀ}", "ᵀ").replace("^{+}", "⁺")
    text = re.sub(r"(\d) · 10\^\{(-?\d+)\}", r"\1e\2", text)
    text = re.sub(r"\b10\^\{(-?\d+)\}", r"1e\1", text)
    text = re.sub(r"(?<!\de)-", "−", text)
    while r"\begin{cases}" in text:
        text = re.sub(r"\\begin\{cases\}((?:(?!\\begin).)*?)\\end\{cases\}", _cases_in_line, text)
    text = text.replace(r"\frac", "√frac")
    return _without_braces(text)


def _cases_in_line(found):
    return "⟨" + found[1].replace(" & ", " ").replace(r" \\ ", "; ") + "⟩"


def _without_braces(text):
    """Brackets for braces; a fraction's two are a quotient."""
    out, at = [], 0
    while at < len(text):
        if text.startswith("√frac", at):
            above, at = _group(text, at + 5)
            below, at = _group(text, at)
            out.append(f"(({_without_braces(above)})/({_without_braces(below)}))")
        elif text[at] == "{":
            inside, at = _group(text, at)
            out.append(f"({_without_braces(inside)})")
        else:
            out.append({"⟨": "{", "⟩": "}"}.get(text[at], text[at]))
            at += 1
    return "".join(out)


def _group(text, at):
    depth, start = 0, at + 1
    while True:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            return text[start : at - 1], at


_COMMANDS = {
    r"\left": "",
    r"\right": "",
    r"\lvert": "|",
    r"\rvert": "|",
    r"\lfloor": "⌊",
    r"\rfloor": "⌋",
    r"\lceil": "⌈",
    r"\rceil": "⌉",
    r"\cdot": "·",
    r"\odot": "⊙",
    r"\neq": "≠",
    r"\leq": "≤",
    r"\geq": "≥",
    r"\infty": "∞",
    r"\land": "∧",
    r"\lor": "∨",
    r"\oplus": "⊕",
    r"\dots": "…",
    r"\sum": "Σ",
    r"\prod": "Π",
    r"\top": "ᵀ",
    r"\pi": "π",
    r"\psi": "ψ",
    r"\Gamma": "Γ",
    r"\sigma": "σ",
    r"\mu": "μ",
    r"\sqrt": "√",
    r"\log_{2}": "log₂",
    r"\log_{10}": "log₁₀",
    **{
        rf"\{name}": name
        for name in [
            "arccos",
            "arcsin",
            "arctan",
            "cosh",
            "cos",
            "det",
            "exp",
            "log",
            "max",
            "min",
            "sinh",
            "sin",
            "tanh",
            "tan",
        ]
    },
}
