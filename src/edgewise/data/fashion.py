"""Fashion-MNIST: 70,000 pictures of clothes, 28 by 28, in ten classes.

H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms,
arXiv:1708.07747, 2017; MIT licence.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

from ..graph.arguments import short_repr
from .dataset import TensorDataset
from .digits import image_dataset
from .download import download as fetch
from .idx import DataError, decompressed, parse_idx

FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

_SOURCE = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
_DEBIAN = "/usr/share/datasets/fashion-mnist"


class _File(NamedTuple):
    name: str
    shape: tuple[int, ...]
    size: int
    """Bytes of the published gzip file."""
    packed: str
    """Its SHA-256."""
    content: str
    """The SHA-256 of the unpacked content. It is the same for a repacked file, such as Debian's."""


_FILES = (
    _File(
        "train-images-idx3-ubyte",
        (60000, 28, 28),
        26421880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    _File(
        "train-labels-idx1-ubyte",
        (60000,),
        29515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    _File(
        "t10k-images-idx3-ubyte",
        (10000, 28, 28),
        4422102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    _File(
        "t10k-labels-idx1-ubyte",
        (10000,),
        5148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)


def fashion_mnist(
    folder: str | os.PathLike[str] | None = None, *, download: bool | None = None, flat: bool = False
) -> tuple[TensorDataset, TensorDataset]:
    """Returns Fashion-MNIST as training and test set: images in float32 from 0 to 1, labels in int64 from 0 to 9.

    Parameters
    ----------
    folder:
        The folder with the four idx files, plain or compressed with gzip. By default they are searched in
        ``fashion-mnist`` within the folder that the environment variable EDGEWISE_DATA names, in
        ``~/.cache/edgewise/fashion-mnist``, and where Debian's package dataset-fashion-mnist installs them,
        ``/usr/share/datasets/fashion-mnist``.
    download:
        Whether to fetch files that are missing (31 MB in all), from the project's own repository, into `folder`, or
        into the first of those places if no folder is given. Without a folder they are fetched unless this is False;
        with a folder, only if this is True.
    flat:
        Images as 784 numbers in a row, (N, 784), instead of (N, 1, 28, 28).

    Returns
    -------
    ``(train, test)`` of 60,000 and 10,000 items. :data:`FASHION_CLASSES` names the labels.

    Raises
    ------
    DataError
        If files are missing and can't be fetched, or their SHA-256 is not that of the published ones.
    """
    if folder is not None and not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"fashion_mnist: folder must be a path, not {short_repr(folder)}")
    places = _default_folders() if folder is None else [os.fspath(folder)]
    found = {file: _path(file, places) for file in _FILES}
    missing = [file for file, path in found.items() if path is None]
    if missing and folder is not None and os.path.exists(folder) and not os.path.isdir(folder):
        raise DataError(f"fashion_mnist: {places[0]} is no folder: give the one that holds the four idx files")
    if missing and download is not True and (folder is not None or download is False):
        raise DataError(f"fashion_mnist: {_missing_files_message(missing, places)}. {_advice(places[0])}")
    for file in missing:
        found[file] = _fetch(file, places[0])
    arrays = [_read_checked(path, file) for file, path in found.items() if path is not None]
    shape = (-1, 784) if flat else (-1, 1, 28, 28)
    train_images, train_labels, test_images, test_labels = arrays
    return (
        image_dataset(train_images.reshape(shape), train_labels, 255),
        image_dataset(test_images.reshape(shape), test_labels, 255),
    )


def _path(file: _File, places: list[str]) -> str | None:
    """Returns the path of a file in one of these folders, or None."""
    paths = [os.path.join(place, name) for place in places for name in (f"{file.name}.gz", file.name)]
    return next((path for path in paths if os.path.exists(path)), None)


def _fetch(file: _File, folder: str) -> str:
    """Fetches a file and returns its path."""
    path = os.path.join(folder, f"{file.name}.gz")
    try:
        fetch(_SOURCE + f"{file.name}.gz", path, file.packed, file.size)
    except DataError as error:
        raise DataError(f"fashion_mnist: the download failed: {error}. {_advice(folder, offered=False)}") from error
    except OSError as error:
        raise DataError(f"fashion_mnist: can't save in {folder}: {error.strerror or error}") from error
    return path


def _missing_files_message(missing: list[_File], places: list[str]) -> str:
    if len(places) > 1:
        return f"{', '.join(file.name for file in missing)} is in none of {', '.join(places)}"
    (folder,) = places
    if not os.path.exists(folder):
        return f"there is no folder {folder}"
    return f"{folder} lacks {', '.join(file.name for file in missing)}, as they are or compressed (.gz)"


def _default_folders() -> list[str]:
    named = os.environ.get("EDGEWISE_DATA")
    cache = os.path.join(os.path.expanduser("~"), ".cache", "edgewise")
    return [*([os.path.join(named, "fashion-mnist")] if named else []), os.path.join(cache, "fashion-mnist"), _DEBIAN]


def _read_checked(path: str, file: _File) -> np.ndarray:
    import hashlib

    data = decompressed(path)
    array = parse_idx(data, path)
    if hashlib.sha256(data).hexdigest() != file.content:
        raise DataError(
            f"{path}: not the {file.name} of Fashion-MNIST, or damaged: it holds {array.dtype} {array.shape}, and its "
            "SHA-256 is another. MNIST's files have the same names"
        )
    return array


def _advice(folder: str, *, offered: bool = True) -> str:
    return (
        (f"download=True fetches what is missing (31 MB in all) into {folder}. Or put" if offered else "Put")
        + f" the four idx files of https://github.com/zalandoresearch/fashion-mnist (data/fashion) into {folder}, or "
        "give the folder that holds them, as in fashion_mnist('path/to/folder'). On Debian and Ubuntu the package "
        f"dataset-fashion-mnist installs them into {_DEBIAN}"
    )
