"""Small data sets of points in a plane."""

from __future__ import annotations

import numpy as np
import pytest

from edgewise.lab.datasets import DATASETS, points

NAMES = list(DATASETS)


def accuracy_of_a_line(x: np.ndarray, classes: np.ndarray) -> float:
    """How many points the best line by least squares tells apart."""
    design = np.column_stack([x, np.ones(len(x))])
    found = np.linalg.lstsq(design, 2.0 * classes - 1, rcond=None)[0]
    return float(((design @ found > 0) == classes).mean())


def accuracy_of_neighbours(x: np.ndarray, classes: np.ndarray) -> float:
    """How many points have the class of the point that is nearest to them."""
    apart = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((classes[apart.argmin(axis=1)] == classes).mean())


@pytest.mark.parametrize("name", NAMES)
def test_points_are_near_the_origin_in_two_classes_of_one_size(name: str) -> None:
    x, classes = points(name, 500, noise=0.0)
    assert x.shape == (500, 2)
    assert x.dtype == np.float32
    assert np.abs(x).max() < 2.2
    assert np.bincount(classes).tolist() == [250, 250]
    assert np.abs(x.mean(axis=0)).max() < 0.25


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_points_again(name: str) -> None:
    first, again, other = points(name, seed=3), points(name, seed=3), points(name, seed=4)
    np.testing.assert_array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("name", NAMES)
def test_only_clouds_are_parted_by_a_line_and_all_by_their_neighbours(name: str) -> None:
    x, classes = points(name, 500, noise=0.02)
    right = accuracy_of_a_line(x, classes)
    assert right > 0.97 if name == "clouds" else right < 0.92
    assert accuracy_of_neighbours(x, classes) > 0.97


def test_noise_moves_each_coordinate_by_its_standard_deviation() -> None:
    without, noisy = points("circles", 4000, noise=0.0)[0], points("circles", 4000, noise=0.2)[0]
    np.testing.assert_allclose((noisy - without).std(), 0.2, rtol=0.05)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "moon"}, "points must be one of moons, circles, clouds, xor, spiral, not 'moon'"),
        ({"name": "xor", "count": 0}, "count must be at least 1, not 0"),
        ({"name": "xor", "noise": -1.0}, "noise must be 0 or more, not -1.0"),
    ],
)
def test_what_it_can_not_make_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        points(**given)  # type: ignore[arg-type]
