"""Backpropagation by hand, and the graph beside it: the same numbers, step after step.

On the left, the network is built from classes that know their own backward pass: `forward` keeps what `backward` will
need, `backward` takes the gradient of the output to that of the input and keeps the parameters', `update` makes a step
of gradient descent. The order of the backward calls is ours to get right. On the right Edgewise records the
operations, and walks back by itself.

    .venv/bin/python examples/by_hand.py    (after `make demo`, which sets .venv up)
"""

import numpy as np

import edgewise as ew
from edgewise import nn

ETA = 0.01


class Linear:
    """y = x W + b"""

    def __init__(self, W, b):
        self.W, self.b = W.copy(), b.copy()

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy):
        self.dW = self.x.T @ dy
        self.db = dy.sum(axis=0)
        return dy @ self.W.T

    def update(self, eta):
        self.W -= eta * self.dW
        self.b -= eta * self.db


class ReLU:
    """y = max(x, 0)"""

    def forward(self, x):
        self.passed = x > 0
        return np.where(self.passed, x, 0)

    def backward(self, dy):
        return np.where(self.passed, dy, 0)

    def update(self, eta):
        """Has nothing to learn."""


class L1Loss:
    """The sum of |y - t|."""

    def forward(self, y, t):
        self.sign = np.sign(y - t)
        return np.abs(y - t).sum()

    def backward(self):
        return self.sign


def by_hand(x, t, parameters, steps):
    """Yields the loss and the gradients of W1, b1, W2, b2 at each step."""
    W1, b1, W2, b2 = parameters
    first, bend, second, loss = Linear(W1, b1), ReLU(), Linear(W2, b2), L1Loss()
    for _ in range(steps):
        value = loss.forward(second.forward(bend.forward(first.forward(x))), t)
        first.backward(bend.backward(second.backward(loss.backward())))
        yield value, [first.dW, first.db, second.dW, second.db]
        for layer in (first, bend, second):
            layer.update(ETA)


def by_graph(x, t, parameters, steps):
    """The same from Edgewise, where no backward pass is written."""
    x, t = ew.from_numpy(x), ew.from_numpy(t)
    parameters = [nn.Parameter(array) for array in parameters]
    W1, b1, W2, b2 = parameters
    optimizer = ew.optim.SGD(parameters, lr=ETA)
    for _ in range(steps):
        loss = (ew.relu(x @ W1 + b1) @ W2 + b2 - t).abs().sum()
        optimizer.zero_grad()
        loss.backward()
        yield loss.item(), [parameter.grad.numpy() for parameter in parameters]
        optimizer.step()


def main(steps=8):
    random = np.random.default_rng(0)
    x = random.normal(size=(16, 3))
    t = x @ random.normal(size=(3, 1))
    parameters = [random.normal(size=shape) for shape in ((3, 5), (5,), (5, 1), (1,))]

    print("step   loss by hand   loss by graph   largest difference of a gradient")
    worst = 0.0
    runs = zip(by_hand(x, t, parameters, steps), by_graph(x, t, parameters, steps), strict=True)
    for step, ((hand, hand_gradients), (graph, graph_gradients)) in enumerate(runs, start=1):
        pairs = zip(hand_gradients, graph_gradients, strict=True)
        difference = max(float(np.abs(a - b).max()) for a, b in pairs)
        worst = max(worst, difference, abs(hand - graph))
        print(f"{step:4}   {hand:12.8f}   {graph:13.8f}   {difference:.1e}")
    if worst > 1e-10:
        raise SystemExit(f"They differ by {worst:.1e}: one of the two backward passes is wrong.")
    print("The two agree.")


if __name__ == "__main__":
    main()
