"""Reports and their pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import Opened

from edgewise.lab import Report


@pytest.fixture
def opened_report(opened_file: Callable[..., Opened], tmp_path: Path) -> Callable[..., Opened]:
    """Opens the page of a report."""

    def opening(report: Report, **how: object) -> Opened:
        path = tmp_path / "report.html"
        report.page(path)
        return opened_file(path, **how)

    return opening
