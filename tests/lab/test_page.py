"""The page of an experiment: networks side by side, led by one player."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browsing import Opened

from edgewise import lab

Opening = Callable[..., Opened]


@pytest.fixture(scope="module")
def report() -> lab.Report:
    """A network whose parameters are 0, beside a random one."""
    return lab.zero_init(steps=20)


def steps(page: Opened) -> list[int]:
    """At which step each network is."""
    return [int(frame.get_attribute("#page", "data-step")) for frame in page.page.frames[1:]]


def losses(page: Opened) -> list[str]:
    """What is said of the loss of each network."""
    page.rest()
    return page.texts(".side .loss")


def test_the_answer_is_shown_after_a_prediction(opened_report: Opening, report: lab.Report) -> None:
    page = opened_report(report)
    assert page.page.is_hidden("#findings")
    assert page.texts(".side .end") == ["", ""]
    page.page.click("#choices button >> nth=0")
    assert page.text("#verdict").startswith("Not quite: only layer2.bias. ")
    assert page.texts("#claims li") == [claim.text for claim in report.claims]
    assert page.texts("#choices .is-right") == ["only layer2.bias"]
    assert "The gradient ends here: linear₂ lets nothing through to h" in page.texts(".side .end")[0]
    assert page.texts(".side .end")[1] == ""
    # It has gone to where the gradient ends.
    page.until(lambda: page.page.frames[1].text_content("#moment") == "Back through linear2 to h")
    assert page.errors == []
    assert [request for request in page.requests if not request.startswith(("file:", "about:", "data:"))] == []


def test_one_player_leads_all_networks(opened_report: Opening, report: lab.Report) -> None:
    page = opened_report(report)
    page.page.click("#next")
    page.page.click("#next")
    page.until(lambda: steps(page) == [2, 2])
    page.press("ArrowLeft")
    page.until(lambda: steps(page) == [1, 1])
    page.press("End")
    page.until(lambda: steps(page)[0] == steps(page)[1] > 10)
    assert page.text("#count") == f"Step {steps(page)[0]} of {steps(page)[0]}"


def test_training_trains_all_networks_as_python_does(opened_report: Opening, report: lab.Report) -> None:
    page = opened_report(report)
    assert losses(page) == ["loss 2.303 after 0 steps", "loss 2.316 after 0 steps"]
    page.page.click("#train10")
    page.until(lambda: all("after 10 steps" in text for text in losses(page)))
    page.page.click("#train1")
    page.until(lambda: all("after 11 steps" in text for text in losses(page)))
    page.page.click("#reset")
    page.until(lambda: losses(page) == ["loss 2.303 after 0 steps", "loss 2.316 after 0 steps"])


def test_training_goes_on_until_it_is_stopped(opened_report: Opening, report: lab.Report) -> None:
    page = opened_report(report)
    page.page.click("#run")
    page.until(lambda: "after 0 steps" not in "".join(page.texts(".side .loss")))
    assert page.page.get_attribute("#run", "aria-pressed") == "true"
    page.page.click("#run")
    page.until(lambda: len({text.partition("after")[2] for text in losses(page)}) == 1)
    assert page.page.get_attribute("#run", "aria-pressed") == "false"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_that_of_all_frames(opened_report: Opening, report: lab.Report, theme: str) -> None:
    page = opened_report(report, color_scheme="light" if theme == "dark" else "dark")
    page.page.click("#theme")
    page.until(
        lambda: all(frame.evaluate("document.documentElement.dataset.theme") == theme for frame in page.page.frames)
    )


@pytest.mark.parametrize("how", [{}, {"color_scheme": "dark", "width": 390, "height": 844}], ids=["desktop", "phone"])
def test_axe_finds_nothing_above_minor(opened_report: Opening, report: lab.Report, how: dict[str, object]) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe-playwright-python is not installed: pip install axe-playwright-python",
    )
    page = opened_report(report, **how)
    page.page.click("#choices button >> nth=0")
    page.rest()
    found = axe.Axe().run(page.page).response["violations"]
    serious = [(one["id"], [node["target"] for node in one["nodes"][:3]]) for one in found if one["impact"] != "minor"]
    assert serious == []


def test_a_map_says_what_its_axes_and_its_shades_are(opened_report: Opening) -> None:
    shades = [[-1.0, 0.0, 0.5]]
    legend = ((-1.0, "small"), (1.0, "large"))
    table = lab.Table("A map", ["1", "2", "3"], [("a", ["x", "y", "z"])], shades, legend, ("depth", "scale"))
    page = opened_report(lab.Report([], [], [table]))
    assert page.texts(".table .corner") == ["depth ↓ scale →"]
    assert page.texts(".table .legend > span") == ["small", "large"]
    classes = [cell.get_attribute("class") for cell in page.page.query_selector_all(".table tbody td")]
    assert classes == ["shaded is-below", "shaded", "shaded"]
    assert page.errors == []
