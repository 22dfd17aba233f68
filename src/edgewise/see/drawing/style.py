"""Colours and type, light and dark, as the style sheet of an SVG."""

from __future__ import annotations

from typing import Literal

from .metrics import FONT

Theme = Literal["auto", "light", "dark"]

_LIGHT = {
    "paper": "#ffffff",
    "ink": "#172033",
    "soft": "#5d6b85",
    "line": "#a9b5c9",
    "edge": "#d3dbe8",
    "chip": "#ffffff",
    "leaf": "#f4f6fa",
    "parameter": "#fff9ea",
    "gold": "#c9952b",
    "operation": "#e9eef8",
    "border": "#7387a8",
    "module": "#f8fafd",
    "value": "#1453b8",
    "gradient": "#b93a06",
    "back": "#fdf1ea",
    "after": "#0b7a4b",
    "bad": "#b0006d",
}
_DARK = {
    "paper": "#0e1421",
    "ink": "#e8edf7",
    "soft": "#9aa8c2",
    "line": "#52617c",
    "edge": "#33405a",
    "chip": "#151d2e",
    "leaf": "#1a2335",
    "parameter": "#2a2413",
    "gold": "#d6a744",
    "operation": "#223050",
    "border": "#7f97c4",
    "module": "#121a2a",
    "value": "#86b4ff",
    "gradient": "#ff9d66",
    "back": "#2b1d17",
    "after": "#5cd6a0",
    "bad": "#ff7cc8",
}

_RULES = f"""
text {{ font-family: {FONT}; font-size: 12px; fill: var(--ink); font-variant-numeric: tabular-nums; }}
.paper {{ fill: var(--paper); }}
.name, .label {{ font-size: 12.5px; font-weight: 600; }}
.shape, .detail, .kind, .norm, .local, .note {{ font-size: 10.5px; fill: var(--soft); }}
.title {{ font-size: 11.5px; font-weight: 600; fill: var(--soft); }}
.value {{ fill: var(--value); }}
.gradient {{ fill: var(--gradient); }}
.after {{ fill: var(--after); }}
.arrow {{ font-size: 11px; }}
.local {{ fill: var(--gradient); font-style: italic; }}
.chip {{ fill: var(--chip); stroke: var(--edge); }}
.input, .constant {{ fill: var(--leaf); stroke: var(--line); stroke-dasharray: 3 2; }}
.parameter {{ fill: var(--parameter); stroke: var(--gold); }}
.output {{ stroke: var(--gradient); stroke-width: 1.6; }}
.branch {{ fill: var(--chip); stroke: var(--gradient); stroke-dasharray: 2 3; }}
.back {{ fill: var(--back); }}
.rule {{ fill: var(--edge); }}
.operation {{ fill: var(--operation); stroke: var(--border); stroke-width: 1.2; }}
.closed {{ fill: var(--operation); stroke: var(--border); stroke-width: 1.2; }}
.closed-shade {{ fill: var(--module); stroke: var(--border); }}
.module {{ fill: var(--module); stroke: var(--edge); }}
.frame {{ fill: none; stroke-width: 1; }}
.frame.value {{ stroke: var(--value); }}
.frame.gradient {{ stroke: var(--gradient); stroke-dasharray: 3 2; }}
.link {{ fill: none; stroke: var(--line); stroke-width: 1.4; }}
.flow {{ fill: none; stroke: var(--gradient); stroke-width: 1.2; stroke-dasharray: 4 3; }}
.bad {{ fill: var(--bad); font-weight: 700; }}
.neuron {{ fill: var(--chip); stroke: var(--border); stroke-width: 1.4; }}
.halo {{ fill: none; stroke: var(--gradient); stroke-dasharray: 3 2; }}
.positive {{ stroke: #d65814; fill: none; }}
.negative {{ stroke: #2068ce; fill: none; }}
.plus {{ fill: #d65814; }}
.minus {{ fill: #2068ce; }}
image {{ image-rendering: pixelated; }}
"""


def style_sheet(theme: Theme) -> str:
    """The rules, with the colours of a theme; ``"auto"`` follows what the reader's system prefers.

    A fixed theme needs no variables, which converters to other formats may not know.
    """
    if theme == "auto":
        light, dark = _variables(_LIGHT), _variables(_DARK)
        return f"svg {{ {light} color-scheme: light dark; }}\n@media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}{_RULES}"
    rules = _RULES
    for name, colour in (_LIGHT if theme == "light" else _DARK).items():
        rules = rules.replace(f"var(--{name})", colour)
    return rules


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
