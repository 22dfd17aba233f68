"""Random numbers: drawn anew in each run, from a source that the page's seed determines."""

from __future__ import annotations

from .use import Form, Use

SOURCE = "random"
"""What the source is called in printed code."""

_DISTRIBUTIONS = {
    "uniform": (),
    "normal": (),
    "exponential": (),
    "integers": ("low", "high"),
    "permutation": (),
}
"""Each distribution with the parameters that it has besides the shape and the dtype."""


def _random(use: Use) -> list[str]:
    distribution = use.params["distribution"]
    if distribution not in _DISTRIBUTIONS:
        raise use.error(f"draws from {distribution!r}, which has no JavaScript form")
    bounds = [str(int(use.params[name])) for name in _DISTRIBUTIONS[distribution]]
    return [f"{SOURCE}.{distribution}({', '.join([use.out, *bounds])});"]


FORMS: dict[str, Form] = {"random": _random}
"""How random numbers are drawn."""
