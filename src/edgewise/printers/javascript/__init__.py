"""JavaScript: Programs printed as modules that a page runs."""

from __future__ import annotations

from .printer import Script as Script
from .printer import helper_text as helper_text
from .printer import is_written_out as is_written_out
from .printer import javascript as javascript
from .use import JavaScriptError as JavaScriptError
