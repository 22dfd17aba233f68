"""``edgewise see``: scripts that end well, end badly, and are none."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise import cli

TRAIN = """\
import sys
import edgewise as ew
W = ew.tensor(2.0, requires_grad=True)
optimizer = ew.optim.SGD([W], lr=0.1)
for number in range(3):
    loss = (W * 3 - 5).abs()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def script(text, name="train.py"):
    Path(name).write_text(text, "utf-8")
    return name


def see(*arguments):
    return cli.main(["see", *map(str, arguments)])


def test_the_last_backward_of_a_script_is_shown_in_a_table_and_a_file(place, capsys):
    assert see(script(TRAIN)) == 0
    out = capsys.readouterr().out
    assert "The last backward pass of train.py:" in out
    assert "W" in out
    assert out.endswith("The picture is in train.svg\n")
    svg = (place / "train.svg").read_text("utf-8")
    assert svg.startswith("<svg")
    assert "mul" in svg


PASSES = """
import edgewise as ew
W = ew.tensor(2.0, requires_grad=True)
optimizer = ew.optim.SGD([W], lr=0.1)
for number in range(3):
    optimizer.zero_grad()
    first = W * 3
    first.backward()
    second = (W * W).tanh()
    second.backward()
    optimizer.step()
"""


def test_all_backward_passes_of_a_training_step_are_shown(place, capsys):
    assert see("--page", "both.html", script(PASSES)) == 0
    out = capsys.readouterr().out
    assert "The last training step of train.py has 2 backward passes." in out
    first, second = out.partition("That of first:")[2].split("That of second:")
    assert "mul" in first
    assert "tanh" not in first
    assert "tanh" in second
    data = json.loads(part_of_page((place / "both.html").read_text("utf-8"), "data"))
    assert [one["backwardPass"]["name"] for one in data["passes"]] == ["first", "second"]
    assert all("steps" in one for one in data["passes"]), "they run in the page"


def test_a_script_runs_as_python_runs_it(place, capfd):
    (place / "sub").mkdir()
    script("answer = 42\n", "sub/beside.py")
    shown = """
import os, sys
import beside
print(__name__, __file__, sys.argv, sys.path[0], beside.answer, sys.modules["__main__"].__dict__ is globals())
print(__spec__, __doc__, __builtins__.__name__, __package__, __annotations__)
def local() -> int: ...
print(local.__annotations__)
"""
    path = script(shown, "sub/tell.py")
    arguments = ["a b", "--theme", "-x"]
    see(path, "--", *arguments)
    ours = capfd.readouterr().out
    python = subprocess.run([sys.executable, path, *arguments], capture_output=True, text=True, check=True).stdout
    assert ours == python


@pytest.mark.parametrize(
    ("arguments", "own"),
    [
        (["--theme=dark", "--svg", "mine.svg", "train.py", "--epochs", "2", "-v"], ["--epochs", "2", "-v"]),
        (["train.py", "--epochs", "2", "--svg", "mine.svg", "x", "--theme", "dark"], ["--epochs", "2", "x"]),
        (["--theme", "light", "train.py", "--svg=mine.svg", "--theme", "dark"], []),
        (["--svg", "mine.svg", "--theme", "dark", "train.py", "--", "--svg", "b.svg"], ["--svg", "b.svg"]),
        (["train.py", "a", "--theme", "dark", "--svg", "mine.svg", "--", "--open"], ["a", "--open"]),
        (["--svg", "mine.svg", "--theme", "dark", "--", "train.py", "--open"], ["--open"]),
    ],
)
def test_our_options_stand_before_the_script_or_after_it_and_all_else_is_its_own(arguments, own, capsys):
    script(TRAIN + "print(sys.argv[1:])")
    assert see(*arguments) == 0
    assert f"{own}\n" in capsys.readouterr().out
    assert sorted(os.listdir()) == ["mine.svg", "train.py"]
    assert "edgewise-dark" in Path("mine.svg").read_text("utf-8")


def test_what_was_there_before_is_there_again():
    before = sys.argv, sys.path, sys.modules["__main__"]
    contents = list(sys.argv), list(sys.path)
    see(script("import sys; sys.argv.append('x'); sys.path.append('y')\n"))
    assert before == (sys.argv, sys.path, sys.modules["__main__"])
    assert contents[0] == sys.argv
    assert [p for p in sys.path if p != "y"] == contents[1]


def test_an_error_of_the_script_is_shown_as_python_shows_it_and_then_the_graph(capfd):
    path = script(TRAIN + "def fail():\n    raise ValueError('oops')\nfail()\n")
    assert see(path) == 1
    shown = capfd.readouterr()
    python = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert shown.err == python.stderr
    assert "The last backward pass" in shown.out
    assert Path("train.svg").exists()


def test_an_error_before_any_backward_ends_it(capfd):
    assert see(script("1 / 0\n")) == 1
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.endswith("ZeroDivisionError: division by zero\n")
    assert "script.py" not in shown.err


def test_a_script_that_is_no_python_is_shown_as_python_shows_it(capfd):
    path = script("x = (\n", "bad.py")
    assert see(path) == 1
    python = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert capfd.readouterr().err == python.stderr
    Path("zero.py").write_bytes(b"x = 1\0")
    assert see("zero.py") == 1
    assert "null bytes" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("end", "code", "says"),
    [("sys.exit()", 0, ""), ("sys.exit(3)", 3, ""), ("sys.exit('bye')", 1, "bye\n"), ("raise SystemExit(0)", 0, "")],
)
def test_the_scripts_exit_code_is_ours(capfd, end, code, says):
    assert see(script(TRAIN + end)) == code
    shown = capfd.readouterr()
    assert shown.err == says
    assert "The picture is in train.svg" in shown.out


def test_ctrl_c_shows_what_there_is():
    path = script(TRAIN + "import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "edgewise", "see", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert err.strip() == "edgewise see: Stopped."
    assert "The picture is in train.svg" in out


def test_a_reader_that_goes_away_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-m", "edgewise", "see", script(TRAIN)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == cli.BROKEN_PIPE


def test_an_unreadable_script_is_named(monkeypatch, capsys):
    def refused(*_):
        raise PermissionError(13, "Permission denied", "train.py")

    path = script(TRAIN)
    monkeypatch.setattr("builtins.open", refused)
    assert see(path) == 2
    assert capsys.readouterr().err == "edgewise see: train.py: Permission denied\n"


def test_a_script_without_backward_gets_advice(capsys):
    assert see(script("print('hello')\n")) == 1
    shown = capsys.readouterr()
    assert shown.out == "hello\n"
    assert "train.py ran no backward pass, so there is no graph to show" in shown.err
    assert "loss.backward()" in shown.err
    assert os.listdir() == ["train.py"]


def test_a_backward_in_another_thread_is_not_seen_and_the_answer_says_where_it_must_be(capsys):
    code = "import threading, edgewise as ew\nW = ew.tensor(1.0, requires_grad=True)\n"
    see(script(code + "thread = threading.Thread(target=(W * 2).backward)\nthread.start()\nthread.join()\n"))
    assert "in its main thread" in capsys.readouterr().err


def test_a_watch_in_the_script_and_the_commands_go_together(capsys):
    text = TRAIN.replace("for number in range(3):", "with ew.watch() as watch:")
    assert see(script(text + "print(watch.picture)\n")) == 0
    assert "<Picture of loss: 3 operations, 1 parameter>" in capsys.readouterr().out


def test_the_script_may_change_folder(place):
    (place / "far").mkdir()
    assert see(script("import os; os.chdir('far')\n" + TRAIN)) == 0
    assert (place / "train.svg").exists()
    assert os.listdir(place / "far") == []
    os.chdir(place)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.py", "there is no file missing.py"),
        ("trian.py", "there is no file trian.py. Did you mean train.py?"),
        ("train", "there is no file train. Did you mean train.py?"),
        ("none/x.py", "there is no file none/x.py: there is no folder none"),
        ("folder", "folder is a folder; name a script in it: it has inner.py"),
        ("notes.ipynb", "is a notebook: open it, and end a cell with ew.see(loss)"),
        ("data.bin", "neither a Python script, whose name ends in .py, nor a saved snapshot"),
        ("plain", "neither a Python script"),
        ("missing.safetensors", "missing.safetensors: No such file"),
        ("model.safetensors", "without a snapshot in it"),
        ("cut.safetensors", "cut.safetensors is not a whole safetensors file"),
    ],
)
def test_what_is_no_script_is_named(place, capsys, name, says):
    script(TRAIN)
    (place / "folder").mkdir()
    script("", "folder/inner.py")
    script("{}", "notes.ipynb")
    script("print('run')", "data.bin")
    script("print('run')", "plain")
    script("{}", "cut.safetensors")
    ew.save({"W": ew.ones(2)}, "model.safetensors")
    assert see(name) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert says in shown.err
    assert shown.err.startswith("edgewise see: ")
    assert not list(place.glob("*.svg"))


def test_a_file_without_an_ending_runs_if_its_first_line_says_python(place):
    assert see(script("#!/usr/bin/env python3\n" + TRAIN, "tool")) == 0
    assert (place / "tool.svg").exists()


def test_nothing_of_a_snapshot_is_run_and_it_is_shown_again(capsys):
    W = ew.tensor(2.0, requires_grad=True)
    ew.see((W * 3 - 5).abs()).save("step.safetensors")
    assert see("step.safetensors") == 0
    assert "The picture is in step.svg" in capsys.readouterr().out
    assert see("step.safetensors", "--epochs", "3") == 2
    assert "takes no arguments" in capsys.readouterr().err


def test_a_picture_is_replaced_but_no_other_file(capsys):
    path = script(TRAIN)
    assert see(path) == see(path) == 0
    Path("train.svg").write_text("<svg>my own drawing</svg>")
    capsys.readouterr()
    assert see(path) == 2
    assert "train.svg exists, and was not made by Edgewise" in capsys.readouterr().err
    assert Path("train.svg").read_text() == "<svg>my own drawing</svg>"
    assert see("--svg", "train.svg", path) == 0, "what is named is replaced"


def test_a_place_for_the_picture_that_is_none_is_named_before_the_script_runs(capsys):
    for option, wrong in (("--svg", "missing/a.svg"), ("--svg", "."), ("--page", "missing/a.html")):
        assert see(option, wrong, script("print('ran')")) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "folder" in shown.err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_can_t_be_written_to_still_gets_the_table(place, capsys):
    path = script(TRAIN)
    place.chmod(0o500)
    try:
        assert see(path) == 2
        shown = capsys.readouterr()
        assert "The last backward pass" in shown.out
        assert "can't be written to" in shown.err
        assert "--svg" in shown.err
    finally:
        place.chmod(0o700)


def test_a_graph_that_is_no_chain_of_layers_is_drawn_as_a_graph(place, capsys):
    text = TRAIN.replace("(W * 3 - 5).abs()", "W.exp()")
    assert see("--view", "neurons", script(text)) == 0
    shown = capsys.readouterr()
    assert "view='neurons' draws chains of linear layers" in shown.err
    assert (place / "train.svg").exists()


def test_the_picture_fits_into_the_size_that_was_asked_for(place, capsys):
    layers = ", ".join(["ew.nn.Linear(4, 4), ew.nn.ReLU()"] * 12)
    text = f"import edgewise as ew\nmodel = ew.nn.Sequential({layers})\nmodel(ew.ones(2, 4)).sum().backward()\n"
    for fit, most in (("slide", (1280, 720)), ("600x500", (600, 500)), ("all", (1680, 1e6))):
        assert see("--fit", fit, script(text)) == 0
        sides = re.search(r'width="([\d.]+)" height="([\d.]+)"', (place / "train.svg").read_text("utf-8"))
        assert float(sides[1]) <= most[0]
        assert float(sides[2]) <= most[1]
    assert float(sides[2]) > 720
    with pytest.raises(SystemExit):
        see("--fit", "60x50", script(text))
    assert "at least 300 pixels, such as 1600x900, not '60x50'" in capsys.readouterr().err


def test_a_step_that_can_t_be_shown_is_no_crash(capsys):
    text = "import edgewise as ew\nW, x = ew.ones(1, requires_grad=True), ew.ones(1)\nloss = (W + x).sum()\n"
    assert see(script(text + "x.zero_()\nloss.backward()\n")) == 1
    assert "can't be shown" in capsys.readouterr().err


@pytest.fixture
def addresses(monkeypatch):
    """What is opened in a browser, on a machine with a display."""
    addresses = []
    monkeypatch.setattr("webbrowser.open", lambda address: addresses.append(address) or True)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    return addresses


def test_it_opens_the_live_page_in_the_browser_if_asked(place, capsys, addresses):
    assert see("--open", script(TRAIN)) == 0
    assert addresses == [(place / "train.html").as_uri()]
    assert capsys.readouterr().out.endswith("The picture is in train.svg\nThe page is in train.html\n")
    assert "makeProgram" in Path("train.html").read_text("utf-8")
    assert see("--open", "--page", "other.html", script(TRAIN)) == 0
    assert addresses[1:] == [(place / "other.html").as_uri()]


def test_the_option_may_stand_after_the_script(place, addresses):
    assert see(script(TRAIN), "--open") == 0
    assert addresses == [(place / "train.html").as_uri()]


def test_an_option_after_the_script_that_does_not_fit_says_how_it_becomes_the_scripts(capsys):
    with pytest.raises(SystemExit) as end:
        see(script(TRAIN), "--view", "3")
    assert end.value.code == 2
    shown = capsys.readouterr().err
    assert "invalid choice: '3'" in shown
    assert "everything after -- goes to the script" in shown


def test_a_page_is_no_image(capsys):
    assert see("--page", "a.png", script(TRAIN + "print('ran')")) == 2
    output = capsys.readouterr()
    assert "is named as what .png(path) writes" in output.err
    assert "ran" not in output.out


def test_a_page_that_is_named_is_written_and_not_opened(capsys, addresses):
    assert see("--page", "mine.html", script(TRAIN)) == 0
    assert "The page is in mine.html" in capsys.readouterr().out
    assert addresses == []
    assert sorted(os.listdir()) == ["mine.html", "train.py", "train.svg"]


@pytest.mark.usefixtures("addresses")
def test_the_page_runs_what_a_function_of_the_script_built():
    lines = TRAIN.splitlines(keepends=True)
    assert (
        see(
            "--open", script("".join([*lines[:2], "def main():\n", *(f"    {line}" for line in lines[2:]), "main()\n"]))
        )
        == 0
    )
    assert "makeProgram" in Path("train.html").read_text("utf-8")


def test_the_page_of_a_snapshot_is_a_recording(addresses):
    W = ew.tensor(2.0, requires_grad=True)
    ew.see((W * 3 - 5).abs()).save("step.safetensors")
    assert see("--open", "step.safetensors") == 0
    assert len(addresses) == 1
    assert "It was made from a snapshot" in part_of_page(Path("step.html").read_text("utf-8"), "data")


def test_without_a_display_nothing_is_tried(capsys, addresses, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "here 1 there 22")  # what tells on systems that always have one
    assert see("--open", script(TRAIN)) == 0
    assert "found no browser to open train.html in" in capsys.readouterr().err
    assert addresses == []


@pytest.mark.usefixtures("addresses")
def test_a_browser_that_does_not_start_is_reported(capsys, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    assert see("--open", script(TRAIN)) == 0
    assert "found no browser to open train.html in" in capsys.readouterr().err


def test_a_page_is_replaced_but_no_other_file(capsys, addresses):
    path = script(TRAIN)
    assert see("--open", path) == see("--open", path) == 0
    Path("train.html").write_text("<p>my own page</p>")
    capsys.readouterr()
    assert see("--open", path) == 2
    shown = capsys.readouterr().err
    assert "train.html exists, and was not made by Edgewise" in shown
    assert "--page" in shown
    assert Path("train.html").read_text() == "<p>my own page</p>"
    assert len(addresses) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["see"], "required: script.py\n"),
        (["see", "--theme", "drak", "x.py"], "Did you mean dark?"),
        (["see", "--veiw", "graph", "x.py"], "Did you mean --view?"),
        (["se", "x.py"], "Did you mean see?"),
    ],
)
def test_misspelt_words_are_answered(arguments, says, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("command", [["see", "--svg"], ["see", "--page"], ["watch", "--no-browser", "--page"]])
@pytest.mark.parametrize("name", ["train.py", "other.py", "link.html", "tool"])
def test_nothing_is_written_over_a_script_and_it_does_not_run(command, name, place, capsys):
    text = "#!/usr/bin/env python\nprint('ran')\n"
    for one in ("train.py", "other.py", "tool"):
        script(text, one)
    (place / "link.html").symlink_to("train.py")
    for behind in ("train.py", "tool") if name == "tool" else ("train.py",):
        assert cli.main([*command, name, behind]) == 2
        output = capsys.readouterr()
        assert name in output.err
        assert "ran" not in output.out
    assert {one.name: one.read_text() for one in place.iterdir()} == dict.fromkeys(
        ("train.py", "other.py", "tool", "link.html"), text
    )


def test_picture_and_page_need_a_file_each(capsys):
    assert see("--svg", "out", "--page", "out", script("print('ran')\n")) == 2
    output = capsys.readouterr()
    assert output.err == "edgewise see: the picture and the page can't both be in out\n"
    assert output.out == ""
