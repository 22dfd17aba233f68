"""Metrics: measures of a model's outputs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..graph.arguments import function, short_repr
from ..graph.arrays import kind, namespace
from ..graph.errors import ShapeError
from ..tensor import Tensor, as_tensor
from .batches import IGNORED
from .calls import Metric as Metric
from .calls import as_number, name_of
from .errors import TrainingError


def accuracy(output: Any, target: Any, ignore_index: int = IGNORED) -> float:
    """Returns the share of items whose largest score, over axis 1, is the target's class.

    `output` holds scores or probabilities, of shape (N, classes, ...), and `target` classes, of shape (N, ...). Items
    of the class `ignore_index` are left out; it is NaN if there are no others. `fit` and `evaluate` pass
    the `ignore_index` of the loss.
    """
    scores, classes = _scores_and_classes("accuracy", output, target)
    xp = namespace(scores)
    return _fraction(xp, xp.argmax(scores, axis=1) == classes, classes != ignore_index)


def top5_accuracy(output: Any, target: Any, ignore_index: int = IGNORED) -> float:
    """Returns the share of items whose class is among the five largest scores: see :func:`accuracy`."""
    scores, classes = _scores_and_classes("top5_accuracy", output, target)
    xp = namespace(scores)
    numbers = xp.reshape(xp.arange(scores.shape[1]), (1, -1) + (1,) * (scores.ndim - 2))
    chosen = xp.expand_dims(classes, axis=1) == numbers
    own = xp.sum(xp.where(chosen, scores, xp.zeros_like(scores)), axis=1, keepdims=True)
    ahead = xp.sum(xp.astype(scores > own, xp.int64), axis=1)
    return _fraction(xp, ahead < 5, classes != ignore_index)


def binary_accuracy(output: Any, target: Any) -> float:
    """Returns the share of elements where a logit is above 0 just if the target is above 0.5."""
    logits, wanted = as_tensor(output).array, as_tensor(target).array
    if tuple(logits.shape) != tuple(wanted.shape):
        raise ShapeError(
            f"binary_accuracy: output and target must have the same shape; they are {tuple(logits.shape)} and "
            f"{tuple(wanted.shape)}"
        )
    right = (logits > 0) == (wanted > 0.5)
    return _fraction(namespace(logits), right, right == right)


def mean_absolute_error(output: Any, target: Any) -> float:
    """Returns the mean of ``|output - target|``."""
    return float((as_tensor(output).detach() - as_tensor(target)).abs().mean())


def mean_squared_error(output: Any, target: Any) -> float:
    """Returns the mean of ``(output - target)²``."""
    return float((as_tensor(output).detach() - as_tensor(target)).square().mean())


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "top5_accuracy": top5_accuracy,
    "binary_accuracy": binary_accuracy,
    "mean_absolute_error": mean_absolute_error,
    "mean_squared_error": mean_squared_error,
}


def metrics_by_name(metrics: str | Metric | Iterable[str | Metric] | Mapping[str, Metric] | None) -> dict[str, Metric]:
    """Returns metrics by name, from names, functions or a dict. Raises TrainingError for an unknown name."""
    given: Any = () if metrics is None else metrics
    if isinstance(given, Mapping):
        chosen = dict(given)
    else:
        chosen = {}
        if isinstance(given, str) or callable(given):
            given = [given]
        if not isinstance(given, Iterable):
            raise TypeError(f"metrics must be names, functions of (output, target), or a dict, not {short_repr(given)}")
        for metric in given:
            if isinstance(metric, str):
                if metric not in METRICS:
                    import difflib

                    near = difflib.get_close_matches(metric, METRICS, n=1)
                    raise TrainingError(
                        f"there is no metric {metric!r}"
                        + (f"; did you mean {near[0]!r}?" if near else ".")
                        + f" Known are {', '.join(METRICS)}; or pass a function of (output, target)"
                    )
                chosen[metric] = METRICS[metric]
            elif callable(metric) and name_of(metric) in chosen:
                raise TrainingError(f"two metrics are called {name_of(metric)!r}: name them, in a dict")
            elif callable(metric):
                chosen[name_of(metric)] = metric
            else:
                raise TypeError(f"a metric is a name or a function of (output, target), not {short_repr(metric)}")
    for name, metric in chosen.items():
        if not isinstance(name, str):
            raise TypeError(f"the name of a metric must be a string, not {short_repr(name)}")
        function(f"metric {name!r}", "it", metric, "(output, target)")
        if name in ("loss", "lr", "seconds") or name.startswith("val_"):
            raise TrainingError(f"a metric can't be called {name!r}: the history uses that name itself")
    return chosen


class Averages:
    """Running means over an epoch."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.weights: dict[str, float] = {}

    def add(self, values: Mapping[str, tuple[float, float | None]]) -> None:
        """Adds the means over one batch with their weights; a sum has no weight. Values of weight 0 are left out."""
        for name, (value, weight) in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + (
                value if weight is None else value * weight if weight else 0.0
            )
            self.weights[name] = 1.0 if weight is None else self.weights.get(name, 0.0) + weight

    def means(self) -> dict[str, float]:
        return {
            name: total / self.weights[name] if self.weights[name] else math.nan for name, total in self.sums.items()
        }

    def state_dict(self) -> dict[str, Any]:
        return {"sums": dict(self.sums), "weights": dict(self.weights)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.sums = dict(state["sums"])
        # Checkpoints once held one number of items for all.
        self.weights = dict(state["weights"] if "weights" in state else dict.fromkeys(self.sums, state["count"]))


def measure(
    metrics: Mapping[str, Metric], output: Any, target: Any, ignore_index: int = IGNORED
) -> dict[str, tuple[float, float | None]]:
    """Returns every metric as a Python number, with the batch's weight in it."""
    values = output.detach() if isinstance(output, Tensor) else output
    found: dict[str, tuple[float, float | None]] = {}
    for name, metric in metrics.items():
        if metric in (accuracy, top5_accuracy):
            value = metric(values, target, ignore_index)
            found[name] = value, float((target.array != ignore_index).sum())
        else:
            found[name] = as_number(f"the metric {name!r}", metric(values, target)), float(len(target))
    return found


def _fraction(xp: Any, right: Any, counted: Any) -> float:
    """Returns the fraction of the counted items that is right."""
    number = float(xp.sum(xp.astype(counted, xp.float64)))
    return float(xp.sum(xp.astype(right & counted, xp.float64))) / number if number else math.nan


def _scores_and_classes(name: str, output: Any, target: Any) -> tuple[Any, Any]:
    scores, classes = as_tensor(output).array, as_tensor(target).array
    fits = scores.ndim >= 2 and tuple(classes.shape) == (*scores.shape[:1], *scores.shape[2:])
    if not fits or kind(namespace(classes), classes.dtype) != 1:
        raise ShapeError(
            f"{name}: takes scores of shape (N, classes, ...) and whole numbers of shape (N, ...); output is "
            f"{scores.dtype} {tuple(scores.shape)}, target {classes.dtype} {tuple(classes.shape)}. For one logit an "
            "item there is binary_accuracy"
        )
    return scores, classes
