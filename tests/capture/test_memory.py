"""What a snapshot keeps, and what it does not keep alive."""

from __future__ import annotations

import gc
import threading
import weakref

import edgewise as ew
from edgewise import nn, snapshot


def tensor_named(taken, name):
    (found,) = [tensor for tensor in taken.tensors if tensor.name == name]
    return found


def test_values_are_copied():
    x = ew.tensor([1.0, 2.0], requires_grad=True)
    start = ew.tensor([1.0, 1.0])
    taken = snapshot(x + 0, gradients=start)
    with ew.no_grad():
        x.fill_(9)
        start.fill_(9)
    leaf = tensor_named(taken, "x")
    assert leaf.value.whole.tolist() == [1, 2]
    assert leaf.gradient.whole.tolist() == [1, 1]
    assert taken.edges[0].contribution.whole.tolist() == [1, 1]


def test_a_snapshot_keeps_nothing_alive_and_is_freed_at_once():
    def take():
        model = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
        x = ew.ones(4, 3)
        loss = model(x).sum()
        taken = snapshot(loss)
        assert taken.nodes[0].formula is not None
        return taken, weakref.ref(model), weakref.ref(x), weakref.ref(loss)

    gc.collect()
    gc.disable()
    try:
        taken, *others = take()
        assert [other() for other in others] == [None, None, None]
        value = weakref.ref(taken.tensors[0].value.whole)
        del taken
        assert value() is None
    finally:
        gc.enable()


def test_a_graph_that_was_seen_is_freed_when_its_variable_is_deleted():
    x = ew.ones(3, requires_grad=True)
    loss = (x * 2).sum()
    snapshot(loss)
    alive = weakref.ref(loss)
    del loss
    assert alive() is None


def test_a_module_that_keeps_its_output_is_freed_without_the_collector():
    class Keeping(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            self.__dict__["state"] = self.layer(x)
            return self.state

    gc.disable()
    try:
        model = Keeping()
        loss = model(ew.ones(1, 2)).sum()
        snapshot(loss)
        alive = weakref.ref(model)
        del model, loss
        assert alive() is None
    finally:
        gc.enable()


def test_threads_can_take_snapshots_side_by_side():
    results = []

    def run(k):
        x = ew.tensor(float(k), requires_grad=True)
        results.extend((k, snapshot(x * x).tensors[0].gradient.item()) for _ in range(20))

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    assert all(gradient == 2 * k for k, gradient in results)
