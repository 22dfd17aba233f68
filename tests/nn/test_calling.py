"""Calls of modules: their scopes, errors and hooks."""

from collections import OrderedDict

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.graph.modes import thread

from .nets import Net


class Recorder(nn.Module):
    """Keeps the scope in which it was called."""

    def forward(self, x):
        self.seen = thread.modes.scope
        return x


def test_the_scope_is_there_while_forward_runs_and_gone_after():
    net = nn.Sequential(OrderedDict(first=nn.Sequential(Recorder()), second=Recorder()))
    net(1)
    assert net.first[0].seen.path == "first.0"
    assert net.first[0].seen.kind == "Recorder"
    assert net.first[0].seen.parent.kind == "Sequential"
    assert net.second.seen.path == "second"
    assert thread.modes.scope is None


def test_modules_in_lists_and_dicts_have_the_names_of_these_in_their_scopes():
    class Holding(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([Recorder()])
            self.heads = nn.ModuleDict({"left": nn.ModuleList([Recorder()])})
            self.layers.append(Recorder())

        def forward(self, x):
            for layer in self.layers[0:2]:
                x = layer(x)
            return self.heads["left"][0](x)

    net = Holding()
    net(1)
    assert net.layers[0].seen.path == "layers.0"
    assert net.layers[1].seen.path == "layers.1"
    assert net.heads["left"][0].seen.path == "heads.left.0"


def test_nodes_know_their_module():
    net = Net()
    y = net.hidden(ew.tensor([[1.0, 2.0, 3.0]]))
    assert y.node.scope.path == "hidden"
    assert y.node.scope.kind == "Linear"


def test_the_scope_is_restored_after_an_error_which_says_where_it_was():
    net = Net()
    with pytest.raises(ew.ShapeError) as caught:
        net(ew.tensor([[1.0, 2.0]]))
    assert thread.modes.scope is None
    assert caught.value.__notes__ == ["in hidden (Linear) of Net"]


def test_an_error_deep_inside_is_noted_once_with_its_whole_path():
    class Failing(nn.Module):
        def forward(self, _):
            raise KeyError("gone")

    net = nn.Sequential(nn.Sequential(nn.Identity(), Failing()))
    with pytest.raises(KeyError) as caught:
        net(1)
    assert caught.value.__notes__ == ["in 0.1 (Failing) of Sequential"]
    with pytest.raises(KeyError) as caught:
        Failing()(1)
    assert caught.value.__notes__ == ["in Failing"]


def test_a_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty defines no forward"):
        Empty()(1)


def test_forward_takes_keywords():
    class Power(nn.Module):
        def forward(self, x, *, exponent):
            return x**exponent

    assert Power()(ew.tensor(3.0), exponent=2).item() == 9


def test_forward_hooks_see_and_replace_inputs_and_outputs():
    layer = nn.Identity()
    calls = []
    before = layer.register_forward_pre_hook(lambda _, inputs: calls.append(inputs) or inputs[0] + 1)
    after = layer.register_forward_hook(lambda _, inputs, output: calls.append((inputs, output)) or output * 10)
    assert layer(1) == 20
    assert calls == [(1,), ((2,), 2)]
    before.remove()
    assert layer(1) == 10
    after.remove()
    after.remove()
    assert layer(1) == 1


def test_hooks_can_take_keywords():
    class Shift(nn.Module):
        def forward(self, x, by):
            return x + by

    layer = Shift()
    layer.register_forward_pre_hook(lambda _, inputs, __: (inputs, {"by": 5}), with_kwargs=True)
    seen = []
    layer.register_forward_hook(lambda _, __, options, output: seen.append((options, output)), with_kwargs=True)
    assert layer(1, by=2) == 6
    assert seen == [({"by": 5}, 6)]


def test_hooks_are_called_within_the_scope():
    layer = nn.Identity()
    scopes = []
    layer.register_forward_hook(lambda *_: scopes.append(thread.modes.scope.kind))
    layer(1)
    assert scopes == ["Identity"]
