"""Which modules are drawn open, and which closed."""

from __future__ import annotations

import edgewise as ew
from edgewise import nn, snapshot
from edgewise.capture.snapshot import ScopeRecord
from edgewise.picture.boxes import module_box
from edgewise.picture.modules import MOST_OPERATIONS, Modules
from edgewise.picture.scene import Text


class Long(nn.Module):
    """More operations than are drawn without closing modules."""

    def forward(self, x: ew.Tensor) -> ew.Tensor:
        for _ in range(MOST_OPERATIONS):
            x = x.tanh()
        return x


def test_the_only_model_is_not_closed_however_long_it_is() -> None:
    modules = Modules(snapshot(Long()(ew.ones(2).requires_grad_()).sum()), None)
    assert modules.closed == {}
    assert modules.open == []


def test_modules_beside_others_are_closed_where_there_is_much_to_see() -> None:
    taken = snapshot(nn.Sequential(Long(), Long())(ew.ones(2).requires_grad_()).sum())
    modules = Modules(taken, None)
    assert [taken.scopes[scope].path for scope in modules.closed] == ["0", "1"]
    assert list(modules.closed.values()) == [MOST_OPERATIONS] * 2


def test_a_long_kind_of_a_closed_module_leaves_its_count_whole() -> None:
    scope = ScopeRecord(0, "0", "0", "TransformerEncoderLayer", None)
    texts = [shape.text for shape in module_box(scope, 32, (0, 0.0), [], []).shapes if isinstance(shape, Text)]
    assert texts == ["0", "TransformerEncoderLayer", "32 operations"]
    scope = ScopeRecord(0, "0", "0", "Linear", None)
    texts = [
        shape.text
        for shape in module_box(scope, 1, (0, 0.0), [(2, 3), (2, 3), ()], [(4,)]).shapes
        if isinstance(shape, Text)
    ]
    assert texts == ["0", "Linear · 1 operation", "2×3, 1 → 4"]


def test_functions_made_of_several_operations_are_closed_unless_asked_otherwise() -> None:
    x = ew.ones(2).requires_grad_()
    taken = snapshot(nn.functional.mse_loss(nn.functional.mish(x), ew.zeros(2)))
    modules = Modules(taken, None)
    assert {taken.scopes[scope].path: count for scope, count in modules.closed.items()} == {"mish": 3, "mse_loss": 3}
    modules = Modules(taken, [])
    assert modules.closed == {}
    assert [taken.scopes[scope].path for scope in modules.open] == ["mish", "mse_loss"]
    modules = Modules(taken, ["mish"])
    assert [taken.scopes[scope].path for scope in modules.closed] == ["mish"]


def test_a_function_that_was_one_operation_is_not_closed() -> None:
    taken = snapshot(nn.functional.celu(ew.ones(2).requires_grad_(), alpha=1.0).sum())
    assert [scope.path for scope in taken.scopes] == ["celu"]
    assert Modules(taken, None).closed == {}


def test_a_function_beside_the_only_model_gives_it_no_frame() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    taken = snapshot(nn.functional.mse_loss(model(ew.ones(1, 2)), ew.zeros(1, 2)))
    assert [taken.scopes[scope].path for scope in Modules(taken, None).open] == ["0", "1"]


def test_arguments_of_a_function_are_outside_of_it() -> None:
    taken = snapshot(nn.functional.mse_loss(ew.ones(2).requires_grad_() * 2, ew.zeros(2)))
    target = next(tensor for tensor in taken.tensors if tensor.kind == "constant")
    assert target.scope is None
    assert any(tensor.scope is not None for tensor in taken.tensors)
