"""Text for outputs whose encoding lacks characters."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edgewise.system.ascii_fallback import encodable

SCRIPT = """
import edgewise as ew
W2 = ew.tensor(2.0, requires_grad=True)
ew.see((W2 * W2).abs()).print()
"""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_table_is_printed_in_any_encoding(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", SCRIPT],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode(encoding)
    assert "W2" in text
    assert "edge" in text


def test_characters_that_lack_are_shown_by_plain_ones_of_the_same_width() -> None:
    assert encodable("∂L/∂W₂ = −0.5 → xᵀ", "ascii") == "dL/dW2 = -0.5 > xT"
    assert encodable("∂L/∂W₂", "utf-8") == "∂L/∂W₂"
    assert encodable("日本", "ascii") == "??"
    assert encodable("∂", None) == "∂"
