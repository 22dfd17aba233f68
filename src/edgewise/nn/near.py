"""Names that someone may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def near_names(name: str, known: Iterable[str], at_most: int) -> list[str]:
    """Those of the known names that `name` may be a slip of, the most likely first."""
    import difflib  # only errors ask, and it is slow to import

    return difflib.get_close_matches(name, list(known), n=at_most)
