"""Explanations of gradients and of operations, in formulas and in numbers."""

from __future__ import annotations

from .explain import explain as explain
from .explanation import Explanation as Explanation
