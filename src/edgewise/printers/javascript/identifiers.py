"""Identifiers: names that people gave, as JavaScript may have them, each once."""

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
"""Reserved words, and what printed code uses by name."""

_LOCAL = re.compile(r"[i-s]\d+(_\d*)?")
"""Variables of deep loops, and offsets inside them."""

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


class Identifiers:
    """Gives out identifiers, no two alike."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = {*taken, *_WORDS.split(), *LOOP_VARIABLES, *OFFSETS, "makeProgram"}

    def new(self, name: str) -> str:
        """An identifier that reads like `name`: letters, digits and underscores, Greek letters among them."""
        letters = re.sub(r"[^A-Za-z0-9_α-ωΑ-Ω]", "_", name.translate(_SUBSCRIPTS))[-_LONGEST:]
        is_free = re.match(r"[^0-9]", letters) and not _LOCAL.fullmatch(letters)
        first = letters if is_free else f"_{letters}"
        found, number = first, 1
        while found in self._taken:
            number += 1
            found = f"{first}_{number}"
        self._taken.add(found)
        return found
