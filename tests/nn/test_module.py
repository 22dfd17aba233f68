"""Modules: registration, looking through, calling, changing all parts, text."""

import copy
import gc
import weakref

import pytest

import edgewise as ew
from edgewise import nn

from .nets import Net


def test_the_import_and_use_of_a_parameter_are_those_of_pytorch():
    from edgewise.nn.parameter import Parameter

    weight = Parameter(ew.tensor([[1.0, 2.0, 3.0]]))
    assert weight.requires_grad
    assert weight.is_leaf
    assert isinstance(weight, ew.Tensor)
    assert repr(weight) == "Parameter([[1., 2., 3.]], requires_grad=True)"
    assert ew.nn.parameter.Parameter is ew.nn.Parameter


def test_a_parameter_takes_over_a_tensor_and_copies_a_list():
    data = ew.tensor([1.0, 2.0])
    assert nn.Parameter(data).array is data.array
    assert nn.Parameter([1.0, 2.0]).dtype == ew.tensor([1.0]).dtype


def test_a_parameter_of_integers_needs_requires_grad_false():
    with pytest.raises(ew.DTypeError, match="cast it first"):
        nn.Parameter(ew.tensor([1, 2]))
    assert not nn.Parameter(ew.tensor([1, 2]), requires_grad=False).requires_grad


def test_a_parameter_keeps_attributes_through_deepcopy():
    weight = nn.Parameter(ew.tensor([1.0]))
    weight.tag = ["kept"]
    twin = copy.deepcopy(weight)
    assert type(twin) is nn.Parameter
    assert twin.tag == ["kept"]
    assert twin.tag is not weight.tag
    assert twin.array is not weight.array
    assert twin.requires_grad


def test_operations_on_parameters_give_tensors():
    assert type(nn.Parameter([1.0]) * 2) is ew.Tensor


def test_attributes_are_registered_by_what_they_are():
    net = Net()
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert [name for name, _ in net.named_buffers()] == ["offset", "cache"]
    assert [name for name, _ in net.named_children()] == ["hidden", "layers", "out"]


def test_parameters_come_with_dotted_names_in_order():
    assert [name for name, _ in Net().named_parameters()] == [
        "scale",
        "hidden.weight",
        "hidden.bias",
        "layers.0.weight",
        "layers.0.bias",
        "layers.1.weight",
        "layers.1.bias",
        "out.1.weight",
        "out.1.bias",
    ]
    assert [name for name, _ in Net().hidden.named_parameters(prefix="net")] == ["net.weight", "net.bias"]


def test_modules_come_parents_first():
    assert [name for name, _ in Net().named_modules()] == [
        "",
        "hidden",
        "layers",
        "layers.0",
        "layers.1",
        "out",
        "out.0",
        "out.1",
    ]


def test_shared_parts_come_once():
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, shared)
    assert len(list(net.parameters())) == 2
    assert len(list(net.modules())) == 2
    assert len(list(net.children())) == 1
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4


def test_assigning_parts_before_super_init_says_what_to_do():
    class Early(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"call super\(\).__init__\(\) first"):
        Early()


def test_reading_an_attribute_before_super_init_says_what_to_do():
    class Early(nn.Module):
        def __init__(self):
            self.size = 3
            self.width = self.depth

    with pytest.raises(AttributeError, match=r"no attribute 'depth' \(yet: call super"):
        Early()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale", [1.0], "registered parameter: it can be set to an nn.Parameter or None, not to a list"),
        ("scale", "tensor", "copy_"),
        ("hidden", 3, "registered module: it can be set to an nn.Module or None"),
        ("offset", 3, "registered buffer: it can be set to a tensor or None"),
    ],
)
def test_a_registered_name_takes_only_its_kind(name, value, message):
    net = Net()
    with pytest.raises(TypeError, match=message):
        setattr(net, name, ew.tensor(1.0) if value == "tensor" else value)


def test_a_buffer_stays_a_buffer_when_reassigned():
    net = Net()
    net.offset = ew.tensor([5.0])
    assert dict(net.named_buffers())["offset"].item() == 5
    assert net.state_dict()["offset"].item() == 5


def test_a_parameter_set_to_none_is_gone_but_its_name_stays():
    layer = nn.Linear(2, 2)
    layer.bias = None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer(ew.tensor([[1.0, 1.0]])).shape == (1, 2)
    with pytest.raises(TypeError, match="registered parameter"):
        layer.bias = 0


def test_deleting_an_attribute_unregisters_it():
    net = Net()
    del net.scale
    del net.cache
    assert "scale" not in dict(net.named_parameters())
    net.scale = 3
    assert net.scale == 3


def test_what_was_an_attribute_can_become_a_parameter():
    net = nn.Module()
    net.weight = 3
    net.weight = nn.Parameter([1.0])
    assert [name for name, _ in net.named_parameters()] == ["weight"]
    net.weight = nn.Identity()
    assert list(net.parameters()) == []
    assert [name for name, _ in net.named_children()] == ["weight"]


@pytest.mark.parametrize(
    ("register", "error", "message"),
    [
        (lambda m: m.register_parameter("a.b", nn.Parameter([1.0])), KeyError, "dots separate"),
        (lambda m: m.register_parameter("", nn.Parameter([1.0])), KeyError, "the name of a parameter can't be empty"),
        (lambda m: m.register_buffer("", ew.ones(1)), KeyError, "the name of a buffer can't be empty"),
        (lambda m: m.add_module("", nn.ReLU()), KeyError, "the name of a module can't be empty: it needs at least one"),
        (lambda m: m.register_parameter("forward", nn.Parameter([1.0])), KeyError, "already has an attribute"),
        (lambda m: m.register_parameter("size", nn.Parameter([1.0])), KeyError, "already has an attribute"),
        (lambda m: m.register_parameter("w", ew.tensor(1.0)), TypeError, "nn.Parameter or None"),
        (lambda m: m.register_buffer("w", 3), TypeError, "a buffer is a tensor or None"),
        (lambda m: m.add_module("w", nn.ReLU), TypeError, "not the class ReLU"),
        (lambda m: m.add_module("w", 3), TypeError, "not a int"),
        (lambda m: m.add_module("w", m), ValueError, "part of itself"),
    ],
)
def test_what_can_not_be_registered(register, error, message):
    module = nn.Module()
    module.size = 3
    with pytest.raises(error, match=message):
        register(module)


def test_an_unknown_attribute_suggests_near_names():
    with pytest.raises(AttributeError, match=r"Net has no attribute 'hiden'; did you mean 'hidden'"):
        _ = Net().hiden


def test_dir_lists_registered_names():
    assert {"hidden", "scale", "offset", "forward"} <= set(dir(Net()))
    assert "0" not in dir(nn.Sequential(nn.ReLU()))


def test_parts_are_found_by_their_paths():
    net = Net()
    assert net.get_submodule("layers.1") is net.layers[1]
    assert net.get_submodule("") is net
    assert net.get_parameter("out.1.bias") is net.out[1].bias
    assert net.get_buffer("offset") is net.offset
    with pytest.raises(AttributeError, match="layers has the modules 0, 1"):
        net.get_submodule("layers.7")
    with pytest.raises(AttributeError, match=r"did you mean 'hidden\.weight'"):
        net.get_parameter("hidden.wieght")


# Changing all parts


def test_train_and_eval_reach_all_parts():
    net = Net()
    assert all(module.training for module in net.modules())
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert net.out[0].training
    with pytest.raises(TypeError, match="True or False"):
        net.train("yes")


def test_requires_grad_freezes():
    net = Net()
    net.hidden.requires_grad_(False)
    assert [p.requires_grad for p in net.hidden.parameters()] == [False, False]
    assert net.scale.requires_grad


def test_zero_grad_clears_to_none_or_to_zeros():
    net = Net()
    net(ew.tensor([[1.0, 2.0, 3.0]])).sum().backward()
    assert net.scale.grad is not None
    net.zero_grad(set_to_none=False)
    assert net.scale.grad.item() == 0
    assert net.hidden.weight.grad.tolist() == [[0.0] * 3] * 4
    net.zero_grad()
    assert net.scale.grad is None


def test_apply_calls_parts_first():
    kinds = []
    net = nn.Sequential(nn.Sequential(nn.ReLU()), nn.Tanh())
    assert net.apply(lambda module: kinds.append(type(module).__name__)) is net
    assert kinds == ["ReLU", "Sequential", "Tanh", "Sequential"]


def test_to_casts_parameters_gradients_and_floating_buffers_in_place():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    weight = net[0].weight
    weight.grad = ew.tensor([[1.0, 1.0], [1.0, 1.0]])
    assert net.double() is net
    assert net[0].weight is weight
    assert str(weight.dtype) == "float64"
    assert str(weight.grad.dtype) == "float64"
    assert str(net[1].running_mean.dtype) == "float64"
    assert str(net[1].num_batches_tracked.dtype) == "int64"
    net.float()
    assert str(weight.dtype) == "float32"
    net.to("float16")
    assert str(weight.dtype) == "float16"


def test_deepcopy_is_independent_and_keeps_sharing():
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, shared)
    twin = copy.deepcopy(net)
    assert twin[0] is twin[1]
    assert twin[0] is not shared
    assert twin[0].weight.tolist() == shared.weight.tolist()
    with ew.no_grad():
        twin[0].weight.zero_()
    assert shared.weight.tolist() != twin[0].weight.tolist()
    assert repr(twin) == repr(net)


def test_dropping_a_model_frees_it_without_the_garbage_collector():
    gc.disable()
    try:
        net = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        loss = net(ew.tensor([[1.0, 2.0, 3.0]])).sum()
        loss.backward()
        gone = weakref.ref(net[0].weight)
        del net, loss
        assert gone() is None
    finally:
        gc.enable()


# Text


def test_a_model_prints_as_a_nested_list():
    assert repr(Net()) == (
        "Net(\n"
        "  (hidden): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (layers): ModuleList(\n"
        "    (0-1): 2 x Linear(in_features=4, out_features=4, bias=True)\n"
        "  )\n"
        "  (out): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(in_features=4, out_features=2, bias=True)\n"
        "  )\n"
        ")"
    )
    assert repr(nn.Sequential()) == "Sequential()"


def test_extra_repr_of_several_lines_and_parts():
    class Wordy(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = nn.ReLU()

        def extra_repr(self):
            return "one\ntwo"

    assert repr(Wordy()) == "Wordy(\n  one\n  two\n  (part): ReLU()\n)"


def test_a_module_is_on_the_processor_already():
    layer = nn.Linear(2, 3)
    assert layer.to("cpu") is layer
    assert layer.to("cpu", dtype=ew.float64).weight.dtype == ew.float64
    with pytest.raises(ew.ArgumentError, match="no device 'cuda'"):
        layer.to("cuda")


class Foreign:
    """A layer of some other library."""

    def parameters(self):
        return iter(())


@pytest.mark.parametrize("name", ["layer", "training_data"])
def test_a_layer_of_another_library_is_refused(name):
    module = nn.Module()
    with pytest.raises(TypeError, match=rf"Module.{name}: a Foreign is no part of an edgewise Module.*edgewise\.nn"):
        setattr(module, name, Foreign())
    setattr(module, name, (Foreign(),))
    module.kind = Foreign
    module.of_ours = nn.Linear
    module.call = nn.Linear(1, 1).parameters
    assert list(module.parameters()) == []


def test_a_parameter_of_another_library_is_refused():
    class Parameter:
        requires_grad = True

    with pytest.raises(TypeError, match="a Parameter is no part of an edgewise Module"):
        nn.Module().weight = Parameter()


def test_a_copied_model_has_no_gradients():
    model = nn.Linear(2, 1)
    model(ew.ones(1, 2)).sum().backward()
    assert copy.deepcopy(model).weight.grad is None
    assert model.weight.grad is not None
