"""Signs that are drawn: explanations and pages draw the same ones."""

from __future__ import annotations

import re
from importlib.resources import files

from edgewise.printers.formula import html


def test_brackets_are_the_same_in_explanations_and_on_pages() -> None:
    script = files("edgewise.page").joinpath("js", "mathml.js").read_text(encoding="utf-8")
    table = re.search(r"const SIDES = \{(.*?)\n\};", script, re.DOTALL)
    assert table is not None
    assert dict(re.findall(r'"(.)": "([^"]+)"', table[1])) == html.SIDES


def test_formulas_whose_tags_are_taken_away_are_still_right() -> None:
    def flat(formula: str) -> str:
        return re.sub(r"<svg.*</svg>|<[^>]+>", "", html.to_html(formula))

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
    assert ".ew-flat{display:none;}" in "".join(html.formula_style().split())
    assert '<mtext class="ew-flat">/</mtext>' in html.to_html("<math><mfrac><mn>1</mn><mi>n</mi></mfrac></math>")


def test_brackets_around_what_is_tall_are_drawn_and_others_written() -> None:
    def row(left: str, inside: str, right: str) -> str:
        fence = '<mo fence="true" form="{}">{}</mo>'
        return f"<math><mrow>{fence.format('prefix', left)}{inside}{fence.format('postfix', right)}</mrow></math>"

    tall, low = "<mfrac><mn>1</mn><mi>n</mi></mfrac>", "<mi>n</mi>"
    for left, right in ("()", "[]", "||", "‖‖", "⌊⌋", "⌈⌉"):
        found = html.to_html(row(left, tall, right))
        assert [html.SIDES[left], html.SIDES[right]] == re.findall(r'<path d="([^"]+)"', found)
        assert "<path" not in html.to_html(row(left, low, right))
        assert re.sub(r"<[^>]+>", "", found) == f"{left}1/n{right}"
    assert "<path" not in html.to_html(row("⟨", tall, "⟩"))
    assert re.sub(r"<[^>]+>", "", html.to_html(row("⟨", tall, "⟩"))) == "⟨1/n⟩"


def test_what_is_drawn_stands_in_svg_and_what_is_said_beside_it() -> None:
    tall = "<mtable><mtr><mtd><mi>x</mi></mtd></mtr></mtable>"
    opened = '<mo form="prefix" fence="true">{</mo>'
    closed = '<mo form="postfix" fence="true">)</mo>'
    # Cases have a brace before them and nothing behind.
    (path,) = re.findall(r'<path d="([^"]+)"', html.to_html(f"<math><mrow>{opened}{tall}</mrow></math>"))
    assert path == html.SIDES["{"]
    assert 'class="ew-before"' in html.to_html(f"<math><mrow>{opened}{tall}</mrow></math>")
    assert "ew-behind" not in html.to_html(f"<math><mrow>{opened}{tall}</mrow></math>")
    assert "ew-behind" in html.to_html(f"<math><mrow>{opened}{tall}{closed}</mrow></math>")
    # With more behind the brace but no bracket at the end nothing is drawn; nor where signs are no brackets.
    for row in (
        f"{opened}{tall}<mi>y</mi>",
        f"<mo>(</mo>{tall}{closed}",
        f"<mi>(</mi>{tall}{closed}",
        f"{closed}{tall}{opened}",
        f'<mo form="prefix">(</mo>{tall}{closed}',
        f'<mtext form="prefix" fence="true">(</mtext>{tall}{closed}',
        opened,
        tall,
    ):
        assert "<path" not in html.to_html(f"<math><mrow>{row}</mrow></math>"), row
    assert "<path" not in html.to_html(f"<math><msup>{opened}{tall}</msup></math>")


def test_roots_are_drawn_and_said() -> None:
    found = html.to_html("<math><msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt></math>")
    assert html.SURD in found
    assert re.sub(r"<svg.*</svg>|<[^>]+>", "", found) == "√(x+1)"
    assert re.findall(r'<span class="ew-said">(.*?)</span>', found) == ["√(", ")"]
    assert "<math><mi>x</mi><mo " in found


def test_markup_keeps_attributes_and_what_html_would_read() -> None:
    assert html.to_html('<math><mi class="a&quot;b">x&lt;y &amp; z</mi></math>') == (
        '<math><mi class="a&quot;b">x&lt;y &amp; z</mi></math>'
    )
    assert html.to_html("<math><mo>+</mo></math>") == '<math><mo stretchy="false">+</mo></math>'
    assert html.to_html('<math><mo stretchy="true">+</mo></math>') == '<math><mo stretchy="true">+</mo></math>'


def test_parts_of_one_name_or_number_have_no_brackets_where_tags_are_taken_away() -> None:
    def flat(formula: str) -> str:
        return re.sub(r"<svg.*</svg>|<[^>]+>", "", html.to_html(f"<math>{formula}</math>"))

    assert flat("<mfrac><mrow><mi>x</mi></mrow><mrow/></mfrac>") == "(x)/"
    assert flat('<mfrac><mrow><mo form="prefix">−</mo><mi>x</mi><mi>y</mi></mrow><mi>n</mi></mfrac>') == "(−xy)/n"
    assert flat("<mfrac><msup><mi>x</mi><mn>2</mn></msup><mi>n</mi></mfrac>") == "x^2/n"
    assert flat("<msup><mi>f</mi><mo>′</mo></msup>") == "f′"
    assert flat("<msup><mi>f</mi><mrow><mi>a</mi><mi>b</mi></mrow></msup>") == "f^(ab)"
    assert flat("<msub><mi>x</mi><mn>1</mn></msub>") == "x1"
