"""Writes into views, and into what views were taken of, while operations are recorded and not."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import edgewise as ew


@pytest.fixture
def w() -> ew.Tensor:
    return ew.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)


def slope(y: ew.Tensor, w: ew.Tensor) -> list[list[float]]:
    """What the elements of `w` count for in the sum of `y`."""
    (gradient,) = ew.autograd.grad(y.sum(), w, allow_unused=True)
    return gradient.tolist()


def by_column(y):
    y[:, 1] *= 3


def by_row(y):
    y[0] += ew.tensor([1.0, 1.0, 1.0])


def by_mask_in_another_shape(y):
    y.reshape(-1)[ew.tensor([False, True, False, False, False, True])] = 9.0


def by_two_keys(y):
    y[0][1] = 0.0


def by_view(y):
    v = y.view(-1)
    v.mul_(2)


def by_diagonal(y):
    y.diagonal().add_(1)


def by_windows(y):
    y.unfold(1, 1, 2).mul_(5)


def by_chain(y):
    y.t().unsqueeze(0)[0, 1:, 0].view(2).mul_(4)


def by_pieces(y):
    for i, piece in enumerate(y.split(1, 1)):
        piece *= i


def by_rows(y):
    for row in y:
        row += row * 2


def by_overwriting(y):
    y.transpose(0, 1).copy_(ew.zeros(3, 2))


def by_number_in_a_tensor(y):
    y[ew.tensor(1)].add_(1)


WRITES = [
    (by_column, [[1, 6, 3], [4, 15, 6]], [[1, 3, 1], [1, 3, 1]]),
    (by_row, [[2, 3, 4], [4, 5, 6]], [[1, 1, 1], [1, 1, 1]]),
    (by_mask_in_another_shape, [[1, 9, 3], [4, 5, 9]], [[1, 0, 1], [1, 1, 0]]),
    (by_two_keys, [[1, 0, 3], [4, 5, 6]], [[1, 0, 1], [1, 1, 1]]),
    (by_view, [[2, 4, 6], [8, 10, 12]], [[2, 2, 2], [2, 2, 2]]),
    (by_diagonal, [[2, 2, 3], [4, 6, 6]], [[1, 1, 1], [1, 1, 1]]),
    (by_windows, [[5, 2, 15], [20, 5, 30]], [[5, 1, 5], [5, 1, 5]]),
    (by_chain, [[1, 8, 12], [4, 5, 6]], [[1, 4, 4], [1, 1, 1]]),
    (by_pieces, [[0, 2, 6], [0, 5, 12]], [[0, 1, 2], [0, 1, 2]]),
    (by_rows, [[3, 6, 9], [12, 15, 18]], [[3, 3, 3], [3, 3, 3]]),
    (by_overwriting, [[0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]),
    (by_number_in_a_tensor, [[1, 2, 3], [5, 6, 7]], [[1, 1, 1], [1, 1, 1]]),
]
each_write = pytest.mark.parametrize(("write", "values", "slopes"), WRITES, ids=[w[0].__name__[3:] for w in WRITES])


@each_write
def test_a_recorded_write_into_a_view_changes_what_it_is_a_view_of(w, write, values, slopes):
    y = w * 1
    write(y)
    assert y.tolist() == values
    assert slope(y, w) == slopes


@each_write
def test_the_same_write_into_plain_data_gives_the_same_values(w, write, values, slopes):
    del slopes
    y = w.detach() * 1
    write(y)
    assert y.tolist() == values


@each_write
def test_the_same_write_under_no_grad_gives_the_same_values(w, write, values, slopes):
    y = w * 1
    with ew.no_grad():
        write(y)
    assert y.tolist() == values
    assert slope(y, w) == [[1, 1, 1], [1, 1, 1]]
    del slopes


def test_a_view_taken_before_sees_a_change_of_its_base_in_values_and_gradients(w):
    b = w * 1.0
    v, column = b[0], b.t()[1]
    b.mul_(10)
    assert v.tolist() == [10, 20, 30]
    assert slope(v, w) == [[10, 10, 10], [0, 0, 0]]
    assert slope(column, w) == [[0, 10, 0], [0, 10, 0]]


def test_views_see_the_writes_into_each_other(w):
    y = w * 1
    rows, flat, deep = y[1], y.view(6), y.view(3, 2)[2]
    flat[4:] *= 7
    assert rows.tolist() == [4, 35, 42]
    assert deep.tolist() == [35, 42]
    assert slope(deep, w) == [[0, 0, 0], [0, 7, 7]]
    deep.add_(rows[:2])
    assert y.tolist() == [[1, 2, 3], [4, 39, 77]]
    assert slope(y, w) == [[1, 1, 1], [2, 14, 7]]


def test_what_was_computed_before_keeps_its_values_and_its_way_back(w):
    y = w * 2
    before = y * y
    inner = y[0] * y[0]
    y[0].mul_(10)
    assert slope(before, w) == [[8, 16, 24], [32, 40, 48]]
    assert slope(inner, w) == [[8, 16, 24], [0, 0, 0]]
    assert slope(y * y, w) == [[800, 1600, 2400], [32, 40, 48]]


def test_what_an_operation_made_may_be_changed_in_part_though_its_derivative_reads_it(w):
    y = ew.tanh(w)
    y[:, 0] *= 2
    expected = (1 - np.tanh(w.numpy(force=True)) ** 2) * [[2, 1, 1], [2, 1, 1]]
    np.testing.assert_allclose(slope(y, w), expected, rtol=1e-5)


def test_plain_data_joins_the_graph_through_its_view(w):
    b = ew.zeros(2, 3)
    first, second = b[0], b[1]
    first[1] = w[1, 2]
    assert b.tolist() == [[0, 6, 0], [0, 0, 0]]
    assert b.requires_grad
    assert second.requires_grad
    assert slope(b, w) == [[0, 0, 0], [0, 0, 1]]
    assert slope(first, w) == [[0, 0, 0], [0, 0, 1]]
    assert slope(second, w) == [[0, 0, 0], [0, 0, 0]]


def test_softmax_of_attention_that_is_masked_through_another_shape(w):
    scores = w * 1
    flat = scores.reshape(-1, 3)
    flat[ew.arange(3)[None, :] >= ew.tensor([[1], [2]])] = -1e6
    weights = ew.softmax(flat.reshape(2, 3), -1)
    np.testing.assert_allclose(weights.tolist(), [[1, 0, 0], [1 / (1 + np.e), np.e / (1 + np.e), 0]], rtol=1e-5)
    (weights * ew.tensor([1.0, 2.0, 4.0])).sum().backward()
    p = np.e / (1 + np.e)
    np.testing.assert_allclose(w.grad.tolist(), [[0, 0, 0], [-p * (1 - p), p * (1 - p), 0]], atol=1e-6)


def test_second_derivatives_pass_through_writes_into_views():
    def f(x: ew.Tensor) -> ew.Tensor:
        y = x * x
        v = y.view(2, 1)
        v[0] *= x[1]
        return (y * x).sum()

    # f = x0³·x1 + x1³
    hessian = ew.hessian(f)(ew.tensor([2.0, 3.0]))
    np.testing.assert_allclose(hessian.numpy(), [[6 * 2 * 3, 3 * 4], [3 * 4, 6 * 3]], rtol=1e-5)
    assert ew.jvp(f, (ew.tensor([2.0, 3.0]),), (ew.tensor([1.0, 0.0]),))[1].item() == pytest.approx(3 * 4 * 3)


# Leaves and no_grad --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [lambda w: w[0].mul_(2), lambda w: w.view(-1).__setitem__(0, 5.0), lambda w: w.t().diagonal().fill_(1)],
)
def test_a_view_of_a_leaf_cannot_be_changed_while_recording_and_can_under_no_grad(w, write):
    with pytest.raises(ew.InPlaceError, match=r"a view of a leaf that requires gradients.*no_grad"):
        write(w)
    assert w.tolist() == [[1, 2, 3], [4, 5, 6]]
    with ew.no_grad():
        write(w)
    assert w.tolist() != [[1, 2, 3], [4, 5, 6]]


def test_a_view_that_was_taken_under_no_grad_writes_values_but_no_history(w):
    y = w * 1
    with ew.no_grad():
        v = y[0]
        v.mul_(2)
    assert y.tolist() == [[2, 4, 6], [4, 5, 6]]
    with pytest.raises(ew.InPlaceError, match=r"a view that was taken under no_grad\(\)"):
        v.mul_(w[0])
    y.add_(1)
    assert v.tolist() == [3, 5, 7]


def test_a_write_that_fails_changes_nothing(w):
    y = w * 1
    v = y[0]
    with pytest.raises(ew.InPlaceError, match="keeps its shape"):
        v += ew.ones(2, 3)
    with pytest.raises(ew.ShapeError):
        v[:2] = ew.ones(3)
    assert y.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert slope(v, w) == [[1, 1, 1], [0, 0, 0]]


# Hooks, gradients that are kept, and memory --------------------------------------------------------------------------


def test_the_gradient_that_is_retained_is_that_of_what_a_tensor_is_at_last(w):
    y = w * 1
    v = y[0]
    y.retain_grad()
    v.retain_grad()
    v.mul_(2)
    (y * 3).sum().backward()
    assert y.grad.tolist() == [[3, 3, 3], [3, 3, 3]]
    assert v.grad is None  # nothing was computed from the view
    (v * 5).sum().backward()
    assert v.grad.tolist() == [5, 5, 5]


def test_hooks_stay_with_what_they_were_added_to(w):
    y = w * 1
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y[0].mul_(2)
    y.sum().backward()
    assert seen == [[[2, 2, 2], [1, 1, 1]]]


def test_a_view_is_detached_in_place_without_its_base(w):
    y = w * 1
    v = y[0]
    v.detach_()
    assert not v.requires_grad
    y.mul_(2)
    assert v.tolist() == [2, 4, 6]
    assert not v.requires_grad
    assert slope(y, w) == [[2, 2, 2], [2, 2, 2]]


@pytest.mark.parametrize(
    "change",
    [
        lambda y: y.__setitem__(0, y[1] * 2),
        lambda y: y[0].mul_(y[1] + 1),
        lambda y: y.view(-1)[1:].add_(y.view(-1)[:-1] * 2),
        lambda y: y.__iadd__(y * 2),
        lambda y: y.t().copy_(y.t() * y.detach().t()),
        by_column,
        by_rows,
    ],
)
def test_dropping_a_graph_with_writes_into_views_frees_it_at_once(w, change):
    gc.collect()
    gc.disable()
    try:
        y = w * 1
        first = y[0]
        change(y)
        change(y)
        alive = [weakref.ref(y), weakref.ref(first), weakref.ref(y.array)]
        loss = (y * first).sum()
        del y, first
        loss.backward()
        del loss
        assert [reference() for reference in alive] == [None, None, None]
        y = w * 1
        change(y)
        alive = [weakref.ref(y)]
        del y
        assert alive[0]() is None
    finally:
        gc.enable()


def test_many_views_of_one_tensor_are_forgotten_as_they_go():
    x = ew.zeros(4, 2)
    for _ in range(1000):
        x[0]
        x.detach()
    assert len(x.views) < 50
    assert len(x.place.memory._members) < 50


def test_the_graph_of_a_write_into_a_view_shows_its_operations(w):
    y = w * 1
    y[:, 1] *= 3
    taken = ew.snapshot(y.sum())
    assert [node.operation for node in taken.nodes] == ["mul", "getitem", "mul", "setitem", "sum"]
    assert [argument.edge is not None for argument in taken.nodes[3].arguments] == [True, True]
    assert "setitem" in ew.see(y.sum()).svg()


@pytest.mark.parametrize("take", [lambda h: h[1:].detach(), lambda h: h.detach()[1:]], ids=["of a view", "of all"])
def test_a_recorded_write_into_what_was_detached_reaches_its_views(take):
    p = ew.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    q = ew.tensor([2.0, 3.0, 5.0], requires_grad=True)
    detached = take(p * 1)
    end = detached[1:]
    detached.mul_(q)
    assert end.tolist() == [9, 20]
    assert ew.autograd.grad(end.sum(), [q])[0].tolist() == [0, 3, 4]
