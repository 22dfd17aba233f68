"""Networks as neurons joined by weights, and graphs that are no such chain."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.picture import ViewError, draw
from edgewise.picture.chain import chain_of
from edgewise.picture.metrics import text_width
from edgewise.picture.neurons import neurons_scene
from edgewise.picture.scene import Circle, Curve, Rectangle, Text
from edgewise.printers.figures import figure

from . import networks
from .reading import box, classes, overlap, things, within


def symbols(taken):
    chain = chain_of(taken)
    return [(layer.weights.symbol, layer.bias and layer.bias.symbol, layer.labels) for layer in chain.layers]


def weights_of(scene, id):
    (thing,) = [thing for thing in scene.things if thing.kind == "weights" and thing.id == id]
    return [shape for shape in thing.shapes if isinstance(shape, Curve) and shape.role.startswith("weight")]


def test_the_article_is_two_neurons():
    taken = networks.article()
    assert symbols(taken) == [("W₁", "b₁", ["mul₁", "add₁", "relu"]), ("W₂", "b₂", ["mul₂", "add₂"])]
    chain = chain_of(taken)
    assert chain.input.symbol == "x"
    assert [node.label for node in chain.tail] == ["sub", "abs"]
    assert [target.symbol for target in chain.targets] == ["t"]
    svg = draw(taken, view="neurons")
    written = [text for _, texts in things(svg, "tensor").values() for text in texts]
    for tensor in taken.tensors:
        if tensor.symbol in ("x", "W₁", "b₁", "x₂", "W₂", "b₂", "y₂", "L", "t"):
            assert figure(tensor.value.item()) in written
            if tensor.gradient is not None and tensor.symbol != "L":
                assert figure(tensor.gradient.item()) in written


def test_large_layers_are_abridged_and_counted():
    svg = draw(networks.digits(), view="neurons")
    written = [text for _, texts in things(svg, "tensor").values() for text in texts]
    assert "54 more" in written
    assert "22 more" in written
    headings = [text for _, texts in things(svg, "heading").values() for text in texts]
    assert "64 inputs" in headings
    assert "linear₁ → relu" in headings


def test_lines_are_as_thick_as_weights_are_large_and_say_their_sign():
    x = ew.tensor([1.0, 1.0])
    W = ew.tensor([[2.0, -1.0], [0.5, 0.0]], requires_grad=True)
    y = (W @ x).sum()
    taken = snapshot(y)
    lines = weights_of(neurons_scene(taken), next(t.id for t in taken.tensors if t.name == "W"))
    by_width = sorted(lines, key=lambda line: line.width)
    assert [line.role for line in by_width] == [
        "weight plus-line",
        "weight plus-line",
        "weight minus-line",
        "weight plus-line",
    ]
    assert by_width[0].width < by_width[1].width < by_width[2].width < by_width[3].width


@pytest.mark.parametrize(
    "product",
    [
        lambda x, W: x @ W.T,
        lambda x, W: (W @ x.T).T,
        lambda x, W: nn.functional.linear(x, W),
        lambda x, W: x @ W.mT,
    ],
)
def test_weights_join_the_neurons_they_belong_to(product):
    x = ew.tensor([[1.0, 2.0, 3.0]])
    W = ew.tensor([[0.0, 0.0, 5.0], [0.0, 0.0, 0.0]], requires_grad=True)
    y = product(x, W).sum()
    taken = snapshot(y)
    scene = neurons_scene(taken)
    heaviest = max(weights_of(scene, next(t.id for t in taken.tensors if t.name == "W")), key=lambda line: line.width)
    columns = {
        thing.id: [s for s in thing.shapes if isinstance(s, Circle) and "neuron" in s.role]
        for thing in scene.things
        if thing.kind == "tensor"
    }
    assert heaviest.points[0][1] == columns[chain_of(taken).input.id][2].y
    ends = sorted(circle.y for circles in columns.values() if len(circles) == 2 for circle in circles)
    assert heaviest.points[-1][1] == ends[0]


def test_neurons_show_the_first_example():
    x = ew.tensor([[1.0, 2.0], [30.0, 40.0]])
    W = ew.tensor([[1.0, 1.0]], requires_grad=True)
    loss = nn.functional.linear(x, W).tanh().sum()
    svg = draw(snapshot(loss), view="neurons")
    texts = [text for _, texts in things(svg, "tensor").values() for text in texts]
    assert "1.00" in texts
    assert "2.00" in texts
    assert "30.0" not in texts
    assert "(example 1 of 2)" in "".join(things(svg, "legend")[-1][1])


@pytest.mark.parametrize("sizes", [(784, 100, 10), (3, 5, 4, 2), (1, 1), (2, 1, 3), (40, 13)])
def test_nothing_covers_anything_else(sizes):
    ew.manual_seed(0)
    layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.Tanh())]
    model = nn.Sequential(*layers)
    loss = (model(ew.rand(64, sizes[0])) - ew.rand(64, sizes[-1])).square().mean()
    scene = neurons_scene(snapshot(loss))
    texts = [box(s) for thing in scene.things for s in thing.shapes if isinstance(s, Text)]
    assert all(within(text, (0, 0, scene.width, scene.height)) for text in texts)
    for one, other in combinations(texts, 2):
        assert not overlap(one, other)
    solid = [
        box(s)
        for thing in scene.things
        for s in thing.shapes
        if (isinstance(s, Circle) and "neuron" in s.role) or (isinstance(s, Rectangle) and s.role.startswith("chip"))
    ]
    for one, other in combinations(solid, 2):
        assert not overlap(one, other)


def test_what_is_no_number_stands_out():
    x = ew.tensor([1.0, 2.0])
    W = ew.tensor([[float("nan"), 1.0], [1.0, float("inf")]], requires_grad=True)
    y = (W @ x).sum()
    svg = draw(snapshot(y), view="neurons")
    roles = [role for group, _ in things(svg, "tensor").values() for role in classes(group)]
    assert "bad" in roles
    assert "bad-line" in [role for group, _ in things(svg, "weights").values() for role in classes(group)]
    assert "NaN" in [text for _, texts in things(svg, "tensor").values() for text in texts]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (networks.convolutional, r"conv \(line \d+\) is neither a linear layer nor an activation"),
        (networks.residual, r"add₂ \(line \d+\) takes 2 results of layers: add₁ and z₄"),
        (networks.branches, r"exp \(line \d+\) takes x, and no neurons"),
    ],
)
def test_what_is_no_chain_is_refused_with_what_was_found(network, message):
    with pytest.raises(ViewError, match=message + r".*view='graph' draws every graph"):
        draw(network(), view="neurons")


def test_chains_are_refused_for_what_else_parameters_do():
    x = ew.tensor([1.0, 2.0])
    W = ew.tensor([[1.0, 2.0]], requires_grad=True)
    b = ew.tensor([1.0], requires_grad=True)
    loss = ((W @ x).relu() + b).sum()
    with pytest.raises(ViewError, match=r"add .*adds b to what is not the product of a layer"):
        draw(snapshot(loss), view="neurons")
    W = ew.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    with pytest.raises(ViewError, match=r"add .*takes b after sum"):
        draw(snapshot((W @ x).sum() + b), view="neurons")
    with pytest.raises(ViewError, match=r"sum .*makes another number of neurons"):
        draw(snapshot((W @ x).sum() * b), view="neurons")
    with pytest.raises(ViewError, match=r"there is no linear layer"):
        draw(snapshot(ew.tensor(1.0, requires_grad=True)), view="neurons")


@pytest.mark.parametrize(
    "name",
    [
        "elu",
        "gelu",
        "leaky_relu",
        "logsigmoid",
        "relu",
        "sigmoid",
        "silu",
        "softplus",
        "softsign",
        "tanh",
        "log_softmax",
    ],
)
def test_an_activation_belongs_to_the_layer_and_not_to_the_loss(name):
    function = getattr(nn.functional, name)
    z = ew.nn.Linear(2, 3)(ew.ones(4, 2))
    made = function(z, dim=1) if name.endswith("softmax") else function(z)
    chain = chain_of(snapshot(made.mean()))
    assert chain.layers[0].labels == ["linear", made.node.operation.traits.word or name]
    assert [node.operation for node in chain.tail] == ["mean"]


@pytest.mark.parametrize("name", ["mish", "hardsigmoid", "selu", "celu", "tanhshrink", "softmin"])
def test_an_activation_of_several_operations_is_one_of_the_layer(name, tmp_path):
    function = getattr(nn.functional, name)
    hidden = nn.Linear(2, 3)(ew.ones(4, 2))
    hidden = function(hidden, dim=1) if name == "softmin" else function(hidden)
    made = nn.Linear(3, 2)(hidden)
    made = function(made, dim=1) if name == "softmin" else function(made)
    picture = ew.see(made.mean())
    picture.save(tmp_path / "graph.safetensors")
    for taken in (picture.snapshot, ew.see(tmp_path / "graph.safetensors").snapshot):
        chain = chain_of(taken)
        assert [layer.labels[1:] for layer in chain.layers] == [[name], [name]]
        assert [node.operation for node in chain.tail] == ["mean"]
    assert name in draw(picture.snapshot, view="neurons")


def test_a_users_own_operation_may_be_an_activation_and_is_one_when_it_was_saved(tmp_path):
    def bent(kind):
        return ew.Operation("bent", lambda _, x: x * x, lambda _, g, _y, x: 2 * g * x, elementwise=True, kind=kind)

    for kind in ("activation", ""):
        picture = ew.see(bent(kind)(nn.Linear(2, 3)(ew.ones(1, 2))).sum())
        picture.save(tmp_path / "graph.safetensors")
        for taken in (picture.snapshot, ew.see(tmp_path / "graph.safetensors").snapshot):
            assert [node.operation for node in chain_of(taken).tail] == ["bent", "sum"][kind != "" :]


@pytest.mark.parametrize("network", [networks.article, networks.digits])
def test_figures_of_neurons_are_as_large_as_those_of_chips_or_nearly(network):
    scene = neurons_scene(network())
    figures = [
        shape
        for thing in scene.things
        for shape in thing.shapes
        if isinstance(shape, Text) and " at-" in shape.role and shape.role.split()[0] in ("value", "gradient")
    ]
    assert figures
    # The sheet of styles has these sizes: 12 for values, 11 for gradients.
    assert {shape.role.split()[-1] for shape in figures} <= {"at-12-0", "at-11-0"}
    discs = [shape for thing in scene.things for shape in thing.shapes if isinstance(shape, Circle)]
    for figure_ in figures:
        disc = min(discs, key=lambda disc: abs(disc.x - figure_.x) + abs(disc.y - figure_.y) + 100 * (disc.radius < 10))
        width = figure_.limit or text_width(figure_.text, 12)
        assert width <= 2 * disc.radius
