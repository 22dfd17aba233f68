"""Saves runs as safetensors files: measures as arrays, the rest as JSON in the header."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ..capture.storage import report_damage
from ..interop.safetensors import FileFormatError, check_name, read_arrays, write_arrays
from .frames import Curve, Frame, Series
from .measures import BINS, FIELDS

if TYPE_CHECKING:
    from .run import Run

ENTRY = "edgewise.run"
"""The header's entry that holds the JSON."""

VERSION = 1

Path = str | os.PathLike[str]


def save(run: Run, path: Path) -> None:
    """Saves a run. By custom the file's name ends in ``.safetensors``.

    Raises FileFormatError for a name that other libraries open as a pickle, such as ``run.pt``.
    """
    path = os.fspath(path)
    check_name(path)
    frames = [frame.with_size(run.row_count, run.whole_size) for frame in run.frames]
    curves = [*run.losses, *run.notes.values()]
    rates = np.full((len(frames), len(run.optimizers)), math.nan)
    for frame, row in zip(frames, rates, strict=True):
        row[: len(frame.rates)] = frame.rates
    arrays = {
        "steps": np.array([frame.step for frame in frames], np.int64),
        "seconds": np.array([frame.seconds for frame in frames], np.float64),
        "rates": rates,
        "rows": run.rows,
        "counts": run.counts,
        "whole": np.stack([frame.whole for frame in frames]) if frames else np.zeros((0, run.whole_size), np.float32),
        **{f"curve {i}": np.array(curve.points, np.float64).reshape(-1, 2) for i, curve in enumerate(curves)},
    }
    data = {
        "version": VERSION,
        "fields": FIELDS,
        "steps": run.steps,
        "stride": run.stride,
        "remark": run.remark,
        "models": run.models,
        "optimizers": run.optimizers,
        "series": [asdict(series) for series in run.series],
        "losses": [[curve.name, curve.steps_per_point] for curve in run.losses],
        "notes": [[curve.name, curve.steps_per_point] for curve in run.notes.values()],
    }
    write_arrays(arrays, {ENTRY: json.dumps(data, separators=(",", ":"))}, path)


def read(path: Path, run: Run) -> Run:
    """Reads a file into an empty run, and returns it. Raises as :func:`edgewise.run.load` does."""
    path = os.fspath(path)
    arrays, metadata = read_arrays(path)
    if ENTRY not in metadata:
        raise FileFormatError(f"{path} is a safetensors file without a run in it; watch.save(path) writes one")
    with report_damage(path, "run"):
        data = json.loads(metadata[ENTRY])
        if data["version"] != VERSION or data["fields"] != list(FIELDS):
            raise FileFormatError(
                f"{path}: a run of version {data['version']}, made by another Edgewise; this one reads {VERSION}"
            )
        return _fill(run, data, arrays)


def _fill(run: Run, data: dict[str, Any], arrays: dict[str, Any]) -> Run:
    run.stride, run.steps, run.remark = _whole(data["stride"]), _whole(data["steps"]), _text(data["remark"])
    run.models, run.optimizers = list(map(_text, data["models"])), list(map(_text, data["optimizers"]))
    for one in data["series"]:
        run.series.append(_series(one))
    run.row_count = 1 + max((max(s.row, s.gradient_row or 0) for s in run.series), default=-1)
    run.whole_size = max((sum(s.whole) for s in run.series if s.whole), default=0)
    curves = [Curve(_text(name), steps_per_point=_whole(each)) for name, each in [*data["losses"], *data["notes"]]]
    for i, curve in enumerate(curves):
        curve.points = [(int(step), float(value)) for step, value in arrays[f"curve {i}"].tolist()]
    run.losses = curves[: len(data["losses"])]
    run.notes = {curve.name: curve for curve in curves[len(run.losses) :]}
    count = len(arrays["steps"])
    rows, counts, whole = arrays["rows"], arrays["counts"], arrays["whole"]
    expected = ((count, run.row_count, len(FIELDS)), (count, run.row_count, BINS), (count, run.whole_size))
    if (rows.shape, counts.shape, whole.shape) != expected or arrays["rates"].shape != (count, len(run.optimizers)):
        raise ValueError("its arrays don't fit its series")
    for i in range(count):
        run.frames.append(
            Frame(
                int(arrays["steps"][i]),
                float(arrays["seconds"][i]),
                rows[i].astype(np.float32),
                counts[i].astype(np.uint8),
                whole[i].astype(np.float32),
                arrays["rates"][i].tolist(),
                i + 1,
            )
        )
    run.serial = count
    return run


def _series(data: dict[str, Any]) -> Series:
    if data["kind"] not in ("parameter", "output"):
        raise ValueError(f"{data['kind']!r} is no kind of tensor")
    texts = {name: _text(data[name]) for name in ("kind", "model", "name", "module", "type")}
    gradient, whole = data["gradient_row"], data["whole"]
    return Series(
        **texts,
        shape=tuple(map(_whole, data["shape"])),
        place=tuple(map(_whole, data["place"])),
        row=_whole(data["row"]),
        gradient_row=None if gradient is None else _whole(gradient),
        whole=None if whole is None else (_whole(whole[0]), _whole(whole[1])),
    )


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"{value!r} is no text")
    return value
