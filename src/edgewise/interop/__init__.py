"""Out to other tools' files and arrays, and in from them."""

from __future__ import annotations
