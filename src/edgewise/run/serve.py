"""Showing a run while it goes on: a server on this machine alone, for those who know its address."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .contract import RunNews
from .page import assembled_page, run_data, title_of
from .run import Run

HOST = "127.0.0.1"
LAST_WORD = 3.0
"""So many seconds a page that is open is waited for, so that it hears of the end."""


class LiveServer:
    """Serves the page of a run, and what is new of it, on the loopback interface.

    The address holds a random token, without which nothing is told; and requests must be made to this machine by its
    own name, so that no website can have a browser ask on its behalf. The server only reads: whatever a page does, the
    run goes on.

    Parameters
    ----------
    run:
        What is shown.
    title:
        What stands above it.
    port:
        Which port; 0 for any that is free.

    Raises
    ------
    OSError
        If the port can't be had.
    """

    def __init__(self, run: Run, title: str | None = None, port: int = 0) -> None:
        self.run = run
        self.title = title
        self.token = secrets.token_urlsafe(18)
        self.ended = ""
        self._asked = 0.0
        self._told = threading.Event()
        self._server = _Server((HOST, port), _Handler)
        self._server.shows = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    def __enter__(self) -> LiveServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port that it listens at."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def end(self, said: str) -> None:
        """Says how the run ended, and waits a moment for a page that is open to hear it."""
        self.ended = said
        if time.monotonic() - self._asked < 2 * LAST_WORD:
            self._told.wait(LAST_WORD)

    def page(self) -> str:
        """The page as it is now, which asks for more."""
        return assembled_page(run_data(self.run), title_of(self.run, self.title), live=True)

    def news(self, since: int, generation: int | None) -> RunNews:
        """What came after a record."""
        self._asked = time.monotonic()
        ended = self.ended
        data = run_data(self.run, since, generation)
        if ended:
            data["ended"], data["said"] = True, ended
            self._told.set()
        return data


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    shows: LiveServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that was closed in the middle of an answer is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "Edgewise"
    sys_version = ""

    def do_GET(self) -> None:
        shows = self.server.shows
        if self.headers.get("Host") not in (f"{HOST}:{shows.port}", f"localhost:{shows.port}"):
            self._answer(403, "text/plain", "This page is for the machine that it runs on.")
            return
        parts = urlsplit(self.path)
        token, _, rest = parts.path.removeprefix("/").partition("/")
        if not hmac.compare_digest(token.encode(), shows.token.encode()):
            self._answer(403, "text/plain", "This is not the address that was printed in the terminal.")
        elif rest == "":
            self._answer(200, "text/html", shows.page())
        elif rest == "data":
            asked = parse_qs(parts.query)
            since, generation = (_whole(asked.get(name, [""])[0]) for name in ("since", "generation"))
            news = shows.news(since or 0, generation)
            self._answer(200, "application/json", json.dumps(news, allow_nan=False, separators=(",", ":")))
        else:
            self._answer(404, "text/plain", "There is nothing here.")

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The terminal is the script's."""


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
