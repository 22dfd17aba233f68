"""What crosses from Python to the page of a run, with the meaning of every field.

`contract.d.ts` declares the same types for the page's JavaScript. A field that is `NotRequired` is left out where there
is nothing to say.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict


class CurveData(TypedDict):
    """Numbers over the steps of a run."""

    name: str  # what they are
    each: int  # how many numbers make a point, which is their mean
    steps: list[int]  # the steps
    values: list[float | str]  # the numbers; "nan", "inf" and "-inf" as texts


class FrameData(TypedDict):
    """A step of a run that was recorded."""

    step: int  # which one, counted from 1
    seconds: float  # when, after the run began
    rows: int  # how many rows of measures it has
    rates: list[float | str | None]  # the learning rate of each optimiser
    numbers: str  # the rows of measures, and then the elements of small parameters: float32 in base64
    counts: str  # the histograms of the rows: bytes in base64


class SeriesData(TypedDict):
    """A tensor that a run follows."""

    kind: str  # "parameter", or "output" of a module
    model: str  # the name of its model
    name: str  # its dotted name
    module: str  # the path of its module
    type: str  # the class of its module
    shape: list[int]  # its shape
    row: int  # the row of a frame that has its measures
    gradientRow: int | None  # the row of its gradient's
    whole: tuple[int, int] | None  # where its elements are after the rows, from and how many, if they are kept


class RunNews(TypedDict):
    """A run, or what is new of it."""

    generation: int  # grows when frames are dropped, after which all is sent
    serial: int  # the last frame that is in it
    isWhole: bool  # whether this is all of it
    steps: int  # how many steps were taken
    remark: str  # a sentence about what is missing, or nothing
    losses: list[CurveData]  # the losses
    notes: list[CurveData]  # what the user noted
    frames: list[FrameData]  # those that are new
    fields: NotRequired[tuple[str, ...]]  # the measures of a row; these and the following only if `isWhole`
    bins: NotRequired[int]  # how many bins a histogram has
    optimizers: NotRequired[list[str]]  # the names of the optimisers
    models: NotRequired[list[str]]  # the names of the models
    series: NotRequired[list[SeriesData]]  # the tensors that are followed
    ended: NotRequired[bool]  # whether the run is over
    said: NotRequired[str]  # how it ended


class RunData(RunNews):
    """The data of a run's page."""

    title: str  # what stands above it
    live: bool  # whether it asks its server for more
