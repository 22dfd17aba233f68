"""Calls of the user's model, loss and metrics, and checks of their results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..graph.arguments import function, short_repr
from ..graph.edge import Edge
from .errors import TrainingError

Loss = Callable[[Any, Any], Any]
Metric = Callable[[Any, Any], Any]
"""``metric(output, target)``: a number, the mean over a batch."""


def check_model(where: str, model: Any) -> None:
    """Raises TypeError unless the model can be called."""
    function(where, "model", model, "inputs, such as an nn.Module")


def check_loss(where: str, loss: Any) -> None:
    """Raises TypeError unless the loss can be called."""
    function(where, "loss", loss, "(output, target), such as nn.CrossEntropyLoss()")


def compute_output(model: Any, inputs: Sequence[Any]) -> Any:
    """Returns the model's output for the inputs of a batch."""
    try:
        output = model(*inputs)
    except TypeError as error:
        if "positional argument" in str(error):
            error.add_note(
                f"{name_of(model)} was called with the {len(inputs)} inputs of a batch, of shapes "
                f"{', '.join(str(tuple(part.shape)) for part in inputs[:4])}{', ...' if len(inputs) > 4 else ''}: all "
                "parts of a batch but the last, which is the target"
            )
        raise
    if output is None:
        raise TrainingError(f"the model, {name_of(model)}, returned None: its forward must return the output")
    return output


def check_output(model: Any, output: Any, items: int) -> Any:
    """Returns the output, if it is a tensor or an array with an entry for each item."""
    if not hasattr(output, "shape"):
        raise TrainingError(
            f"predict: the model, {name_of(model)}, returned {short_repr(output)}; it must return one tensor. A "
            "function that takes its part, such as lambda x: model(x)[0], can be given as the model"
        )
    if tuple(output.shape[:1]) != (items,):
        raise TrainingError(
            f"predict: the model, {name_of(model)}, returned shape {tuple(output.shape)} for a batch of {items}; the "
            "output's first axis must be the items"
        )
    return output


def compute_loss(loss: Loss, output: Any, target: Any) -> Any:
    """Returns the loss of an output: a tensor of one element, or a number."""
    try:
        result = loss(output, target)
    except Exception as error:
        if not hasattr(output, "shape"):
            error.add_note(f"the model returned {short_repr(output)}, and the loss function was given that")
        raise
    if not isinstance(result, Edge):
        return as_number(f"the loss function, {name_of(loss)},", result, "a scalar tensor")
    if any(size != 1 for size in result.array.shape):
        raise TrainingError(
            f"the loss function, {name_of(loss)}, returned shape {tuple(result.array.shape)}; it must return a scalar: "
            "take the mean over the batch"
        )
    return result


def check_trainable(loss: Loss, result: Any) -> Any:
    """Returns the loss, if gradients can flow back from it."""
    if not isinstance(result, Edge):
        raise TrainingError(
            f"the loss function, {name_of(loss)}, returned a {type(result).__name__}; it must return a tensor to learn "
            "from: leave out float(), item() and NumPy's functions"
        )
    if not result.requires_grad:
        raise TrainingError(
            f"the loss that {name_of(loss)} returned requires no gradient, so there is nothing to learn from: was it "
            "computed under no_grad, from a detached output, or without any parameter?"
        )
    return result


def as_number(what: str, result: Any, wanted: str = "a number") -> float:
    """Returns a result as a Python number; errors name its source `what` and the `wanted` kind."""
    shape = tuple(getattr(result, "shape", ()))
    if not hasattr(result, "__float__") or any(size != 1 for size in shape):
        hint = ": does it lack a return?" if result is None else ", the mean over the batch"
        raise TrainingError(
            f"{what} returned {f'shape {shape}' if shape else short_repr(result)}; it must return {wanted}{hint}"
        )
    return float(result)


def name_of(thing: Any) -> str:
    """Returns a function's or a module's name."""
    return str(getattr(thing, "__name__", type(thing).__name__))
