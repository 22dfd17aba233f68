"""Pictures in notebooks: live where there is a kernel and the extra, and always with the still picture."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

import edgewise as ew
from edgewise.see.notebook import showing
from edgewise.see.page import make_page

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.setattr(showing, "_told", set())


@pytest.fixture
def kernel(monkeypatch):
    """A process that takes itself for a notebook's kernel."""
    monkeypatch.setattr(showing, "is_jupyter", lambda: True)


@pytest.fixture
def no_extra(monkeypatch):
    """An installation without the extra."""
    monkeypatch.delitem(sys.modules, "edgewise.see.notebook.widget", raising=False)
    monkeypatch.setitem(sys.modules, "anywidget", None)


@pytest.fixture
def picture():
    W = ew.tensor(2.0, requires_grad=True)
    loss = (W * 3 - 5).abs()
    return ew.see(loss)


def test_without_a_kernel_there_is_the_still_picture_alone(picture, capsys):
    data, metadata = picture._repr_mimebundle_()
    assert data == {"text/plain": repr(picture), "image/svg+xml": picture.svg()}
    assert metadata == {}
    assert capsys.readouterr().out == ""


def test_a_terminal_is_no_kernel(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not showing.is_jupyter()
    for shell, expected in ((None, False), (SimpleNamespace(), False), (SimpleNamespace(kernel=object()), True)):
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda shell=shell: shell))
        assert showing.is_jupyter() is expected


@pytest.mark.usefixtures("kernel")
def test_a_cell_has_the_live_view_and_the_still_picture(picture, capsys):
    pytest.importorskip("anywidget")
    data, _ = picture._repr_mimebundle_(include=None, exclude=None)
    assert data["text/plain"] == repr(picture)
    assert data["image/svg+xml"] == picture.svg()
    widget = picture._display_()
    assert data[VIEW]["model_id"] == widget.model_id
    assert widget.page == picture._paged()
    assert 'id="library"' in widget.page
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("kernel")
def test_a_picture_that_is_shown_twice_is_one_page(picture):
    pytest.importorskip("anywidget")
    first, second = (picture._repr_mimebundle_()[0][VIEW]["model_id"] for _ in range(2))
    assert first == second
    widget = picture._display_()
    state = widget.get_state()
    assert [name for name, value in state.items() if isinstance(value, str) and len(value) > 50_000] == ["packed"]
    assert len(state["packed"]) < 1.4 * len(widget.page)


@pytest.mark.usefixtures("kernel", "no_extra")
def test_without_the_extra_it_is_still_and_says_once_what_is_missing(picture, capsys):
    for _ in range(2):
        data, _ = picture._repr_mimebundle_()
        assert sorted(data) == ["image/svg+xml", "text/plain"]
    ew.see(ew.tensor(1.0, requires_grad=True) * 2)._repr_mimebundle_()
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert 'pip install "edgewise[notebook]"' in out


@pytest.mark.usefixtures("kernel")
def test_a_large_page_is_not_put_into_the_notebook(picture, capsys, monkeypatch):
    pytest.importorskip("anywidget")
    monkeypatch.setattr(showing, "MOST_BYTES", 50_000)
    data, _ = picture._repr_mimebundle_()
    assert sorted(data) == ["image/svg+xml", "text/plain"]
    out = capsys.readouterr().out
    assert "MB larger" in out
    assert "picture.page(" in out


def test_marimo_gets_the_widget_or_the_still_picture(picture, monkeypatch):
    pytest.importorskip("anywidget")
    assert 'id="library"' in picture._display_().page
    monkeypatch.setattr(showing, "MOST_BYTES", 0)
    still = ew.see(picture.snapshot)._display_()
    assert still._repr_svg_() == picture.svg()


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


def test_the_page_of_a_widget_is_that_of_the_loss():
    W = ew.tensor(2.0, requires_grad=True)
    loss = W * 3
    assert ew.see(loss)._paged() == make_page(loss)
