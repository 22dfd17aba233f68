"""Letters of results that the program gives no name."""

from __future__ import annotations

import edgewise as ew
from edgewise import nn
from edgewise.capture.capture import capture
from edgewise.capture.modules import module_formula


def symbols(loss: ew.Tensor) -> dict[str, str]:
    """Returns the symbol of each unnamed result by the label of its operation."""
    snapshot = capture((loss,)).snapshot
    outputs = ((node, snapshot.tensors[node.output]) for node in snapshot.nodes)
    return {node.label: output.symbol for node, output in outputs if not output.named}


def test_what_an_activation_is_given_is_z_and_what_it_makes_is_h() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.Softmax(-1))
    found = symbols(model(ew.ones(1, 2)).square().sum())
    assert {"linear₁": "z₁", "relu": "h", "linear₂": "z₂", "softmax": "p"}.items() <= found.items()


def test_a_letter_of_the_program_is_no_other_tensor_s() -> None:
    z = ew.ones(1, 2, requires_grad=True)
    found = symbols(nn.Linear(2, 3)(z).relu().sum())
    assert found["linear"] == "linear"
    assert found["relu"] == "h"


def test_what_is_moved_to_be_v_is_v_with_a_prime() -> None:
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    inputs = ew.randn(1, 3, 4)
    snapshot = capture((attention(inputs, inputs, inputs)[0].sum(),)).snapshot
    found = {tensor.symbol for tensor in snapshot.tensors}
    assert {"Q", "Q′", "Q′′", "K", "K′", "K′′", "V", "V′", "V′′"} <= found
    assert not any(
        name in symbol for symbol in found for name in ("part", "reshape", "transpose", "getitem", "permute")
    )


def test_unnamed_parts_are_numbered_in_the_order_of_the_forward_pass() -> None:
    a = ew.ones(4, requires_grad=True)
    found = symbols((a[:2] * a[2:]).sum())
    assert (found["part₁"], found["part₂"]) == ("v₁", "v₂")


def test_all_symbols_of_a_transformer_differ() -> None:
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    snapshot = capture((layer(ew.randn(1, 3, 4)).square().sum(),)).snapshot
    found = [tensor.symbol for tensor in snapshot.tensors]
    assert len(found) == len({*found})


def test_a_module_s_formula_uses_the_letters_of_the_graph() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    snapshot = capture((model(ew.ones(1, 2)).square().sum(),)).snapshot
    formula = module_formula(snapshot, 0)
    assert formula is not None
    assert [left.unicode() for left, _ in formula.forward][:1] == ["z₁"]


def test_a_function_of_what_no_weight_made_keeps_its_own_name() -> None:
    a = ew.ones(2, requires_grad=True)
    assert symbols((a * a.exp()).sum())["exp"] == "exp"
    assert symbols((a - 1).tanh().sum()) == {"sub": "sub", "tanh": "tanh"}


def test_an_activation_of_parts_and_moves_of_a_layer_makes_h() -> None:
    found = symbols(nn.Linear(2, 4)(ew.ones(1, 2))[:, :2].T.tanh().sum())
    assert found == {"linear": "z₁", "part": "z′₂", "transpose": "z₂", "tanh": "h"}
