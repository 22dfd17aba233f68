"""The picture of a graph, as people hold it: shown in a notebook or a terminal, and written to files."""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, get_args, overload

from ..capture.capture import Taken, snapshot_until
from ..capture.snapshot import Snapshot
from ..capture.storage import load, save
from ..capture.watch import taken_of
from ..graph.edge import Edge
from ..graph.errors import GradientError, InPlaceError
from ..nn.module import Module
from ..optim import Optimizer
from ..picture import WIDTH, Theme, View, draw
from ..picture.cells import by_neuron
from ..picture.chain import chain_of
from ..picture.convert import pdf_of, png_of
from ..picture.table import table
from ..system.ascii_fallback import plain
from ..system.files import check_kind, write
from .notebook import Framed, Shown

__all__ = ["Picture"]

NARROWEST = 300
"""A picture that is to be narrower than this would have hardly more than one thing beside another."""

Path = str | os.PathLike[str]


class Picture:
    """A graph with the value and the gradient on every edge, and how it is to be drawn.

    A notebook shows it by itself, as its live page. It is drawn from its `snapshot`, and holds the
    tensors that it is of, so that a page can run them.

    Attributes
    ----------
    snapshot: Snapshot
        What is drawn, as plain data.
    view, theme, closed, width:
        How, as :func:`edgewise.see` takes them.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        view: View = "graph",
        theme: Theme = "auto",
        closed: Collection[str] | None = None,
        width: float | None = WIDTH,
    ) -> None:
        self.snapshot = snapshot
        _check_options(view, theme, closed, width)
        self.view = view
        self.theme = theme
        self.closed = None if closed is None else _called(closed, snapshot)
        self.width = width
        if self.view == "neurons":
            chain_of(snapshot)  # says what is no chain of layers
        self._outputs: tuple[Edge, ...] = ()
        self._taken: Taken | None = None
        self._why_recorded = "It was made from a snapshot, without the program that computes it."

    @overload
    def svg(self) -> str: ...
    @overload
    def svg(self, path: Path) -> None: ...
    def svg(self, path: Path | None = None) -> str | None:
        """The picture as SVG text; written to a file, if one is named. A file that is there is replaced."""
        if path is not None:
            check_kind(path, "svg")
        text = self._drawn(self.theme)
        if path is None:
            return text
        write(path, text.encode())
        return None

    def print(self) -> None:
        """Prints a table: every edge with its value and its gradient."""
        wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        sys.stdout.write(plain(table(self.snapshot, wide), getattr(sys.stdout, "encoding", None)))

    @overload
    def png(self, *, scale: float = 2) -> bytes: ...
    @overload
    def png(self, path: Path, scale: float = 2) -> None: ...
    def png(self, path: Path | None = None, scale: float = 2) -> bytes | None:
        """The picture as PNG, light unless the theme is dark: `scale` pixels for each of the SVG's.

        Needs ``pip install "edgewise[pictures]"``; MissingExtraError, an ImportError, says so.
        """
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0 < scale < math.inf:
            raise ValueError(f"png: scale must be a positive number, not {scale!r}")
        return _given(path, "png", lambda: png_of(self._drawn(self._fixed), scale))

    @overload
    def pdf(self) -> bytes: ...
    @overload
    def pdf(self, path: Path) -> None: ...
    def pdf(self, path: Path | None = None) -> bytes | None:
        """The picture as PDF, light unless the theme is dark. Needs what :meth:`png` needs."""
        return _given(path, "pdf", lambda: pdf_of(self._drawn(self._fixed)))

    def page(
        self,
        path: Path,
        *,
        title: str | None = None,
        learning_rate: float | None = None,
        optimizer: Optimizer | None = None,
        batches: Mapping[Any, Iterable[Any]] | None = None,
        images: Any = None,
        predictions: Any = None,
        labels: Any = None,
        classes: Sequence[str] | None = None,
        unseen: Mapping[Any, Iterable[Any]] | None = None,
    ) -> None:
        """Writes the live page: one HTML file in which any browser runs the network, step by step, and trains it.

        It has the numbers of the moment that the picture was made in. What can't be run there is shown with these
        numbers, and the page says why.

        Parameters
        ----------
        path:
            Where to write it.
        title:
            What stands above it; the name of the output by default.
        learning_rate:
            η, as the page begins: by default that of the optimiser, or 0.1.
        optimizer:
            Whose rule the update follows, from what it remembers now on. Without it that is the optimiser whose step
            was watched, or gradient descent.
        batches:
            For some leaves, mostly the inputs and the targets, what they hold in turn while the page trains, such as
            ``{x: images, t: labels}``: one value after the other, each of the leaf's shape. A leaf may also be given by
            its name in the picture.
        images:
            The leaf that holds images to be told apart. The page then shows them with what they are, what the network
            takes them for and how sure it is, counts what it gets right, and collects its mistakes.
        predictions, labels:
            The scores of the classes, a row for each image, and the right ones; found by themselves where the loss is a
            cross-entropy of both.
        classes:
            The names of the classes; their numbers by default.
        unseen:
            More batches, given as `batches` are, that the page does not train on but counts by themselves.

        Raises
        ------
        ValueError
            If what is given does not fit the graph.
        """
        from ..page import Gallery

        check_kind(path, "page")
        gallery = Gallery(images, predictions, labels, classes, unseen)
        text = self._paged(
            title=title, learning_rate=learning_rate, optimizer=optimizer, batches=batches, gallery=gallery
        )
        write(path, text.encode())

    def save(self, path: Path) -> None:
        """Saves the snapshot, so that ``ew.see(path)`` shows it again. By custom the name ends in ``.safetensors``."""
        check_kind(path, "save")
        save(self.snapshot, path)

    def _paged(self, *, title: str | None = None, **options: Any) -> str:
        """The live page, or that of the numbers as they were, where it can't run."""
        from ..page import Look, make_page, recorded_page

        look = Look(self.view, self.theme, self.closed)
        why = self._why_recorded
        if self.snapshot.until:
            why = "It ends where the program was stopped, before its backward pass."
        if self._outputs:
            try:
                return make_page(self._outputs, title=title, taken=self._taken, look=look, **options)
            except InPlaceError as error:
                why = str(error)
        return recorded_page(self.snapshot, why, title=title, look=look)

    @property
    def _fixed(self) -> Theme:
        """A theme that needs no reader's preference."""
        return "light" if self.theme == "auto" else self.theme

    def _drawn(self, theme: Theme) -> str:
        return draw(self.snapshot, view=self.view, theme=theme, closed=self.closed, width=self.width)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """For Jupyter and VS Code: the live page, and the still picture for where that can't be shown."""
        del include, exclude  # whoever asks takes what it wants of all
        return self._shown.bundle()

    def _display_(self) -> Any:
        """For marimo."""
        return Framed(self._shown.html() or self.svg())

    @cached_property
    def _shown(self) -> Shown:
        ends, about = self._about
        alt = f"The graph of {ends}: {about}, with the value and the gradient on every edge"
        return Shown(self._paged, self.svg, repr(self), alt)

    def __repr__(self) -> str:
        ends, about = self._about
        return f"<Picture of {ends}: {about}>"

    @property
    def _about(self) -> tuple[str, str]:
        """What it is of, and how large that is."""
        snapshot = self.snapshot
        ends = ", ".join(snapshot.tensors[i].name for i in snapshot.outputs)
        parameters = sum(tensor.kind == "parameter" for tensor in snapshot.tensors)
        about = [_counted(len(snapshot.nodes), "operation"), _counted(parameters, "parameter")]
        until = f", until {snapshot.until}" if snapshot.until else ""
        return ends, ", ".join(about) + until


def _given(path: Path | None, method: str, make: Callable[[], bytes]) -> bytes | None:
    """What `make` gives, or None if that was written to a file; nothing is made for a file that can't be."""
    if path is None:
        return make()
    check_kind(path, method)
    write(path, make())
    return None


def picture_of(outputs: Sequence[Any], gradients: Any, **options: Any) -> Picture:
    """What :func:`edgewise.see` gives for its arguments."""
    _check_options(**options)
    found = _taken_of(outputs, gradients)
    if isinstance(found, Snapshot):
        return Picture(found, **options)
    picture = Picture(found.snapshot, **options)
    if gradients is not None:
        picture._why_recorded = "Its gradients begin with numbers that were given, and those of a page with 1."
    else:
        # With the names that the program has now, and not where a page of it is made.
        picture._outputs, picture._taken = tuple(outputs), found.with_leaves()
    return picture


def _taken_of(outputs: Sequence[Any], gradients: Any) -> Taken | Snapshot:
    if not outputs:
        raise GradientError("see: give the tensor to show, such as the loss: ew.see(loss)")
    first = outputs[0]
    if isinstance(first, BaseException):
        if len(outputs) > 1 or gradients is not None:
            raise TypeError("see: what an error stopped is shown alone, without other outputs or gradients")
        return _until(first)
    if isinstance(first, (Snapshot, str, os.PathLike)):
        if len(outputs) > 1 or gradients is not None:
            raise TypeError("see: a snapshot is shown alone, without other outputs or gradients")
        return first if isinstance(first, Snapshot) else load(first)
    for output in outputs:
        if not isinstance(output, Edge):
            raise TypeError(f"see: {_wrong(output)}")
    return taken_of(outputs, gradients)


def _until(error: BaseException) -> Snapshot:
    found = snapshot_until(error)
    if found is None:
        raise GradientError(
            f"see: this {type(error).__name__} came before any operation that could be shown"
            if error.__traceback__ is not None
            else f"see: this {type(error).__name__} was not raised, so nobody knows what was computed before it"
        )
    return found


def _wrong(output: Any) -> str:
    kind = type(output).__qualname__
    if isinstance(output, Module):
        return f"a {kind} has no graph until it is used on something; show its loss: ew.see(loss)"
    if isinstance(output, (list, tuple)):
        return f"give several tensors one by one, not in a {kind}: ew.see(*outputs)"
    return f"takes tensors, such as the loss before .item(), a snapshot, or the path of a saved one, not {kind}"


def _check_options(view: Any = "graph", theme: Any = "auto", closed: Any = None, width: Any = WIDTH) -> None:
    for name, given, choices in (("view", view, View), ("theme", theme, Theme)):
        known = get_args(choices)
        if given not in known:
            raise ValueError(f"see: {name} must be one of {', '.join(map(repr, known))}, not {given!r}")
    if closed is not None and (
        isinstance(closed, str) or not isinstance(closed, Collection) or not all(isinstance(p, str) for p in closed)
    ):
        raise TypeError(f"see: closed takes the paths of modules in a list, such as ['encoder'], not {closed!r}")
    if width is not None and (isinstance(width, bool) or not isinstance(width, (int, float)) or not width >= NARROWEST):
        raise ValueError(f"see: width must be a number of pixels, at least {NARROWEST}, or None, not {width!r}")


def _called(closed: Collection[str], snapshot: Snapshot) -> tuple[str, ...]:
    """The paths, which must be those of modules that were called, or of neurons as they are drawn."""
    known = {scope.path: None for scope in by_neuron(snapshot).scopes}
    for path in closed:
        if path not in known:
            named = ", ".join([path for path in known if path][:12])
            raise ValueError(
                f"see: closed names {path!r}, but no module of that path was called; "
                + (f"there are {named}" if named else "the graph has no modules with a path")
            )
    return tuple(closed)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
