"""What the user's source says about a node: its line, the variable that took the result, and what was given to it."""

from __future__ import annotations

import ast
import dis
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

from ..tensor import Tensor
from .snapshot import Line


@dataclass(frozen=True, slots=True)
class Place:
    """An instruction of the user's program that made nodes.

    Attributes
    ----------
    line:
        The line it stands on; None if nothing is known of it.
    targets:
        The names of the variables or attributes that the expression's value was assigned to: several where it was
        taken apart, as in ``q, k = x.chunk(2)``, and then None for what is no name.
    operands:
        The names that stand where the operation was given its operands, in order: None for what is no name.
    function:
        The name of the function or method, if it is a call.
    each:
        What a loop over the expression's results calls each of them.
    """

    line: Line | None
    targets: tuple[str | None, ...] = ()
    operands: tuple[str | None, ...] = ()
    function: str | None = None
    each: str | None = None


Span = tuple[int, int, int, int]
"""First line, first column, last line, last column, as code objects and syntax trees count them."""

_NEXT = dis.opmap["FOR_ITER"]
"""The instruction that gives a loop its next thing."""

_TRANSPOSES = frozenset({"T", "mT", "H", "mH"})
_PARTS = frozenset({"data", "grad", "real", "imag"})
_MOST = 10_000
_places: dict[tuple[int, int], tuple[CodeType, Place]] = {}
_spans: dict[int, tuple[CodeType, list[tuple[int | None, ...]]]] = {}
_files: dict[str, tuple[list[str], _File]] = {}


def place_of(code: CodeType | None, instruction: int) -> Place:
    """What the source says about an instruction. It is looked up once; code without source has only its line."""
    if code is None:
        return Place(None)
    # By identity, since code objects are compared by what they hold; keeping them keeps their numbers theirs.
    key = (id(code), instruction)
    known = _places.get(key)
    if known is None:
        if len(_places) >= _MOST:
            _places.clear()
            _spans.clear()
        known = _places[key] = (code, _found(code, instruction))
    return known[1]


def _found(code: CodeType, instruction: int) -> Place:
    if code.co_filename.startswith("<frozen "):  # Python's own start, where nothing of the user's has called
        return Place(None)
    positions = _spans.get(id(code))
    if positions is None:
        linecache.checkcache(code.co_filename)
        positions = _spans[id(code)] = (code, list(code.co_positions()))
    index = instruction // 2
    span = positions[1][index] if 0 <= index < len(positions[1]) else (None,) * 4
    first, last, start, end = span
    number = code.co_firstlineno if first is None else first
    lines = linecache.getlines(code.co_filename)
    text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    line = Line(code.co_filename, number, text, code.co_qualname)
    if not text or first is None or last is None or start is None or end is None:
        return Place(line)
    file = _file_of(code.co_filename, lines)
    where = first, start, last, end
    if code.co_code[instruction] == _NEXT:
        return Place(line, file.in_loop(where))
    return Place(line, *file.around(where))


def _file_of(name: str, lines: list[str]) -> _File:
    known = _files.get(name)
    if known is None or known[0] is not lines:
        if len(_files) >= 200:
            _files.clear()
        known = _files[name] = (lines, _File("".join(lines)))
    return known[1]


class _File:
    """The expressions of a file by where they stand."""

    def __init__(self, text: str) -> None:
        self._targets: dict[Span, tuple[str | None, ...]] = {}
        self._expressions: dict[Span, ast.AST] = {}
        self._loops: dict[Span, tuple[str | None, ...]] = {}
        self._calls: dict[tuple[int, int], Span] = {}
        self._modules: set[str] = set()
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return  # such as a cell with commands of the notebook
        for node in ast.walk(tree):
            self._note(node)

    def in_loop(self, span: Span) -> tuple[str | None, ...]:
        """What a loop over the expression at a place calls what it is given each time."""
        return self._loops.get(span, ())

    def around(self, span: Span) -> tuple[tuple[str | None, ...], tuple[str | None, ...], str | None, str | None]:
        """The targets and operands of the expression at a place, the function of a call, and what a loop calls each."""
        if span not in self._expressions:
            # A method call's line is that of the method's name where the call goes over several lines.
            span = self._calls.get(span[2:], span)
        expression = self._expressions.get(span)
        operands = tuple(self._operands(expression)) if expression is not None else ()
        function = _last_name(expression.func) if isinstance(expression, ast.Call) else None
        each = self._loops.get(span, ())
        return self._targets.get(span, ()), operands, function, each[0] if len(each) == 1 else None

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.Subscript, ast.Attribute)):
            span = _span(node)
            self._expressions.setdefault(span, node)
            if isinstance(node, ast.Call):
                self._calls[span[2:]] = span
        elif isinstance(node, ast.Assign):
            for target in reversed(node.targets):
                self._assign(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            self._assign(node.target, node.value)
        elif isinstance(node, ast.AugAssign):
            name = _name_of(node.target)
            span = _span(node)
            self._expressions[span] = node
            if name is not None:
                self._targets[span] = (name,)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._each(node, node.target, node.iter)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            for loop in node.generators:
                self._each(node, loop.target, loop.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._assign(node.optional_vars, node.context_expr)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._modules.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(value, ast.IfExp):
            self._assign(target, value.body)
            self._assign(target, value.orelse)
        elif isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                for one, its in zip(target.elts, value.elts, strict=True):
                    self._assign(one, its)
            elif len(target.elts) > 1 and not any(isinstance(one, ast.Starred) for one in target.elts):
                self._targets[_span(value)] = tuple(map(_telling_name_of, target.elts))
        else:
            name = _telling_name_of(target)
            if name is not None:
                self._targets[_span(value)] = (name,)

    def _each(self, loop: ast.AST, target: ast.expr, value: ast.expr) -> None:
        """A loop: ``for h in hs``, and with `enumerate` and `zip`, whose arguments it goes over.

        What gives the next thing stands, before Python 3.13, where the whole loop does.
        """
        given, over = [target], [value]
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("zip", "enumerate"):
            elements = target.elts if isinstance(target, ast.Tuple) else []
            given, over = elements[value.func.id == "enumerate" :], value.args
        if not given or len(given) != len(over):
            return
        names = tuple(map(_telling_name_of, given))
        # A tensor gives its rows while the loop runs; what is called gives all before.
        late = tuple(name for name, its in zip(names, over, strict=True) if not isinstance(its, ast.Call)) or names
        self._loops.setdefault(_span(loop), late)
        self._loops[_span(value)] = late
        for name, its in zip(names, over, strict=True):
            self._loops[_span(its)] = (name,)

    def _operands(self, expression: ast.AST) -> Iterator[str | None]:
        given: list[ast.expr] = []
        if isinstance(expression, ast.BinOp):
            given = [expression.left, expression.right]
        elif isinstance(expression, ast.AugAssign):
            given = [expression.target, expression.value]
        elif isinstance(expression, ast.UnaryOp):
            given = [expression.operand]
        elif isinstance(expression, ast.Compare):
            given = [expression.left, *expression.comparators]
        elif isinstance(expression, ast.Subscript):
            given = [expression.value, *([expression.slice] if isinstance(expression.slice, ast.Name) else [])]
        elif isinstance(expression, ast.Attribute):
            given = [expression.value]
        elif isinstance(expression, ast.Call):
            for argument in expression.args:
                if not _is_literal(argument):
                    given += argument.elts if isinstance(argument, (ast.List, ast.Tuple)) else [argument]
            function = expression.func
            if isinstance(function, ast.Attribute) and not self._is_module(function.value):
                if not hasattr(Tensor, function.attr):
                    return
                given.insert(0, function.value)
        for one in given:
            yield _name_of(one)

    def _is_module(self, expression: ast.expr) -> bool:
        while isinstance(expression, ast.Attribute):
            expression = expression.value
        return isinstance(expression, ast.Name) and expression.id in self._modules


def is_telling(name: str) -> bool:
    """Whether a name is more than a placeholder, such as ``_``, or a notebook's ``_3`` for a result."""
    return bool(name.strip("_0123456789i")) or name[:1] != "_"


def _span(node: Any) -> Span:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _is_literal(expression: ast.expr) -> bool:
    """Whether an argument is an axis, a size or the like rather than a tensor."""
    if isinstance(expression, ast.UnaryOp):
        return _is_literal(expression.operand)
    if isinstance(expression, (ast.Tuple, ast.List)):
        return all(_is_literal(one) for one in expression.elts)
    return isinstance(expression, ast.Constant)


def _telling_name_of(expression: ast.expr) -> str | None:
    name = _name_of(expression)
    return name if name is not None and is_telling(name) else None


def _last_name(function: ast.expr) -> str | None:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def _name_of(expression: ast.expr) -> str | None:
    """The name in ``W``, ``self.W`` or ``weights["W"]``; None for other expressions."""
    if isinstance(expression, ast.Name):
        return expression.id
    if isinstance(expression, ast.Attribute):
        owner = _name_of(expression.value)
        if owner is None or expression.attr in _TRANSPOSES:
            return None
        return f"{owner}.{expression.attr}" if expression.attr in _PARTS else expression.attr
    if isinstance(expression, ast.Subscript) and isinstance(expression.slice, ast.Constant):
        key = expression.slice.value
        return key if isinstance(key, str) and key.isidentifier() else None
    return None
