"""Pictures in notebooks: the live page in a frame, and the still picture for where that is dropped."""

from __future__ import annotations

from .showing import Framed as Framed
from .showing import Shown as Shown
