"""Pictures of graphs: snapshots, formulas, layout, drawings and tables. As a function it is :func:`edgewise.see`."""

from __future__ import annotations

import sys
from types import ModuleType

from ..pictures import see


class _Room(ModuleType):
    """Importing this package puts it where the function of its name was, so it does what that does."""

    __call__ = staticmethod(see)


sys.modules[__name__].__class__ = _Room
del see
