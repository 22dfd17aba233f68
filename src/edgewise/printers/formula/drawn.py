"""MathML for browsers without a font for mathematics, which draw neither roots nor tall brackets by themselves.

A root, and brackets around what is tall, become HTML within MathML's text: lines of SVG that grow with what is inside,
in the colour of the text. Whoever can't see them is told the signs. `page/mathml.js` does the same for the page.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from functools import cache
from html import escape
from importlib.resources import files
from xml.etree.ElementTree import Element

SURD = (
    '<svg aria-hidden="true"><svg y="100%" overflow="visible">'
    '<line x1=".07em" y1="-.42em" x2=".16em" y2="-.48em"/>'
    '<line class="ew-thick" x1=".16em" y1="-.48em" x2=".34em" y2="-.03em"/></svg>'
    '<line x1=".34em" y1="100%" x2=".66em" y2=".029em"/></svg>'
)
"""The sign before what a root is of: its hook stays as large as the letters are, its stroke reaches up to the bar."""

SIDES = {
    "(": "M9 0C-2 28-2 72 9 100",
    ")": "M1 0C12 28 12 72 1 100",
    "[": "M9 0H2V100H9",
    "]": "M1 0H8V100H1",
    "|": "M5 0V100",
    "‖": "M1 0V100M9 0V100",
    "⌊": "M2 0V100H9",
    "⌋": "M8 0V100H1",
    "⌈": "M9 0H2V100",
    "⌉": "M1 0H8V100",
    "{": "M9.5 0Q5 0 5 8V42Q5 50 .5 50Q5 50 5 58V92Q5 100 9.5 100",
}
"""Brackets in a field of 10 × 100, which is stretched to the height of what they are around."""

_TALL = ("mfrac", "mtable")


@cache
def style_of_formulas() -> str:
    """The style sheet of what is drawn."""
    return files(__package__).joinpath("drawn.css").read_text(encoding="utf-8")


def drawn(mathml: str) -> str:
    """Markup of a formula as HTML shows it on any machine."""
    return _markup(ElementTree.fromstring(mathml))


def _markup(element: Element) -> str:
    if element.tag == "msqrt":
        return _drawn("ew-root", SURD, "√(", f'<span class="ew-radicand">{_math(element)}</span>', ")")
    around = _brackets(element)
    if around is None:
        inside = escape(element.text or "", quote=False) + "".join(_flattened(element) or map(_markup, element))
        if element.tag == "mo":
            # Without a font for it some browsers stretch a bracket by a wrong size.
            element.attrib.setdefault("stretchy", "false")
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.items())
        return f"<{element.tag}{attributes}>{inside}</{element.tag}>"
    left, right = around
    inside = f"<span><math>{''.join(map(_markup, element[1 : len(element) - bool(right)]))}</math></span>"
    return _drawn("ew-fence", _side(left, "before"), left, inside, right, _side(right, "behind"))


def _flattened(element: Element) -> list[str]:
    """The parts of a fraction or a power with signs that are not displayed; none for other elements.

    Notebooks that are not trusted leave the text of a formula, but not what makes it two-dimensional.
    """
    if element.tag == "mfrac":
        top, bottom = map(_grouped, element)
        return [f"<mrow>{top}</mrow>", f"<mrow>{_flat('/')}{bottom}</mrow>"]
    if element.tag == "msup" and element[1].text not in ("⊤", "′"):
        return [_markup(element[0]), f"<mrow>{_flat('^')}{_grouped(element[1])}</mrow>"]
    if element.tag == "munder":
        return [_markup(element[0]), f"<mrow>{_flat('[')}{_markup(element[1])}{_flat('] ')}</mrow>"]
    return []


def _grouped(element: Element) -> str:
    """A part in brackets that are not displayed, if it is more than a name, a number, or a ∂ with one of them."""
    is_single = len(element) == 0 or element.tag != "mrow" or (len(element) == 2 and element[0].get("form") == "prefix")
    return _markup(element) if is_single else f"{_flat('(')}{_markup(element)}{_flat(')')}"


def _flat(sign: str) -> str:
    return f'<mtext class="ew-flat">{sign}</mtext>'


def _brackets(element: Element) -> tuple[str, str] | None:
    """The brackets of a row around something tall."""
    if element.tag != "mrow" or len(element) < 2:
        return None
    first, last = element[0], element[-1]
    left = _fence(first, "prefix")
    right = _fence(last, "postfix")
    if not left or not any(inner.tag in _TALL for inner in element.iter()) or (len(element) > 2 and not right):
        return None
    return left, right


def _fence(element: Element, form: str) -> str:
    is_fence = element.tag == "mo" and element.get("fence") == "true" and element.get("form") == form
    return (element.text or "") if is_fence and element.text in SIDES else ""


def _math(element: Element) -> str:
    return f"<math>{''.join(map(_markup, element))}</math>"


def _side(bracket: str, place: str) -> str:
    if not bracket:
        return ""
    path = f'<path d="{SIDES[bracket]}" vector-effect="non-scaling-stroke"/>'
    return f'<svg class="ew-{place}" viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true">{path}</svg>'


def _drawn(kind: str, sign: str, before: str, inside: str, behind: str, sign_behind: str = "") -> str:
    said: Callable[[str], str] = lambda text: f'<span class="ew-said">{text}</span>' if text else ""
    parts = f"{sign}{said(before)}{inside}{said(behind)}{sign_behind}"
    return f'<mtext><span class="ew-drawn {kind}">{parts}</span></mtext>'
