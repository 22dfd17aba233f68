"""Files that pictures, pages and runs are written to: only over what is of their kind."""

from __future__ import annotations

import os

import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.interop.safetensors import FileFormatError
from edgewise.run.frames import WRITING_METHODS
from edgewise.system.files import PICTURE, check_kind

ENDINGS = {"svg": ".svg", "png": ".png", "pdf": ".pdf", "page": ".html", "save": ".safetensors"}


@pytest.mark.parametrize("name", ["train.py", "Train.PY", "notes.ipynb", "kernel.cu", "README.md"])
@pytest.mark.parametrize("method", PICTURE)
def test_no_picture_is_written_over_a_program(method, name, tmp_path):
    with pytest.raises(
        ew.EdgewiseError, match=rf"{method}: .* is named as the source of a program; .*{ENDINGS[method]}"
    ):
        check_kind(tmp_path / name, method)


@pytest.mark.parametrize("method", PICTURE)
def test_a_link_to_a_program_is_refused_as_the_program_is(method, tmp_path):
    (tmp_path / "train.py").write_text("x = 1\n")
    link = tmp_path / f"link{ENDINGS[method]}"
    link.symlink_to("train.py")
    with pytest.raises(ew.EdgewiseError, match="source of a program"):
        check_kind(link, method)


@pytest.mark.parametrize("method", PICTURE)
def test_a_name_that_says_nothing_is_free_but_not_where_another_file_is(method, tmp_path):
    path = tmp_path / "out"
    check_kind(path, method)
    path.write_bytes(b"")
    check_kind(os.fsencode(path), method)
    path.write_text("#!/usr/bin/env python\nprint(1)\n")
    with pytest.raises(FileExistsError, match=rf"out exists, and is no file that \.{method}\(path\) wrote"):
        check_kind(path, method)


def test_what_was_written_under_a_name_that_says_nothing_is_replaced(tmp_path):
    w = ew.tensor(2.0, requires_grad=True)
    picture = ew.see(w * 3)
    for method in ("svg", "page", "save"):
        path = tmp_path / method
        getattr(picture, method)(path)
        getattr(picture, method)(path)
        assert path.stat().st_size > 500


def test_a_run_is_not_written_over_a_program_or_a_picture(tmp_path):
    model = nn.Linear(1, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with ew.watch(model) as watch:
        model(ew.ones(1, 1)).sum().backward()
        optimizer.step()
    for method in WRITING_METHODS:
        for name in ("train.py", "run.svg", "run.html" if method == "save" else "run.safetensors"):
            (tmp_path / name).write_text("mine")
            with pytest.raises(ew.EdgewiseError, match=name):
                getattr(watch, method)(tmp_path / name)
            assert (tmp_path / name).read_text() == "mine"


def test_fit_refuses_the_name_of_a_program_before_it_trains(tmp_path):
    model = nn.Linear(1, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    before = model.weight.detach().numpy().copy()
    for options in ({"watch": tmp_path / "train.py"}, {"checkpoint": tmp_path / "train.py"}):
        with pytest.raises(ew.EdgewiseError, match="named as the source of a program"):
            ew.fit(
                model, (ew.ones(2, 1), ew.ones(2, 1)), loss=nn.MSELoss(), optimizer=optimizer, epochs=1,
                progress=False, **options,
            )  # fmt: skip
    assert (model.weight.detach().numpy() == before).all()


def test_tensors_are_not_saved_over_a_program(tmp_path):
    (tmp_path / "model.py").write_text("x = 1\n")
    with pytest.raises(FileFormatError, match=r"model\.py is named as the source of a program, .* \.safetensors"):
        ew.save({"w": ew.ones(2)}, tmp_path / "model.py")
    assert (tmp_path / "model.py").read_text() == "x = 1\n"
