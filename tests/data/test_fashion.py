"""Finding, checking and downloading, with small files in place of the real ones."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from edgewise.data import DataError, fashion, fashion_mnist
from edgewise.data.download import download

DEBIAN = "/usr/share/datasets/fashion-mnist"


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


CONTENTS = {
    "train-images-idx3-ubyte": idx(np.arange(3 * 784, dtype=np.int64).astype(np.uint8).reshape(3, 28, 28)),
    "train-labels-idx1-ubyte": idx(np.array([1, 2, 3], np.uint8)),
    "t10k-images-idx3-ubyte": idx(np.full((2, 28, 28), 255, np.uint8)),
    "t10k-labels-idx1-ubyte": idx(np.array([9, 0], np.uint8)),
}
PACKED = {name: gzip.compress(content, mtime=0) for name, content in CONTENTS.items()}


class Server:
    """Serves the packed files on this machine, and can break off or send something else."""

    def __init__(self):
        self.requests = []
        self.break_after = None
        self.ranges = True
        self.change = False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.removeprefix("/").removesuffix(".gz")
                wanted = self.headers.get("Range")
                server.requests.append((name, wanted))
                if name not in PACKED:
                    self.send_error(404)
                    return
                data = PACKED[name]
                if server.change:
                    data = data[:-1] + bytes([data[-1] ^ 1])
                start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and server.ranges else 0
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(data) - start))
                self.end_headers()
                end = len(data) if server.break_after is None else start + server.break_after
                self.wfile.write(data[start:end])

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Fashion-MNIST made of a few images, and no place where it lies already."""
    files = [
        fashion._File(
            file.name,
            file.shape,
            len(PACKED[file.name]),
            hashlib.sha256(PACKED[file.name]).hexdigest(),
            hashlib.sha256(CONTENTS[file.name]).hexdigest(),
        )
        for file in fashion._FILES
    ]
    monkeypatch.setattr(fashion, "_FILES", tuple(files))
    monkeypatch.setattr(fashion, "_DEBIAN", str(tmp_path / "debian"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EDGEWISE_DATA", raising=False)
    monkeypatch.setattr(fashion, "_SOURCE", "http://127.0.0.1:1/")


def fill(folder, contents, suffix=""):
    os.makedirs(folder, exist_ok=True)
    for name, content in contents.items():
        with open(os.path.join(folder, name + suffix), "wb") as file:
            file.write(content)


@pytest.mark.parametrize(("contents", "suffix"), [(CONTENTS, ""), (PACKED, ".gz")])
@pytest.mark.usefixtures("small")
def test_a_folder_of_the_four_files_is_read(tmp_path, contents, suffix):
    fill(tmp_path / "own", contents, suffix)
    train, test = fashion_mnist(tmp_path / "own", download=False)
    assert train.tensors[0].shape == (3, 1, 28, 28)
    assert test.tensors[0].numpy().max() == 1.0
    assert train.tensors[1].tolist() == [1, 2, 3]
    assert train.tensors[1].dtype == np.int64
    flat, _ = fashion_mnist(tmp_path / "own", flat=True)
    assert flat.tensors[0].shape == (3, 784)
    np.testing.assert_allclose(flat.tensors[0].numpy()[0, :3], np.array([0, 1, 2]) / 255, rtol=1e-6)


@pytest.mark.usefixtures("small")
def test_the_named_folder_the_cache_and_debians_folder_are_looked_in(tmp_path, monkeypatch):
    for folder in (
        tmp_path / "home/.cache/edgewise/fashion-mnist",
        tmp_path / "debian",
        tmp_path / "named/fashion-mnist",
    ):
        if folder.parent.name == "named":
            monkeypatch.setenv("EDGEWISE_DATA", str(tmp_path / "named"))
        fill(folder, PACKED, ".gz")
        assert len(fashion_mnist(download=False)[0]) == 3
        for name in PACKED:
            os.remove(folder / f"{name}.gz")


@pytest.mark.usefixtures("small")
def test_files_that_are_nowhere_are_asked_for_with_advice():
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte, .* is in none of .*dataset-fashion-mnist"):
        fashion_mnist(download=False)


@pytest.mark.usefixtures("small")
def test_a_folder_that_was_named_is_neither_made_nor_filled_unless_asked(tmp_path, server, monkeypatch):
    monkeypatch.setattr(fashion, "_SOURCE", server.url)
    with pytest.raises(DataError, match=r"there is no folder .*own\. download=True fetches .* into .*own"):
        fashion_mnist(tmp_path / "own")
    assert not (tmp_path / "own").exists()
    fill(tmp_path / "part", {NAME: CONTENTS[NAME]})
    with pytest.raises(DataError, match=r"part lacks train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels"):
        fashion_mnist(tmp_path / "part")
    for asked in (None, True):
        with pytest.raises(DataError, match=rf"{NAME} is no folder: give the one"):
            fashion_mnist(tmp_path / "part" / NAME, download=asked)
    assert server.requests == []
    with pytest.raises(DataError, match=rf"can't save in .*{NAME}.*below: "):
        fashion_mnist(tmp_path / "part" / NAME / "below", download=True)
    with pytest.raises(TypeError, match="fashion_mnist: folder must be a path, not 3"):
        fashion_mnist(3)


@pytest.mark.usefixtures("small")
def test_without_a_folder_missing_files_come_into_the_cache(tmp_path, server, monkeypatch):
    monkeypatch.setattr(fashion, "_SOURCE", server.url)
    assert len(fashion_mnist()[0]) == 3
    assert len(os.listdir(tmp_path / "home/.cache/edgewise/fashion-mnist")) == 4


@pytest.mark.usefixtures("small")
def test_offline_the_error_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"the download failed: .*Put the four idx files .*dataset-fashion-mnist"):
        fashion_mnist(tmp_path / "own", download=True)


@pytest.mark.usefixtures("small")
def test_files_of_another_set_are_refused(tmp_path):
    other = {**CONTENTS, "train-labels-idx1-ubyte": idx(np.array([1, 2, 4], np.uint8))}
    fill(tmp_path / "own", other)
    with pytest.raises(DataError, match=r"not the train-labels-idx1-ubyte of Fashion-MNIST.*MNIST's files"):
        fashion_mnist(tmp_path / "own")


@pytest.mark.usefixtures("small")
def test_missing_files_are_downloaded_once(tmp_path, server, monkeypatch):
    monkeypatch.setattr(fashion, "_SOURCE", server.url)
    fashion_mnist(tmp_path / "own", download=True)
    assert len(server.requests) == 4
    fashion_mnist(tmp_path / "own")
    assert len(server.requests) == 4
    assert sorted(os.listdir(tmp_path / "own")) == sorted(f"{name}.gz" for name in PACKED)


NAME = "train-images-idx3-ubyte"


def fetch(server, path, report=None):
    data = PACKED[NAME]
    download(server.url + NAME + ".gz", str(path), hashlib.sha256(data).hexdigest(), len(data), report)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on_where_it_was(server, tmp_path, ranges):
    path = tmp_path / "folder" / "a.gz"
    server.ranges, server.break_after = ranges, 100
    with pytest.raises(DataError, match="100 bytes have come, and the next call goes on from there"):
        fetch(server, path)
    assert not path.exists()
    server.break_after = None
    progress = []
    fetch(server, path, lambda have, size: progress.append((have, size)))
    assert server.requests[-1] == (NAME, "bytes=100-")
    assert path.read_bytes() == PACKED[NAME]
    assert progress[-1] == (len(PACKED[NAME]), len(PACKED[NAME]))
    assert os.listdir(path.parent) == ["a.gz"]


def test_other_bytes_than_the_published_are_thrown_away(server, tmp_path):
    server.change = True
    with pytest.raises(DataError, match="SHA-256"):
        fetch(server, tmp_path / "a.gz")
    assert os.listdir(tmp_path) == []


def test_a_file_that_the_server_lacks_is_an_error(server, tmp_path):
    with pytest.raises(DataError, match="404"):
        download(server.url + "other", str(tmp_path / "a"), "", 10)


@pytest.mark.skipif(not os.path.exists(DEBIAN), reason="needs Debian's package dataset-fashion-mnist")
def test_debians_files_are_the_published_ones():
    train, test = fashion_mnist(DEBIAN, download=False)
    assert [train.tensors[0].shape, test.tensors[0].shape] == [(60000, 1, 28, 28), (10000, 1, 28, 28)]
    assert np.bincount(train.tensors[1].numpy()).tolist() == [6000] * 10
    assert train.tensors[0].numpy().mean() == pytest.approx(0.2860, abs=1e-4)
