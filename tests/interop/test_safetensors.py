"""Saving and loading: exact round trips, whole files or none, and nothing that could run code."""

import json
import math
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgewise as ew
from edgewise import nn
from edgewise.interop import safetensors as files
from edgewise.interop.safetensors import FileFormatError, load_tree, save_tree
from edgewise.interop.structure import pack, unpack

DTYPES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
]


def write_raw(path, header, data=b""):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 4)])
def test_every_dtype_and_shape_comes_back_exactly(tmp_path, dtype, shape):
    value = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    ew.save({"x": ew.from_numpy(value)}, tmp_path / "x.safetensors")
    back = ew.load(tmp_path / "x.safetensors")["x"]
    assert back.shape == shape
    assert back.dtype == value.dtype
    np.testing.assert_array_equal(back.numpy(), value)


def test_views_that_are_not_in_one_piece_are_saved_as_they_look(tmp_path):
    value = np.arange(12.0).reshape(3, 4)
    tensors = {"t": ew.from_numpy(value.T), "step": ew.from_numpy(value[:, ::2]), "back": ew.from_numpy(value[::-1])}
    ew.save(tensors, tmp_path / "x.safetensors")
    back = ew.load(tmp_path / "x.safetensors")
    np.testing.assert_array_equal(back["t"].numpy(), value.T)
    np.testing.assert_array_equal(back["step"].numpy(), value[:, ::2])
    np.testing.assert_array_equal(back["back"].numpy(), value[::-1])


def test_what_was_loaded_can_be_written_to_and_requires_no_gradient(tmp_path):
    ew.save({"x": ew.tensor([1.0], requires_grad=True)}, tmp_path / "x.safetensors")
    back = ew.load(tmp_path / "x.safetensors")["x"]
    assert not back.requires_grad
    back[0] = 5.0
    assert back.tolist() == [5.0]


def test_a_module_saves_its_state(tmp_path):
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    ew.save(model, tmp_path / "model.safetensors")
    twin = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    twin.load_state_dict(ew.load(tmp_path / "model.safetensors"))
    for name, value in model.state_dict().items():
        assert value.tolist() == twin.state_dict()[name].tolist()


def test_a_dict_of_tensors_is_a_plain_file_for_others(tmp_path):
    from safetensors.numpy import load_file

    ew.save({"b": ew.tensor([1.0]), "a": ew.tensor([2])}, tmp_path / "x.safetensors")
    others = load_file(tmp_path / "x.safetensors")
    assert {name: value.tolist() for name, value in others.items()} == {"a": [2], "b": [1.0]}


def test_files_of_others_are_read(tmp_path):
    from safetensors.numpy import save_file

    save_file({"w": np.eye(2, dtype=np.float32)}, tmp_path / "x.safetensors", {"format": "pt"})
    assert ew.load(str(tmp_path / "x.safetensors"))["w"].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_bfloat16_becomes_float32_exactly(tmp_path):
    values = np.array([1.0, -2.5, 3.140625, math.inf, 0.0], np.float32)
    halves = (values.view(np.uint32) >> 16).astype("<u2")
    write_raw(tmp_path / "x", {"w": {"dtype": "BF16", "shape": [5], "data_offsets": [0, 10]}}, halves.tobytes())
    back = ew.load(tmp_path / "x")["w"]
    assert str(back.dtype) == "float32"
    assert back.tolist() == values.tolist()


def test_a_dtype_that_can_not_be_read_is_named(tmp_path):
    write_raw(tmp_path / "x", {"w": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}}, b"\0\0")
    with pytest.raises(FileFormatError, match="w has the dtype F8_E4M3"):
        ew.load(tmp_path / "x")


TREES = [
    None,
    3,
    "text",
    {},
    [],
    {"epoch": 3, "loss": 0.1, "best": None, "done": False, "name": "ä"},
    {"nan": [math.inf, -math.inf], "big": 2**200, "nested": {"a": [1, [2, (3, 4)], ()]}},
    {0: "int key", (1, "a"): "tuple key", None: 1, 2.5: 2},
    {"$tensor": "not one", "$x": {"$tuple": 3}},
    {"__metadata__": 1},
]


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_nests_without_tensors_come_back_with_their_types(tmp_path, tree):
    save_tree(tree, tmp_path / "x.safetensors")
    back = load_tree(tmp_path / "x.safetensors")
    assert back == tree
    assert repr(back) == repr(tree)


keys = st.one_of(st.text(max_size=4), st.integers(), st.sampled_from(["$tensor", "$dict", "$float", "__metadata__"]))
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=4))
nests = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple), st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=12,
)


@given(nests)
def test_any_nest_survives_json(nest):
    structure, tensors = pack(nest)
    assert repr(unpack(json.loads(json.dumps(structure, allow_nan=False)), tensors)) == repr(nest)


def test_nests_with_tensors_and_arrays_come_back(tmp_path):
    tree = {
        "model": {"0.weight": ew.tensor([[1.0, 2.0]]), "0": {"weight": ew.tensor([3])}},
        "optimiser": {"state": {0: {"step": 5, "momentum": ew.tensor([0.5])}}},
        "history": [np.array([1, 2]), {"x": np.float64(0.25), "n": np.int64(7)}],
        "__metadata__": ew.tensor(1.0),
    }
    save_tree(tree, tmp_path / "x.safetensors")
    back = load_tree(tmp_path / "x.safetensors")
    assert list(back) == list(tree)
    assert back["model"]["0.weight"].tolist() == [[1.0, 2.0]]
    assert back["model"]["0"]["weight"].tolist() == [3]
    assert back["optimiser"]["state"][0]["step"] == 5
    assert back["optimiser"]["state"][0]["momentum"].tolist() == [0.5]
    assert type(back["history"][0]) is np.ndarray
    assert back["history"][0].tolist() == [1, 2]
    assert back["history"][1] == {"x": 0.25, "n": 7}
    assert back["__metadata__"].item() == 1.0


def test_what_can_not_be_saved_is_named_with_its_place(tmp_path):
    path = tmp_path / "x.safetensors"
    with pytest.raises(TypeError, match=r"can't save a\.1\.f, a function"):
        ew.save({"a": [1, {"f": math.sin.__class__ and (lambda: 0)}]}, path)
    loop = []
    loop.append(loop)
    with pytest.raises(TypeError, match="holds itself"):
        ew.save(loop, path)
    with pytest.raises(TypeError, match="complex128"):
        ew.save([np.array([1j])], path)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.safetensors"
    ew.save({"x": ew.tensor([1.0])}, path)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ew.save({"x": ew.tensor([2.0])}, path)
    monkeypatch.undo()
    assert ew.load(path)["x"].tolist() == [1.0]
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.safetensors"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes and links")
def test_saving_keeps_the_mode_and_follows_a_link(tmp_path):
    path, link = tmp_path / "x.safetensors", tmp_path / "latest.safetensors"
    ew.save({"x": ew.tensor([1.0])}, path)
    path.chmod(0o640)
    link.symlink_to(path)
    ew.save({"x": ew.tensor([2.0])}, link)
    assert link.is_symlink()
    assert ew.load(path)["x"].tolist() == [2.0]
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path, mask):
    path = tmp_path / "x.safetensors"
    before = os.umask(mask)
    try:
        ew.save({"x": ew.tensor([1.0])}, path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
    assert [part.name for part in tmp_path.iterdir()] == ["x.safetensors"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        ew.save({"x": ew.tensor(1.0)}, tmp_path / "none" / "x.safetensors")
    with pytest.raises(FileNotFoundError):
        ew.load(tmp_path / "none.safetensors")


@pytest.mark.parametrize("name", ["model.pt", "model.PTH", "model.ckpt", "model.pkl", "model.npz", "model.bin"])
def test_a_name_that_promises_a_pickle_gets_a_safetensors_file_and_a_warning(tmp_path, name):
    layer = nn.Linear(2, 3)
    with pytest.warns(
        UserWarning, match=r"will be a safetensors file.* model\.safetensors is the better name"
    ) as noted:
        ew.save({"model": layer.state_dict(), "epoch": 3}, tmp_path / name)
    assert [warning.filename for warning in noted] == [__file__]
    loaded = ew.load(tmp_path / name)
    assert loaded["epoch"] == 3
    assert loaded["model"]["weight"].tolist() == layer.weight.tolist()
    with open(tmp_path / name, "rb") as file:
        assert b"model.weight" in file.read()


class Trap:
    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_refused_and_not_opened(tmp_path, protocol):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"w": [1.0] * 100, "trap": Trap()}, protocol))
    with pytest.raises(FileFormatError, match=r"can run any code"):
        ew.load(path)
    assert not Trap.sprung


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_under_another_name_is_no_safetensors_file(tmp_path, protocol):
    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps({"w": [1.0] * 100, "trap": Trap()}, protocol))
    with pytest.raises(FileFormatError):
        ew.load(path)
    assert not Trap.sprung


def test_zip_archives_and_numpy_files_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"x")
    with pytest.raises(FileFormatError, match=r"torch\.save writes, with a pickle in it"):
        ew.load(tmp_path / "model.pt")
    np.savez(tmp_path / "a.npz", x=np.ones(2))
    with pytest.raises(FileFormatError, match=r"numpy\.load"):
        ew.load(tmp_path / "a.npz")
    np.save(tmp_path / "a.npy", np.ones(2))
    with pytest.raises(FileFormatError, match=r"numpy\.load"):
        ew.load(tmp_path / "a.npy")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(FileFormatError, match="only 0 bytes long"):
        ew.load(tmp_path / "x")


def test_every_cut_of_a_file_is_refused(tmp_path):
    ew.save({"weight": ew.tensor([1.0, 2.0, 3.0]), "b": ew.tensor([1])}, tmp_path / "x")
    whole = (tmp_path / "x").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(FileFormatError, match=r"only \d bytes long|cut off"):
            ew.load(tmp_path / "cut")
    (tmp_path / "long").write_bytes(whole + b"more")
    with pytest.raises(FileFormatError, match="it is damaged"):
        ew.load(tmp_path / "long")


def test_a_damaged_header_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(struct.pack("<Q", 8) + b"{not json" + b"\0" * 20)
    with pytest.raises(FileFormatError, match="its header is damaged"):
        ew.load(tmp_path / "x")
    write_raw(tmp_path / "y", {"__metadata__": {"edgewise.structure": '{"a":{"$tensor":"gone"}}'}})
    with pytest.raises(FileFormatError, match="structure in its header is damaged"):
        ew.load(tmp_path / "y")
    write_raw(tmp_path / "z", {"__metadata__": {"edgewise.structure": '{"$other":1}'}})
    with pytest.raises(FileFormatError, match=r"unknown mark \$other"):
        ew.load(tmp_path / "z")


def test_other_formats_are_named(tmp_path):
    (tmp_path / "x").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 20)
    with pytest.raises(FileFormatError, match="is an HDF5 file"):
        ew.load(tmp_path / "x")


@pytest.mark.parametrize("second", [2, 3, 4, 5])
def test_a_file_whose_header_length_begins_like_a_pickle_is_read(tmp_path, second):
    # A header of 0x0280 bytes, as an example, begins with 80 02.
    path, name = tmp_path / "w.safetensors", "w"
    while True:
        ew.save({name: ew.ones(2)}, path)
        start = path.read_bytes()[:2]
        if start == bytes([0x80, second]):
            break
        name += "w" * 8
        assert len(name) < 2000
    assert list(ew.load(path)) == [name]


def _entry(shape: object, size: int = 4, dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}


def _twice(name: str) -> bytes:
    return json.dumps({name: _entry([1])}).encode()[:-1] + b"," + json.dumps({name: _entry([1])}).encode()[1:]


CRAFTED = {
    "a deep list": b"[" * 100_000,
    "a deep object": b'{"a":' * 100_000,
    "deep metadata": b'{"__metadata__":' + b"[" * 50_000,
    "a deep structure": json.dumps({"__metadata__": {"edgewise.structure": "[" * 50_000 + "]" * 50_000}}).encode(),
    "a structure of a long number": json.dumps({"__metadata__": {"edgewise.structure": "1" * 10_000}}).encode(),
    "no elements of a huge size": json.dumps({"a": _entry([0, 2**62], 0)}).encode(),
    "a size beyond 64 bits": json.dumps({"a": _entry([0, 2**64], 0)}).encode(),
    "huge sizes around none": json.dumps({"a": _entry([2**40, 0, 2**40], 0, "BF16")}).encode(),
    "sizes whose product overflows": json.dumps({"a": _entry([2**32, 2**32], 0)}).encode(),
    "a hundred axes": json.dumps({"a": _entry([1] * 100)}).encode(),
    "a negative size": json.dumps({"a": _entry([-1])}).encode(),
    "a size that is no integer": json.dumps({"a": _entry([1.5])}).encode(),
    "a shape that is a text": json.dumps({"a": _entry("1")}).encode(),
    "an unknown dtype": json.dumps({"a": _entry([1], 4, "F33")}).encode(),
    "a dtype that can't be read": json.dumps({"a": _entry([4], 4, "F8_E4M3")}).encode(),
    "a dtype of another size": json.dumps({"a": _entry([1], 4, "F64")}).encode(),
    "two in one place": json.dumps({"a": _entry([1]), "b": _entry([1])}).encode(),
    "a name twice": _twice("a"),
    "no object": b"3",
    "no text": b'{"\xff":1}',
}


@pytest.mark.parametrize("header", CRAFTED.values(), ids=CRAFTED)
def test_a_crafted_header_is_refused_as_a_damaged_file(tmp_path, header):
    path = tmp_path / "crafted.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"0000"[: 0 if b"[0, 0]" in header else 4])
    with pytest.raises(FileFormatError) as raised:
        ew.load(path)
    assert str(path) in str(raised.value)
    assert "bytes where" not in str(raised.value) or "has 12 bytes where 12" not in str(raised.value)


def test_sixty_four_axes_are_read(tmp_path):
    header = json.dumps({"a": _entry([1] * 64)}).encode()
    path = tmp_path / "axes.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"0000")
    assert ew.load(path)["a"].ndim == 64


def test_a_full_disk_is_an_error_of_the_system_and_the_old_file_stays(tmp_path, monkeypatch):
    import safetensors
    import safetensors.numpy

    def full(*_: object) -> None:
        raise safetensors.SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    path = tmp_path / "model.safetensors"
    ew.save({"x": ew.tensor(1.0)}, path)
    monkeypatch.setattr(safetensors.numpy, "save_file", full)
    with pytest.raises(OSError, match=r"can't save: No space left on device.*model\.safetensors") as raised:
        ew.save({"x": ew.tensor(2.0)}, path)
    assert raised.value.errno == 28
    assert os.listdir(tmp_path) == ["model.safetensors"]
    assert ew.load(path)["x"].item() == 1.0


@pytest.mark.parametrize(
    "options",
    [
        {"map_location": "cpu"},
        {"map_location": None, "weights_only": True},
        {"weights_only": False},
        {"map_location": "cpu:0", "weights_only": None},
        {"map_location": ew.zeros(1).device},
        {"map_location": {"cuda:0": "cpu", "cuda:1": "cpu"}},
    ],
)
def test_the_processor_can_be_named_as_the_place_to_load_to(tmp_path, options):
    ew.save({"w": ew.tensor([1.0, 2.0])}, tmp_path / "w.safetensors")
    assert ew.load(tmp_path / "w.safetensors", **options)["w"].tolist() == [1, 2]
    if "map_location" in options:
        assert ew.load(tmp_path / "w.safetensors", options["map_location"])["w"].tolist() == [1, 2]


@pytest.mark.parametrize("place", ["cuda", "cuda:0", "mps", 0, {"cpu": "cuda"}, lambda storage, _: storage])
def test_another_place_to_load_to_is_refused(tmp_path, place):
    ew.save({"w": ew.tensor([1.0])}, tmp_path / "w.safetensors")
    with pytest.raises(ew.ArgumentError, match=r"load: map_location is .*processor's memory alone: leave it out"):
        ew.load(tmp_path / "w.safetensors", map_location=place)


def test_weights_only_must_be_a_bool(tmp_path):
    ew.save({"w": ew.tensor([1.0])}, tmp_path / "w.safetensors")
    with pytest.raises(TypeError, match="load: weights_only must be True or False, not 'yes'"):
        ew.load(tmp_path / "w.safetensors", weights_only="yes")
