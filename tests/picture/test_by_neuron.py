"""Networks of single numbers, grouped by neuron."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree

import pytest

import edgewise as ew
from edgewise.picture import draw
from edgewise.picture.modules import by_neuron


def scalar_network(*sizes: int) -> ew.Tensor:
    numbers = random.Random(0)

    def parameter() -> ew.Tensor:
        return ew.tensor(numbers.uniform(-1, 1), requires_grad=True)

    layer = [ew.tensor(numbers.uniform(-1, 1)) for _ in range(sizes[0])]
    for count in sizes[1:]:
        neurons = []
        for _ in range(count):
            total = parameter()
            for x in layer:
                total = total + parameter() * x
            neurons.append(total.tanh())
        layer = neurons
    return (layer[0] - 1.0).abs()


def test_each_neuron_is_a_scope_with_its_products_sums_and_parameters() -> None:
    snapshot = by_neuron(ew.snapshot(scalar_network(3, 4, 1)))
    assert [scope.kind for scope in snapshot.scopes] == ["tanh"] * 5
    first = [node.operation for node in snapshot.nodes if node.scope == 0]
    assert sorted(first) == ["add", "add", "add", "mul", "mul", "mul", "tanh"]
    weights = [tensor for tensor in snapshot.tensors if tensor.kind == "parameter" and tensor.scope == 0]
    assert len(weights) == 4
    inputs = [tensor for tensor in snapshot.tensors if tensor.node is None and len(tensor.edges) > 1]
    assert all(tensor.scope is None for tensor in inputs)


def test_small_networks_modules_and_arrays_are_left_as_they_are() -> None:
    small = ew.snapshot(scalar_network(2, 1))
    assert by_neuron(small) is small
    arrays = ew.snapshot((ew.ones(2, requires_grad=True) * 2).sum())
    assert by_neuron(arrays) is arrays


def test_a_large_network_of_single_numbers_is_drawn_as_its_neurons() -> None:
    root = ElementTree.fromstring(draw(ew.snapshot(scalar_network(8, 16, 16, 1))))
    words = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert sum(word.startswith("neuron ") for word in words) == 33
    assert len(words) < 1500


def test_a_neuron_is_closed_by_the_name_that_it_has_in_the_picture() -> None:
    loss = scalar_network(3, 4, 1)
    neurons = [f"neuron {i}" for i in range(1, 6)]
    opened, shut = ew.see(loss, closed=()).svg(), ew.see(loss, closed=neurons[:1]).svg()
    assert (opened.count('class="closed"'), shut.count('class="closed"')) == (0, 1)
    assert all(f">{name}" in opened and f">{name}" in shut for name in neurons)
    with pytest.raises(ValueError, match=r"closed names 'neuron 6'.*there are neuron 1, neuron 2, neuron 3"):
        ew.see(loss, closed=["neuron 6"])
