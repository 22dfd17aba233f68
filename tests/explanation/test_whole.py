"""A whole graph as equations."""

from __future__ import annotations

import edgewise as ew
from edgewise import nn


def test_a_graph_in_latex_has_its_operations_gradients_and_updates():
    x = ew.tensor(3.0)
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = ew.optim.SGD([W], lr=0.1)
    with ew.watch():
        y = x * W
        loss = y * W
        loss.backward()
        optimizer.step()
    assert ew.see(loss).latex() == (
        "the forward pass:\n"
        "\\begin{align*}\n"
        "y &= x \\cdot W \\\\\n"
        "L &= y \\cdot W\n"
        "\\end{align*}\n"
        "the backward pass:\n"
        "\\begin{align*}\n"
        "\\frac{\\partial L}{\\partial L} &= 1 \\\\\n"
        "\\frac{\\partial L}{\\partial y} &= \\frac{\\partial L}{\\partial L} \\cdot W \\\\\n"
        "\\frac{\\partial L}{\\partial W} &= \\frac{\\partial L}{\\partial y} \\cdot x"
        " + \\frac{\\partial L}{\\partial L} \\cdot y\n"
        "\\end{align*}\n"
        "the update:\n"
        "\\begin{align*}\n"
        "W &\\leftarrow W - 0.1 \\cdot \\frac{\\partial L}{\\partial W}\n"
        "\\end{align*}"
    )


def test_each_gradient_has_one_equation_and_what_needs_none_has_none():
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    x = ew.randn(4, 2)
    loss = model(x).square().mean()
    latex = ew.see(loss).latex()
    rows = latex[latex.index("the backward pass") :].splitlines()
    lefts = [row.split("&")[0].strip() for row in rows if "&" in row]
    taken = ew.see(loss).snapshot
    assert len(lefts) == len(set(lefts)) == sum(tensor.gradient is not None for tensor in taken.tensors)
    assert not any(left.endswith(r"\partial x}") for left in lefts)


def test_a_graph_that_was_stopped_has_a_forward_pass_only():
    h = ew.ones(4, 3) @ ew.ones(3, 2, requires_grad=True)
    try:
        h @ ew.ones(3, 3)
    except ew.EdgewiseError as error:
        latex = ew.see(error).latex()
    assert "failed" in latex
    assert "backward" not in latex
