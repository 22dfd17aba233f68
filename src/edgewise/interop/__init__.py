"""Files and arrays of other tools."""

from __future__ import annotations
