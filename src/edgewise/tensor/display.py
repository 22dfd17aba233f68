"""Tensors as text."""

from __future__ import annotations

import html
import math
import sys
from typing import Any

import numpy as np

from ..graph.arguments import number_text

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80, "sci_mode": None},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80, "sci_mode": None},
}
_options = dict(_PROFILES["default"])


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors are printed. Other settings stay unchanged.

    Parameters
    ----------
    precision:
        The digits after the decimal point, 4 at first.
    threshold:
        The largest number of elements that are all shown, 1000 at first; larger tensors show their edges only.
    edgeitems:
        The number of elements at each edge, 3 at first.
    linewidth:
        The characters of a line, 80 at first.
    profile:
        ``"default"``, ``"short"`` or ``"full"`` sets all of these; other arguments override it.
    sci_mode:
        Whether to print floating-point numbers as in 1.0e+00; each tensor decides for itself until this is set.
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions: profile is {profile!r}; it must be one of {tuple(_PROFILES)}")
        _options.update(_PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _options.update({name: value for name, value in {**given, "sci_mode": sci_mode}.items() if value is not None})


def _text(array: Any, prefix: str) -> str:
    """Returns the elements as text, formatted by the options."""
    digits, scientific = _options["precision"], _options["sci_mode"]
    layout: dict[str, Any] = {
        "precision": digits,
        "threshold": min(_options["threshold"], sys.maxsize),
        "edgeitems": _options["edgeitems"],
        "max_line_width": _options["linewidth"] - 5,
    }
    if scientific is True:
        layout["formatter"] = {"float_kind": lambda value: f"{value:.{digits}e}"}
    elif scientific is False:
        layout["suppress_small"] = True
    with np.errstate(all="ignore"):
        return np.array2string(array, separator=", ", prefix=prefix, floatmode="maxprec", **layout)


class Display:
    """The text and HTML forms of a tensor."""

    __slots__ = ()

    def __repr__(self: Any) -> str:
        array = self.numpy(force=True)
        opening = f"{'Parameter' if type(self).__name__ == 'Parameter' else 'tensor'}("
        indent = " " * len(opening)
        body = _text(array, opening)
        notes = []
        if array.size == 0 and array.ndim != 1:
            notes.append(f"size={tuple(array.shape)}")
        if array.dtype.name not in ("float32", "int64", "bool") or array.size == 0:
            notes.append(f"dtype={array.dtype.name}")
        if self.operation is not None:
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
        if self.operation is not None:
            parts.append(f"from {self.operation.name}")
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
    return number_text(value, 4) if isinstance(value, np.floating) else str(value)
