"""Downloads a file once: checked, resumable, and in place only when it is complete."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from .idx import DataError

_BLOCK = 1 << 16
_PATIENCE = 20.0
"""Seconds without an answer after which a connection is given up."""

Report = Callable[[int, int], None]
"""Told the bytes that have come and the bytes of the whole."""


def sha256_of(path: str) -> str:
    """Returns the SHA-256 of a file, in hexadecimal."""
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(url: str, path: str, sha256: str, size: int, report: Report | None = None) -> None:
    """Fetches `url` into `path`, unless the right file is there.

    An incomplete download stays in ``path.part``, and the next call continues it. The file gets its name when it has
    the right size and SHA-256.

    Raises
    ------
    DataError
        If the server can't be reached, breaks off, or sends something else.
    """
    if os.path.exists(path) and sha256_of(path) == sha256:
        return
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    part = path + ".part"
    if os.path.exists(part) and os.path.getsize(part) > size:
        os.remove(part)
    if not os.path.exists(part) or os.path.getsize(part) < size:
        _fetch(url, part, size, report or _progress_reporter(os.path.basename(path)))
    found = sha256_of(part)
    if found != sha256:
        os.remove(part)
        raise DataError(f"{url}: the download has the SHA-256 {found}, not {sha256}, and was discarded")
    os.replace(part, path)


def _fetch(url: str, part: str, size: int, report: Report) -> None:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    have = os.path.getsize(part) if os.path.exists(part) else 0
    request = Request(url, headers={"User-Agent": "edgewise", **({"Range": f"bytes={have}-"} if have else {})})
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:
            # A server that knows no ranges answers 200 with the whole.
            resumed = answer.status == 206
            have = have if resumed else 0
            with open(part, "ab" if resumed else "wb") as file:
                while block := answer.read(_BLOCK):
                    have += len(block)
                    if have > size:
                        raise DataError(f"{url}: the download is longer than the {size} bytes expected")
                    file.write(block)
                    report(have, size)
    except HTTPError as error:
        error.close()
        raise DataError(f"{url}: the server answered {error.code} {error.reason}") from error
    except (OSError, HTTPException) as error:
        raise DataError(f"{url}: {getattr(error, 'reason', error)}{_partial_download_message(part)}") from error
    if have < size:
        raise DataError(f"{url}: the connection ended early{_partial_download_message(part)}")


def _partial_download_message(part: str) -> str:
    if not os.path.exists(part) or not os.path.getsize(part):
        return ""
    return f"; {os.path.getsize(part)} bytes have come, and the next call goes on from there"


def _progress_reporter(name: str) -> Report:
    """Shows progress on a terminal, in a line that is rewritten; shows nothing elsewhere."""
    stream: Any = sys.stderr
    watched = stream is not None and stream.isatty()

    def report(have: int, size: int) -> None:
        if not watched:
            return
        end = "\n" if have == size else ""
        stream.write(f"\r{name}: {have / 1e6:.1f} of {size / 1e6:.1f} MB ({have / size:.0%}){end}")
        stream.flush()

    return report
