"""The benchmarks run, and what they compare does the same work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def bench(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, ROOT / "bench" / "run.py", "--rounds", "1", "--seconds", "0.01", *arguments],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_case_makes_a_table():
    shown = bench("scalar")
    assert "| **Edgewise** |" in shown


def test_the_network_written_by_hand_in_numpy_has_the_same_losses():
    shown = bench("mlp")
    assert "| NumPy alone |" in shown


def test_rows_of_one_framework_are_compared_with_the_row_that_the_case_names():
    shown = bench("looking")
    assert "| what is done | ms a step | × the step |" in shown
    assert re.search(r"\| the step \| [\d.]+ \| 1\.00 \|", shown)


def test_an_unknown_case_is_refused_with_the_known_ones():
    with pytest.raises(subprocess.CalledProcessError) as error:
        bench("nonsense")
    assert "chain, scalar, mlp, cnn, gpt, layers, import_time, looking, drawing, making, pages" in error.value.stderr


@pytest.mark.peers
def test_a_step_of_the_gpt_has_the_same_losses_in_pytorch():
    assert "| PyTorch |" in bench("gpt")


@pytest.mark.peers
@pytest.mark.parametrize("case", ["chain", "scalar", "mlp", "cnn"])
def test_every_framework_has_the_same_losses(case):
    shown = bench(case)
    assert "| PyTorch |" in shown
    assert "| MyGrad |" in shown
