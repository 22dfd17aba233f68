from __future__ import annotations


class Methods:
    __slots__ = ()

    def sum(self):
        from ..ops.reductions import _sum

        return _sum(self, axis=None, keepdims=False)
