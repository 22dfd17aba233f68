from __future__ import annotations

import io
import re

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.optim import SGD
from edgewise.training.progress import Plain, Rich, clock_text, display, epoch_line, wrap_entries


def fit(progress, **options):
    ew.manual_seed(0)
    model = nn.Linear(1, 1)
    x = 2 * ew.ones(10, 1)
    return ew.fit(
        model,
        (x, x),
        loss=nn.MSELoss(),
        optimizer=SGD(model.parameters(), lr=0.01),
        epochs=2,
        batch_size=5,
        progress=progress,
        **options,
    )


@pytest.mark.parametrize("progress", [True, "plain"])
def test_without_a_terminal_each_epoch_is_one_line(progress, capsys):
    fit(progress)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(r"epoch 1/2  loss \d\.\d{4}  \d+\.\d s", lines[0])


def test_nothing_is_shown_when_nothing_is_wanted(capsys):
    fit(False)
    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_there_is_a_bar_with_the_time_left(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("edgewise.training.progress._PAUSE", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    assert isinstance(display(True), Rich)
    fit(True)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())
    assert "epoch 1/2  loss" in shown
    assert "epoch 2/2" in shown
    assert "2/2" in shown
    assert "0:00 left" in shown


def test_an_interrupt_says_how_to_go_on(capsys):
    def stop(_):
        raise KeyboardInterrupt

    history = fit("plain", on_step=stop)
    assert history.stopped == "interrupted"
    assert "interrupted in epoch 1 after step 1; not saved" in capsys.readouterr().out


def test_a_line_too_wide_breaks_between_measures():
    line = epoch_line(10, 10, {"loss": 0.25, "accuracy": 0.9, "val_loss": 0.3, "val_accuracy": 0.8, "seconds": 20.0})
    assert wrap_entries(line, 100) == line
    lines = wrap_entries(line, 80).splitlines()
    assert lines[1:] == ["    20.0 s"]
    assert "  ".join(part.strip() for part in lines) == line
    assert [len(part) <= 40 for part in wrap_entries(line, 40).splitlines()] == [True, True, True]


def test_times_and_numbers_are_short():
    assert clock_text(247) == "4:07"
    assert clock_text(3847) == "1:04:07"
    assert epoch_line(3, 10, {"loss": 0.43216, "lr": 0.1, "seconds": 4.12}) == "epoch  3/10  loss 0.4322  4.1 s"
    assert isinstance(display("plain"), Plain)
