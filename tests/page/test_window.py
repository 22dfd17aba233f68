"""The picture, the equation and the player share the window: all of them can be seen, and nothing covers anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn

from .conftest import Opened

Opening = Callable[..., Opened]

DECISIVE = [
    (1366, 650),  # a low window: the equation and the cards are beside the picture
    (390, 664),  # a telephone: they are below it
    (683, 325),  # a screen at 200 %: the equation is beside the picture
]
OTHERS = [
    (1920, 1080),
    (1024, 768),
    (820, 640),  # the frame in a notebook, in which the equation is beside the picture,
    (900, 600),  # as it is in a wider one
    (390, 600),
    (960, 540),
    (512, 384),
]
NETWORKS = [
    *("article", "moons", "xor", "product", "lenet", "lstm", "transformer", "attention", "resnet", "gan", "shared"),
    *("perceptron", "long_names"),
]


Sizes = list[tuple[int, int]]
Steps = list[float]

ALL = [at / 10 for at in range(11)]
"""Shares of the way from the first step to the last."""


def cases(names: list[str], everywhere: tuple[str, ...]) -> list[Any]:
    """Each network at the decisive sizes, and at the others: these are left to `make test-slow` for most.

    So is a look at all of `ALL` at every size. Otherwise each size has steps of its own beside the first and the last,
    so that all sizes together show more of them.
    """
    found = []
    for name in names:
        found.append(pytest.param(name, DECISIVE, None, id=f"{name}-decisive"))
        found.append(pytest.param(name, DECISIVE, ALL, id=f"{name}-decisive-all", marks=pytest.mark.slow))
        if name in everywhere:
            found.append(pytest.param(name, OTHERS, None, id=f"{name}-others"))
        found.append(pytest.param(name, OTHERS, ALL, id=f"{name}-others-all", marks=pytest.mark.slow))
    return found


def looks(sizes: Sizes, steps: Steps | None) -> list[tuple[int, int, Steps]]:
    """Each size with the steps to look at."""
    count = len(sizes)
    own = [[0, *((at + (i + 1) / (count + 1)) / 4 for at in range(4)), 1] for i in range(count)]
    return [(*size, own[i] if steps is None else steps) for i, size in enumerate(sizes)]


MEASURE = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")


def measured(page: Opened, width: int, height: int, steps: Steps = ALL) -> dict[str, Any]:
    """The page at a size of its window, at some of its steps."""
    page.page.set_viewport_size({"width": width, "height": height})
    found: dict[str, Any] = page.page.evaluate(MEASURE, steps)
    return found


def check(found: dict[str, Any]) -> None:
    """That nothing is wrong, and that the picture has a good part of the window."""
    assert found["faults"] == []
    assert found["across"] <= found["wide"], "nothing is beside the window"
    width, height = found["picture"]
    assert width * height > 0.17 * found["wide"] * found["high"]
    assert height >= 110
    assert width >= 230


@pytest.mark.parametrize(("name", "sizes", "steps"), cases(NETWORKS, ("article", "transformer")))
def test_picture_equation_and_player_share_every_window(
    opened_network: Opening, name: str, sizes: Sizes, steps: Steps | None
) -> None:
    page = opened_network(name)
    for width, height, some in looks(sizes, steps):
        check(measured(page, width, height, some))
    assert page.errors == []


@pytest.mark.parametrize(("name", "sizes", "steps"), cases(["article", "moons", "transformer"], ()))
def test_the_large_picture_leaves_the_equation_and_the_player_in_sight(
    opened_network: Opening, name: str, sizes: Sizes, steps: Steps | None
) -> None:
    page = opened_network(name)
    usual = measured(page, 1440, 900, [0, 1])["picture"]
    page.press("f")
    large = measured(page, 1440, 900, [0, 1])["picture"]
    assert large[0] > 1.1 * usual[0]
    assert large[1] >= usual[1]
    for width, height, some in looks(sizes, steps):
        check(measured(page, width, height, some))
    assert page.errors == []


@pytest.mark.parametrize(("name", "sizes", "steps"), cases(["article", "transformer"], ("transformer",)))
def test_an_open_module_and_a_notice_take_their_room_from_the_picture(
    opened_network: Opening, name: str, sizes: Sizes, steps: Steps | None
) -> None:
    page = opened_network(name)
    page.page.evaluate("document.getElementById('notice').textContent = 'What is to be known first. '.repeat(12)")
    for module in page.page.locator("#picture .round.open").all()[:1]:
        module.dispatch_event("click")
        assert page.page.is_visible("#breadcrumb")
    for width, height, some in looks(sizes, steps):
        found = measured(page, width, height, some)
        assert found["faults"] == []
        assert found["picture"][1] > (30 if height >= 600 else 0)


@pytest.mark.parametrize("name", ["article", "xor", "attention", "transformer"])
def test_equations_are_drawn_at_their_usual_size_where_there_is_room(opened_network: Opening, name: str) -> None:
    page = opened_network(name, width=1920, height=1080)
    sizes = page.page.evaluate(
        """() => {
            const scrub = document.getElementById("scrub");
            return Array.from({ length: Number(scrub.max) + 1 }, (_, step) => {
                scrub.value = String(step);
                scrub.dispatchEvent(new Event("input"));
                return document.getElementById("equation").style.zoom;
            });
        }"""
    )
    found = sorted(map(float, sizes))
    assert found[len(found) // 10] >= 1
    assert found[0] >= 0.8, "what is a little higher than was expected is a little smaller"


IS_WHOLE = """() => {
    const [frame, drawn] = ["#picture", "#picture > svg"].map((one) => document.querySelector(one));
    const [outer, inner] = [frame, drawn].map((one) => one.getBoundingClientRect());
    return inner.width <= outer.width && inner.height <= outer.height;
}"""


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("article", [(1440, 900), (1920, 1080), (1366, 650), (1024, 768), (900, 600)]),
        ("transformer", [(1440, 900), (1920, 1080), (1366, 650), (1024, 768)]),
    ],
)
def test_all_of_the_picture_is_in_sight_where_it_can_be_read_so(
    opened_network: Opening, name: str, sizes: Sizes
) -> None:
    page = opened_network(name)
    for width, height in sizes:
        page.page.set_viewport_size({"width": width, "height": height})
        page.until(lambda: page.page.evaluate(IS_WHOLE))


def test_in_wide_windows_the_equation_is_beside_the_picture_and_above_the_cards(opened_network: Opening) -> None:
    page = opened_network("article", width=1440, height=900)
    picture, equation, cards = (
        page.page.locator(one).bounding_box() for one in ("#picture-area", "#equation-panel", "#side")
    )
    assert equation["x"] >= picture["x"] + picture["width"]
    assert cards["x"] == equation["x"]
    assert cards["y"] == pytest.approx(equation["y"] + equation["height"], abs=1)
    assert picture["height"] > 0.75 * 900


def test_on_a_telephone_the_sentence_of_a_step_is_in_sight(opened_network: Opening) -> None:
    page = opened_network("article", width=390, height=664)
    sentence, panel = (page.page.locator(one).bounding_box() for one in ("#sentence", "#equation-panel"))
    assert page.text("#sentence").startswith("Raise")
    assert sentence["y"] + sentence["height"] < panel["y"] + panel["height"]
    assert page.page.locator("#equation-panel").evaluate("panel => panel.scrollTop") == 0


def test_the_cards_scroll_while_the_picture_stays(opened_network: Opening) -> None:
    page = opened_network("moons", width=1366, height=650)
    around = ["#picture-area", "#equation-panel", "#transport"]
    before = [page.page.locator(one).bounding_box() for one in around]
    page.page.hover("#training h2")
    page.page.mouse.wheel(0, 400)
    page.until(lambda: page.page.locator("#side").evaluate("side => side.scrollTop") > 200)
    assert [page.page.locator(one).bounding_box() for one in around] == before
    assert measured(page, 1366, 650)["faults"] == []


def test_tools_that_have_no_room_are_in_a_menu_that_opens(opened_network: Opening) -> None:
    page = opened_network("gan", width=390, height=664)
    width, height = 390, 664
    for button in page.page.locator("#top button:visible, #top input:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width
    assert not page.page.is_visible("#save")
    page.page.click("#fold")
    for name in ("undo", "redo", "reset", "save", "save-png", "theme"):
        box = page.page.locator(f"#{name}").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= width - box["width"]
        assert 0 <= box["y"] <= height - box["height"]
    page.page.keyboard.press("Escape")
    assert not page.page.is_visible("#save")
    page.page.set_viewport_size({"width": 1366, "height": 650})
    assert page.page.is_visible("#save")
    assert not page.page.is_visible("#fold")


def test_a_long_line_of_the_program_is_read_to_its_end_on_a_telephone(opened: Opening) -> None:
    ew.manual_seed(0)
    x, w = ew.randn(3), ew.randn(3).requires_grad_()
    loss = (x * w + 0.25 * x * x - 0.5 * w * w + 0.125 * (x - w) * (x + w) + 0.0625 * x * w * (x - 0.5)).sum()
    page = opened(loss, width=390, height=664)
    page.press("Home")
    page.press("ArrowRight")
    line = page.page.locator("#remark code")
    assert line.text_content().endswith(".sum()")
    assert line.evaluate("(line) => line.scrollWidth <= line.clientWidth")


def test_a_formula_a_little_too_long_for_its_tile_is_written_smaller(opened: Opening) -> None:
    w, t = ew.tensor([0.5, -1.0, 2.0], requires_grad=True), ew.tensor([1.0, 0.0, 1.0])
    loss = ew.nn.functional.binary_cross_entropy_with_logits(w * 2, t)
    page = opened(loss, hash="#step=2", width=390, height=664)
    assert "binary cross-entropy" in page.text("#equation-panel")
    fits = "() => [...document.querySelectorAll('#tiles .tile')].map((e) => e.scrollWidth - e.clientWidth)"
    assert all(over <= 1 for over in page.page.evaluate(fits))
    size = "(element) => parseFloat(getComputedStyle(element).fontSize)"
    assert page.page.locator("#tiles math").last.evaluate(size) >= 10


def test_a_page_opens_where_the_step_is_without_gliding_there(opened_network: Opening) -> None:
    page = opened_network("lstm", hash="#step=300", width=390, height=664)
    picture = page.page.locator("#picture")
    there = picture.evaluate("element => [element.scrollLeft, element.scrollTop]")
    assert there != [0, 0]
    seen = picture.evaluate(
        """element => {
            const frame = element.getBoundingClientRect();
            const boxes = [...element.querySelectorAll("g.arrives")].map((group) => group.getBoundingClientRect());
            const isAcross = ({ left, right }) => left >= frame.left && right <= frame.right;
            return boxes.some((box) => isAcross(box) && box.top >= frame.top && box.bottom <= frame.bottom);
        }"""
    )
    assert seen


# Many steps of the networks have the same equations with other numbers, so every other one is enough.
EQUATIONS = """async () => {
    const scrub = document.getElementById("scrub");
    const [panel, equation] = ["equation-panel", "equation"].map((id) => document.getElementById(id));
    const drawn = async () => {
        const found = [];
        for (let at = 0; at <= Number(scrub.max); at += 2) {
            scrub.value = String(at);
            scrub.dispatchEvent(new Event("input"));
            await new Promise((done) => requestAnimationFrame(done));
            const tiles = [...equation.querySelectorAll(".tile")];
            const sizes = tiles.map(({ offsetWidth, offsetHeight }) => [offsetWidth, offsetHeight]);
            found.push([panel.className, equation.style.zoom, sizes]);
        }
        return found;
    };
    return [await drawn(), await drawn()];
}"""


@pytest.mark.parametrize("name", ["perceptron", "product"])
def test_an_equation_that_is_seen_again_is_drawn_as_at_first(opened_network: Opening, name: str) -> None:
    page = opened_network(name, width=1100, height=800)
    first, again = page.page.evaluate(EQUATIONS)
    assert again == first
    assert len({str(look) for _, *look in first}) > 1
    page.page.set_viewport_size({"width": 700, "height": 600})
    smaller, again = page.page.evaluate(EQUATIONS)
    assert again == smaller
    assert smaller != first
    fresh = opened_network(name, width=700, height=600)
    assert fresh.page.evaluate(EQUATIONS)[0] == smaller


@pytest.mark.parametrize("name", ["article", "transformer"])
@pytest.mark.parametrize("width", [1440, 1024, 910])
def test_the_title_is_whole(opened_network: Opening, name: str, width: int) -> None:
    page = opened_network(name, width=width, height=768)
    high, shown = page.page.locator("#title").evaluate("(title) => [title.scrollHeight, title.clientHeight]")
    assert high <= shown, "it goes on in a second line"
    top, title = (page.page.locator(one).bounding_box() for one in ("#top", "#title"))
    assert top["y"] <= title["y"] <= title["y"] + title["height"] <= top["y"] + top["height"]


@pytest.mark.parametrize("width", [1440, 1024])
def test_small_arrays_are_numbers_where_their_names_have_room_beside_them(opened: Opening, width: int) -> None:
    ew.manual_seed(0)
    G, D = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    loss = nn.functional.softplus(-D(ew.randn(4, 2))).mean() + nn.functional.softplus(D(G(ew.randn(4, 2)))).mean()
    page = opened(loss, width=width, height=900)
    sums = [at for at in range(60) if page.text("#moment").startswith("Where edges meet") or page.press("ArrowLeft")]
    assert sums, "the parts of a parameter that is used twice add up"
    while "bias" not in page.text("#equation .result") or "D.0" not in page.text("#equation .result"):
        page.press("ArrowLeft")
    assert page.page.locator("#equation .numbers").count() == 3
    assert page.page.locator("#equation .map").count() == 0
