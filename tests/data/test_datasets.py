from __future__ import annotations

from collections import namedtuple
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgewise as ew
from edgewise.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    Subset,
    TensorDataset,
    default_collate,
    digits,
    random_split,
)


class Squares(Dataset):
    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return float(index), index * index


def numbers(size):
    return TensorDataset(ew.arange(size), ew.arange(size) * 10)


def seen(loader):
    """All items that a loader gives, in their order."""
    return [int(item) for batch in loader for item in batch[0]]


def test_items_of_tensors_are_tuples_of_rows():
    data = TensorDataset(np.eye(3, dtype=np.float32), [1, 2, 3])
    row, label = data[1]
    assert row.tolist() == [0.0, 1.0, 0.0]
    assert label.item() == 2
    assert len(data) == 3


def test_tensors_of_different_lengths_are_refused():
    with pytest.raises(ew.ShapeError, match=r"\(3,\), \(2, 2\)"):
        TensorDataset(ew.zeros(3), ew.zeros(2, 2))
    with pytest.raises(ew.ShapeError, match="0-d"):
        TensorDataset(ew.tensor(1.0))
    with pytest.raises(ew.ShapeError, match="at least one"):
        TensorDataset()


def test_subsets_and_concatenations_find_their_items():
    data = numbers(5)
    part = Subset(data, [3, -1])
    assert [int(part[i][0]) for i in range(2)] == [3, 4]
    joined = data + part
    assert isinstance(joined, ConcatDataset)
    assert [int(joined[i][0]) for i in range(-1, 7)] == [4, 0, 1, 2, 3, 4, 3, 4]
    with pytest.raises(IndexError, match="index 7 is out of range for 7 items"):
        joined[7]
    with pytest.raises(IndexError, match="index 5"):
        Subset(data, [0, 5])
    with pytest.raises(ew.ShapeError, match="at least one"):
        ConcatDataset([])


@given(st.integers(0, 30), st.integers(1, 8), st.booleans(), st.booleans(), st.integers(0, 5))
def test_an_epoch_gives_every_item_once(size, batch_size, shuffle, drop_last, seed):
    loader = DataLoader(numbers(size), batch_size, shuffle, drop_last=drop_last, generator=ew.Generator(seed))
    batches = list(loader)
    assert len(batches) == len(loader)
    kept = size - size % batch_size if drop_last else size
    items = [int(item) for batch in batches for item in batch[0]]
    assert len(items) == kept
    assert len(set(items)) == kept
    assert set(items) <= set(range(size))
    if not shuffle:
        assert items == list(range(kept))
    for first, second in batches:
        assert first.dtype == np.int64
        assert second.tolist() == [10 * int(item) for item in first]
        assert len(first) <= batch_size


def test_the_fast_way_gives_what_single_items_give():
    data = TensorDataset(ew.randn(23, 2, 3), ew.arange(23))
    for dataset in (data, Subset(data, [4, 2, 9, 11, 0]), Subset(Subset(data, [5, 6, 7, 8]), [3, 1, 0])):
        for shuffle in (False, True):
            quick = DataLoader(dataset, 3, shuffle, generator=ew.Generator(1))
            slow = DataLoader(dataset, 3, shuffle, generator=ew.Generator(1), collate_fn=default_collate)
            for a, b in zip(quick, slow, strict=True):
                for x, y in zip(a, b, strict=True):
                    np.testing.assert_array_equal(x.numpy(), y.numpy())
                    assert x.dtype == y.dtype


def test_each_epoch_has_an_order_of_its_own_which_the_seed_decides():
    data = numbers(50)
    a, b = (DataLoader(data, 8, shuffle=True, generator=ew.Generator(3)) for _ in range(2))
    first, second = seen(a), seen(a)
    assert first != second
    assert [seen(b), seen(b)] == [first, second]
    ew.manual_seed(5)
    default = seen(DataLoader(data, 8, shuffle=True))
    ew.manual_seed(5)
    assert seen(DataLoader(data, 8, shuffle=True)) == default


def test_an_epoch_can_begin_in_its_middle():
    loader = DataLoader(numbers(20), 3, shuffle=True, generator=ew.Generator(0))
    whole = seen(loader)
    loader.generator.manual_seed(0)
    assert seen(loader.batches(4)) == whole[12:]


def test_the_order_is_drawn_when_an_epoch_begins():
    loader = DataLoader(numbers(20), 3, shuffle=True, generator=ew.Generator(0))
    before = loader.generator.get_state()
    iter(loader)
    assert loader.generator.get_state() != before


def test_items_of_any_kind_are_collated():
    batch = next(iter(DataLoader(Squares(5), 3)))
    assert batch[0].dtype == np.float32
    assert batch[1].tolist() == [0, 1, 4]
    items = [{"x": np.ones(2, np.float32), "name": "a", "pair": (1, ew.ones(1))}] * 2
    made = default_collate(items)
    assert made["x"].shape == (2, 2)
    assert made["name"] == ["a", "a"]
    assert made["pair"][1].shape == (2, 1)
    assert DataLoader(Squares(4), 4, collate_fn=len).batches().__next__() == 4


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: DataLoader(numbers(3), 0), ew.ShapeError, "batch_size is 0"),
        (lambda: DataLoader(numbers(3), 2.0), ew.ShapeError, "batch_size is 2.0"),
        (lambda: DataLoader(iter([1])), TypeError, "length and indexed items"),
        (lambda: default_collate([ew.ones(2), ew.ones(3)]), ew.ShapeError, r"\(2,\), \(3,\).*collate_fn"),
        (lambda: default_collate([np.ones(2), np.ones(3)]), ew.ShapeError, r"\(2,\), \(3,\).*collate_fn"),
        (lambda: default_collate([(1, 2), (1,)]), ew.ShapeError, "1 and 2 parts"),
        (lambda: default_collate([object()]), TypeError, "object items"),
        (lambda: random_split(numbers(5), [2, 2]), ew.ShapeError, "add up to 4.*dataset's 5"),
        (lambda: random_split(numbers(5), [0.5, 0.4]), ew.ShapeError, "shares that add up to 1"),
        (lambda: random_split(numbers(5), [6, -1]), ew.ShapeError, "a length is -1"),
        (lambda: random_split(numbers(5), [1]), ew.ShapeError, "add up to 1"),
        (lambda: random_split(numbers(5), [2, 3.0]), ew.ShapeError, "must be whole numbers"),
        (lambda: random_split(numbers(5), 2), TypeError, r"random_split: lengths must be a list, such as .*, not 2"),
        (lambda: random_split(numbers(5), [0.5, "a"]), TypeError, "a length must be a number, not 'a'"),
        (lambda: random_split(numbers(5), [0.5, 0.5], 3), TypeError, "random_split: generator must be .*, not 3"),
        (lambda: random_split(5, [5]), TypeError, "random_split: the dataset, a int"),
        (lambda: DataLoader(numbers(3), "4"), TypeError, "batch_size must be a whole number, not '4'"),
        (lambda: DataLoader(numbers(3), generator=3), TypeError, r"DataLoader: generator must be .*Generator\(seed\)"),
        (lambda: DataLoader(numbers(3), shuffle="yes"), TypeError, "shuffle must be True or False, not 'yes'"),
        (lambda: DataLoader(numbers(3), drop_last=None), TypeError, "drop_last must be True or False"),
        (lambda: DataLoader(numbers(3), collate_fn=3), TypeError, "collate_fn must be a function of a list of items"),
        (lambda: DataLoader({"a": 1}), TypeError, "a dict, must have a length and indexed items"),
        (lambda: Subset(numbers(3), [1.5]), TypeError, r"indices must be a list of integers, not \[1.5\]"),
        (lambda: Subset(numbers(3), [True, False, True]), TypeError, "list of integers"),
        (lambda: Subset(numbers(3), 1), TypeError, "list of integers, not 1"),
        (lambda: numbers(3) + 3, TypeError, "ConcatDataset: the dataset, a int"),
        (lambda: default_collate([1, "a"]), TypeError, "a int and a str can't be in one batch"),
        (lambda: default_collate([ew.ones(2), 3]), TypeError, "a Tensor and a int"),
        (lambda: default_collate([(1, 2), 3]), TypeError, "a tuple and a int"),
        (lambda: default_collate([{"a": 1}, {"b": 1}]), ew.ShapeError, "different keys: a, and b"),
    ],
)
def test_bad_arguments_are_explained(make, error, text):
    with pytest.raises(error, match=text):
        make()


@given(st.integers(0, 40), st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_a_split_shares_no_item_and_loses_none(size, weights):
    shares = [weight / sum(weights) for weight in weights]
    parts = random_split(Squares(size), shares, ew.Generator(0))
    items = [int(part[i][0]) for part in parts for i in range(len(part))]
    assert sorted(items) == list(range(size))
    for part, share in zip(parts, shares, strict=True):
        assert abs(len(part) - share * size) <= 1


def test_a_split_by_lengths_follows_its_generator():
    first, second = (random_split(numbers(10), [7, 3], ew.Generator(4)) for _ in range(2))
    assert [len(part) for part in first] == [7, 3]
    assert [list(part.indices) for part in first] == [list(part.indices) for part in second]
    assert list(first[0].indices) != sorted(first[0].indices)


def test_the_digits_are_all_there_and_always_split_alike():
    train, test = digits()
    assert [len(train), len(test)] == [1437, 360]
    images, labels = (np.concatenate([part.tensors[i].numpy() for part in (train, test)]) for i in (0, 1))
    assert images.shape == (1797, 1, 8, 8)
    assert images.dtype == np.float32
    assert labels.dtype == np.int64
    # What UCI's and scikit-learn's pages say of the whole set.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert images.min() == 0.0
    assert images.max() == 1.0
    assert (images * 16).sum() == 561718
    assert np.bincount(test.tensors[1].numpy()).tolist() == [36, 37, 35, 36, 36, 37, 36, 36, 35, 36]
    flat, _ = digits(flat=True)
    np.testing.assert_array_equal(flat.tensors[0].numpy(), train.tensors[0].numpy().reshape(-1, 64))


def test_numpys_whole_numbers_are_lengths_and_batch_sizes():
    assert [len(part) for part in random_split(numbers(5), np.array([3, 2]))] == [3, 2]
    assert len(DataLoader(numbers(5), np.int64(2))) == 3


def _sources() -> dict[str, object]:
    values = np.array([[0.0, 255.0], [255.0, 0.0], [128.0, 128.0], [1.0, 2.0]], np.float32)
    return {
        "tensors": TensorDataset(ew.tensor(values)),
        "an array": TensorDataset(values.copy()),
        "a transposed array": TensorDataset(np.asfortranarray(values)),
        "a subset": Subset(TensorDataset(ew.tensor(values)), range(4)),
        "a subset of a subset": Subset(Subset(TensorDataset(ew.tensor(values)), range(4)), [0, 1, 2, 3]),
        "a part of a split": random_split(TensorDataset(ew.tensor(values)), [4])[0],
        "two sets": TensorDataset(ew.tensor(values[:2])) + TensorDataset(ew.tensor(values[2:])),
        "a list of tensors": [ew.tensor(row) for row in values],
        "a list of arrays": list(values.copy()),
        "an array by itself": values.copy(),
    }


@pytest.mark.parametrize("batch_size", [1, 2, 4])
@pytest.mark.parametrize("shuffle", [False, True], ids=["in order", "shuffled"])
@pytest.mark.parametrize("name", _sources())
def test_writing_into_a_batch_leaves_the_data_as_it_is(name: str, shuffle: bool, batch_size: int) -> None:
    dataset = _sources()[name]

    def numbers() -> list[list[float]]:
        return [
            np.asarray(item[0] if isinstance(item, tuple) else item).tolist()
            for item in map(dataset.__getitem__, range(4))
        ]

    before = numbers()
    for _ in range(2):
        for batch in DataLoader(dataset, batch_size, shuffle):
            x = batch[0] if isinstance(batch, list) else batch
            x /= 255
            x[0].zero_()
    assert numbers() == before


def test_an_epoch_without_shuffle_gives_the_items_in_their_order() -> None:
    dataset = TensorDataset(ew.arange(7), np.arange(14.0).reshape(7, 2))
    batches = list(DataLoader(dataset, 3))
    assert [x.tolist() for x, _ in batches] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [y.shape for _, y in batches] == [(3, 2), (3, 2), (1, 2)]
    assert ew.concat([y for _, y in batches]).tolist() == np.arange(14.0).reshape(7, 2).tolist()


def test_strings_stay_a_list_also_numpys() -> None:
    for items in (["a", "b"], list(np.array(["a", "b"])), [b"a", b"b"]):
        (batch,) = DataLoader(items, 2)
        assert batch == items


@pytest.mark.parametrize("array", [np.array(["a", "b"]), np.array([1, None]), np.array([1j]), np.array(["2026"], "M8")])
def test_arrays_that_are_no_numbers_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ew.DTypeError, match=r"default_collate: arrays of dtype .* a collate_fn"):
        list(DataLoader([array, array], 2))


class Pair(NamedTuple):
    x: float
    y: int


def test_batches_of_named_tuples_have_their_names():
    loader = ew.data.DataLoader([Pair(0.5, 1), Pair(1.5, 2), Pair(2.5, 3)], batch_size=2)
    first, last = list(loader)
    assert type(first) is Pair
    assert (first.x.tolist(), first.y.tolist()) == ([0.5, 1.5], [1, 2])
    assert (last.x.tolist(), last.y.tolist()) == ([2.5], [3])


def test_without_batches_one_goes_through_the_items():
    items = [
        (1.5, np.arange(3), "a", {"x": np.float32(2)}, ew.ones(2)),
        (2.5, np.arange(3), "b", {"x": 3}, ew.zeros(2)),
    ]
    loader = DataLoader(items, batch_size=None)
    assert len(loader) == 2
    first, second = loader
    assert first[0] == 1.5
    assert first[1].dtype == "int64"
    assert (first[2], second[2]) == ("a", "b")
    assert (first[3]["x"].item(), second[3]["x"]) == (2, 3)
    for part in (first[1], first[4]):
        part.fill_(9)
    assert items[0][1].tolist() == [0, 1, 2]
    assert items[0][4].tolist() == [1, 1]
    assert [part[0] for part in loader.batches(1)] == [2.5]


def test_without_batches_named_tuples_stay_and_the_order_and_the_function_are_used():
    pair = namedtuple("pair", "x y")
    [item] = DataLoader([pair(np.ones(2), [np.zeros(1)])], batch_size=None)
    assert type(item) is pair
    assert item.y[0].shape == (1,)
    dataset = TensorDataset(ew.arange(5.0))
    drawn = [x.item() for (x,) in DataLoader(dataset, batch_size=None, shuffle=True, generator=ew.Generator(1))]
    assert sorted(drawn) == [0, 1, 2, 3, 4]
    assert [x.tolist() for (x,) in DataLoader(dataset, 1, True, generator=ew.Generator(1))] == [[x] for x in drawn]
    assert list(DataLoader([1, 2], batch_size=None, collate_fn=lambda item: 10 * item)) == [10, 20]
    with pytest.raises(ew.ArgumentError, match=r"batch_size=None.*drop_last"):
        DataLoader([1], batch_size=None, drop_last=True)


def test_what_pytorch_has_by_default_for_workers_can_be_said():
    loader = DataLoader(
        numbers(3),
        2,
        None,
        num_workers=0,
        pin_memory=False,
        timeout=0,
        persistent_workers=False,
        prefetch_factor=None,
        worker_init_fn=None,
    )
    assert [batch[0].tolist() for batch in loader] == [[0, 1], [2]]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"num_workers": 2}, r"num_workers is 2, .* in the calling thread.* pass num_workers=0"),
        ({"timeout": 3.5}, r"timeout is 3.5, but there are no workers"),
        ({"persistent_workers": True}, r"persistent_workers is True, but there are no workers"),
        ({"prefetch_factor": 2}, r"prefetch_factor is 2, but there are no workers"),
        ({"worker_init_fn": print}, r"worker_init_fn is .*, but there are no workers"),
        ({"pin_memory": True}, r"pin_memory=True would do nothing.*: leave it out"),
        ({"num_workers": -1}, r"num_workers is -1; it must be a whole number, at least 0"),
    ],
)
def test_what_only_workers_could_do_is_refused(options, text):
    with pytest.raises(ew.ArgumentError, match=f"^DataLoader: {text}"):
        DataLoader(numbers(3), **options)
