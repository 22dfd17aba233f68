"""The facade with PyTorch's names: grad, backward, trace, functional."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest

import edgewise as ew
from edgewise import autograd
from edgewise.autograd import functional
from edgewise.graph import check, transforms


def t(*values: float, requires_grad: bool = True) -> ew.Tensor:
    return ew.tensor(list(values), dtype="float64", requires_grad=requires_grad)


@pytest.mark.parametrize("module", [autograd, check, transforms])
def test_examples_in_the_documentation_run(module: Any) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


class TestGrad:
    def test_returns_a_tuple_and_writes_no_grad(self) -> None:
        x, w = t(1.0, 2.0), t(3.0, 4.0)
        z = x * w
        gradients = autograd.grad((z * z).sum(), (w, z, x))
        assert isinstance(gradients, tuple)
        assert [g.tolist() for g in gradients] == [[6.0, 32.0], [6.0, 16.0], [18.0, 64.0]]
        assert all(edge.grad is None for edge in (x, w, z))
        assert not any(g.requires_grad for g in gradients)

    def test_one_input_needs_no_sequence(self) -> None:
        x = t(1.0)
        (gradient,) = autograd.grad((x * 3).sum(), x)
        assert gradient.tolist() == [3.0]

    def test_of_several_outputs_is_the_gradient_of_their_sum(self) -> None:
        x = t(1.0, 2.0)
        (gradient,) = autograd.grad([(x * 3).sum(), x * x], [x], [None, t(1.0, 10.0)])
        assert gradient.tolist() == [5.0, 43.0]

    def test_an_output_given_twice_counts_twice(self) -> None:
        x = t(1.0)
        y = (x * 3).sum()
        assert autograd.grad([y, y], x)[0].tolist() == [6.0]

    def test_of_an_output_by_itself(self) -> None:
        y = (t(1.0) * 2).sum()
        assert autograd.grad(y, y)[0].item() == 1.0

    def test_an_unused_input_is_named(self) -> None:
        x, w = t(1.0), t(1.0, 2.0)
        w.name = "weight"
        y = x.sum()
        with pytest.raises(ew.GradientError, match=r"inputs\[1\] \(weight\), .* was not used.*allow_unused"):
            autograd.grad(y, [x, w])
        assert autograd.grad(y, [x, w], allow_unused=True)[1] is None
        assert autograd.grad(y, [x, w], materialize_grads=True)[1].tolist() == [0.0, 0.0]
        with pytest.raises(ValueError, match="materialize_grads"):
            autograd.grad(y, [x, w], materialize_grads=True, allow_unused=False)

    def test_an_input_that_requires_none_is_named(self) -> None:
        x = t(1.0)
        with pytest.raises(ew.GradientError, match=r"inputs\[1\], float64 \(1,\), requires no gradient"):
            autograd.grad(x.sum(), [x, t(1.0, requires_grad=False)])

    def test_other_mistakes(self) -> None:
        x = t(1.0, 2.0)
        with pytest.raises(ew.GradientError, match=r"\.sum\(\)"):
            autograd.grad(x * 2, x)
        with pytest.raises(ew.GradientError, match="2 outputs but 1 gradients"):
            autograd.grad([x.sum(), x.sum()], x, [None])
        with pytest.raises(ew.GradientError, match="outputs is empty"):
            autograd.grad([], x)
        with pytest.raises(TypeError, match=r"inputs\[0\] is a float"):
            autograd.grad(x.sum(), 1.0)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="only_inputs"):
            autograd.grad(x.sum(), x, only_inputs=False)
        with pytest.raises(ValueError, match="is_grads_batched"):
            autograd.grad(x.sum(), x, is_grads_batched=True)

    def test_create_graph_gives_gradients_that_can_be_differentiated(self) -> None:
        x = t(1.0, 2.0)
        (first,) = autograd.grad((x**3).sum(), x, create_graph=True)
        (second,) = autograd.grad(first.sum(), x, create_graph=True)
        (third,) = autograd.grad(second.sum(), x)
        assert second.tolist() == [6.0, 12.0]
        assert third.tolist() == [6.0, 6.0]
        assert not third.requires_grad

    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_gradients_flow_to_the_gradient_that_was_started_from(self, dtype: str) -> None:
        x = t(1.0, 2.0)
        start = ew.tensor([1.0, 1.0], dtype=dtype, requires_grad=True)
        (gradient,) = autograd.grad(x * x, x, start, create_graph=True)
        (back,) = autograd.grad(gradient.sum(), start)
        assert back.tolist() == [2.0, 4.0]
        assert back.dtype == start.dtype

    def test_a_gradient_penalty_trains_the_weights(self) -> None:
        w, x = t(2.0), t(3.0)
        (gradient,) = autograd.grad((w * x * x).sum(), x, create_graph=True)
        (gradient**2).sum().backward()
        assert w.grad.tolist() == [2 * 2.0 * (2 * 3.0) ** 2]

    def test_retain_graph_is_accepted(self) -> None:
        x = t(1.0)
        y = x.sum()
        for keep in (None, False, True):
            assert autograd.grad(y, x, retain_graph=keep)[0].tolist() == [1.0]


class TestBackward:
    def test_of_several_tensors(self) -> None:
        x = t(1.0, 2.0)
        autograd.backward([(x * 3).sum(), x * x], [None, t(1.0, 10.0)])
        assert x.grad.tolist() == [5.0, 43.0]

    def test_of_one_tensor_with_a_gradient_to_start_from(self) -> None:
        x = t(1.0, 2.0)
        autograd.backward(x * x, np.array([1.0, 10.0]))
        assert x.grad.tolist() == [2.0, 40.0]

    def test_for_chosen_inputs(self) -> None:
        x, w = t(1.0), t(2.0)
        autograd.backward((x * w).sum(), inputs=w)
        assert x.grad is None
        assert w.grad.tolist() == [1.0]


class TestTrace:
    def test_a_tensor_used_three_times_has_three_contributions_and_their_sum(self) -> None:
        x = t(2.0)
        z = x * 3
        z.retain_grad()
        loss = (z * 5 + ew.tanh(z * 0.0) + z * z).sum()
        record = autograd.trace(loss)
        parts = record.contributions_to(z)
        assert [(node.operation.name, i) for node, i, _ in parts] == [("mul", 0), ("mul", 1), ("mul", 0), ("mul", 0)]
        assert sum(part for _, _, part in parts).tolist() == record.gradient_of(z).tolist() == [5.0 + 0.0 + 12.0]
        assert record.gradient_of(x).tolist() == [51.0]
        assert record.gradient_of(loss).tolist() == 1.0
        assert x.grad is None
        assert z.grad is None

    def test_three_uses_are_three_contributions(self) -> None:
        x = t(2.0)
        loss = ((x + 1) * (x + 2) * (x + 3)).sum()
        record = autograd.trace(loss)
        parts = [part.tolist() for _, _, part in record.contributions_to(x)]
        assert sorted(parts) == [[3.0 * 4.0], [3.0 * 5.0], [4.0 * 5.0]]
        assert record.gradient_of(x).tolist() == [47.0]

    def test_says_nothing_of_edges_that_got_no_gradient(self) -> None:
        x, other = t(1.0), t(1.0)
        record = autograd.trace(x.sum())
        assert record.gradient_of(other) is None
        assert record.contributions_to(other) == []

    def test_of_several_tensors_with_gradients_to_start_from(self) -> None:
        x = t(1.0, 2.0)
        record = autograd.trace([x * 2, x.sum()], [t(1.0, 10.0), None])
        assert record.gradient_of(x).tolist() == [3.0, 21.0]

    def test_hooks_take_part(self) -> None:
        x = t(1.0)
        z = x * 2
        z.register_hook(lambda g: g * 10)
        assert autograd.trace(z.sum()).gradient_of(x).tolist() == [20.0]

    def test_with_create_graph_the_record_holds_tensors(self) -> None:
        x = t(3.0)
        record = autograd.trace((x**2).sum(), create_graph=True)
        assert autograd.grad(record.gradient_of(x).sum(), x)[0].tolist() == [2.0]


class TestFunctional:
    def test_jacobian(self) -> None:
        x, w = t(1.0, 2.0), t(3.0, 4.0)
        for strategy in ("reverse-mode", "forward-mode"):
            jacobian = functional.jacobian(lambda x: x * w, x, strategy=strategy)
            assert jacobian.tolist() == [[3.0, 0.0], [0.0, 4.0]]
            assert not jacobian.requires_grad
        by_x, by_w = functional.jacobian(lambda x, w: x * w, (x, w))
        assert by_w.tolist() == [[1.0, 0.0], [0.0, 2.0]]
        assert by_x.tolist() == [[3.0, 0.0], [0.0, 4.0]]
        with pytest.raises(ValueError, match="'reverse-mode' or 'forward-mode'"):
            functional.jacobian(lambda x: x, x, strategy="both")

    def test_hessian(self) -> None:
        assert functional.hessian(lambda x: (x**3).sum(), t(1.0, 2.0)).tolist() == [[6.0, 0.0], [0.0, 12.0]]
        hessian = functional.hessian(lambda a, b: (a * b**2).sum(0, keepdim=True), (t(1.0), t(3.0)))
        assert [[block.tolist() for block in row] for row in hessian] == [[[[0.0]], [[6.0]]], [[[6.0]], [[2.0]]]]

    def test_products(self) -> None:
        x, v = t(1.0, 2.0), t(1.0, 10.0)
        value, product = functional.vjp(lambda x: x**2, x, v)
        assert value.tolist() == [1.0, 4.0]
        assert product.tolist() == [2.0, 40.0]
        value, product = functional.jvp(lambda x: x**2, x, v)
        assert product.tolist() == [2.0, 40.0]
        for function in (functional.hvp, functional.vhp):
            value, product = function(lambda x: (x**3).sum(), x, v)
            assert value.item() == 9.0
            assert product.tolist() == [6.0, 120.0]
        value, products = functional.hvp(lambda a, b: (a * b).sum(), (x, v), (v, x))
        assert [p.tolist() for p in products] == [[1.0, 2.0], [1.0, 10.0]]

    def test_the_vector_may_be_left_out_for_one_element(self) -> None:
        assert functional.vjp(lambda x: (x**2).sum(), t(1.0, 2.0))[1].tolist() == [2.0, 4.0]
        assert functional.jvp(lambda x: x**2, t(3.0))[1].tolist() == [6.0]
        for function in (functional.vjp, functional.jvp, functional.hvp):
            with pytest.raises(ew.GradientError, match="v may only be left out"):
                function(lambda x: x * 1, t(1.0, 2.0))
        for function in (functional.jvp, functional.hvp):
            with pytest.raises(ew.GradientError, match="each input"):
                function(lambda a, b: (a * b).sum(), (t(1.0), t(2.0)))

    def test_create_graph_keeps_results_connected(self) -> None:
        x = t(2.0)
        assert not functional.jacobian(lambda x: x**3, x).requires_grad
        functional.jacobian(lambda x: x**3, x, create_graph=True).sum().backward()
        assert x.grad.tolist() == [12.0]


NAMES = """
grad backward gradcheck gradgradcheck detect_anomaly set_detect_anomaly no_grad enable_grad set_grad_enabled
inference_mode functional
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_the_names_of_torch_autograd_are_here(name: str) -> None:
    assert hasattr(autograd, name)


def test_a_function_that_cuts_its_result_off_is_explained():
    with pytest.raises(ew.GradientError, match="cut it off"):
        ew.grad(lambda x: x.sum().item())(ew.ones(2))
