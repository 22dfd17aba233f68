"""Origins: how tensors were made that require no gradient."""

import gc
import weakref

import numpy as np

import edgewise as ew
from edgewise.graph.provenance import MOST_ELEMENTS, MOST_OPERATIONS, origin_of, unrecorded_use, uses_oldest_first


def test_what_requires_no_gradient_has_an_origin_and_is_a_leaf_still():
    x = ew.ones(2, 3)
    y = x.T
    origin = origin_of(y)
    assert origin.operation.name == "permute"
    assert origin.sources()[0] is x
    assert y.is_leaf
    assert y.node is None
    assert origin.explains(y.array)


def test_what_requires_a_gradient_or_is_made_under_no_grad_has_none():
    x = ew.ones(3, requires_grad=True)
    assert origin_of(x * 2) is None
    with ew.no_grad():
        assert origin_of(ew.ones(3) * 2) is None


def test_what_it_began_with_is_not_kept_alive_and_what_lies_between_is():
    x = ew.ones(3)
    between = x + 1
    y = between * 2
    kept, gone = weakref.ref(between), weakref.ref(x)
    del between, x
    gc.collect()
    assert origin_of(y).sources()[0] is kept()
    assert gone() is None
    assert origin_of(kept()).sources() is None


def test_what_it_was_made_of_stays_with_the_account_of_it():
    x = ew.ones(3)
    y = x + 1
    account = unrecorded_use(origin_of(y))
    known = weakref.ref(x)
    del x
    gc.collect()
    assert known() is not None
    del account
    gc.collect()
    assert known() is None


def test_a_detached_tensor_does_not_keep_its_graph():
    w = ew.ones(3, requires_grad=True)
    result = w * 2
    cut = result.detach()
    assert origin_of(cut).operation.name == "detach"
    known = weakref.ref(result)
    del result
    gc.collect()
    assert known() is None


def test_an_endless_loop_keeps_only_its_last_results():
    x = ew.ones(3)
    seen = []
    for _ in range(50):
        x = x * 0.5
        seen.append(weakref.ref(x))
    gc.collect()
    assert sum(one() is not None for one in seen) <= MOST_OPERATIONS + 1


def test_large_tensors_have_none():
    x = ew.zeros(MOST_ELEMENTS + 1)
    assert origin_of(x[:3]) is None
    assert origin_of(ew.ones(1) + x) is None


def test_what_was_overwritten_since_does_not_explain_it():
    x = ew.ones(3)
    y = x * 2
    x += 1
    assert not origin_of(y).explains(y.array)


def test_not_a_number_explains_itself():
    x = ew.tensor([np.nan, 1.0])
    y = x * 2
    assert origin_of(y).explains(y.array)


def test_uses_before_leaves_are_found_and_these_stay_leaves():
    x, w = ew.ones(2, 3), ew.ones(2, requires_grad=True)
    y = x.T
    result = y @ w
    assert list(uses_oldest_first([result])) == [result]
    uses = uses_oldest_first([result], {y: unrecorded_use(origin_of(y))})
    assert list(uses) == [y, result]
    assert uses[result] is result
    assert (uses[y].operation.name, uses[y].inputs) == ("permute", (x,))
    assert y.operation is None
    assert not hasattr(y, "inputs")


def test_results_of_operations_of_many_inputs_have_one_too():
    a, b = ew.ones(2), ew.zeros(2)
    results = {
        "concat": ew.concat([a, b]),
        "where": ew.where(a > 0, a, b),
        "add": a + ew.ones(2, dtype="float64"),
        "clip": a.clip(b, a),
    }
    for name, result in results.items():
        origin = origin_of(result)
        assert origin is not None, name
        assert origin.operation.name == name
