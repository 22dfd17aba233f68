"""Running a user's script as Python does, while its steps are watched."""

from __future__ import annotations

import builtins
import difflib
import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType
from typing import Any

from ..api.watch import Watch
from ..graph.edge import Edge
from ..graph.errors import EdgewiseError
from ..graph.source import library_files
from ..program.recorder import running

INTERRUPTED = 130


class ScriptError(EdgewiseError, ValueError):
    """A file that can't be run as a script."""


@dataclass(frozen=True)
class ScriptResult:
    """The end of a script: its exit code, a message, and the watch."""

    code: int
    message: str
    watch: KeepGraph


class KeepGraph(Watch):
    """Watches steps and, with `keeps_graph`, holds the outputs of the backward passes of the last training step.

    So their graph outlives the script.
    """

    def __init__(self, keeps_graph: bool) -> None:
        super().__init__()
        self._keeps = keeps_graph
        self.outputs: tuple[Edge, ...] = ()

    def backward_begins(self, outputs: Sequence[Edge], gradients: Sequence[Any], deposits: bool = True) -> None:
        """Records the graph before a backward pass changes any gradient."""
        super().backward_begins(outputs, gradients, deposits)
        if self._keeps and not running.recorders:
            # A page starts from gradients of 1, so it can't run a pass that started from others.
            self.outputs = tuple(outputs) if all(start is None for start in gradients) else ()
            self._passes.hold(self.outputs)


def run(path: str, arguments: Sequence[str], *, keeps_graph: bool = False) -> ScriptResult:
    """Runs a script as ``python path arguments`` does, in this process. What goes wrong in it is printed.

    Raises ScriptError, before anything runs, for what is no Python script.
    """
    watch = KeepGraph(keeps_graph)
    code, message = execute(path, arguments, watch)
    return ScriptResult(code, message, watch)


def execute(path: str, arguments: Sequence[str], watch: AbstractContextManager[Any]) -> tuple[int, str]:
    """Runs a script in the same way under any watch; returns its exit code and a message."""
    check(path)
    with open(path, "rb") as file:
        source = file.read()
    with _as_main(path, arguments) as main:
        try:
            code = compile(source, main.__file__ or path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            _print(error, None)
            return 1, ""
        try:
            with watch:
                exec(code, main.__dict__)
        except SystemExit as end:
            return _exit_code(end), ""
        except KeyboardInterrupt:
            return INTERRUPTED, "Stopped."
        except BaseException as error:
            _print(error, _own(error.__traceback__))
            return 1, ""
    return 0, ""


def check(path: str) -> None:
    """Raises ScriptError unless this is an existing Python script; the error says what to do instead."""
    if os.path.isdir(path):
        scripts = sorted(name for name in os.listdir(path) if name.endswith(".py"))
        listed = f": it has {', '.join(scripts[:6])}" if scripts else ""
        raise ScriptError(f"{path} is a folder; name a script in it{listed}")
    if not os.path.exists(path):
        raise ScriptError(f"there is no file {path}{_similar(path)}")
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".ipynb":
        raise ScriptError(
            f"{path} is a notebook: open it, and end a cell with ew.see(loss); or make a script of it with "
            f"jupyter nbconvert --to script {path}"
        )
    if suffix not in (".py", ".pyw") and not _has_shebang(path):
        raise ScriptError(
            f"{path} is neither a Python script, whose name ends in .py, nor a saved snapshot, whose name ends in "
            ".safetensors"
        )


def _has_shebang(path: str) -> bool:
    if os.path.splitext(path)[1] or not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        first = file.readline(200)
    return first.startswith(b"#!") and b"python" in first


def _similar(path: str) -> str:
    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or os.curdir)
    except OSError:
        return f": there is no folder {folder}" if folder else ""
    close = difflib.get_close_matches(name, [*names, *(n[:-3] for n in names if n.endswith(".py"))], n=1)
    if not close:
        return ""
    found = close[0] if close[0] in names else f"{close[0]}.py"
    return f". Did you mean {os.path.join(folder, found)}?"


@contextmanager
def _as_main(path: str, arguments: Sequence[str]) -> Iterator[ModuleType]:
    """Sets a module `__main__`, `sys.argv` and `sys.path` as for a script."""
    main = ModuleType("__main__")
    main.__file__ = os.path.abspath(path)
    main.__loader__ = SourceFileLoader("__main__", main.__file__)
    main.__dict__.update(__builtins__=builtins, __annotations__={}, __cached__=None)
    before = sys.modules["__main__"], sys.argv, sys.path
    sys.modules["__main__"] = main
    sys.argv = [path, *arguments]
    if not sys.flags.safe_path:
        # In the place of the folder that this command was started from.
        sys.path = [os.path.dirname(os.path.realpath(path)), *sys.path[1:]]
    try:
        yield main
    finally:
        sys.modules["__main__"], sys.argv, sys.path = before


def _exit_code(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code
    print(end.code, file=sys.stderr)
    return 1


def _own(trace: TracebackType | None) -> TracebackType | None:
    """Returns the traceback from the script's first frame on."""
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _print(error: BaseException, trace: TracebackType | None) -> None:
    """Prints an error as Python prints an uncaught one."""
    sys.stdout.flush()
    error = error.with_traceback(trace)
    if sys.excepthook is sys.__excepthook__ and _is_from_library(trace):
        sys.stderr.write("".join(_without_library_lines(error).format()))
        return
    try:
        sys.excepthook(type(error), error, trace)
    except Exception:  # the script may have set a hook of its own
        traceback.print_exception(error)


def _is_from_library(trace: TracebackType | None) -> bool:
    """Returns whether an error was raised within the library, whose lines don't help the user."""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in library_files:
            return True
        trace = trace.tb_next
    return False


def _without_library_lines(error: BaseException) -> traceback.TracebackException:
    """Returns the error with the user's own lines, without the library's lines and internal causes."""
    report = traceback.TracebackException.from_exception(error)
    one: traceback.TracebackException | None = report
    while one is not None:
        one.stack = traceback.StackSummary.from_list([f for f in one.stack if f.filename not in library_files])
        for link in ("__cause__", "__context__"):
            before = getattr(one, link)
            if before is not None and all(f.filename.startswith(_INSTALLED) for f in _lines_outside_library(before)):
                setattr(one, link, None)
        one = one.__cause__ or one.__context__
    return report


_INSTALLED = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")})


def _lines_outside_library(report: traceback.TracebackException) -> list[traceback.FrameSummary]:
    return [frame for frame in report.stack if frame.filename not in library_files]
