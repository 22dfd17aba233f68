"""A training step of a small convolutional network."""

from __future__ import annotations

import numpy as np

TITLE = "A step of a small CNN"
ABOUT = (
    "1×28×28, conv 16 (3×3), relu, pool 2, conv 32 (3×3), relu, pool 2, linear 10, cross-entropy, batch 64, SGD with "
    "momentum 0.9: forward, backward and update."
)
UNIT, UNITS = "ms a step", 1
THREADED = True
CHECKED, TOLERANCE = 4, 1e-4

BATCH, RATE, MOMENTUM = 64, 0.01, 0.9
_random = np.random.default_rng(0)
IMAGES = _random.uniform(size=(BATCH, 1, 28, 28)).astype(np.float32)
LABELS = _random.integers(0, 10, BATCH)
SHAPES = ((16, 1, 3, 3), (32, 16, 3, 3), (10, 32 * 7 * 7))
WEIGHTS = [(_random.uniform(-1, 1, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32) for shape in SHAPES]


def edgewise():
    import edgewise as ew

    return like_torch(ew)


def torch():
    import torch

    return like_torch(torch)


def like_torch(library):
    nn, functional, tensor = library.nn, library.nn.functional, library.tensor
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    )
    with library.no_grad():
        for i, weight in zip((0, 3, 7), WEIGHTS, strict=True):
            model[i].weight.copy_(tensor(weight))
            model[i].bias.zero_()
    optimizer = library.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    images, labels = tensor(IMAGES), tensor(LABELS)

    def step():
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def mygrad():
    import mygrad as mg
    from mygrad.nnet import conv_nd, max_pool, relu, softmax_crossentropy

    arrays = []
    for weight in WEIGHTS:
        arrays += [weight.T.copy() if weight.ndim == 2 else weight.copy(), np.zeros(weight.shape[0], np.float32)]
    velocities = [np.zeros_like(array) for array in arrays]

    def step():
        k1, c1, k2, c2, W, b = parameters = [mg.tensor(array, copy=False) for array in arrays]
        y = mg.tensor(IMAGES, constant=True, copy=False)
        for kernel, bias in ((k1, c1), (k2, c2)):
            y = relu(conv_nd(y, kernel, stride=1, padding=1) + bias.reshape(1, -1, 1, 1))
            y = max_pool(y, (2, 2), 2)
        loss = softmax_crossentropy(mg.matmul(y.reshape(BATCH, -1), W) + b, LABELS)
        loss.backward()
        for array, velocity, parameter in zip(arrays, velocities, parameters, strict=True):
            velocity *= MOMENTUM
            velocity += parameter.grad
            array -= RATE * velocity
        return loss.item()

    return step


# HIPS autograd brings no fast convolution, so a step of it would measure what we wrote for it.
VARIANTS = {"edgewise": edgewise, "torch": torch, "mygrad": mygrad}
