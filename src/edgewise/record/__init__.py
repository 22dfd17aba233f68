"""Programs: what a function of tensors does, forward, backward and update, as one short list of primitive steps."""

from __future__ import annotations

from .errors import ProgramError as ProgramError
from .errors import RecordingError as RecordingError
from .program import Program as Program
from .program import Step as Step
from .program import Value as Value
from .record import record as record
