"""Using a model without training it: measures over a dataset, and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..data.loader import DataLoader
from ..graph.modes import no_grad
from ..nn.module import Module
from ..ops.joining import concat
from ..tensor import Tensor
from .batches import as_batches, batch_weight, ignored_label, inputs_and_target, tensors_of
from .calls import Loss, check_loss, check_model, check_output, compute_loss, compute_output
from .errors import TrainingError
from .metrics import Averages, measure, metrics_by_name


def evaluate(
    model: Any, data: Any, loss: Loss | None = None, metrics: Any = (), *, batch_size: int | None = None
) -> dict[str, float]:
    """Returns the loss and the metrics of a model over a dataset.

    Meanwhile the model is in evaluation mode, and no gradients are recorded.

    Parameters
    ----------
    model:
        A module, or any function from inputs to output.
    data:
        A Dataset, a DataLoader, a tuple of tensors, or an iterable of batches; see :func:`fit`.
    loss:
        ``loss(output, target)``, the mean over a batch.
    metrics:
        Names such as "accuracy", functions of (output, target), or a dict of functions by name.
    batch_size:
        256 if not given.

    Returns
    -------
    The means over all items, by name. A loss of `nn`, also with class weights or ignored labels, is that of all items
    at once. Other functions are averaged over batches by their numbers of items.
    """
    if loss is None and not metrics:
        raise TrainingError("evaluate: give a loss, metrics, or both")
    check_model("evaluate", model)
    if loss is not None:
        check_loss("evaluate", loss)
    loader = as_batches("data", data, batch_size, 256, shuffle=False)
    means = run_evaluation(model, loader, loss, metrics_by_name(metrics))
    if not means:
        raise TrainingError("evaluate: data gave no batches. A generator can be used only once")
    return means


def run_evaluation(
    model: Any, loader: Any, loss: Loss | None, metrics: Any, on_batch: Callable[[], None] | None = None
) -> dict[str, float]:
    """Returns the means of loss and metrics over the loader's batches; `on_batch` is called after each."""
    averages = Averages()
    with evaluation_mode(model), no_grad():
        for batch in loader:
            inputs, target = inputs_and_target(batch)
            output = compute_output(model, inputs)
            values = measure(metrics, output, target, ignored_label(loss))
            if loss is not None:
                values = {"loss": (float(compute_loss(loss, output, target)), batch_weight(loss, target)), **values}
            averages.add(values)
            if on_batch is not None:
                on_batch()
    return averages.means()


def predict(model: Any, data: Any, *, batch_size: int | None = None) -> Tensor:
    """Returns the outputs of a model for all items, in one tensor, computed in batches in evaluation mode.

    `data` is a tensor of inputs; or a Dataset, a DataLoader or an iterable of batches, whose batches of more than one
    part end in a target, which is ignored.
    """
    check_model("predict", model)
    if isinstance(data, DataLoader) and data.shuffle:
        raise TrainingError(
            "predict: data is a DataLoader that shuffles, so the outputs would be in an unknown order: give "
            "one without shuffle, or its dataset"
        )
    loader = as_batches("data", data, batch_size, 256, shuffle=False)
    outputs = []
    with evaluation_mode(model), no_grad():
        for batch in loader:
            parts = tensors_of(batch)
            inputs = parts[:-1] or parts
            outputs.append(check_output(model, compute_output(model, inputs), inputs[0].shape[0]))
    if not outputs:
        raise TrainingError("predict: data gave no batches. A generator can be used only once")
    return concat(outputs, 0)


@contextmanager
def evaluation_mode(model: Any) -> Iterator[None]:
    """Puts a module into evaluation mode for a block, then restores the mode of each of its parts."""
    if not isinstance(model, Module):
        yield
        return
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
