"""What it costs to look at a training step, beside the step itself."""

from __future__ import annotations

TITLE = "Looking at a step"
ABOUT = (
    "The MLP's step (784-256-128-10, batch 64, SGD with momentum), the same step followed by `ew.snapshot(loss)`, and "
    "`ew.record` of it, which gives its Program."
)
UNIT, UNITS = "ms a step", 1
ROWS, REFERENCE = "what is done", "the step"
THREADED = False
CHECKED, TOLERANCE = 3, 1e-5


def _network():
    import edgewise as ew
    from edgewise import nn, optim

    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return ew, model, optimizer, ew.randn(64, 784), ew.randint(0, 10, (64,))


def _trained(model, optimizer, x, t):
    from edgewise.nn import functional as F

    loss = F.cross_entropy(model(x), t)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def plain():
    _, *given = _network()
    return lambda: _trained(*given).item()


def looked_at():
    ew, model, optimizer, x, t = _network()

    def step():
        from edgewise.nn import functional as F

        loss = F.cross_entropy(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        ew.snapshot(loss)
        optimizer.step()
        return loss.item()

    return step


def recorded():
    ew, model, optimizer, x, t = _network()

    def step():
        loss = _trained(model, optimizer, x, t)
        ew.record(lambda x, t: _trained(model, optimizer, x, t), x, t, parameters=model, state=optimizer)
        return loss.item()

    return step


VARIANTS = {"the step": plain, "the step, and a snapshot": looked_at, "the step, and its Program": recorded}
