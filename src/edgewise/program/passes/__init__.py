"""Passes that simplify Programs: each takes a Program and returns one that computes the same."""

from __future__ import annotations

from ..program import Program
from .elimination import without_dead_code as without_dead_code
from .rewriting import with_all_rules as with_all_rules
from .rewriting import with_folded_constants as with_folded_constants
from .rewriting import with_shared_steps as with_shared_steps
from .rewriting import with_simpler_steps as with_simpler_steps


def simplify(program: Program) -> Program:
    """Applies all passes to a Program."""
    return without_dead_code(with_all_rules(without_dead_code(program)))
