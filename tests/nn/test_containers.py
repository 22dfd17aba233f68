"""Modules that hold others."""

from collections import OrderedDict

import pytest

import edgewise as ew
from edgewise import nn


def kinds(modules):
    return [type(module).__name__ for module in modules]


def test_sequential_runs_its_modules_in_a_row():
    net = nn.Sequential(nn.ReLU(), nn.Identity(), nn.ReLU())
    assert net(ew.tensor([-1.0, 2.0])).tolist() == [0.0, 2.0]
    assert nn.Sequential()(3) == 3


def test_sequential_takes_a_dict_of_names():
    net = nn.Sequential(OrderedDict([("first", nn.ReLU()), ("second", nn.Tanh())]))
    assert kinds([net.first, net[1]]) == ["ReLU", "Tanh"]
    assert [name for name, _ in net.named_children()] == ["first", "second"]
    assert [name for name, _ in net[1:].named_children()] == ["second"]


def test_sequential_refuses_a_list_and_says_how():
    with pytest.raises(TypeError, match=r"not a list: Sequential\(\*modules\)"):
        nn.Sequential([nn.ReLU()])


@pytest.mark.parametrize("make", [lambda *m: nn.Sequential(*m), lambda *m: nn.ModuleList(m)])
def test_numbered_containers_behave_as_lists(make):
    held = make(nn.ReLU(), nn.Tanh(), nn.Sigmoid())
    assert len(held) == 3
    assert kinds(held) == ["ReLU", "Tanh", "Sigmoid"]
    assert type(held[-1]) is nn.Sigmoid
    assert type(held[1:]) is type(held)
    assert kinds(held[::2]) == ["ReLU", "Sigmoid"]
    assert held[0] in held
    assert nn.ReLU() not in held
    held[1] = nn.GELU()
    held.append(nn.SiLU())
    held.extend([nn.ELU(), nn.Identity()])
    held.insert(0, nn.Softplus())
    assert kinds(held) == ["Softplus", "ReLU", "GELU", "Sigmoid", "SiLU", "ELU", "Identity"]
    assert type(held.pop(-1)) is nn.Identity
    del held[0]
    del held[1:3]
    assert kinds(held) == ["ReLU", "SiLU", "ELU"]
    assert [name for name, _ in held.named_children()] == ["0", "1", "2"]
    with pytest.raises(ew.IndexingError, match="holds 3 modules, so it has none at 3"):
        held[3]


def test_extending_by_itself_ends():
    held = nn.ModuleList([nn.ReLU()])
    held += held
    assert len(held) == 2


def test_slices_share_the_modules():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    assert net[:1][0] is net[0]


def test_holders_can_not_be_called():
    with pytest.raises(NotImplementedError, match=r"use nn\.Sequential to run them in a row"):
        nn.ModuleList([nn.ReLU()])(1)
    with pytest.raises(NotImplementedError, match="a ModuleDict only holds"):
        nn.ModuleDict()(1)


def test_module_dict_behaves_as_a_dict():
    held = nn.ModuleDict({"a": nn.ReLU()})
    held["b"] = nn.Tanh()
    held.update({"c": nn.GELU()})
    assert list(held) == held.keys() == ["a", "b", "c"]
    assert kinds(held.values()) == ["ReLU", "Tanh", "GELU"]
    assert [name for name, _ in held.items()] == ["a", "b", "c"]
    assert "a" in held
    assert "z" not in held
    assert len(held) == 3
    assert type(held.pop("a")) is nn.ReLU
    del held["b"]
    assert list(held) == ["c"]
    with pytest.raises(KeyError, match="'z' is not among the modules c"):
        held["z"]
    with pytest.raises(KeyError, match="already has an attribute 'keys'"):
        held["keys"] = nn.ReLU()
    held.clear()
    assert len(held) == 0


def test_parameter_list_makes_parameters_of_tensors():
    held = nn.ParameterList([ew.tensor([1.0]), nn.Parameter([2.0])])
    held.append([3.0])
    assert [type(p) for p in held] == [nn.Parameter] * 3
    assert [name for name, _ in held.named_parameters()] == ["0", "1", "2"]
    assert held[-1].tolist() == [3.0]
    held[0] = ew.tensor([7.0])
    assert held[0].tolist() == [7.0]
    assert len(held) == 3
    with pytest.raises(ew.IndexingError, match="holds 3 parameters"):
        held[3]
    assert "(0): Parameter of float32 (1,)" in repr(held)


def test_equal_parts_of_a_list_are_printed_once():
    held = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.Tanh(), nn.ReLU()])
    assert repr(held) == "ModuleList(\n  (0): ReLU()\n  (1-2): 2 x Tanh()\n  (3): ReLU()\n)"
