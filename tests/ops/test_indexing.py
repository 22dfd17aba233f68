from __future__ import annotations

import array_api_strict as strict
import numpy as np
import pytest
from cases import at_once
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import edgewise as ew
from edgewise.autograd import gradcheck, gradgradcheck
from edgewise.ops import portable
from edgewise.ops.index_keys import flat_places

X = np.random.default_rng(0).standard_normal((3, 4, 2))
MASK = X[..., 0] > 0
ROWS = np.array([2, 0, 2, -1])
KEYS = {
    "int": 1,
    "last": -1,
    "numpy int": np.int64(2),
    "ints": (1, 2, 0),
    "slice": slice(1, 3),
    "step": slice(None, None, 2),
    "backwards": (slice(None), slice(None, None, -1)),
    "past the end": slice(2, 99),
    "no elements": slice(2, 1),
    "numpy ends": slice(np.int64(0), np.int32(2)),
    "None": None,
    "Nones": (None, 1, None, slice(None)),
    "ellipsis": ...,
    "ellipsis first": (..., 1),
    "ellipsis within": (1, ..., 0),
    "ellipsis for nothing": (0, 1, ..., 1),
    "empty tuple": (),
    "list": [0, 2],
    "nested list": [[0, 1], [2, 0]],
    "empty list": [],
    "array": ROWS,
    "array of other dtype": ROWS.astype(np.int8),
    "unsigned array": np.array([2, 0, 1], dtype=np.uint16),
    "0-d array": np.array(1),
    "array with two axes": ROWS.reshape(2, 2),
    "array then slice": (ROWS, slice(1, 3)),
    "slice then array": (slice(None), ROWS),
    "array last": (..., [1, 0, 1]),
    "array and int": (ROWS, 1),
    "int and array": (1, ROWS),
    "pairs": (ROWS, [0, 3, 0, 1]),
    "pairs, broadcast": ([[0], [1]], [0, 2, 2]),
    "pairs, repeated": ([1, 1, 1], [3, 3, 0]),
    "pairs behind a slice": (slice(None), [0, 3, 3], [1, 0, 0]),
    "pairs apart": ([0, 2, 2], slice(1, 3), [1, 0, 0]),
    "pairs around None": ([0, 2], None, [1, 1]),
    "all axes": (ROWS, [0, 1, 0, 3], [1, 0, 1, 1]),
    "mask": X > 0,
    "mask of rows": np.array([True, False, True]),
    "mask of the first two axes": MASK,
    "mask of the last two axes": (slice(None), X[0] > 0),
    "mask in the middle": (slice(None), [True, False, True, True]),
    "mask last": (..., np.array([False, True])),
    "mask of nothing": np.zeros((3, 4), dtype=bool),
    "mask and array": (np.array([True, False, True]), [1, 1]),
    "mask and int": ([True, False, True], 0),
    "two masks": ([True, False, True], [True, False, False, True]),
    "True": True,
    "False": False,
    "True within": (slice(None), True),
    "None and array": (None, ROWS, None),
}
each_key = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())


def as_tensors(key):
    if isinstance(key, tuple):
        return tuple(as_tensors(part) for part in key)
    return ew.tensor(key) if isinstance(key, (list, np.ndarray)) and np.size(key) else key


@at_once
@each_key
def test_getitem_agrees_with_numpy(key):
    want = X[key]
    for got in (ew.tensor(X)[key], ew.tensor(X)[as_tensors(key)]):
        assert got.dtype == X.dtype
        assert got.shape == want.shape
        np.testing.assert_array_equal(got.numpy(), want)


@at_once
@each_key
def test_getitem_has_derivatives_of_two_orders(key):
    x = ew.tensor(X, requires_grad=True)
    assert gradcheck(lambda x: x[key], (x,))
    if X[key].size:
        assert gradgradcheck(lambda x: x[key] ** 2, (x,))


def gradient_sums_what_was_picked(key):
    x = ew.tensor(X, requires_grad=True)
    weights = np.random.default_rng(1).standard_normal(X[key].shape)
    (x[key] * ew.tensor(weights)).sum().backward()
    want = np.zeros_like(X)
    np.add.at(want, key if not isinstance(key, list) else np.array(key, dtype=int), weights)
    np.testing.assert_allclose(x.grad.numpy(), want)


@at_once
@each_key
def test_the_gradient_sums_what_each_element_was_picked_for(key):
    gradient_sums_what_was_picked(key)


@at_once
@each_key
def test_the_gradient_of_many_elements_is_the_same(key, monkeypatch):
    monkeypatch.setattr(portable, "_MANY", 0)
    gradient_sums_what_was_picked(key)


@at_once
@each_key
def test_libraries_with_the_standards_few_indices_get_every_kind(key):
    x = ew.as_tensor(strict.asarray(X)).requires_grad_()
    y = x[key]
    np.testing.assert_array_equal(np.from_dlpack(y.array), X[key])
    (y * y).sum().backward()
    want = ew.tensor(X, requires_grad=True)
    (want[key] ** 2).sum().backward()
    np.testing.assert_allclose(np.from_dlpack(x.grad.array), want.grad.numpy())
    z = ew.as_tensor(strict.asarray(X, copy=True))
    z[key] = 7.0
    expected = X.copy()
    expected[key] = 7.0
    np.testing.assert_array_equal(np.from_dlpack(z.array), expected)


@at_once
@each_key
def test_setitem_agrees_with_numpy(key):
    for given_key in (key, as_tensors(key)):
        x, want = ew.tensor(X), X.copy()
        x[given_key] = 5
        want[key] = 5
        np.testing.assert_array_equal(x.numpy(), want)


# Keys whose axes stand elsewhere in NumPy, and the same by the integers first and the arrays then, as PyTorch picks.
ALL = slice(None)
APART = {
    "int, slice, array": ((0, ALL, [1, 1]), lambda x: x[0][:, [1, 1]]),
    "array behind an int further on": ((ALL, 0, ALL, [1, 0, 1]), lambda x: x[:, 0][:, :, [1, 0, 1]]),
    "int, ellipsis, array": ((0, ..., [1, 0, 1]), lambda x: x[0][..., [1, 0, 1]]),
    "slice, int, slice, array": ((slice(1, None), 0, ALL, [1, 0]), lambda x: x[1:, 0][:, :, [1, 0]]),
    "array, slice, int": ((ALL, [3, 0, 1], ALL, -1), lambda x: x[..., -1][:, [3, 0, 1]]),
    "True, slice, int": ((ALL, True, ALL, 0), lambda x: x[:, :, 0][:, None]),
    "int, None, array": ((0, None, [1, 3]), lambda x: x[0][None, [1, 3]]),
    "int, slice, matrix of indices": ((2, ALL, [[1, 0], [0, 0]]), lambda x: x[2][:, [[1, 0], [0, 0]]]),
    "int, slice, mask": ((2, ALL, [True, False]), lambda x: x[2][:, [True, False]]),
    "ellipsis for nothing": ((ALL, [1, 2], ..., [1, 0], ALL), lambda x: x[:, [1, 2], [1, 0]]),
    "0-d array, slice, array": ((np.array(1), ALL, [1, 1, 0]), lambda x: x[1][:, [1, 1, 0]]),
}
each_key_apart = pytest.mark.parametrize(("key", "picked"), APART.values(), ids=APART.keys())
Y = np.random.default_rng(2).standard_normal((3, 4, 2, 2))


def array_for(key):
    """The array that a key is for, as some name an axis more."""
    picks = [part for part in key if part is not None and part is not Ellipsis and part is not True]
    return Y if len(picks) > 3 else X


@each_key_apart
def test_an_integer_takes_its_slice_before_index_arrays_pick(key, picked):
    array = array_for(key)
    for got in (ew.tensor(array)[key], ew.tensor(array)[as_tensors(key)]):
        np.testing.assert_array_equal(got.numpy(), picked(array), strict=True)
    np.testing.assert_array_equal(np.from_dlpack(ew.as_tensor(strict.asarray(array))[key].array), picked(array))
    x = ew.tensor(array, requires_grad=True)
    assert gradcheck(lambda x: x[key], (x,))
    assert gradgradcheck(lambda x: x[key] ** 2, (x,))


@each_key_apart
def test_values_are_assigned_with_the_axes_that_reading_gives(key, picked):
    array = array_for(key)
    numbers = picked(np.arange(array.size).reshape(array.shape))
    values = np.random.default_rng(3).standard_normal(numbers.shape)
    for assigned in (values, values[:1], values[-1], values[None], values[..., :1], 7.0):
        expected = array.copy()
        # Of elements that are picked more than once, the last value stays, here as in NumPy.
        expected.reshape(-1)[numbers.reshape(-1)] = np.broadcast_to(assigned, (1, *numbers.shape)).reshape(-1)
        x = ew.tensor(array)
        x[key] = ew.tensor(assigned)
        distinct = len(set(numbers.reshape(-1))) == numbers.size
        if distinct or isinstance(assigned, float):
            np.testing.assert_array_equal(x.numpy(), expected)
    if distinct:
        value = ew.tensor(values, requires_grad=True)
        weights = np.random.default_rng(4).standard_normal(array.shape)
        x = ew.tensor(array) * 1.0
        x[key] = value
        (x * ew.tensor(weights)).sum().backward()
        np.testing.assert_array_equal(value.grad.numpy(), picked(weights))


@pytest.mark.parametrize("key", [0, (1, 2), (1, 2, 0), X > 0, ([0, 2], [1, 1])], ids=str)
def test_a_value_may_have_more_leading_axes_of_size_1(key):
    x, want = ew.tensor(X), X.copy()
    x[as_tensors(key)] = ew.tensor([[[[5.0]]]])
    want[key] = 5.0
    np.testing.assert_array_equal(x.numpy(), want)


@pytest.mark.parametrize("library", [np, strict], ids=["numpy", "strict"])
def test_index_arrays_on_both_sides_of_an_ellipsis_for_nothing_stand_together(library):
    # As in PyTorch, and not in NumPy, where they count as apart and their axis comes first.
    x = ew.as_tensor(library.asarray(X))
    i, j = (ew.as_tensor(library.asarray(places)) for places in ([0, 2], [1, 0]))
    found = x[:, i, ..., j]
    assert found.shape == (3, 2)
    np.testing.assert_array_equal(np.asarray(found.array), X[:, [0, 2], [1, 0]])


def test_a_mask_may_hold_bytes():
    x = ew.tensor([5.0, 6.0, 7.0], requires_grad=True)
    mask = ew.tensor([1, 0, 1], dtype="uint8")
    assert x[mask].tolist() == [5.0, 7.0]
    assert ew.array_api.take(x, mask).tolist() == [6.0, 5.0, 6.0]
    assert ew.array_api.take_along_axis(x, mask).tolist() == [6.0, 5.0, 6.0]
    y = x * 1.0
    y[mask] = 0.0
    assert y.tolist() == [0.0, 6.0, 0.0]
    with pytest.raises(ew.IndexingError, match="getitem: boolean index did not match"):
        x[ew.tensor([1, 0], dtype="uint8")]


NUMBERS = np.arange(X.size).reshape(X.shape)
# Which of several values for one element stays is left open.
UNREPEATED = {name: key for name, key in KEYS.items() if np.unique(NUMBERS[key]).size == NUMBERS[key].size}


@at_once
@pytest.mark.parametrize("key", UNREPEATED.values(), ids=UNREPEATED.keys())
def test_setitem_sends_gradients_to_what_was_written_and_to_what_stayed(key):
    rng = np.random.default_rng(3)
    value = rng.standard_normal(X[key].shape)

    def assigned(x, value):
        y = x * 1
        y[key] = value
        return y

    inputs = (ew.tensor(X, requires_grad=True), ew.tensor(value, requires_grad=True))
    want = X.copy()
    want[key] = value
    np.testing.assert_array_equal(assigned(*inputs).detach().numpy(), want)
    assert gradcheck(assigned, inputs)
    assert gradgradcheck(lambda x, value: assigned(x, value) ** 2, inputs)


@pytest.mark.parametrize("shape", [(), (1,), (2,), (4, 1), (4, 2), (1, 4, 2), (1, 1, 1, 2)])
def test_an_assigned_value_is_broadcast_and_its_gradient_summed(shape):
    value = np.random.default_rng(4).standard_normal(shape)

    def assigned(x, value):
        y = x * 1
        y[1] = value
        return y

    want = X.copy()
    want[1] = value
    inputs = (ew.tensor(X, requires_grad=True), ew.tensor(value, requires_grad=True))
    np.testing.assert_array_equal(assigned(*inputs).detach().numpy(), want)
    assert gradcheck(assigned, inputs)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_flat_places_are_the_elements_that_numpy_picks(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    parts = []
    for size in shape[: data.draw(st.integers(0, len(shape)))]:
        index = st.integers(-size, size - 1)
        shapes = st.sampled_from([(), (2,), (3, 1), (1, 2)])
        parts.append(
            data.draw(
                st.one_of(
                    index,
                    st.slices(size),
                    shapes.flatmap(lambda s, index=index: hnp.arrays(np.int64, s, elements=index)),
                )
            )
        )
        if data.draw(st.booleans()):
            parts.append(data.draw(st.sampled_from([None, np.array(True)])))
    if len(parts) and data.draw(st.booleans()):
        parts.insert(data.draw(st.integers(0, len(parts))), ...)
    numbers = np.arange(np.prod(shape)).reshape(shape)
    try:
        want = numbers[tuple(parts)]
    except IndexError:  # the axes after an ellipsis have other sizes than the indices were drawn for
        return
    got = flat_places(np, shape, tuple(parts))
    assert got.shape == want.shape
    np.testing.assert_array_equal(got, want)


def test_a_slice_shares_memory_and_an_index_array_does_not():
    x = ew.tensor(X)
    assert np.shares_memory(x[1:].numpy(), x.numpy())
    assert not np.shares_memory(x[[1, 2]].numpy(), x.numpy())


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (3, "getitem: index 3 is out of bounds for axis 0 with size 3"),
        ((0, -5), "getitem: index -5 is out of bounds for axis 1 with size 4"),
        ([0, 9], "getitem: index 9 is out of bounds for axis 0 with size 3"),
        ((..., [0, -3]), "getitem: index -3 is out of bounds for axis 2 with size 2"),
        ((0, 0, 0, 0), "getitem: too many indices.* 3-dimensional, but 4"),
        ((..., ...), "getitem: .*single ellipsis"),
        ([True, False], "getitem: .*axis 0; size of axis is 3 .* is 2"),
        (([0, 1], [0, 1, 2]), "getitem: .*broadcast"),
        ("row", "getitem: 'row' is not an index: use integers, slices"),
        (1.5, "getitem: 1.5 is not an index"),
        ([0.5], r"getitem: an index array holds integers or bools, not float32: use .long\(\)"),
        (slice(0.5, None), "getitem: the ends and the step of .* must be integers"),
        ([[0], [1, 2]], "getitem: .* can't be an index array"),
        ({0}, "getitem: .* is not an index"),
    ],
)
def test_wrong_keys_are_explained(key, message):
    with pytest.raises(ew.IndexingError, match=message):
        ew.tensor(X)[key]
    with pytest.raises(ew.IndexingError, match=message.replace("getitem", "setitem")):
        ew.tensor(X)[key] = 0


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (3, "index 3 is out of range for axis 0 with size 3"),
        (([0, 9], 0), "index 9 is out of range for axis 0 with size 3"),
        (([0], [-5]), "index -5 is out of range for axis 1 with size 4"),
        (([0], 0, 0, 0), r"4 indices for the 3 axes of shape \(3, 4, 2\)"),
        (([0], ..., ...), "'...' may occur once only"),
        (np.ones((2, 2), dtype=bool), r"a mask of shape \(2, 2\) does not fit the axes of sizes \(3, 4\)"),
    ],
)
def test_flat_places_explain_wrong_keys_too(key, message):
    parts = key if isinstance(key, tuple) else (key,)
    with pytest.raises(ew.IndexingError, match=message):
        flat_places(np, X.shape, tuple(np.array(part) if isinstance(part, list) else part for part in parts))


def test_a_value_that_does_not_fit_is_explained():
    x = ew.tensor(X)
    with pytest.raises(ew.ShapeError, match=r"setitem: a value of shape \(3,\) can't be broadcast .* \(4, 2\)"):
        x[0] = np.ones(3)


def test_integers_take_whole_numbers_of_floats():
    x = ew.tensor([1, 2, 3])
    x[0] = 2.9
    x[1] = ew.tensor(7.2)
    assert x.tolist() == [2, 7, 3]
    assert x.dtype == ew.int64


def test_iteration_and_unpacking_pick_rows():
    a, b, c = ew.tensor(X, requires_grad=True)
    np.testing.assert_array_equal(b.detach().numpy(), X[1])
    assert a.requires_grad
    assert c.shape == (4, 2)
