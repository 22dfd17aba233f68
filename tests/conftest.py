"""How random examples are tried in all tests, and how their garbage is collected."""

from __future__ import annotations

import gc

import hypothesis

# A busy machine makes no example wrong.
hypothesis.settings.register_profile("edgewise", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("edgewise")


def pytest_collection_finish() -> None:
    """Leaves what was collected to the end: every search for garbage would go through thousands of tests again."""
    gc.collect()
    gc.freeze()
