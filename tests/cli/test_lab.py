"""``edgewise lab``: the list of experiments, and running one."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewise import lab
from edgewise.cli import main
from edgewise.lab import EXPERIMENTS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command is called."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_lists_every_experiment_with_its_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab"]) == 0
    shown = capsys.readouterr().out
    words = " ".join(shown.split())
    for one in EXPERIMENTS.values():
        assert one.name in words
    assert EXPERIMENTS["zero-init"].question.split("?")[0] in words
    assert "edgewise lab zero-init" in words
    assert not any(line.endswith(" ") for line in shown.splitlines())


def test_it_prints_what_an_experiment_found_and_writes_its_page(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["lab", "zero-init", "layers=first", "seed=3"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "✓ layer1.weight, layer1.bias and layer2.weight get no gradient" in words
    assert "unseen digits right" in words
    assert words.endswith("The page is in zero-init.html")
    assert "Why not initialise all weights to 0?" in (folder / "zero-init.html").read_text("utf-8")


def test_a_page_of_its_own_is_replaced_and_a_file_of_others_is_not(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["lab", "zero-init", "steps=100"]) == 0
    assert main(["lab", "zero-init", "steps=100"]) == 0
    capsys.readouterr()
    (folder / "zero-init.html").write_text("my notes")
    assert main(["lab", "zero-init", "steps=100"]) == 2
    assert "zero-init.html exists, and was not made by Edgewise" in capsys.readouterr().err
    assert (folder / "zero-init.html").read_text() == "my notes"


def test_it_says_so_if_a_run_does_not_bear_out_a_claim(capsys: pytest.CaptureFixture[str]) -> None:
    # So small a rate teaches nothing in two steps.
    assert main(["lab", "zero-init", "layers=last", "steps=2", "rate=0.0001"]) == 1
    assert "not so in this run: So it learns" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["zero-ini"], "there is no experiment zero-ini; did you mean zero-init?"),
        (["quantum"], "there is no experiment quantum; there are"),
        (["zero-init", "fast"], "fast: zero-init takes layers=all, activation=relu, steps=300"),
        (["zero-init", "speed=3"], "speed=3: zero-init takes layers=all"),
        (["zero-init", "layers=middle"], "layers must be 'all', 'first', 'last', or of layer1, layer2"),
        (["zero-init", "--page", "notes.py"], "notes.py is named as the source of a program"),
    ],
)
def test_what_it_does_not_know_is_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["lab", *words]) == 2
    assert message in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_no_column_of_a_table_is_cut_off_in_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    columns = [f"measured number {i}" for i in range(9)]
    report = lab.Report([], [], [lab.Table("All of it", columns, [("a row", [f"{i}.2345" for i in range(9)])])])
    report.print()
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if "a row" in line).split() == ["a", "row", *[f"{i}.2345" for i in range(9)]]
    assert "…" not in "".join(lines)
    assert next(line for line in lines if "measured" in line).split() == ["measured"] * 9
