"""--explore: a page on this machine with sliders for latents, truncation and directions."""

import importlib.util
import threading
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from absl import flags

from gan_cli.cli.sampling.mode import Mode, Options, open_studio, refuse_points
from gan_cli.cli.sampling.seeds import first_seed
from gan_cli.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from gan_cli.cli.sampling.studio import Studio
    from gan_cli.explore.place import Place

flags.DEFINE_bool("explore", False, "Serve a page with sliders to this machine's browser.")
flags.DEFINE_integer(
    "port", 8765, "Of --explore; 0: any that is free.", lower_bound=0, upper_bound=65535
)

_DIRECTIONS = 5


def run(options: Options) -> None:
    first_seed(options)
    if importlib.util.find_spec("bottle") is None:
        raise UserError("--explore: needs the package bottle; pip install 'gan-cli[explore]'")
    studio = open_studio(options)
    refuse_points(studio, "--explore")
    serve(studio, options.port)


def serve(studio: "Studio", port: int) -> None:
    """Answers the page until Ctrl-C.

    Raises:
      UserError: the port is taken.
    """
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    from gan_cli.explore.server import LOOPBACK, application

    class Silent(WSGIRequestHandler):
        def log_message(self, *args) -> None:
            """Says nothing of every slider's move."""

    names: list[str] = []
    loaded = studio.loaded
    app = application(
        f"{loaded.config.name}, {loaded.kimg:g} kimg",
        loaded.class_names if loaded.num_classes else (),
        *_dimensions(studio),
        Painter(studio).png,
        names,
    )
    try:
        server = make_server(LOOPBACK, port, app, handler_class=Silent)
    except OSError as error:
        raise UserError(f"--port: {port} cannot be used: {error.strerror}") from error
    with server:
        names += [f"{host}:{server.server_port}" for host in (LOOPBACK, "localhost")]
        # In a thread: wsgiref takes an interrupt amid a request for a fault of the page's.
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        try:
            serving.start()
            print(f"http://{names[0]}/ until Ctrl-C", flush=True)
            serving.join()
        finally:
            server.shutdown()


class Painter:
    """Draws places as PNG files that say where they come from."""

    def __init__(self, studio: "Studio"):
        self.studio = studio

    def png(self, place: "Place") -> bytes:
        """A file of the image."""
        from gan_cli.domains.grid import to_pillow
        from gan_cli.explore.place import place_text
        from gan_cli.media.encode import encoded

        recipe: dict[str, Any] = {"kind": "image", "seed": place.seed}
        if _alone(place):
            recipe |= {"label": place.label, "truncation": place.truncation}
        else:
            recipe |= {"kind": "explored", "place": urlencode(place_text(place))}
        return encoded(to_pillow(self.image(place)), ".png", self.studio.provenance(recipe))

    def image(self, place: "Place") -> "np.ndarray":
        """uint8 [height, width, channels]: at a seed alone, the very one that gan-sample makes."""
        if _alone(place):
            return self.studio.image(place.seed, place.label, place.truncation)

        import numpy as np

        from gan_cli.models.truncation import towards_mean
        from gan_cli.sampling.walks import arc

        space, found = self.studio.directions("sefa", place.label, _DIRECTIONS)
        ends = self.studio.latents([place.seed, place.other], place.truncation)
        normal = self.studio.loaded.config.model.latent_distribution == "normal"
        if normal:
            latents = arc(ends[0].astype(np.float64), ends[1].astype(np.float64), place.mix)
        else:
            latents = (1 - place.mix) * ends[0] + place.mix * ends[1]
        latents = latents + np.array(place.shifts)
        point = space.points(latents[None].astype(np.float32))[0]
        if space.has_styles and place.truncation is not None:
            point = towards_mean(space.generator, point, place.truncation)
        count = len(place.steps)
        point = point + (np.array(place.steps) * found.scales[:count]) @ found.vectors[:count]
        return self.studio.images_at(space, point[None])[0]


def recorded_place(studio: "Studio", recipe: Mapping[str, Any]) -> "Place":
    """The place that a file's record names.

    Raises:
      UserError: it names none of this run.
    """
    from gan_cli.explore.place import Place, parse_place

    try:
        dimensions = _dimensions(studio)
        text = str(recipe.get("place"))
        query = dict(parse_qsl(text, max_num_fields=len(fields(Place)) + sum(dimensions)))
        return parse_place(query, studio.loaded.num_classes, *dimensions)
    except ValueError as error:
        raise UserError(str(error)) from error


def _alone(place: "Place") -> bool:
    return place.mix == 0 and not any(place.shifts) and not any(place.steps)


def _dimensions(studio: "Studio") -> tuple[int, int]:
    """How many latents there are, and how many directions the page has."""
    latent_dim = studio.loaded.config.model.latent_dim
    return latent_dim, min(_DIRECTIONS, latent_dim)


MODE = Mode("explore", run, needs=("run_dir",), takes=("checkpoint",))
