"""Measures of how good a model's outputs are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..graph.arguments import function, shown
from ..graph.arrays import kind, namespace
from ..graph.errors import ShapeError
from ..tensor import Tensor, as_tensor
from .calls import Metric as Metric
from .calls import called, number_of
from .errors import TrainingError


def accuracy(output: Any, target: Any) -> float:
    """The share of items whose largest score, over axis 1, is the target's class.

    `output` holds scores or probabilities, of shape (N, classes, ...), and `target` classes, of shape (N, ...).
    """
    scores, classes = _scores_and_classes("accuracy", output, target)
    xp = namespace(scores)
    return _share(xp, xp.argmax(scores, axis=1) == classes)


def top5_accuracy(output: Any, target: Any) -> float:
    """The share of items whose target's class is among the five with the largest scores."""
    scores, classes = _scores_and_classes("top5_accuracy", output, target)
    xp = namespace(scores)
    numbers = xp.reshape(xp.arange(scores.shape[1]), (1, -1) + (1,) * (scores.ndim - 2))
    chosen = xp.expand_dims(classes, axis=1) == numbers
    own = xp.sum(xp.where(chosen, scores, xp.zeros_like(scores)), axis=1, keepdims=True)
    ahead = xp.sum(xp.astype(scores > own, xp.int64), axis=1)
    return _share(xp, ahead < 5)


def binary_accuracy(output: Any, target: Any) -> float:
    """The share of elements where a logit is above 0 just if the target is above 0.5."""
    logits, wanted = as_tensor(output).array, as_tensor(target).array
    if tuple(logits.shape) != tuple(wanted.shape):
        raise ShapeError(
            f"binary_accuracy: output and target must have the same shape; they are {tuple(logits.shape)} and "
            f"{tuple(wanted.shape)}"
        )
    return _share(namespace(logits), (logits > 0) == (wanted > 0.5))


def mean_absolute_error(output: Any, target: Any) -> float:
    """The mean of ``|output - target|``."""
    return float((as_tensor(output).detach() - as_tensor(target)).abs().mean())


def mean_squared_error(output: Any, target: Any) -> float:
    """The mean of ``(output - target)²``."""
    return float((as_tensor(output).detach() - as_tensor(target)).square().mean())


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "top5_accuracy": top5_accuracy,
    "binary_accuracy": binary_accuracy,
    "mean_absolute_error": mean_absolute_error,
    "mean_squared_error": mean_squared_error,
}


def resolve(metrics: str | Metric | Iterable[str | Metric] | Mapping[str, Metric] | None) -> dict[str, Metric]:
    """The metrics by name, given as names, as functions, or in a dict. Raises TrainingError for an unknown name."""
    given: Any = () if metrics is None else metrics
    if isinstance(given, Mapping):
        chosen = dict(given)
    else:
        chosen = {}
        if isinstance(given, str) or callable(given):
            given = [given]
        if not isinstance(given, Iterable):
            raise TypeError(f"metrics must be names, functions of (output, target), or a dict, not {shown(given)}")
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
            elif callable(metric) and called(metric) in chosen:
                raise TrainingError(f"two metrics are called {called(metric)!r}: name them, in a dict")
            elif callable(metric):
                chosen[called(metric)] = metric
            else:
                raise TypeError(f"a metric is a name or a function of (output, target), not {shown(metric)}")
    for name, metric in chosen.items():
        if not isinstance(name, str):
            raise TypeError(f"the name of a metric must be a string, not {shown(name)}")
        function(f"metric {name!r}", "it", metric, "(output, target)")
        if name in ("loss", "lr", "seconds") or name.startswith("val_"):
            raise TrainingError(f"a metric can't be called {name!r}: the history uses that name itself")
    return chosen


class Averages:
    """Running means over the items of an epoch."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.count = 0

    def add(self, values: Mapping[str, float], items: int) -> None:
        """Takes the means over one batch of `items`."""
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * items
        self.count += items

    def means(self) -> dict[str, float]:
        return {name: total / self.count for name, total in self.sums.items()} if self.count else {}

    def state_dict(self) -> dict[str, Any]:
        return {"sums": dict(self.sums), "count": self.count}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.sums = dict(state["sums"])
        self.count = state["count"]


def measure(metrics: Mapping[str, Metric], output: Any, target: Any) -> dict[str, float]:
    """Every metric as a Python number."""
    values = output.detach() if isinstance(output, Tensor) else output
    return {name: number_of(f"the metric {name!r}", metric(values, target)) for name, metric in metrics.items()}


def _share(xp: Any, right: Any) -> float:
    return float(xp.mean(xp.astype(right, xp.float64)))


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
