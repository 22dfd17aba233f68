"""Records a function as a Program, by running it once on recording arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..graph.edge import Edge, edge_of, wrap
from ..graph.trees import leaves, map_leaves, unflatten
from ..ops.random import noting
from .errors import RecordingError
from .lifting import LiftedTensors
from .passes import simplify
from .program import Program, Value
from .recorder import Recorder, RecordingArray, running


def record(
    function: Callable[..., Any], *examples: Any, parameters: Any = (), state: Any = (), tidy: bool = True
) -> Program:
    """Records a function of tensors as a Program of primitive steps.

    The function runs once, unchanged: forward passes, backward passes and updates are all recorded. Its arguments
    have the shapes and dtypes of the examples, and require gradients where the examples do. Other tensors that it
    uses become constants of the Program, except `parameters`; so do Python numbers such as a learning rate or the
    number of steps that an optimiser has counted. Each run of the Program draws new random numbers; those that fill a
    tensor in place (`normal_`, initialisers) are constants.

    Parameters
    ----------
    function:
        Takes tensors, and returns a tensor or a nest (tuples, lists, dicts) of tensors.
    examples:
        Tensors, arrays or numbers, or nests of them: one for each argument. The Program takes their leaves, in order.
    parameters:
        A module with its buffers, or tensors, or a list of modules and tensors. They become inputs of the Program after
        the examples, though they are not arguments of the function. The function can change them.
    state:
        An optimiser that the function steps, or a list of them. Its parameters, unless they are among `parameters`, and
        the arrays of its state, such as velocities, are the last inputs of the Program.
    tidy:
        Whether to run the passes that make the Program shorter.

    Returns
    -------
    Program
        If parameters or a state changed, it returns a pair of what the function returned and the list of all
        parameters and state arrays after it, in the order of the inputs. ``program.start`` is that list before the
        function ran. All tensors and gradients are left unchanged, also if the function raises.

    Raises
    ------
    RecordingError
        If something can't be part of a Program: a shape that depends on values, a function outside the standard, a
        result that is not a tensor, or a change of something that is not in `parameters` or `state`.

    Examples
    --------
    >>> import edgewise as ew
    >>> x = ew.tensor([1.0, 2.0], requires_grad=True)
    >>> program = ew.record(ew.grad(lambda x: (x * x * x).sum()), x)
    >>> program.run(x.detach().numpy())
    array([ 3., 12.], dtype=float32)
    """
    if not callable(function):
        raise TypeError(
            f"record: takes a function of tensors and examples of its arguments, as in record(f, x), not a "
            f"{type(function).__qualname__}"
        )
    recorder = Recorder()
    names = _argument_names(function, len(examples))
    arguments = [_argument(recorder, name, example) for name, example in zip(names, examples, strict=True)]
    inputs = [leaf.array.value for argument in arguments for _, leaf in leaves(argument)]
    with LiftedTensors(recorder, parameters, state) as lifted:
        running.recorders.append(recorder)
        outer, noting.draw = noting.draw, recorder.draw
        try:
            result = function(*arguments)
            after = lifted.after()
            returned = result if after is None else (result, after)
            outputs = [_output(recorder, path, leaf) for path, leaf in leaves(returned)]
        finally:
            noting.draw = outer
            running.recorders.pop()
            recorder.closed = True
    tree = None if isinstance(returned, Edge) else map_leaves(lambda _: ..., returned)
    program = Program(
        [*inputs, *lifted.inputs],
        dict(recorder.constants),
        list(recorder.steps),
        outputs,
        tree,
        list(recorder.looked_at),
        lifted.start,
    )
    return simplify(program) if tidy else program


def _argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """Returns the names of the function's first arguments, or empty texts if they are unknown."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = {}.values()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [*names, *[""] * count][:count]


def _argument(recorder: Recorder, name: str, example: Any) -> Any:
    """Replaces the leaves of an example by recording tensors."""
    tensors = []
    for path, leaf in leaves(example):
        edge: Any = edge_of(leaf)
        if isinstance(edge.array, RecordingArray):
            raise RecordingError("an example is an array of another recording: record one function at a time")
        tensor: Any = wrap(recorder.new(edge.array, edge.name or (name and name + path)))
        tensor.requires_grad = edge.requires_grad
        tensors.append(tensor)
    return unflatten(example, iter(tensors))


def _output(recorder: Recorder, path: str, leaf: Any) -> Value:
    array = leaf.array if isinstance(leaf, Edge) else leaf
    if not hasattr(array, "dtype"):
        raise RecordingError(f"the function returned {leaf!r}{f' at {path}' if path else ''}: it must return tensors")
    value: Value = recorder.operand(array).value
    return value
