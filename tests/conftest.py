"""How all tests run: random examples, how many workers, how garbage is collected, and what Ctrl+C does."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator
from typing import Any

import hypothesis
import pytest
from browsing import browser as browser
from browsing import node as node
from browsing import opened_file as opened_file
from browsing import windows as windows

# A busy machine makes no example wrong.
hypothesis.settings.register_profile("edgewise", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("edgewise")

# A run in the background ignores Ctrl+C, and so would the processes that tests start and stop.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores: while one waits for a browser, another has its core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + 1 if cores > 1 else 1


# What is collected stays: to search it for garbage again and again, while it grows, would find nothing.
gc.disable()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, Any, Any]:
    """Looks for no examples in the docstrings of tests: there are none, and each name would be looked at."""
    return [one for one in (yield) if type(one).__name__ != "DoctestModule"]


def pytest_collection_finish() -> None:
    """Leaves what was collected to the end: every search for garbage would go through thousands of tests again."""
    gc.collect()
    gc.freeze()
    gc.enable()
