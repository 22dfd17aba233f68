"""What backward leaves on leaves and intermediates."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.graph.backward import Record, backward


def leaf(*shape: int, dtype: str = "float64", start: float = 0.5) -> ew.Tensor:
    count = int(np.prod(shape))
    return ew.tensor(start + np.arange(count, dtype=dtype).reshape(shape) / 4, requires_grad=True)


def test_backward_twice_gives_the_same_gradient_again_and_leaves_accumulate() -> None:
    x = leaf(3)
    loss = (ew.tanh(x) * x).sum()
    loss.backward()
    once = x.grad.numpy().copy()
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), once + once)
    x.grad = None
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), once)


def test_gradients_are_added_into_the_grad_that_is_there_as_in_pytorch() -> None:
    x = leaf(2)
    (x * 2).sum().backward()
    held = x.grad
    (x * 3).sum().backward()
    assert x.grad is held
    assert held.tolist() == [5.0, 5.0]


def test_gradients_add_up_in_one_buffer_for_all_parameters() -> None:
    buffer = ew.zeros(4, dtype="float64")
    a, b = leaf(2, start=1.0), leaf(2, start=3.0)
    a.grad, b.grad = buffer[:2], buffer[2:]
    (a * b).sum().backward()
    assert buffer.tolist() == [3.0, 3.25, 1.0, 1.25]


def test_a_grad_that_cannot_take_the_sum_is_replaced() -> None:
    x, read_only = leaf(2), np.ones(2)
    read_only.flags.writeable = False
    x.grad = ew.from_numpy(read_only)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert read_only.tolist() == [1.0, 1.0]


def test_what_was_computed_from_a_grad_notices_that_more_was_added_to_it() -> None:
    x, w = leaf(2), ew.tensor([2.0, 3.0], dtype="float64", requires_grad=True)
    (x * 2).sum().backward()
    penalty = (w * x.grad).sum()
    (x * 3).sum().backward()
    with pytest.raises(ew.InPlaceError, match="changed in place"):
        penalty.backward()


def test_a_gradient_is_retained_once_however_often_it_was_asked_for() -> None:
    x = leaf(2)
    z = x * 3
    z.retain_grad()
    z.retain_grad()
    assert z.retains_grad
    (z * z).sum().backward()
    assert z.grad.tolist() == (2 * z).tolist()


def test_intermediates_keep_no_gradient_unless_asked() -> None:
    x = leaf(2)
    z = x * 3
    z.sum().backward()
    assert z.grad is None
    assert x.grad is not None


def test_the_gradient_of_a_leaf_by_itself_is_one() -> None:
    x = ew.tensor(2.0, requires_grad=True)
    x.backward()
    assert x.grad.item() == 1.0


def test_only_the_given_inputs_receive_gradients() -> None:
    a, b = leaf(2), leaf(2)
    z = a * b
    z.sum().backward(inputs=[a])
    assert a.grad is not None
    assert b.grad is None
    (z * 2).sum().backward(inputs=z)
    assert z.grad.tolist() == [2.0, 2.0]
    assert b.grad is None


def test_a_record_of_a_run_shares_no_memory_with_leaf_gradients() -> None:
    w, x = leaf(2), leaf(2, start=3.0)
    run = Record()
    backward([(w * x).sum()], [None], record=run)
    expected = x.numpy(force=True).copy()
    np.testing.assert_array_equal(run.gradient_of(w), expected)
    w.grad.zero_()
    np.testing.assert_array_equal(run.gradient_of(w), expected)
    ((_, argument, part),) = run.contributions_to(w)
    assert argument == 0
    np.testing.assert_array_equal(part, expected)
    assert run.gradient_of(leaf(2)) is None
    assert run.contributions_to(leaf(2)) == []


def test_a_gradient_that_passed_on_its_memory_is_copied_into_grad() -> None:
    for function in (lambda x: x.reshape(6), lambda x: x.reshape(3, 2).T.reshape(-1), lambda x: x[:, :].flatten()):
        x, seed = leaf(6).detach().reshape(2, 3).clone().requires_grad_(), ew.ones(6, dtype="float64")
        function(x).backward(seed)
        x.grad.zero_()
        assert seed.tolist() == [1.0] * 6


def test_several_equal_inputs_are_distinguished_by_identity() -> None:
    a, b, c = leaf(2), leaf(2), leaf(2)
    gradients = ew.autograd.grad((a * 2 + b * 3 + c * 5).sum(), [c, b, a])
    assert [g.tolist() for g in gradients] == [[5.0, 5.0], [3.0, 3.0], [2.0, 2.0]]


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ((), (2, 3)),
        ((1,), (2, 3)),
        ((3,), (2, 3)),
        ((1, 3), (2, 3)),
        ((2, 1), (2, 3)),
        ((1, 1), (2, 3)),
        ((2, 1, 3), (4, 2, 5, 3)),
        ((1, 2, 1, 3), (4, 2, 5, 3)),
        ((1,), ()),
        ((3,), (0, 3)),
        ((0, 1), (0, 3)),
        ((1, 3), (0, 3)),
        ((2, 1), (1, 3)),
        ((4, 1, 3), (2, 1)),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_broadcasting_is_undone_in_every_position(
    small: tuple[int, ...], large: tuple[int, ...], swapped: bool
) -> None:
    a, b = leaf(*small), leaf(*large, start=1.0)
    weights = np.cos(np.arange(np.prod(np.broadcast_shapes(small, large)))).reshape(np.broadcast_shapes(small, large))
    y = (b * a if swapped else a * b) * weights
    y.sum().backward()
    for mine, other in ((a, b), (b, a)):
        full = np.broadcast_to(other.detach().numpy(), weights.shape) * weights
        extra = weights.ndim - mine.ndim
        expected = full.sum(axis=tuple(range(extra)))
        axes = tuple(i for i, size in enumerate(mine.shape) if size == 1)
        expected = expected.sum(axis=axes, keepdims=True)
        assert mine.grad.shape == mine.shape
        np.testing.assert_allclose(mine.grad.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "scalar",
    [
        2,
        2.5,
        True,
        np.float64(2.5),
        np.float32(2.5),
        np.int64(3),
        np.array(2.5),
        np.array(3),
        ew.tensor(2.5, dtype="float64"),
    ],
    ids=lambda value: f"{type(value).__name__}-{getattr(value, 'dtype', '')}",
)
@pytest.mark.parametrize("flipped", [False, True])
def test_a_float32_graph_stays_float32_beside_any_scalar(scalar: object, flipped: bool) -> None:
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    for combine in (
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a**b,
    ):
        y = combine(scalar, x) if flipped else combine(x, scalar)
        assert y.dtype == np.float32
        x.grad = None
        y.sum().backward()
        assert x.grad.dtype == np.float32


def test_inputs_of_different_dtypes_get_gradients_in_their_own() -> None:
    a = leaf(3, dtype="float32")
    b = leaf(3, dtype="float64")
    y = a * b
    assert y.dtype == np.float64
    y.sum().backward()
    assert a.grad.dtype == np.float32
    assert b.grad.dtype == np.float64


def test_a_zero_d_tensor_of_higher_precision_gets_its_gradient_in_that() -> None:
    a = leaf(3, dtype="float32")
    b = ew.tensor(2.0, dtype="float64", requires_grad=True)
    y = a * b
    assert y.dtype == np.float32
    y.sum().backward()
    assert a.grad.dtype == np.float32
    assert b.grad.dtype == np.float64
    assert b.grad.shape == ()


def test_an_operation_met_first_in_one_dtype_casts_gradients_in_another() -> None:
    widen = ew.Operation(
        "widen",
        lambda xp, x: xp.astype(x, xp.float64),
        lambda xp, g, y, x: g,  # noqa: ARG005
        elementwise=True,
    )
    pair = ew.Operation(
        "pair",
        lambda xp, a, b: a * b,  # noqa: ARG005
        lambda xp, g, y, a, b: g * b,  # noqa: ARG005
        lambda xp, g, y, a, b: g * a,  # noqa: ARG005
        elementwise=True,
        promotes=False,
    )
    for dtype in ("float64", "float32", "float64"):
        x, z = leaf(3, dtype=dtype), leaf(3)
        (widen(x) + pair(x, z)).sum().backward()
        assert x.grad.dtype == np.dtype(dtype)
        assert z.grad.dtype == np.float64


def test_gradients_of_scalars_are_arrays_not_numpy_numbers() -> None:
    x = ew.tensor(2.0, requires_grad=True)
    ((x * x) * 3 + x).backward()
    assert type(x.grad.array) is np.ndarray
    assert x.grad.array.shape == ()
    assert x.grad.dtype == np.float32


def test_an_array_times_a_tensor_is_a_tensor_with_a_graph() -> None:
    x = ew.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    for y in (array * x, array @ x, array + x, array - x, array / x):
        assert isinstance(y, ew.Tensor)
        assert y.requires_grad
    (array * x).sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]


@pytest.mark.parametrize("data", [[1, 2], [True, False], np.array([1], dtype=np.uint8)])
def test_integers_and_bools_cannot_require_gradients(data: object) -> None:
    with pytest.raises(ew.DTypeError, match=r"float\(\)"):
        ew.tensor(data, requires_grad=True)


def test_the_way_through_integers_carries_no_gradient() -> None:
    x = leaf(3)
    y = x.long()
    assert not y.requires_grad
    z = y * x
    z.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.numpy())


def test_unused_leaves_keep_no_gradient() -> None:
    x, unused = leaf(2), leaf(2)
    x.sum().backward()
    assert unused.grad is None


def test_a_constant_that_later_becomes_a_result_is_still_the_constant_of_what_used_it() -> None:
    w = leaf(2)
    c = ew.tensor([3.0, 4.0], dtype="float64")
    y = c * w
    c[0] = w[1]
    y.sum().backward()
    assert w.grad.tolist() == [3.0, 4.0]
    assert c.grad is None
    (gradient,) = ew.autograd.grad((y * y).sum(), w, create_graph=True)
    np.testing.assert_allclose(gradient.detach().numpy(), 2 * np.array([9.0, 16.0]) * w.detach().numpy())


class TestErrors:
    def test_a_tensor_that_is_no_scalar_needs_a_gradient_to_start_from(self) -> None:
        x = leaf(2, 3)
        with pytest.raises(ew.GradientError, match=r"shape \(2, 3\).*\.sum\(\) or \.mean\(\)"):
            (x * 2).backward()

    def test_one_element_of_any_rank_is_a_scalar(self) -> None:
        x = leaf(1, 1)
        (x * 2).backward()
        assert x.grad.tolist() == [[2.0]]

    def test_a_tensor_that_requires_none_says_why(self) -> None:
        x = leaf(2)
        for y in (x.detach().sum(), ew.tensor(1.0)):
            with pytest.raises(ew.GradientError, match=r"does not require a gradient.*requires_grad=True"):
                y.backward()
        with ew.no_grad():
            y = x.sum()
        with pytest.raises(ew.GradientError, match="no_grad"):
            y.backward()

    def test_the_starting_gradient_has_the_tensors_shape(self) -> None:
        x = leaf(2, 3)
        with pytest.raises(ew.GradientError, match=r"shape \(3,\).*\(2, 3\)"):
            (x * 2).backward(ew.tensor([1.0, 1.0, 1.0]))

    def test_the_starting_gradient_is_cast_to_the_tensors_dtype(self) -> None:
        x = leaf(2, dtype="float32")
        (x * 2).backward(ew.tensor([1.0, 1.0], dtype="float64"))
        assert x.grad.dtype == np.float32

    def test_requires_grad_of_a_result_cannot_be_taken_back(self) -> None:
        y = leaf(2) * 2
        with pytest.raises(ew.GradientError, match="detach"):
            y.requires_grad_(False)

    def test_inputs_must_require_gradients_and_not_be_empty(self) -> None:
        x = leaf(2)
        with pytest.raises(ew.GradientError, match="requires none"):
            x.sum().backward(inputs=[x, ew.tensor(1.0)])
        with pytest.raises(ew.GradientError, match="inputs is empty"):
            x.sum().backward(inputs=[])
        assert x.grad is None

    def test_retain_grad_of_a_constant(self) -> None:
        with pytest.raises(ew.GradientError, match="retain_grad"):
            ew.tensor([1.0]).retain_grad()

    def test_an_operation_names_itself_its_arguments_and_the_axis(self) -> None:
        with pytest.raises(ew.ShapeError, match=r"add: shapes \(2, 3\) and \(4,\).*axis -1 is 3 and 4"):
            leaf(2, 3) + leaf(4)


@pytest.mark.parametrize("wrong", ["a", ew.ones(1), ew.ones(3), ew.ones(2, dtype="float64")])
def test_a_gradient_has_the_shape_and_dtype_of_its_tensor(wrong):
    w = ew.ones(2, requires_grad=True)
    with pytest.raises(ew.GradientError, match="must be a tensor of that dtype and shape"):
        w.grad = wrong
    assert w.grad is None


@pytest.mark.parametrize("result", [None, "s", (1.0, 2.0)])
def test_a_forward_that_returns_no_array_is_explained(result):
    broken = ew.Operation("broken", lambda _xp, _x: result, lambda _xp, g, _y, _x: g)
    with pytest.raises(ew.DTypeError, match="broken: its forward returned"):
        broken(ew.ones(2))


def test_a_second_backward_with_a_graph_adds_to_a_gradient_that_is_there() -> None:
    w = ew.tensor([2.0, 3.0], requires_grad=True)
    (w**3).sum().backward(create_graph=True)
    (w**2).sum().backward(create_graph=True)
    assert w.grad is not None
    assert w.grad.tolist() == [3 * 4 + 2 * 2, 3 * 9 + 2 * 3]
    # The sum has the way back to both: 6 w + 2.
    assert ew.autograd.grad(w.grad.sum(), [w])[0].tolist() == [14.0, 20.0]


def test_a_backward_without_a_graph_adds_a_constant_to_a_gradient_with_one() -> None:
    w = ew.tensor([2.0], requires_grad=True)
    (w**3).sum().backward(create_graph=True)
    (w**2).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [16.0]
    assert not w.grad.requires_grad


FORWARDS = {1: lambda _xp, a: a + 0, 2: lambda _xp, a, b: a + b, 3: lambda _xp, a, b, c: a + b + c}


def _slopes(wrong: int, count: int) -> list[object]:
    """Derivatives, one of which has the wrong shape."""
    return [(lambda _xp, g, *_: g[:1]) if i == wrong else (lambda _xp, g, *_: g) for i in range(count)]


@pytest.mark.parametrize(("count", "wrong"), [(1, 0), (2, 0), (2, 1), (3, 2)])
def test_a_derivative_of_the_wrong_shape_is_refused_every_time(count, wrong) -> None:
    skewed = ew.Operation("skewed", FORWARDS[count], *_slopes(wrong, count), elementwise=True)
    for _ in range(3):
        leaves = [ew.ones(3, requires_grad=True) for _ in range(count)]
        with pytest.raises(ew.GradientError, match="skewed"):
            skewed(*leaves).sum().backward()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_operation_that_gives_integers_requires_no_gradient(count) -> None:
    def counted(xp, *x):
        return xp.astype(FORWARDS[count](xp, *x) > 0, xp.int64)

    forward = {1: lambda xp, a: counted(xp, a), 2: lambda xp, a, b: counted(xp, a, b)}
    forward[3] = lambda xp, a, b, c: counted(xp, a, b, c)
    operation = ew.Operation("counted", forward[count], *_slopes(-1, count))
    result = operation(*(ew.ones(3, requires_grad=True) for _ in range(count)))
    assert result.dtype == np.int64
    assert not result.requires_grad


def test_a_forward_may_return_a_plain_number() -> None:
    total = ew.Operation("total", lambda _xp, x: float(x.sum()), lambda xp, g, _y, x: g * xp.ones_like(x))
    x = ew.tensor([1.0, 2.5], dtype="float64", requires_grad=True)
    y = total(x)
    assert y.shape == ()
    assert y.item() == 3.5
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1]


def test_a_retained_gradient_adds_up_over_passes_as_a_leafs_does():
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.sum().backward()
    (y * y).sum().backward()
    assert y.grad.tolist() == [5, 9]
    assert x.grad.tolist() == [10, 18]
    y.grad = None
    y[1].backward()
    assert y.grad.tolist() == [0, 1]
