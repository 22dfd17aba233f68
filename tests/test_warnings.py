"""What a user sees of NumPy's warnings about infinities and NaN: nothing."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import edgewise as ew
from edgewise import nn

x = ew.tensor([[ew.inf, -ew.inf], [1e38, ew.nan]], requires_grad=True)
for y in (x + x[::-1], x - x, x * 0.0, x * x, x**3, x / x, x @ x, nn.Linear(2, 2)(x), x.square(), ew.mean(x), x.sum()):
    y.sum().backward()
print("done")
"""


def test_a_script_that_meets_infinities_prints_no_warning():
    for options in ([], ["-W", "error"]):
        run = subprocess.run([sys.executable, *options, "-c", _SCRIPT], capture_output=True, text=True, check=False)
        assert (run.stdout, run.stderr) == ("done\n", "")
