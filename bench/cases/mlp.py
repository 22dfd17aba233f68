"""A training step of a multi-layer perceptron."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

TITLE = "A step of an MLP"
ABOUT = "784-256-128-10 with relu, cross-entropy, batch 64, SGD with momentum 0.9: forward, backward and update."
UNIT, UNITS = "ms a step", 1
THREADED = True
CHECKED, TOLERANCE = 4, 1e-4

SIZES = (784, 256, 128, 10)
BATCH, RATE, MOMENTUM = 64, 0.01, 0.9
_random = np.random.default_rng(0)
IMAGES = _random.uniform(size=(BATCH, SIZES[0])).astype(np.float32)
LABELS = _random.integers(0, 10, BATCH)
WEIGHTS = [(_random.uniform(-1, 1, (m, n)) / np.sqrt(n)).astype(np.float32) for n, m in pairwise(SIZES)]


def edgewise():
    import edgewise as ew

    return like_torch(ew)


def torch():
    import torch

    return like_torch(torch)


def like_torch(library):
    nn, functional, tensor = library.nn, library.nn.functional, library.tensor
    layers = []
    for weight in WEIGHTS:
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        with library.no_grad():
            linear.weight.copy_(tensor(weight))
            linear.bias.zero_()
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
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
    from mygrad.nnet import relu, softmax_crossentropy

    arrays = _start()
    velocities = [np.zeros_like(array) for array in arrays]

    def step():
        parameters = [mg.tensor(array, copy=False) for array in arrays]
        y = mg.tensor(IMAGES, constant=True, copy=False)
        for i in range(0, len(parameters), 2):
            y = mg.matmul(y, parameters[i]) + parameters[i + 1]
            if i + 2 < len(parameters):
                y = relu(y)
        loss = softmax_crossentropy(y, LABELS)
        loss.backward()
        _update(arrays, velocities, [parameter.grad for parameter in parameters])
        return loss.item()

    return step


def autograd():
    import autograd.numpy as np
    from autograd import value_and_grad

    def loss(parameters):
        y = IMAGES
        for i in range(0, len(parameters), 2):
            y = np.dot(y, parameters[i]) + parameters[i + 1]
            if i + 2 < len(parameters):
                y = np.maximum(y, 0)
        y = y - np.max(y, axis=1, keepdims=True)
        return -np.mean((y - np.log(np.sum(np.exp(y), axis=1, keepdims=True)))[np.arange(BATCH), LABELS])

    arrays = _start()
    velocities = [np.zeros_like(array) for array in arrays]
    run = value_and_grad(loss)

    def step():
        value, gradients = run(arrays)
        _update(arrays, velocities, gradients)
        return value

    return step


def numpy():
    """The same by hand: what a program for this one network gets out of NumPy."""
    arrays = _start()
    velocities = [np.zeros_like(array) for array in arrays]
    rows = np.arange(BATCH)

    def step():
        W1, b1, W2, b2, W3, b3 = arrays
        h1 = IMAGES @ W1
        h1 += b1
        np.maximum(h1, 0, out=h1)
        h2 = h1 @ W2
        h2 += b2
        np.maximum(h2, 0, out=h2)
        y = h2 @ W3
        y += b3
        y -= y.max(axis=1, keepdims=True)
        p = np.exp(y)
        total = p.sum(axis=1, keepdims=True)
        loss = np.mean(np.log(total[:, 0]) - y[rows, LABELS])
        p /= total
        p[rows, LABELS] -= 1
        p /= BATCH
        d2 = p @ W3.T
        d2 *= h2 > 0
        d1 = d2 @ W2.T
        d1 *= h1 > 0
        gradients = [IMAGES.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ p, p.sum(0)]
        _update(arrays, velocities, gradients)
        return float(loss)

    return step


def _start():
    arrays = []
    for weight in WEIGHTS:
        arrays += [np.ascontiguousarray(weight.T), np.zeros(weight.shape[0], np.float32)]
    return arrays


def _update(arrays, velocities, gradients):
    for array, velocity, gradient in zip(arrays, velocities, gradients, strict=True):
        velocity *= MOMENTUM
        velocity += gradient
        array -= RATE * velocity


VARIANTS = {"edgewise": edgewise, "torch": torch, "mygrad": mygrad, "autograd": autograd, "numpy": numpy}
