"""How a tensor looks in a terminal and in a notebook."""

from __future__ import annotations

import html
from typing import Any

import numpy as np


class Display:
    """The text and HTML forms of a tensor."""

    __slots__ = ()

    def __repr__(self: Any) -> str:
        array = self.numpy(force=True)
        opening = f"{'Parameter' if type(self).__name__ == 'Parameter' else 'tensor'}("
        indent = " " * len(opening)
        with np.errstate(all="ignore"):
            body = np.array2string(
                array, precision=4, separator=", ", prefix=opening, threshold=1000, edgeitems=3, floatmode="maxprec"
            )
        notes = []
        if array.size == 0 and array.ndim != 1:
            notes.append(f"size={tuple(array.shape)}")
        if array.dtype.name not in ("float32", "int64", "bool") or array.size == 0:
            notes.append(f"dtype={array.dtype.name}")
        if self.node is not None:
            notes.append(f"grad_fn={self.node!r}")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        text = ", ".join([opening + body, *notes]) + ")"
        last = len(text) - (text.rfind("\n") + 1)
        if notes and last > 100:
            text = opening + body + ",\n" + indent + ", ".join(notes) + ")"
        return text

    def _repr_html_(self: Any) -> str:
        shape = " × ".join(str(size) for size in self.array.shape) or "scalar"
        parts = [shape, str(self.dtype)]
        if self.node is not None:
            parts.append(f"from {self.node.operation.name}")
        elif self.requires_grad:
            parts.append("requires gradient")
        if self.name:
            parts.insert(0, self.name)
        head = html.escape(" · ".join(parts))
        array = self.numpy(force=True)
        if array.ndim in (1, 2) and 0 < array.size <= 400:
            rows = array.reshape(1, -1) if array.ndim == 1 else array
            cell = "padding:.15em .6em;text-align:right;font-variant-numeric:tabular-nums"
            body = "".join(
                "<tr>" + "".join(f'<td style="{cell}">{_number(value)}</td>' for value in row) + "</tr>" for row in rows
            )
            shown = f'<table style="border-left:1px solid;border-right:1px solid">{body}</table>'
        else:
            shown = f"<pre>{html.escape(repr(self))}</pre>"
        return f'<div><div style="opacity:.7;font-size:85%">{head}</div>{shown}</div>'


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, np.floating) else str(value)
