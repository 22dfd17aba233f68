"""What letters stand for is said before the steps back."""

from __future__ import annotations

from typing import Any

import edgewise as ew


def lines(explanation: Any) -> list[str]:
    return [line.strip() for line in str(explanation).splitlines() if line.strip()]


def test_results_with_a_letter_are_said_to_be_what_they_are_before_the_steps_back() -> None:
    W = ew.tensor([[1.0, -2.0]], requires_grad=True)
    x = ew.tensor([[3.0], [1.0]])
    written = lines(ew.explain((W @ x).relu().sum(), W))
    start = written.index("Forward:")
    assert [" ".join(line.split()) for line in written[start + 1 : start + 3]] == [
        "z = W · x 1×1 1",
        "h = max(z, 0) 1×1 1",
    ]
    assert written[start + 3].startswith("Step by step")
