"""Each optimiser, step by step, against the published update worked out element by element in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise.graph.edge import wrap
from edgewise.optim import SGD, Adam, AdamW, RMSprop, adam, rmsprop, sgd

STEPS = 6


def gradients(seed=3, shape=(2, 3)):
    return list(np.random.default_rng(seed).standard_normal((STEPS, *shape)))


def start(shape=(2, 3)):
    return np.random.default_rng(1).standard_normal(shape)


def trained(kind, first, sent, **options):
    """The parameter after each step of an optimiser, in float64."""
    parameter = ew.tensor(first, requires_grad=True)
    optimizer = kind([parameter], **options)
    path = []
    for gradient in sent:
        parameter.grad = wrap(gradient.copy())
        optimizer.step()
        path.append(parameter.detach().numpy().copy())
    return path


def elementwise(rule, first, sent):
    """The path of a parameter whose elements each follow `rule`, a generator that takes gradients and gives values."""
    paths = np.empty((len(sent), *first.shape))
    for place in np.ndindex(first.shape):
        run = rule(float(first[place]))
        next(run)
        for step, gradient in enumerate(sent):
            paths[(step, *place)] = run.send(float(gradient[place]))
    return paths


def sgd_rule(lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False):
    def run(p):
        velocity = None
        g = yield p
        while True:
            g = -g if maximize else g
            g = g + weight_decay * p
            if momentum:
                velocity = g if velocity is None else momentum * velocity + (1 - dampening) * g
                g = g + momentum * velocity if nesterov else velocity
            p = p - lr * g
            g = yield p

    return run


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weight_decay": 0.1},
        {"maximize": True},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.3},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.8, "nesterov": True, "weight_decay": 0.05, "maximize": True},
    ],
    ids=str,
)
def test_sgd_follows_its_formula(options):
    first, sent = start(), gradients()
    expected = elementwise(sgd_rule(0.1, **options), first, sent)
    np.testing.assert_allclose(trained(SGD, first, sent, lr=0.1, **options), expected, rtol=1e-12)


def test_nesterov_is_the_published_look_ahead_seen_from_the_parameters():
    # Sutskever et al. 2013, eq. 3 and 4: v' = mu v - lr f'(theta + mu v), theta' = theta + v'. In the place where the
    # gradient is taken, x = theta + mu v, that is the step of the optimiser.
    lr, mu, curvature = 0.1, 0.9, 2.0
    theta, v = 1.0, 0.0
    x = ew.tensor([1.0], dtype=ew.float64, requires_grad=True)
    optimizer = SGD([x], lr=lr, momentum=mu, nesterov=True)
    for _ in range(10):
        optimizer.zero_grad()
        (curvature / 2 * x.square()).sum().backward()
        optimizer.step()
        v = mu * v - lr * curvature * (theta + mu * v)
        theta = theta + v
        assert x.item() == pytest.approx(theta + mu * v, rel=1e-12)


def rmsprop_rule(lr, alpha, eps, momentum=0.0, centered=False, weight_decay=0.0, maximize=False):
    def run(p):
        square = mean = velocity = 0.0
        g = yield p
        while True:
            g = -g if maximize else g
            g = g + weight_decay * p
            square = alpha * square + (1 - alpha) * g * g
            mean = alpha * mean + (1 - alpha) * g
            size = math.sqrt(square - mean * mean if centered else square) + eps
            velocity = momentum * velocity + g / size
            p = p - lr * velocity
            g = yield p

    return run


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"centered": True},
        {"centered": True, "momentum": 0.5, "weight_decay": 0.1},
        {"maximize": True},
    ],
    ids=str,
)
def test_rmsprop_follows_its_formula(options):
    first, sent = start(), gradients()
    expected = elementwise(rmsprop_rule(0.02, 0.9, 1e-6, **options), first, sent)
    path = trained(RMSprop, first, sent, lr=0.02, alpha=0.9, eps=1e-6, **options)
    np.testing.assert_allclose(path, expected, rtol=1e-10)


def test_centred_rmsprop_of_a_constant_gradient_takes_no_root_of_a_negative_number():
    # The variance of equal gradients is 0, and comes out a little above or below it.
    path = trained(RMSprop, start(), [np.full((2, 3), 0.1)] * STEPS, alpha=0.0, centered=True)
    assert np.isfinite(path).all()


def adam_rule(lr, betas, eps, weight_decay=0.0, decoupled=False, amsgrad=False, maximize=False):
    def run(p):
        mean = square = largest = 0.0
        t = 0
        g = yield p
        while True:
            t += 1
            g = -g if maximize else g
            if decoupled:
                p = p - lr * weight_decay * p
            else:
                g = g + weight_decay * p
            mean = betas[0] * mean + (1 - betas[0]) * g
            square = betas[1] * square + (1 - betas[1]) * g * g
            largest = max(largest, square)
            unbiased = mean / (1 - betas[0] ** t)
            size = math.sqrt((largest if amsgrad else square) / (1 - betas[1] ** t)) + eps
            p = p - lr * unbiased / size
            g = yield p

    return run


@pytest.mark.parametrize(
    "options",
    [{}, {"weight_decay": 0.1}, {"amsgrad": True}, {"amsgrad": True, "weight_decay": 0.2, "maximize": True}],
    ids=str,
)
@pytest.mark.parametrize(("kind", "decoupled"), [(Adam, False), (AdamW, True)])
def test_adam_follows_its_formula(kind, decoupled, options):
    first, sent = start(), gradients()
    options = {"weight_decay": 0.0, **options}
    expected = elementwise(adam_rule(0.05, (0.8, 0.95), 1e-7, decoupled=decoupled, **options), first, sent)
    path = trained(kind, first, sent, lr=0.05, betas=(0.8, 0.95), eps=1e-7, **options)
    np.testing.assert_allclose(path, expected, rtol=1e-12)


def test_adamw_decays_the_parameters_even_without_a_gradient():
    path = trained(AdamW, np.ones((1,)), [np.zeros((1,))] * STEPS, lr=0.1, weight_decay=0.5)
    np.testing.assert_allclose(path[-1], 0.95**STEPS)


KINDS = [
    (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    (RMSprop, {"lr": 0.01, "momentum": 0.9, "centered": True, "weight_decay": 0.01}),
    (Adam, {"lr": 0.01, "amsgrad": True, "weight_decay": 0.01}),
    (AdamW, {"lr": 0.01}),
]


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (4, 2)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_dtype_and_shape_stay(kind, options, shape, dtype):
    parameter = ew.tensor(np.ones(shape, dtype), requires_grad=True)
    array = parameter.array
    optimizer = kind([parameter], **options)
    for _ in range(2):
        parameter.grad = wrap(np.full(shape, 0.5, dtype))
        sent = parameter.grad.array.copy()
        optimizer.step()
        np.testing.assert_array_equal(parameter.grad.array, sent)
    assert parameter.array is array
    for value in optimizer.state[parameter].values():
        if hasattr(value, "dtype"):
            assert value.dtype == dtype
            assert value.shape == shape
    assert array.size == 0 or (array < 1).all()


class Frozen:
    """An array whose memory can't be written: every operator makes a new one, as in JAX."""

    def __init__(self, values):
        self.values = np.asarray(values)
        self.values.flags.writeable = False

    shape = property(lambda self: self.values.shape)
    dtype = property(lambda self: self.values.dtype)

    def __array_namespace__(self, **_):
        return Functions


def _operator(name):
    def apply(self, *others):
        given = [other.values if isinstance(other, Frozen) else other for other in others]
        return Frozen(getattr(self.values, name)(*given))

    return apply


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "neg"):
    setattr(Frozen, f"__{_name}__", _operator(f"__{_name}__"))


class Functions:
    sqrt = staticmethod(lambda x: Frozen(np.sqrt(x.values)))
    maximum = staticmethod(lambda x, y: Frozen(np.maximum(x.values, y.values)))
    clip = staticmethod(lambda x, **bounds: Frozen(np.clip(x.values, bounds["min"], None)))
    zeros_like = staticmethod(lambda x: Frozen(np.zeros_like(x.values)))


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_arrays_that_cannot_be_written_are_replaced(kind, options):
    first, sent = start(), gradients()
    parameter = wrap(Frozen(first.copy()))
    parameter.requires_grad = True
    optimizer = kind([parameter], **options)
    for gradient in sent:
        parameter.grad = wrap(Frozen(gradient))
        optimizer.step()
    np.testing.assert_array_equal(parameter.array.values, trained(kind, first, sent, **options)[-1])


def test_the_rules_run_on_strict_arrays_with_an_array_for_the_step_count():
    strict = pytest.importorskip("array_api_strict")
    first, sent = start(), gradients()
    p, mean, square, largest = [strict.asarray(x) for x in (first.copy(), first * 0, first * 0, first * 0)]
    step = strict.asarray(0.0, dtype=strict.float64)
    for gradient in sent:
        g = strict.asarray(gradient)
        p, mean, square, step, largest = adam.update(
            strict, p, g, mean, square, step, largest, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.1
        )
    expected = trained(Adam, first, sent, lr=0.01, amsgrad=True, weight_decay=0.1)[-1]
    np.testing.assert_allclose(np.from_dlpack(p), expected, rtol=1e-12)

    p, velocity = strict.asarray(first.copy()), strict.asarray(first * 0)
    for gradient in sent:
        p, velocity = sgd.update(strict, p, strict.asarray(gradient), velocity, lr=0.1, momentum=0.9, nesterov=True)
    expected = trained(SGD, first, sent, lr=0.1, momentum=0.9, nesterov=True)[-1]
    np.testing.assert_allclose(np.from_dlpack(p), expected, rtol=1e-12)

    p, square, mean = (strict.asarray(x) for x in (first.copy(), first * 0, first * 0))
    for gradient in sent:
        p, square, mean, _ = rmsprop.update(
            strict, p, strict.asarray(gradient), square, mean, lr=0.1, alpha=0.9, eps=1e-8
        )
    expected = trained(RMSprop, first, sent, lr=0.1, alpha=0.9, centered=True)[-1]
    np.testing.assert_allclose(np.from_dlpack(p), expected, rtol=1e-12)
