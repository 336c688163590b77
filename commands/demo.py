"""`--demo`: serve the page of a model on this computer, and open it in the browser."""

from __future__ import annotations

import argparse
import socket
import threading
import webbrowser
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from commands.models import check_encoder, trained_model
from config import UsageError
from console import importing, quiet

HOST, PORT = "127.0.0.1", 8000  # unless options say otherwise
CONNECTIONS = 32  # at the same time; more are closed at once
SECONDS = 10.0  # that a visitor may keep the server waiting
NOTHING_HERE = b'<!doctype html><title>Not here</title><p>The only page is <a href="/">this</a>.'


def demo(options: argparse.Namespace) -> None:
    """Make the page in memory and serve it until Ctrl-C."""
    check_encoder(options.encoder)
    host, port = options.host or HOST, PORT if options.port is None else options.port
    with open_server(host, port) as server:
        sampler = trained_model(options)
        with importing():
            from exports.html import export
        with quiet():
            server.page = export(sampler).data
        address = f"http://{_reachable(host)}:{server.server_port}/"
        print(f"page     {address}\nPress Ctrl-C to stop.")
        if not options.no_browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("stopped")


def _reachable(host: str) -> str:
    """Return an address at which others find what is bound to all addresses, if it is."""
    if host not in ("", "0.0.0.0"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(("192.0.2.1", 9))  # kept for documentation (RFC 5737); nothing is sent
        except OSError:
            return HOST  # there is no network
        return str(way.getsockname()[0])


class Server(ThreadingHTTPServer):
    """Serves one page, and nothing else, to a limited number of visitors at a time."""

    daemon_threads = True  # a slow visitor does not keep the program from ending

    def __init__(self, address: tuple[str, int]) -> None:
        self.page = b""  # until it is made
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, if one is free."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and free the thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over visitors that leave or send nonsense."""


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD of `/`. What else a visitor sends is refused and never read."""

    server: Server
    timeout = SECONDS
    server_version, sys_version = "anime-faces", ""

    def do_GET(self) -> None:
        """Send the page."""
        self.do_HEAD()
        self.wfile.write(self._content)

    @property
    def _content(self) -> bytes:
        return self.server.page if self.path == "/" else NOTHING_HERE

    def do_HEAD(self) -> None:
        """Send the status and the headers."""
        self.send_response(HTTPStatus.OK if self.path == "/" else HTTPStatus.NOT_FOUND)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(self._content)),
            "Content-Security-Policy": "frame-ancestors 'none'",  # the page itself has the rest
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing: visitors are nobody's business."""


def open_server(host: str, port: int) -> Server:
    """Bind a server to an address.

    Raises:
        UsageError: The address is no address of this computer, or in use.
    """
    try:
        return Server((host, port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"Cannot serve at {host}, port {port}: {why}. Name another port, --port N, or an "
            "address of this computer, --host H."
        ) from None
