"""PNG and PDF, through the libraries of the extra."""

from __future__ import annotations

import html
import importlib
import re
import struct
import subprocess
import sys
import zlib

import pytest

import edgewise as ew
from edgewise.picture import convert, draw

from . import networks

resvg = pytest.importorskip("resvg_py")
svg2pdf = pytest.importorskip("svg2pdf_py")


@pytest.fixture
def picture():
    W1 = ew.tensor(0.5, requires_grad=True)
    return ew.see((W1 * 3 - 5).abs())


def size_of(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def pixels(png):
    """The bytes of the rows, as they are filtered."""
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    return zlib.decompress(data)


def test_a_png_is_as_large_as_asked(picture, tmp_path):
    width, height = size_of(picture.png(scale=1))
    assert (
        f'width="{width}' in picture.svg() or abs(width - float(picture.svg().split('width="')[1].split('"')[0])) <= 1
    )
    double = size_of(picture.png())
    assert abs(double[0] - 2 * width) <= 2
    assert abs(double[1] - 2 * height) <= 2
    assert picture.png(tmp_path / "a.png", scale=1) is None
    assert (tmp_path / "a.png").read_bytes() == picture.png(scale=1)


def test_a_pdf_has_its_text_as_text(picture, tmp_path):
    assert picture.pdf(tmp_path / "a.pdf") is None
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert b"/Font" in pdf


def test_the_text_is_in_the_picture(picture):
    svg = ew.see(picture.snapshot, theme="light").svg()
    assert pixels(convert.png_of(svg, 1)) != pixels(convert.png_of(svg.replace("W₁", "Q"), 1))


def test_without_a_fixed_theme_they_are_light(picture):
    dark = ew.see(picture.snapshot, theme="dark").png(scale=1)
    assert picture.png(scale=1) == ew.see(picture.snapshot, theme="light").png(scale=1) != dark


SERIF = "Some Serif"
USUAL = set(f"W{convert._USUAL_SIGNS}")
ALL = USUAL | set(convert._RARE_SIGNS)


@pytest.fixture
def installed(monkeypatch):
    """Has fonts of these families and characters installed, as the library for PNG sees them.

    It sets a text in its family, or in one with serifs; where a character is missing, in any that has all of them.
    """

    def drawn_with(fonts, family, text):
        usual = family if family in fonts else SERIF
        if set(text) <= fonts.get(usual, set()) or usual not in fonts:
            return usual if usual in fonts else ""
        return next((other for other, signs in fonts.items() if set(text) <= signs), usual)

    def install(fonts):
        def svg_to_bytes(svg_string, **_):
            found = re.findall(r'font-family="&#39;(.*?)&#39;"[^>]*>(.*?)</text>', svg_string)
            bands = [f"{drawn_with(fonts, family, text) if text else '':30}".encode() for family, text in found]
            data = zlib.compress(b"".join(bands))
            return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(data)) + b"IDAT" + data + bytes(4)

        monkeypatch.setattr(resvg, "svg_to_bytes", svg_to_bytes)
        convert._font.cache_clear()

    yield install
    convert._font.cache_clear()


@pytest.mark.parametrize(
    ("fonts", "family"),
    [
        ({SERIF: ALL, "Arial": USUAL, "DejaVu Sans": ALL}, "DejaVu Sans"),
        ({SERIF: ALL, "Noto Sans": {"W"}, "Liberation Sans": USUAL}, "Liberation Sans"),
        ({SERIF: ALL, "Noto Sans": {"W"}}, "Noto Sans"),
        ({SERIF: ALL}, "sans-serif"),
    ],
)
def test_texts_are_set_in_a_sans_that_has_the_signs_of_formulas(installed, fonts, family):
    installed(fonts)
    assert convert._font().family == family
    set_in = convert._with_common_signs(
        f'<style>text {{ font-family: {convert.FONT}; }}</style><text x="1">‖·‖ 2</text>'
    )
    assert f"font-family: '{family}', sans-serif;" in set_in
    assert ("‖·‖ 2" in set_in) == ("‖" in fonts.get(family, ALL))


ASCII = {chr(code) for code in range(32, 127)}


@pytest.mark.parametrize("signs", [set("∂√Σ∞≤≥≠·×…"), set("∂−√Σ∞≤≥≠·×…→←′◄∗"), ALL])
@pytest.mark.parametrize("network", [*networks.ALL, networks.two_blocks])
def test_no_text_has_a_sign_that_the_font_lacks(installed, network, signs):
    greek = set("αβγδεζηθκλμνξπρστφχψωΠΣ±²³·¹–ℓ")
    fonts = {SERIF: ALL | ASCII | greek | set("◄∗"), "Arial": ASCII | greek | signs | {"W"}}
    installed(fonts)
    svg = convert._with_common_signs(draw(network(), theme="light"))
    texts = re.findall(r"<text [^>]*>(.*?)</text>", svg)
    used = set(html.unescape(re.sub(r"<.*?>", "", "".join(texts))))
    assert len(texts) > 10
    assert used <= fonts["Arial"]


def test_an_installed_font_has_all_that_is_written_in_it():
    """A text with a missing sign would be set in another font, and look different from the one without it."""
    texts = set()
    for network in networks.ALL:
        svg = convert._with_common_signs(draw(network(), theme="light"))
        texts |= set("".join(re.sub(r"<.*?>", "", text) for text in re.findall(r"<text [^>]*>(.*?)</text>", svg)))
    family = convert._font().family
    signs = sorted(sign for sign in texts if not sign.isascii() and sign in convert._SPELLED)
    with_none, *others = convert._bands([(family, f"W{sign}") for sign in ("", *signs)])
    assert [sign for sign, band in zip(signs, others, strict=True) if band != with_none] == []


def test_a_pdf_has_one_family_of_fonts(picture):
    if convert._font().lacking - {"∗", "◄"}:
        pytest.skip("no font is installed that has all signs of formulas: on Debian and Ubuntu install fonts-dejavu")
    names = {name.split(b"+")[-1].split(b"-")[0] for name in re.findall(rb"/BaseFont */([^\s/]+)", picture.pdf())}
    assert len(names) == 1


def test_digits_below_and_above_the_line_need_no_font_of_their_own(installed):
    installed({"Arial": ALL})
    plain = convert._with_common_signs('<text x="1">∂W₁₂ᵀ/∂x₀ · a⁻⁴ &lt;b₁&gt; ‖·‖</text><text/>')
    low, high = '<tspan baseline-shift="sub" font-size="70%">', '<tspan baseline-shift="super" font-size="70%">'
    assert plain == (
        f'<text x="1">∂W{low}12</tspan>{high}T</tspan>/∂x{low}0</tspan> · a{high}−4</tspan> '
        f"&lt;b{low}1</tspan>&gt; ‖·‖</text><text/>"
    )


@pytest.mark.parametrize("scale", [0, -1, "2", True, float("inf"), float("nan"), None])
def test_the_scale_is_a_positive_number(picture, scale):
    with pytest.raises(ValueError, match="scale must be a positive number"):
        picture.png(scale=scale)


def test_a_png_that_fills_the_memory_is_refused(picture):
    with pytest.raises(ValueError, match=r"would be .* × .* pixels; a smaller scale"):
        picture.png(scale=1000)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_a_place_that_is_none_is_named_before_anything_is_made(picture, kind, tmp_path, monkeypatch):
    monkeypatch.setattr("edgewise.api.picture.png_of", None)
    monkeypatch.setattr("edgewise.api.picture.pdf_of", None)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        getattr(picture, kind)(tmp_path / "missing" / "a")


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_without_the_extra_the_error_says_how_to_install_it(picture, kind, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match=r'pip install "edgewise\[pictures\]"'):
        getattr(picture, kind)()
    with pytest.raises(ew.EdgewiseError):
        getattr(picture, kind)()


def test_without_any_font_it_is_said(picture, installed):
    installed({})
    with pytest.raises(ew.EdgewiseError, match="no font was found"):
        picture.png()


def test_nothing_of_the_extra_is_imported_before_it_is_needed():
    code = (
        "import sys, edgewise as ew; ew.see(ew.tensor(2.0, requires_grad=True) * 3).svg(); "
        "print(sorted({'resvg_py', 'svg2pdf_py'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
