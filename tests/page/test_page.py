"""The file that a page is: small, by itself, strict, and safe whatever things are called."""

from __future__ import annotations

import base64
import gc
import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import bytes_of_page, part_of_page
from hypothesis import given
from hypothesis import strategies as st

import edgewise as ew
from edgewise import nn, optim
from edgewise.page import make_page
from edgewise.page.assemble import bundle, compact, packed_part
from edgewise.page.packing import AVOIDED, FIRST, as_text
from edgewise.picture.style import DARK, LIGHT
from edgewise.printers.figures import figure

from .conftest import Article, Opened

Opening = Callable[..., Opened]
MODULES = sorted(file.name for file in files("edgewise.page").joinpath("js").iterdir() if file.name.endswith(".js"))


def test_it_is_small(article: Article, tmp_path: Path) -> None:
    text = make_page(article.loss, tmp_path / "page.html")
    assert len(text.encode()) < 180_000
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == text


def test_pages_of_teaching_networks_are_small() -> None:
    ew.manual_seed(0)
    lstm, sequence = nn.LSTM(3, 8, batch_first=True), ew.randn(2, 5, 3)
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32), 3)
    network = nn.Sequential(nn.Embedding(20, 16), encoder, nn.Linear(16, 20))
    words = ew.randint(0, 20, (6, 2))
    for loss in (lstm(sequence)[0].sum(), network(words).sum()):
        assert len(make_page(loss).encode()) < 250_000
    # Of noise, which nothing makes smaller.
    digits = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    loss = nn.functional.cross_entropy(digits(ew.randn(32, 784)), ew.randint(0, 10, (32,)))
    assert len(make_page(loss).encode()) < 500_000


def test_arrays_stand_together_with_their_like_bytes_beside_each_other() -> None:
    ew.manual_seed(0)
    W, x = ew.randn(40, 50).requires_grad_(), ew.randint(0, 2, (3, 40)).float()
    text = make_page((x @ W).sum())
    data, numbers = json.loads(part_of_page(text, "data")), bytes_of_page(text, "numbers")
    found = {}
    for leaf, (start, length, size) in zip(data["leaves"], data["start"], strict=True):
        part = np.frombuffer(numbers, np.uint8)[start : start + length]
        found[data["tensors"][leaf]["name"]] = size, part.reshape(size, -1).T.tobytes()
    assert found == {"x": (1, x.numpy().tobytes()), "W": (4, W.numpy(force=True).tobytes())}


def test_equal_arrays_have_one_place() -> None:
    ew.manual_seed(0)
    noise = ew.randn(5)
    first, second, other = noise.clone().requires_grad_(), noise.clone().requires_grad_(), ew.ones(5).requires_grad_()
    text = make_page((first * second * other).sum())
    data, numbers = json.loads(part_of_page(text, "data")), bytes_of_page(text, "numbers")
    places = {data["tensors"][leaf]["name"]: place for leaf, place in zip(data["leaves"], data["start"], strict=True)}
    assert places["first"] == places["second"] != places["other"]
    assert len(numbers) == noise.numpy().nbytes + other.numpy(force=True).nbytes


def test_a_long_program_is_packed_and_runs(opened: Opening) -> None:
    ew.manual_seed(0)
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 4)
    loss = model(ew.randn(3, 2, 8)).sum()
    text = make_page(loss)
    assert "makeProgram" not in text
    assert "makeProgram" in part_of_page(text, "library")
    page = opened(loss)
    assert page.errors == []
    assert page.page.locator("#train1:visible").count() == 1


def test_the_same_graph_gives_the_same_page(article: Article) -> None:
    assert make_page(article.loss) == make_page(article.loss)


def test_making_a_page_leaves_nothing_to_the_garbage_collector() -> None:
    def page() -> None:
        ew.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.MultiheadAttention(4, 2), nn.Linear(4, 2))
        x = model[1](model[0](ew.randn(5, 2, 3)))
        loss = model[3](model[2](x, x, x)[0]).square().mean()
        make_page(loss, optimizer=optim.Adam(model.parameters()))

    page()  # what is computed once for each kind of operation
    gc.collect()
    gc.disable()
    try:
        page()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_its_policy_lets_nothing_in_but_its_own_script_and_style(article: Article) -> None:
    text = make_page(article.loss)
    policy = unescape(re.search('Content-Security-Policy" content="([^"]*)"', text)[1])
    directives = {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}
    for tag, packed in (("style", [part_of_page(text, "style")]), ("script", [part_of_page(text, "library")])):
        contents = re.findall(rf"<{tag}(?: type=\"module\")?>(.*?)</{tag}>", text, re.DOTALL) + packed
        digests = [base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() for content in contents]
        assert directives[f"{tag}-src"] == " ".join(f"'sha256-{digest}'" for digest in digests)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    library = part_of_page(text, "library")
    assert "innerHTML" not in text + library
    addresses = set(re.findall(r"https?://[^\s\"'<>\\]+", text + library))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}


def test_modules_stand_together_in_one_scope() -> None:
    given: set[str] = set()
    for text in (bundle("page/js/main.js"), bundle("page/js/loading.js")):
        assert not re.search(r"^(import|export)\b", text, re.MULTILINE)
        names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", text, re.MULTILINE)
        assert [name for name, count in Counter(names).items() if count > 1] == []
        given.update(names)
    for name in MODULES:
        text = files("edgewise.page").joinpath("js", name).read_text()
        first = re.search(r"^(?:export )?(?:function|const|class) (\w+)", text, re.MULTILINE)
        if first is None:  # one of types only
            assert re.fullmatch(r"(?:\s*/\*\*.*?\*/)+\s*(?:export \{\};\s*)?", text, re.DOTALL), name
        else:
            assert first[1] in given, name


@given(st.binary(max_size=60) | st.lists(st.sampled_from([0, 0x1E, 0x3C, 0xFF]), max_size=60).map(bytes))
def test_bytes_as_text_are_no_markup_and_no_commands(raw: bytes) -> None:
    text = as_text(raw)
    assert len(text.encode()) <= -(-8 * len(raw) // 7) + 1
    assert not set(map(ord, text)).intersection(AVOIDED)
    assert max(map(ord, text), default=0) < 0x590
    bits = ""
    for code in map(ord, text):
        both = (code,) if code < FIRST else (AVOIDED[(code - FIRST) // 128], (code - FIRST) % 128)
        bits += "".join(f"{group:07b}" for group in both)
    assert [int(bits[8 * i : 8 * i + 8], 2) for i in range(len(raw))] == list(raw)


def test_a_page_reads_the_bytes_that_were_written(in_node: Callable[..., str]) -> None:
    rng = np.random.default_rng(0)
    samples = [bytes(n) for n in range(16)] + [rng.integers(0, 256, n, np.uint8).tobytes() for n in (1, 2, 7, 8, 5000)]
    script = "console.log(JSON.stringify(given.map(([text, size]) => [...decodeBytes(text, size)])))"
    found = in_node("bytes.js", script, json.dumps([[as_text(raw), len(raw)] for raw in samples]))
    assert list(map(bytes, json.loads(found))) == samples


@pytest.mark.parametrize("name", MODULES)
def test_no_text_of_a_module_goes_over_several_lines(name: str) -> None:
    # A page leaves out the spaces that lines begin with.
    for line in files("edgewise.page").joinpath("js", name).read_text().splitlines():
        assert line.count("`") % 2 == 0, line


def test_data_can_not_end_its_element(article: Article) -> None:
    name = "</script><!-- &amp; \u2028 \ud800"
    text = make_page(article.loss, title=name)
    assert json.loads(part_of_page(text, "data"))["title"] == name.replace("\ud800", "?")


def test_only_the_code_that_came_with_the_page_runs(article: Article, opened_file: Opening, tmp_path: Path) -> None:
    text = make_page(article.loss)
    library = part_of_page(text, "library")
    other = text.replace(
        packed_part("library", library), packed_part("library", library + "globalThis.isOther = true;")
    )
    assert other != text
    (tmp_path / "other.html").write_text(other, encoding="utf-8")
    page = opened_file(tmp_path / "other.html", begins=False)
    page.until(lambda: bool(page.errors))
    assert page.page.evaluate("globalThis.isOther") is None
    assert page.page.locator("#page[data-ready]").count() == 0


def test_an_old_browser_gets_a_notice(article: Article, opened_file: Opening, tmp_path: Path) -> None:
    make_page(article.loss, tmp_path / "page.html")
    page = opened_file(tmp_path / "page.html", first="delete globalThis.DecompressionStream;", begins=False)
    assert "too old" in page.text("#notice")


@pytest.mark.parametrize(
    ("script", "small"),
    [
        ("  const { a, b } = given;\n\n\n  a === b ? 1 : [2, 3];", "const{a,b}=given;\na===b?1:[2,3];"),
        ('x = "a , b" + \'c = "d"\';', 'x="a , b" + \'c = "d"\';'),
        ("x = `a , ${b} = c`;", "x=`a , ${b} = c`;"),
        ("x = `a , ${b ? `c = d` : e} = f`;", "x = `a , ${b ? `c = d` : e} = f`;"),
        ("x = a.replace(/ = | , /g, b);", "x = a.replace(/ = | , /g, b);"),
        ("x = a / b, c;", "x = a / b, c;"),
    ],
)
def test_scripts_are_compact_and_texts_in_them_as_they_were(script: str, small: str) -> None:
    assert compact(script) == small


def test_the_compact_script_of_a_page_has_the_same_code() -> None:
    scripts = [bundle("page/js/main.js"), compact(bundle("page/js/main.js"))]
    assert len(scripts[1]) < 0.94 * len(scripts[0])
    whole, small = ("".join(script.split()) for script in scripts)
    assert small == whole, "only spaces are left out"
    whole, small = (re.findall(r'"[^"\n]*"', script) for script in scripts)
    assert small == whole, "and none in texts"


@pytest.mark.parametrize("title", ["</title><script>alert(1)</script>", 'a & b "c"', "日本 ∂"])
def test_hostile_titles_stay_text(opened: Opening, article: Article, title: str) -> None:
    page = opened(article.loss, title=title)
    assert page.text("#title") == title
    assert page.page.title() == title
    assert page.errors == []


def test_hostile_names_stay_text(opened: Opening) -> None:
    evil = "</script><img src=x onerror=alert('got')>"

    class Evil(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_parameter(evil, nn.Parameter(ew.tensor(2.0)))
            self.register_parameter("⟦0⟧", nn.Parameter(ew.tensor(3.0)))

        def forward(self, x: ew.Tensor) -> ew.Tensor:
            return math.prod(self.parameters(), start=x)

    loss = Evil()(ew.tensor(1.0))
    page = opened(loss, hash="#step=2")
    page.page.click("#picture [data-kind=tensor][data-id='1']")
    assert page.text(".details h2").startswith("</script><img")
    page.press("End")
    page.press("ArrowLeft", 2)  # before the updates
    assert page.text("#tiles [data-role=gradient] .figure") == "3"
    assert page.page.locator("img").count() == 0
    assert page.errors == []
    assert len(page.requests) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_follow_the_system_and_the_switch(opened_network: Opening, scheme: str) -> None:
    page = opened_network("first_article", color_scheme=scheme)

    def brightness() -> float:
        colour = page.page.evaluate("getComputedStyle(document.querySelector('#picture-area')).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3

    assert (brightness() > 128) == (scheme == "light")
    page.page.click("#theme")
    assert (brightness() > 128) == (scheme == "dark")


def test_a_phone_sees_all_of_it(opened_network: Opening) -> None:
    page = opened_network("first_article", width=390, height=844)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    picture = page.page.locator("#picture svg").bounding_box()
    assert picture["width"] <= 372
    for button in ("play", "next", "back"):
        box = page.page.locator(f"#{button}").bounding_box()
        assert box["y"] + box["height"] <= 844, "the buttons are always at hand"
        assert box["width"] >= 36
    for _ in range(3):
        page.page.click("#back")
    frame = page.page.locator("#picture").bounding_box()
    active = page.page.locator("#picture g.arrives").bounding_box()
    assert frame["y"] <= active["y"] <= frame["y"] + frame["height"]
    assert page.errors == []


def test_the_picture_is_saved_as_it_is(opened_network: Opening) -> None:
    page = opened_network("first_article")
    page.page.fill("#fields .field[aria-label='x']", "2")
    with page.page.expect_download() as waiting:
        page.page.click("#save")
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert ">2</text>" in text
    assert LIGHT["gradient"] in text
    assert "script" not in text


def test_what_has_no_form_in_javascript_becomes_a_recording(opened: Opening) -> None:
    w = ew.tensor([0.5, 1.5, -2.0], dtype=ew.float16, requires_grad=True)
    page = opened((w * w).sum(), hash="#step=0")
    assert "w is float16[3]; JavaScript has no such numbers" in page.text("#notice")
    assert not page.page.is_visible("#training")
    assert page.page.locator(".field:visible").count() == 0
    page.press("ArrowRight", 12)
    assert page.texts("#picture [data-kind=tensor][data-id='0'] text.gradient.grid") == ["1", "3", "−4"]
    assert page.errors == []


def test_a_notice_that_is_cut_on_a_phone_shows_that_more_follows(opened: Opening) -> None:
    w = ew.tensor([1.0, -2.0], requires_grad=True)
    x = w * 1
    page = opened(x[x > 0].sum(), width=390, height=664)
    notice = page.page.locator("#notice")
    assert "not changed. What nonzero finds" in notice.inner_text()
    more_below = "document.getElementById('notice').classList.contains('more-below')"
    page.until(lambda: page.page.evaluate(more_below))
    assert notice.evaluate("element => getComputedStyle(element).maskImage") != "none"
    assert notice.get_attribute("tabindex") == "0"
    notice.evaluate("element => element.scrollTo(0, element.scrollHeight)")
    page.until(lambda: not page.page.evaluate(more_below))


def test_a_network_too_large_to_run_is_shown_by_samples_and_statistics(opened: Opening) -> None:
    w = ew.ones(1500, 1500).requires_grad_()
    w.data[3, 4] = float("nan")
    page = opened((w * w).sum())
    assert "9 MB, too much for a page" in page.text("#notice")
    page.page.click("#picture [data-kind=tensor][data-id='0']")
    about = page.text(".details header .quiet")
    assert about == "parameter · 1500 × 1500 · float32 · numbers of a sample, statistics of all"
    names, numbers = page.texts(".details dt"), page.texts(".details dd")
    statistics = dict(zip(names[: names.index("not finite") + 1], numbers, strict=False))
    assert statistics["norm"] == "1500"
    assert statistics["not finite"] == "1"
    assert page.page.locator(".details .histogram, .details svg").count() > 0
    assert page.errors == []


def test_pictures_give_pages(article: Article, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    picture = ew.see(article.loss)
    assert picture.page(path, title="mine") is None
    live = path.read_text(encoding="utf-8")
    assert live == make_page(article.loss, title="mine")
    optimiser = optim.SGD(article.parameters, lr=0.1)
    article.loss.backward()
    optimiser.step()
    picture.page(path, title="mine")
    assert path.read_text(encoding="utf-8") == live, "it is of the moment that the picture is of"
    ew.see(picture.snapshot).page(path)
    assert "const programs = null" in path.read_text(encoding="utf-8")
    assert "It was made from a snapshot" in part_of_page(path.read_text(encoding="utf-8"), "data")


def test_large_weights_are_those_of_the_moment_too(tmp_path: Path) -> None:
    W = ew.ones(100, 100).requires_grad_()
    picture = ew.see((W * W).sum())
    picture.page(tmp_path / "first.html")
    picture.svg()  # from now on the snapshot has only samples
    with ew.no_grad():
        W.zero_()
    picture.page(tmp_path / "second.html")
    first, second = ((tmp_path / f"{name}.html").read_text(encoding="utf-8") for name in ("first", "second"))
    assert first == second


def test_what_can_not_be_shown_is_said(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="takes tensors"):
        make_page(3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="learning_rate must be a number"):
        make_page(ew.tensor(1.0, requires_grad=True) * 2, learning_rate=float("nan"))
    with pytest.raises(FileNotFoundError):
        make_page(ew.tensor(1.0, requires_grad=True) * 2, tmp_path / "none" / "page.html")


PIXELS = """async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    return sorted.map(([pixel, count]) => [new Uint8Array(Uint32Array.of(pixel).buffer).join(), count / pixels.length]);
}"""


@pytest.fixture(scope="module")
def pixels(browser: Any) -> Iterator[Callable[[Opened, str, str], dict[str, float]]]:
    """Saves the picture of a page, and looks at it in a page that allows it."""
    empty = browser.new_page()

    def looking(page: Opened, button: str, kind: str) -> dict[str, float]:
        with page.page.expect_download() as waiting:
            page.page.click(button)
        content = Path(waiting.value.path()).read_bytes()
        return dict(empty.evaluate(PIXELS, f"data:{kind};base64,{base64.b64encode(content).decode()}"))

    yield looking
    empty.close()


@pytest.mark.parametrize(("scheme", "theme"), [("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize(("button", "kind"), [("#save", "image/svg+xml"), ("#save-png", "image/png")])
def test_a_saved_picture_has_the_colours_that_are_seen(
    opened_network: Opening, pixels: Any, button: str, kind: str, scheme: str, theme: dict[str, str]
) -> None:
    page = opened_network("first_article", color_scheme=scheme)
    found = pixels(page, button, kind)
    ground, *_ = found
    assert ground == _rgba(theme["paper"])
    assert 0.5 < found[ground] < 0.95
    for name in ("operation", "parameter", "back"):
        assert found.get(_rgba(theme[name]), 0) > 0.005, name
    assert page.errors == []


def test_what_is_not_there_yet_is_not_in_a_saved_picture_either(opened_network: Opening, pixels: Any) -> None:
    page = opened_network("first_article", hash="#step=3")
    before = pixels(page, "#save-png", "image/png")
    page.press("End")
    after = pixels(page, "#save-png", "image/png")
    gradient = _rgba(LIGHT["gradient"])
    assert gradient not in before
    assert after[gradient] > 0


def test_a_saved_svg_needs_no_variables(opened_network: Opening) -> None:
    page = opened_network("deep")
    with page.page.expect_download() as waiting:
        page.page.click("#save")
    text = Path(waiting.value.path()).read_text()
    assert text.startswith("<svg")
    assert "var(" not in text
    assert "round" not in text.partition("</style>")[2]  # buttons of modules


def _rgba(colour: str) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + ",255"


def test_steps_within_closed_modules_light_their_boxes(opened_network: Opening) -> None:
    page = opened_network("deep", hash="#step=1")
    assert page.page.locator("#picture g[data-kind=module].forward-now").count() == 1
    assert page.page.locator("#picture path.works").count() >= 1
    page.press("End")
    assert page.page.locator("#picture g[data-kind=module].waits").count() == 0
    page.press("ArrowLeft", 3)
    assert page.errors == []


def test_a_watched_step_is_run_from_the_weights_it_had(opened: Opening, article: Article) -> None:
    optimiser = optim.SGD(article.parameters, lr=0.1)
    with ew.watch():
        loss = article.run()
        loss.backward()
        optimiser.step()
    page = opened(loss)
    assert page.text("#notice") == ""
    assert page.chip(1, "value") == "1.2"
    assert page.chip(1, "gradient") == "0.2"
    assert page.page.locator("#picture .after").count() == 0
    page.page.click("#train1")
    assert page.chip(1, "value") == figure(article.W1.item())
    assert page.errors == []


def test_a_watched_step_keeps_large_weights_as_they_were(opened: Opening) -> None:
    W = ew.ones(70, 70).requires_grad_()
    optimiser = optim.SGD([W], lr=0.1)
    with ew.watch() as watch:
        loss = (W * W).sum()
        loss.backward()
        optimiser.step()
    watch.picture.svg()
    page = opened(loss)
    assert page.text("#notice") == ""
    assert page.chip(page.page.evaluate("edgewise.data.outputs[0]"), "value") == "4900"


def test_a_page_has_no_more_script_than_it_needs(article: Article) -> None:
    whole, less = bundle("page/js/main.js"), bundle("page/js/main.js", without=frozenset({"page/js/gallery.js"}))
    assert len(less) < len(whole) - 15_000
    assert "new Gallery(this" in whole
    assert not re.search(r"^\s*(//|/\*\*)", whole, re.MULTILINE)
    assert "@type" not in whole
    assert "const Gallery=undefined;" in part_of_page(make_page(article.loss), "library")
