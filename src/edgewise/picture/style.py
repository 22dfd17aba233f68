"""Colours and fonts, light and dark, as the style sheet of an SVG."""

from __future__ import annotations

from typing import Literal

from .metrics import FONT

Theme = Literal["auto", "light", "dark"]

# Blue is forward, vermilion backward, and the deeper the higher the order; gold marks parameters; all else is grey.
LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b2436",
    "soft": "#5d6983",
    "edge": "#cfd7e4",
    "chip": "#ffffff",
    "leaf": "#f3f5f9",
    "dashed": "#9aa7bd",
    "parameter": "#fff8e6",
    "gold": "#d9a22b",
    "after": "#8a5f00",
    "operation": "#33415c",
    "on": "#ffffff",
    "on-soft": "#c8d1e2",
    "module": "#4f6287",
    "value": "#1d56c4",
    "gradient": "#bf3d0a",
    "forward": "#93a5c6",
    "backward": "#e08d63",
    "second": "#b3471a",
    "higher": "#6b2408",
    "back": "#fdeee6",
    "plus": "#12805c",
    "minus": "#6a0f6f",
    "nan": "#ffdf1f",
    "infinite": "#e11d2e",
}
DARK = {
    "paper": "#10151f",
    "ink": "#e9eef8",
    "soft": "#9aa6bd",
    "edge": "#38445b",
    "chip": "#19202e",
    "leaf": "#141a26",
    "dashed": "#64728d",
    "parameter": "#262011",
    "gold": "#b98a2a",
    "after": "#edc566",
    "operation": "#c3cfe6",
    "on": "#141b29",
    "on-soft": "#46536d",
    "module": "#8fa3c8",
    "value": "#8ab6ff",
    "gradient": "#ff9b6a",
    "forward": "#5b719b",
    "backward": "#b0643f",
    "second": "#eb9f76",
    "higher": "#fbe0d0",
    "back": "#321f17",
    "plus": "#5fe3c0",
    "minus": "#bd5bff",
    "nan": "#ffdf1f",
    "infinite": "#ff5563",
}

DERIVATIVE_TINT = 0.07
"""How much of its colour is on the ground of a derivative's frame."""

_RULES = f"""
text {{ font-family: {FONT}; font-size: 12px; fill: var(--ink); direction: ltr; }}
text {{ font-variant-numeric: tabular-nums; }}
.paper {{ fill: var(--paper); }}
.name, .label {{ font-size: 12.5px; font-weight: 600; }}
.unnamed {{ font-weight: 500; fill: var(--soft); }}
.label {{ fill: var(--on); }}
.shape, .detail, .local, .note, .small {{ font-size: 10px; }}
.shape, .note {{ fill: var(--soft); }}
.detail {{ fill: var(--on-soft); }}
.title {{ font-size: 11.5px; font-weight: 600; fill: var(--module); }}
.grid {{ font-size: 11px; }}
.value {{ fill: var(--value); }}
.gradient, .local {{ fill: var(--gradient); }}
.after {{ fill: var(--after); }}
.neuron {{ fill: var(--chip); stroke: var(--dashed); stroke-width: 1.4; }}
.chip {{ fill: var(--chip); stroke: var(--edge); }}
.input, .constant {{ fill: var(--leaf); stroke: var(--dashed); stroke-dasharray: 3 2.5; }}
.parameter {{ fill: var(--parameter); stroke: var(--gold); }}
.output {{ stroke: var(--ink); stroke-width: 1.8; }}
.branch {{ fill: var(--chip); stroke: var(--backward); stroke-dasharray: 2 2.5; }}
.back {{ fill: var(--back); }}
.rule {{ fill: var(--edge); }}
.ground {{ fill: var(--chip); stroke: var(--edge); }}
.operation, .closed {{ fill: var(--operation); }}
.failed, .broken {{ stroke: var(--infinite); stroke-width: 2.2; }}
.broken {{ fill: var(--chip); }}
.wrong {{ fill: var(--infinite); font-size: 11px; }}
.behind {{ fill: var(--operation); fill-opacity: 0.45; }}
.module {{ fill: var(--module); fill-opacity: 0.07; stroke: var(--module); stroke-opacity: 0.28; }}
.module.derivative {{ fill: var(--backward); fill-opacity: {DERIVATIVE_TINT}; stroke-opacity: 0.9; }}
.module.derivative {{ stroke: var(--backward); }}
.closed.derivative {{ stroke: var(--backward); stroke-width: 2; }}
.behind.derivative {{ fill: var(--backward); fill-opacity: 1; }}
.module.second, .behind.second {{ fill: var(--second); }}
.module.second, .closed.second {{ stroke: var(--second); }}
.module.higher, .behind.higher {{ fill: var(--higher); }}
.module.higher, .closed.higher {{ stroke: var(--higher); }}
.forward, .backward {{ fill: none; stroke-width: 1.5; }}
.forward {{ stroke: var(--forward); }}
.backward {{ stroke: var(--backward); stroke-width: 1.3; stroke-dasharray: 4 3; }}
.to {{ fill: var(--forward); }}
.fro {{ fill: var(--backward); }}
.nan {{ fill: var(--nan); }}
.infinite {{ fill: var(--infinite); }}
.is-nan {{ fill: #1b2436; font-weight: 700; }}
.is-infinite {{ fill: var(--paper); font-weight: 700; }}
.knob {{ fill: var(--paper); stroke: var(--gold); }}
.dot {{ fill: var(--soft); }}
.weight {{ fill: none; stroke-opacity: 0.75; }}
.plus-line {{ stroke: var(--plus); }}
.minus-line {{ stroke: var(--minus); }}
.bad-line {{ stroke: var(--infinite); }}
.plus-fill {{ fill: var(--plus); }}
.minus-fill {{ fill: var(--minus); }}
.bad-fill, .bad {{ fill: var(--infinite); }}
.bad {{ font-weight: 700; }}
.pull {{ fill: none; stroke: var(--gradient); stroke-dasharray: 4 3; }}
.stem {{ fill: none; stroke: var(--forward); stroke-width: 1.3; }}
.at-12-0 {{ font-size: 12px; }}
.at-11-0 {{ font-size: 11px; }}
image {{ image-rendering: pixelated; }}
"""

_STEP_RULES = """
.ring { fill: none; stroke-width: 2.5; }
.value-ring { stroke: var(--value); }
.gradient-ring { stroke: var(--gradient); }
.after-ring { stroke: var(--after); }
.caption { font-weight: 600; }
"""


def style_sheet(theme: Theme, *, steps: bool = False) -> str:
    """Returns the rules with the colours of a theme; ``"auto"`` follows the preference of the reader's system.

    `steps` adds those of the marks in pictures of steps.

    The rules are for pictures of this theme only, so that a page can have several. A fixed theme uses no variables,
    since some converters to other formats lack them.
    """
    own = f".{class_of(theme)}"
    lines = (_RULES + _STEP_RULES if steps else _RULES).split("\n")
    rules = "".join(_scoped(line, own) for line in lines if line)
    if theme == "auto":
        light, dark = variables(LIGHT), variables(DARK)
        return f"{own}{{{light}}}\n@media(prefers-color-scheme:dark){{{own}{{{dark}}}}}\n{rules}"
    for name, colour in (LIGHT if theme == "light" else DARK).items():
        rules = rules.replace(f"var(--{name})", colour)
    return rules


def switched_sheet() -> str:
    """Returns the style sheet of a page with a choice of light and dark, by ``data-theme`` of its root."""
    own = f".{class_of('auto')}"
    themes = "".join(
        f":root[data-theme={name}] {own}{{{variables(colours)}}}\n"
        for name, colours in (("light", LIGHT), ("dark", DARK))
    )
    return style_sheet("auto") + themes


def class_of(theme: Theme) -> str:
    """Returns the class of the outermost element."""
    return f"edgewise-{theme}"


def _scoped(rule: str, own: str) -> str:
    selectors, _, declarations = rule.partition(" {")
    return ",".join(f"{own} {one.strip()}" for one in selectors.split(",")) + f"{{{declarations.strip(' }')}}}\n"


def variables(colours: dict[str, str]) -> str:
    """Returns the declarations of colours as variables."""
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())
