"""Passes that simplify Programs: each takes a Program and returns one that computes the same."""

from __future__ import annotations

from ..program import Program
from .algebra import with_simpler_steps as with_simpler_steps
from .elimination import with_folded_constants as with_folded_constants
from .elimination import with_shared_steps as with_shared_steps
from .elimination import without_dead_code as without_dead_code


def simplify(program: Program) -> Program:
    """Applies all passes to a Program, repeated as long as they make it shorter."""
    program = without_dead_code(program)
    while True:
        shorter = with_simpler_steps(with_folded_constants(program))
        shorter = without_dead_code(with_shared_steps(shorter))
        if len(shorter.steps) == len(program.steps):
            return shorter
        program = shorter
