"""Pictures: what they are made of, and where they are written to."""

from __future__ import annotations

import ast
import gc
import inspect
import os
import re
import stat
import subprocess
import sys
import weakref
from xml.etree import ElementTree

import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise import nn
from edgewise.api.picture import Picture
from edgewise.graph.errors import ArgumentError, GradientError, InPlaceError
from edgewise.interop.safetensors import FileFormatError

EXP = ew.tensor(2.0, requires_grad=True).exp()
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def loss():
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W1, b1, W2, b2 = (ew.tensor(value, requires_grad=True) for value in (0.8, -0.4, 0.5, 0.1))
    z = x * W1 + b1
    return (ew.relu(z) * W2 + b2 - t).abs()


def texts(svg):
    return {text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")}


def test_a_picture_shows_names_values_and_gradients(loss):
    shown = texts(ew.see(loss).svg())
    assert {"x", "t", "z", "W₁", "−0.75", "mul₁", "abs"} <= shown


def test_a_picture_says_in_one_line_what_it_is_of(loss):
    assert repr(ew.see(loss)) == "<Picture of loss: 7 operations, 4 parameters>"


def test_see_leaves_gradients_alone_and_needs_no_backward():
    W = ew.tensor(2.0, requires_grad=True)
    loss = W * W
    before = ew.see(loss).svg()
    assert W.grad is None
    loss.backward()
    kept = W.grad.item()
    assert ew.see(loss).svg() == before
    assert W.grad.item() == kept


def test_a_picture_keeps_its_graph_alive_and_no_longer_than_itself(tmp_path):
    W = ew.tensor(2.0, requires_grad=True)
    picture = ew.see(W * W)
    gone = weakref.ref(W)
    gc.disable()
    try:
        del W
        picture.page(tmp_path / "page.html")
        del picture
        assert gone() is None
    finally:
        gc.enable()
    assert '"reason"' not in part_of_page((tmp_path / "page.html").read_text("utf-8"), "data")


def test_the_picture_of_a_watched_step_is_live_while_its_loss_is_there(tmp_path):
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = ew.optim.SGD([W], lr=0.1)
    with ew.watch() as watch:
        loss = W * W
        loss.backward()
        optimizer.step()
    watch.picture.page(tmp_path / "live.html")
    del loss
    watch.picture.page(tmp_path / "gone.html")
    assert '"reason"' not in part_of_page((tmp_path / "live.html").read_text("utf-8"), "data")
    assert '"reason"' in part_of_page((tmp_path / "gone.html").read_text("utf-8"), "data")


def test_a_file_gets_what_the_text_is(loss, tmp_path):
    picture = ew.see(loss)
    path = tmp_path / "loss.svg"
    assert picture.svg(path) is None
    assert path.read_text("utf-8") == picture.svg() == picture._repr_svg_()
    assert os.listdir(tmp_path) == ["loss.svg"]


def test_a_file_that_is_there_is_replaced_and_keeps_its_mode(loss, tmp_path):
    path = tmp_path / "loss.svg"
    path.write_text("old" * 100_000)
    path.chmod(0o640)
    ew.see(loss).svg(str(path))
    assert path.read_text("utf-8").startswith("<svg")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link(loss, tmp_path):
    (tmp_path / "real.svg").write_text("")
    (tmp_path / "link.svg").symlink_to("real.svg")
    ew.see(loss).svg(tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "real.svg").read_text("utf-8").startswith("<svg")


def test_a_place_that_is_none_is_named(loss, tmp_path):
    picture = ew.see(loss)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        picture.svg(tmp_path / "missing" / "loss.svg")
    with pytest.raises(IsADirectoryError, match="name a file in it"):
        picture.svg(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_failed_write_leaves_the_old_file_and_no_other(loss, tmp_path, monkeypatch):
    path = tmp_path / "loss.svg"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        ew.see(loss).svg(path)
    assert os.listdir(tmp_path) == ["loss.svg"]
    assert path.read_text() == "old"


def test_a_saved_snapshot_is_shown_again(loss, tmp_path):
    picture = ew.see(loss)
    picture.save(tmp_path / "loss.safetensors")
    again = ew.see(tmp_path / "loss.safetensors")
    assert again.svg() == picture.svg()
    assert (
        ew.see(str(tmp_path / "loss.safetensors"), theme="dark").svg() == ew.see(picture.snapshot, theme="dark").svg()
    )


def test_what_is_no_snapshot_is_refused_by_name(loss, tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        ew.see(tmp_path / "missing.safetensors")
    ew.save({"W": ew.ones(2)}, tmp_path / "model.safetensors")
    with pytest.raises(FileFormatError, match="without a snapshot in it"):
        ew.see(tmp_path / "model.safetensors")
    with pytest.raises(FileFormatError, match=r"graph\.pt"):
        ew.see(loss).save(tmp_path / "graph.pt")


def test_several_outputs_and_a_gradient_to_start_from():
    W = ew.tensor([1.0, 2.0], requires_grad=True)
    taken = ew.see(W * 3, gradients=ew.tensor([1.0, 10.0])).snapshot
    assert taken.tensors[0].gradient.whole.tolist() == [3.0, 30.0]
    both = ew.see(W.sum(), (W * 2).sum())
    assert both.snapshot.tensors[0].gradient.whole.tolist() == [3.0, 3.0]
    assert re.match("<Picture of sum.*, .*: 3 operations, 1 parameter>", repr(both))


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda _: ew.see(), GradientError, "give the tensor to show"),
        (lambda loss: ew.see(loss.item()), TypeError, r"loss before \.item\(\).*not float"),
        (lambda _: ew.see(None), TypeError, "not NoneType"),
        (lambda loss: ew.see([loss]), TypeError, r"ew\.see\(\*outputs\)"),
        (lambda _: ew.see(nn.Linear(2, 2)), TypeError, "no graph until it is used"),
        (lambda loss: ew.see(loss, view="graf"), ValueError, "view must be one of 'graph', 'neurons', not 'graf'"),
        (lambda loss: ew.see(loss, theme=["dark"]), ValueError, "theme must be one of"),
        (lambda loss: ew.see(loss, closed="encoder"), TypeError, r"closed takes the paths of modules in a list"),
        (lambda loss: ew.see(loss, closed=["encoder"]), ValueError, "names 'encoder'.*no modules with a path"),
        (lambda _: ew.see("missing.safetensors", closed=[1]), TypeError, "closed takes the paths"),
        (lambda loss: ew.see(loss, width=10), ValueError, "at least 300, or None, not 10"),
        (lambda loss: ew.see(loss, width="wide"), ValueError, "must be a number of pixels"),
        (lambda loss: ew.see(loss, fit="poster"), ValueError, r"fit must be one of 'page', 'slide', 'all', or a width"),
        (lambda loss: ew.see(loss, fit=(1600, 200)), ValueError, r"at least 300 pixels, .* not \(1600, 200\)"),
        (lambda loss: ew.see(loss, fit=1600), ValueError, "a width and a height of at least 300 pixels"),
        (lambda loss: ew.see(loss).svg(fit=(900,)), ValueError, r"such as \(1600, 900\), not \(900,\)"),
        (lambda loss: ew.see(loss).pdf(fit=True), ValueError, "not True"),
        (lambda _: ew.see(EXP, view="neurons"), ValueError, "draws chains of linear layers"),
        (lambda loss: ew.see(loss).svg(""), FileNotFoundError, "name of the file to write is empty"),
        (lambda loss: ew.see(loss).svg(5), TypeError, "not int"),
        (lambda _: ew.see(ew.tensor([1, 2])), GradientError, "does not require a gradient"),
        (lambda _: ew.see(ew.ones(2, requires_grad=True)), GradientError, "needs the gradient to start from"),
        (lambda loss: ew.see("a.safetensors", loss), TypeError, "shown alone"),
    ],
)
def test_what_can_t_be_shown_is_refused_with_what_to_do(loss, wrong, error, says):
    with pytest.raises(error, match=says):
        wrong(loss)


def test_a_closed_module_is_named_by_its_path():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    loss = model(ew.ones(1, 2)).sum()
    opened, shut = ew.see(loss), ew.see(loss, closed=["0"])
    assert "0 · Linear" in texts(opened.svg())
    assert "0 · Linear" not in texts(shut.svg())
    with pytest.raises(ValueError, match="there are 0, 1, 2"):
        ew.see(loss, closed=["3"])


def test_after_an_in_place_step_it_says_to_watch():
    W = ew.tensor([1.0], requires_grad=True)
    loss = (W * W).sum()
    loss.backward()
    ew.optim.SGD([W], lr=0.1).step()
    with pytest.raises(InPlaceError, match=r"with ew\.watch\(\)"):
        ew.see(loss)


def test_importing_edgewise_loads_no_pictures():
    code = "import sys, edgewise; print({name.split('.')[1] for name in sys.modules if name.startswith('edgewise.')})"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = ast.literal_eval(shown)
    assert "graph" in loaded
    assert not loaded & {"capture", "layout", "picture", "page", "run", "explanation", "printers", "cli"}


def test_importing_a_package_replaces_no_public_function():
    code = (
        "import edgewise, importlib, pkgutil\n"
        "before = {name: getattr(edgewise, name) for name in edgewise.__all__}\n"
        "for package in pkgutil.iter_modules(edgewise.__path__, 'edgewise.'):\n"
        "    if package.name != 'edgewise.__main__': importlib.import_module(package.name)\n"
        "print([name for name in before if getattr(edgewise, name) is not before[name]])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "[]\n"


def test_see_takes_what_pictures_take(loss):
    assert isinstance(ew.see(loss), Picture)
    names = ["outputs", "gradients", "view", "theme", "closed", "fit", "width"]
    assert list(inspect.signature(ew.see).parameters) == names
    see, made = inspect.signature(ew.see).parameters, inspect.signature(Picture).parameters
    for name in names[2:]:
        assert see[name].default == made[name].default


@pytest.mark.parametrize(("method", "other"), [("svg", "png"), ("png", "svg"), ("pdf", "html"), ("save", "svg")])
def test_files_of_another_kind_and_what_is_no_path_are_refused(method, other, tmp_path):
    picture = ew.see(ew.tensor(1.0, requires_grad=True) * 2)
    with pytest.raises(ArgumentError, match=rf"{method}: .*\.{other} is named as what \.\w+\(path\) writes"):
        getattr(picture, method)(tmp_path / f"picture.{other}")
    with pytest.raises(TypeError, match=f"{method}: takes the path of the file to write, not int"):
        getattr(picture, method)(3)
    assert list(tmp_path.iterdir()) == []
