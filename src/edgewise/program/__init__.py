"""Programs: a function of tensors, with its backward pass and update, as one short list of primitive steps."""

from __future__ import annotations

from . import passes as passes
from . import primitives as primitives
from .errors import ProgramError as ProgramError
from .errors import RecordingError as RecordingError
from .program import Program as Program
from .program import Step as Step
from .program import Value as Value
from .record import record as record

# `edgewise.record` is this function, so the modules are its attributes too.
record.__dict__.update(passes=passes, primitives=primitives)
