"""The handwritten digits that come with Edgewise.

E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998,
https://doi.org/10.24432/C50P49; CC BY 4.0. See ``files/README.md``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import from_numpy
from .dataset import TensorDataset


def digits(*, flat: bool = False) -> tuple[TensorDataset, TensorDataset]:
    """Returns 1,797 handwritten digits as training and test set.

    The images have 8 by 8 pixels in float32 from 0 to 1, and the labels are int64. They are the test part of the UCI
    optical digits, by 13 writers. The split is fixed: 1,437 images to train and 360 to test, 35 to 37 of each digit;
    ``files/README.md`` says which.

    Parameters
    ----------
    flat:
        Images as 64 numbers in a row, (N, 64), instead of (N, 1, 8, 8).
    """
    from importlib.resources import files

    with (
        files(__package__).joinpath("files", "digits.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        shape = (-1, 64) if flat else (-1, 1, 8, 8)
        return (
            image_dataset(arrays["train_images"].reshape(shape), arrays["train_labels"], 16),
            image_dataset(arrays["test_images"].reshape(shape), arrays["test_labels"], 16),
        )


def image_dataset(images: Any, labels: Any, most: int) -> TensorDataset:
    """Returns a dataset of images, whose integers up to `most` are scaled to at most 1, and of their labels."""
    scaled = images.astype(np.float32)
    scaled /= most
    return TensorDataset(from_numpy(scaled), from_numpy(labels.astype(np.int64)))
