"""The table of a model."""

import io

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(144, 10)
        self.head.weight.requires_grad = False
        self.unused = nn.Linear(2, 2).requires_grad_(False)

    def forward(self, x):
        return self.head(self.body(x))


def test_layers_shapes_and_counts_are_shown_as_text():
    assert str(nn.summary(Net(), (5, 1, 8, 8))).split("\n") == [
        "layer               output shape   parameters  trainable",
        "--------------------------------------------------------",
        "Net                 5 × 10",
        "  body: Sequential  5 × 144",
        "    0: Conv2d       5 × 4 × 6 × 6          40  yes",
        "    1: BatchNorm2d  5 × 4 × 6 × 6           8  yes",
        "    2: ReLU         5 × 4 × 6 × 6",
        "    3: Flatten      5 × 144",
        "  head: Linear      5 × 10              1,450  10",
        "  unused: Linear                            6  no",
        "--------------------------------------------------------",
        "parameters: 1,504 (58 trainable, 1,446 frozen)",
        "memory: 6.0 kB for parameters, 11.7 kB for outputs",
    ]


def test_nothing_about_the_model_changes():
    net = Net()
    net.body.eval()
    before = {name: value.tolist() for name, value in net.state_dict().items()}
    nn.summary(net, (5, 1, 8, 8))
    assert {name: value.tolist() for name, value in net.state_dict().items()} == before
    assert net.training
    assert not net.body.training
    hooks = net.head._hooks
    assert hooks is None or not hooks.hooks


def test_hooks_are_removed_and_modes_restored_when_forward_fails():
    net = Net()
    with pytest.raises(ew.ShapeError):
        nn.summary(net, (5, 2, 8, 8))
    assert net.training
    assert not net.head._hooks.hooks


def test_example_tensors_and_several_inputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(5, 3)

        def forward(self, numbers, scale):
            return {"found": [self.table(numbers) * scale, scale]}

    found = nn.summary(Two(), ew.tensor([1, 2]), (3,))
    assert found.rows[0].shapes == ((2, 3), (3,))
    assert found.rows[1].shapes == ((2, 3),)
    assert found.parameters == found.trainable == 15
    assert found.parameter_bytes == 60


def test_shared_parameters_count_once():
    shared = nn.Linear(2, 2)
    assert nn.summary(nn.Sequential(shared, nn.ReLU(), shared), (1, 2)).parameters == 6


def test_a_model_without_parameters():
    assert "parameters: none" in str(nn.summary(nn.ReLU(), (2,)))


def test_an_input_is_needed():
    with pytest.raises(TypeError, match="needs an example input or its shape"):
        nn.summary(nn.ReLU())


def test_show_prints_text_where_there_is_no_terminal(capsys):
    found = nn.summary(nn.Linear(2, 2), (1, 2))
    found.show()
    assert capsys.readouterr().out == f"{found}\n"


def test_rich_draws_the_same_numbers():
    from rich.console import Console

    console = Console(file=io.StringIO(), width=100)
    console.print(nn.summary(Net(), (5, 1, 8, 8)))
    drawn = console.file.getvalue()
    assert "1,450" in drawn
    assert "body: Sequential" in drawn
    assert "5 × 4 × 6 × 6" in drawn
    assert "1,446 frozen" in drawn


def test_shapes_make_inputs_of_the_default_dtype():
    seen = []
    layer = nn.Identity()
    layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].dtype))
    nn.summary(layer, (2, 3))
    assert seen == [np.dtype("float32")]
