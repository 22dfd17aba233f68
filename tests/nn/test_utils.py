"""Parameters taken together."""

import pytest

import edgewise as ew
from edgewise import nn


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
