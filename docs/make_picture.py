"""Draws docs/img/article.svg: the scalar network with the numbers of a forward and a backward pass."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from edgewise.demo.article import Edge, edges

PATH = Path(__file__).parent / "img" / "article.svg"

CHAIN = ("x", "m1", "z1", "h", "m2", "y", "e", "L")
NODES = (("mul", "W1"), ("add", "b1"), ("relu", ""), ("mul", "W2"), ("add", "b2"), ("sub", "t"), ("abs", ""))

WIDTH, HEIGHT = 1040, 232
LEFT, LINE, FOOT = 30, 78, 158
GAP, BOX, TALL = 80, 48, 34

STYLE = """
  text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #24292f; text-anchor: middle }
  .op { font-weight: 600 }
  .name { font-style: italic; font-family: Georgia, "Times New Roman", serif; font-size: 16px }
  .value { fill: #0b6e3d } .gradient { fill: #a3267a }
  .value, .gradient { font-variant-numeric: tabular-nums; font-weight: 600 }
  .start { text-anchor: start } .end { text-anchor: end }
  .box { fill: #eef4fb; stroke: #4a7fb5; stroke-width: 1.5 }
  .edge { stroke: #6e7781; stroke-width: 1.6; fill: none } .tip { fill: #6e7781 }
  .note { font-size: 13px; fill: #57606a }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .value { fill: #56d494 } .gradient { fill: #f08cc9 }
    .box { fill: #1b2a3d; stroke: #6ea8e0 } .edge { stroke: #8b949e } .tip { fill: #8b949e } .note { fill: #9ea7b3 }
  }
"""


def number(value: float) -> str:
    """As few digits as tell it, with a true minus sign."""
    return f"{value:.4g}".replace("-", "−")


def picture() -> str:
    """The whole SVG."""
    rows = {row.name: row for row in edges()}
    parts = []
    for i, name in enumerate(CHAIN):
        start = LEFT + i * (GAP + BOX)
        parts += _along(rows[name], start, start + GAP, label=name)
    for i, (operation, parameter) in enumerate(NODES):
        left = LEFT + GAP + i * (GAP + BOX)
        if parameter:
            parts += _up(rows[parameter], left + BOX / 2)
        parts.append(f'<rect class="box" x="{left}" y="{LINE - TALL / 2}" width="{BOX}" height="{TALL}" rx="8"/>')
        parts.append(_text("op", left + BOX / 2, LINE + 5, operation))
    values = '<tspan class="value">values</tspan> fill the edges going forward'
    gradients = '<tspan class="gradient">gradients</tspan> fill them going back'
    parts.append(f'<text class="note start" x="{LEFT}" y="{HEIGHT - 14}">{values}, {gradients}</text>')
    label = "The network |W2 · relu(W1 · x + b1) + b2 − t|: every edge with its name, its value and its gradient"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 20} {HEIGHT}" role="img" aria-label="{label}">',
        f"<title>{escape(label)}</title>",
        f"<style>{STYLE}</style>",
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _along(edge: Edge, start: float, end: float, label: str) -> list[str]:
    middle = (start + end) / 2 - 3
    return [
        f'<path class="edge" d="M{start} {LINE}H{end - 7}"/>',
        f'<path class="tip" d="M{end - 1} {LINE}l-9 -4.5v9z"/>',
        _text("name", middle, LINE - 32, label),
        _text("value", middle, LINE - 11, number(edge.data.item())),
        _text("gradient", middle, LINE + 22, _gradient(edge)),
    ]


def _up(edge: Edge, x: float) -> list[str]:
    foot = LINE + TALL / 2
    return [
        f'<path class="edge" d="M{x} {FOOT}V{foot + 8}"/>',
        f'<path class="tip" d="M{x} {foot + 1}l-4.5 9h9z"/>',
        _text("name", x, FOOT + 18, edge.name),
        _text("value end", x - 8, FOOT - 12, number(edge.data.item())),
        _text("gradient start", x + 8, FOOT - 12, _gradient(edge)),
    ]


def _gradient(edge: Edge) -> str:
    assert edge.data.grad is not None
    return number(edge.data.grad.item())


def _text(kind: str, x: float, y: float, content: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(content)}</text>'


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(picture(), encoding="utf-8")
    print(f"written to {PATH}")
