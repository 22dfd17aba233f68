"""Paddings, buffers by assignment, parameters by name, instance norm: what differs from the functions beneath."""

from __future__ import annotations

import copy

import pytest

import edgewise as ew
from edgewise import nn


def test_paddings_lay_the_right_elements_around():
    x = ew.tensor([[[1.0, 2.0, 3.0]]])
    assert nn.ZeroPad1d(1)(x).tolist() == [[[0, 1, 2, 3, 0]]]
    assert nn.ConstantPad1d((0, 2), 9.0)(x).tolist() == [[[1, 2, 3, 9, 9]]]
    assert nn.ReflectionPad1d(2)(x).tolist() == [[[3, 2, 1, 2, 3, 2, 1]]]
    assert nn.ReplicationPad1d((2, 0))(x).tolist() == [[[1, 1, 1, 2, 3]]]
    assert nn.CircularPad1d(1)(x).tolist() == [[[3, 1, 2, 3, 1]]]
    assert nn.ZeroPad2d((1, 0, 0, 2))(ew.ones(1, 1, 2, 2)).shape == (1, 1, 4, 3)
    assert repr(nn.ConstantPad2d(1, 0.5)) == "ConstantPad2d(padding=(1, 1, 1, 1), value=0.5)"
    with pytest.raises(ew.ShapeError, match="at least 2 axes"):
        nn.ZeroPad2d(1)(ew.ones(3))
    with pytest.raises(ValueError, match="padding is one number or 4"):
        nn.ZeroPad2d((1, 2))


def test_a_buffer_is_registered_where_it_is_assigned():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.kept = nn.Buffer(ew.ones(2))
            self.passing = nn.Buffer([1.0], persistent=False)

    net = Net()
    assert [name for name, _ in net.named_buffers()] == ["kept", "passing"]
    assert list(net.state_dict()) == ["kept"]
    assert list(net.parameters()) == []
    net.kept = nn.Buffer(ew.zeros(2), persistent=False)
    assert list(net.state_dict()) == []
    again = copy.deepcopy(net)
    assert [name for name, _ in again.named_buffers()] == ["kept", "passing"]
    assert not again.kept.persistent


def test_a_parameter_dict_holds_parameters_by_name():
    held = nn.ParameterDict({"a": ew.ones(2), "b": nn.Parameter([1.0])})
    held["c"] = ew.zeros(3)
    assert list(held) == held.keys() == ["a", "b", "c"]
    assert all(isinstance(value, nn.Parameter) for value in held.values())
    assert len(list(held.parameters())) == len(held) == 3
    assert "a" in held
    assert held.pop("a").shape == (2,)
    del held["b"]
    assert list(held.state_dict()) == ["c"]
    assert nn.ParameterDict(held).items()[0][1] is held["c"]
    with pytest.raises(KeyError, match="not among the parameters c"):
        held["a"]
    with pytest.raises(NotImplementedError, match="only holds parameters"):
        held(1)
    held.clear()
    assert len(held) == 0


def test_instance_norm_uses_running_statistics_where_asked():
    layer = nn.InstanceNorm2d(3, track_running_stats=True, momentum=1.0)
    x = ew.randn(4, 3, 5, 5) * 2 + 1
    layer(x)
    assert ew.allclose(layer.running_mean, x.mean((0, 2, 3)), atol=1e-5)
    layer.eval()
    expected = (x - layer.running_mean.reshape(3, 1, 1)) / (layer.running_var.reshape(3, 1, 1) + 1e-5).sqrt()
    assert ew.allclose(layer(x), expected, atol=1e-4)
    with pytest.raises(ew.ShapeError, match=r"takes shape \(C, L\)|takes shape \(3, L\)"):
        nn.InstanceNorm1d(3)(ew.ones(2, 4, 5))
    with pytest.raises(ew.ShapeError, match="more than one value"):
        nn.InstanceNorm1d(3)(ew.ones(2, 3, 1))


def test_layers_of_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="p is 3"):
        nn.MultiMarginLoss(p=3)
    with pytest.raises(ValueError, match="margin must be above 0"):
        nn.TripletMarginLoss(margin=0)
    with pytest.raises(ew.ShapeError, match=r"shape \(N, C, H, W\) or \(C, H, W\)"):
        nn.Softmax2d()(ew.ones(2, 3))
