"""The live page as a widget. Importing this needs the extra `notebook`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets


class Live(anywidget.AnyWidget):
    """A page in a frame of its own, which can reach neither the notebook nor the network."""

    _esm: Any = Path(__file__).with_name("widget.js").read_text(encoding="utf-8")
    page = traitlets.Unicode().tag(sync=True)
