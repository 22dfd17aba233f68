"""Prints random draws: new ones in each run, from a generator with the page's seed."""

from __future__ import annotations

from .use import Form, Use

GENERATOR = "random"
"""The name of the generator in printed code."""

_DISTRIBUTIONS = {
    "uniform": (),
    "normal": (),
    "exponential": (),
    "integers": ("low", "high"),
    "permutation": (),
}
"""The parameters of each distribution besides shape and dtype."""


def _random(use: Use) -> list[str]:
    distribution = use.params["distribution"]
    if distribution not in _DISTRIBUTIONS:
        raise use.error(f"draws from {distribution!r}, which has no JavaScript form")
    bounds = [str(int(use.params[name])) for name in _DISTRIBUTIONS[distribution]]
    return [f"{GENERATOR}.{distribution}({', '.join([use.out, *bounds])});"]


FORMS: dict[str, Form] = {"random": _random}
"""The form of random draws."""
