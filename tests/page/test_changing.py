"""Changing numbers in a page, and training it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.printers.figures import figure

from .conftest import Article, Opened

Opening = Callable[..., Opened]


def field(name: str) -> str:
    """Where a number is typed."""
    return f"#fields .field[aria-label='{name}']"


def test_all_follows_from_a_number_that_is_typed(opened_network: Opening, article: Article) -> None:
    page = opened_network("first_article")
    page.page.fill(field("x"), "-0,75")
    article.x = ew.tensor(-0.75)
    loss = article.run()
    loss.backward()
    assert page.chip(0, "value") == "−0.75"
    assert page.chip(12, "value") == figure(loss.item())
    assert page.text("#loss") == f"loss {figure(loss.item())}"
    assert page.chip(1, "gradient") == figure(article.W1.grad.item())
    assert page.texts("#tiles .tile.result .figure") == [figure(article.W1.grad.item())]
    assert page.page.input_value(field("x")) == "-0,75", "what is being typed stays as it is"
    page.press("Enter")
    page.until(lambda: page.page.input_value(field("x")) == "−0.75")
    assert page.errors == []


def test_what_is_no_number_changes_nothing(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.fill(field("x"), "<b>1</b>")
    assert page.page.get_attribute(field("x"), "aria-invalid") == "true"
    assert page.chip(0, "value") == "0.5"
    page.page.fill(field("x"), "nan")
    assert page.chip(12, "value") == "NaN"
    assert page.page.locator("#picture [data-id='12'] .is-bad").count() == 1
    page.page.click("#undo")
    assert page.chip(12, "value") == "0.98"
    assert page.page.locator(".is-bad").count() == 0


@pytest.mark.parametrize(
    ("typed", "says"), [("abc", "“abc” is no number"), ("1/3", "“1/3” is no number"), ("", "Nothing")]
)
def test_a_field_says_that_its_text_is_no_number(opened_network: Opening, typed: str, says: str) -> None:
    page = opened_network("first_article")
    page.page.fill(field("x"), typed)
    page.press("Enter")
    message = page.page.locator("#field-message")
    assert message.text_content().startswith(says)
    assert message.text_content().endswith("0.5 stays.")
    assert page.page.get_attribute(field("x"), "aria-describedby") == message.get_attribute("id")
    assert page.page.input_value(field("x")) == typed, "so that it can be mended"
    around, own = page.page.locator(field("x")).bounding_box(), message.bounding_box()
    assert 0 <= own["y"] - around["y"] - around["height"] < 10
    page.page.fill(field("x"), "2")
    assert message.count() == 0
    assert page.chip(0, "value") == "2"
    page.page.fill(field("x"), typed)
    page.page.focus(field("W1"))
    assert message.text_content().endswith("2 stays.")
    page.until(lambda: page.page.input_value(field("x")) == "2")
    assert page.page.get_attribute(field("x"), "aria-invalid") is None
    assert page.errors == []


def test_a_loss_that_is_not_finite_has_no_scale(opened_network: Opening) -> None:
    page = opened_network("first_article")
    assert "0.98" in page.texts("#losses .tick")
    page.page.fill(field("x"), "nan")
    assert [text for text in page.texts("#losses .tick") if text] == ["0 steps taken", "not finite"]


def test_numbers_are_dragged(opened_network: Opening) -> None:
    page = opened_network("first_article")
    mouse = page.page.mouse
    for selector in (field("W1"), "#picture [data-kind=tensor][data-id='1'] .drags"):
        page.page.locator(selector).scroll_into_view_if_needed()
        box = page.page.locator(selector).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + 20, y, steps=3)
        mouse.move(x + 40, y, steps=3)
        assert page.chip(1, "value") == "1.3"
        mouse.up()
        page.press("Control+z")
        assert page.chip(1, "value") == "1.2"
    page.press("Control+Shift+z")
    assert page.chip(1, "value") == "1.3"
    page.page.click("#reset")
    assert page.chip(1, "value") == "1.2"
    assert page.page.is_disabled("#undo")


def test_arrow_keys_move_a_number_and_not_the_story(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.focus(field("b1"))
    page.press("ArrowUp", 3)
    assert page.chip(3, "value") == "0.13"
    page.press("ArrowLeft")
    assert page.step == 18


def test_small_tensors_are_edited_as_grids(opened: Opening) -> None:
    W = ew.tensor([[1.0, 2.0, 0.0, 0.0, 3.0], [3.0, 4.0, 5.0, 6.0, 7.0]], requires_grad=True)
    page = opened((W * W).sum())
    page.page.click(".leaf-name")
    assert page.page.locator(".details .field").count() == 10
    page.page.fill(".details .field[aria-label='W[1, 0]']", "-1")
    assert page.text("#loss") == f"loss {figure(149.0 - 9 + 1)}"
    assert page.texts(".details .numbers td")[5] == "−2"


def test_large_tensors_show_the_number_under_the_pointer(opened: Opening) -> None:
    x = ew.arange(600.0).reshape(20, 30)
    w = ew.ones(20, 30).requires_grad_()
    page = opened((x * w).sum())
    page.page.click(".leaf-name >> nth=0")
    assert page.text(".details .map-reading >> nth=0") == "20 × 30"
    box = page.page.locator(".details canvas >> nth=0").bounding_box()
    page.page.mouse.move(box["x"] + box["width"] * 2.5 / 30, box["y"] + box["height"] * 1.5 / 20)
    assert page.text(".details .map-reading >> nth=0") == "[1, 2] 32"
    statistics = dict(zip(page.texts(".details dt"), page.texts(".details dd"), strict=True))
    assert statistics["mean"] == "299.5"
    assert statistics["largest"] == "599"


def test_training_reduces_the_loss_as_in_python(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    x = ew.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    t = ew.tensor([[0.0], [1.0], [1.0], [0.0]])
    page = opened(nn.functional.mse_loss(model(x), t), learning_rate=0.2)
    optimiser = optim.SGD(model.parameters(), lr=0.2)
    losses = []
    for _ in range(22):
        loss = nn.functional.mse_loss(model(x), t)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def shown() -> float:
        return float(page.text("#loss").split()[1].replace("−", "-"))

    page.page.click("#train1")
    assert shown() == pytest.approx(losses[1], abs=1e-4)
    page.page.click("#train10")
    page.page.click("#train10")
    assert page.text("#trained") == "21 steps taken"
    assert shown() == pytest.approx(losses[21], abs=1e-4)
    assert losses[21] < losses[0]
    page.page.locator("#seek").fill("0")
    assert shown() == pytest.approx(losses[0], abs=1e-4)
    page.page.click("#run")
    page.until(lambda: int((page.text("#trained") or "0").split()[0]) > 30)
    page.page.click("#run")
    assert shown() < losses[21]
    assert page.errors == []


def test_the_learning_rate_is_typed_or_moved(opened_network: Opening, article: Article) -> None:
    page = opened_network("first_article", hash="#step=22")
    page.page.fill("#rate .field", "0.5")
    assert page.text("#tiles [data-role=rate] .figure") == "0.5"
    assert page.text("#tiles [data-role=after] .figure") == figure((article.b2 + 0.5).item())
    page.page.locator("#rate-range").fill("0")
    assert page.text("#tiles [data-role=rate] .figure") == "1"
    page.page.click("#undo")
    page.page.click("#undo")
    assert page.text("#tiles [data-role=rate] .figure") == "0.1"


def test_a_run_that_diverges_stops(opened: Opening) -> None:
    w = ew.tensor(3.0, requires_grad=True)
    page = opened(w**4, learning_rate=5.0)
    page.page.click("#run")
    page.until(lambda: page.text("#run") == "Run")
    assert page.errors == []
    taken = page.text("#trained").removesuffix(" taken")
    assert page.text("#stopped").startswith(f"The loss is ∞ after {taken}, so training stops here.")
    page.page.click("#reset")
    assert page.text("#stopped") == ""
    assert page.text("#loss").endswith("81")


def test_errors_of_wrong_arguments_say_what_is_right(article: Article, tmp_path: Path) -> None:
    given: Any
    for given, kind, message in (
        ({"batches": [1, 2]}, TypeError, r"by leaf, such as \{x: \[first, second\].*\}, not a list"),
        ({"batches": {"y": [1.0]}}, ValueError, r"leaves, x, t, W1, .*; 'y' was given"),
        ({"batches": {article.loss: [1.0]}}, ValueError, r"leaves, x, t, W1, .*; another tensor was given"),
        ({"batches": {"x": 1.0}}, TypeError, "batches of x are what it holds in turn, not a float"),
        ({"batches": {"x": [1.0], article.x: [1.0]}}, ValueError, "x was given batches twice"),
        ({"title": 3}, TypeError, "the title must be a string, not a int"),
    ):
        with pytest.raises(kind, match=message):
            ew.see(article.loss).page(tmp_path / "page.html", **given)
    with pytest.raises(TypeError, match="page: takes the path of the file to write, not int"):
        ew.see(article.loss).page(5)  # type: ignore[arg-type]
    for name, method in (("a.png", "png"), ("a.SVG", "svg"), ("a.pdf", "pdf")):
        with pytest.raises(ValueError, match=rf"is named as what \.{method}\(path\) writes"):
            ew.see(article.loss).page(tmp_path / name)
        assert not (tmp_path / name).exists()


def test_zeros_have_no_largest_number_but_zero(opened: Opening) -> None:
    w, x = ew.randn(20, 20, requires_grad=True), ew.zeros(20, 20)
    page = opened((w * x).sum(), hash="#step=99")
    labels = page.texts("#picture [data-kind=tensor] text.most")
    assert labels.count("max 0") == 3  # x, the product, and the gradient of w
    page.page.click("#picture [data-kind=tensor][data-id='1']")
    label = page.page.get_attribute(".details canvas.map", "aria-label")
    assert label.endswith("largest 0")


def test_a_loss_without_a_name_is_called_loss(opened_file: Opening, tmp_path: Path) -> None:
    w = ew.tensor([1.0, 2.0], requires_grad=True)
    ew.see((w * w).mean()).page(tmp_path / "page.html")
    page = opened_file(tmp_path / "page.html", hash="#step=forward")
    assert page.page.title() == page.text("#title") == "Backpropagation through loss"
    assert page.text("#loss") == "loss 2.5"
    error = (w * w).mean()
    ew.see(error).page(tmp_path / "page.html")
    assert opened_file(tmp_path / "page.html", hash="#step=forward").text("#loss") == "error 2.5"


def test_numbers_stand_in_brackets_only_where_they_need_them(opened: Opening) -> None:
    w, x = ew.tensor(-0.9, requires_grad=True), ew.tensor(-2.0)
    page = opened((w.abs() + w * x - w).relu() ** 2, hash="#step=1")
    texts = []
    while page.text("#moment").startswith("Forward"):
        texts.append(page.text("#tiles").replace(" ", ""))
        page.press("ArrowRight")
    texts = "  ".join(texts)
    assert "|−0.9|" in texts
    assert "−0.9·(−2)" in texts
    assert "2.7−(−0.9)" in texts


def test_the_learning_rate_is_said_as_a_number(opened_network: Opening) -> None:
    page = opened_network("first_article")
    assert page.page.get_attribute("#rate-range", "aria-valuetext") == "0.1"


def test_the_pointer_reads_the_picture_s_maps(opened: Opening) -> None:
    w = ew.arange(12.0).reshape(2, 6).sub(5.5).requires_grad_()
    page = opened((w * w).sum())
    maps = page.page.locator("#picture [data-kind=tensor][data-id='0'] image")
    for map, place, text in ((0, "w[1, 4]", "4.5"), (1, "∂L∂w[1, 4]", "9")):
        around = maps.nth(map).bounding_box()
        page.page.mouse.move(around["x"] + around["width"] * 4.5 / 6, around["y"] + around["height"] * 0.75)
        assert page.texts("#look header > *") == [place, text]
        assert page.page.locator("#look").is_visible()
    page.page.mouse.move(2, 2)
    assert not page.page.locator("#look").is_visible()
    page.press("Home")
    page.page.mouse.move(around["x"] + 3, around["y"] + 3)
    assert not page.page.locator("#look").is_visible(), "there is no gradient yet"
    assert page.errors == []


def test_marks_of_arrays_are_explained(opened: Opening, opened_network: Opening) -> None:
    legend = ("numbers < 0, > 0", "‖·‖ norm, max the largest |number|")
    w = ew.randn(6, 7, requires_grad=True)
    page = opened((w * w).sum())
    for text in legend:
        assert page.page.get_by_text(text, exact=True).is_visible()
    page = opened_network("first_article")
    for text in legend:
        assert not page.page.get_by_text(text, exact=True).is_visible()


@pytest.mark.parametrize(
    ("shape", "index", "label"), [((16, 2), 31, "w[15, 1]"), ((16, 16), 17, "w[1, 1]"), ((30,), 29, "w[29]")]
)
def test_larger_arrays_are_edited_as_grids(opened: Opening, shape: tuple[int, ...], index: int, label: str) -> None:
    w = ew.zeros(shape).requires_grad_()
    page = opened((w * 2.0).sum())
    page.page.click("#fields button[aria-label='change w']")
    fields = page.page.locator(".details .field")
    assert fields.count() == w.numel()
    assert fields.nth(index).get_attribute("aria-label") == label
    fields.nth(index).fill("1.5")
    assert page.text("#loss").endswith(" 3")
    card, grid = (page.page.locator(one).bounding_box() for one in (".details", ".details .editor"))
    assert grid["x"] + grid["width"] <= card["x"] + card["width"]
    assert grid["height"] <= 300
    assert page.errors == []


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_all_numbers_of_a_long_vector_are_in_its_card(opened: Opening, width: int) -> None:
    w = (ew.arange(24.0) * -1.2345e-7).requires_grad_()
    page = opened((w * 2.0).sum(), width=width)
    page.page.locator("#fields button[aria-label='change w']").dispatch_event("click")
    card = page.page.locator(".details").bounding_box()
    boxes = [field.bounding_box() for field in page.page.locator(".details .field").all()]
    assert len(boxes) == 24
    for box in boxes:
        assert card["x"] <= box["x"] <= box["x"] + box["width"] <= card["x"] + card["width"]
    page.press("Escape")
    fields = "[...document.querySelectorAll('.details .field')]"
    assert page.page.evaluate(f"{fields}.every((field) => field.scrollWidth <= field.clientWidth)")


def test_the_largest_arrays_are_looked_at_only(opened: Opening) -> None:
    w = ew.zeros(16, 17).requires_grad_()
    page = opened((w * 2.0).sum())
    assert page.page.locator("#fields button[aria-label='change w']").count() == 0
    page.page.click("#fields .leaf-name")
    assert page.page.locator(".details .field").count() == 0
    assert page.page.locator(".details canvas.map").count() == 2


def test_no_number_is_cut_in_its_field(opened: Opening) -> None:
    w = ew.linspace(-0.98765, -1.2345e-6, 25).reshape(5, 5).requires_grad_()
    b = ew.tensor([[-0.4957, -0.00129, 1234.5678, -1.2345e-7]] * 4).requires_grad_()
    page = opened((w * 2.0).sum() + b.sum())
    page.page.click("#fields button[aria-label='change w']")
    cut = """() => [...document.querySelectorAll(".field")]
        .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.value)"""
    assert page.page.locator(".field").count() == 25 + 16 + 1
    assert page.page.evaluate(cut) == []


@pytest.mark.parametrize("name", ["long_names", "xor", "moons", "lenet"])
def test_nothing_is_cut_where_letters_are_wide(opened_network: Opening, name: str) -> None:
    page = opened_network(name, width=390, height=700)
    page.page.evaluate("""() => {
        const wide = new CSSStyleSheet();
        wide.replaceSync("* { letter-spacing: 0.1em !important; }");
        document.adoptedStyleSheets = [wide];
    }""")
    if name in ("xor", "moons"):
        page.page.evaluate("document.getElementById('page').dataset.view === 'neurons' || view.click()")
        page.page.locator("#picture .unit[role=button]").first.dispatch_event("click")
    else:
        page.page.locator("#picture [data-kind=tensor]").first.dispatch_event("click")
    kinds = ".field, #top button, #count, .phase, .caption, .figure, .quiet, label, output, #equation-panel, #remark"
    cut = """(kinds) => [...document.querySelectorAll(kinds)]
        .filter((one) => one.checkVisibility() && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1)
        .filter((one) => !one.matches(".tools") && getComputedStyle(one).textOverflow !== "ellipsis")
        .map((one) => `${one.localName}.${one.className} ${one.value ?? one.textContent.slice(0, 30)}`)"""
    for width in (390, 1366):
        page.page.set_viewport_size({"width": width, "height": 700})
        for key in ("Home", "ArrowRight", "End"):
            page.press(key)
            assert page.page.evaluate(cut, kinds) == [], width


def test_long_paths_are_shortened_to_what_distinguishes_them(opened: Opening) -> None:
    ew.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 8)
    encoder = nn.TransformerEncoder(layer, 1)
    page = opened(encoder(ew.randn(3, 2, 8)).sum())
    weight, bias = (
        page.page.locator(f"#fields .leaf-name[title='layers.0.self_attn.in_proj_{one}']") for one in ("weight", "bias")
    )
    for name, end in ((weight, ".in_proj_weight"), (bias, ".in_proj_bias")):
        assert name.text_content() == name.get_attribute("title")
        last = name.locator(".path-end")
        assert last.text_content() == end
        assert last.evaluate("(one) => one.scrollWidth <= one.clientWidth")
        around, own = name.bounding_box(), last.bounding_box()
        assert own["x"] + own["width"] <= around["x"] + around["width"] + 1


def test_a_name_has_one_spelling(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 2), nn.Conv2d(2, 1, 2), nn.Flatten(), nn.Linear(1, 1))
    page = opened(model(ew.randn(1, 1, 3, 3)).sum(), hash="#step=1")
    assert page.text("#moment").replace("1", "₁") == "Forward through conv₁"
    page.press("End")
    assert page.text("#moment").replace("3", "₃") == "Update bias₃"
    assert page.text("#spoken").startswith("Update: bias 3 becomes")
    assert page.page.locator("#fields .field[aria-label='bias₃']").count() == 1
    names = page.page.locator("#picture [aria-description^=parameter] text.name").all_text_contents()
    assert names.count("bias₃") == 1


def test_the_program_has_the_names_of_the_picture(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.click("#program summary")
    page.until(lambda: page.text("#code") != "")
    code = page.text("#code")
    assert "z1[0] = mul1[0] + b1[0];" in code
    assert "dL_dW1[0] = dL_dz1[0] * x[0];" in code
    assert "dL_dz1 is dL_db1, dL_dmul1, too." in code
    order = [
        code.index(text)
        for text in ("// Forward", "step_L() {", "// Backward", "step_dL_dW1()", "// Update", "step_W1_new()")
    ]
    assert order == sorted(order)
    assert "runnable" not in code
    assert page.errors == []


def test_all_columns_of_an_editor_are_seen_beside_or_below_a_long_name(opened: Opening) -> None:
    ew.manual_seed(0)

    class Forecast(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.memory, self.a_head_with_a_long_name = nn.LSTM(3, 4), nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            return self.a_head_with_a_long_name(self.memory(x)[0][-1])

    page = opened(Forecast()(ew.randn(5, 1, 3)).square().mean(), width=1366, height=650)
    editors = page.page.locator("#inputs .editor")
    assert editors.count() == 4, "two states, a weight and a bias"
    for editor in editors.all():
        assert editor.evaluate("(editor) => editor.scrollWidth <= editor.clientWidth")
    card = page.page.locator("#inputs").bounding_box()
    for field in page.page.locator("#inputs .field").all():
        box = field.bounding_box()
        assert card["x"] <= box["x"]
        assert box["x"] + box["width"] <= card["x"] + card["width"]
