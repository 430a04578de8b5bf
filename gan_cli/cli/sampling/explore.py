"""--explore: a page on this machine with sliders for seeds, classes, truncation and directions."""

import importlib.util
from typing import TYPE_CHECKING

from absl import flags

from gan_cli.cli.sampling.mode import Mode, Options, open_studio, refuse_points
from gan_cli.cli.sampling.seeds import first_seed
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.cli.sampling.studio import Studio
    from gan_cli.explore.server import Place

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
        min(_DIRECTIONS, loaded.config.model.latent_dim),
        Painter(studio).png,
        names,
    )
    try:
        server = make_server(LOOPBACK, port, app, handler_class=Silent)
    except OSError as error:
        raise UserError(f"--port: {port} cannot be used: {error.strerror}") from error
    with server:
        names += [f"{host}:{server.server_port}" for host in (LOOPBACK, "localhost")]
        print(f"http://{names[0]}/ until Ctrl-C", flush=True)
        server.serve_forever()


class Painter:
    """Draws places as PNG files that say where they come from."""

    def __init__(self, studio: "Studio"):
        self.studio = studio

    def png(self, place: "Place") -> bytes:
        """The image of a place: at a seed alone, the very image that gan-sample makes of it."""
        from gan_cli.sampling.encode import encoded
        from gan_cli.sampling.grids import to_pillow

        alone = place.mix == 0 and not any(place.steps)
        if alone:
            image = self.studio.image(place.seed, place.label, place.truncation)
        else:
            image = self._between(place)
        recipe = {
            "kind": "image" if alone else "explored",
            "seed": place.seed,
            "label": place.label,
            "truncation": place.truncation,
        }
        if not alone:
            recipe |= {"other": place.other, "mix": place.mix}
            recipe["steps"] = ",".join(f"{step:g}" for step in place.steps)
        return encoded(to_pillow(image), ".png", self.studio.provenance(recipe))

    def _between(self, place: "Place"):
        import numpy as np

        from gan_cli.sampling.generate import to_uint8
        from gan_cli.sampling.styles import towards_mean
        from gan_cli.sampling.walks import arc

        space, found = self.studio.directions("sefa", place.label, _DIRECTIONS)
        ends = self.studio.latents([place.seed, place.other], place.truncation)
        normal = self.studio.loaded.config.model.latent_distribution == "normal"
        if normal:
            latents = arc(ends[0].astype(np.float64), ends[1].astype(np.float64), place.mix)
        else:
            latents = (1 - place.mix) * ends[0] + place.mix * ends[1]
        point = space.points(latents[None].astype(np.float32))[0]
        if space.has_styles and place.truncation is not None:
            point = towards_mean(space.generator, point, place.truncation)
        count = len(place.steps)
        point = point + (np.array(place.steps) * found.scales[:count]) @ found.vectors[:count]
        return np.asarray(to_uint8(space.images(point[None].astype(np.float32))))[0]


MODE = Mode("explore", run, needs=("run_dir",), takes=("checkpoint",))
