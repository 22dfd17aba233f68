"""How gradients came about, in formulas and in numbers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise import nn
from edgewise.explanation.operations import _library_operations
from edgewise.graph.errors import ArgumentError, GradientError


def article() -> dict[str, Any]:
    x, t = ew.tensor(0.5), ew.tensor(1.0)
    W1, b1, W2, b2 = (ew.tensor(value, requires_grad=True) for value in (1.2, 0.1, -0.4, 0.3))
    z1 = x * W1 + b1
    x2 = z1.relu()
    z2 = x2 * W2
    y2 = z2 + b2
    loss = (y2 - t).abs()
    return {"loss": loss, "W1": W1, "b1": b1, "W2": W2, "b2": b2, "z1": z1, "z2": z2, "x": x}


def lines(explanation: Any) -> list[str]:
    return [line.strip() for line in str(explanation).splitlines() if line.strip()]


# The article ---------------------------------------------------------------------------------------------------------


def test_the_gradient_of_the_second_weight_is_written_as_in_the_article() -> None:
    x, t = ew.tensor(0.5), ew.tensor(1.0)
    W1, b1, W2, b2 = (ew.tensor(value, requires_grad=True) for value in (1.2, 0.1, -0.4, 0.3))
    z1 = x * W1 + b1
    x2 = z1.relu()
    z2 = x2 * W2
    y2 = z2 + b2
    loss = (y2 - t).abs()
    assert lines(ew.explain(loss, W2)) == [
        "∂L/∂W₂: the gradient of loss with respect to W2",
        "∂L/∂W₂ = ∂mul₂/∂W₂ · ∂add₂/∂z₂ · ∂sub/∂y₂ · ∂abs/∂sub",
        "= x₂ · 1 · 1 · sgn(y₂ − t)",
        "= 0.7 · 1 · 1 · (−1)",
        "= −0.7",
    ]
    assert "∂L/∂b₂ = ∂add₂/∂b₂ · ∂sub/∂y₂ · ∂abs/∂sub = 1 · 1 · sgn(y₂ − t)" in str(ew.explain(loss, b2))
    assert "1[z₁ > 0]" in str(ew.explain(loss, W1))
    assert "= 0.5 · 1 · 1 · (−0.4) · 1 · 1 · (−1)" in str(ew.explain(loss, W1))
    assert str(ew.explain(loss, z2)).endswith("= −1")


def test_a_loss_of_one_number_by_its_function_is_a_product_too() -> None:
    x, W, t = ew.tensor(0.7), ew.tensor(-0.4, requires_grad=True), ew.tensor(1.0)
    y = x * W
    loss = nn.functional.l1_loss(y, t)
    text = str(ew.explain(loss, W))
    assert "∂mul/∂W" in text
    assert "sgn(y − t)" in text
    assert text.endswith("= −0.7")


def test_the_articles_matrices_are_explained_as_matrix_products() -> None:
    x, t = ew.tensor([[0.5, -1.0], [1.0, 2.0], [0.0, 1.0]]), ew.zeros(3, 1)
    W1 = nn.parameter.Parameter(ew.tensor([[1.2, -0.3], [0.2, 0.7]]))
    b1 = nn.parameter.Parameter(ew.tensor([[0.1, 0.1]]))
    W2 = nn.parameter.Parameter(ew.tensor([[0.5], [-0.2]]))
    z = x @ W1 + b1
    y = z.relu() @ W2
    loss = (y - t).abs().sum()
    text = str(ew.explain(loss, W1))
    assert "∂L/∂W₁ = xᵀ · ∂L/∂u" in text
    assert "∂L/∂h = ∂L/∂y · W₂ᵀ" in text
    assert "∂L/∂z = ∂L/∂h ⊙ 1[z > 0]" in text
    assert re.search(r"∂L/∂W₁ .* 2×2 ", text)
    assert "summed over axis 0, along which b₁ was repeated" in str(ew.explain(loss, b1))


# Several uses --------------------------------------------------------------------------------------------------------


def test_the_products_of_several_paths_add_up_to_the_gradient() -> None:
    a = ew.tensor(1.5, requires_grad=True)
    q = a * a.exp()
    q.backward()
    assert a.grad is not None
    found = lines(ew.explain(q, a))
    assert "a reaches q along 2 paths, whose products add up:" in found
    assert found[-1] == "∂q/∂a = 6.723 + 4.482 = 11.2"
    assert a.grad.item() == pytest.approx(11.2, rel=1e-3)


def test_contributions_to_a_tensor_are_listed_with_their_nodes() -> None:
    w = ew.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w + w).sum()
    text = str(ew.explain(loss, w))
    assert "the sum of 3 contributions, as w was used 3 times:" in text
    assert text.count("from mul") == 2
    assert text.count("from add") == 1
    assert "[3 5]" in text


def test_many_paths_are_never_written_one_by_one() -> None:
    x = ew.tensor(1.0, dtype="float64", requires_grad=True)
    y = x
    for _ in range(60):
        y = y + y
    text = str(ew.explain(y, x, full=True))
    assert text.count("used 2 times") == 60
    assert "1.153e18" in text
    assert len(str(ew.explain(y, x)).splitlines()) < 200


def test_long_derivations_are_cut_and_can_be_had_in_full() -> None:
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    y = x
    for _ in range(100):
        y = y * 1.01
    loss = y.sum()
    short, long = str(ew.explain(loss, x)), str(ew.explain(loss, x, full=True))
    assert "⋮ 62 steps more: full=True shows them" in short
    assert len(long.splitlines()) > 100 > len(short.splitlines())


def test_modules_on_the_way_are_abridged_and_can_be_opened() -> None:
    ew.manual_seed(0)
    inner = [nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3), nn.Tanh()) for _ in range(3)]
    model = nn.Sequential(*inner)
    loss = model(ew.ones(2, 3)).sum()
    weight = model[0][0].weight
    text = str(ew.explain(loss, weight))
    assert "⋮ 3 steps in 1: open='1' shows them" in text
    opened = str(ew.explain(loss, weight, open="1"))
    assert "steps in 1:" not in opened
    assert "steps in 2:" in opened
    assert "steps in" not in str(ew.explain(loss, weight, full=True))


# Numbers that are special --------------------------------------------------------------------------------------------


def test_a_gradient_of_zero_still_shows_the_factors() -> None:
    x, w = ew.tensor(-2.0), ew.tensor(3.0, requires_grad=True)
    y = (x * w).relu() * 5
    assert lines(ew.explain(y, w))[-1].endswith("= (−2) · 0 · 5 = 0")


def test_nan_and_infinity_are_shown_as_such() -> None:
    w = ew.tensor([0.0, 1.0, -1.0], requires_grad=True)
    loss = w.sqrt().sum()
    text = str(ew.explain(loss, w))
    assert "[∞ 0.5 NaN]" in text


def test_large_tensors_are_described() -> None:
    w = ew.ones(20, 30).requires_grad_()
    text = str(ew.explain((w * w).sum(), w))
    assert "20×30" in text
    assert "2 … 2, norm 48.99" in text


# A step that is over, and names --------------------------------------------------------------------------------------


def test_a_watched_step_is_explained_after_its_update() -> None:
    w = ew.tensor(2.0, requires_grad=True)
    optimizer = ew.optim.SGD([w], lr=0.1)
    with ew.watch():
        loss = w * w
        loss.backward()
        optimizer.step()
    assert "∂L/∂w = 2 + 2 = 4" in lines(ew.explain(loss, w))


def test_a_tensor_may_be_given_by_its_name_and_a_snapshot_for_the_output() -> None:
    w = ew.tensor(2.0, requires_grad=True)
    loss = w * 3
    for text in (ew.explain(loss, "w"), ew.explain(ew.snapshot(loss), "w")):
        assert str(text).endswith("∂L/∂w = ∂mul/∂w = 3")


def test_what_can_t_be_explained_is_refused_with_what_to_do() -> None:
    w, other = ew.tensor(2.0, requires_grad=True), ew.tensor(1.0, requires_grad=True)
    x = ew.tensor(3.0)
    loss = w * x
    with pytest.raises(GradientError, match=r"not in the graph of loss: .*Its tensors are w, x"):
        ew.explain(loss, other)
    with pytest.raises(GradientError, match=r"no gradient flows to x, as it requires none.*There is one of w"):
        ew.explain(loss, x)
    with pytest.raises(GradientError, match="does not require a gradient"):
        ew.explain(x, loss)
    with pytest.raises(GradientError, match="made after the output: the output comes first"):
        ew.explain(w * 1, loss * 2)
    with pytest.raises(GradientError, match=r"called 'v'; there are w"):
        ew.explain(loss, "v")
    with pytest.raises(TypeError, match="say which tensor's gradient is meant"):
        ew.explain(loss)
    with pytest.raises(TypeError, match="Not a float"):
        ew.explain(3.0, w)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a tensor or its name is to be explained, not a float"):
        ew.explain(loss, 3.0)  # type: ignore[arg-type]


# Forms ---------------------------------------------------------------------------------------------------------------


def test_names_of_users_never_become_markup() -> None:
    w = ew.tensor([1.0, 2.0], requires_grad=True)
    w.name = '<script>alert("x")</script>&\x07'
    loss = (w * w).sum()
    html = ew.explain(loss, w)._repr_html_()
    assert "<script" not in html
    assert "\x07" not in html
    ElementTree.fromstring(html)


def test_a_notebook_is_given_mathml_and_latex_has_its_own_form() -> None:
    found = article()
    explanation = ew.explain(found["loss"], found["W2"])
    root = ElementTree.fromstring(explanation._repr_html_())
    assert root.find(".//{http://www.w3.org/1998/Math/MathML}math") is not None
    latex = explanation.latex()
    assert latex == explanation._repr_latex_()
    assert r"\frac{\partial L}{\partial W_{2}}" in latex
    assert r"\left(-1\right)" in latex
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") == 1


def test_a_long_formula_has_a_row_of_its_own_in_a_notebook() -> None:
    w = ew.randn(3, requires_grad=True)
    loss = ew.nn.functional.layer_norm(ew.randn(2, 3) * w, (3,)).square().mean()
    root = ElementTree.fromstring(ew.explain(loss, w)._repr_html_())
    rows = list(root.iter("tr"))
    long = [i for i, row in enumerate(rows) if row.find("td/div") is not None]
    assert len(long) == 2, "those of the norm, forward and back"
    for row in long:
        assert rows[row][0].get("colspan") == "4"
        assert ["".join(cell.itertext()) for cell in rows[row + 1]][:2] == ["", "2×3"]


def test_nothing_is_changed_by_explaining() -> None:
    found = article()
    ew.explain(found["loss"], found["W1"])
    assert found["W1"].grad is None


# Operations ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("relu", ["y = max(x, 0)", "∂y/∂x = 1[x > 0]"]),
        (ew.relu, ["y = max(x, 0)"]),
        (ew.tanh, ["∂y/∂x = 1 − tanh(x)²"]),
        ("matmul", ["y = a · b", "∂L/∂a = ∂L/∂y · bᵀ", "∂L/∂b = aᵀ · ∂L/∂y"]),
        ("linear", ["y = x · wᵀ + b", "∂L/∂b = Σ[axis 0] ∂L/∂y"]),
        ("cross_entropy", ["no gradient flows to t"]),
        ("sum", ["y = Σ x"]),
    ],
)
def test_operations_are_explained_by_their_code(operation: Any, expected: list[str]) -> None:
    found = lines(ew.explain(operation))
    for line in expected:
        assert line in found


def test_an_operation_of_the_users_is_explained_like_ours() -> None:
    cube = ew.Operation("cube", lambda _xp, x: x**3, lambda _xp, g, _y, x: 3 * g * x * x, elementwise=True)
    assert lines(ew.explain(cube))[1:3] == ["y = x³", "∂y/∂x = 3x²"]


def test_every_operation_of_the_library_has_something_to_say() -> None:
    silent = [
        name
        for name, operation in _library_operations().items()
        if "depend on its arguments" in str(ew.explain(operation))
    ]
    assert len(_library_operations()) > 150
    assert silent == []


def test_a_wrong_name_of_an_operation_is_met_with_close_ones() -> None:
    with pytest.raises(ArgumentError, match="did you mean relu"):
        ew.explain("rellu")
    with pytest.raises(ArgumentError, match=r"nll_loss is put together.*ew.explain\(nll_loss, x\)"):
        ew.explain(nn.functional.nll_loss)


def test_the_numbers_of_random_scalar_networks_multiply_to_their_gradients() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.uniform(0.2, 2, 4)
        a, b, c, d = (ew.tensor(float(v), dtype="float64", requires_grad=True) for v in values)
        loss = ((a * b).tanh() / c + d.exp() * b).sigmoid()
        grads = ew.autograd.grad(loss, (a, b, c, d))
        for name, grad in zip("abcd", grads, strict=True):
            shown = str(ew.explain(loss, name)).split("= ")[-1].replace("−", "-")
            assert float(shown) == pytest.approx(grad.item(), rel=2e-3)


def test_the_gradient_of_a_matrix_that_met_a_vector_is_an_outer_product() -> None:
    A, v = ew.ones(2, 3).requires_grad_(), ew.ones(3)
    assert "∂L/∂A = ∂L/∂u · vᵀ" in str(ew.explain(((A @ v) * ew.ones(2)).sum(), A))
    u = ew.ones(2)
    assert "∂L/∂A = u · (∂L/∂matmul)ᵀ" in str(ew.explain(((u @ A) * v).sum(), A))


def test_infinity_and_nan_are_factors_like_others() -> None:
    a = ew.tensor(1000.0, requires_grad=True)
    with np.errstate(over="ignore", invalid="ignore"):
        text = str(ew.explain(ew.exp(a) - ew.exp(a), a))
    assert "= exp(a) · 1 = ∞ · 1 = ∞" in text
    assert "∂L/∂a = ∞ + (−∞) = NaN" in text
    root = ew.tensor(0.0, requires_grad=True)
    assert "= ∞ · 0 = NaN" in str(ew.explain(root.sqrt() * 0.0, root))


def test_a_derivative_by_a_named_output_is_written_with_its_name() -> None:
    x, W = ew.ones(1, 2), ew.ones(3, 2).requires_grad_()
    z = x @ W.T
    h = ew.tanh(z)
    assert "∂L/∂z = ∂L/∂h ⊙ (1 − h²)" in str(ew.explain((h * h).sum(), W))


def test_long_products_are_called_by_their_operation() -> None:
    model = ew.nn.Sequential(ew.nn.Linear(2, 3), ew.nn.ReLU(), ew.nn.Linear(3, 1))
    assert "1[z₁ > 0]" in str(ew.explain(model(ew.ones(1, 2)).sum(), model[0].bias))


def test_operations_whose_formulas_depend_on_arguments_are_shown_by_an_example() -> None:
    text = str(ew.explain("leaky_relu"))
    assert "∂y/∂x = 1[x > 0] + α · 1[x ≤ 0]" in text
    assert "for example with α = 0.01" in text
    assert "y = max(x, 0) + α · (exp(min(x, 0)) − 1)" in str(ew.explain("elu"))
    assert "axis = 1 on x: 6×6" in str(ew.explain("softmax"))
    text = str(ew.explain("concat"))
    assert "∂L/∂t₂ = (∂L/∂y)[:, 2:]" in text
    assert "for example with axis = 1 on t₁: 3×2, t₂: 3×4" in text
    assert "stride = 1, padding = 0, dilation = 1, groups = 1 on x: 2×3×7×6, w: 4×3×3×2" in ew.explain("conv2d").text(
        200
    )


@at_once
@pytest.mark.parametrize("name", sorted(_library_operations()))
def test_every_operation_has_a_forward(name: str) -> None:
    lines = str(ew.explain(name)).splitlines()
    assert lines[2].strip().startswith(("y =", "z =", "u =", "x̂ ="))
    assert any(line.strip().startswith("∂") for line in lines) == any(_library_operations()[name].differentiable)


@at_once
@pytest.mark.parametrize("name", sorted(name for name, known in _library_operations().items() if known.traits.example))
def test_examples_are_arguments_that_their_operation_takes(name: str) -> None:
    operation = _library_operations()[name]
    example = operation.traits.example
    assert example is not None
    arrays = [np.zeros(x[0], x[1]) + (x[1] == "float32") if isinstance(x, tuple) else x for x in example.inputs]
    with np.errstate(all="ignore"):
        operation.forward(np, *arrays, **example.params)
    assert "∂L/∂x = ∂L/∂y · ∂" not in str(ew.explain(name))


def test_unknown_modules_can_not_be_opened() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    loss = model(ew.ones(1, 2)).sum()
    with pytest.raises(
        ValueError, match=r"open names 'encoder', but no module of that path was called; there are 0, 1"
    ):
        ew.explain(loss, model[0].weight, open="encoder")


def test_pictures_are_explained_as_their_snapshots_are() -> None:
    w = ew.tensor(2.0, requires_grad=True)
    loss = w * w
    assert str(ew.explain(ew.see(loss), "w")) == str(ew.explain(ew.see(loss).snapshot, "w"))


def test_differences_of_all_pairs_say_which_is_the_row() -> None:
    text = ew.explain("eigenvectors").text(200)
    assert "{0 if eigenvalues(x)ᵀ = eigenvalues(x); 1/(eigenvalues(x)ᵀ − eigenvalues(x)) otherwise}" in text


def test_a_vector_scales_the_rows_or_columns_of_a_matrix() -> None:
    assert "∂L/∂x = eigenvectors(x) · diag(∂L/∂y) · eigenvectors(x)ᵀ" in str(ew.explain("eigenvalues"))
    x, t = ew.ones(4, 2).requires_grad_(), ew.tensor([0, 1, 0, 1])
    text = str(ew.explain(nn.functional.cross_entropy(x, t), x))
    assert "∂L/∂x = diag(∂L/∂ℓ) · (p − onehot(t)), where p = softmax(x)" in text


def test_a_mask_over_several_axes_is_one_index() -> None:
    a = ew.tensor([[1.0, 5.0, 3.0], [6.0, 2.0, 7.0]], requires_grad=True)
    mask, i = ew.tensor([[True, False, True], [False, True, False]]), ew.tensor([0, 1])
    assert "{∂L/∂v if i ∈ [mask]; 0 otherwise}" in str(ew.explain((a[mask] ** 2).sum(), a))
    assert "Σ[[i, i] = j] ∂L/∂v" in str(ew.explain((a[i, i] ** 2).sum(), a))


def test_unnamed_tensors_are_called_by_their_edge_in_every_formula() -> None:
    ew.manual_seed(0)
    w = ew.randn(3, 3, requires_grad=True)

    def gated(x: ew.Tensor) -> ew.Tensor:
        return (x @ w).tanh() * (x @ w).sigmoid()

    text = str(ew.explain((gated(ew.randn(1, 3)) * 2).sum(), w, full=True))
    assert "∂L/∂h₁ = ∂L/∂mul₁ ⊙ h₂" in text
    assert "∂L/∂h₂ ⊙ h₂ ⊙ (1 − h₂)" in text
    forward, back = text.split("Step by step")
    assert "h₂ = 1/(1 + exp(−z₂))" in forward
    assert not any(function in back for function in ("σ(", "exp(", "tanh("))
    norm = nn.LayerNorm(3)
    x = ew.randn(4, 3, requires_grad=True)
    assert "∂L/∂pow ⊙ (2 · add)" in str(ew.explain((norm(x) ** 2).sum(), x))
    v = ew.tensor([3.0, 4.0], requires_grad=True)
    text = str(ew.explain((v / v.norm())[0], v))
    assert "∂L/∂div ⊙ (1/norm)" in text
    assert "√" not in text


def test_the_sigmoid_is_defined_where_its_sign_is_used() -> None:
    assert "y = σ(x) = 1/(1 + exp(−x))" in str(ew.explain("sigmoid"))


def test_the_update_of_a_watched_parameter_is_shown_with_its_numbers() -> None:
    W = ew.tensor(2.0, requires_grad=True)
    optimizer = ew.optim.SGD([W], lr=0.1)
    with ew.watch():
        loss = W * W
        loss.backward()
        optimizer.step()
    explanation = ew.explain(loss, "W")
    assert lines(explanation)[-2:] == ["the update of W", "W ← W − 0.1 · ∂L/∂W = 2 − 0.1 · 4 = 1.6"]
    assert r"W &\leftarrow W - 0.1" in explanation.latex()
    layer = nn.Linear(2, 1)
    optimizer = ew.optim.Adam(layer.parameters(), lr=0.1)
    with ew.watch():
        loss = layer(ew.ones(1, 2)).sum()
        loss.backward()
        optimizer.step()
    written = lines(ew.explain(loss, layer.weight))
    meanings = "m: the running mean of the gradients; v: the running mean of the gradients' squares; t: the number"
    assert any(meanings in line for line in written[-5:])
    assert any("m̂ / (√v̂ + 1e−8)" in line for line in written)
    assert written[-1].startswith("from [")


def test_long_formulas_are_broken_where_they_can_be() -> None:
    for name in ("standardize", "gelu_tanh", "cofactors"):
        written = ew.explain(name).text(60)
        assert max(len(line.replace("\u0302", "")) for line in written.splitlines()) <= 62
        assert "".join(written.split()) == "".join(ew.explain(name).text(10_000).split())


def test_what_is_summed_over_leading_axes_says_so_once() -> None:
    layer, x = nn.Linear(2, 3), ew.ones(2, 4, 2)
    assert "∂L/∂weight = Σ[axis 0] ((∂L/∂z)ᵀ · x)" in str(ew.explain(layer(x).sum(), layer.weight))
    A, B = ew.ones(5, 2, 3), ew.ones(3, 4).requires_grad_()
    text = str(ew.explain((A @ B).sum(), B))
    assert "∂L/∂B = Σ[axis 0] (Aᵀ · ∂L/∂u)" in text
    assert "summed over axis 0, along which B was repeated" in text


def test_a_gradient_divided_by_a_count_is_written_before_it() -> None:
    assert "∂L/∂x = 1/n · ∂L/∂y" in str(ew.explain("mean"))


def test_operations_on_arrays_are_also_shown_element_by_element() -> None:
    lines = str(ew.explain("matmul")).splitlines()
    assert lines[2:4] == ["  y = a · b", "    y[i, j] = Σ[k] a[i, k] · b[k, j]"]
    assert "    ∂L/∂b[i, j] = Σ[k] ∂L/∂y[k, j] · a[k, i]" in lines
    lines = str(ew.explain("cross_entropy")).splitlines()
    assert "    ∂L/∂x[i, k] = ∂L/∂y[i] · (p[i, k] − 1[k = t[i]])" in lines
    assert "      p[i, k] = exp(x[i, k])/(Σ[l] exp(x[i, l]))" in lines
    lines = str(ew.explain("conv2d")).splitlines()
    assert "    y[n, o, i, j] = Σ[c, u, v] x[n, c, i + u, j + v] · w[o, c, u, v] + b[o]" in lines
    assert "    ∂L/∂x[n, c, r, s] = Σ[o, u, v] ∂L/∂y[n, o, r − u, s − v] · w[o, c, u, v]" in lines
    assert "      elements outside ∂L/∂y count as 0" in lines
    assert "    ∂L/∂weight[i, j] = Σ[k: index[k] = i] ∂L/∂y[k, j]" in str(ew.explain("embedding")).splitlines()


def test_an_element_by_element_formula_that_says_no_more_is_left_out() -> None:
    assert "[i" not in str(ew.explain("relu"))
    assert "[i" not in str(ew.explain("clone"))
