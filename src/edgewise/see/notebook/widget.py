"""The live page as a widget. Importing this needs the extra `notebook`."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import Any

import anywidget
import traitlets


class Live(anywidget.AnyWidget):
    """A page in a frame of its own, which can reach neither the notebook nor the network."""

    _esm: Any = Path(__file__).with_name("widget.js").read_text(encoding="utf-8")
    packed = traitlets.Unicode().tag(sync=True)
    """The page as zlib packs it, in base64: notebooks keep the state of widgets as JSON."""

    def __init__(self, page: str, **options: Any) -> None:
        packed = base64.b64encode(zlib.compress(page.encode(), 6)).decode("ascii")
        super().__init__(packed=packed, **options)

    @property
    def page(self) -> str:
        """The text of the page."""
        return zlib.decompress(base64.b64decode(self.packed)).decode()
