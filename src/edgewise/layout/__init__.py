"""Layout: graphs of boxes, with groups in groups, placed from left to right. Pure geometry."""

from .geometry import Frame as Frame
from .geometry import Gaps as Gaps
from .geometry import Group as Group
from .geometry import Item as Item
from .geometry import LayoutError as LayoutError
from .geometry import Link as Link
from .geometry import Placement as Placement
from .geometry import Point as Point
from .geometry import Role as Role
from .layout import layout as layout
