"""Programs: what a function of tensors does, forward, backward and update, as one short list of primitive steps."""

from __future__ import annotations

from . import passes as passes
from . import primitives as primitives
from .errors import ProgramError as ProgramError
from .errors import RecordingError as RecordingError
from .program import Program as Program
from .program import Step as Step
from .program import Value as Value
from .record import record as record

# In `edgewise`, this function has the name of the package, so the package's parts are found by it as well.
record.__dict__.update(passes=passes, primitives=primitives)
