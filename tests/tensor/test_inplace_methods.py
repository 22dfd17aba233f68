"""The in-place forms of methods: same values and gradients, same memory, and what they refuse."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise.tensor.inplace_methods import InPlaceMethods

OWN_FORM = {"random_", "exponential_"}
POSITIVE = {"acosh_", "arccosh_"}  # are defined above 1 only
ARGUMENTS = {
    "multiply_": (2.0,),
    "subtract_": (2.0,),
    "divide_": (2.0,),
    "true_divide_": (2.0,),
    "floor_divide_": (0.3,),
    "remainder_": (0.3,),
    "fmod_": (0.3,),
    "lerp_": (ew.full((3, 3), 2.0), 0.3),
    "addcmul_": (ew.full((3, 3), 2.0), ew.ones(3)),
    "addcdiv_": (ew.full((3, 3), 2.0), ew.ones(3)),
    "hypot_": (ew.ones(3),),
    "xlogy_": (ew.full((3,), 3.0),),
    "float_power_": (2,),
    "atan2_": (ew.ones(3),),
    "arctan2_": (ew.ones(3),),
    "clip_": (0.3, 0.6),
    "clamp_min_": (0.4,),
    "clamp_max_": (0.4,),
    "heaviside_": (ew.tensor(0.5),),
    "copysign_": (ew.tensor(-1.0),),
    "cumsum_": (0,),
    "cumprod_": (0,),
    "scatter_": (0, ew.tensor([[0, 1, 2]]), 5.0),
    "scatter_add_": (0, ew.tensor([[0, 1, 2]]), ew.ones(1, 3)),
    "index_add_": (0, ew.tensor([0, 0]), ew.ones(2, 3)),
    "index_copy_": (0, ew.tensor([0, 2]), ew.ones(2, 3)),
    "index_fill_": (1, ew.tensor([1]), 7.0),
    "index_put_": ((ew.tensor([0, 0]),), ew.ones(2, 3), True),
    "masked_fill_": (ew.eye(3).bool(), 4.0),
    "masked_scatter_": (ew.eye(3).bool(), ew.arange(3.0)),
    "fill_diagonal_": (9.0,),
    "addmm_": (ew.ones(3, 2), ew.ones(2, 3)),
    "addmv_": (ew.ones(3, 2), ew.ones(2)),
    "addr_": (ew.ones(3), ew.ones(3)),
    "baddbmm_": (ew.ones(1, 3, 2), ew.ones(1, 2, 3)),
    "addbmm_": (ew.ones(4, 3, 2), ew.ones(4, 2, 3)),
    **{f"{name}_": (0.5,) for name in ("eq", "ne", "not_equal", "lt", "less", "le", "less_equal")},
    **{f"{name}_": (0.5,) for name in ("gt", "greater", "ge", "greater_equal")},
    **{f"logical_{name}_": (ew.tensor([True, False, True]),) for name in ("and", "or", "xor")},
    **{f"bitwise_{name}_": (ew.tensor([1, 2, 3]),) for name in ("and", "or", "xor")},
    "unsqueeze_": (0,),
    **dict.fromkeys(("transpose_", "swapaxes_", "swapdims_"), (0, 1)),
}
VALUES = np.array([[0.1, 0.5, 0.9], [0.2, 0.45, 0.7], [0.3, 0.35, 0.8]], dtype=np.float32)
WRITING_METHODS = [name for name in vars(InPlaceMethods) if not name.startswith("_") and name not in OWN_FORM]


def start(name):
    values = VALUES + 1 if name in POSITIVE else VALUES
    if name == "addmv_":
        values = values[0]
    if name == "baddbmm_":
        values = values[None]
    if name.startswith("bitwise_"):
        return ew.tensor((values * 10).astype(np.int64))
    return ew.tensor(values)


@at_once
@pytest.mark.parametrize("name", WRITING_METHODS)
def test_the_tensor_takes_the_result_of_its_function(name):
    x = start(name)
    method = getattr(x, name)
    function = inspect.unwrap(getattr(InPlaceMethods, name))
    arguments = ARGUMENTS.get(name, ())
    before, memory, dtype = x.clone(), x.array, x.dtype
    expected = function(before, *arguments)
    assert method(*arguments) is x
    assert x.dtype == dtype
    assert np.shares_memory(x.array, memory)
    np.testing.assert_allclose(x.numpy(), expected.to(dtype).numpy(), rtol=1e-6)
    assert ew.equal(before, start(name))


@at_once
@pytest.mark.parametrize("name", [n for n in WRITING_METHODS if not n.startswith(("bitwise_", "logical_"))])
def test_gradients_flow_as_through_the_function(name):
    gradients = []
    for in_place in (True, False):
        leaf = start(name).requires_grad_()
        x = leaf * 1
        function = inspect.unwrap(getattr(InPlaceMethods, name))
        arguments = ARGUMENTS.get(name, ())
        y = getattr(x, name)(*arguments) if in_place else function(x, *arguments)
        gradients.append(np.zeros(1))
        if y.requires_grad:
            (y * y).sum().backward()
            gradients[-1] = leaf.grad.numpy()
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-6)


def test_a_leaf_that_requires_gradients_is_refused():
    x = ew.ones(2, 3, requires_grad=True)
    for change in (lambda: x.exp_(), lambda: x.t_(), lambda: x.masked_fill_(x > 0, 1.0)):
        with pytest.raises(ew.InPlaceError, match="leaf that requires gradients"):
            change()
    with ew.no_grad():
        x.mul_(2).t_()
    assert x.tolist() == [[2, 2], [2, 2], [2, 2]]
    assert x.requires_grad


def test_a_tensor_given_by_name_makes_the_result_require_gradients():
    x, src = ew.zeros(2), ew.tensor([3.0], requires_grad=True)
    x.scatter_(0, ew.tensor([1]), src=src)
    (x * x).sum().backward()
    assert src.grad.tolist() == [6]


def test_a_result_of_a_higher_kind_is_refused():
    x = ew.tensor([1, 2])
    for change in (lambda: x.exp_(), lambda: x.add_(0.5), lambda: x.div_(2), lambda: ew.tensor([True]).add_(1)):
        with pytest.raises(ew.DTypeError, match="can't take in place"):
            change()
    assert x.tolist() == [1, 2]
    assert x.eq_(2).tolist() == [0, 1]


def test_a_changed_value_that_backward_needs_is_noticed():
    leaf = ew.tensor([1.0, 2.0], requires_grad=True)
    data = ew.tensor([3.0, 4.0])
    loss = (leaf * data).sum()
    data.neg_()
    with pytest.raises(ew.InPlaceError, match="was changed in place"):
        loss.backward()


def test_drawn_values():
    generator = ew.Generator().manual_seed(0)
    x = ew.empty(1000).exponential_(2.0, generator=generator)
    assert x.min() >= 0
    assert x.mean().item() == pytest.approx(0.5, rel=0.15)
    x = ew.empty(1000, dtype=ew.int64).random_(5, generator=generator)
    assert x.unique().tolist() == [0, 1, 2, 3, 4]
    assert ew.empty(50).random_(2, 4, generator=generator).unique().tolist() == [2, 3]
    assert ew.empty(50, dtype=ew.bool).random_(generator=generator).any()
    with pytest.raises(ew.ArgumentError, match="lambd must be > 0"):
        x.exponential_(0)
    with pytest.raises(ew.ArgumentError, match="no integer"):
        x.random_(4, 4)


def test_every_method_says_that_it_works_in_place():
    for name in WRITING_METHODS:
        assert "In place" in getattr(InPlaceMethods, name).__doc__
