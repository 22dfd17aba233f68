"""The command line: what it says, where it says it, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

import edgewise
from edgewise import cli, demo


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, whose output is no terminal."""
    return subprocess.run(
        [sys.executable, "-m", "edgewise", *arguments],
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """What the tour draws goes into a folder of its own."""
    monkeypatch.chdir(tmp_path)


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"edgewise {edgewise.__version__}\n"


def test_without_a_command_it_prints_its_help(capsys):
    assert cli.main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: edgewise")
    assert "edgewise demo" in out


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["dmeo"], "Did you mean demo?"),
        (["demo", "--ony", "edges"], "Did you mean --only?"),
        (["demo", "--only", "digit"], "Did you mean digits?"),
        (["--verison"], "Did you mean --version?"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_one_that_was_meant(given, meant, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(given)
    assert end.value.code == 2
    assert meant in capsys.readouterr().err


def test_a_word_that_resembles_nothing_gets_no_guess(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["qqqq"])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "'qqqq'" in error
    assert "Did you mean" not in error


def test_ctrl_c_ends_it_with_the_shells_code_and_no_traceback(monkeypatch, capsys):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run", interrupted)
    assert cli.main(["demo"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_it_runs_as_a_module():
    ended = run("--version")
    assert ended.returncode == 0
    assert ended.stdout.decode().split() == ["edgewise", edgewise.__version__]


@pytest.mark.parametrize(
    ("environment", "encoding"),
    [
        ({"PYTHONIOENCODING": "utf-8"}, "utf-8"),
        ({"PYTHONIOENCODING": "ascii"}, "ascii"),
        ({"PYTHONIOENCODING": "cp1252"}, "cp1252"),
        ({"PYTHONIOENCODING": "utf-8", "TERM": "dumb"}, "utf-8"),
        ({"PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", "COLUMNS": "40"}, "utf-8"),
    ],
)
def test_it_prints_to_any_encoding_without_a_terminal(environment, encoding):
    ended = run("demo", "--only", "edges", **environment)
    assert ended.returncode == 0, ended.stderr.decode()
    text = ended.stdout.decode(encoding)
    assert "\x1b" not in text
    assert "?" not in text, "a character of the tour lacks a plain form"
    assert "gradient" in text
    if "COLUMNS" in environment:
        tour, _, _ = text.partition("What to try next")  # commands are never broken
        assert max(map(len, tour.splitlines())) <= int(environment["COLUMNS"])


def test_a_reader_that_goes_away_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-m", "edgewise", "demo", "--only", "edges"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == cli.BROKEN_PIPE


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_while_it_trains_leaves_no_traceback(tmp_path):
    command = [sys.executable, "-m", "edgewise", "demo", "--only", "digits", "--folder", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while b"epoch" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        output, error = process.communicate(timeout=300)
    assert process.returncode == 130
    assert error == b"Stopped; nothing saved.\n"
    assert b"interrupted" not in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_folder_that_is_none_is_refused_before_training(below, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file" / below)
    assert cli.main(["demo", "--folder", folder]) == cli.FAILED
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"can't save in {folder}: " in shown.err
    assert "--folder" in shown.err


def test_no_line_in_a_pipe_ends_in_blanks():
    text = run("demo", "--only", "edges", PYTHONIOENCODING="utf-8").stdout.decode()
    assert [line for line in text.splitlines() if line != line.rstrip()] == []
