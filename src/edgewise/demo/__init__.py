"""The tour that ``edgewise demo`` gives."""

from __future__ import annotations

from rich.console import Console

from . import article


def run(folder: str | None = None, seed: int = 0, only: str | None = None) -> None:
    """Gives the tour, or one part of it: ``"edges"`` or ``"digits"``."""
    console = Console(highlight=False)
    if only != "digits":
        article.show(console)
