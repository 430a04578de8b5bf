"""The application behind the page: the page itself, and the images that it asks for."""

import json
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import bottle

from gan_cli.errors import UserError
from gan_cli.studio.place import Place, parse_place, parse_place_text

LOOPBACK = "127.0.0.1"
MOST_KEPT = 12
_TYPES = {".mp4": "video/mp4", ".gif": "image/gif"}
# The page loads nothing from elsewhere, and no other page may frame it.
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
    walk: Callable[[Sequence[Place], str], bytes] | None = None,
    walk_endings: Sequence[str] = (),
) -> bottle.Bottle:
    """Returns an application with the page at `/`, PNG files at `/image` and walks at `/walk`.

    Args:
      title: shown above the sliders.
      class_names: empty for an unconditional generator.
      latent_dim, num_directions: how many sliders there are of each.
      draw: returns a PNG file of a place.
      hosts: names that requests may use for this machine. Others are refused: a page elsewhere
        could have its own name point here (DNS rebinding).
      walk: returns an animation through places, in a file of one of `walk_endings`.
    """
    app = bottle.Bottle()
    page = (resources.files("gan_cli.explore") / "page.html").read_text("utf-8")
    facts = json.dumps(
        {
            "title": title,
            "classes": list(class_names),
            "latents": latent_dim,
            "directions": num_directions,
            "walks": list(walk_endings),
            "mostKept": MOST_KEPT,
        }
    ).replace("<", "\\u003c")

    @app.hook("before_request")
    def only_from_here() -> None:
        if bottle.request.get_header("Host") not in hosts:
            raise bottle.HTTPResponse("unknown host", status=403)
        # Browsers say so themselves when another page asks; what is no browser says nothing.
        origin = bottle.request.get_header("Origin")
        is_own = origin is None or origin in [f"http://{host}" for host in hosts]
        site = bottle.request.get_header("Sec-Fetch-Site", "none")
        if not is_own or site not in ("none", "same-origin"):
            raise bottle.HTTPResponse("another site's page may not ask", status=403)

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
            content = draw(place)
        except UserError as error:
            return bottle.HTTPResponse(str(error), status=400)
        name = f"seed{place.seed:06d}.png"
        headers = {"Content-Type": "image/png", "Cache-Control": "no-store"}
        if bottle.request.query.get("download"):
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return bottle.HTTPResponse(content, **headers)

    @app.get("/walk")
    def walked() -> Any:
        query = bottle.request.query
        texts, ending = query.getall("place"), query.get("ending") or ""
        try:
            if walk is None or ending not in walk_endings:
                raise UserError(f"ending must be one of {', '.join(walk_endings) or 'none'}")
            if not 2 <= len(texts) <= MOST_KEPT:
                raise UserError(f"a walk leads through 2 to {MOST_KEPT} images, got {len(texts)}")
            places = [parse_place_text(text, len(class_names), latent_dim) for text in texts]
            content = walk(places, ending)
        except UserError as error:
            return bottle.HTTPResponse(str(error), status=400, **{"Content-Type": "text/plain"})
        headers = {
            "Content-Type": _TYPES[ending],
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="walk{ending}"',
        }
        return bottle.HTTPResponse(content, **headers)

    return app
