"""What is installed, and what an import of it costs."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import edgewise

ROOT = Path(__file__).parent.parent

IN_CHECKOUT = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="needs the source tree")


def python(program: str, environment: dict[str, str] | None = None) -> str:
    """What a program prints in a new process."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True, capture_output=True
    )
    return folder


def test_the_version_is_that_of_the_distribution():
    assert importlib.metadata.version("edgewise") == edgewise.__version__


def test_a_base_install_brings_numpy_and_little_else():
    required = importlib.metadata.requires("edgewise") or []
    base = {re.match(r"[\w-]+", line)[0] for line in required if "extra ==" not in line}
    assert base == {"numpy", "rich", "safetensors"}


@IN_CHECKOUT
def test_the_wheel_holds_the_types_the_data_and_the_licences(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert sum(info.compress_size for info in archive.infolist()) < 2_000_000
    assert "edgewise/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    here = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src/edgewise").rglob("*") if path.is_file()}
    packed = {name for name in names if name.startswith("edgewise/")}
    assert packed == {name for name in here if "__pycache__" not in name}


@IN_CHECKOUT
def test_the_wheel_says_where_the_digits_come_from(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        notes = [
            archive.read(name).decode()
            for name in archive.namelist()
            if name.startswith("edgewise/data/") and name.endswith((".md", ".txt"))
        ]
    assert any("Alpaydin" in note and "CC BY 4.0" in note for note in notes)


@IN_CHECKOUT
def test_the_source_distribution_can_run_its_tests(built):
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "pyproject.toml", "tests/test_packaging.py", "README.md", "docs/index.md"} <= names


def test_an_import_brings_in_nothing_heavy():
    loaded = python("import sys, edgewise; print(*sorted(sys.modules))").split()
    for heavy in ("rich", "safetensors", "matplotlib", "argparse", "urllib.request", "torch"):
        assert heavy not in loaded
