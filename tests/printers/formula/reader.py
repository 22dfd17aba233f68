"""Reads printed formulas back, as a person would, and computes what they say with NumPy.

It knows the conventions of textbooks and nothing of how formulas are made: so a missing bracket is a wrong number.
"""

from __future__ import annotations

import math
import re

import numpy as np
from registry.elementwise import _digamma

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:e[-−]?\d+)?|∞)|(?P<raised>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|ᵀ|⁺)"
    r"|(?P<name>[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ](?:[^\W⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ₍₎]|[′₀₁₂₃₄₅₆₇₈₉\u0302])*)|(?P<sign>[-+−·⊙/^(){}\[\]|⌊⌋⌈⌉√=≠<>≤≥∈∧∨⊕,;:…]))"
)
_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_RUNNING = ("so", "from", "others")
_COMPARISONS = {
    "=": np.equal,
    "≠": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "≤": np.less_equal,
    "≥": np.greater_equal,
}
_BITWISE = {"∧": np.bitwise_and, "∨": np.bitwise_or, "⊕": np.bitwise_xor}
PLACES = ("i", "j", "k", "place")
_ENDS = {")", "]", "}", "|", "⌋", "⌉", ",", ";", ":", "+", "−", "and", "or", "if", "otherwise", "is", "mod"}
_ENDS |= {*_COMPARISONS, *_BITWISE}


_BRACKETED = {"()": lambda x: x, "||": np.abs, "⌊⌋": np.floor, "⌈⌉": np.ceil, "⌊⌉": np.round}


class UnreadableError(Exception):
    """A function that the reader does not know."""


def _all_axes(function):
    return lambda x, axes: function(x, axis=axes, keepdims=True)


def _largest(function, pairwise):
    def call(*arguments, axes):
        return function(*arguments, axis=axes, keepdims=True) if len(arguments) == 1 else pairwise(*arguments)

    return call


_ALONG = {
    "Σ": _all_axes(np.sum),
    "Π": _all_axes(np.prod),
    "max": _largest(np.max, np.maximum),
    "min": _largest(np.min, np.minimum),
    "any": _all_axes(np.any),
    "all": _all_axes(np.all),
    "argmax": lambda x, axes: np.argmax(x, axis=None if axes is None else axes[0], keepdims=True),
    "argmin": lambda x, axes: np.argmin(x, axis=None if axes is None else axes[0], keepdims=True),
    "cumsum": lambda x, axes: np.cumsum(x, axes[0]),
    "cumprod": lambda x, axes: np.cumprod(x, axes[0]),
    "flip": lambda x, axes: np.flip(x, axes),
    "sort": lambda x, axes: np.sort(x, axes[0]),
    "argsort": lambda x, axes: np.argsort(x, axes[0], stable=True),
    "repeat": lambda x, times, axes: np.repeat(x, int(times), axes[0]),
    "roll": lambda x, *shift, axes: np.roll(x, tuple(map(int, shift)), axes),
    "stack": lambda *parts, axes: np.stack(parts, axes[0]),
    "softmax": lambda x, axes: np.exp(x) / np.exp(x).sum(-1 if axes is None else axes, keepdims=True),
}

_FUNCTIONS = {
    **{name: getattr(np, name) for name in ["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "nextafter"]},
    "arccos": np.arccos,
    "arcsin": np.arcsin,
    "arctan": np.arctan,
    "arsinh": np.arcsinh,
    "arcosh": np.arccosh,
    "artanh": np.arctanh,
    "atan2": np.arctan2,
    "sgn": np.sign,
    "log₂": np.log2,
    "log₁₀": np.log10,
    "sqrt": np.sqrt,
    "σ": lambda x: 1 / (1 + np.exp(-x)),
    "erf": np.vectorize(math.erf, otypes=[float]),
    "lgamma": np.vectorize(math.lgamma, otypes=[float]),
    "Γ": np.vectorize(math.gamma, otypes=[float]),
    "ψ": lambda x: _digamma(x, order=0),
    "ψ′": lambda x: _digamma(x, order=1),
    "ψ′′": lambda x: _digamma(x, order=2),
    "ψ′′′": lambda x: _digamma(x, order=3),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2))) / 2,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "diag": lambda x: np.diag(np.reshape(x, -1)),
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "solve": np.linalg.solve,
    "cholesky": np.linalg.cholesky,
    "tril": lambda x, k=0: np.tril(x, int(k)),
    "triu": lambda x, k=0: np.triu(x, int(k)),
}


def _places_so_far(row):
    """Where the largest of the elements so far stands, of equal ones the last."""
    return [max(range(i + 1), key=lambda j: (np.isnan(row[j]), row[j], j)) for i in range(len(row))]


_ORDER = re.compile(r"j : (\w+)\[j\] = \w+?(?:₍([ᵢₙ₊₁₋]+)₎|_\(\(([in+1− ]+)\)\))")


def _places_in_order(found, values):
    """The places j of the elements with the ranks i: the smallest first, or the largest where it is counted back."""
    x, axis = values[found[1]], values["axis"]
    if (found[2] or found[3]) in ("ᵢ", "i"):
        return np.argsort(x, axis, stable=True)
    return np.flip(x.shape[axis] - 1 - np.argsort(np.flip(x, axis), axis, stable=True), axis)


def computed(text, values):
    """What a formula says for these values of its symbols, written as in the formula."""
    if found := _ORDER.fullmatch(text):
        return _places_in_order(found, values)
    body, *definitions = text.split(", where ")
    parts = []
    if definitions:
        parts = re.split(r" and (?=\w+ = )|, (?=\w+ = )", definitions[0])
    values = dict(values)
    for part in reversed(parts):
        name, _, definition = part.partition(" = ")
        values[name] = _Reader(definition, values).whole()
    return _Reader(body, values).whole()


class _Reader:
    def __init__(self, text, values):
        self.tokens = []
        at = 0
        text = text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise UnreadableError(f"{text[at : at + 10]!r} in {text}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at, self.values = 0, values

    def whole(self):
        result = self.logic()
        if self.at < len(self.tokens):
            raise UnreadableError(f"left over: {self.tokens[self.at :]}")
        return result

    def peek(self):
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.peek()
        if token is None or (wanted is not None and token != wanted):
            raise UnreadableError(f"{wanted} expected, not {token}")
        self.at += 1
        return token

    def logic(self):
        left = self.negation()
        while self.peek() in ("and", "or"):
            combine = np.logical_and if self.take() == "and" else np.logical_or
            left = combine(left, self.negation())
        return left

    def negation(self):
        if self.peek() == "not":
            self.take()
            return np.logical_not(self.relation())
        return self.relation()

    def relation(self):
        left = self.sum()
        while self.peek() in _COMPARISONS:
            left = _COMPARISONS[self.take()](left, self.sum())
        return self.nan_question(left) if self.peek() == "is" else left

    def nan_question(self, left):
        """Whether something is NaN, or is not NaN."""
        self.take("is")
        wanted = self.peek() != "not" or self.take() is None
        self.take("NaN")
        return np.isnan(left) == wanted

    def sum(self):
        sign = -1 if self.peek() == "−" else 1
        if sign < 0:
            self.take()
        total = self.term() if sign > 0 else -self.term()
        while self.peek() in ("+", "−"):
            add = self.take() == "+"
            term = self.term()
            total = total + term if add else total - term
        while self.peek() in _BITWISE or self.peek() == "mod":
            combine = np.mod if self.peek() == "mod" else _BITWISE[self.peek()]
            self.take()
            total = combine(total, self.term())
        return total

    def term(self):
        result = self.factor()
        while (
            (token := self.peek()) is not None and token not in _ENDS and token not in ("and", "or", "if", "otherwise")
        ):
            if token in ("·", "⊙", "/"):
                self.take()
            factor = self.factor()
            if token == "/":
                result = result / factor
            elif token == "·" and np.ndim(result) and np.ndim(factor) and self.values.get("matrices"):
                result = np.matmul(result, factor)
            else:
                result = result * factor
        return result

    def factor(self):
        base = self.atom()
        while True:
            kind = self.tokens[self.at][0] if self.at < len(self.tokens) else None
            if kind == "raised":
                token = self.take()
                if token == "⁺":
                    base = np.linalg.pinv(base)
                    continue
                base = np.swapaxes(base, -1, -2) if token == "ᵀ" else self.power(base, int(token.translate(_PLAIN)))
            elif self.peek() == "^":
                self.take()
                base = self.power(base, self.atom())
            elif self.peek() == "[" and np.ndim(base):
                base = base[self.key()]
            else:
                return base

    def power(self, base, exponent):
        """A matrix to the power of −1 is its inverse."""
        is_inverse = np.ndim(exponent) == 0 and exponent == -1 and np.ndim(base) > 1 and self.values.get("inverses")
        return np.linalg.inv(base) if is_inverse else base**exponent

    def atom(self):
        kind, token = self.tokens[self.at] if self.at < len(self.tokens) else (None, None)
        if kind == "number":
            self.take()
            if token == "1" and self.peek() == "[":
                self.take()
                condition = self.logic()
                self.take("]")
                return np.asarray(condition).astype(float)
            return (
                math.inf
                if token == "∞"
                else float(token.replace("−", "-"))
                if "." in token or "e" in token
                else int(token)
            )
        if token in ("(", "|", "⌊", "⌈"):
            self.take()
            inside = self.logic()
            closing = self.take() if token == "⌊" else self.take({"(": ")", "|": "|", "⌈": "⌉"}[token])
            return _BRACKETED[token + closing](inside)
        if token == "√":
            self.take()
            return np.sqrt(self.atom())
        if token == "{":
            return self.cases()
        if token == "−":
            self.take()
            return -self.factor()
        if kind != "name":
            raise UnreadableError(f"{token} begins nothing")
        self.take()
        if token in self.values:
            return self.values[token]
        if token in ("range", *PLACES):  # each row, as many as there are of what it stands beside
            return np.arange(self.values["indexed"])
        if token in ("π", "e"):
            return math.pi if token == "π" else math.e
        return self.call(token)

    def call(self, name):
        axes = None
        if self.peek() == "[":
            self.take()
            if self.peek() in _RUNNING:
                return self.running(name)
            if self.peek() not in ("axis", "axes"):
                return self.scattered()
            axes = self.axes()
        if name in ("Σ", "Π"):
            return _ALONG[name](self.term(), axes=axes)
        if self.peek() != "(":
            raise UnreadableError(name)
        self.take()
        arguments = [self.logic()]
        while self.peek() == ",":
            self.take()
            arguments.append(self.logic())
        self.take(")")
        if name in ("split", "join"):
            return self.heads(name, *arguments)
        if name in _ALONG:
            return _ALONG[name](*arguments, axes=axes)
        if name not in _FUNCTIONS:
            raise UnreadableError(name)
        return _FUNCTIONS[name](*arguments)

    def running(self, name):
        """The sum or product of an element and all before it, of it and all after it, or of all others."""
        words = []
        while self.peek() not in (",", "]"):
            words.append(self.take())
        axis = None
        if self.take() == ",":
            self.take("axis")
            axis = int(self.take())
            self.take("]")
        x = np.atleast_1d(self.term())
        if name in ("argmax", "argmin"):
            return np.apply_along_axis(_places_so_far, axis, x if name == "argmax" else -x)
        along = {"Σ": np.cumsum, "Π": np.cumprod}[name]
        if words == ["others"]:
            count = x.size if axis is None else x.shape[axis]
            parts = [np.prod(np.delete(x, i, axis), axis=axis, keepdims=axis is not None) for i in range(count)]
            return np.reshape(parts, x.shape) if axis is None else np.concatenate(parts, axis=axis)
        return along(x, axis) if words == ["so", "far"] else np.flip(along(np.flip(x, axis), axis), axis)

    def heads(self, name, x):
        """The last axis in parts, one behind the other; or these parts beside each other again."""
        count = self.values["heads"]
        if name == "split":
            return np.stack(np.split(x, count, axis=-1), axis=-3)
        return np.concatenate([x[..., i, :, :] for i in range(count)], axis=-1)

    def axes(self):
        if self.take() not in ("axis", "axes"):
            raise UnreadableError("not along axes")
        found = [int(self.take())]
        while self.peek() == ",":
            self.take()
            found.append(int(self.take()))
        self.take("]")
        return tuple(found)

    def scattered(self):
        """What stands at each place is the sum of all that is meant for it."""
        key = self.key() if self.peek() == "[" else self.sum()
        self.take("=")
        self.place()
        self.take("]")
        values = self.term()
        whole = np.zeros(self.values["whole"])
        np.add.at(whole, key, values)
        return whole

    def place(self):
        """The name of a place, which is that of nothing else."""
        if self.peek() not in PLACES or self.peek() in self.values:
            raise ValueError(f"{self.peek()} is no name for a place")
        self.take()

    def condition(self):
        if self.at + 1 >= len(self.tokens) or self.tokens[self.at + 1][1] != "∈":
            return self.logic()
        self.place()
        self.take("∈")
        places = np.zeros(self.values["whole"], bool)
        key = self.key()
        places[key] = True
        return key, places

    def cases(self):
        self.take("{")
        conditions, results = [], []
        while True:
            value = self.logic()
            if self.take() == "otherwise":
                self.take("}")
                return _chosen(conditions, results, value)
            conditions.append(self.condition())
            results.append(value)
            self.take(";")

    def key(self):
        self.take("[")
        parts = []
        while True:
            parts.append(self.key_part())
            if self.take() == "]":
                return tuple(parts)

    def key_part(self):
        if self.peek() == "…":
            self.take()
            return Ellipsis
        if self.peek() == "new":
            self.take()
            return None
        ends, colons = [None], 0
        while self.peek() not in (",", "]"):
            if self.peek() == ":":
                self.take()
                colons += 1
                ends.append(None)
            else:
                ends[-1] = self.sum()
        return slice(*ends) if colons else ends[0]


def _chosen(conditions, results, otherwise):
    for condition, result in zip(reversed(conditions), reversed(results), strict=True):
        if isinstance(condition, tuple):
            key, places = condition
            spread = np.zeros(places.shape)
            spread[key] = result
            condition, result = places, spread
        otherwise = np.where(condition, result, otherwise)
    return otherwise
