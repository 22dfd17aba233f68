"""What is shown of a program that an error stopped: the forward so far, and the operation that failed."""

from __future__ import annotations

import gc
import json
import re
import weakref

import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise import cli, nn
from edgewise.capture.capture import snapshot_until
from edgewise.capture.failure import LONGEST, error_line

F = nn.functional


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stopped(run):
    """The snapshot of what a function computed until it raised."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - whatever it is
        run()
    return snapshot_until(caught.value)


def weights(*shape):
    return ew.ones(*shape, requires_grad=True)


def given(taken):
    """Of the last node the arguments: their names there, those of the tensors, and the shapes."""
    edges = [taken.edges[argument.edge] for argument in taken.nodes[-1].arguments if argument.edge is not None]
    return [(edge.argument_name, taken.tensors[edge.tensor].name, taken.tensors[edge.tensor].shape) for edge in edges]


h = (4, 2)
WRONG = {
    "matmul": (lambda h: h @ ew.ones(3, 5), [h, (3, 5)]),
    "linear": (lambda h: F.linear(h, weights(5, 4)), [h, (5, 4)]),
    "conv2d": (lambda h: F.conv2d(h, weights(1, 1, 2, 2)), [h, (1, 1, 2, 2)]),
    "concat": (lambda h: ew.cat([h, ew.ones(2, 7)]), [h, (2, 7)]),
    "stack": (lambda h: ew.stack([h, ew.ones(2, 7)]), [h, (2, 7)]),
    "reshape": (lambda h: h.reshape(3, 3), [h]),
    "add": (lambda h: h + ew.ones(4, 3), [h, (4, 3)]),
    "cross_entropy": (lambda h: F.cross_entropy(h, ew.tensor([0, 1, 5, 1])), [h, (4,)]),
    "mse_loss": (lambda h: F.mse_loss(h, ew.ones(3, 3)), [h, (3, 3)]),
    "getitem": (lambda h: h[7], [h]),
    "einsum": (lambda h: ew.einsum("ij,jk->ik", h, ew.ones(4, 3)), [h, (4, 3)]),
    "split": (lambda h: h.split([1, 5], dim=1), [h]),
    "where": (lambda h: ew.where(h > 0, h, ew.ones(4, 3)), [h, h, (4, 3)]),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_operation_that_failed_is_the_last_node_with_what_it_was_given(name):
    wrong, shapes = WRONG[name]
    x, w = ew.ones(4, 3), weights(3, 2)

    def run():
        h = x @ w
        return wrong(h)

    taken = stopped(run)
    last = taken.nodes[-1]
    assert last.operation == name
    assert last.failure
    assert not last.failure.startswith(f"{name}:")
    assert taken.until == f"{last.label} failed: {last.failure}"
    assert [shape for _, _, shape in given(taken)] == shapes
    assert [tensor.name for tensor in taken.tensors][:3] == ["x", "w", "h"]
    assert taken.outputs == (last.output,)
    assert not taken.has_gradients
    assert all(edge.contribution is None for edge in taken.edges)
    assert "lambda h:" in last.line.text  # where it was called


def test_names_lines_and_modules_are_those_of_the_forward():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 3)
            self.outer = nn.Linear(5, 1)

        def forward(self, x):
            hidden = self.inner(x).relu()
            return self.outer(hidden)

    model = nn.Sequential(Block())
    taken = stopped(lambda: model(ew.ones(1, 2)))
    assert [scope.path for scope in taken.scopes] == ["", "0", "0.inner", "0.outer"]
    last = taken.nodes[-1]
    assert (last.operation, taken.scopes[last.scope].path) == ("Linear", "0.outer")
    assert last.line.text == "return self.outer(hidden)"
    assert given(taken) == [
        ("input", "hidden", (1, 3)),
        ("weight", "0.outer.weight", (1, 5)),
        ("bias", "0.outer.bias", (1,)),
    ]
    assert "takes shape (..., 5)" in last.failure


def test_an_error_of_the_program_itself_ends_at_the_last_results():
    w = weights(3)

    def run():
        used = w * 2
        ends = {"first": used + 1, "second": used.sum()}
        raise KeyError("mine", len(ends))

    taken = stopped(run)
    assert sorted(taken.tensors[id].name for id in taken.outputs) == ["first", "second"]
    assert taken.until == "KeyError: ('mine', 2)"
    assert not any(node.failure for node in taken.nodes)


@pytest.mark.parametrize(
    ("error", "until"),
    [(KeyboardInterrupt(), "it was stopped"), (SystemExit(3), "it ended"), (ValueError(), "ValueError: ValueError")],
)
def test_interrupts_and_ends_are_reported_in_words(error, until):
    def run():
        kept = weights(3) * 2
        raise error.with_traceback(None) if kept.requires_grad else error

    assert stopped(run).until == until


def test_a_result_that_is_not_a_number_is_what_failed():
    w = weights(2)

    def run():
        with ew.autograd.detect_anomaly():
            return (w - 5).log()

    taken = stopped(run)
    assert [node.operation for node in taken.nodes] == ["sub", "log"]
    assert "the result is nan at [0]" in taken.nodes[-1].failure


def test_a_backward_that_can_not_begin_shows_the_forward():
    w = weights(2)

    def run():
        y = w * 3
        y.backward()

    taken = stopped(run)
    assert [node.operation for node in taken.nodes] == ["mul"]
    assert taken.until.startswith("GradientError: a tensor of shape (2,) needs the gradient to start from")


def test_what_requires_no_gradient_fails_as_visibly():
    x = ew.ones(4, 3)
    taken = stopped(lambda: x @ x)
    assert given(taken) == [("a", "x", (4, 3)), ("b", "x", (4, 3))]


def test_before_anything_was_computed_there_is_nothing_to_show():
    assert stopped(lambda: 1 / 0) is None
    with pytest.raises(ew.EdgewiseError, match="was not raised, so the graph before it is unknown"):
        ew.see(ValueError("x"))
    with pytest.raises(ZeroDivisionError) as caught:
        1 / 0  # noqa: B018
    with pytest.raises(ew.EdgewiseError, match="ZeroDivisionError came before any operation"):
        ew.see(caught.value)
    with pytest.raises(TypeError, match="shown alone"):
        ew.see(caught.value, ew.ones(1))


def test_long_errors_are_cut_and_lists_of_arguments_left_out():
    assert error_line(ValueError("add: no [a: float32 (2,), b: float32 (3,)]")) == "no"
    assert error_line(ValueError("first\nsecond")) == "first"
    assert len(error_line(ValueError("x" * 1000))) == LONGEST


def failing_picture():
    w = weights(3, 2)
    try:
        hidden = ew.ones(4, 3) @ w
        hidden @ ew.ones(3, 5)
    except ew.EdgewiseError as error:
        return ew.see(error)


def test_a_picture_of_an_error_says_what_failed_and_nothing_of_gradients(capsys):
    picture = failing_picture()
    svg = picture.svg()
    assert "gradient" not in svg.split("</style>")[1]
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert "✗ matmul₂" in texts
    assert "failed" in texts
    all_text = " ".join(texts)
    assert "the 2 columns of a must equal the 3 rows of b" in re.sub(r"\s+", " ", all_text)
    assert "a: hidden, 4×2, float32" in all_text
    picture.print()
    table = capsys.readouterr().out
    assert "gradient" not in table
    assert "✗ failed: the 2 columns of a must equal the 3 rows of b" in table
    with pytest.raises(ValueError, match="ends where matmul₂ failed"):
        ew.see(picture.snapshot, view="neurons")


def test_it_is_saved_and_shown_again(place):
    picture = failing_picture()
    picture.save(place / "stopped.safetensors")
    again = ew.see(place / "stopped.safetensors")
    assert again.snapshot == picture.snapshot
    assert again.svg() == picture.svg()
    assert repr(again) == repr(picture)


@pytest.mark.parametrize(
    ("module", "shape"), [(nn.Conv2d(3, 8, 3), (2, 8, 8, 3)), (nn.Linear(16, 3), (2, 36)), (nn.BatchNorm1d(4), (2, 5))]
)
def test_the_parameters_of_a_module_that_refuses_its_input_are_shown(module, shape):
    with pytest.raises(ew.EdgewiseError) as raised:
        nn.Sequential(module)(ew.randn(*shape))
    snapshot = ew.see(raised.value).snapshot
    shown = {tensor.name for tensor in snapshot.tensors if tensor.kind == "parameter"}
    assert {name.rpartition(".")[2] for name in shown} == {"weight", "bias"}


def test_the_page_of_an_error_of_backward_has_its_whole_sentence_in_the_card(place, opened_file):
    w = ew.ones(3, requires_grad=True)
    y = w * 2
    with pytest.raises(ew.EdgewiseError) as raised:
        y.backward()
    ew.see(raised.value).page(place / "page.html")
    page = opened_file(place / "page.html", width=390, height=664)
    assert page.text("h1") == "Until GradientError"
    assert page.text("#equation-panel .failure") == f"GradientError: {raised.value}"
    assert page.errors == []


def test_its_page_goes_forward_only(place):
    failing_picture().page(place / "page.html")
    data = json.loads(part_of_page((place / "page.html").read_text("utf-8"), "data"))
    assert data["title"] == "Until matmul₂ failed"
    assert "stopped" not in data
    assert data["gradients"] == {}
    assert data["nodes"][-1]["failure"] == "the 2 columns of a must equal the 3 rows of b"
    assert data["nodes"][-1]["givenShapes"][0] == "a: hidden, 4×2, float32"


def test_a_watch_that_an_error_ended_shows_what_was_computed_since_the_last_step():
    w = weights(2)
    optimizer = ew.optim.SGD([w], lr=0.1)
    with pytest.raises(ew.EdgewiseError), ew.watch() as watch:  # noqa: PT012
        (w * w).sum().backward()
        optimizer.step()
        late = w * 3
        late @ ew.ones(3)
    assert [node.operation for node in watch.snapshot.nodes] == ["mul", "matmul"]
    assert len(watch.snapshots) == 1
    assert "until matmul failed" in repr(watch.picture)
    with watch:
        (w * w).sum().backward()
    assert watch.snapshot.has_gradients


def test_an_error_after_the_last_step_leaves_that_to_be_shown():
    w = weights(2)
    with pytest.raises(KeyError), ew.watch() as watch:  # noqa: PT012
        loss = (w * w).sum()
        loss.backward()
        raise KeyError
    assert watch.snapshot.has_gradients


def test_a_watch_keeps_nothing_of_what_was_stopped_alive():
    kept = []

    def run():
        w = weights(2)
        y = w * 3
        kept.append(weakref.ref(y))
        y @ ew.ones(3)

    with ew.watch() as watch:
        pass
    try:
        with watch:
            run()
    except ew.EdgewiseError:
        pass
    gc.collect()
    assert kept[0]() is None
    assert watch.has_content


SCRIPT = """\
import edgewise as ew
W = ew.ones(3, 2, requires_grad=True)
def model(x):
    hidden = x @ W
    return hidden @ x
for number in range(2):
    loss = model(ew.ones(4, 3)).sum()
    loss.backward()
"""


def see(text, *arguments):
    with open("broken.py", "w", encoding="utf-8") as file:
        file.write(text)
    return cli.main(["see", "broken.py", *arguments])


def test_the_command_shows_the_graph_until_a_forward_failed(place, capfd):
    assert see(SCRIPT, "--page", "out.html") == 1
    shown = capfd.readouterr()
    # The script's own lines, and none of the library's.
    assert shown.err.splitlines()[:2] == [
        "Traceback (most recent call last):",
        f'  File "{place}/broken.py", line 7, in <module>',
    ]
    assert "in model" in shown.err
    assert shown.err.count("File ") == 2
    assert "ShapeError: matmul: the 2 columns" in shown.err.splitlines()[-1]
    lines = shown.out.splitlines()
    assert lines[1] == "What broken.py computed until matmul₂ failed; its backward pass was not run:"
    assert "gradient" not in shown.out
    assert lines[-2:] == ["The picture is in broken.svg", "The page is in out.html"]
    assert "✗ matmul₂" in (place / "broken.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("end", "code", "heading"),
    [
        ("raise KeyboardInterrupt", 130, "it was stopped"),
        ("raise SystemExit(0)", 0, "it ended"),
        ("raise SystemExit(7)", 7, "it ended"),
        ("raise OSError(2, 'gone')", 1, "FileNotFoundError"),
    ],
)
def test_the_command_shows_the_forward_of_a_script_that_ends_before_its_backward(end, code, heading, capfd):
    assert see(f"import edgewise as ew\nW = ew.ones(2, requires_grad=True)\nhidden = W * 2\n{end}\n") == code
    shown = capfd.readouterr().out
    assert f"What broken.py computed until {heading}; its backward pass was not run:" in shown
    assert "hidden" in shown


def test_an_interrupt_after_a_step_shows_the_step(capfd):
    text = "import edgewise as ew\nW = ew.ones(2, requires_grad=True)\n(W * W).sum().backward()\nlate = W * 2\n"
    assert see(f"{text}raise KeyboardInterrupt\n") == 130
    assert "The last backward pass of broken.py:" in capfd.readouterr().out


def test_watching_a_script_that_fails_says_how_far_it_came(place, capsys):
    training = """\
import edgewise as ew
W = ew.ones(2, requires_grad=True)
optimizer = ew.optim.SGD([W], lr=0.1)
for number in range(5):
    if number == 3: W @ ew.ones(3)
    (W * W).sum().backward()
    optimizer.step()
"""
    (place / "train.py").write_text(training, "utf-8")
    assert cli.main(["watch", "--no-browser", "train.py"]) == 1
    shown = capsys.readouterr()
    assert "edgewise watch: train.py came as far as step 3" in shown.err
    assert "The page of the run is in train-run.html" in shown.out
    (place / "broken.py").write_text(SCRIPT, "utf-8")
    assert cli.main(["watch", "--no-browser", "broken.py"]) == 1
    assert "ended before any step of an optimiser" in capsys.readouterr().err
    assert not (place / "broken-run.html").exists()
