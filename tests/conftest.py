"""How random examples are tried in all tests."""

from __future__ import annotations

import hypothesis

# A busy machine makes no example wrong.
hypothesis.settings.register_profile("edgewise", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("edgewise")
