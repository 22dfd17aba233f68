"""Watching steps for their pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..capture.watch import StepWatch
from ..picture import Theme
from ..system.files import check_kind, write
from .options import check_options
from .picture import Picture, picture_of

__all__ = ["Watch"]


class Watch(StepWatch):
    """The result of :func:`edgewise.watch`: it watches this thread's backward passes while its block runs."""

    @property
    def picture(self) -> Picture:
        """The picture of the last backward pass, as :func:`edgewise.see` makes it.

        Its page runs the step if its loss is still alive when you ask for it.
        """
        snapshot = self.snapshot  # raises where there is none
        outputs = self.live_outputs
        return picture_of(outputs, None) if outputs else Picture(snapshot)

    def page(
        self,
        path: str | os.PathLike[str],
        *,
        names: Sequence[str] | None = None,
        title: str | None = None,
        theme: Theme = "auto",
        axes: Mapping[Any, Any] | None = None,
    ) -> None:
        """Writes the live page of the last training step, in which each backward pass is a chapter.

        A step of a GAN has two passes: that of the discriminator's loss, and that of the generator's. Each chapter
        shows its own graph and gradients, says which parameters its optimiser moves, and trains with the others: what
        an earlier pass moves, a later one works with. Gradients that add up before one step of the optimiser are added
        in the page too. With one pass this is the page of :attr:`picture`.

        Parameters
        ----------
        path:
            The file to write.
        names:
            What to call the passes; by default the names of their losses.
        title:
            The heading; by default it names the passes.
        theme:
            ``"light"``, ``"dark"``, or ``"auto"``, as the reader's system has it.
        axes:
            Labels along axes of tensors, such as tokens, as for :meth:`Picture.page`. Each belongs to all passes that
            have the tensor.

        Raises
        ------
        GradientError
            If no backward pass ran in the block.
        ValueError
            If there are not as many names as passes, or labels belong to no tensor or axis.
        """
        check_kind(path, "page")
        check_options(theme=theme)
        passes = self.passes
        if names is not None:
            names = _checked_names(names, len(passes))
        if title is not None and not isinstance(title, str):
            raise TypeError(f"page: the title must be a string, not a {type(title).__name__}")
        if len(passes) < 2 or self._stopped is not None:
            picture = self.picture
            picture.theme = theme
            picture.page(path, title=title or (names[0] if names else None), axes=axes)
            return
        from ..page import Look, passes_page

        own = names or [step.name for step in passes]
        write(path, passes_page(passes, names=own, title=title, look=Look(theme=theme, axes=axes)).encode())


def _checked_names(names: Any, count: int) -> list[str]:
    given = list(names) if isinstance(names, (list, tuple)) else [names]
    if isinstance(names, str) or not all(isinstance(name, str) and name for name in given):
        raise TypeError(f"page: names are a list of texts, one for each backward pass, not {names!r}")
    if len(given) != count:
        raise ValueError(f"page: there are {len(given)} names for {count} backward pass{'es' * (count != 1)}")
    return given
