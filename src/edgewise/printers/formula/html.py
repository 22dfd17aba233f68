"""Draws the roots and tall brackets of MathML for browsers without a font for mathematics.

A root, and brackets around something tall, become HTML within MathML's text: SVG lines that grow with their content, in
the colour of the text. Screen readers read hidden signs instead. `page/js/mathml.js` does the same for the page.
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
"""The root sign: its hook is as large as the letters, its stroke reaches up to the bar."""

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
"""Brackets in a field of 10 × 100, which is stretched to the height of their content."""

_TALL = ("mfrac", "mtable")


@cache
def formula_style() -> str:
    """Returns the style sheet of the drawn signs."""
    return files(__package__).joinpath("html.css").read_text(encoding="utf-8")


def to_html(mathml: str) -> str:
    """Returns a formula's markup for HTML, which looks the same on every machine."""
    return _markup(ElementTree.fromstring(mathml))


def _markup(element: Element) -> str:
    if element.tag == "msqrt":
        return _drawing("ew-root", SURD, "√(", f'<span class="ew-radicand">{_math(element)}</span>', ")")
    around = _brackets(element)
    if around is None:
        inside = escape(element.text or "", quote=False) + "".join(_with_hidden_signs(element) or map(_markup, element))
        if element.tag == "mo":
            # Without a mathematics font, some browsers stretch a bracket to a wrong size.
            element.attrib.setdefault("stretchy", "false")
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.items())
        return f"<{element.tag}{attributes}>{inside}</{element.tag}>"
    left, right = around
    inside = f"<span><math>{''.join(map(_markup, element[1 : len(element) - bool(right)]))}</math></span>"
    return _drawing("ew-fence", _side(left, "before"), left, inside, right, _side(right, "behind"))


def _with_hidden_signs(element: Element) -> list[str]:
    """Returns the parts of a fraction or a power with hidden signs; none for other elements.

    A notebook that is not trusted keeps only the text of a formula, which then needs these signs.
    """
    if element.tag == "mfrac":
        top, bottom = map(_grouped, element)
        return [f"<mrow>{top}</mrow>", f"<mrow>{_hidden_sign('/')}{bottom}</mrow>"]
    if element.tag == "msup" and element[1].text not in ("⊤", "′"):
        return [_markup(element[0]), f"<mrow>{_hidden_sign('^')}{_grouped(element[1])}</mrow>"]
    if element.tag == "munder":
        return [_markup(element[0]), f"<mrow>{_hidden_sign('[')}{_markup(element[1])}{_hidden_sign('] ')}</mrow>"]
    return []


def _grouped(element: Element) -> str:
    """Adds hidden brackets to a part, unless it is a name, a number, or a ∂ with one of them."""
    is_single = len(element) == 0 or element.tag != "mrow" or (len(element) == 2 and element[0].get("form") == "prefix")
    return _markup(element) if is_single else f"{_hidden_sign('(')}{_markup(element)}{_hidden_sign(')')}"


def _hidden_sign(sign: str) -> str:
    return f'<mtext class="ew-flat">{sign}</mtext>'


def _brackets(element: Element) -> tuple[str, str] | None:
    """Returns the brackets of a row around something tall; None if it has none."""
    if element.tag != "mrow" or len(element) < 2:
        return None
    first, last = element[0], element[-1]
    left = _bracket_of(first, "prefix")
    right = _bracket_of(last, "postfix")
    if not left or not any(inner.tag in _TALL for inner in element.iter()) or (len(element) > 2 and not right):
        return None
    return left, right


def _bracket_of(element: Element, form: str) -> str:
    is_fence = element.tag == "mo" and element.get("fence") == "true" and element.get("form") == form
    return (element.text or "") if is_fence and element.text in SIDES else ""


def _math(element: Element) -> str:
    return f"<math>{''.join(map(_markup, element))}</math>"


def _side(bracket: str, place: str) -> str:
    if not bracket:
        return ""
    path = f'<path d="{SIDES[bracket]}" vector-effect="non-scaling-stroke"/>'
    return f'<svg class="ew-{place}" viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true">{path}</svg>'


def _drawing(kind: str, sign: str, before: str, inside: str, after: str, sign_after: str = "") -> str:
    spoken: Callable[[str], str] = lambda text: f'<span class="ew-said">{text}</span>' if text else ""
    parts = f"{sign}{spoken(before)}{inside}{spoken(after)}{sign_after}"
    return f'<mtext><span class="ew-drawn {kind}">{parts}</span></mtext>'
