"""A table of a model: its layers, their output shapes, their parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..graph.edge import Edge
from ..graph.modes import no_grad, thread
from ..ops.creation import dtype_of
from ..tensor import as_tensor
from .module import Module

_COLUMNS = ("layer", "output shape", "parameters", "trainable")


class Row(NamedTuple):
    """One module: its dotted name, type, depth, output shapes, and its own parameters, without its parts'."""

    name: str
    kind: str
    depth: int
    shapes: tuple[tuple[int, ...], ...]
    parameters: int
    trainable: int


class Summary(NamedTuple):
    """The result of :func:`summary`. It prints as a table; `show` prints it with lines and colour in a terminal."""

    rows: tuple[Row, ...]
    parameters: int
    trainable: int
    parameter_bytes: int
    output_bytes: int

    def _table_rows(self) -> list[tuple[str, str, str, str]]:
        cells = []
        for row in self.rows:
            label = row.name.rpartition(".")[2]
            shapes = ", ".join(" × ".join(map(str, shape)) or "scalar" for shape in row.shapes)
            amount = f"{row.parameters:,}" if row.parameters else ""
            if not row.parameters:
                share = ""
            elif row.trainable in (0, row.parameters):
                share = "yes" if row.trainable else "no"
            else:
                share = f"{row.trainable:,}"
            name = "  " * row.depth + (f"{label}: {row.kind}" if label else row.kind)
            cells.append((name, shapes, amount, share))
        return cells

    def _totals(self) -> list[str]:
        frozen = self.parameters - self.trainable
        count = f"parameters: {self.parameters:,}" + (
            f" ({self.trainable:,} trainable, {frozen:,} frozen)" if frozen else ", all trainable"
        )
        memory = (
            f"memory: {_size_text(self.parameter_bytes)} for parameters, {_size_text(self.output_bytes)} for outputs"
        )
        return [count if self.parameters else "parameters: none", memory]

    def __str__(self) -> str:
        cells = self._table_rows()
        widths = [max(len(line[i]) for line in [_COLUMNS, *cells]) for i in range(len(_COLUMNS))]
        lines = [_align(line, widths) for line in [_COLUMNS, *cells]]
        rule = "-" * max(len(line) for line in lines)
        return "\n".join([lines[0], rule, *lines[1:], rule, *self._totals()])

    def __repr__(self) -> str:
        return str(self)

    def __rich__(self) -> Any:
        from rich.console import Group
        from rich.table import Table

        table = Table()
        for i, heading in enumerate(_COLUMNS):
            table.add_column(heading, justify="right" if i == 2 else "left", style="cyan" if i == 0 else None)
        for line in self._table_rows():
            table.add_row(*line)
        return Group(table, *self._totals())

    def show(self) -> None:
        """Prints the table: with lines and colour where the terminal has them, else as plain text."""
        import sys

        if sys.stdout.isatty():
            from rich.console import Console

            Console().print(self)
        else:
            print(self)


def summary(model: Module, *inputs: Any) -> Summary:
    """Returns a table of the model's layers with their output shapes and parameters, and the totals.

    Parameters
    ----------
    model:
        The module.
    inputs:
        For each of its inputs, an example tensor, or the shape of one of the default dtype, as in
        ``summary(model, (64, 1, 28, 28))``. The model is run on them once, in evaluation mode and without
        recording, so nothing about it changes.
    """
    if not inputs:
        raise TypeError("summary needs an example input or its shape, as in nn.summary(model, (64, 784))")
    examples = [_example(input) for input in inputs]
    names = {id(module): name for name, module in model.named_modules()}
    shapes: dict[int, tuple[tuple[int, ...], ...]] = {}
    sizes: dict[int, int] = {}

    def after(module: Module, _: Any, output: Any) -> None:
        tensors = _tensors(output)
        shapes[id(module)] = tuple(tuple(tensor.shape) for tensor in tensors)
        if not module._own("module"):
            used = sum(_size(tensor) for tensor in tensors)
            sizes[id(module)] = sizes.get(id(module), 0) + used

    modules = list(model.modules())
    modes = [module.training for module in modules]
    handles = [module.register_forward_hook(after) for module in modules]
    try:
        model.eval()
        with no_grad():
            model(*examples)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode

    rows, seen = [], set[int]()
    for module in modules:
        own = [p for _, p in module._own("parameter") if id(p) not in seen]
        seen.update(id(p) for p in own)
        name = names[id(module)]
        count = sum(math.prod(p.shape) for p in own)
        trainable = sum(math.prod(p.shape) for p in own if p.requires_grad)
        depth = name.count(".") + 1 if name else 0
        rows.append(Row(name, type(module).__name__, depth, shapes.get(id(module), ()), count, trainable))
    return Summary(
        rows=tuple(rows),
        parameters=sum(row.parameters for row in rows),
        trainable=sum(row.trainable for row in rows),
        parameter_bytes=sum(_size(p) for p in model.parameters()),
        output_bytes=sum(sizes.values()),
    )


def _example(input: Any) -> Any:
    if isinstance(input, Sequence) and all(isinstance(size, int) for size in input):
        return as_tensor(np.zeros(tuple(input), dtype_of(np, thread.modes.default_dtype)))
    return input


def _tensors(output: Any) -> list[Any]:
    if isinstance(output, Edge):
        return [output]
    if isinstance(output, (list, tuple)):
        return [tensor for item in output for tensor in _tensors(item)]
    if isinstance(output, dict):
        return [tensor for item in output.values() for tensor in _tensors(item)]
    return []


def _size(tensor: Any) -> int:
    count: int = math.prod(tensor.shape)
    return count * np.dtype(str(tensor.dtype).rpartition(".")[2]).itemsize


def _align(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(
        cell.rjust(width) if i == 2 else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()


def _size_text(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
