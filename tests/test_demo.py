"""The tour: its numbers are right, and it fits where it is shown."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import types
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from browsing import part_of_page
from rich.console import Console

import edgewise as ew
from edgewise import demo
from edgewise.demo import article, digits, pages, terminal
from edgewise.demo.terminal import table


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
def test_the_first_part_fits_the_width(width, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = console(width)
    article.show(shown, Path())
    text = shown.file.getvalue()
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    for name in ("x", "t", "W1", "b1", "m1", "z1", "h", "W2", "b2", "m2", "y", "e", "L"):
        assert re.search(rf"^\s*(mul|add|relu|sub|abs)?\s+{name}\s+−?\d\.\d{{4}}\s+−?\d\.\d{{4}}", text, re.MULTILINE)


def test_the_first_part_is_drawn_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    demo.run(only="edges")
    assert sorted(os.listdir("edgewise-demo")) == ["article.html", "article.svg"]
    shown = set(re.findall("<text[^>]*>([^<]*)</text>", Path("edgewise-demo/article.svg").read_text("utf-8")))
    assert {"x", "t", "W₁", "b₁", "m₁", "z₁", "h", "W₂", "b₂", "m₂", "y", "e", "L", "−0.75", "−0.8"} <= shown


def test_confusion_counts_each_digit_once():
    truth, read = np.array([0, 0, 3, 9]), np.array([0, 8, 3, 9])
    counts = digits.confusion(truth, read)
    assert counts.sum() == 4
    assert counts[0, 0] == counts[0, 8] == counts[3, 3] == counts[9, 9] == 1


def test_digits_are_drawn_without_colours():
    image = np.zeros((8, 8))
    image[0, 0] = image[1, 1] = image[2, 2] = image[3, 2] = 1.0
    lines = terminal.image_lines([image], [["is 1"]], console())
    assert [line.plain.rstrip() for line in lines] == ["  ▀▄", "    █", "", "", "  is 1"]


def test_one_thread_limits_matrix_products_where_threadpoolctl_is_installed(monkeypatch):
    limits = []
    installed = types.SimpleNamespace(threadpool_limits=lambda *given, **named: limits.append((given, named)))
    monkeypatch.setitem(sys.modules, "threadpoolctl", installed)
    digits.one_thread()
    assert limits == [((1,), {"user_api": "blas"})]
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)  # not installed
    with digits.one_thread():
        assert len(limits) == 1


def test_the_tour_reads_digits_and_finds_its_network_again(tmp_path, capsys):
    demo.run(folder=str(tmp_path), only="digits")
    text = capsys.readouterr().out
    accuracy = float(re.search(r"reads ([\d.]+) % of", text)[1])
    assert accuracy >= 97.0
    (saved,) = tmp_path.glob("*.safetensors")
    assert saved.name in text
    assert f"{accuracy:.2f} % again" in text
    assert digits.network().load_state_dict(ew.load(saved)) is not None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits.html", "digits.safetensors"]


def test_the_tour_ends_with_pages_that_run(tmp_path, capsys):
    demo.run(folder=str(tmp_path), only="edges")
    out = capsys.readouterr().out
    assert str(tmp_path / "article.html") in out
    assert "digits.html" not in out
    pages.write_digits(tmp_path / "digits.html")
    texts = [(tmp_path / name).read_text("utf-8") for name in ("article.html", "digits.html")]
    assert len(texts[0].encode()) < 200_000
    assert len(texts[1].encode()) < 300_000
    article, digits = (json.loads(part_of_page(text, "data")) for text in texts)
    assert "reason" not in {*article, *digits}, "a page is a recording"
    assert "unseen" in digits["gallery"]
    assert {"x", "t", "logits", "loss"} <= {tensor["name"] for tensor in digits["tensors"]}


@pytest.mark.parametrize(("only", "names"), [("edges", ["article"]), (None, ["article", "digits"])])
def test_pages_are_opened_where_there_is_a_display(only, names, tmp_path, monkeypatch):
    addresses = []
    monkeypatch.setattr("webbrowser.open", lambda address: addresses.append(address) or True)
    monkeypatch.setenv("BROWSER", "something")
    pages.show(console(), tmp_path, 0, only, browser=False)
    assert addresses == []
    pages.show(console(), tmp_path, 0, only, browser=True)
    assert addresses == [(tmp_path / f"{name}.html").as_uri() for name in names]
    monkeypatch.delenv("BROWSER")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "here 1 there 22")
    pages.show(console(), tmp_path, 0, only, browser=True)
    assert len(addresses) == len(names)


@pytest.mark.parametrize("width", [60, 80])
def test_the_table_of_errors_fits_the_width(width):
    shown = console(width)
    table(shown, digits.confusion_table(np.full((10, 10), 36) * np.eye(10, dtype=int), wide=width >= digits.WIDE))
    text = shown.file.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert text.count("100.0%") == 10


@pytest.mark.skipif(os.name != "posix", reason="gives the commands to a POSIX shell")
def test_what_to_try_next_works_where_it_is_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for folder in (demo.SOURCES, tmp_path):
        monkeypatch.chdir(folder)
        shown = [what for what, _ in demo.next_steps()]
        commands = [shown[1], *(what for what in shown if what.endswith("by_hand.py"))]
        for command in commands:
            ended = subprocess.run(command, shell=True, capture_output=True, check=False)
            assert ended.returncode == 0, ended.stderr.decode()
        assert all(Path(what).is_file() for what in shown if what.endswith(".md"))


def test_the_command_goes_by_its_name_where_the_path_finds_it(tmp_path, monkeypatch):
    for name in ("python", "edgewise"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    assert demo.next_steps()[0][0] == "./python -m edgewise demo --seed 1"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert demo.next_steps()[0][0] == "edgewise demo --seed 1"


def test_ctrl_c_says_what_was_saved(tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(digits, "fit", stop)
    with pytest.raises(KeyboardInterrupt, match="Stopped; nothing saved"):
        digits.show(console(), tmp_path, 0)

    def show(_console, path, _seed):
        path.write_bytes(b"weights")
        raise KeyboardInterrupt

    monkeypatch.setattr(digits, "_show", show)
    with pytest.raises(KeyboardInterrupt) as raised:
        digits.show(console(), tmp_path, 0)
    assert str(raised.value) == f"Stopped; the network is in {tmp_path / digits.FILE}."
