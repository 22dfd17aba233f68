"""The tour that ``edgewise demo`` gives."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from . import article, digits
from .look import QUIET, heading

NEXT = (
    ("edgewise demo --seed 1", "the digits from other first weights"),
    ("edgewise demo --only edges", "the first part again"),
    ("", ""),
    ("examples/by_hand.py", "backpropagation in NumPy, beside the graph"),
    ("examples/fashion_mnist.py", "clothes instead of digits: 60,000 images"),
    ("docs/tutorial.md", "tensors, gradients, a network of your own"),
    ("docs/operations.md", "an operation of your own, its gradient checked"),
)


def run(folder: str | None = None, seed: int = 0, only: str | None = None) -> None:
    """Gives the tour, or one part of it: ``"edges"`` or ``"digits"``."""
    console = Console(highlight=False)
    if only != "digits":
        article.show(console)
    if only != "edges":
        digits.show(console, folder, seed)
    heading(console, "→", "What to try next")
    for what, why in NEXT:
        console.print(Text.assemble("  ", (f"{what:<28}", "bold"), (why, QUIET)))
    console.print()
