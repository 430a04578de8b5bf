"""Serves the page that explores a generator, to this machine only."""

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from gan_cli.domains.domain import PICTURES
from gan_cli.errors import UserError
from gan_cli.explore import check_installed
from gan_cli.explore.painter import png_of, walk_endings, walk_of
from gan_cli.listener import Listener
from gan_cli.studio.place import MOST_DIRECTIONS
from gan_cli.studio.studio import Studio

# Seconds without a word after which a connection is closed, and most connections at a time.
_PATIENCE_SECONDS = 10
_MOST_CONNECTIONS = 32


class _Silent(WSGIRequestHandler):
    timeout = _PATIENCE_SECONDS

    def log_message(self, *args: object) -> None:
        """Keeps quiet about single requests: every move of a slider is one."""


class ThreadingServer(ThreadingMixIn, WSGIServer):
    """Answers each connection in a thread of its own, so that a slow one holds up no other."""

    def __init__(self, *args: Any, **options: Any):
        # First: where the port is in use, the constructor itself calls `server_close`.
        self._free = threading.Semaphore(_MOST_CONNECTIONS)
        self._open: set[socket.socket] = set()
        super().__init__(*args, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Starts the thread of a connection; closes the connection where there are too many."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self._open.add(request)
        super().process_request(request, client_address)

    def server_close(self) -> None:
        """Waits for the answers that are on their way, not for requests that have not come."""
        for request in tuple(self._open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RD)
        super().server_close()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.discard(request)
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keeps quiet about connections that end early or are too slow."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def serve(studio: Studio, port: int, listener: Listener) -> None:
    """Answers the page until the process is interrupted.

    Args:
      port: 0 takes any port that is free.
      listener: hears the page's address.

    Raises:
      UserError: the port is in use, the package bottle is missing, or the generator's samples
        cannot be explored.
    """
    check_installed()
    studio.loaded.domain.require(PICTURES, str(studio.run.path), "explore")

    from gan_cli.explore.server import LOOPBACK, application

    names: list[str] = []
    loaded = studio.loaded
    latent_dim = loaded.config.model.latent_dim
    alone = threading.Lock()
    app = application(
        f"{loaded.config.name}, {loaded.kimg:g} kimg",
        loaded.class_names if loaded.num_classes else (),
        latent_dim,
        min(MOST_DIRECTIONS, latent_dim),
        one_at_a_time(partial(png_of, studio), alone),
        names,
        one_at_a_time(partial(walk_of, studio), alone),
        walk_endings(),
    )
    try:
        server = make_server(LOOPBACK, port, app, ThreadingServer, _Silent)
    except OSError as error:
        raise UserError(f"{port} cannot be used: {error.strerror}", key="port") from error
    with server:
        names += [f"{host}:{server.server_port}" for host in (LOOPBACK, "localhost")]
        # In a thread of its own: wsgiref would take an interrupt during a request for a fault of
        # the application.
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        try:
            serving.start()
            listener.message(f"http://{names[0]}/ until Ctrl-C")
            serving.join()
        finally:
            server.shutdown()


def one_at_a_time(draw: Callable[..., bytes], lock: threading.Lock) -> Callable[..., bytes]:
    """Returns `draw` for many threads: the generator has memory for one picture at a time."""

    def alone(*what: Any) -> bytes:
        with lock:
            return draw(*what)

    return alone
