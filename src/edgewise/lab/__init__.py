"""Questions about backpropagation, each as an experiment that runs.

Every function trains small networks, broken and healed, and returns a :class:`Report` of what it found:
``ew.lab.zero_init().print()`` prints it, and ``.page("zero-init.html")`` shows the networks side by side. ``edgewise
lab`` runs the same from a terminal.
"""

from __future__ import annotations

from .registry import EXPERIMENTS, Experiment
from .report import Claim, Control, Prediction, Report, Side, Table

# In the order in which they teach, which is that of the list.
# isort: off
from .zero_init import zero_init
from .symmetry import symmetry
from .dead_relu import dead_relu
from .vanishing import vanishing
from .exploding import exploding
from .compute_once import compute_once

# isort: on

__all__ = [
    "EXPERIMENTS",
    "Claim",
    "Control",
    "Experiment",
    "Prediction",
    "Report",
    "Side",
    "Table",
    "compute_once",
    "dead_relu",
    "exploding",
    "symmetry",
    "vanishing",
    "zero_init",
]
