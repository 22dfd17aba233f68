"""When the shapes of a story are seen: in one of its steps, and in an animation of all of them."""

from __future__ import annotations

from collections.abc import Iterable

from .scene import Scene, Shape

PAUSE = 2
"""So many steps longer the last one is shown, before an animation begins again."""

FADE = 0.2
"""The share of a step in which a shape appears."""

Span = tuple[int, int | None]
"""The first and the last step in which a shape is seen; None where it stays."""


def is_there(shape: Shape, step: int | None) -> bool:
    """Returns whether a shape is seen in a step, or, without one, in the whole picture."""
    if step is None:
        return shape.until is None
    return shape.step <= step and (shape.until is None or step <= shape.until)


def span_name(scene: Scene, step: int, until: int | None) -> str:
    """Returns the class of shapes that are seen in some steps, and the name of their animation.

    It says how many steps there are, so that several pictures can stand in one page.
    """
    name = f"edgewise-{scene.last - scene.first}-{step - scene.first}"
    return name if until is None else f"{name}-{until - scene.first}"


def motion_rules(scene: Scene, spans: Iterable[Span], seconds: float) -> str:
    """Returns the style sheet's rules by which shapes appear, each step so many seconds after the one before."""
    whole = scene.last - scene.first + 1 + PAUSE
    marks, rules = [], []
    for step, until in spans:
        name = span_name(scene, step, until)
        start = step - scene.first
        points = [(0.0, 0), (start, 0), (start + FADE, 1)] if start else [(0.0, 1)]
        if until is not None:
            marks.append(f".{name}")
            if until < scene.last:
                end = until - scene.first + 1
                points += [(end, 1), (end + FADE, 0), (whole, 0)]
        if points[-1][0] < whole:
            points.append((whole, 1))
        frames = "".join(f"{round(100 * at / whole, 2):g}%{{opacity:{seen}}}" for at, seen in points)
        rules.append(f"@keyframes {name}{{{frames}}}\n.{name}{{animation:{name} {whole * seconds:g}s linear infinite}}")
    # Without motion, what belongs to single steps is left out, and the picture is whole.
    hidden = f"{','.join(marks)}{{opacity:0}}\n" if marks else ""
    moving = "\n".join(rules)
    return f"{hidden}@media(prefers-reduced-motion:no-preference){{\n{moving}\n}}\n"
