"""The picture of a graph: it displays itself in a notebook or a terminal, and writes files."""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

from ..capture.capture import Capture, snapshot_until
from ..capture.snapshot import Snapshot
from ..capture.storage import load, save
from ..capture.watch import capture_of
from ..graph.edge import Edge
from ..graph.errors import GradientError, InPlaceError
from ..nn.module import Module
from ..optim import Optimizer
from ..picture import Fit, Steps, Theme, View, ViewError, Width, draw, draw_animation, draw_steps
from ..picture.chain import chain_of
from ..picture.convert import pdf_of, png_of
from ..picture.table import table
from ..system.ascii_fallback import encodable
from ..system.files import check_kind, write
from .notebook import HTMLView, NotebookView
from .options import check_fit, check_options, check_scale, checked_paths
from .series import series_paths, series_pattern

if TYPE_CHECKING:
    from ..page.story import Story

__all__ = ["Picture"]

Path = str | os.PathLike[str]


class Picture:
    """A graph with the value and the gradient on every edge, and the options of its drawing.

    In a notebook it displays itself as its live page. It is drawn from its `snapshot`, and holds its tensors, so that
    a page can run them.

    Attributes
    ----------
    snapshot: Snapshot
        The graph as plain data.
    view, theme, closed, fit, width:
        How, as :func:`edgewise.see` takes them.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        view: View = "graph",
        theme: Theme = "auto",
        closed: Collection[str] | None = None,
        fit: Fit = "page",
        width: Width = "fit",
    ) -> None:
        self.snapshot = snapshot
        check_options(view, theme, closed, fit, width)
        self.view = view
        self.theme = theme
        self.closed = None if closed is None else checked_paths(closed, snapshot)
        self.fit: Fit = fit
        self.width: Width = width
        if self.view == "neurons":
            chain_of(snapshot)  # says what is no chain of layers
        self._outputs: tuple[Edge, ...] = ()
        self._taken: Capture | None = None
        self._why_recorded = "It was made from a snapshot, without the program that computes it."

    @overload
    def svg(self, *, fit: Fit | None = None) -> str: ...
    @overload
    def svg(self, path: Path, *, fit: Fit | None = None) -> None: ...
    def svg(self, path: Path | None = None, *, fit: Fit | None = None) -> str | None:
        """Returns the picture as SVG text, or writes it to a file. An existing file is replaced.

        `fit` is as :func:`edgewise.see` takes it; by default that of the picture.
        """
        if path is not None:
            check_kind(path, "svg")
        text = self._svg_text(self.theme, fit)
        if path is None:
            return text
        write(path, text.encode())
        return None

    def print(self) -> None:
        """Prints a table: every edge with its value and its gradient."""
        wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        sys.stdout.write(encodable(table(self.snapshot, wide), getattr(sys.stdout, "encoding", None)))

    @overload
    def png(self, *, scale: float = 2, fit: Fit | None = None) -> bytes: ...
    @overload
    def png(self, path: Path, scale: float = 2, *, fit: Fit | None = None) -> None: ...
    def png(self, path: Path | None = None, scale: float = 2, *, fit: Fit | None = None) -> bytes | None:
        """Returns the picture as PNG, or writes it to a file: `scale` pixels for each of the SVG's.

        `fit` is that of :meth:`svg`. The picture is light unless the theme is dark. Raises MissingExtraError, an
        ImportError, without ``pip install "edgewise[pictures]"``.
        """
        check_scale("png", scale)
        return _returned_or_written(path, "png", lambda: png_of(self._svg_text(self._fixed_theme, fit), scale))

    @overload
    def pdf(self, *, fit: Fit | None = None) -> bytes: ...
    @overload
    def pdf(self, path: Path, *, fit: Fit | None = None) -> None: ...
    def pdf(self, path: Path | None = None, *, fit: Fit | None = None) -> bytes | None:
        """Returns the picture as PDF, or writes it to a file. Theme, `fit` and errors are those of :meth:`png`."""
        return _returned_or_written(path, "pdf", lambda: pdf_of(self._svg_text(self._fixed_theme, fit)))

    def steps(self, path: Path, *, steps: Steps = "all", fit: Fit | None = None, scale: float = 2) -> list[str]:
        """Writes a numbered series of stills, one for each step, and returns their paths.

        A step goes forward or back through one operation or closed module; the last one is the update, if there is one.
        Everything keeps its place from still to still.

        Parameters
        ----------
        path:
            A folder, for files such as ``step-03.svg`` in it. Or the names of the files, with ``{}`` for the number:
            ``"slides/backward-{}.png"``. They end in ``.svg``, ``.png`` or ``.pdf``.
        steps:
            ``"all"``, or ``"backward"``: only the way back and the update.
        fit:
            As :meth:`svg` takes it.
        scale:
            As :meth:`png` takes it.

        Raises
        ------
        ViewError
            If the view is ``"neurons"``. It is a ValueError.
        """
        pattern, kind = series_pattern(path)
        check_scale("steps", scale)
        theme = self.theme if kind == "svg" else self._fixed_theme
        texts = list(draw_steps(self.snapshot, self._checked_steps(steps), theme=theme, **self._size(fit)))
        paths = series_paths(pattern, kind, len(texts))
        for file, text in zip(paths, texts, strict=True):
            write(file, pdf_of(text) if kind == "pdf" else png_of(text, scale) if kind == "png" else text.encode())
        return paths

    @overload
    def animation(self, *, steps: Steps = "backward", seconds: float = 1.2, fit: Fit | None = None) -> str: ...
    @overload
    def animation(
        self, path: Path, *, steps: Steps = "backward", seconds: float = 1.2, fit: Fit | None = None
    ) -> None: ...
    def animation(
        self, path: Path | None = None, *, steps: Steps = "backward", seconds: float = 1.2, fit: Fit | None = None
    ) -> str | None:
        """Returns the picture as an animated SVG of the backward pass, for slides, or writes it to a file.

        It needs no script. Where a reader prefers less motion, and in programs that don't animate SVG, it is the still
        picture.

        Parameters
        ----------
        path:
            The file to write.
        steps:
            ``"backward"``, or ``"all"`` for the way forward before it.
        seconds:
            How long each step is shown.
        fit:
            As :meth:`svg` takes it.

        Raises
        ------
        ViewError
            If the view is ``"neurons"``. It is a ValueError.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
            raise ValueError(f"animation: seconds must be a positive number, not {seconds!r}")
        if path is not None:
            check_kind(path, "svg")
        checked = self._checked_steps(steps)
        text = draw_animation(self.snapshot, checked, seconds, theme=self.theme, **self._size(fit))
        if path is None:
            return text
        write(path, text.encode())
        return None

    def latex(self) -> str:
        """Returns the formulas of the picture as LaTeX: each operation, each gradient, and each update.

        They are in `align*` environments of the package amsmath.
        """
        from ..explanation.whole import equations_of

        return equations_of(self.snapshot).latex()

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
        story: Story | None = None,
        axes: Mapping[Any, Any] | None = None,
    ) -> None:
        """Writes the live page: one HTML file in which any browser runs the network, step by step, and trains it.

        It starts with the numbers of the time when the picture was made. If it can't run the graph, it shows these
        numbers and says why.

        Parameters
        ----------
        path:
            The file to write.
        title:
            The heading; by default the name of the output.
        learning_rate:
            The initial η; by default that of the optimiser, or 0.1.
        optimizer:
            The optimiser whose rule the update follows, from its present state. By default the optimiser whose step was
            watched, or gradient descent.
        batches:
            The values that leaves take in turn while the page trains, usually inputs and targets:
            ``{x: images, t: labels}``. Each value has the leaf's shape. A key can be the leaf's name in the picture.
        images:
            The leaf that holds the images of a classifier. The page then shows them with their labels, predictions and
            probabilities, counts correct predictions, and collects the mistakes.
        predictions, labels:
            The scores of the classes, a row for each image, and the labels. The page finds both if the loss is their
            cross-entropy.
        classes:
            The names of the classes; by default their numbers.
        unseen:
            More batches, in the form of `batches`. The page does not train on them, and counts them separately.
        story:
            Texts that lead through the page: pairs of where and a text. Where is a step; the name of a tensor or an
            operation; such a name with "forward", "backward" or "update", as in ``("W1", "backward")``; a change, such
            as ``{"b1": -5}`` or ``{"learning_rate": 1}``; or a training, such as ``("train", 20)``.
        axes:
            Labels along axes, such as the tokens of a sentence, by tensor or name: ``{ids: ["The", "cat", "sat"]}`` for
            its axis of that length, or ``{scores: {1: [...]}}`` for an axis. They stand at rows and columns, and in the
            names of single numbers, also where an operation takes them on: those of the tokens come to the rows and the
            columns of attention.

        Raises
        ------
        ValueError
            If an argument does not fit the graph.
        """
        from ..page import Gallery

        check_kind(path, "page")
        gallery = Gallery(images, predictions, labels, classes, unseen)
        text = self._page_text(
            title=title,
            learning_rate=learning_rate,
            optimizer=optimizer,
            batches=batches,
            gallery=gallery,
            story=story,
            axes=axes,
        )
        write(path, text.encode())

    def save(self, path: Path) -> None:
        """Saves the snapshot; ``ew.see(path)`` shows it again. The name usually ends in ``.safetensors``."""
        check_kind(path, "save")
        save(self.snapshot, path)

    def _page_text(
        self,
        *,
        title: str | None = None,
        begins: Literal["start", "backward"] = "start",
        story: Story | None = None,
        axes: Mapping[Any, Any] | None = None,
        **options: Any,
    ) -> str:
        """Returns the live page, or a recording of the numbers if it can't run."""
        from ..page import Look, make_page, recorded_page

        look = Look(self.view, self.theme, self.closed, begins, story, axes)
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
    def _fixed_theme(self) -> Theme:
        """A theme that needs no reader's preference."""
        return "light" if self.theme == "auto" else self.theme

    def _svg_text(self, theme: Theme, fit: Fit | None = None) -> str:
        return draw(self.snapshot, view=self.view, theme=theme, **self._size(fit))

    def _size(self, fit: Fit | None) -> dict[str, Any]:
        """Returns the options that decide the size of a still."""
        if fit is not None:
            check_fit(fit)
        return {"closed": self.closed, "fit": self.fit if fit is None else fit, "width": self.width}

    def _checked_steps(self, steps: Any) -> Steps:
        if steps not in get_args(Steps):
            raise ValueError(f"steps must be one of {', '.join(map(repr, get_args(Steps)))}, not {steps!r}")
        if self.view == "neurons":
            raise ViewError("view='neurons' has no steps; view='graph' has them")
        found: Steps = steps
        return found

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Returns the live page and the still picture, for Jupyter and VS Code."""
        del include, exclude  # the caller selects from all of them
        return self._notebook_view.bundle()

    def _display_(self) -> Any:
        """Returns the live page, or the still picture if that is too large, for marimo."""
        return HTMLView(self._notebook_view.html() or self.svg())

    @cached_property
    def _notebook_view(self) -> NotebookView:
        ends, about = self._outputs_and_size
        alt = f"The graph of {ends}: {about}, with the value and the gradient on every edge"
        # Whoever looks at a result in a notebook wants to see all of it at once.
        return NotebookView(lambda: self._page_text(begins="backward"), self.svg, repr(self), alt)

    def __repr__(self) -> str:
        ends, about = self._outputs_and_size
        return f"<Picture of {ends}: {about}>"

    @property
    def _outputs_and_size(self) -> tuple[str, str]:
        """The names of its outputs, and its size in words."""
        snapshot = self.snapshot
        ends = ", ".join(snapshot.tensors[i].name for i in snapshot.outputs)
        parameters = sum(tensor.kind == "parameter" for tensor in snapshot.tensors)
        about = [_count_text(len(snapshot.nodes), "operation"), _count_text(parameters, "parameter")]
        until = f", until {snapshot.until}" if snapshot.until else ""
        return ends, ", ".join(about) + until


def _returned_or_written(path: Path | None, method: str, make: Callable[[], bytes]) -> bytes | None:
    """Returns the result of `make`, or writes it to a file. Checks the file first."""
    if path is None:
        return make()
    check_kind(path, method)
    write(path, make())
    return None


def picture_of(outputs: Sequence[Any], gradients: Any, **options: Any) -> Picture:
    """Returns the picture for the arguments of :func:`edgewise.see`."""
    check_options(**options)
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


def _taken_of(outputs: Sequence[Any], gradients: Any) -> Capture | Snapshot:
    if not outputs:
        raise GradientError("see: give the tensor to show, such as the loss: ew.see(loss)")
    first = outputs[0]
    if isinstance(first, BaseException):
        if len(outputs) > 1 or gradients is not None:
            raise TypeError("see: an error is shown alone, without other outputs or gradients")
        return _snapshot_until_error(first)
    if isinstance(first, (Snapshot, str, os.PathLike)):
        if len(outputs) > 1 or gradients is not None:
            raise TypeError("see: a snapshot is shown alone, without other outputs or gradients")
        return first if isinstance(first, Snapshot) else load(first)
    for output in outputs:
        if not isinstance(output, Edge):
            raise TypeError(f"see: {_type_message(output)}")
    return capture_of(outputs, gradients)


def _snapshot_until_error(error: BaseException) -> Snapshot:
    found = snapshot_until(error)
    if found is None:
        raise GradientError(
            f"see: this {type(error).__name__} came before any operation that could be shown"
            if error.__traceback__ is not None
            else f"see: this {type(error).__name__} was not raised, so the graph before it is unknown"
        )
    return found


def _type_message(output: Any) -> str:
    kind = type(output).__qualname__
    if isinstance(output, Module):
        return f"a {kind} has no graph until it is used on something; show its loss: ew.see(loss)"
    if isinstance(output, (list, tuple)):
        return f"give several tensors one by one, not in a {kind}: ew.see(*outputs)"
    return f"takes tensors, such as the loss before .item(), a snapshot, or the path of a saved one, not {kind}"


def _count_text(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
