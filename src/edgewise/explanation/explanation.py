"""Explanations: passages of equations, shown as text, in a notebook, or as LaTeX."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from html import escape

from ..printers.formula.expression import Expression
from ..printers.formula.html import formula_style, to_html
from .equations import Equation, Passage, Remark

_MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline" style="line-height:1.1">'
_BARE = "<math>"


class Explanation:
    """An explanation of a gradient or an operation, in equations.

    Printed, it is text for a terminal. A notebook shows it as mathematics. `latex()` is for papers.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = list(passages)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
        return self.text(width)

    def text(self, width: int = 100) -> str:
        """Returns lines of at most `width` columns, if formulas can be broken so."""
        lines: list[str] = []
        for passage in self._passages:
            if lines:
                lines.append("")
            lines += [passage.heading, ""]
            tabular = any(isinstance(line, Equation) and (line.shape or line.value) for line in passage.lines)
            write = _table if tabular else _list
            lines += write(passage.lines, width)
        return "\n".join(lines)

    def latex(self) -> str:
        """Returns LaTeX: headings as text, equations in `align*` environments of amsmath."""
        parts: list[str] = []
        for passage in self._passages:
            parts.append(_latex_words(passage.heading) + ":")
            rows = []
            for line in passage.lines:
                if isinstance(line, Remark):
                    rows.append(rf"& \text{{{_latex_words(line.text)}}}")
                    continue
                left = "" if line.left is None else line.left.latex()
                sides = [side.latex() for side in line.sides] or [r"\ldots"]
                details = ", ".join(text for text in (line.shape, line.value) if text)
                words = rf" \quad\text{{({_latex_words(details)})}}" if details else ""
                rows.append(f"{left} &{_SIGNS[line.sign]} " + " = ".join(sides) + words)
            parts.append("\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}")
        return "\n".join(parts)

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_html_(self) -> str:
        parts = [f'<div style="overflow-x:auto;line-height:2"><style>{formula_style()}</style>']
        for passage in self._passages:
            parts.append(f'<div><b>{_escape(passage.heading)}</b></div><table style="width:100%">')
            for line in passage.lines:
                pad = f"padding-left:{0.5 + 1.5 * line.indent}em;text-align:left"
                if isinstance(line, Remark):
                    parts.append(f'<tr><td colspan="4" style="{pad}">{_escape(line.text)}</td></tr>')
                    continue
                details = "".join(
                    f'<td style="text-align:left;opacity:.8;{width}">{_escape(text)}</td>'
                    for text, width in ((line.shape, _NARROW), (line.value, _NARROW), (line.note, "width:100%"))
                )
                if sum(len(side.unicode()) for side in line.sides) > _LONG:
                    # A long equation has its own row, which scrolls, so that the numbers of other lines stay in sight.
                    scrolled = f'<div style="width:0;min-width:100%;overflow-x:auto">{_mathml(line)}</div>'
                    parts.append(f'<tr><td colspan="4" style="{pad}">{scrolled}</td></tr><tr><td></td>{details}</tr>')
                else:
                    parts.append(f'<tr><td style="{pad};{_NARROW}">{_mathml(line)}</td>{details}</tr>')
            parts.append("</table>")
        parts.append("</div>")
        return "".join(parts)


_LONG = 70
_NARROW = "white-space:nowrap"


def _mathml(line: Equation) -> str:
    pieces = [] if line.left is None else [_inside(line.left)]
    pieces += [side.mathml() for side in line.sides]
    opening = "<mo>=</mo>" if line.left is None and line.sides else ""
    equation = "<mo>=</mo>".join(pieces)
    if line.left is not None:
        equation = equation.replace("<mo>=</mo>", f"<mo>{line.sign}</mo>", 1)
    return to_html(f"{_BARE}<mrow>{opening}{equation}</mrow></math>").replace(_BARE, _MATH, 1)


def _inside(formula: Expression) -> str:
    return formula.mathml().removeprefix("<math>").removesuffix("</math>")


def _escape(text: str) -> str:
    return escape("".join(c if c >= " " else "\N{REPLACEMENT CHARACTER}" for c in text))


_SIGNS = {"=": "=", "←": r"\leftarrow"}
_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_LATEX |= {c: f"\\{c}" for c in "&%$#_{}"}
_LATEX |= {"∂": r"$\partial$", "→": r"$\rightarrow$", "−": r"$-$", "×": r"$\times$", "…": r"\ldots{}", "⋮": r"$\vdots$"}
_LATEX |= {chr(0x2080 + digit): f"$_{digit}$" for digit in range(10)} | {"∞": r"$\infty$", "·": r"$\cdot$", "′": "$'$"}


def _latex_words(text: str) -> str:
    return "".join(_LATEX.get(c, c) for c in text)


# As text -------------------------------------------------------------------------------------------------------------


def _list(lines: Sequence[Equation | Remark], width: int) -> list[str]:
    """Writes each equation on a line if it fits, else each of its sides on a line."""
    text_lines = []
    for line in lines:
        pad = "  " * (line.indent + 1)
        if isinstance(line, Remark):
            text_lines += _wrap(pad + line.text, width, pad)
            continue
        left = "" if line.left is None else line.left.unicode() + " "
        sides = [side.unicode() for side in line.sides]
        whole = pad + left + f"{line.sign} " + " = ".join(sides)
        if _display_width(whole) <= width:
            text_lines.append(whole)
        else:
            between = pad + " " * _display_width(left) + "= "
            for i, side in enumerate(sides):
                opening = pad + left + f"{line.sign} " if i == 0 else between
                text_lines += _wrap(opening + side, width, " " * min(_display_width(opening), width // 3))
        if line.note:
            text_lines += _wrap(f"{pad}  {line.note}", width, f"{pad}  ")
    return text_lines


def _table(lines: Sequence[Equation | Remark], width: int) -> list[str]:
    """Writes equations, shapes and values in columns."""
    formulas = []
    for line in lines:
        if isinstance(line, Remark):
            formulas.append("")
            continue
        left = "" if line.left is None else line.left.unicode() + " "
        sign = f"{line.sign} " if line.sides else ""
        formulas.append("  " * (line.indent + 1) + left + sign + " = ".join(side.unicode() for side in line.sides))
    shapes = [line.shape if isinstance(line, Equation) else "" for line in lines]
    shape_width = max(map(len, shapes), default=0)
    room = max(30, width - shape_width - 34)
    widest = max((w for formula in formulas if (w := _display_width(formula)) <= room), default=0)
    text_lines = []
    for line, formula, shape in zip(lines, formulas, shapes, strict=True):
        if isinstance(line, Remark):
            pad = "  " * (line.indent + 1)
            text_lines += _wrap(pad + line.text, width, pad)
            continue
        details = f"{shape:{shape_width}}  {line.value}".rstrip() if shape_width else line.value
        note = line.note
        if note and line.indent and details and _display_width(f"{details}  {note}") + widest + 2 <= width:
            details, note = f"{details}  {note}", ""
        gap = " " * max(2, widest + 2 - _display_width(formula))
        if not details:
            text_lines += _wrap(formula.rstrip(), width, "  " * (line.indent + 3))
        elif _display_width(formula) <= widest:
            text_lines.append(f"{formula}{gap}{details}".rstrip())
        else:
            text_lines += [*_wrap(formula, width, "  " * (line.indent + 3)), " " * (widest + 2) + details]
        if note:
            text_lines.append("  " * (line.indent + 2) + note)
    return text_lines


def _wrap(text: str, width: int, indent: str) -> list[str]:
    """Breaks a text into lines of at most `width` columns: before "where", and at spaces outside of keys."""
    if _display_width(text) <= width:
        return [text]
    lines: list[str] = []
    body, where, definitions = text.partition(", where ")
    for part in (body + where[:1], where[2:] + definitions) if where else (text,):
        line = "" if part is not text and lines else None
        for word in _WORDS.findall(part):
            if line is None:
                line = word
            elif not line.strip() or _display_width(f"{line}{word}".rstrip()) <= width:
                line = (line or indent) + word
            else:
                lines.append(line.rstrip())
                line = indent + word
        lines.append((line or "").rstrip())
    return lines


_WORDS = re.compile(r"(?:^ +)?(?:\[[^\]]*\]|[^ \[])+ *")


def _display_width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
