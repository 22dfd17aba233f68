"""The computational graph: what is said of each edge, and that nothing covers anything else."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.capture.snapshot import UpdateRecord
from edgewise.capture.summary import Numbers
from edgewise.picture import draw
from edgewise.picture.graph import graph_scene
from edgewise.picture.heat import MARK, tiling
from edgewise.picture.scene import Curve, Image, Rectangle, Text
from edgewise.printers.figures import figure
from edgewise.printers.formula.expression import minus, partial, product, symbol

from . import networks
from .reading import box, classes, overlap, things, within


def test_each_edge_of_the_article_shows_its_value_gradient_and_derivative():
    taken = networks.article()
    shown = things(draw(taken), "tensor")
    assert len(shown) == len(taken.tensors) == 13
    for tensor in taken.tensors:
        texts = shown[tensor.id][1]
        assert texts[0] == tensor.symbol
        assert figure(tensor.value.item()) in texts
        if tensor.gradient is not None:
            assert figure(tensor.gradient.item()) in texts[texts.index(figure(tensor.value.item())) + 1 :]
    footers = {texts[0]: texts[-1] for _, texts in shown.values()}
    assert footers["W₁"] == "∂mul₁/∂W₁ = x"
    assert footers["z₁"] == "∂relu/∂z₁ = 1[z₁ > 0]"
    assert footers["W₂"] == "∂mul₂/∂W₂ = x₂"
    assert footers["b₂"] == "∂add₂/∂b₂ = 1"
    assert footers["sub"] == "∂abs/∂sub = sgn(y₂ − t)"


def test_operations_are_labelled_as_in_tables():
    taken = networks.article()
    shown = things(draw(taken), "node")
    assert [texts for _, texts in shown.values()] == [[node.label] for node in taken.nodes]


def test_value_and_gradient_differ_in_more_than_colour():
    taken = networks.article()
    scene = graph_scene(taken)
    for thing in scene.things:
        lines = [shape for shape in thing.shapes if isinstance(shape, Curve)]
        for forward, backward in pairwise(lines):
            if (forward.role, backward.role) == ("forward", "backward"):
                assert forward.side < backward.side
    (parameter,) = [tensor for tensor in taken.tensors if tensor.name == "W2"]
    (chip,) = [thing for thing in scene.things if (thing.kind, thing.id) == ("tensor", parameter.id)]
    heads = {shape.role: shape.direction for shape in chip.shapes if hasattr(shape, "direction")}
    assert heads == {"value": 1, "gradient": -1}
    assert "stroke-dasharray" in draw(taken).split(" .backward{")[-1].split("}")[0]


def test_no_line_leads_back_where_no_gradient_flows():
    taken = networks.article()
    lines = {thing.id: [s.role for s in thing.shapes] for thing in graph_scene(taken).things if thing.kind == "lines"}
    for tensor in taken.tensors:
        if tensor.edges:
            assert ("backward" in lines[tensor.id]) == (tensor.gradient is not None)


def test_each_use_of_a_tensor_has_a_chip_with_its_part_of_the_sum():
    taken = networks.branches()
    svg = draw(taken)
    parts = things(svg, "edge")
    x = taken.tensors[0]
    assert sorted(parts) == sorted(x.edges)
    for id in x.edges:
        assert parts[id][1][:2] == ["x", figure(taken.edges[id].contribution.item())]
    assert {texts[2] for _, texts in parts.values()} == {"∂exp/∂x = exp(x)", "∂mul/∂x = exp(x)"}
    assert "Σ" in things(svg, "tensor")[x.id][1]


def test_small_arrays_are_grids_of_numbers_with_points_below_each_other():
    x = ew.tensor([[1.0, -2.5], [10.25, 0.0]], requires_grad=True)
    y = x.sum()
    taken = snapshot(y)
    (chip,) = [thing for thing in graph_scene(taken).things if thing.kind == "tensor" and thing.id == 0]
    grid = [shape for shape in chip.shapes if isinstance(shape, Text) and shape.role == "grid value"]
    assert [text.text for text in grid] == ["1.00", "−2.50", "10.25", "0.00"]
    assert grid[0].x == grid[2].x != grid[1].x == grid[3].x
    assert grid[0].y == grid[1].y != grid[2].y == grid[3].y


def test_large_arrays_are_heat_maps_with_norm_and_shape():
    taken = networks.digits()
    group, texts = things(draw(taken), "tensor")[next(t.id for t in taken.tensors if t.name == "0.weight")]
    assert "weight₀" in texts
    assert "32×64" in texts
    assert len([element for element in group.iter() if element.tag.endswith("image")]) == 2


def test_what_is_only_rearranged_is_not_mapped_again():
    taken = networks.convolutional()
    reshaped = next(t.id for t in taken.tensors if t.node is not None and taken.nodes[t.node].operation == "reshape")
    group, texts = things(draw(taken), "tensor")[reshaped]
    assert texts[:3] == ["h′₂", "8×36", f"‖·‖ {figure(float(np.linalg.norm(taken.tensors[reshaped].value.whole)))}"]
    assert not [element for element in group.iter() if element.tag.endswith("image")]


def test_very_large_graphs_write_norms_for_arrays():
    taken = networks.transformer(60)
    svg = draw(taken, closed=())
    assert "<image" not in svg
    assert "norm of an array" in svg
    assert not things(svg, "edge")


def test_whole_numbers_are_written_not_coloured():
    taken = networks.digits()
    target = next(tensor for tensor in taken.tensors if tensor.dtype == "int64")
    group, texts = things(draw(taken), "tensor")[target.id]
    assert not [element for element in group.iter() if element.tag.endswith("image")]
    assert texts[-1].startswith(str(target.value.whole[0]))


def test_one_legend_has_the_scale_of_all_values_and_that_of_all_gradients():
    taken = networks.digits()
    (key,) = [thing for thing in graph_scene(taken).things if thing.kind == "legend"]
    texts = [shape.text for shape in key.shapes if isinstance(shape, Text)]
    largest = max(
        abs(tensor.value.whole).max() for tensor in taken.tensors if tensor.dtype == "float32" and tensor.value.size > 9
    )
    assert texts[texts.index("values") + 2] == figure(float(largest))
    assert "gradients" in texts
    assert sum(isinstance(shape, Image) for shape in key.shapes) == 2
    assert "values" not in "".join(things(draw(networks.article()), "legend")[-1][1])


def test_the_legend_has_the_marks_of_maps_that_are_drawn():
    key = things(draw(networks.not_a_number()), "legend")[-1][1]
    assert "NaN" in key
    assert "±∞" not in key
    assert "NaN" not in things(draw(networks.digits()), "legend")[-1][1]


def test_what_is_no_number_stands_out():
    taken = networks.not_a_number()
    shown = things(draw(taken), "tensor")
    group, texts = shown[next(t.id for t in taken.tensors if t.name == "x")]
    assert {"NaN", "∞", "−∞"} <= set(texts)
    assert {"is-nan", "is-infinite", "nan", "infinite"} <= set(classes(group))
    large = next(t.id for t in taken.tensors if t.shape == (6, 20))
    assert "120 NaN" in shown[large][1]
    assert "is-nan" in classes(shown[large][0])


def test_an_update_shows_the_rule_and_the_new_value():
    taken = networks.article()
    W1 = next(tensor for tensor in taken.tensors if tensor.name == "W1")
    rule = minus(symbol("W1"), product(symbol("η"), partial("L", "W1")))
    W1.update = UpdateRecord(Numbers(np.array(0.775)), rule)
    texts = things(draw(taken), "tensor")[W1.id][1]
    assert texts[-1] == "W₁ ← W₁ − η · ∂L/∂W₁"
    assert "0.775" in texts


def test_the_new_value_of_an_array_is_marked_beside_its_numbers():
    taken = networks.watched()
    shown = {taken.tensors[thing.id].name: thing for thing in graph_scene(taken).things if thing.kind == "tensor"}
    for name in ("W", "K"):
        shapes = shown[name].shapes
        (mark,) = [shape for shape in shapes if isinstance(shape, Text) and shape.text == "new"]
        after = [s for s in shapes if isinstance(s, (Text, Image)) and s is not mark and abs(box(s)[1] - mark.y) < 30]
        assert min(box(shape)[0] for shape in after if box(shape)[0] > mark.x) > box(mark)[2]


def test_matrices_of_larger_arrays_are_drawn_side_by_side():
    taken = networks.arrays()
    kernel = next(tensor for tensor in taken.tensors if tensor.name == "kernel")
    value, _ = [e for e in things(draw(taken), "tensor")[kernel.id][0] if e.tag.endswith("image")]
    tiles = tiling((4, 2, 3, 3))
    assert (tiles.down, tiles.across) == (2, 4)
    assert float(value.get("width")) / float(value.get("height")) == pytest.approx(2, rel=0.1)


def test_empty_arrays_say_so():
    taken = networks.arrays()
    texts = things(draw(taken), "tensor")[next(t.id for t in taken.tensors if t.name == "empty")][1]
    assert texts[:4] == ["empty", "0×3", "empty", "empty"]


def test_grids_of_numbers_stay_in_their_chips_also_where_arrays_are_not_mapped():
    x = ew.tensor([[-0.123, 4.567, -2.345, 1.0]] * 3, requires_grad=True)
    rearranged = graph_scene(snapshot((x * 2).permute(1, 0).reshape(3, 4).clone().sum()))
    y = ew.tensor([-1.2345, 0.5, 2.0], requires_grad=True)
    total = y
    for _ in range(1600):
        total = total * 1.0001
    very_large = graph_scene(snapshot(total.sum()), closed=())
    for scene in (rearranged, very_large):
        for thing in scene.things:
            if thing.kind == "tensor":
                chip, *shapes = thing.shapes
                assert all(within(box(shape), box(chip)) for shape in shapes if isinstance(shape, Text))


def test_numbers_end_as_far_from_the_right_side_in_chips_of_all_widths():
    taken = networks.article()
    distances, widths = set(), set()
    for thing in graph_scene(taken).things:
        if thing.kind == "tensor":
            outline = thing.shapes[0]
            value = next(shape for shape in thing.shapes if isinstance(shape, Text) and shape.role == "value")
            assert value.anchor == "end"
            distances.add(round(outline.x + outline.width - value.x, 3))
            widths.add(outline.width)
    assert len(widths) > 1
    assert len(distances) == 1


def test_long_names_are_abridged_where_a_formula_has_no_room_otherwise():
    x = ew.randn(4, 3)
    the_weights_of_the_very_first_layer = ew.randn(3, 3, requires_grad=True)
    the_scale_of_everything_there_is = ew.randn(3, requires_grad=True)
    loss = ((x @ the_weights_of_the_very_first_layer) * the_scale_of_everything_there_is).sum()
    taken = snapshot(loss)
    shown = {taken.tensors[id].name: texts for id, (_, texts) in things(draw(taken), "tensor").items()}
    assert shown["matmul"][-1] == "∂mul/∂u = the_sc…here_is"
    assert shown["the_scale_of_everything_there_is"][-1] == "∂mul/∂· = u, Σ axis 0"


def test_a_formula_without_room_is_the_name_of_the_operation():
    taken = networks.digits()
    group, texts = things(draw(taken), "tensor")[next(t.id for t in taken.tensors if t.shape == (16, 10))]
    assert texts[-1] == "via cross-entropy"
    assert f"∂{taken.output.symbol}/∂" in next(iter(group)).text


def test_a_single_nan_in_a_large_array_is_marked_on_its_map():
    values = np.random.default_rng(0).normal(size=(300, 300)).astype(np.float32)
    values[3, 4] = np.nan
    values[200] = np.inf
    x = ew.tensor(values, requires_grad=True)
    taken = snapshot(x.sum())
    (chip,) = [thing for thing in graph_scene(taken).things if thing.kind == "tensor" and thing.id == 0]
    texts = [shape.text for shape in chip.shapes if isinstance(shape, Text)]
    assert {"1 NaN", "300 ∞"} <= set(texts)

    values[200] = 0
    x = ew.tensor(values, requires_grad=True)
    (chip,) = [t for t in graph_scene(snapshot(x.sum())).things if t.kind == "tensor" and t.id == 0]
    image = next(shape for shape in chip.shapes if isinstance(shape, Image))
    (mark,) = [
        shape for shape in chip.shapes if isinstance(shape, Rectangle) and shape.role == "nan" and not shape.radius
    ]
    assert mark.width == mark.height == MARK
    assert within(box(mark), box(image), 0)
    assert mark.x - image.x < 3
    assert mark.y - image.y < 3


def test_names_that_are_not_the_users_are_lighter():
    taken = networks.article()
    texts = {t.id: t.named for t in taken.tensors}
    for id, (group, _) in things(draw(taken), "tensor").items():
        assert ("unnamed" in classes(group)) == (not texts[id])


def test_modules_are_frames_that_shorten_the_names_within():
    taken = networks.residual()
    scene = graph_scene(taken)
    titles = [s.text for thing in scene.things if thing.kind == "module" for s in thing.shapes if isinstance(s, Text)]
    assert sorted(titles) == sorted(["0 · Residual", "1 · Residual", *["first · Linear", "second · Linear"] * 2])
    weight = next(t.id for t in taken.tensors if t.name == "0.first.weight")
    assert things(draw(taken), "tensor")[weight][1][0] == "weight"


def test_a_closed_module_is_one_box_that_hides_what_is_its_own():
    taken = networks.residual()
    svg = draw(taken, closed=["0", "1.first"])
    texts = [texts for _, texts in things(svg, "module").values()]
    assert {"0", "first"} <= {name for name, *_ in texts}
    (details,) = [details for name, *details in texts if name == "0"]
    own = [t.gradient.whole for t in taken.tensors if t.name.startswith("0.")]
    norm = sum((gradient.astype("float64") ** 2).sum() for gradient in own) ** 0.5
    assert details == ["Residual · 4 operations", "2×3 → 2×3", "24 parameters", f"‖∂·‖ {figure(float(norm))}"]
    hidden = {t.id for t in taken.tensors if t.name.startswith(("0.", "1.first."))}
    assert not hidden & set(things(svg, "tensor"))
    assert len(things(svg, "node")) < len(taken.nodes) - 3


def test_what_a_closed_module_uses_more_than_once_is_one_line():
    taken = networks.residual()
    add = next(tensor for tensor in taken.tensors if tensor.name.startswith("add") and len(tensor.edges) == 2)
    assert set(add.edges) <= set(things(draw(taken), "edge"))
    assert not things(draw(taken, closed=["0", "1"]), "edge")


def test_what_many_closed_modules_use_is_one_line_to_each():
    lstm = nn.LSTM(2, 3)
    taken = ew.see(lstm(ew.randn(5, 1, 2))[0].sum()).snapshot
    weight = next(tensor for tensor in taken.tensors if tensor.name == "weight_hh_l0")
    state = next(tensor for tensor in taken.tensors if tensor.name == "h1")
    steps = [f"step {t}" for t in range(1, 6)]
    assert set(weight.edges) <= set(things(draw(taken, fit="all"), "edge"))
    shown = set(things(draw(taken, closed=steps), "edge"))
    assert not shown.intersection(weight.edges)
    assert shown.issuperset(state.edges)


def test_an_unknown_module_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"no module 'block'.* '0', '0\.first'"):
        draw(networks.residual(), closed=["block"])


def test_one_path_is_not_a_collection_of_paths():
    with pytest.raises(TypeError, match=r"closed: takes paths of modules in a list, such as \['0'\]"):
        draw(networks.residual(), closed="0")


def test_large_graphs_are_drawn_with_inner_modules_closed():
    taken = networks.transformer(20)
    svg = draw(taken)
    assert len(things(svg, "node")) + len(things(svg, "module")) <= 300
    assert len(things(draw(taken, closed=()), "node")) == len(taken.nodes) > 300


@pytest.mark.parametrize("width", [None, 900, 1680])
@pytest.mark.parametrize("network", networks.ALL, ids=lambda network: network.__name__)
def test_nothing_covers_anything_else(network, width):
    scene = graph_scene(network(), width=width)
    paper = (0, 0, scene.width, scene.height)
    boxes = []
    for thing in scene.things:
        texts = [box(shape) for shape in thing.shapes if isinstance(shape, Text)]
        if thing.kind == "lines":
            boxes += texts
        for text in texts:
            assert within(text, paper)
        for one, other in combinations(texts, 2):
            assert not overlap(one, other), thing.about
        if thing.kind in ("tensor", "node", "edge"):
            outline = thing.shapes[0]
            assert isinstance(outline, Rectangle)
            for text in texts:
                assert within(text, box(outline)), thing.about
            boxes.append(box(outline))
        images = [box(shape) for shape in thing.shapes if isinstance(shape, Image)]
        assert not any(overlap(text, image) for text in texts for image in images)
    for one, other in combinations(boxes, 2):
        assert not overlap(one, other)


@pytest.mark.parametrize("network", networks.ALL, ids=lambda network: network.__name__)
def test_titles_of_modules_are_not_covered(network):
    scene = graph_scene(network())
    titles = [box(s) for thing in scene.things if thing.kind == "module" for s in thing.shapes if isinstance(s, Text)]
    chips = [box(thing.shapes[0]) for thing in scene.things if thing.kind in ("tensor", "node", "edge")]
    assert not any(overlap(title, chip) for title in titles for chip in chips)


def test_modules_that_paths_leave_and_enter_again_have_no_frames():
    taken = networks.residual()
    first = next(scope for scope in taken.scopes if scope.path == "0")
    relu = next(node for node in taken.nodes if node.scope == first.id and node.operation == "relu")
    relu.scope = first.parent  # as if it had been made outside
    scene = graph_scene(taken)
    titles = [s.text for thing in scene.things if thing.kind == "module" for s in thing.shapes if isinstance(s, Text)]
    assert "0 · Residual" not in titles
    assert {"1 · Residual", "first · Linear", "second · Linear"} <= set(titles)
    assert {("node", node.id) for node in taken.nodes} <= {(thing.kind, thing.id) for thing in scene.things}
    with pytest.raises(
        ValueError, match="closed: '0' can't be one box, as what is made in it goes out and comes in again"
    ):
        draw(taken, closed=["0"])


def test_each_use_of_a_weight_stands_right_before_its_operation():
    taken = networks.cells()
    scene = graph_scene(taken)
    outlines = {(t.kind, t.id): box(t.shapes[0]) for t in scene.things if t.kind in ("edge", "node", "tensor")}
    weight = next(tensor for tensor in taken.tensors if tensor.name == "weight_hh")
    assert len(weight.edges) == 4
    for id in weight.edges:
        left = outlines["node", taken.edges[id].node][0]
        assert 0 < left - outlines["edge", id][2] < 60
    lines = next(thing for thing in scene.things if (thing.kind, thing.id) == ("lines", weight.id))
    starts = {shape.points[0] for shape in lines.shapes if isinstance(shape, Curve) and shape.role == "forward"}
    own = [start for start in starts if start[0] == outlines["tensor", weight.id][2]]
    assert len(own) == 1


def test_training_does_not_move_the_picture():
    def places(w):
        x = ew.tensor([w, -3.0])
        W = ew.tensor([w * 1000, 1.0], requires_grad=True)
        loss = (x * W).sum()
        scene = graph_scene(snapshot(loss))
        return [(t.kind, t.id, box(t.shapes[0])) for t in scene.things if t.kind in ("tensor", "node")]

    assert places(0.5) == places(-1.25e-7)
