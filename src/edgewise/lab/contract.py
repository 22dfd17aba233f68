"""What Python hands to the script of an experiment's page; `contract.d.ts` declares the same types for JavaScript."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from ..picture import Theme


class SideData(TypedDict):
    """A network of the experiment, as a page of its own."""

    name: str
    about: str  # how it differs from the others, in a sentence
    parts: list[str | int]  # the text of its page; a number stands for a text in `LabData.common`


class PredictionData(TypedDict):
    """A question that is asked before the answer is shown."""

    question: str
    choices: list[str]
    right: int  # the number of the right choice
    because: str  # why, once a choice was made


class ClaimData(TypedDict):
    """A sentence that the run has tested."""

    text: str
    holds: bool


class TableData(TypedDict):
    """Measured numbers."""

    caption: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]  # the name and the cells of each
    shades: NotRequired[list[list[float | None]]]  # how deep the colour of each cell is, from -1 to 1
    legend: NotRequired[list[tuple[float, str]]]  # what some shades mean
    axes: NotRequired[tuple[str, str]]  # what the rows and the columns are


class ControlData(TypedDict):
    """A number that the reader changes in all networks at once."""

    label: str
    least: float
    most: float
    value: float
    isLogarithmic: bool
    leaves: list[int | Literal["rate"] | None]  # what it is in each network


class LabData(TypedDict):
    """The data of the page of an experiment."""

    title: str
    question: str
    sides: list[SideData]
    common: list[str]  # what several of their pages contain
    prediction: NotRequired[PredictionData]
    claims: list[ClaimData]
    tables: list[TableData]
    controls: list[ControlData]
    code: str  # a line of Python to go on with
    trains: bool  # whether its networks are there to be trained
    theme: Theme
