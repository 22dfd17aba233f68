from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F


def test_the_share_is_dropped_and_the_rest_scaled():
    x = ew.tensor(np.ones((200, 100), dtype=np.float32), requires_grad=True)
    y = F.dropout(x, 0.3)
    assert y.dtype == np.float32
    values = y.detach().numpy()
    assert set(np.unique(values)) == {np.float32(0), np.float32(1 / 0.7)}
    assert (values == 0).mean() == pytest.approx(0.3, abs=0.02)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), values)


def test_without_training_or_chance_it_is_the_input():
    x = ew.tensor([1.0, 2.0])
    assert F.dropout(x, 0.5, training=False) is x
    assert F.dropout(x, 0.0) is x


def test_everything_can_be_dropped():
    x = ew.tensor(np.array([1.0, np.pi]), requires_grad=True)
    F.dropout(x, 1.0).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0, 0])


@pytest.mark.parametrize(("function", "shape"), [(F.dropout1d, (20, 30, 5)), (F.dropout2d, (20, 30, 2, 3))])
def test_whole_channels(function, shape):
    for x in (np.ones(shape), np.ones(shape[1:])):
        y = function(ew.tensor(x), 0.5).numpy()
        channels = y.reshape(*y.shape[: y.ndim - (len(shape) - 2)], -1)
        assert (channels == channels[..., :1]).all()
        assert set(np.unique(y)) == {0.0, 2.0}


def test_a_seed_repeats_it():
    x = ew.tensor(np.ones(100))
    ew.manual_seed(3)
    first = F.dropout(x).numpy()
    assert (first != F.dropout(x).numpy()).any()
    ew.manual_seed(3)
    np.testing.assert_array_equal(F.dropout(x).numpy(), first)


@pytest.mark.parametrize("function", [F.dropout, F.dropout1d, F.dropout2d])
def test_wrong_arguments_are_explained(function):
    x = ew.tensor(np.ones((1, 2, 3)))
    for p in (-0.1, 1.5, float("nan")):
        with pytest.raises(ew.ArgumentError, match="must be a probability"):
            function(x, p)
    with pytest.raises(ew.DTypeError, match=r"x\.float"):
        function(x.long())
    if function is not F.dropout:
        with pytest.raises(ew.ShapeError, match=r"must be \(N, C"):
            function(ew.tensor(np.ones(3)))


def test_channels_of_a_matrix_are_its_elements_and_a_warning_says_so():
    with pytest.warns(UserWarning, match=r"dropout2d: input has shape \(50, 40\), without the axes H and W"):
        y = ew.nn.functional.dropout2d(ew.ones(50, 40), 0.5)
    assert set(y.numpy().ravel().tolist()) == {0.0, 2.0}
    assert 0.4 < float((y == 0).float().mean()) < 0.6
