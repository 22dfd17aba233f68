"""Pages in a browser, and their modules in Node."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Opened as Opened

from edgewise.page import make_page
from edgewise.page.assemble import bundle
from edgewise.page.packing import Bytes

from . import contents, networks
from .networks import Article as Article


@pytest.fixture(scope="session")
def in_node(node: Callable[..., str]) -> Callable[..., str]:
    """Runs JavaScript after some of the page's modules, and gives what it prints."""
    return lambda module, text, given="null": node(f"{bundle('page/js/' + module)}\nconst given = {given};\n{text}")


def in_page(in_node: Callable[..., str], parts: tuple[str, Any], script: str, *, whole: bool = False) -> Any:
    """What a script finds in a page of these parts; `whole` gives it all modules of a page."""
    program, data = parts
    numbers, given = as_read(data)
    text = f"""{numbers}
        {"" if whole else bundle("page/js/timeline.js")}\n{program}
        const model = new Model(given, programs.makeNetwork(), programs.makeUpdate());
        const timeline = makeTimeline(given);
        const data = given;
        console.log(JSON.stringify((() => {{ {script} }})()));"""
    return json.loads(in_node("main.js" if whole else "model.js", text, given))


def as_read(data: Any) -> tuple[str, str]:
    """JavaScript that brings the arrays of data to where a page has them, and the data as JSON."""
    arrays = Bytes()
    given = json.dumps(arrays.taking(data))
    return f"globalThis.edgewise = {{ numbers: new Uint8Array({list(arrays.all())}) }};", given


@pytest.fixture
def opened(opened_file: Callable[..., Opened], tmp_path: Path) -> Callable[..., Opened]:
    """Opens the page of a loss, with all gradients unless the address names another step."""

    def opening(loss: Any, *, hash: str = "", width: int = 1400, height: int = 900, **options: Any) -> Opened:
        look = {name: options.pop(name) for name in ("color_scheme", "reduced_motion", "has_touch") if name in options}
        path = tmp_path / "page.html"
        make_page(loss, path, **options)
        return opened_file(path, hash=at_backward_end(hash), width=width, height=height, **look)

    return opening


@pytest.fixture(scope="session")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes the page of one of `networks`, once for all tests that open it, whichever worker they run in."""
    own = tmp_path_factory.mktemp("networks")
    base = tmp_path_factory.getbasetemp()
    common = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "networks"
    common.mkdir(exist_ok=True)

    def making(name: str) -> Path:
        path = common / f"{name}.html"
        if not path.exists():
            loss, options = getattr(networks, name)()
            make_page(loss, own / path.name, **options)
            # At once, so that no other worker opens a part of it.
            (own / path.name).replace(path)
        return path

    return making


@pytest.fixture
def opened_network(opened_file: Callable[..., Opened], page_of: Callable[[str], Path]) -> Callable[..., Opened]:
    """Opens the page of one of `networks`, as `opened` opens that of a loss: it is made once."""

    def opening(name: str, *, hash: str = "", **how: Any) -> Opened:
        return opened_file(page_of(name), hash=at_backward_end(hash), **how)

    return opening


def at_backward_end(hash: str) -> str:
    """Returns the address of the end of the backward pass, or of the step that the address names."""
    return hash if "step=" in hash else f"{hash or '#'}&step=backward".replace("#&", "#")


@pytest.fixture(scope="session")
def pages() -> dict[str, contents.Contents]:
    """What the pages of `networks` are made of."""
    return contents.contents()


@pytest.fixture
def article() -> Article:
    """The network of the article."""
    return Article()
