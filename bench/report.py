"""The benchmarks' tables, and the machine they were made on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARKS = ("<!-- measured: begin -->", "<!-- measured: end -->")


def limit_threads(threads: int) -> None:
    """Sets how many threads libraries that are loaded from now on use."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)


def reference(case: Any) -> str:
    """Returns the name of the row that the others of a case are compared with."""
    return getattr(case, "REFERENCE", "torch")


def table(case: Any, rows: Sequence[tuple[str, float, float | None]], threads: int | None) -> str:
    """One case as a Markdown table."""
    scale, unit = (1e3, "ms") if case.UNIT.startswith("ms") else (1e6, "µs")
    title, base = case.TITLE, reference(case)
    if threads is not None and case.THREADED:
        title += f", {threads} thread{'s' if threads > 1 else ''}"
    lines = [
        f"### {title}",
        "",
        case.ABOUT,
        "",
        f"| {getattr(case, 'ROWS', 'framework')} | {unit} {case.UNIT[3:]} | × {TITLES.get(base, base)} |",
        "|---|--:|--:|",
    ]
    for name, seconds, ratio in rows:
        shown = "" if ratio is None else f"{ratio:.2f}"
        lines.append(f"| {TITLES.get(name, name)} | {seconds * scale:.3g} | {shown} |")
    return "\n".join(lines) + "\n"


def table_of_work(
    case: Any, work: Sequence[tuple[str, Sequence[tuple[str, float, float | None]]]], threads: int | None
) -> str:
    """A case of many pieces of work as a Markdown table, a piece in each row."""
    title = case.TITLE if threads is None else f"{case.TITLE}, {threads} thread{'s' if threads > 1 else ''}"
    lines = [
        f"### {title}",
        "",
        case.ABOUT,
        "",
        "| work | ms, Edgewise | ms, PyTorch | × PyTorch |",
        "|---|--:|--:|--:|",
    ]
    for name, rows in work:
        seconds = [f"{row[1] * 1e3:.3g}" for row in rows] + [""] * (2 - len(rows))
        ratio = rows[0][2] if len(rows) > 1 else None
        lines.append(f"| {name} | {seconds[0]} | {seconds[1]} | {'' if ratio is None else f'**{ratio:.2f}**'} |")
    return "\n".join(lines) + "\n"


TITLES = {
    "edgewise": "**Edgewise**",
    "torch": "PyTorch",
    "autograd": "HIPS autograd",
    "mygrad": "MyGrad",
    "micrograd": "micrograd",
    "numpy": "NumPy alone",
}


def machine() -> str:
    """Processor, cores and versions, in one sentence."""
    packages = ("numpy", "torch", "autograd", "mygrad", "micrograd")
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {system}, {', '.join(versions)}."


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    name = re.search(r"model name\s*:\s*(.*)", text)
    return name[1].strip() if name else platform.machine()


def write(tables: Sequence[str], arguments: Sequence[str]) -> Path:
    """Puts the tables between the marks of the page."""
    page = PAGE.read_text()
    before, after = page.split(MARKS[0])[0], page.split(MARKS[1])[1]
    command = shlex.join(["python", "bench/run.py", *arguments])
    body = "\n".join([MARKS[0], "", f"Measured on: {machine()}", "", f"With: `{command}`", "", *tables, MARKS[1]])
    PAGE.write_text(before + body + after)
    return PAGE
