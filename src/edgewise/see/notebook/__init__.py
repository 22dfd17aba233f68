"""Pictures in notebooks: the live page as a widget, with the still picture beside it for who can't run one."""

from __future__ import annotations

from .showing import Shown as Shown
from .showing import Still as Still
