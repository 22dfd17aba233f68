"""docs/design.md and docs/performance.md agree with the code and with themselves."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import edgewise as ew

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "edgewise"
DESIGN = (ROOT / "docs" / "design.md").read_text("utf-8")
PLACES = re.findall(r"`([\w/]+\.(?:py|js)): (\w+)`", DESIGN)
FILES = re.findall(r"`([\w/]+/\w+\.(?:py|js))[`:]", DESIGN)
TREE = re.search(r"```text\n(.*?)```", DESIGN, re.DOTALL)[1]


def found(path):
    """The file, which design.md names from the package or from the project's folder."""
    return next((folder / path for folder in (PACKAGE, ROOT) if (folder / path).exists()), None)


@pytest.mark.parametrize("path", sorted(set(FILES)))
def test_a_file_that_the_design_names_exists(path):
    assert found(path) is not None


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_a_function_that_the_map_names_is_defined_in_its_file(path, name):
    assert re.search(rf"^\s*(?:export )?(?:def|class|function) {name}\b", found(path).read_text("utf-8"), re.MULTILINE)


def test_the_map_has_the_sentences_of_the_idea():
    assert len(PLACES) >= 11


def test_the_tree_lists_every_package_in_the_order_of_the_floors():
    spec = importlib.util.spec_from_file_location("floors", ROOT / "tests" / "test_floors.py")
    floors = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(floors)
    left_out = {"version", "edgewise", "__main__"}
    listed = re.findall(r"^(\w+)", TREE, re.MULTILINE)
    assert set(listed) == {room for rooms in floors.FLOORS for room in rooms} - left_out
    heights = [floors.FLOOR[room] for room in listed]
    assert heights == sorted(heights)


def test_the_tree_lists_files_of_the_engine_that_exist():
    block = re.search(r"^graph/.*?\n\n", TREE, re.MULTILINE | re.DOTALL)[0]
    names = re.findall(r"\w+", " ".join(re.findall(r"^    (.*?)(?:  |…)", block, re.MULTILINE)))
    assert len(names) >= 15
    assert [name for name in names if not (PACKAGE / "graph" / f"{name}.py").exists()] == []


def test_the_ratios_of_the_benchmarks_are_those_of_the_printed_times():
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    tables = re.findall(r"(?:^\|.*× PyTorch \|\n)(?:^\|.*\|\n)+", page, re.MULTILINE)
    assert len(tables) >= 8
    for table in tables:
        rows = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
        reference = {row[0]: float(row[1]) for row in rows if row[0] == "PyTorch"}.get("PyTorch")
        for name, *numbers in rows:
            times, ratio = [float(number) for number in numbers[:-1]], float(numbers[-1])
            below = times[1] if len(times) == 2 else reference
            # Both are rounded to three digits, and the ratio to two decimals.
            assert ratio == pytest.approx(times[0] / below, rel=0.011, abs=0.006), name


def test_the_page_of_the_small_network_has_the_size_that_the_documentation_gives(tmp_path):
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    written = int(re.search(r"\| the network of a few numbers.*\| (\d+) kB \|", page)[1])
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W1, b1, W2, b2 = (ew.tensor(value, requires_grad=True) for value in (0.8, -0.4, 0.5, 0.1))
    loss = (ew.relu(x * W1 + b1) * W2 + b2 - t).abs()
    ew.see(loss).page(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size / 1000 == pytest.approx(written, rel=0.1)
