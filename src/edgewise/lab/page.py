"""The page of an experiment: its networks side by side in frames, led by one player."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..graph.edge import Edge
from ..page.assemble import bundle, compact, document, page_style, text, without_indents
from ..page.page import Look, make_page
from ..picture import Theme
from ..picture.style import switched_sheet
from .contract import ControlData, LabData, TableData

if TYPE_CHECKING:
    from .report import Control, Report, Side, Table

_PART = re.compile(r'<script type="application/octet-stream"[^>]*>[^<]*</script>')

_START = "startLab(edgewise.data);\n"


def report_page(report: Report, theme: Theme = "auto") -> str:
    """Returns the page of a report as HTML."""
    pages = [_page_of(side, theme) for side in report.sides]
    # The pages have the same script and the same style, which come once.
    common = sorted({part for page in pages for part in _PART.findall(page) if sum(part in one for one in pages) > 1})
    data: LabData = {
        "title": report.name,
        "question": report.question,
        "sides": [
            {"name": side.name, "about": side.about, "parts": _parts(page, common)}
            for side, page in zip(report.sides, pages, strict=True)
        ],
        "common": common,
        "claims": [{"text": claim.text, "holds": claim.holds} for claim in report.claims],
        "tables": [_table(table) for table in report.tables],
        "controls": [_control(control, report.sides) for control in report.controls],
        "code": report.code,
        "trains": report.trains,
        "theme": theme,
    }
    if report.prediction is not None:
        asked = report.prediction
        data["prediction"] = {
            "question": asked.question,
            "choices": list(asked.choices),
            "right": asked.right,
            "because": asked.because,
        }
    sheet = f"{switched_sheet()}\n{page_style()}\n{without_indents(text('lab/css/lab.css'))}"
    library = f"{compact(bundle('lab/js/lab.js'))}\n{_START}"
    return document(report.question, text("lab/lab.html"), sheet, library, data, within=pages)


def _page_of(side: Side, theme: Theme) -> str:
    return make_page(
        side.loss,
        title=side.name,
        learning_rate=side.learning_rate,
        optimizer=side.optimizer,
        batches=side.batches,
        taken=side.capture,
        look=Look(side.view, theme, beside=True),
    )


def _parts(page: str, common: list[str]) -> list[str | int]:
    """Returns the text of a page in parts, where those in `common` are numbers."""
    if not common:
        return [page]
    pieces = re.split(f"({'|'.join(map(re.escape, common))})", page)
    return [common.index(piece) if piece in common else piece for piece in pieces]


def _table(table: Table) -> TableData:
    rows = [(name, list(cells)) for name, cells in table.rows]
    data: TableData = {"caption": table.caption, "columns": list(table.columns), "rows": rows}
    if table.shades is not None:
        data["shades"] = [list(row) for row in table.shades]
    if table.legend:
        data["legend"] = list(table.legend)
    if table.axes is not None:
        data["axes"] = table.axes
    return data


def _control(control: Control, sides: list[Side]) -> ControlData:
    return {
        "label": control.label,
        "least": control.least,
        "most": control.most,
        "value": control.value,
        "isLogarithmic": control.is_logarithmic,
        "leaves": [_leaf(leaf, side) for leaf, side in zip(control.leaves, sides, strict=True)],
    }


def _leaf(leaf: Any, side: Side) -> Any:
    """Returns what a page calls a leaf."""
    return side.capture.tensor_ids[leaf] if isinstance(leaf, Edge) else leaf
