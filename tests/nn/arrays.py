"""Random inputs, and comparison of results."""

import numpy as np

import edgewise as ew


def normal(*shape):
    return ew.from_numpy(np.random.default_rng(0).standard_normal(shape).astype("float32"))


def close(a, b, tolerance=1e-5):
    np.testing.assert_allclose(a.numpy(force=True), np.asarray(b), rtol=tolerance, atol=tolerance)
