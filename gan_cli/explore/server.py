"""A local page with sliders, and the images that it asks for. Knows nothing of generators."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import bottle

LOOPBACK = "127.0.0.1"
# Nothing from elsewhere, and nobody's page around it.
_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_LARGEST_SEED = 10**15
_LARGEST_STEP = 10.0


@dataclass(frozen=True)
class Place:
    """What the sliders say.

    Attributes:
      seed, other: between whose latents it lies; `mix` of 0: at the former, 1: at the latter.
      truncation: of the latents; None: none.
      label: index of the class; None where there are none.
      steps: along each direction, in standard deviations.
    """

    seed: int
    other: int
    mix: float
    truncation: float | None
    label: int | None
    steps: tuple[float, ...]


def application(
    title: str,
    class_names: Sequence[str],
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
        {"title": title, "classes": list(class_names), "directions": num_directions}
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
            place = parse_place(bottle.request.query, len(class_names), num_directions)
        except ValueError as error:
            return bottle.HTTPResponse(str(error), status=400)
        name = f"seed{place.seed:06d}.png"
        headers = {"Content-Type": "image/png", "Cache-Control": "no-store"}
        if bottle.request.query.get("download"):
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return bottle.HTTPResponse(draw(place), **headers)

    return app


def parse_place(query: Mapping[str, str], num_classes: int, num_directions: int) -> Place:
    """Reads a place from the page's query.

    Raises:
      ValueError: a value is missing, no number, or out of range.
    """
    label = _whole(query, "label", num_classes - 1) if num_classes else None
    truncation = _number(query, "truncation", 0.0, 100.0)
    return Place(
        _whole(query, "seed", _LARGEST_SEED),
        _whole(query, "other", _LARGEST_SEED),
        _number(query, "mix", 0.0, 1.0),
        truncation or None,
        label,
        tuple(
            _number(query, f"step{k}", -_LARGEST_STEP, _LARGEST_STEP) for k in range(num_directions)
        ),
    )


def _whole(query: Mapping[str, str], name: str, largest: int) -> int:
    text = query.get(name) or "0"
    if not (text.isascii() and text.isdigit()) or len(text) > 16 or int(text) > largest:
        raise ValueError(f"{name}: must be a whole number of at most {largest}")
    return int(text)


def _number(query: Mapping[str, str], name: str, smallest: float, largest: float) -> float:
    try:
        value = float(query.get(name) or "0")
    except ValueError:
        value = math.nan
    if not smallest <= value <= largest:
        raise ValueError(f"{name}: must be a number from {smallest:g} to {largest:g}")
    return value
