"""Chains of linear layers as a scene: neurons in columns, joined by their weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..capture.snapshot import Snapshot, TensorRecord
from ..capture.summary import SAMPLE, Numbers
from ..printers.figures import figure
from .about import about_picture, about_tensor
from .chain import Chain, Layer, chain_of, width_of
from .chips import Drawn, Scales, is_mapped, tensor_chip
from .heat import scale_of
from .legend import neuron_legend
from .metrics import fitted, text_width
from .scene import Circle, Curve, Point, Rectangle, Scene, Shape, Text, Thing, moved

MARGIN = 24.0
HEADING = 44.0
SHOWN, ENDS = 12, 5  # more neurons are abridged to so many at each end
STEP = 60.0
RADIUS, SINGLE = 26.0, 28.0
GAP = 46.0  # between a column and the chips beside it
THIN, THICK = 0.5, 4.5
DENSE, DENSE_THICK = 60, 2.8  # so many lines are drawn thinner

Array = np.ndarray[Any, Any]


def neurons_scene(snapshot: Snapshot) -> Scene:
    """Draws a network as neurons and weights. Raises ViewError if it is not a chain of linear layers."""
    return _Network(snapshot, chain_of(snapshot)).scene()


class _Column:
    """A column of neurons. `shown` are indices into what :func:`_vector` returns, with None for those left out."""

    def __init__(self, tensor: TensorRecord, *, upright: bool, x: float) -> None:
        self.tensor, self.x = tensor, x
        self.size = width_of(tensor, upright=upright)
        self.examples = tensor.value.size // max(self.size, 1)
        indices: list[int | None] = list(range(min(self.size, SAMPLE)))
        self.shown = indices if self.size <= SHOWN else [*indices[:ENDS], None, *indices[-ENDS:]]
        self.values = _vector(tensor.value, upright=upright)
        self.gradients = None if tensor.gradient is None else _vector(tensor.gradient, upright=upright)
        self.radius = SINGLE if self.size == 1 else RADIUS
        self.y: list[float] = []

    def place(self, middle: float) -> None:
        """Centres the column at a height."""
        top = middle - (len(self.shown) - 1) * STEP / 2
        self.y = [top + row * STEP for row in range(len(self.shown))]

    def neurons(self) -> list[tuple[int, float]]:
        """Returns the drawn neurons: their indices and heights."""
        return [(place, y) for place, y in zip(self.shown, self.y, strict=True) if place is not None]


class _Network:
    def __init__(self, snapshot: Snapshot, chain: Chain) -> None:
        self.snapshot, self.chain = snapshot, chain
        parameters = [p for layer in chain.layers for p in (layer.weights, layer.bias) if p is not None]
        gradients = [p.gradient for p in parameters if p.gradient is not None]
        self.scales = Scales(scale_of([p.value for p in parameters]), scale_of(gradients))
        self.mapped = any(is_mapped(p.value) for p in parameters)
        self.columns: list[_Column] = []
        self.chips: list[tuple[Drawn, TensorRecord, float, bool]] = []

    def scene(self) -> Scene:
        chain = self.chain
        x = MARGIN + SINGLE + 16
        self.columns.append(_Column(chain.input, upright=bool(chain.layers[0].upright), x=x))
        for layer in chain.layers:
            drawn = [self._chip(p) for p in (layer.weights, layer.bias) if p is not None]
            single = layer.neurons == 1 and self.columns[-1].size == 1
            wide = max((one.width for one in drawn[: 1 if single else 2]), default=0.0)
            middle = x + SINGLE + GAP + wide / 2
            x += 2 * SINGLE + 2 * GAP + max(wide, 90.0)
            self.chips.append((drawn[0], layer.weights, middle, single))
            if layer.bias is not None:
                self.chips.append((drawn[1], layer.bias, x if layer.neurons == 1 else middle, False))
            self.columns.append(_Column(layer.output, upright=layer.upright, x=x))
        tallest = max(len(column.shown) for column in self.columns)
        middle = MARGIN + HEADING + max((tallest - 1) * STEP / 2 + RADIUS, 34.0)
        for column in self.columns:
            column.place(middle)
        lines, marks, below = self._parameters(middle, middle + (tallest - 1) * STEP / 2 + RADIUS + 20)
        things = [*lines, *self._loss(x, middle), *(self._column(column) for column in self.columns), *marks]
        things += [self._heading(column) for column in self.columns]
        right = max(shape.x + shape.width for t in things for shape in t.shapes if isinstance(shape, Rectangle))
        right = max(right, self._end(x) + SINGLE + 30 if chain.tail else x + 70)
        examples = self.columns[0].examples
        key = neuron_legend(self.snapshot.objective, self.scales, examples, maps=self.mapped)
        things.append(Thing("legend", None, "", moved(key.shapes, MARGIN, below + 22)))
        width = max(right, key.width + MARGIN) + MARGIN
        title = f"Network of {len(chain.layers)} layers, leading to {self.snapshot.objective.name[:80]}"
        return Scene(width, below + 22 + key.height + MARGIN - 6, title, about_picture(self.snapshot), things)

    def _chip(self, tensor: TensorRecord) -> Drawn:
        return tensor_chip(tensor, tensor.symbol, self.scales, (), summed=False, plain=False)

    # Weights ---------------------------------------------------------------------------------------------------------

    def _parameters(self, middle: float, bottom: float) -> tuple[list[Thing], list[Thing], float]:
        """Returns the lines between neurons, the parameters' chips, and the lowest end of these."""
        lines = []
        for layer, left, right in zip(self.chain.layers, self.columns, self.columns[1:], strict=False):
            about = about_tensor(self.snapshot, layer.weights, plain=False)
            lines.append(Thing("weights", layer.weights.id, about, self._bundle(layer, left, right)))
        marks = []
        reach: dict[float, float] = {}
        lowest = bottom - 20
        for drawn, tensor, x, inline in self.chips:
            top = middle - drawn.port if inline else reach.get(x, bottom)
            shapes: list[Shape] = moved(drawn.shapes, x - drawn.width / 2, top)
            column = next((c for c in self.columns if c.x == x), None)
            if column is not None:
                stem = _vertical_line(x, max(column.y) + column.radius, top)
                lines.append(Thing("lines", tensor.id, "", [stem]))
            if not inline:
                reach[x] = top + drawn.height + 10
            lowest = max(lowest, top + drawn.height)
            marks.append(Thing("tensor", tensor.id, about_tensor(self.snapshot, tensor, plain=False), shapes))
        return lines, marks, lowest

    def _bundle(self, layer: Layer, left: _Column, right: _Column) -> list[Shape]:
        weights = _matrix(layer.weights.value, transposed=layer.transposed)
        found = layer.weights.gradient
        gradients = None if found is None else _matrix(found, transposed=layer.transposed)
        bold: list[tuple[float, list[Shape]]] = []
        dense = len(right.shown) * len(left.shown) > DENSE
        for i, end in right.neurons():
            for j, start in left.neurons():
                points = [(left.x + left.radius, start), (right.x - right.radius, end)]
                weight = float(weights[i, j])
                line = _weight(points, weight, self.scales.value, dense=dense)
                shapes: list[Shape] = [line]
                if gradients is not None:
                    shapes += _gradient_line(line, float(gradients[i, j]), self.scales.gradient)
                size = abs(weight) if math.isfinite(weight) else math.inf
                bold.append((size, shapes))
        bold.sort(key=lambda one: one[0])  # large weights are in front
        return [shape for _, shapes in bold for shape in shapes]

    # Neurons ---------------------------------------------------------------------------------------------------------

    def _column(self, column: _Column) -> Thing:
        thing = Thing("tensor", column.tensor.id, about_tensor(self.snapshot, column.tensor, plain=False))
        layer = next((one for one in self.chain.layers if one.output is column.tensor), None)
        bias = None if layer is None or layer.bias is None else _row(layer.bias.value)
        for place, y in column.neurons():
            gradient = None if column.gradients is None else float(column.gradients[place])
            role = "neuron" if column.tensor.node is not None else f"neuron {column.tensor.kind}"
            thing.shapes += _neuron(column.x, y, column.radius, float(column.values[place]), gradient, role)
            if bias is not None and column.size > 1:
                thing.shapes += self._bias(column, y, float(bias[place]))
        if None in column.shown:
            y = column.y[column.shown.index(None)]
            thing.shapes += [Circle(column.x, y - 14 + 7 * dot, 1.8, "dot") for dot in range(3)]
            thing.shapes.append(Text(column.x, y + 17, f"{column.size - 2 * ENDS} more", "note", "middle"))
        return thing

    def _bias(self, column: _Column, y: float, bias: float) -> list[Shape]:
        """Draws a small disc at a neuron's lower left, with the colour of its bias."""
        x, y = column.x - 0.78 * column.radius, y + 0.78 * column.radius
        tint = Circle(x, y, 4.5, _sign(bias, "fill"), _share(bias, self.scales.value) ** 0.5)
        return [Circle(x, y, 4.5, "knob"), tint]

    def _heading(self, column: _Column) -> Thing:
        layer = next((one for one in self.chain.layers if one.output is column.tensor), None)
        title = column.tensor.symbol if layer is None else " → ".join(layer.labels)
        counted = "" if column.size == 1 else f"{column.size} {'inputs' if layer is None else 'neurons'}"
        named = column.tensor.symbol if layer is not None and column.tensor.named else ""
        detail = " · ".join(text for text in (named, counted) if text)
        shapes: list[Shape] = [
            Text(column.x, MARGIN + 12, fitted(title, 185, 12.5, bold=True, middle=True), "name", "middle")
        ]
        if detail:
            shapes.append(Text(column.x, MARGIN + 27, fitted(detail, 185, 10, middle=True), "note", "middle"))
        return Thing("heading", column.tensor.id, "", shapes)

    # Loss ------------------------------------------------------------------------------------------------------------

    def _end(self, x: float) -> float:
        return x + 2 * SINGLE + 2 * GAP + 40

    def _loss(self, x: float, middle: float) -> list[Thing]:
        """Draws the loss, with lines from the outputs and the targets."""
        if not self.chain.tail:
            return []
        output, last, end = self.snapshot.output, self.columns[-1], self._end(x)
        value = output.value.item() if output.value.size == 1 else float(output.value.statistics.norm)
        lines: list[Shape] = []
        for _, y in last.neurons():
            points = [(x + last.radius, y), (end - SINGLE, middle)]
            lines += [Curve(points, "forward", -2.0), Curve(points, "backward", 2.0)]
        shapes: list[Shape] = list(_neuron(end, middle, SINGLE, float(value), None, "neuron output"))
        steps = " → ".join(node.label for node in self.chain.tail)
        shapes.append(
            Text(end, MARGIN + 12, fitted(output.symbol, 120, 12.5, bold=True, middle=True), "name", "middle")
        )
        shapes.append(Text(end, MARGIN + 27, fitted(steps, 185, 10), "note", "middle"))
        y = middle + SINGLE + 24
        for target in self.chain.targets[:2]:
            drawn = tensor_chip(target, target.symbol, self.scales, (), summed=False, plain=False)
            lines.append(_vertical_line(end, middle + SINGLE, y))
            shapes += moved(drawn.shapes, end - drawn.width / 2, y)
            y += drawn.height + 10
        about = about_tensor(self.snapshot, output, plain=False)
        return [Thing("lines", output.id, "", lines), Thing("tensor", output.id, about, shapes)]


def _neuron(x: float, y: float, radius: float, value: float, gradient: float | None, role: str) -> list[Shape]:
    """Draws a circle with a value, and the gradient below it."""
    shapes: list[Shape] = [Circle(x, y, radius, role)]
    single = radius == SINGLE
    drop = -1.5 if gradient is not None else 4.0
    shapes.append(_number(x, y + drop, value, "value", 12.0, 2 * radius - 6, single))
    if gradient is not None:
        shapes.append(_number(x, y + 11.5, gradient, "gradient", 11.0, 2 * radius - 12, single))
    return shapes


def _number(x: float, y: float, value: float, role: str, size: float, room: float, exact: bool) -> Text:
    text = figure(value) if exact or not math.isfinite(value) else _short_number(value)
    limit = room if text_width(text, size) > room * 1.15 else None
    bad = "" if math.isfinite(value) else " bad"
    return Text(x, y, text, f"{role}{bad} at-{str(size).replace('.', '-')}", "middle", limit)


def _short_number(value: float) -> str:
    """Writes a number in at most six characters."""
    size = abs(value)
    if size == 0:
        return "0"
    if 0.005 <= size < 999.5:
        decimals = 3 if size < 0.0995 else 2 if size < 9.995 else 1 if size < 99.95 else 0
        return f"{value:.{decimals}f}".replace("-", "−")
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")


def _weight(points: list[Point], weight: float, scale: float, *, dense: bool) -> Curve:
    width = THIN + ((DENSE_THICK if dense else THICK) - THIN) * _share(weight, scale)
    return Curve(points, f"weight {_sign(weight, 'line')}", width=width)


def _gradient_line(line: Curve, gradient: float, scale: float) -> list[Shape]:
    """Draws a weight's gradient as dashes below its line; one below a tenth of the largest is left out."""
    share = _share(gradient, scale)
    if share < 0.1:
        return []
    width = 0.6 + 1.2 * share
    return [Curve(line.points, "pull", (line.width or 0) / 2 + 1.2, width)]


def _share(value: float, scale: float) -> float:
    return min(1.0, abs(value) / scale) if math.isfinite(value) else 1.0


def _sign(value: float, what: str) -> str:
    return f"bad-{what}" if not math.isfinite(value) else f"plus-{what}" if value >= 0 else f"minus-{what}"


def _vertical_line(x: float, top: float, bottom: float) -> Curve:
    return Curve([(x, top), (x, bottom)], "stem", corner=0.0)


def _vector(numbers: Numbers, *, upright: bool) -> Array:
    """Returns the first example, or evenly spaced elements of it if there are many."""
    whole = numbers.whole
    if whole is None:
        return numbers.sample[:, 0] if upright else numbers.sample[0]
    table = whole.reshape(1, -1) if whole.ndim < 2 else whole.reshape(-1, whole.shape[-1])
    return _evenly_spaced(table[:, 0] if upright else table[0])


def _row(numbers: Numbers) -> Array:
    return _evenly_spaced(numbers.whole.ravel()) if numbers.whole is not None else numbers.sample.ravel()


def _matrix(numbers: Numbers, *, transposed: bool) -> Array:
    """Returns weights with a row per neuron and a column per input, evenly spaced ones if there are many."""
    whole = numbers.whole
    if whole is None:
        return numbers.sample.T if transposed else numbers.sample
    table = whole.reshape(-1, 1) if transposed and whole.ndim < 2 else np.atleast_2d(whole)
    table = _evenly_spaced(_evenly_spaced(table).T).T
    return table.T if transposed else table


def _evenly_spaced(array: Array) -> Array:
    size = len(array)
    picked: Array = array if size <= SAMPLE else array[np.linspace(0, size - 1, SAMPLE).round().astype(np.intp)]
    return picked
