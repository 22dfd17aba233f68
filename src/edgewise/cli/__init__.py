"""The command ``edgewise``."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from ..system.ascii_fallback import PLAIN
from ..version import __version__

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, by the shells' convention."""

FAILED = 1
"""The exit code when the folder for files can't be written to."""

BROKEN_PIPE = 1
"""The exit code after a broken pipe, for example into `head`. rich uses it, too."""

LEAST_SIDE = 300
"""The smallest width and height of a picture in pixels."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments, or those of the process, and returns its exit code."""
    _replace_unencodable()
    parser = _parser()
    words = sys.argv[1:] if arguments is None else list(arguments)
    given = parser.parse_args(words)
    _split_arguments(given, words)
    if given.command is None:
        parser.print_help()
        return 0
    try:
        code = _COMMANDS[given.command](given)
        sys.stdout.flush()
    except KeyboardInterrupt as interrupt:
        # On a terminal, ^C stands at the beginning of the line.
        print("\n" * sys.stderr.isatty() + (str(interrupt) or "Stopped."), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Python would complain when it flushes the stream at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


# Each command imports what it needs, so that the others start faster.


def _demo(given: argparse.Namespace) -> int:
    from .. import demo

    try:
        demo.run(folder=given.folder, seed=given.seed, only=given.only, browser=given.browser)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if given.folder is None:
            raise
        print(f"edgewise demo: can't save in {given.folder}: {error.strerror or error}", file=sys.stderr)
        print("Name another folder with --folder, or none to use edgewise-demo in this one.", file=sys.stderr)
        return FAILED
    return 0


def _see(given: argparse.Namespace) -> int:
    from .see import see

    return see(
        given.file,
        given.arguments,
        svg=given.svg,
        page=given.page,
        theme=given.theme,
        view=given.view,
        fit=given.fit,
        in_browser=given.open,
    )


def _explain(given: argparse.Namespace) -> int:
    from .see import explain

    return explain(given.operation)


def _watch(given: argparse.Namespace) -> int:
    from .run import watch

    return watch(
        given.file, given.arguments, page=given.page, every=given.every, port=given.port, in_browser=given.browser
    )


def _lab(given: argparse.Namespace) -> int:
    from .lab import lab

    return lab(given.experiment, given.settings, page=given.page, in_browser=given.open)


_COMMANDS = {"demo": _demo, "see": _see, "watch": _watch, "explain": _explain, "lab": _lab}


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="edgewise",
        description="A neural-network framework in which backpropagation is something you can see.",
        epilog="Start with:  edgewise demo",
    )
    parser.add_argument("--version", action="version", version=f"edgewise {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")
    tour = commands.add_parser(
        "demo",
        help="a tour in under a minute: every edge of a small network, then digits learned from images",
        description="A small network's every value and gradient, then a network that learns to read digits; and both "
        "as pages that run in the browser.",
    )
    tour.add_argument("--only", choices=("edges", "digits"), help="one part of the tour")
    tour.add_argument("--seed", type=int, default=0, help="start from other random weights (default: 0)")
    tour.add_argument(
        "--folder",
        default=None,
        help="where to save the picture, the trained network and the pages (default: edgewise-demo in this folder)",
    )
    tour.add_argument(
        "--no-browser", dest="browser", action="store_false", help="write the pages, but do not open them"
    )
    seeing = commands.add_parser(
        "see",
        help="run a script and show the graph of its last backward pass",
        usage="edgewise see [options] script.py [arguments of the script]",
        epilog=OWN,
        description="Runs a script as python does, and then shows the graph of its last backward pass, or of each pass "
        "if its last training step has several: a table here, a picture in a file and, with --open or --page, a page "
        "that runs it. A saved snapshot (.safetensors) is shown again.",
    )
    seeing.add_argument("file", metavar="script.py", help="a Python script, or a saved snapshot")
    rest = seeing.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    rest.required = False  # so that a missing script is reported alone
    _add_see_options(seeing)
    watching = commands.add_parser(
        "watch",
        help="run a script and show its training in the browser while it goes on",
        usage="edgewise watch [options] script.py [arguments of the script]",
        epilog=OWN,
        description="Runs a script as python does, and shows its training in the browser while that goes on: "
        "loss, weights, gradients and outputs, at an address that only this machine can reach. At the end, or when it "
        "is stopped with Ctrl-C, the run is written as a page of its own. A saved run (.safetensors) is shown again.",
    )
    watching.add_argument("file", metavar="script.py", help="a Python script, or a saved run")
    rest = watching.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    rest.required = False
    _add_watch_options(watching)
    explaining = commands.add_parser(
        "explain",
        help="the formulas of an operation and of its derivatives",
        description="Prints what an operation computes, and its derivatives, as formulas made from its code.",
    )
    explaining.add_argument("operation", help="its name, such as relu, as pictures have it")
    _add_lab(commands)
    return parser


def _add_lab(commands: argparse._SubParsersAction[_Parser]) -> None:
    trying = commands.add_parser(
        "lab",
        help="questions about backpropagation, each as an experiment that runs",
        description="Lists the experiments. With the name of one, runs it, prints what it found, and writes a page "
        "that shows its networks side by side.",
        epilog="Parameters follow the name:  edgewise lab zero-init layers=first seed=3",
    )
    trying.add_argument("experiment", nargs="?", help="which one to run")
    trying.add_argument("settings", nargs="*", metavar="name=value", help="its parameters")
    trying.add_argument("--page", metavar="FILE", help="where to write the page (default: NAME.html in this folder)")
    trying.add_argument("--open", action="store_true", help="open the page in the browser")


def _add_see_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--svg", metavar="FILE", help="where to write the picture (default: script.svg in this folder)")
    parser.add_argument("--open", action="store_true", help="write the live page too, and open it in the browser")
    parser.add_argument(
        "--page", metavar="FILE", help="where to write the live page (default: script.html in this folder)"
    )
    parser.add_argument(
        "--theme", choices=("auto", "light", "dark"), default="auto", help="of the picture (default: auto)"
    )
    parser.add_argument(
        "--view",
        choices=("graph", "neurons"),
        default="graph",
        help="of the picture: operations, or units and weights",
    )
    parser.add_argument(
        "--fit",
        type=_fit,
        default="page",
        metavar="SIZE",
        help="close modules so that the picture fits: page, slide, or pixels such as 1600x900; all opens all "
        "(default: page)",
    )


def _fit(text: str) -> str | tuple[float, float]:
    """Returns the size that an option names."""
    sides = re.fullmatch(r"(\d+)[x×](\d+)", text)
    if sides is not None and min(map(int, sides.groups())) >= LEAST_SIDE:
        return float(sides[1]), float(sides[2])
    if text in ("page", "slide", "all"):
        return text
    raise argparse.ArgumentTypeError(
        f"page, slide, all, or a width and a height of at least {LEAST_SIDE} pixels, such as 1600x900, not {text!r}"
    )


def _add_watch_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--page", metavar="FILE", help="where to write the page of the run (default: script-run.html in this folder)"
    )
    parser.add_argument(
        "--every", type=int, metavar="N", help="record every N steps (default: as often as takes 3 %% of the time)"
    )
    parser.add_argument("--port", type=int, default=0, help="of the address (default: any that is free)")
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="print the address, but do not open it"
    )


_OPTIONS = {"see": _add_see_options, "watch": _add_watch_options}
"""The options of the commands that run a script. They can stand before and after its name."""

OWN = "Options of edgewise can follow the script's name; everything after -- goes to the script."


def _split_arguments(given: argparse.Namespace, words: Sequence[str]) -> None:
    """Separates our options from the arguments of a script. Everything after ``--`` is the script's."""
    if given.command not in _OPTIONS:
        return
    rest: list[str] = given.arguments
    if "--" in words[: len(words) - len(rest)]:
        return  # the script's name follows it, too
    ours = rest[: rest.index("--")] if "--" in rest else rest
    own = rest[len(ours) + 1 :]
    parser = _Parser(prog=f"edgewise {given.command}", add_help=False, allow_abbrev=False, epilog=OWN)
    _OPTIONS[given.command](parser)
    parser.set_defaults(**vars(given))
    found, others = parser.parse_known_args(ours, argparse.Namespace())
    vars(given).update(vars(found), arguments=[*others, *own])


class _Parser(argparse.ArgumentParser):
    """A parser that suggests corrections of misspelt words."""

    def error(self, message: str) -> NoReturn:
        wrong = re.search(r"invalid choice: '([^']*)'|unrecognized arguments: (\S+)", message)
        if wrong is not None:
            word = (wrong[1] or wrong[2]).partition("=")[0]
            close = difflib.get_close_matches(word, self._words(), n=1)
            if close and close[0] != word:
                message += f"\nDid you mean {close[0]}?"
        hint = f"\n{self.epilog}" if self.epilog == OWN and not self.add_help else ""
        self.exit(2, f"{self.prog}: {message}{hint}\nTry:  {self.prog} --help\n")

    def _words(self) -> list[str]:
        """Returns every option and choice of this parser and of its commands."""
        words: list[str] = []
        for action in self._actions:
            words += action.option_strings
            if action.choices is not None:
                words += [str(choice) for choice in action.choices]
            if isinstance(action.choices, dict):
                for command in action.choices.values():
                    words += command._words()
        return words


def _replace_unencodable() -> None:
    """Makes output streams replace characters that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=PLAIN)
