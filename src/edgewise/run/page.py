"""Makes the page that replays a run."""

from __future__ import annotations

import base64
import math
import os
from typing import TYPE_CHECKING

import numpy as np

from ..page.assemble import bundle, compact, document, page_style, text
from ..picture.style import switched_sheet
from ..system.files import check_kind, write
from .contract import CurveData, FrameData, RunData, RunNews
from .frames import WRITING_METHODS, Curve, Frame, RunError
from .measures import BINS, FIELDS

if TYPE_CHECKING:
    from .run import Run

Path = str | os.PathLike[str]

_STYLE = ("page", "diagrams", "list", "large", "windows")
"""Its style sheets, after those of other pages, in the order in which they hold."""

_START = "startRun(edgewise.data);\n"


def run_page(run: Run, path: Path | None = None, *, title: str | None = None) -> str:
    """Makes the page of a run: one HTML file that needs no server. Returns its text."""
    if path is not None:
        check_kind(path, "page", WRITING_METHODS)
    if not run.frames:
        raise RunError("the run has no step that was recorded, so there is nothing to show")
    html = assemble_page(run_data(run), title_of(run, title))
    if path is not None:
        write(path, html.encode())
    return html


def title_of(run: Run, title: str | None = None) -> str:
    """Returns the title of the page."""
    if title is not None:
        return title
    names = [name for name in run.models if name]
    return f"Training of {' and '.join(names)}" if names else "A training"


def assemble_page(data: RunNews, title: str, *, live: bool = False) -> str:
    """Assembles the page with its data. A live one asks its server for more."""
    own = "\n".join(text(f"run/css/{name}.css") for name in _STYLE)
    sheet = f"{switched_sheet()}\n{page_style()}\n{own}"
    script = f"{compact(bundle('run/js/run.js'))}\n{_START}"
    whole: RunData = {**data, "title": title, "live": live}
    return document(title, text("run/run.html"), sheet, script, whole, may_ask=live)


def run_data(run: Run, since: int = 0, generation: int | None = None) -> RunNews:
    """Returns the run as JSON data: all of it, or only what was added after a frame if nothing else changed."""
    is_whole = generation != run.generation
    frames, series = list(run.frames), run.series
    data: RunNews = {
        "generation": run.generation,
        "serial": run.serial,
        "isWhole": is_whole,
        "steps": run.steps,
        "remark": run.remark,
        "losses": [_curve(curve) for curve in list(run.losses)],
        "notes": [_curve(curve) for curve in list(run.notes.values())],
        "frames": [_frame(frame) for frame in frames if is_whole or frame.serial > since],
    }
    if is_whole:
        data["fields"] = FIELDS
        data["bins"] = BINS
        data["optimizers"] = list(run.optimizers)
        data["models"] = list(run.models)
        data["series"] = [
            {
                "kind": one.kind,
                "model": one.model,
                "name": one.name,
                "module": one.module,
                "type": one.type,
                "shape": list(one.shape),
                "row": one.row,
                "gradientRow": one.gradient_row,
                "whole": one.whole,
            }
            for one in sorted(series, key=lambda one: one.place)
        ]
    return data


def _curve(curve: Curve) -> CurveData:
    points = list(curve.points)
    return {
        "name": curve.name,
        "each": curve.steps_per_point,
        "steps": [step for step, _ in points],
        "values": [_number(value) for _, value in points],
    }


def _number(value: float) -> float | str:
    """Rounds to six digits; infinities and NaN, which JSON lacks, become texts."""
    return float(f"{value:.6g}") if math.isfinite(value) else str(value)


def _frame(frame: Frame) -> FrameData:
    numbers = np.concatenate([frame.rows.reshape(-1), frame.whole]).astype("<f4")
    return {
        "step": frame.step,
        "seconds": round(frame.seconds, 3),
        "rows": len(frame.rows),
        "rates": [None if math.isnan(rate) else _number(rate) for rate in frame.rates],
        "numbers": base64.b64encode(numbers.tobytes()).decode("ascii"),
        "counts": base64.b64encode(frame.counts.tobytes()).decode("ascii"),
    }
