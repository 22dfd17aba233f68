"""The tour's first part: a network of single numbers, with the value and the gradient on every edge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import abs as absolute
from .. import relu, see, tensor
from ..tensor import Tensor
from .terminal import GRADIENT, INDENT, NODE, QUIET, VALUE, bar, columns, heading, number, paragraph, table

START = {"x": 1.5, "t": 1.4, "W1": 0.8, "b1": -0.4, "W2": 0.5, "b2": 0.1}
LEARNED = ("W1", "b1", "W2", "b2")
RATE = 0.03
STEPS = 6

FILE = "article.svg"

WIDE = 78
"""The columns that it takes to show everything."""

DRAWING = """\
   x ─▶ mul ─▶ add ─▶ relu ─▶ mul ─▶ add ─▶ sub ─▶ abs ─▶ L
         ▲      ▲              ▲      ▲      ▲
        W1     b1             W2     b2      t"""


@dataclass
class Edge:
    """One edge of the network: its data, the node that made it, and how its gradient came back."""

    name: str
    data: Tensor
    node: str = ""
    to: str = ""
    """The edge that the gradient came back from."""
    local: str = "1"
    """By what the node on the way multiplied it, as a formula ..."""
    factor: float = 1.0
    """... and as a number."""


def forward(values: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns all edges of ``|W2 · relu(W1 · x + b1) + b2 - t|``, from those that nothing computes."""
    edges = dict(values)
    edges["m1"] = edges["x"] * edges["W1"]
    edges["z1"] = edges["m1"] + edges["b1"]
    edges["h"] = relu(edges["z1"])
    edges["m2"] = edges["h"] * edges["W2"]
    edges["y"] = edges["m2"] + edges["b2"]
    edges["e"] = edges["y"] - edges["t"]
    edges["L"] = absolute(edges["e"])
    return edges


def edges() -> list[Edge]:
    """Returns the edges after a forward and a backward pass, in the order of the forward."""
    data = forward({name: tensor(value, requires_grad=True) for name, value in START.items()})
    for one in data.values():
        one.retain_grad()
    data["L"].backward()
    value = {name: one.item() for name, one in data.items()}
    return [
        Edge("x", data["x"], "", "m1", "W1", value["W1"]),
        Edge("W1", data["W1"], "", "m1", "x", value["x"]),
        Edge("m1", data["m1"], "mul", "z1"),
        Edge("b1", data["b1"], "", "z1"),
        Edge("z1", data["z1"], "add", "h", "[z1 > 0]", float(value["z1"] > 0)),
        Edge("h", data["h"], "relu", "m2", "W2", value["W2"]),
        Edge("W2", data["W2"], "", "m2", "h", value["h"]),
        Edge("m2", data["m2"], "mul", "y"),
        Edge("b2", data["b2"], "", "y"),
        Edge("y", data["y"], "add", "e"),
        Edge("t", data["t"], "", "e", "−1", -1.0),
        Edge("e", data["e"], "sub", "L", "sign(e)", float((value["e"] > 0) - (value["e"] < 0))),
        Edge("L", data["L"], "abs"),
    ]


def descend() -> list[dict[str, float]]:
    """Returns the values of every edge, before each step of gradient descent and after the last."""
    values = {name: tensor(value, requires_grad=name in LEARNED) for name, value in START.items()}
    history = []
    for _ in range(STEPS + 1):
        data = forward(values)
        history.append({name: one.item() for name, one in data.items()})
        data["L"].backward()
        for name in LEARNED:
            old = values[name]
            assert old.grad is not None
            values[name] = (old - RATE * old.grad).detach().requires_grad_()
    return history


def network() -> Tensor:
    """Returns the loss of the network, whose edges have their names."""
    data = forward({name: tensor(value, requires_grad=name in LEARNED) for name, value in START.items()})
    for name, edge in data.items():
        edge.name = name
    return data["L"]


def show(console: Console, folder: Path) -> None:
    """Prints the network, its edges and the steps, and draws it in `folder`."""
    heading(console, "1", "Edges are data, nodes are operations")
    console.print(_drawing())
    console.print()
    paragraph(
        console,
        "Going forward, every edge gets a value. Going backward, from the loss L, the same edges get gradients: "
        "what came back along the next edge, times the local derivative.",
    )
    table(console, _edge_table(edges(), wide=console.width >= WIDE))
    path = folder / FILE
    see(network()).svg(path)
    paragraph(console, "The same as a picture:")
    console.print(f"{' ' * INDENT}{path}", soft_wrap=True, markup=False)
    console.print()
    paragraph(console, f"Gradient descent moves each parameter against its gradient, {RATE} times as far:")
    table(console, _step_table(descend(), wide=console.width >= WIDE))


def _drawing() -> Text:
    text = Text(DRAWING, no_wrap=True, overflow="crop")
    text.highlight_words(["mul", "add", "relu", "sub", "abs"], NODE)
    text.highlight_words(["─▶", "▲"], QUIET)
    return text


def _edge_table(rows: list[Edge], wide: bool) -> Table:
    shown = columns()
    shown.add_column("node", style=NODE, no_wrap=True)
    shown.add_column("edge", style="bold", no_wrap=True)
    shown.add_column("value", style=VALUE, justify="right", no_wrap=True)
    shown.add_column("gradient", style=GRADIENT, justify="right", no_wrap=True)
    if wide:
        shown.add_column("by the chain rule", no_wrap=True)
    for row in rows:
        gradient = row.data.grad
        assert gradient is not None
        cells = (row.node, row.name, number(row.data.item()), number(gradient.item()))
        shown.add_row(*cells, *([_rule(row, rows)] if wide else []))
    return shown


def _rule(row: Edge, rows: list[Edge]) -> Text:
    if not row.to:
        return Text("∂L/∂L, where it starts", QUIET)
    upstream = next(other for other in rows if other.name == row.to).data.grad
    assert upstream is not None
    name = f"∂L/∂{row.to}"
    factor = row.local if row.local in ("1", "−1") else number(row.factor).strip()
    formula = f"{name:<7} · {row.local:<8}"
    return Text.assemble(formula, (f" = {number(upstream.item()):>7} · {factor}", QUIET))


def _step_table(history: list[dict[str, float]], wide: bool) -> Table:
    shown = columns()
    shown.add_column("step", justify="right", no_wrap=True)
    if wide:
        for name in (*LEARNED, "y"):
            shown.add_column(name, style=VALUE, justify="right", no_wrap=True)
    shown.add_column("loss L", style="bold", justify="right", no_wrap=True)
    shown.add_column("", no_wrap=True)
    most = history[0]["L"]
    for step, edge in enumerate(history):
        cells = [number(edge[name]) for name in (*LEARNED, "y") if wide]
        shown.add_row(str(step), *cells, number(edge["L"]), Text(bar(edge["L"] / most, 12), NODE))
    return shown
