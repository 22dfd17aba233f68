"""What is in a snapshot, and that taking one disturbs nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from work import lines_run

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.capture.capture import capture
from edgewise.graph.errors import GradientError, InPlaceError


def tensor_named(taken, name):
    (found,) = [tensor for tensor in taken.tensors if tensor.name == name]
    return found


def article():
    """The article's network, with its loss."""
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W1, b1 = ew.tensor(0.8, requires_grad=True), ew.tensor(-0.4, requires_grad=True)
    W2, b2 = ew.tensor(0.5, requires_grad=True), ew.tensor(0.1, requires_grad=True)
    z1 = x * W1 + b1
    x2 = ew.relu(z1)
    z2 = x2 * W2
    y2 = z2 + b2
    return ew.abs(y2 - t)


def test_the_articles_network_has_its_nodes_edges_and_tensors():
    taken = snapshot(article())
    assert [node.label for node in taken.nodes] == ["mul₁", "add₁", "relu", "mul₂", "add₂", "sub", "abs"]
    assert [node.number for node in taken.nodes] == [1, 1, 0, 2, 2, 0, 0]
    assert len(taken.edges) == 12
    used = [[taken.tensors[taken.edges[one.edge].tensor].name for one in node.arguments] for node in taken.nodes]
    assert used == [["x", "W1"], ["mul₁", "b1"], ["z1"], ["x2", "W2"], ["z2", "b2"], ["y2", "t"], ["sub"]]
    assert taken.output.name == "abs"
    assert taken.output.symbol == "L"


def test_the_articles_values_and_gradients_are_on_the_edges():
    taken = snapshot(article())
    gradients = {"W1": -0.75, "b1": -0.5, "W2": -0.8, "b2": -1, "z1": -0.5, "x2": -0.5, "z2": -1, "y2": -1, "abs": 1}
    for name, gradient in gradients.items():
        assert tensor_named(taken, name).gradient.item() == pytest.approx(gradient)
    assert tensor_named(taken, "z1").value.item() == pytest.approx(0.8)
    assert tensor_named(taken, "x").gradient is None
    for tensor in taken.tensors:
        if tensor.gradient is not None and tensor.edges:
            parts = [taken.edges[edge].contribution.item() for edge in tensor.edges]
            assert sum(parts) == pytest.approx(tensor.gradient.item())


def test_the_articles_formulas_are_in_the_users_names():
    taken = snapshot(article())
    local = {}
    for edge in taken.edges:
        if edge.derivative is not None:
            is_factor, formula = edge.derivative
            assert is_factor
            local[taken.nodes[edge.node].label, taken.tensors[edge.tensor].name] = formula.unicode()
    assert local["mul₂", "W2"] == "x₂"
    assert local["add₂", "z2"] == local["add₂", "b2"] == "1"
    assert local["abs", "sub"] == "sgn(y₂ − t)"
    assert local["relu", "z1"] == "1[z₁ > 0]"
    assert [node.formula.unicode() for node in taken.nodes][-2:] == ["y₂ − t", "|y₂ − t|"]


def test_formulas_of_matrices_have_the_loss_in_them():
    x = ew.ones(4, 3)
    W = ew.ones(3, 2, requires_grad=True)
    z = x @ W
    loss = z.sum()
    taken = snapshot(loss)
    (edge,) = tensor_named(taken, "W").edges
    is_factor, formula = taken.edges[edge].derivative
    assert not is_factor
    assert formula.unicode() == "xᵀ · ∂L/∂z"


def test_where_gradients_start_they_are_1_and_not_written():
    x = ew.ones(4, requires_grad=True)
    loss = x.mean()
    assert snapshot(loss).edges[0].derivative[1].unicode() == "1/n"
    assert snapshot(loss, gradients=2.0).edges[0].derivative[1].unicode() == "1/n · ∂J/∂L", "J is 2 · L"


def test_a_result_without_a_name_is_written_out_where_that_is_short():
    x, w = ew.ones(4), ew.ones(4, requires_grad=True)
    loss = ((w * x) ** 2).sum()
    square = snapshot(loss).nodes[1].formula.unicode()
    assert square == "(w ⊙ x)²"
    long = ew.exp(w * x + w / x - x / w).sum()
    assert snapshot(long).nodes[-2].formula.unicode() == "exp(sub)"
    a_name_of_many_letters = w
    another_of_as_many_letters = x
    loss = ((a_name_of_many_letters * another_of_as_many_letters) ** 2).sum()
    del x, w
    assert snapshot(loss).nodes[1].formula.unicode() == "mul²"


def test_leaves_stand_before_and_results_after_their_sources():
    taken = snapshot(article())
    for node in taken.nodes:
        for argument in node.arguments:
            assert taken.edges[argument.edge].tensor < node.output
    assert [tensor.id for tensor in taken.tensors] == list(range(len(taken.tensors)))
    assert [edge.id for edge in taken.edges] == list(range(len(taken.edges)))
    assert [tensor.kind for tensor in taken.tensors[:3]] == ["input", "parameter", "intermediate"]


@given(st.integers(1, 6))
@settings(deadline=None)
def test_a_tensor_used_several_times_has_as_many_contributions_and_their_sum(times):
    x = ew.tensor([2.0, 3.0], requires_grad=True)
    loss = sum((x * k for k in range(1, times + 1)), ew.tensor(0.0)).sum()
    leaf = tensor_named(snapshot(loss), "x")
    taken = snapshot(loss)
    parts = [taken.edges[edge].contribution.whole for edge in tensor_named(taken, "x").edges]
    assert [part.tolist() for part in parts] == [[k, k] for k in range(1, times + 1)]
    assert leaf.gradient.whole.tolist() == [times * (times + 1) / 2] * 2


def test_one_node_may_use_a_tensor_twice():
    x = ew.tensor(3.0, requires_grad=True)
    taken = snapshot(x * x)
    assert [(edge.node, edge.argument, edge.contribution.item()) for edge in taken.edges] == [(0, 0, 3), (0, 1, 3)]
    assert taken.tensors[0].edges == (0, 1)
    assert taken.tensors[0].gradient.item() == 6


def test_broadcasting_names_the_axes_that_are_summed():
    row, column = ew.ones(3, requires_grad=True), ew.ones(4, 1, requires_grad=True)
    number = ew.tensor(1.0, requires_grad=True)
    loss = ((row + column) * number).sum()
    taken = snapshot(loss)
    summed = {taken.tensors[edge.tensor].name: edge.summed for edge in taken.edges}
    assert summed == {"row": (0,), "column": (1,), "add": (), "number": (0, 1), "mul": ()}


def test_of_a_matrix_product_only_the_batch_is_summed():
    a, b = ew.ones(5, 2, 3, requires_grad=True), ew.ones(3, 4, requires_grad=True)
    v = ew.ones(4, requires_grad=True)
    loss = (a @ b @ v).sum()
    taken = snapshot(loss)
    summed = {taken.tensors[edge.tensor].name: edge.summed for edge in taken.edges}
    assert summed["a"] == ()
    assert summed["b"] == (0,)
    assert summed["v"] == (0,)


def test_plain_numbers_are_arguments_without_edges():
    x = ew.tensor(3.0, requires_grad=True)
    taken = snapshot(1 - 2 * x)
    numbers = [[argument.number for argument in node.arguments] for node in taken.nodes]
    assert sorted(number for row in numbers for number in row if number is not None) == [1, 2]
    assert len(taken.edges) == 2


def test_params_are_kept_as_text():
    x = ew.ones(2, 3, requires_grad=True)
    taken = snapshot(x[:, 1:].sum())
    assert taken.nodes[0].params == {"form": "[:, 1:]"}
    assert taken.nodes[1].params["axis"] == "None"


def test_modules_are_scopes_inside_one_another():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 1)))
    loss = model(ew.ones(2, 3)).mean()
    taken = snapshot(loss)
    assert [(scope.kind, scope.path, scope.parent) for scope in taken.scopes] == [
        ("Sequential", "", None),
        ("Linear", "0", 0),
        ("ReLU", "1", 0),
        ("Sequential", "2", 0),
        ("Linear", "2.0", 3),
    ]
    assert [node.scope for node in taken.nodes] == [1, 2, 4, None]
    assert tensor_named(taken, "2.0.weight").scope == 4


def test_recorded_backward_passes_are_scopes_named_by_what_they_differentiate():
    x, t = ew.tensor([0.5, 1.0], requires_grad=True), ew.tensor([0.1, 0.2], requires_grad=True)
    u = ew.sin(x) * ew.exp(t)
    (u_x,) = ew.autograd.grad(u.sum(), x, create_graph=True)
    (u_xx,) = ew.autograd.grad(u_x.sum(), x, create_graph=True)
    (u_xt,) = ew.autograd.grad(u_x.sum(), t, create_graph=True)
    u_t, u_x_again = ew.autograd.grad(u, [t, x], ew.ones(2), create_graph=True)
    taken = ew.snapshot((u_xx + u_xt + u_t + u_x_again).sum())
    assert [(scope.name, scope.kind) for scope in taken.scopes] == [
        ("∂u/∂x", "derivative"),
        ("∂²u/∂x²", "second derivative"),
        ("∂²u/∂x∂t", "second derivative"),
        ("∂u/∂(t, x)", "derivative"),
    ]
    assert "exp" in {node.label for node in taken.nodes if node.scope is None}


def test_derivatives_of_higher_order_are_named_by_all_their_passes():
    x, t = ew.tensor([0.5, 1.0], requires_grad=True), ew.tensor([0.1, 0.2], requires_grad=True)
    u = ew.sin(x) * ew.exp(t)
    (u_x,) = ew.autograd.grad(u.sum(), x, create_graph=True)
    (u_xx,) = ew.autograd.grad(u_x.sum(), x, create_graph=True)
    (u_xxt,) = ew.autograd.grad(u_xx.sum(), t, create_graph=True)
    (u_xxtx,) = ew.autograd.grad(u_xxt.sum(), x, create_graph=True)
    taken = ew.snapshot(u_xxtx.sum())
    assert [(scope.name, scope.kind) for scope in taken.scopes] == [
        ("∂u/∂x", "derivative"),
        ("∂²u/∂x²", "second derivative"),
        ("∂³u/∂x²∂t", "higher derivative"),
        ("∂⁴u/∂x²∂t∂x", "higher derivative"),
    ]


def test_the_order_of_a_derivative_counts_only_the_passes_that_it_goes_through():
    x, y = ew.tensor([0.5, 1.0], requires_grad=True), ew.tensor([2.0, 3.0], requires_grad=True)
    (slope,) = ew.autograd.grad((x**3).sum(), x, create_graph=True)
    # The penalty is made from the slope, not by its backward pass; y's gradient reads the slope and ends there.
    (curvature,) = ew.autograd.grad((slope * slope).sum(), x, create_graph=True)
    (other,) = ew.autograd.grad((slope * y * y).sum(), y, create_graph=True)
    taken = ew.snapshot((curvature * other).sum())
    assert [scope.kind for scope in taken.scopes] == ["derivative", "second derivative", "derivative"]


def test_a_nested_transform_is_a_derivative_of_second_order():
    x = ew.tensor(0.5, requires_grad=True)
    taken = ew.snapshot(ew.grad(ew.grad(lambda x: x**4))(x))
    assert taken.scopes[-1].kind == "second derivative"


def test_a_backward_pass_that_is_not_recorded_leaves_no_scope():
    x = ew.tensor(2.0, requires_grad=True)
    (slope,) = ew.autograd.grad(x * x, x)
    assert not ew.snapshot(x * slope).scopes


def test_each_call_of_a_shared_module_is_a_scope_and_its_weight_one_tensor():
    layer = nn.Linear(2, 2, bias=False)
    loss = layer(layer(ew.ones(1, 2))).sum()
    taken = snapshot(loss)
    assert len(taken.scopes) == 2
    weight = tensor_named(taken, "weight")
    assert len(weight.edges) == 2
    parts = [taken.edges[edge].contribution.whole for edge in weight.edges]
    assert np.allclose(parts[0] + parts[1], weight.gradient.whole)


def test_several_outputs_are_seen_together():
    x = ew.tensor(2.0, requires_grad=True)
    a, b = x * 3, x * 4
    taken = snapshot(a, b)
    assert [taken.tensors[i].name for i in taken.outputs] == ["a", "b"]
    assert tensor_named(taken, "x").gradient.item() == 7


def test_a_leaf_alone_can_be_seen():
    x = ew.tensor(2.0, requires_grad=True)
    taken = snapshot(x)
    assert (taken.nodes, taken.output.name, taken.output.gradient.item()) == ([], "x", 1)


def test_it_makes_no_difference_whether_backward_was_called():
    loss = article()
    before = snapshot(loss)
    loss.backward()
    with ew.no_grad():
        assert snapshot(loss) == before


def test_no_grad_attribute_changes():
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    y.retain_grad()
    snapshot(y.sum())
    assert x.grad is None
    assert y.grad is None
    y.sum().backward()
    before = x.grad.tolist(), y.grad.tolist()
    snapshot(y.sum())
    assert (x.grad.tolist(), y.grad.tolist()) == before


def test_hooks_are_not_called():
    called = []
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    for tensor in (x, y):
        tensor.register_hook(lambda gradient: called.append(gradient) or gradient * 100)
    x.register_post_accumulate_grad_hook(called.append)
    with pytest.warns(UserWarning, match="hooks of x, y are not called for a picture"):
        taken = snapshot(y.sum())
    assert called == []
    assert tensor_named(taken, "x").gradient.whole.tolist() == [2, 2]
    assert [tensor.name for tensor in taken.tensors if tensor.hooked] == ["x", "y"]


def test_random_numbers_go_on_as_if_nothing_had_been_seen():
    def drawn(look):
        ew.manual_seed(0)
        x = ew.ones(8, requires_grad=True)
        loss = ew.nn.functional.dropout(x, 0.5).sum()
        if look:
            snapshot(loss)
        return ew.rand(4).tolist()

    assert drawn(True) == drawn(False)


def test_a_search_for_nan_does_not_stop_a_picture_of_nan():
    x = ew.tensor(0.0, requires_grad=True)
    loss = ew.sqrt(x) * 0
    with ew.autograd.detect_anomaly():
        taken = snapshot(loss)
        assert ew.graph.modes.is_anomaly_enabled()
    assert math.isnan(tensor_named(taken, "x").gradient.item())


def test_without_a_gradient_a_tensor_of_several_elements_is_refused():
    x = ew.ones(3, requires_grad=True)
    with pytest.raises(GradientError, match=r"shape \(3,\).*\.sum\(\)"):
        snapshot(x * 2)
    taken = snapshot(x * 2, gradients=[1.0, 0.0, 3.0])
    assert tensor_named(taken, "x").gradient.whole.tolist() == [2, 0, 6]
    assert snapshot(x * 2, gradients=[ew.tensor([1.0, 0.0, 3.0])]).tensors == taken.tensors


def test_gradients_of_several_outputs_are_a_sequence():
    x = ew.ones(2, requires_grad=True)
    taken = snapshot((x * 2).sum(), x * 3, gradients=[None, ew.tensor([1.0, 2.0])])
    assert tensor_named(taken, "x").gradient.whole.tolist() == [5, 8]
    with pytest.raises(GradientError, match="2 outputs but 1 gradients"):
        snapshot(x.sum(), x * 3, gradients=[None])


def test_what_requires_no_gradient_is_refused():
    with pytest.raises(GradientError, match="does not require a gradient"):
        snapshot(ew.ones(3).sum())
    with pytest.raises(TypeError, match=r"before \.item\(\), not a float"):
        snapshot(0.5)
    with pytest.raises(GradientError, match="give the tensor"):
        snapshot()


def test_after_an_optimisers_step_the_error_names_tensor_line_and_remedy():
    x = ew.ones(2, 3)
    model = nn.Linear(3, 1)
    optimiser = ew.optim.SGD(model.parameters(), lr=0.1)
    loss = model(x).sum()
    loss.backward()
    snapshot(loss)
    optimiser.step()
    with pytest.raises(
        InPlaceError, match=r"weight.* used by linear .*test_capture\.py.*before optimiser\.step\(\).*watch"
    ):
        snapshot(loss)
    assert tensor_named(snapshot(model(x).sum()), "weight").shape == (1, 3)


def test_an_overwritten_value_that_no_derivative_reads_is_an_error_too():
    b = ew.zeros(2, requires_grad=True)
    loss = (b + 1).sum()
    with ew.no_grad():
        b += 5
    loss.backward()
    with pytest.raises(InPlaceError, match="b, float32"):
        snapshot(loss)


def test_totals_added_up_in_place_can_be_seen():
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    total = ew.tensor(0.0)
    for k in range(3):
        total += (x * k).sum()
    taken = snapshot(total)
    assert taken.tensors[0].kind == "parameter"
    assert tensor_named(taken, "x").gradient.whole.tolist() == [3, 3]


def test_arrays_of_another_library_are_seen():
    strict = pytest.importorskip("array_api_strict")
    x = ew.as_tensor(strict.asarray([1.0, 2.0])).requires_grad_()
    taken = snapshot((x * x).sum())
    assert type(taken.tensors[0].value.whole) is np.ndarray
    assert tensor_named(taken, "x").gradient.whole.tolist() == [2, 4]


def test_a_users_own_operation_is_seen():
    cube = ew.Operation("cube", lambda _xp, x: x * x * x, lambda _xp, g, _y, x: 3 * g * x * x, elementwise=True)
    x = ew.tensor(2.0, requires_grad=True)
    taken = snapshot(cube(x))
    assert taken.nodes[0].label == "cube"
    assert taken.edges[0].contribution.item() == 12


def test_the_work_of_a_snapshot_grows_as_the_graph_does():
    def chain(steps: int) -> ew.Tensor:
        w = ew.tensor(np.full(4, 0.5, np.float32), requires_grad=True)
        h = ew.ones(4)
        for _ in range(steps):
            h = ew.tanh(h * w)
        return h.sum()

    small, large = chain(250), chain(1000)
    assert len(snapshot(large).nodes) == 2001
    assert lines_run(lambda: snapshot(large)) < 4.2 * lines_run(lambda: snapshot(small))


def test_tensors_can_be_found_again_in_a_snapshot():
    W = ew.tensor(2.0, requires_grad=True)
    y = W * 3
    taken = capture([y])
    assert taken.snapshot.tensors[taken.tensor_ids[W]].name == "W"
    assert taken.snapshot.tensors[taken.tensor_ids[y]].name == "y"


def test_in_place_changes_are_nodes_like_others():
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    h = x * 2
    h += 1
    h[0] = x[1]
    taken = snapshot(h.sum())
    assert [node.operation for node in taken.nodes] == ["mul", "add", "getitem", "setitem", "sum"]
    assert [tensor.name for tensor in taken.tensors if tensor.node is not None][:2] == ["h₁", "h₂"]
    assert tensor_named(taken, "x").gradient.whole.tolist() == [0, 3]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.0, 1e300, 10**30, True])
@pytest.mark.parametrize(
    "step",
    [lambda x, k: x * k, lambda x, k: k / x, lambda x, k: x**k, lambda x, k: k - x, ew.clip],
    ids=["mul", "div", "pow", "sub", "clip"],
)
def test_any_number_can_stand_in_a_formula(step, number):
    x = ew.ones(3, requires_grad=True)
    with np.errstate(all="ignore"):
        taken = snapshot(step(step(x, number), number).sum())
    for formula in [node.formula for node in taken.nodes] + [edge.derivative[1] for edge in taken.edges]:
        assert formula.unicode()
        assert formula.latex()


def steps(taken):
    return [
        (node.label, [taken.tensors[taken.edges[a.edge].tensor].name for a in node.arguments if a.edge is not None])
        for node in taken.nodes
    ]
