"""What a notebook is given of a picture."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

MOST_BYTES = 2_000_000
"""Larger pages would blow up a notebook, which keeps them: it gets the still picture."""

_HINT = 'The live view needs one more package: pip install "edgewise[notebook]", and then start the kernel again.'
_LARGE = (
    "The live view would make this notebook {size:.1f} MB larger, so this is the still picture. "
    'picture.page("page.html") writes it to a file.'
)

_told: set[str] = set()
"""What was said once already in this process."""


class Shown:
    """How one picture is shown: `page` gives the text of its page, `svg` the still picture.

    The widget is made when it is first shown, and is one however often that is: so a notebook keeps one page.
    """

    def __init__(self, page: Callable[[], str], svg: Callable[[], str], text: str) -> None:
        self._page, self._svg, self._text = page, svg, text
        self._widget: Any = None
        self._made = False

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What Jupyter's programs choose from, with its metadata: the live view where there can be one."""
        data: dict[str, Any] = {"text/plain": self._text, "image/svg+xml": self._svg()}
        metadata: dict[str, Any] = {}
        widget = self.widget() if is_jupyter() else None
        if widget is not None:
            live = widget._repr_mimebundle_()
            more, about = live if isinstance(live, tuple) else (live, {})
            data = {**more, **data}
            metadata = {**about}
        return data, metadata

    def widget(self) -> Any:
        """The live view, or None where there can't be one; then why is said, once."""
        if not self._made:
            self._made = True
            self._widget = self._new()
        return self._widget

    def _new(self) -> Any:
        try:
            from .widget import Live
        except ImportError:
            _say(_HINT)
            return None
        page = self._page()
        size = len(page.encode())
        if size > MOST_BYTES:
            _say(_LARGE.format(size=size / 1e6))
            return None
        return Live(page=page)


class Still:
    """The still picture alone, for notebooks that show what has an SVG."""

    def __init__(self, svg: str) -> None:
        self._svg = svg

    def _repr_svg_(self) -> str:
        return self._svg


def is_jupyter() -> bool:
    """Whether this process is the kernel of a notebook, and not a terminal."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _say(text: str) -> None:
    if text not in _told:
        _told.add(text)
        print(text)
