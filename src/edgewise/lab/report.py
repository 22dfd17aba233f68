"""What an experiment gives: claims that its run has tested, tables of what was measured, and networks to look at."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..capture.capture import Capture
from ..capture.watch import capture_of
from ..optim import Optimizer
from ..picture import Theme, View
from ..system.files import check_kind, write

Path = str | os.PathLike[str]


@dataclass(frozen=True)
class Claim:
    """A sentence about the networks, made from the numbers of a run, and whether these bear it out."""

    text: str
    holds: bool


@dataclass(frozen=True)
class Prediction:
    """A question that the page asks before it shows the answer.

    `right` is the position of the right choice, which the run has found; `because` says why.
    """

    question: str
    choices: Sequence[str]
    right: int
    because: str


@dataclass(frozen=True)
class Table:
    """Measured numbers, as texts in rows that have names.

    `shades` has a number from -1 to 1 for each cell, which the page shows as a colour, or None: so a table becomes a
    map. `legend` says what some shades mean, and `axes` what the rows and the columns are.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    shades: Sequence[Sequence[float | None]] | None = None
    legend: Sequence[tuple[float, str]] = ()
    axes: tuple[str, str] | None = None


@dataclass(frozen=True)
class Control:
    """A number that readers of the page change in all networks at once.

    `leaves` has a tensor for each side, ``"rate"`` for its learning rate, or None.
    """

    label: str
    least: float
    most: float
    value: float
    leaves: Sequence[Any]
    is_logarithmic: bool = False


@dataclass
class Side:
    """A network as the experiment begins with it, for the page.

    Attributes
    ----------
    name, about:
        What it is called, and how it differs from the others, in a sentence.
    loss:
        Its loss; the page shows the graph behind it.
    batches, learning_rate, optimizer, view:
        As :meth:`~edgewise.api.picture.Picture.page` and :func:`~edgewise.see` take them.
    """

    name: str
    about: str
    loss: Any
    batches: Mapping[Any, Iterable[Any]] | None = None
    learning_rate: float | None = None
    optimizer: Optimizer | None = None
    view: View = "graph"
    capture: Capture = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Taken now: the network may be trained afterwards.
        self.capture = capture_of((self.loss,))


@dataclass
class Report:
    """The result of an experiment.

    Attributes
    ----------
    claims:
        What it says, each tested by its run.
    tables:
        What it measured.
    sides:
        The networks of its page, usually one that is broken and one that is healed.
    prediction:
        What the page asks before it shows the claims.
    controls:
        What its readers change in all networks at once.
    code:
        A line of Python to go on with.
    trains:
        Whether its networks are there to be trained.
    name, question:
        What the experiment is called, and what it answers.
    """

    claims: list[Claim]
    sides: list[Side]
    tables: list[Table] = field(default_factory=list)
    prediction: Prediction | None = None
    controls: list[Control] = field(default_factory=list)
    code: str = ""
    trains: bool = True
    name: str = ""
    question: str = ""

    @property
    def holds(self) -> bool:
        """Whether the run bears out every claim."""
        return all(claim.holds for claim in self.claims)

    def print(self) -> None:
        """Prints the question, the claims and the tables."""
        from .terminal import print_report

        print_report(self)

    def page(self, path: Path, *, theme: Theme = "auto") -> None:
        """Writes the page: the networks side by side, led by one player, and what was measured.

        It is one HTML file that asks nothing of any server.

        Raises
        ------
        ValueError, FileExistsError
            If the file is of another kind.
        """
        from .page import report_page

        check_kind(path, "page")
        write(path, report_page(self, theme).encode())

    def __repr__(self) -> str:
        borne = sum(claim.holds for claim in self.claims)
        return f"<Report of {self.name}: {borne} of {len(self.claims)} claims hold>"
