"""The update of a page is the optimiser's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise import nn, optim
from edgewise.page.page import make_page, parts_of_page

from .conftest import Opened, in_page

InNode = Callable[..., str]
Opening = Callable[..., Opened]

OPTIMISERS: dict[str, Any] = {
    "sgd": lambda ps: optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, weight_decay=0.01),
    "adam": lambda ps: optim.Adam(ps, lr=0.05),
    "adamw": lambda ps: optim.AdamW(ps, lr=0.05),
    "rmsprop": lambda ps: optim.RMSprop(ps, lr=0.05),
}


class Training:
    """A small network and a step of its training."""

    def __init__(self, make: Any) -> None:
        ew.manual_seed(1)
        self.model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        self.x, self.t = ew.randn(5, 3), ew.randn(5, 1)
        self.optimiser = make(list(self.model.parameters()))

    def loss(self) -> ew.Tensor:
        return nn.functional.mse_loss(self.model(self.x), self.t)

    def step(self) -> ew.Tensor:
        self.optimiser.zero_grad()
        loss = self.loss()
        loss.backward()
        self.optimiser.step()
        return loss

    def weights(self) -> list[np.ndarray[Any, Any]]:
        return [p.detach().numpy().ravel().copy() for p in self.model.parameters()]


TRAIN = """const found = [];
for (let i = 0; i < 3; i++) { model.train(); found.push(model.trained.map((id) => Array.from(model.value(id)))); }
return { found, rate: model.rate, names: model.trained.map((id) => data.tensors[id].name) };"""


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_watched_step_goes_on_as_its_optimiser_does(in_node: InNode, name: str) -> None:
    training = Training(OPTIMISERS[name])
    training.step()
    with ew.watch():
        loss = training.step()
    training_steps = in_page(in_node, parts_of_page((loss,)), TRAIN)
    order = [n for n, _ in training.model.named_parameters()]
    for step in training_steps["found"]:
        found = dict(zip(training_steps["names"], step, strict=True))
        for own, wanted in zip(order, training.weights(), strict=True):
            np.testing.assert_allclose(found[own], wanted, rtol=1e-5, atol=1e-6)
        training.step()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_optimiser_that_is_given_goes_on_from_what_it_remembers(in_node: InNode, name: str) -> None:
    training = Training(OPTIMISERS[name])
    training.step()
    training_steps = in_page(in_node, parts_of_page((training.loss(),), None, training.optimiser), TRAIN)
    order = [n for n, _ in training.model.named_parameters()]
    for step in training_steps["found"]:
        training.step()
        found = dict(zip(training_steps["names"], step, strict=True))
        for own, wanted in zip(order, training.weights(), strict=True):
            np.testing.assert_allclose(found[own], wanted, rtol=1e-5, atol=1e-6)


def test_going_back_in_a_run_takes_the_optimisers_state_along(in_node: InNode) -> None:
    training = Training(OPTIMISERS["adam"])
    script = """for (let i = 0; i < 3; i++) model.train();
        const first = model.loss(); model.seek(1); model.train(); model.train(); const again = model.loss();
        model.reset(); for (let i = 0; i < 3; i++) model.train();
        return [first, again, model.loss()];"""
    first, again, anew = in_page(in_node, parts_of_page((training.loss(),), None, training.optimiser), script)
    assert first == again == anew


def test_groups_keep_their_ratio_of_learning_rates(in_node: InNode) -> None:
    a, b = ew.tensor(1.0, requires_grad=True), ew.tensor(1.0, requires_grad=True)
    groups: list[dict[str, Any]] = [{"params": [a]}, {"params": [b], "lr": 0.5}]
    optimiser = optim.SGD(groups, lr=0.1)
    program = parts_of_page((a + b,), None, optimiser)
    first, second = (in_page(in_node, program, f"return data.rules[{i}].formula[0];") for i in (0, 1))
    texts = [program[1]["formulas"]["templates"][i][1] for i in (first, second)]
    assert ["5" in text for text in texts] == [False, True]
    script = "model.edit('rate', 0, 0.2); return model.trained.map((id) => model.after(id)[0]);"
    np.testing.assert_allclose(in_page(in_node, program, script), [0.8, 0.0], atol=1e-6)


@pytest.mark.parametrize(
    ("ratio", "step"), [(1, "η · ∂L/∂b"), (2, "2η · ∂L/∂b"), (0.5, "η · ∂L/∂b / 2"), (3, "3η · ∂L/∂b")]
)
def test_the_rule_of_a_group_has_its_multiple_of_the_learning_rate(ratio: float, step: str) -> None:
    a, b = ew.tensor(1.0, requires_grad=True), ew.tensor(1.0, requires_grad=True)
    groups: list[dict[str, Any]] = [{"params": [a]}, {"params": [b], "lr": 0.25 * ratio}]
    _, data = parts_of_page((a * b,), None, optim.SGD(groups, lr=0.25))
    texts = []
    for rule in (data["rules"][id] for id in data["rules"]):
        assert rule.get("isGradientDescent", False) == (rule is data["rules"][0] or ratio == 1)
        for filled in (rule["formula"], rule["lines"][-1]["formula"]):
            text = data["formulas"]["templates"][filled[0]][1]
            for place, name in enumerate(filled[1:]):
                text = re.sub(f"{chr(0x13000 + place)}_?", data["formulas"]["names"][name][1], text)
            texts.append(text)
    first, second = "a − η · ∂L/∂a", f"b − {step}"
    assert texts == [first, first, second, second]


def test_what_the_optimiser_does_not_have_stays(in_node: InNode) -> None:
    a, b = ew.tensor(1.0, requires_grad=True), ew.tensor(2.0, requires_grad=True)
    parts = parts_of_page((a * b,), None, optim.SGD([a], lr=0.5))
    script = """model.train();
        return [model.value(0)[0], model.value(1)[0], timeline.moments.filter((m) => m.kind === 'update').length];"""
    assert in_page(in_node, parts, script) == [0.0, 2.0, 1]


class Looking(optim.SGD):
    """Its rule depends on a value."""

    def _advance(self, xp: Any, p: Any, g: Any, state: Any, group: Any) -> Any:
        return super()._advance(xp, p, -g if float(xp.sum(p)) > 100 else g, state, group)


def test_an_optimiser_that_looks_at_values_is_refused() -> None:
    a = ew.tensor(1.0, requires_grad=True)
    with pytest.raises(ValueError, match=r"Looking can't be part of a page: .*depends on values"):
        make_page(a * 2.0, optimizer=Looking([a], lr=0.1))


def test_an_optimiser_of_something_else_is_refused() -> None:
    a, b = ew.tensor(1.0, requires_grad=True), ew.tensor(1.0, requires_grad=True)
    with pytest.raises(ValueError, match="none of the graph's parameters"):
        make_page(a * 2.0, optimizer=optim.SGD([b], lr=0.1))
    with pytest.raises(TypeError, match=r"optimizer must be one of edgewise.optim, not a str"):
        make_page(a * 2.0, optimizer="adam")  # type: ignore[arg-type]


def _at_the_update(page: Opened) -> None:
    page.page.keyboard.press("End")
    assert page.text("#moment").startswith("Update")


def test_the_update_is_a_formula_with_its_numbers(opened: Opening) -> None:
    """m and v as they were and as they become, and then the parameter, by hand: Adam's first two steps."""
    w, x = ew.tensor(0.5, requires_grad=True), ew.tensor(3.0)
    optimiser = optim.Adam([w], lr=0.1)
    page = opened(w * x, optimizer=optimiser)
    _at_the_update(page)
    lines = page.texts(".rule-line")
    assert len(lines) == 5
    # The corrected means are the gradient and its square: 0.3/(1 − 0.9) and 0.009/(1 − 0.999).
    assert page.texts(".rule-line .rule-result") == ["= 0.3", "= 0.009", "= 3", "= 9", "= 0.4"]
    numbers = page.texts(".rule-line .rule-numbers")
    assert numbers[:2] == ["= 0.9·0+0.1·3", "= 0.999·0+0.001·32"]  # 3 squared
    assert numbers[4].startswith("= 0.5−0.1·3")
    remark = page.text("#remark")
    assert "the rule of Adam" in remark
    assert "m = 0, the running mean of the gradients" in remark
    assert "t = 1, the number of the step" in remark
    assert "corrected for having begun with 0" in remark
    page.page.click("#train1")
    assert page.texts(".rule-line .rule-result") == ["= 0.57", "= 0.01799", "= 3", "= 9", "= 0.3"]
    assert "t = 2" in page.text("#remark")
    assert "m = 0.3," in page.text("#remark")
    assert page.errors == []


def test_momentum_is_shown_by_its_velocity(opened: Opening) -> None:
    w, x = ew.tensor(0.5, requires_grad=True), ew.tensor(3.0)
    page = opened(w * x, optimizer=optim.SGD([w], lr=0.1, momentum=0.9))
    page.page.click("#train1")
    _at_the_update(page)
    assert page.texts(".rule-line .rule-formula")[0].replace(" ", "").startswith("v′=0.9\u2062v+")
    assert page.texts(".rule-line .rule-result") == ["= 5.7", "= −0.37"]


def test_plain_descent_is_shown_by_tiles(opened: Opening) -> None:
    w, x = ew.tensor(0.5, requires_grad=True), ew.tensor(3.0)
    page = opened(w * x, optimizer=optim.SGD([w], lr=0.1))
    _at_the_update(page)
    assert page.texts("#tiles .sign") == ["−", "×", "="]
    assert page.texts("#tiles .figure") == ["0.5", "0.1", "3", "0.2"]


def test_the_rule_of_arrays_has_a_tile_for_each_line(opened: Opening) -> None:
    training = Training(OPTIMISERS["adam"])
    page = opened(training.loss(), optimizer=training.optimiser)
    _at_the_update(page)
    page.press("ArrowLeft")  # a matrix
    assert page.page.locator("#tiles .tile").count() == 7
    heads = page.texts("#tiles .rule-formula")
    assert [head[:2] for head in heads[:4]] == ["m′", "v′", "m\u0302", "v\u0302"]
    assert page.page.locator("#tiles .memory table, #tiles .memory canvas").count() == 4
    assert "," not in page.texts("#tiles .sign")
    assert page.errors == []


def test_a_rule_that_nobody_can_read_is_said_to_be_so(opened: Opening) -> None:
    class Own(optim.SGD):
        def _advance(self, xp: Any, p: Any, g: Any, _state: Any, _group: Any) -> Any:
            for _ in range(60):
                p = xp.sin(p) * p + g * p - xp.cos(p)
            return p

    w = ew.tensor(0.5, requires_grad=True)
    page = opened(w * 2.0, optimizer=Own([w], lr=0.1))
    _at_the_update(page)
    assert "the rule of Own, which no formula says" in page.text("#remark")
    assert page.texts("#tiles .sign") == ["→"]


def test_a_recording_shows_the_update_that_was_made(opened_file: Opening, tmp_path: Path) -> None:
    training = Training(OPTIMISERS["adam"])
    with ew.watch() as watch:
        training.step()
    ew.see(watch.snapshot).page(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    data = json.loads(part_of_page(text, "data"))
    assert len(data["updated"]) == 4
    page = opened_file(tmp_path / "page.html")
    _at_the_update(page)
    assert "m: the running mean of the gradients" in page.text("#remark")
    assert page.errors == []


def test_a_recording_without_an_update_ends_with_the_way_back(opened_file: Opening, tmp_path: Path) -> None:
    training = Training(OPTIMISERS["adam"])
    ew.see(ew.snapshot(training.loss())).page(tmp_path / "page.html")
    page = opened_file(tmp_path / "page.html")
    assert page.page.locator("#phases button").all_inner_texts() == ["Forward", "Backward"]
    assert page.errors == []
