"""Parameters taken together."""

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.nn.utils import rnn


def test_parameters_become_a_vector_and_come_back():
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (11,)
    assert vector[:6].tolist() == net[0].weight.reshape(-1).tolist()
    twin = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    nn.utils.vector_to_parameters(vector, twin.parameters())
    assert nn.utils.parameters_to_vector(twin.parameters()).tolist() == vector.tolist()
    assert all(parameter.is_leaf and parameter.requires_grad for parameter in twin.parameters())


def test_gradients_flow_through_the_vector():
    net = nn.Linear(3, 2)
    (nn.utils.parameters_to_vector(net.parameters()) ** 2).sum().backward()
    assert net.weight.grad.tolist() == (net.weight * 2).tolist()


def test_a_vector_of_another_size_is_refused_and_nothing_written():
    net = nn.Linear(2, 1)
    before = net.weight.tolist()
    with pytest.raises(ew.ShapeError, match=r"must have shape \(3,\), not \(4,\)"):
        nn.utils.vector_to_parameters(ew.tensor([1.0, 2.0, 3.0, 4.0]), net.parameters())
    assert net.weight.tolist() == before


def test_gradient_clipping_is_here_under_pytorchs_path():
    weight = nn.Parameter([3.0, 4.0])
    (weight * ew.tensor([3.0, 4.0])).sum().backward()
    assert nn.utils.clip_grad_norm_([weight], 1.0).item() == pytest.approx(5)
    assert weight.grad.tolist() == pytest.approx([0.6, 0.8], rel=1e-4)
    nn.utils.clip_grad_value_([weight], 0.7)
    assert weight.grad.tolist() == pytest.approx([0.6, 0.7], rel=1e-4)


A, B, C = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[7.0, 8.0]], [[9.0, 10.0], [11.0, 12.0]]


@pytest.mark.parametrize(
    ("options", "right"),
    [
        ({"batch_first": True}, [A, [*B, [0, 0], [0, 0]], [*C, [0, 0]]]),
        ({}, [[A[0], B[0], C[0]], [A[1], [0, 0], C[1]], [A[2], [0, 0], [0, 0]]]),
        (
            {"batch_first": True, "padding_value": -1.0, "padding_side": "left"},
            [A, [[-1, -1], [-1, -1], *B], [[-1, -1], *C]],
        ),
    ],
)
def test_sequences_are_filled_up_to_the_longest(options, right):
    batch = rnn.pad_sequence([ew.tensor(A), ew.tensor(B), ew.tensor(C)], **options)
    assert batch.tolist() == right


def test_filling_up_keeps_the_dtype_and_sends_gradients_back():
    whole = rnn.pad_sequence((ew.tensor([1, 2]), ew.tensor([3])), True, -100)
    assert whole.tolist() == [[1, 2], [3, -100]]
    assert whole.dtype == ew.int64
    a, b = ew.tensor([1.0, 2.0], requires_grad=True), ew.tensor([3.0], requires_grad=True)
    (rnn.pad_sequence([a, b]) * ew.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert a.grad.tolist() == [1, 3]
    assert b.grad.tolist() == [2]


@pytest.mark.parametrize("batch_first", [True, False])
def test_sequences_come_back_by_their_lengths(batch_first):
    batch = rnn.pad_sequence([ew.tensor(A), ew.tensor(B), ew.tensor(C)], batch_first)
    assert [part.tolist() for part in rnn.unpad_sequence(batch, ew.tensor([3, 1, 2]), batch_first)] == [A, B, C]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: rnn.pad_sequence([]), ew.ShapeError, "pad_sequence: needs sequences .*; given are none"),
        (lambda: rnn.pad_sequence([ew.tensor(1.0)]), ew.ShapeError, r"pad_sequence: .*; given are \(\)"),
        (
            lambda: rnn.pad_sequence([ew.ones(2, 3), ew.ones(2, 4)]),
            ew.ShapeError,
            r"pad_sequence: .* first axis alone; given are \(2, 3\), \(2, 4\)",
        ),
        (lambda: rnn.pad_sequence([[1.0]]), TypeError, "pad_sequence"),
        (
            lambda: rnn.pad_sequence([ew.ones(2)], padding_side="top"),
            ew.ArgumentError,
            "pad_sequence: padding_side is 'top'; it must be 'left' or 'right'",
        ),
        (
            lambda: rnn.unpad_sequence(ew.ones(3, 2), ew.tensor([4, 1])),
            ew.ShapeError,
            r"unpad_sequence: the batch of shape \(3, 2\) needs a length for each .* lengths is \[4, 1\]",
        ),
        (lambda: rnn.unpad_sequence(ew.ones(3, 2), ew.tensor([1])), ew.ShapeError, r"lengths is \[1\]"),
    ],
)
def test_sequences_that_make_no_batch_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_fans_are_found_under_the_name_that_scripts_use():
    # of a weight (out 8, in 3, kernel 5 by 2): 3 * 10 inputs of each output, 8 * 10 outputs of each input
    assert nn.init._calculate_fan_in_and_fan_out(ew.ones(8, 3, 5, 2)) == (30, 80)
