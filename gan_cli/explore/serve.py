"""Serves the page that explores a generator, to this machine only."""

import threading
from functools import partial
from wsgiref.simple_server import WSGIRequestHandler, make_server

from gan_cli.domains.domain import PICTURES
from gan_cli.errors import UserError
from gan_cli.explore import check_installed
from gan_cli.explore.painter import png_of
from gan_cli.listener import Listener
from gan_cli.studio.place import MOST_DIRECTIONS
from gan_cli.studio.studio import Studio


class _Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keeps quiet about single requests: every move of a slider is one."""


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
    app = application(
        f"{loaded.config.name}, {loaded.kimg:g} kimg",
        loaded.class_names if loaded.num_classes else (),
        latent_dim,
        min(MOST_DIRECTIONS, latent_dim),
        partial(png_of, studio),
        names,
    )
    try:
        server = make_server(LOOPBACK, port, app, handler_class=_Silent)
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
