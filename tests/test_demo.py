"""The tour: its numbers are right, and it fits where it is shown."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import numpy as np
import pytest
from rich.console import Console

import edgewise as ew
from edgewise import demo
from edgewise.demo import article, digits, drawing, threads


def console(width=80, **options):
    return Console(file=io.StringIO(), width=width, highlight=False, **options)


def test_each_gradient_is_what_came_back_times_the_local_derivative():
    rows = {row.name: row for row in article.edges()}
    for row in rows.values():
        if row.to:
            assert row.data.grad.item() == pytest.approx(rows[row.to].data.grad.item() * row.factor, rel=1e-6)
    assert rows["L"].data.grad.item() == 1.0


def test_each_gradient_is_the_slope_of_the_loss():
    def loss(**changed):
        values = {name: ew.tensor(v, dtype="float64") for name, v in (article.START | changed).items()}
        return article.forward(values)["L"].item()

    for row in article.edges():
        if row.name in article.START:
            at = article.START[row.name]
            slope = (loss(**{row.name: at + 1e-6}) - loss(**{row.name: at - 1e-6})) / 2e-6
            assert row.data.grad.item() == pytest.approx(slope, abs=1e-5)


def test_the_loss_goes_down_at_every_step():
    losses = [edge["L"] for edge in article.descend()]
    assert len(losses) == article.STEPS + 1
    assert all(later < earlier for earlier, later in pairwise(losses))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_first_part_fits_the_width(width):
    shown = console(width)
    article.show(shown)
    text = shown.file.getvalue()
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    for name in ("x", "t", "W1", "b1", "m1", "z1", "h", "W2", "b2", "m2", "y", "e", "L"):
        assert re.search(rf"^\s*(mul|add|relu|sub|abs)?\s+{name}\s+−?\d\.\d{{4}}\s+−?\d\.\d{{4}}", text, re.MULTILINE)


def test_confusion_counts_each_digit_once():
    truth, read = np.array([0, 0, 3, 9]), np.array([0, 8, 3, 9])
    counts = drawing.confusion(truth, read)
    assert counts.sum() == 4
    assert counts[0, 0] == counts[0, 8] == counts[3, 3] == counts[9, 9] == 1


def test_digits_are_drawn_without_colours():
    image = np.zeros((8, 8))
    image[0, 0] = image[1, 1] = image[2, 2] = image[3, 2] = 1.0
    lines = drawing.drawn([image], [["is 1"]], console())
    assert [line.plain.rstrip() for line in lines] == ["  ▀▄", "    █", "", "", "  is 1"]


def test_one_thread_puts_the_number_back():
    functions = threads._of_openblas()
    if functions is None:
        pytest.skip("NumPy brought no OpenBLAS of its own")
    before = functions[0]()
    with threads.one_thread():
        assert functions[0]() == 1
    assert functions[0]() == before


def test_the_tour_reads_digits_and_finds_its_network_again(tmp_path, capsys):
    demo.run(folder=str(tmp_path), only="digits")
    text = capsys.readouterr().out
    accuracy = float(re.search(r"reads ([\d.]+) % of", text)[1])
    assert accuracy >= 97.0
    (saved,) = tmp_path.glob("*.safetensors")
    assert saved.name in text
    assert f"{accuracy:.2f} % again" in text
    assert digits.network().load_state_dict(ew.load(saved)) is not None
