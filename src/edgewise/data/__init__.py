"""Datasets, loaders that batch and shuffle them, and two real datasets."""

from __future__ import annotations

from .dataset import ConcatDataset as ConcatDataset
from .dataset import Dataset as Dataset
from .dataset import Subset as Subset
from .dataset import TensorDataset as TensorDataset
from .dataset import random_split as random_split
from .digits import digits as digits
from .fashion import FASHION_CLASSES as FASHION_CLASSES
from .fashion import fashion_mnist as fashion_mnist
from .idx import DataError as DataError
from .idx import read_idx as read_idx
from .loader import DataLoader as DataLoader
from .loader import default_collate as default_collate
from .loader import default_convert as default_convert
