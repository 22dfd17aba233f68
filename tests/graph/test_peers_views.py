"""Random programs of views, operations and writes in place give the values and gradients that PyTorch gives."""

from __future__ import annotations

import random

import numpy as np
import pytest

import edgewise as ew

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

VIEWS = [
    lambda t: t.reshape(-1),
    lambda t: t.unsqueeze(0),
    lambda t: t.squeeze(),
    lambda t: t.transpose(0, -1),
    lambda t: t.diagonal(),
    lambda t: t.narrow(0, 0, 1),
    lambda t: t.unfold(-1, 2, 2),
    lambda t: t.movedim(0, -1),
    lambda t: t.detach(),
    lambda t: t.contiguous(),
    lambda t: t[-1],
    lambda t: t[:, 1:],
    lambda t: t[..., 0],
    lambda t: t[None],
]
RESULTS = [lambda a, b: a * 2, lambda a, b: a.tanh(), lambda a, b: a * b, lambda a, b: a + b]  # noqa: ARG005
KEYS = [0, slice(None, None, 2), (Ellipsis, -1), (slice(None), 0), None]


def multiplied(a, b, key):
    del b
    a[key] *= 3


def set_to(a, b, key):
    a[key] = b[key] * 2


WRITES = [
    lambda a, b, key: a.mul_(0.5),  # noqa: ARG005
    lambda a, b, key: a.mul_(b.clone()),  # noqa: ARG005
    lambda a, b, key: a.add_(b.clone()),  # noqa: ARG005
    lambda a, b, key: a.tanh_(),  # noqa: ARG005
    lambda a, b, key: a.zero_(),  # noqa: ARG005
    multiplied,
    set_to,
]


def tensors(library, seed):
    numbers = np.random.default_rng(seed)
    w = library.tensor(numbers.uniform(0.5, 1.5, (3, 4)), requires_grad=True)
    c = library.tensor(numbers.uniform(0.5, 1.5, (3, 4)))
    return [w, c, w * 1]


@pytest.mark.parametrize("start", range(0, 1000, 100))
def test_random_programs_agree_with_pytorch(start):
    for seed in range(start, start + 100):
        choose = random.Random(seed)
        theirs, ours = tensors(torch, seed), tensors(ew, seed)
        for _ in range(choose.randrange(3, 14)):
            i = choose.randrange(len(theirs))
            j = choose.choice([k for k, one in enumerate(theirs) if one.shape == theirs[i].shape])
            kind, view, result = choose.random(), choose.choice(VIEWS), choose.choice(RESULTS)
            write, key = choose.choice(WRITES), choose.choice(KEYS)

            def step(values, i=i, j=j, kind=kind, view=view, result=result, write=write, key=key):
                if kind < 0.45:
                    values.append(view(values[i]))
                elif kind < 0.6:
                    values.append(result(values[i], values[j]))
                else:
                    write(values[i], values[j], key)

            try:
                step(theirs)
            except (RuntimeError, IndexError):
                continue  # PyTorch refuses it
            step(ours)
            for theirs_now, ours_now in zip(theirs, ours, strict=True):
                np.testing.assert_allclose(ours_now.tolist(), theirs_now.tolist(), rtol=1e-9)
                assert ours_now.requires_grad == theirs_now.requires_grad
        for their, our in zip(theirs, ours, strict=True):
            if their.requires_grad and not their.is_leaf:
                try:
                    (expected,) = torch.autograd.grad(their.sum(), theirs[0], allow_unused=True, retain_graph=True)
                except RuntimeError:
                    continue  # a value that PyTorch needs was overwritten
                (found,) = ew.autograd.grad(our.sum(), ours[0], allow_unused=True)
                assert (found is None) == (expected is None) or not np.any(
                    (found if expected is None else expected).tolist()
                )
                if found is not None and expected is not None:
                    np.testing.assert_allclose(found.tolist(), expected.tolist(), rtol=1e-7, atol=1e-10)
