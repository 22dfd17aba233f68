import inspect
import threading

import numpy as np
import pytest

import edgewise as ew
from edgewise.nn import functional as F
from edgewise.ops.composed import scoped


def scopes_of(tensor):
    """The names of the scopes that a tensor was made in, the outermost first."""
    found, scope = [], tensor.node.scope
    while scope is not None:
        found.append(scope.name)
        scope = scope.parent
    return found[::-1]


@scoped
def doubled_sum(x, y):
    """Twice the sum."""
    return (x + y) * 2


def test_what_a_composed_function_makes_is_made_in_its_scope():
    x = ew.ones(3, requires_grad=True)
    y = doubled_sum(x, x)
    assert scopes_of(y) == ["doubled_sum"]
    assert scopes_of(y.node.inputs[0].edge) == ["doubled_sum"]
    assert scopes_of(y + 1) == []


def test_functions_within_functions_have_scopes_within_scopes():
    x = ew.ones(3, requires_grad=True)
    loss = F.smooth_l1_loss(F.mish(x), ew.zeros(3), beta=0)
    assert scopes_of(loss) == ["smooth_l1_loss", "l1_loss"]


def test_each_call_has_a_scope_of_its_own():
    x = ew.ones(3, requires_grad=True)
    first = F.mish(x)
    second = F.mish(first)
    assert first.node.scope is not second.node.scope


def test_a_function_that_writes_in_place_is_one_scope():
    x = ew.ones(3, requires_grad=True) * 1
    assert scopes_of(F.mish(x, inplace=True)) == ["mish"]


def test_a_scope_ends_when_its_function_raises():
    with pytest.raises(ew.ShapeError):
        F.mse_loss(ew.ones(3), ew.ones(4))
    assert scopes_of(ew.ones(3, requires_grad=True) * 2) == []


def test_nothing_is_scoped_where_nothing_is_recorded():
    seen = []

    @scoped
    def look(x):
        seen.append(ew.graph.modes.thread.modes.scope)
        return x

    with ew.no_grad():
        look(ew.ones(2))
    look(ew.ones(2))
    assert [scope and scope.name for scope in seen] == [None, "look"]


def test_threads_have_scopes_of_their_own():
    found = []

    @scoped
    def outer(x):
        thread = threading.Thread(target=lambda: found.append(scopes_of(x * 2)))
        thread.start()
        thread.join()
        return x * 1

    outer(ew.ones(2, requires_grad=True))
    assert found == [[]]


def test_a_composed_function_keeps_its_name_signature_and_docstring():
    assert doubled_sum.__name__ == "doubled_sum"
    assert list(inspect.signature(doubled_sum).parameters) == ["x", "y"]
    assert doubled_sum.__doc__ == "Twice the sum."


def test_numbers_of_a_composed_function_are_those_of_its_parts():
    x = np.linspace(-3, 3, 7, dtype="float32")
    expected = x * np.tanh(np.log1p(np.exp(x)))
    np.testing.assert_allclose(F.mish(ew.tensor(x)).numpy(), expected, rtol=1e-5)
