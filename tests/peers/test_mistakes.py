"""PyTorch's own tensors, parameters and layers, given where Edgewise's are meant."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise import nn

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    "use",
    [
        lambda x, t: x + t,
        lambda x, t: x @ t,
        lambda x, t: ew.concat([x, t]),
        lambda x, t: nn.functional.mse_loss(x, t),
        lambda x, t: nn.Linear(2, 2)(ew.as_tensor(t)) + x,
        lambda x, t: x.copy_(t),
    ],
)
def test_numbers_of_two_libraries_are_refused_with_advice(use):
    with pytest.raises(ew.DTypeError, match=r"arrays of two libraries, numpy.ndarray and torch.Tensor.*x\.numpy\(\)"):
        use(ew.ones(2, 2), torch.ones(2, 2))


def test_labels_of_another_library_are_taken():
    x = ew.tensor([[0.0, 0.0]])
    assert nn.functional.cross_entropy(x, torch.tensor([1])).item() == pytest.approx(0.6931472)


def test_layers_and_parameters_of_pytorch_are_refused():
    module = nn.Module()
    for part in (torch.nn.Linear(1, 1), torch.nn.Parameter(torch.ones(1))):
        with pytest.raises(TypeError, match=rf"a {type(part).__name__} of torch is no part of an edgewise Module"):
            module.part = part
    with pytest.raises(TypeError, match="not a Linear of torch"):
        nn.Sequential(torch.nn.Linear(1, 1))
    with pytest.raises(TypeError, match="parameter 0 is a Parameter of torch, not one of edgewise"):
        ew.optim.SGD(torch.nn.Linear(1, 1).parameters())
