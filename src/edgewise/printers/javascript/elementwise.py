"""Prints elementwise primitives: an expression of JavaScript for each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...program import Value
from .loops import nested_loops
from .use import Form, Use

_UNARY = {
    "abs": "Math.abs({0})",
    "acos": "Math.acos({0})",
    "acosh": "Math.acosh({0})",
    "asin": "Math.asin({0})",
    "asinh": "Math.asinh({0})",
    "atan": "Math.atan({0})",
    "atanh": "Math.atanh({0})",
    "ceil": "Math.ceil({0})",
    "cos": "Math.cos({0})",
    "cosh": "Math.cosh({0})",
    "exp": "Math.exp({0})",
    "expm1": "Math.expm1({0})",
    "floor": "Math.floor({0})",
    "isfinite": "Number(Number.isFinite({0}))",
    "isinf": "Number(Math.abs({0}) === Infinity)",
    "isnan": "Number(Number.isNaN({0}))",
    "log": "Math.log({0})",
    "log10": "Math.log10({0})",
    "log1p": "Math.log1p({0})",
    "log2": "Math.log2({0})",
    "logical_not": "Number({0} === 0)",
    "negative": "-{0}",
    "reciprocal": "1 / {0}",
    "round": "roundEven({0})",
    "sign": "Math.sign({0})",
    "signbit": "Number(isNegative({0}))",
    "sin": "Math.sin({0})",
    "sinh": "Math.sinh({0})",
    "sqrt": "Math.sqrt({0})",
    "tan": "Math.tan({0})",
    "tanh": "Math.tanh({0})",
    "trunc": "Math.trunc({0})",
}

_BINARY = {
    "add": "{0} + {1}",
    "atan2": "Math.atan2({0}, {1})",
    "copysign": "copySign({0}, {1})",
    "divide": "{0} / {1}",
    "equal": "Number({0} === {1})",
    "greater": "Number({0} > {1})",
    "greater_equal": "Number({0} >= {1})",
    "hypot": "Math.hypot({0}, {1})",
    "less": "Number({0} < {1})",
    "less_equal": "Number({0} <= {1})",
    "logaddexp": "logAddExp({0}, {1})",
    "logical_and": "Number({0} !== 0 && {1} !== 0)",
    "logical_or": "Number({0} !== 0 || {1} !== 0)",
    "logical_xor": "Number(({0} !== 0) !== ({1} !== 0))",
    "maximum": "Math.max({0}, {1})",
    "minimum": "Math.min({0}, {1})",
    "not_equal": "Number({0} !== {1})",
    "pow": "power({0}, {1})",
    "subtract": "{0} - {1}",
}

_NARROW = ("int8", "int16", "int32", "uint8", "uint16", "uint32")
_WIDE = ("int64", "uint64")

_SIGNS = {"bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^"}


def _expression(text: str) -> Form:
    return lambda use: _store(use, text)


def _store(use: Use, text: str) -> list[str]:
    """Returns loops that store an expression of the operands' elements."""
    dtype = use.common_dtype()
    count = len(use.step.operands)
    return nested_loops(
        use.shape,
        use.paths(),
        lambda places: [
            f"{use.out}[{places['out']}] = {text.format(*(use.element(i, places, dtype) for i in range(count)))};"
        ],
    )


def _by_operands(choose: Callable[[Use], str]) -> Form:
    """Makes the form of an expression that depends on the dtype or the operands."""
    return lambda use: _store(use, choose(use))


def _product(first: str, second: str) -> Form:
    """Prints a product. Those of 32-bit integers keep their low bits, which doubles would lose."""
    imul, double = f"Math.imul({first}, {second})", f"{first} * {second}"
    return _by_operands(lambda use: imul if use.common_dtype() in ("int32", "uint32") else double)


def _sum(use: Use) -> str:
    return "{0} | {1}" if use.common_dtype() == "bool" else "{0} + {1}"


def _bits(sign: str) -> Form:
    """Prints an operator on bits. JavaScript's own work on 32 bits; larger integers use BigInt."""

    def choose(use: Use) -> str:
        dtype = _integers(use)
        return _by_bigint(sign, dtype) if dtype in _WIDE else f"{{0}} {sign} {{1}}"

    return _by_operands(choose)


def _shift(sign: str) -> Form:
    return _by_operands(lambda use: _by_bigint(sign, _integers(use)))


def _by_bigint(sign: str, dtype: str) -> str:
    helper = "unsignedWideBits" if dtype.startswith("u") else "wideBits"
    return f"{helper}((a, b) => a {sign} b, {{0}}, {{1}})"


def _invert(use: Use) -> str:
    dtype = _integers(use)
    if dtype == "uint64":
        return "18446744073709551615 - {0}"
    return "1 - {0}" if dtype == "bool" else "-{0} - 1"


def _integers(use: Use) -> str:
    dtype = use.common_dtype()
    if dtype not in (*_NARROW, *_WIDE, "bool"):
        raise use.error(f"works on bits, and {dtype} has none to work on")
    return dtype


def _by_kind(floats: str, integers: str) -> Form:
    return _by_operands(lambda use: f"{floats if use.common_dtype().startswith('float') else integers}({{0}}, {{1}})")


def _power(use: Use) -> str:
    """Prints a power: `**` for a finite number as exponent; else a helper, since special cases differ from C's."""
    base, exponent = use.step.operands
    if exponent in (2, 3) and use.common_dtype().startswith("float"):
        return " * ".join(["{0}"] * int(exponent))  # many times faster
    is_simple = isinstance(base, Value) and not isinstance(exponent, Value) and np.isfinite(exponent or 0)
    return "{0} ** {1}" if is_simple else _BINARY["pow"]


def _where(use: Use) -> list[str]:
    dtype = use.dtype

    def body(places: dict[str, str]) -> list[str]:
        condition, first, second = (use.element(i, places, dtype) for i in range(3))
        return [f"{use.out}[{places['out']}] = {condition} ? {first} : {second};"]

    return nested_loops(use.shape, use.paths(), lambda places: body(dict(places)))


def _cast(use: Use) -> list[str]:
    old, new = use.value().dtype, use.dtype
    if new == "bool":
        return _store(use, "Number({0} !== 0)")
    whole = new in _WIDE and old.startswith("float")
    return _store(use, "Math.trunc({0})" if whole else "{0}")


FORMS: dict[str, Form] = {
    **{name: _expression(text) for name, text in (_UNARY | _BINARY).items()},
    **{name: _bits(sign) for name, sign in _SIGNS.items()},
    "add": _by_operands(_sum),
    "bitwise_invert": _by_operands(_invert),
    "bitwise_left_shift": _shift("<<"),
    "bitwise_right_shift": _shift(">>"),
    "cast": _cast,
    "floor_divide": _by_kind("floorDivide", "floorDivideIntegers"),
    "multiply": _product("{0}", "{1}"),
    "nextafter": _by_operands(lambda use: f"nextAfter{use.common_dtype().removeprefix('float')}({{0}}, {{1}})"),
    "pow": _by_operands(_power),
    "remainder": _by_kind("remainder", "remainderOfIntegers"),
    "square": _product("{0}", "{0}"),
    "where": _where,
}
"""The form of each elementwise primitive."""
