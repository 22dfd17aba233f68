"""Optimisers of float16 parameters: what they remember is in float32, so steps are those of float64, rounded."""

from __future__ import annotations

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn, optim

WAYS = {
    "SGD": (optim.SGD, {"lr": 0.1}),
    "SGD with momentum": (optim.SGD, {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "Adam": (optim.Adam, {"lr": 0.01}),
    "Adam with amsgrad": (optim.Adam, {"lr": 0.01, "amsgrad": True}),
    "AdamW": (optim.AdamW, {"lr": 0.01}),
    "RMSprop": (optim.RMSprop, {"lr": 0.01}),
    "RMSprop centred": (optim.RMSprop, {"lr": 0.01, "centered": True, "momentum": 0.9}),
}
START = np.array([1.0, -1.0, 0.5])
SLOPES = np.array([1.0, -2.0, 0.5])


def stepped(way, scale, dtype, steps=4):
    make, options = WAYS[way]
    p = nn.Parameter(ew.tensor(START, dtype=dtype))
    optimizer = make([p], **options)
    for i in range(steps):
        p.grad = ew.tensor(SLOPES * scale * (i + 1), dtype="float16").to(dtype)
        optimizer.step()
    return p, optimizer


@pytest.mark.parametrize("scale", [1e-3, 1.0, 300.0, 1000.0])
@pytest.mark.parametrize("way", [way for way in WAYS if not way.startswith("SGD")])
def test_steps_that_divide_by_a_running_size_do_not_depend_on_it(way, scale):
    p, optimizer = stepped(way, scale, "float16")
    exact, _ = stepped(way, scale, "float64")
    assert p.dtype == np.float16
    np.testing.assert_allclose(p.detach().numpy(), exact.detach().numpy(), atol=4e-3)
    remembered = [x for x in optimizer.state[p].values() if hasattr(x, "shape")]
    assert remembered
    assert all(x.dtype == np.float32 and np.isfinite(x).all() for x in remembered)


@pytest.mark.parametrize("way", WAYS)
def test_a_saved_state_goes_on_where_it_was(way):
    make, options = WAYS[way]
    p, optimizer = stepped(way, 300.0, "float16")
    other = nn.Parameter(p.detach().clone())
    resumed = make([other], **options)
    resumed.load_state_dict(optimizer.state_dict())
    for parameter, each in ((p, optimizer), (other, resumed)):
        parameter.grad = ew.tensor(SLOPES * 300.0, dtype="float16")
        each.step()
    assert p.tolist() == other.tolist()
    assert np.isfinite(p.tolist()).all()


def test_a_half_network_learns_with_adam():
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1)).half()
    x = ew.randn(64, 4).half()
    y = x[:, :1] * 0.5 - x[:, 1:2]
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
