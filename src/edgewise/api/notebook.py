"""The forms of a picture that a notebook displays."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from html import escape
from typing import Any

MOST_BYTES = 2_000_000
"""The largest page that a notebook stores. For a larger one it stores the still picture."""

_LARGE = (
    "The live view would make this notebook {size:.1f} MB larger, so this is the still picture. "
    'picture.page("page.html") writes it to a file.'
)

_FRAME = (
    '<div><iframe class="edgewise-live" title="{title}" sandbox="allow-scripts allow-downloads" onload="{theme}" '
    'style="display:block;width:100%;box-sizing:border-box;height:clamp(560px,85vh,900px);min-height:420px;'
    'border:1px solid #8884;border-radius:12px;resize:vertical;overflow:auto" srcdoc="{page}"></iframe>'
    "<style>.edgewise-live + style + img {{ display: none }}</style>"
    '<img alt="{alt}" style="max-width:100%" src="data:image/svg+xml;base64,{svg}"></div>'
)
"""The page in a frame that reaches neither the notebook nor the network. A viewer that drops frames shows the image."""

_THEME = """((frame) => {
  const theme = () => {
    const { documentElement: root, body } = document;
    const { jpThemeLight, vscodeThemeKind, theme } = body.dataset;
    if (jpThemeLight) return jpThemeLight === 'true' ? 'light' : 'dark';
    if (vscodeThemeKind) return vscodeThemeKind.includes('light') ? 'light' : 'dark';
    if (theme === 'light' || theme === 'dark') return theme;
    const all = [...root.classList, ...body.classList];
    return all.includes('dark') ? 'dark' : all.includes('light') ? 'light' : '';
  };
  const sendTheme = () => {
    if (!frame.isConnected) watching.disconnect();
    else if (theme()) frame.contentWindow.postMessage({ edgewiseTheme: theme() }, '*');
  };
  const watching = new MutationObserver(sendTheme);
  for (const element of [document.documentElement, document.body]) watching.observe(element, { attributes: true });
  window.addEventListener('message', ({ source }) => source === frame.contentWindow && sendTheme());
  sendTheme();
})(this)"""
"""Sends the notebook's theme to the page, as long as the frame exists. Without one, the page follows the system."""

_printed: set[str] = set()
"""The messages that this process has printed once."""


class NotebookView:
    """A picture for notebooks: functions that return its page and its still picture, and its description."""

    def __init__(self, page: Callable[[], str], svg: Callable[[], str], text: str, alt: str) -> None:
        self._page, self._svg, self._text, self._alt = page, svg, text, alt

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Returns the forms that notebooks choose from, with their metadata.

        The page is HTML that needs neither a kernel nor an extension, so that a saved notebook is live too.
        """
        data: dict[str, Any] = {"text/plain": self._text, "image/svg+xml": self._svg()}
        html = self.html() if is_jupyter() else None
        if html is not None:
            data = {"text/html": html, **data}
        return data, {"image/svg+xml": {"alt": self._alt}}

    def html(self) -> str | None:
        """Returns the live page in a frame, or None if it is too large. A message then says so, once."""
        page = self._page()
        size = len(page.encode())
        if size > MOST_BYTES:
            _print_once(_LARGE.format(size=size / 1e6))
            return None
        return _FRAME.format(
            title="A network that runs here, step by step",
            theme=escape(" ".join(_THEME.split())),
            page=escape(page),
            alt=escape(self._alt),
            svg=base64.b64encode(self._svg().encode()).decode("ascii"),
        )


class HTMLView:
    """HTML for notebooks that display objects with an HTML form."""

    def __init__(self, html: str) -> None:
        self._html = html

    def _repr_html_(self) -> str:
        return self._html


def is_jupyter() -> bool:
    """Returns whether this process is the kernel of a notebook, and not a terminal."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _print_once(text: str) -> None:
    if text not in _printed:
        _printed.add(text)
        print(text)
