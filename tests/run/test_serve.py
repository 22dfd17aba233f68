"""Showing a run while it goes on."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE

import edgewise as ew
from edgewise.run.serve import LiveServer

from .conftest import Training

SCRIPT = """
import sys
import edgewise as ew
from edgewise import nn, optim
model = nn.Linear(2, 1)
optimiser = optim.SGD(model.parameters(), lr=0.1)
for i in range(int(sys.argv[1])):
    optimiser.zero_grad()
    (model(ew.ones(3, 2)) ** 2).mean().backward()
    optimiser.step()
    if i == 0:
        print("first step", flush=True)
print("trained")
"""


def asked(server: LiveServer, path: str, **headers: str) -> tuple[int, str]:
    """What the server answers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_the_server_answers_requests_with_its_token(training: Training) -> None:
    with ew.watch(training.model, every=1) as watch:
        training.steps(3)
        with LiveServer(watch.run) as server:
            status, text = asked(server, f"/{server.token}/")
            assert status == 200
            assert "connect-src 'self'" in text.replace("&#x27;", "'").replace("&#39;", "'")
            status, text = asked(server, f"/{server.token}/data")
            whole = json.loads(text)
            assert whole["isWhole"]
            assert len(whole["frames"]) == 3
            training.steps(2)
            path = f"/{server.token}/data?since={whole['serial']}&generation={whole['generation']}"
            news = json.loads(asked(server, path)[1])
            assert not news["isWhole"]
            assert [frame["step"] for frame in news["frames"]] == [4, 5]


def test_the_server_answers_nobody_else(training: Training) -> None:
    with ew.watch(training.model) as watch:
        training.steps(1)
    with LiveServer(watch.run) as server:
        assert asked(server, "/")[0] == 403
        other = "y" if server.token.endswith("x") else "x"
        assert asked(server, f"/{server.token[:-1]}{other}/")[0] == 403
        assert asked(server, "/data")[0] == 403
        assert asked(server, f"/{server.token}/", Host="example.com")[0] == 403
        assert asked(server, f"/{server.token}/other")[0] == 404
        assert asked(server, f"/{server.token}/data?since=x&generation=-1")[0] == 200
        assert server._server.server_address[0] == "127.0.0.1"


def test_an_open_page_follows_the_run_and_hears_of_its_end(browser: Any, training: Training) -> None:
    errors: list[str] = []
    with ew.watch(training.model, every=1) as watch, LiveServer(watch.run, "mine") as server:
        page = browser.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server.address)
        page.wait_for_selector("[data-ready]")
        assert "waiting" in page.inner_text("#status")
        training.steps(4)
        page.wait_for_selector("#count:text('Step 4 of 4')", timeout=PATIENCE)
        training.steps(3)
        page.wait_for_selector("#count:text('Step 7 of 7')", timeout=PATIENCE)
        server.end("The run ended.")
        page.wait_for_selector("#notice:text('The run ended.')", timeout=PATIENCE)
    page.press("body", "ArrowLeft")  # it can be used without the server
    assert page.inner_text("#count") == "Step 6 of 7"
    page.close()
    assert errors == []


def command(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    (folder / "train.py").write_text(SCRIPT, encoding="utf-8")
    flags = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if sys.platform == "win32" else {}
    return subprocess.Popen(
        [sys.executable, "-m", "edgewise", "watch", "--no-browser", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        **flags,
    )


def test_a_script_is_run_and_its_page_written(tmp_path: Path) -> None:
    running = command(tmp_path, "train.py", "5")
    out, err = running.communicate(timeout=300)
    assert running.returncode == 0, err
    assert out.startswith("Watching train.py at http://127.0.0.1:")
    assert "trained" in out
    assert "The page of the run is in train-run.html" in out
    assert "<title>Training of train.py</title>" in (tmp_path / "train-run.html").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_stops_the_run_and_keeps_its_page(tmp_path: Path) -> None:
    running = command(tmp_path, "--page", "mine.html", "train.py", "100000")
    assert running.stdout is not None
    assert "Watching" in running.stdout.readline()
    assert running.stdout.readline() == "first step\n"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=300)
    assert running.returncode == 130
    assert "mine.html" in out
    assert "Traceback" not in err
    assert (tmp_path / "mine.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.py",), "there is no file none.py"),
        (("--page", "no/where.html", "train.py", "1"), "no folder"),
        (("--every", "0", "train.py", "1"), "every must be at least 1"),
        (("train.py", "0"), "no optimiser took a step"),
    ],
)
def test_what_can_not_be_watched_is_said(tmp_path: Path, arguments: Callable[..., Any], said: str) -> None:
    running = command(tmp_path, *arguments)
    _, err = running.communicate(timeout=300)
    assert running.returncode != 0
    assert said in err
    assert "Traceback" not in err


def test_a_file_of_others_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "train-run.html").write_text("mine", encoding="utf-8")
    running = command(tmp_path, "train.py", "1")
    _, err = running.communicate(timeout=300)
    assert running.returncode == 2
    assert "was not made by Edgewise" in err
    assert (tmp_path / "train-run.html").read_text(encoding="utf-8") == "mine"
