"""What an import costs, in processes of their own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile

TITLE = "Import"
ABOUT = (
    "`import x` in a new process each time, beyond what a process that only imports NumPy takes "
    "(MyGrad's grows if Numba and SciPy are installed)."
)
UNIT = "ms beyond NumPy's own import"
THREADED = False

PROGRAM = "import time; start = time.perf_counter(); import numpy, {}; print(time.perf_counter() - start)"


def measure(rounds: int) -> dict[str, list[float]]:
    """Seconds beyond NumPy's, by framework; the processes take turns."""
    with tempfile.TemporaryDirectory() as cache:
        # As after any first import, the modules are compiled, even if this environment keeps no bytecode.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        return _in_turns(rounds, environment)


def _in_turns(rounds: int, environment: dict[str, str]) -> dict[str, list[float]]:
    names = [name for name in ("edgewise", "torch", "mygrad", "autograd") if importlib.util.find_spec(name)]
    samples: dict[str, list[float]] = {name: [] for name in names}
    for name in ["numpy", *names]:  # once unmeasured
        _import(name, environment)
    for _ in range(rounds):
        own = _import("numpy", environment)
        for name in names:
            samples[name].append(_import(name, environment) - own)
    return samples


def _import(name: str, environment: dict[str, str]) -> float:
    command = [sys.executable, "-c", PROGRAM.format(name)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
