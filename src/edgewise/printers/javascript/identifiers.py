"""Makes unique JavaScript identifiers from the user's names."""

from __future__ import annotations

import re

LOOP_VARIABLES = "ijklmn"
OFFSETS = "opqrs"

_LONGEST = 60

_WORDS = """
    arguments as async await break case catch class const continue debugger default delete do else enum eval export
    extends false finally for from function get if implements import in instanceof interface let new null of package
    private protected public return set static super switch target this throw true try typeof undefined var void while
    with yield globalThis constructor prototype __proto__
    Array ArrayBuffer BigInt Boolean Error Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array
    JSON Map Math NaN Number Object RangeError Set String Symbol TypeError Uint16Array Uint32Array Uint8Array atob
    console document window self
    best every least most part parts product random row seed some total
"""
"""Reserved words, and names that printed code uses."""

_LOCAL_LETTERS = "ijklmnopqrs"
_LOCAL = re.compile(r"[i-s]\d+(_\d*)?")
"""Variables of deep loops, and offsets inside them."""

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


class Identifiers:
    """Makes identifiers, each different."""

    def __init__(self, reserved: set[str]) -> None:
        self._used = {*reserved, *_WORDS.split(), *LOOP_VARIABLES, *OFFSETS, "makeProgram"}

    def new(self, name: str) -> str:
        """Returns a new identifier similar to `name`, of letters (also Greek), digits and underscores."""
        is_plain = name.isascii() and name.isidentifier() and len(name) <= _LONGEST and name[0] not in _LOCAL_LETTERS
        if is_plain and name not in self._used:
            self._used.add(name)
            return name
        letters = re.sub(r"[^A-Za-z0-9_α-ωΑ-Ω]", "_", name.translate(_SUBSCRIPTS))[-_LONGEST:]
        is_free = re.match(r"[^0-9]", letters) and not _LOCAL.fullmatch(letters)
        first = letters if is_free else f"_{letters}"
        identifier, number = first, 1
        while identifier in self._used:
            number += 1
            identifier = f"{first}_{number}"
        self._used.add(identifier)
        return identifier
