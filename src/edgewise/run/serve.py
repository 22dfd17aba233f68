"""Shows a run live, on a server for this machine alone, at an address with a secret token."""

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
from .page import assemble_page, run_data, title_of
from .run import Run

HOST = "127.0.0.1"
END_TIMEOUT = 3.0
"""The most seconds to wait until an open page has asked for the end."""


class LiveServer:
    """Serves the page of a run, and its changes, on the loopback interface.

    The server answers only requests with the random token of its address, and only those made to this machine by its
    own name, so that no website can send requests through a browser. The server only reads: no request changes the run.

    Parameters
    ----------
    run:
        The run to show.
    title:
        The title of the page.
    port:
        The port; 0 for any free one.

    Raises
    ------
    OSError
        If the port is not available.
    """

    def __init__(self, run: Run, title: str | None = None, port: int = 0) -> None:
        self.run = run
        self.title = title
        self.token = secrets.token_urlsafe(18)
        self.ended = ""
        self._last_request = 0.0
        self._end_delivered = threading.Event()
        self._server = _Server((HOST, port), _Handler)
        self._server.live_server = self
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
        """The port of the server."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def end(self, message: str) -> None:
        """Sets the message about the end of the run, and waits a moment until an open page has it."""
        self.ended = message
        if time.monotonic() - self._last_request < 2 * END_TIMEOUT:
            self._end_delivered.wait(END_TIMEOUT)

    def page(self) -> str:
        """Returns the page as it is now; it asks for changes."""
        return assemble_page(run_data(self.run), title_of(self.run, self.title), live=True)

    def changes(self, since: int, generation: int | None) -> RunNews:
        """Returns the data that came after a record."""
        self._last_request = time.monotonic()
        ended = self.ended
        data = run_data(self.run, since, generation)
        if ended:
            data["ended"], data["said"] = True, ended
            self._end_delivered.set()
        return data


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    live_server: LiveServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores a page that was closed during an answer."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "Edgewise"
    sys_version = ""

    def do_GET(self) -> None:
        live_server = self.server.live_server
        if self.headers.get("Host") not in (f"{HOST}:{live_server.port}", f"localhost:{live_server.port}"):
            self._answer(403, "text/plain", "This page is for the machine that it runs on.")
            return
        parts = urlsplit(self.path)
        token, _, rest = parts.path.removeprefix("/").partition("/")
        if not hmac.compare_digest(token.encode(), live_server.token.encode()):
            self._answer(403, "text/plain", "This is not the address that was printed in the terminal.")
        elif rest == "":
            self._answer(200, "text/html", live_server.page())
        elif rest == "data":
            asked = parse_qs(parts.query)
            since, generation = (_whole(asked.get(name, [""])[0]) for name in ("since", "generation"))
            changes = live_server.changes(since or 0, generation)
            self._answer(200, "application/json", json.dumps(changes, allow_nan=False, separators=(",", ":")))
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
        """Writes nothing: the terminal belongs to the script."""


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
