"""Pictures in notebooks: live where there is a kernel, and always with the still picture."""

from __future__ import annotations

import base64
import json
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

import edgewise as ew
from edgewise.api import notebook as showing
from edgewise.page import make_page


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.setattr(showing, "_printed", set())


@pytest.fixture
def kernel(monkeypatch):
    """A process that takes itself for a notebook's kernel."""
    monkeypatch.setattr(showing, "is_jupyter", lambda: True)


@pytest.fixture
def picture():
    W = ew.tensor(2.0, requires_grad=True)
    loss = (W * 3 - 5).abs()
    return ew.see(loss)


def test_without_a_kernel_there_is_the_still_picture_alone(picture, capsys):
    data, metadata = picture._repr_mimebundle_()
    assert data == {"text/plain": repr(picture), "image/svg+xml": picture.svg()}
    alt = metadata["image/svg+xml"]["alt"]
    assert alt == "The graph of loss: 3 operations, 1 parameter, with the value and the gradient on every edge"
    assert capsys.readouterr().out == ""


def test_a_terminal_is_no_kernel(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not showing.is_jupyter()
    for shell, expected in ((None, False), (SimpleNamespace(), False), (SimpleNamespace(kernel=object()), True)):
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda shell=shell: shell))
        assert showing.is_jupyter() is expected


class Markup(HTMLParser):
    """The elements of a text of HTML, with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found[tag] = dict(attrs)


@pytest.mark.usefixtures("kernel")
def test_a_cell_has_the_live_page_and_the_still_picture(picture, capsys):
    data, _ = picture._repr_mimebundle_(include=None, exclude=None)
    assert sorted(data) == ["image/svg+xml", "text/html", "text/plain"]
    found = Markup(data["text/html"]).found
    assert found["iframe"]["srcdoc"] == picture._page_text(begins="backward"), "all gradients are seen at once"
    assert found["iframe"]["sandbox"] == "allow-scripts allow-downloads"
    assert (
        base64.b64decode(found["img"]["src"].partition("base64,")[2]).decode() == picture.svg() == data["image/svg+xml"]
    )
    assert found["img"]["alt"].startswith("The graph of loss: 3 operations")
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("kernel")
def test_a_notebook_keeps_little_more_than_it_shows(picture):
    data, _ = picture._repr_mimebundle_()
    # JSON spells out some of the bytes that the page packs.
    kept = len(json.dumps(data, ensure_ascii=False).encode())
    assert kept < 2.3 * len(picture._page_text().encode())


@pytest.mark.usefixtures("kernel")
def test_a_large_page_is_not_put_into_the_notebook(picture, capsys, monkeypatch):
    monkeypatch.setattr(showing, "MOST_BYTES", 50_000)
    for _ in range(2):
        data, _ = picture._repr_mimebundle_()
        assert sorted(data) == ["image/svg+xml", "text/plain"]
    out = capsys.readouterr().out
    assert out.count("MB larger") == 1
    assert "picture.page(" in out


def test_marimo_gets_the_live_page_or_the_still_picture(picture, monkeypatch):
    assert 'sandbox="allow-scripts allow-downloads"' in picture._display_()._repr_html_()
    monkeypatch.setattr(showing, "MOST_BYTES", 0)
    assert picture._display_()._repr_html_() == picture.svg()


HARNESS = "<!doctype html><html><head>{head}</head><body data-jp-theme-light='false'>{html}</body></html>"
# That of the outputs of Visual Studio Code's notebooks, in which a frame may come from https: or data: addresses.
POLICY = """default-src 'none'; script-src 'self' https://*.vscode-cdn.net 'unsafe-inline' 'unsafe-eval';
    style-src 'self' https://*.vscode-cdn.net 'unsafe-inline'; img-src 'self' https: http: data:;
    font-src 'self' https:; connect-src https:; child-src https: data:"""


@pytest.mark.parametrize("policy", ["", POLICY], ids=["free", "code"])
def test_the_page_runs_in_the_output_of_a_cell(picture, opened_file, tmp_path, policy):
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'.replace("\n", " ") if policy else ""
    html = HARNESS.format(head=head, html=picture._display_()._repr_html_())
    (tmp_path / "cell.html").write_text(html, encoding="utf-8")
    found = opened_file(tmp_path / "cell.html", begins=False, width=1000, height=800)
    frame = found.page.locator("iframe").element_handle().content_frame()
    frame.wait_for_selector("[data-ready]")
    frame.evaluate("document.getElementById('train10').click()")
    assert frame.text_content("#trained") == "10 steps taken"
    assert frame.evaluate("window.origin") == "null"
    theme = "document.documentElement.dataset.theme"
    found.until(lambda: frame.evaluate(theme) == "dark")
    found.page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    found.until(lambda: frame.evaluate(theme) == "light")
    assert not found.page.is_visible("img")
    assert found.errors == []
    found.page.evaluate("document.querySelector('iframe').remove()")
    assert found.page.is_visible("img"), "what drops frames shows the still picture"
    assert found.page.evaluate("document.querySelector('img').naturalWidth") > 100


def test_a_page_has_the_names_from_where_the_picture_was_made(tmp_path):
    def made():
        slope = ew.tensor(2.0, requires_grad=True)
        distance = slope * 3
        return ew.see(distance)

    picture = made()
    picture.page(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "slope" in text
    assert "Backpropagation through distance" in text


def test_the_page_of_a_picture_is_that_of_the_loss():
    W = ew.tensor(2.0, requires_grad=True)
    loss = W * 3
    assert ew.see(loss)._page_text() == make_page(loss)
