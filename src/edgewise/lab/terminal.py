"""Reports and the list of experiments in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from ..system.unpadded import plain_console

if TYPE_CHECKING:
    from .registry import Experiment
    from .report import Report, Table

WIDTH = 96
"""The longest line of prose."""


def print_report(report: Report) -> None:
    """Prints a report: its question, its claims, and its tables."""
    out = plain_console()
    out.print()
    _line(out, Text.assemble((report.name, "bold"), "  ", report.question))
    out.print()
    for claim in report.claims:
        mark = ("✓ ", "green") if claim.holds else ("✗ not so in this run: ", "bold red")
        _line(out, Text.assemble(mark, claim.text), indent=2)
    for table in report.tables:
        out.print()
        _line(out, Text(table.caption, "bold"))
        out.print(Padding(_grid(table), (0, 0, 0, 1)))
    out.print()
    sys.stdout.flush()


def print_list(experiments: Mapping[str, Experiment]) -> None:
    """Prints experiments with their questions."""
    out = plain_console()
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for one in experiments.values():
        grid.add_row(one.name, one.question)
    out.print()
    out.print(Padding(grid, (0, 2)))
    out.print()
    _line(out, Text.assemble("Run one:  ", (f"edgewise lab {next(iter(experiments))}", "bold")))
    out.print()


def corner(table: Table) -> str:
    """Returns what stands above the names of the rows: what rows and columns are."""
    return f"{table.axes[0]} ↓  {table.axes[1]} →" if table.axes else ""


def _line(out: Console, text: Text, indent: int = 0) -> None:
    out.print(Padding(text, (0, 2, 0, 2 + indent)), width=min(out.width, WIDTH))


def _grid(table: Table) -> Any:
    grid = Grid(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 1))
    grid.add_column(corner(table), min_width=max((len(name) for name, _ in table.rows), default=0))
    for column in table.columns:
        grid.add_column(column, justify="right", no_wrap=True)
    for name, cells in table.rows:
        grid.add_row(name, *cells)
    return grid
