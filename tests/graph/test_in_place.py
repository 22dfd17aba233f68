"""Changing tensors in place: right gradients, or an error that says where."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

import edgewise as ew
from edgewise.graph.inplace import last_write, note_write, written_at
from edgewise.graph.reads import arguments_read

# ruff: noqa: ARG005


def here() -> int:
    return sys._getframe(1).f_lineno


@pytest.fixture
def w() -> ew.Tensor:
    return ew.tensor([3.0, 4.0], requires_grad=True)


def test_a_write_that_the_gradient_needs_undone_is_refused_with_tensor_operation_and_lines(w: ew.Tensor) -> None:
    x = ew.tensor([1.0, 2.0])
    used = here() + 1
    y = w * x
    written = here() + 1
    x[0] = 9.0
    with pytest.raises(ew.InPlaceError) as caught:
        y.sum().backward()
    message = str(caught.value)
    assert re.search(r"mul: b, float32 \(2,\), was changed in place", message)
    assert f"{__file__}:{written}" in message
    assert f"{__file__}:{used}" in message


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.__setitem__(0, 5.0),
        lambda x: x.__iadd__(1.0),
        lambda x: x.mul_(2.0),
        lambda x: x.zero_(),
        lambda x: x.fill_(3.0),
        lambda x: x.copy_(ew.tensor([5.0, 6.0])),
        lambda x: x.clamp_(0.0, 0.5),
        lambda x: setattr(x, "data", ew.tensor([5.0, 6.0])),
        lambda x: x.detach().mul_(2.0),
        lambda x: x.data.mul_(2.0),
        lambda x: x[:1].mul_(2.0),
    ],
    ids=[
        "setitem",
        "iadd",
        "mul_",
        "zero_",
        "fill_",
        "copy_",
        "clamp_",
        "data",
        "through detach",
        "through data",
        "through a view",
    ],
)
def test_every_way_of_writing_is_noticed(w: ew.Tensor, write) -> None:  # type: ignore[no-untyped-def]
    x = ew.tensor([1.0, 2.0])
    y = (w * x).sum()
    write(x)
    with pytest.raises(ew.InPlaceError):
        y.backward()


def test_writing_what_no_gradient_needs_is_fine(w: ew.Tensor) -> None:
    x = ew.tensor([1.0, 2.0])
    y = (w + x).sum()
    x[0] = 9.0
    y.backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_a_write_before_the_use_or_after_backward_is_fine(w: ew.Tensor) -> None:
    x = ew.tensor([1.0, 2.0])
    x[0] = 5.0
    (w * x).sum().backward()
    assert w.grad.tolist() == [5.0, 2.0]
    x[0] = 7.0
    (w * x).sum().backward()
    assert w.grad.tolist() == [12.0, 4.0]


def test_writing_a_result_that_its_own_derivative_reads_is_refused(w: ew.Tensor) -> None:
    y = ew.tanh(w)
    y.detach()[0] = 0.0
    with pytest.raises(ew.InPlaceError, match="tanh: its result"):
        y.sum().backward()


def test_writing_a_leaf_that_was_used_is_refused(w: ew.Tensor) -> None:
    y = (w * w).sum()
    with ew.no_grad():
        w *= 2
    with pytest.raises(ew.InPlaceError, match="mul: a"):
        y.backward()


def test_a_leaf_cannot_be_changed_while_recording(w: ew.Tensor) -> None:
    with pytest.raises(ew.InPlaceError, match=r"no_grad"):
        w += 1
    with pytest.raises(ew.InPlaceError, match=r"no_grad"):
        w[0] = 1.0
    assert w.tolist() == [3.0, 4.0]


def test_an_assignment_sends_gradients_to_the_value_and_the_rest(w: ew.Tensor) -> None:
    value = ew.tensor(10.0, requires_grad=True)
    y = w * 2
    before = y * y
    y[0] = value * 3
    (y * y + before).sum().backward()
    assert y.tolist() == [30.0, 8.0]
    assert value.grad.item() == 2 * 30 * 3
    assert w.grad.tolist() == [8 * 3.0, 8 * 4.0 + 8 * 4.0]


def test_augmented_assignments_are_recorded(w: ew.Tensor) -> None:
    y = w * 1
    y += w
    y *= w
    y -= 1
    y /= 2
    y **= 2
    y.sum().backward()
    # ((2w² - 1) / 2)²: derivative 2·(w² - ½)·2w
    v = np.array([3.0, 4.0])
    np.testing.assert_allclose(w.grad.numpy(), 4 * v * (v * v - 0.5), rtol=1e-6)


def test_a_constant_assigned_a_result_joins_the_graph(w: ew.Tensor) -> None:
    buffer = ew.tensor([0.0, 0.0, 0.0])
    for i in range(2):
        buffer[i] = w[i] * (i + 1)
    assert buffer.requires_grad
    buffer.sum().backward()
    assert w.grad.tolist() == [1.0, 2.0]


def test_assignment_by_mask_slice_and_index_arrays(w: ew.Tensor) -> None:
    for key, expected in [
        (ew.tensor([True, False]), [0.0, 2.0]),
        (slice(1, None), [2.0, 0.0]),
        ([1], [2.0, 0.0]),
        (..., [0.0, 0.0]),
        (np.array([0]), [0.0, 2.0]),
    ]:
        w.grad = None
        y = w * 2
        y[key] = 5.0
        y.sum().backward()
        assert w.grad.tolist() == expected


def test_the_shape_stays(w: ew.Tensor) -> None:
    y = w * 1
    with pytest.raises(ew.InPlaceError, match="keeps its shape"):
        y += ew.tensor([[1.0, 2.0], [3.0, 4.0]])


def test_second_derivatives_pass_through_assignments() -> None:
    def f(x: ew.Tensor) -> ew.Tensor:
        y = x * x
        y[0] = x[1] ** 3
        return (y * x).sum()

    # f = x1³·x0 + x1³
    hessian = ew.hessian(f)(ew.tensor([2.0, 3.0]))
    np.testing.assert_allclose(hessian.numpy(), [[0.0, 27.0], [27.0, 6 * 3.0 * 2.0 + 18.0]], rtol=1e-5)


def test_writing_what_only_a_derivative_that_is_not_wanted_reads_is_fine(w: ew.Tensor) -> None:
    x = ew.tensor([1.0, 2.0])
    y = (w * x).sum()
    with ew.no_grad():
        w *= 100
    y.backward()
    assert w.grad.tolist() == [1.0, 2.0]


def test_writing_what_a_derivative_only_asks_for_its_shape_is_fine(w: ew.Tensor) -> None:
    y = ew.reshape(w, (2, 1))
    with ew.no_grad():
        w *= 100
    y.backward(ew.tensor([[1.0], [1.0]]))
    assert w.grad.tolist() == [1.0, 1.0]


def test_writing_what_is_not_on_the_way_to_the_inputs_asked_for_is_fine(w: ew.Tensor) -> None:
    v = ew.tensor([5.0, 6.0], requires_grad=True)
    y = (w * w).sum() + (v * v).sum()
    with ew.no_grad():
        w *= 2
    assert ew.autograd.grad(y, v)[0].tolist() == [10.0, 12.0]
    with pytest.raises(ew.InPlaceError):
        ew.autograd.grad(y, w)


def _reading(xp, g, y, a, b, *rest, i=0):  # type: ignore[no-untyped-def]  # noqa: ARG001
    return g * b * a.shape[0]


@pytest.mark.parametrize(
    ("derivative", "expected"),
    [
        (lambda xp, g, y, x: g, (set(), False)),
        (lambda xp, g, y, x: g * y, ({2}, False)),
        (lambda xp, g, y, x: xp.reshape(g, x.shape), (set(), False)),
        (lambda xp, g, y, x: g * xp.astype(x > 0, x.dtype), ({3}, False)),
        (lambda xp, g, y, a, b: a.shape and g * b, ({4}, False)),
        (lambda xp, g, y, a, *rest: [g * r for r in rest], (set(), True)),
        (lambda xp, g, y, a, *rest: (lambda: a)() * g, ({3}, False)),
        (_reading, ({4}, False)),
    ],
)
def test_what_a_derivative_reads_is_found_in_its_code(derivative, expected) -> None:  # type: ignore[no-untyped-def]
    positions, rest, _ = arguments_read(derivative)
    assert (positions - {0, 1}, rest) == expected


def test_a_function_without_code_may_read_everything() -> None:
    assert arguments_read(np.add) is None


def test_a_sum_reads_no_values_so_its_input_may_be_written():
    x = ew.ones(3, requires_grad=True)
    doubled = x * 2
    total = doubled.sum()
    with ew.no_grad():
        doubled += 1
    total.backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_a_reshaped_tensor_whose_owner_is_gone_can_be_written():
    w = ew.ones(2, requires_grad=True)
    b = ew.zeros(4).reshape(2, 2)
    b[0] = w
    b.sum().backward()
    assert w.grad.tolist() == [1, 1]


class Bare:
    """An array that can't be referred to weakly."""

    __slots__ = ()


def test_writes_into_arrays_without_weak_references_are_noted_each_time():
    array, other = Bare(), Bare()
    for serial in (3, 7):
        note_write(array, serial)
        assert last_write(array)[0] == written_at(array) == serial
        assert last_write(array)[1].startswith(f"{__file__}:")
    assert last_write(other) == (0, "")
    assert written_at(other) == 0


def test_a_change_of_what_numpy_holds_too_keeps_the_values_that_gradients_need():
    w = ew.tensor([2.0, 3.0], requires_grad=True)
    x = w * 5
    held = x.detach().numpy()
    x.mul_(w)
    assert held.tolist() == [20.0, 45.0]
    x.sum().backward()
    assert w.grad.tolist() == [2 * 5 * 2.0, 2 * 5 * 3.0]


def test_none_is_no_value_to_assign():
    with pytest.raises(ew.DTypeError, match="None is no value"):
        ew.zeros(2)[0] = None


def test_a_derivative_that_takes_all_inputs_together_reads_them_all():
    product = ew.Operation(
        "product", lambda xp, a, b: a * b, lambda xp, g, y, *both: g * both[1], lambda xp, g, y, *both: g * both[0]
    )
    a, b = ew.tensor([2.0], requires_grad=True), ew.tensor([5.0])
    y = product(a, b)
    b.mul_(2)
    with pytest.raises(ew.InPlaceError, match="product: "):
        y.backward()
