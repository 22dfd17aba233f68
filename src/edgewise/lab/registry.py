"""The experiments by their names."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec

from .report import Report

P = ParamSpec("P")


@dataclass(frozen=True)
class Experiment:
    """An experiment: its name in commands, its question, and the function that runs it."""

    name: str
    question: str
    run: Callable[..., Report]

    @property
    def parameters(self) -> dict[str, object]:
        """The parameters of the function that texts can give, with their defaults."""
        found = inspect.signature(self.run).parameters.values()
        return {one.name: one.default for one in found if one.name not in ("model", "data", "loss")}


EXPERIMENTS: dict[str, Experiment] = {}


def experiment(question: str) -> Callable[[Callable[P, Report]], Callable[P, Report]]:
    """Makes a function an experiment that answers `question`. Its name has hyphens where the function's has underlines.

    The function returns a :class:`~edgewise.lab.Report` without these two, which are added.
    """

    def register(function: Callable[P, Report]) -> Callable[P, Report]:
        name = function.__name__.replace("_", "-")

        @functools.wraps(function)
        def run(*given: P.args, **options: P.kwargs) -> Report:
            report = function(*given, **options)
            report.name, report.question = name, question
            return report

        EXPERIMENTS[name] = Experiment(name, question, run)
        return run

    return register
