"""Zooming and panning: what is under the pointer stays there, and the page is never held up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn

from .conftest import Article, Opened

Opening = Callable[..., Opened]
Box = dict[str, float]


def box(page: Opened, selector: str) -> Box:
    """Where an element is in the window."""
    found: Box = page.page.locator(selector).first.bounding_box()
    return found


def width(page: Opened) -> float:
    """How wide the picture is drawn."""
    return box(page, "#picture > svg")["width"]


def wheel(page: Opened, x: float, y: float, turned: float, *, control: bool) -> None:
    """Turns the wheel at a point of the window."""
    page.page.mouse.move(x, y)
    if control:
        page.page.keyboard.down("Control")
    page.page.mouse.wheel(0, turned)
    if control:
        page.page.keyboard.up("Control")


def scrolled(page: Opened) -> list[float]:
    """How far the frame is scrolled."""
    return list(
        page.page.evaluate(
            "[document.querySelector('#picture').scrollLeft, document.querySelector('#picture').scrollTop]"
        )
    )


@pytest.mark.parametrize(
    ("size", "frame", "narrow", "scale"),
    [
        ((200, 100), (901, 601), False, 1.5),  # a small picture is not larger than that
        ((1000, 500), (901, 601), False, 0.9),  # all of it, if it can be read
        ((1000, 800), (901, 601), False, 0.75),
        ((1000, 2000), (901, 601), False, 0.85),  # what is too large is panned,
        ((1200, 2000), (901, 601), False, 0.75),  # if possible along its rows only
        ((5000, 2000), (901, 601), False, 0.7),
        ((400, 2000), (381, 201), True, 0.85),
        ((400, 200), (381, 201), True, 0.95),
    ],
)
def test_pictures_are_drawn_as_large_as_can_be_read_and_fits(
    in_node: Callable[..., str], size: tuple[int, int], frame: tuple[int, int], narrow: bool, scale: float
) -> None:
    (width, height), (wide, high) = size, frame
    given = f"{{ width: {width}, height: {height} }}, {{ clientWidth: {wide}, clientHeight: {high} }}"
    found = in_node("viewport.js", f"console.log(graphScale({given}, {str(narrow).lower()}, mostScale(false, false)))")
    assert float(found) == pytest.approx(scale)


@pytest.fixture
def deep() -> ew.Tensor:
    """A picture that is much larger than its frame."""
    ew.manual_seed(0)
    layers = [layer for _ in range(8) for layer in (nn.Linear(6, 6), nn.Sigmoid())]
    return nn.Sequential(*layers)(ew.rand(4, 6)).square().mean()


def test_a_small_picture_is_as_large_as_its_frame_lets_it(opened_network: Opening) -> None:
    page = opened_network("first_article")
    frame, picture = box(page, "#picture"), box(page, "#picture > svg")
    assert picture["width"] <= frame["width"]
    assert picture["height"] <= frame["height"]
    assert not page.page.is_visible("#minimap")
    assert not page.page.is_visible("#far")
    assert "zoom" not in page.page.evaluate("location.hash")


def test_the_wheel_zooms_where_the_pointer_is(opened_network: Opening) -> None:
    page = opened_network("first_article", height=620)
    chip = box(page, '#picture [data-kind=tensor][data-id="5"] rect.chip')
    x, y = chip["x"] + chip["width"] / 4, chip["y"] + chip["height"] / 4
    before = width(page)
    for _ in range(2):
        wheel(page, x, y, -50, control=True)
    after = box(page, '#picture [data-kind=tensor][data-id="5"] rect.chip')
    assert width(page) / before == pytest.approx(2, rel=0.02)
    assert after["width"] / chip["width"] == pytest.approx(2, rel=0.02)
    assert after["x"] + after["width"] / 4 == pytest.approx(x, abs=2)
    assert after["y"] + after["height"] / 4 == pytest.approx(y, abs=2)
    assert page.errors == []


def test_the_wheel_alone_scrolls_the_page(opened: Opening, article: Article) -> None:
    page = opened(article.loss, height=500)
    frame, before = box(page, "#picture"), width(page)

    def turned() -> bool:
        wheel(page, frame["x"] + 200, frame["y"] + 20, 300, control=False)
        return bool(page.page.evaluate("window.scrollY") > 0)

    page.until(turned)
    assert width(page) == before


def test_keys_and_buttons_zoom_and_show_all(opened: Opening, deep: ew.Tensor) -> None:
    page = opened(deep)
    usual = width(page)
    page.press("+")
    assert width(page) == pytest.approx(1.35 * usual, rel=0.01)
    page.press("-", 2)
    assert width(page) == pytest.approx(usual / 1.35, rel=0.01)
    page.press("0")
    frame, picture = box(page, "#picture"), box(page, "#picture > svg")
    assert picture["height"] <= frame["height"]
    assert picture["width"] <= frame["width"]
    page.press("-", 5)
    assert width(page) == pytest.approx(picture["width"], rel=0.01), "it gets no smaller than that"
    page.page.click("#whole")
    assert width(page) == pytest.approx(usual, rel=0.01)
    page.page.click("#closer")
    page.page.click("#farther")
    assert width(page) == pytest.approx(usual, rel=0.01)
    page.press("+", 20)
    assert width(page) / page.page.evaluate(
        "document.querySelector('#picture > svg').viewBox.baseVal.width"
    ) == pytest.approx(4, rel=1e-4)
    assert page.errors == []


def test_what_is_below_does_not_move_when_the_picture_gets_smaller(opened: Opening, deep: ew.Tensor) -> None:
    page = opened(deep)
    before = box(page, "#equation-panel")["y"]
    page.press("0")
    assert box(page, "#equation-panel")["y"] == pytest.approx(before, abs=1)


def test_the_ground_is_dragged_and_things_are_clicked(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.press("+", 5)
    frame, before = box(page, "#picture"), scrolled(page)
    ground = page.page.evaluate(
        """() => {
            const frame = document.querySelector("#picture").getBoundingClientRect();
            for (let x = frame.left + 200; x < frame.right - 200; x += 7) {
                for (let y = frame.top + 120; y < frame.bottom - 120; y += 7) {
                    if (!document.elementFromPoint(x, y).closest("[role=button]")) return [x, y];
                }
            }
        }"""
    )
    page.page.mouse.move(*ground)
    page.page.mouse.down()
    page.page.mouse.move(ground[0] - 60, ground[1] - 40, steps=4)
    page.page.mouse.up()
    after = scrolled(page)
    assert [after[0] - before[0], after[1] - before[1]] == pytest.approx([60, 40], abs=2)
    assert frame == box(page, "#picture")
    page.page.locator('#picture [data-kind=node][data-id="1"]').click()
    assert page.page.locator("#picture .chosen").get_attribute("data-id") == "1"


class Fingers:
    """What touches the screen."""

    def __init__(self, page: Opened) -> None:
        self.session = page.page.context.new_cdp_session(page.page)

    def __call__(self, kind: str, *points: tuple[float, float]) -> None:
        touches: list[dict[str, Any]] = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_one_finger_scrolls_the_page_of_a_phone(opened: Opening, article: Article) -> None:
    page = opened(article.loss, width=390, height=844, has_touch=True)
    page.press("0")
    frame = box(page, "#picture")
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    fingers = Fingers(page)
    fingers("touchStart", (x, y))
    for moved in range(20, 260, 20):
        fingers("touchMove", (x, y - moved))
    fingers("touchEnd")
    page.until(lambda: page.page.evaluate("window.scrollY") > 50)
    assert page.errors == []


def test_two_fingers_zoom(opened: Opening, article: Article) -> None:
    page = opened(article.loss, width=390, height=844, has_touch=True)
    before, frame = width(page), box(page, "#picture")
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    fingers = Fingers(page)
    fingers("touchStart", (x - 40, y), (x + 40, y))
    for apart in range(40, 81, 5):
        fingers("touchMove", (x - apart, y), (x + apart, y))
    fingers("touchEnd")
    page.until(lambda: width(page) > 1.7 * before)
    assert width(page) == pytest.approx(2 * before, rel=0.1)
    assert page.page.evaluate("window.visualViewport.scale") == 1
    assert page.errors == []


def test_what_is_at_work_is_brought_into_sight(opened: Opening, deep: ew.Tensor) -> None:
    page = opened(deep, hash="#zoom=2")
    for key in ("Home", "ArrowRight", "ArrowRight", "End", "ArrowLeft"):
        page.press(key)
        frame = box(page, "#picture")
        now = page.page.locator("#picture g.now")
        if page.step == 0:
            continue
        seen = [one.bounding_box() for one in now.all()]
        assert any(
            frame["x"] <= one["x"]
            and one["x"] + one["width"] <= frame["x"] + frame["width"] + 1
            and frame["y"] <= one["y"]
            and one["y"] + one["height"] <= frame["y"] + frame["height"] + 1
            for one in seen
        ), page.step


def test_the_size_is_kept_in_the_address(opened: Opening, deep: ew.Tensor) -> None:
    page = opened(deep, hash="#zoom=1.5")
    units = page.page.evaluate("document.querySelector('#picture > svg').viewBox.baseVal.width")
    assert width(page) == pytest.approx(1.5 * units, rel=0.01)
    page.press("-")
    page.press("ArrowLeft")
    assert "zoom=1.11" in page.page.evaluate("location.hash")
    for bad in ("zoom=x", "zoom=-3", "zoom=1e9"):
        page.reopen(f"#{bad}")
        assert page.errors == []


def test_a_small_picture_of_all_moves_the_large_one(opened: Opening, deep: ew.Tensor) -> None:
    page = opened(deep)
    assert page.page.is_visible("#minimap")
    assert page.page.get_attribute("#minimap", "aria-hidden") == "true"
    small, part = box(page, "#minimap canvas"), box(page, "#minimap .part")
    assert part["height"] < small["height"] / 1.5
    before = scrolled(page)
    page.page.mouse.click(small["x"] + small["width"] / 2, small["y"] + small["height"] - 4)
    page.until(lambda: box(page, "#minimap .part")["y"] > part["y"] + 5)
    assert scrolled(page)[1] > before[1]
    held = box(page, "#minimap .part")
    page.page.mouse.move(held["x"] + 4, held["y"] + 4)
    page.page.mouse.down()
    page.page.mouse.move(held["x"] + 4, held["y"] + 4 - 20, steps=3)
    page.page.mouse.up()
    assert box(page, "#minimap .part")["y"] == pytest.approx(held["y"] - 20, abs=2)
    page.press("0")
    assert not page.page.is_visible("#minimap"), "all can be seen"
    assert page.errors == []


def test_the_small_picture_of_all_covers_no_chip_where_a_corner_is_free(opened_network: Opening) -> None:
    page = opened_network("gan", width=1366, height=650)
    script = """() => {
        const box = (element) => element.getBoundingClientRect();
        const map = box(document.getElementById("minimap"));
        const meets = ({ left, top, right, bottom }) =>
            left < map.right && right > map.left && top < map.bottom && bottom > map.top;
        const things = document.querySelectorAll("#picture [data-kind=tensor], #picture [data-kind=node]");
        return [...things].filter((thing) => meets(box(thing))).length;
    }"""
    assert page.page.is_visible("#minimap")
    for _ in range(8):
        assert page.page.evaluate(script) == 0
        page.press("ArrowLeft", 5)
        page.rest()


def test_what_the_small_picture_covers_shows_through_and_is_not_at_work(opened_network: Opening) -> None:
    page = opened_network("resnet", width=1100, height=620)
    script = """() => {
        const box = (element) => element.getBoundingClientRect();
        const small = document.getElementById("minimap");
        const map = box(small);
        const meets = ({ left, top, right, bottom }) =>
            left < map.right - 1 && right > map.left + 1 && top < map.bottom - 1 && bottom > map.top + 1;
        const covered = [...document.querySelectorAll("#picture [data-kind=tensor], #picture [data-kind=node]")]
            .filter((thing) => meets(box(thing)));
        const busy = covered.filter((thing) => thing.matches(".forward-now, .backward-now, .update-now"));
        return [covered.length > 0, small.classList.contains("covers"), busy.length];
    }"""
    found = []
    for _ in range(8):
        page.press("ArrowLeft", 3)
        page.rest()
        found.append(page.page.evaluate(script))
    assert all(busy == 0 and (shines or not covers) for covers, shines, busy in found), found


def test_the_large_picture_is_drawn_larger(opened_network: Opening) -> None:
    page = opened_network("first_article", width=1440, height=900)
    before = box(page, "#picture [data-kind=tensor][data-id='1']")["width"]
    page.press("f")
    assert box(page, "#picture [data-kind=tensor][data-id='1']")["width"] > 1.05 * before
    whole = box(page, "#picture > svg")
    frame = box(page, "#picture")
    assert whole["height"] <= frame["height"]
    assert whole["width"] <= frame["width"]


def test_a_phone_has_no_room_for_it(opened: Opening, deep: ew.Tensor) -> None:
    page = opened(deep, width=390, height=844)
    assert not page.page.is_visible("#minimap")
    across = page.page.evaluate("document.documentElement.scrollWidth")
    assert across <= 390


def test_the_article_fits_a_projector(opened_network: Opening) -> None:
    page = opened_network("first_article", width=1280, height=800)
    frame, picture = box(page, "#picture"), box(page, "#picture > svg")
    assert picture["height"] <= frame["height"]
    assert box(page, "#transport")["y"] + box(page, "#transport")["height"] <= 800
