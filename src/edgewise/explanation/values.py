"""Values in a line of text."""

from __future__ import annotations

import numpy as np

from ..capture.summary import Numbers
from ..printers.figures import figure, figures


def value_of(numbers: Numbers | None) -> str:
    """The numbers if they are few, else what they are like."""
    if numbers is None:
        return ""
    whole = numbers.whole
    if whole is not None and whole.size == 1:
        return figure(whole.item())
    if whole is not None and 0 < whole.size <= 6 and whole.ndim <= 2:
        table = np.atleast_2d(whole)
        texts = figures(table.ravel().tolist())
        rows = [" ".join(texts[i : i + table.shape[1]]) for i in range(0, len(texts), table.shape[1])]
        return f"[{'; '.join(rows)}]"
    found = numbers.statistics
    odd = "".join(
        f", {count} {name}"
        for count, name in ((found.nan, "NaN"), (found.positive_infinity, "∞"), (found.negative_infinity, "−∞"))
        if count
    )
    if not found.finite:
        return odd.removeprefix(", ") or "empty"
    return f"{figure(found.smallest)} … {figure(found.largest)}, norm {figure(found.norm)}{odd}"
