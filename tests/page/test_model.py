"""The story and the numbers of a page, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import edgewise as ew
from edgewise import nn, optim
from edgewise.page.page import parts_of_page

from .conftest import Article, in_page

InNode = Callable[..., str]


def modelled(in_node: InNode, loss: ew.Tensor, script: str) -> Any:
    """What a script finds with `model`, `timeline` and `data` in the page of a loss."""
    return in_page(in_node, parts_of_page((loss,)), script)


def test_the_story_of_the_article(in_node: InNode, article: Article) -> None:
    moments = modelled(
        in_node,
        article.loss,
        """return timeline.moments.map(({ kind, node, edge, tensor, before }) => [
            kind, data.tensors[tensor]?.name ?? "", before ?? 0]);""",
    )
    forward = ["mul₁", "z1", "x2", "mul₂", "y2", "sub", "loss"]
    assert [name for kind, name, _ in moments if kind == "forward"] == forward
    backward = ["sub", "y2", "mul₂", "b2", "x2", "W2", "z1", "mul₁", "b1", "W1"]
    assert [name for kind, name, _ in moments if kind == "backward"] == backward
    assert [kind for kind, *_ in moments] == ["start", *["forward"] * 7, "seed", *["backward"] * 10, *["update"] * 4]
    assert [name for _, name, before in moments if before] == ["b2", "W2", "b1"]


def test_work_is_counted_once_and_path_by_path(in_node: InNode, article: Article) -> None:
    assert modelled(in_node, article.loss, "return timeline.work;") == {"once": 10, "paths": 7 + 6 + 4 + 3}
    w = ew.tensor(1.0, requires_grad=True)
    y = w
    for _ in range(4):
        y = y + y
    assert modelled(in_node, y, "return timeline.work;") == {"once": 8, "paths": 2**4 * 4}


def test_contributions_come_before_their_sum(in_node: InNode) -> None:
    w = ew.tensor(2.0, requires_grad=True)
    a = w * w
    moments = modelled(in_node, a * w + a, "return timeline.moments.map(({ kind, tensor }) => kind + tensor);")
    assert moments.count("sum0") == 1
    assert moments.index("sum0") > max(i for i, moment in enumerate(moments) if moment == "backward0")
    gradient = modelled(in_node, a * w + a, "return model.gradient(0)[0];")
    assert gradient == 3 * 2.0**2 + 2 * 2.0


def test_training_gives_what_gradient_descent_gives(in_node: InNode, article: Article) -> None:
    losses = modelled(
        in_node, article.loss, "for (let i = 0; i < 20; i++) model.train(); return model.points.map((p) => p.loss);"
    )
    optimiser = optim.SGD(article.parameters, lr=0.1)
    expected = []
    for _ in range(21):
        loss = article.run()
        expected.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses == expected


def test_going_back_in_a_run_brings_back_its_numbers(in_node: InNode, article: Article) -> None:
    script = """const before = model.trained.map((id) => model.value(id)[0]);
        for (let i = 0; i < 5; i++) model.train();
        const last = model.loss();
        model.seek(0);
        const back = model.trained.map((id) => model.value(id)[0]);
        model.seek(5);
        return [before, back, last, model.loss(), model.points.length];"""
    before, back, last, again, points = modelled(in_node, article.loss, script)
    assert before == back
    assert last == again
    assert points == 6


def test_edits_are_undone_and_done_again(in_node: InNode, article: Article) -> None:
    script = """const losses = [model.loss()];
        const then = (act) => { act(); losses.push(model.loss()); };
        then(() => model.edit(0, 0, 2, false));
        then(() => model.edit(0, 0, 3, true));
        then(() => model.edit(10, 0, -1, false));
        then(() => model.undo());
        then(() => model.undo());
        then(() => model.redo());
        then(() => model.redo());
        then(() => model.reset());
        return [losses, model.canUndo, model.canRedo];"""
    losses, can_undo, can_redo = modelled(in_node, article.loss, script)
    start, _, third, fourth, *later = losses
    assert later == [third, start, third, fourth, start]
    assert len({start, third, fourth}) == 3
    assert not can_undo
    assert not can_redo


def test_an_edit_gives_what_python_gives(in_node: InNode, article: Article) -> None:
    found = modelled(
        in_node, article.loss, "model.edit(0, 0, -0.75, false); return [model.loss(), model.gradient(1)[0]];"
    )
    article.x = ew.tensor(-0.75)
    loss = article.run()
    loss.backward()
    assert found == [loss.item(), article.W1.grad.item()]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_start_as_they_are(in_node: InNode, dtype: str) -> None:
    w = ew.tensor([[0.1, float("inf")], [-0.0, 1e-30]], dtype=getattr(ew, dtype), requires_grad=True)
    n = ew.tensor([3, 1])
    numbers = modelled(
        in_node,
        (w[n % 2] * 2).sum(),
        "return Array.from(model.value(data.tensors.findIndex(({ name }) => name === 'w')), String);",
    )
    assert [float(text.replace("Infinity", "inf")) for text in numbers] == w.detach().numpy().ravel().tolist()


def test_an_input_that_is_prepared_first_can_be_changed_and_has_batches(in_node: InNode) -> None:
    x, w = ew.tensor([[1.0, 2.0, 3.0]]), ew.tensor([[0.5]], requires_grad=True)
    loss = ((x.T - 1) @ w).sum()
    program, data = parts_of_page((loss,), {x: [x, x * 2]})
    place = next(i for i, tensor in enumerate(data["tensors"]) if tensor["name"] == "x")
    found = in_page(
        in_node,
        (program, data),
        f"""const first = model.loss();
        model.turn(1);
        const second = model.loss();
        model.edit({place}, 0, 5);
        return [first, second, model.loss()];""",
    )
    assert found == [1.5, 4.5, 6]


def test_each_training_step_draws_masks_for_dropout_and_going_back_finds_them_again(in_node: InNode) -> None:
    ew.manual_seed(1)
    x, w = ew.ones(400), ew.ones(400, requires_grad=True)
    loss = nn.functional.dropout(x * w, 0.25).sum()
    program, data = parts_of_page((loss,))
    (place,) = data["masks"]
    assert data["masks"][place] == pytest.approx(0.25)
    found = in_page(
        in_node,
        (program, data),
        f"""const masks = [];
        const keep = () => masks.push(Array.from(model.value({place})));
        keep();
        model.train(); keep();
        model.train(); keep();
        model.edit("rate", 0, 0.2); keep();
        model.seek(1); keep();
        model.seek(0); keep();
        model.reset(); keep();
        return masks;""",
    )
    first, second, third, edited, back, begun, again = found
    assert first != second != third
    assert edited == third
    assert back == second
    assert first == begun == again
    for mask in found:
        assert len(set(mask)) == 2
        assert mask.count(0) / 400 == pytest.approx(0.25, abs=0.07)
        assert max(mask) == pytest.approx(4 / 3)
