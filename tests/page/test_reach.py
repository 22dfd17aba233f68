"""Pages for whoever uses a keyboard, hears what is there, or needs contrast."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Opened

REACH = Path(__file__).with_name("reach.js").read_text(encoding="utf-8")

REMEMBER_CLICKS = """
    window.clicked = [];
    const listen = EventTarget.prototype.addEventListener;
    EventTarget.prototype.addEventListener = function (kind, ...rest) {
        if (kind === "click" && this instanceof Element) window.clicked.push(this);
        return listen.call(this, kind, ...rest);
    };
"""

PRESSED = {"button", "link", "checkbox", "combobox", "slider", "textbox", "searchbox", "DisclosureTriangle"}


class Reader:
    """What Chromium passes to programs that read a page aloud: it makes all of that only once while one listens."""

    def __init__(self, page: Opened) -> None:
        self.page = page
        self._session = page.page.context.new_cdp_session(page.page)
        self._session.send("Accessibility.enable")

    def tree(self) -> list[dict[str, Any]]:
        """The tree of the page as it is now."""
        nodes: list[dict[str, Any]] = self._session.send("Accessibility.getFullAXTree")["nodes"]
        return nodes


def of(node: dict[str, Any], key: str) -> str:
    """The role or the name of a node."""
    return str(node.get(key, {}).get("value", ""))


def heard(reader: Reader) -> list[str]:
    """What is wrong in that tree: controls without names, names without what is written, controls in controls."""
    nodes = {node["nodeId"]: node for node in reader.tree()}
    faults = []

    def is_focusable(node: dict[str, Any]) -> bool:
        return any(one["name"] == "focusable" and one["value"]["value"] for one in node.get("properties", []))

    def inside(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for child in node.get("childIds", []):
            if child in nodes:
                yield nodes[child]
                if of(nodes[child], "role") not in ("math", "image"):
                    yield from inside(nodes[child])

    for node in nodes.values():
        role, name = of(node, "role"), of(node, "name")
        if role == "heading" and not name.strip():
            faults.append("a heading without text")
        if node["ignored"] or not is_focusable(node) or role == "RootWebArea":
            continue
        if not name.strip():
            faults.append(f"a {role} without a name")
        if role not in PRESSED:
            continue
        for part in inside(node):
            if is_focusable(part) and not part["ignored"] and role in ("button", "link"):
                faults.append(f"{of(part, 'role')} “{of(part, 'name')}” inside {role} “{name}”")
            text = of(part, "name").strip()
            is_sign = len(text) == 1 and not text.isalnum()
            if role == "button" and of(part, "role") == "StaticText" and not is_sign and text not in name:
                faults.append(f"“{text}” is written on “{name}”, but not heard")
    return faults


def check(reader: Reader, state: str) -> None:
    """That nothing is wrong in a state of a page."""
    found = [*reader.page.page.evaluate(REACH), *heard(reader)]
    assert found == [], f"{state}: {len(found)} faults"


def seek(page: Opened, share: float) -> None:
    """Goes to a step."""
    page.page.evaluate(
        "(share) => { const scrub = document.getElementById('scrub');"
        " scrub.value = String(Math.round(share * Number(scrub.max))); scrub.dispatchEvent(new Event('input')); }",
        share,
    )


def press(page: Opened, selector: str) -> bool:
    """Presses the first of such elements, if there is one that can be seen."""
    found = page.page.locator(selector).first
    if not found.count() or not found.is_visible():
        return False
    found.dispatch_event("click")
    return True


@pytest.mark.parametrize(
    ("name", "scheme", "size"),
    [
        ("article", "light", (390, 664)),
        ("moons", "dark", (1366, 650)),
        ("xor", "light", (1366, 650)),
        ("lenet", "dark", (390, 664)),
        ("transformer", "light", (1366, 650)),
        ("gan", "dark", (1366, 650)),
    ],
)
def test_all_can_be_reached_heard_and_read(opened_network: Any, name: str, scheme: str, size: Any) -> None:
    page = opened_network(name, width=size[0], height=size[1], color_scheme=scheme, first=REMEMBER_CLICKS)
    reader = Reader(page)
    check(reader, "opened")
    for share in (0, 0.3, 0.6, 1):
        seek(page, share)
        check(reader, f"at {share} of the story")
    seek(page, 0.8)
    for what in (
        "#picture [data-kind=tensor]",
        "#picture [data-kind=node]",
        "#picture .unit[role=button]",
        "#picture .face",
        "#picture .round.close",
        "#picture .round.enter",
        "#view",
        "#large",
        "#train1",
    ):
        if press(page, what):
            check(reader, f"after a click on {what}")
    page.page.evaluate("document.getElementById('program').open = true")
    page.page.select_option("#colour", index=1)
    check(reader, "coloured")
    assert page.errors == []
