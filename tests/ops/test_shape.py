"""Shape operations: what they return, what they refuse, and where gradients go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgewise as ew
from edgewise.ops.padding import pad


def numbers(*shape: int) -> ew.Tensor:
    size = int(np.prod(shape))
    return ew.tensor(np.arange(size, dtype="float32").reshape(shape), requires_grad=True)


def same(tensor: ew.Tensor, expected: object) -> bool:
    return np.array_equal(tensor.detach().numpy(), np.asarray(expected))


def test_reshape_takes_sizes_one_by_one_or_as_a_tuple_and_infers_one():
    x = numbers(2, 6)
    assert ew.reshape(x, (3, 4)).shape == x.reshape(3, 4).shape == x.view(-1, 4).shape == (3, 4)
    assert numbers(1, 1).reshape(()).shape == ()
    assert numbers(0, 3).reshape(3, 0).shape == (3, 0)
    assert numbers(0, 3).reshape(-1, 3).shape == (0, 3)


@pytest.mark.parametrize("shape", [(5, 2), (-1, 5), (-1, -1), (-2, -6), (0, -1)])
def test_reshape_refuses_shapes_of_another_size(shape):
    with pytest.raises(ew.ShapeError, match=r"reshape: 12 elements of shape \(2, 6\) can't take"):
        numbers(2, 6).reshape(shape)


def test_flatten_lays_a_range_of_axes_into_one():
    x = numbers(2, 3, 4)
    assert x.flatten().shape == (24,)
    assert x.flatten(1).shape == (2, 12)
    assert x.flatten(0, 1).shape == (6, 4)
    assert ew.tensor(3.0).flatten().shape == (1,)
    with pytest.raises(ew.ShapeError, match="start_dim=2 comes after end_dim=0"):
        x.flatten(2, 0)


def test_unflatten_unfolds_an_axis():
    x = numbers(2, 12)
    assert x.unflatten(1, (3, -1)).shape == (2, 3, 4)
    assert x.unflatten(-1, (2, 2, 3)).shape == (2, 2, 2, 3)
    for sizes in ((5, -1), (5, 2), (-1, 0)):
        with pytest.raises(ew.ShapeError, match="unflatten: axis 1"):
            x.unflatten(1, sizes)


def test_squeeze_drops_axes_of_size_one_and_leaves_others():
    x = numbers(1, 3, 1)
    assert x.squeeze().shape == (3,)
    assert x.squeeze(0).shape == (3, 1)
    assert x.squeeze(1).shape == (1, 3, 1)
    assert x.squeeze((0, -1)).shape == x.squeeze(axis=(0, 2)).shape == (3,)


def test_unsqueeze_adds_axes_at_places_of_the_result():
    x = numbers(2, 3)
    assert x.unsqueeze(0).shape == (1, 2, 3)
    assert x.unsqueeze(-1).shape == (2, 3, 1)
    assert ew.expand_dims(x, axis=(0, -1)).shape == (1, 2, 3, 1)
    assert ew.tensor(1.0).unsqueeze(0).shape == (1,)
    with pytest.raises(ew.IndexingError, match=r"unsqueeze: axis 3"):
        x.unsqueeze(3)
    with pytest.raises(TypeError, match="unsqueeze"):
        ew.unsqueeze(x)


def test_expand_repeats_without_copying_and_sums_gradients_back():
    x = numbers(3, 1)
    y = x.expand(2, -1, 4)
    assert y.shape == (2, 3, 4)
    assert np.shares_memory(y.array, x.array)
    y.sum().backward()
    assert same(x.grad, np.full((3, 1), 8))
    assert ew.tensor(2.0).expand(2, 2).shape == (2, 2)
    assert x.expand_as(numbers(3, 2)).shape == (3, 2)


@pytest.mark.parametrize("shape", [(2, 4), (4,), (-1, 3, 4, 1)])
def test_expand_refuses_what_would_change_an_axis(shape):
    with pytest.raises(ew.ShapeError, match=r"expand: shape \(3, 1\) can't be expanded"):
        numbers(3, 1).expand(shape)


def test_broadcasting_several_tensors_names_the_axis_that_does_not_fit():
    a, b = ew.broadcast_tensors(numbers(3, 1), numbers(4))
    assert a.shape == b.shape == ew.broadcast_shapes((3, 1), (4,)) == (3, 4)
    assert ew.broadcast_shapes() == ()
    with pytest.raises(ew.ShapeError, match=r"\(2, 3\) and \(4,\) don't fit together: axis -1 is 3 and 4"):
        ew.broadcast_shapes((2, 3), (4,))


def test_permute_orders_axes_and_its_gradient_orders_them_back():
    x = numbers(2, 3, 4)
    y = x.permute(2, 0, 1)
    assert y.shape == (4, 2, 3)
    weight = ew.tensor(np.arange(24.0, dtype="float32").reshape(4, 2, 3))
    (y * weight).sum().backward()
    assert same(x.grad, weight.numpy().transpose(1, 2, 0))
    assert x.permute((-1, 0, 1)).shape == (4, 2, 3)
    with pytest.raises(ew.ShapeError, match="must name each of the 3 axes"):
        x.permute(0, 1)
    with pytest.raises(ew.ShapeError, match="twice"):
        x.permute(0, 1, 1)


def test_transposing():
    x = numbers(2, 3, 4)
    assert x.transpose(0, -1).shape == x.swapaxes(0, 2).shape == (4, 3, 2)
    assert x.mT.shape == (2, 4, 3)
    assert x.T.shape == (4, 3, 2)
    assert numbers(2, 3).t().shape == (3, 2)
    assert numbers(3).t().shape == (3,)
    assert ew.tensor(1.0).T.shape == ()
    with pytest.raises(ew.ShapeError, match="at most 2 axes"):
        x.t()
    with pytest.raises(ew.ShapeError, match="at least 2 axes"):
        _ = numbers(3).mT


@given(st.permutations(range(4)))
def test_movedim_agrees_with_numpy(order):
    x = numbers(2, 3, 4, 5)
    assert same(ew.movedim(x, (0, 1, 2, 3), tuple(order)), np.moveaxis(x.detach().numpy(), (0, 1, 2, 3), tuple(order)))
    assert same(ew.moveaxis(x, order[0], order[1]), np.moveaxis(x.detach().numpy(), order[0], order[1]))


def test_concat_gives_each_tensor_its_own_slice_of_the_gradient():
    a, b = numbers(2, 3), numbers(2, 1)
    y = ew.cat([a, b, a], dim=1)
    assert y.shape == (2, 7)
    (y * ew.tensor(np.arange(7, dtype="float32"))).sum().backward()
    assert same(a.grad, [[4, 6, 8]] * 2)
    assert same(b.grad, [[3]] * 2)


def test_concat_promotes_dtypes():
    y = ew.concat([ew.tensor([1, 2]), ew.tensor([0.5])])
    assert y.dtype == np.float32
    assert same(y, [1, 2, 0.5])


def test_joining_says_which_tensor_does_not_fit():
    with pytest.raises(ew.ShapeError, match=r"tensor 1 has shape \(3, 3\): all sizes but that of axis 1 must agree"):
        ew.concat([numbers(2, 3), numbers(3, 3)], dim=-1)
    with pytest.raises(ew.ShapeError, match="0-d"):
        ew.concat([ew.tensor(1.0)])
    with pytest.raises(ew.ShapeError, match="needs at least one tensor"):
        ew.concat([])
    with pytest.raises(ew.ShapeError, match=r"stack: tensor 0 has shape \(2,\) and tensor 1 has shape \(3,\)"):
        ew.stack([numbers(2), numbers(3)])
    with pytest.raises(ew.IndexingError, match="concat: axis 2"):
        ew.concat([numbers(2, 3)], dim=2)


def test_stack_makes_a_new_axis():
    a, b = numbers(3), numbers(3)
    assert ew.stack([a, b]).shape == (2, 3)
    assert ew.stack([a, b], -1).shape == (3, 2)
    (ew.stack([a, b], 1) * ew.tensor([1.0, 5.0])).sum().backward()
    assert same(a.grad, [1, 1, 1])
    assert same(b.grad, [5, 5, 5])
    assert ew.stack([ew.tensor(1.0), ew.tensor(2.0)]).shape == (2,)


def test_stacking_in_rows_and_columns():
    a = numbers(3)
    assert ew.hstack([a, a]).shape == (6,)
    assert ew.hstack([numbers(2, 1), numbers(2, 2)]).shape == (2, 3)
    assert ew.vstack([a, numbers(2, 3)]).shape == (3, 3)
    assert ew.column_stack([a, numbers(3, 2)]).shape == (3, 3)
    assert ew.vstack([ew.tensor(1.0), ew.tensor(2.0)]).shape == (2, 1)


def test_split_by_size_and_by_list():
    x = numbers(7, 2)
    assert [part.shape[0] for part in x.split(3)] == [3, 3, 1]
    assert [part.shape[1] for part in ew.split(x, [0, 2], dim=1)] == [0, 2]
    assert [part.shape for part in ew.split(numbers(0, 2), 3)] == [(0, 2)]
    first, *_ = x.split(3)
    first.sum().backward()
    assert same(x.grad, [[1, 1]] * 3 + [[0, 0]] * 4)
    with pytest.raises(ew.ShapeError, match=r"\[3, 3\] must add up to 7"):
        x.split([3, 3])
    with pytest.raises(ew.ArgumentError, match="positive"):
        x.split(0)
    with pytest.raises(ew.ShapeError, match="0-d"):
        ew.tensor(1.0).split(1)


def test_chunk_gives_at_most_that_many_pieces():
    assert [part.shape[0] for part in numbers(7).chunk(3)] == [3, 3, 1]
    assert [part.shape[0] for part in numbers(6).chunk(4)] == [2, 2, 2]
    assert [part.shape[0] for part in numbers(0).chunk(2)] == [0, 0]
    with pytest.raises(ew.ArgumentError, match="positive"):
        numbers(6).chunk(0)


def test_unbind_takes_an_axis_apart():
    rows = numbers(2, 3).unbind()
    assert [row.shape for row in rows] == [(3,), (3,)]
    assert len(ew.unstack(numbers(2, 3), 1)) == 3


def test_tile_and_repeat_lay_copies_out_and_sum_their_gradients():
    x = numbers(2, 3)
    assert same(x.tile(2), np.tile(x.detach().numpy(), 2))
    assert same(x.repeat(2, 1, 2), np.tile(x.detach().numpy(), (2, 1, 2)))
    x.repeat(2, 1, 2).sum().backward()
    assert same(x.grad, np.full((2, 3), 4))
    assert x.tile((0, 1)).shape == (0, 3)
    with pytest.raises(ew.ShapeError, match="2 axes"):
        x.repeat(2)
    with pytest.raises(ew.ShapeError, match="-1"):
        x.tile(-1)


def test_repeat_interleave_repeats_element_by_element():
    x = numbers(3)
    assert same(x.repeat_interleave(2), [0, 0, 1, 1, 2, 2])
    assert same(x.repeat_interleave(ew.tensor([2, 0, 1])), [0, 0, 2])
    matrix = numbers(2, 3)
    y = ew.repeat_interleave(matrix, ew.tensor([1, 2, 0]), dim=1)
    assert same(y, [[0, 1, 1], [3, 4, 4]])
    y.sum().backward()
    assert same(matrix.grad, [[1, 2, 0], [1, 2, 0]])
    assert same(matrix.repeat_interleave(2, axis=0), np.repeat(matrix.detach().numpy(), 2, axis=0))
    assert matrix.repeat_interleave(1).shape == (6,)
    with pytest.raises(ew.ShapeError, match=r"repeats has shape \(2,\)"):
        x.repeat_interleave(ew.tensor([1, 2]))
    with pytest.raises(ew.ArgumentError, match="-1 times"):
        x.repeat_interleave(-1)


def test_flip_roll_and_rot90_agree_with_numpy():
    x = numbers(3, 4)
    array = x.detach().numpy()
    assert same(x.flip(0), array[::-1])
    assert same(x.flip((0, 1)), array[::-1, ::-1])
    assert same(ew.flip(x, axis=-1), ew.fliplr(x).detach().numpy())
    assert same(x.flipud(), array[::-1])
    assert same(x.roll(2), np.roll(array, 2))
    assert same(x.roll((1, -2), (0, 1)), np.roll(array, (1, -2), (0, 1)))
    for quarter in range(-1, 5):
        assert same(x.rot90(quarter), np.rot90(array, quarter))
    with pytest.raises(ew.ShapeError, match="2 shifts"):
        x.roll((1, 2), 0)
    with pytest.raises(ew.ShapeError, match="two axes"):
        x.rot90(1, (0,))


@pytest.mark.parametrize(
    ("mode", "name"), [("constant", "constant"), ("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")]
)
def test_padding_agrees_with_numpy(mode, name):
    x = numbers(3, 4)
    assert same(pad(x, (1, 2, 2, 0), mode), np.pad(x.detach().numpy(), ((2, 0), (1, 2)), mode=name))


def test_negative_padding_cuts_off():
    x = numbers(5)
    y = pad(x, (-1, 2), value=9.0)
    assert same(y, [1, 2, 3, 4, 9, 9])
    y.sum().backward()
    assert same(x.grad, [0, 1, 1, 1, 1])
    assert same(pad(numbers(3), (-2, -1)), [])


def test_a_padding_value_may_be_a_tensor_with_a_gradient():
    x, value = numbers(2), ew.tensor(3.0, requires_grad=True)
    y = pad(x, (1, 2), value=value)
    assert same(y, [3, 0, 1, 3, 3])
    (y * ew.tensor([1.0, 10, 10, 2, 3])).sum().backward()
    assert value.grad.item() == 6


@pytest.mark.parametrize(
    ("widths", "mode", "reason"),
    [
        ((1,), "constant", "pairs"),
        ((1, 1, 1, 1, 1, 1), "constant", "at most 2 axes"),
        ((-3, -3), "constant", "cuts off more"),
        ((4, 0), "reflect", "more than the 3 elements"),
        ((5, 0), "circular", "more than the 4 elements"),
        ((-5, 2), "replicate", "cuts off more than there is"),
    ],
)
def test_padding_that_makes_no_sense_is_refused(widths, mode, reason):
    with pytest.raises(ew.ShapeError, match=reason):
        pad(numbers(3, 4), widths, mode)


def test_padding_knows_its_modes():
    with pytest.raises(ew.ArgumentError, match="mode is 'mirror'"):
        pad(numbers(3, 4), (1, 1), "mirror")


def test_padding_refuses_a_value_it_would_not_use():
    with pytest.raises(ew.ArgumentError, match="value is for mode constant"):
        pad(numbers(3), (1, 1), "reflect", 2.0)
    with pytest.raises(ew.ShapeError, match="no element to repeat"):
        pad(numbers(0), (1, 1), "replicate")


def test_clone_has_memory_of_its_own_and_passes_the_gradient():
    x = numbers(3)
    y = x.clone()
    assert not np.shares_memory(x.array, y.array)
    y.sum().backward()
    assert same(x.grad, [1, 1, 1])


@pytest.mark.parametrize("indexing", ["ij", "xy"])
def test_meshgrid_agrees_with_numpy(indexing):
    rows = [np.arange(n, dtype="float32") for n in (2, 3, 4)]
    ours = ew.meshgrid(*[ew.tensor(row) for row in rows], indexing=indexing)
    for grid, expected in zip(ours, np.meshgrid(*rows, indexing=indexing), strict=True):
        assert same(grid, expected)
    with pytest.raises(ew.ShapeError, match="one axis"):
        ew.meshgrid(numbers(2, 2))
    with pytest.raises(ew.ArgumentError, match="indexing is 'zz'"):
        ew.meshgrid(numbers(2), indexing="zz")


def test_axes_out_of_range_name_operation_axis_and_shape():
    with pytest.raises(ew.IndexingError, match=r"transpose: axis 2 is out of range for shape \(2, 3\): .* -2 to 1"):
        numbers(2, 3).transpose(0, 2)
    with pytest.raises(TypeError, match="squeeze: dim=0 and axis=0 are two spellings"):
        ew.squeeze(numbers(1), 0, axis=0)
    with pytest.raises(TypeError, match=r"squeeze: an axis must be an integer, not 0\.5"):
        ew.squeeze(numbers(1), 0.5)


def test_select_and_narrow_take_parts_of_an_axis():
    x = numbers(2, 5)
    assert same(x.select(1, -1), [4, 9])
    y = x.narrow(1, 1, 2)
    assert same(y, [[1, 2], [6, 7]])
    y.sum().backward()
    assert same(x.grad, [[0, 1, 1, 0, 0]] * 2)
    assert same(x.narrow(1, -2, 2), [[3, 4], [8, 9]])
    assert x.narrow(0, 2, 0).shape == (0, 5)
    with pytest.raises(ew.IndexingError, match=r"select: index 2 is out of range for axis 0 of shape \(2, 5\)"):
        x.select(0, 2)
    with pytest.raises(ew.IndexingError, match="narrow: 3 elements from 3 on"):
        x.narrow(1, 3, 3)


def test_conjugates_of_real_tensors_are_these():
    x = ew.arange(6.0).reshape(2, 3)
    assert x.real is x
    for y in (x.H, x.mH, x.adjoint()):
        assert y.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert ew.ones(4, 2, 3).mH.shape == ew.ones(4, 2, 3).adjoint().shape == (4, 3, 2)
    assert ew.tensor(2.0).H.item() == 2
    with pytest.raises(ew.ShapeError, match=r"H: is for matrices.*use \.mH"):
        ew.ones(2, 2, 2).H  # noqa: B018
    for name in ("mH", "mT"):
        with pytest.raises(ew.ShapeError, match="at least 2 axes"):
            getattr(ew.ones(3), name)
