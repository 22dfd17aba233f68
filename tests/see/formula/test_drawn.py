"""Signs that are drawn: explanations and pages draw the same ones."""

from __future__ import annotations

import re
from importlib.resources import files

from edgewise.see.formula import drawn


def test_brackets_are_the_same_in_explanations_and_on_pages() -> None:
    script = files("edgewise.see.page").joinpath("mathml.js").read_text(encoding="utf-8")
    table = re.search(r"const SIDES = \{(.*?)\n\};", script, re.DOTALL)
    assert table is not None
    assert dict(re.findall(r'"(.)": "([^"]+)"', table[1])) == drawn.SIDES


def test_formulas_whose_tags_are_taken_away_are_still_right() -> None:
    def flat(formula: str) -> str:
        return re.sub(r"<svg.*</svg>|<[^>]+>", "", drawn.drawn(formula))

    x, y, two = "<mi>x</mi>", "<mi>y</mi>", "<mn>2</mn>"
    total = f"<mrow>{x}<mo>+</mo>{y}</mrow>"
    assert flat("<math><mfrac><mn>1</mn><mi>n</mi></mfrac></math>") == "1/n"
    assert flat(f"<math><mfrac>{total}{total}</mfrac></math>") == "(x+y)/(x+y)"
    partial = '<mrow><mo form="prefix">∂</mo>{}</mrow>'
    assert flat(f"<math><mfrac>{partial.format(x)}{partial.format(y)}</mfrac></math>") == "∂x/∂y"
    assert flat(f"<math><msup>{x}{two}</msup></math>") == "x^2"
    assert flat(f"<math><msup><mi>e</mi>{total}</msup></math>") == "e^(x+y)"
    assert flat(f"<math><msup>{x}<mo>⊤</mo></msup></math>") == "x⊤"
    assert flat(f"<math><mrow><munder><mo>∑</mo><mtext>axis 0</mtext></munder>{x}</mrow></math>") == "∑[axis 0] x"


def test_the_signs_for_that_are_not_displayed() -> None:
    assert ".ew-flat { display: none; }" in drawn.style_of_formulas()
    assert '<mtext class="ew-flat">/</mtext>' in drawn.drawn("<math><mfrac><mn>1</mn><mi>n</mi></mfrac></math>")


def test_brackets_around_what_is_tall_are_drawn_and_others_written() -> None:
    def row(left: str, inside: str, right: str) -> str:
        fence = '<mo fence="true" form="{}">{}</mo>'
        return f"<math><mrow>{fence.format('prefix', left)}{inside}{fence.format('postfix', right)}</mrow></math>"

    tall, low = "<mfrac><mn>1</mn><mi>n</mi></mfrac>", "<mi>n</mi>"
    for left, right in ("()", "[]", "||", "‖‖", "⌊⌋", "⌈⌉"):
        found = drawn.drawn(row(left, tall, right))
        assert [drawn.SIDES[left], drawn.SIDES[right]] == re.findall(r'<path d="([^"]+)"', found)
        assert "<path" not in drawn.drawn(row(left, low, right))
        assert re.sub(r"<[^>]+>", "", found) == f"{left}1/n{right}"
    assert "<path" not in drawn.drawn(row("⟨", tall, "⟩"))
    assert re.sub(r"<[^>]+>", "", drawn.drawn(row("⟨", tall, "⟩"))) == "⟨1/n⟩"
