"""The live page: one HTML file in which a network runs, forward, backward and through its updates."""

from __future__ import annotations

from .gallery import Gallery as Gallery
from .page import Look as Look
from .page import make_page as make_page
from .page import recorded_page as recorded_page
from .passes import passes_page as passes_page
