"""see, explain, watch and snapshot. They load the code for pictures when they are called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    import os

    from ..capture.snapshot import Snapshot
    from ..explanation import Explanation
    from ..graph.operation import Operation
    from ..nn.module import Module
    from ..run import RunWatch
    from ..tensor import Tensor
    from .picture import Picture
    from .watch import Watch


def see(
    *outputs: Tensor | Snapshot | BaseException | str | os.PathLike[str],
    gradients: Any = None,
    view: Literal["graph", "neurons"] = "graph",
    theme: Literal["auto", "light", "dark"] = "auto",
    closed: Collection[str] | None = None,
    fit: Literal["page", "slide", "all"] | tuple[float, float] = "page",
    width: float | Literal["fit"] | None = "fit",
) -> Picture:
    """Returns a picture of the graph of a tensor, usually the loss, with the value and the gradient on every edge.

    The gradients are computed again from the values that the graph holds, so it makes no difference whether `backward`
    was called, and no `.grad` changes. For a step that was run under :class:`edgewise.watch`, the picture shows the
    values from before the update, and the update.

    Parameters
    ----------
    outputs:
        The tensor, or several, whose sum is differentiated. Or a snapshot, or the path of a saved one. Or an error that
        was raised: the picture then shows the forward pass until the failed operation. In the next cell of a notebook,
        that is ``ew.see(sys.last_value)``.
    gradients:
        The gradient to start from, of the output's shape; not needed for a scalar, where it is 1. For several outputs
        a sequence of them, or of None.
    view:
        ``"graph"``, the operations with data on the edges between them; ``"neurons"``, units joined by weights, for
        chains of linear layers and activations.
    theme:
        ``"light"``, ``"dark"``, or ``"auto"``: as the reader's system prefers.
    closed:
        Paths of modules and functions to draw as one box, such as ``["encoder"]``; all others are open. By default,
        `fit` chooses them.
    fit:
        The size that a still picture fits into, by closing modules: ``"page"``, ``"slide"``, or a width and a height in
        pixels. ``"all"`` opens all modules. If a graph does not fit with all modules closed, its picture is larger.
    width:
        The largest width of the drawing in pixels; longer graphs continue in rows below. By default that of `fit`. None
        sets no limit.

    Raises
    ------
    GradientError
        If an output requires no gradient, or is no scalar and has no gradient to start from.
    InPlaceError
        If a value of the graph was overwritten after its use, for example by an optimiser's step.
    FileFormatError
        If a file is no snapshot.
    ViewError
        If the graph is no chain of layers that can be drawn as neurons.

    Examples
    --------
    >>> import edgewise as ew
    >>> W = ew.tensor(2.0, requires_grad=True)
    >>> loss = (3 * W - 5).abs()
    >>> picture = ew.see(loss)
    >>> picture
    <Picture of loss: 3 operations, 1 parameter>
    >>> picture.svg("loss.svg")  # doctest: +SKIP
    """
    from .picture import picture_of

    return picture_of(outputs, gradients, view=view, theme=theme, closed=closed, fit=fit, width=width)


def snapshot(*outputs: Tensor, gradients: Any = None) -> Snapshot:
    """Copies the graph of some tensors: its values, gradients, names and formulas, as plain data.

    Pictures are made from it. It refers to nothing of the program. The backward pass is run again on the values that
    the graph holds, so it makes no difference whether `backward` was called, and no `.grad` changes. Hooks are not
    called; a warning names the tensors that have them.

    Parameters
    ----------
    outputs:
        The tensor whose graph is copied, usually the loss; or several, and the gradients are those of their sum.
    gradients:
        The gradient to start from, of the output's shape. A scalar needs none: its gradient is 1. For several outputs
        a sequence of gradients or None.

    Raises
    ------
    GradientError
        If an output requires no gradient, or is no scalar and has no gradient to start from.
    InPlaceError
        If a value of the graph was overwritten after its use, for example by an optimiser's step.

    Examples
    --------
    >>> import edgewise as ew
    >>> W = ew.tensor(2.0, requires_grad=True)
    >>> loss = W * W
    >>> copied = ew.snapshot(loss)
    >>> [(tensor.name, tensor.gradient.item()) for tensor in copied.tensors]
    [('W', 4.0), ('loss', 1.0)]
    >>> [copied.edges[i].contribution.item() for i in copied.tensors[0].edges]
    [2.0, 2.0]
    """
    from ..capture.watch import capture_of

    return capture_of(outputs, gradients).snapshot


@overload
def watch(*, keep: int | None = 1) -> Watch: ...


@overload
def watch(model: Module, /, *models: Module, every: int | None = None) -> RunWatch: ...


def watch(*models: Module, keep: int | None = 1, every: int | None = None) -> Watch | RunWatch:
    """Watches whole steps, for a picture of one; or with models, their training, for a page that replays the run.

    Without models it copies each backward pass of this thread in the block, before the optimiser writes. When the block
    ends, or the next backward pass begins, it adds the parameters' new values and the rule of the optimiser, if that is
    one of :mod:`edgewise.optim`. After the block, `see` and `explain` show the watched step of a loss, and
    `watch.picture` shows the last one.

    With models it measures some of the optimisers' steps of this thread in the block: parameters, gradients, updates
    and the outputs of modules, and the loss of every step. In long runs every second record is dropped, so memory stays
    bounded. ``watch.page("run.html")`` replays the run.

    Parameters
    ----------
    models:
        The trained model, or several.
    keep:
        Without models: the number of last steps to keep; None for all.
    every:
        With models: record every n-th step. By default, recording takes at most a quarter of a second or 3 % of the
        time: a short run is recorded whole, and a long one is hardly slower.

    Examples
    --------
    >>> import edgewise as ew
    >>> W = ew.tensor(2.0, requires_grad=True)
    >>> optimizer = ew.optim.SGD([W], lr=0.1)
    >>> with ew.watch():
    ...     loss = (3 * W - 5).abs()
    ...     loss.backward()
    ...     optimizer.step()
    >>> update = ew.see(loss).snapshot.tensors[0].update
    >>> print(f"W ← {update.rule} = {update.after.item():.1f}")
    W ← W − 0.1 · ∂L/∂W = 1.7

    >>> model = ew.nn.Linear(2, 1)
    >>> optimizer = ew.optim.SGD(model.parameters(), lr=0.1)
    >>> with ew.watch(model, every=2) as watch:
    ...     for _ in range(5):
    ...         optimizer.zero_grad()
    ...         model(ew.tensor([[1.0, 2.0]])).square().mean().backward()
    ...         optimizer.step()
    >>> watch
    <RunWatch: 5 steps, 3 recorded>
    >>> watch.page("run.html")  # doctest: +SKIP
    """
    if not models:
        if every is not None:
            raise TypeError("watch: every needs the model whose training is watched: ew.watch(model, every=...)")
        from .watch import Watch

        return Watch(keep)
    if keep != 1:
        raise TypeError("watch: keep is for watching single steps, without a model; a run is recorded every few steps")
    from ..run import RunWatch

    return RunWatch(models, every)


def explain(
    what: Tensor | Snapshot | Operation | Callable[..., Any] | str,
    tensor: Tensor | str | Sequence[Tensor] | None = None,
    *,
    open: str | Collection[str] = (),
    full: bool = False,
) -> Explanation:
    """Derives a gradient in formulas and numbers, or shows the formulas of an operation.

    ``explain(loss, W)`` goes back from the loss to `W`. For single numbers it multiplies the local derivatives along
    each path, if there are few. Otherwise it goes step by step and computes each gradient once, with shapes, the
    contributions to a tensor that is used several times, and the axes over which broadcasting is undone. Long
    derivations skip the modules that do not contain `W`.

    ``explain(operation)`` shows the forward and the derivatives of an :class:`edgewise.Operation`, of a function or
    module that applies one, such as ``ew.relu`` or ``nn.ReLU()``, or of an operation's name. They are printed from the
    operation's own code. The formula of a module or function of several operations, such as ``nn.LSTMCell``, is put
    together from those of its operations. ``explain(model, x)`` shows that of any module or function for an input.

    Parameters
    ----------
    what:
        The output, usually the loss; or a snapshot of its graph, or the name of a file with one, which ends in
        ``.safetensors``; or an operation, a function or a module.
    tensor:
        The tensor whose gradient is derived, or its name in pictures. One element of a tensor, as ``W[1, 2]`` or
        ``"W[1, 2]"``, is written as the sum that made it. For a function or a module its input, or a tuple of inputs.
    open:
        The path of a module to show in full, or several.
    full:
        Whether to show all modules in full.

    Returns
    -------
    Explanation
        Prints as text, displays as mathematics in a notebook, and has ``latex()`` for a paper.

    Raises
    ------
    GradientError
        If the tensor is not in the graph of the output, or no gradient flows to it.
    InPlaceError
        If a value of the graph was overwritten after its use, for example by an optimiser's step.
    ArgumentError
        If there is no such operation, or no formula for a module or a function.

    Examples
    --------
    >>> import edgewise as ew
    >>> x, t, W = ew.tensor(0.5), ew.tensor(2.0), ew.tensor(3.0, requires_grad=True)
    >>> loss = (x * W - t).abs()
    >>> ew.explain(loss, W)
    ∂L/∂W: the gradient of loss with respect to W
    <BLANKLINE>
      ∂L/∂W = ∂mul/∂W · ∂sub/∂mul · ∂abs/∂sub = x · 1 · sgn(x · W − t) = 0.5 · 1 · (−1) = −0.5
    >>> ew.explain("relu")
    the operation relu
    <BLANKLINE>
      y = max(x, 0)
        negative numbers become 0, others stay as they are
      ∂y/∂x = 1[x > 0]
        the local derivative: a factor for each element of the gradient that comes in
        where the input was positive, the gradient passes; elsewhere it becomes 0
    """
    from ..explanation import explain as explained

    return explained(what, tensor, open=open, full=full)
