"""A local page with sliders, and the images that it asks for. Knows nothing of generators."""

import json
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import bottle

from gan_cli.explore.place import Place, parse_place

LOOPBACK = "127.0.0.1"
# Nothing from elsewhere, and nobody's page around it.
_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def application(
    title: str,
    class_names: Sequence[str],
    latent_dim: int,
    num_directions: int,
    draw: Callable[[Place], bytes],
    hosts: Sequence[str],
) -> bottle.Bottle:
    """The page at `/`, and PNG files at `/image`.

    Args:
      draw: a PNG file of a place.
      hosts: names under which it may be asked for. Others are refused: a page elsewhere could have
        its own name point here (DNS rebinding).
    """
    app = bottle.Bottle()
    page = (resources.files("gan_cli.explore") / "page.html").read_text("utf-8")
    facts = json.dumps(
        {
            "title": title,
            "classes": list(class_names),
            "latents": latent_dim,
            "directions": num_directions,
        }
    ).replace("<", "\\u003c")

    @app.hook("before_request")
    def only_from_here() -> None:
        if bottle.request.get_header("Host") not in hosts:
            raise bottle.HTTPResponse("unknown host", status=403)

    @app.hook("after_request")
    def guarded() -> None:
        bottle.response.set_header("Content-Security-Policy", _POLICY)
        bottle.response.set_header("X-Content-Type-Options", "nosniff")
        bottle.response.set_header("Cross-Origin-Resource-Policy", "same-origin")

    @app.get("/")
    def root() -> str:
        return page.replace("/*FACTS*/null", facts)

    @app.get("/image")
    def image() -> Any:
        try:
            place = parse_place(bottle.request.query, len(class_names), latent_dim, num_directions)
        except ValueError as error:
            return bottle.HTTPResponse(str(error), status=400)
        name = f"seed{place.seed:06d}.png"
        headers = {"Content-Type": "image/png", "Cache-Control": "no-store"}
        if bottle.request.query.get("download"):
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return bottle.HTTPResponse(draw(place), **headers)

    return app
