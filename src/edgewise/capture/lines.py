"""Finds a node in the user's source: its line, the variables it was assigned to, and the names of its operands."""

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
class SourcePlace:
    """An instruction of the user's program that made nodes.

    Attributes
    ----------
    line:
        The line it stands on; None if that is unknown.
    targets:
        The variables or attributes that the expression was assigned to. Unpacking, as in ``q, k = x.chunk(2)``, has
        several, with None for a target without a name.
    operands:
        The names of the operands in the source, in order; None for an operand without a name.
    function:
        The name of the function or method, if it is a call.
    loop_variable:
        The variable of a loop over the expression's results.
    """

    line: Line | None
    targets: tuple[str | None, ...] = ()
    operands: tuple[str | None, ...] = ()
    function: str | None = None
    loop_variable: str | None = None


Span = tuple[int, int, int, int]
"""First line, first column, last line, last column, as code objects and syntax trees count them."""

_NEXT = dis.opmap["FOR_ITER"]
"""The instruction that gets the next item of a loop."""

_TRANSPOSES = frozenset({"T", "mT", "H", "mH"})
_PARTS = frozenset({"data", "grad", "real", "imag"})
_MOST = 10_000
_places: dict[tuple[int, int], tuple[CodeType, SourcePlace]] = {}
_spans: dict[int, tuple[CodeType, list[tuple[int | None, ...]]]] = {}
_files: dict[str, tuple[list[str], _File]] = {}


def place_in_source(code: CodeType | None, instruction: int) -> SourcePlace:
    """Returns the place of an instruction in the source, looked up once. Code without source has only its line."""
    if code is None:
        return SourcePlace(None)
    # By identity, since `==` compares the contents of code objects. The entry holds the object, so its id stays unique.
    key = (id(code), instruction)
    known = _places.get(key)
    if known is None:
        if len(_places) >= _MOST:
            _places.clear()
            _spans.clear()
        known = _places[key] = (code, _look_up(code, instruction))
    return known[1]


def _look_up(code: CodeType, instruction: int) -> SourcePlace:
    if code.co_filename.startswith("<frozen "):  # Python's start-up: no code of the user called it
        return SourcePlace(None)
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
        return SourcePlace(line)
    file = _file_of(code.co_filename, lines)
    where = first, start, last, end
    if code.co_code[instruction] == _NEXT:
        return SourcePlace(line, file.in_loop(where))
    return SourcePlace(line, *file.parts_of_expression(where))


def _file_of(name: str, lines: list[str]) -> _File:
    known = _files.get(name)
    if known is None or known[0] is not lines:
        if len(_files) >= 200:
            _files.clear()
        known = _files[name] = (lines, _File("".join(lines)))
    return known[1]


class _File:
    """The expressions of a file by their positions."""

    def __init__(self, text: str) -> None:
        self._targets: dict[Span, tuple[str | None, ...]] = {}
        self._expressions: dict[Span, ast.AST] = {}
        self._loops: dict[Span, tuple[str | None, ...]] = {}
        self._calls: dict[tuple[int, int], Span] = {}
        self._modules: set[str] = set()
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return  # for example a notebook cell with magic commands
        for node in ast.walk(tree):
            self._note(node)

    def in_loop(self, span: Span) -> tuple[str | None, ...]:
        """Returns the variables of a loop over the expression at a position."""
        return self._loops.get(span, ())

    def parts_of_expression(
        self, span: Span
    ) -> tuple[tuple[str | None, ...], tuple[str | None, ...], str | None, str | None]:
        """Returns the targets, operands, called function and loop variable of the expression at a position."""
        if span not in self._expressions:
            # A method call over several lines starts, for Python, at the line of the method's name.
            span = self._calls.get(span[2:], span)
        expression = self._expressions.get(span)
        operands = tuple(self._operands(expression)) if expression is not None else ()
        function = _last_name(expression.func) if isinstance(expression, ast.Call) else None
        variables = self._loops.get(span, ())
        return self._targets.get(span, ()), operands, function, variables[0] if len(variables) == 1 else None

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
            self._note_loop(node, node.target, node.iter)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            for loop in node.generators:
                self._note_loop(node, loop.target, loop.iter)
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
                self._targets[_span(value)] = tuple(map(_meaningful_name_of, target.elts))
        else:
            name = _meaningful_name_of(target)
            if name is not None:
                self._targets[_span(value)] = (name,)

    def _note_loop(self, loop: ast.AST, target: ast.expr, value: ast.expr) -> None:
        """Notes the variables of a loop such as ``for h in hs``; `enumerate` and `zip` are looked through.

        Before Python 3.13 the instruction that gets the next item has the position of the whole loop.
        """
        targets, iterables = [target], [value]
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("zip", "enumerate"):
            elements = target.elts if isinstance(target, ast.Tuple) else []
            targets, iterables = elements[value.func.id == "enumerate" :], value.args
        if not targets or len(targets) != len(iterables):
            return
        names = tuple(map(_meaningful_name_of, targets))
        # A tensor yields its rows while the loop runs; a call returns everything before the loop.
        step_names = (
            tuple(name for name, its in zip(names, iterables, strict=True) if not isinstance(its, ast.Call)) or names
        )
        self._loops.setdefault(_span(loop), step_names)
        self._loops[_span(value)] = step_names
        for name, its in zip(names, iterables, strict=True):
            self._loops[_span(its)] = (name,)

    def _operands(self, expression: ast.AST) -> Iterator[str | None]:
        operands: list[ast.expr] = []
        if isinstance(expression, ast.BinOp):
            operands = [expression.left, expression.right]
        elif isinstance(expression, ast.AugAssign):
            operands = [expression.target, expression.value]
        elif isinstance(expression, ast.UnaryOp):
            operands = [expression.operand]
        elif isinstance(expression, ast.Compare):
            operands = [expression.left, *expression.comparators]
        elif isinstance(expression, ast.Subscript):
            operands = [expression.value, *([expression.slice] if isinstance(expression.slice, ast.Name) else [])]
        elif isinstance(expression, ast.Attribute):
            operands = [expression.value]
        elif isinstance(expression, ast.Call):
            for argument in expression.args:
                if not _is_literal(argument):
                    operands += argument.elts if isinstance(argument, (ast.List, ast.Tuple)) else [argument]
            function = expression.func
            if isinstance(function, ast.Attribute) and not self._is_module(function.value):
                if not hasattr(Tensor, function.attr):
                    return
                operands.insert(0, function.value)
        for one in operands:
            yield _name_of(one)

    def _is_module(self, expression: ast.expr) -> bool:
        while isinstance(expression, ast.Attribute):
            expression = expression.value
        return isinstance(expression, ast.Name) and expression.id in self._modules


def is_meaningful(name: str) -> bool:
    """Says whether a name is more than a placeholder such as ``_``, or a notebook's ``_3`` for a result."""
    return bool(name.strip("_0123456789i")) or name[:1] != "_"


def _span(node: Any) -> Span:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _is_literal(expression: ast.expr) -> bool:
    """Says whether an argument is an axis, a size or the like rather than a tensor."""
    if isinstance(expression, ast.UnaryOp):
        return _is_literal(expression.operand)
    if isinstance(expression, (ast.Tuple, ast.List)):
        return all(_is_literal(one) for one in expression.elts)
    return isinstance(expression, ast.Constant)


def _meaningful_name_of(expression: ast.expr) -> str | None:
    name = _name_of(expression)
    return name if name is not None and is_meaningful(name) else None


def _last_name(function: ast.expr) -> str | None:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def _name_of(expression: ast.expr) -> str | None:
    """Returns the name in ``W``, ``self.W`` or ``weights["W"]``; None for other expressions."""
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
