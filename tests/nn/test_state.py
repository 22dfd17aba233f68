"""State dicts: out of a module, into a module, and what is said when they don't fit."""

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn


def net():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def test_names_and_order_are_those_of_pytorch():
    assert list(net().state_dict()) == [
        "0.weight",
        "0.bias",
        "1.weight",
        "1.bias",
        "1.running_mean",
        "1.running_var",
        "1.num_batches_tracked",
        "2.weight",
        "2.bias",
    ]


def test_the_state_is_detached_and_shares_memory():
    model = net()
    state = model.state_dict()
    assert not state["0.weight"].requires_grad
    with ew.no_grad():
        model[0].weight.zero_()
    assert not state["0.weight"].numpy().any()
    assert model.state_dict(keep_vars=True)["0.weight"] is model[0].weight
    assert list(model[0].state_dict(prefix="head.")) == ["head.weight", "head.bias"]


def test_a_state_goes_back_in_exactly():
    ew.manual_seed(0)
    first, second = net(), net()
    result = second.load_state_dict(first.state_dict())
    assert result.missing_keys == result.unexpected_keys == []
    for name, value in first.state_dict().items():
        assert value.tolist() == second.state_dict()[name].tolist()
        assert value.array is not second.state_dict()[name].array


def test_loading_keeps_parameters_and_their_dtype_and_takes_arrays():
    layer = nn.Linear(2, 1)
    weight = layer.weight
    layer.load_state_dict({"weight": np.array([[1.5, 2.5]]), "bias": ew.tensor([1])})
    assert layer.weight is weight
    assert weight.tolist() == [[1.5, 2.5]]
    assert str(weight.dtype) == "float32"
    assert weight.requires_grad
    assert layer.bias.tolist() == [1.0]


def test_shared_parts_are_saved_under_every_name_and_need_every_name():
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, shared)
    assert list(model.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    model.load_state_dict(model.state_dict())


def test_buffers_that_do_not_persist_are_left_out():
    model = nn.Module()
    model.register_buffer("kept", ew.tensor(1.0))
    model.register_buffer("left", ew.tensor(1.0), persistent=False)
    model.register_buffer("none", None)
    assert list(model.state_dict()) == ["kept"]
    model.load_state_dict({"kept": ew.tensor(2.0)})
    assert model.kept.item() == 2


def test_everything_that_does_not_fit_is_listed_and_nothing_is_loaded():
    model = net()
    before = {name: value.tolist() for name, value in model.state_dict().items()}
    state = {name: ew.tensor(np.full(value.shape, 9.0)) for name, value in model.state_dict().items()}
    del state["0.bias"], state["2.bias"]
    state["0.bais"] = ew.tensor([1.0, 2.0, 3.0, 4.0])
    state["extra"] = ew.tensor(0.0)
    state["2.weight"] = ew.tensor([[1.0, 2.0]])
    state["1.running_var"] = ew.tensor([[1.0]])
    with pytest.raises(nn.StateError) as caught:
        model.load_state_dict(state)
    assert str(caught.value) == (
        "Sequential: the state doesn't fit, and nothing was loaded.\n"
        "  missing, 2 that Sequential has and the state lacks:\n"
        "    0.bias (4,)\n"
        "    2.bias (2,)\n"
        "  unexpected, 2 that the state has and Sequential lacks:\n"
        "    0.bais (4,)  did you mean 0.bias?\n"
        "    extra ()\n"
        "  misshapen, 2:\n"
        "    1.running_var: Sequential has (4,), the state (1, 1)\n"
        "    2.weight: Sequential has (2, 4), the state (1, 2)\n"
        "  Shapes must agree: make the module with the state's sizes, or take those names out of the state and "
        "load the rest with strict=False"
    )
    assert {name: value.tolist() for name, value in model.state_dict().items()} == before


def test_without_strict_names_may_differ_but_shapes_may_not():
    model = nn.Linear(2, 1)
    result = model.load_state_dict({"weight": [[1.0, 2.0]], "other": [1.0]}, strict=False)
    assert result.missing_keys == ["bias"]
    assert result.unexpected_keys == ["other"]
    assert model.weight.tolist() == [[1.0, 2.0]]
    with pytest.raises(nn.StateError, match="misshapen"):
        model.load_state_dict({"weight": [[1.0]]}, strict=False)


def test_a_prefix_before_every_name_is_recognised():
    model = nn.Linear(2, 1)
    state = {f"module.{name}": value for name, value in model.state_dict().items()}
    with pytest.raises(nn.StateError, match=r"name\.removeprefix\('module\.'\)"):
        model.load_state_dict(state)


def test_a_prefix_that_the_module_has_and_the_state_lacks_is_recognised():
    model = nn.Sequential(nn.Linear(2, 1))
    state = nn.Linear(2, 1).state_dict()
    with pytest.raises(nn.StateError, match=r"\{'0\.' \+ name: value for"):
        model.load_state_dict(state)
    model.load_state_dict({"0." + name: value for name, value in state.items()})


def test_what_to_do_about_a_state_that_does_not_fit_is_said():
    model = nn.Linear(2, 1)
    with pytest.raises(nn.StateError, match="If that is meant, strict=False loads the names that agree"):
        model.load_state_dict({"weight": [[1.0, 2.0]]})
    with pytest.raises(nn.StateError, match="Shapes must agree: make the module with the state's sizes, or"):
        model.load_state_dict({"weight": [[1.0]], "bias": [1.0]})


def test_states_of_other_types_are_refused():
    with pytest.raises(TypeError, match="takes a dict of names and tensors, not a list"):
        nn.Linear(1, 1).load_state_dict([1])
    with pytest.raises(nn.StateError, match="bias: can't be loaded from a str"):
        nn.Linear(1, 1).load_state_dict({"weight": [[1.0]], "bias": "zero"})


def test_a_graph_made_before_loading_does_not_give_a_silently_wrong_gradient():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    loss = model(ew.tensor([[1.0, 2.0]])).sum()
    model.load_state_dict({name: value.numpy() * 2 for name, value in model.state_dict().items()})
    with pytest.raises(ew.InPlaceError):
        loss.backward()


def test_what_was_loaded_whole_prints_as_pytorch_prints_it():
    model = nn.Linear(2, 1)
    assert str(model.load_state_dict(model.state_dict())) == "<All keys matched successfully>"
    partly = model.load_state_dict({"weight": [[1.0, 2.0]], "other": [1.0]}, strict=False)
    assert str(partly) == "IncompatibleKeys(missing_keys=['bias'], unexpected_keys=['other'])"
