"""Tensors that share memory: with NumPy, with what was detached, and memory that can't be written."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import edgewise as ew


def here() -> int:
    return sys._getframe(1).f_lineno


@pytest.fixture
def w() -> ew.Tensor:
    return ew.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)


def slope(y: ew.Tensor, w: ew.Tensor) -> list[list[float]]:
    """What the elements of `w` count for in the sum of `y`."""
    (gradient,) = ew.autograd.grad(y.sum(), w, allow_unused=True)
    return gradient.tolist()


@pytest.mark.parametrize("alias", [lambda y: y.detach(), lambda y: y.data, lambda y: ew.nn.Parameter(y.detach())])
def test_what_was_detached_sees_recorded_writes_and_is_seen(w, alias):
    y = w * 1
    d = alias(y)
    part = d.detach()[0]
    y[0] *= 2
    assert d.tolist() == [[2, 4, 6], [4, 5, 6]]
    assert part.tolist() == [2, 4, 6]
    with ew.no_grad():
        d.t()[0, 0] = 100
    assert y.tolist() == [[100, 4, 6], [4, 5, 6]]
    assert part.tolist() == [100, 4, 6]
    assert slope(y, w) == [[2, 2, 2], [1, 1, 1]]


def test_what_was_detached_gets_a_history_of_its_own(w):
    y = w * 1
    d = y[0].detach()
    whole = y.detach()
    d.mul_(w[1] * 1)
    assert y.tolist() == [[4, 10, 18], [4, 5, 6]]
    assert whole.tolist() == [[4, 10, 18], [4, 5, 6]]
    assert slope(d, w) == [[0, 0, 0], [1, 2, 3]]
    assert slope(y, w) == [[1, 1, 1], [1, 1, 1]]
    y.zero_()
    assert d.tolist() == [0, 0, 0]


def test_numpy_sees_recorded_writes_and_is_seen(w):
    y = w * 1
    array = y.detach().numpy()
    y[:, 0] *= 10
    assert array.tolist() == [[10, 2, 3], [40, 5, 6]]
    array[0, 0] = 7
    assert y.tolist() == [[7, 2, 3], [40, 5, 6]]
    assert slope(y, w) == [[10, 1, 1], [10, 1, 1]]
    given = np.zeros(3, np.float32)
    x = ew.from_numpy(given)
    x[1:] = w[0, 1:] * 2
    assert given.tolist() == [0, 4, 6]
    assert slope(x, w) == [[0, 2, 2], [0, 0, 0]]


def test_old_values_that_numpy_let_be_overwritten_are_an_error_where_a_gradient_needs_them(w):
    y = w * 1
    y.detach().numpy()
    squared = y * y
    total = y + 1
    written = here() + 1
    y.mul_(10)
    with pytest.raises(ew.InPlaceError, match=r"mul: a, float32 \(2, 3\), was changed in place") as caught:
        squared.sum().backward()
    assert f"{__file__}:{written}" in str(caught.value)
    assert slope(total, w) == [[1, 1, 1], [1, 1, 1]]
    assert slope(y, w) == [[10, 10, 10], [10, 10, 10]]


def test_assigning_data_separates_a_tensor_from_its_views(w):
    y = w * 1
    v = y[0]
    y.data = ew.zeros(2, 3)
    y.add_(1)
    assert v.tolist() == [1, 2, 3]
    v.mul_(5)
    assert y.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert slope(v, w) == [[5, 5, 5], [0, 0, 0]]


def test_data_that_was_assigned_is_shared():
    a, b = ew.zeros(2), ew.ones(2)
    a.data = b
    b.mul_(ew.tensor(3.0, requires_grad=True))
    assert a.tolist() == [3, 3]
    a.fill_(7)
    assert b.tolist() == [7, 7]


def test_a_tensor_that_changes_its_shape_in_place_keeps_its_views(w):
    y = w * 1
    row = y[1]
    y.t_()
    row.mul_(2)
    assert y.tolist() == [[1, 8], [2, 10], [3, 12]]
    assert slope(y, w) == [[1, 1, 1], [2, 2, 2]]
    y[0] *= 3
    assert row.tolist() == [24, 10, 12]


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.expand(4, 2, 3),
        lambda x: x[:1].expand_as(x),
        lambda x: ew.broadcast_tensors(x, ew.ones(4, 1, 1))[0],
        lambda x: ew.meshgrid(x[0], x[1])[0],
        lambda x: x.unfold(1, 2, 1),
    ],
    ids=["expand", "expand_as", "broadcast_tensors", "meshgrid", "windows"],
)
@pytest.mark.parametrize("recorded", [False, True])
def test_what_shows_an_element_several_times_is_not_written(w, make, recorded):
    x = w * 1 if recorded else w.detach()
    y = make(x)
    for write in (lambda: y.add_(1), lambda: y.__setitem__(0, 5.0), lambda: y.copy_(y), lambda: y.__imul__(2)):
        with pytest.raises(ew.InPlaceError, match=r"several times.*clone\(\)"):
            write()
    assert x.tolist() == [[1, 2, 3], [4, 5, 6]]
    copy = y.contiguous()
    copy.add_(1)
    assert copy.tolist() == (y + 1).tolist()


def test_a_part_of_an_expanded_tensor_in_which_each_element_is_once_is_written():
    x = ew.zeros(3)
    x.expand(2, 3)[1].add_(1)
    assert x.tolist() == [1, 1, 1]


def _read_only() -> np.ndarray:
    array = np.ones(3, np.float32)
    array.flags.writeable = False
    return array


def test_memory_that_numpy_made_read_only_is_an_error_that_says_so():
    x = ew.from_numpy(_read_only())
    with pytest.raises(ew.InPlaceError, match=r"may only be read, as that of a NumPy array.*clone\(\)"):
        x.add_(1)
    with pytest.raises(ew.InPlaceError, match="may only be read"):
        x[1:].zero_()
    x.contiguous().add_(1)
    x.clone().add_(1)
    assert x.tolist() == [1, 1, 1]


def test_read_only_parameters_are_named_by_optimisers_and_states():
    linear = ew.nn.Linear(3, 1, bias=False)
    linear.weight.data = ew.from_numpy(_read_only()[None])
    linear(ew.ones(1, 3)).sum().backward()
    with pytest.raises(ew.InPlaceError, match=r"SGD: this tensor.*may only be read"):
        ew.optim.SGD(linear.parameters(), lr=0.1).step()
    with pytest.raises(ew.InPlaceError, match=r"load_state_dict: weight: this tensor.*may only be read"):
        linear.load_state_dict({"weight": ew.zeros(1, 3)})


def test_a_buffer_that_was_expanded_and_laid_out_can_be_loaded():
    module = ew.nn.Module()
    module.register_buffer("grid", ew.arange(3.0).expand(2, -1).contiguous())
    module.load_state_dict({"grid": ew.zeros(2, 3)})
    assert module.grid.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_a_parameter_made_of_a_transposed_copy_is_another_parameter():
    first = ew.nn.Parameter(ew.zeros(2, 3))
    second = ew.nn.Parameter(first.data.t().contiguous())
    optimiser = ew.optim.SGD([second], lr=1.0)
    second.sum().backward()
    optimiser.step()
    assert first.tolist() == [[0, 0, 0], [0, 0, 0]]
