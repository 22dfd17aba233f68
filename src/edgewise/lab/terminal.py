"""Reports and the list of experiments in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
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

WIDEST = 1000
"""More than any table takes."""


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
        _print_table(out, table)
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


def _print_table(out: Console, table: Table) -> None:
    """Prints a table. Where it is too wide, its headings go over several lines; then the terminal breaks the rows."""
    before, out.width = out.width, WIDEST
    grid = _grid(table, table.columns)
    if out.measure(grid).maximum >= before:
        grid = _grid(table, [column.replace(" ", "\n") for column in table.columns])
    # A console cuts off what is wider than it is, and nothing that was measured may be lost.
    out.width = max(before, out.measure(grid).maximum + 1)
    out.print(Padding(grid, (0, 0, 0, 1), expand=False))
    out.width = before


def _grid(table: Table, columns: Sequence[str]) -> Any:
    grid = Grid(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 1))
    grid.add_column(corner(table).replace("  ", "\n"), no_wrap=True)
    for column in columns:
        grid.add_column(column, justify="right", no_wrap=True)
    for name, cells in table.rows:
        grid.add_row(name, *cells)
    return grid
