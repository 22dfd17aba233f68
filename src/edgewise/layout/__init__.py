"""Layout: boxes in layers, placed from left to right, with lines between them. Pure geometry.

:class:`.layout.Layout` lays out one cluster: it assigns layers, orders the boxes within them, and gives boxes and lines
their places.
"""

from .layout import Gaps as Gaps
from .layout import Point as Point
